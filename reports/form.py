"""The form that participants fill in: a workbook whose columns are those of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from clustercoop.graph.errors import ParameterError
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR, NUMERIC, WHO, ColumnSpec, tables
from clustercoop.graph.texts import BASE, entries, refusal, row_text, term, text
from clustercoop.loaders.forms import MARK, TABLES, form_columns
from clustercoop.loaders.units import read_unit

ROWS: Final = {"participants": 300, "activity": 1000, "links": 3000}
_HEAD, _UNITS, _FIRST = 2, 3, 4
_UNIT_CELL, _WHO_CELL = (9, 1), (10, 1)
_EXAMPLE: Final[dict[str, tuple[tuple[Any, ...], ...]]] = {
    "participants": (("0101", "A", "B"), ("0202", "A", "C")),
    "activity": (("0101", 2024, 1000, 400, 50, 350, 20, 300), ("0202", 2024, 800)),
    "links": ((2024, "0101", "0202", 300), (2024, "0202", "9999", 120)),
}
_ROLES: Final = ("firm", "university", "research", "infrastructure", "finance", "education", "government")


def units_offered(lang: str) -> list[str]:
    """Return the units of money that a form lists, the first one chosen beforehand.

    Examples
    --------
    >>> units_offered("ru")[:2]
    ['тыс. руб.', 'млн руб.']
    """
    return text("form.units", lang).split("|")


def write_form(
    path: Path,
    *,
    lang: str,
    unit: str = "",
    register: pd.DataFrame | None = None,
    respondent: str = "",
    years: Sequence[int] = (),
) -> None:
    """Write an empty form to `path`; `register` fills its sheet of participants.

    A `respondent` stands on the first page, and its figures have a row for each of the `years`.

    Raises
    ------
    ParameterError
        `lang` has no catalogue, or `unit` is none of money.
    """
    import xlsxwriter

    offered = units_offered(lang)
    chosen = unit or offered[0]
    rest, read = read_unit(chosen)
    if rest or not read.of_money:
        raise refusal(ParameterError, "template_unit", got=repr(unit))
    if chosen not in offered:
        offered.insert(0, chosen)
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_numbers": False}) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # or two forms of one day would differ
        _Form(book, lang, chosen, offered).write(register, respondent, years)


class _Form:
    """The pages of one form."""

    def __init__(self, book: Any, lang: str, unit: str, offered: Sequence[str]) -> None:
        self.book, self.lang, self.unit, self.offered = book, lang, unit, offered
        form = book.add_format
        self.title = form({"bold": True, "font_size": 14})
        self.note = form({"italic": True, "font_color": "#555555"})
        self.faint = form({"font_color": "#999999", "font_size": 8})
        self.wrap = form({"text_wrap": True, "valign": "top"})
        self.head = form(
            {"bold": True, "bg_color": "#DDE8F3", "border": 1, "text_wrap": True, "valign": "top"}
        )
        self.needed = form(
            {"bold": True, "bg_color": "#BFD7EA", "border": 1, "text_wrap": True, "valign": "top"}
        )
        self.below = form({"italic": True, "bg_color": "#EEF3F8", "border": 1})
        self.asked = form({"bg_color": "#FFF8D6", "border": 1, "locked": False, "num_format": "@"})
        self.red = form({"bg_color": "#F4A6A0", "font_color": "#7A0000"})
        self.cells = {
            "text": form({"num_format": "@", "locked": False}),
            "year": form({"num_format": "0", "locked": False}),
            "number": form({"num_format": "#,##0.######", "locked": False}),
        }

    def said(self, id: str, **places: Any) -> str:
        return text(f"form.{id}", self.lang, **places)

    def write(self, register: pd.DataFrame | None, respondent: str, years: Sequence[int]) -> None:
        pages = [
            self.said("sheet_help"),
            *(self.said(f"sheet_{t}") for t in TABLES),
            self.said("sheet_example"),
        ]
        sheets = [self.book.add_worksheet(title) for title in pages]
        self._instructions(sheets[0])
        for table, sheet in zip(TABLES, sheets[1:-1], strict=True):
            self._table(sheet, table)
        if register is not None:
            self._filled(sheets[1], register)
        if respondent:
            sheets[0].write_string(*_WHO_CELL, respondent, self.asked)
            for row, year in enumerate(years, _FIRST):
                sheets[2].write_string(row, 0, respondent, self.cells["text"])
                sheets[2].write_number(row, 1, year, self.cells["year"])
        self._example(sheets[-1])

    def _instructions(self, sheet: Any) -> None:
        sheet.write_string(0, 0, MARK, self.faint)
        sheet.write_string(1, 0, self.said("title"), self.title)
        sheets = ", ".join(f"«{self.said(f'sheet_{table}')}»" for table in TABLES)
        steps = ("step_unit", "step_who", "step_fill", "step_red", "step_names")
        for row, step in enumerate(steps, 2):
            told = self.said(step, sheets=sheets, example=self.said("sheet_example"))
            sheet.write_string(row, 0, told, self.wrap)
        sheet.write_string(_UNIT_CELL[0], 0, self.said("unit"), self.needed)
        sheet.write_string(*_UNIT_CELL, self.unit, self.asked)
        sheet.write_string(_WHO_CELL[0], 0, self.said("respondent"), self.needed)
        sheet.write_blank(*_WHO_CELL, None, self.asked)
        listed = {"validate": "list", "source": list(self.offered), "error_message": self.said("stop_list")}
        sheet.data_validation(*_UNIT_CELL, *_UNIT_CELL, listed)
        row = _WHO_CELL[0] + 2
        sheet.write_string(row, 0, self.said("columns"), self.title)
        for at, name in enumerate(("column", "meaning", "needed")):
            sheet.write_string(row + 1, at, self.said(name), self.head)
        row += 2
        for table in TABLES:
            for name in form_columns(table):
                column = tables()[table][name]
                sheet.write_string(row, 0, f"{self.said(f'sheet_{table}')}: {self._name(column)}")
                sheet.write_string(row, 1, self._meaning(column), self.wrap)
                sheet.write_string(row, 2, "✓" if column.required else "")
                row += 1
        sheet.set_column(0, 0, 70)
        sheet.set_column(1, 1, 70)
        sheet.set_column(2, 2, 14)
        sheet.protect()

    def _name(self, column: ColumnSpec) -> str:
        id = f"form.{column.table}.{column.name}"
        return text(id, self.lang) if id in entries(BASE) else column.name

    def _meaning(self, column: ColumnSpec) -> str:
        row = {"meaning_en": column.meaning_en, "meaning_ru": column.meaning_ru}
        return row_text(row, "meaning", self.lang, f"schema.{column.table}.{column.name}")

    def _heads(self, sheet: Any, table: str, row: int) -> None:
        for at, name in enumerate(form_columns(table)):
            column = tables()[table][name]
            sheet.write_string(row, at, self._name(column), self.needed if column.required else self.head)
            sheet.write_string(row + 1, at, self._fixed_unit(column), self.below)

    def _fixed_unit(self, column: ColumnSpec) -> str:
        return {"persons": self.said("persons"), "tonnes": self.said("tonnes")}.get(column.unit, "")

    def _table(self, sheet: Any, table: str) -> None:
        columns = [tables()[table][name] for name in form_columns(table)]
        sheet.write_string(0, 0, self.said(f"note_{table}"), self.note)
        self._heads(sheet, table, _HEAD)
        page = _quoted(self.said("sheet_help"))
        for at, column in enumerate(columns):
            if column.type == "money":
                unit = f"={page}!{_cell(*_UNIT_CELL, fixed=True)}"
                sheet.write_formula(_UNITS, at, unit, self.below, self.unit)
            kind = "number" if column.type in NUMERIC else "year" if column.type == "year" else "text"
            sheet.set_column(at, at, max(14, min(28, len(self._name(column)) + 2)), self.cells[kind])
            sheet.write_comment(_HEAD, at, self._meaning(column))
            self._checks(sheet, table, columns, at)
        sheet.freeze_panes(_FIRST, 0)

    def _checks(self, sheet: Any, table: str, columns: Sequence[ColumnSpec], at: int) -> None:
        column, last = columns[at], _FIRST + ROWS[table] - 1
        cell, row = _cell(_FIRST, at), f"${_letters(0)}{_FIRST + 1}"
        place = (_FIRST, at, last, at)
        whole = f"COUNTA({row}:${_letters(len(columns) - 1)}{_FIRST + 1})"
        rules = []
        if column.type in NUMERIC:
            rules.append(f"=IF(LEN({cell})=0,FALSE,IF(ISNUMBER({cell}),{cell}<0,TRUE))")
            self._validate(sheet, place, {"validate": "decimal", "criteria": ">=", "value": 0}, "stop_number")
        if column.type == "year":
            out = f"OR({cell}<{FIRST_YEAR},{cell}>{LAST_YEAR},{cell}<>INT({cell}))"
            rules.append(f"=IF(LEN({cell})=0,FALSE,IF(ISNUMBER({cell}),{out},TRUE))")
            between = {
                "validate": "integer",
                "criteria": "between",
                "minimum": FIRST_YEAR,
                "maximum": LAST_YEAR,
            }
            self._validate(sheet, place, between, "stop_year")
        if column.required:
            rules.append(f"=AND({whole}>0,LEN({cell})=0)")
        if {"output", column.name} <= {"output", "used_by_participants"}:
            output, used = (self._of(columns, name) for name in ("output", "used_by_participants"))
            if output and used:
                rules.append(f"=AND(ISNUMBER({output}),ISNUMBER({used}),{used}>{output})")
        if table == "activity" and column.key:
            keys = [i for i, c in enumerate(columns) if c.key]
            same = ",".join(f"{_range(i, last)},{_cell(_FIRST, i)}" for i in keys)
            rules.append(f"=AND(LEN({cell})>0,COUNTIFS({same})>1)")
        for rule in rules:
            sheet.conditional_format(*place, {"type": "formula", "criteria": rule, "format": self.red})
        if column.name in WHO and table != "participants":
            people = f"={_quoted(self.said('sheet_participants'))}!{self._register()}"
            listed = {"validate": "list", "source": people, "error_type": "warning"}
            self._validate(sheet, place, listed, "warn_list")
        choices = {"role": [term(role, self.lang) for role in _ROLES], "kind": self.said("kinds").split("|")}
        if column.name in choices:
            given: dict[str, Any] = {"validate": "list", "source": choices[column.name]}
            self._validate(sheet, place, {**given, "error_type": "warning"}, "stop_list")

    def _validate(self, sheet: Any, place: tuple[int, int, int, int], rule: dict[str, Any], id: str) -> None:
        sheet.data_validation(*place, {**rule, "error_message": self.said(id)})

    @staticmethod
    def _of(columns: Sequence[ColumnSpec], name: str) -> str:
        at = next((i for i, column in enumerate(columns) if column.name == name), -1)
        return _cell(_FIRST, at) if at >= 0 else ""

    @staticmethod
    def _register() -> str:
        at = form_columns("participants").index("participant_id")
        return _range(at, _FIRST + ROWS["participants"] - 1)

    def _filled(self, sheet: Any, register: pd.DataFrame) -> None:
        names = form_columns("participants")
        for row, record in enumerate(register.to_dict("records"), _FIRST):
            for at, name in enumerate(names):
                cell = record.get(name)
                if cell is None or pd.isna(cell):
                    continue
                if tables()["participants"][name].type == "year":
                    sheet.write_number(row, at, float(cell), self.cells["year"])
                else:
                    sheet.write_string(row, at, str(cell), self.cells["text"])

    def _example(self, sheet: Any) -> None:
        sheet.write_string(0, 0, self.said("example_note"), self.title)
        row = 2
        for table in TABLES:
            sheet.write_string(row, 0, self.said(f"sheet_{table}"), self.title)
            self._heads(sheet, table, row + 1)
            for at, name in enumerate(form_columns(table)):
                if tables()[table][name].type == "money":
                    sheet.write_string(row + 2, at, self.unit, self.below)
            row += 3
            for record in _EXAMPLE[table]:
                for at, cell in enumerate(record):
                    sheet.write(row, at, cell)
                row += 1
            row += 1
        sheet.set_column(0, len(form_columns("participants")), 18)
        sheet.protect()


def _letters(column: int) -> str:
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _cell(row: int, column: int, *, fixed: bool = False) -> str:
    """Return the address of a cell; its column always stays, its row only where `fixed`."""
    return f"${_letters(column)}{'$' if fixed else ''}{row + 1}"


def _range(column: int, last: int) -> str:
    return f"${_letters(column)}${_FIRST + 1}:${_letters(column)}${last + 1}"


def _quoted(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"
