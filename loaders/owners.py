"""Tables of one organisation each: its name is the title of the sheet or file, or stands above the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clustercoop.graph.errors import DataError
from clustercoop.graph.schema import ENDS, NUMERIC, TableSpec, tables
from clustercoop.graph.texts import refusal
from clustercoop.loaders.header_rows import find_block, role
from clustercoop.loaders.ids import clean_id
from clustercoop.loaders.known import Known
from clustercoop.loaders.matching import meaning
from clustercoop.loaders.matrices import looks_square
from clustercoop.loaders.names import only_year
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import Grid, RawSheet
from clustercoop.loaders.sides import dealt, renamed, says
from clustercoop.loaders.upright import upright

if TYPE_CHECKING:
    from clustercoop.loaders.cells import TypedGrid


def owner_lacked(header: Sequence[str], spec: TableSpec) -> str:
    """Return the column that a table would need to name the one organisation that it is of, "" for none.

    Examples
    --------
    >>> owner_lacked(["Год", "Покупатель", "Сумма"], tables()["links"])
    'supplier_id'
    >>> owner_lacked(["Дата", "Контрагент", "Поступило", "Списано"], tables()["links"])
    'own'
    >>> owner_lacked(["Год", "Выпуск"], tables()["activity"])
    'participant_id'
    """
    titles = [title for title in header if title]
    roles = {role(title, spec) for title in titles}
    if spec.name == "activity":
        return "" if roles & {"participant_id", "cluster_id"} else "participant_id"
    if spec.name != "links":
        return ""
    lacking = [end for end in ENDS if end not in roles]
    if len(lacking) == 1:
        return lacking[0]
    other = any(says(title, "other") for title in titles)
    return "own" if lacking and other and not any(says(title, "own") for title in titles) else ""


def owner_of(sheet: RawSheet, table: str) -> str:
    """Return the column that a sheet of one organisation would need to name it, "" for other sheets."""
    spec = tables()[table]
    lacks = owner_lacked(find_block(sheet.records, spec).paths, spec) if sheet.frame is None else ""
    if not lacks or looks_square(sheet) or upright(sheet, spec, Notes()) is not sheet:
        return ""
    return lacks


def of_owners(sheets: Sequence[RawSheet]) -> dict[int, str]:
    """Return the places of sheets that are tables of one organisation each, and which table they hold.

    Two at least have the same headers; a table without its owner alone may be of anything.
    """
    for table in ("links", "activity"):
        spec = tables()[table]
        found: dict[tuple[str, ...], list[int]] = {}
        for at, sheet in enumerate(sheets):
            if is_of_owner(sheet, table):
                found.setdefault(find_block(sheet.records, spec).paths, []).append(at)
        for mine in found.values():
            if len(mine) > 1:
                return dict.fromkeys(mine, table)
    return {}


def is_of_owner(sheet: RawSheet, table: str) -> bool:
    """Tell whether a sheet holds figures of one organisation that none of its columns names."""
    spec = tables()[table]
    return bool(owner_of(sheet, table)) and _holds_figures(find_block(sheet.records, spec).paths, spec)


def _holds_figures(paths: Sequence[str], spec: TableSpec) -> bool:
    roles = {role(path, spec) for path in paths if path}
    if spec.name == "links" and "value" not in roles:
        dealt_in = {dealt([path], money=True) for path in paths if path}
        return {(True, False), (False, True)} <= dealt_in
    years = sum(only_year(path) for path in paths)
    figures = {name for name in roles - {""} if spec[name].type in NUMERIC}
    return bool(figures) and ("year" in roles or years > 1 or spec.name == "links")


def with_owner(
    grid: Grid, spec: TableSpec, names: Iterable[str], people: Iterable[pd.DataFrame], notes: Notes
) -> Grid:
    """Return a table of one organisation with a column of it.

    A title above the table says it (``Организация: А``), or the name of its sheet or file is that of one
    participant, of those in `people`. Where they disagree nothing is added.
    """
    lacks = "" if "matrix" in grid.facts else owner_lacked(grid.header, spec)
    if not lacks or not len(grid):
        return grid
    known = Known(people)
    found = {who: title for title in grid.titles if (who := _labelled(title, lacks, spec, known))}
    dated = any(role(title, spec) == "year" for title in grid.header)
    found = found or {
        who: name for name in names if (dated or not only_year(name)) and (who := known.called(name))
    }
    if len(found) != 1:
        return grid
    [(who, source)] = found.items()
    notes.add("owner_from_name", **grid.place, value=who, detail=source)
    grid.facts["respondent"] = who  # what another's table tells of the same delivery counts once
    grid.facts["owned"] = (who, lacks)
    titles = [lacks]
    if lacks == "own":
        titles = [renamed(title, {"other": "Организация"}) for title in grid.header if says(title, "other")]
    grid.facts["supplied"] = tuple(titles)
    cells = np.full(len(grid), who, dtype=object)
    return replace(
        grid, header=(*grid.header, *titles), columns=(*grid.columns, *(cells.copy() for _ in titles))
    )


def refuse_owned_twice(parts: Sequence[TypedGrid]) -> None:
    """Refuse two tables of one side of one organisation, by whatever names, that are of the same years.

    Raises
    ------
    DataError
    """
    for one, two in combinations([part for part in parts if "owned" in part.grid.facts], 2):
        same = one.grid.facts["owned"] == two.grid.facts["owned"]
        if same and set(one.frame["year"].dropna()) & set(two.frame["year"].dropna()):
            listed = ", ".join(" / ".join(filter(None, (p.grid.file, p.grid.sheet))) for p in (one, two))
            raise refusal(DataError, "files_claim", table=one.grid.table, files=listed)


def _labelled(title: str, lacks: str, spec: TableSpec, known: Known) -> str:
    """Return the organisation that a title names as that of the table: ``Поставщик: А``, ``ИНН: 7701``."""
    label, colon, who = (part.strip() for part in title.partition(":"))
    if not colon or not who:
        return ""
    named = meaning(label, spec)
    if lacks in ENDS:
        mine = named == lacks
    else:
        mine = says(label, "own") or meaning(label, tables()["participants"]) in ("participant_id", "name")
    return (known.called(who) or clean_id(who)) if mine else ""
