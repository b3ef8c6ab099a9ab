"""Invoices and payments by the million: summed to links of a year before anything else, out of memory's way.

A file of links with dates or documents, Parquet or text, is one of transactions. Where it is large, and
DuckDB is there, its rows are summed by year (or a part of it), pair, product and kind, as the rules for small
files have it: rows that are equal in every column, their document among them, count once; what is taken back
is set off within its key. A key whose sum is negative keeps its supplies and its returns apart, so that what
is set off within the pair, and what is rejected, is the same. Each sum stands for the first of its rows; rows
that lack something stay as they are, and are rejected one by one with their place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools
from clustercoop.graph.errors import ClusterCoopError, DataError, SchemaError
from clustercoop.graph.schema import ENDS, tables
from clustercoop.graph.settings import PERIODS, Period, Repeats
from clustercoop.graph.texts import refusal
from clustercoop.loaders.deals import DATES, says_document, tells_freight, tells_reporter, whose_report
from clustercoop.loaders.documents import (
    corrections,
    goods_back,
    hints,
    names_kind,
    states,
    tells_version,
    undone,
)
from clustercoop.loaders.header_rows import role
from clustercoop.loaders.ids import read_texts
from clustercoop.loaders.ledger import Ledger, is_numbering
from clustercoop.loaders.matching import meaning
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.parts import part_kind
from clustercoop.loaders.periods import Sums
from clustercoop.loaders.relational import Held, HeldParquet, Reader, Sql, held_by_duckdb
from clustercoop.loaders.sampled import Read, Sampled, sampled
from clustercoop.loaders.sheets import RawSheet, reading, show
from clustercoop.loaders.spooled import amounts_of, most_rows
from clustercoop.loaders.sums import KEY, as_numbers, framed, sheets_of
from clustercoop.loaders.turning import plan_or_fact
from clustercoop.loaders.units import in_unit, words
from clustercoop.loaders.void import of_document, perhaps_of_document
from clustercoop.loaders.when import years_of
from clustercoop.loaders.who import registered

if TYPE_CHECKING:
    from clustercoop.loaders.cells import TypedGrid

LARGE: Final = 2_000_000
"""Rows from which a file is summed; fewer are kept one by one."""
_NUMBERS: Final = (
    "DOUBLE", "FLOAT", "DECIMAL", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "UBIGINT", "UINTEGER"
)  # fmt: skip
TEXTS: Final = ("VARCHAR", "STRING")


def pending(
    files: Mapping[Path, str], reader: Reader | None = None
) -> dict[Path, RawSheet | ClusterCoopError]:
    """Return the headers of large tables of transactions among files, to be summed later; errors of others.

    Files of one layout are large where they are so together.
    """
    found: dict[Path, Held] = {}
    out: dict[Path, RawSheet | ClusterCoopError] = {}
    texts = most_rows(files) >= LARGE
    for path, name in files.items():
        try:
            held = (reader(path, name) if reader else None) or held_by_duckdb(
                path, name, _are_deals, texts=texts
            )
        except ClusterCoopError as error:
            out[path] = error
            continue
        if held and _are_deals(held.header):
            found[path] = held
    rows: Counter[tuple[Any, ...]] = Counter()
    for held in found.values():
        rows[held.layout] += held.count
    return out | {
        path: _headers(held, files[path]) for path, held in found.items() if rows[held.layout] >= LARGE
    }


def headers_of(held: Held, name: str) -> RawSheet | None:
    """Return the headers of a table that an engine holds, where it is a large one of transactions."""
    return _headers(held, name) if held.count >= LARGE and _are_deals(held.header) else None


def _headers(held: Held, name: str) -> RawSheet:
    frame = pd.DataFrame({i: pd.Series(dtype=object) for i in range(len(held.header))})
    frame.columns = pd.Index(list(held.header), dtype=object)
    text = held.text if isinstance(held, HeldParquet) else None
    sheet = RawSheet(name, frame=frame, facts={**held.facts, "transactions": held})
    return replace(sheet, titles=text.titles, remarks=text.remarks) if text else sheet


def _are_deals(header: Sequence[str]) -> bool:
    """Tell whether headers are those of links with dates or documents."""
    found = _columns(header)
    told = {"year", *ENDS, "value"} <= set(found)
    return told and (_documents(header, found) or _dates(header, found))


def _columns(header: Collection[str]) -> dict[str, str]:
    spec = tables()["links"]
    found: dict[str, str] = {}
    for title in header:
        found.setdefault(role(title, spec), title)
    found.pop("", None)
    return found


def _documents(header: Collection[str], found: Mapping[str, str]) -> bool:
    return any(says_document(words(title)) for title in header if title not in found.values())


def _dates(header: Collection[str], found: Mapping[str, str]) -> bool:
    unused = [title for title in header if title not in found.values()]
    return any(set(words(title)) & DATES for title in [*unused, found["year"]])


def summed(
    sheets: Sequence[RawSheet],
    given: Sequence[object],
    members: Callable[[], Collection[str]] | None,
    read: Read,
    notes: Notes,
    *,
    repeats: Repeats = "ask",
    period: Period = "year",
) -> list[RawSheet]:
    """Return the links that the transactions of `pending` sheets make; any other sheet as it is.

    Sheets of one layout are summed together: a row that stands in two of them is a repeat. Each sum stands
    in the sheet of its first row.

    Parameters
    ----------
    sheets : sequence of RawSheet
    given : sequence
        What else is known of each sheet; those of which other things are known are summed apart.
    members : callable, or None
        Gives the ids of the participants. Flows between others whose ids are numbers, which nobody can
        mistake for a participant's, are one row a year. None keeps every pair.
    read : callable
        Lays out and types some rows of one of the sheets (`loaders.sampled`).
    notes : Notes
    repeats, period : str
        As in `Settings`; of a period shorter than a year the sums hold their parts too (`sums_by_part`).

    Raises
    ------
    DataError
        A file is damaged, its amounts are no numbers, or its rows cannot be summed as they stand.
    """
    out = list(sheets)
    groups: list[list[int]] = []
    for at, sheet in enumerate(sheets):
        held = sheet.facts.get("transactions")
        if held is None:
            continue
        for group in groups:
            first = group[0]
            if given[first] == given[at] and sheets[first].facts["transactions"].layout == held.layout:
                group.append(at)
                break
        else:
            groups.append([at])
    for group in groups:
        mine = [sheets[at] for at in group]
        made = _summed(mine, members, partial(_read_of, read, group), notes, repeats, period)
        for at, sheet in zip(group, made, strict=True):
            out[at] = sheet
    return out


def _read_of(read: Read, group: Sequence[int], at: int, sheet: RawSheet, notes: Notes) -> TypedGrid:
    return read(group[at], sheet, notes)


def _summed(
    sheets: Sequence[RawSheet],
    members: Callable[[], Collection[str]] | None,
    read: Read,
    notes: Notes,
    repeats: Repeats,
    period: Period,
) -> list[RawSheet]:
    held, *more = (sheet.facts["transactions"] for sheet in sheets)
    name = sheets[0].file + f" (+{len(more)})" * bool(more)
    header = list(held.header)
    with reading(name), held.rows(more) as rows:
        _refuse_undone(rows, header, name)
        _refuse_versions(rows, header, name)
        _refuse_sides(rows, header, name)
        people = members and members()
        looked = sampled(rows, sheets, people is None or not registered(people), name, read)
        found = dict(looked[0].titles)
        cells = {column: f"c{at}" for column, at in looked[0].at.items()}
        unused = {title: f"c{k}" for k, title in enumerate(header) if k not in looked[0].at.values()}
        once = repeats == "once" or (
            repeats == "ask" and any(says_document(words(title)) for title in unused)
        )
        amount = _amounts(rows, cells["value"], f"{found['value']} ({name})", looked[0].typed)
        if told := [title for title, cell in unused.items() if _names_sides(rows, title, cell, cells)]:
            raise refusal(DataError, "transactions_twice", name=name, title=repr(told[0]))
        dated = [cells["year"], *(cell for title, cell in unused.items() if part_kind(title) is not None)]
        years = years_of(rows, dated, header, looked[0].typed, period, name)
        rows.hold("years", years.frame)
        rows.hold("ends", _ends(rows, cells, people))
        told = [f"c{k}" for k, title in enumerate(header) if not is_numbering(title)]
        again = "transactions_repeated"
        if whole := _of_documents(rows, header, told):  # their products have no amounts
            told, once, again = whole, True, "document_again"
            cells.pop("product_code", None), found.pop("product_code", None)
        else:
            _refuse_perhaps(rows, looked[0], name)
        parts = 0 if period == "year" else 12 // PERIODS[period]
        table = _links(rows, cells, dated, amount, told if once else None, len(header), parts)
        count = int(rows.frame("SELECT count(*) AS n FROM raw")["n"].iloc[0])
        starts = np.array(rows.starts)
    for one in looked:
        one.tell(notes, count)
    years.tell(notes, {"table": "links", "file": sheets[0].file, "column": found["year"]})
    return sheets_of(sheets, name, starts, count, table, found, notes, again, looked)


def tell_overlaps(parts: Sequence[TypedGrid], repeats: Repeats, notes: Notes) -> None:
    """Warn of each summed file beside another of the same years that was not summed with it.

    A row that stands in both is then no repeat that anybody sees.
    """
    years = [set(part.frame["year"].dropna().unique()) for part in parts]
    sums = [part.grid.facts.get("transactions") for part in parts]
    of = [told.get("with", part.grid.file) if told else "" for told, part in zip(sums, parts, strict=True)]
    for k, part in enumerate(parts):
        others = [
            f"{other.grid.file}{' / ' * bool(other.grid.sheet)}{other.grid.sheet}"
            for n, other in enumerate(parts)
            if n != k and years[k] & years[n] and of[k] != of[n]
        ]
        if others and repeats != "sum" and of[k]:
            notes.add("transactions_apart", table="links", file=part.grid.file, detail=", ".join(others))


def sums_by_part(part: TypedGrid) -> Sums | None:
    """Return what the sums of transactions hold in each part of a year; None of other rows. Asked once."""
    sums: Sums | None = part.grid.facts.pop("by_part", None)
    if sums is None:
        return None
    scale = part.scales["value"]
    of = (lambda at: scale) if isinstance(scale, float) else scale.__getitem__
    return {one: (at, in_unit(amounts, of(at), 1e6)) for one, (at, amounts) in sums.items()}


def summed_rows(ledger: Ledger) -> Bools:
    """Tell which rows of a ledger are sums of transactions."""
    sums = [isinstance(grid.facts.get("transactions"), dict) for grid in ledger.grids]
    found: Bools = np.array(sums, bool)[ledger.source]
    return found


def _amounts(rows: Sql, cell: str, where: str, typed: TypedGrid) -> str:
    """Return the SQL of an amount, and name the relation `amounts` of texts that it looks up."""
    kind = rows.types()[int(cell[1:])]
    if kind in TEXTS:
        return amounts_of(rows, cell, where, typed.sign or (typed.decimal if len(typed.decimal) == 1 else ""))
    if kind != "INT" and not kind.startswith(_NUMBERS):
        raise refusal(DataError, "transactions_texts", where=where)
    rows.hold("amounts", pd.DataFrame({"text": pd.Series(dtype="str"), "number": pd.Series(dtype=float)}))
    return f"CAST(r.{cell} AS DOUBLE)"


def _refuse_undone(rows: Sql, header: Sequence[str], name: str) -> None:
    """Refuse transactions of which a column says that some came to nothing, or take others back."""
    value = f"c{header.index(_columns(header)['value'])}"
    for at, title in enumerate(header):
        if not states(title):
            continue
        text = rows.text(f"c{at}")  # purposes of payments are hardly ever the same
        some = " OR ".join(f"replace(lower({text}), 'ё', 'е') LIKE '%{word}%'" for word in hints(title))
        asked = f"SELECT DISTINCT {text} AS cell FROM raw WHERE {some or 'true'} LIMIT 10000"
        seen = list(map(str, rows.frame(asked)["cell"].fillna("")))
        said, below = undone(title, seen), f"{rows.text(value)} LIKE '-%'"
        if others := corrections(title, seen):
            if not _any(rows, text, others, below):
                said += others
        back = [told for told in said if names_kind(title) and goods_back([words(told)])[0]]
        if back and not _any(rows, text, back, f"NOT {below}"):  # they are below zero as they stand
            said = [told for told in said if told not in back]
        if said:
            shown = ", ".join(said[:3])
            raise refusal(DataError, "transactions_undone", name=name, title=repr(title), said=shown)


def _any(rows: Sql, text: str, said: Sequence[str], where: str) -> bool:
    """Tell whether there is a row `where` a cell says one of some texts."""
    listed = ", ".join("'" + told.replace("'", "''") + "'" for told in said)
    return len(rows.frame(f"SELECT line FROM raw WHERE {text} IN ({listed}) AND {where} LIMIT 1")) > 0


def _refuse_sides(rows: Sql, header: Sequence[str], name: str) -> None:
    """Refuse transactions that both sides reported, and plans: their sums would be too large."""
    used = _columns(header).values()
    for at, title in enumerate(header):
        if title in used:
            continue
        cells = rows.frame(f"SELECT DISTINCT {rows.text(f'c{at}')} AS cell FROM raw LIMIT 7")["cell"]
        few = [text for text in cells.dropna().astype(str) if text.strip()] if len(cells) < 7 else []
        kinds = [plan_or_fact(text) for text in few]
        if "plan" in kinds and all(kinds):
            raise refusal(
                DataError, "transactions_undone", name=name, title=repr(title), said=few[kinds.index("plan")]
            )
        if len(cells) == 7 or tells_freight(title):
            continue
        if whose_report(cells.to_numpy(dtype=object), told=tells_reporter(title)) is not None:
            raise refusal(DataError, "transactions_twice", name=name, title=repr(title))


def _names_sides(rows: Sql, title: str, cell: str, used: Mapping[str, str]) -> bool:
    """Tell whether a column of who reported names suppliers of some rows, buyers of others, nobody else."""
    if tells_freight(title) or not tells_reporter(title):
        return False
    one, two = (f"{rows.text(cell)} = {rows.text(used[end])}" for end in ENDS)
    asked = f"sum(CASE WHEN {one} THEN 1 ELSE 0 END) AS a, sum(CASE WHEN {two} THEN 1 ELSE 0 END) AS b"
    other = f"sum(CASE WHEN {cell} IS NULL OR {one} OR {two} THEN 0 ELSE 1 END) AS c"
    a, b, c = rows.frame(f"SELECT {asked}, {other} FROM raw").iloc[0]
    return bool(a and b and not c)


def _refuse_versions(rows: Sql, header: Sequence[str], name: str) -> None:
    """Refuse transactions that stand in several versions or scenarios: their sums would be of all."""
    cells = {column: f"c{header.index(title)}" for column, title in _columns(header).items()}
    unused = {title: f"c{at}" for at, title in enumerate(header) if f"c{at}" not in cells.values()}
    own = [cells[key] for key in (*KEY, "year") if key in cells]
    own += [cell for title, cell in unused.items() if says_document(words(title))]
    for title, cell in unused.items():
        if not tells_version(title):
            continue
        keys = ", ".join(key for key in own if key != cell)
        said = rows.frame(
            f"SELECT min({cell}) AS one, max({cell}) AS two FROM raw GROUP BY {keys}"
            f" HAVING min({cell}) <> max({cell}) LIMIT 1"
        )
        if len(said):
            values = ", ".join(map(str, said.iloc[0]))
            raise refusal(SchemaError, "versions", where=name, header=repr(title), values=values)


def _of_documents(rows: Sql, header: Sequence[str], told: Sequence[str]) -> list[str]:
    """Return the columns that tell documents apart where their rows repeat the amount of the whole."""
    spec = tables()["links"]
    columns, numbers = of_document(header, spec)
    whole = [f"c{at}" for at in columns]
    own = [f"c{at}" for at in columns if meaning(header[at], spec) != "value"]
    some = " OR ".join(f"c{at} IS NOT NULL" for at in numbers)

    def differ(keys: Sequence[str], cells: Sequence[str]) -> bool:
        """Tell whether rows of the same `keys` differ in any of `cells`."""
        texts = [f"coalesce({rows.text(cell)}, '')" for cell in cells]
        apart = " OR ".join(f"min({text}) <> max({text})" for text in texts)
        asked = f"SELECT min(line) AS line FROM raw WHERE {some} GROUP BY {', '.join(keys)}"
        return bool(texts) and len(rows.frame(f"{asked} HAVING {apart} LIMIT 1")) > 0

    beside = [cell for cell in told if cell not in whole]
    once = bool(whole) and differ(whole, beside) and not differ(own, [c for c in whole if c not in own])
    return whole if once else []


def _refuse_perhaps(rows: Sql, looked: Sampled, name: str) -> None:
    """Refuse amounts that all products of a day or document repeat: they may be of the document."""
    keys, product, amount = perhaps_of_document(looked.typed.grid, tables()["links"])
    if not keys:
        return
    cells = looked.typed.grid.columns
    some = pd.DataFrame({at: list(map(show, cells[at])) for at in (*keys, product, amount)})
    differ = some.groupby(keys)[[product, amount]].nunique() > 1
    if differ.all(axis=1).any():  # most tables show it at once
        return
    by = ", ".join(rows.text(f"c{looked.origin[at]}") for at in keys)
    item, value = (rows.text(f"c{looked.origin[at]}") for at in (product, amount))
    asked = (
        f"SELECT min({value}) AS low, max({value}) AS high FROM raw WHERE {value} IS NOT NULL GROUP BY {by}"
    )
    each = f"{asked} HAVING min({item}) <> max({item})"
    found = rows.frame(f"SELECT min(low) AS one, max(high) AS two, max(low <> high) AS apart FROM ({each})")
    one, two, apart = found.iloc[0]
    if isinstance(one, str) and not apart and one != two:
        raise refusal(DataError, "transactions_perhaps", name=name, title=repr(looked.titles["value"]))


def _ends(rows: Sql, cells: Mapping[str, str], members: Collection[str] | None) -> pd.DataFrame:
    """Return the ids that are surely nobody's of `members` (`far`), and those that name nobody (`nobody`)."""
    from clustercoop.loaders.relations import loose_keys
    from clustercoop.loaders.who import numbers_in

    parts = (f"SELECT {rows.text(cells[end])} AS id FROM raw" for end in ENDS)
    ids = rows.frame(" UNION ".join(parts))["id"].dropna().to_numpy(dtype=object)
    held, flags = read_texts(ids, tables()["links"]["supplier_id"])
    cleaned = np.append(held.texts, "")[held.codes].astype(object)
    nobody = np.zeros(len(ids), bool)
    for flag in ("gap", "undecodable", "rounded"):
        nobody |= flags.get(flag, False)
    inside = np.array(sorted(members or ()), dtype=object)
    near = {*inside, *loose_keys(inside), *(number for one in inside for number in numbers_in(one))}
    far = [
        members is not None and text.isdigit() and len(text) > 2 and text not in near and key not in near
        for text, key in zip(cleaned, loose_keys(cleaned), strict=True)
    ]
    told = pd.DataFrame({"id": pd.Series(ids, dtype="str"), "far": np.array(far, bool), "nobody": nobody})
    return told[told["far"] | told["nobody"]].reset_index(drop=True)


def _links(
    rows: Sql,
    cells: Mapping[str, str],
    dated: Sequence[str],
    amount: str,
    once: Sequence[str] | None,
    width: int,
    parts: int,
) -> pd.DataFrame:
    """Return the sums of each year and key, broken rows one by one, by the first row of each.

    Rows that are equal in the columns `once` count once; the cells `dated` tell when a row is. The columns
    ``part0``, … are the sums of the rows of no part and of each of the `parts` of a year.
    """
    some = f"coalesce({', '.join(rows.text(f'c{k}') for k in range(width))}) IS NOT NULL"
    every = f"SELECT *, 1 AS times FROM raw WHERE {some}"
    one, two, value = (rows.text(f"r.{cells[name]}") for name in (*ENDS, "value"))
    asked = f"SELECT DISTINCT {one} AS one, {two} AS two FROM raw r LEFT JOIN amounts m ON {value} = m.text"
    rows.keep("back", f"{asked} WHERE {amount} < 0")
    rows.view("deals", rows.distinct(", ".join(once), some) if once else every)
    keys = [name for name in KEY if name in cells]
    texts = ", ".join(f"{rows.text(f'r.{cells[name]}')} AS {name}" for name in keys)
    each = {name: f"CASE WHEN outside AND NOT broken THEN NULL ELSE {name} END" for name in keys}
    each |= {name: name for name in keys if name == "kind"}  # knowledge is no supply
    kept, by = ", ".join(f"{cell} AS {name}" for name, cell in each.items()), ", ".join(each.values())
    year = rows.text(f"r.{cells['year']}")
    times = [rows.text(f"r.{cell}") for cell in dated]
    when = " AND ".join(f"{text} IS NOT DISTINCT FROM y.text{k}" for k, text in enumerate(times))
    odd = value if rows.types()[int(cells["value"][1:])] in TEXTS else "NULL"
    each_part = "".join(
        f", sum(CASE WHEN part = {k} AND NOT broken THEN value END) AS part{k}"
        for k in range(parts and parts + 1)
    )
    rows.keep(
        "whole",
        f"""
        WITH typed AS (
            SELECT y.year, y.part, {texts}, {amount} AS value, r.line, r.times,
                {year} AS told, {odd} AS said
            FROM deals r LEFT JOIN years y ON {when}
            LEFT JOIN amounts m ON {value} = m.text
        ), marked AS (
            SELECT t.*, (coalesce(a.far, false) AND coalesce(b.far, false) AND supplier_id <> buyer_id
                 AND k.one IS NULL) AS outside,
                (t.year IS NULL OR isnan(t.year) OR value IS NULL OR isnan(value)
                 OR abs(value) = CAST('Infinity' AS DOUBLE)
                 OR supplier_id IS NULL OR buyer_id IS NULL
                 OR coalesce(a.nobody, false) OR coalesce(b.nobody, false)) AS broken
            FROM typed t LEFT JOIN ends a ON t.supplier_id = a.id LEFT JOIN ends b ON t.buyer_id = b.id
            LEFT JOIN back k ON t.supplier_id = k.one AND t.buyer_id = k.two
        )
        SELECT year, min(CASE WHEN broken THEN told END) AS told, outside AND NOT broken AS outside,
            {kept},
            sum(CASE WHEN value > 0 THEN value ELSE 0 END) AS up,
            sum(CASE WHEN value < 0 THEN value ELSE 0 END) AS down,
            count(*) FILTER (WHERE value > 0) AS supplies, count(*) FILTER (WHERE value < 0) AS returns,
            min(CASE WHEN broken THEN said END) AS odd, broken,
            min(CASE WHEN broken THEN value END) AS number,
            min(line) AS line, count(*) AS rows, sum(times - 1) AS again,
            sum((times - 1) * value) AS again_value{each_part}
        FROM marked
        GROUP BY year, outside AND NOT broken, broken, CASE WHEN broken THEN line ELSE -1 END,
            {by}""",
    )
    table = framed(rows.table("SELECT * FROM whole ORDER BY line"))
    for name in keys:  # as numbers they are read as those of small files are
        if rows.types()[int(cells[name][1:])].startswith(_NUMBERS):
            table[name] = as_numbers(table[name])
    return table
