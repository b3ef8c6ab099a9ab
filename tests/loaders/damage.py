"""A small valid dataset in several formats, and a seeded generator of damages to its files."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

Rng = np.random.Generator

RUSSIAN = {
    "participant_id": "ИНН",
    "cluster_id": "Кластер",
    "name": "Наименование",
    "year": "Год",
    "supplier_id": "Поставщик",
    "buyer_id": "Покупатель",
    "value": "Объём отгрузки, тыс. руб.",
    "kind": "Вид связи",
    "output": "Выпуск, млн руб.",
    "employees": "Численность, чел.",
    "value_added": "Добавленная стоимость, млн руб.",
}


def tables() -> dict[str, pd.DataFrame]:
    """Return the tables of the valid dataset: 6 participants in 2 clusters, 24 links, 12 activity rows.

    Values have two decimals and are unlike each other, so that no two losses cancel.
    """
    rng = np.random.default_rng(7)
    ids = [f"00770000{n:02d}" for n in range(1, 7)]
    people = pd.DataFrame(
        {
            "participant_id": ids,
            "cluster_id": ["Альфа"] * 3 + ["Бета"] * 3,
            "name": [f"ООО Завод {n}" for n in range(1, 7)],
        }
    )
    pairs = [(a, b) for a in ids for b in ids if a != b][:12]
    links = pd.DataFrame(
        [
            (year, a, b, round(float(rng.uniform(1, 90)) + 0.01, 2), "goods")
            for year in (2021, 2022)
            for a, b in pairs
        ],
        columns=["year", "supplier_id", "buyer_id", "value", "kind"],
    )
    links["value"] += links["value"].round(1).eq(links["value"]) * 0.03
    links["value"] = links["value"].round(2)
    activity = pd.DataFrame(
        [
            (i, year, round(700 + 11.37 * k + year % 7, 2), 40 + k, round(300 + 3.51 * k, 2))
            for k, i in enumerate(ids)
            for year in (2021, 2022)
        ],
        columns=["participant_id", "year", "output", "employees", "value_added"],
    )
    return {"participants": people, "links": links, "activity": activity}


def russian(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with Russian headers; money of links in thousands."""
    out = frame.copy()
    if "value" in out:
        out["value"] = (out["value"] * 1000).round(0).astype(int)
    return out.rename(columns=RUSSIAN)


def write(folder: Path, form: str) -> None:
    """Write the dataset into `folder` in one of `FORMS`."""
    data = tables()
    folder.mkdir(parents=True)
    if form == "book":
        with pd.ExcelWriter(folder / "data.xlsx", engine="xlsxwriter") as book:
            for name, frame in data.items():
                frame.to_excel(book, sheet_name=name, index=False)
        return
    for name, frame in data.items():
        if form == "plain":
            frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        elif form == "russian":
            text = russian(frame).to_csv(index=False, sep=";", decimal=",", lineterminator="\r\n")
            (folder / f"{name}.csv").write_bytes(text.encode("cp1251"))
        elif form == "tabs":
            text = frame.to_csv(index=False, sep="\t", lineterminator="\n", quoting=1)
            (folder / f"{name}.tsv").write_bytes(text.encode("utf-8-sig"))
        else:
            frame.to_parquet(folder / f"{name}.parquet", index=False)


TEXT_FORMS = ("plain", "russian", "tabs")
FORMS = (*TEXT_FORMS, "parquet", "book")


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def _text(change: Callable[[list[bytes], Rng], list[bytes]]) -> Callable[[bytes, Rng], bytes]:
    return lambda data, rng: b"".join(change(_lines(data), rng))


def _row(lines: list[bytes], rng: Rng) -> int:
    return int(rng.integers(1, len(lines))) if len(lines) > 1 else 0


def _mark(line: bytes) -> bytes:
    return max((b"\t", b";", b","), key=line.count)


def _edit_cell(cell: bytes) -> Callable[[list[bytes], Rng], list[bytes]]:
    """Replace a random cell of a random row."""

    def change(lines: list[bytes], rng: Rng) -> list[bytes]:
        at = _row(lines, rng)
        end = lines[at][len(lines[at].rstrip(b"\r\n")) :]
        mark = _mark(lines[at])
        cells = lines[at].rstrip(b"\r\n").split(mark)
        cells[int(rng.integers(len(cells)))] = cell
        return [*lines[:at], mark.join(cells) + end, *lines[at + 1 :]]

    return change


def _edit_header(
    edit: Callable[[list[bytes], Rng], list[bytes]],
) -> Callable[[list[bytes], Rng], list[bytes]]:
    def change(lines: list[bytes], rng: Rng) -> list[bytes]:
        end = lines[0][len(lines[0].rstrip(b"\r\n")) :]
        mark = _mark(lines[0])
        return [mark.join(edit(lines[0].rstrip(b"\r\n").split(mark), rng)) + end, *lines[1:]]

    return change


def _set(cells: list[bytes], at: int, cell: bytes) -> list[bytes]:
    return [*cells[:at], cell, *cells[at + 1 :]]


def _insert_bytes(piece: bytes) -> Callable[[bytes, Rng], bytes]:
    def change(data: bytes, rng: Rng) -> bytes:
        at = int(rng.integers(len(data) + 1))
        return data[:at] + piece + data[at:]

    return change


def flip(data: bytes, rng: Rng, count: int = 1) -> bytes:
    """Flip one bit of `count` random bytes."""
    out = bytearray(data)
    for at in rng.integers(0, len(out), count):
        out[at] ^= 1 << int(rng.integers(8))
    return bytes(out)


def _drop_rows(lines: list[bytes], rng: Rng) -> list[bytes]:
    start = _row(lines, rng)
    return lines[:start] + lines[start + int(rng.integers(1, 4)) :]


def _shuffle(lines: list[bytes], rng: Rng) -> list[bytes]:
    return [lines[i] for i in rng.permutation(len(lines))]


def _reencode(target: str) -> Callable[[bytes, Rng], bytes]:
    def change(data: bytes, rng: Rng) -> bytes:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1251")
        return text.encode(target, "replace")

    return change


def _swap_some(lines: list[bytes], rng: Rng) -> list[bytes]:
    start = _row(lines, rng)
    mark = _mark(lines[0])
    other = b"|" if mark != b"|" else b";"
    return [line.replace(mark, other) if i >= start else line for i, line in enumerate(lines)]


def _after(piece: bytes) -> Callable[[list[bytes], Rng], list[bytes]]:
    """Insert a row made from `piece`, padded to the table's width, at a random place."""

    def change(lines: list[bytes], rng: Rng) -> list[bytes]:
        at = _row(lines, rng)
        mark = _mark(lines[0])
        row = mark.join([piece, *[b"17"] * lines[0].count(mark)]) + b"\n"
        return [*lines[:at], row, *lines[at:]]

    return change


TEXT_DAMAGES: dict[str, Callable[[bytes, Rng], bytes]] = {
    "flip 1 bit": flip,
    "flip 5 bits": lambda data, rng: flip(data, rng, 5),
    "flip 40 bits": lambda data, rng: flip(data, rng, 40),
    "cut bytes off": lambda data, rng: data[: int(rng.integers(1, len(data)))],
    "drop rows": _text(_drop_rows),
    "repeat a row": _text(lambda lines, rng: [*lines, lines[_row(lines, rng)]]),
    "repeat the file": lambda data, rng: data + data,
    "repeat the header": _text(
        lambda lines, rng: [*lines[: (at := _row(lines, rng))], lines[0], *lines[at:]]
    ),
    "shuffle lines": _text(_shuffle),
    "no header": _text(lambda lines, rng: lines[1:]),
    "rename a column": _text(_edit_header(lambda c, rng: _set(c, int(rng.integers(len(c))), b"zzz"))),
    "one header twice": _text(_edit_header(lambda c, rng: _set(c, int(rng.integers(len(c))), c[-1]))),
    "swap two headers": _text(_edit_header(lambda c, rng: [c[1], c[0], *c[2:]])),
    "drop a header": _text(_edit_header(lambda c, rng: c[:-1])),
    "text cell": _text(_edit_cell(b"abc")),
    "empty cell": _text(_edit_cell(b"")),
    "huge cell": _text(_edit_cell(b"9" * 400)),
    "1e300 cell": _text(_edit_cell(b"1e300")),
    "inf cell": _text(_edit_cell(b"inf")),
    "nan cell": _text(_edit_cell(b"nan")),
    "negative cell": _text(_edit_cell(b"-12.5")),
    "formula cell": _text(_edit_cell(b"=1+1")),
    "html cell": _text(_edit_cell(b"<script>alert(1)</script>")),
    "comma cell": _text(_edit_cell(b'"1,234"')),
    "point cell": _text(_edit_cell(b"1.234")),
    "groups cell": _text(_edit_cell(b'"1,234,567"')),
    "space cell": _text(_edit_cell("12\u00a0345.5".encode())),
    "footnote cell": _text(_edit_cell(b"30.822)")),
    "percent cell": _text(_edit_cell(b"12%")),
    "total row": _text(_after("Итого".encode())),
    "total row cp1251": _text(_after("Всего".encode("cp1251"))),
    "note": _text(lambda lines, rng: [*lines, "Источник: отчёты\n".encode()]),
    "title rows": _text(lambda lines, rng: [b"Report\n", b"\n", *lines]),
    "blank rows": _text(lambda lines, rng: [line + b"\n\n" for line in lines]),
    "open quote": _insert_bytes(b'"'),
    "two quotes": lambda data, rng: _insert_bytes(b'"')(_insert_bytes(b'"')(data, rng), rng),
    "quote a cell open": _text(_edit_cell(b'"abc')),
    "BOM inside": _insert_bytes(b"\xef\xbb\xbf"),
    "NUL inside": _insert_bytes(b"\0"),
    "line end inside": _insert_bytes(b"\n"),
    "CR inside": _insert_bytes(b"\r"),
    "mark inside": _insert_bytes(b";"),
    "comma inside": _insert_bytes(b","),
    "point inside": _insert_bytes(b"."),
    "swap delimiter of a part": _text(_swap_some),
    "commas for points": lambda data, rng: data.replace(b".", b","),
    "CR line ends": lambda data, rng: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
    "utf-16": _reencode("utf-16"),
    "utf-16 without mark": _reencode("utf-16-le"),
    "koi8-r": _reencode("koi8-r"),
    "cp866": _reencode("cp866"),
    "cp1251": _reencode("cp1251"),
    "ascii": _reencode("ascii"),
    "empty": lambda data, rng: b"",
    "blank": lambda data, rng: b"\n \n\n",
    "noise": lambda data, rng: rng.bytes(len(data)),
    "a workbook inside": lambda data, rng: b"PK\x03\x04" + data,
}

BINARY_DAMAGES: dict[str, Callable[[bytes, Rng], bytes]] = {
    "flip 1 bit": flip,
    "flip 20 bits": lambda data, rng: flip(data, rng, 20),
    "cut bytes off": lambda data, rng: data[: int(rng.integers(1, len(data)))],
    "cut bytes out": lambda data, rng: data[: (at := int(rng.integers(len(data))))] + data[at + 50 :],
    "repeat the file": lambda data, rng: data + data,
    "empty": lambda data, rng: b"",
    "noise": lambda data, rng: rng.bytes(len(data)),
    "text": lambda data, rng: b"year,supplier_id\n2020,a\n",
    "web page": lambda data, rng: b"<html><table><tr><td>1</td></tr></table></html>",
    "NUL bytes": lambda data, rng: b"\0" * len(data),
}


def kind_of(form: str, seed: int) -> str:
    """Return what `damage` does with `seed`, unless it takes the file away or puts an odd cell in a book."""
    if form in ("parquet", "book"):
        return list(BINARY_DAMAGES)[seed // len(FORMS) % len(BINARY_DAMAGES)]
    turn = seed // len(FORMS) * len(TEXT_FORMS) + TEXT_FORMS.index(form)
    return list(TEXT_DAMAGES)[turn % len(TEXT_DAMAGES)]


def damage(source: Path, target: Path, form: str, seed: int) -> tuple[str, Path]:
    """Copy the dataset at `source` to `target` and damage one file; return what and where.

    Seeds that follow one another go through the kinds of damage (`kind_of`), so that none is left out.
    """
    rng = np.random.default_rng(seed)
    shutil.copytree(source, target)
    files = sorted(target.iterdir())
    victim = files[int(rng.integers(len(files)))]
    if rng.random() < 0.04:
        victim.unlink()
        kind = int(rng.integers(4))
        if kind == 0:
            victim.mkdir()
        elif kind == 1:
            victim.symlink_to(target / "nowhere")
        elif kind == 2:
            shutil.copy(sorted(source.iterdir())[0], victim)
        return ("a folder in its place", "a broken link", "another table's file", "gone")[kind], victim
    name = kind_of(form, seed)
    damages = BINARY_DAMAGES if form in ("parquet", "book") else TEXT_DAMAGES
    if form == "book" and rng.random() < 0.6:
        name = "cells: " + _damage_cells(victim, rng)
        return name, victim
    victim.write_bytes(damages[name](victim.read_bytes(), rng))
    return name, victim


CELLS: tuple[str | float | None, ...] = (
    None,
    "abc",
    "",
    True,
    -5.5,
    1e300,
    "1,234",
    "12\u00a0345,5",
    "#DIV/0!",
    "=1/0",
    0,
)


def _damage_cells(path: Path, rng: Rng) -> str:
    """Write one odd cell into a workbook with openpyxl; return what it was."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(path.read_bytes()))
    sheet = book.worksheets[int(rng.integers(len(book.worksheets)))]
    row, column = int(rng.integers(1, sheet.max_row + 1)), int(rng.integers(1, sheet.max_column + 1))
    cell = CELLS[int(rng.integers(len(CELLS)))]
    sheet.cell(row, column).value = cell
    book.save(path)
    return f"{sheet.title}!{row},{column} = {cell!r}"
