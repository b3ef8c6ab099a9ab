"""The walk-through from raw tables to a policy note runs, says what the result says, and fits two pages."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clustercoop.reports.people import for_people
from tests.builders import frames, write_folder
from tests.places import ROOT


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("policy_note", ROOT / "examples" / "policy_note.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("lang", "title"), [("en", "Measures that suit the type"), ("ru", "Меры, подходящие типу")]
)
def test_a_note_of_one_cluster(script: Any, tmp_path: Path, lang: str, title: str) -> None:
    tables = frames(clusters=2, members=6, years=(2021, 2022, 2023))
    tables["clusters"] = pd.DataFrame(
        {"cluster_id": ["C0", "C1"], "name": ["North <works>", "Южный"], "industry": ["Machine tools", ""]}
    )
    data = write_folder(tmp_path / "data", tables)
    result = script.write_note(data, "C0", tmp_path / "note", lang, nulls=0)
    assert set(result.formations["cluster_id"]) == {"C0"}
    note = (tmp_path / "note" / "note.md").read_text("utf-8")
    page = (tmp_path / "note" / "note.html").read_text("utf-8")
    assert note.startswith("# North <works>") and "North &lt;works&gt;" in page
    assert title in note and title in page
    card = for_people(result, "support_cards", lang).iloc[-1]
    assert str(card["because"]) in note
    measures = for_people(result, "support_suggested", lang)
    last = measures[measures["year"] == 2023]
    assert len(last) == 4 and all(measure in note for measure in last["measure"])
    assert "Южный" not in note
    assert len(note.split()) < 900  # two printed pages
