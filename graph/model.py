"""The supply graph: columnar tables of participants, links and activity, with integer codes inside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Indices, Int32s, Objects
from clustercoop.graph.display import figure, inert, notebook, span
from clustercoop.graph.errors import DataError, SchemaError, UnknownNameError
from clustercoop.graph.findings import listed
from clustercoop.graph.formation import Formation
from clustercoop.graph.identity import Lineage, settle
from clustercoop.graph.kinds import KINDS, TEXT
from clustercoop.graph.networks import ORIGIN, PLACED, network_of, tables_of
from clustercoop.graph.people import People, names
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR, UNSETTLED, kept_tables, tables
from clustercoop.graph.slicing import slice_formations
from clustercoop.graph.texts import BASE, refusal, text
from clustercoop.graph.threads import MANY, at_once

if TYPE_CHECKING:
    import networkx as nx


_ENDS: Final = {"supplier_id": "supplier", "buyer_id": "buyer"}
_WHO: Final = {"participants": ("participant_id",), "activity": ("participant_id",), "links": tuple(_ENDS)}
_ABOUT_LINK: Final = (*(n for n in tables()["links"].names if n not in ("year", *_ENDS)), *ORIGIN)
PARALLEL: Final = tuple(n for n in tables()["links"].key if n not in ("year", *_ENDS))

APART: Final = ("aliases", "deflators", "production_index")
"""Tables about no cluster and no participant-year: a store replaces them with everything, or adds to them."""


def _conform(frame: pd.DataFrame | None, table: str) -> pd.DataFrame:
    """Return `frame` with exactly the contract's columns and types, and where its rows came from."""
    if frame is None:
        return _empty(table).copy()
    spec = kept_tables()[table]
    missing = [name for name in spec.required if name not in frame.columns]
    if missing:
        raise SchemaError(
            f"The table {spec.name} has no column {', '.join(missing)}; "
            f"it has {', '.join(map(str, frame.columns))}."
        )
    rows = pd.RangeIndex(len(frame))
    unknown = pd.Series(np.nan, rows, dtype=np.float64)  # memory that all absent columns share
    untold = pd.Series(KINDS["text"].unknown(len(frame)), rows)
    columns: dict[str, pd.Series[Any]] = {}
    for column in spec.columns:
        absent = untold if column.type in ("id", "text") else unknown
        if column.name not in frame and not column.filled and column.type != "year":
            columns[column.name] = absent
            continue
        series = frame.get(column.name, absent)
        series.index = rows
        if column.type in ("id", "text"):
            held = series.dtype == TEXT or (column.name in _WHO.get(spec.name, ()) and _is_coded(series))
            converted: pd.Series[Any] = series if held else series.astype(TEXT)
            if column.filled and bool(converted.array.isna().any()):
                raise DataError(f"The column {column.name} of the table {spec.name} has empty cells.")
        elif column.type == "year":
            converted = _years(series, spec.name, column.name, column.required)
        else:
            converted = series if series.dtype == np.float64 else pd.to_numeric(series).astype("float64")
            values = converted.to_numpy()
            if np.isinf(values).any() or (column.required and np.isnan(values).any()):
                raise DataError(
                    f"The column {column.name} of the table {spec.name} has cells that are not numbers."
                )
        columns[column.name] = converted
    out = pd.DataFrame(columns, index=rows, copy=False)
    return out.assign(**_origin(frame)) if table in PLACED else out


def _is_coded(series: pd.Series[Any]) -> bool:
    """Tell whether a column of identifiers is held by its distinct texts already."""
    if not isinstance(series.dtype, pd.CategoricalDtype):
        return False
    return pd.api.types.infer_dtype(series.dtype.categories, skipna=False) == "string"


@cache
def _empty(name: str) -> pd.DataFrame:
    """Return the table `name` without rows; copied by whoever keeps it."""
    return _conform(pd.DataFrame(columns=list(kept_tables()[name].names)), name)


def _origin(frame: pd.DataFrame) -> dict[str, Any]:
    """Return where the rows of a table came from."""
    size = len(frame)
    out: dict[str, Any] = {"row": frame["row"].to_numpy("int64") if "row" in frame else np.zeros(size, int)}
    for name in ("file", "sheet"):
        held = frame[name].array if name in frame else np.full(size, "", object)
        out[name] = held if isinstance(held, pd.Categorical) else pd.Categorical(np.asarray(held, dtype=str))
    return out


def _sorted(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return frame.sort_values(by, ignore_index=True, kind="stable") if len(frame) > 1 else frame


def _years(series: pd.Series[Any], table: str, column: str, required: bool) -> pd.Series[Any]:
    numbers = series if series.dtype == np.float64 else pd.to_numeric(series).astype("float64")
    known = numbers.to_numpy()[~np.isnan(numbers.to_numpy())]
    whole = (known == known.round()) & (known >= FIRST_YEAR) & (known <= LAST_YEAR)
    if (required and len(known) < len(numbers)) or not whole.all():
        raise DataError(
            f"The column {column} of the table {table} must hold years from {FIRST_YEAR} to {LAST_YEAR}."
        )
    return numbers.astype("int32" if required else "Int32")


def _repeated(table: str) -> DataError:
    return DataError(f"The table {table} repeats a row with the same {', '.join(tables()[table].key)}.")


def _coded(series: pd.Series[Any]) -> tuple[Indices, Objects]:
    """Return the position of each cell among the texts that the column holds, and those."""
    held = series.array
    if not isinstance(held, pd.Categorical):
        codes, unique = pd.factorize(series)
        return codes, np.asarray(unique, dtype=object)
    used = np.bincount(held.codes, minlength=len(held.categories)) > 0
    return (np.cumsum(used) - 1)[held.codes], held.categories.to_numpy(dtype=object)[used]


def _universe(several: list[Objects]) -> tuple[Any, list[Int32s]]:
    """Return the distinct texts of arrays as one of Arrow, sorted, and where those of each are in it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pa.concat_arrays([pa.array(part, pa.large_string()) for part in several]).dictionary_encode()
    order = pc.sort_indices(coded.dictionary)
    rank = np.empty(len(order), np.int32)
    rank[order.to_numpy()] = np.arange(len(order))
    ends = np.cumsum([len(part) for part in several])
    return coded.dictionary.take(order), np.split(rank[coded.indices.to_numpy()], ends[:-1])


def _ordered(frame: pd.DataFrame, order: Indices) -> pd.DataFrame:
    """Return the rows of `frame` in `order`; a large one is used up column by column, to free memory."""
    if len(order) < MANY:
        return frame.take(order).reset_index(drop=True)
    names = list(map(str, frame))
    held = [[frame.pop(name)] for name in names]

    def taken(one: list[pd.Series[Any]]) -> Any:
        column = one.pop()
        return column if column.isna().all() else column.array.take(order)

    return pd.DataFrame(dict(zip(names, at_once(taken, held, rows=len(order)), strict=True)), copy=False)


def _canonical_order(links: pd.DataFrame, n: int) -> pd.DataFrame:
    """Sort by year, supplier, buyer, then product and kind, so that sums do not depend on row order."""
    pair = links["year"].to_numpy("int64") * n
    pair += links["supplier"].to_numpy()
    pair *= n
    pair += links["buyer"].to_numpy()
    if (pair[1:] > pair[:-1]).all():
        return links
    years = links["year"].to_numpy()
    parts = [np.flatnonzero(years == year) for year in np.unique(years)]
    order = np.concatenate(at_once(lambda rows: rows[np.argsort(pair[rows])], parts, rows=len(links)))
    pair = pair[order]
    if not (pair[1:] > pair[:-1]).all():
        pair[order] = pair.copy()
        by = [pd.factorize(links[name], sort=True, use_na_sentinel=True)[0] for name in reversed(PARALLEL)]
        order = np.lexsort([links["row"].to_numpy(), links["value"].to_numpy(), *by, pair])
    return _ordered(links, order)


@dataclass(frozen=True, eq=False)
class SupplyGraph:
    """Participants of clusters and the supply links between them, over years.

    Build it with `from_tables` (checked tables), or let `clustercoop.load` read files.

    Attributes
    ----------
    node_ids : array of str, sorted
        Every participant and every outside partner; a node's code is its position here.
    participants : DataFrame
        Memberships: the contract's columns and ``node``.
    partners : DataFrame
        Rows of the table participants that name no cluster: partners outside; the same columns.
    links : DataFrame
        ``year, supplier, buyer`` (node codes), ``value``, ``product_code``, ``kind``, and where the row came
        from: ``row`` (1-based row of the file, 0 unknown), ``file``, ``sheet``.
    activity : DataFrame
        The contract's columns and ``node``, ``row``, ``file``, ``sheet``.
    clusters, indicators, measures, aliases, deflators, production_index : DataFrame
        The contract's columns.
    currency : str
        ISO code; every value is in millions of it.
    provenance : mapping
        Where the tables came from (input hashes, conversions).
    shared_members : {"full", "split"}
        Whether a member of several clusters in a year counts in full in each, or in equal parts.
    unsettled : DataFrame
        Rows that were rejected although they tell of supply or of a member, and figures that nobody could
        read: ``table`` (links, participants, activity), what is known of them
        (`clustercoop.graph.schema.UNSETTLED`), and ``row, file, sheet``. What rests on them is unknown.

    Examples
    --------
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["01", "02"], "cluster_id": ["c", "c"]}),
    ...     "links": pd.DataFrame(
    ...         {"year": [2022], "supplier_id": ["01"], "buyer_id": ["02"], "value": [5.0]}
    ...     ),
    ... })
    >>> [formation] = graph.formations()
    >>> formation.cluster_id, formation.year, formation.dense().tolist()
    ('c', 2022, [[0.0, 5.0], [0.0, 0.0]])
    """

    node_ids: Objects
    participants: pd.DataFrame
    partners: pd.DataFrame
    links: pd.DataFrame
    activity: pd.DataFrame
    clusters: pd.DataFrame
    indicators: pd.DataFrame
    measures: pd.DataFrame
    aliases: pd.DataFrame
    deflators: pd.DataFrame
    production_index: pd.DataFrame
    unsettled: pd.DataFrame
    currency: str = "RUB"
    provenance: Mapping[str, Any] = field(default_factory=dict)
    shared_members: Literal["full", "split"] = "full"

    @classmethod
    def from_tables(
        cls,
        frames: Mapping[str, pd.DataFrame],
        *,
        currency: str = "RUB",
        provenance: Mapping[str, Any] | None = None,
    ) -> SupplyGraph:
        """Build a graph from tables of the contract.

        Parameters
        ----------
        frames : mapping of str to DataFrame
            Any of the tables of ``graph/schema.csv`` with the contract's column names, and ``unsettled``.
            ``links``, ``activity`` and ``unsettled`` may carry ``row``, ``file``, ``sheet``.
        currency : str
            ISO code of the currency; values are in millions of it.
        provenance : mapping, optional
            Kept as it is.

        Raises
        ------
        SchemaError
            A required column is absent.
        DataError
            A cell has the wrong type, or an endpoint or participant-year is repeated or negative.
        """
        unknown = sorted(set(frames) - set(kept_tables()))
        if unknown:
            raise SchemaError(
                f"{unknown[0]!r} is no table of the contract; these are: {', '.join(tables())}."
            )
        names, rows = list(kept_tables()), sum(map(len, frames.values()))
        given = [frames.get(name) for name in names]
        done = settle(dict(zip(names, at_once(_conform, given, names, rows=rows), strict=True)))
        del frames, given
        return cls._assemble(done, currency, provenance or {})

    @classmethod
    def _assemble(
        cls, done: dict[str, pd.DataFrame], currency: str, provenance: Mapping[str, Any]
    ) -> SupplyGraph:
        """Code the settled tables; what is large is taken out of `done`, so that it is held once."""
        import pyarrow as pa

        links, activity = done.pop("links"), done.pop("activity")
        if bool((links["value"] < 0).any()):
            raise DataError("The column value of the table links has negative cells.")
        for name in ("indicators", "clusters", *APART):
            if len(done[name]) and bool(done[name].duplicated(list(tables()[name].key)).any()):
                raise _repeated(name)
        for name in APART:
            done[name] = _sorted(done[name], list(tables()[name].key))
        people = done.pop("participants")
        named = [(people, "participant_id"), (activity, "participant_id"), *((links, end) for end in _ENDS)]
        coded = [_coded(frame[name]) for frame, name in named]
        universe, places = _universe([texts for _, texts in coded])
        whose, active, *ends = (place[codes] for place, (codes, _) in zip(places, coded, strict=True))
        del coded, places

        def ids(nodes: Int32s) -> Any:
            return pd.array(pa.chunked_array([universe.take(pa.array(nodes))]), dtype=TEXT)

        links = pd.DataFrame(
            {
                "year": links["year"],
                **dict(zip(_ENDS.values(), ends, strict=True)),
                **{name: links[name] for name in _ABOUT_LINK},
            },
            copy=False,
        )
        del ends
        activity["participant_id"], activity["node"] = ids(active), active
        when = activity["year"].to_numpy("int64") * len(universe) + active
        if not (when[1:] > when[:-1]).all():
            order = np.argsort(when)
            when = when[order]
            if not (when[1:] > when[:-1]).all():
                raise _repeated("activity")
            activity = _ordered(activity, order)
        people["participant_id"], people["node"] = ids(whose), whose
        people = people.sort_values(["cluster_id", "node", "joined_year"], ignore_index=True)
        outside = people["cluster_id"].isna()
        return cls(
            node_ids=universe.to_numpy(zero_copy_only=False),
            participants=people[~outside].reset_index(drop=True) if outside.any() else people,
            partners=people[outside].reset_index(drop=True),
            links=_canonical_order(links, len(universe)),
            activity=activity,
            clusters=_sorted(done["clusters"], ["cluster_id"]),
            indicators=_sorted(done["indicators"], ["cluster_id", "year"]),
            measures=_sorted(done["measures"], ["cluster_id", "year"]),
            aliases=done["aliases"],
            deflators=done["deflators"],
            production_index=done["production_index"],
            unsettled=_sorted(done["unsettled"], [*UNSETTLED.names, *ORIGIN]),
            currency=currency,
            provenance=provenance,
        )

    def sharing(self, shared_members: Literal["full", "split"]) -> SupplyGraph:
        """Return this graph with members of several clusters counted in `full` in each, or `split`."""
        return self if shared_members == self.shared_members else replace(self, shared_members=shared_members)

    def to_tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the contract and ``unsettled``, with ``row, file, sheet`` where known."""
        ids = pd.array(self.node_ids, dtype=TEXT)
        links = self.links.drop(columns=["supplier", "buyer"])
        for place, end in enumerate(("supplier", "buyer"), start=1):
            names = ids.take(self.links[end].to_numpy())
            links.insert(place, f"{end}_id", pd.Series(names, links.index, copy=False))
        return {
            "participants": self._rows.drop(columns="node"),
            "links": links,
            "activity": self.activity.drop(columns="node"),
            "clusters": self.clusters,
            "indicators": self.indicators,
            "measures": self.measures,
            **{name: getattr(self, name) for name in APART},
            "unsettled": self.unsettled,
        }

    def __repr__(self) -> str:
        """Return a few lines: how many of what, and for which years."""
        return "\n  ".join(self._lines())

    def _repr_html_(self) -> str:
        """Return the same for a notebook, with a row a year, the last first."""
        links = self.links.groupby("year")["value"].agg(["size", "sum"])
        work = self.activity["year"].value_counts()
        heads = [
            text(f"show.{name}", BASE, currency=self.currency) for name in ("links", "value", "activity")
        ]
        rows = (
            [
                str(year),
                figure(int(links["size"].get(year, 0)), BASE),
                figure(float(links["sum"].get(year, 0.0)), BASE),
                figure(int(work.get(year, 0)), BASE),
            ]
            for year in reversed(self.years)
        )
        heads.insert(0, text("report.record_year", BASE))
        return notebook(self._lines(), heads, rows, len(self.years), BASE)

    def _lines(self) -> list[str]:
        counts = {
            "clusters": len(self.cluster_ids),
            "years": span(self.years),
            "participants": self.participants["participant_id"].nunique(),
            "partners": self.partners["participant_id"].nunique(),
        }
        held = {name: len(getattr(self, name)) for name in tables()}
        told = ", ".join(f".{name} {count}" for name, count in held.items() if count)
        return [
            text("show.graph", BASE, **counts),
            text("show.rows", BASE, rows=told, currency=inert(self.currency)),
        ]

    def equals(self, other: SupplyGraph) -> bool:
        """Tell whether both hold the same tables and currency (provenance aside)."""
        mine, theirs = self.to_tables(), other.to_tables()
        return self.currency == other.currency and all(
            mine[name].astype(object).equals(theirs[name].astype(object)) for name in mine
        )

    @cached_property
    def cluster_ids(self) -> tuple[str, ...]:
        """Every cluster that any table names, sorted."""
        frames = (self.participants, self.clusters, self.indicators, self.measures)
        return tuple(sorted({str(c) for frame in frames for c in frame["cluster_id"].unique()}))

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Every year of links, activity or indicators, ascending."""
        frames = (self.links, self.activity, self.indicators)
        return tuple(sorted({int(y) for frame in frames for y in frame["year"].unique()}))

    @cached_property
    def names(self) -> dict[str, str]:
        """Participant id → name shown to people (the id where no name is known)."""
        return {str(i): str(i) for i in self.node_ids} | names(self._rows)

    @cached_property
    def _rows(self) -> pd.DataFrame:
        """The table participants: memberships, then partners."""
        if not len(self.partners):
            return self.participants
        return pd.concat([self.participants, self.partners], ignore_index=True)

    @cached_property
    def lineage(self) -> Lineage:
        """Which organisations count as one across a merger or split."""
        return Lineage(self.aliases, self.node_ids)

    @cached_property
    def people(self) -> People:
        """Who is a member of what in a year, and with which role, industry and region."""
        return People(self._rows, self.node_ids, self.cluster_ids)

    @cached_property
    def cluster_names(self) -> dict[str, str]:
        """Cluster id → name shown to people (the id where no name is known)."""
        known = self.clusters.dropna(subset=["name"])
        return {c: c for c in self.cluster_ids} | dict(zip(known["cluster_id"], known["name"], strict=True))

    def formations(
        self, clusters: Collection[str] | None = None, years: Collection[int] | None = None
    ) -> list[Formation]:
        """Return the formations that links or activity describe, by cluster, then year.

        A cluster-year is a formation when it has a member and any link or activity row of that year touches
        one. Cluster-years known from `indicators` alone are not here.

        Parameters
        ----------
        clusters, years : collections, optional
            Keep these only.

        Raises
        ------
        UnknownNameError
            A cluster or year that the dataset does not hold.
        """
        for asked, held, what in ((clusters, self.cluster_ids, "cluster"), (years, self.years, "year")):
            for name in asked or ():
                if name not in held:
                    known = listed("; ".join(map(str, held)))
                    raise refusal(UnknownNameError, f"unknown_{what}", name=name, known=known)
        return [
            formation
            for formation in self._all_formations
            if (clusters is None or formation.cluster_id in clusters)
            and (years is None or formation.year in years)
        ]

    def formation(self, cluster_id: str, year: int) -> Formation:
        """Return one formation; `UnknownNameError` where the data describe none."""
        found = self.formations([cluster_id], [year])
        if not found:
            raise refusal(UnknownNameError, "unknown_formation", cluster=cluster_id, year=year)
        return found[0]

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """Return a new networkx multigraph of all of this; see `clustercoop.graph.networks.network_of`."""
        return network_of(self.to_tables(), self.node_ids, self.currency, self.provenance)

    @staticmethod
    def from_networkx(
        source: nx.Graph[Any], *, year: int | None = None, currency: str | None = None
    ) -> SupplyGraph:
        """Return a supply graph from networkx; see `clustercoop.graph.networks.tables_of`."""
        frames, meant, provenance = tables_of(source, year=year)
        return SupplyGraph.from_tables(frames, currency=currency or meant, provenance=provenance)

    @cached_property
    def _all_formations(self) -> list[Formation]:
        return slice_formations(self)
