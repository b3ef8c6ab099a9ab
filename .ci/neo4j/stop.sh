#!/usr/bin/env bash
# Stop the server that start.sh started, and wait until it has ended.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=${NEO4J_TEST_HOME:-$here/../../.neo4j-server}
[[ -f $home/run/pid ]] || exit 0
pid=$(cat "$home/run/pid")
kill "$pid" 2>/dev/null || true
for _ in $(seq 60); do kill -0 "$pid" 2>/dev/null || break; sleep 0.5; done
kill -9 "$pid" 2>/dev/null || true
rm -f "$home/run/pid"
