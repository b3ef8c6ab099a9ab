"""Take a column of every type in every table through every loader, file and store.

Run in a copy of the package whose ``schema.csv`` has these columns, because what a table holds is read
once a process: ``python added_columns.py FOLDER [NEO4J_URI]``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import pandas as pd

import clustercoop
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.schema import tables
from clustercoop.graph.stores import parts
from clustercoop.graph.stores.records import from_records, to_records
from clustercoop.graph.stores.uri import open_store

VALUES: Final[dict[str, list[Any]]] = {
    "id": ["007", "x|y"],
    "text": ["Псков", "true"],
    "year": [2019, 2021],
    "money": [1.5, 0.25],
    "count": [3.0, 4.0],
    "number": [1e-3, 7.0],
    "share": [0.5, 0.125],
}
ROWS: Final[dict[str, dict[str, Any]]] = {
    "participants": {"participant_id": ["01", "02"], "cluster_id": "c"},
    "links": {"year": 2020, "supplier_id": ["01", "02"], "buyer_id": ["02", "out"], "value": [5.0, 2.0]},
    "activity": {"participant_id": ["01", "02"], "year": 2020, "output": [10.0, 20.0]},
    "clusters": {"cluster_id": ["c", "d"], "name": ["C", "D"]},
    "indicators": {"cluster_id": "c", "year": [2020, 2021], "cooperation_ratio": 0.5},
    "measures": {"cluster_id": "c", "year": 2020, "category": ["legal", "economic"], "measure": "m"},
    "aliases": {"old_id": ["91", "92"], "new_id": ["93", "94"], "from_year": 2020, "kind": "renamed"},
    "deflators": {"year": [2019, 2020], "index": [1.0, 1.1]},
    "production_index": {"industry": ["10", "11"], "month": "2020-04", "index": [90.0, 80.0]},
}


def frames(table: str) -> pd.DataFrame:
    added = {f"x_{kind}": values for kind, values in VALUES.items()}
    return pd.DataFrame({**ROWS[table], **added})


def check(graph: SupplyGraph, where: str) -> None:
    found = graph.to_tables()
    for table in tables():
        for kind, values in VALUES.items():
            got = found[table][f"x_{kind}"].tolist()
            assert got == values, f"{where}: {table}.x_{kind} is {got}"
    [formation] = graph.formations()
    for kind, values in VALUES.items():
        got = formation.activity[f"x_{kind}"].tolist()
        assert got == values, f"{where}: the formation's x_{kind} is {got}"


def main(folder: Path, server: str | None) -> None:
    given = {name: frames(name) for name in tables()}
    graph = SupplyGraph.from_tables(given)
    check(graph, "from_tables")
    check(from_records(to_records(graph), currency="RUB", provenance={}), "records")
    check(clustercoop.load(given), "frames")
    writers = {"csv": "to_csv", "parquet": "to_parquet", "xlsx": "to_excel"}
    for ending, writer in writers.items():
        place = folder / ending
        place.mkdir()
        for name, frame in given.items():
            getattr(frame, writer)(place / f"{name}.{ending}", index=False)
        check(clustercoop.load(place), ending)
    with pd.ExcelWriter(folder / "all.xlsx") as book:
        for name, frame in given.items():
            frame.to_excel(book, sheet_name=name, index=False)
    check(clustercoop.load(folder / "all.xlsx"), "workbook")
    for ending in ("graphml", "gexf"):
        file = clustercoop.write_graph_file(graph, folder / f"g.{ending}")
        check(clustercoop.read_graph_file(file), ending)
    for address in ["memory:", str(folder / "g.kgl"), *([server] if server else [])]:
        with open_store(address) as store:
            store.clear()
            store.load(parts.subset(graph, ["c"], [2020]))
            store.load(graph)
            check(store.read(), address)
            if store.capabilities.cypher:
                for label in ("Participant", "Activity", "Cluster", "Indicator", "Measure"):
                    for kind, values in VALUES.items():
                        said = store.query(
                            f"MATCH (n:{label}) WHERE n.x_{kind} IS NOT NULL RETURN n.x_{kind} AS x"
                        )
                        assert sorted(said["x"]) == sorted(values), f"{address}: {label}.x_{kind}"
                said = store.query("MATCH ()-[r:SUPPLIES]->() RETURN r.x_text AS x ORDER BY r.value DESC")
                assert said["x"].tolist() == VALUES["text"]
            store.clear()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
