"""Published and hand-computed values of the boundary, reciprocity and diversity measures."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from clustercoop.analysis import boundary, diversity
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from tests.places import SHARED


def karate(weighted: bool) -> tuple[list[tuple[int, int, float]], list[str]]:
    """Zachary 1977: 34 members, 78 ties, the two factions after the split."""
    graph = nx.karate_club_graph()
    ties = [(u, v, float(d["weight"]) if weighted else 1.0) for u, v, d in graph.edges(data=True)]
    return ties, [graph.nodes[node]["club"] for node in graph]


def as_arrays(
    ties: list[tuple[int, int, float]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    src, dst, weight = zip(*ties, strict=True)
    return np.array(src), np.array(dst), np.array(weight)


def karate_supply(weighted: bool) -> SupplyGraph:
    """Each tie as a supply in both directions; a cluster for each faction."""
    ties, clubs = karate(weighted)
    both = [*ties, *((v, u, w) for u, v, w in ties)]
    links = pd.DataFrame(both, columns=["supplier_id", "buyer_id", "value"]).assign(year=1977)
    links[["supplier_id", "buyer_id"]] = links[["supplier_id", "buyer_id"]].map(lambda i: f"{i:02d}")
    people = pd.DataFrame({"participant_id": [f"{i:02d}" for i in range(34)], "cluster_id": clubs})
    return SupplyGraph.from_tables({"participants": people, "links": links})


def test_karate_factions_e_i_index() -> None:
    # Krackhardt & Stern's index: 78 ties, 11 of them between the factions: (11 − 67) / 78 = −56/78.
    ties, clubs = karate(weighted=False)
    assert boundary.partition_ei_index(*as_arrays(ties), clubs) == pytest.approx(-56 / 78, abs=1e-15)
    # Weighted: 231 in all, 25 between: (25 − 206) / 231 = −0.7835.
    ties, _ = karate(weighted=True)
    assert boundary.partition_ei_index(*as_arrays(ties), clubs) == pytest.approx(-181 / 231, abs=1e-15)
    assert round(-181 / 231, 4) == -0.7835


def test_karate_factions_coverage() -> None:
    ties, clubs = karate(weighted=False)
    assert boundary.partition_coverage(*as_arrays(ties), clubs) == pytest.approx(67 / 78, abs=1e-15)
    assert round(67 / 78, 4) == 0.8590


@pytest.mark.parametrize(("weighted", "expected"), [(False, 11 / 75), (True, 25 / 225)])
def test_karate_factions_conductance_through_a_supply_graph(weighted: bool, expected: float) -> None:
    # Cut 11 over the smaller volume 75 (0.1467); weighted 25 over 225 (0.1111). Both factions share the cut,
    # and the smaller side is the smaller side of either.
    table = cooperation_tables(karate_supply(weighted), Settings()).formations
    assert table["conductance"].tolist() == pytest.approx([expected, expected], abs=1e-12)
    graph = nx.karate_club_graph()
    faction = [node for node in graph if graph.nodes[node]["club"] == "Officer"]
    oracle = nx.conductance(graph, faction, weight="weight" if weighted else None)
    assert table["conductance"].iloc[0] == pytest.approx(oracle, abs=1e-12)


def test_karate_factions_of_a_supply_graph_count_every_tie_that_touches_them() -> None:
    table = cooperation_tables(karate_supply(False), Settings()).formations.set_index("cluster_id")
    # Mr. Hi's faction: 35 ties inside, 11 across; each in both directions: (22 − 70) / 92.
    inside = table["internal_supply"]["Mr. Hi"] / 2
    assert table["ei_index"]["Mr. Hi"] == pytest.approx((11 - inside) / (11 + inside), abs=1e-15)
    assert table["internal_supply"].sum() / 2 == 67
    assert table["reciprocity"].tolist() == [1.0, 1.0]


@pytest.mark.shared_data
def test_oyster_reef_reciprocity() -> None:
    path = SHARED / "flow_networks" / "edges.csv"
    if not path.exists():
        pytest.skip("the public flow networks are not beside the repository")
    edges = pd.read_csv(path)
    reef = edges[edges["model"].str.strip() == "Oyster Reef"]
    value = boundary.reciprocity(
        reef["source"].to_numpy(), reef["target"].to_numpy(), reef["flow"].to_numpy("float64")
    )
    assert round(value, 4) == 0.2319
    links = pd.DataFrame(
        {
            "year": 1980,
            "supplier_id": reef["source"].astype(str),
            "buyer_id": reef["target"].astype(str),
            "value": reef["flow"],
        }
    )
    people = pd.DataFrame({"participant_id": sorted(set(links["supplier_id"]) | set(links["buyer_id"]))})
    graph = SupplyGraph.from_tables({"participants": people.assign(cluster_id="reef"), "links": links})
    assert cooperation_tables(graph, Settings()).formations["reciprocity"].item() == pytest.approx(value)


def test_reciprocity_sums_parallel_edges_and_leaves_loops_out() -> None:
    # 0→1: 1 + 2 = 3, 1→0: 2; min counted at both ends: (2 + 2) / 5.
    src, dst = np.array([0, 0, 1, 1]), np.array([1, 1, 0, 1])
    assert boundary.reciprocity(src, dst, np.array([1.0, 2.0, 2.0, 9.0])) == pytest.approx(0.8)
    assert math.isnan(boundary.reciprocity(src[:0], dst[:0], np.zeros(0)))


def test_boundary_measures_without_any_tie_are_unknown() -> None:
    assert math.isnan(boundary.ei_index(0.0, 0.0))
    assert math.isnan(boundary.coverage(0.0, 0.0))
    assert math.isnan(boundary.conductance(0.0, 0.0, 5.0))
    # The whole network is inside: the other side has no volume.
    assert math.isnan(boundary.conductance(5.0, 0.0, 5.0))


def test_conductance_takes_the_smaller_side() -> None:
    # A tiny formation in a huge network has a conductance: 1 / (2·1 + 1).
    assert boundary.conductance(1.0, 1.0, 1e15) == pytest.approx(1 / 3)
    # vol(C) = 2·8 + 2 = 18, vol(rest) = 2·11 − 18 = 4: 2/4.
    assert boundary.conductance(8.0, 2.0, 11.0) == 0.5


def test_related_and_unrelated_variety_of_frenken() -> None:
    # Divisions 10 (3 firms) and 28 (1 firm): unrelated = −.75 log₂ .75 − .25 log₂ .25 = .811278;
    # within 10: codes 2 : 1, entropy .918296, weighted .75 → related .688722; together 1.5 bits.
    unrelated, related = diversity.variety(["10.1", "10.1", "10.2", "28.4", ""])
    assert unrelated == pytest.approx(0.811278, abs=1e-6)
    assert related == pytest.approx(0.688722, abs=1e-6)
    assert unrelated + related == pytest.approx(1.5)
    assert all(math.isnan(value) for value in diversity.variety(["", ""]))


def test_entropy_and_concentration_agree_with_the_definition() -> None:
    assert diversity.entropy([2, 1, 1]) == pytest.approx(1.5)
    assert diversity.hhi([2, 1, 1]) == pytest.approx(0.375)
    assert math.isnan(diversity.entropy([])) and math.isnan(diversity.entropy([0.0]))


def test_partner_diversity_counts_a_two_way_partner_once() -> None:
    # 0 sells 3 to 1 and buys 1 from it (4 in all), buys 4 from 2: two equal partners, one bit.
    src, dst = np.array([0, 1, 2]), np.array([1, 0, 0])
    bits, index = diversity.partner_diversity(src, dst, np.array([3.0, 1.0, 4.0]), 3)
    assert bits.tolist() == [1.0, 0.0, 0.0]
    assert index.tolist() == [0.5, 1.0, 1.0]


def test_turnover_and_weighted_jaccard_by_hand() -> None:
    # {1,2,3} → {3,4}: one stays of four: 3/4.
    assert diversity.turnover(np.array([1, 2, 3]), np.array([3, 4])) == 0.75
    assert math.isnan(diversity.turnover(np.array([], int), np.array([], int)))
    # min(2, 6) / (2 + max-part 6 + 4) : keys 1: 2 vs 6, 2: 4 vs 0 → 2 / 10.
    value = diversity.weighted_jaccard(np.array([1, 2]), np.array([2.0, 4.0]), np.array([1]), np.array([6.0]))
    assert value == pytest.approx(0.2)
    assert math.isnan(
        diversity.weighted_jaccard(np.array([], int), np.zeros(0), np.array([], int), np.zeros(0))
    )
