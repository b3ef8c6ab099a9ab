"""Invoices and payments by the million: summed to links of a year before anything else, out of memory's way.

A file of links with dates or documents, Parquet or text, is one of transactions. Where it is large, and
DuckDB is there, its rows are summed by year (or a part of it), pair, product and kind, as the rules for small
files have it: rows that are equal in every column, their document among them, count once; what is taken back
is set off within its key. A key whose sum is negative keeps its supplies and its returns apart, so that what
is set off within the pair, and what is rejected, is the same. Each sum stands for the first of its rows; rows
that lack something stay as they are, and are rejected one by one with their place.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.errors import DataError
from clustercoop.graph.schema import tables
from clustercoop.graph.settings import PERIODS, Period
from clustercoop.graph.texts import refusal
from clustercoop.loaders.deals import DATES, Repeats, says_document, whose_report
from clustercoop.loaders.header_rows import role
from clustercoop.loaders.ids import read_texts
from clustercoop.loaders.ledger import Ledger, Mask, is_numbering
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import BrokenRow, RawSheet, reading
from clustercoop.loaders.spooled import Text, amounts_of, is_text_file, large_text, lines_of, spool
from clustercoop.loaders.text import Score
from clustercoop.loaders.units import words
from clustercoop.loaders.years import parse_years

LARGE: Final = 2_000_000
"""Rows from which a file is summed; fewer are kept one by one."""
OUTSIDE: Final = ("outside:suppliers", "outside:buyers")
_NUMBERS: Final = (
    "DOUBLE", "FLOAT", "DECIMAL", "BIGINT", "INTEGER", "SMALLINT", "HUGEINT", "UBIGINT", "UINTEGER"
)  # fmt: skip
_KEY: Final = ("supplier_id", "buyer_id", "product_code", "kind")


def pending(path: Path, name: str, score: Score) -> RawSheet | None:
    """Return the headers of a large file of transactions, its rows to be summed later; None for any other."""
    if not path.is_file() or find_spec("duckdb") is None:
        return None
    text: Text | None = None
    if is_text_file(path):
        text = large_text(path, name, tables()["links"], LARGE, score)
        header = list(text.header) if text else []
    elif path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        with reading(name):
            file = pq.ParquetFile(path)
        header = file.schema_arrow.names if file.metadata.num_rows >= LARGE else []
    else:
        return None
    found = _columns(header)
    if not {"year", "supplier_id", "buyer_id", "value"} <= set(found):
        return None
    if not (_documents(header, found) or _dates(header, found)):
        return None
    frame = pd.DataFrame({i: pd.Series(dtype=object) for i in range(len(header))})
    frame.columns = pd.Index(header, dtype=object)
    facts: dict[str, Any] = {"bytes": path.stat().st_size, "transactions": str(path)}
    if text:
        facts |= {"encoding": text.encoding, "delimiter": text.delimiter, "line_end": text.line_end}
    return RawSheet(name, frame=frame, facts=facts | ({"text": text} if text else {}))


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
    if "transactions" not in sheet.facts:
        return sheet
    import duckdb

    header = [str(title) for title in sheet.frame.columns] if sheet.frame is not None else []
    found, name = _columns(header), sheet.file
    once = repeats == "once" or (repeats == "ask" and _documents(header, found))
    text: Text | None = sheet.facts.get("text")
    with reading(name), TemporaryDirectory() as folder, duckdb.connect() as engine:
        engine.execute("SET preserve_insertion_order = false")
        file = sheet.facts["transactions"]
        broken: list[BrokenRow] = []
        if text:
            broken = spool(Path(file), text, Path(folder, "rows.parquet"), name)
            file = str(Path(folder, "rows.parquet"))
        source = engine.from_parquet(file, file_row_number=True)
        engine.register("raw", source)
        amount = _amounts(engine, source, found["value"], name)
        _refuse_sides(engine, [t for t in header if t not in found.values()], name)
        engine.register("years", _years(engine, found["year"], PERIODS[period]))
        engine.register("ends", _ends(engine, found, members and members()))
        table = _links(engine, header, found, amount, once)
    at = table["line"].to_numpy("int64")
    table["line"] = lines_of(at, text, broken) if text else at + 1
    return _sheet(replace(sheet, broken=tuple(broken)), table, found, notes)


def summed_rows(ledger: Ledger) -> Mask:
    """Tell which rows of a ledger are sums of transactions."""
    sums = [isinstance(grid.facts.get("transactions"), dict) for grid in ledger.grids]
    return np.array(sums, bool)[ledger.source]


def _quoted(title: str) -> str:
    return '"' + title.replace('"', '""') + '"'


def _amounts(engine: Any, source: Any, title: str, name: str) -> str:
    """Return the SQL of an amount, and register the relation `amounts` of texts that it looks up."""
    kind = str(dict(zip(source.columns, source.types, strict=True))[title])
    if kind == "VARCHAR":
        return amounts_of(engine, _quoted(title), f"{title} ({name})")
    if not kind.startswith(_NUMBERS):
        raise refusal(DataError, "transactions_texts", where=f"{title} ({name})")
    engine.register(
        "amounts", pd.DataFrame({"text": pd.Series(dtype="str"), "number": pd.Series(dtype=float)})
    )
    return f"r.{_quoted(title)}::DOUBLE"


def _refuse_sides(engine: Any, unused: Collection[str], name: str) -> None:
    """Refuse transactions that both sides reported: their sums would be double."""
    for title in unused:
        cells = engine.sql(f"SELECT DISTINCT {_quoted(title)}::VARCHAR AS cell FROM raw LIMIT 7").df()["cell"]
        if len(cells) < 7 and whose_report(cells.to_numpy(dtype=object)) is not None:
            raise DataError(
                f"The column {title} of {name} tells whose report a row is: keep the suppliers' alone."
            )


def _years(engine: Any, title: str, months: int) -> pd.DataFrame:
    """Return each distinct cell of the column of years or dates, as text, with its year (NaN for none).

    `part` is the first month of the period of so many `months` that the cell lies in, 0 for none.
    """
    cells = engine.sql(
        f"SELECT DISTINCT {_quoted(title)} AS cell, {_quoted(title)}::VARCHAR AS text FROM raw"
    ).df()
    held = cells["cell"]
    if pd.api.types.is_datetime64_any_dtype(held):
        years = held.dt.year.astype("float64").to_numpy()
        month = held.dt.month.fillna(0).to_numpy("int64")
    else:
        read = parse_years(held.to_numpy())
        years, month = read.years, read.month.astype("int64")
    part = np.where((month > 0) & (months < 12), (month - 1) // months * months + 1, 0)
    return pd.DataFrame({"text": cells["text"], "year": years, "part": part})


def _ends(engine: Any, found: Mapping[str, str], members: Collection[str] | None) -> pd.DataFrame:
    """Return the ids that are surely nobody's of `members`."""
    if members is None:
        return pd.DataFrame({"id": pd.Series(dtype="str")})
    from clustercoop.loaders.relations import loose_keys
    from clustercoop.loaders.who import numbers_in

    parts = (f"SELECT {_quoted(found[end])}::VARCHAR AS id FROM raw" for end in ("supplier_id", "buyer_id"))
    ids = engine.sql(" UNION ".join(parts)).df()["id"].dropna().to_numpy(dtype=object)
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


def _links(engine: Any, header: list[str], found: Mapping[str, str], amount: str, once: bool) -> pd.DataFrame:
    """Return the sums of each year and key, broken rows one by one, by the first row of each."""
    told = [title for title in header if not is_numbering(title)]
    by_all = ", ".join(map(_quoted, told))
    some = f"coalesce({', '.join(f'{_quoted(title)}::VARCHAR' for title in header)}) IS NOT NULL"
    engine.execute(
        "CREATE TEMP VIEW rows AS "
        + (
            f"SELECT {by_all}, min(file_row_number) AS line, count(*) AS times FROM raw"
            f" WHERE {some} GROUP BY {by_all}"
            if once
            else f"SELECT *, file_row_number AS line, 1 AS times FROM raw WHERE {some}"
        )
    )
    keys = [name for name in _KEY if name in found]
    cells = ", ".join(f"r.{_quoted(found[name])}::VARCHAR AS {name}" for name in keys)
    each = {name: f"CASE WHEN outside AND NOT broken THEN NULL ELSE {name} END" for name in keys}
    kept, by = ", ".join(f"{cell} AS {name}" for name, cell in each.items()), ", ".join(each.values())
    engine.execute(
        f"""CREATE TEMP TABLE whole AS
        WITH typed AS (
            SELECT y.year, y.part, {cells}, {amount} AS value, r.line, r.times,
                r.{_quoted(found["year"])}::VARCHAR AS told, r.{_quoted(found["value"])}::VARCHAR AS said
            FROM rows r LEFT JOIN years y ON r.{_quoted(found["year"])}::VARCHAR IS NOT DISTINCT FROM y.text
            LEFT JOIN amounts m ON r.{_quoted(found["value"])}::VARCHAR = m.text
        ), marked AS (
            SELECT t.*, (a.id IS NOT NULL AND b.id IS NOT NULL) AS outside,
                (t.year IS NULL OR isnan(t.year) OR value IS NULL OR isnan(value) OR isinf(value)
                 OR supplier_id IS NULL OR buyer_id IS NULL) AS broken
            FROM typed t LEFT JOIN ends a ON t.supplier_id = a.id LEFT JOIN ends b ON t.buyer_id = b.id
        )
        SELECT year, part, any_value(told) AS told, outside AND NOT broken AS outside,
            {kept},
            sum(CASE WHEN value > 0 THEN value ELSE 0 END) AS up,
            sum(CASE WHEN value < 0 THEN value ELSE 0 END) AS down,
            count(*) FILTER (value > 0) AS supplies, count(*) FILTER (value < 0) AS returns,
            any_value(CASE WHEN broken THEN said END) AS odd, broken,
            min(line) AS line, count(*) AS rows, sum(times - 1) AS again,
            sum((times - 1) * value) AS again_value
        FROM marked
        GROUP BY year, part, outside AND NOT broken, broken, CASE WHEN broken THEN line ELSE -1 END,
            {by}"""
    )
    table: pd.DataFrame = engine.sql("SELECT * FROM whole ORDER BY line").df()
    return table


def _sheet(sheet: RawSheet, table: pd.DataFrame, found: Mapping[str, str], notes: Notes) -> RawSheet:
    """Return the summed rows as a sheet; a key below zero gives two rows, its supplies and its returns.

    So does each key of a part of a year: its returns may be of supplies of an earlier part.
    """
    up, down = table["up"].to_numpy("float64"), table["down"].to_numpy("float64")
    broken, outside = table["broken"].to_numpy(bool), table["outside"].to_numpy(bool)
    net = up + down
    whole = (net >= 0) & (up > 0) & ~(table["part"] > 0).to_numpy()
    apart = ~broken & (table["returns"] > 0).to_numpy() & ~whole
    two = apart & (table["supplies"] > 0).to_numpy()
    value = np.where(two, up, net).astype(object)
    value[broken] = table["odd"][broken]
    at = np.concatenate([np.arange(len(table)), np.flatnonzero(two)])
    values = np.concatenate([value, down[two]])
    order = np.argsort(table["line"].to_numpy()[at], kind="stable")
    at, values = at[order], values[order]
    said = np.empty(len(table), object)
    said[:] = [
        told if np.isnan(year) else f"{year:.0f}-{part:02.0f}" if part else int(year)
        for year, part, told in zip(table["year"], table["part"].fillna(0), table["told"], strict=True)
    ]
    columns: dict[str, Any] = {found["year"]: said[at], found["value"]: values}
    for name in [name for name in _KEY if name in found]:
        cells = table[name].astype(object).where(table[name].notna(), None).to_numpy()
        if name in ("supplier_id", "buyer_id"):
            cells = np.where(outside, OUTSIDE[name == "buyer_id"], cells)
        columns[found[name]] = cells[at]
    frame = pd.DataFrame({title: pd.Series(cells, dtype=cells.dtype) for title, cells in columns.items()})
    frame.columns = pd.Index(list(columns), dtype=object)
    again = table["again"].to_numpy("float64")
    facts = {
        "rows": int(table["rows"].sum() + again.sum()),
        "value": math.fsum([*net[~broken], *table["again_value"].fillna(0.0)]),
        "repeated": int(again.sum()),
        "repeated_value": math.fsum(table["again_value"].fillna(0.0)),
        "outside": int(table["rows"][outside].sum()),
        "outside_value": math.fsum(net[outside]),
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
    with open(sheet.facts["transactions"], "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    lines = table["line"].to_numpy("int64")[at].tolist()
    plain = {name: fact for name, fact in sheet.facts.items() if name != "text"}
    return replace(sheet, frame=frame, lines=lines, facts={**plain, "sha256": digest, "transactions": facts})
