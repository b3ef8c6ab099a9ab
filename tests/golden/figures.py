"""Figures of the example, Table 3 and a year of national tables, as they stood when they were last looked at.

``python -m tests.golden.figures`` writes them anew, after a change that is meant to move them: the difference
that version control shows is what moved, and belongs in the changelog.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import clustercoop
from benchmarks import wiod
from clustercoop.analysis.results import Result
from clustercoop.graph.columns import output_columns
from clustercoop.graph.kinds import KINDS
from tests.builders import example, table3

FOLDER = Path(__file__).parent


def rows_of(result: Result, table: str) -> pd.DataFrame:
    """Return the figures of a table, one a row: its key, column and value; what is unknown has no row."""
    frame: pd.DataFrame = getattr(result, table)
    keys = [name for name in ("cluster_id", "year", "participant_id") if name in frame]
    names = [
        column.column for column in output_columns(table) if column.kind not in ("sentence", "said", "note")
    ]
    figures = [name for name in names if name in frame and name not in keys]
    index = frame[keys].astype(str).agg("/".join, axis=1) if len(keys) > 1 else frame[keys[0]]
    cells = frame[figures].astype(object).assign(key=index)
    long = cells.melt("key", var_name="column").dropna(subset="value")
    return long.assign(value=[_written(value) for value in long["value"]])


def _written(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def digest(result: Result, table: str, by: list[str]) -> pd.DataFrame:
    """Return each column of a table by groups: how many cells are known, their sum, and sum by place.

    The sum by place moves when figures change places among the rows.
    """
    frame: pd.DataFrame = getattr(result, table)
    kinds = {column.column: KINDS[column.kind] for column in output_columns(table)}
    names = [name for name in frame if name in kinds and kinds[name].notation != "text"]
    names = [name for name in [*names, "in_core"] if name in frame and name not in ("cluster_id", "year")]
    rows = []
    for key, part in frame.groupby(by):
        for name in names:
            cells = part[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            known = ~np.isnan(cells)
            if known.any():
                place = np.arange(1.0, len(cells) + 1)
                sums = cells[known].sum(), (cells * place)[known].sum()
                rows.append(
                    ("/".join(map(str, key)), name, int(known.sum()), *map(_written, map(float, sums)))
                )
    return pd.DataFrame(rows, columns=["key", "column", "known", "sum", "sum_by_place"])


def tables(synthetic: Result, table3: Result) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each table that is held, with its file's name."""
    yield "formations", rows_of(synthetic, "formations")
    yield "clusters", rows_of(synthetic, "clusters")
    yield "participants", digest(synthetic, "participants", ["cluster_id", "year"])
    yield "table3", rows_of(table3, "formations")


def differences(now: pd.DataFrame, then: pd.DataFrame) -> list[str]:
    """Return the cells that differ: numbers by more than 1e-9 of their size, all else by a letter."""
    keys = ["key", "column"]
    both = now.astype(str).merge(then, on=keys, how="outer", suffixes=("_now", "_then"))
    found = []
    for name in now.columns.difference(keys):
        ours, theirs = both[f"{name}_now"], both[f"{name}_then"]
        new, old = (pd.to_numeric(side, errors="coerce").to_numpy(dtype=float) for side in (ours, theirs))
        close = np.isclose(new, old, rtol=1e-9, atol=1e-12) | (ours == theirs).to_numpy()
        rows = zip(
            both.loc[~close, "key"], both.loc[~close, "column"], ours[~close], theirs[~close], strict=True
        )
        found += [f"{key} {column} {name}: {is_} was {was}" for key, column, is_, was in rows]
    return found


def held(name: str) -> pd.DataFrame:
    """Return a table as it was written."""
    return pd.read_csv(FOLDER / f"{name}.csv", dtype=str, keep_default_na=False)


def countries(result: Result) -> pd.DataFrame:
    """Return the figures of a year of national tables, a digest of each column over the countries."""
    return digest(result, "formations", ["year"])


def main() -> None:
    """Write the figures as they are now; those of countries where the public tables are at hand."""
    made = list(tables(example(), table3()))
    if wiod.SHARED.is_dir():
        result = clustercoop.analyze(wiod.tables([1999]), currency="USD", nulls=0)
        made.append(("countries", countries(result)))
    for name, frame in made:
        frame.to_csv(FOLDER / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
