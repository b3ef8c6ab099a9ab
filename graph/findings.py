"""Findings: what the program noticed about the data, where, and what it did.

A finding is data, not prose: a code from the catalogue, the place (file, sheet, row,
column, value, cluster, year, participant) and the action taken. The sentence is made
from the code's template when it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, Final, Literal, get_args

import pandas as pd

from clustercoop.graph.display import inert, notebook
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.schema import is_money
from clustercoop.graph.shipped import shipped_rows
from clustercoop.graph.texts import BASE, amount, decimal_point, fill, row_text, subset, term, text, within

Severity = Literal["error", "warning", "info"]

NAMED: Final = 10
# A number of fewer digits in a detail may be a figure.
_ID: Final = 9
KEPT: Final = 100
_KINDS: Final = 5
# What introduces a detail, left out where there is none.
_NO_DETAIL: Final = re.compile(r": \{detail(?::\w+)?\}| \(\{detail(?::\w+)?\}\)")
# The cells of a row that a detail lists: a column and its figure.
_CELL: Final = re.compile(r"(\w+) (-?[\d.]+(?:e[+-]?\d+)?)(?=, |$)")
_ANY: Final = re.compile(r"\{(value|detail)(?::(\w+))?\}")
# A figure that was worked out, alone or in a list; codes such as 05.1 and 05.1.2 are none.
_FIGURE: Final = re.compile(r"(?:^|(?<=; ))(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]\d+)?)(%?)(?=$|; | \(\+)")
_MORE: Final = re.compile(r" \(\+(\d+)\)$")
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class CodeText:
    """One entry of the catalogue: its severity, and the row that holds sentence and action by language."""

    code: str
    severity: Severity
    row: Mapping[str, str]

    @property
    def asks(self) -> str:
        """Input, as ``table.column``, that a figure unknown for this reason waits for; "" for none."""
        return self.row.get("asks") or ""

    def sentence(self, lang: str = BASE) -> str:
        """Return the template of the sentence in `lang`."""
        return row_text(self.row, "", lang, f"finding.{self.code}")

    def action(self, lang: str = BASE) -> str:
        """Return what is done about it, in `lang`."""
        return row_text(self.row, "action", lang, f"finding.{self.code}.action")

    def general(self, lang: str = BASE) -> str:
        """Return the sentence without the particulars of one finding.

        Examples
        --------
        >>> catalogue()["supply_bounded"].general()[-11:]
        ' at least …'
        """
        return _ANY.sub("…", self.sentence(lang))


@cache
def catalogue() -> dict[str, CodeText]:
    """Return the catalogue of finding codes, read from ``graph/finding_codes.csv``.

    Examples
    --------
    >>> catalogue()["self_supply"].severity
    'info'
    """
    severities: dict[str, Severity] = {severity: severity for severity in SEVERITIES}
    rows = shipped_rows("graph", "finding_codes.csv")
    return {row["code"]: CodeText(row["code"], severities[row["severity"]], row) for row in rows}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed. `detail` fills the template of `code`; empty places are unknown."""

    code: str
    detail: str = ""
    table: str = ""
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    cluster_id: str = ""
    year: int | None = None
    participant_id: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is: an error cost data, a warning may have, an info only tells."""
        return catalogue()[self.code].severity

    def message(self, lang: str = "en") -> str:
        r"""Return the sentence in `lang`.

        Examples
        --------
        >>> Finding("year_impossible", value="20222").message()
        'the year 20222 is not a year between 1900 and 2100'

        A cell of a file is quoted as it stands there; a figure that was worked out follows the language, and
        one of money (``{value:money}``) is in millions wherever it comes from; ``{value:figure}`` is where
        its column holds money.

        >>> Finding("ratio_above_one", value="1.25").message("ru")[-6:-1]
        ' 1,25'
        >>> Finding("supply_bounded", value="1234.5").message()[-15:]
        '1,234.5\xa0million'
        """
        sentence = catalogue()[self.code].sentence(lang)
        if not self.detail:
            sentence = _NO_DETAIL.sub("", sentence)
        return _ANY.sub(lambda found: self._place(found[1], found[2] or "", lang), sentence)

    def called(self, names: Mapping[str, str]) -> Finding:
        """Return the same with the names of participants beside their ids; short numbers are no ids here.

        Examples
        --------
        >>> names = {"p1": "Axle", "12": "Rim"}
        >>> told = Finding("self_supply", detail="p2; 12", participant_id="p1").called(names)
        >>> told.detail, told.participant_id
        ('p2; 12', 'Axle (p1)')
        """

        def named(who: str) -> str:
            return f"{names[who]} ({who})" if names.get(who, who) != who else who

        parts = self.detail.split("; ")
        told = [named(part) if len(part) >= _ID or not part.isdigit() else part for part in parts]
        return replace(self, detail="; ".join(told), participant_id=named(self.participant_id))

    def _place(self, name: str, kind: str, lang: str) -> str:
        """Return what fills one place of the sentence."""
        told = self.value if name == "value" else listed(self.detail)
        if kind == "cells":
            return _CELL.sub(lambda found: _cell(self.table, found[1], found[2], lang), told)
        if kind:
            money = kind == "money" or (kind == "figure" and is_money(self.table, self.column))
            return _measured(told, money, lang)
        return told if name == "value" and self.file else figures(told, lang)

    def action(self, lang: str = "en") -> str:
        """Return what was done about it, in `lang`."""
        return fill(catalogue()[self.code].action(lang), value=self.value, detail=listed(self.detail))

    def where(self, lang: str = BASE) -> str:
        """Return the place in one phrase: file, sheet, row, column, or cluster, year, participant.

        Examples
        --------
        >>> Finding("self_supply", file="links.csv", row=7, column="buyer_id").where()
        'links.csv, row 7, column buyer_id'
        """
        parts = {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "cluster": self.cluster_id,
            "year": self.year,
            "participant": self.participant_id,
        }
        told = [
            f"{text(f'report.where_{name}', lang)} {value}"
            for name, value in parts.items()
            if value not in ("", None)
        ]
        return ", ".join([self.file, *told] if self.file else told)


def figures(told: str, lang: str) -> str:
    r"""Return a figure, or a list of some, as `lang` writes decimals; any other text as it is.

    Examples
    --------
    >>> figures("77.3%", "ru"), figures("0.34; 1.2e+06 (+3)", "ru"), figures("05.1; 20.11.2", "ru")
    ('77,3\xa0%', '0,34; 1200000 (+3)', '05.1; 20.11.2')
    """
    return _FIGURE.sub(lambda found: _written(found[1], found[2], lang), told)


def _measured(told: str, money: bool, lang: str) -> str:
    """Return a figure that a place of a sentence says is one, or a list of some; what is none stays."""
    template = text("format.million", lang) if money else "{value}"
    try:
        return "; ".join(template.replace("{value}", amount(float(one), lang)) for one in told.split("; "))
    except ValueError:
        return told


def _cell(table: str, column: str, figure: str, lang: str) -> str:
    label = within(subset("input.column.", lang).get(column, column))
    return f"{label} {_measured(figure, is_money(table, column), lang)}"


def _written(number: str, percent: str, lang: str) -> str:
    if "e" in number:
        number = f"{Decimal(number):f}"
    number = decimal_point(number, lang)
    return text("format.percent", lang, value=number) if percent else number


def listed(detail: str) -> str:
    """Return a list of ids for a sentence: the first ten, and how many more there are.

    Examples
    --------
    >>> listed("; ".join("abcdefghijkl"))
    'a; b; c; d; e; f; g; h; i; j (+2)'
    """
    parts = detail.split("; ")
    if len(parts) <= NAMED:
        return detail
    more = _MORE.search(detail)
    return f"{'; '.join(parts[:NAMED])} (+{len(parts) - NAMED + (int(more[1]) if more else 0)})"


def joined(ids: Sequence[str]) -> str:
    """Return ids as a `detail` lists them: the first hundred, and how many more there are.

    Examples
    --------
    >>> joined(["a", "b"]), listed(joined(["x"] * 102))[-5:]
    ('a; b', '(+92)')
    """
    more = f" (+{len(ids) - KEPT})" if len(ids) > KEPT else ""
    return "; ".join(ids[:KEPT]) + more


def _listed_all(some: Sequence[Finding], name: str) -> str:
    """Return the different cells of a field, the first ten and how many more there are."""
    cells = dict.fromkeys(str(cell) for item in some if (cell := getattr(item, name)) not in (None, ""))
    return listed(joined(list(cells)))


def _merged(some: Sequence[Finding]) -> Finding:
    """Return one finding for several of a kind: what differs is listed."""
    first = some[0]
    if len(some) == 1:
        return first
    return replace(
        first,
        value=_listed_all(some, "value"),
        detail=_listed_all(some, "detail"),
        cluster_id=_listed_all(some, "cluster_id"),
        participant_id=_listed_all(some, "participant_id"),
        row=first.row if len({item.row for item in some}) == 1 else None,
        year=first.year if len({item.year for item in some}) == 1 else None,
    )


PLACE: Final = tuple(each.name for each in fields(Finding) if each.name not in ("code", "detail"))
COLUMNS: Final = ("code", "severity", "message", "action", *PLACE)


@dataclass
class Findings:
    """A growing list of findings; unknown codes are refused, so the catalogue stays whole."""

    items: list[Finding] = field(default_factory=list)

    def add(self, code: str, **place: Any) -> None:
        """Add one finding of `code` at `place` (the fields of `Finding`)."""
        if code not in catalogue():
            raise ParameterError(
                f"The finding code {code!r} is not in graph/finding_codes.csv; add it there."
            )
        self.items.append(Finding(code, **place))

    def extend(self, other: Iterable[Finding]) -> None:
        """Add all of `other`."""
        self.items.extend(other)

    def __iter__(self) -> Iterator[Finding]:
        """Iterate in the order of adding."""
        return iter(self.items)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.items)

    def count(self, severity: Severity) -> int:
        """Return how many have `severity`."""
        return sum(item.severity == severity for item in self.items)

    def counted(self, lang: str = BASE) -> str:
        """Return in one line how many there are of each severity.

        Examples
        --------
        >>> Findings([Finding("self_supply")]).counted()
        'findings: error 0, warning 0, info 1'
        """
        told = ", ".join(f"{term(severity, lang)} {self.count(severity)}" for severity in SEVERITIES)
        return text("show.findings", lang, findings=told)

    def __repr__(self) -> str:
        """Return the counts and the worst kinds, a line each."""
        kinds = self.by_kind()
        lines = [
            f"  {row['severity']}: {inert(row['message'], 100)} (×{row['count']})"
            for row in kinds.head(_KINDS).to_dict("records")
        ]
        more = [f"  … +{len(kinds) - _KINDS}"] if len(kinds) > _KINDS else []
        return "\n".join([self.counted(), *lines, *more])

    def _repr_html_(self) -> str:
        """Return the same for a notebook: a row a kind, the worst first."""
        kinds, labels = self.by_kind(), subset("report.record_", BASE)
        names = ("severity", "code", "message", "action")
        rows = ([*(row[name] for name in names), row["count"]] for row in kinds.to_dict("records"))
        heads = [*(labels[name] for name in names), text("check.count", BASE)]
        return notebook([self.counted()], heads, rows, len(kinds), BASE)

    def by_kind(self, lang: str = "en") -> pd.DataFrame:
        """Return a table with a row for each code, place and column: `COLUMNS`, ``count`` and ``rows``.

        Cells in which the findings of one kind differ list them: the first ten, and how many more there are.

        Examples
        --------
        >>> found = Findings([Finding("self_supply", file="links.csv", row=row) for row in (2, 5)])
        >>> found.by_kind()[["code", "count", "rows"]].values.tolist()
        [['self_supply', 2, '2; 5']]
        """
        kinds: dict[tuple[str, ...], list[Finding]] = {}
        for item in sorted(self.items, key=lambda item: SEVERITIES.index(item.severity)):
            kinds.setdefault((item.code, item.table, item.file, item.sheet, item.column), []).append(item)
        merged = [_merged(some) for some in kinds.values()]
        frame = Findings(merged).to_frame(lang)
        frame["count"] = [len(some) for some in kinds.values()]
        for name in ("row", "year"):
            frame[f"{name}s"] = [_listed_all(some, name) for some in kinds.values()]
        return frame

    def to_frame(self, lang: str = "en") -> pd.DataFrame:
        """Return a table with `COLUMNS`, errors first, otherwise in the order of adding."""
        order = {severity: rank for rank, severity in enumerate(SEVERITIES)}
        items = sorted(self.items, key=lambda item: order[item.severity])
        told = ((item.code, item.severity, item.message(lang), item.action(lang)) for item in items)
        places = map(attrgetter(*PLACE), items)
        rows = [(*sentence, *place) for sentence, place in zip(told, places, strict=True)]
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        return frame.astype({"row": "Int64", "year": "Int64"})
