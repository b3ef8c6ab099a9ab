"""Requirements: verdicts by hand, dates, bounds, the fewest links against trying all, wrong files."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.policy.benchmarks import read_benchmarks
from clustercoop.analysis.policy.links_needed import cover_shortfalls
from clustercoop.analysis.policy.requirements import read_rules, versions
from clustercoop.analysis.results import Result
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.reports.answers import answers
from clustercoop.reports.content import Content
from clustercoop.reports.people import for_people
from clustercoop.reports.policy_lines import policy_lines
from tests.builders import frames, measured, refused

OUT = "out"


def cluster(
    links: list[tuple[str, str, float]],
    people: dict[str, str],
    work: dict[str, dict[str, float]],
    year: int = 2025,
    **more: Any,
) -> dict[str, pd.DataFrame]:
    """Return a cluster `c` of participant → role with one year of links (supplier, buyer, value)."""
    return {
        "participants": pd.DataFrame(
            {"participant_id": list(people), "cluster_id": "c", "role": list(people.values())}
        ),
        "links": pd.DataFrame(links, columns=["supplier_id", "buyer_id", "value"]).assign(year=year),
        "activity": pd.DataFrame(
            [{"participant_id": who, "year": year, **cells} for who, cells in work.items()]
        ),
        "clusters": pd.DataFrame({"cluster_id": ["c"], "industry": ["Machine tools"]}),
        **more,
    }


QUICK: dict[str, Any] = {"metrics": "cooperation,chain", "core_replicates": 0}


def judged(*given: Any, **more: Any) -> dict[str, Any]:
    """Return the checklist of a cluster."""
    return checklist(measured(cluster(*given, **more), ("eligibility",), **QUICK))


# a sells 30 of 100 inside and b 5 of 50; f makes final products and buys 35 of 100 inside; e is alone.
ROLES = {"a": "firm", "b": "firm", "e": "firm", "f": "final producer", "u": "university"}
LINKS = [
    ("a", "f", 30.0), ("a", OUT, 70.0), ("b", "f", 5.0), ("b", OUT, 45.0), ("f", OUT, 200.0),
    ("f", "u", 1.0), (OUT, "f", 65.0), ("e", OUT, 10.0), (OUT, "a", 40.0),
]  # fmt: skip
WORK = {
    "a": {"output": 100.0, "purchases": 40.0}, "b": {"output": 50.0, "purchases": 10.0},
    "e": {"output": 10.0, "purchases": 0.0}, "f": {"output": 201.0, "purchases": 100.0},
}  # fmt: skip


def checklist(result: Result) -> dict[str, Any]:
    return {row["rule"]: row for row in result.policy["eligibility"].to_dict("records")}


def test_a_checklist_by_hand() -> None:
    result = clustercoop.analyze(cluster(LINKS, ROLES, WORK), nulls=0, workers=1, **QUICK)
    rows = checklist(result)
    assert {rule: row["verdict"] for rule, row in rows.items()} == {
        "productivity above region": "undecidable",  # the region's figure is not in the data
        "linked participants": "pass",  # e alone is without a link; three may be
        "supplied share": "fail",  # b 5 / 50 = .1 and e 0 / 10 = 0: below .1 fails anywhere
        "bought share": "pass",  # 35 / 100
        "not yet producing": "pass",
        "ten participants": "fail",
        "a final producer": "pass",
        "productive jobs": "undecidable",
        "an educational member": "pass",
        "a financial member": "fail",
        "an infrastructure member": "fail",
    }
    supplied = rows["supplied share"]
    assert supplied["failing"] == "b;e" and supplied["value"] == 0
    # b lacks .2 × 50 − 5 = 5 and e .2 × 10 = 2; a (40 outside) and f (65 outside) can buy both.
    assert (supplied["links_needed"], supplied["value_needed"]) == (2, pytest.approx(7.0))
    links = result.policy["eligibility_links"]
    assert links[["supplier_id", "value"]].values.tolist() == [["b", 5.0], ["e", 2.0]]
    assert "participants.founder" not in str(result.policy["eligibility"]["missing"])
    assert result.clusters["eligibility_verdict"].tolist() == ["does not meet"]
    [both] = result.policy["functional_dependence"].to_dict("records")
    assert both["supplier_side"] == pytest.approx(35 / 160) and both["buyer_side"] == pytest.approx(0.35)
    # K = 36 / 361: within 5 to 10 %.
    assert (both["benchmark"], both["position"]) == ("machine tools", "as usual")
    told = for_people(result, "functional_dependence", "en")["beside"].tolist()
    assert told == ["10.0%; machine tools: usually 5.0% to 10.0%."]
    [ru] = for_people(result, "functional_dependence", "ru")["beside"].tolist()
    assert "станкостроение" in ru


def test_roles_that_mark_no_final_producer_deny_none() -> None:
    roles = {**ROLES, "f": "firm"}
    rows = judged(LINKS, roles, WORK)
    # a, b, e and f produce: any of them may make the final product, so that from 0 to 4 do.
    final = rows["a final producer"]
    assert (final["verdict"], final["missing"]) == ("undecidable", "participants.role")
    assert (final["value_low"], final["value_high"]) == (0, 4)
    assert rows["bought share"]["verdict"] == "undecidable"
    # f supplies 1 of 201 inside; were it a final producer, nothing would be asked of it.
    told = rows["supplied share"]
    assert told["verdict"] == "undecidable" and told["failing"].split(";") == ["b", "e", "f"]
    assert told["missing"] == "participants.role"
    assert "eligibility.no_final" in told["because"]
    assert "eligibility.no_final" not in str(judged(LINKS, ROLES, WORK)["supplied share"]["because"])


def test_between_the_two_cuts_it_hangs_on_the_territory() -> None:
    work = {**WORK, "e": {"output": 0.0, "purchases": 0.0}}
    links = [link for link in LINKS if link[0] != "e"]
    supplied = judged(links, ROLES, work)["supplied share"]
    assert (supplied["verdict"], supplied["missing"]) == ("undecidable", "participants.territory")  # b: .1
    assert supplied["failing"] == "b"


def test_an_unknown_output_is_undecidable_and_a_failure_stays_one() -> None:
    work = {who: cells for who, cells in WORK.items() if who != "a"}
    rows = judged(LINKS, ROLES, work)
    assert rows["supplied share"]["verdict"] == "fail" and rows["supplied share"]["unsettled"] == "a"
    assert rows["not yet producing"]["verdict"] == "pass"  # one unknown at most, and three may be
    healthy = {**WORK, "b": {"output": 20.0, "purchases": 10.0}, "e": {"output": 0.0, "purchases": 0.0}}
    del healthy["a"]
    links = [link for link in LINKS if link[0] not in ("e", "b")] + [("b", "f", 5.0), ("b", OUT, 15.0)]
    row = judged(links, ROLES, healthy)["supplied share"]
    assert (row["verdict"], row["missing"]) == ("undecidable", "activity.output; links.value")


def test_productivity_is_held_against_the_region() -> None:
    work = {who: {**cells, "value_added": 20.0, "employees": 10.0} for who, cells in WORK.items()}
    for regional, verdict in ((1.9, "pass"), (2.0, "fail"), (2.1, "fail")):
        table = pd.DataFrame(
            {"cluster_id": ["c"], "year": [2025], "regional_value_added_per_employee": [regional]}
        )
        rows = judged(LINKS, ROLES, work, indicators=table)
        assert rows["productivity above region"]["verdict"] == verdict, regional


def test_the_text_of_the_year_is_judged() -> None:
    ids = {year: versions(read_rules(), dt.date(year, 12, 31)) for year in (2015, 2020, 2022, 2025)}
    assert "founders of the organisation" in ids[2015] and "founders of the organisation" not in ids[2020]
    assert [rule.entry.number_of("share") for rule in ids[2015]["supplied share"]] == [0.5]
    assert [rule.entry.number_of("allowed") for rule in ids[2020]["linked participants"]] == [0]
    assert [rule.entry.number_of("allowed") for rule in ids[2022]["linked participants"]] == [0, 3]
    assert [rule.entry.number_of("allowed") for rule in ids[2025]["linked participants"]] == [3]
    # One member alone: fails by the text of 2020, passes by the later one, and 2022 is not known.
    for year, verdict in ((2020, "fail"), (2022, "undecidable"), (2025, "pass")):
        assert judged(LINKS, ROLES, WORK, year)["linked participants"]["verdict"] == verdict


def test_who_bought_what_a_report_tells_of_is_open() -> None:
    """f bought 35 of 300 of a and b by links, too little; it may have bought what e reports as well."""
    work = {**WORK, "f": {"output": 201.0, "purchases": 300.0}}
    links = [link for link in LINKS if link[0] != "e"]
    assert judged(links, ROLES, work)["bought share"]["verdict"] == "undecidable"  # 0.117: territory
    work["f"]["purchases"] = 400.0
    assert judged(links, ROLES, work)["bought share"]["verdict"] == "fail"
    work["e"] = {"output": 100.0, "purchases": 0.0, "used_by_participants": 90.0}
    work["u"] = {"purchases": 1.0}
    found = measured(cluster(links, ROLES, work), ("eligibility", "functional_dependence"), **QUICK)
    assert checklist(found)["bought share"]["verdict"] == "undecidable"  # up to 125 of 400
    assert found.policy["functional_dependence"]["buyer_side"].isna().all()
    # Members bought 36 by links and the 90 of e's report, of 451 in all.
    assert found.formations["internal_sourcing_share"].tolist() == pytest.approx([126 / 451])
    # The 90 are more than a fifth of the supply inside, so that its core is that of the links alone.
    [told] = [one for one in found.findings if one.code == "supply_untold"]
    assert (told.value, told.detail) == ("71.4%", "e")
    # Beside 126 inside 70, 45 and 200 went outside.
    assert found.formations["internal_sales_share"].tolist() == pytest.approx([126 / 441])


def test_who_sells_is_not_said_to_produce_nothing() -> None:
    """Its output of 0 is stock that was sold, or wrong: whether it produces yet is open, by any link."""
    idle = {f"n{k}": {"output": 0.0} for k in range(4)}
    people = {**ROLES, **dict.fromkeys(idle, "firm")}
    for sold in (("n0", "a", 3.0), ("n0", "nobody here", 3.0)):
        row = judged([*LINKS, sold], people, {**WORK, **idle})["not yet producing"]
        assert (row["verdict"], row["value_low"], row["value_high"]) == ("undecidable", 3, 4)


def test_a_text_that_may_not_have_been_in_force_fails_nobody() -> None:
    idle = {f"n{k}": {"output": 0.0} for k in range(4)}
    people = {**ROLES, **dict.fromkeys(idle, "firm")}
    for year, verdict in ((2022, "undecidable"), (2025, "fail")):
        row = judged(LINKS, people, {**WORK, **idle}, year)["not yet producing"]
        assert (row["verdict"], row["value"]) == (verdict, 4), year


@pytest.mark.parametrize(("alone", "needed"), [(4, 1), (5, 1), (6, 2), (7, 2)])
def test_isolated_members_pair_up(alone: int, needed: int) -> None:
    """With three allowed, 1 to 4 too many are freed by ⌈excess / 2⌉ links, and fewer would not do."""
    people = {"a": "firm", "f": "firm", **{f"x{k}": "bank" for k in range(alone)}}
    row = judged([("a", "f", 1.0)], people, {"a": {"output": 1.0}})["linked participants"]
    assert (row["verdict"], row["value"], row["links_needed"]) == ("fail", alone, needed)


def test_the_cover_shortfalls_against_trying_all() -> None:
    rng = np.random.default_rng(4)
    scarce = 0
    for _ in range(60):
        m, n = (int(size) for size in rng.integers(1, 4, 2))
        needs = rng.integers(1, 6, m).astype(float)
        room = rng.integers(0, 7, n).astype(float)
        allowed = rng.random((m, n)) < 0.8
        found = cover_shortfalls(needs, room, allowed)
        least = _tried(needs, room, allowed)
        assert (None if found is None else len(found)) == least
        if found is not None:
            scarce += int(len(found) > m)
            sums, taken = np.zeros(m), np.zeros(n)
            for short, partner, value in found:
                assert allowed[short, partner]
                sums[short] += value
                taken[partner] += value
            assert np.allclose(sums, needs) and (taken <= room + 1e-6).all()
    assert scarce  # some needed more links than there are shortfalls


def _tried(needs: Any, room: Any, allowed: Any) -> int | None:
    """Return the size of the smallest set of pairs through which the maximum flow covers all needs."""
    import networkx as nx

    pairs = [(int(i), int(j)) for i, j in np.argwhere(allowed)]
    for size in range(len(needs), len(pairs) + 1):
        for chosen in itertools.combinations(pairs, size):
            graph: Any = nx.DiGraph()
            graph.add_nodes_from(["s", "t"])
            for i, need in enumerate(needs):
                graph.add_edge("s", ("need", i), capacity=need)
            for j, most in enumerate(room):
                graph.add_edge(("room", j), "t", capacity=most)
            for i, j in chosen:
                graph.add_edge(("need", i), ("room", j))
            if nx.maximum_flow_value(graph, "s", "t") >= needs.sum() - 1e-9:
                return size
    return None


def test_every_shipped_entry_has_source_and_status() -> None:
    entries = [(each.status, each.source, each.texts) for each in read_rules()]
    entries += [(each.status, each.source, each.texts) for each in read_benchmarks()]
    for status, source, texts in entries:
        assert status in ("sourced", "unverified", "own reading")
        assert source["en"] and source["ru"] and texts["ru"]
        assert status != "sourced" or "ecollection" not in source["en"]


GOOD = """[[rule]]
id = "x"
kind = "participants"
en = "Ten"
at_least = 10
from = "2015-07-31"
status = "unverified"
source = "s"
"""


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("at_least = 10", 'at_least = "ten"', r"line 5, \[rule\]: at_least must be a number"),
        ('kind = "participants"', 'kind = "beauty"', r"line 3, \[rule\]: kind must be one of"),
        ('"2015-07-31"', '"July"', r"line 6, \[rule\]: from must be a date"),
        ('"2015-07-31"', '["2020-01-01", "2019-01-01"]', "line 6.*in order"),
        ('source = "s"', "", r"line 1, \[rule\]: source must be a text"),
        ('source = "s"', 'source = "s"\nsurprise = 1', "line 9.*surprise is no field"),
        ("[[rule]]", "[rule]", r"holds no \[\[rule\]\]"),
        ('id = "x"', "id = ", "is not valid TOML: .*line 2"),
        # What is beside the rules would be no rule, and nobody would know.
        ('source = "s"', 'source = "s"\n[[rules]]\nid = "y"', r"line 9: rules is no \[\[rule\]\]"),
        ('source = "s"', 'source = "s"\nuntil = "2014-12-31"', "line 9.*ends before it begins"),
        ("at_least = 10", "at_least = 10.5", "at_least must be a whole number"),
    ],
)
def test_a_wrong_file_names_file_line_and_field(tmp_path: Path, before: str, after: str, says: str) -> None:
    assert re.search(says, refused(tmp_path, GOOD.replace(before, after), read_rules))


def test_rules_of_ones_own_replace_the_shipped_and_stay_with_the_results(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("unverified", "sourced").replace("10", "5"), "utf-8")
    table = pd.DataFrame({"participant_id": list("abcde"), "cluster_id": "c"})
    links = pd.DataFrame({"year": [2022], "supplier_id": ["a"], "buyer_id": ["b"], "value": [1.0]})
    result = clustercoop.analyze(
        {"participants": table, "links": links},
        tmp_path / "out",
        nulls=0,
        workers=1,
        metrics="cooperation,chain",
        outputs="parquet",
        eligibility_rules=path,
    )
    assert result.clusters["eligibility_verdict"].tolist() == ["meets"]
    assert (tmp_path / "out" / "eligibility_rules.toml").read_text("utf-8") == path.read_text("utf-8")


def test_benchmarks_find_words_in_both_languages() -> None:
    named = {
        "Станкостроение": "machine tools",
        "Лесопромышленный комплекс": "forestry",
        "Medical devices": "medical industry",
        "Автомобилестроение": "automotive and aerospace",
        "Лесная промышленность": "forestry",
    }
    for industry, id in named.items():
        assert [each.id for each in read_benchmarks() if each.covers(industry)] == [id]
    assert not [each for each in read_benchmarks() if each.covers("Biomedical spaces, лестницы, chemistry")]
    assert load_thresholds().cooperation_above > max(each.high for each in read_benchmarks())


def test_passport_and_summary_show_the_benchmark_and_the_verdict() -> None:
    result = clustercoop.analyze(cluster(LINKS, ROLES, WORK), nulls=0, workers=1, **QUICK)
    for lang, said in (
        ("en", "10.0%; machine tools: usually 5.0% to 10.0%."),
        ("ru", "станкостроение: обычно"),
    ):
        content = Content(result, lang)
        [lines] = policy_lines(content).values()
        assert any(said in line for line in lines)
        shown = [line.text for answer in answers(content) for line in answer.lines]
        assert any(said in line for line in shown)
    lines = policy_lines(Content(result, "en"))["c"]
    assert "Eligibility: does not meet the requirements" in lines
    # b and e are below a fifth; only requirements that decide are named.
    assert "Not met: supplied share (members: 2)" in lines
    [open_] = [line for line in lines if line.startswith("Cannot be decided: ")]
    assert open_.count("missing: ") == 1 and "productivity above the region (missing: " in open_
    shown = [line.text for answer in answers(Content(result, "ru")) for line in answer.lines]
    assert "Не выполнено: доля поставок внутри (участников: 2)" in shown


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_links_that_are_named_let_it_pass_and_fewer_do_not(seed: int) -> None:
    tables = frames(clusters=1, members=8, years=(2025,), seed=seed)

    def supplied(extra: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
        links = pd.concat([tables["links"], extra.assign(year=2025)[tables["links"].columns]])
        result = measured(
            {**tables, "links": links},
            ("eligibility", "eligibility_links"),
            **QUICK,
        )
        told = result.policy["eligibility_links"]
        return checklist(result)["supplied share"], told[told["rule"] == "supplied share"]

    row, needed = supplied(tables["links"].head(0))
    assert row["failing"] and row["links_needed"] == len(needed) > 0
    assert supplied(needed)[0]["verdict"] == "pass"
    assert supplied(needed.iloc[1:])[0]["verdict"] != "pass"
    assert supplied(needed.assign(value=needed["value"] * 0.99))[0]["verdict"] != "pass"


def test_a_member_without_a_role_may_be_bound_by_a_rule_or_not() -> None:
    roles = {"a": "firm", "n": "", "u": "university"}
    sold = [("a", "n", 60.0), ("n", "a", 30.0)]
    row = judged(sold, roles, {"a": {"output": 100.0}, "n": {"output": 100.0}})["supplied share"]
    # n supplies 0.3 of its output, a 0.6: the least is 0.3 if the rule is about n, which passes either way.
    assert row["verdict"] == "pass" and pd.isna(row["value"])
    assert (row["value_low"], row["value_high"]) == (0.3, 0.6)


def test_bounds_of_productivity_are_those_of_all_members() -> None:
    work = {
        "a": {"employees": 10.0, "value_added": 10.0},
        "b": {"employees": 10.0, "value_added": 20.0},
        "c": {"employees": 4.0},
    }
    region = {"cluster_id": ["c"], "year": [2025], "regional_value_added_per_employee": [1.2]}
    roles = dict.fromkeys("abc", "firm")
    row = judged([("a", "b", 1.0)], roles, work, indicators=pd.DataFrame(region))["productivity above region"]
    # 30 / 20 of a and b, who have 20 of 24 employees; c may have added, or lost, any value.
    assert row["value"] == 1.5 and row["verdict"] == "pass"
    assert pd.isna(row["value_low"]) and pd.isna(row["value_high"])
