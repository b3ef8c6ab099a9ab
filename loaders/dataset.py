"""Read a dataset: files or frames in, a checked supply graph out, with every row accounted for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd

from clustercoop.graph.errors import DataError, StrictError
from clustercoop.graph.findings import Finding, Findings
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.schema import UNSETTLED, TableSpec, tables
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import refusal, told
from clustercoop.loaders.cells import TypedGrid, type_grid
from clustercoop.loaders.currency import currency_of
from clustercoop.loaders.figures import check_figures
from clustercoop.loaders.forms import (
    is_form,
    refuse_unfilled,
    respondent_id,
    tell_unanswered,
)
from clustercoop.loaders.frames import frame_source
from clustercoop.loaders.grids import is_list, to_grid
from clustercoop.loaders.known import Known
from clustercoop.loaders.ledger import REJECTED_COLUMNS, Ledger, exact_sum
from clustercoop.loaders.mapping import tell_unmet
from clustercoop.loaders.matrices import read_square
from clustercoop.loaders.needed import raise_ignored
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.opened import check_rows, open_ledger
from clustercoop.loaders.owners import refuse_owned_twice, with_owner
from clustercoop.loaders.register import with_register
from clustercoop.loaders.relational import Reader
from clustercoop.loaders.relations import check_relations
from clustercoop.loaders.sheets import Grid, RawSheet
from clustercoop.loaders.sources import Source, find_sources
from clustercoop.loaders.trade import turn_trade
from clustercoop.loaders.transactions import summed, tell_overlaps
from clustercoop.loaders.turning import Hints, turn
from clustercoop.loaders.unsettled import kept, unsettled
from clustercoop.loaders.upright import upright
from clustercoop.loaders.who import CALLED, Index, join_names, names_alone

T = TypeVar("T")
_MAIN: Final = ("participants", "links", "activity")
_FIGURES: Final = {"activity": "participant_id", "indicators": "cluster_id"}


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset as read: the graph, and all that was noticed on the way.

    Attributes
    ----------
    graph : SupplyGraph
        The accepted rows.
    findings : Findings
        What was noticed, where, and what was done.
    rejected : DataFrame
        Rows that did not enter the graph: table, file, sheet, row, code, value, detail (which fill
        the sentence of the code), content (raw cells as JSON).
    provenance : mapping
        ``inputs``: how each file was read; ``accounting``: rows and value sums by table.
    flows : DataFrame
        Links by quarter or month where ``settings.period`` asks for them (`loaders.periods.FLOWS`).
    """

    graph: SupplyGraph
    findings: Findings
    rejected: pd.DataFrame
    provenance: dict[str, Any]
    flows: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_dataset(
    path: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
    progress: Callable[[str], None] | None = None,
    reader: Reader | None = None,
) -> Dataset:
    r"""Read the dataset at `path`: a folder of tables, or a workbook with a sheet a table.

    A dataset holds ``indicators``, or ``participants`` and ``links``; the other tables are optional.
    Encoding, delimiter, decimal sign, units and headers are found out; whatever is doubtful becomes a
    finding. A broken row is rejected and a broken optional cell is unknown; nothing is guessed.

    Parameters
    ----------
    path : path
        Folder, ``.xlsx`` or ``.xls``.
    settings : Settings, optional
        ``strict`` and ``currency`` are used here.
    progress : callable, optional
        Called with a sentence as each file is read.
    reader : callable, optional
        Reads large files of transactions by means of its own (`clustercoop.loaders.relational`).

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        There is no such dataset, or a file is damaged beyond reading.
    SchemaError
        A required column is missing or claimed twice, or headers name several currencies.
    StrictError
        ``settings.strict`` is on and there is a finding of severity error or warning.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "participants.csv").write_text("ИНН;Кластер\n0101;К\n0202;К\n", "cp1251")
    >>> _ = (folder / "links.csv").write_text(
    ...     "Год;Поставщик;Покупатель;Объём отгрузки, тыс. руб.\n2022;0101;0202;1 500,5\n", "cp1251")
    >>> data = read_dataset(folder)
    >>> data.graph.to_tables()["links"][["supplier_id", "value"]].values.tolist()
    [['0101', 1.5005]]
    """
    notes = Notes()
    chosen = settings or Settings()
    return build(
        find_sources(Path(path), notes, progress, year=chosen.year, reader=reader), chosen, notes, progress
    )


def read_frames(frames: Mapping[str, pd.DataFrame], *, settings: Settings | None = None) -> Dataset:
    """Check tables that are already pandas frames, exactly as files are checked.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Table name → rows; headers may be aliases. The frames are not changed. Rows count from 1.
    settings : Settings, optional
        ``strict`` and ``currency`` are used here.

    Returns
    -------
    Dataset

    Raises
    ------
    SchemaError, StrictError
        As in `read_dataset`.

    Examples
    --------
    >>> figures = {"rd_per_employee": [0.2], "value_added_per_employee": [0.0]}
    >>> data = read_frames({"indicators": pd.DataFrame({"cluster_id": ["a"], "year": [2020], **figures})})
    >>> [finding.code for finding in data.findings]
    ['unit_assumed', 'zero_beside_positive']
    """
    sources = [frame_source(name, frame) for name, frame in frames.items()]
    # A graph gives every table; those beside the main ones that it has no row of are no tables.
    filled = [each for each in sources if each.table in _MAIN or len(frames[each.table])]
    sources = filled if _suffice({each.table for each in filled}) else sources
    return build(sources, settings or Settings(), Notes(), None)


def build(
    sources: Sequence[Source],
    settings: Settings,
    notes: Notes,
    progress: Callable[[str], None] | None,
    *,
    lone: bool = False,
) -> Dataset:
    """Type, check and assemble the tables; with `lone`, links without participants will do."""
    open_rows = [kept(source.sheet) for source in sources if source.table == UNSETTLED.name]
    sources = [source for source in sources if source.table != UNSETTLED.name]
    ledgers, inputs, currency, flows = _checked(sources, settings, notes, progress, lone=lone)
    tell_unmet((source.given for source in sources), notes)
    del sources
    open_rows = [rows for rows in (unsettled(ledgers), *open_rows) if len(rows)]

    def closed(table: str, notes: Notes) -> tuple[dict[str, Any], list[tuple[Any, ...]], pd.DataFrame]:
        ledger = ledgers.pop(table)  # the rows of a country are held once
        ledger.notes = notes
        if table in _FIGURES:
            check_figures(ledger, _FIGURES[table])
        return ledger.accounting(), ledger.rejected(), ledger.accepted()

    names = list(ledgers)
    rows = sum(map(len, ledgers.values()))
    done = dict(zip(names, notes.each(closed, names, rows=rows), strict=True))
    accounting = {name: book for name, (book, _, _) in done.items()}
    lost = [row for _, rejected, _ in done.values() for row in rejected]
    provenance: dict[str, Any] = {"inputs": inputs, "accounting": accounting, "currency": currency}
    frames = {UNSETTLED.name: pd.concat(open_rows, ignore_index=True)} if open_rows else {}
    graph = SupplyGraph.from_tables(
        frames | {name: done.pop(name)[-1] for name in names}, currency=currency, provenance=provenance
    )
    _agree(graph, accounting)
    findings = notes.findings()
    findings.extend(graph.people.findings(graph.years))
    if settings.strict:
        _be_strict(findings)
    return Dataset(graph, findings, pd.DataFrame(lost, columns=list(REJECTED_COLUMNS)), provenance, *flows)


def _checked(
    sources: Sequence[Source],
    settings: Settings,
    notes: Notes,
    progress: Callable[[str], None] | None,
    *,
    lone: bool,
) -> tuple[dict[str, Ledger], list[dict[str, Any]], str, list[pd.DataFrame]]:
    """Return the checked tables, how each file was read, the currency, and links by parts of a year."""
    sources = sources if lone else with_register(sources, notes)
    if not lone:
        _require_tables({source.table for source in sources}, notes)
    if progress:
        progress("Checking the tables")
    rows = sum(len(s.sheet.frame) for s in sources if s.sheet.frame is not None)  # of typed files
    typed: dict[str, list[TypedGrid]] = {}

    def read(source: Source, notes: Notes) -> TypedGrid:
        spec = tables()[source.table]
        if "settled" in source.sheet.facts:  # sums, of rows that were laid out before
            grid = to_grid(source.sheet, spec, notes)
            grid.facts["told"] = source.told
        else:
            people = [part.frame for part in typed.get("participants", ())]
            grid = arranged(source, spec, settings, people, notes)
            grid = names_alone(grid, spec, people)
        return type_grid(grid, spec, notes, settings.direction)

    def members() -> list[str]:
        return [i for part in typed.get("participants", ()) for i in part.frame["participant_id"]]

    known = None if lone or any(source.table == "aliases" for source in sources) else members
    ordered = [source for table in tables() for source in sources if source.table == table]
    for group in _participants_first(ordered, lambda source: source.table):
        sheets = summed(
            [s.sheet for s in group],
            [s.given for s in group],
            known,
            partial(_read_of, group, read),
            notes,
            repeats=settings.repeats,
            period=settings.period,
        )
        group = [replace(source, sheet=sheet) for source, sheet in zip(group, sheets, strict=True)]
        for source, part in zip(group, notes.each(read, group, rows=rows), strict=True):
            typed.setdefault(source.table, []).append(part)
    for parts in typed.values():
        refuse_owned_twice(parts)
    raise_ignored(
        notes, {(t, name) for t, several in typed.items() for p in several for name in p.columns.values()}
    )
    tell_overlaps(typed.get("links", ()), settings.repeats, notes)
    currency = currency_of(typed, settings, notes)
    aliases = open_ledger("aliases", typed, notes) if "aliases" in typed else None
    if aliases:
        check_rows(aliases, typed["aliases"], settings, notes)
    renamed = aliases.accepted() if aliases else pd.DataFrame()
    index: Index | None = None
    ledgers: dict[str, Ledger] = {}
    flows: list[pd.DataFrame] = []

    def open_(table: str, notes: Notes) -> Ledger:
        if aliases and table == "aliases":
            return aliases
        ledger = open_ledger(table, typed, notes, renamed)
        if table in CALLED and index:
            join_names(ledger, index, notes)
        flows.extend(check_rows(ledger, typed[table], settings, notes))
        return ledger

    for names in _participants_first(list(typed), str):
        index = Index(ledgers["participants"]) if "participants" in ledgers else None
        ledgers |= zip(names, notes.each(open_, names, rows=rows), strict=True)
    if not lone:
        _refuse_empty(ledgers, notes)
    check_relations(ledgers, notes)
    tell_unanswered(ledgers, notes)
    inputs = [_describe(part) for parts in typed.values() for part in parts]
    return ledgers, inputs, currency, flows


def _read_of(
    group: Sequence[Source],
    read: Callable[[Source, Notes], TypedGrid],
    at: int,
    sheet: RawSheet,
    notes: Notes,
) -> TypedGrid:
    return read(replace(group[at], sheet=sheet), notes)


def _participants_first(items: list[T], table: Callable[[T], str]) -> list[list[T]]:
    """Return items of participants, then the others, which ask for them."""
    people = [item for item in items if table(item) == "participants"]
    return [people, [item for item in items if table(item) != "participants"]]


def arranged(
    source: Source, spec: TableSpec, settings: Settings, people: Sequence[pd.DataFrame], notes: Notes
) -> Grid:
    """Return the sheet of a source as a list of records; `people` are the participants."""
    sheet, given = source.sheet, source.given
    sheet = upright(sheet, spec, notes)
    square = spec.name == "links" and not is_list(sheet, spec)
    grid = read_square(sheet, Known(people), notes, settings.direction) if square else None
    grid = grid or to_grid(sheet, spec, notes, given)
    grid.facts["told"] = source.told
    if source.told == "form":
        grid.facts["respondent"] = respondent_id(source.respondent)
    grid = with_owner(turn_trade(grid, notes), spec, source.names, people, notes)
    hints = Hints(given.year or settings.year, source.names, grid.titles, given.cluster or source.cluster)
    return turn(grid, spec, hints, notes)


def _require_tables(present: set[str], notes: Notes) -> None:
    if _suffice(present):
        return
    unread = [f.value for f in notes.items if f.code in ("file_ignored", "sheet_ignored", "file_unread")]
    listed = ", ".join(dict.fromkeys(unread))
    missing = [name for name in ("participants", "links") if name not in present]
    raise refusal(
        DataError,
        "tables_missing",
        present=", ".join(sorted(present)) or told("refusal.no_tables"),
        missing=missing[0] if len(missing) < 2 else told("refusal.nor", first=missing[0], second=missing[1]),
        hint=told("refusal.hint_ignored", names=listed) if listed else "",
    )


def _suffice(tables: set[str]) -> bool:
    """Tell whether the tables make a dataset: figures of members, or links between them, or indicators."""
    return "indicators" in tables or ("participants" in tables and bool({"links", "activity"} & tables))


def _refuse_empty(ledgers: Mapping[str, Ledger], notes: Notes) -> None:
    """Refuse a dataset whose main tables have no rows; tell empty optional ones."""
    empty = [t for t, book in ledgers.items() if not len(book) and not any(g.broken for g in book.grids)]
    held = set(ledgers) - set(empty)
    if any(is_form(ledger.grids) for ledger in ledgers.values()):
        refuse_unfilled(ledgers, held)
        held |= {"links"} & set(ledgers)  # volumes that participants report are an answer without any link
    for table in empty:
        file = ledgers[table].grids[0].file
        if not _suffice(held):
            raise refusal(DataError, "table_without_rows", table=table, file=file)
        notes.add("table_empty", table=table, file=file, value=table)


def _describe(part: TypedGrid) -> dict[str, Any]:
    """Return how one file or sheet was read, for ``run.json``."""
    grid = part.grid
    facts = {
        name: value
        for name, value in grid.facts.items()
        if name not in ("columns_at", "codes_at", "names_at", "headers", "cumulated")
    }
    headers = grid.facts.get("headers") or part.columns
    return {
        "file": grid.file,
        **facts,
        "added": [header for header in part.columns if header not in headers],
        "decimal": part.decimal,
        "table": grid.table,
        "sheet": grid.sheet,
        "rows": len(grid) + len(grid.broken),
        "columns": part.columns,
        "conversions": part.conversions,
    }


def _agree(graph: SupplyGraph, accounting: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that the graph holds what was accepted: nothing lost, nothing added on the way in."""
    for table, book in accounting.items():
        held = getattr(graph, table)
        rows = len(held) + (len(graph.partners) if table == "participants" else 0)
        if rows != book["rows_accepted"]:
            raise AssertionError(f"the graph holds {rows} rows of {table}, {book['rows_accepted']} accepted")
        for column in tables()[table].columns:
            if column.name in book["values"]:
                total = exact_sum(held[column.name].to_numpy("float64"))
                if total != book["values"][column.name]["value_accepted"]:
                    raise AssertionError(
                        f"the graph's sum of {table}.{column.name} differs from the accepted one"
                    )


def _be_strict(findings: Findings) -> None:
    serious: list[Finding] = [f for f in findings if f.severity != "info"]
    if serious:
        serious.sort(key=lambda finding: finding.severity != "error")
        first = serious[0]
        raise refusal(
            StrictError,
            "strict",
            errors=findings.count("error"),
            warnings=findings.count("warning"),
            where=first.where(),
            first=first,
        )
