"""Time the stores against their bare engines: the same rows, the same batches, the same statements.

    python -m benchmarks.stores [--links 1000000] [--rounds 3]

Loads links of the WIOD years from ``../shared/data`` (or drawn ones where it is absent) into an embedded file
and, where NEO4J_URI is set, into that server, whose database it empties. The bare engine gets rows prepared
beforehand and does nothing else. Rounds alternate, so that a busy machine is busy for both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.cookbook import bind, get_query, run_named
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores import records
from clustercoop.graph.stores.neo4j_load import UNIQUE
from clustercoop.graph.stores.neo4j_write import link_rows, link_statement
from clustercoop.graph.stores.uri import open_store

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "wiod_1995_2003"
BATCH = 10_000


def sample(count: int) -> SupplyGraph:
    """Return a graph with `count` links."""
    if DATA.is_dir():
        frames = []
        for year in range(1995, 2004):
            frames.append(pd.read_parquet(DATA / f"edges_{year}.parquet"))
            if sum(map(len, frames)) >= count:
                break
        links = pd.concat(frames, ignore_index=True).iloc[:count]
        links = links.rename(columns={"value_musd": "value"})
    else:
        rng = np.random.default_rng(1)
        links = pd.DataFrame(
            {
                "year": 2000 + np.sort(rng.integers(0, 4, count)),
                "supplier": rng.integers(0, 1400, count),
                "buyer": rng.integers(0, 1400, count),
                "value": rng.lognormal(2, 2, count),
            }
        ).drop_duplicates(["year", "supplier", "buyer"])
    ids = pd.unique(pd.concat([links["supplier"], links["buyer"]]))
    people = pd.DataFrame({"participant_id": ids.astype(str), "cluster_id": [f"c{i // 35}" for i in ids]})
    table = pd.DataFrame(
        {
            "year": links["year"],
            "supplier_id": links["supplier"].astype(str),
            "buyer_id": links["buyer"].astype(str),
            "value": links["value"].astype(float),
            "row": np.arange(2, len(links) + 2),
            "file": "links.parquet",
        }
    )
    return SupplyGraph.from_tables({"participants": people, "links": table})


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def show(name: str, bare: list[float], ours: list[float], count: int) -> None:
    """Print medians and the ratio of paired rounds."""
    ratio = statistics.median(o / b for o, b in zip(ours, bare, strict=True))
    b, o = statistics.median(bare), statistics.median(ours)
    rates = f"bare {b:8.2f} s ({count / b:9,.0f}/s)   ours {o:8.2f} s ({count / o:9,.0f}/s)"
    print(f"{name:16} {rates}   x{ratio:.2f}")


def embedded(graph: SupplyGraph, rounds: int, folder: Path) -> None:
    """Time building a file: the bare engine has its frames ready."""
    import kglite

    made = records.to_records(graph)
    nodes = made["participants"][["id", "name"]]
    frame = made["supplies"].dropna(axis=1, how="all")
    text = {name: "string" for name in ("key", "file", "sheet")}
    bare, ours = [], []

    def engine() -> None:
        g = kglite.KnowledgeGraph()
        g.add_nodes(nodes, "Participant", "id", column_types={"name": "string"})
        g.add_relationships(
            frame, "SUPPLIES", "Participant", "supplier_id", "Participant", "buyer_id", column_types=text
        )
        for name in ("member_of", "memberships"):
            g.add_nodes(made["clusters"][["id"]], "Cluster", "id")
            part = made[name].drop(columns="node", errors="ignore").dropna(axis=1, how="all")
            g.add_relationships(
                part, records.LINKS[name].type, "Participant", "participant_id", "Cluster", "cluster_id"
            )
        g.cypher("CREATE CONSTRAINT FOR ()-[r:SUPPLIES]-() REQUIRE r.key IS UNIQUE")
        g.save(str(folder / "bare.kgl"))

    def store() -> None:
        with open_store(str(folder / "ours.kgl")) as opened:
            opened.load(graph)

    for _ in range(rounds):
        (folder / "ours.kgl").unlink(missing_ok=True)
        bare.append(timed(engine))
        ours.append(timed(store))
    show("embedded, load", bare, ours, len(graph.links))
    with open_store(str(folder / "ours.kgl")) as opened:
        queries(opened, kglite.load(str(folder / "ours.kgl")), None)


def neo4j_server(graph: SupplyGraph, rounds: int, uri: str) -> None:
    """Time loading a server: the bare loop has its rows ready and sends the same statement."""
    import neo4j

    auth = (os.environ.get("NEO4J_USERNAME", "neo4j"), os.environ.get("NEO4J_PASSWORD", ""))
    made = records.to_records(graph)
    link = records.LINKS["supplies"]
    statement = link_statement(link)
    rows = link_rows(link, made["supplies"])
    ids = made["participants"]["id"].tolist()
    bare, ours = [], []
    with neo4j.GraphDatabase.driver(uri, auth=auth, notifications_min_severity="OFF") as driver:

        def loop() -> None:
            for pattern, name, key in UNIQUE:
                what = f"FOR {pattern.format(name)} REQUIRE x.{key} IS UNIQUE"
                driver.execute_query(f"CREATE CONSTRAINT IF NOT EXISTS {what}")
            driver.execute_query("UNWIND $ids AS id MERGE (:Participant {id: id})", {"ids": ids})
            with driver.session() as session:
                for at in range(0, len(rows), BATCH):
                    part = rows[at : at + BATCH]
                    session.execute_write(lambda tx, part=part: tx.run(statement, {"rows": part}).consume())

        def store() -> None:
            with open_store(uri, batch_size=BATCH) as opened:
                opened.load(graph)

        def empty() -> None:
            driver.execute_query("MERGE (m:ClusterCoop {id: 'store'}) SET m.schema_version = 1")
            with open_store(uri) as opened:
                opened.clear()

        for _ in range(rounds):
            empty()
            bare.append(timed(loop))
            empty()
            ours.append(timed(store))
        show("neo4j, load", bare, ours, len(graph.links))
        with open_store(uri) as opened:
            queries(opened, None, driver)
        empty()


def queries(store: Any, engine: Any, driver: Any) -> None:
    """Time named queries against the engine's own call with the same text."""
    import neo4j

    for name in ("top_internal_links", "internal_supply", "members_by_year"):
        query = get_query(name)
        given = {"cluster": "c3", "year": 1995} if name == "top_internal_links" else {"cluster": "c3"}
        params = bind(query, given)
        text = "\n".join(line for line in query.cypher.splitlines() if not line.startswith("//"))

        def bare(text: str = text, params: dict[str, Any] = params) -> None:
            if engine is not None:
                engine.cypher(text, params=params).to_list()
            else:
                driver.execute_query(text, params, routing_=neo4j.RoutingControl.READ)

        def ours(name: str = name, given: dict[str, Any] = given) -> None:
            run_named(store, name, given, timeout=600)

        bare()
        ours()
        pairs = [(timed(bare), timed(ours)) for _ in range(9)]
        b, o = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
        extra = statistics.median(o - b for b, o in pairs) * 1000
        kind = store.capabilities.kind
        print(f"{kind}, {name:20} bare {b:9.1f} ms   ours {o:9.1f} ms   +{extra:.1f} ms ({extra / b:+.0%})")


def main() -> int:
    """Run on every store that is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    graph = sample(options.links)
    print(f"{len(graph.links):,} links, {len(graph.node_ids):,} participants, {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        embedded(graph, options.rounds, Path(folder))
    if uri := os.environ.get("NEO4J_URI"):
        neo4j_server(graph, options.rounds, uri)
    else:
        print("neo4j: NEO4J_URI is not set, not timed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
