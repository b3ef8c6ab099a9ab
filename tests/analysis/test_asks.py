"""What a request promises is what happens when the cell is given."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.asks import ask_of_gaps, requests_frame
from clustercoop.analysis.results import Result
from clustercoop.graph.columns import output_columns
from clustercoop.graph.gaps import ALL, Gap, gaps_frame
from clustercoop.reports.people import for_people
from tests.builders import frames, measured

# Made of several years, of all formations, or of a model of all clusters.
ACROSS = {"local_sourcing_change", "ecosystem_probability", "formation_verdict", "rule_verdict"}


class Row:
    """One row, its cells as attributes."""

    def __init__(self, cells: dict[Hashable, Any]) -> None:
        self.participant_id, self.cluster_id = str(cells["participant_id"]), str(cells["cluster_id"])
        self.table, self.column, self.state = (str(cells[name]) for name in ("table", "column", "state"))
        self.year, self.unlocks = int(cells["year"]), int(cells["unlocks"])
        self.figures, self.figures_waiting = str(cells["figures"]), str(cells["figures_waiting"])


def run(tables: dict[str, pd.DataFrame]) -> Result:
    return clustercoop.analyze(tables, nulls=0, workers=1)


Cell = tuple[str, int, str]


@cache
def lacking(*cells: Cell) -> Result:
    """Return what is known and asked for where these cells are empty."""
    return run(without(cells))


@cache
def figures(*cells: Cell) -> Result:
    """Return what is known where these cells are empty: nobody asks what to ask for then."""
    return measured(without(cells))


def known(result: Result, cluster: str, year: int) -> set[str]:
    rows = result.formations
    [row] = rows[(rows["cluster_id"] == cluster) & (rows["year"] == year)].to_dict("records")
    every = [c.column for c in output_columns("formations") if c.column in row and not c.empty]
    return {name for name in every if not pd.isna(row[name])} - ACROSS


def without(cells: Sequence[Cell]) -> dict[str, pd.DataFrame]:
    tables = frames(clusters=1, members=6)
    work = tables["activity"]
    for who, year, column in cells:
        work.loc[(work["participant_id"] == who) & (work["year"] == year), column] = np.nan
    return tables


@pytest.mark.parametrize(
    "cells",
    [
        [("0001", 2021, "output")],
        [("0001", 2021, "value_added"), ("0001", 2021, "purchases")],
        [("0001", 2021, "output"), ("0002", 2021, "output")],
        [("0001", 2021, "output"), ("0003", 2021, "value_added"), ("0004", 2022, "employees")],
    ],
)
def test_a_cell_makes_known_what_its_request_says(cells: list[Cell]) -> None:
    before = lacking(*cells)
    requests = before.requests[before.requests["table"] == "activity"]
    assert len(requests)
    for row in map(Row, requests.to_dict("records")):
        given = {(row.participant_id, int(row.year), name) for name in row.column.split("; ")}
        assert given <= set(cells) and row.state == "missing"
        after = figures(*(cell for cell in cells if cell not in given))
        gained = known(after, row.cluster_id, row.year) - known(before, row.cluster_id, row.year)
        told = set(row.figures.split("; ")) - {""}
        # A request for several cells names only what none of them gives alone.
        assert told == gained if len(given) == 1 else told <= gained


def test_a_figure_that_two_cells_hold_up_waits_for_both() -> None:
    both = lacking(("0001", 2021, "output"), ("0002", 2021, "output")).requests
    outputs = both[both["column"] == "output"]
    assert outputs["participant_id"].tolist() == ["0001", "0002"]
    for row in map(Row, outputs.to_dict("records")):
        assert "cooperation_ratio" in row.figures_waiting.split("; ")
        assert "cooperation_ratio" not in row.figures.split("; ")


def test_a_contradicted_cell_is_doubtful() -> None:
    tables = frames(clusters=1, members=6)
    work = tables["activity"]
    work.loc[(work["participant_id"] == "0001") & (work["year"] == 2021), "output"] = 0.0
    [row] = map(
        Row, run(tables).requests.query("state == 'doubtful' and column == 'output'").to_dict("records")
    )
    assert (row.participant_id, row.year) == ("0001", 2021)
    assert "cooperation_ratio" in row.figures.split("; ")


def test_purchases_below_those_from_members_are_doubtful() -> None:
    tables = frames(clusters=1, members=6)
    work = tables["activity"]
    work.loc[(work["participant_id"] == "0001") & (work["year"] == 2021), "purchases"] = 1.0
    result = run(tables)
    [row] = map(Row, result.requests.query("column == 'purchases'").to_dict("records"))
    assert (row.participant_id, row.year, row.state) == ("0001", 2021, "doubtful")
    assert "internal_sourcing_share" not in known(result, "C0", 2021)
    assert {"internal_sourcing_share", "integration"} <= set(row.figures.split("; "))


def test_a_column_that_nobody_filled_is_one_request_of_all() -> None:
    tables = frames(clusters=1, members=6)
    tables["activity"]["employees"] = np.nan
    found = run(tables).requests.query("column == 'employees'")
    assert found["participant_id"].tolist() == [ALL, ALL] and (found["unlocks"] > 0).all()


def test_records_of_links_are_asked_for_by_the_gaps_that_name_them() -> None:
    gap = Gap("outside_sales_unrecorded", "internal_sales_share", cluster_id="c", year=2022)
    [row] = map(Row, requests_frame(ask_of_gaps(gaps_frame([gap]))).to_dict("records"))
    assert (row.table, row.column, row.unlocks, row.figures_waiting) == (
        "links",
        "sales_outside",
        0,
        "internal_sales_share",
    )


def test_requests_are_told_in_any_language() -> None:
    result = lacking(("0001", 2021, "output"))
    [english] = for_people(result, "requests", "en").query("column == 'output'")["message"]
    [russian] = for_people(result, "requests", "ru").query("column == 'output'")["message"]
    assert english.startswith("output of 0001 (Firm 0001) for 2021: cooperation ratio, ")
    assert russian.startswith("выпуск — 0001 (Firm 0001), 2021 год: уровень кооперации, ")
