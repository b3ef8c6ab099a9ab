"""Humps, looks and the checks for one population along a curve."""

import numpy as np
import pytest
from numpy.random import Generator

from benchmarks import shapes
from benchmarks.other_shapes import OTHER_ONE, OTHER_TWO
from clustercoop.analysis.verdicts.connected import against, bend, geodesic, told_by
from clustercoop.analysis.verdicts.groups import scaled
from clustercoop.analysis.verdicts.humps import EVIDENCE, GRID, humps, single_humps
from clustercoop.analysis.verdicts.model import find_groups
from clustercoop.analysis.verdicts.selection import criteria, third_group, two_groups
from clustercoop.analysis.verdicts.split import Look, Split

NAMES = shapes.FEATURES


def found(x: np.ndarray) -> bool:
    return find_groups(
        x, shapes.THEORY, np.random.default_rng(0), names=NAMES, resamples=20, thorough=False
    ).found


def test_every_single_hump_but_the_bridge_has_one_mode() -> None:
    for name, density in single_humps().items():
        if name == "bridge":
            continue
        rising = np.diff(density) > 1e-9 * density.max()
        assert not rising[int(density.argmax()) :].any(), name


@pytest.mark.parametrize("n", [20, 60, 150])
def test_draws_of_a_single_hump_seldom_look_double(n: int) -> None:
    """2.2 % lie above the bound at n = 20, fewer of more: of 23 humps, 20 draws each.

    P(Bin(460, .022) > 21) < .001.
    """
    rng = np.random.default_rng(n)
    double = 0
    for density in single_humps().values():
        steps = np.cumsum(density) / density.sum()
        double += sum(humps(np.interp(rng.random(n), steps, GRID)).evidence > EVIDENCE for _ in range(20))
    assert double <= 21


def test_thin_bands_with_a_third_between_are_one_population() -> None:
    """14 of 60 values lie evenly between bands 16 deviations apart; with none between they are two groups."""
    rng = np.random.default_rng(0)
    bands = np.repeat([-8.0, 8.0], [23, 23]) + rng.normal(size=46)
    assert humps(np.r_[bands, np.linspace(-7, 7, 14)]).evidence < 0
    assert humps(bands).evidence > EVIDENCE


def test_two_groups_are_two_humps_and_each_value_finds_its_own() -> None:
    rng = np.random.default_rng(1)
    upper = np.arange(100) < 20
    seen = humps(rng.normal(size=100) + 5.0 * upper)
    assert seen.evidence > EVIDENCE
    assert np.mean(seen.upper == upper) > 0.95
    assert seen.distance == pytest.approx(5.0, abs=1.0) and seen.share == pytest.approx(0.2, abs=0.1)


def test_units_and_side_do_not_matter() -> None:
    values = np.random.default_rng(2).normal(size=50) ** 3
    plain = humps(values).evidence
    assert humps(1000 * values - 5).evidence == pytest.approx(plain, abs=1e-6)
    assert humps(-values).evidence == pytest.approx(plain, abs=1e-6)


def test_straight_groups_do_not_bend() -> None:
    """The smallest of nine overlapping p-values times 6 at .01: at most .015 of draws of two normal groups.

    P(Bin(200, .015) > 9) = .001.
    """
    low = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        upper = np.arange(60) < 30
        rows = rng.normal(size=(60, 4)) + upper[:, None] * np.array([4.0, 0, 0, 0])
        low += bend(rows, rows[:, 0], upper) < 0.01
    assert low <= 9


def test_a_bridge_thinner_than_what_it_joins_is_seen() -> None:
    """An H: the slopes of its halves agree; across it scatters by .15 on the bar and by .9 on the sides."""
    rng = np.random.default_rng(0)
    side, across = np.repeat([-1.5, 1.5], 20), rng.uniform(-1.5, 1.5, 40)
    bar = np.linspace(-1.4, 1.4, 20)
    rows = np.column_stack([np.r_[side, bar], np.r_[across, np.zeros(20)]]) + 0.15 * rng.normal(size=(60, 2))
    assert bend(rows, rows[:, 0], rows[:, 0] > 0) < 0.003


def test_groups_that_turn_round_the_middle_are_seen() -> None:
    """y = sin(2x) for |x| < π/2: both halves have slope 0, one bends up and the other down."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-np.pi / 2, np.pi / 2, 60)
    rows = np.column_stack([x, np.sin(2 * x)]) + 0.1 * rng.normal(size=(60, 2))
    assert bend(rows, rows[:, 0], rows[:, 0] > 0) < 1e-6


def test_a_way_along_a_curve_orders_it() -> None:
    rng = np.random.default_rng(0)
    angle = np.sort(rng.uniform(0, np.pi, 150))
    rows = np.column_stack([np.cos(angle), np.sin(angle)]) + 0.03 * rng.normal(size=(150, 2))
    used, way = geodesic(rows, rng)
    assert len(used) == 150
    assert abs(np.corrcoef(way, angle)[0, 1]) > 0.98
    assert told_by(way, rows[:, 0]) > 0.9 and told_by(way, rng.normal(size=150)) < 0.3


def test_large_populations_are_sampled() -> None:
    rng = np.random.default_rng(0)
    used, way = geodesic(rng.normal(size=(1200, 2)), rng)
    assert len(used) == len(way) == len(set(used.tolist())) == 1000


def test_a_bend_in_one_feature_among_many_is_seen() -> None:
    """A parabola in the second of eight features: the slopes of its halves differ by 4 · 1.7/2."""
    rng = np.random.default_rng(0)
    line = rng.uniform(-1.7, 1.7, 41)
    rows = rng.normal(size=(41, 8))
    rows[:, 0], rows[:, 1] = line, line**2 + 0.5 * rows[:, 1]
    assert bend(rows, line, line > 0) < 1e-6


def test_what_a_p_value_may_say_at_most() -> None:
    """−ln(−e p ln p): p = .01 gives −ln(.1252) = 2.078; from 1/e on nothing."""
    assert against(0.01) == pytest.approx(2.078, abs=1e-3)
    assert against(0.4) == against(1.0) == 0.0
    assert np.isfinite(against(0.0)) and against(0.0) > 100


def test_fewer_clusters_and_a_line_that_the_way_does_not_follow_need_more() -> None:
    def least(name: str, n: int, told: float) -> float:
        look = Look(name, np.ones(1), np.ones(n, bool), humps(np.arange(9.0)))
        return Split(look, (look,), told=told).least

    assert least("theory", 60, 0.9) == least("cooperation", 80, 0.1) == 2.5
    # 2.5 + 4 (45/40 − 1); a trait alone: 2.5 + 4 (80/50 − 1); never more than 3 for few clusters.
    assert (least("theory", 40, 0.9), least("cooperation", 50, 0.1)) == (3.0, 4.9)
    assert least("theory", 20, 0.9) == least("theory", 150, 0.5) == 5.5


@pytest.mark.parametrize(("share", "distance"), [(0.25, 12.0), (0.5, 8.0), (0.15, 8.0)])
def test_far_groups_are_found_however_uneven(share: float, distance: float) -> None:
    make = shapes._apart(shapes._theory, distance, share, 0.0)
    assert all(found(make(np.random.default_rng(seed), 100)[0]) for seed in range(3))


def letter_h(rng: Generator, n: int) -> np.ndarray:
    bar, place = rng.integers(0, 3, n), rng.uniform(-1.5, 1.5, n)
    across = np.where(bar == 0, place, np.where(bar == 1, -1.5, 1.5))
    return shapes._pairs(rng, across, np.where(bar == 0, 0.0, place), 0.3)


ONE = {
    name: shapes.ONE[name] for name in ("horseshoe", "arch", "spiral", "ring", "line", "fork", "lognormal")
} | {"zigzag": OTHER_ONE["zigzag"], "stages": OTHER_ONE["stages"], "H": letter_h}


@pytest.mark.parametrize("name", ONE)
def test_one_population_is_not_split(name: str) -> None:
    """False splits are at most 5 %: of 12 worlds P(Bin(12, .05) > 3) = .002."""
    hits = sum(found(ONE[name](np.random.default_rng(seed), 60)) for seed in range(12))
    assert hits <= 3


def test_groups_along_parallel_lines_are_seen() -> None:
    """n = 150: .9, P(Bin(6, .9) < 3) = .001."""
    hits = sum(found(OTHER_TWO["parallel lines"](np.random.default_rng(seed), 150)[0]) for seed in range(6))
    assert hits >= 3


def test_a_third_group_is_weighed_against_the_two_that_are_seen() -> None:
    """One feature of eight tells two groups, 4 apart: starts spread at random miss them."""
    rng = np.random.default_rng(0)
    x, group = shapes.TWO["one trait alone, 4 apart"](rng, 100)
    rows = scaled(x)[0]
    chosen = criteria(rows, rng)
    assert third_group(chosen) < 0 < third_group(chosen, two_groups(rows, np.where(group == 1, 0.95, 0.05)))


def test_the_two_traits_of_theory_are_seen_among_noise() -> None:
    """3.2 and 3.8 deviations apart beside six features of noise, n = 60: .9, P(Bin(12, .9) < 8) = .004."""
    hits = sum(found(shapes.TWO["two traits"](np.random.default_rng(seed), 60)[0]) for seed in range(12))
    assert hits >= 8


def test_a_fifth_far_apart_is_seen() -> None:
    """Distance 4, n = 150: .9, P(Bin(8, .9) < 5) = .005."""
    hits = sum(found(shapes.TWO["a fifth, distance 4"](np.random.default_rng(s), 150)[0]) for s in range(8))
    assert hits >= 5


def test_one_trait_alone_is_told_as_that() -> None:
    def look(rng: Generator) -> tuple[bool, int, bool]:
        x, _ = shapes.TWO["one trait alone, 4 apart"](rng, 100)
        groups = find_groups(x, shapes.THEORY, rng, names=NAMES, resamples=20, thorough=False)
        return groups.found, groups.alone, groups.named

    seen = [look(np.random.default_rng(seed)) for seed in range(10)]
    assert sum(found for found, _, _ in seen) >= 5
    assert {alone for found, alone, _ in seen if found} == {0}
    assert not any(named for _, _, named in seen)
