from __future__ import annotations

import struct
from pathlib import Path

import networkx as nx
import pytest

from clustercoop.reports.network import render_view
from tests.browser.conftest import Opener
from tests.reports.samples import sample

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("views")
    made = {}
    languages = {"c00": "en", "c01": "ru", "c05": "en", "c07": "en", "c11": "ru"}
    for cluster, lang in languages.items():
        made[cluster] = folder / f"{cluster}.html"
        made[cluster].write_text(render_view(sample(), cluster, lang=lang), "utf-8")
    made["bare"] = folder / "bare.html"
    made["bare"].write_text(render_view(sample().graph, "c02", 2021), "utf-8")
    return made


@pytest.mark.parametrize("cluster", ["c00", "c01", "c07", "c11", "bare"])
def test_the_page_opens_without_network_or_complaint(
    open_page: Opener, files: dict[str, Path], cluster: str
) -> None:
    page = open_page(files[cluster])
    assert page.locator("#net canvas").count() == 1
    painted = page.evaluate(
        """() => { const c = document.querySelector('#net canvas');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let k = 3; k < d.length; k += 4) n += d[k] > 0; return n; }"""
    )
    assert painted > 2000, "the network is drawn at once"
    assert page.locator("#nodes-table tbody tr").count() > 3


def test_the_year_slider_changes_the_network(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    formations = {f.year: f for f in sample().graph.formations(["c00"])}

    def shown() -> str:
        return page.locator("#count").inner_text()

    n = len(formations[2023].src)
    assert shown() == f"shown {n} of {n} links (100% of their value)"
    page.locator("#year").focus()
    page.keyboard.press("Home")
    n = len(formations[2020].src)
    assert page.locator("#yearshown").inner_text() == "2020"
    assert shown() == f"shown {n} of {n} links (100% of their value)"
    # The participant that joined in 2021 is neither drawn nor listed.
    assert page.locator("#nodes-table tbody tr").count() == formations[2020].n
    hidden = page.evaluate("nodes.get({filter: (node) => node.hidden && !node.id.startsWith('x')}).length")
    assert hidden == formations[2021].n - formations[2020].n + 2  # the two outside nodes


def test_the_value_slider_keeps_the_strongest_links(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    weight = sorted(sample().graph.formation("c00", 2023).weight, reverse=True)
    page.locator("#least").fill("80")
    kept = round(len(weight) * 0.2)
    value = sum(weight[:kept]) / sum(weight)
    assert page.locator("#count").inner_text().startswith(f"shown {kept} of {len(weight)} links (")
    said = float(page.locator("#count").inner_text().split("(")[1].split("%")[0])
    assert said == pytest.approx(100 * value, abs=0.06)
    assert page.evaluate("edges.length") == kept
    page.locator("#least").fill("100")
    assert page.locator("#count").inner_text().startswith("shown 1 of")


def test_search_selects_and_centres_a_participant(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    page.locator("#search").fill("=hyper")
    assert page.locator("#found").inner_text() == '1 of 1: =HYPERLINK("http://x.example")'
    assert page.evaluate("network.getSelectedNodes()") == ["n1"]
    off = page.evaluate(
        """() => { const p = network.getPosition('n1'), v = network.getViewPosition();
        return Math.hypot(p.x - v.x, p.y - v.y); }"""
    )
    assert off < 2
    assert "=HYPERLINK" in page.locator("#card").inner_text()
    page.locator("#search").fill("nobody at all")
    assert page.locator("#found").inner_text() == "nobody by that name in this year"


def test_search_finds_ids_and_walks_through_matches(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c01"])
    page.locator("#search").fill("01000001")
    assert "<script>alert(1)</script>" in page.locator("#found").inner_text()
    page.locator("#search").fill("Завод")
    first = page.locator("#found").inner_text()
    page.locator("#search").press("Enter")
    assert page.locator("#found").inner_text() != first


def test_names_in_the_table_choose_by_keyboard(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c01"])
    button = page.locator("#nodes-table button.pick", has_text="<script>")
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("#card b").first.inner_text() == "<script>alert(1)</script>"
    assert page.locator("#card script").count() == 0


def test_colour_by_role_and_legend(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    before = page.evaluate("nodes.get('n0').color.background")
    page.locator("input[name=color][value=role]").check()
    assert page.locator("#legend-role").is_visible() and page.locator("#legend-core").is_hidden()
    assert page.evaluate("nodes.get('n0').color.background") != before
    assert page.evaluate("nodes.get('n0').shape") == "diamond", "the core is told by shape too"


def test_a_bare_graph_offers_no_core(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["bare"])
    assert page.locator("input[name=color][value=core]").is_disabled()
    assert page.locator("#yearshown").inner_text() == "2021"


def test_the_outside_is_folded_and_shown_on_request(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    formation = sample().graph.formation("c00", 2023)
    assert page.evaluate("edges.length") == len(formation.src)
    page.locator("#outside").check()
    crossing = int((formation.sales_outside > 0).sum() + (formation.purchases_outside > 0).sum())
    assert page.evaluate("edges.length") == len(formation.src) + crossing
    # The count is of links between members, with or without the outside.
    assert (
        page.locator("#count").inner_text().startswith(f"shown {len(formation.src)} of {len(formation.src)}")
    )


def test_the_picture_is_saved(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    with page.expect_download() as waiting:
        page.locator("#png").click()
    content = Path(waiting.value.path()).read_bytes()
    assert waiting.value.suggested_filename == "c00-2023.png"
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert width > 400 and height > 300


@pytest.mark.parametrize("kind", ["gexf", "graphml"])
@pytest.mark.parametrize("cluster", ["c01", "c05"])
def test_the_graph_is_saved_and_reads_back(
    open_page: Opener, files: dict[str, Path], tmp_path: Path, kind: str, cluster: str
) -> None:
    page = open_page(files[cluster])
    with page.expect_download() as waiting:
        page.locator(f"#{kind}").click()
    path = tmp_path / f"saved.{kind}"
    waiting.value.save_as(path)
    read = nx.read_gexf(path, version="1.2draft") if kind == "gexf" else nx.read_graphml(path)
    formation = sample().graph.formation(cluster, 2023)
    ids = {node: data["participant_id"] for node, data in read.nodes(data=True)}
    assert sorted(ids.values()) == sorted(formation.ids)
    weights = {(ids[s], ids[d]): data["weight"] for s, d, data in read.edges(data=True)}
    truth = {
        (formation.ids[s], formation.ids[d]): w
        for s, d, w in zip(formation.src, formation.dst, formation.weight, strict=True)
    }
    assert weights == pytest.approx(truth, rel=1e-6)


def test_a_narrow_screen_does_not_scroll_sideways(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c01"], width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_names_do_not_overlap_unless_all_are_asked_for(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c05"])
    boxes = """() => nodes.get().filter((n) => !n.hidden && n.shape !== "box" && n.label.trim()).map((n) => {
      ruler.font = `${n.font.size}px arial`;
      const half = ruler.measureText(n.label).width / 2, up = n.font.vadjust < 0 ? -1 : 1;
      return [n.x - half, n.x + half, n.y + up * (n.size + n.font.size * 0.75), n.font.size];
    })"""
    named = page.evaluate(boxes)
    assert named
    for k, (left, right, y, size) in enumerate(named):
        for other_left, other_right, other_y, _ in named[:k]:
            apart = right < other_left or other_right < left or abs(y - other_y) >= size
            assert apart
    page.locator("#labels").check()
    present = sample().graph.formations(["c05"])[-1].n
    assert len(page.evaluate(boxes)) == present >= len(named)
