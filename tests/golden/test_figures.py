"""The figures of the example and of Table 3 stand still, and keep to the ranges that their columns state."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest

from tests.builders import example, out_of_range, table3
from tests.golden import figures

LEARN = "what moved is meant to move? python -m tests.golden.figures writes the figures anew"


@cache
def tables() -> dict[str, pd.DataFrame]:
    return dict(figures.tables(example(), table3()))


@pytest.mark.parametrize("name", ["formations", "clusters", "participants", "table3"])
def test_no_figure_has_moved(name: str) -> None:
    moved = figures.differences(tables()[name], figures.held(name))
    assert moved[:20] == [], f"{len(moved)} figures; {LEARN}"


def test_a_figure_that_moves_is_seen() -> None:
    then = figures.held("formations")
    now = then.copy()
    one = now.index[now["column"] == "cooperation_ratio"][0]
    now.loc[one, "value"] = str(float(now.loc[one, "value"]) * (1 + 1e-8))
    [moved] = figures.differences(now.drop(index=now.index[-1]), then)[:1]
    assert moved.startswith(f"{now.loc[one, 'key']} cooperation_ratio")
    assert len(figures.differences(now.drop(index=now.index[-1]), then)) == 2


def test_figures_keep_to_the_ranges_of_their_columns() -> None:
    assert out_of_range(example()) + out_of_range(table3()) == []


def test_a_figure_out_of_its_range_is_seen() -> None:
    formations = example().formations.assign(cooperation_ratio=1.5)
    assert out_of_range(replace(example(), formations=formations))[0].startswith(
        "formations.cooperation_ratio"
    )
