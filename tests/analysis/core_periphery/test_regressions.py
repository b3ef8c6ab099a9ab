"""Figures of the core that were once wrong, or unknown without a reason, each on a network that shows it."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from clustercoop.analysis.core_periphery import tiering
from clustercoop.analysis.core_periphery.borgatti_everett import adjacency, borgatti_everett
from clustercoop.analysis.core_periphery.common import as_edges
from clustercoop.analysis.core_periphery.elliott import PATTERN, elliott
from clustercoop.analysis.core_periphery.exhaustive import exhaust
from clustercoop.analysis.core_periphery.measure import measure
from clustercoop.analysis.core_periphery.minres import concentrated, minres
from clustercoop.analysis.core_periphery.rossa import rossa_profile
from clustercoop.analysis.core_periphery.significance import significance
from clustercoop.analysis.core_periphery.splits import every_split, pair_sums
from clustercoop.analysis.metric import Measured
from clustercoop.graph.settings import Settings
from tests.analysis.closedness.oracles import formation
from tests.analysis.core_periphery.oracles import best_of_climbs


def codes(found: Measured) -> set[str]:
    """Return the codes told."""
    return {finding.code for finding in found.findings}


def two_groups(size: int) -> np.ndarray:
    """Two complete groups without a link between them."""
    return np.kron(np.eye(2), np.ones((size, size)))


@pytest.mark.parametrize(("size", "pre"), [(4, 0.125), (3, 1 / 6)])
def test_minres_leaves_the_saddle_of_equal_strengths(size: int, pre: float) -> None:
    """Half of k links in c cells are fitted: 1 − (k/2) / (k (1 − k/c)), so 1/8 at 24/56, 1/6 at 12/30."""
    found = minres(two_groups(size), weights="raw")
    assert found.fit == pytest.approx(pre, abs=1e-9)
    assert np.isnan(found.supplier).all()  # either group would do
    assert found.members == ()


def test_coreness_without_a_minimum_is_unknown() -> None:
    """b's own cell is missing: u_b v_b may grow for ever as the error falls towards 0."""
    chain = np.zeros((4, 4))
    chain[0, 1], chain[1, 2] = 2, 3
    found = minres(chain, weights="raw")
    assert found.fit == pytest.approx(1, abs=1e-4)  # the bound
    assert np.isnan(found.buyer).all()
    links = [("a", "b", 2.0), ("b", "c", 3.0)]
    told = measure(formation("abcd", links), Settings(nulls=0))
    assert "core_coreness_open" in codes(told)


def test_no_core_is_made_of_equal_coreness() -> None:
    assert not concentrated(np.ones(5)).any()
    assert not concentrated(np.zeros(5)).any()
    assert minres(np.roll(np.eye(6), 1, axis=1)).members == ()
    assert minres(np.kron([[0, 1], [0, 0]], np.ones((3, 3)))).members == ()  # one way: nobody buys and sells


def test_ties_of_lip_are_printed() -> None:
    links = [(x[0], x[1], 1.0) for x in "ab ac ad bf cb cd da dc fc".split()]
    found = measure(formation("abcdef", links), Settings(nulls=0, core_method="lip"))
    assert found.formation["core_ties"] == 3
    assert {"core_tied", "core_margin_method"} <= codes(found)


def test_ties_and_margin_of_minres_are_unknown_with_a_reason() -> None:
    links = [(x[0], x[1], 2.0) for x in "ab ba ac ca bc cb ad be ca".split()]
    found = measure(formation("abcde", links), Settings(nulls=0, core_method="minres"))
    assert found.formation["core_members"]
    assert str(found.formation["core_ties"]) == str(found.formation["core_margin"]) == "nan"
    assert "core_margin_method" in codes(found)


def test_a_core_of_one_is_given() -> None:
    """The hub a; with b, c or d, whose two links pay for a pair more in the core, Z is 0 as well."""
    links = [("a", k, 5.0) for k in "bcdef"] + [(k, "a", 2.0) for k in "bcd"]
    found = measure(formation("abcdef", links), Settings(nulls=9, core_method="lip"))
    assert (found.formation["core_members"], found.formation["core_maybe_members"]) == ("a", "b;c;d")
    assert str(found.formation["core_size"]) == "nan" and found.formation["core_ties"] == 4
    assert found.formation["lip_z"] == 0
    assert str(found.formation["core_fit"]) == "nan"
    assert "core_fit_undefined" in codes(found)
    assert "core_no_contrast" not in codes(found)


def test_equation_5_does_not_divide_by_a_pattern_without_spread() -> None:
    found = borgatti_everett(np.roll(np.eye(6), 1, axis=1), equation="5")  # warnings are errors
    assert 0 < found.fit <= 1


def test_replicates_that_all_fit_as_well_give_a_p_of_one() -> None:
    flows = np.zeros((14, 14))
    flows[:4, :4] = 5
    flows[:4, 4:] = (np.add.outer(np.arange(4), np.arange(10)) % 4 == 0) * 2
    np.fill_diagonal(flows, 0)
    test = significance(flows, replicates=19)
    assert (test.p, test.error, test.reason) == (1.0, 0.0, "")
    assert test.fits == pytest.approx(test.observed)


def test_a_replicate_without_a_split_has_no_fit() -> None:
    """Of 3 links among 4 participants some replicates leave no pair linked in either block."""
    links = np.zeros((4, 4))
    links[0, 1] = links[2, 3] = links[3, 2] = 1
    fits = significance(links, null="density", weights="binary", replicates=99).fits
    assert ((fits >= -1) | np.isnan(fits)).all()
    assert not (fits == -1).any()


def test_small_links_are_not_lost_beside_a_large_one() -> None:
    """r of a core {0, 1} of two links of 1, beside one of .1 among the 12 cells of four: all others are 0."""
    values = np.zeros((6, 6))
    values[0, 1] = values[1, 0] = 1
    values[0, 5], values[2, 3] = 1e9, 0.1
    right = np.corrcoef(np.r_[1, 1, np.zeros(12)], np.r_[1, 1, 0.1, np.zeros(11)])[0, 1]
    found = borgatti_everett(values, weights="raw")
    assert found.members == (0, 1)
    assert found.fit == pytest.approx(right, abs=1e-12)
    wider = np.zeros((24, 24))  # above 20 participants a search; 22 outside have 462 cells
    wider[:6, :6] = values
    right = np.corrcoef(np.r_[1, 1, np.zeros(462)], np.r_[1, 1, 0.1, np.zeros(461)])[0, 1]
    found = borgatti_everett(wider, weights="raw")
    assert found.members == (0, 1)
    assert found.fit == pytest.approx(right, abs=1e-12)


def test_a_fit_is_a_correlation_where_values_differ_by_many_orders() -> None:
    values = np.zeros((6, 6))
    values[0, 1] = values[1, 0] = 1e-6
    values[0, 5], values[4, 1], values[2, 3] = 1e5, 2, 1e-7
    assert borgatti_everett(values, weights="log1p").fit == pytest.approx(0.9972923, abs=1e-7)


@pytest.mark.parametrize("equation", ["4", "2"])
def test_both_enumerations_agree(equation: Literal["4", "2"]) -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(4, 10))
        edges = as_edges(np.where(rng.random((n, n)) < 0.4, rng.integers(1, 4, (n, n)), 0))
        y = edges.values("raw")
        core = np.zeros(n, np.int64)
        score, second, ties = exhaust(int(equation), n, *adjacency(edges, y), core)
        best = every_split(int(equation), pair_sums(edges, y))
        assert best.core.tolist() == core.tolist()
        assert (best.score, best.second) == pytest.approx((score, second), abs=1e-9)
        assert best.ties == ties


def sparse(seed: int, n: int, low: float, high: float) -> np.ndarray:
    """Few links of log-normal value."""
    rng = np.random.default_rng(seed)
    chance = rng.uniform(low, high)
    values = np.where(rng.random((n, n)) < chance, rng.lognormal(1, 1.2, (n, n)), 0)
    np.fill_diagonal(values, 0)
    return values


def test_the_fit_of_a_sparse_network_is_the_optimum() -> None:
    """.2999; climbs from 24 perturbations gave .2409."""
    assert borgatti_everett(sparse(3003, 30, 0.04, 0.2), weights="log1p").fit == pytest.approx(
        0.2999, abs=5e-5
    )


def test_a_core_of_two_in_a_sparse_network_is_found() -> None:
    """.1854, which climbs from 400 perturbations of larger cores passed by (.1713)."""
    found = borgatti_everett(sparse(3035, 50, 0.03, 0.2), weights="log1p")
    assert found.fit == pytest.approx(0.1854, abs=5e-5)
    assert found.core.sum() == 2


@pytest.mark.parametrize("n", [25, 30, 48, 60])
def test_the_fit_of_sparse_networks_is_not_below_a_long_multistart(n: int) -> None:
    for seed in range(4):
        links = sparse(3100 + seed, n, 0.03, 0.2)
        long = best_of_climbs(np.log1p(links), np.random.default_rng(seed), starts=60)
        assert borgatti_everett(links, weights="log1p").fit >= long - 1e-9, f"seed {seed}"


def test_two_cores_of_a_small_network_are_the_best_of_all() -> None:
    """.553, where moves of one participant ended at .390."""
    links = np.zeros((5, 5))
    for pair in [(0, 1), (0, 4), (1, 2), (1, 4), (3, 1), (3, 4), (4, 0), (4, 2), (4, 3)]:
        links[pair] = 1
    found = elliott(links, weights="binary")
    assert found.fit == pytest.approx(0.553, abs=5e-4)
    off = ~np.eye(5, dtype=bool)
    ideal = PATTERN[np.ix_(found.block, found.block)]
    assert found.fit == pytest.approx(np.corrcoef(links[off], ideal[off])[0, 1], abs=1e-12)


@pytest.mark.parametrize("score", ["links", "density"])
def test_tiering_of_17_is_the_optimum(
    score: Literal["links", "density"], monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(6):
        values = sparse(seed, 17, 0.1, 0.3)
        found = tiering.tiering(values, score=score)
        with monkeypatch.context() as patch:
            patch.setattr(tiering, "EXHAUSTIVE", 17)
            assert found.fit == pytest.approx(tiering.tiering(values, score=score).fit, abs=1e-9), seed


def test_a_walk_among_very_unequal_links_has_a_profile() -> None:
    values = np.zeros((6, 6))
    values[0, 1] = values[1, 0] = values[1, 2] = values[2, 0] = 1e12
    values[2, 3] = 1e-6
    values[3, 4] = values[4, 5] = values[5, 3] = values[5, 0] = 1
    found = rossa_profile(values, weights="raw")  # warnings are errors
    assert np.isfinite(found.profile).all()
    assert ((found.profile >= 0) & (found.profile <= 1 + 1e-12)).all()


def test_a_far_core_of_two_that_ties_is_counted_in_a_search() -> None:
    """One more participant than is enumerated: two links apart, each as good a core as the other."""
    links = np.zeros((21, 21))
    links[0, 1] = links[2, 3] = 1
    searched, enumerated = (borgatti_everett(part, weights="log1p") for part in (links, links[:20, :20]))
    assert not searched.exact and enumerated.exact
    assert (searched.ties, searched.margin) == (enumerated.ties, enumerated.margin) == (2, 0.0)
    assert searched.members == (0, 1)


@pytest.mark.parametrize(("seed", "fit", "minimum"), [(52, 0.16184, False), (142, 0.68779, True)])
def test_minres_tells_a_hub_that_grows_without_bound_from_a_minimum(
    seed: int, fit: float, minimum: bool
) -> None:
    """.16184 from the links of the hub, .15038 from random starts; and a minimum beside a slow valley."""
    rng = np.random.default_rng(seed)
    links = (rng.random((20, 20)) < 0.1) * rng.lognormal(0, 1, (20, 20))
    np.fill_diagonal(links, 0)
    found = minres(links, weights="raw")
    assert found.fit == pytest.approx(fit, abs=5e-5)
    assert np.isfinite(found.supplier).all() == minimum
    assert np.isnan(found.supplier).all() != minimum


def test_a_split_whose_cells_are_all_0_has_no_fit() -> None:
    """1 → 2 and 3 → 0: two splits have cells that differ, with fits r and −r; the margin is 2 r, not r."""
    links = np.zeros((4, 4))
    links[1, 2], links[3, 0] = 6.0, 2.0
    fit = borgatti_everett(links)
    assert fit.members == (1, 2)
    assert fit.margin == pytest.approx(2 * fit.fit)
