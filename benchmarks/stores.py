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
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.cookbook import bind, list_queries, run_named
from clustercoop.graph.errors import StoreError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores import records
from clustercoop.graph.stores.neo4j_write import UNIQUE, link_rows, link_statement
from clustercoop.graph.stores.protocol import StoreWarning
from clustercoop.graph.stores.uri import open_store
from clustercoop.query_help import example_parameters
from tests.contract.samples import outcome
from tests.contract.test_bombs import FLOODS

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "wiod_1995_2003"
BATCH = 10_000
YEARS = 4
"""At least so many, since some queries look at the years before."""


def sample(count: int) -> SupplyGraph:
    """Return a graph with `count` links."""
    if DATA.is_dir():
        frames = []
        for year in range(1995, 2004):
            frames.append(pd.read_parquet(DATA / f"edges_{year}.parquet"))
            if len(frames) >= YEARS and sum(map(len, frames)) >= count:
                break
        links = pd.concat(frames, ignore_index=True)
        links = links.iloc[np.linspace(0, len(links) - 1, min(count, len(links))).astype(int)]
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
        opened.write_results(outcome(graph))
        opening(folder / "ours.kgl")
        queries(opened, kglite.load(str(folder / "ours.kgl")), None)
        floods(opened)


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
            opened.write_results(outcome(graph))
            queries(opened, None, driver)
            floods(opened)
        empty()


def queries(store: Any, engine: Any, driver: Any) -> None:
    """Time every named query against the engine's own call with the same text and parameters."""
    import neo4j

    kind = store.capabilities.kind
    print(
        f"{kind}: name, processor time of the bare call, its wall time, ours, what ours adds (medians of 3)"
    )
    for name, query in list_queries().items():
        params = bind(query, example_parameters(store, query))
        text = "\n".join(line for line in query.cypher.splitlines() if not line.startswith("//"))

        def bare(text: str = text, params: dict[str, Any] = params) -> None:
            if engine is not None:
                engine.cypher(text, params=params, timeout_ms=600_000).to_list()
            else:
                driver.execute_query(text, params, routing_=neo4j.RoutingControl.READ)

        def ours(name: str = name, params: dict[str, Any] = params) -> None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", StoreWarning)
                run_named(store, name, params, timeout=600)

        bare()
        ours()
        began = time.process_time()
        bare()
        used = "" if engine is None else f"{time.process_time() - began:7.3f} s"
        pairs = [(timed(bare), timed(ours)) for _ in range(3)]
        b, o = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
        extra = statistics.median(o - b for b, o in pairs) * 1000
        print(f"{name:24} {used:>10}   bare {b:9.1f} ms   ours {o:9.1f} ms   +{extra:.1f} ms", flush=True)


def opening(path: Path) -> None:
    """Time what a session pays once, the engine's own opening of the same file beside it."""
    import kglite

    began = time.process_time()
    bare = timed(lambda: kglite.load(str(path)))
    used = time.process_time() - began
    with open_store(path) as store:
        ask = partial(store.query, "RETURN 1 AS one")
        print(
            f"embedded, opening: bare {bare:.2f} s ({used:.2f} s of processor time), the first query "
            f"{timed(ask):.2f} s, the second {timed(ask) * 1000:.0f} ms"
        )


def floods(store: Any, timeout: float = 1.0) -> None:
    """Tell how long after its deadline each query that is too much has let its caller go on."""
    tried = {name: partial(_tried, store, statement, timeout) for name, statement in FLOODS.items()}
    beyond = {name: timed(work) - timeout for name, work in tried.items()}
    worst = max(beyond, key=lambda name: beyond[name])
    kind = store.capabilities.kind
    print(f"{kind}: {len(beyond)} floods with a timeout of {timeout:g} s; the one let go last ({worst})")
    print(f"returned {beyond[worst]:.2f} s after its deadline")


def _tried(store: Any, statement: str, timeout: float) -> None:
    with suppress(StoreError):
        store.query(statement, timeout=timeout)


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
