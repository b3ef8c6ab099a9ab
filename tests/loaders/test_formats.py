"""Number formats: the amount that a workbook shows is the amount that is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from clustercoop.graph.errors import SchemaError
from clustercoop.loaders.dataset import read_dataset
from clustercoop.loaders.formats import Shown, sections, telling
from clustercoop.loaders.units import Unit

ACCOUNTING = '_-* #,##0.00\\ _₽_-;\\-* #,##0.00\\ _₽_-;_-* "-"??\\ _₽_-;_-@_-'
STEPS = '[>=1000000]#,##0.0,,"M";[>=1000]#,##0.0,"K";0'


def links(path: Path, header: str, cells: list[tuple[float, str]], title: str = "") -> Path:
    """Write a workbook of two members whose links have the amounts and formats of `cells`."""
    with xlsxwriter.Workbook(path) as book:
        people, sheet = book.add_worksheet("participants"), book.add_worksheet("links")
        for row, record in enumerate([["participant_id", "cluster_id"], ["a1", "c"], ["b2", "c"]]):
            people.write_row(row, 0, record)
        top = 0
        if title:
            sheet.write(0, 0, title)
            top = 1
        sheet.write_row(top, 0, ["year", "supplier_id", "buyer_id", header])
        for row, (value, pattern) in enumerate(cells, top + 1):
            sheet.write_row(row, 0, [2020 + row, "a1", "b2"])
            sheet.write(row, 3, value, book.add_format({"num_format": pattern}))
    return path


def values(path: Path) -> list[Any]:
    read: list[Any] = read_dataset(path).graph.links["value"].tolist()
    return read


@pytest.mark.parametrize(
    ("header", "title", "cells", "millions"),
    [
        ("value", "Supply, million RUB", [(10.5, ACCOUNTING)], [10.5]),  # padding shows no rouble
        ("value", "Supply, million RUB", [(10.5, '#,##0.00\\ "₽"')], [10.5]),  # the title has the scale
        ("value", "", [(10.5, '#,##0.00\\ "₽"')], [10.5e-6]),  # 10.50 ₽ are roubles
        ("value, RUB", "", [(10_500_000, '#,##0.0,,"M"')], [10.5]),
        ("value, million RUB", "", [(10_500_000, '#,##0.0,,"M"')], [10.5]),
        ("value, RUB", "", [(10_500_000, STEPS), (900, STEPS), (45_600, STEPS)], [10.5, 0.0009, 0.0456]),
        ("value", "", [(10_500_000, '0.0,,\\ "млн ₽"')], [10.5]),
        ("value, RUB", "", [(1_500_000, '#,##0,"т"')], [1.5]),
        ("value, RUB", "", [(1_500_000, '#,##0,"M"')], [1.5]),  # M of a mille where thousands are cut off
        ("value, RUB", "", [(2.5, '0.0" млрд"')], [2500.0]),
        ("value, RUB", "", [(1e9, '[Red]0.0,,,"bn"')], [1000.0]),
        ("value, RUB", "", [(10_500_000, "#,##0,"), (900_000, "#,##0,")], [10.5, 0.9]),  # roubles are stored
        ("value, RUB", "", [(10_500_000, "#,##0,"), (900_000, "0"), (9e6, "0,,")], [10.5, 0.9, 9.0]),
        ("value, thousand RUB", "", [(10_500_000, "#,##0,")], [10.5]),
    ],
)
def test_the_amount_read_is_the_amount_shown(
    tmp_path: Path, header: str, title: str, cells: list[tuple[float, str]], millions: list[float]
) -> None:
    assert values(links(tmp_path / "d.xlsx", header, cells, title)) == pytest.approx(millions, rel=1e-15)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("value, thousand RUB", [(10_500_000, '0.0,,"M"')]),
        ("value, million RUB", [(10_500_000, STEPS), (900, STEPS)]),
        ("value", [(10_500_000, '0.0,,"K"')]),
        ("value", [(10, '0" шт."')]),
        ("value, million RUB", [(10, '0" kg"')]),
    ],
)
def test_contradicting_units_are_refused(tmp_path: Path, header: str, cells: list[tuple[float, str]]) -> None:
    with pytest.raises(SchemaError, match="format"):
        read_dataset(links(tmp_path / "d.xlsx", header, cells))


def test_a_title_against_a_header_is_refused(tmp_path: Path) -> None:
    path = links(tmp_path / "d.xlsx", "value, thousand RUB", [(5, "0")], "Supply, million RUB")
    with pytest.raises(SchemaError, match="name different units"):
        read_dataset(path)


def test_merged_cells_hold_for_all_their_rows_and_share_no_figure(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "d.xlsx") as book:
        people, sheet = book.add_worksheet("participants"), book.add_worksheet("links")
        people.write_row(0, 0, ["participant_id", "cluster_id"])
        people.merge_range(1, 1, 3, 1, "c")
        people.write_column(1, 0, ["a1", "b2", "d4"])
        sheet.write_row(0, 0, ["year", "supplier_id", "buyer_id", "value"])
        sheet.merge_range(1, 0, 4, 0, 2022)
        sheet.merge_range(1, 1, 2, 1, "a1")
        sheet.write_column(1, 2, ["b2", "d4", "d4", "a1"])
        sheet.write_column(3, 1, ["b2", "d4"])
        sheet.write_column(1, 3, [5, 7])
        sheet.merge_range(3, 3, 4, 3, 9)  # 9 for two deliveries: of neither is known how much
    data = read_dataset(tmp_path / "d.xlsx")
    assert data.graph.participants["cluster_id"].tolist() == ["c", "c", "c"]
    tables = data.graph.to_tables()["links"]
    assert tables[["year", "supplier_id", "buyer_id", "value"]].values.tolist() == [
        [2022, "a1", "b2", 5.0],
        [2022, "a1", "d4", 7.0],
    ]
    assert data.rejected["code"].tolist() == ["merged_figure_row"] * 2


def test_sections_of_a_format_are_for_their_numbers() -> None:
    shown = Shown()
    cells = [shown.cell(value, "0.0%;-0.00%", 0) for value in (0.5, -0.25)]
    assert cells == ["50%", "-25%"]
    assert [s.unit for s in sections(ACCOUNTING)] == [Unit(), Unit(), Unit()]
    assert not telling(ACCOUNTING) and telling("[$$-409]0") and not telling('_("$"* #,##0.00_)')
