"""Which unit speaks for a column: its header, number formats, a column of units, the title, the name.

The scale is the one that the header names, else the column of units, else the title, a note, or the name of
the sheet or file; the currency likewise, with that of the number formats behind the header. Where two of them
name different ones the table is refused: each choice would be wrong by a factor. Words that a cell itself
carries (``5 млн``) are more certain than all of them, and are read with the cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.texts import refusal
from clustercoop.loaders.captions import one_unit, thing_named, title_units
from clustercoop.loaders.headers import Matched
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.raw import stem_of
from clustercoop.loaders.sheets import Grid
from clustercoop.loaders.unit_columns import ColumnUnits
from clustercoop.loaders.units import Unit, read_unit
from clustercoop.loaders.years import parse_years


def settle_units(
    matched: Sequence[Matched],
    grid: Grid,
    given: ColumnUnits,
    unnamed: list[str],
    notes: Notes,
) -> tuple[Matched, ...]:
    """Return matched columns with the units that speak for them, and tell where these come from.

    Headers of money of which only the currency is known, so that millions are assumed, go to `unnamed`.

    Raises
    ------
    SchemaError
        Two places name different scales or currencies, or formats show what the column cannot hold.
    """
    money = [m for m in matched if m.column.type == "money"]
    done = {m.position: _with_formats(m, grid, notes) for m in money}
    bare = [m for m in done.values() if not m.unit.scale and m.column.name not in given.scales]
    above = [*grid.titles, grid.sheet, stem_of(grid.file)]
    named_above = {unit: run for text in above for unit, run in title_units(text).items()}
    text = one_unit([*above, *grid.asides], grid.where) if bare else ""
    title = read_unit(text)[1]
    unknown = [m.header for m in bare if m.unit == Unit() and not given.currency]
    thing = next(filter(None, map(thing_named, above)), "") if unknown and title == Unit() else ""
    if thing:
        raise refusal(SchemaError, "title_of_things", header=repr(unknown[0]), where=grid.where, thing=thing)
    taken = []
    for m in done.values():
        if len(named_above) == 1:
            [(other, run)] = named_above.items()
            _refuse_other(m.header, m.unit, f"the title or name ({run})", other, grid.where)
            shown = grid.shown.scales.get(m.position, set()) if grid.shown is not None else set()
            if other.scale and {scale or 1.0 for scale in shown} - {other.scale}:
                raise refusal(
                    SchemaError, "formats_and_title", header=repr(m.header), where=grid.where, title=run
                )
        if m not in bare:
            continue
        named = m.unit.currency and m.unit == read_unit(m.header)[1]
        if title == Unit() or (named and not title.scale):
            continue
        done[m.position] = replace(
            m, unit=replace(m.unit, scale=title.scale, currency=m.unit.currency or title.currency)
        )
        taken.append(m.header)
    if taken:
        notes.add("unit_from_title", **grid.place, value=", ".join(taken), detail=text)
    settled = [done.get(m.position, m) for m in matched]
    if any(map(given.leaves_open, settled)) and _documents(settled, grid):
        given.whole = True
        headers = ", ".join(m.header for m in settled if m.column.type == "money")
        notes.add("unit_of_documents", **grid.place, value=headers, detail=given.currency)
    unnamed += [m.header for m in settled if given.leaves_open(m)]
    return tuple(given.give(m, grid.where) for m in settled)


def _documents(matched: Sequence[Matched], grid: Grid) -> bool:
    """Tell whether every row is of a day, as documents are."""
    at = next((m.position for m in matched if m.column.type == "year"), -1)
    if at < 0 or not len(grid):
        return False
    read = parse_years(grid.columns[at])
    known = ~np.isnan(read.years)
    return bool(known.any() and read.dated[known].all() and not (read.january | read.closing)[known].all())


def _with_formats(matched: Matched, grid: Grid, notes: Notes) -> Matched:
    """Return a column of money with the currency that its number formats show where its header has none."""
    if grid.shown is None:
        return matched
    own, header = matched.unit, matched.header
    texts = sorted(grid.shown.units.get(matched.position, ()))
    units = {text: read_unit(text)[1] for text in texts}
    odd = [text for text, unit in units.items() if not replace(unit, scale=None).fits(matched.column)]
    if odd:
        raise refusal(SchemaError, "formats_no_money", header=repr(header), where=grid.where, said=odd[0])
    scales = grid.shown.scales.get(matched.position, set())
    if own.scale and scales - {own.scale}:
        raise refusal(SchemaError, "formats_and_header", header=repr(header), where=grid.where)
    currencies = {unit.currency for unit in units.values()} - {""}
    if own.currency:
        for currency in sorted(currencies - {own.currency}):
            notes.add("unit_contradicted", **grid.place, column=header, value=header, detail=currency)
        return matched
    if len(currencies) > 1:
        raise refusal(
            SchemaError, "formats_several", header=repr(header), where=grid.where, units=", ".join(texts)
        )
    if currencies:
        notes.add("unit_from_format", **grid.place, column=header, detail=", ".join(texts))
        return replace(matched, unit=replace(own, currency=currencies.pop()))
    return matched


def _refuse_other(header: str, own: Unit, place: str, other: Unit, where: str) -> None:
    """Refuse a header that names another unit of money than `place` does."""
    scales = own.scale or (1.0 if own.currency and read_unit(header)[1].currency else None)
    if (scales and other.scale and scales != other.scale) or (
        own.currency and other.currency and own.currency != other.currency
    ):
        raise refusal(SchemaError, "header_and_place", header=repr(header), where=where, place=place)
