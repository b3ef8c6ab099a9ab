"""Writing into Neo4j: idempotent batches, resumable, and honest about a load that did not end.

Every transaction first locks one node, so writers take turns and cannot deadlock. A running load is a node
``(:Load)``; while one exists, reading and querying are refused, because the store then holds neither the old
data nor the new. Running the same load again completes it from where it stopped.

Labels, types and property names are constants of this package; data travel as parameters only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from clustercoop.graph.errors import parameter_error
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.people import describe
from clustercoop.graph.rows import to_rows
from clustercoop.graph.stores import derived, records, results
from clustercoop.graph.stores.neo4j_link import Link
from clustercoop.graph.stores.protocol import UnfinishedLoadError, check_version
from clustercoop.graph.texts import refusal

LAYOUT: Final = (
    *records.NODES.values(),
    *derived.NODES.values(),
    results.GAP,
    results.RUN,
    *results.POLICY.values(),
)
LABELS: Final = (*(node.label for node in LAYOUT), "Formation", "Load")
UNIQUE: Final = (
    *(("(x:{})", label, "id") for label in ("ClusterCoop", "Participant", "Cluster")),
    *(("(x:{})", node.label, "key") for node in LAYOUT if node.key == "key"),
    ("(x:{})", "Formation", "key"),
    ("(x:{})", "Load", "fingerprint"),
    *(("()-[x:{}]-()", kind, "key") for kind in ("SUPPLIES", "MEMBERSHIP", "MEMBER_OF", "MEASURED")),
    *(("()-[x:{}]-()", kind, "key") for kind in ("INSIDE", "TRADES")),
)
"""What is unique: pattern, label or type, property. Community has no other kind of constraint."""
LOCK: Final = "MERGE (m:ClusterCoop {id: 'store'}) SET m.tick = coalesce(m.tick, 0) + 1"
_STEP: Final = (
    "MERGE (m:ClusterCoop {id: 'store'}) SET m.tick = coalesce(m.tick, 0) + 1 "
    "MERGE (l:Load {fingerprint: $fingerprint}) SET l.done = $done "
    "WITH l OPTIONAL MATCH (o:Load) WHERE o.fingerprint <> $fingerprint "
    "AND any(c IN o.clusters WHERE c IN $clusters) AND any(y IN o.years WHERE y IN $years) "
    "SET o.clean = false RETURN count(*)"
)
_TAINT: Final = (
    "MATCH (l:Load) WHERE l.fingerprint <> $fingerprint "
    "AND any(c IN l.clusters WHERE c IN $clusters) AND any(y IN l.years WHERE y IN $years) "
    "SET l.clean = false"
)
_BEGIN: Final = (
    "MERGE (l:Load {fingerprint: $fingerprint}) "
    "WITH l, CASE WHEN l.clean THEN l.done ELSE 0 END AS done "
    "SET l.clean = true, l.done = done, l.clusters = $clusters, l.years = $years RETURN done"
)
_COVERED: Final = (
    "MATCH (l:Load) WHERE l.fingerprint = $fingerprint "
    "OR (all(c IN l.clusters WHERE c IN $clusters) AND all(y IN l.years WHERE y IN $years)) DELETE l"
)


def node_statement(node: records.NodeSpec) -> str:
    """Return the statement that merges rows of `node`: key, then properties."""
    sets = ", ".join(f"n.{name} = row[{at}]" for at, name in enumerate(node.properties, 1))
    if node.parent is None:
        return f"UNWIND $rows AS row MERGE (n:{node.label} {{{node.key}: row[0]}}) SET {sets}"
    kind, label, column, inward = node.parent
    arrow = f"(o)-[:{kind}]->(n)" if inward else f"(n)-[:{kind}]->(o)"
    at = 1 + node.properties.index(column)
    return (
        f"UNWIND $rows AS row MATCH (o:{label} {{id: row[{at}]}}) "
        f"MERGE (n:{node.label} {{{node.key}: row[0]}}) SET {sets} MERGE {arrow}"
    )


def policy_statement(table: str) -> str:
    """Return the statement that merges rows of a table of policy: key, properties, key of the formation."""
    node = results.POLICY[table]
    sets = ", ".join(f"n.{name} = row[{at}]" for at, name in enumerate(node.properties, 1))
    ties = ""
    for at, (kind, label, column) in enumerate(results.concerns(table)):
        own = 1 + node.properties.index(column)
        end = f"key: row[{1 + len(node.properties)}]" if label == "Formation" else f"id: row[{own}]"
        ties += (
            f" WITH n, row OPTIONAL MATCH (o{at}:{label} {{{end}}}) "
            f"FOREACH (o IN CASE WHEN o{at} IS NULL THEN [] ELSE [o{at}] END | "
            f"MERGE (n)-[:{kind}]->(o))"
        )
    return f"UNWIND $rows AS row MERGE (n:{node.label} {{key: row[0]}}) SET {sets}{ties}"


def link_statement(link: records.LinkSpec) -> str:
    """Return the statement that merges rows of `link`: ends, key, properties."""
    sets = ", ".join(f"r.{name} = row[{at}]" for at, name in enumerate(link.properties, 3))
    return (
        f"UNWIND $rows AS row "
        f"MATCH (a:{link.start[0]} {{id: row[0]}}) MATCH (b:{link.end[0]} {{id: row[1]}}) "
        f"MERGE (a)-[r:{link.type} {{key: row[2]}}]->(b) SET {sets}"
    )


def link_rows(link: records.LinkSpec, frame: pd.DataFrame) -> list[list[Any]]:
    """Return the rows that the statement of `link` takes: ends, key, properties."""
    return to_rows(frame, (link.start[1], link.end[1], "key", *link.properties))


class Writer:
    """Transactions under the store's lock, each marked as part of one job."""

    def __init__(self, link: Link, batch_size: int) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or not 1 <= batch_size <= 100_000:
            raise parameter_error("batch_size", "Neo4jStore", "an int in the range [1, 100000]", batch_size)
        self.link, self.size = link, batch_size
        self.job = ""
        self.scope: tuple[list[str], list[int]] = ([], [])
        self.done = 0

    def _constrain(self) -> None:
        """Create the constraints that are not there."""
        found = self.link.read("SHOW CONSTRAINTS YIELD labelsOrTypes, properties")
        there = {(labels[0], properties[0]) for labels, properties in found}
        for pattern, name, key in UNIQUE:
            if (name, key) not in there:
                what = f"FOR {pattern.format(name)} REQUIRE x.{key} IS UNIQUE"
                self.link.schema(f"CREATE CONSTRAINT IF NOT EXISTS {what}")

    def _steps(self, steps: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        clusters, years = self.scope
        marks = {"fingerprint": self.job, "done": self.done, "clusters": clusters, "years": years}
        return self.link.write([(_STEP, marks), *steps])

    def _batches(self, statement: str, rows: Sequence[Any], **params: Any) -> None:
        for at in range(0, len(rows), self.size):
            self._steps([(statement, {"rows": rows[at : at + self.size], **params})])

    def _begin(self, job: str, clusters: Collection[str], years: Collection[int]) -> int:
        self.job, self.scope = job, (sorted(clusters), sorted(years))
        marks = {"fingerprint": job, "clusters": self.scope[0], "years": self.scope[1]}
        [done] = self.link.write([(LOCK, {}), (_TAINT, marks), (_BEGIN, marks)])
        return int(done)

    def _end(self, steps: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        marks = {"fingerprint": self.job, "clusters": self.scope[0], "years": self.scope[1]}
        state = self.link.read("MATCH (l:Load {fingerprint: $job}) RETURN l.clean", job=self.job)
        if state and state[0][0] is False:
            raise refusal(UnfinishedLoadError, "load_twice")
        self.link.write([(LOCK, {}), *steps, (_COVERED, marks)])

    def _meta(self) -> dict[str, Any] | None:
        found = self.link.read("MATCH (m:ClusterCoop {id: 'store'}) RETURN properties(m)")
        if not found:
            return None
        meta = dict(found[0][0])
        check_version(meta.get("schema_version"), self.link.access.uri)
        return meta

    def people(self) -> pd.DataFrame:
        """Return the table participants of the store, in the contract's columns: members, then partners."""
        link = records.LINKS["memberships"]
        columns = ["participant_id", "cluster_id", *link.properties]
        names = ", ".join(f"r.{name}" for name in link.properties)
        rows = self.link.read(
            f"MATCH (a:Participant)-[r:MEMBERSHIP]->(b:Cluster) RETURN a.id, b.id, {names} "
            f"UNION ALL MATCH (r:Profile) RETURN r.participant_id AS `a.id`, null AS `b.id`, {names}"
        )
        frame = pd.DataFrame(rows, columns=columns, dtype=object).sort_values("nth", kind="stable")
        return records.typed_table(frame, "participants")

    def open_rows(self) -> pd.DataFrame:
        """Return the rows of ``unsettled`` in the store, with their keys."""
        node = records.NODES["unsettled"]
        columns = (node.key, *node.properties)
        rows = self.link.read(f"MATCH (n:{node.label}) RETURN {', '.join(f'n.{c}' for c in columns)}")
        frame = pd.DataFrame(rows, columns=list(columns), dtype=object)
        return records.typed_table(frame, "unsettled").assign(key=frame["key"])

    def _drop_results(
        self, clusters: list[str], years: list[int] | None
    ) -> list[tuple[str, Mapping[str, Any]]]:
        gone = ", ".join(f"c.{name} = null" for name in ("resulted", *results.properties("clusters")))
        when = "" if years is None else " AND f.year IN $years"
        return [
            (
                f"MATCH (f:Formation) WHERE f.cluster_id IN $clusters{when} DETACH DELETE f",
                {"clusters": clusters, "years": years},
            ),
            *self._drop_policy(clusters),
            (
                "MATCH (g:Gap) WHERE g.cluster_id IN $clusters "
                "AND ($years IS NULL OR g.year IS NULL OR g.year IN $years) DETACH DELETE g",
                {"clusters": clusters, "years": years},
            ),
            (
                f"MATCH (c:Cluster) WHERE c.id IN $clusters AND c.resulted SET {gone}",
                {"clusters": clusters},
            ),
        ]

    def _drop_policy(self, clusters: list[str]) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the steps that delete the policy of `clusters` and of all together, and runs of nothing."""
        policy = "|".join(node.label for node in results.POLICY.values())
        gone = {"clusters": [*clusters, results.EVERYWHERE] if clusters else []}
        return [
            (f"MATCH (n:{policy}) WHERE n.cluster_id IN $clusters DETACH DELETE n", gone),
            ("MATCH (r:Run) WHERE NOT (r)--() DELETE r", {}),
        ]

    def _derive(self, merged: pd.DataFrame) -> None:
        """Bring what follows from the memberships up to date: looks of participants, MEMBER_OF by year."""
        [[years]] = self.link.read("MATCH (m:ClusterCoop {id: 'store'}) RETURN m.years")
        # Existing keys first: a concurrent load that wrote one has by then written the membership behind it.
        existing = {key for [key] in self.link.read("MATCH ()-[r:MEMBER_OF]->() RETURN r.key")}
        people = self.people().sort_values(
            ["cluster_id", "participant_id", "joined_year"], ignore_index=True, kind="stable"
        )
        ids = sorted({row[0] for row in self.link.read("MATCH (p:Participant) RETURN p.id")})
        node = records.NODES["participants"]
        looks = describe(people, ids)
        self._batches(node_statement(node), to_rows(looks, (node.key, *node.properties)))
        wanted = records.member_years(people, years)
        link = records.LINKS["member_of"]
        new = wanted[~wanted["key"].isin(existing)]
        self._batches(link_statement(link), link_rows(link, new))
        self._delete_links("MEMBER_OF", sorted(existing - set(wanted["key"])))

    def rederive(self, graph: SupplyGraph) -> None:
        """Bring what follows from the tables up to date; `graph` is all that the store holds."""
        made = derived.derived_records(graph)
        for name, node in derived.NODES.items():
            found = self.link.read(f"MATCH (n:{node.label}) RETURN n.key")
            self._delete_nodes(node.label, sorted({key for [key] in found} - set(made[name]["key"])))
            self._batches(node_statement(node), to_rows(made[name], (node.key, *node.properties)))
        for name, link in derived.LINKS.items():
            found = self.link.read(f"MATCH ()-[r:{link.type}]->() RETURN r.key")
            self._delete_links(link.type, sorted({key for [key] in found} - set(made[name]["key"])))
            self._batches(link_statement(link), link_rows(link, made[name]))

    def _prune(self) -> None:
        """Delete participants and unlisted clusters that nothing refers to any more.

        Beside another load they are left to the one that ends last: it may be about to refer to them.
        """
        # One that was killed and that this one makes good does not end.
        alone = (
            "NOT EXISTS { MATCH (l:Load) WHERE l.fingerprint <> $job AND NOT (all(one IN l.clusters "
            "WHERE one IN $clusters) AND all(y IN l.years WHERE y IN $years)) }"
        )
        job = {"job": self.job, "clusters": self.scope[0], "years": self.scope[1]}
        self._steps([(f"MATCH (p:Participant) WHERE NOT (p)--() AND {alone} DELETE p", job)])
        self._steps([(f"MATCH (c:Cluster) WHERE NOT c.listed AND NOT (c)--() AND {alone} DELETE c", job)])

    def _delete_links(self, kind: str, keys: list[str]) -> None:
        self._batches(f"UNWIND $rows AS key MATCH ()-[r:{kind} {{key: key}}]->() DELETE r", keys)

    def _delete_nodes(self, label: str, keys: list[str]) -> None:
        self._batches(f"UNWIND $rows AS key MATCH (n:{label} {{key: key}}) DETACH DELETE n", keys)
