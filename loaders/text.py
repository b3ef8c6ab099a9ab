"""Delimited text: find out encoding, delimiter and line ends, and split it without losing a row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from clustercoop.graph.errors import DataError
from clustercoop.graph.texts import refusal
from clustercoop.loaders.sheets import BrokenRow, RawSheet

DELIMITERS: Final = ("\t", ";", "|", ",")
Score = Callable[[Sequence[Sequence[str]]], int]

_CYRILLIC: Final = re.compile("[А-яЁёЂЃѓђЌќЋћЏџЎўЈҐґЄєЇїІіЉљЊњ]")
_RUSSIAN_RUN: Final = re.compile("[А-яЁё]{2,}")
# Letters of other languages: where Russian words are full of them, the bytes are of another code page.
_OTHERS: Final = re.compile("[ЂЃѓЌќЋћЏџЉљЊњ]")
_SWAPPED_CASE: Final = re.compile("[а-яё][А-ЯЁ]{2,}")
# Marks that Russian forms are full of and that spell no word: a file may hold more of them than of letters.
_GAP_MARK: Final = re.compile(
    "(?<![А-яЁё])[А-яЁё]/[А-яЁё](?![А-яЁё])|(?<![А-яЁё])[Хх](?![А-яЁё])|[…–—«»№°“”„ \u00a0]"
)

# Those of them that are whole cells, and the no-break space: alone in a file of Latin letters they are the
# same in cp1251 and cp1252, and no flipped byte makes them.
_GAP_CELL: Final = re.compile(r"(?<=[;,|\t\n\r\"])(?:[Нн]/[Дд]|[…–—])(?=[;,|\t\n\r\"])|\u00a0")
_CELL_ENDS: Final = re.compile('[;,|\t\r\n"]')
_DIGITS: Final = re.compile("[0-9]+")
_COMMON: Final = "оеаинтсрвлкмдпу"
_RUSSIAN: Final = re.compile("[А-яЁё№«»–—…“”„’°\u00a0]")
_PAGES: Final = ("cp866", "koi8-r", "mac-cyrillic", "iso8859-5")
_SAMPLE: Final = 200_000
_ACCENTED: Final = re.compile(
    r"(?<=[A-Za-z])[À-ÖØ-öø-ÿ]{1,2}|[À-ÖØ-öø-ÿ]{1,2}(?=[A-Za-z])|[€£«»–—\u00a0’“”„]"
)
# Characters of tables in Latin and Cyrillic letters.
_USUAL: Final = re.compile("[\t\r\n\x20-\u024f\u0370-\u04ff\u2000-\u22ff\ufeff]")
# The letter of a code such as П-01; in the code pages of other alphabets it would not be a capital.
_CODE_LETTER: Final = re.compile(r"(?<!\w)[А-ЯЁ](?![^\W\d_])")


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Return the text of `data` and the encoding it is in.

    Valid UTF-8 is UTF-8 and a byte-order mark is believed. Otherwise the bytes are read as cp1251 only if
    that makes words of Russian letters, so that one flipped byte does not turn a file into another
    alphabet; a file that is mostly valid UTF-8 is read as damaged UTF-8, with U+FFFD where bytes are
    broken.

    Raises
    ------
    DataError
        The bytes hold NUL, or are in none of these encodings.

    Examples
    --------
    >>> decode("год;сумма".encode("cp1251"), "links.csv")
    ('год;сумма', 'cp1251')
    """
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                raise refusal(DataError, "not_utf_16", name=name) from None
            return _no_nul(text, name), encoding
    if b"\0" in data:
        return _without_mark(data, name)
    try:
        text = data.decode("utf-8-sig")
        return text, "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    except UnicodeDecodeError:
        pass
    damaged = data.decode("utf-8-sig", errors="replace")
    lost = damaged.count("\ufffd")
    kept = sum(map(len, re.findall(r"[^\x00-\x7f\ufffd]+", damaged)))
    if kept >= lost and kept > 0:
        return damaged, "utf-8 (damaged)"
    try:
        text = data.decode("cp1251")
    except UnicodeDecodeError:
        text = ""
    if text and not re.search(r"[^\x00-\x7f]", _GAP_CELL.sub(" ", text)):
        return text, "cp1251"
    if _is_russian(text):
        return _of_russian_pages(data, text)
    rated = _rated_pages(data)
    if lost <= 3 or (not rated and lost <= len(damaged) // 1000):
        return damaged, "utf-8 (damaged)"
    return _in_other_page(data, rated, name)


def _spelled(text: str) -> str:
    """Return each cell with letters beyond ASCII once: a unit or a mark in every row outweighs the header."""
    cells = dict.fromkeys(cell for cell in _CELL_ENDS.split(text) if not cell.isascii())
    return _GAP_MARK.sub(" ", "\n".join(dict.fromkeys(_DIGITS.sub("0", cell) for cell in cells)))


def _is_russian(text: str) -> bool:
    """Tell whether the letters beyond ASCII make Russian words, in the case that words have."""
    words = _spelled(text)
    high = len(re.findall(r"[^\x00-\x7f]", words))
    letters = len(_CYRILLIC.findall(words))
    in_words = sum(map(len, _RUSSIAN_RUN.findall(words)))
    codes = len(_CODE_LETTER.findall(words)) if in_words else 0
    swapped = sum(map(len, _SWAPPED_CASE.findall(words)))
    others = len(_OTHERS.findall(words))
    likely = letters >= 0.7 * high and in_words + codes >= 0.8 * letters and others <= 0.02 * letters
    return bool(high) and likely and swapped <= 0.3 * in_words


def _russianness(text: str) -> float:
    """Return the share of common letters in Russian words, less that of strange characters."""
    bare = _spelled(text[:_SAMPLE])
    run = "".join(_RUSSIAN_RUN.findall(bare)).lower()
    strange = sum(not _RUSSIAN.match(letter) for letter in re.findall(r"[^\x00-\x7f]", bare))
    return (sum(run.count(letter) for letter in _COMMON) - 3 * strange) / max(len(run) + strange, 1)


def _of_russian_pages(data: bytes, text: str) -> tuple[str, str]:
    """Return the text in cp1251, or in another page where that is much better Russian."""
    best, page, most = text, "cp1251", _russianness(text) + 0.15
    for other in _PAGES:
        rival = data[:_SAMPLE].decode(other, "replace")
        if _is_russian(rival) and _russianness(rival) > most:
            best, page, most = data.decode(other, "replace"), other, _russianness(rival)
    return best, page


def _rated_pages(data: bytes) -> dict[str, tuple[float, str]]:
    """Return how Russian the text is, and the text, in each older code page that makes words of it."""
    rated = {}
    for page in _PAGES:
        text = data.decode(page, "replace")
        if _is_russian(text) and _russianness(text) > 0.5:
            rated[page] = (_russianness(text), text)
    return rated


def _in_other_page(data: bytes, rated: dict[str, tuple[float, str]], name: str) -> tuple[str, str]:
    """Return the text of an older code page: Russian words of common letters, or Latin ones with accents.

    Raises
    ------
    DataError
        None of them makes words, or several do.
    """
    ranked = sorted(rated, key=lambda page: rated[page][0], reverse=True)
    if ranked and (len(ranked) == 1 or rated[ranked[0]][0] > rated[ranked[1]][0] + 0.15):
        return rated[ranked[0]][1], ranked[0]
    fits = [(rated[page][1], page) for page in ranked]
    text = data.decode("cp1252", "replace")
    accented = len(_ACCENTED.findall(text))
    if not fits and accented and accented > 0.9 * len(re.findall(r"[^\x00-\x7f]", text)):
        fits.append((text, "cp1252"))
    if len(fits) == 1:
        return fits[0]
    seen = ", ".join(page for _, page in fits)
    if seen:
        raise refusal(DataError, "encoding_of", name=name, seen=seen)
    raise refusal(DataError, "encoding_unknown", name=name)


def _without_mark(data: bytes, name: str) -> tuple[str, str]:
    """Return the text of UTF-16 that lacks its mark.

    Raises
    ------
    DataError
        It is none.
    """
    for encoding in ("utf-16-le", "utf-16-be"):
        text = data[: len(data) // 2 * 2].decode(encoding, "replace")
        if len(_USUAL.findall(text)) > 0.99 * len(text) and "\n" in text.replace("\r", "\n"):
            return _no_nul(text, name), encoding
    raise refusal(DataError, "nul_bytes", name=name)


def is_text(data: bytes) -> bool:
    """Tell whether bytes are delimited text, whatever the file is called; no page of a browser."""
    head = data[:4096]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    binary = bool(re.search(rb"[\x00-\x08\x0e-\x1f]", head))
    return not binary and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"\n" in data


def _no_nul(text: str, name: str) -> str:
    if "\0" in text:
        raise refusal(DataError, "nul_characters", name=name)
    return text


def sniff_delimiter(lines: Sequence[str], score: Score | None = None) -> str:
    """Return the delimiter of `lines`: the one whose rows `score` best, then the steadiest one.

    Without `score` (which counts known headers) tab, semicolon and bar win over the comma, because a comma is
    also the decimal sign.

    Examples
    --------
    >>> sniff_delimiter(["year;value", "2020;1,5", "2021;2,5"])
    ';'
    """
    sample = [line for line in _whole(lines[:60]) if line.strip()]
    best, best_rank = ",", (0, 0.0)
    for delimiter in DELIMITERS:
        rows = [_split_line(line, delimiter) or [line] for line in sample]
        widths = [len(row) for row in rows]
        usual = max(set(widths), key=lambda w: (widths.count(w), w), default=1)
        steady = widths.count(usual) / len(widths) if usual > 1 else 0.0
        present = sum(width > 1 for width in widths) / max(len(widths), 1)
        rank = (score(rows) if score else 0, max(steady, 0.9 * present))
        if rank > best_rank:
            best, best_rank = delimiter, rank
    return best


def _whole(lines: Sequence[str]) -> list[str]:
    """Return lines with those joined that a quoted cell spans, as they are where a quote never closes."""
    out: list[str] = []
    held = ""
    for line in lines:
        held = f"{held}\n{line}" if held else line
        if held.count('"') % 2 == 0:
            out.append(held)
            held = ""
    return list(lines) if held else out


def _split_line(line: str, delimiter: str) -> list[str] | None:
    """Split one line; None where its quotes do not close."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        rows = list(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return _split_names(line, delimiter)
    return rows[0] if len(rows) == 1 else None


def _split_names(line: str, delimiter: str) -> list[str] | None:
    """Split a line where quotes are part of names (``"Ромашка" ООО``); None where they do not close.

    Examples
    --------
    >>> _split_names('1;"Ромашка" ООО;"a;b"', ";")
    ['1', '"Ромашка" ООО', 'a;b']
    """
    if line.count('"') % 2:
        return None
    pieces = line.split('"')
    inside = [f'"{piece}"' if at % 2 else piece.replace(delimiter, "\0") for at, piece in enumerate(pieces)]
    cells = "".join(inside).split("\0")
    whole = re.compile('"[^"]*"')
    return [cell[1:-1] if whole.fullmatch(cell) else cell for cell in cells]


def split_rows(text: str, delimiter: str) -> tuple[Any, list[int], list[BrokenRow], bool]:
    """Split `text` (line ends are LF) into rows.

    Quoted cells may span lines. Where a quote does not close, or closes only after it has swallowed whole
    rows, each line is read by itself instead, and lines with open quotes are returned as broken.

    Returns
    -------
    rows, lines, broken, by_line
        Non-blank rows (a 2-D array where all are of one width), their 1-based line numbers, the broken
        lines, and whether quotes were read line by line.
    """
    physical = text.split("\n")
    if '"' not in text:
        numbers = [i for i, line in enumerate(physical, 1) if line.strip(" \t\u00a0")]
        kept = physical if len(numbers) == len(physical) else [physical[i - 1] for i in numbers]
        widths = {line.count(delimiter) + 1 for line in kept}
        if len(widths) == 1:
            # A rectangle is split at once: no list a row, which matters for a million rows.
            flat = delimiter.join(kept).split(delimiter)
            return np.array(flat, dtype=object).reshape(len(kept), widths.pop()), numbers, [], False
        return [line.split(delimiter) for line in kept], numbers, [], False
    whole = _split_quoted(text, delimiter)
    if whole is None and '\\"' in text:  # databases write \" for a quotation mark inside a cell
        whole = _split_quoted(text, delimiter, escape="\\")
    if whole is not None:
        return *whole, [], False
    rows, lines, broken = [], [], []
    for number, line in enumerate(physical, 1):
        if not line.strip(" \t\u00a0"):
            continue
        cells = _split_line(line, delimiter)
        if cells is None:
            broken.append(BrokenRow(number, "quote_unbalanced", (line,)))
        else:
            rows.append(cells)
            lines.append(number)
    return rows, lines, broken, True


def _split_quoted(
    text: str, delimiter: str, escape: str | None = None
) -> tuple[list[list[str]], list[int]] | None:
    lines_of = io.StringIO(text, newline="")
    reader = csv.reader(lines_of, delimiter=delimiter, strict=True, escapechar=escape)
    rows, lines, start = [], [], 1
    try:
        for cells in reader:
            end = reader.line_num
            if end > start and _swallows(cells, delimiter):
                return None
            if len(cells) > 1 or (cells and cells[0].strip()):
                rows.append(cells)
                lines.append(start)
            start = end + 1
    except csv.Error:
        return None
    return rows, lines


def _swallows(cells: Sequence[str], delimiter: str) -> bool:
    """Tell whether cells over several lines hold as many delimiters as a row: then they swallowed one."""
    held = sum(cell.count(delimiter) for cell in cells if "\n" in cell)
    return held >= len(cells) - 1 > 0


def read_text(data: bytes, name: str, facts: dict[str, Any], score: Score | None = None) -> RawSheet:
    """Read delimited text into rows of text cells.

    Raises
    ------
    DataError
        Not a text file, or in no known encoding, or blank.
    """
    text, encoding = decode(data, name)
    ends = {"CRLF": text.count("\r\n")}
    ends["CR"], ends["LF"] = text.count("\r") - ends["CRLF"], text.count("\n") - ends["CRLF"]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise refusal(DataError, "file_empty", name=name)
    head = text[:200_000].split("\n")
    delimiter = sniff_delimiter(head, score)
    rows, lines, broken, by_line = split_rows(text, delimiter)
    used = [kind for kind, count in ends.items() if count]
    remarks: list[tuple[str, str, int | None]] = []
    if encoding == "utf-8 (damaged)":
        remarks.append(("encoding_damaged", str(text.count("\ufffd")), None))
    if len(used) > 1:
        remarks.append(("line_ends_mixed", ", ".join(used), None))
    if by_line:
        remarks.append(("quotes_by_line", str(len(broken)), None))
    if used and not text.endswith("\n"):
        remarks.append(("no_final_newline", "", text.count("\n") + 1))
    facts = facts | {"encoding": encoding, "delimiter": delimiter, "line_end": "+".join(used)}
    return RawSheet(name, "", rows, lines, None, tuple(broken), facts, tuple(remarks))
