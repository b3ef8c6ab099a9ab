"""The section on the formation model, on planted worlds with known outcomes."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from clustercoop.analysis.verdicts.features import feature_list
from clustercoop.graph.settings import Settings
from clustercoop.reports.content import Content
from clustercoop.reports.evidence import Evidence
from clustercoop.reports.html import render_report
from clustercoop.reports.markdown import render_markdown
from clustercoop.reports.sections.summary import Summary
from clustercoop.reports.strips import probability_strip, strip_key
from clustercoop.reports.tables import Table
from clustercoop.reports.verdicts import flip_sentences
from clustercoop.reports.words import Words
from clustercoop.reports.workbook import write_workbook
from tests.reports.models import HOSTILE, WORLDS, page, world
from tests.reports.pages import page_of, problems
from tests.reports.samples import sample


def column(table: Table | None, name: str) -> list[str]:
    assert table is not None
    at = [head.name for head in table.columns].index(name)
    return [row.cells[at].text for row in table.rows]


def raws(table: Table | None, name: str) -> list[str]:
    assert table is not None
    at = [head.name for head in table.columns].index(name)
    return [row.cells[at].raw for row in table.rows]


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("name", WORLDS)
def test_every_outcome_is_a_page_within_its_policy(name: str, lang: str) -> None:
    text = page(name, lang)
    assert problems(text) == []
    found = page_of(text)
    assert [e for e in found.all("li") if e.attributes.get("aria-current") == "step"]
    assert not [e for e in found.all("img")]
    for heading in (Words(lang)("fm_found"), Words(lang)("fm_tier"), Words(lang)("fm_three")):
        assert heading in {e.text for e in found.all("h3")}


@pytest.mark.parametrize(
    ("name", "basis", "outcome"),
    [("split", "model", "named"), ("none", "model", "none"), ("rules", "rules", "rules")],
)
def test_the_worlds_are_what_they_are_called(name: str, basis: str, outcome: str) -> None:
    model = world(name).model
    assert model is not None and (model.basis, model.outcome) == (basis, outcome)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_finding_comes_first_and_no_groups_is_a_finding(lang: str) -> None:
    for name in WORLDS:
        said = Content(world(name), lang).model
        model = world(name).model
        assert model is not None and said.sentences[0] == model.sentences[lang][0]
        first = [e.text for e in page_of(page(name, lang)).all("p") if e.attributes.get("class") == "first"]
        assert first == [said.sentences[0]]
        assert model.sentences[lang][0] in Summary(Content(world(name), lang)).sentences
    none = Content(world("none"), lang).model.sentences
    assert Words(lang)("fm_none_note") in none
    # No claim of groups, and none that there are none anywhere.
    assert Words(lang)("said_tier_model") not in Summary(Content(world("none"), lang)).sentences


def test_the_tier_is_marked_with_the_count_behind_it() -> None:
    here = {
        name: [t.key for t in Content(world(name), "en").model.tiers if t.here] for name in ("rules", "split")
    }
    assert here == {"rules": ["rules"], "split": ["model"]}
    assert "12 of 12" in Content(world("rules"), "en").model.tier_here


def test_three_verdicts_are_kept_apart() -> None:
    result = world("split")
    table = Content(result, "en").model.three
    assert raws(table, "cluster_id") == result.clusters["cluster_id"].tolist()
    assert raws(table, "rule_verdict") == result.clusters["rule_verdict"].tolist()
    assert raws(table, "formation_verdict") == result.clusters["formation_verdict"].tolist()
    assert set(raws(table, "eligibility_verdict")) == {""}
    at = [head.name for head in table.columns].index("eligibility_verdict")
    assert {row.cells[at].why for row in table.rows} == {"the requirements were not judged"}
    assert not Content(result, "en").model.eligibility_known


def test_with_rules_only_the_model_is_silent_and_the_rule_gives_its_reasons() -> None:
    model = Content(world("rules"), "en").model
    assert set(raws(model.three, "formation_verdict")) == {""}
    assert all("cooperation: " in text for text in column(model.three, "rule_because"))
    assert model.probabilities is None and model.parts is None and model.evidence is None
    assert model.data is not None
    assert "cooperation ratio above 30.0%" in model.rule_origin


def test_a_checklist_that_is_computed_is_shown() -> None:
    result = world("rules")
    done = dataclasses.replace(result, clusters=result.clusters.assign(eligibility_verdict="meets"))
    assert Content(done, "en").model.eligibility_known
    assert Words("en")("fm_eligibility_none") not in render_report(done)


def test_probabilities_are_drawn_where_they_are_and_said_in_words() -> None:
    result = world("split")
    found = page_of(page("split", "en"))
    strips = [e for e in found.all("svg") if e.attributes.get("class") == "strip"]
    assert len(strips) == len(result.clusters)
    assert all(e.attributes["role"] == "img" and "probability" in e.attributes["aria-label"] for e in strips)
    table = Content(result, "en").model.probabilities
    given = [float(value) for value in raws(table, "ecosystem_probability") if value]
    assert given == sorted(given, reverse=True)
    np.testing.assert_allclose(
        sorted(given), sorted(result.clusters["ecosystem_probability"].dropna()), rtol=1e-9
    )
    # Nothing is certain.
    assert not {"100%", "0%"} & set(column(table, "ecosystem_probability"))


def test_a_strip_stands_to_scale() -> None:
    # 0 at 5, 1 at 195: .35 at 71.5, .65 at 128.5, .5 at 100.
    strip = probability_strip(0.5, 0.35, 0.65, "undecided", "x")
    assert '<rect class="band" x="71.5" y="0" width="57.0"' in strip
    assert "M71.5 11H128.5" in strip and "M100.0 5" in strip
    assert '<circle class="eco" cx="195.0"' in probability_strip(1.0, 0.9, 1.0, "ecosystem-like", "x")
    assert '<rect class="clu" x="0.5"' in probability_strip(0.0, 0.0, 0.1, "cluster-like", "x")
    assert strip_key(("a<", "b", "c"), "en", "k").count("a&lt;") == 1


def test_contributions_have_a_sign_and_a_side() -> None:
    model = world("split").model
    table = Content(world("split"), "en").model.parts
    assert model is not None and table is not None
    exact = model.contributions.set_index(["cluster_id", "feature"])["contribution"]
    for row in table.rows:
        for head, cell in zip(table.columns[1:], row.cells[1:], strict=True):
            value = exact[row.cells[0].raw, head.name]
            if np.isnan(value):
                assert cell.unknown and cell.why
            elif abs(value) >= 0.05:
                assert cell.mark[:2] == ("pe" if value > 0 else "pc")
                assert cell.text[0] == ("+" if value > 0 else "−")


def test_the_nearest_flip_is_told_in_the_language_of_the_report() -> None:
    model = world("split").model
    assert model is not None
    english, russian = flip_sentences(model, Words("en")), flip_sentences(model, Words("ru"))
    assert set(english) == set(model.flips["cluster_id"])
    named = model.flips[model.flips["feature"] != ""].iloc[0]
    [label] = [f.label("en") for f in feature_list() if f.name == named["feature"]]
    said = english[named["cluster_id"]]
    side = "ecosystem-like" if named["to_ecosystem"] else "cluster-like"
    assert said.startswith(f"would be {side} if “{label}” ") and "(now " in said
    assert all(re.search("[а-я]", text) and "would" not in text for text in russian.values())
    told = Content(world("split"), "ru").clusters["verdict_because"]
    reasons = [str(text) for text in told if text]
    assert reasons and all(re.match("за |неизвестно", text) for text in reasons)


def test_gates_show_value_bound_and_outcome() -> None:
    for name, passed in (("split", {"true"}), ("none", {"true", "false"})):
        model = world(name).model
        assert model is not None
        table = Evidence(model, Words("en")).gates
        assert raws(table, "gate") == model.gates["gate"].tolist()
        assert set(raws(table, "passed")) <= passed
        assert raws(table, "passed") == [str(bool(p)).lower() for p in model.gates["passed"]]
    # 2.5, and 3 more of a trait looked at alone among 41 clusters.
    assert column(table, "bound")[0] == "≥ 5.5"


def test_a_value_near_its_bound_is_told_from_it() -> None:
    model = world("none").model
    assert model is not None
    near = model.gates.assign(value=[5.4996, 0.0996, 0.0029, 0.9999, 1.9996, 0.59996, 0.2004], passed=False)
    table = Evidence(dataclasses.replace(model, gates=near), Words("en")).gates
    assert column(table, "value") == ["5.4996", "9.96%", "0.0029", "0.9999", "1.9996", "0.59996", "0.2004"]
    least = model.gates.assign(
        value=[9.0, 0.0, 1 / 2496, 9.0, 9.0, 0.9, 0.0], error=[0.0, 0, 0, 0, 0, 0.01, 0]
    )
    table = Evidence(dataclasses.replace(model, gates=least), Words("en")).gates
    assert column(table, "value")[1:3] == ["0.0%", "0.0004"]  # a p-value is never 0
    assert column(table, "error")[-2] == "± 0.01"


def test_a_gate_that_was_not_reached_is_unknown_not_zero() -> None:
    model = world("none").model
    assert model is not None
    lost = model.gates.assign(value=np.nan, passed=False)
    table = Evidence(dataclasses.replace(model, gates=lost), Words("en")).gates
    assert table is not None
    cells = [row.cells[1] for row in table.rows]
    assert all(cell.text == "—" and cell.raw == "" and cell.why for cell in cells)
    # Nor is it one that was held against the bound and failed.
    outcomes = [row.cells[4] for row in table.rows]
    assert all(cell.text == "—" and cell.why and not cell.mark for cell in outcomes)


def test_the_selection_table_marks_the_least_criteria() -> None:
    model = world("split").model
    assert model is not None
    table = Evidence(model, Words("en")).selection
    best = int(model.selection["bic"].argmin())
    assert [text.endswith("(least)") for text in column(table, "bic")] == [k == best for k in range(4)]


def test_sensitivity_is_told_only_of_groups_that_exist() -> None:
    split, none = world("split").model, world("none").model
    assert split is not None and none is not None
    table = Evidence(split, Words("ru")).sensitivity
    assert len(column(table, "variant")) == len(split.sensitivity)
    assert Evidence(none, Words("ru")).sensitivity is None


def test_zero_limit_and_missing_are_kept_apart() -> None:
    data = Content(world("split"), "en").model.data
    assert data is not None
    heads = [head.name for head in data.values.columns]
    row = data.values.rows[0]
    assert row.cells[0].raw == "c0000"
    assert row.cells[heads.index("integration")].text == "100.0% (limit)"
    assert row.cells[heads.index("rd_per_employee")].text.endswith("(zero)")
    gap = row.cells[heads.index("cooperation_ratio")]
    assert gap.unknown and gap.text == "—" and gap.why == "missing: known in no year"
    for row in data.notes.rows:
        counts = [
            int(cell.raw) for cell, head in zip(row.cells, data.notes.columns, strict=True) if head.numeric
        ]
        assert sum(counts) == WORLDS["split"][0]
    assert "known in no year" in page("split")


def test_names_are_inert_in_every_format(tmp_path: Path) -> None:
    assert HOSTILE in {e.text for e in page_of(page("split")).all("td")}
    labels = {e.attributes.get("aria-label", "") for e in page_of(page("split")).all("svg")}
    assert any(label.startswith(HOSTILE) for label in labels)
    text = render_markdown(world("split"), "en")
    assert "<img" not in text and r"\|pipe\|" in text


@pytest.mark.parametrize("name", WORLDS)
def test_the_workbook_has_the_evidence(name: str, tmp_path: Path) -> None:
    result = world(name)
    write_workbook(result, tmp_path / "r.xlsx", "ru")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    model = result.model
    assert model is not None
    named = Words("ru").subset("sheet_")
    sheets = {key for key, title in named.items() if key.startswith("model_") and title in book.sheetnames}
    assert {"model_found", "model_features", "model_values"} <= sheets
    assert ("model_gates" in sheets) == (model.outcome != "rules")
    assert ("model_probability" in sheets) == (model.outcome == "named")
    assert book[named["model_found"]]["A2"].value == model.sentences["ru"][0]
    shown = book[named["model_values"]]
    assert shown.max_row == len(model.features) + 1
    values = [row[3] for row in shown.iter_rows(min_row=2, values_only=True)]
    np.testing.assert_allclose(
        pd.to_numeric(pd.Series(values)).to_numpy("float64"), model.features["value"], rtol=1e-9
    )
    said = {row[0] for row in book[named["readme"]].iter_rows(values_only=True)}
    assert {named[key] for key in sheets} <= said


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("name", WORLDS)
def test_markdown_tells_the_same(name: str, lang: str) -> None:
    text = render_markdown(world(name), lang)
    words = Words(lang)
    assert f"### {words('fm_three')}" in text and f"### {words('fm_tier')}" in text
    assert (f"### {words('fm_probability')}" in text) == (name in ("split", "explore"))
    assert "<svg" not in text


def test_a_result_without_a_model_says_so() -> None:
    text = render_report(sample())
    assert Words("en")("fm_no_model") in text


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_thresholds_that_are_gone_are_missed_not_replaced(lang: str, tmp_path: Path) -> None:
    result = world("rules")
    own = dataclasses.replace(result, settings=Settings(thresholds=str(tmp_path / "gone.toml")))
    text = render_report(own, lang)
    words = Words(lang)
    assert words("thresholds_gone", file="gone.toml").split(" (")[0] in text
    assert words("thresholds_gone_rule", file="gone.toml") in text
    # No zones of other thresholds: neither the table of types nor a portrait.
    assert '<table class="matrix">' not in text and words("portraits") not in text
    assert '<table class="matrix">' in render_report(result, lang)
    # The reasons stay those of the analysis.
    assert column(Content(own, lang).model.three, "rule_because") == column(
        Content(result, lang).model.three, "rule_because"
    )


def test_the_same_result_gives_the_same_page() -> None:
    assert render_report(world("explore"), "en") == page("explore", "en")


def test_a_cluster_left_out_is_named_as_such() -> None:
    result = world("split")
    assert result.model is not None
    clusters = result.model.clusters.copy()
    clusters.loc[0, ["formation_verdict", "verdict_basis"]] = ""
    clusters.loc[0, ["ecosystem_probability"]] = np.nan
    lost = dataclasses.replace(result.model, clusters=clusters)
    frame = result.clusters.copy()
    frame.loc[0, ["formation_verdict", "verdict_basis"]] = pd.NA
    content = Content(dataclasses.replace(result, model=lost, clusters=frame), "en")
    [row] = [row for row in content.model.three.rows if row.cells[0].raw == "c0000"]
    assert row.cells[3].unknown and row.cells[3].why.startswith("too few features of this cluster")
    probabilities = content.model.probabilities
    assert probabilities is not None and probabilities.rows[-1].cells[0].raw == "c0000"
