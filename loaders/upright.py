"""Tables that lie on their side: figures as rows, participants or clusters as columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from clustercoop.graph.schema import NUMERIC, TableSpec
from clustercoop.loaders.header_rows import count_roles, find_block, role
from clustercoop.loaders.matching import meaning
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import RawSheet, show
from clustercoop.loaders.totals import is_total
from clustercoop.loaders.units import Unit, read_unit, unit_words, words
from clustercoop.loaders.vocabulary import read_header

_SEARCH: Final = 200
_WHO: Final = {"activity": "participant_id", "indicators": "cluster_id"}
# What heads a column that numbers the figures; a bare N may be a participant.
_NUMBERING: Final = re.compile(
    r"[№#]|п\W+п\W*|(?:[№#n]|no|код|номер)\W*(?:строки|стр|п\W*п)\W*"
    r"|(?:row|line)\W*(?:[№#]|no|nr|number|code)\W*",
    re.IGNORECASE,
)


def lies_on_side(sheet: RawSheet, spec: TableSpec) -> bool:
    """Tell whether the first cells of rows name figures of a table, and the headers name no participant.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> rows = [["Показатель", "7701", "7702"], ["Выпуск, млн руб.", "5", "6"], ["Численность", "7", "8"]]
    >>> lies_on_side(RawSheet("a.csv", records=rows), tables()["activity"])
    True
    """
    return sheet.frame is None and bool(_labels(sheet.records, spec))


def _labels(records: Sequence[Sequence[Any]], spec: TableSpec) -> dict[int, str]:
    """Return the rows whose first cell names a column of the table, {} where the table stands upright."""
    if spec.name not in _WHO or not 2 < len(records) < _SEARCH:
        return {}
    found = {
        at: text
        for at, row in enumerate(records)
        if len(row) > 2 and len(text := show(row[0]).strip()) < _SEARCH and text and role(text, spec)
    }
    named = [meaning(text, spec) for text in found.values()]
    figures = [name for name in named if name and spec[name].type in NUMERIC]
    if len(set(figures)) < 2 or len(set(figures)) < len(figures):
        return {}
    paths = find_block(records, spec).paths
    upright = {role(path, spec) for path in paths if path} - {""}
    if _WHO[spec.name] in upright and ("year" in upright or count_roles(paths, spec) > 2):
        return {}
    return found


def upright(sheet: RawSheet, spec: TableSpec, notes: Notes) -> RawSheet:
    """Return a sheet that lies on its side with a row for each participant or cluster, others as they are.

    They stand in a row that says so (``ИНН``), else in the one above the first figure. A column of
    units goes with the names of the figures; totals, numbers of the figures and columns without a head are
    left out.
    """
    found = _labels(sheet.records, spec) if sheet.frame is None else {}
    if not found:
        return sheet
    who = _WHO[spec.name]
    first = min(at for at, text in found.items() if meaning(text, spec) != who)
    coded = next((at for at, text in found.items() if meaning(text, spec) == who), -1)
    head = coded if coded >= 0 else first - 1
    if head < 0:
        return sheet
    rows = [*([] if coded >= 0 else [head]), *found]
    width = max(len(sheet.records[at]) for at in rows)

    def cell(at: int, column: int) -> Any:
        record = sheet.records[at]
        return record[column] if column < len(record) else ""

    numbers = {
        c
        for c in range(1, width)
        if any(_NUMBERING.fullmatch(show(cell(at, c)).strip()) for at in range(max(first, head + 1)))
    }
    places = [c for c in range(1, width) if c not in numbers]
    units = next((c for c in places if _units(show(cell(head, c)), rows, c, cell, head)), 0)
    heads = {c: text for c in places if c != units and (text := show(cell(head, c)).strip())}
    members = [c for c, text in heads.items() if not is_total(text) and not read_header(text).year]
    if len(members) < 2 or len({heads[c] for c in members}) < len(members) or len(members) < len(heads) - 1:
        return sheet
    titles = []
    for at in rows:
        text = who if at == head else show(cell(at, 0)).strip()
        unit = show(cell(at, units)).strip() if units and at != head else ""
        titles.append(f"{text}, {unit}" if unit and read_unit(text)[1] == Unit() else text)
    above = sheet.records[: min(rows)]
    lines = [*sheet.lines[: min(rows)], sheet.lines[head], *(sheet.lines[head] for _ in members)]
    records = [*map(list, above), titles, *([cell(at, c) for at in rows] for c in members)]
    notes.add(
        "turned_upright",
        **sheet.place(spec.name),
        row=sheet.lines[head],
        value=str(len(members)),
        detail=", ".join(titles[1:]),
    )
    return replace(sheet, records=records, lines=lines, merged=(), shown=None)


def _units(text: str, rows: Sequence[int], column: int, cell: Any, head: int) -> bool:
    """Tell whether a column holds the units of the rows."""
    if " ".join(words(text)) in unit_words("name"):
        return True
    texts = [show(cell(at, column)).strip() for at in rows if at != head]
    return bool(any(texts)) and all(
        not t or (read_unit(t)[1] != Unit() and not read_unit(t)[0]) for t in texts
    )
