"""What a passport says of figures that are known in part."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.reports.answers import answers
from clustercoop.reports.content import Content
from clustercoop.reports.passport_parts import Passport
from clustercoop.reports.passports import Passports
from tests.reports.samples import make_result


def made() -> Result:
    return make_result(clusters=1, smallest=8, largest=8)


def passport(result: Result, lang: str = "en") -> Passport:
    return Passports(Content(result, lang)).all()[0]


def last_stages(result: Result, stages: list[float], core: list[bool | None]) -> None:
    people = result.participants
    last = people.index[people["year"] == people["year"].max()]
    people.loc[last, "stage"] = np.resize(stages, len(last))
    people["in_core"] = people["in_core"].astype("boolean")
    people.loc[last, "in_core"] = pd.array(
        np.resize(np.array(core, dtype=object), len(last)), dtype="boolean"
    )


def test_members_of_a_stage_whose_place_is_unknown_are_not_counted_out_of_the_core() -> None:
    result = made()
    last_stages(result, [0, 0, 0, 0, 1, 1, 2, 2], [True, True, None, False, None, None, False, True])
    # Of four at stage 0 two are in the core and one may be; of stage 1 nothing is known; of stage 2 all is.
    assert [(one.members, one.core) for one in passport(result).stages] == [(4, "2–3"), (2, "—"), (2, "1")]


def test_a_figure_known_in_part_shows_its_bounds_and_why() -> None:
    result = made()
    ends = {"core_supply_share": np.nan, "core_supply_share_low": 0.25, "core_supply_share_high": 0.5}
    last = result.formations["year"].idxmax()
    for name, value in ends.items():
        result.formations.loc[last, name] = value
    [share] = [f for f in passport(result, "ru").core.facts if f.text == "25,0\u00a0%–50,0\u00a0%"]
    assert share.why
    result.formations.loc[last, "core_supply_share_high"] = np.nan
    assert "at least 25.0%" in [fact.text for fact in passport(result).core.facts]


def test_who_may_be_in_the_core_is_named() -> None:
    result = made()
    assert "Perhaps in the core" not in [fact.label for fact in passport(result).core.facts]
    last = result.formations["year"].idxmax()
    names = result.graph.names
    one, two = list(names)[:2]
    result.formations["core_maybe_members"] = ""
    result.formations.loc[last, "core_maybe_members"] = f"{one};{two}"
    fact = passport(result).core.facts[0]
    assert fact.label == "Perhaps in the core" and fact.text.count(";") == 1


def test_a_year_of_a_series_with_bounds_alone_reads_as_in_tables() -> None:
    result = made()
    last = result.formations["year"].idxmax()
    for name, value in {"": np.nan, "_low": 0.0, "_high": 0.24}.items():
        result.formations.loc[last, f"cooperation_ratio{name}"] = value
    assert "2023 at most 24.0%" in passport(result).series[0].svg
    result.formations.loc[last, "cooperation_ratio_high"] = 1.0
    assert "2023 —" in passport(result).series[0].svg


def told(result: Result, title: str, lang: str = "en") -> list[str]:
    [found] = [answer for answer in answers(Content(result, lang)) if answer.title == title]
    return [line.text for line in found.lines]


def test_the_highest_of_those_known_is_not_the_highest_of_all() -> None:
    result = make_result(clusters=5, smallest=4, largest=5)
    table = result.formations
    last = table.index[table["year"] == table["year"].max()].tolist()
    ends = [f"cooperation_ratio{end}" for end in ("", "_low", "_high")]
    cells = [(0.5, 0.5, 0.5), (0.4, 0.4, 0.4), (0.3, 0.3, 0.3), (0.2, 0.2, 0.2), (np.nan, 0.1, 0.35)]
    table.loc[last, ends] = cells
    highest, lowest = told(result, "Cooperation in the last year")[1:]
    assert highest.startswith("Highest: ") and lowest.startswith("Lowest of those known: ")
    table.loc[last[-1], ends[1:]] = (0.25, np.nan)  # nothing bounds it above
    highest, lowest = told(result, "Cooperation in the last year")[1:]
    assert highest.startswith("Highest of those known: ") and lowest.startswith("Lowest: ")


def test_a_request_that_makes_nothing_known_alone_is_not_said_to_make_most_known() -> None:
    result = made()
    row = {"cluster_id": "C", "year": 2023, "participant_id": "p", "table": "activity", "column": "output"}
    said = "Most would become known by asking for"
    for unlocks, count in ((1, 1), (0, 0)):
        asked = pd.DataFrame([{**row, "figures": "", "unlocks": unlocks}])
        lines = told(dataclasses.replace(result, requests=asked), "How far to trust the data")
        assert sum(line.startswith(said) for line in lines) == count
