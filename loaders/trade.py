"""Tables of foreign trade: who reports, with whom, and which way the goods went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Objects
from clustercoop.graph.schema import ENDS
from clustercoop.graph.shipped import shipped_rows
from clustercoop.loaders.mapping import SET_ASIDE, Given
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import BrokenRow, Grid, show
from clustercoop.loaders.units import CAMEL, SCALES, Unit, read_unit, words

FLOW: Final = "trade flow"
REPORTED: Final = "reported by"
_COLUMNS: Final = {
    "reporter": "supplier_id",
    "partner": "buyer_id",
    "year": "year",
    "product": "product_code",
}


@cache
def _said() -> dict[str, dict[tuple[str, ...], int]]:
    """Return role → phrase → its place in the order of preference."""
    return {
        row["means"]: {tuple(words(phrase)): at for at, phrase in enumerate(row["words"].split("|"))}
        for row in shipped_rows("loaders", "trade_words.csv")
    }


def _find(means: str, headers: Sequence[Any]) -> str:
    """Return the header that says a role best, "" for none."""
    ranked = [
        (at, header)
        for header in headers
        if isinstance(header, str) and (at := _said()[means].get(tuple(_name(header)))) is not None
    ]
    return min(ranked)[1] if ranked else ""


def _name(header: str) -> list[str]:
    rest, unit = read_unit(CAMEL.sub(" ", header).replace("_", " "))
    plain = words(CAMEL.sub(" ", header))
    return plain if unit == Unit() else words(rest)


def trade_headers(headers: Sequence[Any]) -> dict[str, str]:
    """Return the headers of a table of trade that the contract reads, by what they stand for; {} for none.

    Examples
    --------
    >>> found = trade_headers(["refYear", "reporterISO", "flowCode", "partnerISO", "cmdCode", "primaryValue"])
    >>> found["reporterISO"], found["primaryValue"]
    ('supplier_id', 'value, USD')
    >>> trade_headers(["year", "supplier_id", "buyer_id", "value"])
    {}
    """
    found = {
        means: _find(means, headers) for means in ("reporter", "partner", "flow", "year", "product", "value")
    }
    if not (found["reporter"] and found["partner"] and found["flow"] and found["value"]):
        return {}
    columns = {found[means]: column for means, column in _COLUMNS.items() if found[means]}
    columns[found["flow"]] = FLOW
    columns[found["value"]] = _value(found["value"])
    return columns


def _value(header: str) -> str:
    unit = read_unit(CAMEL.sub(" ", header).replace("_", " "))[1]
    name = tuple(_name(header))
    usual = next((u for u, role in (("USD", "value_usd"), ("EUR", "value_eur")) if name in _said()[role]), "")
    said = f"{SCALES.get(unit.scale, '')}{unit.currency or usual}".strip()
    return f"value, {said}" if said else "value"


def with_trade(given: Given, headers: Sequence[Any]) -> Given:
    """Return what headers of a table of trade mean where a mapping says nothing; the rest is set aside."""
    columns = trade_headers(headers) if not given.columns else {}
    if not columns:
        return given
    named = [header for header in headers if isinstance(header, str) and header.strip()]
    plain = {" ".join(h.split()).casefold(): columns.get(h, f"{SET_ASIDE} {h}") for h in named}
    return replace(given, columns=plain)


def turn_trade(grid: Grid, notes: Notes) -> Grid:
    """Return rows of trade as deliveries: exports of the reporter, imports from the partner.

    Rows for the whole world, for parts of a flow (re-exports are in exports) and for parts of a heading that
    the table holds too are no further deliveries; they are rejected, and so are flows of unknown direction.
    """
    if FLOW not in grid.header or not set(ENDS) <= set(grid.header):
        return grid
    at = {name: grid.header.index(name) for name in (*ENDS, FLOW)}
    flow = _flows(grid.columns[at[FLOW]])
    reporter, partner = grid.columns[at["supplier_id"]], grid.columns[at["buyer_id"]]
    out = np.where(flow == "", "trade_flow_unknown", np.where(flow == "part", "trade_part", "")).astype(
        object
    )
    whole = _are(reporter, "world") | _are(partner, "world")
    out[whole & (out == "")] = "trade_world"
    inside = _of_headings(grid, flow, out == "")
    out[inside] = "trade_heading"
    imported = flow == "import"
    columns = list(grid.columns)
    columns[at["supplier_id"]] = np.where(imported, partner, reporter).astype(object)
    columns[at["buyer_id"]] = np.where(imported, reporter, partner).astype(object)
    columns[at[FLOW]] = np.where(imported, "buyer", "supplier").astype(object)
    header = tuple(REPORTED if name == FLOW else name for name in grid.header)
    kept = out == ""
    gone = np.flatnonzero(~kept).tolist()
    broken = [BrokenRow(int(grid.lines[i]), str(out[i]), tuple(c[i] for c in grid.columns)) for i in gone]
    for code, count in pd.Series(out[~kept]).value_counts().items():
        notes.add(str(code), **grid.place, value=str(count))
    detail = f"{int((flow[kept] == 'export').sum())} / {int(imported[kept].sum())}"
    notes.add("trade_read", **grid.place, value=f"{grid.header[at[FLOW]]}", detail=detail)
    return replace(
        grid,
        header=header,
        columns=tuple(column[kept] for column in columns),
        lines=grid.lines[kept],
        broken=(*grid.broken, *broken),
    )


def _are(cells: NDArray[Any], means: str) -> Bools:
    codes, unique = pd.factorize(np.asarray(cells), use_na_sentinel=False)
    said = np.array([tuple(words(show(cell))) in _said()[means] for cell in unique], bool)
    return said[codes] if len(unique) else np.zeros(len(cells), bool)


def _flows(cells: NDArray[Any]) -> Objects:
    """Return "export", "import", "part" or "" for each cell."""
    flow = np.full(len(cells), "", object)
    for means in ("export", "import", "part"):
        flow[_are(cells, means)] = means
    return flow


def _of_headings(grid: Grid, flow: Objects, alive: Bools) -> Bools:
    """Return the rows whose product is part of a heading that stands in the table for the same flow."""
    inside = np.zeros(len(flow), bool)
    if "product_code" not in grid.header:
        return inside
    codes = np.array(
        [show(cell).strip().casefold() for cell in grid.columns[grid.header.index("product_code")]]
    )
    codes[np.isin(codes, ["total", "всего", "итого"])] = ""
    lengths = np.unique(np.char.str_len(codes[alive])) if alive.any() else np.zeros(0, int)
    if len(lengths) < 2:
        return inside
    keys = [
        grid.columns[grid.header.index(n)] for n in ("year", "supplier_id", "buyer_id") if n in grid.header
    ]
    frame = pd.DataFrame({str(i): [show(cell) for cell in key] for i, key in enumerate(keys)})
    group = frame.assign(flow=flow).groupby([*frame.columns, "flow"], sort=False).ngroup().to_numpy()
    held = set(zip(group[alive].tolist(), codes[alive].tolist(), strict=True))
    for row in np.flatnonzero(alive).tolist():
        code = codes[row]
        inside[row] = any((group[row], code[:n]) in held for n in lengths.tolist() if n < len(code))
    return inside
