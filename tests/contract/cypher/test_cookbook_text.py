"""The cookbook as text: headers, parameters, and how rows are shown."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from clustercoop.cookbook import (
    bind,
    get_query,
    list_queries,
    parse_named_pairs,
    parse_pairs,
    parse_query,
)
from clustercoop.graph.errors import ParameterError, UnknownNameError
from clustercoop.query_rows import format_rows
from tests.places import ROOT

ROWS = pd.DataFrame(
    {
        "id": ["0102", "=1+1", "a,b\n\x1b[31m"],
        "n": pd.array([1, None, 3], dtype="Int64"),
        "value": [1e12, np.nan, 0.1 + 0.2],
        "yes": pd.array([True, None, False], dtype="boolean"),
        "ids": [["x"], None, [1, "ы"]],
    }
)


def test_every_query_says_what_it_is_for() -> None:
    assert len(list_queries()) >= 20
    for query in list_queries().values():
        assert query.purpose and query.returns and "ORDER BY" in query.cypher
        for parameter in query.parameters:
            assert f"${parameter.name}" in query.cypher


def test_the_page_shows_every_query_as_it_is() -> None:
    page = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
    for query in list_queries().values():
        assert f"### {query.name}\n\n{query.purpose}.\n" in page, "run: python docs/make_cookbook.py"
        assert f"```cypher\n{query.cypher}\n```" in page, "run: python docs/make_cookbook.py"


def test_a_bad_header_is_refused() -> None:
    with pytest.raises(ParameterError, match="header line"):
        parse_query("bad", "// param: x number = 1\nRETURN 1 AS x")


def test_parameters_take_the_types_of_the_header() -> None:
    query = get_query("circular_supply")
    assert bind(query, {"cluster": "007", "year": "2021", "minimum": "1.5"}) == {
        "cluster": "007",
        "year": 2021,
        "minimum": 1.5,
        "top": 20,
    }
    assert bind(get_query("internal_supply"), {}) == {"cluster": None, "year": None}
    assert bind(get_query("internal_supply"), {"cluster": None})["cluster"] is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"year": 2021}, "needs --param cluster"),
        ({"cluster": "c", "year": "MMXX"}, "'year' parameter of top_internal_links must be a whole number"),
        ({"cluster": "c", "year": 2021, "top": 0}, "'top' parameter"),
        ({"cluster": "c", "year": True}, "'year' parameter"),
        ({"cluster": "c", "year": 2021, "evil": 1}, "no parameter 'evil'; it takes cluster, top, year"),
    ],
)
def test_wrong_parameters_are_told(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        bind(get_query("top_internal_links"), given)


def test_an_unknown_query_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match="chain_breakers, chain_positions"):
        get_query("nothing")


def test_pairs_of_free_cypher() -> None:
    pairs = ["year=2020", "id=0102", 'inn="7701234567"', "x=a=b", "none=null", "nan=NaN", "list=[1, 2]"]
    assert parse_pairs(pairs) == {
        "year": 2020,
        "id": "0102",
        "inn": "7701234567",
        "x": "a=b",
        "none": None,
        "nan": "NaN",
        "list": [1, 2],
    }
    assert parse_named_pairs(["cluster=77"]) == {"cluster": "77"}
    for bad in (["year"], ["=1"], ["a=1", "a=2"]):
        with pytest.raises(ParameterError):
            parse_pairs(bad)


def test_json_is_an_array_of_rows() -> None:
    text = format_rows(ROWS, "json")
    assert json.loads(text) == [
        {"id": "0102", "n": 1, "value": 1e12, "yes": True, "ids": ["x"]},
        {"id": "=1+1", "n": None, "value": None, "yes": None, "ids": None},
        {"id": "a,b\n\x1b[31m", "n": 3, "value": 0.1 + 0.2, "yes": False, "ids": [1, "ы"]},
    ]
    assert json.loads(format_rows(ROWS.iloc[:0], "json")) == []
    assert json.loads(format_rows(pd.DataFrame({"x": [float("inf")]}), "json")) == [{"x": "inf"}]


def test_csv_is_inert_and_exact() -> None:
    text = format_rows(ROWS, "csv")
    assert isinstance(text, str)
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["id", "n", "value", "yes", "ids"]
    assert rows[1] == ["0102", "1", "1000000000000.0", "true", '["x"]']
    assert rows[2] == ["'=1+1", "", "", "", ""]
    assert float(rows[3][2]) == 0.1 + 0.2


def test_a_table_shows_no_control_characters() -> None:
    text = format_rows(ROWS, "table")
    assert isinstance(text, str)
    assert "\x1b" not in text and "\\x1b[31m" in text
    assert text.endswith("(rows: 3)\n")
    assert "(1 row)" in str(format_rows(ROWS.iloc[:1], "table"))


def test_parquet_comes_back() -> None:
    data = format_rows(ROWS, "parquet")
    assert isinstance(data, bytes)
    back = pd.read_parquet(io.BytesIO(data))
    assert back["id"].tolist() == ROWS["id"].tolist()
    assert back["value"].tolist()[0] == 1e12


def test_another_format_is_refused() -> None:
    with pytest.raises(ParameterError, match="'format' parameter of format_rows"):
        format_rows(ROWS, cast(Any, "xml"))


def test_the_compose_file_is_valid() -> None:
    """Without a password it must be refused: nobody is to run a server with a known one."""
    command = shutil.which("docker-compose")
    if command is None:
        pytest.skip("docker-compose is not installed (Debian package docker-compose)")
    path = str(ROOT / "docker-compose.yml")
    run = [command, "-f", path, "config"]
    good = subprocess.run(
        run, capture_output=True, text=True, env={"NEO4J_PASSWORD": "choose-one", "PATH": ""}
    )
    assert good.returncode == 0, good.stderr
    for wanted in ("neo4j:5.26-community", "healthcheck", "neo4j-data:/data", "NEO4J_server_memory_heap_max"):
        assert wanted in good.stdout
    bad = subprocess.run(run, capture_output=True, text=True, env={"PATH": ""})
    assert bad.returncode != 0
    assert "NEO4J_PASSWORD" in bad.stderr


def test_the_compose_file_of_spark_is_valid() -> None:
    command = shutil.which("docker-compose")
    if command is None:
        pytest.skip("docker-compose is not installed (Debian package docker-compose)")
    path = str(ROOT / "docker-compose.spark.yml")
    run = subprocess.run(
        [command, "-f", path, "--profile", "driver", "config"],
        capture_output=True,
        text=True,
        env={"PATH": ""},
    )
    assert run.returncode == 0, run.stderr
    for wanted in ("deploy.master.Master", "spark://master:7077", "replicas: 2", "service_healthy"):
        assert wanted in run.stdout
    assert "published" not in run.stdout
