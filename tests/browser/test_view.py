from __future__ import annotations

import dataclasses
import itertools
import struct
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from clustercoop.graph.model import SupplyGraph
from clustercoop.reports.network import render_view
from tests.browser.conftest import Opener, barriers, expect
from tests.reports.samples import sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("views")
    made = {}
    languages = {"c00": "en", "c01": "ru", "c05": "en", "c07": "en", "c08": "en", "c11": "ru"}
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
    expect(page.locator("#nodes-table tbody tr")).not_to_have_count(0)
    assert page.locator("#nodes-table tbody tr").count() > 3


def test_the_year_slider_changes_the_network(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    formations = {f.year: f for f in sample().graph.formations(["c00"])}

    def shown() -> str:
        return page.locator("#count").inner_text()

    n = len(formations[2023].src)
    assert shown() == f"shown {n} of {n} links (100.0% of their value)"
    page.locator("#year").focus()
    page.keyboard.press("Home")
    n = len(formations[2020].src)
    assert page.locator("#yearshown").inner_text() == "2020"
    assert shown() == f"shown {n} of {n} links (100.0% of their value)"
    # The participant that joined in 2021 is neither drawn nor listed.
    expect(page.locator("#nodes-table tbody tr")).to_have_count(formations[2020].n)
    assert page.evaluate("painted.marks.length") == formations[2020].n == formations[2021].n - 1


def test_the_value_slider_keeps_the_strongest_links(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    weight = sorted(sample().graph.formation("c00", 2023).weight, reverse=True)
    page.locator("#least").fill("80")
    kept = round(len(weight) * 0.2)
    value = sum(weight[:kept]) / sum(weight)
    assert page.locator("#count").inner_text().startswith(f"shown {kept} of {len(weight)} links (")
    said = float(page.locator("#count").inner_text().split("(")[1].split("%")[0])
    assert said == pytest.approx(100 * value, abs=0.06)
    assert page.evaluate("painted.lines.length") == kept
    page.locator("#least").fill("100")
    assert page.locator("#count").inner_text().startswith("shown 1 of")


def test_search_selects_and_centres_a_participant(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    page.locator("#search").fill("=hyper")
    assert page.locator("#found").inner_text() == '1 of 1: =HYPERLINK("http://x.example")'
    assert page.evaluate("state.who") == 1
    off = page.evaluate(
        """() => { const p = painted.marks.find((mark) => mark.k === 1), v = network.getViewPosition();
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
    page.locator("#nodes-table a", has_text="<script>").focus()
    page.keyboard.press("Enter")
    assert page.locator("#card b").first.inner_text() == "<script>alert(1)</script>"
    assert page.locator("#card script").count() == 0


def test_colour_by_role_and_legend(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    first = "painted.marks.find((mark) => mark.k === 0)"
    before = page.evaluate(f"{first}.color")
    page.locator("#color").select_option("role")
    assert page.locator("#legend-role").is_visible() and page.locator("#legend-core").is_hidden()
    assert page.evaluate(f"{first}.color") != before
    assert page.evaluate(f"{first}.core"), "the core is told by shape too"


def test_a_bare_graph_offers_no_core(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["bare"])
    assert page.locator("#color option[value=core]").count() == 0
    assert page.locator("#yearshown").inner_text() == "2021"


def test_the_outside_is_folded_and_shown_on_request(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    formation = sample().graph.formation("c00", 2023)
    assert page.evaluate("painted.lines.length") == len(formation.src)
    page.locator("#outside").check()
    crossing = int((formation.sales_outside > 0).sum() + (formation.purchases_outside > 0).sum())
    assert page.evaluate("painted.lines.length") == len(formation.src) + crossing
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
    figure = page.locator("#nodes-table tbody td.n").first
    expect(figure).to_be_visible()
    assert figure.evaluate("(cell) => cell.getBoundingClientRect().right") <= 390, "a figure is in sight"


@pytest.mark.parametrize("width", [400, 1280])
def test_every_core_member_is_named_and_names_do_not_overlap(
    open_page: Opener, files: dict[str, Path], width: int
) -> None:
    page = open_page(files["c05"], width=width)
    named = page.evaluate("painted.names.map(({k, box}) => [k, box])")
    for at, (_, box) in enumerate(named):
        for _, other in named[:at]:
            assert box[2] <= other[0] or other[2] <= box[0] or box[3] <= other[1] or other[3] <= box[1]
    core = set(page.evaluate("painted.marks.filter((mark) => mark.core).map((mark) => mark.k)"))
    assert core and core <= {k for k, _ in named}
    page.locator("#labels").check()
    present = sample().graph.formations(["c05"])[-1].n
    assert page.evaluate("painted.names.length") == present >= len(named)


def test_a_long_name_is_cut_in_the_picture_and_whole_on_hover(
    open_page: Opener, files: dict[str, Path]
) -> None:
    page = open_page(files["c08"])
    whole = sample().graph.names["08000001"].strip()
    assert len(whole) > 200
    lines = page.evaluate("linesOf(1, false)")
    assert len(lines) <= 2 and sum(map(len, lines)) <= 30 and any("…" in line for line in lines)
    spot = page.evaluate(
        """() => { const m = painted.marks.find((mark) => mark.k === 1), p = network.canvasToDOM(m);
        const box = document.getElementById("net").getBoundingClientRect();
        return [box.x + p.x, box.y + p.y]; }"""
    )
    page.mouse.move(*spot)
    assert whole in page.locator("#hover").inner_text()


@pytest.mark.parametrize("width", [400, 1280])
def test_no_name_breaks_the_layout(open_page: Opener, tmp_path: Path, width: int) -> None:
    names = ["x" * 92, "слово " * 1700, "Ж" * 10_000, "a b"]
    ids = ["9" * 60 + str(k) for k in range(4)]
    people = {
        "participant_id": ids,
        "cluster_id": "W" * 92,
        "name": names,
        "role": ["R" * 92, "", "r " * 300, ""],
    }
    supplies = {"year": 2020, "supplier_id": ids[:3], "buyer_id": ids[1:], "value": [1.0, 2.0, 3.0]}
    graph = SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame(people),
            "clusters": pd.DataFrame({"cluster_id": ["W" * 92], "name": ["К" * 3000]}),
            "links": pd.DataFrame(supplies | {"product_code": ["P" * 200, "q", None]}),
        }
    )
    path = tmp_path / "view.html"
    path.write_text(render_view(graph, "W" * 92), "utf-8")
    page = open_page(path, width=width)
    page.evaluate("choose(2, false)")
    expect(page.locator("#links-table tbody tr")).not_to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("h1").evaluate("(h) => h.offsetHeight") < 200
    page.locator("#as-matrix").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_neighbours_stand_out_to_a_depth_of_one_or_two(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    formation = sample().graph.formation("c00", 2023)
    network = nx.Graph(zip(formation.src.tolist(), formation.dst.tolist(), strict=True))
    start = int(np.argmin([network.degree(k) if k in network else 99 for k in range(formation.n)]))
    page.evaluate(f"choose({start}, false)")
    for depth in (1, 2):
        page.locator("#depth").select_option(str(depth))
        near = set(nx.single_source_shortest_path_length(network, start, cutoff=depth))
        bright = page.evaluate("painted.marks.filter((mark) => !mark.dim).map((mark) => mark.k)")
        assert set(bright) == near
    page.locator("#depth").select_option("1")
    alphas = page.evaluate(
        f"painted.lines.map((l) => [l.link.src === {start} || l.link.dst === {start}, l.alpha])"
    )
    assert min(alpha for own, alpha in alphas if own) > 4 * max(alpha for own, alpha in alphas if not own)
    page.locator("#clear").click()
    assert page.evaluate("painted.marks.some((mark) => mark.dim)") is False


def go_to(page: Page, address: str) -> None:
    """Change the address, as a link would, and wait until the page has followed."""
    page.evaluate(
        """(address) => new Promise((done) => {
        addEventListener("hashchange", () => setTimeout(done), {once: true}); location.hash = address; })""",
        address,
    )


def test_the_path_has_the_fewest_links_and_the_widest_neck(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    formation = sample().graph.formation("c00", 2023)
    weight = {
        (int(s), int(d)): w for s, d, w in zip(formation.src, formation.dst, formation.weight, strict=True)
    }
    network = nx.DiGraph(list(weight))
    lengths = dict(nx.all_pairs_shortest_path_length(network))
    start, end = max(
        ((s, d) for s, far in lengths.items() for d in far),
        key=lambda pair: (lengths[pair[0]][pair[1]], pair),
    )
    ways = list(nx.all_shortest_paths(network, start, end))
    necks = [min(weight[pair] for pair in itertools.pairwise(way)) for way in ways]
    page.evaluate(f"choose({start}, false)")
    page.locator("#to").fill(formation.ids[end])
    path = page.evaluate("spotlight().path.map((link) => [link.src, link.dst])")
    assert len(path) == lengths[start][end] > 1
    found = [path[0][0], *(d for _, d in path)]
    assert found in ways and min(weight[s, d] for s, d in path) == pytest.approx(max(necks))
    assert page.locator("#card ol li").count() == len(path)
    # The picture dims everything else, and the address brings the same path back.
    assert set(page.evaluate("painted.marks.filter((m) => !m.dim).map((m) => m.k)")) == set(found)
    page.wait_for_url(lambda url: "to=" in url)
    address = page.evaluate("location.hash")
    go_to(page, "#year=2023")
    assert page.evaluate("spotlight()") is None
    go_to(page, address)
    assert page.evaluate("spotlight().path.map((link) => [link.src, link.dst])") == path


def test_filters_by_role_and_stage(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    formation = sample().graph.formation("c00", 2023)
    role = formation.role
    kept = [(role[s], role[d]) for s, d in zip(formation.src, formation.dst, strict=True)]
    page.locator("#role").select_option("university")
    expected = sum("university" in pair for pair in kept)
    assert page.evaluate("painted.lines.length") == expected
    expect(page.locator("#links-table [role=status]")).to_contain_text(f"of {expected}")
    page.locator("#role").select_option("")
    assert page.evaluate("painted.lines.length") == len(kept)
    stage = page.locator("#stage option").nth(1).get_attribute("value")
    page.locator("#stage").select_option(stage)
    own = page.evaluate("NODES.filter((k) => yearNow().present[k] && stageOf(k) === state.stage)")
    linked = page.evaluate("shown().links.map((link) => [link.src, link.dst])")
    assert own and all(set(pair) & set(own) for pair in linked)


def test_size_and_colour_by_a_figure_leave_the_unknown_unknown(
    open_page: Opener, files: dict[str, Path]
) -> None:
    page = open_page(files["c00"])
    people = sample().participants
    now = people[(people["cluster_id"] == "c00") & (people["year"] == 2023)]
    figure = next(
        name
        for name in ("cooperation_ratio", "broker_share", "entrainment", "upstreamness")
        if now[name].isna().any()
    )
    page.locator("#size").select_option(figure)
    page.locator("#color").select_option(figure)
    marks = page.evaluate(
        "painted.marks.map((mark) => [DATA.nodes[mark.k].pid, mark.hollow, mark.color, mark.r])"
    )
    values = now.set_index("participant_id")[figure]
    for pid, hollow, color, _ in marks:
        assert hollow == bool(np.isnan(values[pid])) == (color is None)
    known = sorted((abs(values[pid]), r) for pid, hollow, _, r in marks if not hollow)
    assert [r for _, r in known] == sorted(r for _, r in known)
    assert page.locator("#legend-figure").is_visible()
    unknown = next(pid for pid, hollow, _, _ in marks if hollow)
    page.evaluate(f"choose(nodeOf({unknown!r}), false)")
    assert "unknown (" in page.locator("#card").inner_text()


def test_the_matrix_is_in_blocks_and_its_sums_add_up(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    page.locator("#as-matrix").click()
    assert page.locator("#matrix").is_visible() and page.locator("#net").is_hidden()
    core = page.evaluate("cells.order.map((k) => coreOf(k))")
    assert core == sorted(core, reverse=True) and set(core) == {0, 1}
    level = page.evaluate("cells.order.map((k) => [coreOf(k), value('stage', k)])")
    for group in (0, 1):
        known = [stage for held, stage in level if held == group and stage is not None]
        assert known == sorted(known)
    assert page.evaluate("cells.values.size") == len(sample().graph.formation("c00", 2023).src)
    expect(page.locator("#blocks-table tbody tr")).not_to_have_count(0)
    sums = page.evaluate("tables.get('blocks-table').columns.get('value').v.reduce((a, b) => a + b, 0)")
    assert sums == pytest.approx(sample().graph.formation("c00", 2023).weight.sum(), rel=1e-5)
    assert page.evaluate("location.hash") == "#view=matrix"


def test_the_list_of_links_has_all_values_and_filters(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    formation = sample().graph.formation("c00", 2023)
    box = page.locator("#links-table")
    expect(box.get_by_role("status")).to_contain_text(f"of {len(formation.src)}")
    name = sample().graph.names[formation.ids[formation.src[0]]]
    box.get_by_role("searchbox").fill(name)
    touching = sum(
        name.lower() in sample().graph.names[i].lower() or name.lower() in sample().graph.names[j].lower()
        for i, j in zip(formation.ids[formation.src], formation.ids[formation.dst], strict=True)
    )
    expect(box.get_by_role("status")).to_have_text(f"shown {min(50, touching)} of {len(formation.src)}")
    rows = box.locator("tbody tr").all_inner_texts()
    assert len(rows) == min(50, touching) > 0
    assert all(name.lower() in row.lower() for row in rows)


def test_the_picture_is_saved_as_svg(open_page: Opener, files: dict[str, Path], tmp_path: Path) -> None:
    page = open_page(files["c01"], color_scheme="dark")
    with page.expect_download() as waiting:
        page.locator("#svg").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name == "c01-2023.svg"
    root = ElementTree.parse(path).getroot()
    titles = [e.text for e in root.iter("{http://www.w3.org/2000/svg}title")]
    formation = sample().graph.formation("c01", 2023)
    assert len(titles) == formation.n + 1 and "<script>alert(1)</script>" in titles
    paths = [
        e.get("d") or "" for e in root.iter("{http://www.w3.org/2000/svg}path") if e.get("fill") == "none"
    ]
    assert sum(path.count("M") for path in paths) == len(formation.src)
    # Whatever the screen, a picture for documents is on a light ground.
    assert root.findall("{http://www.w3.org/2000/svg}rect")[0].get("fill") == "#ffffff"


def test_the_canvas_is_dark_in_the_dark(open_page: Opener, files: dict[str, Path]) -> None:
    corner = "[...document.querySelector('#net canvas').getContext('2d').getImageData(3, 3, 1, 1).data]"
    assert open_page(files["c00"], color_scheme="dark").evaluate(corner) == [20, 24, 29, 255]
    assert open_page(files["c00"]).evaluate(corner) == [255, 255, 255, 255]


def test_the_address_keeps_and_brings_back_year_threshold_and_selection(
    open_page: Opener, files: dict[str, Path]
) -> None:
    page = open_page(files["c00"])
    page.locator("#year").fill("1")
    page.locator("#least").fill("40")
    page.evaluate("choose(2, false)")
    page.wait_for_url(lambda url: "who=" in url)
    assert page.evaluate("location.hash") == "#year=2021&least=40&who=00000002"
    shown = page.locator("#count").inner_text()
    go_to(page, "#year=2020")
    assert page.evaluate("[yearNow().year, state.who, state.share]") == [2020, -1, 0]
    go_to(page, "#year=2021&least=40&who=00000002&role=nobody&size=nothing")
    assert page.evaluate("state.who") == 2
    assert page.locator("#count").inner_text() == shown
    assert page.locator("#year").input_value() == "1" and page.locator("#least").input_value() == "40"
    assert page.evaluate("[state.role, state.size]") == ["", "volume"]


def test_a_step_of_a_slider_rebuilds_no_table(open_page: Opener, files: dict[str, Path]) -> None:
    page = open_page(files["c00"])
    expect(page.locator("#links-table tbody tr")).not_to_have_count(0)
    before = page.evaluate(
        """() => { const row = document.querySelector("#links-table tbody tr"), least = byId("least");
        const lines = painted.lines.length;
        for (const at of [10, 30, 60]) { least.value = at; least.dispatchEvent(new Event("input")); }
        return [row.isConnected, lines > painted.lines.length]; }"""
    )
    assert before == [True, True]
    kept = page.evaluate("shown().links.length")
    expect(page.locator("#links-table [role=status]")).to_contain_text(f"of {kept}")


@pytest.mark.parametrize("p", [0.74, 0.004])
def test_the_banner_says_whether_the_core_is_beyond_chance(
    open_page: Opener, tmp_path: Path, p: float
) -> None:
    result = sample()
    said = dataclasses.replace(result, formations=result.formations.assign(core_p_degree=p))
    path = tmp_path / "view.html"
    path.write_text(render_view(said, "c00"), "utf-8")
    banner = open_page(path).locator("#beyond")
    verb = "is not" if p > 0.05 else "is"
    assert banner.inner_text().startswith(
        f"This core {verb} beyond what the number of partners explains (p = "
    )
    assert banner.is_visible() and str(p) in banner.inner_text()


def test_without_scripts_there_is_a_picture_and_a_table(browser: Browser, files: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(files["c00"].as_uri())
    formation = sample().graph.formation("c00", 2023)
    assert page.locator("svg.still").is_visible() and page.locator("#live").is_hidden()
    assert page.locator("noscript tbody tr").count() == formation.n
    assert page.locator("svg.still circle, svg.still path[stroke='#39424e']").count() == formation.n
    names = page.locator("svg.still text").all_text_contents()
    people = sample().participants
    core = people[(people["cluster_id"] == "c00") & (people["year"] == 2023) & people["in_core"]]
    told = {sample().graph.names[i][:20] for i in core["participant_id"]}
    assert all(any(name.startswith(one) for name in names) for one in told)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["net", "matrix"])
def test_axe_finds_nothing_on_a_network_page(
    open_page: Opener, files: dict[str, Path], scheme: str, place: str
) -> None:
    page = open_page(files["c01"], color_scheme=scheme)
    expect(page.locator("#links-table tbody tr")).not_to_have_count(0)
    page.evaluate("choose(1, false)")
    page.locator(f"#as-{place}").click()
    assert barriers(page, scheme) == []
