"""A graph for an import by ``neo4j-admin``, its texts as awkward as CSV allows; run it to write the files."""

from __future__ import annotations

import sys
from pathlib import Path

from clustercoop.exports import export_neo4j_admin
from clustercoop.graph.model import SupplyGraph
from tests.contract.samples import random_graph

NAMES = ('a "b"', "x;y,z", "C:\\dir\\", "one\ntwo", " spaced ", "'", '"', "Ёж № 1", "0012", "true")


def graph() -> SupplyGraph:
    """Return the graph that is exported and imported."""
    drawn = random_graph(44, clusters=2, size=7, years=3, links_each=20)
    tables = dict(drawn.to_tables())
    people = tables["participants"].copy()
    people["name"] = [NAMES[at % len(NAMES)] for at in range(len(people))]
    return SupplyGraph.from_tables({**tables, "participants": people}, currency=drawn.currency)


if __name__ == "__main__":
    export_neo4j_admin(graph(), Path(sys.argv[1]))
