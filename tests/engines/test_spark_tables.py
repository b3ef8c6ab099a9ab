"""Tables that Spark reads and sums are those that are read on this machine, findings and all."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop import engines
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.engines.spark_tables import SparkReader
from clustercoop.graph.errors import DataError, EngineError
from clustercoop.graph.settings import Settings
from clustercoop.loaders import transactions
from clustercoop.loaders.dataset import Dataset, read_dataset
from clustercoop.loaders.elsewhere import read_held

MEMBERS = [f"77000000{i:02d}" for i in range(6)]
OTHERS = [f"99000000{i:02d}" for i in range(8)]
PEOPLE = pd.DataFrame({"participant_id": MEMBERS, "cluster_id": ["a", "a", "a", "b", "b", "b"]})


@pytest.fixture
def reader(spark: Any) -> SparkReader:
    return engines.reader(Settings(engine="spark"))


@pytest.fixture
def every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LARGE", 1)


def flows(rows: int = 240) -> pd.DataFrame:
    """Return invoices of two years: some stand twice, some are taken back, some lack something."""
    rng = np.random.default_rng(3)
    every = [*MEMBERS, *OTHERS]
    found = pd.DataFrame(
        {
            "date": pd.Timestamp("2021-01-05") + pd.to_timedelta(rng.integers(0, 700, rows), "D"),
            "supplier": rng.choice(every, rows),
            "buyer": rng.choice(every, rows),
            "amount": rng.lognormal(2, 1, rows),
            "document": [f"d{i}" for i in range(rows)],
        }
    )
    found.loc[5, "amount"], found.loc[6, "buyer"] = np.nan, None
    back = found.iloc[10:16].assign(amount=lambda f: -f["amount"] / 2, document=lambda f: "r" + f["document"])
    return pd.concat([found, back, found.iloc[30:36]], ignore_index=True)


def in_parts(folder: Path, rows: pd.DataFrame) -> Path:
    """Write a dataset whose links are a folder of Parquet, as Spark writes it."""
    folder.mkdir()
    PEOPLE.to_parquet(folder / "participants.parquet", index=False)
    (folder / "links").mkdir()
    (folder / "links" / "_SUCCESS").touch()
    for k, part in enumerate(np.array_split(np.arange(len(rows)), 3)):
        rows.iloc[part].to_parquet(folder / "links" / f"part-{k:05d}.parquet", index=False)
    return folder


def assert_same(one: Dataset, two: Dataset) -> None:
    for name, table in one.graph.to_tables().items():
        pd.testing.assert_frame_equal(table, two.graph.to_tables()[name], rtol=1e-12, atol=0)
    assert [asdict(f) for f in one.findings] == [asdict(f) for f in two.findings]
    pd.testing.assert_frame_equal(one.rejected, two.rejected)
    book = [data.provenance["accounting"]["links"] for data in (one, two)]
    assert book[0]["rows_accepted"] == book[1]["rows_accepted"]
    first, second = (cooperation_tables(data.graph, Settings()) for data in (one, two))
    pd.testing.assert_frame_equal(first.formations, second.formations, rtol=1e-12, atol=0)
    assert [asdict(f) for f in first.findings] == [asdict(f) for f in second.findings]


def as_texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Write amounts as a Russian spreadsheet does, one of them in words."""
    told = rows["amount"].map(
        lambda v: None if np.isnan(v) else f"{v:,.2f}".replace(",", " ").replace(".", ",")
    )
    told.iloc[7] = "много"
    return rows.assign(amount=told)


@pytest.mark.usefixtures("every_row")
@pytest.mark.parametrize("kind", ["numbers", "texts and ids as floats"])
def test_transactions_in_parts_make_the_same_links(tmp_path: Path, reader: SparkReader, kind: str) -> None:
    rows = flows()
    if kind != "numbers":
        rows = as_texts(rows).assign(buyer=rows["buyer"].astype(float))
    folder = in_parts(tmp_path / "data", rows)
    here, there = read_dataset(folder), read_dataset(folder, reader=reader.parquet)
    assert here.rejected["row"].tolist() == sorted(here.rejected["row"])
    assert {6, 7} <= set(there.rejected["row"])
    assert_same(here, there)


@pytest.mark.usefixtures("every_row")
def test_the_public_functions_read_with_the_engine_of_the_analysis(tmp_path: Path, spark: Any) -> None:
    folder = in_parts(tmp_path / "data", flows())
    options: dict[str, Any] = {"metrics": "cooperation", "outputs": "parquet", "workers": 1}
    here = clustercoop.analyze(folder, **options)
    there = clustercoop.analyze(folder, engine="spark", **options)
    pd.testing.assert_frame_equal(here.formations, there.formations, rtol=1e-12, atol=0)
    assert [asdict(f) for f in here.findings] == [asdict(f) for f in there.findings]


def test_tables_at_addresses_are_those_of_files(tmp_path: Path, reader: SparkReader) -> None:
    """Participants by a query, links from a database by JDBC, activity from a folder of Parquet."""
    links = pd.DataFrame(
        {"year": [2021, 2021], "supplier_id": MEMBERS[:2], "buyer_id": MEMBERS[1:3], "value": [2.0, 3.5]}
    )
    activity = pd.DataFrame({"participant_id": MEMBERS[:3], "year": 2021, "output": [10.0, 9.0, 8.0]})
    activity.to_parquet(tmp_path / "activity.parquet", index=False)
    PEOPLE.to_parquet(tmp_path / "people.parquet", index=False)
    base = f"jdbc:derby:{tmp_path / 'base'}"
    session = reader._spark
    # Derby logs into the working folder where nobody names a file.
    java: Any = session.sparkContext._jvm
    java.java.lang.System.setProperty("derby.stream.error.file", str(tmp_path / "derby.log"))
    session.createDataFrame(links.to_dict("records")).write.format("jdbc").options(
        url=f"{base};create=true", dbtable="supply"
    ).save()
    addresses = tmp_path / "tables.toml"
    addresses.write_text(
        f"""
        [participants]
        query = "SELECT * FROM parquet.`{tmp_path}/people.parquet`"
        [links]
        format = "jdbc"
        options = {{url = "{base}", dbtable = "supply"}}
        [activity]
        load = "{tmp_path}/activity.parquet"
        """
    )
    found = read_held(reader.addresses(addresses)).graph.to_tables()
    given = clustercoop.load({"participants": PEOPLE, "links": links, "activity": activity}).to_tables()
    for name in ("participants", "links", "activity"):
        rows = found[name].drop(columns="row", errors="ignore")
        pd.testing.assert_frame_equal(rows, given[name].drop(columns="row", errors="ignore"))
    assert set(found["links"]["row"]) == {0}
    with pytest.raises(DataError, match="engine spark"):
        clustercoop.load(addresses)


@pytest.mark.usefixtures("every_row")
def test_transactions_elsewhere_keep_no_rows_but_the_same_sums(tmp_path: Path, reader: SparkReader) -> None:
    folder = in_parts(tmp_path / "data", flows())
    (tmp_path / "tables.toml").write_text(
        f'[participants]\nload = "{folder}/participants.parquet"\n[links]\nload = "{folder}/links"\n'
    )
    here, there = read_dataset(folder), read_held(reader.addresses(tmp_path / "tables.toml"))
    one, two = (
        data.graph.to_tables()["links"].groupby(["year", "supplier_id", "buyer_id"])["value"].sum()
        for data in (here, there)
    )
    pd.testing.assert_series_equal(one, two, rtol=1e-12)
    assert set(there.rejected["row"]) == {0} and len(there.rejected) == len(here.rejected)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("[link]\nload = 'x'", "is no address"),
        ("[links]\nformat = 'jdbc'", "is no address"),
        ("[links]\noptions = 5", "is no address"),
        ("[links]\nload = ['x']", "is no address"),
        ("[links]\nload = 'x'\noptions = {password = 'env:NOT_SET_ANYWHERE'}", "NOT_SET_ANYWHERE"),
        ("[links", "tables.toml"),
        ("", "is no address"),
    ],
)
def test_wrong_addresses_are_refused(tmp_path: Path, reader: SparkReader, told: str, why: str) -> None:
    (tmp_path / "tables.toml").write_text(told)
    with pytest.raises(DataError, match=why):
        reader.addresses(tmp_path / "tables.toml")


def test_a_table_that_is_not_there_is_told_in_one_sentence(tmp_path: Path, reader: SparkReader) -> None:
    (tmp_path / "tables.toml").write_text(f"[links]\nload = '{tmp_path}/none'")
    with pytest.raises(EngineError, match="^Spark cannot read links: ") as caught:
        reader.addresses(tmp_path / "tables.toml")
    assert "\n" not in str(caught.value)
