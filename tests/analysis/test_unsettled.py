"""Rows that were rejected, or state only bounds, leave what rests on them open; the bounds hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.results import Result
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.uri import open_store
from clustercoop.outputs import write_result
from tests.builders import measured

Link = tuple[Any, ...]
LINKS: list[Link] = [
    (2022, "a", "b", 10),
    (2022, "b", "c", 5),
    (2022, "c", "d", 5),
    (2022, "c", "x", 50),
    (2022, "y", "a", 20),
]
WORK = pd.DataFrame(
    {
        "participant_id": list("abcd"),
        "year": 2022,
        "output": [100.0, 100.0, 100.0, 100.0],
        "value_added": 50.0,
        "employees": 10.0,
        "rd_expenses": 1.0,
    }
)
STRUCTURE = ("core_fit", "finn_cycling_index", "reciprocity", "links", "stages", "coreness_pre", "ei_index")


def analyzed(links: list[Link], people: list[Any] | None = None, work: Any = WORK, **kw: Any) -> Result:
    members = people or [(who, "K", "firm") for who in "abcd"]
    return measured(
        {
            "participants": pd.DataFrame(members, columns=["participant_id", "cluster_id", "role"]),
            "links": pd.DataFrame(links, columns=["year", "supplier_id", "buyer_id", "value"]).astype(object),
            "activity": work,
        },
        **kw,
    )


def row_of(result: Result) -> dict[Any, Any]:
    [row] = result.formations.to_dict("records")
    return row


# Supply of 20 of an output of 400 is sure; what else may be is in the row.
OPEN: dict[str, tuple[Link, float, float]] = {
    "a mark of a gap as the buyer": ((2022, "a", "-", 7), 20 / 400, 27 / 400),
    "a failed look-up as the supplier": ((2022, "#N/A", "b", 7), 20 / 400, 27 / 400),
    "an empty buyer": ((2022, "d", None, 60), 20 / 400, 80 / 400),
    "a value that is no number": ((2022, "a", "b", "?!"), 20 / 400, 110 / 400),  # a's whole output, at most
    "a value that is a bound": ((2022, "a", "c", "<5"), 20 / 400, 25 / 400),
    "an impossible year": ((1022, "a", "b", 3), 20 / 400, 23 / 400),
    "a row twice": ((2022, "a", "b", 10), 20 / 400, 30 / 400),
}


@pytest.mark.parametrize("what", OPEN)
def test_what_rests_on_an_open_row_is_unknown_and_the_ratio_has_bounds(what: str) -> None:
    link, low, high = OPEN[what]
    result = analyzed([*LINKS, link])
    row = row_of(result)
    assert pd.isna(row["cooperation_ratio"]) and pd.isna(row["cooperation_ratio_covered"])
    assert (row["cooperation_ratio_low"], row["cooperation_ratio_high"]) == pytest.approx((low, high))
    assert all(pd.isna(row[name]) for name in STRUCTURE)
    assert row["output"] == 400 and row["rd_per_employee"] == pytest.approx(0.1)  # no link decides them
    codes = set(result.gaps.query("column == 'core_fit'")["code"])
    assert "rows_open" in codes
    assert "rows_open" in {finding.code for finding in result.findings}


def test_a_partner_that_may_be_a_member_is_neither_outside_nor_inside() -> None:
    """Of 10 sure of an output of 100 are up to 17 used by members, where 3 is 03 without its zero."""
    links: list[Link] = [(2022, "01", "02", 10), (2022, "01", "3", 7)]
    people = [(who, "K", "firm") for who in ("01", "02", "03")]
    work = pd.DataFrame({"participant_id": ["01", "02", "03"], "year": 2022, "output": [50.0, 25.0, 25.0]})
    row = row_of(analyzed(links, people, work))
    assert pd.isna(row["cooperation_ratio"]) and pd.isna(row["sales_outside"])
    assert (row["cooperation_ratio_low"], row["cooperation_ratio_high"]) == pytest.approx((0.1, 0.17))
    alike = row_of(analyzed([links[0], (2022, "01", "03", 7)], people, work))
    apart = row_of(analyzed(links, [*people, ("3", None, "firm")], work))  # the register tells them apart
    assert (apart["cooperation_ratio"], alike["cooperation_ratio"]) == pytest.approx((0.1, 0.17))


def test_an_open_row_across_the_boundary_leaves_the_inside_as_it_is() -> None:
    row = row_of(analyzed([*LINKS, (2022, "a", "x", "?!")]))
    assert row["cooperation_ratio"] == pytest.approx(0.05) and row["links"] == 3
    assert row["finn_cycling_index"] == 0  # by output
    assert all(pd.isna(row[name]) for name in ("ei_index", "sales_outside", "sales_coverage", "conductance"))


@pytest.mark.parametrize(
    ("value", "open_", "most"), [(2, False, "4.0%"), (0.01, False, "0.1%"), (3, True, ""), ("?!", True, "")]
)
def test_an_unnamed_buyer_may_be_of_another_cluster(value: Any, open_: bool, most: str) -> None:
    """K sold 50 across its boundary; what M sold to nobody knows whom may have been bought by K."""
    links: list[Link] = [(2022, "a", "x", 50), (2022, "a", "b", 10), (2022, "c", "d", 5)]
    people = [(who, "K" if who in "ab" else "M", "firm") for who in "abcd"]
    result = analyzed([*links, (2022, "c", None, value)], people)
    row = result.formations.set_index("cluster_id").loc["K"]
    assert row["cooperation_ratio"] == pytest.approx(10 / 200)
    assert bool(pd.isna(row["sales_outside"])) is open_ and row["reciprocity"] == 0
    told = [(f.cluster_id, f.value) for f in result.findings if f.code == "boundary_nearly"]
    assert told == ([("K", most)] if most else [])  # 2 / 50 and .01 / 50, rounded up


def test_a_return_that_nothing_sets_off_lowers_what_was_sold_at_least() -> None:
    """b sold 7 inside and 100 outside, of which 500 came back: its output may be 7, so K may be 37 / 47."""
    links: list[Link] = [(2022, "a", "b", 30), (2022, "b", "a", 7), (2022, "b", "x", 100)]
    work = pd.DataFrame({"participant_id": ["a"], "year": 2022, "output": [40.0]})
    pair = [("a", "K", "firm"), ("b", "K", "firm")]
    whole, open_ = (row_of(analyzed([*links, *more], pair, work)) for more in ([], [(2022, "b", "x", -500)]))
    assert whole["cooperation_ratio_high"] == pytest.approx(37 / 147)
    assert open_["cooperation_ratio_high"] == pytest.approx(37 / 47)


def test_a_cell_that_cannot_be_read_is_no_cell_that_says_nothing() -> None:
    """a supplies 30, a and b make 150; a university's unread output is 0 or more: K is at most 30 / 150."""
    links: list[Link] = [(2022, "a", "b", 30), (2022, "b", "x", 5)]
    people = [("a", "K", "firm"), ("b", "K", "firm"), ("u", "K", "university")]
    none, unread, bounded = (
        row_of(
            analyzed(
                links,
                people,
                pd.DataFrame({"participant_id": list("abu"), "year": 2022, "output": [100, 50, cell]}),
            )
        )
        for cell in (None, "?!", "<30")
    )
    assert none["cooperation_ratio"] == pytest.approx(30 / 150)
    for row, low in ((unread, 0), (bounded, 30 / 180)):
        assert pd.isna(row["cooperation_ratio"]) and pd.isna(row["output"])
        assert (row["cooperation_ratio_low"], row["cooperation_ratio_high"]) == pytest.approx((low, 0.2))


def test_throughflow_by_links_needs_the_open_row() -> None:
    row = row_of(analyzed([*LINKS, (2022, "a", "x", "?!")], work=WORK.iloc[:0]))
    assert pd.isna(row["total_throughflow"]) and pd.isna(row["finn_cycling_index"])


def test_another_cluster_and_another_year_are_untouched() -> None:
    people = [(who, "K", "firm") for who in "abcd"] + [("p", "L", "firm"), ("q", "L", "firm")]
    links = [*LINKS, (2022, "p", "q", 3), (2021, "a", "b", 4), (2022, "a", "-", 7)]
    table = analyzed(links, people).formations.set_index(["cluster_id", "year"]).astype(object)
    known = table.notna()
    assert table.loc[("L", 2022), "links"] == 1 and table.loc[("K", 2021), "links"] == 1
    assert not known.loc[("K", 2022), "links"]
    assert not known.loc[("K", 2022), "link_jaccard"]


def test_a_row_that_names_nobody_is_told_and_leaves_nothing_open() -> None:
    result = analyzed([*LINKS, (2022, "-", "-", 9)])
    assert row_of(result)["cooperation_ratio"] == pytest.approx(0.05)
    assert result.findings.count("error") > 0


def test_a_member_whose_row_was_rejected_leaves_all_of_its_cluster_open() -> None:
    """Of three members one has no identifier: what the three made, or supplied, is not known."""
    people = [("a", "K", "firm"), ("b", "K", "firm"), ("-", "K", "firm")]
    row = row_of(analyzed(LINKS, people))
    unknown = "participants output cooperation_ratio cooperation_ratio_high rd_per_employee core_fit ei_index"
    assert all(pd.isna(row[name]) for name in unknown.split())


def test_an_indicator_that_is_not_given_is_no_second_reason_beside_an_open_row() -> None:
    people = pd.DataFrame(
        [("a", "K"), ("b", "K"), ("-", "K")], columns=["participant_id", "cluster_id"], dtype=object
    )
    given = {"cluster_id": ["K"], "year": [2022], "cooperation_ratio": [0.05]}
    links = pd.DataFrame({"year": [2022], "supplier_id": ["a"], "buyer_id": ["b"], "value": [10.0]})
    tables = {"participants": people, "links": links, "activity": WORK, "indicators": pd.DataFrame(given)}
    found = measured(tables)
    assert row_of(found)["cooperation_ratio"] == 0.05
    gaps = found.gaps.query("column == 'rd_per_employee' and participant_id == ''")
    assert gaps["code"].tolist() == ["rows_open"]
    assert "indicator_not_given" not in {finding.code for finding in found.findings}


def test_what_is_open_stays_open_in_stores_and_in_results(tmp_path: Path) -> None:
    """Of a store, and of a folder of results, no figure is known that is not of the data."""
    people = [(who, "K", "firm") for who in "abcd"] + [("u", "M", "university"), ("p", "M", "firm")]
    people += [("-", "L", "firm"), ("q", "L", "firm"), ("r", "L", "firm")]
    links = [*LINKS, (2022, "a", "-", 7), (1022, "q", "r", 3), (2022, "p", "u", 1), (2022, "q", "r", 2)]
    twice = pd.DataFrame({"participant_id": ["u", "u", "p"], "year": 2022, "output": [9.0, 8.0, 7.0]})
    first = analyzed(links, people, pd.concat([WORK, twice]), metrics="cooperation")
    whole, none, half = (dict(row) for row in first.formations.to_dict("records"))
    assert whole["cooperation_ratio_high"] == pytest.approx(27 / 400)
    # u has an output that nobody knows: of the 7 that p made, and more, 1 was supplied inside.
    assert pd.isna(half["cooperation_ratio"])
    assert half["cooperation_ratio_high"] == pytest.approx(1 / 7)
    assert pd.isna(none["cooperation_ratio_high"])
    write_result(first, tmp_path / "out")
    graphs = [
        clustercoop.read_result(tmp_path / "out").graph,
        SupplyGraph.from_networkx(first.graph.to_networkx()),
    ]
    for address in ("memory:", str(tmp_path / "graph.kgl")):
        with open_store(address) as store:
            store.load(first.graph)
            graphs.append(store.read())
    for graph in graphs:
        again = clustercoop.analyze(graph, nulls=0, metrics="cooperation")
        pd.testing.assert_frame_equal(again.formations, first.formations)


def test_a_report_stands_for_no_supply_that_an_open_link_tells_of() -> None:
    """a reports 10 but has a link to somebody unknown: it supplied 0 to 7, so K is at most 7 / 200."""
    work = pd.DataFrame(
        {"participant_id": ["a", "b"], "year": 2022, "output": 100.0, "used_by_participants": [10.0, None]}
    )
    links: list[Link] = [(2022, "a", "-", 7), (2022, "b", "x", 1)]
    row = row_of(analyzed(links, [("a", "K", "firm"), ("b", "K", "firm")], work, metrics="cooperation"))
    assert pd.isna(row["cooperation_ratio"])
    assert (row["cooperation_ratio_low"], row["cooperation_ratio_high"]) == pytest.approx((0, 7 / 200))


def test_a_report_may_count_beside_a_row_of_no_year() -> None:
    """d reports 7; its one link, of 3, is of no known year: 7 counts unless the link is of 2022."""
    used = WORK.assign(used_by_participants=[np.nan, np.nan, np.nan, 7.0])
    row = row_of(analyzed([*LINKS, (1022, "d", "a", 3)], work=used))
    assert np.isnan(row["cooperation_ratio"])
    assert (row["cooperation_ratio_low"], row["cooperation_ratio_high"]) == (20 / 400, 27 / 400)
    sure = row_of(analyzed([*LINKS, (2022, "d", "a", "1–3")], work=used))
    assert (sure["cooperation_ratio_low"], sure["cooperation_ratio_high"]) == (21 / 400, 23 / 400)


def test_rows_that_are_settled_leave_nothing_open() -> None:
    """A total, a credit note that is set off, and --repeats once or sum."""
    links = [*LINKS, (2022, "a", "b", -4), (2022, "Total", None, 86)]
    assert row_of(analyzed(links))["cooperation_ratio"] == pytest.approx(16 / 400)
    twice = [*LINKS, LINKS[0]]
    assert row_of(analyzed(twice, repeats="once"))["cooperation_ratio"] == pytest.approx(20 / 400)
    assert row_of(analyzed(twice, repeats="sum"))["cooperation_ratio"] == pytest.approx(30 / 400)


def test_no_completion_of_open_cells_falls_outside_the_bounds() -> None:
    """True data; the same with outputs as bounds, values unread and buyers lost: the true ratio is within."""
    people: list[Any] = []
    true: list[Link] = []
    damaged: list[Link] = []
    output: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for seed in range(8):
        rng = np.random.default_rng(seed)
        ids = [f"{who}{seed}" for who in "abcdef"]
        people += [(who, f"K{seed}", "firm") for who in ids]
        pairs = [(a, b) for a in [*ids, "x"] for b in ids if a != b and rng.random() < 0.4]
        links: list[Link] = [(2022, a, b, int(rng.integers(1, 30))) for a, b in pairs]
        true += links
        sold = {who: sum(v for _, a, _, v in links if a == who) for who in ids}
        output |= {who: sold[who] + int(rng.integers(1, 60)) for who in ids}
        for year, a, b, value in links:
            kind = rng.random()
            bad: Any = "?!" if kind < 0.05 else f"<{value + 3}" if kind < 0.15 else f"{value - 1}–{value + 2}"
            damaged.append((year, a, "-" if 0.3 < kind < 0.4 else b, bad if kind < 0.2 else value))
        for who in ids:
            kind, made = rng.random(), output[who]
            given[who] = (
                None
                if kind < 0.1
                else f">{made - 2}"
                if kind < 0.2
                else f"<{made + 9}"
                if kind < 0.3
                else f"{made - 3}–{made + 5}"
                if kind < 0.45
                else made
            )
    truth = analyzed(true, people, work_of(output)).formations["cooperation_ratio"]
    found = analyzed(damaged, people, work_of(given)).formations
    low, high = found["cooperation_ratio_low"], found["cooperation_ratio_high"]
    assert len(truth) == len(found) == 8 and low.notna().any() and found["cooperation_ratio"].isna().any()
    assert (low.isna() | ((low - 1e-9 <= truth) & (truth <= high + 1e-9))).all()
    known = found["cooperation_ratio"].notna()
    assert found["cooperation_ratio"][known].tolist() == pytest.approx(truth[known].tolist())


def work_of(output: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({"participant_id": list(output), "year": 2022, "output": list(output.values())})


HEAD = "participant_id,year,output\n"


def test_a_row_that_cannot_be_split_leaves_the_members_that_it_names_open(tmp_path: Path) -> None:
    (tmp_path / "participants.csv").write_text("participant_id,cluster_id\na,K\nb,K\np,L\nq,L\n")
    (tmp_path / "activity.csv").write_text(HEAD + "a,2022,100\nb,2022,100\np,2022,9\nq,2022,9\n")
    (tmp_path / "links.csv").write_text(
        "year,supplier_id,buyer_id,value\n2022,a,b,10\n2022,b,a,20,7\n2022,p,q,3\n"
    )
    first, second = clustercoop.analyze(tmp_path, nulls=0).formations.to_dict("records")
    assert pd.isna(first["cooperation_ratio"]) and first["cooperation_ratio_low"] == 0.05
    assert second["cooperation_ratio"] == pytest.approx(3 / 18)


@pytest.mark.parametrize(("links", "low", "high"), [([], 0.05, 0.15), ([(2022, "a", "x", 1)], 0.0, 0.1)])
def test_a_report_that_states_a_bound_is_no_zero(links: list[Link], low: float, high: float) -> None:
    """a reports 10 (with a link of its own it supplied 0 inside), b less than 20: of an output of 200."""
    work = pd.DataFrame(
        {"participant_id": ["a", "b"], "year": 2022, "output": 100.0, "used_by_participants": ["10", "<20"]}
    )
    row = row_of(analyzed(links, [("a", "K", "firm"), ("b", "K", "firm")], work))
    assert pd.isna(row["cooperation_ratio"])
    assert (row["cooperation_ratio_low"], row["cooperation_ratio_high"]) == pytest.approx((low, high))


@pytest.mark.parametrize("given", [0.5, ">30 %"])
def test_an_indicator_that_arithmetic_excludes_is_not_used(given: Any) -> None:
    """24 supplied by an output of 100, and another's of at least 60: at most 15 %."""
    result = clustercoop.analyze(
        {
            "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": "K"}),
            "links": pd.DataFrame(
                {"year": 2022, "supplier_id": ["a", "b"], "buyer_id": ["b", "x"], "value": [24.0, 60.0]}
            ),
            "activity": pd.DataFrame({"participant_id": ["a"], "year": [2022], "output": [100.0]}),
            "indicators": pd.DataFrame({"cluster_id": ["K"], "year": [2022], "cooperation_ratio": [given]}),
        },
        nulls=0,
    )
    row = row_of(result)
    assert pd.isna(row["cooperation_ratio"])
    assert pd.isna(row["cooperation_ratio_high"]) or row["cooperation_ratio_high"] == pytest.approx(0.15)
    assert "indicator_excluded" in {finding.code for finding in result.findings}


def test_what_damage_of_random_data_found_to_be_stated_and_not_settled() -> None:
    # A sale of somebody unnamed to an outsider may be the cluster's; what is inside stays as it is.
    row = row_of(analyzed([*LINKS, (2022, None, "x", 9)]))
    assert row["links"] == 3 and all(pd.isna(row[name]) for name in ("sales_outside", "ei_index"))
    # d reports 6 used by others, and a row without supplier may be its link instead: 20 + 6 or 9 of 400.
    used = WORK.assign(used_by_participants=[np.nan, np.nan, np.nan, 6.0])
    row = row_of(analyzed([*LINKS, (2022, None, "b", 9)], work=used))
    ends = row["cooperation_ratio_low"], row["cooperation_ratio_high"]
    assert pd.isna(row["cooperation_ratio"]) and ends == pytest.approx((20 / 400, 35 / 400))
    # Of two years the earlier has an open row inside and the later one across the boundary.
    work = pd.concat([WORK, WORK.assign(year=2023)])
    later = [(2023, *link[1:]) for link in LINKS]
    links: list[Link] = [*LINKS, *later, (2022, "a", "b", "?!"), (2023, "a", "x", "?!")]
    rows = analyzed(links, work=work).formations.set_index("year")
    assert pd.isna(rows["link_jaccard"][2023]) and rows["links"][2023] == 3
    # A university's purchases belong into the sum where a cell says that there are some: 20 of 400 + them.
    people = [(who, "K", "university" if who == "u" else "firm") for who in "abcdu"]
    cells = pd.DataFrame({"participant_id": list("abcdu"), "year": 2022, "output": 100.0, "purchases": 100.0})
    shares = []
    for given in (100.0, "<150", None):
        cells["purchases"] = pd.Series([100.0] * 4 + [given], dtype=object)
        shares.append(row_of(analyzed(LINKS, people, cells))["internal_sourcing_share"])
    assert (
        shares[0] == pytest.approx(20 / 500) and pd.isna(shares[1]) and shares[2] == pytest.approx(20 / 400)
    )
    # It has employees and spends on R&D, whatever is not told of them; what it makes may be nothing.
    core = row_of(analyzed(LINKS, people, WORK))
    assert (
        core["core_output_share"] > 0
        and pd.isna(core["core_employees_share"])
        and pd.isna(core["core_rd_share"])
    )
    # A firm that trades with nobody inside and tells nothing makes final products of its own.
    silent = [*people[:4], ("f", "K", "firm")]
    assert row_of(analyzed(LINKS, None, WORK))["autonomy"] > 0
    assert pd.isna(row_of(analyzed(LINKS, silent, WORK))["autonomy"])
