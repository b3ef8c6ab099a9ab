"""Populations drawn as feature scores: single ones of many shapes, and planted groups.

Eight features, `FEATURES`, in deviations of no particular unit. Nothing here knows how the model looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
One = Callable[[Generator, int], FloatArray]
Two = Callable[[Generator, int], tuple[FloatArray, NDArray[np.int_]]]

FEATURES: Final = (
    "cooperation",
    "openness",
    "innovation",
    "diversity",
    "turnover",
    "core_strength",
    "integration",
    "productivity",
)
THEORY: Final = np.array([1.0, 1, 1, 1, 1, 0, 0, 0])
P: Final = len(FEATURES)


def _noise(rng: Generator, n: int, scale: float = 1.0) -> FloatArray:
    return np.asarray(scale * rng.normal(size=(n, P)))


def _alike(rng: Generator, n: int, share: float = 0.3) -> FloatArray:
    return np.asarray(np.sqrt(1 - share) * _noise(rng, n) + np.sqrt(share) * rng.normal(size=(n, 1)))


def _round(rng: Generator, angle: FloatArray, noise: float = 0.35, alternate: bool = False) -> FloatArray:
    pair = np.column_stack([np.cos(angle), np.sin(angle)])
    both = np.tile(pair, 4) if alternate else np.repeat(pair, 4, axis=1)
    return np.asarray(1.6 * both + _noise(rng, len(angle), noise))


def _pairs(rng: Generator, first: FloatArray, second: FloatArray, noise: float) -> FloatArray:
    return np.tile(np.column_stack([first, second]), 4) + _noise(rng, len(first), noise)


def _spiral(rng: Generator, n: int) -> FloatArray:
    angle = 3 * np.pi * np.sqrt(rng.uniform(0.3, 1, n))
    return _pairs(rng, angle * np.cos(angle) / 5, angle * np.sin(angle) / 5, 0.3)


def _s_curve(rng: Generator, n: int) -> FloatArray:
    t = 1.5 * np.pi * rng.uniform(-1, 1, n)
    return _pairs(rng, 1.3 * np.sin(t), 1.3 * np.sign(t) * (np.cos(t) - 1), 0.3)


def _fork(rng: Generator, n: int) -> FloatArray:
    arms = np.array([[1.0, 0.0], [-0.5, 0.87], [-0.5, -0.87]])
    place = arms[rng.integers(0, 3, n)] * rng.uniform(0, 2.5, (n, 1))
    return _pairs(rng, place[:, 0], place[:, 1], 0.35)


def _helix(rng: Generator, n: int) -> FloatArray:
    turn = rng.uniform(0, 4 * np.pi, n)
    rise, flat = turn / 4 - 1.5, np.zeros(n)
    round_ = [np.cos(turn), np.sin(turn), rise]
    return np.column_stack([*round_, *round_, flat, flat]) + _noise(rng, n, 0.3)


def _bent_pair(rng: Generator, n: int) -> FloatArray:
    angle = rng.uniform(0, np.pi, n)
    x = _noise(rng, n)
    x[:, [0, 2]] = 2 * np.column_stack([np.cos(angle), np.sin(angle)]) + 0.35 * rng.normal(size=(n, 2))
    return x


def _sheet(rng: Generator, n: int) -> FloatArray:
    place = rng.uniform(-1.7, 1.7, (n, 2))
    return np.repeat(place, 4, axis=1) + _noise(rng, n, 0.35)


def _scatter(rng: Generator, n: int, middle: float, ends: float) -> FloatArray:
    t = rng.uniform(-1.7, 1.7, (n, 1))
    return np.asarray(t + (middle + (ends - middle) * np.abs(t) / 1.7) * _noise(rng, n))


def _arch(rng: Generator, t: FloatArray) -> FloatArray:
    return _pairs(rng, t, t**2 - 1, 0.35)


ONE: Final[dict[str, One]] = {
    "normal, no correlations": lambda rng, n: _noise(rng, n),
    "normal, correlated": lambda rng, n: _alike(rng, n, 0.7),
    "normal, two factors": lambda rng, n: rng.normal(size=(n, 2)) @ rng.normal(size=(2, P)) + _noise(rng, n),
    "line": lambda rng, n: rng.uniform(-1.7, 1.7, (n, 1)) + _noise(rng, n, 0.4),
    "line, much noise": lambda rng, n: rng.uniform(-1.7, 1.7, (n, 1)) + _noise(rng, n, 0.9),
    "line, uneven": lambda rng, n: 4 * rng.beta(1, 2.5, (n, 1)) + _noise(rng, n, 0.35),
    "line, wide ends": lambda rng, n: _scatter(rng, n, 0.25, 0.76),
    "line, wide middle": lambda rng, n: _scatter(rng, n, 0.8, 0.29),
    "horseshoe": lambda rng, n: _round(rng, rng.uniform(0, np.pi, n)),
    "horseshoe, alternating": lambda rng, n: _round(rng, rng.uniform(0, np.pi, n), alternate=True),
    "horseshoe, thin": lambda rng, n: _round(rng, rng.uniform(0, np.pi, n), 0.15),
    "horseshoe, uneven": lambda rng, n: _round(rng, np.pi * rng.beta(1, 2, n)),
    "horseshoe in two traits": _bent_pair,
    "arch": lambda rng, n: _arch(rng, rng.uniform(-1.7, 1.7, n)),
    "arch, normal": lambda rng, n: _arch(rng, rng.normal(size=n)),
    "spiral": _spiral,
    "s-curve": _s_curve,
    "ring": lambda rng, n: _round(rng, rng.uniform(0, 2 * np.pi, n), alternate=True),
    "helix": _helix,
    "fork": _fork,
    "sheet": _sheet,
    "lognormal": lambda rng, n: np.exp(_alike(rng, n)),
    "lognormal factor": lambda rng, n: np.exp(0.8 * rng.normal(size=(n, 1))) + _noise(rng, n, 0.4),
    "exponential factor": lambda rng, n: 1.3 * rng.exponential(size=(n, 1)) + _noise(rng, n, 0.4),
    "t, 2 degrees": lambda rng, n: rng.standard_t(2, size=(n, P)),
    "t, 2 degrees, joint": lambda rng, n: _alike(rng, n) / np.sqrt(rng.chisquare(2, (n, 1)) / 2),
    "t, 3 degrees, factor": lambda rng, n: 1.3 * rng.standard_t(3, size=(n, 1)) + _noise(rng, n, 0.5),
}


def _members(rng: Generator, n: int, share: float = 0.5) -> NDArray[np.int_]:
    out = np.zeros(n, int)
    out[rng.permutation(n)[: round(share * n)]] = 1
    return out


def _apart(direction: Callable[[Generator], FloatArray], distance: float, share: float, alike: float) -> Two:
    """Two groups at a Mahalanobis distance, correlations `alike` within them."""

    def draw(rng: Generator, n: int) -> tuple[FloatArray, NDArray[np.int_]]:
        within = alike + (1 - alike) * np.eye(P)
        along = direction(rng)
        delta = along * distance / np.sqrt(along @ np.linalg.solve(within, along))
        group = _members(rng, n, share)
        return _alike(rng, n, alike) + group[:, None] * delta, group

    return draw


def _traits(rng: Generator, n: int) -> tuple[FloatArray, NDArray[np.int_]]:
    group = (rng.random(n) < 0.5).astype(int)
    x = _noise(rng, n)
    x[:, 0] += 3.2 * group
    x[:, 2] += 3.8 * group
    return x, group


def _one_trait(rng: Generator, n: int) -> tuple[FloatArray, NDArray[np.int_]]:
    group = _members(rng, n)
    x = _noise(rng, n)
    x[:, 0] += 4.0 * group
    return x, group


def _triangle(rng: Generator, n: int) -> tuple[FloatArray, NDArray[np.int_]]:
    group = rng.integers(0, 3, n)
    corner = 3 * np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
    return _noise(rng, n) + np.repeat(corner[group], 4, axis=1), group


def _every(rng: Generator) -> FloatArray:
    return np.ones(P)


def _theory(rng: Generator) -> FloatArray:
    return THEORY


def _any(rng: Generator) -> FloatArray:
    return np.asarray(rng.normal(size=P))


TWO: Final[dict[str, Two]] = {
    "two traits": _traits,
    "distance 4": _apart(_every, 4, 0.5, 0.0),
    "distance 3": _apart(_every, 3, 0.5, 0.0),
    "distance 4, as theory says, correlated": _apart(_theory, 4, 0.5, 0.3),
    "distance 3, as theory says, correlated": _apart(_theory, 3, 0.5, 0.3),
    "a fifth, distance 4": _apart(_every, 4, 0.2, 0.0),
    "a fifth, distance 4, as theory says, correlated": _apart(_theory, 4, 0.2, 0.3),
    "one trait alone, 4 apart": _one_trait,
    "random direction, distance 4, correlated": _apart(_any, 4, 0.5, 0.3),
    "three in a triangle, 6 apart": _triangle,
}
