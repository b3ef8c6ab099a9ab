"""What analysts have around a query: a prompt, files, pages, help, a notebook magic, exports."""

from __future__ import annotations

import csv
import json
import re
import shutil
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import networkx as nx
import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from clustercoop.cli import main
from clustercoop.cookbook import get_query, list_queries, phrase, run_named
from clustercoop.exports import dashboard, export_browser, export_neo4j_admin, favourite
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.cypher_guard import check_statement
from clustercoop.graph.stores.neo4j_link import LANGUAGE
from clustercoop.graph.stores.protocol import StoreWarning
from clustercoop.graph.stores.uri import open_store
from clustercoop.graph.texts import told
from clustercoop.magic import cypher, load_ipython_extension
from clustercoop.prompt import Session, words
from clustercoop.query_files import result_graph, split_key, write_rows
from clustercoop.query_help import example_parameters, query_help
from tests.contract.samples import outcome, random_graph
from tests.places import ROOT

# A row of the sample is open; that an answer may lack such a row is tested with the modes of loading.
pytestmark = pytest.mark.filterwarnings("ignore:Rows about supply or members")

ONE = {"cluster": "c1", "year": 2022}


@cache
def graph() -> SupplyGraph:
    return random_graph(44, clusters=2, size=7, years=3, links_each=20)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("kglite")
    path = str(tmp_path_factory.mktemp("analysts") / "g.kgl")
    with open_store(path) as store:
        store.load(graph())
        store.write_results(outcome(graph()))
    return path


@pytest.fixture(scope="module")
def store(address: str) -> Iterator[Store]:
    with open_store(address) as opened:
        yield opened


def test_a_session_lists_helps_asks_and_writes(store: Store, tmp_path: Path) -> None:
    said: list[str] = []
    session = Session(store, said.append)
    assert session.run(":list") and any("top_internal_links" in line for line in said)
    session.run(":help top_internal_links")
    assert "example: clustercoop query top_internal_links --store STORE --param cluster=c" in said[-1]
    session.run(":params cluster=c1 year=2022")
    session.run("top_internal_links top=2")
    assert said[-1].endswith("(rows: 2)")
    session.run("MATCH (c:Cluster) WHERE c.id = $cluster RETURN c.id AS id;")
    assert "c1" in said[-1] and "(1 row)" in said[-1]
    session.run(f":out {tmp_path / 'rows.csv'}")
    session.run("top_internal_links")
    assert len((tmp_path / "rows.csv").read_text("utf-8").splitlines()) > 3
    session.run(":out")
    session.run(":explain MATCH (c:Cluster) RETURN c")
    assert said[-1].strip()
    session.run("MATCH (x:Clutser) RETURN x;")
    assert "nearest: Cluster" in said[-1]
    session.run(":nothing")
    assert ":help" in said[-1]
    assert not session.run(":quit")
    russian = Session(store, said.append, lang="ru")
    for line in (":list", ":help", ":help top_internal_links", ":params -", ":out x.csv", ":out"):
        before = len(said)
        russian.run(line)
        assert all(re.search("[а-яё]", text) for text in said[before:]), line
    assert "Крупнейшие связи между участниками" in "".join(said)
    russian.run("MATCH (c:Cluster) RETURN c.id AS id;")
    assert said[-1].endswith("(строк: 2)")


def test_what_queries_say_is_said_in_every_language() -> None:
    words = {
        words
        for query in list_queries().values()
        for words in (query.purpose, *query.returns.values(), *(p.meaning for p in query.parameters))
    }
    file = ROOT / "clustercoop" / "queries" / "phrases.csv"
    rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    assert sorted(row["en"] for row in rows) == sorted(words)
    assert all(re.search("[а-яё]", phrase(said, "ru")) for said in words)
    assert phrase("one of ours", "ru") == "one of ours"


def test_completion_knows_labels_properties_queries_and_clusters(store: Store) -> None:
    assert {"Participant", "SUPPLIES", "cooperation_ratio", "top_internal_links", "c1", ":params"} <= set(
        words(store)
    )


def test_lines_are_piped_into_a_session(address: str) -> None:
    text = "MATCH (c:Cluster)\nRETURN c.id AS id\nORDER BY id;\nverdicts\n:quit\n:list\n"
    found = CliRunner().invoke(main, ["query", "--store", address], input=text)
    assert found.exit_code == 0, found.output
    assert "(rows: 2)" in found.output and "undecided" in found.output
    assert "chain_breakers" not in found.output
    assert CliRunner().invoke(main, ["query", "--store", address], input="").exit_code == 2


def test_the_help_of_a_query_has_an_example_that_runs(store: Store, address: str) -> None:
    found = CliRunner().invoke(main, ["query", "shortest_chain", "--store", address, "--help"])
    assert found.exit_code == 0 and "--param supplier=" in found.output
    for query in list_queries().values():
        given = example_parameters(store, query)
        run_named(store, query.name, given, timeout=600)
        assert all(f"--param {name}={value}" in query_help(query, given) for name, value in given.items())
    assert "--param" in CliRunner().invoke(main, ["query", "--help"]).output


@pytest.mark.parametrize(
    "statement",
    [
        "MATCH p = (a:Participant)-[:INSIDE]->(b:Participant) RETURN p",
        "MATCH (a:Participant)-[r:INSIDE]->(b:Participant) RETURN a, r, b",
        "MATCH (a)-[r:INSIDE]->(b) "
        "RETURN a.id AS supplier_id, b.id AS buyer_id, r.value AS value, r.year AS year",
    ],
)
def test_an_answer_becomes_a_network(store: Store, tmp_path: Path, statement: str) -> None:
    rows = store.query(statement)
    made = result_graph(rows)
    wanted = store.query("MATCH ()-[r:INSIDE]->() RETURN count(r) AS n, sum(r.value) AS v")
    assert len(made.links) == int(wanted["n"][0])
    assert float(made.links["value"].sum()) == pytest.approx(float(wanted["v"][0]))
    write_rows(rows, tmp_path / "n.graphml")
    assert nx.read_graphml(tmp_path / "n.graphml").number_of_edges() == len(made.links)


def test_named_answers_are_drawn_and_written(store: Store, address: str, tmp_path: Path) -> None:
    args = ["query", "longest_chains", "--store", address, "--param", "cluster=c1", "--param", "year=2022"]
    page = tmp_path / "p.html"
    found = CliRunner().invoke(main, [*args, "--view", str(page)])
    assert found.exit_code == 0, found.output
    assert "<html" in page.read_text("utf-8")[:300]
    book = tmp_path / "r.xlsx"
    assert CliRunner().invoke(main, [*args, "--format", "xlsx", "--out", str(book)]).exit_code == 0
    sheet = openpyxl.load_workbook(book)["rows"]
    assert [cell.value for cell in sheet[1]] == ["links", "participants", "weakest"]
    net = tmp_path / "r.graphml"
    assert CliRunner().invoke(main, [*args, "--format", "graphml", "--out", str(net)]).exit_code == 0
    assert nx.read_graphml(net).number_of_edges() > 3
    with pytest.raises(ParameterError, match="no nodes and links"):
        result_graph(store.query("RETURN 1 AS one"))
    with pytest.raises(ParameterError, match="ends in none of"):
        write_rows(store.query("RETURN 1 AS one"), tmp_path / "x.doc")


def test_keys_are_cut_as_they_were_joined() -> None:
    assert split_key("2020|a\\|b\\\\|c|||0") == ["2020", "a|b\\", "c", "", "", "0"]


def test_the_magic_takes_variables_and_gives_frames(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    variables: dict[str, Any] = {"cluster": "c1", "year": pd.Series([2022]).iloc[0], "where": address}
    rows = cypher("$where --out kept", "MATCH (c:Cluster) WHERE c.id = $cluster RETURN c.id AS id", variables)
    assert rows is not None and rows["id"].tolist() == ["c1"] and variables["kept"] is rows
    top = cypher(f"{address} top_internal_links", None, variables)
    assert top is not None and len(top) > 3
    with pytest.raises(ParameterError, match="no variable nobody"):
        cypher(address, "RETURN $nobody AS x", variables)
    with pytest.raises(ParameterError, match="Нет переменной"):
        cypher(f"{address} --lang ru", "RETURN $nobody AS x", variables)
    assert cypher("--help --lang ru", None, variables) is None
    assert "сохраняет ответ" in capsys.readouterr().out
    cypher("--help verdicts", None, variables)
    assert "verdicts: What the analysis says" in capsys.readouterr().out

    class Shell:
        user_ns = variables
        known: dict[str, Any] = {}

        def register_magic_function(self, run: Any, magic_kind: str, magic_name: str) -> None:
            self.known[magic_name] = run

    shell = Shell()
    load_ipython_extension(shell)
    assert "сохраняет ответ" in shell.known["cypher"].__doc__
    assert shell.known["cypher"](address, "RETURN 1 AS one")["one"].tolist() == [1]


def test_the_magic_leaves_names_and_statements_as_they_are(address: str, tmp_path: Path) -> None:
    place = tmp_path / "my store.kgl"
    shutil.copy(address, place)
    held: dict[str, Any] = {}
    found = cypher(f'"{place}" RETURN "a  b" AS said --out kept', None, held)
    assert found is not None and found is held["kept"] and found["said"].tolist() == ["a  b"]  # was "a b"
    assert cypher(f"--out kept '{place}' verdicts", None, held) is held["kept"]


def test_the_magic_warns_in_the_language_asked_for(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def warned(*_: Any, **__: Any) -> pd.DataFrame:
        warnings.warn(told("refusal.answer_open", count=3), StoreWarning, stacklevel=1)
        return pd.DataFrame()

    monkeypatch.setattr("clustercoop.magic.run_named", warned)
    with pytest.warns(StoreWarning, match="Строк"):
        cypher(f"{address} verdicts --lang ru", None, {})
    with pytest.warns(StoreWarning, match="Rows about supply"):
        cypher(f"{address} verdicts", None, {})


def test_the_cookbook_goes_to_browser_and_dashboard(store: Store, tmp_path: Path) -> None:
    given = example_parameters(store, get_query("shortest_chain"))
    export_browser(tmp_path, given, "ru")
    assert "Крупнейшие" in (tmp_path / "favourites" / "top_internal_links.cypher").read_text("utf-8")
    assert len(list((tmp_path / "favourites").iterdir())) == len(list_queries())
    board = json.loads((tmp_path / "neodash.json").read_text("utf-8"))
    reports = board["pages"][0]["reports"]
    assert len({report["id"] for report in reports}) == len(reports) > 30
    for report in reports:
        check_statement(report["query"].removeprefix(LANGUAGE))
    # As NeoDash 2.4 reads it: this version, a grid of 24 columns, selectors that give value and display.
    assert board["version"] == "2.4" and board["settings"]["pagenumber"] < len(board["pages"])
    assert set(board) >= {"title", "settings", "pages", "parameters", "extensions"}
    cells: set[tuple[int, int]] = set()
    for report in reports:
        assert set(report) >= {"title", "query", "type", "selection", "settings"}
        across = range(report["x"], report["x"] + report["width"])
        mine = {(x, y) for x in across for y in range(report["y"], report["y"] + report["height"])}
        assert across[-1] < 24 and not mine & cells
        cells |= mine
        if report["type"] == "select":
            assert report["settings"]["parameterName"] in board["settings"]["parameters"]
            rows = store.query(report["query"].removeprefix(LANGUAGE), {"input": "2"})
            assert list(rows) == ["value", "display"]
            assert (len(rows) > 0) == ("year" in report["id"])
            every = store.query(report["query"].removeprefix(LANGUAGE), {"input": ""})
            assert report["settings"]["parameterName"].endswith(("id", "year")) and len(every) > 1


@pytest.mark.filterwarnings("ignore::clustercoop.graph.stores.protocol.StoreWarning")
def test_favourites_and_dashboard_run_on_a_server(neo4j_uri: str) -> None:
    with open_store(neo4j_uri) as store:
        store.clear()
        store.load(graph())
        store.write_results(outcome(graph()))
        given = example_parameters(store, get_query("shortest_chain"))
        for query in list_queries().values():
            text = favourite(query, given)
            statement = "\n".join(line for line in text.splitlines() if not line.startswith((":", "//")))
            assert statement.startswith(LANGUAGE.strip())
            statement = statement.removeprefix(LANGUAGE.strip())
            store.query(statement, {p.name: given.get(p.name, p.default) for p in query.parameters})
        board = dashboard(given)
        for report in board["pages"][0]["reports"]:
            given = {**board["settings"]["parameters"], "input": ""}
            store.query(report["query"].removeprefix(LANGUAGE), given)


def test_the_files_of_an_import_hold_every_row(tmp_path: Path) -> None:
    out = tmp_path / "import"
    export_neo4j_admin(graph(), out)
    with (out / "SUPPLIES.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:3] == [":START_ID(Participant)", ":END_ID(Participant)", "key"]
    assert "value:double" in rows[0] and "year:long" in rows[0]
    assert len(rows) - 1 == len(graph().links)
    total = sum(float(row[rows[0].index("value:double")]) for row in rows[1:])
    assert total == pytest.approx(float(graph().links["value"].sum()))
    script = (out / "import.sh").read_text("utf-8")
    for path in out.glob("*.csv"):
        assert path.name in script
    assert "REQUIRE x.key IS UNIQUE;" in (out / "constraints.cypher").read_text("utf-8")
