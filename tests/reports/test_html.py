import dataclasses
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clustercoop.analysis.results import Result
from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.findings import Findings
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.reports.content import Content
from clustercoop.reports.html import render_report
from clustercoop.reports.network import view_name
from clustercoop.reports.numbers import is_unknown
from clustercoop.reports.section import Fragment
from clustercoop.reports.sections.clusters import Clusters
from clustercoop.reports.sections.figures import Closedness, Core
from clustercoop.reports.sections.findings import FindingsSection
from clustercoop.reports.sections.participants import PARTICIPANT_ROWS, Participants
from clustercoop.reports.sections.policy import DRAWN_ROWS, Dynamics
from clustercoop.reports.strips import sparkline
from tests.builders import example_report
from tests.reports import samples
from tests.reports.pages import page_of, problems
from tests.reports.samples import HOSTILE, make_result, sample


@pytest.fixture(scope="module", params=["en", "ru"])
def report(request: pytest.FixtureRequest) -> str:
    return samples.report(request.param)


def test_the_page_is_within_its_own_policy(report: str) -> None:
    assert problems(report) == []
    [policy] = [e for e in page_of(report).all("meta") if "http-equiv" in e.attributes]
    assert policy.attributes["content"].startswith("default-src 'none'; script-src 'nonce-")


def test_the_same_result_makes_the_same_bytes() -> None:
    first, second = (render_report(make_result(clusters=1, smallest=5, largest=6), "ru") for _ in range(2))
    assert first == second


def test_the_nonce_depends_on_the_content() -> None:
    def nonce(result: Result) -> str:
        return page_of(render_report(result)).all("script")[0].attributes["nonce"]

    small = {"clusters": 1, "smallest": 5, "largest": 6}
    assert nonce(make_result(**small)) != nonce(make_result(seed=6, **small))


def test_a_name_that_holds_the_mark_of_the_nonce_gets_none() -> None:
    result = make_result(clusters=1, smallest=5, largest=6)
    result.rejected["reason"] = "\0nonce\0"
    text = render_report(result)
    assert problems(text) == []
    # Two stand in the policy, one at the style, four at the scripts and their data.
    assert text.count(page_of(text).all("script")[0].attributes["nonce"]) == 2 + 1 + 4


def test_hostile_names_are_text(report: str) -> None:
    page = page_of(report)
    assert {e.text for e in page.all("b")}.isdisjoint({"Bold"})
    for element in page.elements:
        if element.tag in ("script", "style"):
            assert element.attributes.get("nonce")
    cells = {e.text for e in page.all("td")}
    assert "<script>alert(1)</script>" in cells
    assert '"><img src=x onerror=alert(1)>' in cells
    assert "{{ 7*7 }} ${7*7} %s" in cells
    assert not any("\u202e" in cell or "\u2028" in cell for cell in cells)
    assert any(HOSTILE[8].strip() == cell.strip() for cell in cells), "a long name is shown whole"


def test_sections_and_navigation_agree(report: str) -> None:
    page = page_of(report)
    targets = [e.attributes["href"][1:] for e in page.all("a") if "li" in e.path and "nav" in e.path]
    sections = [e.attributes["id"] for e in page.all("section")]
    assert targets == sections
    assert sections[0] == "summary" and {"findings", "provenance", "settings", "methods"} <= set(sections)


def leading(text: str) -> dict[str, Any]:
    """Return the columns of the leading table by code, as the page holds them."""
    table = page_of(text).data("data")["tables"]["clusters"]
    return {column["c"]: column for column in table["columns"]}


def test_unknown_is_empty_with_its_reason() -> None:
    text = samples.report("en")
    ratio, why = leading(text)["cooperation_ratio"], page_of(text).data("data")["why"]
    unknown = [row for row, value in enumerate(ratio["v"]) if value is None]
    assert unknown and samples.WHY in {why[ratio["w"][str(row)]] for row in unknown if str(row) in ratio["w"]}
    # The bounds that are known stand in the place of the figure; nothing else does.
    assert all(text == "" or "%–" in text for row, text in enumerate(ratio["t"]) if row in set(unknown))
    cells = [e for e in page_of(text).all("span") if e.attributes.get("class") == "na"]
    assert cells and all(e.attributes["tabindex"] == "0" for e in cells)
    assert (
        {"—"}
        < {e.text if not re.search("–|^at (most|least) ", e.text) else "bounds" for e in cells}
        <= {"—", "bounds"}
    )


def test_every_figure_of_the_results_is_a_column_of_the_leading_table() -> None:
    page, frame = leading(samples.report("ru")), Content(sample(), "ru").formations
    for column in output_columns("formations")[2:]:
        known = column.column in frame and not all(map(is_unknown, frame[column.column]))
        assert (column.column in page) == (known and column.column != "unknown_because"), column.column
    assert {f"clusters.{name}" for name in ("formation_verdict", "rule_verdict", "years")} <= set(page)


def test_the_leading_table_holds_every_cluster_and_year() -> None:
    result = sample()
    table = page_of(samples.report("en")).data("data")["tables"]["clusters"]
    assert table["rows"] == len(result.formations) == 48 and len(table["last"]) == 12
    columns = {column["c"]: column for column in table["columns"]}
    ids = [columns["cluster_id"]["r"][at] for at in columns["cluster_id"]["i"]]
    held = dict(zip(zip(ids, columns["year"]["v"], strict=True), columns["output"]["v"], strict=True))
    exact = result.formations.set_index(["cluster_id", "year"])["output"]
    for place, value in held.items():
        assert float("nan" if value is None else value) == pytest.approx(exact[place], rel=1e-9, nan_ok=True)


def test_change_is_told_since_the_first_known_year() -> None:
    result = make_result(clusters=1, smallest=5, largest=6)
    result.formations["cooperation_ratio"] = [np.nan, 0.2, 0.25, 0.15]
    change = leading(render_report(result, "en"))["cooperation_change"]
    # .25 − .2 = +5 points, .15 − .2 = −5; neither the unknown year nor the first known one has a change.
    assert change["t"] == ["", "", "+5.0 pp", "−5.0 pp"]
    assert change["v"] == [None, None, pytest.approx(0.05), pytest.approx(-0.05)]


def test_a_column_without_data_is_named_not_shown() -> None:
    content = Content(sample(), "en")
    closedness, core = Closedness(content).table, Core(content).table
    assert "Autonomy" in closedness.empty
    assert "autonomy" not in {column.name for column in closedness.columns}
    assert "p (degree null)" in core.empty


def test_links_lead_to_the_pages_of_the_clusters(report: str) -> None:
    result = sample()
    views = {
        e.attributes["href"] for e in page_of(report).all("a") if e.attributes["href"].startswith("views/")
    }
    assert views == {"views/" + view_name(cluster) for cluster in result.graph.cluster_ids} | {
        "views/_flows.html"
    }
    small = make_result(clusters=1, smallest=5, largest=6)
    assert 'href="views/' not in render_report(small, "en", views="")


def test_a_report_of_the_size_of_the_example_is_small() -> None:
    assert len(example_report("ru").encode("utf-8")) < 3_000_000


def test_too_many_participants_are_cut_by_a_stated_rule() -> None:
    result = sample()
    many = pd.concat([result.participants.assign(year=year) for year in range(1990, 2024)], ignore_index=True)
    many = many.drop_duplicates(["cluster_id", "year", "participant_id"])
    content = Content(dataclasses.replace(result, participants=many), "en")
    section = Participants(content)
    table = section.data()["participants"]
    assert table["rows"] == len(section.frame) <= PARTICIPANT_ROWS
    assert sum(section.totals.values()) == len(many)
    columns = {column["c"]: column for column in table["columns"]}
    # Only the last year of each cluster is left.
    assert set(columns["year"]["v"]) == {2023}
    text = render_report(content.result)
    assert "the rest is in participants.csv" in text


def test_tables_of_policy_are_whole_on_the_page_up_to_its_limit() -> None:
    row = {"cluster_id": "c00", "warning": "core_changed", "state": "yes", "because": ""}
    many = pd.DataFrame([row | {"year": 1000 + k} for k in range(DRAWN_ROWS + 5)])
    for rows in (DRAWN_ROWS, DRAWN_ROWS + 5):
        result = dataclasses.replace(sample(), policy={"early_warnings": many.head(rows)})
        section = Dynamics(Content(result, "en", page=True))
        assert section.data()["early_warnings"]["rows"] == DRAWN_ROWS
        [shown] = [block.values for block in section.blocks() if isinstance(block, Fragment)]
        assert (shown["shown"], shown["total"]) == (DRAWN_ROWS, rows)


def test_many_findings_are_cut_and_counted() -> None:
    section = FindingsSection(Content(sample(), "en"))
    groups = {group.code: group for group in section.groups}
    assert groups["year_impossible"].count == 60 and len(groups["year_impossible"].rows) == 40
    assert [group.severity for group in section.groups] == ["error", "info"]
    assert groups["year_impossible"].title == "the year … is not a year between 1900 and 2100"
    assert "shown 40 of 60; the rest is in findings.csv" in samples.report("en")


def test_indicators_alone_make_a_report() -> None:
    indicators = pd.DataFrame(
        {
            "cluster_id": ["a", "b"],
            "year": [2020, 2020],
            "rd_per_employee": [0.2, np.nan],
            "value_added_per_employee": [3.0, 1.0],
        }
    )
    formations = indicators.assign(
        cooperation_ratio=np.nan,
        ecosystem_type=["growth", ""],
        innovation_level=["medium", ""],
        productivity_level=["medium", "low"],
    )
    result = Result(
        formations=formations,
        participants=pd.DataFrame({"cluster_id": [], "year": [], "participant_id": []}),
        clusters=pd.DataFrame({"cluster_id": ["a", "b"], "verdict_basis": ["rules", "rules"]}),
        findings=Findings(),
        rejected=pd.DataFrame(),
        graph=SupplyGraph.from_tables({"indicators": indicators}),
        settings=Settings(),
        provenance={},
    )
    text = render_report(result, "ru")
    assert problems(text) == []
    assert "Уровень кооперации за последний год неизвестен: 2 из 2" in text
    # One cluster has both figures: one path; nothing links to a network page.
    assert text.count('<svg class="portrait"') == 1
    assert 'href="views/' not in text


def test_the_language_is_checked() -> None:
    with pytest.raises(ParameterError, match="one of en, ru"):
        render_report(sample(), "fr")


def test_russian_numbers_and_terms() -> None:
    text = samples.report("ru")
    assert "традиционное производство" in text and "traditional production</td>" not in text
    cells = [e.text for e in page_of(text).all("td") if "%" in e.text and len(e.text) < 9]
    assert cells and all("\u00a0%" in cell and "." not in cell for cell in cells)


def test_sparklines_break_at_unknown_years_and_share_a_scale() -> None:
    # 25 high, 3 above and below: 0 is at 22, the top at 3.
    line = sparkline([(2020, 0.0), (2021, 0.5), (2023, 0.5)], top=0.5)
    assert 'd="M3.0 22.0L38.3 3.0M109.0 3.0"' in line
    assert sparkline([(2020, None)]) == ""


def test_an_analysis_of_nothing_makes_a_report() -> None:
    frames = {
        table: pd.DataFrame({column.column: pd.Series([], dtype=object) for column in output_columns(table)})
        for table in ("formations", "participants", "clusters")
    }
    result = Result(
        formations=frames["formations"],
        participants=frames["participants"],
        clusters=frames["clusters"],
        findings=Findings(),
        rejected=pd.DataFrame(),
        graph=SupplyGraph.from_tables({}),
        settings=Settings(),
        provenance={},
    )
    text = render_report(result)
    assert problems(text) == []
    assert "Nothing was noticed." in text


def test_probabilities_that_read_as_they_are_written_need_no_texts() -> None:
    """Of 199 null networks a p of 0.005 is shown as "0.005": the column then has numbers alone."""
    result = make_result(clusters=2)
    result = dataclasses.replace(result, formations=result.formations.assign(core_p_degree=0.005))
    [core] = [c for c in Clusters(Content(result, "en")).table["columns"] if c["c"] == "core_size"]
    assert {said.rpartition(", ")[2] for said in core["said"]} == {"p = 0.005"}
