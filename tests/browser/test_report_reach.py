"""What the report owes to every reader: keyboard, screen reader, narrow screens, paper, any name at all."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from clustercoop.graph.model import SupplyGraph
from clustercoop.reports.html import render_report
from tests.browser.conftest import Opener, barriers, expect, unfold
from tests.builders import example, example_report
from tests.reports import models, samples

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reach")
    pages = {"sample": samples.report("en"), "split": models.page("split", "en")}
    pages["example"] = example_report("ru")
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    return {name: folder / f"{name}.html" for name in pages}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["page", "passport"])
def test_axe_finds_nothing(open_page: Opener, files: dict[str, Path], scheme: str, place: str) -> None:
    page = open_page(files["sample"], color_scheme=scheme)
    if place == "passport":
        page.locator("#clusters tbody a").first.click()
    assert barriers(page, scheme, "'.passport:target'" if place == "passport" else "document") == []


def test_few_stops_lie_before_the_first_table(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["example"])
    stops = page.evaluate(
        """() => { const table = document.querySelector("main table");
        return [...document.querySelectorAll("a[href],button,input,select,summary,[tabindex]")]
          .filter((e) => e.tabIndex >= 0 && e.checkVisibility()
            && e.compareDocumentPosition(table) & Node.DOCUMENT_POSITION_FOLLOWING).length; }"""
    )
    assert 10 < stops <= 120


def test_every_picture_has_its_text(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["example"])
    untold = page.evaluate(
        """() => [...document.querySelectorAll("main svg")].filter((e) => !e.ariaHidden
        && !(e.getAttribute("aria-label") || "").trim() && e.getAttribute("aria-hidden") !== "true").length"""
    )
    assert untold == 0
    lines = page.locator("#clusters svg.line")
    assert lines.count() == 12 and re.search(r"2020: \d+,\d", str(lines.first.get_attribute("aria-label")))


def test_tables_of_policy_are_unpacked_when_the_reader_comes_near(
    open_page: Opener, files: dict[str, Path]
) -> None:
    page = open_page(files["example"])
    host = page.locator("[data-drawn=trajectories]")
    assert host.locator("table").count() == 0
    host.evaluate("e => e.scrollIntoView()")
    expect(host.locator("tbody tr")).to_have_count(len(example().policy["trajectories"]))
    # Where a browser cannot unpack, the reader is told where the rows are.
    page = open_page(files["example"])
    page.evaluate("delete window.DecompressionStream")
    host = page.locator("[data-drawn=trajectories]")
    host.evaluate("e => e.scrollIntoView()")
    expect(host).to_contain_text("trajectories.csv")


@pytest.fixture(scope="module")
def long_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on clusters and participants with names of every length."""
    made = samples.make_result(clusters=4, smallest=6, largest=8)
    tables = samples.tables(4, 5, smallest=6, largest=8)
    tables["clusters"]["name"] = ["х" * 92, "слово " * 1700, "W" * 10_000, "a" * 92]
    tables["participants"]["name"] = [
        ("Щ" * 92, "слово " * 1700)[k % 2] for k in range(len(tables["participants"]))
    ]
    path = tmp_path_factory.mktemp("names") / "names.html"
    result = dataclasses.replace(made, graph=SupplyGraph.from_tables(tables))
    path.write_text(render_report(result, "ru"), "utf-8")
    return path


@pytest.mark.parametrize("width", [400, 1280])
def test_any_name_leaves_the_layout_whole(open_page: Opener, long_names: Path, width: int) -> None:
    page = open_page(long_names, width=width)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for link in page.locator("#clusters tbody a").all():
        link.evaluate("a => a.click()")
        assert page.locator(".passport:visible").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_example_prints_on_few_pages(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["example"])
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper)
    kinds = {(round(float(wide)), round(float(high))) for wide, high in boxes}
    # A4 both ways: the leading table lies across.
    assert kinds == {(595, 842), (842, 595)} or kinds == {(596, 842), (842, 596)}
    assert 12 < len(re.findall(rb"/Type\s*/Page\b(?!s)", paper)) <= 25


@pytest.mark.parametrize("name", ["example", "split"])
def test_no_word_is_broken_letter_by_letter_on_paper(
    open_page: Opener, files: dict[str, Path], name: str
) -> None:
    # The page as wide as A4 within its margins.
    page = open_page(files[name], width=700)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    broken = page.evaluate(
        """() => { const out = [], range = document.createRange();
        const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
        for (let text = texts.nextNode(); text; text = texts.nextNode()) {
          const holder = text.parentElement;
          if (holder.closest("svg,code,script") || !holder.checkVisibility()) continue;
          for (const word of text.data.matchAll(/[\\p{L}]{3,18}/gu)) {
            range.setStart(text, word.index); range.setEnd(text, word.index + word[0].length);
            const rows = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
            if (rows.size > 2) out.push(word[0]);
          }
        }
        return out; }"""
    )
    assert broken == []
