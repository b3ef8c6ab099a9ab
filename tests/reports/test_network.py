import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from clustercoop.graph.errors import ParameterError, UnknownNameError
from clustercoop.graph.model import SupplyGraph
from clustercoop.reports.network import (
    FULL,
    LIBRARY,
    MOST,
    NetworkPages,
    library,
    render_view,
    view_name,
    vis_library,
)
from clustercoop.reports.network_data import LINKS_A_YEAR, START_LINKS
from tests.builders import example
from tests.reports import samples
from tests.reports.pages import page_of, problems
from tests.reports.samples import make_result, sample


@pytest.fixture(scope="module", params=["c00", "c01", "c08"])
def page(request: pytest.FixtureRequest) -> str:
    return render_view(sample(), request.param, lang="ru")


def links(block: dict[str, list[float]]) -> list[list[float]]:
    flat = block["links"]
    return [flat[k : k + 3] for k in range(0, len(flat), 3)]


def test_the_page_is_within_its_own_policy(page: str) -> None:
    assert problems(page) == []
    assert "sourceMappingURL" not in page


def test_the_page_holds_every_link_of_every_year() -> None:
    graph = sample().graph
    data = page_of(render_view(sample(), "c03")).data("data")
    assert [block["year"] for block in data["years"]] == [2020, 2021, 2022, 2023]
    pid = [node["pid"] for node in data["nodes"]]
    for block in data["years"]:
        formation = graph.formation("c03", block["year"])
        shown = {(pid[int(s)], pid[int(d)]): value for s, d, value in links(block)}
        ids = formation.ids
        truth = {
            (ids[s], ids[d]): w
            for s, d, w in zip(formation.src, formation.dst, formation.weight, strict=True)
        }
        assert shown.keys() == truth.keys()
        # Seven figures are kept on the page.
        assert all(shown[pair] == pytest.approx(truth[pair], rel=1e-6) for pair in truth)
        assert block["total"] == len(truth)
        outside = {pid[k]: block["figures"]["out"][k] for k in range(len(pid)) if block["present"][k]}
        assert outside == pytest.approx(dict(zip(ids, formation.sales_outside, strict=True)), rel=1e-6)


def test_members_of_another_year_are_absent_not_zero() -> None:
    data = page_of(render_view(sample(), "c03")).data("data")
    last = data["nodes"][-1]["pid"]
    present = [block["present"][-1] for block in data["years"]]
    # The last participant of the sample joined in 2021.
    assert last == "03" + f"{len(data['nodes']) - 1:06d}" and present == [0, 1, 1, 1]


def test_ids_are_opaque_and_names_are_data(page: str) -> None:
    data = page_of(page).data("data")
    assert [node["id"] for node in data["nodes"]] == [f"n{k}" for k in range(len(data["nodes"]))]
    assert all(isinstance(node["pid"], str) and len(node["pid"]) == 8 for node in data["nodes"])


def test_the_core_stands_in_the_middle() -> None:
    data = page_of(render_view(sample(), "c03")).data("data")
    assert data["coreKnown"]
    for block in data["years"]:
        radius = np.hypot(np.array(block["x"]) / 1.45, block["y"])
        linked = np.array(block["figures"]["volume"], dtype=float) > 0
        core = np.array([value == 1 for value in block["core"]]) & linked
        rest = np.array(block["present"], bool) & linked & ~core
        assert radius[core].max() < radius[rest].min()


def test_a_bare_graph_has_no_core_and_says_so() -> None:
    text = render_view(sample().graph, "c03")
    data = page_of(text).data("data")
    assert not data["coreKnown"]
    assert all(value is None for block in data["years"] for value in block["core"])
    assert "No core was computed here" in text


def test_the_year_asked_for_comes_first_and_the_same_bytes_each_time() -> None:
    first = render_view(sample(), "c02", 2021)
    assert page_of(first).data("data")["start"] == 2021
    assert first == render_view(make_result(smallest=6, largest=14), "c02", 2021)
    assert page_of(render_view(sample(), "c02")).data("data")["start"] == 2023


def test_unknown_clusters_years_and_languages_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="no cluster zz"):
        render_view(sample(), "zz")
    with pytest.raises(UnknownNameError, match="no year 1999"):
        render_view(sample(), "c00", 1999)
    with pytest.raises(ParameterError, match="lang"):
        render_view(sample(), "c00", lang="xx")


def test_a_cluster_with_activity_but_no_links_has_a_page() -> None:
    graph = SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame({"participant_id": ["1", "2"], "cluster_id": ["c", "c"]}),
            "activity": pd.DataFrame({"participant_id": ["1"], "year": [2020], "output": [5.0]}),
        }
    )
    text = render_view(graph, "c")
    assert problems(text) == []
    [block] = page_of(text).data("data")["years"]
    # Without a link nobody knows what was traded: it is unknown, not 0.
    assert block["links"] == [] and block["figures"] == {}


def crowd(members: int, edges: int) -> SupplyGraph:
    rng = np.random.default_rng(4)
    ids = np.array([f"{k:05d}" for k in range(members)])
    pairs = np.unique(rng.integers(0, members, (edges, 2)), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame(
                {
                    "participant_id": ids,
                    "cluster_id": "big",
                    "role": np.where(np.arange(members) % 3, "firm", "bank"),
                }
            ),
            "links": pd.DataFrame(
                {
                    "year": 2020,
                    "supplier_id": ids[pairs[:, 0]],
                    "buyer_id": ids[pairs[:, 1]],
                    "value": rng.lognormal(size=len(pairs)),
                }
            ),
        }
    )


def test_a_large_cluster_starts_with_its_strongest_links() -> None:
    data = page_of(render_view(crowd(FULL + 50, 6000), "big")).data("data")
    [block] = data["years"]
    assert len(data["nodes"]) == FULL + 50
    assert data["startLinks"] == START_LINKS < len(links(block)) == LINKS_A_YEAR < block["total"]


def test_the_periphery_of_a_huge_cluster_is_folded_by_role() -> None:
    graph = crowd(MOST + 200, 5000)
    text = render_view(graph, "big", lang="en")
    data = page_of(text).data("data")
    [block] = data["years"]
    names = [node["name"] for node in data["nodes"] if node["pid"] == ""]
    assert len(data["nodes"]) == FULL + 2
    assert sum(int(name.rpartition(": ")[2]) for name in names) == MOST + 200 - FULL
    assert f"{MOST + 200 - FULL} others are folded by role" in text
    # Nothing is lost: what members sold inside adds up with the folded ones.
    formation = graph.formation("big", 2020)
    assert sum(block["figures"]["sold"]) == pytest.approx(formation.weight.sum(), rel=1e-5)
    assert block["totalValue"] == pytest.approx(formation.weight.sum())


def test_names_of_pages() -> None:
    assert view_name("c01") == "c01.html"
    assert view_name("a/b") != view_name("a_b") and "/" not in view_name("../a/b")


def test_the_library_cannot_close_its_own_element() -> None:
    assert "</script" not in vis_library().lower() and "vis-network" in vis_library()


def test_the_parts_of_products_add_up_to_the_links() -> None:
    people = pd.DataFrame({"participant_id": ["1", "2", "3"], "cluster_id": "c"})
    rows = [("1", "2", 3.0, "A"), ("1", "2", 1.0, "B"), ("1", "2", 2.0, None), ("2", "3", 5.0, "B")]
    supplies = pd.DataFrame(rows, columns=["supplier_id", "buyer_id", "value", "product_code"])
    graph = SupplyGraph.from_tables({"participants": people, "links": supplies.assign(year=2020)})
    data = page_of(render_view(graph, "c")).data("data")
    # B has 1 + 5 = 6, A has 3; the rest states no product.
    assert data["productList"] == ["B", "A", "product not given"]
    [block] = data["years"]
    assert links(block) == [[0, 1, 6], [1, 2, 5]]
    assert block["products"] == {"0": [0, 1, 1, 5], "1": [0, 3], "2": [0, 2]}


def test_figures_that_are_unknown_are_null_and_say_why() -> None:
    result = sample()
    data = page_of(render_view(result, "c03")).data("data")
    people = result.participants.query("cluster_id == 'c03' and year == 2023").set_index("participant_id")
    block = data["years"][-1]
    for figure in data["figureList"]:
        if figure["key"] in people:
            values = dict(
                zip((n["pid"] for n in data["nodes"]), block["figures"][figure["key"]], strict=True)
            )
            unknown = {pid for pid, value in values.items() if value is None}
            assert unknown == set(people.index[people[figure["key"]].isna()]), figure
    # Nothing says that sales outside were not recorded here, so a member without one has none.
    assert all(value is not None for value in block["figures"]["out"])
    told = page_of(render_view(example(), example().graph.cluster_ids[0])).data("data")
    for item in told["years"]:
        for key, found in item["why"].items():
            assert all(item["figures"][key][int(k)] is None for k in found)
            assert all(0 <= place < len(told["why"]) for place in found.values())
    assert told["why"] and all(len(text) > 10 for text in told["why"])


def test_a_ratio_known_in_bounds_is_told_in_bounds() -> None:
    result = make_result(clusters=1, smallest=4, largest=5)
    last = result.formations["year"].idxmax()
    result.formations.loc[last, ["cooperation_ratio", "cooperation_ratio_low"]] = (np.nan, 0.0)
    result.formations.loc[last, "cooperation_ratio_high"] = 0.326
    assert "cooperation ratio: at most 32.6%" in render_view(result, result.graph.cluster_ids[0])
    result.formations.loc[last, "cooperation_ratio_high"] = np.nan
    assert "cooperation ratio: unknown" in render_view(result, result.graph.cluster_ids[0])


def test_pages_of_one_folder_share_their_scripts() -> None:
    pages = NetworkPages(sample(), "en", shared=True)
    shared, alone = pages.page("c03"), render_view(sample(), "c03")
    assert [e.attributes["src"] for e in page_of(shared).all("script") if "src" in e.attributes] == [LIBRARY]
    assert len(shared) < len(alone) - len(vis_library()) and vis_library() in library()
    assert problems(shared) == [f"script src={LIBRARY}"]
    assert page_of(shared).data("data") == page_of(alone).data("data")
    assert view_name("_network.js").strip("_") == view_name("_network.js"), "no page has a name of this kind"


def test_opening_a_page_does_not_touch_the_graph() -> None:
    result = make_result(clusters=1, smallest=5, largest=6)
    before = {name: frame.copy() for name, frame in result.graph.to_tables().items()}
    render_view(result, "c00")
    for name, frame in result.graph.to_tables().items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_the_data_of_a_page_are_json_whatever_the_names() -> None:
    result = sample()
    for cluster in ("c05", "c06", "c11"):
        text = render_view(dataclasses.replace(result), cluster)
        assert json.dumps(page_of(text).data("data"))


def test_the_page_leads_back_to_the_passport_of_its_cluster() -> None:
    result = sample()
    cluster = result.graph.cluster_ids[0]
    links = [e.attributes["href"] for e in page_of(render_view(result, cluster)).all("a")]
    [back] = [link for link in links if "report.html" in link]
    place = back.partition("#")[2]
    assert place in {e.attributes["id"] for e in page_of(samples.report("en")).all("article")}
    assert "report.html" not in render_view(result, cluster, report="")
