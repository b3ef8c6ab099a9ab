"""Invoices and payments by the million: summed to links of a year before anything else, out of memory's way.

A file of links with dates or documents, Parquet or text, is one of transactions. Where it is large, and
DuckDB is there, its rows are summed by year (or a part of it), pair, product and kind, as the rules for small
files have it: rows that are equal in every column, their document among them, count once; what is taken back
is set off within its key. A key whose sum is negative keeps its supplies and its returns apart, so that what
is set off within the pair, and what is rejected, is the same. Each sum stands for the first of its rows; rows
that lack something stay as they are, and are rejected one by one with their place.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.errors import DataError, SchemaError
from clustercoop.graph.schema import tables
from clustercoop.graph.settings import PERIODS, Period
from clustercoop.graph.texts import refusal
from clustercoop.loaders.coded import Coded
from clustercoop.loaders.deals import DATES, Repeats, says_document, whose_report
from clustercoop.loaders.header_rows import role
from clustercoop.loaders.ids import read_texts
from clustercoop.loaders.ledger import Ledger, Mask, exact_sum, is_numbering
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.raw import by_distinct
from clustercoop.loaders.relational import Held, HeldParquet, Reader, Sql, held_by_duckdb
from clustercoop.loaders.sheets import RawSheet, reading
from clustercoop.loaders.spooled import amounts_of
from clustercoop.loaders.text import Score
from clustercoop.loaders.units import words
from clustercoop.loaders.void import hints, states, tells_version, undone
from clustercoop.loaders.years import parse_years

if TYPE_CHECKING:
    import pyarrow as pa

    from clustercoop.loaders.cells import TypedGrid

LARGE: Final = 2_000_000
"""Rows from which a file is summed; fewer are kept one by one."""
OUTSIDE: Final = ("outside:suppliers", "outside:buyers")
_NUMBERS: Final = (
    "DOUBLE", "FLOAT", "DECIMAL", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "UBIGINT", "UINTEGER"
)  # fmt: skip
TEXTS: Final = ("VARCHAR", "STRING")
_KEY: Final = ("supplier_id", "buyer_id", "product_code", "kind")


def pending(path: Path, name: str, score: Score, reader: Reader | None = None) -> RawSheet | None:
    """Return the headers of a large table of transactions, to be summed later; None for any other."""
    held = (reader(path, name) if reader else None) or held_by_duckdb(path, name, LARGE, score)
    return headers_of(held, name) if held else None


def headers_of(held: Held, name: str) -> RawSheet | None:
    """Return the headers of a table that an engine holds, where it is a large one of transactions."""
    found = _columns(held.header) if held.count >= LARGE else {}
    if not {"year", "supplier_id", "buyer_id", "value"} <= set(found):
        return None
    if not (_documents(held.header, found) or _dates(held.header, found)):
        return None
    frame = pd.DataFrame({i: pd.Series(dtype=object) for i in range(len(held.header))})
    frame.columns = pd.Index(list(held.header), dtype=object)
    return RawSheet(name, frame=frame, facts={**held.facts, "transactions": held})


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
    sheet: RawSheet,
    members: Callable[[], Collection[str]] | None,
    notes: Notes,
    *,
    repeats: Repeats = "ask",
    period: Period = "year",
) -> RawSheet:
    """Return the links that the transactions of a `pending` sheet make; any other sheet as it is.

    Parameters
    ----------
    sheet : RawSheet
    members : callable, or None
        Gives the ids of the participants. Flows between others whose ids are numbers, which nobody can
        mistake for a participant's, are one row a year. None keeps every pair.
    notes : Notes
    repeats, period : str
        As in `Settings`; of a period shorter than a year the year of each sum tells its first month.

    Raises
    ------
    DataError
        The file is damaged, or its amounts are no numbers.
    """
    held: Held | None = sheet.facts.get("transactions")
    if held is None:
        return sheet
    header, name = list(held.header), sheet.file
    found = _columns(header)
    cells = {column: f"c{header.index(title)}" for column, title in found.items()}
    once = repeats == "once" or (repeats == "ask" and _documents(header, found))
    with reading(name), held.rows() as rows:
        where = f"{found['value']} ({name})"
        amount = _amounts(rows, cells["value"], where)
        unused = {title: f"c{k}" for k, title in enumerate(header) if title not in found.values()}
        _refuse_sides(rows, unused, name)
        _refuse_versions(rows, cells, unused, name)
        rows.hold("years", _years(rows, cells["year"], PERIODS[period]))
        rows.hold("ends", _ends(rows, cells, members and members()))
        told = [f"c{k}" for k, title in enumerate(header) if not is_numbering(title)]
        table = _links(rows, cells, amount, told if once else None, len(header))
        count = int(rows.frame("SELECT count(*) AS n FROM raw")["n"].iloc[0])
    table["line"] = held.lines(table["line"].to_numpy("int64"))
    broken = tuple(held.broken) if isinstance(held, HeldParquet) else ()
    return _sheet(replace(sheet, broken=broken), held, count, table, found, notes)


def tell_overlaps(parts: Sequence[TypedGrid], repeats: Repeats, notes: Notes) -> None:
    """Warn of each summed file beside another of the same years: each is summed alone.

    A row that stands in both is then no repeat that anybody sees.
    """
    years = [set(part.frame["year"].dropna().unique()) for part in parts]
    for part, mine in zip(parts, years, strict=True):
        others = [
            f"{other.grid.file}{' / ' * bool(other.grid.sheet)}{other.grid.sheet}"
            for other, theirs in zip(parts, years, strict=True)
            if other is not part and mine & theirs
        ]
        if others and repeats != "sum" and isinstance(part.grid.facts.get("transactions"), dict):
            notes.add("transactions_apart", table="links", file=part.grid.file, detail=", ".join(others))


def summed_rows(ledger: Ledger) -> Mask:
    """Tell which rows of a ledger are sums of transactions."""
    sums = [isinstance(grid.facts.get("transactions"), dict) for grid in ledger.grids]
    found: Mask = np.array(sums, bool)[ledger.source]
    return found


def _amounts(rows: Sql, cell: str, where: str) -> str:
    """Return the SQL of an amount, and name the relation `amounts` of texts that it looks up."""
    kind = rows.types()[int(cell[1:])]
    if kind in TEXTS:
        return amounts_of(rows, cell, where)
    if kind != "INT" and not kind.startswith(_NUMBERS):
        raise refusal(DataError, "transactions_texts", where=where)
    rows.hold("amounts", pd.DataFrame({"text": pd.Series(dtype="str"), "number": pd.Series(dtype=float)}))
    return f"CAST(r.{cell} AS DOUBLE)"


def _refuse_sides(rows: Sql, unused: Mapping[str, str], name: str) -> None:
    """Refuse transactions that both sides reported: their sums would be double."""
    for title, cell in unused.items():
        if states(title):
            text = rows.text(cell)  # purposes of payments are hardly ever the same
            some = " OR ".join(f"replace(lower({text}), 'ё', 'е') LIKE '%{word}%'" for word in hints(title))
            asked = f"SELECT DISTINCT {text} AS cell FROM raw WHERE {some or 'true'} LIMIT 10000"
            seen = rows.frame(asked)["cell"]
            if said := undone(title, [str(text) for text in seen.dropna()]):
                shown = ", ".join(said[:3])
                raise refusal(DataError, "transactions_undone", name=name, title=repr(title), said=shown)
        cells = rows.frame(f"SELECT DISTINCT {rows.text(cell)} AS cell FROM raw LIMIT 7")["cell"]
        if len(cells) < 7 and whose_report(cells.to_numpy(dtype=object)) is not None:
            raise DataError(
                f"The column {title} of {name} tells whose report a row is: keep the suppliers' alone."
            )


def _refuse_versions(rows: Sql, cells: Mapping[str, str], unused: Mapping[str, str], name: str) -> None:
    """Refuse transactions that stand in several versions or scenarios: their sums would be of all."""
    own = [cells[key] for key in (*_KEY, "year") if key in cells]
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


def _years(rows: Sql, cell: str, months: int) -> pd.DataFrame:
    """Return each distinct cell of the column of years or dates, as text, with its year (NaN for none).

    `part` is the first month of the period of so many `months` that the cell lies in, 0 for none.
    """
    cells = rows.frame(f"SELECT DISTINCT {cell} AS cell, {rows.text(cell)} AS text FROM raw")
    held = cells["cell"]
    if pd.api.types.is_datetime64_any_dtype(held):
        years = held.dt.year.astype("float64").to_numpy()
        month = held.dt.month.fillna(0).to_numpy("int64")
    else:
        read = parse_years(held.to_numpy())
        years, month = read.years, read.month.astype("int64")
    part = np.where((month > 0) & (months < 12), (month - 1) // months * months + 1, 0)
    return pd.DataFrame({"text": cells["text"], "year": years, "part": part})


def _ends(rows: Sql, cells: Mapping[str, str], members: Collection[str] | None) -> pd.DataFrame:
    """Return the ids that are surely nobody's of `members`."""
    if members is None:
        return pd.DataFrame({"id": pd.Series(dtype="str")})
    from clustercoop.loaders.relations import loose_keys
    from clustercoop.loaders.who import numbers_in

    parts = (f"SELECT {rows.text(cells[end])} AS id FROM raw" for end in ("supplier_id", "buyer_id"))
    ids = rows.frame(" UNION ".join(parts))["id"].dropna().to_numpy(dtype=object)
    held, _ = read_texts(ids, tables()["links"]["supplier_id"])
    cleaned = np.append(held.texts, "")[held.codes].astype(object)
    inside = np.array(sorted(members), dtype=object)
    near = {*inside, *loose_keys(inside), *(number for one in inside for number in numbers_in(one))}
    keys = loose_keys(cleaned)
    far = [
        raw
        for raw, text, key in zip(ids, cleaned, keys, strict=True)
        if text.isdigit() and len(text) > 2 and text not in near and key not in near
    ]
    return pd.DataFrame({"id": pd.Series(far, dtype="str")})


def _links(
    rows: Sql, cells: Mapping[str, str], amount: str, once: Sequence[str] | None, width: int
) -> pd.DataFrame:
    """Return the sums of each year and key, broken rows one by one, by the first row of each.

    Rows that are equal in the columns `once` count once.
    """
    some = f"coalesce({', '.join(rows.text(f'c{k}') for k in range(width))}) IS NOT NULL"
    every = f"SELECT *, 1 AS times FROM raw WHERE {some}"
    rows.view("deals", rows.distinct(", ".join(once), some) if once else every)
    keys = [name for name in _KEY if name in cells]
    texts = ", ".join(f"{rows.text(f'r.{cells[name]}')} AS {name}" for name in keys)
    each = {name: f"CASE WHEN outside AND NOT broken THEN NULL ELSE {name} END" for name in keys}
    kept, by = ", ".join(f"{cell} AS {name}" for name, cell in each.items()), ", ".join(each.values())
    year, value = (rows.text(f"r.{cells[name]}") for name in ("year", "value"))
    odd = value if rows.types()[int(cells["value"][1:])] in TEXTS else "NULL"
    rows.keep(
        "whole",
        f"""
        WITH typed AS (
            SELECT y.year, y.part, {texts}, {amount} AS value, r.line, r.times,
                {year} AS told, {odd} AS said
            FROM deals r LEFT JOIN years y ON {year} IS NOT DISTINCT FROM y.text
            LEFT JOIN amounts m ON {value} = m.text
        ), marked AS (
            SELECT t.*, (a.id IS NOT NULL AND b.id IS NOT NULL) AS outside,
                (t.year IS NULL OR isnan(t.year) OR value IS NULL OR isnan(value)
                 OR abs(value) = CAST('Infinity' AS DOUBLE)
                 OR supplier_id IS NULL OR buyer_id IS NULL) AS broken
            FROM typed t LEFT JOIN ends a ON t.supplier_id = a.id LEFT JOIN ends b ON t.buyer_id = b.id
        )
        SELECT year, part, min(CASE WHEN broken THEN told END) AS told, outside AND NOT broken AS outside,
            {kept},
            sum(CASE WHEN value > 0 THEN value ELSE 0 END) AS up,
            sum(CASE WHEN value < 0 THEN value ELSE 0 END) AS down,
            count(*) FILTER (WHERE value > 0) AS supplies, count(*) FILTER (WHERE value < 0) AS returns,
            min(CASE WHEN broken THEN said END) AS odd, broken,
            min(CASE WHEN broken THEN value END) AS number,
            min(line) AS line, count(*) AS rows, sum(times - 1) AS again,
            sum((times - 1) * value) AS again_value
        FROM marked
        GROUP BY year, part, outside AND NOT broken, broken, CASE WHEN broken THEN line ELSE -1 END,
            {by}""",
    )
    return _framed(rows.table("SELECT * FROM whole ORDER BY line"))


def _framed(table: pa.Table) -> pd.DataFrame:
    """Return a table of Arrow, texts held by their distinct ones."""
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for name in table.column_names:
        texts = by_distinct(table[name], pa)
        columns[name] = table[name].to_pandas() if texts is None else texts
        table = table.drop_columns(name)
    return pd.DataFrame(columns, copy=False)


def _sheet(
    sheet: RawSheet, held: Held, count: int, table: pd.DataFrame, found: Mapping[str, str], notes: Notes
) -> RawSheet:
    """Return the summed rows as a sheet; a key below zero gives two rows, its supplies and its returns.

    So does each key of a part of a year: its returns may be of supplies of an earlier part.
    """
    up, down = table["up"].to_numpy("float64"), table["down"].to_numpy("float64")
    broken, outside = table["broken"].to_numpy(bool), table["outside"].to_numpy(bool)
    returns = table["returns"].to_numpy("int64")
    net = up + down
    whole = (net >= 0) & (up > 0) & ~(table["part"] > 0).to_numpy()
    apart = ~broken & (returns > 0) & ~whole
    two = apart & (table["supplies"] > 0).to_numpy()
    value = np.where(broken, table["number"].to_numpy("float64"), np.where(two, up, net))
    odd = np.flatnonzero(table["odd"].notna())
    if len(odd):
        value = value.astype(object)
        value[odd] = table["odd"].astype(object).to_numpy()[odd]
    at = np.concatenate([np.arange(len(table)), np.flatnonzero(two)])
    values = np.concatenate([value, down[two]])
    order = np.argsort(table["line"].to_numpy()[at], kind="stable")
    at, values = at[order], values[order]
    columns: dict[str, Any] = {found["year"]: _times(table)[at], found["value"]: values}
    for name in [name for name in _KEY if name in found]:
        cells = Coded.of(table[name])
        if name in ("supplier_id", "buyer_id"):
            codes = np.where(outside, len(cells.texts), cells.codes)
            cells = Coded(codes, np.append(cells.texts, OUTSIDE[name == "buyer_id"]))
        columns[found[name]] = Coded(cells.codes[at], cells.texts).categorical()
    frame = pd.DataFrame(columns, copy=False)
    frame.columns = pd.Index(list(columns), dtype=object)
    again = table["again"].to_numpy("float64")
    again_value = table["again_value"].to_numpy("float64")
    netted = np.where(~broken & ~outside & whole, returns, 0)
    rows = table["rows"].to_numpy("int64")
    facts = {
        "rows": int(rows.sum() + again.sum()),
        "blank": count - int(rows.sum() + again.sum()),
        "used": int((rows - netted)[~broken & ~outside].sum()),
        "netted": int(netted.sum()),
        "repeated": int(again.sum()),
        "outside": int(rows[outside].sum()),
        "rejected": int(rows[broken].sum()),
        "value": exact_sum(np.append(net[~broken], again_value)),
        "repeated_value": exact_sum(again_value),
        "outside_value": exact_sum(net[outside]),
        "links": len(frame),
    }
    place = {"table": "links", "file": sheet.file}
    notes.add("transactions_summed", **place, value=str(facts["rows"]), detail=str(facts["links"]))
    if facts["repeated"]:
        text = f"{facts['repeated_value']:.6g}"
        notes.add("transactions_repeated", **place, value=str(facts["repeated"]), detail=text)
    if facts["outside"]:
        text = f"{facts['outside_value']:.6g}"
        notes.add("transactions_outside", **place, value=str(facts["outside"]), detail=text)
    lines = array("q", table["line"].to_numpy("int64")[at].tobytes())
    digest = held.digest()
    told = held.facts | ({"sha256": digest} if digest else {}) | {"transactions": facts}
    return replace(sheet, frame=frame, lines=lines, facts=told)


def _times(table: pd.DataFrame) -> Any:
    """Return the year of each row, as its file told it where that is none; ``2021-04`` of a part."""
    year, part = table["year"].to_numpy("float64"), table["part"].fillna(0).to_numpy("float64")
    codes, spans = pd.factorize(year * 100 + part, use_na_sentinel=True)
    said = [f"{span // 100:.0f}-{span % 100:02.0f}" if span % 100 else int(span // 100) for span in spans]
    told = Coded.of(table["told"])
    unread = told.codes[codes < 0]
    codes[codes < 0] = np.where(unread < 0, -1, unread + len(said))
    return pd.Categorical.from_codes(codes, categories=pd.Index([*said, *told.texts], dtype=object))
