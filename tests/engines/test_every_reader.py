"""Every engine reads every kind of file alike: the same rows in, the same graph, figures and findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clustercoop import engines
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.graph.errors import ClusterCoopError
from clustercoop.graph.settings import DOMAINS, Settings
from clustercoop.loaders import transactions
from clustercoop.loaders.dataset import Dataset, read_dataset, read_frames
from tests.engines.test_spark_tables import MEMBERS, OTHERS, PEOPLE, flows

Tables = dict[str, pd.DataFrame]
Write = Callable[[Path, str, pd.DataFrame], None]
# What a form says of itself: encodings, delimiters, cells of text.
OF_THE_FORM = {"format_found", "number_format"}


def yearly() -> Tables:
    """Return links of a year and figures with faults in known rows."""
    rng = np.random.default_rng(5)
    links = pd.DataFrame(
        {
            "year": rng.choice([2021, 2022], 60),
            "supplier_id": rng.choice([*MEMBERS, *OTHERS], 60),
            "buyer_id": rng.choice([*MEMBERS, *OTHERS], 60),
            "value": rng.integers(1, 9000, 60) / 8,
        }
    )
    links.loc[3, "value"], links.loc[7, "value"], links.loc[11, "buyer_id"] = np.nan, -2.5, None
    links.loc[15, "buyer_id"] = str(links["supplier_id"].iloc[15])
    every = [(member, year) for member in MEMBERS for year in (2021, 2022)]
    activity = pd.DataFrame(every, columns=["participant_id", "year"])
    activity["output"] = rng.integers(20_000, 90_000, len(every)) / 8
    activity.loc[4, "output"] = -1.0
    return {"participants": PEOPLE, "links": links, "activity": activity}


def deals() -> Tables:
    """Return invoices: repeated, taken back, lacking something."""
    return yearly() | {"links": flows(120).assign(amount=lambda f: (f["amount"] * 8).round() / 8)}


def _text(folder: Path, name: str, rows: pd.DataFrame, **how: Any) -> None:
    rows.to_csv(folder / f"{name}.csv{how.pop('packed', '')}", index=False, **how)


def _parts(folder: Path, name: str, rows: pd.DataFrame) -> None:
    (folder / name).mkdir()
    for k, part in enumerate(np.array_split(np.arange(len(rows)), 2)):
        rows.iloc[part].to_parquet(folder / name / f"part-{k}.parquet", index=False)


def _book(folder: Path, name: str, rows: pd.DataFrame) -> None:
    path = folder / "book.xlsx"
    more: dict[str, Any] = {"mode": "a"} if path.exists() else {}
    with pd.ExcelWriter(path, engine="openpyxl", **more) as book:
        rows.to_excel(book, sheet_name=name, index=False)


FORMS: dict[str, tuple[Write, int]] = {
    "csv": (_text, 1),
    "russian csv": (lambda f, n, r: _text(f, n, r, sep=";", decimal=",", encoding="utf-8-sig"), 1),
    "packed csv": (lambda f, n, r: _text(f, n, r, packed=".gz", sep="\t"), 1),
    "excel": (_book, 1),
    "parquet": (lambda f, n, r: r.to_parquet(f / f"{n}.parquet", index=False), 0),
    "parquet in parts": (_parts, 0),
}
"""How tables are written, and how many lines stand above their rows."""


def told(data: Dataset, above: int) -> tuple[Counter[Any], Counter[Any]]:
    """Return findings and rejected rows by what they say, rows counted from the first of the table."""
    row = [(f.row - above) if f.row else 0 for f in data.findings]
    findings = Counter(
        (f.code, f.table, at, f.column, f.cluster_id, f.participant_id, f.year)
        for f, at in zip(data.findings, row, strict=True)
        if f.code not in OF_THE_FORM
    )
    lost = data.rejected
    return findings, Counter(zip(lost["table"], lost["row"] - above, lost["code"], strict=True))


def assert_alike(data: Dataset, above: int, given: Dataset) -> None:
    for name, table in given.graph.to_tables().items():
        drop = [column for column in ("file", "sheet", "row") if column in table]
        found = data.graph.to_tables()[name]
        if "row" in table:
            assert (found["row"] - above).tolist() == table["row"].tolist()
        pd.testing.assert_frame_equal(found.drop(columns=drop), table.drop(columns=drop), rtol=1e-12, atol=0)
    assert told(data, above) == told(given, 0)
    one, two = (cooperation_tables(each.graph, Settings()) for each in (data, given))
    pd.testing.assert_frame_equal(one.formations, two.formations, rtol=1e-12, atol=0)


@pytest.fixture(params=DOMAINS["engine"][1].choices)
def read(request: pytest.FixtureRequest) -> Callable[[Path], Dataset]:
    """Read a folder with the means of an engine."""
    if request.param == "local":
        return read_dataset
    request.getfixturevalue("spark")
    reader = engines.reader(Settings(engine="spark"))
    return lambda path: read_dataset(path, reader=reader.parquet)


@pytest.fixture(params=[yearly, deals], ids=["yearly", "deals"], scope="module")
def given(request: pytest.FixtureRequest) -> tuple[Tables, Dataset]:
    frames: Tables = request.param()
    return frames, read_frames(frames)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_read_as_its_rows(
    tmp_path: Path, read: Callable[[Path], Dataset], given: tuple[Tables, Dataset], form: str
) -> None:
    write, above = FORMS[form]
    for name, rows in given[0].items():
        write(tmp_path, name, rows)
    path = tmp_path / "book.xlsx"
    assert_alike(read(path if path.exists() else tmp_path), above, given[1])


@pytest.fixture(scope="module")
def summed(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Invoices in Parquet that DuckDB sums."""
    pytest.importorskip("duckdb")
    folder = tmp_path_factory.mktemp("summed")
    for name, rows in deals().items():
        FORMS["parquet"][0](folder, name, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transactions, "LARGE", 1)
        return read_dataset(folder)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "excel"])
def test_many_deals_are_summed_alike_from_any_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Any, summed: Dataset, form: str
) -> None:
    monkeypatch.setattr(transactions, "LARGE", 1)
    write, above = FORMS[form]
    for name, rows in deals().items():
        (write if name == "links" else FORMS["parquet"][0])(tmp_path, name, rows)
    data = read(tmp_path)
    assert [entry["transactions"] for entry in data.provenance["inputs"] if "transactions" in entry]
    assert len(data.graph.links) == len(summed.graph.links)
    data_at, given_at = (each.graph.to_tables()["links"] for each in (data, summed))
    assert (data_at["row"] - above).tolist() == given_at["row"].tolist()
    pd.testing.assert_series_equal(data_at["value"], given_at["value"], rtol=1e-12, atol=0)
    assert (data.rejected["row"] - above).tolist() == summed.rejected["row"].tolist()
    one, two = (cooperation_tables(each.graph, Settings()) for each in (data, summed))
    pd.testing.assert_frame_equal(one.formations, two.formations, rtol=1e-12, atol=0)


def test_a_damaged_file_ends_in_one_sentence_and_a_mended_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Any, summed: Dataset
) -> None:
    """A page in the middle of a part of large transactions is overwritten."""
    monkeypatch.setattr(transactions, "LARGE", 1)
    for name, rows in deals().items():
        (_parts if name == "links" else FORMS["parquet"][0])(tmp_path, name, rows)
    part = tmp_path / "links" / "part-1.parquet"
    whole = part.read_bytes()
    for damaged in (whole[:4] + b"\xff" * 200 + whole[204:], whole[: len(whole) // 2]):
        part.write_bytes(damaged)
        with pytest.raises(ClusterCoopError) as caught:
            read(tmp_path)
        assert "links" in str(caught.value) and "\n" not in str(caught.value)
    part.write_bytes(whole)
    assert len(read(tmp_path).graph.links) == len(summed.graph.links)
