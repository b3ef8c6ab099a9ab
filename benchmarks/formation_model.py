"""How often the formation model finds groups: in worlds without any, and in worlds where they were planted.

    python -m benchmarks.formation_model [--worlds 200] [--peers 200] [--table NAME] [--cells TEXT]

Tables: speed, one (single populations of many shapes), two (planted groups), tables (formations in their own
units, with gaps and years), links (measured from links by the analysis itself); all of them by default.

Every cell is printed with its number of worlds, the count, and a 95 % Wilson interval, beside what
scikit-learn's tied `GaussianMixture` with BIC (K = 1 … 4) chooses on the same tables (gaps filled with
medians, since it refuses NaN). Seeds are fixed: a rerun gives the same table.
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

from benchmarks import shapes
from benchmarks.link_worlds import LinkPool
from benchmarks.worlds import World, feature_world
from clustercoop.analysis.verdicts.features import feature_table
from clustercoop.analysis.verdicts.model import find_groups
from clustercoop.analysis.verdicts.verdict import assess
from clustercoop.graph.settings import Settings

RESAMPLES = 20
SIZES = (41, 60, 150)


@dataclass(frozen=True, eq=False)
class Draw:
    """One world: scores or a table of features, and the planted groups (all 0 where there are none)."""

    x: np.ndarray
    theory: np.ndarray
    names: tuple[str, ...]
    group: np.ndarray


@dataclass
class Cell:
    """What was seen in the worlds of one cell."""

    found: list[bool] = field(default_factory=list)
    typed: list[bool] = field(default_factory=list)
    peer: list[bool] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)

    def row(self) -> dict[str, str]:
        """Return the cell's figures as text."""
        out = {
            "worlds": str(len(self.found)),
            "found": interval(self.found),
            "named": interval(self.typed),
            "BIC": interval(self.peer),
        }
        if self.ours:
            out |= {"Rand": f"{np.mean(self.ours):.2f}"}
        return out


def interval(hits: list[bool]) -> str:
    """Return the share of `hits` with its 95 % Wilson interval.

    >>> interval([True] * 5 + [False] * 195)
    '5: 0.025 (0.011–0.057)'
    """
    n, z = len(hits), 1.959964
    if not n:
        return ""
    p = float(np.mean(hits))
    middle, half = (p + z**2 / 2 / n), z * np.sqrt(p * (1 - p) / n + z**2 / 4 / n**2)
    low, high = ((middle + side) / (1 + z**2 / n) for side in (-half, half))
    return f"{sum(hits)}: {p:.3f} ({low:.3f}–{high:.3f})"


def run(make: Callable[[np.random.Generator], Draw], worlds: int, seed: int, peers: int) -> Cell:
    """Judge `worlds` draws of `make`, the first `peers` of them by BIC as well."""
    from sklearn.metrics import adjusted_rand_score

    cell = Cell()
    for number in range(worlds):
        rng = np.random.default_rng([seed, number])
        draw = make(rng)
        groups = find_groups(draw.x, draw.theory, rng, names=draw.names, resamples=RESAMPLES, thorough=False)
        cell.found.append(groups.found)
        cell.typed.append(groups.named)
        if number < peers:
            cell.peer.append(tied_bic(draw.x) > 1)
        if groups.found and draw.group.any():
            cell.ours.append(adjusted_rand_score(draw.group, groups.fit.responsibilities[0].argmax(axis=1)))
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


Cells = Iterator[tuple[dict[str, Any], Callable[[np.random.Generator], Draw]]]


def of_table(world: World) -> Draw:
    """Return what the model sees of a formations table."""
    table = feature_table(world.formations)
    kept = np.isin(np.unique(world.formations["cluster_id"].astype(str)), table.cluster_ids)
    names = tuple(feature.name for feature in table.features)
    return Draw(table.x, table.theory, names, world.ecosystem[kept].astype(int))


def one_cells() -> Cells:
    """One population: every shape."""
    for name, shape in shapes.ONE.items():
        for n in SIZES:
            yield (
                {"world": name, "n": n},
                lambda rng, n=n, f=shape: Draw(f(rng, n), shapes.THEORY, shapes.FEATURES, np.zeros(n)),
            )


def two_cells() -> Cells:
    """Planted groups."""

    def draw(rng: np.random.Generator, n: int, shape: shapes.Two) -> Draw:
        x, group = shape(rng, n)
        return Draw(x, shapes.THEORY, shapes.FEATURES, group)

    for name, shape in shapes.TWO.items():
        for n in (*SIZES, *((100,) if name.startswith("one trait") else ())):
            yield {"world": name, "n": n}, lambda rng, n=n, f=shape: draw(rng, n, f)


def table_cells() -> Cells:
    """Draw formations in their own units: skewed margins, gaps, four noisy years; without and with types."""
    changes: list[dict[str, Any]] = [
        {"skew": "gamma"},
        {"missing": 0.2},
        {"missing": 0.2, "years": 4},
    ]
    for distance in (0.0, 4.0):
        for change in changes:
            for n in SIZES:
                told = ", ".join(f"{key} {value}" for key, value in change.items())
                yield (
                    {"world": f"distance {distance:g}, {told}", "n": n},
                    lambda rng, n=n, d=distance, c=change: of_table(feature_world(rng, n, d, **c)),
                )


def link_cells() -> Cells:
    """All the way from links: structureless shapes, and planted types; sampled from a pool of each."""
    for shape in ("star", "ring", "rewired", "planted"):
        for n in SIZES:
            yield (
                {"world": f"links, {shape}", "n": n},
                lambda rng, n=n, s=shape: of_table(LinkPool.of(s).sample(rng, n, 0.0)),
            )


TABLES: dict[str, Callable[[], Cells]] = {
    "one": one_cells,
    "two": two_cells,
    "tables": table_cells,
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
    parser.add_argument("--peers", type=int, default=200, help="worlds a cell that BIC judges, too")
    parser.add_argument("--table", choices=("speed", *TABLES), action="append")
    parser.add_argument("--cells", default="", help="only cells whose world holds this text")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    lines: list[str] = []
    for name in options.table or ("speed", *TABLES):
        rows = speed() if name == "speed" else []
        if name == "speed":
            lines += ["## speed", "", *markdown(pd.DataFrame(rows)), ""]
            continue
        for number, (label, make) in enumerate(TABLES[name]()):
            if options.cells not in label["world"]:
                continue
            started = time.perf_counter()
            row = {k: str(v) for k, v in label.items()} | run(
                make, options.worlds, number, options.peers
            ).row()
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
