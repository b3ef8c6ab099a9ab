"""How often the formation model finds groups: in worlds without any, and in worlds where they were planted.

    python -m benchmarks.formation_model [--worlds 200] [--table NAME] [--markdown FILE]

Tables: speed, null, power, curves, links; all of them by default.

Every cell is printed with its number of worlds and a 95 % Wilson interval, beside what scikit-learn's tied
`GaussianMixture` with BIC (K = 1 … 4) chooses on the same transformed tables (gaps filled with medians,
since it refuses NaN). Seeds are fixed: a rerun gives the same table.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.link_worlds import LinkPool
from benchmarks.worlds import World, continuum_world, feature_world
from clustercoop.analysis.verdicts.features import feature_table
from clustercoop.analysis.verdicts.model import find_groups
from clustercoop.analysis.verdicts.naming import ABSTAIN
from clustercoop.analysis.verdicts.verdict import assess
from clustercoop.graph.settings import Settings

RESAMPLES = 50
NULL_SKEWS = ("none", "lognormal", "gamma", "uniform")


@dataclass
class Cell:
    """What was seen in the worlds of one cell."""

    found: list[bool] = field(default_factory=list)
    peer: list[bool] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    best: list[float] = field(default_factory=list)
    probability: list[float] = field(default_factory=list)
    truth: list[bool] = field(default_factory=list)

    def row(self) -> dict[str, str]:
        """Return the cell's figures as text."""
        out = {"worlds": str(len(self.found)), "found": interval(self.found), "BIC": interval(self.peer)}
        if self.ours:
            p, y = np.array(self.probability), np.array(self.truth, float)
            bins = np.minimum((p * 5).astype(int), 4)
            off = [abs(p[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in set(bins)]
            out |= {
                "ARI": f"{np.mean(self.ours):.3f}",
                "best ARI": f"{np.mean(self.best):.3f}",
                "ratio": f"{np.mean(self.ours) / np.mean(self.best):.3f}",
                "Brier": f"{np.mean((p - y) ** 2):.3f}",
                "calibration": f"{sum(off):.3f}",
                "abstained": f"{np.mean((p >= ABSTAIN[0]) & (p <= ABSTAIN[1])):.3f}",
            }
        return out


def interval(hits: list[bool]) -> str:
    """Return the share of `hits` with its 95 % Wilson interval.

    >>> interval([True] * 5 + [False] * 195)
    '0.025 (0.011–0.057)'
    """
    n, z = len(hits), 1.959964
    if not n:
        return ""
    p = float(np.mean(hits))
    middle, half = (p + z**2 / 2 / n), z * np.sqrt(p * (1 - p) / n + z**2 / 4 / n**2)
    return f"{p:.3f} ({(middle - half) / (1 + z**2 / n):.3f}–{(middle + half) / (1 + z**2 / n):.3f})"


def run(make: Callable[[np.random.Generator], World], worlds: int, seed: int) -> Cell:
    """Judge `worlds` draws of `make`."""
    from sklearn.metrics import adjusted_rand_score

    cell = Cell()
    for number in range(worlds):
        rng = np.random.default_rng([seed, number])
        world = make(rng)
        table = feature_table(world.formations)
        kept = np.isin(np.unique(world.formations["cluster_id"].astype(str)), table.cluster_ids)
        if not table.theory.any() or len(table.cluster_ids) < 10:
            cell.found.append(False)
            cell.peer.append(False)
            continue
        names = tuple(feature.name for feature in table.features)
        groups = find_groups(table.x, table.theory, rng, names=names, resamples=RESAMPLES, thorough=False)
        cell.found.append(groups.found)
        cell.peer.append(tied_bic(table.x) > 1)
        if groups.found and world.ecosystem.any():
            truth = world.ecosystem[kept]
            cell.ours.append(adjusted_rand_score(truth, groups.probability > 0.5))
            cell.best.append(adjusted_rand_score(truth, world.best[kept]))
            cell.probability += groups.probability.tolist()
            cell.truth += truth.tolist()
    return cell


def tied_bic(x: np.ndarray) -> int:
    """Return the number of groups that tied scikit-learn with BIC chooses."""
    from sklearn.mixture import GaussianMixture

    filled = np.where(np.isnan(x), np.nanmedian(x, axis=0), x)
    unit = (filled - filled.mean(axis=0)) / filled.std(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bic = [
            GaussianMixture(k, covariance_type="tied", random_state=0).fit(unit).bic(unit)
            for k in range(1, 5)
        ]
    return int(np.argmin(bic)) + 1


def null_cells() -> Iterator[tuple[dict[str, Any], Callable[[np.random.Generator], World]]]:
    """One population: every shape of margins, size and share of gaps; four years as rows; a continuum."""
    for skew in NULL_SKEWS:
        for n in (20, 40, 150):
            for missing in (0.0, 0.2):
                yield (
                    {"world": f"one population, {skew}", "n": n, "missing": missing},
                    lambda rng, n=n, m=missing, s=skew: feature_world(rng, n, skew=s, missing=m),
                )
    for n in (20, 40, 150):
        for missing in (0.0, 0.2):
            yield (
                {"world": "one population, four years", "n": n, "missing": missing},
                lambda rng, n=n, m=missing: feature_world(rng, n, missing=m, years=4),
            )
    for missing in (0.0, 0.2):
        for share in (0.5, 0.7, 0.9):
            for n in (20, 40, 150):
                yield (
                    {"world": f"one continuum, correlations {share:g}", "n": n, "missing": missing},
                    lambda rng, n=n, r=share, m=missing: continuum_world(rng, n, r, m),
                )


def power_cells() -> Iterator[tuple[dict[str, Any], Callable[[np.random.Generator], World]]]:
    """Two types of equal size, differing as theory says, at distance 3 and 4."""
    for distance in (4.0, 3.0):
        for n in (150, 80, 40):
            for missing in (0.0, 0.2):
                yield (
                    {"world": f"distance {distance:g}", "n": n, "missing": missing},
                    lambda rng, n=n, m=missing, d=distance: feature_world(rng, n, d, missing=m),
                )


def curve_cells() -> Iterator[tuple[dict[str, Any], Callable[[np.random.Generator], World]]]:
    """Class ratio, years, more gaps, and theory that is only partly right, or wrong."""
    changes: list[dict[str, Any]] = [
        {"ratio": 0.3},
        {"ratio": 0.2},
        {"years": 4},
        {"missing": 0.4},
        {"shift": "uneven"},
        {"shift": "all"},
        {"shift": "any"},
        {"within": "none"},
        {"within": "factors"},
        {"skew": "gamma"},
    ]
    for change in changes:
        for distance, n in ((4.0, 80), (4.0, 150), (3.0, 150)):
            if (distance, n) != (4.0, 150) and not {*change} & {"ratio", "years", "missing"}:
                continue
            name = ", ".join(f"{key} {value}" for key, value in change.items())
            yield (
                {"world": f"distance {distance:g}, {name}", "n": n, "missing": change.get("missing", 0.0)},
                lambda rng, n=n, d=distance, c=change: feature_world(rng, n, d, **c),
            )


def link_cells() -> Iterator[tuple[dict[str, Any], Callable[[np.random.Generator], World]]]:
    """All the way from links: structureless shapes, and planted types; sampled from a pool of each."""
    for shape, sizes in (
        *((s, (20, 40, 150)) for s in ("star", "ring", "rewired")),
        ("planted", (40, 80, 150)),
    ):
        for n in sizes:
            for missing in (0.0, 0.2):
                yield (
                    {"world": f"links, {shape}", "n": n, "missing": missing},
                    lambda rng, n=n, m=missing, s=shape: LinkPool.of(s).sample(rng, n, m),
                )


TABLES: dict[str, Callable[[], Iterator[tuple[dict[str, Any], Callable[[np.random.Generator], World]]]]] = {
    "null": null_cells,
    "power": power_cells,
    "curves": curve_cells,
    "links": link_cells,
}


def speed() -> list[dict[str, str]]:
    """Time the whole verdict: every gate, the sensitivity table, every year scored, every flip."""
    rows = []
    for n, missing in ((40, 0.2), (150, 0.0), (150, 0.2)):
        table = feature_world(np.random.default_rng(0), n, 4.0, missing=missing, years=4).formations
        rules = pd.DataFrame({"cluster_id": table["cluster_id"].unique(), "rule_verdict": "undecided"})
        started = time.perf_counter()
        model = assess(table, Settings(), rules=rules)
        took = time.perf_counter() - started
        label = {"clusters": str(n), "years": "4", "missing": str(missing), "outcome": model.outcome}
        rows.append(label | {"seconds": f"{took:.1f}"})
    return rows


def main() -> None:
    """Run the tables asked for and print each cell when it is done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--table", choices=("speed", *TABLES), action="append")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    lines: list[str] = []
    for name in options.table or ("speed", *TABLES):
        rows = speed() if name == "speed" else []
        if name == "speed":
            lines += ["## speed", "", *markdown(pd.DataFrame(rows)), ""]
            continue
        for number, (label, make) in enumerate(TABLES[name]()):
            started = time.perf_counter()
            row = {k: str(v) for k, v in label.items()} | run(make, options.worlds, number).row()
            rows.append(row)
            print(
                name,
                *(f"{k}={v}" for k, v in row.items()),
                f"{time.perf_counter() - started:.0f}s",
                flush=True,
            )
        lines += [f"## {name}", "", *markdown(pd.DataFrame(rows).fillna("")), ""]
    if options.markdown:
        options.markdown.write_text("\n".join(lines), encoding="utf-8")
    sys.stdout.write("\n".join(lines) + "\n")


def markdown(frame: pd.DataFrame) -> list[str]:
    """Return the lines of a Markdown table."""
    cells = [list(frame.columns), ["---"] * frame.shape[1], *frame.astype(str).to_numpy().tolist()]
    return ["| " + " | ".join(row) + " |" for row in cells]


if __name__ == "__main__":
    main()
