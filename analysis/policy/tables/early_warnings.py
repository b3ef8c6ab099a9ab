"""Early warnings: figures that fall two years in a row, cooperation that falls as a cluster closes in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import pandas as pd

from clustercoop.analysis.comparable import Comparable
from clustercoop.analysis.metric import number_of, text_of
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.graph.said import Said, coded, say

FALLING: Final = {
    "productivity falls": "value_added_per_employee",
    "innovation falls": "rd_per_employee",
    "cooperation falls": "cooperation_ratio",
}
CLOSING: Final = "closing in"
TURNING: Final = "core turns over"
READ: Final = ("cluster_id", "year", *FALLING.values(), "isolation", "core_")
NOISE: Final = 1e-9
Row = Mapping[Any, Any]
Judged = tuple[bool | None, list[Said]]


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row for each warning and cluster-year that has the years before it that the warning needs.

    ``state`` is yes, no, or cannot be told; figures known only in bounds decide where the bounds do. Amounts
    are compared in constant prices where all their years have them.
    """
    cut = analysed.thresholds.core_turnover
    rows = []
    names = [name for name in analysed.formations if str(name).startswith(READ)]
    clusters: dict[str, dict[int, Row]] = {}
    for row in analysed.formations[names].to_dict("records"):
        clusters.setdefault(str(row["cluster_id"]), {})[int(row["year"])] = row
    for cluster, years in sorted(clusters.items()):
        for year in sorted(years):
            for warning, (holds, because) in _warnings(years, year, cut, analysed.comparable):
                state = "cannot be told" if holds is None else "yes" if holds else "no"
                rows.append((cluster, year, warning, state, coded(because)))
    return pd.DataFrame(rows, columns=["cluster_id", "year", "warning", "state", "because"])


def _warnings(
    years: Mapping[int, Row], year: int, cut: float, comparable: Comparable
) -> Iterator[tuple[str, Judged]]:
    now, before, first = years[year], years.get(year - 1), years.get(year - 2)
    if before is None:
        return
    if first is not None:
        for warning, column in FALLING.items():
            yield warning, _falls(column, (first, before, now), year, comparable)
    yield CLOSING, _closes(before, now, comparable)
    yield TURNING, _turns(before, now, cut)


def _ends(row: Row, column: str, bounds: bool = False) -> tuple[float, float]:
    value = number_of(row.get(column))
    if not bounds and not math.isnan(value):
        return value, value
    return number_of(row.get(f"{column}_low")), number_of(row.get(f"{column}_high"))


def _less(later: tuple[float, float], earlier: tuple[float, float]) -> bool | None:
    """Tell whether a figure fell, from the bounds of both years."""
    if later[1] < earlier[0] - NOISE * abs(earlier[0]):
        return True
    return False if later[0] >= earlier[1] - NOISE * abs(earlier[1]) else None


def _falls(column: str, rows: tuple[Row, Row, Row], year: int, comparable: Comparable) -> Judged:
    fixed = f"{column}_constant"
    if not any(math.isnan(number_of(row.get(fixed))) for row in rows):
        column = fixed
    steps, others = [], False
    for before, after in pairwise(rows):
        apart = _apart(column, before, after, comparable)
        others |= apart
        steps.append(_less(_ends(after, column, apart), _ends(before, column, apart)))
    holds = False if False in steps else None if None in steps else True
    told = [_told(column, year - 2 + place, *_ends(row, column)) for place, row in enumerate(rows)]
    return holds, [*told, say("early.other_members")] if others else told


def _apart(column: str, before: Row, after: Row, comparable: Comparable) -> bool:
    """Tell whether the figures are not of the same members, so that bounds alone decide."""
    return not comparable(column, str(after["cluster_id"]), int(before["year"]), int(after["year"]))


def _told(column: str, year: int, low: float, high: float) -> Said:
    kind = "share" if column in ("cooperation_ratio", "isolation") else "money"
    name = {"column": column}
    if math.isnan(low) and math.isnan(high):
        return say("early.unknown", figure=name, year={"year": year})
    if low == high:
        return say("early.figure", figure=name, year={"year": year}, value={kind: low})
    ends = {end: {kind: value} for end, value in (("from", low), ("to", high)) if not math.isnan(value)}
    side = "between" if len(ends) == 2 else "least" if "from" in ends else "most"
    return say(f"early.{side}", figure=name, year={"year": year}, **ends)


def _closes(before: Row, now: Row, comparable: Comparable) -> Judged:
    """Tell whether cooperation fell while isolation rose; isolation of other parts is not compared."""
    apart = _apart("cooperation_ratio", before, now, comparable)
    fell = _less(_ends(now, "cooperation_ratio", apart), _ends(before, "cooperation_ratio", apart))
    same = text_of(before.get("isolation_basis")) == text_of(now.get("isolation_basis"))
    rose = _less(_ends(before, "isolation"), _ends(now, "isolation")) if same else None
    holds = False if False in (fell, rose) else None if None in (fell, rose) else True
    told = [
        _told(column, int(row["year"]), *_ends(row, column))
        for column in ("cooperation_ratio", "isolation")
        for row in (before, now)
    ]
    return holds, told if same else [*told, say("early.other_basis")]


def _turns(before: Row, now: Row, cut: float) -> Judged:
    """Tell whether more than `cut` of the members of either core are in only one of the two."""
    cores = [(_ids(row.get("core_members")), _ids(row.get("core_maybe_members"))) for row in (before, now)]
    (old, perhaps_old), (new, perhaps_new) = cores
    if not (old | perhaps_old) or not (new | perhaps_new):
        return None, [say("early.no_core")]
    most = 1 - len(old & new) / len(old | perhaps_old | new | perhaps_new)
    shared, whole = (old | perhaps_old) & (new | perhaps_new), old | new
    least = max(0.0, 1 - len(shared) / len(whole)) if whole else 0.0
    holds = True if least > cut else False if most <= cut else None
    year = {"year": int(now["year"])}
    if least == most:
        told = [say("early.turnover", year=year, value={"share": most}, cut={"share": cut})]
    else:
        told = [say("early.turnover_between", year=year, low={"share": least}, high={"share": most})]
    gone, come = sorted(old - new - perhaps_new), sorted(new - old - perhaps_old)
    told += [say("early.gone", who={"members": gone})] if gone else []
    told += [say("early.come", who={"members": come})] if come else []
    return holds, told


def _ids(value: object) -> set[str]:
    return set(value.split(";")) if isinstance(value, str) and value else set()
