import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustercoop.reports.inert import inert_cell, markdown, plain, quoted, safe_stem, shorten, xml_text
from tests.reports.samples import HOSTILE

TEXT = st.text(alphabet=st.characters(), max_size=60)


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\tx", "\r=1", "=", "+", "-"]
)
def test_formula_like_text_gets_an_apostrophe(text: str) -> None:
    assert inert_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "0102030405", "-5", "+7.25", "-1,5e-3", "Ltd = co", "−5", "'=1"])
def test_other_text_and_plain_numbers_stay(text: str) -> None:
    assert inert_cell(text) == text


@given(TEXT)
def test_no_cell_begins_like_a_formula_unless_it_is_a_number(text: str) -> None:
    cell = inert_cell(text)
    assert cell.removeprefix("'") == text or cell == text
    if cell.startswith(("=", "@", "\t", "\r")):
        pytest.fail(cell)
    if cell.startswith(("+", "-")):
        float(cell.replace(",", "."))


@given(TEXT)
def test_a_cell_survives_a_csv_round_trip(text: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([inert_cell(text), "x"])
    [row] = csv.reader(io.StringIO(buffer.getvalue(), newline=""))
    assert row == [inert_cell(text), "x"]


@given(TEXT)
def test_plain_text_is_one_line_without_controls_or_overrides(text: str) -> None:
    shown = plain(text)
    assert not set(shown) & set("\n\r\t\x00\x1b\x7f\u2028\u2029\u202e\u202d\u2066\u2069\u200f")
    shown.encode("utf-8")


@given(TEXT)
def test_markdown_leaves_no_character_with_a_meaning_bare(text: str) -> None:
    escaped = markdown(text)
    bare = escaped
    for piece in ("&amp;", "&lt;", "&gt;", "&#64;", "&#58;", "&#46;"):
        bare = bare.replace(piece, "")
    assert "<" not in bare and ">" not in bare and "@" not in bare and "://" not in bare
    # Every mark of Markdown stands behind an odd number of backslashes.
    for at, letter in enumerate(bare):
        if letter in "|*_`[]()#~$":
            before = bare[:at]
            assert (len(before) - len(before.rstrip("\\"))) % 2 == 1


def test_hostile_names_in_markdown() -> None:
    # A pipe would start a new cell, brackets a link, the address an autolink.
    assert markdown("|pipe| [a](http://x)") == r"\|pipe\| \[a\]\(http&#58;//x\)"
    assert markdown("1. one") == r"1\. one"
    assert markdown("www.x.example") == "www&#46;x.example"


@given(st.lists(TEXT, unique=True, max_size=12))
def test_file_names_are_safe_and_never_shared(names: list[str]) -> None:
    stems = [safe_stem(name) for name in names]
    assert len({stem.lower() for stem in stems}) == len(names)
    for stem in stems:
        assert 0 < len(stem) <= 51
        assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
        assert stem not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


def test_names_that_differ_by_case_or_imitate_a_digest_stay_apart() -> None:
    imitation = safe_stem("C01")
    assert (
        len({safe_stem("c01"), imitation, safe_stem(imitation), safe_stem("c01 "), safe_stem("../c01")}) == 5
    )
    assert safe_stem("con") != "con"


@pytest.mark.parametrize("name", HOSTILE)
def test_xml_text_can_stand_in_xml(name: str) -> None:
    from xml.etree import ElementTree
    from xml.sax.saxutils import escape

    assert ElementTree.fromstring(f"<a>{escape(xml_text(name))}</a>").text is not None


def test_shorten_and_quotes() -> None:
    assert shorten("abcdef", 6) == "abcdef" and shorten("abcdefg", 6) == "abcde…"
    assert quoted("x", "ru") == "«x»" and quoted("АО «x»", "ru") == "АО «x»"
