from __future__ import annotations

import csv
import re

import pytest

from clustercoop.graph import texts
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.texts import entries, fill, languages, row_text, subset, text

IDS = sorted(entries("en"))


@pytest.mark.parametrize("lang", [lang for lang in languages() if lang != "en"])
def test_every_language_has_every_text_with_the_same_places(lang: str) -> None:
    own = entries(lang)
    assert sorted(own) == IDS
    for id in IDS:
        here, there = (sorted(re.findall(r"\{(\w+)\}", told[id])) for told in (entries("en"), own))
        assert own[id] and here == there, id


@pytest.mark.parametrize("lang", languages())
def test_no_text_ends_at_a_comma_without_quotes(lang: str) -> None:
    import csv

    from clustercoop.graph.texts import FOLDER

    rows = csv.reader(FOLDER.joinpath(f"{lang}.csv").read_text("utf-8").splitlines(keepends=True))
    assert [row for row in rows if row and not row[0].startswith("#") and len(row) != 2] == []


def test_no_id_is_given_twice() -> None:
    from clustercoop.graph.texts import FOLDER

    for lang in languages():
        lines = FOLDER.joinpath(f"{lang}.csv").read_text("utf-8").splitlines()
        ids = [line.split(",", 1)[0] for line in lines if re.match(r"[a-z]+\.", line)]
        assert len(ids) == len(set(ids)) == len(entries(lang))


def test_russian_texts_are_russian_and_english_ones_are_not() -> None:
    neutral = {
        "report.record_sha256",
        "report.made_by",
        "report.pp_stage",
        "request.alone",
        "said.text",
        "support.suggested",
        "usage.other",
    }
    words = [id for id in IDS if not id.startswith("format.") and id not in neutral]
    assert [id for id in words if not re.search("[а-яё]", entries("ru")[id].lower())] == []
    assert [id for id in words if re.search("[а-яё]", entries("en")[id].lower())] == []


def test_a_value_is_never_read_as_a_template() -> None:
    assert fill("{a} and {b}", a="{b}", b="c") == "{b} and c"
    assert fill("{a} of {}", b="c") == "{a} of {}"


@pytest.mark.parametrize("lang", languages())
def test_no_text_is_cut_at_a_comma(lang: str) -> None:
    rows = list(csv.reader(texts.FOLDER.joinpath(f"{lang}.csv").read_text("utf-8").splitlines()))
    assert [row for row in rows if len(row) != 2] == []


def test_an_unknown_id_or_language_is_refused() -> None:
    with pytest.raises(KeyError):
        text("no.such.id", "en")
    with pytest.raises(ParameterError, match="one of en, ru"):
        text("report.yes", "de")


def test_what_a_row_lacks_is_told_in_english() -> None:
    assert row_text({"label_en": "Output", "label_ru": ""}, "label", "ru") == "Output"
    assert row_text({"source": "A book"}, "source", "ru") == "A book"
    assert subset("format.p", "ru") == {"oint": ",", "ercent": "{value}\u00a0%"}
