"""Loading, querying and analysing through stores, as a user does it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

import clustercoop
from clustercoop.graph.errors import StoreError
from clustercoop.graph.stores.memory import MemoryStore
from clustercoop.graph.stores.results import KEYS
from clustercoop.graph.stores.uri import open_store
from clustercoop.outputs import read_result
from clustercoop.stored import result_tables
from tests.builders import frames, write_folder
from tests.cli.test_cli import hashes, run

TABLES = ("formations", "participants", "clusters")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("in") / "data", frames())


@pytest.fixture(scope="module")
def results(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    pytest.importorskip("kglite", reason="the extra [embedded] is not installed")
    folder = tmp_path_factory.mktemp("store")
    out, store = folder / "out", folder / "graph.kgl"
    done = run("analyze", data, "--out", out, "--store", store, "--nulls", 9)
    assert done.exit_code == 0, done.output
    return out, store


def test_analysis_from_a_store_equals_analysis_from_files(results: tuple[Path, Path], tmp_path: Path) -> None:
    out, store = results
    again = run("analyze", store, "--out", tmp_path / "again", "--nulls", 9)
    assert again.exit_code == 0, again.output
    ours, theirs = hashes(out), hashes(tmp_path / "again")
    for table in TABLES:
        assert ours[f"{table}.csv"] == theirs[f"{table}.csv"], table
        assert ours[f"{table}.parquet"] == theirs[f"{table}.parquet"], table
    assert {k: v for k, v in ours.items() if k.startswith(("data", "views", "model"))} == {
        k: v for k, v in theirs.items() if k.startswith(("data", "views", "model"))
    }


def test_results_are_read_back_from_a_store_and_reported(results: tuple[Path, Path], tmp_path: Path) -> None:
    out, store = results
    wanted, found = read_result(out), read_result(store)
    kept = [one for one in wanted.settings.outputs.split(",") if one not in ("csv", "parquet")]
    assert found.settings == wanted.settings.replace(outputs=kept)  # a store holds no files of figures
    assert found.graph.equals(wanted.graph)
    for table in (*TABLES, "gaps"):
        ours, theirs = getattr(found, table), getattr(wanted, table)
        order = list(theirs.columns) if table == "gaps" else list(KEYS[table])
        ours, theirs = (frame.sort_values(order, ignore_index=True) for frame in (ours, theirs))
        pd.testing.assert_frame_equal(ours, theirs[list(ours.columns)])
    written = {name: frame for name, frame in wanted.policy.items() if len(frame)}
    assert found.policy.keys() == written.keys() and len(written) > 5
    for name, frame in written.items():
        pd.testing.assert_frame_equal(found.policy[name], frame)
    done = run("report", store, "--out", tmp_path / "report", "--lang", "ru")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "report" / "report.xlsx").is_file()
    # A part that another run wrote makes no report of the whole.
    other = str(tmp_path / "other.kgl")
    with open_store(other) as opened:
        opened.load(wanted.graph)
        opened.write_results(result_tables(wanted))
        first = wanted.formations.iloc[:1]
        run_ = first[["cluster_id", "year"]].assign(run="another", version="9", settings="{}")
        opened.write_results({"formations": first, "runs": run_})
    assert "several runs" in run("report", other, "--out", tmp_path / "no").output


def test_a_named_query_gives_the_tables_figures_as_json(results: tuple[Path, Path]) -> None:
    out, store = results
    done = run("query", "cooperation", "--store", store, "--format", "json")
    assert done.exit_code == 0, done.output
    rows = pd.DataFrame(json.loads(done.output)).sort_values(["cluster_id", "year"])
    table = pd.read_csv(out / "formations.csv")
    assert rows["cooperation_ratio"].tolist() == pytest.approx(table["cooperation_ratio"].tolist())


@pytest.mark.parametrize(
    "words",
    [
        ["--cypher", "MATCH (n) DETACH DELETE n"],
        ["--cypher", "CREATE (n:X) RETURN n"],
        ["--cypher", "LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row"],
        ["no_such_query"],
        ["core_members", "--param", "cluster=C0"],
        ["core_members", "--param", "cluster=C0", "--param", "year=soon"],
    ],
)
def test_a_refused_query_gives_one_sentence_and_changes_nothing(
    results: tuple[Path, Path], words: list[str]
) -> None:
    _, store = results
    before = store.read_bytes()
    done = run("query", *words, "--store", store)
    assert done.exit_code == 1
    assert done.output.startswith("clustercoop: ")
    assert "Traceback" not in done.output
    assert store.read_bytes() == before


@pytest.mark.filterwarnings("always::clustercoop.graph.stores.protocol.StoreWarning")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["core_members", "--param", "cluster=C9", "--param", "year=2021"], "Кластера C9 в хранилище нет"),
        (["--cypher", "MATCH (c:Clutser) RETURN c"], "Запрос отклонён: нет метки Clutser; похоже: Cluster"),
        (["--cypher", "MATCH (n) DELETE n"], "Запрос отклонён: DELETE не для чтения; если это имя"),
        (["--cypher", "RETURN isEmpty([]) AS x"], "нет isEmpty; в обоих хранилищах работает: size(x) = 0."),
        (
            ["--cypher", "MATCH (c:Cluster) RETURN c.nmae AS x"],
            "предупреждение: Ни у чего в хранилище нет свойства nmae",
        ),
        (["--cypher", "MATCH (p:Participant) RETURN p.id AS x", "--limit", "1"], "Показано строк: 1;"),
        (["new_links", "--param", "year=2021"], "Запросу new_links нужен --param cluster=…"),
    ],
)
def test_what_a_store_says_is_said_in_the_language_asked_for(
    results: tuple[Path, Path], words: list[str], told: str
) -> None:
    done = run("query", *words, "--store", results[1], "--lang", "ru")
    assert told in done.output, done.output


@pytest.mark.parametrize(
    "words",
    [
        ["query", "cooperation"],
        ["query", "--store", "x.kgl"],
        ["query", "cooperation", "--cypher", "RETURN 1", "--store", "x.kgl"],
        ["query", "cooperation", "--store", "x.kgl", "--format", "parquet"],
    ],
)
def test_wrong_usage_of_query_exits_2(words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_rows_leave_as_parquet_and_csv(results: tuple[Path, Path], tmp_path: Path) -> None:
    _, store = results
    for form in ("parquet", "csv"):
        target = tmp_path / f"rows.{form}"
        done = run("query", "internal_supply", "--store", store, "--format", form, "--out", target)
        assert done.exit_code == 0, done.output
    parquet = pd.read_parquet(tmp_path / "rows.parquet")
    csv = pd.read_csv(tmp_path / "rows.csv")
    assert parquet["internal_supply"].tolist() == pytest.approx(csv["internal_supply"].tolist())
    assert sorted(os.listdir(tmp_path)) == ["rows.csv", "rows.parquet"]


def test_loading_twice_is_loading_once(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("kglite", reason="the extra [embedded] is not installed")
    store = tmp_path / "twice.kgl"
    for _ in range(2):
        assert run("load", data, "--store", store).exit_code == 0
    done = run("query", "--cypher", "MATCH ()-[s:SUPPLIES]->() RETURN count(s) AS n", "--store", store,
               "--format", "json")  # fmt: skip
    assert json.loads(done.output) == [{"n": len(frames()["links"])}]


def test_a_server_that_is_not_there_is_said_in_one_sentence_without_secrets(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("neo4j", reason="the extra [neo4j] is not installed")
    monkeypatch.setenv("NEO4J_PASSWORD", "s3cret-word")
    for words in (
        ["load", data, "--store", "bolt://127.0.0.1:1"],
        ["query", "cooperation", "--store", "bolt://127.0.0.1:1"],
        ["check", "bolt://me:s3cret-word@127.0.0.1:1"],
    ):
        done = run(*words)
        assert done.exit_code == 1
        said = done.output.splitlines()[-1]
        assert said.startswith("clustercoop: ")
        assert "s3cret-word" not in done.output
        assert "Traceback" not in done.output


def test_a_store_that_cannot_be_reached_is_refused_before_the_work(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("neo4j", reason="the extra [neo4j] is not installed")
    phases: list[str] = []
    with pytest.raises(clustercoop.ClusterCoopError, match="does not answer"):
        clustercoop.analyze(
            data,
            tmp_path / "out",
            store="bolt://127.0.0.1:1",
            progress=lambda phase, *_: phases.append(phase),
        )
    assert phases == [] and not (tmp_path / "out").exists()


def test_a_store_that_fails_later_leaves_the_results_whole(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: MemoryStore, *_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(MemoryStore, "write_results", failing)
    with pytest.raises(StoreError, match=r"The disk is full\. The results in .*out are whole"):
        clustercoop.analyze(data, tmp_path / "out", store="memory:", nulls=0)
    assert len(read_result(tmp_path / "out").formations)
