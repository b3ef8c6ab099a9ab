"""Delimited text: encodings, delimiters, line ends and quotes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustercoop.graph.errors import DataError
from clustercoop.loaders.text import decode, read_text, sniff_delimiter, split_rows

SENTENCE = "Год;Поставщик;Объём\n2022;ООО «Ромашка» № 5;1 234,5\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1251", "cp1251")],
)
def test_encodings_are_found_out(encoding: str, found: str) -> None:
    assert decode(SENTENCE.encode(encoding), "a.csv") == (SENTENCE, found)


def test_utf_16_of_the_other_byte_order() -> None:
    assert decode(b"\xfe\xff" + SENTENCE.encode("utf-16-be"), "a.csv")[0] == SENTENCE


@pytest.mark.parametrize("encoding", ["koi8-r", "cp866", "mac-cyrillic", "iso8859-5"])
def test_old_pages_of_russian_are_read(encoding: str) -> None:
    text = "Год;Поставщик;Покупатель;Объём отгрузки\n" + "2022;Завод Первый;Завод Второй;5\n" * 50
    assert decode(text.encode(encoding), "a.csv") == (text, encoding)


@pytest.mark.parametrize("cell", ["руб", "б/н", "шт", "д17", "нет", "1\xa0500"])
@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r"])
def test_a_unit_in_every_row_does_not_outweigh_the_header(encoding: str, cell: str) -> None:
    text = "Дата;Поставщик;Покупатель;Сумма\n" + f"2021-01-05;7701000001;{cell};1500,25\n" * 40
    assert decode(text.encode(encoding), "x") == (text, encoding)


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r"])
def test_a_header_alone_tells_the_page_of_a_long_file(encoding: str) -> None:
    text = "Год;Поставщик;Покупатель;Выпуск\n" + "2021;7701000001;7701000002;1500,25\n" * 3000
    assert decode(text.encode(encoding), "x") == (text, encoding)


@pytest.mark.parametrize("encoding", ["cp1250", "shift-jis"])
def test_other_alphabets_are_refused_rather_than_misread(encoding: str) -> None:
    words = {"cp1250": "Łódź żółć", "shift-jis": "年度 会社"}
    data = (f"{words[encoding]};5\n" * 50).encode(encoding)
    with pytest.raises(DataError, match="The encoding of the file a.csv"):
        decode(data, "a.csv")


def test_one_broken_byte_does_not_change_the_alphabet() -> None:
    data = bytearray("Год;Завод\n".encode() * 20)
    data[31] = 0xFF
    text, found = decode(bytes(data), "a.csv")
    assert found == "utf-8 (damaged)"
    assert text.count("Завод") >= 19
    ascii_text, found = decode(b"year,supplier\n2020,abc\xb1def\n", "a.csv")
    assert (found, ascii_text.count("\ufffd")) == ("utf-8 (damaged)", 1)


@pytest.mark.parametrize("data", [b"a\0b", "год".encode("utf-16-le") + b"\0", b"\xff\xfea"])
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        decode(data, "a.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found_out(delimiter: str) -> None:
    rows = (["year", "name", "value"], ["2020", "A", "1.5"], ["2021", "B", "2"])
    lines = [delimiter.join(row) for row in rows]
    assert sniff_delimiter(lines) == delimiter


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    sheet = read_text(f"a;b{end}1;2{end}{end}3;4{end}".encode(), "a.csv", {})
    assert [list(row) for row in sheet.records] == [["a", "b"], ["1", "2"], ["3", "4"]]
    assert sheet.lines == [1, 2, 4]  # rows as the user counts them, the blank one included
    assert not sheet.remarks


def test_a_file_that_may_be_cut_says_so() -> None:
    sheet = read_text(b"a;b\n1;2\n3;4", "a.csv", {})
    assert sheet.remarks == (("no_final_newline", "", 3),)


def test_quotes_hold_delimiters_and_line_ends() -> None:
    rows, lines, broken, by_line = split_rows('a,b\n"x, y","1\n2"\nz,"say ""hi"""\n', ",")
    assert rows == [["a", "b"], ["x, y", "1\n2"], ["z", 'say "hi"']]
    assert (lines, broken, by_line) == ([1, 2, 4], [], False)


def test_quotes_inside_names_are_letters() -> None:
    rows, _, broken, _ = split_rows('id;name\n1;ООО "Ромашка"\n2;b\n', ";")
    assert (rows[1], broken) == (["1", 'ООО "Ромашка"'], [])


@pytest.mark.parametrize(
    "text",
    [
        'a,b,c\n1,"x,3\n4,y,6\n7,z,9\n',  # never closed: would swallow the rest of the file
        'a,b,c\n1,"x,3\n4,y",6\n7,z,9\n',  # closed two rows later: would swallow a row in silence
    ],
)
def test_an_open_quote_costs_its_own_line_only(text: str) -> None:
    rows, _, broken, by_line = split_rows(text, ",")
    assert by_line
    assert ["7", "z", "9"] in rows
    assert [b.line for b in broken][0] == 2
    assert len(rows) + len(broken) == 4


def test_quotes_of_a_name_are_letters() -> None:
    rows, _, broken, _ = split_rows('a,b,c\n1,"x"y,3\n4,"p,q"r,6\n', ",")
    assert [list(row) for row in rows[1:]] == [["1", '"x"y', "3"], ["4", '"p,q"r', "6"]]
    assert broken == []


PLAIN = st.characters(codec="utf-8", exclude_characters='\0\r\n";\ufeff')
CELL = st.text(PLAIN, max_size=6)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_plain_rows_come_back(rows: list[list[str]]) -> None:
    """Every row of three cells is returned in its place, unless it is blank."""
    text = "\n".join(";".join(row) for row in rows) + "\n"
    got, lines, broken, _ = split_rows(text, ";")
    assert [list(row) for row in got] == rows
    assert lines == list(range(1, len(rows) + 1))
    assert not broken


def test_a_header_over_several_lines_does_not_hide_the_delimiter() -> None:
    """The first line ends inside a quoted cell, behind a comma."""
    read = read_text('Год;Покупатель;"Сумма,\nмлн руб."\n2022;"Б\nВ";5\n'.encode(), "a.csv", {})
    assert list(read.records[1]) == ["2022", "Б\nВ", "5"]
