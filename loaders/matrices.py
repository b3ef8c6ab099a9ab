"""Square tables of all pairs: actors by actors, with totals and final demand beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import ENDS, tables
from clustercoop.graph.texts import refusal
from clustercoop.loaders.known import Known
from clustercoop.loaders.marks import gap_meaning
from clustercoop.loaders.matching import meaning
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import are_nil, are_numbers
from clustercoop.loaders.pivots import ROWS
from clustercoop.loaders.raw import stem_of
from clustercoop.loaders.sections import heading_year
from clustercoop.loaders.sheets import Grid, RawSheet, objects, show
from clustercoop.loaders.sides import are_payments, paid_headers, says, side_of, titled_payments
from clustercoop.loaders.totals import REGISTERED, is_total, names_members
from clustercoop.loaders.units import Unit, read_unit, words
from clustercoop.loaders.vocabulary import read_header, without_gloss
from clustercoop.loaders.who import name_key

Naming = Callable[[tuple[str, ...]], str]

_SEARCH: Final = 20
_LEVELS: Final = 3
# Words of what calls a side: "Плательщики"; "Source: World Bank" is a title.
_SIDE: Final = 2
# Rows of a matrix whose labels may differ in spelling from those of its columns.
_NAMES: Final = 2000
# Rows of a matrix of other suppliers than buyers, at most.
_MOST: Final = 20_000
JOINT: Final = " / "
_PIECES: Final = re.compile(r"[/\\|;,.]|\band\b")
_ROW_WORDS: Final = frozenset("строка строки строкам строках row rows вертикали".split())
_COLUMN_WORDS: Final = frozenset(
    "столбец столбцы столбцам столбцах графы графам column columns горизонтали".split()
)
_BUY: Final = re.compile(r"покупа|заказчик|потребител|получа|buy|purchas|customer|client|use|demand")
_SELL: Final = re.compile(r"постав|прода|отправ|производител|sell|suppl|vendor|produc")
_UNIT_BEHIND: Final = re.compile(r"[,(][^,(]*\)?$")
_SIDES: Final = re.compile(r"\s*[/\\|→>]+\s*|\s+-+>?\s+")


@dataclass(frozen=True, slots=True)
class Square:
    """Where a matrix stands in a sheet.

    Attributes
    ----------
    body, left : int
        First row and first column of its numbers.
    rows, columns : tuple of tuple of str
        Labels by row and by column, one text a level.
    shared : frozenset of tuple
        Labels that both sides have.
    corner : str
        The text in the corner.
    """

    body: int
    left: int
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[tuple[str, ...], ...]
    shared: frozenset[tuple[str, ...]]
    corner: str


def looks_square(sheet: RawSheet) -> bool:
    """Tell whether a sheet holds a matrix, or says in its corner that it does."""
    return sheet.frame is None and (
        find_square(sheet.records) is not None or any(map(_names_both, sheet.records[:_SEARCH]))
    )


def _names_both(row: Sequence[Any]) -> bool:
    r"""Tell whether a row begins with what its side and the other are: ``Поставщик \ Покупатель``."""
    return len(row) > 2 and len(_ends_said(show(row[0]).strip())) == 2


def _ends_said(corner: str) -> set[str]:
    spec = tables()["links"]
    sides = paid_headers([without_gloss(side)[0] or side for side in _SIDES.split(corner)])
    return {meaning(_UNIT_BEHIND.sub("", side).strip(), spec) for side in sides} & set(ENDS)


def find_rectangle(records: Sequence[Sequence[Any]], known: Callable[[str], bool]) -> Square | None:
    """Return the matrix whose rows and columns are of different organisations, None where there is none.

    Labels of both sides are organisations: participants (`known` tells), or others by their legal form or
    registered number. One side at least, where no corner calls it so, has two participants, the other one.
    """
    for first, row in enumerate(records[:_SEARCH] if len(records) < _MOST else ()):
        texts = [show(cell).strip() for cell in row]
        left = next((at for at, text in enumerate(texts) if _organisation(text, known)), 0)
        if not 0 < left <= _LEVELS:
            continue
        columns = [(text,) for text in texts[left:]]
        while columns and not any(columns[-1]):
            columns.pop()
        for at in range(left):
            rows = [(show(one[at]).strip() if len(one) > at else "",) for one in records[first + 1 :]]
            sides = [{label for label in side if _organisation(label[0], known)} for side in (rows, columns)]
            if not all(sides):
                continue
            least, most = sorted(sum(known(text) for (text,) in side) for side in sides)
            corner = next((text for text in texts[:left] if _ends_said(text)), texts[at])
            if not most or (not _ends_said(corner) and (not least or most < 2)):
                continue
            if len(_ends_said(corner)) < 2 and (not _of_supplies(corner) or _counts_up(columns)):
                continue
            accepted = [label for label in columns if label in sides[1]]
            if len(accepted) == len(sides[1]) and _of_numbers(records[first + 1 :], columns, sides[1], left):
                both = frozenset(sides[0] | sides[1])
                return Square(first + 1, left, tuple(rows), tuple(columns), both, corner)
    return None


def _of_supplies(corner: str) -> bool:
    """Tell whether a corner names a side, organisations, an amount or its unit, and nothing else.

    Examples
    --------
    >>> [_of_supplies(text) for text in ("Поставщик", "млн руб.", "Объём поставок", "", "Число договоров")]
    [True, True, True, True, False]
    """
    spec = tables()["links"]
    return (
        not read_header(corner).core
        or _sides_said(corner) is not None
        or says(corner, "other")
        or meaning(corner, spec) in (*ENDS, "value")
        or meaning(corner, tables()["participants"]) in ("participant_id", "name")
        or bool(ROWS.fullmatch(corner))
    )


def _counts_up(labels: Sequence[tuple[str, ...]]) -> bool:
    """Tell whether labels are 1, 2, 3 …, as months and quarters are, whoever else is called so."""
    return [label for (label,) in labels] == [str(number) for number in range(1, len(labels) + 1)]


def _organisation(label: str, known: Callable[[str], bool]) -> bool:
    if not label or is_total(label):
        return False
    digits = label.isdecimal() and len(label) >= REGISTERED
    return known(label) or digits or bool(name_key(label)[1]) or names_members(label)


def _of_numbers(
    body: Sequence[Sequence[Any]],
    columns: Sequence[tuple[str, ...]],
    taken: Collection[tuple[str, ...]],
    left: int,
) -> bool:
    """Tell whether the cells below the labels taken are numbers."""
    below = [
        objects([row[left + at] if left + at < len(row) else None for row in body])
        for at, label in enumerate(columns)
        if label in taken
    ]
    return all(are_numbers(cells) or bool(are_nil(cells).all()) for cells in below)


def find_square(records: Sequence[Sequence[Any]]) -> Square | None:
    """Return the matrix in the rows of a sheet, None where there is none.

    Row and column labels of one to three levels, of which most are the same; rows or columns that the other
    side does not have (totals, value added, final demand) may stand beside them.
    """
    best: Square | None = None
    for first in range(min(_SEARCH, max(len(records) - 2, 0))):
        for levels in range(_LEVELS, 0, -1):
            for skip, left in ((0, levels), (0, levels + 1), (1, levels + 1)):
                found = _square(records, first, levels, left, skip)
                if found and (best is None or len(found.shared) > len(best.shared)):
                    best = found
    return best


def _square(records: Sequence[Sequence[Any]], first: int, levels: int, left: int, skip: int) -> Square | None:
    """Return the matrix with headers in `levels` rows from `first`, labels in as many columns behind `skip`.

    A column between labels and numbers may hold units, one before them the numbers of rows.
    """
    body = first + levels
    if body + 2 > len(records):
        return None
    heads = [[show(cell).strip() for cell in row[left:]] for row in records[first:body]]
    heads = [*map(_spread, heads[:-1]), heads[-1]]
    width = min(map(len, heads), default=0)
    columns = [tuple(head[i] for head in heads) for i in range(width)]
    while columns and not any(columns[-1]):
        columns.pop()
    sides = [[show(cell).strip() for cell in row[skip : skip + levels]] for row in records[body:]]
    rows = [tuple(side) for side in _down(sides)]
    columns = _as_rows(columns, rows) if levels == 1 and len(rows) < _NAMES else columns
    named = {label for label in columns if all(label) and not _is_total(label)}
    shared = named & {label for label in rows if all(label)}
    if len(shared) < 2 or len(shared) * 2 < min(len(named), len({row for row in rows if all(row)})):
        return None
    if len(named) < len([label for label in columns if all(label) and not _is_total(label)]):
        return None  # a label that stands twice is no actor
    corner = show(records[body - 1][skip]).strip() if len(records[body - 1]) > skip else ""
    return Square(body, left, tuple(rows), tuple(columns), frozenset(shared), corner)


def _as_rows(columns: list[tuple[str, ...]], rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Write labels of columns as those of rows where they are one name: quotes, legal form, ё apart."""
    known = set(rows)
    strange = [label for label in columns if label not in known and not any(map(str.isdigit, label[0]))]
    if not strange:
        return columns
    keys: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for label in known:
        keys.setdefault(_key(label[0]), set()).add(label)
    found = {label: keys.get(_key(label[0]), set()) - set(columns) for label in strange}
    return [next(iter(found[c])) if len(found.get(c, ())) == 1 else c for c in columns]


@cache
def _key(text: str) -> tuple[str, ...]:
    return name_key(text)[:1] if text else ()


def _is_total(label: Sequence[str]) -> bool:
    """Tell whether a level of a label says no more than that it is a total."""
    readings = [read_header(text) for text in label]
    return any(not reading.core and "total" in reading.marks for reading in readings)


def _spread(texts: Sequence[str]) -> list[str]:
    """Fill the cells that a merged one spans."""
    out: list[str] = []
    for text in texts:
        out.append(text or (out[-1] if out else ""))
    return out


def _down(sides: Sequence[Sequence[str]]) -> list[list[str]]:
    """Fill upper levels of row labels downwards where a merged cell spans rows."""
    out: list[list[str]] = []
    for side in sides:
        held = list(side)
        for level in range(len(held) - 1):
            if not held[level] and held[-1] and out:
                held[level] = out[-1][level]
        out.append(held)
    return out


def read_square(
    sheet: RawSheet,
    people: Known,
    notes: Notes,
    direction: str = "auto",
) -> Grid | None:
    """Return the matrix of a sheet as links, None where the sheet holds none.

    Rows supply and columns buy, unless the corner says otherwise; of payments rows pay, so that they buy.
    Rows and columns that are no actors of both sides are left out and told, unless they are participants;
    empty cells and zeros make no link. Where the sides are of different organisations, and no word says
    which of them supplies, that is told.

    Raises
    ------
    SchemaError
        Its labels have several levels of which none alone, nor together, names participants.
    """
    square = find_square(sheet.records) if sheet.frame is None else None
    found = square or (find_rectangle(sheet.records, people.holds) if sheet.frame is None else None)
    if found is None:
        return None
    place = sheet.place("links")
    name = _naming(found, people.ids, sheet.where)
    suppliers = {at: name(label) for at, label in enumerate(found.rows) if _actor(label, found, people, name)}
    buyers = {at: name(label) for at, label in enumerate(found.columns) if _actor(label, found, people, name)}
    _refuse_second(sheet, found, suppliers)
    names, values, lines, zero = _cells(sheet, found, suppliers, buyers)
    titles = [show(cell).strip() for row in sheet.records[: found.body] for cell in row[: found.left]]
    said = tuple(text for text in titles if text and text != found.corner)
    texts = (found.corner, *said, sheet.sheet, stem_of(sheet.file))
    heads = [text for text in said if side_of(text) and len(words(text)) <= _SIDE]
    told = are_payments([found.corner, *heads]) and not any(says(text, "goods") for text in texts)
    paid = direction == "payments" or (direction == "auto" and bool(told or titled_payments(texts)))
    corner = next((text for text in texts[:-2] if _sides_said(text) is not None), found.corner)
    turned = _reversed(corner if paid else _with_sides(corner, said, sheet, found), paid)
    if turned:
        names = [(buyer, supplier) for supplier, buyer in names]
    if square is None and not (paid or _ends_said(corner) or _sides_said(corner) is not None):
        notes.add("matrix_sides_assumed", **place, row=sheet.lines[found.body])
    if paid:
        sides = ENDS[::-1] if turned else ENDS
        notes.add("direction_payments", **place, detail="{} × {}".format(*sides))
    left_out = [JOINT.join(filter(None, label)) for at, label in enumerate(found.rows) if at not in suppliers]
    left_out += [
        JOINT.join(filter(None, label)) for at, label in enumerate(found.columns) if at not in buyers
    ]
    left_out = [text for text in dict.fromkeys(left_out) if text]
    size = f"{len(suppliers)} × {len(buyers)}"
    notes.add("matrix_read", **place, row=sheet.lines[found.body], value=size, detail=str(zero))
    if left_out:
        notes.add("matrix_left_out", **place, value=str(len(left_out)), detail=", ".join(left_out)[:300])
    ends = np.array(names, dtype=object).reshape(len(names), 2)
    facts = dict(sheet.facts) | {"matrix": size}
    titles_of = (*said, found.corner, *_units_beside(sheet, found))
    return Grid(
        "links",
        sheet.file,
        sheet.sheet,
        (*ENDS, "value"),
        (ends[:, 0], ends[:, 1], objects(values)),
        np.array(lines, np.int64),
        facts=facts,
        titles=titles_of,
    )


def _refuse_second(sheet: RawSheet, found: Square, suppliers: Collection[int]) -> None:
    """Refuse a matrix below which another begins: its header again, or a row of its own that names a year.

    Raises
    ------
    SchemaError
    """
    heads = [label[-1] for label in found.columns]
    for row in range(max(suppliers, default=0)):
        cells = [show(cell).strip() for cell in sheet.records[found.body + row]]
        again = len(heads) > 1 and cells[found.left : found.left + len(heads)] == heads
        again |= bool(found.corner) and found.corner in found.rows[row]
        alone = [cell for cell in cells if cell]
        if row not in suppliers and (again or (len(alone) == 1 and heading_year(alone[0]))):
            said = ", ".join(alone[:5])
            line = int(sheet.lines[found.body + row])
            raise refusal(SchemaError, "second_table", where=sheet.where, row=line, cells=said)


def _units_beside(sheet: RawSheet, found: Square) -> tuple[str, ...]:
    """Return the units in the column between labels and numbers."""
    levels = len(found.rows[0])
    if found.left == levels:
        return ()
    texts = {show(row[levels]).strip() for row in sheet.records[found.body :] if len(row) > levels}
    return tuple(sorted(text for text in texts if text and read_unit(text)[1] != Unit()))


def _cells(
    sheet: RawSheet, found: Square, suppliers: Mapping[int, str], buyers: Mapping[int, str]
) -> tuple[list[tuple[str, str]], list[Any], list[int], int]:
    """Return pairs, their cells and lines, and how many cells are empty or zero."""
    names: list[tuple[str, str]] = []
    values: list[Any] = []
    lines: list[int] = []
    zero = 0
    for row, supplier in suppliers.items():
        record = sheet.records[found.body + row]
        places = (found.left + at for at in buyers)
        cells = objects([record[at] if at < len(record) else None for at in places])
        own = np.array([buyer == supplier for buyer in buyers.values()], bool)
        crossed = own & np.array([bool(gap_meaning(show(cell).strip())) for cell in cells], bool)
        none = are_nil(cells) | crossed
        zero += int(none.sum())
        for (_, buyer), cell, empty in zip(buyers.items(), cells, none.tolist(), strict=True):
            if not empty:
                names.append((supplier, buyer))
                values.append(cell)
                lines.append(int(sheet.lines[found.body + row]))
    return names, values, lines, zero


def _naming(found: Square, members: Collection[str], where: str) -> Naming:
    """Return how labels become ids: the only level, or of several the last, the first or all."""
    levels = len(next(iter(found.shared)))
    if levels == 1:
        return lambda label: label[0]
    ways: list[Naming] = [lambda label: label[-1], lambda label: label[0]]
    ways += [sign.join for sign in (JOINT, "_", "-", ".", " ")]
    for way in ways:
        ids = [way(label) for label in found.shared]
        if len(set(ids)) == len(ids) and set(ids) & set(members):
            return way
    example = JOINT.join(next(iter(sorted(found.shared))))
    raise refusal(
        SchemaError, "matrix_labels", where=where, rows=len(found.shared), levels=levels, example=example
    )


def _actor(label: tuple[str, ...], found: Square, people: Known, name: Naming) -> bool:
    """Tell whether a label is an actor: of both sides, a participant, or members that it does not name."""
    return all(label) and (label in found.shared or people.holds(name(label)) or names_members(label[-1]))


def _sides_said(text: str) -> bool | None:
    """Tell whether a text says that rows buy, None where it does not say which side rows or columns are.

    Examples
    --------
    >>> _sides_said("Покупатель (строки) / Поставщик (столбцы)"), _sides_said("Rows supply, columns buy")
    (True, False)
    >>> _sides_said("тыс. руб.") is None
    True
    """
    found: set[bool] = set()
    for piece in _PIECES.split(text):
        said = set(words(piece))
        row, column = bool(said & _ROW_WORDS), bool(said & _COLUMN_WORDS)
        buy, sell = any(map(_BUY.match, said)), any(map(_SELL.match, said))
        if row != column and buy != sell:
            found.add(row == buy)
    return found.pop() if len(found) == 1 else None


def _with_sides(corner: str, beside: Sequence[str], sheet: RawSheet, found: Square) -> str:
    """Return what says which side rows are: the corner, a text above labels, else one above columns."""
    spec = tables()["links"]
    if _sides_said(corner) is not None or any(meaning(text, spec) in ENDS for text in _SIDES.split(corner)):
        return corner
    for text in reversed(beside):
        if meaning(text, spec) in ENDS:
            return text
    heads = [show(cell).strip() for row in sheet.records[: found.body] for cell in row[found.left :]]
    over = {meaning(text, spec) for text in heads if text and not is_total(text)} & set(ENDS)
    return "buyer_id" if over == {"supplier_id"} else corner


def _reversed(corner: str, paid: bool) -> bool:
    r"""Tell whether rows buy: the corner says so (``Покупатель \\ Поставщик``), or rows pay."""
    spec = tables()["links"]
    sides = [read for text in _SIDES.split(corner) if (read := _UNIT_BEHIND.sub("", text).strip())]
    if (said := _sides_said(corner)) is not None:
        return said
    sides = [without_gloss(side)[0] or side for side in sides]
    sides = paid_headers(sides) if paid else sides
    named = [meaning(text, spec) for text in sides[:2]]
    if paid and not any(named):
        return True
    return named[:1] == ["buyer_id"] and named[1:] in ([], ["supplier_id"])
