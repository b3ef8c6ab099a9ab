"""The 29 flow networks published with enaR (Borrett & Lau 2014), and the values enaR prints for them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from clustercoop.analysis import chain
from clustercoop.analysis.closedness import (
    ascendency_ratio,
    average_path_length,
    circulation_share,
    finn_cycling_index,
    measure,
    strongly_connected_share,
    trophic_incoherence,
)
from clustercoop.graph.arrays import Floats
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from tests.analysis.closedness.oracles import circulation_by_linear_program, finn_by_inverse
from tests.places import SHARED

FOLDER = SHARED / "flow_networks"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not FOLDER.exists(), reason="the flow networks are not beside the repository"),
]
OYSTER, SILVER = "Oyster Reef ", "Silver Springs"  # the first name ends in a space in the data
NAMES = (
    pd.read_csv(FOLDER / "nodes.csv", usecols=["model"])["model"].unique().tolist()
    if FOLDER.exists()
    else [OYSTER]
)


@cache
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_csv(FOLDER / "edges.csv"), pd.read_csv(FOLDER / "nodes.csv")


def network(name: str) -> tuple[Floats, Floats, Floats]:
    """Return flows (n, n), boundary inputs and boundary outputs."""
    edges, nodes = tables()
    nodes = nodes[nodes["model"] == name].sort_values("node")
    edges = edges[edges["model"] == name]
    index = pd.Index(nodes["node"])
    flows = np.zeros((len(nodes), len(nodes)))
    at = index.get_indexer(edges["source"]), index.get_indexer(edges["target"])
    np.add.at(flows, at, edges["flow"].to_numpy())
    return flows, nodes["input"].to_numpy("float64"), nodes["output"].to_numpy("float64")


def as_supply(name: str) -> SupplyGraph:
    """Return the network as one cluster that trades with an outside, without any output figures."""
    flows, inflow, outflow = network(name)
    ids = np.array([f"{i:03d}" for i in range(len(flows))])
    src, dst = np.nonzero(flows)
    frame = pd.concat(
        [
            pd.DataFrame({"supplier_id": ids[src], "buyer_id": ids[dst], "value": flows[src, dst]}),
            pd.DataFrame({"supplier_id": "sun", "buyer_id": ids, "value": inflow}),
            pd.DataFrame({"supplier_id": ids, "buyer_id": "sink", "value": outflow}),
        ]
    )
    people = pd.DataFrame({"participant_id": ids, "cluster_id": name})
    return SupplyGraph.from_tables(
        {"participants": people, "links": frame[frame["value"] > 0].assign(year=2000)}
    )


def test_oyster_reef_as_printed() -> None:
    flows, inflow, outflow = network(OYSTER)
    # Inputs 41.47; throughflows 41.47, 8.1721, 8.4805, 2.5100, 0.6856, 22.2651 add up to 83.5833.
    assert inflow.sum() + flows.sum() == pytest.approx(83.5833, abs=5e-5)
    assert finn_cycling_index(flows, inflow) == pytest.approx(0.1101686, abs=5e-8)
    assert average_path_length(flows, inflow) == pytest.approx(2.015512, abs=5e-7)  # 83.5833 / 41.47
    assert ascendency_ratio(flows, inflow, outflow) == pytest.approx(0.4407191, abs=5e-8)
    assert circulation_share(flows) == pytest.approx(0.3772, abs=5e-5)
    src, dst = np.nonzero(flows)
    assert strongly_connected_share(6, src, dst, flows[src, dst]) == pytest.approx(0.6128, abs=5e-5)


def test_silver_springs_has_no_cycle() -> None:
    flows, inflow, _ = network(SILVER)
    assert finn_cycling_index(flows, inflow) == 0
    assert circulation_share(flows) == 0


def test_there_are_29() -> None:
    assert len(NAMES) == 29


@pytest.mark.parametrize("name", NAMES)
def test_every_network_against_slow_oracles(name: str) -> None:
    """Warnings are errors here, so this also says that none is raised."""
    flows, inflow, outflow = network(name)
    through = inflow + flows.sum(axis=0)
    index = finn_cycling_index(flows, inflow)
    assert index == pytest.approx(finn_by_inverse(flows, inflow), rel=1e-9, abs=1e-12)
    assert 0 <= index < 1
    # Every unit that enters passes upstreamness participants: their sum is the total throughflow.
    upstream = chain.upstreamness(flows, through)
    assert (inflow * upstream).sum() == pytest.approx(through.sum(), rel=1e-9)
    assert average_path_length(flows, inflow) == pytest.approx((inflow * upstream).sum() / inflow.sum())
    assert circulation_share(flows) == pytest.approx(circulation_by_linear_program(flows), abs=1e-12)
    assert 0 <= trophic_incoherence(flows) <= 1
    assert 0 < ascendency_ratio(flows, inflow, outflow) < 1


@pytest.mark.parametrize("name", NAMES)
def test_every_network_through_a_supply_graph(name: str) -> None:
    """Self-flows leave the cluster's own network; where inputs and outputs balance, the rest agrees."""
    flows, inflow, outflow = network(name)
    [formation] = (graph := as_supply(name)).formations()
    found = measure(formation, Settings(), graph).formation
    own = np.diagonal(flows).copy()
    np.fill_diagonal(flows, 0.0)
    given, received = outflow + flows.sum(axis=1), inflow + flows.sum(axis=0)
    through = np.where(given > received * (1 + 1e-4), given, received)
    assert found["total_throughflow"] == pytest.approx(through.sum())
    assert found["throughflow_basis"] == "links"
    expected = finn_by_inverse(flows, through - flows.sum(axis=0))
    assert found["finn_cycling_index"] == pytest.approx(expected, rel=1e-9, abs=1e-12)
    if np.allclose(given, received, rtol=1e-4) and not own.any():
        assert found["finn_cycling_index"] == pytest.approx(finn_cycling_index(flows, inflow), rel=1e-9)


def test_oyster_reef_through_a_supply_graph() -> None:
    graph = as_supply(OYSTER)
    [formation] = graph.formations()
    found = measure(formation, Settings(), graph).formation
    assert found["finn_cycling_index"] == pytest.approx(0.1101686, abs=5e-8)
    assert found["average_path_length"] == pytest.approx(2.015512, abs=5e-7)
    assert found["circulation_share"] == pytest.approx(0.3772, abs=5e-5)
    assert found["strongly_connected_share"] == pytest.approx(0.6128, abs=5e-5)
