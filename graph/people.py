"""Who the participants are, read from their memberships."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pandas as pd

from clustercoop.graph.schema import tables

PERSON: Final = tuple(
    column.name
    for column in tables()["participants"].columns
    if not column.key and column.name not in ("joined_year", "left_year")
)
"""What a membership says of the participant itself."""


def describe(people: pd.DataFrame, ids: Collection[str]) -> pd.DataFrame:
    """Return one row an id: the first known name, role, … of its memberships; the id where no name is.

    Examples
    --------
    >>> people = pd.DataFrame(
    ...     {"participant_id": ["1"], "name": [None], "role": ["firm"], "industry_code": "", "region": ""}
    ... )
    >>> describe(people, ["1"])[["id", "name", "role"]].values.tolist()
    [['1', '1', 'firm']]
    """
    first = people.groupby("participant_id", sort=False)[list(PERSON)].first()
    out = first.reindex(list(ids)).astype(object)
    out.insert(0, "id", out.index.astype(object))
    out["name"] = out["name"].where(out["name"].notna(), out["id"])
    return out.reset_index(drop=True)
