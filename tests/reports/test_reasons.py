import dataclasses
import functools
import re
from types import SimpleNamespace

import pandas as pd
import pytest

from clustercoop.analysis.results import Result
from clustercoop.graph.findings import Finding, catalogue
from clustercoop.graph.gaps import ALL, Gap, gaps_frame
from clustercoop.graph.texts import text
from clustercoop.reports.people import for_people
from clustercoop.reports.reasons import Reasons, gap_sentence, told_sources, unknown_because
from clustercoop.reports.words import Words
from tests.reports.samples import sample


def reasons(*gaps: Gap, lang: str = "en") -> Reasons:
    changed: Result = dataclasses.replace(sample(), gaps=gaps_frame(gaps))
    return Reasons(changed.gaps, Words(lang))


def row(**more: object) -> SimpleNamespace:
    return SimpleNamespace(**{"cluster_id": "c00", "year": 2021, **more})


def test_a_cell_is_explained_by_its_own_gap_alone() -> None:
    why = reasons(Gap("output_unknown", "output", cluster_id="c00", year=2021))
    assert why.cell(row(), "output") == "no member's output is known"
    # Neither another year, nor another column, nor a member's cell of the same name is explained by it.
    assert why.cell(row(year=2022), "output") == why.cell(row(), "core_fit") == ""
    assert why.cell(row(participant_id="01"), "output") == ""
    assert why.row(row()) == "the data do not allow this figure; see the findings"


def test_a_gap_of_all_members_explains_each_that_has_none_of_its_own() -> None:
    why = reasons(
        Gap("core_no_links", "stage", cluster_id="c00", year=2021, participant_id=ALL),
        Gap("member_without_links", "stage", cluster_id="c00", year=2021, participant_id="01"),
        lang="ru",
    )
    assert why.cell(row(participant_id="02"), "stage").startswith("поставок между участниками за этот")
    assert why.cell(row(participant_id="01"), "stage").startswith("связи участника")


def test_a_figure_that_waits_for_another_says_why_that_one_is_unknown() -> None:
    at = functools.partial(Gap, cluster_id="c00", year=2021)
    why = reasons(
        at("needs", "isolation", detail="autonomy"),
        at("needs", "autonomy", detail="output"),
        at("output_unknown", "output"),
        at("needs", "coverage", detail="links"),
        at("needs", "links", detail="coverage"),
    )
    assert why.cell(row(), "isolation") == "autonomy is unknown (no member's output is known)"
    assert why.cell(row(), "coverage") == "links is unknown"  # a circle has no end


def test_a_gap_of_a_cluster_has_no_year() -> None:
    why = reasons(Gap("model_none", "jaccard", cluster_id="c00"))
    assert why.cell(SimpleNamespace(cluster_id="c00"), "jaccard").startswith("no model gave this figure")
    assert why.cell(row(), "jaccard") == ""


def test_sentences_name_the_figures_of_each_reason_in_the_order_of_the_table() -> None:
    gaps = gaps_frame(
        [
            Gap("needs", "isolation", detail="autonomy; outside_knowledge_share", cluster_id="c", year=2022),
            Gap("no_links_touch", "coverage", cluster_id="c", year=2022),
            Gap("no_links_touch", "links", cluster_id="c", year=2022),
        ]
    )
    rows = pd.DataFrame({"cluster_id": ["c", "c"], "year": [2022, 2023]})
    assert unknown_because(gaps, rows, "en") == [
        "Links, Link coverage: no link of the year touches a member, self-supply aside. "
        "Isolation: autonomy, outside knowledge share is unknown.",
        "",
    ]
    assert "Изолированность: неизвестно: автономность" in unknown_because(gaps, rows, "ru")[0]


def test_sources_are_codes_until_they_are_told() -> None:
    codes = "internal_supply=links:2,reported:1;purchases=activity less self-supply"
    assert told_sources(codes, "en") == (
        "Internal supply: links 2, reported 1; Purchases: activity less self-supply"
    )
    assert told_sources(codes, "ru").startswith("Внутренние поставки: связи 2, отчёт")
    assert told_sources(None, "en") == ""


def test_a_reason_without_a_detail_ends_where_it_is_said() -> None:
    for lang in ("en", "ru"):
        for code, entry in catalogue().items():
            if re.search(
                r"(?<!: )(?<! \(){detail(:\w+)?}|{detail(:\w+)?}(?! ?[),.;]|$)", entry.sentence(lang)
            ):
                continue  # says nothing without one, and always has it
            told = gap_sentence((code, "1", ""), lang)
            assert not re.search(r":\s*$|\(\s*\)|[(\s]$", told), (code, told)
    assert gap_sentence(("rows_open", "1", "0001"), "en").endswith("only bounds: 1 (0001)")


def test_figures_follow_the_language_and_cells_of_files_are_quoted_as_they_stand() -> None:
    assert "96,4\u00a0%" in gap_sentence(("output_coverage_low", "96.4%", "0001"), "ru")
    assert "96.4%" in gap_sentence(("output_coverage_low", "96.4%", "0001"), "en")
    cell = Finding("year_impossible", file="links.csv", value="20.22").message("ru")
    assert "20.22" in cell
    frame = pd.DataFrame([{"file": "links.csv", "code": "year_impossible", "value": "20.22", "detail": ""}])
    result = dataclasses.replace(sample(), rejected=frame)
    assert for_people(result, "rejected", "ru")["reason"].tolist() == [cell]


LARGE, SMALL = 1234567.5, 0.00125
UNITS = {"en": r"million|thousand|billion", "ru": r"млн|тыс|млрд|миллион"}
# Sentences about units themselves.
OF_UNITS = {
    "format_scaled",
    "unit_implausible",
    "unit_unstated",
    "units_contradicted",
    "decimal_unclear",
    "decimal_unclear_row",
}


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_every_finding_tells_its_figures_in_one_unit_and_as_the_language_writes_them(lang: str) -> None:
    point, group = text("format.point", lang), text("format.group", lang)
    written = (f"1{group}234{group}568", f"0{point}00125")
    million = text("format.million", lang).replace("{value}", "")
    for code, entry in catalogue().items():
        template = entry.sentence(lang)
        measured = re.findall(r"\{\w+:(money|number|figure)\}", template)
        for file in ("", "activity.csv"):  # a cell of a file is quoted, a figure that is measured is not
            for value, detail in ((LARGE, SMALL), (SMALL, LARGE)):
                told = Finding(code, value=f"{value:.15g}", detail=f"{detail:.15g}", file=file).message(lang)
                assert "{" not in told and not re.search(r"\de[+-]?\d", told), (code, told)
                figures = sum(told.count(one) for one in written)
                assert figures >= len(measured), (code, told)
                assert told.count(million) == measured.count("money"), (code, told)
        # A sentence that names a unit of money for one of its figures names it for all.
        assert len(set(measured)) <= 1, code
        if re.search(UNITS[lang], template):
            assert code in OF_UNITS, code


def test_cells_of_a_row_are_named_in_the_language() -> None:
    row = Finding("zero_beside_positive", table="activity", value="0", detail="output 1234.5, employees 2")
    assert row.message("en").endswith("output 1,234.5\u00a0million, employees 2")
    assert "выпуск 1\u00a0234,5\u00a0млн, численность" in row.message("ru")


def test_only_money_is_told_in_millions() -> None:
    fell = Finding("jump_down", table="activity", column="employees", value="30", detail="100")
    assert fell.message("en").endswith(": 100, then 30") and fell.message("ru").endswith("было 100, стало 30")
    assert (
        dataclasses.replace(fell, column="output")
        .message("ru")
        .endswith("было 100\u00a0млн, стало 30\u00a0млн")
    )
