"""Write docs/cookbook.md from ``clustercoop/queries`` and the shipped example.

Usage: ``python docs/make_cookbook.py`` after a change of a query; it loads the example and its results
into an embedded store in a temporary folder and shows what each query gives there.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import resources
from pathlib import Path

import pandas as pd

import clustercoop
from clustercoop.cookbook import NamedQuery, list_queries, run_named
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.differences import differences
from clustercoop.graph.stores.uri import open_store
from clustercoop.query_help import example_parameters
from clustercoop.query_rows import format_rows

PAGE = Path(__file__).resolve().parent / "cookbook.md"
SHOWN = 4
ONE = {"cluster": "SYN-06", "year": 2022}
INTRO = """# Cookbook of Cypher queries

Made from `clustercoop/queries/*.cypher` by `python docs/make_cookbook.py`; do not edit it by hand. Each query
gives the same table on an embedded file and on Neo4j (5.26 and 2026.08), and the same numbers as plain Python
over the same graph (`tests/contract/cypher/test_cookbook.py`).

```bash
pip install "clustercoop[embedded]"
clustercoop analyze DATA --out OUT --store graph.kgl      # the graph and the results, in one file
clustercoop query top_internal_links --store graph.kgl --param cluster=SYN-06 --param year=2022
```

`--format json` gives an array of row objects, `--format csv` a file for a spreadsheet. The same text runs in
the Neo4j browser: `docker compose up -d --wait`, `clustercoop load DATA --store neo4j://localhost:7687`, open
<http://localhost:7474>, set the parameters (`:param {cluster: 'SYN-06', year: 2022}`), paste.

Queries of your own run with `--cypher "MATCH …"` or `--file my.cypher` and `--param name=value`: a value that
is JSON is what JSON says (`year=2022` is a number), anything else is text, so an id with a leading zero stays
text; write an id that begins with another digit in double quotes, `--param id='"7701234567"'`.

## What a query may do

Only read: one statement, without `;`, that begins with MATCH, OPTIONAL MATCH, WITH, UNWIND, RETURN or CALL.
Refused are words that write or administer (CREATE, MERGE, SET, DELETE, REMOVE, LOAD CSV, SHOW, USE, …),
procedures other than `db.labels`, `db.relationshipTypes`, `db.propertyKeys`, functions that are not standard
Cypher, `\\u` escapes and quotes hidden behind a backslash. A label or property with such a name goes in
backticks. A query ends after `--timeout` seconds (30) and shows `--limit` rows (10,000), and says so.

## Where the two engines differ

Both are held to the same golden answers (`tests/contract/cypher/conformance.json`), and both count paths, not
walks: no relationship twice in one pattern. What the embedded engine does otherwise is listed below; a
statement that meets it is refused there, with the form that works on both stores. An unbounded `*` stops
at 10 steps. A misspelt label or relationship type is refused with the nearest, a misspelt property told.

A query that needs results (`clustercoop analyze … --store`) says so where there are none; an unknown
cluster, year or participant is refused with the nearest; where no links of a year are recorded the answer
is unknown, not none.

The layout of the graph: [graph model](graph-model.md).

## Queries

"""


def section(store: Store, query: NamedQuery) -> str:
    """Return the page's part about one query."""
    needed = {p.name for p in query.parameters}
    given = {name: value for name, value in ONE.items() if name in needed}
    given = {**example_parameters(store, query, **ONE), **given}
    rows = run_named(store, query.name, given)
    shown = format_rows(pd.DataFrame(rows.head(SHOWN)), "table")
    assert isinstance(shown, str)
    table = shown.rsplit("(", 1)[0].rstrip("\n")
    flags = "".join(f" --param {name}={value}" for name, value in given.items())
    lines = [f"### {query.name}", "", f"{query.purpose}.", ""]
    if query.parameters:
        lines += ["| parameter | type | default | meaning |", "|---|---|---|---|"]
        for p in query.parameters:
            default = "required" if p.required else "none" if p.default is None else str(p.default)
            lines.append(f"| `{p.name}` | {p.type} | {default} | {p.meaning} |")
        lines.append("")
    lines += [f"- `{name}`: {meaning}" for name, meaning in query.returns.items()]
    lines += ["", "```cypher", query.cypher, "```", ""]
    lines += ["```text", f"$ clustercoop query {query.name}{flags} --store graph.kgl", table]
    lines += [
        f"({len(rows)} row{'' if len(rows) == 1 else 's'}{', the first shown' if len(rows) > SHOWN else ''})"
    ]
    return "\n".join([*lines, "```", ""])


def known_differences() -> str:
    """Return the page's table of what the embedded engine does otherwise."""
    lines = ["", "## What the embedded engine does otherwise", ""]
    lines += ["| what | instead, on both stores |", "|---|---|"]
    for known in differences():
        told = known.says + ("" if known.match else " (not refused: it depends on the values)")
        lines.append(f"| {told} | `{known.rewrite}` |".replace("||", "\\|\\|"))
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        address = str(Path(folder) / "graph.kgl")
        with resources.as_file(resources.files("clustercoop") / "example" / "dataset") as data:
            clustercoop.analyze(data, store=address, nulls=0)
        with open_store(address) as store:
            parts = [section(store, query) for query in list_queries().values()]
    PAGE.write_text(INTRO + "\n".join(parts) + known_differences(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
