"""The documentation says what the program does: generated pages are fresh, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from clustercoop.graph.columns import ASKED, TABLES, output_columns, policy_tables
from clustercoop.graph.findings import catalogue
from tests.house.code import ROOMS
from tests.places import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")])


def test_data_dictionary_is_up_to_date() -> None:
    script = ROOT / "docs" / "make_dictionary.py"
    run = subprocess.run([sys.executable, script, "--check"], capture_output=True)
    assert run.returncode == 0, "run: python docs/make_dictionary.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))
    # The site's build makes these folders, and refuses links that lead nowhere.
    made = [ROOT / "docs" / name for name in ("example", "reference")]
    missing = [(page.parent / target).resolve() for target in targets if not (page.parent / target).exists()]
    assert [target for target in missing if not set(target.parents) & set(made)] == []


def test_every_page_stands_in_the_navigation_of_the_site() -> None:
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if f": {page}\n" not in config} == set()


def test_commands_in_the_guide_are_commands_of_the_program() -> None:
    from clustercoop.cli import main

    for page in (ROOT / "docs").rglob("*.md"):
        for line in re.findall(r"^(?:\.venv/bin/)?clustercoop (.+)$", page.read_text("utf-8"), re.MULTILINE):
            words = shlex.split(line, comments=True)
            command = main.commands.get(words[0])
            assert command or words[0] in ("-h", "--help", "--version"), line
            options = {
                name
                for one in (command.params if command else [])
                for name in (*one.opts, *one.secondary_opts)
            }
            used = {word.split("=")[0] for word in words[1:] if word.startswith("--")}
            assert used <= options | {"--help"}, (str(page), line)


PLACES = {
    *("value", "detail", "detail:cells"),
    *(f"{name}:{kind}" for name in ("value", "detail") for kind in ("money", "number", "figure")),
}


def test_every_finding_code_used_is_in_the_catalogue_in_both_languages() -> None:
    used = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            used |= set(
                re.findall(r"(?:\bFinding\(|findings\.add\()\s*\"([a-z0-9_]+)\"", path.read_text("utf-8"))
            )
    assert used <= set(catalogue())
    for code in catalogue().values():
        assert code.severity in ("error", "warning", "info")
        english, russian = code.sentence("en"), code.sentence("ru")
        assert code.row["action_en"] and code.row["action_ru"], code.code
        assert re.search("[а-яё]", russian) and not re.search("[а-яё]", english), code.code
        places = [sorted(re.findall(r"\{([^}]*)\}", told)) for told in (english, russian)]
        assert set(places[0]) <= PLACES and places[0] == places[1], code.code


@pytest.mark.parametrize("table", [*TABLES, *policy_tables(), *ASKED])
def test_every_output_column_is_explained_in_both_languages(table: str) -> None:
    columns = output_columns(table)
    assert len({column.column for column in columns}) == len(columns)
    for column in columns:
        assert all(
            column.texts[f"{text}_{lang}"] for text in ("label", "meaning") for lang in ("en", "ru")
        ), column
        assert re.search("[А-Яа-яёA-Z]", column.label("ru")), column
