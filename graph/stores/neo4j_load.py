"""Loading a graph into Neo4j: batches, resumption, and the sweep of what the data no longer have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from clustercoop.graph.errors import StoreError
from clustercoop.graph.model import APART, SupplyGraph
from clustercoop.graph.periods import merge_memberships
from clustercoop.graph.progress import Progress
from clustercoop.graph.rows import to_rows
from clustercoop.graph.stores import parts, records
from clustercoop.graph.stores.neo4j_write import (
    LABELS,
    LOCK,
    Writer,
    link_rows,
    link_statement,
    node_statement,
)
from clustercoop.graph.stores.protocol import SCHEMA_VERSION, LoadReport
from clustercoop.graph.texts import refusal


def fingerprint(graph: SupplyGraph) -> str:
    """Return a digest of everything `graph` holds, the same in every process."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr(("layout", SCHEMA_VERSION, graph.currency)).encode())
    for name, frame in graph.to_tables().items():
        digest.update(repr((name, len(frame), list(frame.columns))).encode())
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


class Loader(Writer):
    """Loads one graph."""

    def ensure_schema(self, currency: str) -> dict[str, Any]:
        """Create the constraints and the node about the store itself; return that node's properties."""
        meta = self._meta()
        if meta is None:
            labels = "|".join(LABELS)
            [[strange]] = self.link.read(f"MATCH (n:{labels}) RETURN count(n)")
            if strange:
                raise refusal(StoreError, "database_foreign", count=strange)
            self._constrain()
            self.link.schema("CALL db.awaitIndexes(300)")
            first = {"version": SCHEMA_VERSION, "currency": currency}
            made = (
                "MATCH (m:ClusterCoop {id: 'store'}) "
                "SET m.schema_version = coalesce(m.schema_version, $version), "
                "m.currency = coalesce(m.currency, $currency), m.provenance = coalesce(m.provenance, '{}'), "
                "m.years = coalesce(m.years, [])"
            )
            self.link.write([(LOCK, {}), (made, first)])
            meta = self._meta() or {}
        return meta

    def load(
        self,
        graph: SupplyGraph,
        progress: Progress,
        held: Callable[[], SupplyGraph],
        sweep: Callable[[list[tuple[str | None, int | None]]], None] | None = None,
    ) -> LoadReport:
        """Make the store hold `graph` for the clusters and years of `graph`.

        Parameters
        ----------
        graph : SupplyGraph
        progress : Progress
        held : callable
            Reads all that the store holds.
        sweep : callable, optional
            Removes clusters and years; given where the store shall hold nothing but `graph`.
        """
        meta = self.ensure_schema(graph.currency)
        # Keys before rows: what comes to be after this belongs to another load, and is not ours to remove.
        held_keys = self._keys()
        people = self.people()
        old_clusters = {row[0] for row in self.link.read("MATCH (c:Cluster) RETURN c.id")}
        fresh = not old_clusters and not self.link.read("MATCH (p:Participant) RETURN 1 LIMIT 1")
        if fresh:
            self.link.write(
                [(LOCK, {}), ("MATCH (m:ClusterCoop) SET m.currency = $c", {"c": graph.currency})]
            )
        else:
            parts.check_currency(str(meta["currency"]), graph.currency)
        measured = {row[0] for row in self.link.read("MATCH (n:Measure) RETURN DISTINCT n.year")}
        strange = LoadReport.strangers(
            old_clusters, {*meta["years"], *measured}, graph.cluster_ids, parts.all_years(graph)
        )
        if sweep is not None and any(strange):
            self._begin(fingerprint(graph), graph.cluster_ids, parts.all_years(graph))
            self._steps([])
            sweep([*((cluster, None) for cluster in strange[0]), *((None, year) for year in strange[1])])
            people, old_clusters = self.people(), old_clusters - set(strange[0])
            meta = self._meta() or meta
        held_years = set(meta["years"])
        alone = not (old_clusters - set(graph.cluster_ids))
        whole = held_years <= set(graph.years)
        resumed = self._begin(fingerprint(graph), graph.cluster_ids, parts.all_years(graph))
        self._steps(
            [
                *self._stale_results(graph, people),
                (
                    "MATCH (m:ClusterCoop {id: 'store'}) UNWIND m.years + $years AS y "
                    "WITH m, y ORDER BY y WITH m, collect(DISTINCT y) AS years SET m.years = years",
                    {"years": list(graph.years)},
                ),
            ]
        )
        made = records.to_records(graph)
        merged = merge_memberships(
            people, graph.to_tables()["participants"], graph.cluster_ids, held_years, graph.years
        ).sort_values(["cluster_id", "participant_id", "joined_year"], ignore_index=True, kind="stable")
        progress("loading", 0, len(graph.links))
        self._nodes(made, merged)
        if not fresh:
            self._sweep_nodes(graph, made, people, merged, alone, whole, held_keys)
            for name in APART if alone and whole else ():
                found = self.link.read(f"MATCH (n:{records.NODES[name].label}) RETURN n.key")
                kept = set(made[name]["key"])
                self._delete_nodes(records.NODES[name].label, [key for [key] in found if key not in kept])
        self._supplies(made["supplies"], resumed, progress)
        removed = 0
        if not fresh:
            removed = self._sweep_links(graph, made["supplies"], people, merged, alone)
        self._derive(merged)
        if not fresh:
            self._prune()
        self.rederive(graph if (fresh or (alone and whole)) and self._alone(graph) else held())
        replaced = alone and whole
        provenance = parts.merge_provenance(
            json.loads(str(meta["provenance"])), dict(graph.provenance), replaced or fresh
        )
        text = json.dumps(provenance, default=str, sort_keys=True)
        told = {"text": text, "version": SCHEMA_VERSION}
        what = "SET m.provenance = $text, m.schema_version = $version"
        self._end([(f"MATCH (m:ClusterCoop {{id: 'store'}}) {what}", told)])
        return LoadReport.of(graph, strange, sweep is not None, resumed, removed)

    def _keys(self) -> tuple[set[str], set[str]]:
        """Return the keys of memberships and of profiles."""
        members = self.link.read("MATCH ()-[r:MEMBERSHIP]->() RETURN r.key")
        return {key for [key] in members}, {key for [key] in self.link.read("MATCH (n:Profile) RETURN n.key")}

    def _alone(self, graph: SupplyGraph) -> bool:
        """Tell whether the store holds no cluster but those of `graph`.

        Asked after what it decides upon is read: a load beside this one writes its clusters first.
        """
        found = self.link.read(
            "MATCH (c:Cluster) WHERE NOT c.id IN $ids RETURN 1 LIMIT 1", ids=graph.cluster_ids
        )
        return not found

    def _stale_results(self, graph: SupplyGraph, people: pd.DataFrame) -> list[tuple[str, Mapping[str, Any]]]:
        partners = people["participant_id"].isin(graph.node_ids)
        touched = sorted(set(graph.cluster_ids) | set(people.loc[partners, "cluster_id"].dropna()))
        return self._drop_results(touched, list(graph.years))

    def _nodes(self, made: Mapping[str, pd.DataFrame], merged: pd.DataFrame) -> None:
        self._batches(
            "UNWIND $rows AS row MERGE (n:Participant {id: row}) ON CREATE SET n.name = row",
            made["participants"]["id"].tolist(),
        )
        clusters = made["clusters"]
        listed = clusters["listed"].astype(bool)
        self._batches(
            "UNWIND $rows AS row MERGE (n:Cluster {id: row}) "
            "ON CREATE SET n.name = row, n.listed = false, n.named = false",
            clusters.loc[~listed, "id"].tolist(),
        )
        for name, node in records.NODES.items():
            if name not in ("participants", "profiles"):
                frame = clusters[listed] if name == "clusters" else made[name]
                self._batches(node_statement(node), to_rows(frame, (node.key, *node.properties)))
        profile = records.NODES["profiles"]
        rows = to_rows(records.profiles(merged), (profile.key, *profile.properties))
        self._batches(node_statement(profile), rows)
        link = records.LINKS["memberships"]
        self._batches(link_statement(link), link_rows(link, records.memberships(merged)))

    def _supplies(self, frame: pd.DataFrame, resumed: int, progress: Progress) -> None:
        link = records.LINKS["supplies"]
        statement, total = link_statement(link), len(frame)
        self.done = resumed
        for at in range(resumed, total, self.size):
            rows = link_rows(link, frame.iloc[at : at + self.size])
            self.done = at + len(rows)
            self._steps([(statement, {"rows": rows})])
            progress("loading", self.done, total)

    def _sweep_nodes(
        self,
        graph: SupplyGraph,
        made: Mapping[str, pd.DataFrame],
        people: pd.DataFrame,
        merged: pd.DataFrame,
        alone: bool,
        covered: bool,
        held_keys: tuple[set[str], set[str]],
    ) -> None:
        """Delete memberships, activity, indicators, measures and open rows that the data no longer have."""
        members, profiles = held_keys
        self._delete_links("MEMBERSHIP", sorted(members - set(records.memberships(merged)["key"])))
        self._delete_nodes("Profile", sorted(profiles - set(records.profiles(merged)["key"])))
        own, foreign = self._owners(graph, people, merged)
        years, clusters = list(parts.all_years(graph)), list(graph.cluster_ids)
        found = self.link.read(
            "MATCH (n:Activity) WHERE n.year IN $years RETURN n.key, n.participant_id", years=years
        )
        kept, alone = set(made["activity"]["key"]), alone and self._alone(graph)
        stale = [k for k, i in found if k not in kept and i not in foreign and (alone or i in own)]
        self._delete_nodes("Activity", stale)
        for name in ("indicators", "measures"):
            label = records.NODES[name].label
            found = self.link.read(
                f"MATCH (n:{label}) WHERE n.year IN $years AND n.cluster_id IN $clusters RETURN n.key",
                years=years,
                clusters=clusters,
            )
            kept = set(made[name]["key"])
            self._delete_nodes(label, [key for [key] in found if key not in kept])
        held = self.open_rows()
        own_or_all = None if alone and self._alone(graph) else own
        gone = parts.stale_rows(held, clusters, years, (own_or_all, foreign), covered)
        kept = set(made["unsettled"]["key"])
        stems = {key.rpartition("|")[0] for key in kept}
        told = zip(held["key"], gone.tolist(), strict=True)
        stale = [k for k, old in told if k not in kept and (old or k.rpartition("|")[0] in stems)]
        self._delete_nodes("OpenRow", stale)

    def _owners(
        self, graph: SupplyGraph, people: pd.DataFrame, merged: pd.DataFrame
    ) -> tuple[set[str], set[str]]:
        scope = graph.cluster_ids
        own = parts.members(merged, scope) | parts.members(people, scope)
        return own, parts.members(merged, scope, others=True)

    def _sweep_links(
        self,
        graph: SupplyGraph,
        made: pd.DataFrame,
        people: pd.DataFrame,
        merged: pd.DataFrame,
        alone: bool,
    ) -> int:
        """Delete links of the loaded clusters and years that the data no longer have."""
        removed = 0
        own, foreign = self._owners(graph, people, merged)
        for year in graph.years:
            keys = set(made.loc[made["year"] == year, "key"])
            [[count]] = self.link.read(
                "MATCH ()-[r:SUPPLIES]->() WHERE r.year = $year RETURN count(r)", year=year
            )
            # Every key of the data is there, so where the counts agree nothing else is.
            if count != len(keys):
                removed += self._sweep_year(year, keys, own, foreign, graph if alone else None)
        return removed

    def _sweep_year(
        self, year: int, keys: set[str], own: set[str], foreign: set[str], alone: SupplyGraph | None
    ) -> int:
        found = self.link.read(
            "MATCH (a)-[r:SUPPLIES]->(b) WHERE r.year = $year RETURN a.id, b.id, r.key", year=year
        )
        stems = {key.rpartition("|")[0] for key in keys}
        every = alone is not None and self._alone(alone)
        stale = []
        for supplier, buyer, key in found:
            if key in keys:
                continue
            free = supplier not in foreign and buyer not in foreign
            owned = free and (every or supplier in own or buyer in own)
            if owned or key.rpartition("|")[0] in stems:
                stale.append(key)
        self._delete_links("SUPPLIES", stale)
        return len(stale)
