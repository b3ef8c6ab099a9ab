"""What an engine summed of transactions, as sheets of links, with what became of every row."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Ints
from clustercoop.graph.schema import ENDS
from clustercoop.loaders.coded import Coded
from clustercoop.loaders.ledger import exact_sum
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.raw import by_distinct
from clustercoop.loaders.relational import Held, HeldParquet
from clustercoop.loaders.sampled import SUMMED, Sampled
from clustercoop.loaders.sheets import RawSheet

if TYPE_CHECKING:
    import pyarrow as pa

OUTSIDE: Final = ("outside:suppliers", "outside:buyers")
KEY: Final = (*ENDS, "product_code", "kind")


def framed(table: pa.Table) -> pd.DataFrame:
    """Return a table of Arrow, texts held by their distinct ones."""
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for name in table.column_names:
        texts = by_distinct(table[name], pa)
        columns[name] = table[name].to_pandas() if texts is None else texts
        table = table.drop_columns(name)
    return pd.DataFrame(columns, copy=False)


def as_numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of texts of numbers, held by the distinct ones, with the numbers.

    Examples
    --------
    >>> as_numbers(pd.Series(["7.0", None, "10"], dtype="category")).tolist()
    [7.0, nan, 10]
    """
    numbers = [float(text) if "." in text or "e" in text else int(text) for text in column.cat.categories]
    named = pd.Index(numbers, dtype=object)
    return pd.Series(pd.Categorical.from_codes(column.cat.codes.to_numpy(), categories=named), column.index)


def sheets_of(
    sheets: Sequence[RawSheet],
    name: str,
    starts: Ints,
    count: int,
    table: pd.DataFrame,
    found: Mapping[str, str],
    notes: Notes,
    repeated: str,
    looked: Sequence[Sampled],
) -> list[RawSheet]:
    """Return the sums as sheets; a key below zero gives two rows, its supplies and its returns.

    `repeated` is what is told of rows that count no more, `looked` what rows of each sheet told.
    """
    up, down = table["up"].to_numpy("float64"), table["down"].to_numpy("float64")
    broken, outside = table["broken"].to_numpy(bool), table["outside"].to_numpy(bool)
    returns = table["returns"].to_numpy("int64")
    net = up + down
    whole = (net >= 0) & (up > 0)
    two = ~broken & (returns > 0) & ~whole & (table["supplies"] > 0).to_numpy()
    value = np.where(broken, table["number"].to_numpy("float64"), np.where(two, up, net))
    odd = np.flatnonzero(table["odd"].notna())
    if len(odd):
        value = value.astype(object)
        value[odd] = table["odd"].astype(object).to_numpy()[odd]
    at = np.concatenate([np.arange(len(table)), np.flatnonzero(two)])
    values = np.concatenate([value, down[two]])
    order = np.argsort(at, kind="stable")  # the table stands in the order of first rows
    at, values = at[order], values[order]
    columns: dict[str, Any] = {found["year"]: Coded.of(_times(table)), found["value"]: values}
    for column in [column for column in SUMMED if column in found and column in KEY]:
        cells = Coded.of(table[column])
        if column in ENDS:
            codes = np.where(outside, len(cells.texts), cells.codes)
            cells = Coded(codes, np.append(cells.texts, OUTSIDE[column == "buyer_id"]))
        columns[found[column]] = cells
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
        "links": len(at),
    }
    place = {"table": "links", "file": name}
    notes.add("transactions_summed", **place, value=str(facts["rows"]), detail=str(facts["links"]))
    if facts["repeated"]:
        text = f"{facts['repeated_value']:.6g}"
        notes.add(repeated, **place, value=str(facts["repeated"]), detail=text)
    if facts["outside"]:
        text = f"{facts['outside_value']:.6g}"
        notes.add("transactions_outside", **place, value=str(facts["outside"]), detail=text)
    line = table["line"].to_numpy("int64")
    edges = np.append(np.searchsorted(line, starts), len(table))
    out = []
    for number, sheet in enumerate(sheets):
        kept = slice(*np.searchsorted(at, edges[number : number + 2]).tolist())
        told = facts if not number else {"with": sheets[0].file}
        part = _sheet(sheet, line[at[kept]] - starts[number], columns, at[kept], kept, told)
        part.facts.update(looked[number].facts([name for name in SUMMED if name in found]))
        out.append(part)
    for name in [name for name in table.columns if name.startswith("part")]:
        held = table.pop(name).to_numpy("float64")
        for number, sheet in enumerate(out):
            keys = edges[number] + np.flatnonzero(~np.isnan(held[edges[number] : edges[number + 1]]))
            rows = np.searchsorted(at, keys) - np.searchsorted(at, edges[number])
            sheet.facts.setdefault("by_part", {})[int(name.removeprefix("part"))] = (
                rows.astype(np.int32),
                held[keys],
            )
    return out


def _sheet(
    sheet: RawSheet, line: Ints, columns: Mapping[str, Any], at: Ints, kept: slice, told: Mapping[str, Any]
) -> RawSheet:
    """Return the rows of one sheet: `columns` of texts at the keys `at`, those of numbers at `kept`."""
    cells = {
        title: _at(held, at) if isinstance(held, Coded) else held[kept] for title, held in columns.items()
    }
    frame = pd.DataFrame(cells, copy=False)
    frame.columns = pd.Index(list(cells), dtype=object)
    held: Held = sheet.facts["transactions"]
    digest = held.digest()
    facts = held.facts | ({"sha256": digest} if digest else {}) | {"transactions": dict(told)}
    lines = array("q", held.lines(line).tobytes())
    broken = (*held.above, *held.broken) if isinstance(held, HeldParquet) else ()
    return replace(sheet, frame=frame, lines=lines, facts=facts, broken=broken)


def _at(held: Coded, at: Ints) -> pd.Categorical:
    """Return some rows of a column, without the texts that none of them names."""
    codes, named = pd.factorize(held.codes[at], use_na_sentinel=False)
    place = np.where(named < 0, -1, np.cumsum(named >= 0) - 1).astype(np.int32)
    return Coded(place[codes], held.texts[named[named >= 0]]).categorical()


def _times(table: pd.DataFrame) -> pd.Categorical:
    """Return the year of each row, as its file told it where that is none."""
    codes, years = pd.factorize(table["year"].to_numpy("float64"), use_na_sentinel=True)
    told = Coded.of(table["told"])
    unread = told.codes[codes < 0]
    codes[codes < 0] = np.where(unread < 0, -1, unread + len(years))
    texts = [*map(int, years), *told.texts]
    return pd.Categorical.from_codes(codes, categories=pd.Index(texts, dtype=object))
