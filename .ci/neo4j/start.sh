#!/usr/bin/env bash
# Start a real Neo4j 5.26 Community server for tests, without Docker: Java 17 or 21 and Maven are enough.
# Prints the environment for a client, so: eval "$(.ci/neo4j/start.sh)"; stop it with .ci/neo4j/stop.sh.
#   NEO4J_TEST_HOME  where jars, data and logs live (default: .neo4j-server in the clone; never in git)
#   NEO4J_TEST_PORT  bolt port on the loopback interface (default: 17687)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=${NEO4J_TEST_HOME:-$here/../../.neo4j-server}
port=${NEO4J_TEST_PORT:-17687}
password=${NEO4J_TEST_PASSWORD:-test-password}
mkdir -p "$home"/{conf,data,logs,run,plugins,import,lib}
home=$(cd "$home" && pwd)

if [[ -f $home/run/pid ]] && kill -0 "$(cat "$home/run/pid")" 2>/dev/null; then
  echo "a server runs already from $home" >&2
else
  if [[ ! -f $home/lib/.complete ]]; then
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
      -DoutputDirectory="$home/lib" >&2
    touch "$home/lib/.complete"
  fi
  rm -rf "$home/data" "$home/logs"
  mkdir -p "$home/data" "$home/logs"
  cat > "$home/conf/neo4j.conf" <<CONF
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:$port
server.bolt.advertised_address=127.0.0.1:$port
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=64m
dbms.usage_report.enabled=false
dbms.security.allow_csv_import_from_file_urls=false
CONF
  NEO4J_HOME=$home NEO4J_CONF=$home/conf java -cp "$home/lib/*" org.neo4j.cli.AdminTool \
    dbms set-initial-password "$password" >"$home/logs/admin.log" 2>&1
  nohup java -cp "$home/plugins/*:$home/conf/*:$home/lib/*" -Xms256m -Xmx1g -XX:+UseG1GC \
    --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED \
    --add-opens=java.base/sun.nio.ch=ALL-UNNAMED -Dio.netty.tryReflectionSetAccessible=true \
    -Dlog4j2.disable.jmx=true -Dfile.encoding=UTF-8 \
    org.neo4j.server.CommunityEntryPoint --home-dir="$home" --config-dir="$home/conf" --console-mode \
    >"$home/logs/console.log" 2>&1 </dev/null &
  echo $! > "$home/run/pid"
  for _ in $(seq 600); do
    # "Started." is written once bolt answers; a port that is merely open may still refuse a login.
    grep -q "Started\." "$home/logs/console.log" 2>/dev/null && break
    if ! kill -0 "$(cat "$home/run/pid")" 2>/dev/null; then
      echo "the server ended early:" >&2; tail -20 "$home/logs/console.log" >&2; exit 1
    fi
    sleep 0.5
  done
  grep -q "Started\." "$home/logs/console.log" || { echo "the server was not ready within 300 s" >&2; exit 1; }
fi
echo "export NEO4J_URI=bolt://127.0.0.1:$port"
echo "export NEO4J_USERNAME=neo4j"
echo "export NEO4J_PASSWORD=$password"
