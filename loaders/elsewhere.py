"""Tables that another engine holds, as a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from clustercoop.graph.settings import Settings
from clustercoop.loaders.dataset import Dataset, build
from clustercoop.loaders.frames import frame_source
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.relational import Held
from clustercoop.loaders.sources import Source
from clustercoop.loaders.transactions import headers_of


def read_held(
    found: Mapping[str, Held],
    *,
    settings: Settings | None = None,
    progress: Callable[[str], None] | None = None,
) -> Dataset:
    """Read tables that an engine holds, by the names of the contract's tables.

    Large tables of transactions are summed there; all others are fetched and checked row by row.

    Raises
    ------
    SchemaError, StrictError
        As in `read_dataset`.
    """
    sources = []
    for table, held in found.items():
        if progress:
            progress(f"Reading {table}")
        many = headers_of(held, table) if table == "links" else None
        if many is None:
            with held.rows() as rows:
                cells = ", ".join(f"c{k}" for k in range(len(held.header)))
                frame = rows.frame(f"SELECT {cells} FROM raw ORDER BY line")
            frame.columns = pd.Index(list(held.header), dtype=object)
            source = frame_source(table, frame)
            nowhere = [0] * len(frame)  # rows of a table keep no order
            many = replace(source.sheet, lines=nowhere, facts=dict(held.facts))
        sources.append(Source(table, many))
    return build(sources, settings or Settings(), Notes(), progress)
