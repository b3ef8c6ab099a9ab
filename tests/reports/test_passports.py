"""What a passport says of figures that are known in part."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
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
