"""How often the formation model finds groups: in worlds without any, and where they were planted.

    python -m benchmarks.formation_model [--worlds 200] [--peers 200] [--table NAME] [--into FILE]

Tables: speed; one (single populations of many shapes); two (planted groups); others, planted others
(shapes on which nothing was chosen); tables (formations in their own units, with gaps and years); links
(measured from links by the analysis itself). All of them by default.

Every cell is printed with its number of worlds, the count, and a 95 % Wilson interval, beside what
scikit-learn's tied `GaussianMixture` with BIC (K = 1 … 4) chooses on the same tables (gaps filled with
medians, since it refuses NaN). Seeds are fixed: a rerun gives the same table. With ``--into`` every cell is
kept in a file when it is done, and a rerun goes on from there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import other_shapes, shapes
from benchmarks.link_worlds import LinkPool
from benchmarks.worlds import World, feature_world
from clustercoop.analysis.verdicts.features import feature_table
from clustercoop.analysis.verdicts.model import find_groups
from clustercoop.analysis.verdicts.several import find_several
from clustercoop.analysis.verdicts.verdict import assess
from clustercoop.graph.settings import Settings

RESAMPLES = 20
SIZES = (41, 60, 150)
EXPLORATORY = 20


@dataclass(frozen=True, eq=False)
class Draw:
    """One world: scores or a table of features, and the planted groups (all 0 where there are none)."""

    x: np.ndarray
    theory: np.ndarray
    names: tuple[str, ...]
    group: np.ndarray


@dataclass
class Cell:
    """What was seen in the worlds of one cell: numbers of groups, names, Rand indices."""

    groups: list[int] = field(default_factory=list)
    planted: list[int] = field(default_factory=list)
    named: list[bool] = field(default_factory=list)
    peer: list[int] = field(default_factory=list)
    rand: list[float] = field(default_factory=list)

    def row(self) -> dict[str, str]:
        """Return the cell's figures as text.

        *found* counts the planted number of groups where there is one, any split where there is none.
        """
        most = max(self.planted)
        right = [k == true if most > 1 else k > 1 for k, true in zip(self.groups, self.planted, strict=True)]
        out = {"worlds": str(len(right)), "found": interval(right), "named": str(sum(self.named))}
        if most > 1:
            wrong = sum(k > 1 for k in self.groups) - sum(right)
            out |= {"other number": str(wrong), "Rand": f"{np.mean(self.rand):.2f}" if self.rand else ""}
        return out | {"BIC": interval([k > 1 for k in self.peer])}


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
        label, named = judge(draw, rng)
        cell.groups.append(int(label.max()) + 1)
        cell.planted.append(int(draw.group.max()) + 1)
        cell.named.append(named)
        if number < peers:
            cell.peer.append(tied_bic(draw.x))
        if label.any() and draw.group.any():
            cell.rand.append(float(adjusted_rand_score(draw.group, label)))
    return cell


def judge(draw: Draw, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """Return the group of each cluster, all 0 where none were found, and whether they got names of theory."""
    groups = find_groups(draw.x, draw.theory, rng, names=draw.names, resamples=RESAMPLES, thorough=False)
    if groups.found:
        return groups.second.astype(int), groups.named
    completed = groups.recipe.completed
    several = find_several(groups.x, completed, draw.theory, groups.criteria, RESAMPLES, rng)
    if several is None:
        return np.zeros(len(draw.x), int), False
    return several.group, several.low or several.high


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


def single(kinds: dict[str, shapes.One]) -> Cells:
    """One population: every shape."""
    for name, n in [*product(kinds, SIZES), *product(kinds, (EXPLORATORY,))]:
        yield (
            {"world": name, "n": n},
            lambda rng, n=n, f=kinds[name]: Draw(f(rng, n), shapes.THEORY, shapes.FEATURES, np.zeros(n, int)),
        )


def planted(kinds: dict[str, shapes.Two]) -> Cells:
    """Planted groups."""

    def draw(rng: np.random.Generator, n: int, shape: shapes.Two) -> Draw:
        x, group = shape(rng, n)
        return Draw(x, shapes.THEORY, shapes.FEATURES, group)

    for name, n in [
        *product(kinds, SIZES),
        ("one trait alone, 4 apart", 100),
        *product(kinds, (EXPLORATORY,)),
    ]:
        if name in kinds:
            yield {"world": name, "n": n}, lambda rng, n=n, f=kinds[name]: draw(rng, n, f)


def table_cells() -> Cells:
    """Draw formations in their own units: skewed margins, gaps, four noisy years; without and with types."""
    changes: list[dict[str, Any]] = [
        {"skew": "gamma"},
        {"missing": 0.2},
        {"missing": 0.2, "years": 4},
    ]
    for distance in (0.0, 4.0):
        for change in changes:
            for n in (*SIZES, EXPLORATORY):
                told = ", ".join(f"{key} {value}" for key, value in change.items())
                yield (
                    {"world": f"distance {distance:g}, {told}", "n": n},
                    lambda rng, n=n, d=distance, c=change: of_table(feature_world(rng, n, d, **c)),
                )


def link_cells() -> Cells:
    """All the way from links: structureless shapes, and planted types; sampled from a pool of each."""
    for shape in ("star", "ring", "rewired", "planted"):
        for n in (*SIZES, EXPLORATORY):
            yield (
                {"world": f"links, {shape}", "n": n},
                lambda rng, n=n, s=shape: of_table(LinkPool.of(s).sample(rng, n, 0.0)),
            )


TABLES: dict[str, Callable[[], Cells]] = {
    "one": lambda: single(shapes.ONE),
    "two": lambda: planted(shapes.TWO),
    "others": lambda: single(other_shapes.OTHER_ONE),
    "planted others": lambda: planted(other_shapes.OTHER_TWO),
    "tables": table_cells,
    "links": link_cells,
}


def one_cell(table: str, number: int, worlds: int, peers: int) -> dict[str, str]:
    """Run the cell of that number in `table`."""
    from threadpoolctl import threadpool_limits

    label, make = list(TABLES[table]())[number]
    started = time.process_time()
    with threadpool_limits(1):
        cell = run(make, worlds, number, peers)
    took = {"seconds": f"{time.process_time() - started:.0f}"}
    return {"table": table, **{key: str(value) for key, value in label.items()}, **cell.row(), **took}


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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--peers", type=int, default=200, help="worlds a cell that BIC judges, too")
    parser.add_argument("--table", choices=("speed", *TABLES), action="append")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--into", type=Path, help="JSON lines, one a finished cell")
    options = parser.parse_args()
    tables = options.table or ("speed", *TABLES)
    done: list[dict[str, str]] = []
    if options.into and options.into.exists():
        done = [json.loads(line) for line in options.into.read_text("utf-8").splitlines()]
    finished = {(row["table"], row["world"], row["n"]) for row in done}
    asked = [
        (table, number)
        for table in tables
        if table != "speed"
        for number, (label, _) in enumerate(TABLES[table]())
        if (table, label["world"], str(label["n"])) not in finished
    ]
    with ProcessPoolExecutor(options.workers) as pool:
        futures = [pool.submit(one_cell, *cell, options.worlds, options.peers) for cell in asked]
        for future in futures:
            done.append(future.result())
            print(json.dumps(done[-1], ensure_ascii=False), flush=True)
            if options.into:
                with options.into.open("a", encoding="utf-8") as kept:
                    kept.write(json.dumps(done[-1], ensure_ascii=False) + "\n")
    lines: list[str] = []
    for name in tables:
        rows = speed() if name == "speed" else [row for row in done if row["table"] == name]
        frame = pd.DataFrame(rows).drop(columns=["table"], errors="ignore").fillna("")
        lines += [f"## {name}", "", *markdown(frame), ""]
    sys.stdout.write("\n".join(lines) + "\n")


def markdown(frame: pd.DataFrame) -> list[str]:
    """Return the lines of a Markdown table."""
    cells = [list(frame.columns), ["---"] * frame.shape[1], *frame.astype(str).to_numpy().tolist()]
    return ["| " + " | ".join(row) + " |" for row in cells]


if __name__ == "__main__":
    main()
