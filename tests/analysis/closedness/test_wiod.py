"""41 countries of the world input–output tables for 2000, against plain numpy and HiGHS."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.wiod import SHARED, tables
from clustercoop.analysis import chain, entrainment
from clustercoop.analysis.closedness import measure
from clustercoop.analysis.closedness.verdict import add_closedness
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.graph.arrays import Floats
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from tests.analysis.closedness.oracles import circulation_by_linear_program, finn_by_inverse

YEAR = 2000

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.exists(), reason="the WIOD years are not beside the repository"),
]


@pytest.fixture(scope="module")
def graph() -> SupplyGraph:
    return SupplyGraph.from_tables(tables([YEAR]), currency="USD")


@pytest.fixture(scope="module")
def measured(graph: SupplyGraph) -> list[tuple[Formation, dict[str, Any], dict[str, Any]]]:
    core = np.arange(35) < 10
    found = []
    for formation in graph.formations():
        parts = (
            measure(formation, Settings(), graph),
            chain.measure(formation, Settings(), graph),
            entrainment.measure(formation, Settings(), core),
        )
        columns = {name: value for part in parts for name, value in part.formation.items()}
        people = {name: value for part in parts for name, value in part.participants.items()}
        found.append((formation, columns, people))
    return found


def dense(formation: Formation) -> tuple[Floats, Floats]:
    flows = formation.dense()
    output = formation.output
    return flows, output


def test_circulation_equals_the_linear_program(measured: list[Any]) -> None:
    for formation, columns, _ in measured:
        expected = circulation_by_linear_program(formation.dense())
        assert columns["circulation_share"] == pytest.approx(expected, abs=1e-12)


def test_finn_and_positions_equal_dense_inverses(measured: list[Any]) -> None:
    for formation, columns, people in measured:
        flows, output = dense(formation)
        inflow = output - flows.sum(axis=0)
        assert columns["throughflow_basis"] == "output"
        assert columns["finn_cycling_index"] == pytest.approx(finn_by_inverse(flows, inflow), rel=1e-9)
        # What a sector supplied beyond its output came from stock and passed it as well.
        carried = np.maximum(output, flows.sum(axis=1))
        through = np.where(carried > 0, carried, 1.0)
        visits = np.linalg.inv(np.eye(35) - flows / through[:, None])
        for name, expected in (
            ("upstreamness", visits.sum(axis=1)),
            ("downstreamness", (np.linalg.inv(np.eye(35) - flows / through[None, :])).sum(axis=0)),
        ):
            assert people[name] == pytest.approx(np.where(carried > 0, expected, np.nan), nan_ok=True)
        # What enters, from stock too, passes upstreamness sectors: the sum is all that passes.
        entered = inflow + carried - output
        assert (entered * visits.sum(axis=1)).sum() == pytest.approx(carried.sum(), rel=1e-9)
        assert columns["average_path_length"] == pytest.approx(output.sum() / inflow.sum(), rel=1e-12)


def test_autonomy_is_value_added_over_what_leaves(measured: list[Any]) -> None:
    """Outside purchases are the only leakage of a full account: VA / (VA + bought outside)."""
    for formation, columns, _ in measured:
        flows, output = dense(formation)
        created = np.nansum(formation.value_added)
        left = output.sum() - flows.sum() - formation.self_supply.sum()
        assert columns["autonomy"] == pytest.approx(created / left, rel=1e-9)


def test_entrainment_equals_columns_of_the_inverse(measured: list[Any]) -> None:
    core = np.arange(35) < 10
    for formation, columns, people in measured:
        flows, output = dense(formation)
        inverse = np.linalg.inv(np.eye(35) - flows / np.where(output > 0, output, 1.0)[None, :])
        weights = np.where(core, output, 0.0) / output[core].sum()
        pulled = inverse @ weights - weights
        assert people["entrainment"] == pytest.approx(pulled, abs=1e-12)
        assert columns["core_pull"] == pytest.approx(pulled[~core].sum(), rel=1e-9)
        assert columns["core_output_share"] == pytest.approx(output[core].sum() / output.sum())


def test_the_verdict_of_a_whole_country_speaks_of_what_returns(
    graph: SupplyGraph, measured: list[Any]
) -> None:
    """Of the output of a large country's sectors three tenths or more go to other sectors; less returns."""
    table = cooperation_tables(graph, Settings()).formations
    for name in ("circulation_share", "autonomy", "outside_knowledge_share", "finn_cycling_index"):
        table[name] = [columns[name] for _, columns, _ in measured]
    summed = add_closedness(table).set_index("cluster_id")
    returning = summed["finn_cycling_index"].astype("float64")
    cycles = summed["closedness_verdict"].str.contains("cycle")
    assert not (cycles & (returning < 0.1)).any()
    assert (summed["closedness_verdict"][~(summed["cooperation_ratio"] >= 0.3)] != "near-closed cycle").all()
    assert (summed["isolation_basis"] == "autonomy").all()
    parts = table[["cooperation_ratio", "internal_sourcing_share", "circulation_share"]]
    assert summed["integration"].to_numpy() == pytest.approx(parts.mean(axis=1).to_numpy())
    assert summed["integration"].between(0, 1).all()
