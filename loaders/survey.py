"""What a check tells of a dataset: every table, what each column means and how sure it is, what is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from clustercoop.graph.errors import ClusterCoopError, StrictError
from clustercoop.graph.findings import Findings
from clustercoop.graph.schema import tables
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import said
from clustercoop.loaders.cells import type_grid
from clustercoop.loaders.dataset import Dataset, arranged, build
from clustercoop.loaders.header_rows import find_block
from clustercoop.loaders.matching import options
from clustercoop.loaders.needed import raise_ignored, serves
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sources import Source, find_sources

_SURE: Final = ((1.0, "exact"), (0.95, "known"), (0.85, "words"), (0.0, "likely"))


@dataclass(frozen=True, slots=True)
class Column:
    """What a header was taken for: a column of the contract ("" for none), and how sure that is.

    `sure` is "exact" (the contract's own name), "known" (a name of the vocabulary), "words" (known words
    with marks, units or years), "likely" (with a gloss or under a group), "added" (no header of the sheet:
    from its title, its name or its shape), or "".
    """

    header: str
    name: str = ""
    sure: str = ""
    conversion: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file or sheet was taken for, and by what: its name, its headers or a mapping."""

    file: str
    sheet: str
    table: str
    told: str
    rows: int
    columns: tuple[Column, ...]
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Survey:
    """All that one look at a dataset tells.

    Attributes
    ----------
    files : tuple of Taken
    problems : tuple of str
        What keeps the dataset from being read, one sentence each.
    missing : tuple of (str, str)
        Columns of figures that no file holds, as ``table.column``, and what they are needed for.
    dataset : Dataset or None
        What was read; None where a problem kept it from being read.
    findings : Findings
    """

    files: tuple[Taken, ...]
    problems: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    dataset: Dataset | None
    findings: Findings


def survey(
    path: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
    progress: Callable[[str], None] | None = None,
) -> Survey:
    """Read the dataset at `path` as far as it goes.

    Raises
    ------
    ClusterCoopError
        There is no dataset at all, or the settings refuse what was read.
    """
    chosen = settings or Settings()
    notes, problems = Notes(), list[ClusterCoopError]()
    sources = find_sources(Path(path), notes, progress, problems, chosen.year)
    dataset = None
    if not problems:
        try:
            dataset = build(sources, chosen, notes, progress)
        except StrictError:
            raise
        except ClusterCoopError as error:
            problems.append(error)
    if dataset is not None:
        files = tuple(_described(entry) for entry in dataset.provenance["inputs"])
        return Survey(files, (), _missing(files, chosen.lang), dataset, dataset.findings)
    taken: list[Taken] = []
    people: list[pd.DataFrame] = []
    order = list(tables())
    for source in sorted((s for s in sources if s.table in order), key=lambda s: order.index(s.table)):
        found, members = _looked_at(source, chosen, people)
        people += members
        taken.append(found)
    raise_ignored(notes, {(found.table, column.name) for found in taken for column in found.columns})
    told = [found.problem for found in taken if found.problem]
    sentences = tuple(dict.fromkeys([*told, *(said(problem, chosen.lang) for problem in problems)]))
    findings = notes.findings()
    for sentence in sentences:
        findings.add("table_refused", detail=sentence)
    return Survey(tuple(taken), sentences, _missing(taken, chosen.lang), None, findings)


def _looked_at(
    source: Source, settings: Settings, people: Sequence[pd.DataFrame]
) -> tuple[Taken, list[pd.DataFrame]]:
    """Return what one sheet was taken for, with what is wrong in it; and its participants."""
    spec, notes = tables()[source.table], Notes()
    try:
        typed = type_grid(arranged(source, spec, settings, people, notes), spec, notes, settings.direction)
    except ClusterCoopError as error:
        sheet = source.sheet
        paths = sheet.frame.columns if sheet.frame is not None else find_block(sheet.records, spec).paths
        found = {str(path): (options(str(path), spec) or (None,))[0] for path in paths if str(path)}
        columns = [Column(h, o.name, _how(o.sure)) if o else Column(h) for h, o in found.items()]
        rows = len(sheet.frame) if sheet.frame is not None else len(sheet.records)
        return Taken(
            sheet.file, sheet.sheet, spec.name, source.told, rows, tuple(columns), said(error, settings.lang)
        ), []
    members = [typed.frame] if spec.name == "participants" else []
    return _columns_of(typed.columns, typed.conversions, typed.grid.facts, source, len(typed.grid)), members


def _columns_of(
    columns: Mapping[str, str],
    conversions: Mapping[str, str],
    facts: Mapping[str, Any],
    source: Source,
    rows: int,
) -> Taken:
    entry = {"file": source.sheet.file, "sheet": source.sheet.sheet, "table": source.table, "rows": rows}
    return _described({**facts, **entry, "columns": columns, "conversions": conversions, "told": source.told})


def _described(entry: Mapping[str, Any]) -> Taken:
    sure, conversions, added = entry.get("sure", {}), entry["conversions"], entry.get("added", ())
    columns = [
        Column(h, n, "added" if h in added else _how(sure.get(h, 1.0)), conversions.get(h, ""))
        for h, n in entry["columns"].items()
    ]
    columns += [Column(header) for header in entry.get("unused", ())]
    told = entry.get("told", "name")
    return Taken(entry["file"], entry["sheet"], entry["table"], told, entry["rows"], tuple(columns))


def _how(sure: float) -> str:
    return next(word for least, word in _SURE if sure >= least)


def _missing(files: Sequence[Taken], lang: str) -> tuple[tuple[str, str], ...]:
    """Return the columns of figures that no file holds, and the figures of the results that need them."""
    held = {(taken.table, column.name) for taken in files for column in taken.columns}
    if ("indicators", "cluster_id") in held and not any(taken.table == "links" for taken in files):
        return ()
    return tuple(
        (f"{row['table']}.{row['column']}", row.get(f"figures_{lang}") or row["figures_en"])
        for row in serves()
        if (row["table"], row["column"]) not in held
    )


def mapping_text(files: Sequence[Taken]) -> str:
    """Return a ``mapping.toml`` of what was understood; what was not is left to be filled in.

    Headers without a meaning stand with ``""``: none of ours, until a column is named.
    """
    lines = [
        '# What each header means; "" is none of ours. Tables: ' + ", ".join(tables()) + ".",
        '# A table may also have year = 2022, cluster = "…" and unit = "тыс. руб.".',
    ]
    for taken in files:
        title = f"{taken.file}!{taken.sheet}" if taken.sheet else taken.file
        lines += ["", f"[{_quoted(title)}]", f"table = {_quoted(taken.table)}"]
        if taken.problem:
            lines.append(f"# {' '.join(taken.problem.split())}")
        lines.append(f"[{_quoted(title)}.columns]")
        for column in (column for column in taken.columns if column.sure != "added"):
            note = f"  # {column.sure}" if column.sure else "  # not understood" if not column.name else ""
            lines.append(f"{_quoted(column.header)} = {_quoted(column.name)}{note}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
