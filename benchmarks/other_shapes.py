"""Populations that no threshold of the model was chosen on: single ones, and planted groups.

Same features and seeds' use as `benchmarks.shapes`; kept apart so that what was tuned on those can be held
against these.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.shapes import (
    FloatArray,
    One,
    P,
    Two,
    _alike,
    _apart,
    _members,
    _noise,
    _pairs,
    _round,
    _theory,
)

IntArray = NDArray[np.int_]


def _in_traits(rng: Generator, first: FloatArray, second: FloatArray, noise: float = 0.35) -> FloatArray:
    x = _noise(rng, len(first))
    x[:, 0] = first + noise * rng.normal(size=len(first))
    x[:, 2] = second + noise * rng.normal(size=len(first))
    return x


def _stages(rng: Generator, n: int) -> FloatArray:
    t = rng.uniform(-2.5, 2.5, (n, 1))
    early, late = np.minimum(t, 0) + 1.25, np.maximum(t, 0) - 1.25
    return np.column_stack([early] * 4 + [late] * 4) + _noise(rng, n, 0.35)


def _one_bends(rng: Generator, n: int) -> FloatArray:
    t = rng.uniform(-1.7, 1.7, n)
    x = np.repeat(t[:, None], P, axis=1)
    x[:, 7] = t**2 - 1
    return x + _noise(rng, n, 0.5)


def _zigzag(rng: Generator, n: int) -> FloatArray:
    t = rng.uniform(0, 3, n)
    return _pairs(rng, 1.5 * t - 2.25, 2 * np.abs((t + 1) % 2 - 1) - 1, 0.3)


def _cross(rng: Generator, n: int) -> FloatArray:
    place, side = rng.uniform(-2, 2, n), rng.random(n) < 0.5
    return _pairs(rng, np.where(side, place, 0), np.where(side, 0, place), 0.35)


def _tee(rng: Generator, n: int) -> FloatArray:
    place, bar = rng.uniform(-2, 2, n), rng.random(n) < 0.6
    return _pairs(rng, np.where(bar, place, 0), np.where(bar, 1, place / 1.3 - 0.5), 0.35)


def _funnel(rng: Generator, n: int) -> FloatArray:
    t = rng.uniform(0, 1, (n, 1))
    return np.asarray(3.4 * t + (0.2 + 1.2 * t) * _noise(rng, n))


def _disc(rng: Generator, n: int) -> FloatArray:
    angle, radius = rng.uniform(0, 2 * np.pi, n), 2 * np.sqrt(rng.random(n))
    return _pairs(rng, radius * np.cos(angle), radius * np.sin(angle), 0.3)


def _triangle(rng: Generator, n: int) -> FloatArray:
    corners = 4 * np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.87]])
    place = rng.dirichlet([1, 1, 1], n) @ corners
    return _pairs(rng, place[:, 0], place[:, 1], 0.3)


def _shell(rng: Generator, n: int) -> FloatArray:
    place = rng.normal(size=(n, 3))
    place *= 1.8 / np.linalg.norm(place, axis=1, keepdims=True)
    return np.asarray(place @ np.tile(np.eye(3), (1, 3))[:, :P] + _noise(rng, n, 0.35))


def _bent_sheet(rng: Generator, n: int) -> FloatArray:
    angle, across = rng.uniform(0, 1.2 * np.pi, n), rng.uniform(-1.7, 1.7, (n, 1))
    x = _round(rng, angle, 0.3, alternate=True)
    x[:, 5:] = across + _noise(rng, n, 0.3)[:, 5:]
    return x


def _wave(rng: Generator, n: int) -> FloatArray:
    t = rng.uniform(-1.7, 1.7, n)
    return _pairs(rng, 1.5 * t, np.sin(3 * t), 0.3)


def _banana(rng: Generator, n: int) -> FloatArray:
    t = rng.normal(size=n)
    return _pairs(rng, t, 0.6 * t**2, 0.6)


def _counts(rng: Generator, n: int) -> FloatArray:
    return rng.poisson(np.exp(0.8 + 0.5 * rng.normal(size=(n, 1))) * np.ones(P)).astype(np.float64)


def _steps(rng: Generator, n: int) -> FloatArray:
    return np.round(1.4 * _alike(rng, n, 0.5))


def _wild(rng: Generator, n: int) -> FloatArray:
    return np.where(rng.random((n, 1)) < 0.1, 3.0, 1.0) * _alike(rng, n, 0.4)


def _circle(rng: Generator, n: int) -> tuple[FloatArray, FloatArray]:
    angle = rng.uniform(0, 2 * np.pi, n)
    return 1.8 * np.cos(angle), 1.8 * np.sin(angle)


def _arch(rng: Generator, n: int) -> tuple[FloatArray, FloatArray]:
    t = rng.uniform(-1.7, 1.7, n)
    return t, t**2 - 1


def _crossing(rng: Generator, n: int) -> tuple[FloatArray, FloatArray]:
    place, side = rng.uniform(-2.2, 2.2, n), rng.random(n) < 0.5
    return np.where(side, place, 0), np.where(side, 0, place)


def _even(rng: Generator, n: int) -> tuple[FloatArray, FloatArray]:
    t = rng.uniform(-2, 2, n)
    return t, t


OTHER_ONE: Final[dict[str, One]] = {
    "arc of 100 degrees": lambda rng, n: _round(rng, np.pi * rng.uniform(0, 0.55, n), alternate=True),
    "arc of 270 degrees": lambda rng, n: _round(rng, np.pi * rng.uniform(0, 1.5, n), alternate=True),
    "line, one feature bends": _one_bends,
    "stages": _stages,
    "zigzag": _zigzag,
    "cross": _cross,
    "T": _tee,
    "funnel": _funnel,
    "disc": _disc,
    "filled triangle": _triangle,
    "shell": _shell,
    "bent sheet": _bent_sheet,
    "wave": _wave,
    "banana": _banana,
    "counts": _counts,
    "rounded scores": _steps,
    "normal with wild ones": _wild,
    "arch in two traits": lambda rng, n: _in_traits(rng, *_arch(rng, n)),
    "ring in two traits": lambda rng, n: _in_traits(rng, *_circle(rng, n)),
    "cross in two traits": lambda rng, n: _in_traits(rng, *_crossing(rng, n)),
    "line in two traits": lambda rng, n: _in_traits(rng, *_even(rng, n)),
    "square in two traits": lambda rng, n: _in_traits(rng, *rng.uniform(-2, 2, (2, n))),
}


def _shifted(x: FloatArray, group: IntArray, cooperation: float, innovation: float) -> FloatArray:
    x[:, 0] += cooperation * group
    x[:, 2] += innovation * group
    return x


def _wider(rng: Generator, n: int) -> tuple[FloatArray, IntArray]:
    group = _members(rng, n)
    return _shifted(_noise(rng, n) * (1 + 0.5 * group[:, None]), group, 4.0, 4.5), group


def _skewed(rng: Generator, n: int) -> tuple[FloatArray, IntArray]:
    group = _members(rng, n)
    return _shifted((rng.gamma(6, 1, (n, P)) - 6) / np.sqrt(6), group, 3.2, 3.8), group


def _tailed(rng: Generator, n: int) -> tuple[FloatArray, IntArray]:
    group = _members(rng, n)
    return _shifted(rng.standard_t(5, (n, P)) / np.sqrt(5 / 3), group, 3.2, 3.8), group


def _three_features(rng: Generator, n: int) -> tuple[FloatArray, IntArray]:
    group = _members(rng, n)
    x = _noise(rng, n)
    x[:, :3] += 2.9 * group[:, None]
    return x, group


def _uneven_traits(rng: Generator, n: int) -> tuple[FloatArray, IntArray]:
    group = _members(rng, n, 0.3)
    return _shifted(_noise(rng, n), group, 3.2, 3.8), group


def _parallel(rng: Generator, n: int) -> tuple[FloatArray, IntArray]:
    group = _members(rng, n)
    x = _noise(rng, n, 0.7)
    x[:, 3:] += rng.uniform(-1.7, 1.7, (n, 1))
    return _shifted(x, group, 2.5, 3.0), group


def _parallel_arcs(rng: Generator, n: int) -> tuple[FloatArray, IntArray]:
    group, angle = _members(rng, n), rng.uniform(0, np.pi, n)
    x = _noise(rng, n, 0.7)
    x[:, 4] += 1.8 * np.cos(angle)
    x[:, 5] += 1.8 * np.sin(angle)
    return _shifted(x, group, 2.5, 3.0), group


def _with_gaps(rng: Generator, n: int) -> tuple[FloatArray, IntArray]:
    group = _members(rng, n)
    x = _shifted(_noise(rng, n), group, 3.2, 3.8)
    x[rng.random(x.shape) < 0.15] = np.nan
    return x, group


def _corners(places: FloatArray, distance: float) -> Two:
    """Return groups at those places of a plane, four features an axis; a unit is `distance`."""

    def draw(rng: Generator, n: int) -> tuple[FloatArray, IntArray]:
        group = rng.integers(0, len(places), n)
        return _noise(rng, n) + np.repeat(distance / 2 * places[group], 4, axis=1), group

    return draw


TRIANGLE: Final = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
SQUARE: Final = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
ROW: Final = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])

OTHER_TWO: Final[dict[str, Two]] = {
    "two traits, one group wider": _wider,
    "two traits, skewed within": _skewed,
    "two traits, heavy tails within": _tailed,
    "two traits, 3 of 10": _uneven_traits,
    "two traits, 15 % unknown": _with_gaps,
    "three features, distance 5": _three_features,
    "parallel lines": _parallel,
    "parallel arcs": _parallel_arcs,
    "a quarter, distance 8": _apart(_theory, 8, 0.25, 0.0),
    "a quarter, distance 12": _apart(_theory, 12, 0.25, 0.0),
    "three in a triangle, 5 apart": _corners(TRIANGLE, 5.0),
    "three in a triangle, 8 apart": _corners(TRIANGLE, 8.0),
    "three in a row, 5 apart": _corners(ROW, 5.0),
    "four in a square, 6 apart": _corners(SQUARE, 6.0),
}
