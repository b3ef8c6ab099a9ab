"""One hump or two? The likelihood of the best two-humped curve against that of the best one-humped one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final

import numpy as np

from clustercoop.graph.arrays import Bools, Floats

REACH: Final = 7.0
CELLS: Final = 280
GRID: Final = np.linspace(-REACH, REACH, CELLS + 1)
STEP: Final = 2 * REACH / CELLS
BRIDGE: Final = 1.2
"""Half the length of the bridge between two bands, which are 16 of their own deviations apart."""

SHIFTS: Final = (-0.24, -0.12, 0.0, 0.12, 0.24)
SCALES: Final = (0.88, 0.94, 1.0, 1.06, 1.13)
FARTHEST: Final = 5.0
FLOOR: Final = 1e-12

DISTANCES: Final = (2.4, 2.8, 3.2, 3.6, 4.0, 4.5, 5.0, 6.0, 8.0, 12.0)
SHARES: Final = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9)

EVIDENCE: Final = 2.5
"""Two humps must be e^2.5 ≈ 12 times as likely as one."""


def _normal(x: Floats) -> Floats:
    out: Floats = np.exp(-0.5 * x**2)
    return out


def _student(x: Floats, freedom: float) -> Floats:
    out: Floats = (1 + x**2 / freedom) ** (-(freedom + 1) / 2)
    return out


def _blurred(density: Floats, deviation: float) -> Floats:
    kernel = _normal(GRID / deviation)
    return np.convolve(density, kernel / kernel.sum(), "same")


@cache
def single_humps() -> Mapping[str, Floats]:
    """Return densities of one population on `GRID`, up to location and scale.

    Normal; spread evenly or sloping along a line, blurred by .15, .3 and .5 deviations; exponential, blurred;
    gamma; Laplace and Student with 3 and 6 degrees of freedom; two thin bands with a third of the population
    on the bridge between them (a zigzag or an H seen across). Skewed ones in both directions.
    """
    half = np.sqrt(3)
    bridge = (np.abs(GRID) <= BRIDGE) / (np.abs(GRID) <= BRIDGE).sum()
    out = {"normal": _normal(GRID), "laplace": np.exp(-1.4 * np.abs(GRID))}
    out |= {"t3": _student(1.2 * GRID, 3), "t6": _student(GRID, 6)}
    skewed: dict[str, Floats] = {}
    for blur in (0.15, 0.3, 0.5):
        for slope in (0.0, 0.4, 0.8):
            flat = np.where(np.abs(GRID) <= half, 1 + slope * GRID / half, 0.0)
            (skewed if slope else out)[f"line {slope} {blur}"] = _blurred(flat, blur)
    for blur in (0.3, 0.6):
        skewed[f"exponential {blur}"] = _blurred(np.where(GRID >= -1, np.exp(-GRID - 1), 0.0), blur)
    low, high = (np.isclose(GRID, end).astype(np.float64) for end in (-BRIDGE, BRIDGE))
    from_zero = np.maximum(GRID + 1.9, 0.0)
    skewed["gamma"] = _blurred(from_zero**1.5 * np.exp(-1.2 * from_zero), 0.1)
    mirrored = {f"{name}, mirrored": density[::-1] for name, density in skewed.items()}
    return out | skewed | mirrored | {"bridge": _blurred((low + high + bridge) / 3, BRIDGE / 8)}


def _standard(density: Floats) -> Floats:
    """Return the log density on `GRID` after moving and scaling it to mean 0 and deviation 1."""
    mass = density / (density.sum() * STEP)
    mean = (mass * GRID).sum() * STEP
    deviation = np.sqrt((mass * (GRID - mean) ** 2).sum() * STEP)
    moved = np.interp(GRID * deviation + mean, GRID, mass, left=0.0, right=0.0) * deviation
    out: Floats = np.log(np.maximum(moved / (moved.sum() * STEP), FLOOR))
    return out


def _double(distance: float, share: float) -> Floats:
    """Return the log density of two normal humps, standardised, the upper one holding `share`."""
    deviation = np.sqrt(1 + share * (1 - share) * distance**2)
    x = GRID * deviation + share * distance
    both = (1 - share) * _normal(x) + share * _normal(x - distance)
    out: Floats = np.log(np.maximum(both * deviation / np.sqrt(2 * np.pi), FLOOR))
    return out


@cache
def _library() -> tuple[Floats, int]:
    """Return log densities by column, every shape shifted and scaled a little, and how many are single."""
    single = [_standard(density) for density in single_humps().values()]
    double = [_double(distance, share) for distance, share in product(DISTANCES, SHARES)]
    columns = [
        np.interp((GRID - shift) / scale, GRID, shape, left=np.log(FLOOR), right=np.log(FLOOR))
        - np.log(scale)
        for shape in (*single, *double)
        for scale, shift in product(SCALES, SHIFTS)
    ]
    return np.stack(columns, axis=1), len(single) * len(SCALES) * len(SHIFTS)


def _likelihood(values: Floats) -> tuple[Floats, Floats]:
    """Return the standardised values, and the log-likelihood of every column of the library."""
    z = np.clip((values - values.mean()) / values.std(), -FARTHEST, FARTHEST)
    place = (z + REACH) / STEP
    cell = place.astype(int)
    weight = np.bincount(cell, 1 - (place - cell), CELLS + 1) + np.bincount(cell + 1, place - cell, CELLS + 1)
    return z, weight @ _library()[0]


def gain(values: Floats) -> float:
    """Return the log-likelihood of the best two humps less that of the best normal one.

    Examples
    --------
    >>> gain(np.r_[np.linspace(0, 1, 30), np.linspace(9, 10, 10)]) > 20
    True
    """
    likelihood, normal = _likelihood(values)[1], len(SCALES) * len(SHIFTS)
    return float(likelihood[_library()[1] :].max() - likelihood[:normal].max())


@dataclass(frozen=True, eq=False)
class Humps:
    """What one coordinate says.

    Attributes
    ----------
    evidence : float
        Log-likelihood of the best two humps less that of the best single one.
    distance : float
        Of the two humps, in their own deviations.
    share : float
        Of the upper one.
    upper : array of bool, shape (n,)
        Which values the best two humps put into the upper one.
    """

    evidence: float
    distance: float
    share: float
    upper: Bools


def humps(values: Floats, *, bridge: bool = True) -> Humps:
    """Hold two humps against one on `values`, shape (n,), all known and not all equal.

    Two humps are two normal components with one variance, 2.4 to 12 deviations apart, the smaller holding a
    tenth or more. One hump is any of `single_humps`. Both are tried around the mean and deviation of the
    values, so that the two sides have the same freedom.

    Parameters
    ----------
    values : array, shape (n,)
    bridge : bool
        Count two bands joined by a bridge as single, which is how a bent population looks from its side; not
        so on the way through a population, which runs along it.

    Notes
    -----
    The dip test asks the same against every density with one mode; two fifths that lie on the shoulder of
    the rest are then a shoulder. Against the single humps here the test comes near the Neyman–Pearson bound
    (docs/theory/formation-model.md).

    Examples
    --------
    >>> even, apart = np.linspace(0, 1, 60), np.r_[np.linspace(0, 1, 30), np.linspace(3, 4, 30)]
    >>> humps(even).evidence < 0 < EVIDENCE < humps(apart).evidence
    True
    """
    singles = _library()[1]
    z, likelihood = _likelihood(values)
    at = int(likelihood[singles:].argmax())
    last = singles if bridge else singles - len(SCALES) * len(SHIFTS)
    evidence = float(likelihood[singles + at] - likelihood[:last].max())
    shape, variant = divmod(at, len(SCALES) * len(SHIFTS))
    scale, shift = SCALES[variant // len(SHIFTS)], SHIFTS[variant % len(SHIFTS)]
    distance, share = DISTANCES[shape // len(SHARES)], SHARES[shape % len(SHARES)]
    deviation = np.sqrt(1 + share * (1 - share) * distance**2)
    from_lower = (z - shift) / scale * deviation + share * distance
    odds = distance * (from_lower - distance / 2) + np.log(share / (1 - share))
    return Humps(evidence, distance, share, odds > 0)
