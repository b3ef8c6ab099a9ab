"""Statements about clusters held against the figures: confirmed, contradicted, undecided for want of data.

A file of claims is TOML. Each ``[[claim]]`` names a column of ``formations.csv``, one condition, the years
and the clusters that it is about::

    [[claim]]
    id = "transport-2020"
    says = "The transport cluster was of the traditional type in 2020."
    cluster = "transport-engineering"     # an id or a name
    column = "ecosystem_type"
    is = "traditional production"         # a value, or a list of values
    years = [2020]                        # or from = 2020, to = 2023; by default every year there is

Conditions: ``is``, ``is_not``, ``above``, ``at_least``, ``below``, ``at_most``, or ``trend`` (``rises``,
``falls``: from each year to the next; a year in between that is unknown leaves it open unless the years
around it contradict it). ``in = "any"`` asks for one of the years instead of all of them.
``clusters`` is ``all``, ``none`` or ``only`` (``cluster`` and nobody else) instead of one cluster. More
conditions, which must hold in the same year, stand in ``also = [{ column = "…", is = "…" }]``. A claim with
``confirmed = false`` is a proposal (`clustercoop.analysis.policy.proposals`) and is not judged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from clustercoop.analysis.comparable import Comparable
from clustercoop.analysis.metric import is_number
from clustercoop.analysis.rule_files import Entry, RuleFile, named
from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import DataError
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.texts import entries, languages, refusal, term

COLUMNS: Final = ("claim", "verdict", "says", "for", "against", "missing")
CONDITIONS: Final = ("is", "is_not", "above", "at_least", "below", "at_most", "trend")
TRENDS: Final = ("rises", "falls")
SCOPES: Final = ("all", "none", "only")
_TEST: Final = {"column", *CONDITIONS}
_KEYS: Final = {"id", "says", "cluster", "clusters", "years", "from", "to", "in", "also", "confirmed", *_TEST}
NOMINAL: Final = " (nominal)"
"""Mark of a trend of amounts in prices of their years."""
ONE_YEAR: Final = "one year"
"""What is shown of a trend that a single year cannot have."""
_LISTED: Final = 12
# Columns of several terms, some of which a file of rules may name.
_LISTS: Final = ("requirements_failed", "early_warnings")
_NOISE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Condition:
    """What a figure of one column must be."""

    column: str
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement; see the module for its form. Its conditions must all hold in the same year."""

    name: str
    says: str
    cluster: str
    scope: str
    conditions: tuple[Condition, ...]
    years: tuple[int, ...] = ()
    any_year: bool = False
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class _Case:
    """One cluster-year, or pair of years of a trend: whether the condition holds, and what was seen."""

    cluster: str
    holds: bool | None
    shown: str


def read_claims(path: str | Path) -> list[Claim]:
    """Read a file of claims.

    Raises
    ------
    DataError
        The file cannot be read, an entry is wrong, or two have one id; the sentence names file, line and
        field.
    """
    return named(RuleFile(path).entries("claim"), _read)


def _read(entry: Entry) -> Claim:
    given = entry.values
    entry.only(_KEYS)
    scope = entry.choice("clusters", ("", *SCOPES), "")
    cluster = given.get("cluster", "")
    if not isinstance(cluster, str) or (scope in ("", "only")) != bool(cluster):
        raise entry.error("claim_cluster")
    within = entry.choice("in", ("every", "any"), "every")
    confirmed = given.get("confirmed", True)
    if not isinstance(confirmed, bool):
        raise entry.wrong("confirmed", "bool", confirmed)
    more = entry.each("also")
    for test in more:
        test.only(_TEST)
    conditions = tuple(_condition(test) for test in (entry, *more))
    if len(conditions) > 1 and any(test.kind == "trend" for test in conditions):
        raise entry.error("claim_trend", "also")
    name, says = str(given.get("id", entry.number + 1)), str(given.get("says", ""))
    return Claim(name, says, cluster, scope, conditions, _years(entry), within == "any", confirmed)


def _condition(entry: Entry) -> Condition:
    known = {column.column: column for column in output_columns("formations")}
    column = entry.values.get("column")
    if column not in known:
        raise entry.wrong("column", "column", column)
    stated = [name for name in CONDITIONS if name in entry.values]
    if len(stated) != 1:
        raise entry.error("claim_condition", known=", ".join(CONDITIONS), count=len(stated))
    [kind] = stated
    value = given = entry.values[kind]
    held = KINDS[known[column].kind]
    numeric = held.numeric
    if kind == "trend":
        if value not in TRENDS or not numeric:
            raise entry.wrong("trend", "trend", value)
    elif kind.startswith("is"):
        value = tuple(value) if isinstance(value, list) else (value,)
        if held.name in ("term", "level"):
            value = tuple(_term(entry, column, kind, one) for one in value)
        if not value:
            raise entry.wrong(kind, "values", given)
        if numeric and not all(map(is_number, value)):
            raise entry.wrong(kind, "number_of_column", given)
        if held.name == "bool" and not all(isinstance(one, bool) for one in value):
            raise entry.wrong(kind, "bool", given)
    elif not numeric or not is_number(value):
        raise entry.wrong(kind, "number_of_column", value)
    limits = [
        one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, int | float)
    ]
    if not all(map(math.isfinite, limits)):
        raise entry.wrong(kind, "finite", value)
    if held.notation == "percent" and any(abs(limit) > 1 for limit in limits):
        raise entry.wrong(kind, "share", given)
    return Condition(column, kind, value)


def _term(entry: Entry, column: str, kind: str, said: object) -> str:
    """Return the term of results that a word in any language means."""
    plain = str(said).casefold()
    for lang in languages():
        for key in entries(lang):
            name = key.removeprefix("term.")
            if name != key and plain in (name.casefold(), term(name, lang).casefold()):
                return name
    if column in _LISTS:
        return str(said)
    raise entry.wrong(kind, "word", said, column=column)


def _years(entry: Entry) -> tuple[int, ...]:
    given = entry.values
    years = given.get("years", [])
    if "from" in given or "to" in given:
        first, last = given.get("from"), given.get("to")
        if "years" in given or not isinstance(first, int) or not isinstance(last, int):
            raise entry.error("claim_years", "from")
        if first > last:
            raise entry.wrong("to", "or_later", last, first=first)
        years = list(range(first, last + 1))
    if not isinstance(years, list) or not all(type(year) is int for year in years):
        raise entry.wrong("years", "years", years)
    return tuple(sorted(set(years)))


def judge_claims(
    claims: Sequence[Claim],
    formations: pd.DataFrame,
    names: Mapping[str, str] | None = None,
    nominal: bool = False,
    comparable: Comparable | None = None,
) -> pd.DataFrame:
    """Hold claims against the figures.

    A figure that is unknown decides where its bounds do (``…_low``, ``…_high``); otherwise a claim that
    hangs on it is undecided. A claim about all clusters is contradicted by one known counter-example.

    Parameters
    ----------
    claims : sequence of Claim
    formations : DataFrame
        As in a result: ``cluster_id, year`` and figures.
    names : mapping, optional
        Cluster id → name; a claim may use either, in any letter case.
    nominal : bool
        Whether amounts of different years are nominal: what is shown of a trend of them says so.
    comparable : Comparable, optional
        Which figures of two years are of the same members; of others the bounds alone decide a trend.

    Returns
    -------
    DataFrame
        One row a claim: ``claim, verdict`` (confirmed, contradicted, undecided; not confirmed for a proposal
        that nobody has looked at), ``says``, and the figures
        ``for`` and ``against`` it and those that are ``missing``, as ``cluster year: value``.

    Raises
    ------
    DataError
        A claim names a cluster that the results do not hold.

    Examples
    --------
    >>> table = pd.DataFrame({"cluster_id": ["c", "c"], "year": [2021, 2022], "rd_per_employee": [0.2, 0.1]})
    >>> said = Claim("1", "", "c", "", (Condition("rd_per_employee", "trend", "rises"),))
    >>> judge_claims([said], table)[["verdict", "against"]].values.tolist()
    [['contradicted', 'c 2021–2022: 0.2 → 0.1']]
    """
    ids = [str(cluster) for cluster in dict.fromkeys(formations["cluster_id"])]
    rows, same = [], comparable or Comparable(formations)
    for claim in claims:
        one = _meant(claim, ids, names or {}) if claim.cluster else ""
        if not claim.confirmed:
            rows.append((claim.name, "not confirmed", claim.says, "", "", ""))
            continue
        cases = {
            cluster: _cases(claim, formations, cluster, nominal, same)
            for cluster in ([one] if not claim.scope else ids)
        }
        told = {cluster: _within(claim, found) for cluster, found in cases.items()}
        holds = _over_clusters(claim.scope, one, told)
        # Where nobody, or nobody else, shall have the trait, having it speaks against the claim.
        wanted = {c: claim.scope in ("", "all") or (claim.scope == "only" and c == one) for c in told}
        every = [case for found in cases.values() for case in found]
        judged = [case for case in every if case.holds is not None]
        rows.append(
            (
                claim.name,
                {True: "confirmed", False: "contradicted", None: "undecided"}[holds],
                claim.says,
                _listed([case for case in judged if case.holds is wanted[case.cluster]], one),
                _listed([case for case in judged if case.holds is not wanted[case.cluster]], one),
                _listed([case for case in every if case.holds is None], one),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _meant(claim: Claim, ids: Sequence[str], names: Mapping[str, str]) -> str:
    """Return the cluster that a claim names: by its id as it is, else by id or name in any letter case."""
    if claim.cluster in ids:
        return claim.cluster
    plain = claim.cluster.casefold()
    found = [one for one in ids if plain in (one.casefold(), names.get(one, "").casefold())]
    if len(found) == 1:
        return found[0]
    about = {"name": claim.name, "cluster": repr(claim.cluster)}
    if found:
        raise refusal(DataError, "claim_ambiguous", **about, first=", ".join(found[:-1]), last=found[-1])
    raise refusal(DataError, "claim_unknown", **about, known=", ".join(ids))


def _listed(cases: Sequence[_Case], first: str) -> str:
    """Return the cases as text, those of the cluster in question first, and how many more there are."""
    ordered = sorted(cases, key=lambda case: case.cluster != first)
    more = [f"(+{len(ordered) - _LISTED})"] if len(ordered) > _LISTED else []
    return "; ".join([case.shown for case in ordered[:_LISTED]] + more)


def _cases(
    claim: Claim, formations: pd.DataFrame, cluster: str, nominal: bool, same: Comparable
) -> list[_Case]:
    """Return what the conditions say of each year asked for, absent years as unknown."""
    mine = formations[formations["cluster_id"].astype(str) == cluster].set_index("year")
    years = claim.years or tuple(int(year) for year in sorted(mine.index))
    first = claim.conditions[0]
    if first.kind == "trend":
        years = claim.years or (tuple(range(years[0], years[-1] + 1)) if years else ())
        cells = {year: _cell(mine, year, first.column) for year in years}
        unit = next(c.unit for c in output_columns("formations") if c.column == first.column)
        mark = NOMINAL if nominal and unit == "money" and not first.column.endswith("_constant") else ""
        return _steps(claim, cluster, cells, mark, same) or [_Case(cluster, None, f"{cluster}: {ONE_YEAR}")]
    out = []
    for year in years:
        seen = [_cell(mine, year, test.column) for test in claim.conditions]
        tests = zip(claim.conditions, seen, strict=True)
        shown = ", ".join(map(_shown, seen))
        out.append(
            _Case(cluster, _all([_holds(test, cell) for test, cell in tests]), f"{cluster} {year}: {shown}")
        )
    return out


def _steps(
    claim: Claim, cluster: str, cells: Mapping[int, tuple[Any, Any, Any]], mark: str, same: Comparable
) -> list[_Case]:
    """Return what is known of each step of a trend, and of the spans over years of which nothing is.

    A span that ends no higher than it began holds a step that does not rise; one that ends higher, a step
    that does.
    """
    years = list(cells)
    steps = list(zip(years[:-1], years[1:], strict=True))
    known = [year for year in years if cells[year] != (None, None, None)]
    spans = [pair for pair in zip(known[:-1], known[1:], strict=True) if pair not in steps]
    out = []
    for a, b in steps + spans:
        first, last = cells[a], cells[b]
        if not same(claim.conditions[0].column, cluster, a, b):
            open_ = None in (first[0], last[0])  # a value without bounds is told beside an unknown one
            first, last = (
                cell if open_ and cell[1:] == (None, None) else (None, *cell[1:]) for cell in (first, last)
            )
        holds = _moves(claim.conditions[0].value, first, last)
        if (a, b) in spans and holds is not claim.any_year:
            holds = None
        shown = f"{cluster} {a}–{b}: {_shown(first)} → {_shown(last)}{mark}"
        out.append(_Case(cluster, holds, shown))
    return out


def _cell(mine: pd.DataFrame, year: int, column: str) -> tuple[Any, Any, Any]:
    """Return value and bounds of a figure; None what is unknown."""
    cells = []
    for name in (column, f"{column}_low", f"{column}_high"):
        value = mine[name].get(year) if name in mine else None
        cells.append(None if value is None or pd.isna(value) or value == "" else value)
    return cells[0], cells[1], cells[2]


def _shown(cell: tuple[Any, Any, Any]) -> str:
    value, low, high = cell
    if value is not None:
        # Semicolons stand between cases.
        return f"{value:.6g}" if isinstance(value, float) else str(value).replace("; ", ", ")
    if low is None and high is None:
        return "unknown"
    if low == high:
        return f"{low:.6g}"
    return f"{'' if low is None else format(low, '.6g')}…{'' if high is None else format(high, '.6g')}"


def _holds(test: Condition, cell: tuple[Any, Any, Any]) -> bool | None:
    value, low, high = cell
    if test.kind in ("is", "is_not"):
        if value is None:
            return None
        held = [value, *str(value).split("; ")] if test.column in _LISTS else [value]
        return any(_same(one, wanted) for one in held for wanted in test.value) is (test.kind == "is")
    low, high = (value, value) if value is not None else (low, high)
    limit = float(test.value)
    noise = _NOISE * abs(limit)
    if test.kind in ("above", "at_least"):
        least = limit + noise if test.kind == "above" else limit - noise
        # A bound is exact: it carries no noise of a division.
        if low is not None and (low >= least or (value is None and low > limit)):
            return True
        return False if high is not None and high < least else None
    most = limit - noise if test.kind == "below" else limit + noise
    if high is not None and (high <= most or (value is None and high < limit)):
        return True
    return False if low is not None and low > most else None


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return abs(float(value) - float(wanted)) <= _NOISE * max(abs(float(value)), abs(float(wanted)))
    return str(value).casefold() == str(wanted).casefold()


def _moves(trend: str, before: tuple[Any, Any, Any], after: tuple[Any, Any, Any]) -> bool | None:
    """Tell whether a figure moved as the trend says, from the bounds of both years where they settle it."""
    lower, upper = (before, after) if trend == "rises" else (after, before)
    (_, most), (least, _) = _ends(lower), _ends(upper)
    if most is not None and least is not None and least > most + _NOISE * abs(most):
        return True
    (most, _), (_, least) = _ends(lower), _ends(upper)
    return False if most is not None and least is not None and least <= most + _NOISE * abs(most) else None


def _ends(cell: tuple[Any, Any, Any]) -> tuple[Any, Any]:
    value, low, high = cell
    return (value, value) if value is not None else (low, high)


def _all(values: Sequence[bool | None]) -> bool | None:
    return False if False in values else None if None in values or not values else True


def _any(values: Sequence[bool | None]) -> bool | None:
    return True if True in values else None if None in values or not values else False


def _within(claim: Claim, cases: Sequence[_Case]) -> bool | None:
    values = [case.holds for case in cases]
    return _any(values) if claim.any_year else _all(values)


def _over_clusters(scope: str, one: str, told: Mapping[str, bool | None]) -> bool | None:
    if scope == "":
        return told[one]
    if scope == "all":
        return _all(list(told.values()))
    nobody = {True: False, False: True, None: None}
    if scope == "none":
        return nobody[_any(list(told.values()))]
    others = [value for cluster, value in told.items() if cluster != one]
    return _all([told[one], nobody[_any(others)] if others else True])
