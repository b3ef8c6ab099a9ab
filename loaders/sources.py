"""Find the tables of a dataset: which file or sheet holds which table of the contract."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clustercoop.graph.errors import DataError
from clustercoop.graph.schema import TableSpec, tables
from clustercoop.loaders.grids import header_score
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.raw import BOOK_SUFFIXES, SUFFIXES, read_raw
from clustercoop.loaders.sheets import RawSheet, show

Progress = Callable[[str], None]

NAMES: Final[dict[str, tuple[str, ...]]] = {
    **{name: (name,) for name in tables()},
    **dict.fromkeys(
        ("участники", "участники кластера", "реестр участников", "members", "firms"), ("participants",)
    ),
    **dict.fromkeys(("поставки", "связи", "отгрузки", "связи поставок", "supplies", "edges"), ("links",)),
    **dict.fromkeys(("показатели участников", "деятельность"), ("activity",)),
    **dict.fromkeys(("показатели", "figures"), ("activity", "indicators")),
    **dict.fromkeys(("кластеры",), ("clusters",)),
    **dict.fromkeys(("индикаторы", "показатели кластеров"), ("indicators",)),
    **dict.fromkeys(("меры", "меры поддержки", "поддержка", "support"), ("measures",)),
    **dict.fromkeys(("переименования", "реорганизации", "правопреемство", "renames"), ("aliases",)),
    **dict.fromkeys(("дефляторы", "индексы цен", "price index", "price indices"), ("deflators",)),
    **dict.fromkeys(("индексы производства", "production index"), ("production_index",)),
}
_SUFFIXED: Final = re.compile(
    r"(.*?)[_\- .]+((?:19|20)\d\d(?:[_\-](?:19|20)?\d\d)?|(?:part|часть)?[_\- ]?\d{1,3})"
)


@dataclass(frozen=True, slots=True)
class Source:
    """One raw sheet that holds a table."""

    table: str
    sheet: RawSheet


def table_names(title: str) -> tuple[tuple[str, ...], str]:
    """Return the tables that a file or sheet title may mean, and its part ("2021" of ``links_2021``).

    Examples
    --------
    >>> table_names("links_2021"), table_names("Поставки")
    ((('links',), '2021'), (('links',), ''))
    """
    plain = re.sub(r"\s+", " ", title.strip().lower().replace("ё", "е"))
    for name in (plain, plain.replace("_", " ")):
        if name in NAMES:
            return NAMES[name], ""
    parts = _SUFFIXED.fullmatch(plain)
    if parts:
        base = parts[1].replace("_", " ").strip()
        if base in NAMES:
            return NAMES[base], parts[2]
    return (), ""


def find_sources(path: Path, notes: Notes, progress: Progress | None = None) -> list[Source]:
    """Read every table of the dataset at `path`: a folder, a workbook, or one table's file.

    Raises
    ------
    DataError
        There is nothing there, nothing readable, or two files claim the same table.
    """
    if path.is_symlink() and not path.exists():
        raise DataError(f"{path.name} is a link to something that does not exist.")
    if not path.exists():
        raise DataError(
            f"There is no folder or file {path.name or path}; give a folder of tables or an .xlsx file."
        )
    if path.is_dir():
        return _from_folder(path, notes, progress)
    if path.suffix.lower() in BOOK_SUFFIXES:
        return _from_book(path, path.name, notes, progress)
    names, _ = table_names(path.stem)
    if names and path.suffix.lower() in SUFFIXES:
        return [_one(path, path.name, names, progress)]
    raise DataError(
        f"{path.name} is no dataset: give a folder with files such as participants.csv and links.csv, "
        "or an .xlsx with sheets of these names."
    )


def _from_folder(folder: Path, notes: Notes, progress: Progress | None) -> list[Source]:
    try:
        entries = sorted(os.listdir(folder))
    except OSError as error:
        raise DataError(f"The folder {folder.name} may not be read: {error.strerror}.") from None
    named: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    books = []
    for entry in entries:
        stem, suffix = os.path.splitext(entry)
        if entry.startswith((".", "~$")) or suffix.lower() not in SUFFIXES:
            continue
        names, part = table_names(stem)
        if names:
            named.setdefault(names, []).append((part, entry))
        elif suffix.lower() in BOOK_SUFFIXES:
            books.append(entry)
        else:
            notes.add("file_ignored", file=show(entry))
    if not named and len(books) == 1:
        return _from_book(folder / books[0], show(books[0]), notes, progress)
    for entry in books:
        notes.add("file_ignored", file=show(entry))
    if not named:
        seen = ", ".join(map(show, entries[:20])) or "nothing"
        raise DataError(
            f"The folder {folder.name} holds no table (participants, links, activity, clusters, indicators, "
            f"measures as {', '.join(SUFFIXES)}); it holds: {seen}."
        )
    sources: list[Source] = []
    for names, files in named.items():
        _refuse_ambiguous(names[0], files)
        if len(files) > 1:
            listed = ", ".join(show(entry) for _, entry in files)
            notes.add("files_joined", table=names[0], value=names[0], detail=listed)
        sources += [_one(folder / entry, show(entry), names, progress) for _, entry in files]
    return sources


def _refuse_ambiguous(table: str, files: Sequence[tuple[str, str]]) -> None:
    """Refuse two files that may hold the same rows: a whole table beside its parts, or one part twice."""
    parts = [part for part, _ in files]
    if len(files) > 1 and ("" in parts or len(set(parts)) < len(parts)):
        raise DataError(
            f"Several files claim the table {table}: {', '.join(show(entry) for _, entry in files)}; "
            f"keep one, or name the parts {table}_2021, {table}_2022 and so on."
        )


def _one(path: Path, name: str, names: tuple[str, ...], progress: Progress | None) -> Source:
    """Read one file that holds one table."""
    if progress:
        progress(f"Reading {name}")
    specs = [tables()[table] for table in names]
    sheets = read_raw(path, name=name, score=lambda rows: header_score(specs, rows))
    if len(sheets) > 1:
        titled = [sheet for sheet in sheets if set(table_names(sheet.sheet)[0]) & set(names)]
        matched = titled or [s for s in sheets if _missing(s, specs) == 0]
        if len(matched) != 1:
            raise DataError(
                f"The workbook {name} has several sheets ({', '.join(s.sheet for s in sheets)}); "
                f"name the right one {names[0]}."
            )
        sheets = matched
    if not sheets:
        raise DataError(f"The workbook {name} has no cells.")
    return Source(_decide(sheets[0], specs), sheets[0])


def _from_book(path: Path, name: str, notes: Notes, progress: Progress | None) -> list[Source]:
    if progress:
        progress(f"Reading {name}")
    sources: list[Source] = []
    parts: dict[str, list[tuple[str, str]]] = {}
    sheets = read_raw(path, name=name)
    for sheet in sheets:
        names, part = table_names(sheet.sheet)
        if not names:
            notes.add("sheet_ignored", file=name, sheet=sheet.sheet, value=sheet.sheet)
            continue
        table = _decide(sheet, [tables()[table] for table in names])
        parts.setdefault(table, []).append((part, sheet.sheet))
        sources.append(Source(table, sheet))
    for table, found in parts.items():
        _refuse_ambiguous(table, found)
        if len(found) > 1:
            notes.add(
                "files_joined", table=table, file=name, value=table, detail=", ".join(s for _, s in found)
            )
    if not sources:
        seen = ", ".join(sheet.sheet for sheet in sheets) or "none with cells"
        raise DataError(
            f"The workbook {name} has no sheet named participants, links, activity, clusters, indicators or "
            f"measures (Участники, Поставки, Показатели …); its sheets: {seen}."
        )
    return sources


def _headers(sheet: RawSheet) -> list[Sequence[object]]:
    return [list(sheet.frame.columns)] if sheet.frame is not None else list(sheet.records[:15])


def _missing(sheet: RawSheet, specs: Sequence[TableSpec]) -> int:
    """Return how many required columns the best of `specs` lacks in the sheet."""
    return min(max(0, len(spec.required) - header_score([spec], _headers(sheet))) for spec in specs)


def _decide(sheet: RawSheet, specs: Sequence[TableSpec]) -> str:
    """Return the table that most headers of the sheet name."""
    return max(specs, key=lambda spec: header_score([spec], _headers(sheet))).name
