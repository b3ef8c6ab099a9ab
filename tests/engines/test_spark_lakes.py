"""Tables of Delta and Iceberg, read by Spark's own sources, are those of the same rows in Parquet.

Both are built for one release of Spark each, and none yet for the one that other tests use: a session of that
release runs beside them, with what ``.ci/lakes/fetch.sh`` has put into a folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines.test_spark_tables import flows, in_parts
from tests.places import ROOT

LAKES = os.environ.get("CLUSTERCOOP_LAKES", "")
CONFIGURED = """
spark.jars {jars}
spark.sql.extensions io.delta.sql.DeltaSparkSessionExtension
spark.sql.shuffle.partitions 2
spark.default.parallelism 2
spark.databricks.delta.snapshotPartitions 2
spark.sql.catalog.spark_catalog org.apache.spark.sql.delta.catalog.DeltaCatalog
spark.sql.catalog.lake org.apache.iceberg.spark.SparkCatalog
spark.sql.catalog.lake.type hadoop
spark.sql.catalog.lake.warehouse {folder}/iceberg
"""
DELTA = """
[participants]
format = "delta"
load = "{folder}/delta/participants"
[links]
query = "SELECT * FROM delta.`{folder}/delta/links`"
"""
ICEBERG = """
[participants]
query = "SELECT * FROM lake.db.participants"
[links]
format = "iceberg"
load = "lake.db.links"
"""
SCRIPT = """
import sys
from collections import Counter
from pathlib import Path
import pandas as pd
import pyspark
from clustercoop import engines
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.engines.spark_tables import SparkReader
from clustercoop.graph.settings import Settings
from clustercoop.loaders import transactions
from clustercoop.loaders.dataset import read_dataset
from clustercoop.loaders.elsewhere import read_held

folder = Path(sys.argv[1])
assert pyspark.__version__.startswith("4.1."), pyspark.__version__
spark = engines.open("spark", workers=2).spark
for name in ("participants", "links"):
    path = folder / "data" / name
    rows = spark.read.parquet(str(path if path.exists() else path.with_suffix(".parquet")))
    rows.write.format("delta").save(f"{folder}/delta/{name}")
    rows.writeTo(f"lake.db.{name}").using("iceberg").create()

def supply(data):
    links = data.graph.to_tables()["links"]
    return links.groupby(["year", "supplier_id", "buyer_id"])["value"].sum()

def told(data):
    return Counter((f.code, f.cluster_id, f.year) for f in data.findings)  # rows have no numbers there

for large in (1, 2_000_000):
    transactions.LARGE = large
    here = read_dataset(folder / "data")
    for kind in ("delta", "iceberg"):
        there = read_held(SparkReader(spark).addresses(folder / f"{kind}.toml"))
        pd.testing.assert_series_equal(supply(here), supply(there), rtol=1e-12, atol=0)
        assert told(here) == told(there), (told(here) - told(there), told(there) - told(here))
        assert sorted(here.rejected["code"]) == sorted(there.rejected["code"])
        one, two = (cooperation_tables(data.graph, Settings()).formations for data in (here, there))
        pd.testing.assert_frame_equal(one, two, rtol=1e-12, atol=0)
        print(kind, large, len(there.graph.links))
spark.stop()
"""


@pytest.mark.skipif(not LAKES, reason="set CLUSTERCOOP_LAKES to what .ci/lakes/fetch.sh fetched")
def test_delta_and_iceberg_are_read_as_parquet_is(tmp_path: Path) -> None:
    jars = sorted(Path(LAKES, "jars").glob("*.jar"))
    assert {"delta", "iceberg"} <= {jar.name.partition("-")[0] for jar in jars}, f"no jars in {LAKES}"
    in_parts(tmp_path / "data", flows())
    for name, text in (("spark-defaults.conf", CONFIGURED), ("delta.toml", DELTA), ("iceberg.toml", ICEBERG)):
        (tmp_path / name).write_text(text.format(folder=tmp_path, jars=",".join(map(str, jars))))
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ("SPARK_HOME", "PYSPARK_GATEWAY_PORT")
    }
    env |= {"PYTHONPATH": LAKES, "SPARK_CONF_DIR": str(tmp_path)}
    env["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(done.stdout.splitlines()) == 4
