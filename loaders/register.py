"""A register where there is none of its own: tables of figures that name the cluster of each organisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import tables
from clustercoop.loaders.cells import expand_merged
from clustercoop.loaders.grids import to_grid
from clustercoop.loaders.header_rows import role
from clustercoop.loaders.headers import Matched
from clustercoop.loaders.marks import gap_meaning
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import Grid, RawSheet, show
from clustercoop.loaders.sources import Source
from clustercoop.loaders.totals import is_total
from clustercoop.loaders.units import Unit

_KEPT: Final = ("participant_id", "cluster_id", "name", "role", "industry_code", "region")


def with_register(sources: Sequence[Source], notes: Notes) -> list[Source]:
    """Return the sources, and a register of those that tables of figures name with one cluster each.

    Where an organisation stands under two clusters nothing is added: its years in each are not known so.
    """
    told = {source.table for source in sources}
    if told & {"participants", "indicators"} or "activity" not in told:
        return list(sources)
    frames = [_people(source) for source in sources if source.table == "activity"]
    found = [frame for frame in frames if frame is not None]
    if not found or len(found) < len(frames):
        return list(sources)
    people = pd.concat(found, ignore_index=True).drop_duplicates("participant_id", keep="first")
    every = pd.concat(found, ignore_index=True)[["participant_id", "cluster_id"]].drop_duplicates()
    if len(every) > len(people):
        return list(sources)
    first = next(source for source in sources if source.table == "activity")
    sheet = RawSheet(
        first.sheet.file, first.sheet.sheet, frame=people.drop(columns="line"), lines=people["line"].tolist()
    )
    notes.add("register_from_figures", **sheet.place("participants"), value=str(len(people)))
    return [*sources, Source("participants", sheet, first.told)]


def _people(source: Source) -> pd.DataFrame | None:
    """Return who stands in a table of figures, and where; None where it does not name clusters."""
    spec = tables()["participants"]
    try:
        grid = to_grid(source.sheet, spec, Notes(), source.given)
    except SchemaError:
        return None
    named: dict[str, int] = {}
    for at, header in enumerate(grid.header):
        name = role(header, spec) if header else ""
        if name in _KEPT:
            named.setdefault(name, at)
    if not {"participant_id", "cluster_id"} <= set(named):
        return None
    return _listed(grid, named)


def _listed(grid: Grid, named: dict[str, int]) -> pd.DataFrame:
    spec = tables()["participants"]
    grid = replace(grid, columns=tuple(column.astype(object) for column in grid.columns))
    matched = [Matched(at, grid.header[at], spec[name], Unit()) for name, at in named.items()]
    expand_merged(grid, matched, Notes())
    columns = {name: [show(cell).strip() for cell in grid.columns[at]] for name, at in named.items()}
    frame = pd.DataFrame(columns | {"line": grid.lines})
    who = frame["participant_id"]
    people = (who != "") & ~who.map(lambda text: is_total(text) or bool(gap_meaning(text)))
    return frame[people & (frame["cluster_id"] != "")]
