"""Figures of the core that were once wrong, or unknown without a reason, each on a network that shows it."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.core_periphery.borgatti_everett import borgatti_everett
from analysis.core_periphery.measure import measure
from analysis.core_periphery.minres import concentrated, minres
from analysis.core_periphery.significance import significance
from analysis.measures import Measures
from graph.settings import Settings
from tests.closedness.oracles import formation


def codes(found: Measures) -> set[str]:
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
    links = [("a", k, 5.0) for k in "bcdef"] + [(k, "a", 2.0) for k in "bcd"]
    found = measure(formation("abcdef", links), Settings(nulls=9, core_method="lip"))
    assert found.formation["core_members"] == "a"
    assert found.formation["core_size"] == 1
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
