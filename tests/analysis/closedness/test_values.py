"""Published and hand-computed values of closedness, chain position and entrainment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clustercoop.analysis import chain, entrainment
from clustercoop.analysis.brokers import broker_share, gould_fernandez
from clustercoop.analysis.closedness import (
    autonomy,
    average_path_length,
    circulation_share,
    finn_cycling_index,
    longest_chain,
    strongly_connected_share,
    trophic_incoherence,
    trophic_levels,
)
from clustercoop.analysis.closedness.verdict import closedness_verdict
from clustercoop.graph.arrays import Floats
from clustercoop.graph.errors import ParameterError

CHAIN = np.diag([1.0, 1.0, 1.0], 1)
CYCLE = np.roll(np.eye(4), 1, axis=1)
FEED_FORWARD = np.array([[0.0, 1, 1], [0, 0, 1], [0, 0, 0]])
# Miller & Blair, Input–Output Analysis, 2nd ed., section 2.3: Z, x and the inverse they print.
Z = np.array([[150.0, 500], [200, 100]])
X = np.array([1000.0, 2000])


def links(flows: Floats) -> tuple[Any, Any, Any]:
    src, dst = np.nonzero(flows)
    return src, dst, flows[src, dst]


@pytest.mark.parametrize("c", [0.1, 0.5, 1.0, 3.0])
def test_a_loop_cycles_c_over_1_plus_c(c: float) -> None:
    # One unit enters 0, c comes back from 1: T = 1 + c at both, N_ii = 1 / (1 − c/(1+c)), FCI = c / (1 + c).
    flows = [[0, 1 + c], [c, 0]]
    assert finn_cycling_index(flows, [1, 0]) == pytest.approx(c / (1 + c))
    assert finn_cycling_index([[c]], [1]) == pytest.approx(c / (1 + c))  # a loop of length one, too


def test_nothing_crosses_the_boundary() -> None:
    assert finn_cycling_index(CYCLE, np.zeros(4)) == 1
    assert average_path_length(CYCLE, np.zeros(4)) == float("inf")


def test_a_closed_part_beside_an_open_one() -> None:
    # Cycle 0 ⇄ 1 of 2 units, nothing enters: T = 2 + 2, all cycled. Chain 2 → 3 of 1 unit: T = 1 + 1, none.
    flows = np.zeros((4, 4))
    flows[0, 1] = flows[1, 0] = 2
    flows[2, 3] = 1
    assert finn_cycling_index(flows, [0, 0, 1, 0]) == pytest.approx(4 / 6)
    up = chain.upstreamness(flows, [2, 2, 1, 1])
    assert np.isnan(up[:2]).all() and up[2:].tolist() == [2, 1]


def test_trophic_incoherence_as_published() -> None:
    """MacKay, Johnson & Sansom 2020: chain 0, cycle 1, feed-forward loop 1/9."""
    assert trophic_incoherence(CHAIN) == pytest.approx(0, abs=1e-15)
    assert trophic_incoherence(CYCLE) == pytest.approx(1)
    # Levels 0, 2/3, 4/3: links climb 2/3, 4/3, 2/3, so F = 3 · (1/3)² / 3 = 1/9.
    assert trophic_levels(FEED_FORWARD) == pytest.approx([0, 2 / 3, 4 / 3])
    assert trophic_incoherence(FEED_FORWARD) == pytest.approx(1 / 9)


def test_levels_of_a_chain_a_cycle_and_an_isolate() -> None:
    assert trophic_levels(CHAIN).tolist() == pytest.approx([0, 1, 2, 3])
    assert trophic_levels(CYCLE).tolist() == pytest.approx([0, 0, 0, 0])
    with_isolate = np.zeros((3, 3))
    with_isolate[2, 0] = 7
    levels = trophic_levels(with_isolate)
    assert levels[[2, 0]].tolist() == pytest.approx([0, 1]) and np.isnan(levels[1])


def test_circulation_of_pure_shapes() -> None:
    assert circulation_share(CYCLE) == 1
    assert circulation_share(CHAIN) == 0
    # 2 ⇄ at 5 and 3: the smaller returns, 3 + 3 of 8.
    assert circulation_share([[0.0, 5.0], [3.0, 0.0]]) == pytest.approx(6 / 8)
    # Two cycles share the link 0 → 1 of 3: 2 through node 2 and 1 through node 3, 9 of 3 + 2 + 2 + 5 + 5.
    shared = np.zeros((4, 4))
    shared[0, 1], shared[1, 2], shared[2, 0], shared[1, 3], shared[3, 0] = 3, 2, 2, 5, 5
    assert circulation_share(shared) == pytest.approx(9 / 17)


def test_a_longer_way_back_is_worth_more() -> None:
    # One unit at 1 can return directly (2 links) or through 2 (3 links): the longer cycle has more flow.
    flows = np.zeros((3, 3))
    flows[0, 1], flows[1, 0], flows[1, 2], flows[2, 0] = 1, 1, 1, 1
    assert circulation_share(flows) == pytest.approx(3 / 4)


def test_strong_share_and_stages() -> None:
    tail = np.zeros((4, 4))
    tail[0, 1] = tail[1, 2] = tail[2, 0] = tail[2, 3] = 1
    assert strongly_connected_share(4, *links(tail)) == pytest.approx(3 / 4)
    assert longest_chain(4, *links(tail)[:2]) == 2  # the cycle, then 3
    assert longest_chain(4, *links(CHAIN)[:2]) == 4
    assert longest_chain(4, *links(CYCLE)[:2]) == 1
    assert longest_chain(2, np.array([], int), np.array([], int)) == 1


def test_leontief_and_ghosh_of_miller_and_blair() -> None:
    # A = [[.15, .25], [.20, .05]], |I − A| = .85 · .95 − .25 · .20 = .7575.
    expected = np.array([[0.95, 0.25], [0.20, 0.85]]) / 0.7575
    assert entrainment.leontief_inverse(Z, X) == pytest.approx(expected)
    assert expected.round(3).tolist() == [[1.254, 0.33], [0.264, 1.122]]  # as printed
    # B = x̂^-1 Z, and (I − B)^-1 = x̂^-1 L x̂: entry (1, 2) is .33 · 2000 / 1000.
    assert entrainment.ghosh_inverse(Z, X) == pytest.approx(expected * X[None, :] / X[:, None])


def test_core_pull_by_hand() -> None:
    # Core {1} buys 4 from 0 for an output of 10: one unit of its demand pulls 0.4 from 0, nothing else.
    src, dst, weight = np.array([0]), np.array([1]), np.array([4.0])
    output, core = np.array([5.0, 10.0]), np.array([False, True])
    assert entrainment.core_pull(src, dst, weight, output, core).tolist() == pytest.approx([0.4, 0])
    # Pushed from a core {0}: of its 5, 4 go to 1, so a unit of cost arrives there as 0.8.
    assert entrainment.core_push(src, dst, weight, output, ~core).tolist() == pytest.approx([0, 0.8])


def test_upstreamness_and_downstreamness_by_hand() -> None:
    # Antràs & Chor: 0 sells half to 1 and half to final use, 1 sells half to 2, 2 all to final use.
    flows = np.zeros((3, 3))
    flows[0, 1], flows[1, 2] = 5, 4
    total = np.array([10.0, 8, 6])
    assert chain.upstreamness(flows, total).tolist() == pytest.approx([1.75, 1.5, 1])
    # Down: 1 has 5 of 8 from 0: 1 + 5/8; 2 has 4 of 6 from 1: 1 + 2/3 · 13/8.
    assert chain.downstreamness(flows, total).tolist() == pytest.approx([1, 1.625, 1 + 2 / 3 * 1.625])


def test_average_propagation_length_by_hand() -> None:
    # A two-way pair with A = [[0.0, a], [b, 0.0]]: from 1 to 0 in 1, 3, 5 … steps with weights a (ab)^k,
    # so APL = Σ (2k + 1)(ab)^k / Σ (ab)^k = (1 + ab) / (1 − ab).
    a, b = 0.5, 0.4
    lengths = chain.average_propagation_lengths([[0.0, a], [b, 0.0]])
    assert lengths[0, 1] == pytest.approx((1 + a * b) / (1 - a * b))
    # Back to oneself in 2, 4, … steps: Σ 2k (ab)^k / Σ (ab)^k = 2 / (1 − ab).
    assert lengths[0, 0] == pytest.approx(2 / (1 - a * b))
    assert np.isnan(chain.average_propagation_lengths([[0.0, a], [0.0, 0.0]])[1, 0])
    inverse = np.linalg.inv(np.eye(2) - np.array([[0.0, a], [b, 0.0]]))
    assert chain.mean_propagation_length(inverse) == pytest.approx((1 + a * b) / (1 - a * b))


def test_autonomy_by_hand() -> None:
    # 0 makes 10 from 4 bought outside; 1 makes 20 from those 10 and 5 more from outside: 1 − 9/20.
    assert autonomy([[0.0, 10.0], [0.0, 0.0]], [10, 20], [6, 5]) == pytest.approx(11 / 20)
    assert autonomy([[0.0, 10.0], [0.0, 0.0]], [10, 20], [10, 10]) == 1
    # Self-supply of 5 raises output and purchases alike, and changes nothing.
    assert autonomy([[0.0, 10.0], [0.0, 5.0]], [10, 25], [6, 5]) == pytest.approx(11 / 20)


def test_brokers_by_hand() -> None:
    assert broker_share([30, 10], [10, 30]).tolist() == [0.25, 0.25]
    # a → b → c in groups x, y, x: b is an itinerant broker between two of x; with a → c it is none.
    path = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]])
    assert gould_fernandez(path, ["x", "y", "x"]).tolist()[1] == [0, 1, 0, 0, 0]
    assert gould_fernandez(path, ["x", "x", "x"]).tolist()[1] == [1, 0, 0, 0, 0]
    assert gould_fernandez(path, ["x", "x", "y"]).tolist()[1] == [0, 0, 0, 1, 0]
    assert gould_fernandez(path, ["x", "y", "z"]).tolist()[1] == [0, 0, 0, 0, 1]
    assert gould_fernandez(FEED_FORWARD, ["x", "y", "x"]).sum() == 0


def test_terciles() -> None:
    # Six members in three pairs: each third is a pair.
    shares = chain.tercile_shares([3, 3, 2, 2, 1, 1], [1, 1, 2, 2, 2, 2])
    assert shares == {"upstream": 0.2, "midstream": 0.4, "downstream": 0.4}
    assert all(np.isnan(v) for v in chain.tercile_shares([1, 1, 2], [1, 1, 1]).values())
    assert all(np.isnan(v) for v in chain.tercile_shares([1, 2, 3], [1, np.nan, 1]).values())


@pytest.mark.parametrize(
    ("inside", "returns", "verdict"),
    [
        (0.7, 0.3, "near-closed cycle"),
        (0.7, 0.29, "supplied from within"),
        (0.3, 0.09, "open chain"),
        (0.69, 0.3, "partly closed cycle"),
        (0.3, 0.1, "partly closed cycle"),
        (0.3, 0.0, "open chain"),
        (0.29, 1.0, "open to the outside"),
        (float("nan"), 0.5, ""),
        (0.5, float("nan"), ""),
    ],
)
def test_verdicts(inside: float, returns: float, verdict: str) -> None:
    assert closedness_verdict(inside, returns) == verdict


@pytest.mark.parametrize("flows", [[[0, "a"], [1, 0]], [[0, 1], [1]], None, "x", 5.0])
def test_what_is_no_matrix_of_numbers_is_refused(flows: Any) -> None:
    for measure in (trophic_levels, circulation_share):
        with pytest.raises(ParameterError, match="a square matrix"):
            measure(flows)
