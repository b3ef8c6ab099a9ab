import re
from typing import Any

import pandas as pd
import pytest

from clustercoop.graph.columns import output_columns
from clustercoop.reports.markdown import render_markdown
from clustercoop.reports.tables import build_table
from clustercoop.reports.words import Words
from tests.reports.samples import make_result, sample


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_tables_keep_their_shape_whatever_the_names(lang: str) -> None:
    lines = render_markdown(sample(), lang).splitlines()
    width = 0
    for line in lines:
        if not line.startswith("|"):
            width = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line)) - 1
        width = width or cells
        assert cells == width, line


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_name_becomes_markup(lang: str) -> None:
    text = render_markdown(sample(), lang)
    assert not re.search(r"<[a-zA-Z/!]", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "://" not in text
    assert "\u202e" not in text and "\u2028" not in text
    assert r"\=1\+1" in text and "&lt;b&gt;Bold&lt;/b&gt;" in text


def test_the_same_result_makes_the_same_text() -> None:
    assert render_markdown(make_result(clusters=2)) == render_markdown(make_result(clusters=2))


def test_unknown_is_said_with_its_reason() -> None:
    text = render_markdown(sample())
    lines = [row for row in text.splitlines() if "Unknown: " in row]
    # Unknown is a dash, or the range that arithmetic leaves.
    assert lines and all("| — |" in line or re.search(r"%–\d", line) for line in lines)
    assert any("output is known for 66.7% of the producing members only" in line for line in lines)


def test_a_member_stands_by_name_beside_its_id() -> None:
    frame = pd.DataFrame({"participant_id": ["01", "02"], "output": [1.0, 2.0]})
    columns = [column for column in output_columns("key_participants") if column.column in frame]
    called = {"01": "Vega"}
    shown: dict[str, Any] = {"key": "k", "caption": "c", "rest": "", "currency": "RUB"}

    def names(_: str, one: str) -> str:
        return called.get(one, one)

    made = build_table(frame, columns, Words("en"), names=names, **shown)
    assert [row.cells[0].text for row in made.rows] == ["Vega (01)", "02"]
    assert [row.cells[0].raw for row in made.rows] == ["01", "02"]


def test_long_tables_are_cut_saying_so() -> None:
    text = render_markdown(make_result(clusters=30, smallest=4, largest=6))
    # 30 clusters × 4 years; the last year of each is shown.
    assert "shown 30 of 120; the rest is in formations.csv" in text
    assert "2023" in text and "| 2022 |" not in text
