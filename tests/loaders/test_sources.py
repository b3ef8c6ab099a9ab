"""Which files make a dataset, and what is refused with one clear sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from clustercoop.graph.errors import DataError
from clustercoop.loaders.dataset import read_dataset
from tests.loaders import small
from tests.loaders.test_dataset import FIGURES, LINKS, PEOPLE, make, read


def test_yearly_files_are_joined(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "links.csv").unlink()
    (tmp_path / "links_2021.csv").write_text(LINKS)
    (tmp_path / "links_2022.csv").write_text(LINKS.replace("2021", "2022"))
    data = read_dataset(tmp_path)
    assert data.graph.links["file"].tolist() == ["links_2021.csv"] * 2 + ["links_2022.csv"] * 2
    assert data.graph.links["row"].tolist() == [2, 3, 2, 3]
    [joined] = [f for f in data.findings if f.code == "files_joined"]
    assert joined.detail == "links_2021.csv, links_2022.csv"


def test_the_same_rows_in_two_files_are_repeats(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "links.csv").unlink()
    for part in ("1", "2"):
        (tmp_path / f"links_{part}.csv").write_text(LINKS)
    data = read_dataset(tmp_path)
    assert len(data.graph.links) == 2
    assert {f.detail for f in data.findings if f.code == "duplicate_row"} == {
        "links_1.csv:2",
        "links_1.csv:3",
    }


@pytest.mark.parametrize("other", ["links_2021.csv", "LINKS.tsv", "связи.csv"])
def test_two_files_that_may_hold_the_same_rows_are_refused(tmp_path: Path, other: str) -> None:
    make(tmp_path)
    (tmp_path / other).write_text(LINKS)
    with pytest.raises(DataError, match="Several files claim the table links"):
        read_dataset(tmp_path)


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    make(tmp_path, telephones="a,b\n1,2\n")
    (tmp_path / "README.md").write_text("hello")
    (tmp_path / "~$links.xlsx").write_bytes(b"lock")
    (tmp_path / ".links.csv").write_text("x")
    assert [f.file for f in read_dataset(tmp_path).findings if f.code == "file_ignored"] == [
        "README.md",
        "telephones.csv",
    ]


@pytest.mark.parametrize(
    ("present", "says"),
    [
        (("participants",), "no links"),
        (("links",), "no participants"),
        (("activity", "clusters"), "no participants and no links"),
        ((), "holds no table"),
    ],
)
def test_what_is_not_enough_is_refused(tmp_path: Path, present: tuple[str, ...], says: str) -> None:
    texts = {"participants": PEOPLE, "links": LINKS, "activity": FIGURES, "clusters": "cluster_id\nc\n"}
    for name in present:
        (tmp_path / f"{name}.csv").write_text(texts[name])
    with pytest.raises(DataError, match=says):
        read_dataset(tmp_path)


@pytest.mark.parametrize("table", ["participants", "links"])
def test_a_main_table_without_rows_is_refused(tmp_path: Path, table: str) -> None:
    header = (PEOPLE if table == "participants" else LINKS).split("\n")[0] + "\n"
    with pytest.raises(DataError, match=f"The table {table} .* has a header and no rows"):
        read(tmp_path, **{table: header})


def test_places_that_hold_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for path, says in (("none", "no folder or file"), ("a.pdf", "is no dataset"), ("link", "is a link")):
        with pytest.raises(DataError, match=says):
            read_dataset(tmp_path / path)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_a_folder_where_a_file_should_be(tmp_path: Path, suffix: str) -> None:
    make(tmp_path)
    (tmp_path / f"activity{suffix}").mkdir()
    with pytest.raises(DataError, match=f"activity{suffix} is a folder"):
        read_dataset(tmp_path)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by the system; simulated, because a superuser may read everything."""
    make(tmp_path)

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match="permission denied"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PK\x03\x04", b"a,b\n", b"PAR1" + b"\0" * 50 + b"PAR1"])
def test_a_parquet_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    make(tmp_path)
    (tmp_path / "activity.parquet").write_bytes(content)
    with pytest.raises(DataError, match="activity.parquet"):
        read_dataset(tmp_path)


def test_parquet_of_lists_is_refused_and_of_dictionaries_read(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "links.csv").unlink()
    frame = pd.DataFrame({"year": [2021], "supplier_id": ["01"], "buyer_id": ["02"], "value": [1.5]})
    frame.astype({"supplier_id": "category"}).to_parquet(tmp_path / "links.parquet")
    assert read_dataset(tmp_path).graph.links["value"].tolist() == [1.5]
    frame["value"] = pd.Series([[1.5]], dtype=object)
    frame.to_parquet(tmp_path / "links.parquet")
    with pytest.raises(DataError, match="holds lists"):
        read_dataset(tmp_path)


def test_progress_names_the_files(tmp_path: Path) -> None:
    said: list[str] = []
    read_dataset(make(tmp_path), progress=said.append)
    assert said == ["Reading links.csv", "Reading participants.csv", "Checking the tables"]


def test_a_file_name_in_a_broken_encoding_can_still_be_told(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / os.fsdecode(b"liste_\xff.csv")).write_text("a\n1\n")
    [finding] = [f for f in read_dataset(tmp_path).findings if f.code == "file_ignored"]
    assert finding.file == "liste_?.csv"


def test_files_of_other_figures_are_one_table(tmp_path: Path) -> None:
    one = "ИНН;Год;Выпуск, млн руб.\n0101;2022;5\n"
    two = "ИНН;Год;Численность\n0101;2022;7\n"
    files = {"Показатели (выпуск)": one, "Показатели (численность)": two}
    data = small.read(tmp_path, links=f"{small.HEAD}2022;0101;0202;1\n", **files)
    frame = data.graph.to_tables()["activity"]
    assert frame[["output", "employees"]].to_numpy().tolist() == [[5.0, 7.0]]
    small.put(tmp_path, **{"Показатели (численность)": one})
    with pytest.raises(DataError, match="claim the table activity"):
        read_dataset(tmp_path)
