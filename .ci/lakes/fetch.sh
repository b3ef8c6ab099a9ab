#!/usr/bin/env bash
# Put the Spark that Delta and Iceberg are built for (4.1, not yet the current one), and their jars, into a folder for
# tests/engines/test_spark_lakes.py:  .ci/lakes/fetch.sh PIP FOLDER; CLUSTERCOOP_LAKES=FOLDER pytest tests/engines
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$1" install -q --no-deps --target "$2" "pyspark==4.1.*"
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
  -DincludeGroupIds=io.delta,org.apache.iceberg,io.unitycatalog -DoutputDirectory="$2/jars" >&2
