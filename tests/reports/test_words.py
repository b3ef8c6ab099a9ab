import re
from pathlib import Path

import pytest

import clustercoop.reports
from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.texts import subset
from clustercoop.reports.sections import section_types
from clustercoop.reports.sections.provenance import methods
from clustercoop.reports.tables import sectioned
from clustercoop.reports.words import Words

HOME = Path(str(clustercoop.reports.__file__)).parent


def test_every_key_in_templates_and_code_exists() -> None:
    known = set(subset("report.", "en"))
    used = set()
    for path in [*HOME.glob("*.py"), *HOME.glob("templates/*.j2")]:
        used |= set(re.findall(r"""\bwords\(["'](\w+)["'][,)]""", path.read_text("utf-8")))
    for path in HOME.glob("templates/*.js"):
        used |= {"js_" + key for key in re.findall(r"TEXT\.(\w+)", path.read_text("utf-8"))}
    assert used <= known, used - known


def test_an_unknown_key_or_language_is_refused() -> None:
    with pytest.raises(KeyError):
        Words("en")("no such key")
    with pytest.raises(ParameterError, match="one of en, ru"):
        Words("de")("yes")


def test_every_output_column_is_shown_in_a_section() -> None:
    sections = sectioned()
    assert set(sections) <= {section.key for section in section_types()}
    shown = {column.column for columns in sections.values() for column in columns}
    assert shown == {column.column for column in output_columns("formations")} - {"unknown_because"}


def test_methods_are_the_same_in_both_languages() -> None:
    english, russian = methods("en"), methods("ru")
    assert [len(group["entries"]) for group in english] == [len(group["entries"]) for group in russian]
    for group in (*english, *russian):
        for entry in group["entries"]:
            assert entry["name"] and entry["formula"] and entry["text"]
