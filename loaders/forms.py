"""Filled forms: which workbooks are forms, the unit and respondent that they state, who did not answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.graph.errors import DataError
from clustercoop.graph.findings import joined
from clustercoop.graph.schema import ENDS, NUMERIC, tables
from clustercoop.graph.texts import languages, refusal, text
from clustercoop.loaders.ids import read_texts
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import Grid, RawSheet, show
from clustercoop.loaders.units import read_unit

MARK: Final = "clustercoop form 1"
_FORM: Final = "number of the form"
TABLES: Final = ("participants", "activity", "links")


@dataclass(frozen=True, slots=True)
class Form:
    """What the first page of a form says, and its sheets of data by table."""

    respondent: str
    unit: str
    sheets: Mapping[str, RawSheet]


def form_columns(table: str) -> tuple[str, ...]:
    """Return the columns of a table that a form asks for: all but bounds of others.

    Examples
    --------
    >>> form_columns("links")
    ('year', 'supplier_id', 'buyer_id', 'value', 'product_code', 'kind')
    """
    return tuple(column.name for column in tables()[table].columns if not column.bounds)


def own_formulas() -> int:
    """Return how many formulas an empty form holds: the unit under each head of money."""
    return sum(tables()[t][name].type == "money" for t in TABLES for name in form_columns(t))


def is_example(title: str) -> bool:
    """Tell whether a sheet is the example of a form, in any language.

    Examples
    --------
    >>> is_example("Пример"), is_example("Links")
    (True, False)
    """
    return title.strip().casefold() in {text("form.sheet_example", lang).casefold() for lang in languages()}


def read_form(sheets: Sequence[RawSheet]) -> Form | None:
    """Return the form that the sheets of a workbook make, None where they are no form.

    Raises
    ------
    DataError
        Its sheets are renamed, or its unit of money is not understood.
    """
    page = next((s for s in sheets if len(s.records) and show(s.records[0][0]).strip() == MARK), None)
    if page is None:
        return None
    held: dict[str, RawSheet] = {}
    for table in TABLES:
        titles = {text(f"form.sheet_{table}", lang).casefold() for lang in languages()}
        found = next((sheet for sheet in sheets if sheet.sheet.strip().casefold() in titles), None)
        if found is not None:
            held[table] = _answers(_without_own_formulas(found))
    if not held:
        wanted = ", ".join(text(f"form.sheet_{table}", languages()[0]) for table in TABLES)
        raise refusal(DataError, "form_sheets", file=page.file, sheets=wanted)
    unit = _beside(page, "form.unit")
    rest, read = read_unit(unit)
    if rest or not read.of_money:
        raise refusal(DataError, "form_unit", file=page.file, unit=repr(unit))
    return Form(_beside(page, "form.respondent"), unit, held)


def _answers(sheet: RawSheet) -> RawSheet:
    """Leave out rows that hold no more than a participant and a year: a form may come with them."""
    kept = []
    for at, row in enumerate(sheet.records):
        filled = [bool(show(cell).strip()) for cell in row]
        if filled[:2] != [True, True] or any(filled[2:]) or not show(row[1]).strip()[:4].isdecimal():
            kept.append(at)
    return replace(sheet, records=[sheet.records[at] for at in kept], lines=[sheet.lines[at] for at in kept])


def _beside(page: RawSheet, id: str) -> str:
    """Return what stands right of a question of the first page."""
    asked = {text(id, lang) for lang in languages()}
    for row in page.records:
        texts = [" ".join(show(cell).split()) for cell in row]
        at = next((i for i, cell in enumerate(texts) if cell in asked), -1)
        if at >= 0:
            return next((cell for cell in texts[at + 1 :] if cell), "")
    return ""


def _without_own_formulas(sheet: RawSheet) -> RawSheet:
    """Leave out the remark on formulas without values where only the form's own may be meant."""
    remarks = []
    for code, detail, row in sheet.remarks:
        if code == "formula_uncached":
            left = int(detail) - own_formulas()
            if left <= 0:
                continue
            detail = str(left)
        remarks.append((code, detail, row))
    return replace(sheet, remarks=tuple(remarks))


def respondent_id(said: str) -> str:
    """Return the respondent as identifiers are written, "" where none is named."""
    if not said:
        return ""
    found, _ = read_texts(np.array([said], object), tables()["participants"]["participant_id"])
    return "".join(found.texts)


def tell_unanswered(ledgers: Mapping[str, Ledger], notes: Notes) -> None:
    """Tell which participants that forms list gave no figure, and which partners no form lists."""
    register = ledgers.get("participants")
    if register is None or not is_form(register.grids):
        return
    listed = dict.fromkeys(register.frame["participant_id"][register.alive].dropna())
    inside = register.alive & register.frame["cluster_id"].notna().to_numpy()
    members = dict.fromkeys(register.frame["participant_id"][inside].dropna())
    answered: set[str] = set()
    if (figures := ledgers.get("activity")) is not None:
        known = [figures.frame[c.name].notna() for c in figures.spec.columns if c.type in NUMERIC]
        some = pd.concat(known, axis=1).any(axis=1).to_numpy() & figures.alive
        answered |= set(figures.frame["participant_id"][some].dropna())
    partners: dict[str, None] = {}
    if (links := ledgers.get("links")) is not None:
        for end in ENDS:
            partners |= dict.fromkeys(links.frame[end][links.alive].dropna())
        for number, grid in enumerate(links.grids):
            mine = links.alive & (links.source == number)
            who = grid.facts.get("respondent", "")
            if who and mine.any():
                answered.add(who)
    silent = [who for who in members if who not in answered]
    place = {"table": "participants"}
    if silent:
        notes.add("form_unanswered", **place, value=str(len(silent)), detail=joined(silent))
    strangers = [who for who in partners if who not in listed]
    alone = sum(_of_form(grid) for grid in register.grids) > 1 and all(
        len(set(register.frame["participant_id"][register.source == number])) <= 1
        for number in range(len(register.grids))
    )
    if strangers and alone:
        notes.add("form_partner_unlisted", **place, value=str(len(strangers)), detail=joined(strangers))


def drop_listed_again(ledger: Ledger) -> None:
    """Keep the first of equal rows that several forms list: each may hold the whole register."""
    if not is_form(ledger.grids):
        return
    frame = ledger.frame.assign(**{_FORM: ledger.source})
    names = list(ledger.spec.names)
    again = frame.duplicated(names) & ~frame.duplicated([*names, _FORM])
    ledger.reject(again.to_numpy(), "form_listed_again", ledger.spec.key[0])


def is_form(grids: Sequence[Grid]) -> bool:
    """Tell whether some of a table's parts are sheets of forms."""
    return any(_of_form(grid) for grid in grids)


def refuse_unfilled(ledgers: Mapping[str, Ledger], held: Collection[str]) -> None:
    """Refuse forms of which none holds a figure or a link.

    Raises
    ------
    DataError
        None does.
    """
    if not {"activity", "links"} & set(held):
        files = dict.fromkeys(g.file for ledger in ledgers.values() for g in ledger.grids if _of_form(g))
        raise refusal(DataError, "form_unfilled", files=", ".join(files))
    if "participants" not in held:
        raise refusal(DataError, "form_without_participants")


def _of_form(grid: Grid) -> bool:
    return bool(grid.facts.get("told") == "form")
