#!/usr/bin/env bash
# The contract of stores on a calendar release of Neo4j whose databases speak Cypher 25 by default, after an
# import by its own neo4j-admin. Run it in the clone; it stops the server that start.sh has started.
# Exit code 3: there is no Java that is new enough.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-.venv/bin/python}
room=$(mktemp -d)
trap '"$here/stop.sh"; rm -rf "$room"' EXIT
"$here/stop.sh"
export NEO4J_TEST_VERSION=${NEO4J_TEST_VERSION:-2026.08.1} NEO4J_TEST_CYPHER=25 NEO4J_TEST_IMPORT=$room/import
"$python" -m tests.contract.imported "$NEO4J_TEST_IMPORT"
started=$("$here/start.sh")
eval "$started"
"$python" -m pytest -q tests/contract/test_imported.py
"$python" -m pytest -q tests/contract/cypher tests/contract/test_every_store.py -k neo4j
