"""A third language is one file: every text of it in marks, and nothing of ours is left without them."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

import clustercoop
from clustercoop.graph import texts
from clustercoop.graph.settings import DOMAINS
from clustercoop.outputs import write_result
from clustercoop.reports.audit import explanation_text
from tests.builders import example
from tests.places import ROOT
from tests.reports.pages import unpacked

OPEN, CLOSE = "⟦", "⟧"


def every_text() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("make_language", ROOT / "docs" / "make_language.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, str] = module.every_text()
    return found


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Everything that is written of the example, in a language that is one generated file."""
    folder = tmp_path_factory.mktemp("texts")
    for lang in texts.languages():
        shutil.copy(str(texts.FOLDER.joinpath(f"{lang}.csv")), folder)
    marked = {
        id: text if id.startswith("format.") else f"{OPEN}{text}{CLOSE}" for id, text in every_text().items()
    }
    rows = [f'"{id}","{text.replace(chr(34), chr(34) * 2)}"' for id, text in marked.items()]
    (folder / "xx.csv").write_text("\n".join(["id,text", *rows]) + "\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "FOLDER", folder)
        texts.clear_cache()
        domain = replace(DOMAINS["lang"][1], choices=texts.languages())
        patch.setitem(DOMAINS, "lang", (DOMAINS["lang"][0], domain))
        # A result holds no language, so that of the example in English is written as it is.
        result = replace(example(), settings=replace(example().settings, lang="xx"))
        yield write_result(result, tmp_path_factory.mktemp("out") / "xx")
    texts.clear_cache()


def unmarked(text: str) -> str:
    """Return what stands outside every mark; an ellipsis may cut a text and its mark."""
    for ending in (CLOSE, "…", CLOSE):
        inner = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*?{ending}")
        found = 1
        while found:
            text, found = inner.subn(" ", text)
    return text


def drawn(data: dict[str, Any]) -> list[str]:
    """Return all texts of the tables that a page draws from data."""
    columns = [column for table in data["tables"].values() for column in table["columns"]]
    texts = [text for column in columns for name in ("d", "t") for text in column.get(name, ())]
    texts += [text for column in columns for text in (column["l"], column["m"])]
    texts += [line for column in columns for _, line in column.get("g", ())]
    groups = [title for table in data["tables"].values() for _, title in table.get("groups", ())]
    empty = [label for table in data["tables"].values() for label in table.get("empty", ())]
    return [*texts, *groups, *empty, *data["why"], *data["names"]]


def shown(path: Path) -> str:
    """Return all that a reader of a file sees."""
    if path.suffix == ".xlsx":
        book = CalamineWorkbook.from_path(path)
        sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
        told = [cell for rows in sheets for row in rows for cell in row if isinstance(cell, str)]
        return "\n".join([*book.sheet_names, *told])
    text = path.read_text("utf-8")
    if path.suffix == ".html":
        text = re.sub(r"(?s)<style.*?</style>|<script (?!type).*?</script>", "", text)
        data = re.search(r'(?s)<script type="application/json" id="data"[^>]*>(.*?)</script>', text)
        if data and '"tables":' in data[1]:
            packed = re.search(r'(?s)<script type="text/plain" id="packed"[^>]*>(.*?)</script>', text)
            assert packed is not None
            held = json.loads(data[1])
            held["tables"] |= unpacked(packed[1])
            text = text.replace(data[0], "\n".join(drawn(held))).replace(packed[0], "")
        elif data and '"figureList":' in data[1]:
            text = text.replace(data[0], "\n".join(network(json.loads(data[1]))))
        text = unescape(
            re.sub(r"<[^>]*?((?:(?:data-tip|data-why|aria-label|title)=\"[^\"]*\"[^>]*?)*)>", r" \1 ", text)
        )
    return text


def network(data: dict[str, Any]) -> list[str]:
    """Return all texts of a network page that its scripts show."""
    texts = [*data["why"], *data["productList"], data["currency"]]
    for part, names in {
        "nodes": ("name", "role"),
        "legend": ("label",),
        "figureList": ("label", "meaning"),
    }.items():
        texts += [item[name] for item in data[part] for name in names]
    for year in data["years"]:
        texts += [year["facts"], year["beyond"][1]]
    return texts


@cache
def sentences() -> list[str]:
    """Return every piece of text between the places of our texts that holds three words or more."""
    places = re.compile(r"\{[\w:]+\}")
    pieces = {piece.strip(" .,:;()«»“”") for text in every_text().values() for piece in places.split(text)}
    return sorted(piece for piece in pieces if len(re.findall(r"[^\W\d_]{2,}", piece)) > 2)


NAMES = ("report.html", "report.md", "report.xlsx", "findings.csv", "rejected.csv", "views")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_ours_is_left_in_another_language(outputs: Path, name: str) -> None:
    files = [outputs / name] if (outputs / name).is_file() else sorted((outputs / name).glob("*.html"))
    assert files
    for file in files:
        text = shown(file)
        left = unmarked(text)
        assert OPEN in text
        assert [piece for piece in sentences() if piece in left] == [], file


def test_an_explanation_is_in_the_language(outputs: Path) -> None:
    read = clustercoop.read_result(outputs)
    table = read.formations[read.formations["cooperation_ratio"].notna()]
    cluster, year = str(table["cluster_id"].iloc[0]), int(table["year"].iloc[0])
    said = explanation_text(clustercoop.explain(outputs, cluster, year, lang="xx"), "xx")
    assert said.startswith(OPEN) and "Cooperation ratio of cluster" not in unmarked(said)
