"""Files built from real layouts: the same figures, or a refusal; never a different number without a word."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from clustercoop.graph.errors import ClusterCoopError
from clustercoop.loaders.dataset import Dataset, read_dataset
from tests.loaders.layouts import MEMBERS, build, truth

SAMPLE, GROUPS = 60, 6


def differences(data: Dataset) -> list[str]:
    """Return what was read and is not the truth, and what is missing without an error or warning."""
    links, figures = truth()
    tables = data.graph.to_tables()
    found: dict[tuple[int, str, str], float] = {}
    for row in tables["links"].to_dict("records"):
        pair = (int(row["year"]), row["supplier_id"], row["buyer_id"])
        found[pair] = found.get(pair, 0.0) + row["value"]
    wrong = [
        f"{key}: {value}"
        for key, value in found.items()
        if not math.isclose(value, links.get(key, 0.0), rel_tol=1e-9, abs_tol=1e-12)
    ]
    for row in tables["activity"].to_dict("records"):
        for name in figures.columns:
            key = (row["participant_id"], row["year"])
            if not math.isnan(row[name]) and not (
                key in figures.index and math.isclose(row[name], figures.loc[key, name], rel_tol=1e-9)
            ):
                wrong.append(f"{key} {name}: {row[name]}")
    people = tables["participants"]
    where = dict(zip(people["participant_id"], people["cluster_id"].astype(object), strict=True))
    wrong += [f"{who} in {cluster}" for who, cluster in where.items() if MEMBERS.get(who) != cluster]
    silent = all(finding.severity == "info" for finding in data.findings)
    if silent and len(found) < len(links):
        wrong.append(f"{len(links) - len(found)} links lost in silence")
    return wrong


def read(seed: int) -> tuple[str, list[str]]:
    """Return whether the dataset of a seed was served or refused, and what is wrong with it."""
    with tempfile.TemporaryDirectory() as folder:
        built = build(seed, Path(folder))
        said = f"seed {seed}: {', '.join(built.drawn)}"
        try:
            data = read_dataset(folder)
        except ClusterCoopError as refusal:
            return f"refused: {refusal}", [] if "internal" not in str(refusal) else [said]
        wrong = differences(data)
        whole = len(data.graph.to_tables()["links"]) > 0
        return "served" if whole else "empty", [f"{said}\n  {text}" for text in wrong]


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_layout_gives_the_truth_or_a_refusal(group: int) -> None:
    outcomes = [read(seed) for seed in range(group, SAMPLE, GROUPS)]
    assert [text for _, wrong in outcomes for text in wrong] == []
    served = Counter(outcome == "served" for outcome, _ in outcomes)[True]
    assert served >= 0.9 * len(outcomes), [outcome for outcome, _ in outcomes if outcome != "served"]
