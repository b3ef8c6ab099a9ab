"""Find the tables of a dataset: which file or sheet holds which table of the contract."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from clustercoop.graph.errors import ClusterCoopError, DataError, SchemaError
from clustercoop.graph.schema import NUMERIC, tables
from clustercoop.graph.texts import refusal, told
from clustercoop.loaders.forms import is_example, read_form
from clustercoop.loaders.graph_files import GRAPH_SUFFIXES, graph_sheets
from clustercoop.loaders.grids import header_score
from clustercoop.loaders.holds import one_figure, roles_of, table_of, told_by_headers
from clustercoop.loaders.io_systems import find_systems, read_system
from clustercoop.loaders.mapping import MAPPING, Given, Mapping, read_mapping
from clustercoop.loaders.names import Named, apart, only_year, overlap, own_words, read_name, years_of
from clustercoop.loaders.needed import may_hold
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.owners import is_of_owner, of_owners, owner_of
from clustercoop.loaders.pivots import PIVOT, laid_out
from clustercoop.loaders.raw import (
    BOOK_SUFFIXES,
    SUFFIXES,
    parquet_parts,
    read_raw,
    stem_of,
    suffix_of,
    tables_below,
)
from clustercoop.loaders.relational import Reader
from clustercoop.loaders.sheet_parts import disjoint, tells_more
from clustercoop.loaders.sheets import RawSheet, show
from clustercoop.loaders.totals import names_all
from clustercoop.loaders.transactions import pending
from clustercoop.loaders.years import period_of

Progress = Callable[[str], None]
_Large = dict[Path, RawSheet | ClusterCoopError]

# Files that may well hold a table, and that are not read.
UNREAD: Final = (
    ".numbers",
    ".gml",
    ".sav",
    ".dta",
    ".mdb",
    ".accdb",
    ".dbf",
    ".json",
    ".jsonl",
    ".ndjson",
    ".zip",
    ".rar",
    ".7z",
)


@dataclass(frozen=True, slots=True)
class Source:
    """One raw sheet that holds a table.

    Attributes
    ----------
    table : str
    sheet : RawSheet
    told : str
        What told the table: "name", "headers", "mapping", "form" or "system".
    part : str
        What the name says beside the table.
    cluster : str
        The cluster that the name of a sheet gives to all its rows, "" for none.
    given : Given
        What a mapping says of the sheet.
    respondent : str
        Who answers in a form, "" for nobody in particular.
    """

    table: str
    sheet: RawSheet
    told: str = "name"
    part: str = ""
    cluster: str = ""
    given: Given = field(default_factory=Given)
    respondent: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that may tell the year: of the sheet in a workbook, and of the file."""
        return tuple(filter(None, (self.sheet.sheet, stem_of(self.sheet.file))))

    @property
    def shown(self) -> str:
        """File and sheet as messages name them."""
        return f"{self.sheet.file}!{self.sheet.sheet}" if self.sheet.sheet else self.sheet.file


def find_sources(
    path: Path,
    notes: Notes,
    progress: Progress | None = None,
    problems: list[ClusterCoopError] | None = None,
    year: int = 0,
    reader: Reader | None = None,
) -> list[Source]:
    """Read every table of the dataset at `path`: a folder, a workbook, or one table's file.

    A table is told by ``mapping.toml``, by the name of its file or sheet, or by its headers. What is passed
    over is a finding. With `problems` what is wrong with one file is added there, and the others are read.
    `year` chooses among input–output systems of several years; `reader` reads large files of transactions.

    Raises
    ------
    DataError
        There is nothing there, nothing readable, or two files claim the same table.
    """
    if path.is_symlink() and not path.exists():
        raise refusal(DataError, "link_to_nothing", name=path.name)
    if not path.exists():
        raise refusal(DataError, "no_path", name=path.name or path)
    written = [os.path.isfile(path / name) for name in ("run.json", "formations.parquet", "formations.csv")]
    if written[0] and any(written[1:]):  # results are no data, but hold those that they are of
        if not (path / "data").is_dir():
            raise refusal(DataError, "results_without_data", folder=path)
        path /= "data"
    if systems := find_systems(path):
        if progress:
            progress(f"Reading {path.name}")
        frames = read_system(systems, show(path.name), year, notes)
        return [Source(t, RawSheet(show(path.name), t, frame=f), "system") for t, f in frames.items()]
    mapping = read_mapping((path if path.is_dir() else path.parent) / MAPPING)
    if path.is_dir():
        return _from_folder(path, mapping, notes, progress, problems, reader)
    suffix = suffix_of(path.name)
    if suffix in GRAPH_SUFFIXES:
        return _of_graph(path, path.name, progress)
    if suffix in SUFFIXES:
        found = _of_file(
            path, path.name, mapping, notes, progress, _large({path: path.name}, mapping, reader)
        )
        if found:
            return _joined(found, notes)
        if suffix in BOOK_SUFFIXES:
            raise refusal(DataError, "book_without_tables", name=path.name)
    raise refusal(DataError, "no_dataset", name=path.name)


def _from_folder(
    folder: Path,
    mapping: Mapping,
    notes: Notes,
    progress: Progress | None,
    problems: list[ClusterCoopError] | None,
    reader: Reader | None,
) -> list[Source]:
    try:
        entries = sorted(os.listdir(folder))
    except OSError as error:
        raise refusal(DataError, "folder_closed", name=folder.name, reason=error.strerror) from None
    sources: list[Source] = []
    failed: list[tuple[str, ClusterCoopError]] = []
    entries = [entry for entry in entries if not entry.startswith((".", "~$")) and entry != MAPPING]
    large = _large({folder / entry: show(entry) for entry in entries}, mapping, reader)
    for entry in entries:
        if suffix_of(entry) in GRAPH_SUFFIXES:
            sources += _of_graph(folder / entry, show(entry), progress)
            continue
        of_parts = (folder / entry).is_dir() and bool(parquet_parts(folder / entry))
        if suffix_of(entry) not in SUFFIXES and not of_parts:
            if (folder / entry).is_file():
                code = "file_unread" if suffix_of(entry) in UNREAD else "file_ignored"
                notes.add(code, file=show(entry), value=show(entry))
            elif below := tables_below(folder / entry):
                notes.add("folder_unread", file=show(entry), value=show(entry), detail=below)
            continue
        named = read_name(stem_of(entry))
        try:
            found = _of_file(folder / entry, show(entry), mapping, notes, progress, large)
        except ClusterCoopError as error:
            if named.tables or mapping.of(show(entry)).table:
                if problems is None:
                    raise
                problems.append(error)
                continue
            failed.append((entry, error))  # a file of an unknown name that cannot be read is told, no more
            continue
        sources += found
    for entry, why in failed:
        notes.add("file_unread", file=show(entry), value=show(entry), detail=str(why)[:200])
    for pattern in mapping.unmet():
        notes.add("mapping_unmet", file=MAPPING, value=pattern)
    sources = _prefer_named(sources, notes)
    if not sources and problems:
        return []
    if not sources:
        seen = ", ".join(map(show, entries[:20])) or told("refusal.nothing")
        raise refusal(
            DataError, "folder_without_tables", name=folder.name, suffixes=", ".join(SUFFIXES), seen=seen
        )
    try:
        return _joined(sources, notes)
    except DataError as error:
        if problems is None:
            raise
        problems.append(error)
        return sources


def _prefer_named(sources: Sequence[Source], notes: Notes) -> list[Source]:
    """Leave out files that only their headers tell where others are named for the table."""
    named = {source.table for source in sources if source.told != "headers"}
    kept = []
    for source in sources:
        if source.told == "headers" and source.table in named:
            notes.add(
                "file_passed_over", file=source.sheet.file, sheet=source.sheet.sheet, value=source.table
            )
        else:
            kept.append(source)
    return kept


def _joined(sources: Sequence[Source], notes: Notes) -> list[Source]:
    """Return the sources, tables of several parts told.

    Raises
    ------
    DataError
        Two files may hold the same rows: a whole table beside its parts, or one part twice.
    """
    for table in dict.fromkeys(source.table for source in sources):
        mine = [source for source in sources if source.table == table]
        if len(mine) < 2:
            continue
        parts = [_own_name(source) or source.part or source.cluster for source in mine]
        listed = ", ".join(source.shown for source in mine)
        if (
            any(source.told not in ("mapping", "form") for source in mine)
            and (
                "" in parts
                or len(set(parts)) < len(parts)
                or (table in ("links", "activity") and overlap(parts))
            )
            and not (table == "activity" and _of_other_figures(mine))
        ):
            raise refusal(DataError, "files_claim", table=table, files=listed)
        notes.add("files_joined", table=table, value=table, detail=listed)
    return list(sources)


def _own_name(source: Source) -> str:
    """Return whose table it is by its name, on which side and of when; "" where a column tells whose."""
    lacks = owner_of(source.sheet, source.table) if source.table in ("links", "activity") else ""
    whose = next((whose for name in source.names if (whose := own_words(name))), source.names[-1])
    return f"{whose} {source.part if years_of(source.part) else ''} {lacks}" if lacks else ""


def _of_other_figures(sources: Sequence[Source]) -> bool:
    """Tell whether no two tables of figures hold the same one: they are joined by rows."""
    spec = tables()["activity"]
    held = [{name for name in roles_of(s.sheet, spec.name) if spec[name].type in NUMERIC} for s in sources]
    return all(held) and len(set().union(*held)) == sum(map(len, held))


def _of_graph(path: Path, name: str, progress: Progress | None) -> list[Source]:
    """Return the edges of a graph file as links, and its nodes as participants where they say a cluster."""
    if progress:
        progress(f"Reading {name}")
    links, people = graph_sheets(path, name)
    named = read_name(stem_of(name))
    told = "name" if "links" in named.tables else "headers"
    found = [Source("links", links, told, named.part)]
    return [*found, Source("participants", people, "headers", named.part)] if people is not None else found


def _named(name: str, mapping: Mapping) -> Named:
    given = mapping.of(name)
    return Named((given.table,), "", True) if given.table else read_name(stem_of(name))


def _large(files: dict[Path, str], mapping: Mapping, reader: Reader | None) -> _Large:
    """Return the large tables of transactions among files, or what is wrong with one of them."""
    may = {
        path: name for path, name in files.items() if "links" in (_named(name, mapping).tables or ("links",))
    }
    return pending(may, reader)


def _of_file(
    path: Path,
    name: str,
    mapping: Mapping,
    notes: Notes,
    progress: Progress | None,
    large: _Large,
) -> list[Source]:
    """Read one file; return its tables, [] where it holds none."""
    given, named = mapping.of(name), _named(name, mapping)
    book = suffix_of(name) in BOOK_SUFFIXES
    if progress:
        progress(f"Reading {name}")
    score = partial(header_score, [tables()[table] for table in named.tables or tables()])
    if many := large.get(path):
        if isinstance(many, ClusterCoopError):
            raise many
        return [Source("links", many, "name" if named.tables else "headers", named.part, "", given)]
    raw = read_raw(path, name=name, score=score)
    if not raw:
        raise refusal(DataError, "book_empty", name=name)
    sheets = _laid_out(raw, notes)
    if book and (form := read_form(sheets)):
        return [
            Source(t, s, "form", stem_of(name), "", Given(t, unit=form.unit), form.respondent)
            for t, s in form.sheets.items()
        ]
    if book and len(raw) > 1 or (book and not named.tables):
        return _of_book(sheets, name, named, mapping, notes)
    sheet = sheets[0]
    given = mapping.of(name, sheet.sheet)
    table = given.table or table_of(sheet, named)
    if not table:
        notes.add("file_ignored", file=name, value=name, detail=may_hold(sheet))
        return []
    told = "mapping" if given.table else "name" if table in named.tables else "headers"
    return [Source(table, sheet, told, named.part, "", given)]


def _laid_out(sheets: Sequence[RawSheet], notes: Notes) -> list[RawSheet]:
    """Return sheets with pivots as plain tables, without those that cannot be one where there are others.

    Raises
    ------
    SchemaError
        There are no others.
    """
    out: list[RawSheet] = []
    failed: list[tuple[RawSheet, SchemaError]] = []
    for sheet in sheets:
        try:
            out.append(laid_out(sheet))
        except SchemaError as error:
            failed.append((sheet, error))
    if failed and not any(told_by_headers(sheet) for sheet in out):
        raise failed[0][1]
    for sheet, _ in failed:
        notes.add("sheet_ignored", file=sheet.file, sheet=sheet.sheet, value=sheet.sheet)
    return out


def _of_book(
    sheets: Sequence[RawSheet], name: str, file_named: Named, mapping: Mapping, notes: Notes
) -> list[Source]:
    """Return the tables of a workbook: sheets by mapping, by title, by the name of the file, by headers."""
    found: list[Source] = []
    left: list[RawSheet] = []
    for sheet in sheets:
        given = mapping.of(name, sheet.sheet)
        if is_example(sheet.sheet) and not given.table:
            notes.add("sheet_example", file=name, sheet=sheet.sheet, value=sheet.sheet)
            continue
        titled = Named((given.table,), "", True) if given.table else read_name(sheet.sheet)
        wanted = set(titled.tables) & set(file_named.tables) if file_named.exact else set(titled.tables)
        table = table_of(sheet, titled) if wanted else ""
        if table:
            part = titled.part or (file_named.part if file_named.tables else "")
            found.append(Source(table, sheet, "mapping" if given.table else "name", part, "", given))
        else:
            left.append(sheet)
    shown = [source for source in found if not source.sheet.hidden]
    if len(shown) < max(len(found), 1) or not file_named.exact or any(map(one_figure, left)):
        have = {source.table for source in shown if not one_figure(source.sheet)}
        more = [
            s
            for sheet in left
            if (s := _by_headers(sheet, name, file_named, mapping)) and s.table not in have
        ]
        others = [sheet for sheet in left if all(sheet is not s.sheet for s in more)]
        more += [
            Source(table, others[at], "headers", "", "", mapping.of(name, others[at].sheet))
            for at, table in of_owners(others).items()
            if table not in have
        ]
        found += _one_each(_without_others(_seen(more, notes), notes), name, file_named)
        left = [sheet for sheet in left if all(sheet is not source.sheet for source in (*found, *more))]
    found = _seen(found, notes)
    for sheet in left:
        notes.add("sheet_ignored", file=name, sheet=sheet.sheet, value=sheet.sheet, detail=may_hold(sheet))
    if not found:
        notes.add("file_ignored", file=name, value=name)
    return [_of_figure(source) for source in found]


def _seen(sources: Sequence[Source], notes: Notes) -> list[Source]:
    """Return sources without hidden sheets of a table that visible ones hold whole; tell those."""
    whole = {s.table for s in sources if not (s.sheet.hidden or _of_period(s))}
    kept = [s for s in sources if not s.sheet.hidden or s.told == "mapping" or s.table not in whole]
    for source in sources:
        if all(source is not one for one in kept):
            notes.add(
                "file_passed_over", file=source.sheet.file, sheet=source.sheet.sheet, value=source.table
            )
    return kept


def _without_others(sources: Sequence[Source], notes: Notes) -> list[Source]:
    """Return sheets without title pages and lists beside tables, and without pivots and summaries of them."""
    sure = [
        s
        for s in sources
        if s.told == "mapping"
        or told_by_headers(s.sheet) == s.table
        or is_of_owner(s.sheet, s.table)
        or may_hold(s.sheet)
    ]
    known = {source.table for source in sure}
    read = [s for s in sources if s.table not in known or any(s is one for one in sure)]
    for sheet in (s.sheet for s in sources if all(s is not one for one in read)):
        notes.add("sheet_ignored", file=sheet.file, sheet=sheet.sheet, value=sheet.sheet)
    kept = [source for source in read if not _is_of_others(source, read)]
    for source in read:
        if all(source is not one for one in kept):
            notes.add(
                "file_passed_over", file=source.sheet.file, sheet=source.sheet.sheet, value=source.table
            )
    return kept


def _is_of_others(source: Source, sources: Sequence[Source]) -> bool:
    """Tell whether a sheet is the summary of several others of its table, or the pivot of another."""
    parts = [s.sheet for s in sources if s.table == source.table and not names_all(s.sheet.sheet)]
    summary = names_all(source.sheet.sheet) and len(parts) > 1
    if not summary:
        parts = [sheet for sheet in parts if PIVOT not in sheet.facts]
        summary = PIVOT in source.sheet.facts and bool(parts)
    return summary and not tells_more(source.sheet, parts, source.table)


def _of_period(source: Source) -> bool:
    title = source.sheet.sheet
    return bool(years_of(source.part) or period_of(title) or only_year(title))


def _of_figure(source: Source) -> Source:
    """Return a sheet of one figure as the part of the table that its title names."""
    part = one_figure(source.sheet) if source.table == "activity" and not source.part.isdigit() else ""
    return replace(source, part=part) if part else source


def _by_headers(sheet: RawSheet, name: str, file_named: Named, mapping: Mapping) -> Source | None:
    table = table_of(sheet, Named(file_named.tables))
    if not table:
        return None
    told = "name" if table in file_named.tables else "headers"
    return Source(table, sheet, told, file_named.part, "", mapping.of(name, sheet.sheet))


def _one_each(sources: Sequence[Source], name: str, file_named: Named) -> list[Source]:
    """Return sheets of one table each; several of one table where they are parts of it.

    Their titles are years or clusters, or each is of one organisation, or no two name the same ones.

    Raises
    ------
    DataError
        Several sheets hold the same table, and their titles do not tell parts of it.
    """
    out: list[Source] = []
    for table in dict.fromkeys(source.table for source in sources):
        mine = [source for source in sources if source.table == table]
        titles = [source.sheet.sheet for source in mine]
        if len(mine) == 1:
            out += mine
        elif table == "activity" and len(set(map(one_figure, (s.sheet for s in mine))) - {""}) == len(mine):
            out += mine
        elif all(map(only_year, titles)):
            out += [Source(table, s.sheet, s.told, s.sheet.sheet[:4], "", s.given) for s in mine]
        elif table in ("links", "activity") and apart(titles):
            out += [replace(s, part=" ".join(filter(None, (s.part, s.sheet.sheet)))) for s in mine]
        elif table in ("links", "activity") and (
            all(owner_of(s.sheet, table) for s in mine) or disjoint([s.sheet for s in mine], table)
        ):
            out += [replace(s, part=s.sheet.sheet) for s in mine]
        elif table == "participants" and all("cluster_id" not in roles_of(s.sheet, table) for s in mine):
            out += [Source(table, s.sheet, s.told, "", s.sheet.sheet, s.given) for s in mine]
        else:
            raise refusal(DataError, "sheets_claim", name=name, table=table, titles=", ".join(titles))
    return out
