"""The result tables of an analysis as Formation nodes, MEASURED relationships and Cluster properties.

Which properties exist is read from ``graph/output_columns.csv``, never from the data: a column that the
contract does not name is not written.

Layout::

    (:Formation {key, cluster_id, year, …})-[:OF]->(:Cluster {…})
    (:Participant)-[:MEASURED {key, cluster_id, year, …}]->(:Formation)
    (:Gap {key, cluster_id, year, participant_id, column, code, value, detail})-[:AT]->(:Cluster)

A Gap says why a cell is unknown: one of ``participants`` where it has a participant (``*`` is every member
whose cell is), else one of ``formations``, or of ``clusters`` where it has no year.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import DataError, parameter_error
from clustercoop.graph.gaps import COLUMNS
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.stores.records import NodeSpec, escape, join_key
from clustercoop.graph.texts import refusal

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "formations": ("cluster_id", "year"),
    "participants": ("cluster_id", "year", "participant_id"),
    "clusters": ("cluster_id",),
    "gaps": ("cluster_id", "column", "code"),
}
GAP: Final = NodeSpec("Gap", "key", COLUMNS, ("AT", "Cluster", "cluster_id", False))
_NOTHING: Final[Mapping[str, tuple[str, ...]]] = {
    "formations": ("cluster_id", "year", "key"),
    "measured": ("participant_id", "formation", "key"),
    "clusters": ("id",),
    "gaps": ("key", "cluster_id"),
}


@cache
def column_types(table: str) -> Mapping[str, str]:
    """Return column → type of a result table, in the order of the contract.

    Examples
    --------
    >>> column_types("formations")["cooperation_ratio"]
    'share'
    """
    if table == "gaps":
        return {name: "year" if name == "year" else "text" for name in COLUMNS}
    return {column.column: column.kind for column in output_columns(table)}


def properties(table: str) -> tuple[str, ...]:
    """Return the columns of a result table that become properties beside its key."""
    return tuple(name for name in column_types(table) if name not in KEYS[table])


def typed_results(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the contract's columns of `frame`, each in its type; absent ones are left out.

    Raises
    ------
    ParameterError
        `table` is no result table.
    DataError
        A key column is absent, empty or repeated, or a cell does not fit its column's type.
    """
    if table not in KEYS:
        raise parameter_error("tables", "write_results", f"a mapping of {', '.join(KEYS)}", table)
    missing = [name for name in KEYS[table] if name not in frame]
    if missing:
        raise refusal(DataError, "result_column", table=table, column=missing[0])
    done: dict[str, pd.Series[Any]] = {}
    for name, kind in column_types(table).items():
        if name not in frame:
            continue
        try:
            done[name] = KINDS[kind].typed(frame[name])
        except (TypeError, ValueError) as error:
            raise refusal(DataError, "result_kind", table=table, column=name, kind=kind) from error
    out = pd.DataFrame(done).reset_index(drop=True)
    keys = list(KEYS[table])
    several = table == "gaps"
    if bool(out[keys].isna().any(axis=None)) or (not several and bool(out.duplicated(keys).any())):
        raise refusal(DataError, "result_key", table=table, columns=", ".join(keys))
    return out


def result_records(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the records ``formations``, ``measured`` and ``gaps`` (by key) and ``clusters`` (by id).

    Every participant row gets a Formation to hang on: one that ``formations`` lacks is made from its key.
    """
    typed = {name: typed_results(name, frame) for name, frame in tables.items()}
    formations = typed.get("formations", pd.DataFrame(columns=["cluster_id", "year"]))
    people = typed.get("participants", pd.DataFrame(columns=["cluster_id", "year", "participant_id"]))
    pairs = people[["cluster_id", "year"]].drop_duplicates()
    if not len(formations) and not len(people) and not typed.keys() & {"clusters", "gaps"}:
        return {name: pd.DataFrame(columns=list(names)) for name, names in _NOTHING.items()}
    formations = formations.merge(pairs, "outer", on=["cluster_id", "year"]) if len(pairs) else formations
    formations = formations.assign(key=formation_key(formations))
    measured = people.assign(
        formation=formation_key(people),
        key=join_key(escape(people["participant_id"]), escape(people["cluster_id"]), people["year"]),
    )
    clusters = typed.get("clusters", pd.DataFrame(columns=["cluster_id"]))
    return {
        "formations": formations,
        "measured": measured,
        "clusters": clusters.rename(columns={"cluster_id": "id"}),
        "gaps": _gap_records(typed.get("gaps", pd.DataFrame(columns=list(COLUMNS)))),
    }


def _gap_records(gaps: pd.DataFrame) -> pd.DataFrame:
    parts = [gaps[name].astype(object) for name in ("cluster_id", "year", "participant_id", "column", "code")]
    key = join_key(*(escape(part.where(part.notna(), None)) for part in parts))
    nth = pd.Series(key, dtype=object).groupby(key, sort=False).cumcount()
    return gaps.assign(key=join_key(key, nth))


def formation_key(frame: pd.DataFrame) -> Any:
    """Return the key of each row's formation, ``cluster|year``."""
    return join_key(escape(frame["cluster_id"]), frame["year"])


def from_result_rows(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a result table as a store gave it back: the contract's columns, typed, sorted by key."""
    columns = list(column_types(table))
    done = {name: KINDS[column_types(table)[name]].typed(frame[name]) for name in columns}
    order = columns if table == "gaps" else list(KEYS[table])
    return pd.DataFrame(done, columns=columns).sort_values(order, ignore_index=True)


def drop_results(
    tables: Mapping[str, pd.DataFrame], clusters: Collection[str], years: Collection[int] | None
) -> dict[str, pd.DataFrame]:
    """Return the tables without what a change of `clusters` in `years` (None is all) has made stale."""
    out = {}
    for name, frame in tables.items():
        stale = frame["cluster_id"].isin(list(clusters))
        if years is not None and name != "clusters":
            stale &= frame["year"].isin(list(years)) | frame["year"].isna()
        out[name] = frame[~stale].reset_index(drop=True)
    return out


def replace_results(
    before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return `before` with the formations and clusters of `after` taken from `after`."""
    fresh = {name: typed_results(name, frame) for name, frame in after.items()}
    touched = [
        fresh[name][["cluster_id", "year"]] for name in ("formations", "participants") if name in fresh
    ]
    pairs = set(pd.concat(touched).itertuples(index=False, name=None)) if touched else set()
    named = set(fresh["clusters"]["cluster_id"]) if "clusters" in fresh else set()
    out: dict[str, pd.DataFrame] = {}
    for name in KEYS:
        old = before.get(name, pd.DataFrame(columns=list(column_types(name))))
        if name == "clusters":
            kept = old[~old["cluster_id"].isin(list(named))]
        else:
            stale = [
                (cluster in named) if pd.isna(year) else ((cluster, year) in pairs)
                for cluster, year in zip(old["cluster_id"], old["year"], strict=True)
            ]
            kept = old[~np.array(stale, dtype=bool)]
        parts = [part for part in (kept, fresh.get(name)) if part is not None and len(part)]
        out[name] = (
            from_result_rows(
                name, pd.concat(parts, ignore_index=True).reindex(columns=list(column_types(name)))
            )
            if parts
            else from_result_rows(name, pd.DataFrame(columns=list(column_types(name))))
        )
    return out
