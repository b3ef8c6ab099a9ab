from __future__ import annotations

import re

import pandas as pd
import pytest

from clustercoop.graph.columns import (
    ASKED,
    TABLES,
    OutputColumn,
    output_column,
    output_columns,
    policy_tables,
)
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.schema import tables
from clustercoop.reports.sections import section_types
from tests.places import ROOT

COLUMNS = [column for table in (*TABLES, *policy_tables()) for column in output_columns(table)]
ON_REQUEST = [column for table in ASKED for column in output_columns(table)]


def headings(page: str) -> set[str]:
    """Return the anchors of a page as GitHub and MkDocs make them."""
    text = (ROOT / "docs" / "theory" / page).read_text("utf-8")
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("column", COLUMNS + ON_REQUEST, ids=lambda column: f"{column.table}.{column.column}")
def test_a_row_is_all_that_a_column_is(column: OutputColumn) -> None:
    assert column.kind in KINDS
    assert column.section in {"", *(section.key for section in section_types())}
    assert column.empty in {"", "none", "note"}
    page, _, anchor = column.theory.partition("#")
    assert anchor in headings(page)
    assert {output_column(column.table, need).column for need in column.needs} == set(column.needs)
    assert column.low is None or column.high is None or column.low < column.high
    assert bool(column.unit == "money") == (column.kind == "money")


def test_columns_without_a_section_are_keys_or_notes() -> None:
    assert {c.column for c in COLUMNS if not c.section} == {"cluster_id", "year", "unknown_because"}


def test_every_type_of_an_input_column_is_a_kind() -> None:
    for table in tables().values():
        assert {column.type for column in table.columns} <= set(KINDS)


def test_a_kind_holds_unknown_as_unknown_and_refuses_what_it_is_not() -> None:
    for kind in KINDS.values():
        held = kind.typed(pd.Series([None, float("nan")], dtype=object))
        assert held.isna().all() and held.dtype == kind.dtype
    assert KINDS["id"].typed(pd.Series(["007", ""])).tolist()[0] == "007"
    assert KINDS["bool"].typed(pd.Series([True, None])).tolist() == [True, pd.NA]
    for name, wrong in (("int", 1.5), ("share", "half"), ("bool", "maybe")):
        with pytest.raises((TypeError, ValueError)):
            KINDS[name].typed(pd.Series([wrong]))
