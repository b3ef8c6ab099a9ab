"""The result tables of an analysis as Formation nodes, MEASURED relationships and Cluster properties.

Which properties exist is read from ``graph/output_columns.csv``, never from the data: a column that the
contract does not name is not written.

Layout::

    (:Formation {key, cluster_id, year, …})-[:OF]->(:Cluster {…})
    (:Participant)-[:MEASURED {key, cluster_id, year, …}]->(:Formation)
    (:Gap {key, cluster_id, year, participant_id, column, code, value, detail})-[:AT]->(:Cluster)
    (:Formation)-[:FROM]->(:Run {key, version, settings})
    (:KeyParticipants {key, cluster_id, year, …, nth})-[:CONCERNS]->(:Cluster | :Formation | :Participant)
    (:EligibilityLinks {…})-[:CONCERNS_SUPPLIER | :CONCERNS_BUYER]->(:Participant)

A Gap says why a cell is unknown: one of ``participants`` where it has a participant (``*`` is every member
whose cell is), else one of ``formations``, or of ``clusters`` where it has no year.

A Run is the program and the settings (JSON) that made a formation's results. Each table of policy has a label
of its own, made of its name (``key_participants``: KeyParticipants); a row is a node that concerns the
cluster, the formation and the participants that its columns name, `nth` is its place in the table, and one
about all clusters has the cluster_id ``*`` and concerns none. ``said`` columns hold codes of sentences.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.columns import output_columns, policy_tables
from clustercoop.graph.errors import DataError, parameter_error
from clustercoop.graph.gaps import COLUMNS
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.stores.records import Ask, NodeSpec, escape, join_key, select
from clustercoop.graph.texts import refusal

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "formations": ("cluster_id", "year"),
    "participants": ("cluster_id", "year", "participant_id"),
    "clusters": ("cluster_id",),
    "gaps": ("cluster_id", "column", "code"),
    "runs": ("cluster_id", "year"),
    **{table: ("cluster_id",) for table in policy_tables()},
}
EVERYWHERE: Final = "*"
"""Stands for the cluster in rows that are about all of them."""
_RUN: Final = {"cluster_id": "id", "year": "year", "run": "id", "version": "text", "settings": "text"}
RUN: Final = NodeSpec("Run", "key", ("version", "settings"))
_RUNS_READ: Final = (
    "MATCH (f:Formation)-[:FROM]->(r:Run) RETURN f.cluster_id AS cluster_id, f.year AS year, "
    "r.key AS run, r.version AS version, r.settings AS settings"
)
_FOUND: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "formations": ("MATCH (n:Formation)", {}),
    "participants": ("MATCH (p:Participant)-[n:MEASURED]->()", {"participant_id": "p.id"}),
    "clusters": ("MATCH (n:Cluster) WHERE n.resulted IS NOT NULL", {"cluster_id": "n.id"}),
    "gaps": ("MATCH (n:Gap)", {}),
}
"""Result table → the pattern that finds its rows, and columns that are no properties of theirs."""
GAP: Final = NodeSpec("Gap", "key", COLUMNS, ("AT", "Cluster", "cluster_id", False))
_NOTHING: Final[Mapping[str, tuple[str, ...]]] = {
    "formations": ("cluster_id", "year", "key"),
    "measured": ("participant_id", "formation", "key"),
    "clusters": ("id",),
    "gaps": ("key", "cluster_id"),
    "runs": ("key",),
    "from": ("formation", "run"),
    **{table: ("key", "cluster_id") for table in policy_tables()},
}


def label(table: str) -> str:
    """Return the label of the rows of a table of policy.

    Examples
    --------
    >>> label("key_participants")
    'KeyParticipants'
    """
    return "".join(part.capitalize() for part in table.split("_"))


POLICY: Final = {
    table: NodeSpec(label(table), "key", (*(c.column for c in output_columns(table)), "nth"))
    for table in policy_tables()
}
"""Tables of policy by name, each a label."""


_CONCERNS: Final = {
    "cluster_id": ("CONCERNS", "Cluster"),
    "year": ("CONCERNS", "Formation"),
    "participant_id": ("CONCERNS", "Participant"),
    "supplier_id": ("CONCERNS_SUPPLIER", "Participant"),
    "buyer_id": ("CONCERNS_BUYER", "Participant"),
}
TIES: Final = tuple(dict.fromkeys(kind for kind, _ in _CONCERNS.values()))
"""Types of the relationships from rows of policy to what they concern."""


def concerns(table: str) -> tuple[tuple[str, str, str], ...]:
    """Return (relationship type, label, column that names one) of what rows of a table of policy concern.

    Examples
    --------
    >>> concerns("eligibility_links")[1:3]
    (('CONCERNS', 'Formation', 'year'), ('CONCERNS_SUPPLIER', 'Participant', 'supplier_id'))
    """
    return tuple((*_CONCERNS[name], name) for name in _CONCERNS if name in column_types(table))


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
    if table == "runs":
        return _RUN
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
    done: dict[str, Any] = {}
    for name, kind in column_types(table).items():
        if name not in frame:
            if table in POLICY:
                done[name] = KINDS[kind].unknown(len(frame))
            continue
        try:
            done[name] = KINDS[kind].cells(frame[name])
        except (TypeError, ValueError) as error:
            raise refusal(DataError, "result_kind", table=table, column=name, kind=kind) from error
    if table in POLICY:
        done["nth"] = frame["nth"].to_numpy("int64") if "nth" in frame else np.arange(len(frame))
    out = pd.DataFrame(done)
    keys = list(KEYS[table])
    several = table == "gaps" or table in POLICY
    if bool(out[keys].isna().any(axis=None)) or (not several and bool(out.duplicated(keys).any())):
        raise refusal(DataError, "result_key", table=table, columns=", ".join(keys))
    return out


def result_records(tables: Mapping[str, pd.DataFrame], *, typed: bool = False) -> dict[str, pd.DataFrame]:
    """Return the records of results: ``clusters`` by id, all others by key.

    ``formations``, ``measured``, ``gaps``, ``runs`` and the links ``from`` formations to them, and every
    table of policy. Every participant row gets a Formation to hang on: one that ``formations`` lacks is made
    from its key. `typed` tables have been through `typed_results`.
    """
    held = dict(tables) if typed else {name: typed_results(name, frame) for name, frame in tables.items()}
    formations = held.get("formations", pd.DataFrame(columns=["cluster_id", "year"]))
    people = held.get("participants", pd.DataFrame(columns=["cluster_id", "year", "participant_id"]))
    pairs = people[["cluster_id", "year"]].drop_duplicates()
    if not len(formations) and not len(people) and not held.keys() - {"formations", "participants"}:
        return {name: pd.DataFrame(columns=list(names)) for name, names in _NOTHING.items()}
    formations = formations.merge(pairs, "outer", on=["cluster_id", "year"]) if len(pairs) else formations
    formations = formations.assign(key=formation_key(formations))
    measured = people.assign(
        formation=formation_key(people),
        key=join_key(escape(people["participant_id"]), escape(people["cluster_id"]), people["year"]),
    )
    clusters = held.get("clusters", pd.DataFrame(columns=["cluster_id"]))
    return {
        "formations": formations,
        "measured": measured,
        "clusters": clusters.rename(columns={"cluster_id": "id"}),
        "gaps": _gap_records(held.get("gaps", pd.DataFrame(columns=list(COLUMNS)))),
        **_run_records(held.get("runs", pd.DataFrame(columns=list(_RUN))), set(formations["key"])),
        **{table: _policy_records(table, held.get(table)) for table in POLICY},
    }


def _run_records(runs: pd.DataFrame, formations: Collection[str]) -> dict[str, pd.DataFrame]:
    made = runs.assign(formation=formation_key(runs))[["formation", "run", "version", "settings"]]
    made = made[made["formation"].isin(list(formations))]
    nodes = made.rename(columns={"run": "key"})[["key", "version", "settings"]].drop_duplicates("key")
    return {"runs": nodes.reset_index(drop=True), "from": made[["formation", "run"]].reset_index(drop=True)}


def _policy_records(table: str, frame: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows of a table of policy with their keys, and the key of each one's ``formation``."""
    if frame is None or not len(frame):
        return pd.DataFrame(columns=list(_NOTHING[table]))
    out = frame.assign(key=join_key(escape(frame["cluster_id"]), frame["nth"]))
    return out.assign(formation=formation_key(frame)) if "year" in frame else out


def _gap_records(gaps: pd.DataFrame) -> pd.DataFrame:
    parts = [gaps[name].astype(object) for name in ("cluster_id", "year", "participant_id", "column", "code")]
    key = join_key(*(escape(part.where(part.notna(), None)) for part in parts))
    nth = pd.Series(key, dtype=object).groupby(key, sort=False).cumcount()
    return gaps.assign(key=join_key(key, nth))


def formation_key(frame: pd.DataFrame) -> Any:
    """Return the key of each row's formation, ``cluster|year``."""
    return join_key(escape(frame["cluster_id"]), frame["year"])


def from_result_rows(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a result table as a store gave it back: the contract's columns, typed, sorted by key.

    Tables of policy, which are typed already, come in the order in which they were made.
    """
    columns = list(column_types(table))
    if table in POLICY:
        return frame.sort_values(["nth", "cluster_id"], kind="stable", ignore_index=True)[columns]
    out = pd.DataFrame({name: KINDS[column_types(table)[name]].cells(frame[name]) for name in columns})
    return out.sort_values(columns if table == "gaps" else list(KEYS[table]), ignore_index=True)


def read_rows(ask: Ask) -> dict[str, pd.DataFrame]:
    """Return the result tables of a store; a table of policy where it has rows."""
    out = {}
    for table, (pattern, ends) in _FOUND.items():
        columns = [name for name in column_types(table) if name not in ends]
        out[table] = from_result_rows(table, select(ask, pattern, columns, ends))
    out["runs"] = from_result_rows("runs", ask(_RUNS_READ, list(_RUN)))
    for table, node in POLICY.items():
        frame = select(ask, f"MATCH (n:{node.label})", node.properties)
        if len(frame):
            out[table] = typed_results(table, frame)
    return out


def public(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return tables as they are given to people: as they were written, one without rows left out of policy.

    Every other table is there, empty where nothing was written.
    """
    return {
        name: from_result_rows(name, frame) if name in POLICY else frame.copy()
        for name, frame in tables.items()
        if name not in POLICY or len(frame)
    }


def _stale(table: str, frame: pd.DataFrame, clusters: Collection[str], years: Collection[int] | None) -> Any:
    """Tell which rows a change of `clusters` in `years` makes stale: of policy those of every year."""
    if table in POLICY:
        return frame["cluster_id"].isin([*clusters, EVERYWHERE] if clusters else [])
    stale = frame["cluster_id"].isin(list(clusters))
    if years is not None and table != "clusters":
        stale &= frame["year"].isin(list(years)) | frame["year"].isna()
    return stale


def drop_results(
    tables: Mapping[str, pd.DataFrame], clusters: Collection[str], years: Collection[int] | None
) -> dict[str, pd.DataFrame]:
    """Return the tables without what a change of `clusters` in `years` (None is all) has made stale."""
    return {
        name: frame[~_stale(name, frame, clusters, years)].reset_index(drop=True)
        for name, frame in tables.items()
    }


def written_clusters(tables: Mapping[str, pd.DataFrame]) -> set[str]:
    """Return the clusters whose results `tables` are."""
    named = {id for name, frame in tables.items() if name != "gaps" for id in frame["cluster_id"].dropna()}
    return {str(id) for id in named} - {EVERYWHERE}


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
    about = written_clusters(fresh)
    out: dict[str, pd.DataFrame] = {}
    for name in KEYS:
        if name in POLICY and name not in before and name not in fresh:
            continue
        columns = [*column_types(name), *(["nth"] if name in POLICY else [])]
        old = before.get(name, pd.DataFrame(columns=columns))
        if name in POLICY:
            kept = old[~_stale(name, old, about, None)]
        elif name == "clusters":
            kept = old[~old["cluster_id"].isin(list(named))]
        else:
            stale = [
                (cluster in named) if pd.isna(year) else ((cluster, year) in pairs)
                for cluster, year in zip(old["cluster_id"], old["year"], strict=True)
            ]
            kept = old[~np.array(stale, dtype=bool)]
        parts = [part for part in (kept, fresh.get(name)) if part is not None and len(part)]
        whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
        whole = whole.reindex(columns=columns)
        out[name] = whole if name in POLICY else from_result_rows(name, whole)
    return out
