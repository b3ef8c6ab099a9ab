"""Which way for link values to enter a fit finds planted cores: over units, spreads, sizes and worlds.

In each world a core of a fifth of the participants (four at least) is planted in a directed network with
log-normal values and log-normal sizes of participants: the core is denser (`links`), its links are larger
(`values`), or both. Every recipe is scored by the planted cores that it finds whole, and by the mean Jaccard
index of found and planted core. Recipes that depend on the unit are shown in three units.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery.borgatti_everett import discrete_optimum
from clustercoop.analysis.core_periphery.common import Edges

Floats = NDArray[np.float64]
DENSITY = {"links": (0.85, 0.07, 0.0), "values": (0.5, 0.2, 2.0), "both": (0.75, 0.1, 1.0)}
"""Density of the core and of the periphery (0.25 between them); by how many spreads core links are larger."""


def _share(w: Floats) -> Floats:
    rank: Floats = (np.argsort(np.argsort(w)) + 1) / len(w)
    return rank


RECIPES: dict[str, Callable[[Floats], Floats]] = {
    "log(1 + w), the planted unit": np.log1p,
    "log(1 + w), w × 90": lambda w: np.log1p(90 * w),
    "log(1 + w), w / 1000": lambda w: np.log1p(w / 1000),
    "log(1 + w / median)": lambda w: np.log1p(w / np.median(w)),
    "log(1 + 10 w / median): relative": lambda w: np.log1p(10 * w / np.median(w)),
    "log(1 + 30 w / median)": lambda w: np.log1p(30 * w / np.median(w)),
    "log(1 + w / mean)": lambda w: np.log1p(w / w.mean()),
    "w / (w + median)": lambda w: w / (w + np.median(w)),
    "w^(1/4)": lambda w: w**0.25,
    "w^(1/2)": np.sqrt,
    "rank": _share,
    "1 + rank": lambda w: 1 + _share(w),
    "raw": lambda w: w,
    "binary": np.ones_like,
}


def planted(rng: np.random.Generator, n: int, kind: str, spread: float) -> tuple[Edges, NDArray[np.bool_]]:
    """Return a network of n participants and its planted core; the median of values is about 1."""
    core = np.zeros(n, bool)
    core[rng.permutation(n)[: max(4, n // 5)]] = True
    dense, thin, larger = DENSITY[kind]
    inside, outside = np.outer(core, core), np.outer(~core, ~core)
    chance = np.where(inside, dense, np.where(outside, thin, 0.25))
    size = rng.normal(0, 0.35 * spread, n)
    noise = np.sqrt(0.5) * spread * rng.normal(size=(n, n))
    value = np.exp(larger * spread * inside + size[:, None] + size + noise)
    src, dst = np.nonzero((rng.random((n, n)) < chance) & ~np.eye(n, dtype=bool))
    ids = np.arange(n).astype(object)
    return Edges(n, src.astype(np.int32), dst.astype(np.int32), value[src, dst], ids), core


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=40, help="networks of each world, size and spread")
    networks = parser.parse_args().networks
    whole = {recipe: dict.fromkeys(DENSITY, 0) for recipe in RECIPES}
    alike = {recipe: dict.fromkeys(DENSITY, 0.0) for recipe in RECIPES}
    drawn = list(itertools.product((14, 30), (0.5, 1.0, 2.0), range(networks)))
    for kind in DENSITY:
        for n, spread, seed in drawn:
            edges, core = planted(np.random.default_rng([seed, n, round(10 * spread)]), n, kind, spread)
            for recipe, y in RECIPES.items():
                found = discrete_optimum(edges, 4, y(edges.weight), 8, np.zeros(1, np.uint64))[0]
                whole[recipe][kind] += int((found == core).all())
                alike[recipe][kind] += float((found & core).sum() / (found | core).sum()) / len(drawn)
    print(f"{len(drawn)} networks of each world; found whole, mean Jaccard index")
    print(f"{'':34}" + "".join(f"{kind:>14}" for kind in DENSITY) + f"{'all':>16}")
    for recipe in RECIPES:
        cells = [f"{whole[recipe][kind]:6d}  {alike[recipe][kind]:.3f}" for kind in DENSITY]
        mean = sum(alike[recipe].values()) / len(DENSITY)
        print(
            f"{recipe:34}" + "".join(f"{c:>14}" for c in cells),
            f"{sum(whole[recipe].values()):6d}  {mean:.3f}",
        )


if __name__ == "__main__":
    main()
