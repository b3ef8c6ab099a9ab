"""From what an engine returns to a table with plain, typed columns, the same for every engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

WITH_ID: Final = frozenset({"Participant", "Cluster", "ClusterCoop"})


def plain(value: Any) -> Any:
    """Return a value of plain Python types: dates as ISO text, tuples as lists, mappings as dicts."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dt.date | dt.time | dt.datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    iso = getattr(value, "iso_format", None)
    return iso() if callable(iso) else str(value)


def node_value(labels: Iterable[str], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the one form of a node in a result.

    Examples
    --------
    >>> node_value(["Cluster"], {"id": "a"})
    {'labels': ['Cluster'], 'properties': {'id': 'a'}}
    """
    return {
        "labels": sorted(labels),
        "properties": {key: plain(properties[key]) for key in sorted(properties)},
    }


def link_value(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the one form of a relationship in a result."""
    return {"type": kind, "properties": {key: plain(properties[key]) for key in sorted(properties)}}


def to_frame(columns: Sequence[str], rows: Sequence[Sequence[Any]], note: str = "") -> pd.DataFrame:
    """Return rows as a table: with the narrowest type that holds each column.

    A column of whole numbers and nothing else is ``Int64``; of numbers ``float64``; of truth values
    ``boolean``; of text ``object``. ``frame.attrs["note"]`` says when rows were left out.

    Examples
    --------
    >>> to_frame(["n", "x"], [(1, None), (None, 2.5)]).dtypes.astype(str).to_dict()
    {'n': 'Int64', 'x': 'float64'}
    """
    data: dict[str, pd.Series[Any]] = {}
    names = _distinct(columns)
    for index, name in enumerate(names):
        data[name] = _column([row[index] for row in rows])
    frame = pd.DataFrame(data, columns=names)
    if note:
        frame.attrs["note"] = note
    return frame


def _distinct(columns: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in columns:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out


def _column(values: list[Any]) -> pd.Series[Any]:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pd.Series(values, dtype="boolean")
    if kinds == {int}:
        return pd.Series(values, dtype="Int64")
    if kinds and kinds <= {int, float}:
        return pd.Series([np.nan if value is None else value for value in values], dtype="float64")
    return pd.Series(values, dtype=object)


def to_rows(frame: pd.DataFrame, columns: Sequence[str]) -> list[list[Any]]:
    """Return the rows of `columns` as lists of plain values, None where unknown or where no column is.

    Examples
    --------
    >>> to_rows(pd.DataFrame({"a": [1.0, float("nan")]}), ["a", "b"])
    [[1.0, None], [None, None]]
    """
    lists: list[list[Any]] = []
    for name in columns:
        if name not in frame:
            lists.append([None] * len(frame))
            continue
        column = frame[name]
        missing = column.isna()
        values = column.tolist()
        if bool(missing.any()):
            values = [None if gone else v for v, gone in zip(values, missing.tolist(), strict=True)]
        lists.append(values)
    return [list(row) for row in zip(*lists, strict=True)]
