"""Each section begins with what it answers, and states no more than its tables."""

from __future__ import annotations

import dataclasses

import pytest

from clustercoop.analysis.results import Result
from clustercoop.reports import leads
from clustercoop.reports.content import Content
from clustercoop.reports.sections import sections_of
from tests.builders import example


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    return {section.key: section.answer for section in sections_of(Content(example(), "en", ""))}


def test_sections_begin_with_their_answer(told: dict[str, str]) -> None:
    # 5 + 5 + 2 are the 12 clusters of the example; the ratio of one is known by its bounds only.
    assert told["clusters"].startswith(
        "The cooperation ratio of the last year is known for 11 of 12 clusters."
    )
    assert told["verdicts"].endswith("cluster-like 5, ecosystem-like 5, undecided 2.")
    # No output of emissions is complete, so that no figure is the largest.
    assert told["greening"].startswith("Emissions per output, t per million, last year: known for none of 12")
    assert told["eligibility"] == "Eligibility: undecidable 12."


def test_the_largest_figure_is_that_of_the_table(told: dict[str, str]) -> None:
    table = example().policy["key_participants"]
    row = table.iloc[int(table["systemic_risk"].argmax())]
    name = example().graph.names[row["participant_id"]]
    assert f"{row['systemic_risk']:.1%}: {name}" in told["influence"]
    known, total = int(table["systemic_risk"].notna().sum()), len(table)
    assert known < total and told["influence"].endswith(f"known for {known} of {total}.")


def test_a_type_of_an_earlier_year_is_not_the_last_one() -> None:
    found: Result = example()
    last = found.formations["year"].max()
    held = found.policy["support_suggested"]
    first = held["cluster_id"].iloc[0]
    left = held[(held["cluster_id"] != first) | (held["year"] != last)]
    content = Content(
        dataclasses.replace(found, policy={**found.policy, "support_suggested": left}), "en", ""
    )
    assert leads.suited(content).endswith("11 of 12.")


def test_what_a_table_says_of_an_earlier_year_is_not_of_the_last() -> None:
    found: Result = example()
    place = {"cluster_id": found.formations["cluster_id"].iloc[0], "year": found.formations["year"].min()}
    warned = found.policy["early_warnings"].iloc[:1].assign(**place, state="yes")
    typed = found.policy["type_firmness"].iloc[:1].assign(**place, ecosystem_type="growth", possible_types="")
    policy = {"early_warnings": warned, "type_firmness": typed}
    said = leads.dynamics(Content(dataclasses.replace(found, policy=policy), "en", ""))
    assert "20%: 0 of 12." in said and "last years: 0;" in said


def test_figures_as_large_as_the_largest_are_counted() -> None:
    found: Result = example()
    table = found.policy["key_participants"]
    policy = {"key_participants": table.assign(systemic_risk=0.0)}
    content = Content(dataclasses.replace(found, policy=policy), "en", "")
    assert f" and {len(table) - 1} more; known" in leads.largest(content, "key_participants", "systemic_risk")
