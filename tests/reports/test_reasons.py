import dataclasses
from types import SimpleNamespace

from clustercoop.analysis.reasons import columns_of_codes
from clustercoop.analysis.results import Result
from clustercoop.graph.columns import output_columns
from clustercoop.graph.findings import Findings, catalogue
from clustercoop.reports.reasons import Reasons
from clustercoop.reports.words import Words
from tests.reports.samples import sample


def reasons(findings: Findings, nulls: int = 199, lang: str = "en") -> Reasons:
    result = sample()
    settings = result.settings.replace(nulls=nulls)
    changed: Result = dataclasses.replace(result, findings=findings, settings=settings)
    return Reasons(changed, Words(lang))


def row(**more: object) -> SimpleNamespace:
    return SimpleNamespace(**{"cluster_id": "c00", "year": 2021, "unknown_because": "", **more})


def test_a_finding_that_names_the_column_comes_first() -> None:
    found = Findings()
    found.add("output_unknown", cluster_id="c00", year=2021, column="output, cooperation_ratio")
    why = reasons(found)
    note = "Cooperation ratio: something else."
    assert (
        why.cell(row(unknown_because=note), "cooperation_ratio", "Cooperation ratio")
        == "no member's output is known"
    )
    # Neither another year nor another column is explained by it.
    assert why.cell(row(year=2022), "cooperation_ratio", "Cooperation ratio") == ""
    assert why.cell(row(), "core_fit", "Core fit") == ""
    assert why.row(row()) == "the data do not allow this figure; see the findings"


def test_a_code_is_known_to_concern_its_columns() -> None:
    found = Findings()
    found.add("core_no_links", cluster_id="c00", year=2021)
    why = reasons(found, lang="ru")
    assert why.cell(row(), "core_fit").startswith("в этом году нет поставок между участ")
    assert why.cell(row(participant_id="01"), "supplier_coreness") == why.cell(row(), "core_fit")
    assert why.cell(row(), "output") == ""


def test_the_note_explains_the_figures_that_it_names() -> None:
    note = "Output, Links: no data. See row 5. Core fit: too few."
    why = reasons(Findings())
    assert why.cell(row(unknown_because=note), "links", "Links") == "no data"
    assert why.cell(row(unknown_because=note), "core_fit", "Core fit") == "too few"
    assert why.row(row(unknown_because="Only indicators are known.")) == "Only indicators are known."


def test_significance_that_was_not_asked_for_says_so() -> None:
    assert "nulls = 0" in reasons(Findings(), nulls=0).cell(row(), "core_p_degree")
    assert reasons(Findings()).cell(row(), "core_p_degree") == ""


def test_the_table_of_codes_names_real_codes_and_columns() -> None:
    columns = [column.column for table in ("formations", "participants") for column in output_columns(table)]
    for code, beginnings in columns_of_codes().items():
        assert code in catalogue()
        for begun in beginnings:
            assert any(column.startswith(begun) for column in columns), (code, begun)
