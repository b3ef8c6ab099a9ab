"""What a check tells, as lines for a terminal and as one page that needs no network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from clustercoop.graph.findings import SEVERITIES, Finding
from clustercoop.graph.texts import term, text
from clustercoop.reports.numbers import show
from clustercoop.reports.page import asset
from clustercoop.reports.records import input_column, input_table
from clustercoop.reports.words import Words

_ROWS: Final = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """All findings of one kind in one file: the first of them, and how many there are."""

    first: Finding
    count: int
    rows: tuple[int, ...]


def kinds(findings: Iterable[Finding]) -> list[Kind]:
    """Return findings by code, file and sheet, the worst first.

    Examples
    --------
    >>> same = [Finding("self_supply", file="links.csv", row=row) for row in (2, 5)]
    >>> [(kind.count, kind.rows) for kind in kinds(same)]
    [(2, (2, 5))]
    """
    groups: dict[tuple[str, str, str, str], list[Finding]] = {}
    for finding in findings:
        said = finding.detail if finding.row is None else ""
        groups.setdefault((finding.code, finding.file, finding.sheet, said), []).append(finding)
    found = [
        Kind(some[0], len(some), tuple(f.row for f in some if f.row is not None)[:_ROWS])
        for some in groups.values()
    ]
    return sorted(found, key=lambda kind: SEVERITIES.index(kind.first.severity))


def worst(findings: Iterable[Finding], lang: str, limit: int) -> Iterator[str]:
    """Yield a line for each kind of error and warning, at most `limit` of each."""
    grouped = kinds(findings)
    for severity in ("error", "warning"):
        mine = [kind for kind in grouped if kind.first.severity == severity]
        for kind in mine[:limit]:
            where = f"{kind.first.where(lang)}: " if kind.first.where(lang) else ""
            more = " " + text("check.more", lang, count=kind.count) if kind.count > 1 else ""
            said = f"{kind.first.message(lang)} → {kind.first.action(lang)}"
            yield f"{term(severity, lang)}: {where}{said}{more}"
        if len(mine) > limit:
            yield "  " + text("check.rest", lang, count=len(mine) - limit)


def lines(files: Sequence[Any], missing: Sequence[tuple[str, str]], lang: str) -> Iterator[str]:
    """Yield what each file and column was taken for, and what is missing for which figures."""
    for taken in files:
        place = f"{taken.file}!{taken.sheet}" if taken.sheet else taken.file
        by = text(f"check.by.{taken.told}", lang)
        yield text("check.taken", lang, place=place, table=taken.table, by=by, rows=taken.rows)
        for column in taken.columns:
            means = column.name or text("check.unused", lang)
            sure = f" ({text(f'check.sure.{column.sure}', lang)})" if column.sure else ""
            more = f", {column.conversion}" if column.conversion else ""
            yield f"    {column.header!r} → {means}{more}{sure}"
    for column_name, figures in missing:
        yield text("check.needed", lang, column=column_name, figures=figures)


def page(
    files: Sequence[Any],
    missing: Sequence[tuple[str, str]],
    findings: Iterable[Finding],
    rejected: pd.DataFrame,
    lang: str,
) -> str:
    """Return the page: files and columns, what is missing, findings by kind with the rows in question."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    words = Words(lang)
    environment = Environment(
        loader=PackageLoader("clustercoop.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    grouped = kinds(findings)
    counts = {
        severity: sum(k.count for k in grouped if k.first.severity == severity) for severity in SEVERITIES
    }
    told = {
        "rows": show(sum(taken.rows for taken in files), "int", lang),
        "rejected": show(len(rejected), "int", lang),
        "unused": sum(not column.name for taken in files for column in taken.columns),
    }
    return environment.get_template("check.html.j2").render(
        lang=lang,
        t=lambda id, **places: text(f"check.{id}", lang, **places),
        words=words,
        called=lambda name: input_column(name, words),
        table_called=lambda name: input_table(name, words),
        css=Markup(asset("page.css")),
        files=files,
        missing=missing,
        kinds=[(kind, _raw_rows(kind, rejected)) for kind in grouped],
        counts=counts,
        answer=text("check.errors" if counts["error"] else "check.fine", lang, **told),
    )


def _raw_rows(kind: Kind, rejected: pd.DataFrame) -> list[tuple[int, dict[str, str]]]:
    """Return the raw cells of the rows that a kind of finding rejected."""
    if not len(rejected):
        return []
    first = kind.first
    mine = rejected[(rejected["code"] == first.code) & (rejected["file"] == first.file)].head(_ROWS)
    return [
        (int(row), json.loads(content)) for row, content in zip(mine["row"], mine["content"], strict=True)
    ]
