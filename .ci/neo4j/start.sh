#!/usr/bin/env bash
# Start a real Neo4j Community server for tests, without Docker: Java and Maven are enough.
# Prints the environment for a client, so: eval "$(.ci/neo4j/start.sh)"; stop it with .ci/neo4j/stop.sh.
#   NEO4J_TEST_VERSION  5.26.29 (default, Java 17 or newer) or a calendar release such as 2026.08.1 (Java 21 or newer)
#   NEO4J_TEST_HOME     where jars, data and logs live (default: .neo4j-server in the clone; never in git)
#   NEO4J_TEST_PORT     bolt port on the loopback interface (default: 17687)
#   NEO4J_TEST_CYPHER   version of Cypher that the database has as its default (default: the server's own)
#   NEO4J_TEST_IMPORT   folder of `clustercoop export --neo4j-admin`, imported before the server starts
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${NEO4J_TEST_VERSION:-5.26.29}
home=${NEO4J_TEST_HOME:-$here/../../.neo4j-server}
port=${NEO4J_TEST_PORT:-17687}
password=${NEO4J_TEST_PASSWORD:-test-password}

# The first Java that is new enough: of JAVA_HOME, of PATH, of those that the system has beside it.
least=17 entry=org.neo4j.server.CommunityEntryPoint
opens=(--add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED
  --add-opens=java.base/sun.nio.ch=ALL-UNNAMED)
if [[ $version != 5.* ]]; then
  least=21 entry=org.neo4j.server.Neo4jCommunity
  opens+=(--add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED)
fi
java=
for tried in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
  [[ -x $tried ]] || continue
  has=$("$tried" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1)
  if ((${has:-0} >= least)); then java=$tried; break; fi
done
if [[ -z $java ]]; then echo "Neo4j $version needs Java $least or newer, and there is none." >&2; exit 3; fi

mkdir -p "$home"/{bin,conf,data,logs,run,plugins,import}
home=$(cd "$home" && pwd)
lib=$home/lib-$version
if [[ -f $home/run/pid ]] && kill -0 "$(cat "$home/run/pid")" 2>/dev/null; then
  echo "a server runs already from $home" >&2
else
  if [[ ! -f $lib/.complete ]]; then
    mvn -q -B -f "$here/pom.xml" "-Dneo4j.version=$version" dependency:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$lib" >&2
    touch "$lib/.complete"
  fi
  rm -rf "$home/data" "$home/logs"
  mkdir -p "$home/data" "$home/logs"
  # Tests empty and fill one database without end: plans kept for a day instead of ten seconds save half of the
  # server's work.
  cat > "$home/conf/neo4j.conf" <<CONF
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:$port
server.bolt.advertised_address=127.0.0.1:$port
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=64m
db.memory.transaction.max=${NEO4J_TEST_TRANSACTION:-160m}
dbms.cypher.min_replan_interval=1d
dbms.usage_report.enabled=false
dbms.security.allow_csv_import_from_file_urls=false
${NEO4J_TEST_CYPHER:+db.query.default_language=CYPHER_$NEO4J_TEST_CYPHER}
CONF
  # As in a full distribution, bin/neo4j-admin runs in the server's home.
  printf '#!/bin/sh\nexport NEO4J_HOME="%s" NEO4J_CONF="%s/conf"\nexec "%s" %s -cp "%s/*" org.neo4j.cli.AdminTool "$@"\n' \
    "$home" "$home" "$java" "${opens[*]}" "$lib" > "$home/bin/neo4j-admin"
  chmod +x "$home/bin/neo4j-admin"
  "$home/bin/neo4j-admin" dbms set-initial-password "$password" >"$home/logs/admin.log" 2>&1
  if [[ -n ${NEO4J_TEST_IMPORT:-} ]]; then
    (cd "$NEO4J_TEST_IMPORT" && PATH=$home/bin:$PATH sh import.sh) >"$home/logs/import.log" 2>&1 ||
      { echo "the import failed:" >&2; tail -20 "$home/logs/import.log" >&2; exit 1; }
  fi
  # Compiled once over: for so short a life that is half of the server's processor time.
  nohup "$java" -cp "$home/plugins/*:$home/conf/*:$lib/*" -Xms256m -Xmx1g -XX:+UseG1GC -XX:TieredStopAtLevel=1 "${opens[@]}" \
    -Dio.netty.tryReflectionSetAccessible=true -Dlog4j2.disable.jmx=true -Dfile.encoding=UTF-8 \
    "$entry" --home-dir="$home" --config-dir="$home/conf" --console-mode \
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
