from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clustercoop.graph.errors import UnknownNameError
from clustercoop.graph.model import SupplyGraph
from clustercoop.reports.flows import flows_between, render_flows
from clustercoop.reports.network import view_name
from tests.builders import example
from tests.reports.pages import page_of, problems


def graph_of(members: list[tuple[str, str]], rows: list[tuple[str, str, float]]) -> SupplyGraph:
    people = pd.DataFrame(members, columns=["participant_id", "cluster_id"])
    supplies = pd.DataFrame(rows, columns=["supplier_id", "buyer_id", "value"]).assign(year=2020)
    return SupplyGraph.from_tables({"participants": people, "links": supplies})


def test_a_flow_is_the_sum_of_what_members_supply_to_members() -> None:
    graph = graph_of(
        [("a", "A"), ("b", "A"), ("c", "B"), ("d", "B")],
        [
            ("a", "c", 2.0),
            ("b", "d", 3.0),
            ("c", "a", 4.0),
            ("a", "b", 10.0),
            ("d", "X", 5.0),
            ("Y", "b", 7.0),
        ],
    )
    between, outward, inward = flows_between(graph, graph.formations())
    # A to B: 2 + 3; B to A: 4; what stays in A (10) is no flow.
    assert between.tolist() == [[0, 5], [4, 0]]
    assert outward.tolist() == [0, 5] and inward.tolist() == [7, 0]


def test_a_member_of_two_clusters_counts_in_both_and_never_flows_within_one() -> None:
    members = [("a", "A"), ("m", "A"), ("m", "B"), ("c", "B"), ("d", "C")]
    graph = graph_of(members, [("m", "d", 6.0), ("a", "m", 8.0), ("a", "c", 1.0)])
    between, _, _ = flows_between(graph, graph.formations())
    # m's 6 to C leave A and B alike; a's 8 to m stay in A although m is in B too.
    assert between.tolist() == [[0, 1, 6], [0, 0, 6], [0, 0, 0]]
    split = graph.sharing("split")
    assert flows_between(split, split.formations())[0].tolist() == [[0, 1, 3], [0, 0, 3], [0, 0, 0]]


def test_flows_and_the_outside_make_up_what_crosses_the_boundaries() -> None:
    graph = example().graph
    for year in graph.years:
        formations = graph.formations(None, [year])
        between, outward, inward = flows_between(graph, formations)
        sold = [f.sales_outside.sum() for f in formations]
        bought = [f.purchases_outside.sum() for f in formations]
        assert between.sum(axis=1) + outward == pytest.approx(sold)
        assert between.sum(axis=0) + inward == pytest.approx(bought)
        assert between.sum() > 0


def test_the_page_holds_every_flow_and_leads_to_the_clusters() -> None:
    result = example()
    text = render_flows(result, "en", shared=True)
    data = page_of(text).data("data")
    ids = [node["pid"] for node in data["nodes"]]
    assert ids == sorted(result.graph.cluster_ids)
    assert [node["link"] for node in data["nodes"]] == [view_name(one) for one in ids]
    assert problems(render_flows(result, "ru", report="")) == []
    block = data["years"][-1]
    between = flows_between(result.graph, result.graph.formations(None, [block["year"]]))[0]
    rows = np.array(block["links"]).reshape(-1, 3)
    shown = np.zeros_like(between)
    shown[rows[:, 0].astype(int), rows[:, 1].astype(int)] = rows[:, 2]
    assert shown == pytest.approx(between, rel=1e-6)
    assert "Flows shown" in text and "Participants in the year" not in text


def test_the_page_says_first_how_much_flows_and_where_most() -> None:
    links = [("a", "c", 2.0), ("b", "d", 3.0), ("c", "a", 4.0), ("a", "b", 10.0)]
    graph = graph_of([("a", "A"), ("b", "A"), ("c", "B"), ("d", "B")], links)
    [block] = page_of(render_flows(graph, "ru")).data("data")["years"]
    # A to B 2 + 3, B to A 4: 5 of 9 are 55.6 %.
    told = "По записям кластеры поставили друг другу 9,00 млн руб.; больше всего — A → B: 5,00 млн руб."
    assert block["beyond"] == ["", f"{told} (55,6\xa0%)."]
    # c is in C too, and its 4 flow from both: the sum of all flows would count them twice.
    graph = graph_of([("a", "A"), ("b", "A"), ("c", "B"), ("c", "C"), ("d", "B")], links)
    [block] = page_of(render_flows(graph)).data("data")["years"]
    assert block["beyond"][1] == "The largest recorded flow is A → B: 5.00 million RUB."


def test_flows_as_large_as_the_largest_are_counted() -> None:
    # What m supplies to C leaves A and B alike.
    graph = graph_of([("a", "A"), ("m", "A"), ("m", "B"), ("c", "B"), ("d", "C")], [("m", "d", 6.0)])
    [block] = page_of(render_flows(graph)).data("data")["years"]
    assert block["beyond"][1] == "The largest recorded flow is A → C and 1 more: 6.00 million RUB."


def test_what_may_not_have_been_written_down_is_unknown() -> None:
    graph = graph_of([("a", "A"), ("b", "A"), ("c", "B"), ("d", "B")], [("a", "b", 1.0), ("c", "d", 2.0)])
    [block] = page_of(render_flows(graph)).data("data")["years"]
    # Only supplies within clusters were recorded: whether others exist nobody knows.
    assert block["figures"] == {"inside": [1, 2]} and block["links"] == []


def test_years_that_the_data_do_not_hold_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="1999"):
        render_flows(example().graph, year=1999)
