"""The worked examples of CONTRIBUTING.md, followed to the letter."""

from __future__ import annotations

import csv
import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import clustercoop
from clustercoop import pipeline
from clustercoop.analysis import metrics, unknown
from clustercoop.graph import columns, texts
from clustercoop.graph.columns import OutputColumn, output_column, output_columns
from clustercoop.graph.findings import Finding
from clustercoop.reports import sections
from clustercoop.reports.html import render_report
from clustercoop.reports.markdown import render_markdown
from tests.builders import frames
from tests.places import ROOT
from tests.reports.samples import make_result

GUIDE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the catalogues that may be changed."""
    folder = tmp_path / "text"
    folder.mkdir()
    for lang in texts.languages():
        shutil.copy(str(texts.FOLDER.joinpath(f"{lang}.csv")), folder)
    monkeypatch.setattr(texts, "FOLDER", folder)
    texts.clear_cache()
    return folder


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    sections.section_types.cache_clear()
    yield
    texts.clear_cache()
    sections.section_types.cache_clear()


def test_a_language_is_one_file(catalogues: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [command] = re.findall(r"^python docs/(make_language\.py) (\w+)", GUIDE, re.MULTILINE)
    script = load(ROOT / "docs" / command[0])
    monkeypatch.setattr(script, "FOLDER", catalogues)
    assert script.main([command[1]]) == 0
    file = catalogues / f"{command[1]}.csv"
    rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    assert {"report.yes", "report.no"} <= {r["id"] for r in rows}
    translated = {
        "report.yes": "ja",
        "column.formations.output.label": "Ausstoß",
        "finding.self_supply": "{value}!",
    }
    script.write_catalogue(file, {r["id"]: translated.get(r["id"], r["text"]) for r in rows[:-1]})
    texts.clear_cache()
    assert "de" in texts.languages()
    assert texts.text("report.yes", "de") == "ja"
    assert output_column("formations", "output").label("de") == "Ausstoß"
    assert Finding("self_supply", value="3").message("de") == "3!"
    # What was translated stays, what is new comes in English.
    assert script.main(["de"]) == 0
    again = {r["id"]: r["text"] for r in csv.DictReader(file.read_text("utf-8").splitlines())}
    assert len(again) == len(rows) and again["report.yes"] == "ja"
    texts.clear_cache()


def test_a_section_is_one_file(catalogues: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = re.findall(
        r"^```python\n(\"\"\"The section on newcomers.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL
    )
    extra = tmp_path / "sections"
    extra.mkdir()
    (extra / "newcomers.py").write_text(code, "utf-8")
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(extra)])
    for lang in ("en", "ru"):
        with (catalogues / f"{lang}.csv").open("a", encoding="utf-8") as file:
            file.write(f"report.nav_newcomers,Newcomers {lang}\nreport.intro_newcomers,Who joined {lang}\n")
    texts.clear_cache()
    result = make_result(clusters=1, smallest=5, largest=6)
    page = render_report(result, "en", views="")
    assert '<a href="#newcomers">Newcomers en</a>' in page and '<section id="newcomers"' in page
    assert page.index('id="findings"') < page.index('id="newcomers"') < page.index('id="provenance"')
    assert "## Newcomers ru" in render_markdown(result, "ru")
    sys.modules.pop("clustercoop.reports.sections.newcomers", None)


def test_a_metric_is_one_file_and_a_row_a_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = re.findall(r"^```python\n(\"\"\"The largest member's.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    extra = tmp_path / "metrics"
    extra.mkdir()
    (extra / "largest.py").write_text(code, "utf-8")
    monkeypatch.setattr(metrics, "__path__", [*metrics.__path__, str(extra)])
    row = OutputColumn("formations", "largest_share", "share", section="cooperation", texts={"label_en": "L"})
    every = columns.output_columns("formations")
    added = {"formations": (*every, row)}
    for module in (pipeline, unknown):
        monkeypatch.setattr(module, "output_columns", lambda table: added.get(table) or output_columns(table))
    metrics.metrics.cache_clear()
    try:
        tables = frames(clusters=1, members=4, years=(2021, 2022))
        tables["activity"].loc[0, "output"] = None
        result = clustercoop.analyze(tables, nulls=0, workers=1)
    finally:
        metrics.metrics.cache_clear()
        sys.modules.pop("clustercoop.analysis.metrics.largest", None)
    # Four outputs of 400, one of them unknown in 2021: 400 / 1600 in the other year.
    assert result.formations["largest_share"].tolist() == pytest.approx([float("nan"), 0.25], nan_ok=True)
    said = result.gaps[result.gaps["column"] == "largest_share"]
    assert said[["year", "code"]].values.tolist() == [[2021, "output_unknown"]]
