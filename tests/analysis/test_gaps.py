"""Every unknown figure has a gap that says why, no known one has any, and each is in its column's range."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.unknown import SENTENCES
from clustercoop.graph.columns import TABLES, output_columns
from clustercoop.graph.findings import catalogue
from clustercoop.graph.gaps import ALL
from tests.builders import out_of_range
from tests.places import ROOT

KEYS = {"formations": 2, "participants": 3, "clusters": 1}


def random_dataset(seed: int) -> dict[str, pd.DataFrame]:
    """Return tables with much that leaves figures unknown: gaps, zeros, movers, roles, kinds, stocks."""
    rng = np.random.default_rng(seed)
    people, links, work, given = [], [], [], []
    years = list(range(2020, 2020 + int(rng.integers(1, 4))))
    inside = [
        (f"C{c}", f"{c}{i}") for c in range(int(rng.integers(1, 4))) for i in range(int(rng.integers(1, 8)))
    ]
    roles = rng.choice(["firm", "university", "bank", "final producer", ""], len(inside)).tolist()
    for (cluster, who), role in zip(inside, roles, strict=True):
        joined = int(rng.choice(years)) if rng.random() < 0.2 else None
        code = str(rng.choice(["28.1", "28.2", "62.0", ""]))
        people.append((who, cluster, role if seed % 3 else "", joined, code if seed % 2 else ""))
    ids = [who for _, who in inside]
    for year in years:
        for who in ids:
            if rng.random() < 0.85:
                cells = rng.uniform(0, 100, 7) * (rng.random(7) > 0.1)
                cells[rng.random(7) < rng.choice([0.0, 0.3, 0.9])] = np.nan
                work.append((who, year, *cells.round(2).tolist()))
        for _ in range(int(rng.integers(0, 3 * len(ids)))):
            ends = [*ids, *(["out1", "out2"] if rng.random() < 0.5 else [])]
            a, b = rng.choice(ends, 2).tolist()
            if {a, b} & set(ids):
                kind = str(rng.choice(["goods", "return", "knowledge", ""])) if seed % 4 else ""
                links.append((year, a, b, round(float(rng.uniform(0, 20)), 2) * (rng.random() > 0.1), kind))
        for cluster in {cluster for cluster, _ in inside}:
            if rng.random() < 0.3:
                given.append((cluster, year, *rng.choice([0.0, 0.2, 1.5, np.nan], 3).tolist()))
        if rng.random() < 0.3:
            given.append(("indicators only", year, *rng.choice([0.2, np.nan], 3).tolist()))
    activity = "output purchases employees value_added rd_expenses used_by_participants emissions".split()
    return {
        "participants": pd.DataFrame(
            people, columns=["participant_id", "cluster_id", "role", "joined_year", "industry_code"]
        ),
        "links": pd.DataFrame(links, columns=["year", "supplier_id", "buyer_id", "value", "kind"]),
        "activity": pd.DataFrame(work, columns=["participant_id", "year", *activity]),
        "indicators": pd.DataFrame(
            given,
            columns="cluster_id year cooperation_ratio rd_per_employee value_added_per_employee".split(),
        ),
    }


@pytest.mark.parametrize("seed", range(12))
def test_gaps_are_the_unknown_cells_and_figures_keep_to_their_ranges(seed: int) -> None:
    tables = {name: frame for name, frame in random_dataset(seed).items() if len(frame)}
    result = clustercoop.analyze(
        tables,
        nulls=0,
        currency="USD" if seed % 5 == 4 else "RUB",
        min_output_coverage=0.6 + 0.4 * (seed % 2),
    )
    assert out_of_range(result) == []
    gaps = result.gaps
    assert set(gaps["code"]) <= set(catalogue())
    said: dict[str, set[tuple[object, ...]]] = {table: set() for table in TABLES}
    for cluster, year, who, column in zip(
        gaps["cluster_id"], gaps["year"], gaps["participant_id"], gaps["column"], strict=True
    ):
        table = "clusters" if pd.isna(year) else "participants" if who else "formations"
        said[table].add((cluster, *(() if pd.isna(year) else (int(year),)), *((who,) if who else ()), column))
    for table in TABLES:
        frame: pd.DataFrame = getattr(result, table)
        keys = list(frame.columns[: KEYS[table]])
        for column, empty in ((c.column, c.empty) for c in output_columns(table)):
            if column in (*keys, *SENTENCES):
                continue
            for values in frame[[*keys, column]].itertuples(index=False, name=None):
                *key, cell = values
                place = (*key, column)
                every = (*key[:2], ALL, column)
                if not pd.isna(cell):
                    assert place not in said[table], (place, cell)
                elif not empty:
                    assert place in said[table] or every in said[table], place
    # The sentence of last resort is for tables that somebody adds to; no figure of ours needs it.
    assert gaps[gaps["code"] == "not_in_data"]["column"].unique().tolist() == []


def test_the_theory_says_of_every_figure_when_it_is_unknown() -> None:
    page = (ROOT / "docs/theory/unknown.md").read_text("utf-8")
    ends = ("_fdr", "_holm", "_error", "_low", "_high", "_constant")
    for table in ("formations", "participants"):
        for column in (
            c for c in output_columns(table) if c.kind not in ("id", "note") and c.column != "year"
        ):
            stem = next((column.column.removesuffix(end) for end in ends if column.column.endswith(end)), "")
            assert f"`{column.column}`" in page or (stem and f"`{stem}`" in page), column.column
