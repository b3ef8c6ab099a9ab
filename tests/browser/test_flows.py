"""Pages that stand in one folder: flows between clusters, clusters, and the scripts that they share."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustercoop.reports.flows import render_flows
from clustercoop.reports.network import LIBRARY, NetworkPages, library, render_view, view_name
from clustercoop.reports.network_data import FLOWS_PAGE
from clustercoop.reports.numbers import show
from tests.browser.conftest import Opener, barriers, expect
from tests.builders import example

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    pages = NetworkPages(example(), "en", shared=True)
    for cluster in example().graph.cluster_ids[:2]:
        (folder / view_name(cluster)).write_text(pages.page(cluster), "utf-8")
    (folder / FLOWS_PAGE).write_text(render_flows(example(), "en", shared=True), "utf-8")
    (folder / LIBRARY).write_text(library(), "utf-8")
    return folder


def test_flows_are_drawn_listed_and_lead_to_the_clusters(open_page: Opener, folder: Path) -> None:
    page = open_page(folder / FLOWS_PAGE)
    graph = example().graph
    assert page.evaluate("painted.marks.length") == len(graph.cluster_ids)
    expect(page.locator("#nodes-table tbody tr")).to_have_count(len(graph.cluster_ids))
    shown = page.evaluate("painted.lines.length")
    expect(page.locator("#links-table [role=status]")).to_contain_text(f"of {shown}")
    cluster = graph.cluster_ids[0]
    page.evaluate(f"choose(nodeOf({cluster!r}), false)")
    assert page.locator("#card a").first.get_attribute("href") == view_name(cluster)
    page.locator("#as-matrix").click()
    assert page.evaluate("cells.values.size") == shown
    expect(page.locator("#blocks-part")).to_be_hidden()  # clusters have no core and no stage
    assert barriers(page) == []


def test_products_filter_the_links_of_a_cluster(open_page: Opener, folder: Path) -> None:
    graph = example().graph
    cluster = graph.cluster_ids[0]
    page = open_page(folder / view_name(cluster))
    formation = graph.formations([cluster])[-1]
    rows = graph.links.iloc[formation.internal_rows]
    code = str(rows.groupby("product_code")["value"].sum().idxmax())
    page.locator("#product").select_option(label=code)
    mine = rows[(rows["product_code"] == code) & (rows["supplier"] != rows["buyer"])]
    assert page.evaluate("painted.lines.length") == len(mine.groupby(["supplier", "buyer"]))
    assert page.evaluate("shown().sum") == pytest.approx(mine["value"].sum(), rel=1e-5)
    seen = page.evaluate("painted.marks.length")
    assert seen == len(set(mine["supplier"]) | set(mine["buyer"]))
    assert page.locator("header a", has_text="Flows between clusters").get_attribute("href") == FLOWS_PAGE


def test_the_whole_picture_is_printed(open_page: Opener, folder: Path) -> None:
    cluster = example().graph.cluster_ids[0]
    page = open_page(folder / view_name(cluster), color_scheme="dark")
    expect(page.locator("#links-table tbody tr")).not_to_have_count(0)
    page.evaluate("network.moveTo({scale: 4, animation: false}); dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#net").is_hidden() and page.locator("#printed svg").is_visible()
    assert page.locator("#printed svg title").count() == example().graph.formations([cluster])[-1].n + 1
    # How many of the links the sheet holds is said; of a button nothing is painted when heads are repeated.
    assert page.locator("#links-table [role=status]").is_visible()
    head = page.locator("#links-table th button").first
    assert head.evaluate("(button) => getComputedStyle(button).display") == "contents"


def test_a_page_sent_without_its_scripts_shows_the_still_picture(
    open_page: Opener, folder: Path, tmp_path: Path
) -> None:
    cluster = example().graph.cluster_ids[0]
    alone = tmp_path / "sent.html"
    alone.write_text((folder / view_name(cluster)).read_text("utf-8"), "utf-8")
    page = open_page(alone)
    assert page.locator("svg.still").is_visible()
    assert "_network.js" in page.locator("[role=status]", has_text="shares its scripts").inner_text()
    assert page.locator("table tbody tr").count() == example().graph.formations([cluster])[-1].n
    [made] = open_page.opened
    assert all("ERR_FILE_NOT_FOUND" in complaint for complaint in made.complaints)
    made.complaints.clear()


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_figures_are_written_as_in_the_report(open_page: Opener, tmp_path: Path, lang: str) -> None:
    (tmp_path / "view.html").write_text(render_view(example(), "SYN-01", lang=lang), "utf-8")
    page = open_page(tmp_path / "view.html")
    values = (0.0, 0.5, 0.1, 12.25, 2.0, 1234.5, 0.004, 0.00012, 0.00004, -0.25, 1.0, 99.96, 1e6)
    for kind in ("money", "share", "float"):
        told = page.evaluate("([kind, values]) => values.map((one) => WRITTEN[kind](one))", [kind, values])
        assert told == [show(value, kind, lang) for value in values], kind
