"""Formations cut with and without the short cut for participants that are in one cluster only."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from clustercoop.graph import slicing
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.people import Members


def drawn(seed: int) -> SupplyGraph:
    """Return two years of four clusters with self-supply, outside partners, and years without activity."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"p{i:02}" for i in range(24)])
    everyone = np.concatenate([ids, ["x", "y"]])
    k = 120
    return SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame({"participant_id": ids, "cluster_id": rng.choice(list("abcd"), 24)}),
            "links": pd.DataFrame(
                {
                    "year": rng.choice([2020, 2021], k),
                    "supplier_id": rng.choice(everyone, k),
                    "buyer_id": rng.choice(everyone, k),
                    "value": rng.lognormal(size=k),
                }
            ),
        }
    )


class Several(slicing._Memberships):
    """Memberships that are looked up as if somebody were in two clusters."""

    def __init__(self, members: Members, n_nodes: int, *, split: bool = False) -> None:
        super().__init__(members, n_nodes, split=split)
        self._single = False


def test_one_cluster_each_is_cut_as_several_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(5):
        graph = drawn(seed)
        quick = slicing.slice_formations(graph)
        with monkeypatch.context() as patch:
            patch.setattr(slicing, "_Memberships", Several)
            slow = slicing.slice_formations(graph)
        assert len(quick) == len(slow) == 8
        for one, other in zip(quick, slow, strict=True):
            for field in fields(one):
                np.testing.assert_equal(getattr(one, field.name), getattr(other, field.name))
