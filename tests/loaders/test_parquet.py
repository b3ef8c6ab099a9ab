"""Parquet and frames of any type: the same ids, years and values as text gives."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.national import write_national
from clustercoop.graph import threads
from clustercoop.graph.errors import DataError
from clustercoop.loaders.dataset import Dataset, read_dataset, read_frames
from tests.loaders.small import codes
from tests.loaders.test_attacks import values

IDS = [7701, 7702, 7703]


def parquet(
    folder: Path, ids: pa.Array, year: pa.Array | None = None, value: pa.Array | None = None
) -> Dataset:
    pq.write_table(
        pa.table({"participant_id": ids, "cluster_id": pa.array(["c"] * 3)}), folder / "participants.parquet"
    )
    links = {
        "year": pa.array([2021, 2021]) if year is None else year,
        "supplier_id": ids.slice(0, 2),
        "buyer_id": ids.slice(1, 2),
        "value": pa.array([5.0, 7.5]) if value is None else value,
    }
    pq.write_table(pa.table(links), folder / "links.parquet")
    return read_dataset(folder)


@pytest.mark.parametrize(
    "ids",
    [
        pa.array(IDS),
        pa.array(IDS, pa.uint16()),
        pa.array([decimal.Decimal(i) for i in IDS], pa.decimal128(20, 0)),
        pa.array([float(i) for i in IDS]),
        pa.array([str(i) for i in IDS]).dictionary_encode(),
        pa.array(IDS).dictionary_encode(),
        pa.array([str(i).encode() for i in IDS], pa.binary()),
        pa.array([str(i).encode() for i in IDS], pa.large_binary()),
    ],
    ids=lambda ids: str(ids.type),
)
def test_parquet_ids_of_any_type_are_the_same_text(tmp_path: Path, ids: pa.Array) -> None:
    data = parquet(tmp_path, ids)
    assert data.graph.node_ids.tolist() == ["7701", "7702", "7703"]
    assert values(data) == [5.0, 7.5]


def test_parquet_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="bytes that are not UTF-8"):
        parquet(tmp_path, pa.array([b"\xff", b"b", b"c"]))


@pytest.mark.parametrize(
    "kind", [pa.timestamp("ns"), pa.timestamp("us"), pa.timestamp("ns", "UTC"), pa.date32()]
)
def test_parquet_dates_are_years(tmp_path: Path, kind: pa.DataType) -> None:
    day = datetime.date(2021, 12, 31) if kind == pa.date32() else datetime.datetime(2021, 12, 31, 20)
    assert parquet(tmp_path, pa.array(IDS), year=pa.array([day] * 2, kind)).graph.years == (2021,)


def test_parquet_whole_numbers_beyond_floats_are_exact_ids(tmp_path: Path) -> None:
    data = parquet(tmp_path, pa.array([2**63 + 1, 2**63 + 2, 5], pa.uint64()))
    assert str(2**63 + 1) in data.graph.node_ids.tolist()
    assert "id_imprecise" not in codes(data)


@pytest.mark.parametrize("kind", [pa.decimal128(38, 10), pa.decimal256(50, 10)])
def test_parquet_decimals_are_read_to_the_nearest_float(tmp_path: Path, kind: pa.DataType) -> None:
    cells = pa.array([decimal.Decimal("1.1"), decimal.Decimal("1234567.89")], kind)
    assert values(parquet(tmp_path, pa.array(IDS), value=cells)) == [1.1, 1234567.89]


def test_frames_of_dates_and_nullable_ids(tmp_path: Path) -> None:
    people = pd.DataFrame({"participant_id": pd.array([7701, 7702], "Int64"), "cluster_id": ["c", "c"]})
    links = pd.DataFrame(
        {"year": pd.to_datetime(["2021-06-30"]), "supplier_id": [7701], "buyer_id": [7702.0], "value": [5]}
    )
    data = read_frames({"participants": people, "links": links})
    assert (data.graph.years, values(data)) == ((2021,), [5.0])


def test_tables_read_at_the_same_time_are_told_of_as_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_national(tmp_path, links=2000, broken=0.05)
    rows = pd.read_parquet(folder / "activity.parquet")
    rows.loc[:3, "output"] = -1.0
    rows.loc[4:6, "participant_id"] = ["P0000001", "Total", "p 0000002"]
    rows.to_parquet(folder / "activity.parquet", index=False)
    one, other = read_dataset(folder), (monkeypatch.setattr(threads, "MANY", 0), read_dataset(folder))[1]
    assert list(one.findings) == list(other.findings)
    assert {f.table for f in one.findings if f.severity == "error"} >= {"links", "activity"}
    assert one.graph.equals(other.graph)
    assert one.rejected.equals(other.rejected)
