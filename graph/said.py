"""Sentences as data: a text's id with its places, kept in a cell and told in any language when written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

PLACES: Final = ("column", "columns", "term", "terms", "input", "members", "finding", "reason")


class Said(NamedTuple):
    """One sentence: the id of its text in the catalogues, and what fills its places.

    A place is a text or a number as it is, or ``{"share": 0.2}`` for a value of a kind of column, or one of
    `PLACES`: ``{"column": name}`` is told by its header, ``{"term": name}`` by its term, ``{"input":
    "table.column"}`` by the name of an input column, ``{"members": [ids]}`` and the plurals as lists;
    ``{"texts": {"en": …, "ru": …}}`` is a text of a file of rules in its languages.
    """

    id: str
    places: dict[str, Any]


def say(id: str, **places: Any) -> Said:
    """Return the sentence `id` with its places."""
    return Said(id, places)


def coded(sentences: Iterable[Said]) -> str:
    """Return sentences as the text of one cell; "" for none.

    Examples
    --------
    >>> coded([say("early.falls", column={"column": "cooperation_ratio"}, fall={"share": 0.25})])
    '[["early.falls", {"column": {"column": "cooperation_ratio"}, "fall": {"share": 0.25}}]]'
    """
    told = [[each.id, each.places] for each in sentences]
    return _WRITER.encode(told) if told else ""


def decoded(cell: object) -> list[Said]:
    """Return the sentences of one cell.

    Examples
    --------
    >>> decoded('[["early.falls", {"years": 2}]]'), decoded("")
    ([Said(id='early.falls', places={'years': 2})], [])
    """
    if not isinstance(cell, str) or not cell:
        return []
    return [Said(str(id), dict(places)) for id, places in json.loads(cell)]


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if value is pd.NA:
        return None
    raise TypeError(f"A place of a sentence cannot be {type(value).__name__}.")


_WRITER: Final = json.JSONEncoder(ensure_ascii=False, default=_plain)
