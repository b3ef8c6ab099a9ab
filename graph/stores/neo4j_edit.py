"""Writing results into Neo4j, and removing clusters, years or everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from clustercoop.graph.errors import StoreError, UnknownNameError, parameter_error
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.rows import to_rows
from clustercoop.graph.stores import parts, records, results
from clustercoop.graph.stores.neo4j_write import (
    LABELS,
    Writer,
    link_rows,
    link_statement,
    node_statement,
    policy_statement,
)
from clustercoop.graph.texts import refusal


class Editor(Writer):
    """Writes result tables; removes."""

    def write_results(self, tables: Mapping[str, pd.DataFrame], progress: Progress = silent) -> None:
        """Write the tables ``formations``, ``participants``, ``clusters`` of an analysis."""
        if self._meta() is None:
            raise refusal(StoreError, "database_empty")
        made = results.result_records(tables)
        self._check_known(tables)
        formations, measured, clusters = made["formations"], made["measured"], made["clusters"]
        touched = set(formations["cluster_id"]) | set(clusters["id"])
        self._constrain()
        self._begin("results", touched, {int(year) for year in formations["year"].unique()})
        self._delete_nodes("Formation", formations["key"].tolist())
        self._drop_gaps(formations, clusters)
        self._steps(self._drop_policy(sorted(results.written_clusters(tables))))
        node = records.NodeSpec(
            "Formation",
            "key",
            ("cluster_id", "year", *results.properties("formations")),
            ("OF", "Cluster", "cluster_id", False),
        )
        self._batches(node_statement(node), to_rows(formations, (node.key, *node.properties)))
        progress("writing results", len(formations), len(formations) + len(measured))
        link = records.LinkSpec(
            "MEASURED",
            ("Participant", "participant_id"),
            ("Formation", "formation"),
            ("cluster_id", "year", *results.properties("participants")),
        )
        statement = link_statement(link).replace("MATCH (b:Formation {id:", "MATCH (b:Formation {key:")
        self._batches(statement, link_rows(link, measured))
        names = results.properties("clusters")
        sets = ", ".join(f"c.{name} = row[{at}]" for at, name in enumerate(names, 1))
        self._batches(
            f"UNWIND $rows AS row MATCH (c:Cluster {{id: row[0]}}) SET c.resulted = true, {sets}",
            to_rows(clusters, ("id", *names)),
        )
        self._batches(
            node_statement(results.GAP), to_rows(made["gaps"], (results.GAP.key, *results.GAP.properties))
        )
        self._batches(node_statement(results.RUN), to_rows(made["runs"], ("key", *results.RUN.properties)))
        self._batches(
            "UNWIND $rows AS row MATCH (f:Formation {key: row[0]}) MATCH (r:Run {key: row[1]}) "
            "MERGE (f)-[:FROM]->(r)",
            to_rows(made["from"], ("formation", "run")),
        )
        for table, spec in results.POLICY.items():
            rows = to_rows(made[table], ("key", *spec.properties, "formation"))
            self._batches(policy_statement(table), rows)
        self._end([])
        total = len(formations) + len(measured)
        progress("writing results", total, total)

    def _drop_gaps(self, formations: pd.DataFrame, clusters: pd.DataFrame) -> None:
        """Delete the gaps of the formations and clusters whose results are written anew."""
        pairs = set(zip(formations["cluster_id"], formations["year"], strict=True))
        pairs |= {(cluster, None) for cluster in clusters["id"]}
        found = self.link.read("MATCH (n:Gap) RETURN n.key, n.cluster_id, n.year")
        self._delete_nodes("Gap", [key for key, cluster, year in found if (cluster, year) in pairs])

    def _check_known(self, tables: Mapping[str, pd.DataFrame]) -> None:
        known = {
            "cluster_id": {row[0] for row in self.link.read("MATCH (c:Cluster) RETURN c.id")},
            "participant_id": {row[0] for row in self.link.read("MATCH (p:Participant) RETURN p.id")},
        }
        parts.check_names(tables, known)

    def delete(
        self, cluster: str | None, year: int | None, read_all: Callable[[], SupplyGraph] | None = None
    ) -> None:
        """Remove a cluster, a year, or a cluster's year; see `clustercoop.graph.stores.parts.without`.

        `read_all` reads all that the store holds; without it the caller sees to what follows from the tables.
        """
        if cluster is None and year is None:
            raise parameter_error("cluster", "delete", "given, or a year", None)
        clusters = {row[0] for row in self.link.read("MATCH (c:Cluster) RETURN c.id")}
        if cluster is not None and cluster not in clusters:
            raise refusal(UnknownNameError, "data_no_cluster", name=repr(cluster))
        held = self._held_years()
        if year is not None and year not in held:
            raise refusal(UnknownNameError, "data_no_year", name=repr(year))
        before = parts.empty_graph() if read_all is None else read_all()
        gone = sorted(clusters) if cluster is None else [cluster]
        years = sorted(held) if year is None else [year]
        self._begin(f"delete {cluster!r} {year!r}", gone, years)
        self._steps(
            [
                *self._drop_results(gone, None if year is None else years),
                ("MATCH (l:Load) WHERE l.fingerprint <> $job SET l.clean = false", {"job": self.job}),
            ]
        )
        people = self.people()
        ids = sorted({row[0] for row in self.link.read("MATCH (p:Participant) RETURN p.id")})
        foreign: set[str] = set()
        if cluster is not None:
            foreign = parts.members(people, [cluster], others=True)
            ids = sorted(parts.members(people, [cluster]) - foreign)
        for at in range(0, len(ids), 100):
            self._steps(
                [
                    (
                        "UNWIND $ids AS id MATCH (:Participant {id: id})-[r:SUPPLIES]-(q) "
                        "WHERE r.year IN $years AND NOT q.id IN $foreign WITH DISTINCT r DELETE r",
                        {"ids": ids[at : at + 100], "years": years, "foreign": sorted(foreign)},
                    )
                ]
            )
        own = None if cluster is None else set(ids)
        self._delete_rows(gone, years, own)
        rows = self.open_rows()
        dropped = parts.dropped_rows(rows, own, foreign, cluster=cluster, year=year)
        self._delete_nodes("OpenRow", rows.loc[dropped, "key"].tolist())
        last: list[tuple[str, Mapping[str, Any]]] = []
        if cluster is not None and year is None:
            for kind in ("MEMBERSHIP", "MEMBER_OF"):
                found = self.link.read(
                    f"MATCH ()-[r:{kind}]->(c:Cluster {{id: $id}}) RETURN r.key", id=cluster
                )
                self._delete_links(kind, [key for [key] in found])
            last = [("MATCH (c:Cluster {id: $id}) DETACH DELETE c", {"id": cluster})]
        self._steps(
            [
                (
                    "MATCH (m:ClusterCoop {id: 'store'}) SET m.years = $years",
                    {"years": self._years_left()},
                )
            ]
        )
        self._derive(self.people())
        self._prune()
        if read_all is not None:
            self.rederive(parts.without(before, cluster=cluster, year=year))
        self._end(last)

    def _held_years(self) -> set[int]:
        [[years]] = self.link.read("OPTIONAL MATCH (m:ClusterCoop {id: 'store'}) RETURN m.years")
        measured = self.link.read("MATCH (n:Measure) RETURN DISTINCT n.year")
        return {*(years or ()), *(year for [year] in measured)}

    def _delete_rows(self, clusters: list[str], years: list[int], own: set[str] | None) -> None:
        found = self.link.read(
            "MATCH (n:Activity) WHERE n.year IN $years RETURN n.key, n.participant_id", years=years
        )
        self._delete_nodes("Activity", [key for key, who in found if own is None or who in own])
        for label in ("Indicator", "Measure"):
            found = self.link.read(
                f"MATCH (n:{label}) WHERE n.year IN $years AND n.cluster_id IN $clusters RETURN n.key",
                years=years,
                clusters=clusters,
            )
            self._delete_nodes(label, [key for [key] in found])

    def _years_left(self) -> list[int]:
        found = self.link.read(
            "MATCH ()-[r:SUPPLIES]->() RETURN DISTINCT r.year AS y UNION "
            "MATCH (n:Activity|Indicator) RETURN DISTINCT n.year AS y"
        )
        return sorted(int(year) for [year] in found)

    def clear(self) -> None:
        """Remove every node and relationship that clustercoop wrote."""
        if self._meta() is None:
            return
        # Interrupted half way, what is left is refused until this or a load has run to its end.
        clusters = [row[0] for row in self.link.read("MATCH (c:Cluster) RETURN c.id")]
        self._begin("clear", clusters, self._held_years())
        for kind in ("SUPPLIES", "INSIDE", "MEASURED", "MEMBER_OF"):
            self._drain(f"()-[n:{kind}]->()", "DELETE")
        # A load takes a store without participants and clusters for an empty one, so these go near the end.
        last = ("Participant", "Cluster", "Load", "ClusterCoop")
        for label in ("|".join(name for name in LABELS if name not in last), *last):
            self._drain(f"(n:{label})", "DETACH DELETE")

    def _drain(self, pattern: str, verb: str) -> None:
        statement = f"MATCH {pattern} WITH n LIMIT $size {verb} n RETURN count(n)"
        while self.link.write([(statement, {"size": self.size})])[0] == self.size:
            pass
