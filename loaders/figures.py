"""Checks of figures of participants or clusters: what does not go together, and jumps between years."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clustercoop.loaders.keys import groups
from clustercoop.loaders.ledger import Ledger

ODD: Final = 1000.0
JUMP_UP: Final = 10.0
# A fall that prints as 70 % counts as one: the published 0.374 after 1.244 is 69.94 %.
JUMP_DOWN: Final = 1.0 - 0.695


def check_figures(ledger: Ledger, who: str) -> None:
    """Tell figures of activity or indicators that do not go together, and jumps between years."""

    def shown(name: str) -> Callable[[int], str]:
        return _texts(ledger.values(name))

    activity = "output" in ledger.frame
    added, research = ("value_added", "rd_expenses")
    if not activity:
        added, research = ("value_added_per_employee", "rd_per_employee")
    zero = ledger.values(added) == 0
    beside = [research, *(("output", "employees") if activity else ())]
    positive = np.column_stack([ledger.values(name) > 0 for name in beside])

    def named(row: int) -> str:
        held = zip(beside, positive[row], strict=True)
        return ", ".join(f"{name} {ledger.values(name)[row]:.15g}" for name, above in held if above)

    ledger.note(zero & positive.any(axis=1), "zero_beside_positive", added, detail=named)
    both = zero & (ledger.values(research) == 0) & ~positive.any(axis=1)
    ledger.note(both, "both_zero", added)
    above = (ledger.values(research) > ledger.values(added)) & (ledger.values(added) > 0)
    ledger.note(above, "rd_above_value_added", research, value=shown(research), detail=shown(added))
    if activity:
        over = ledger.values("used_by_participants") > ledger.values("output")
        ledger.note(
            over,
            "used_above_output",
            "used_by_participants",
            value=shown("used_by_participants"),
            detail=shown("output"),
        )
    _check_neighbours(ledger)
    _check_jumps(ledger, who)


def _check_neighbours(ledger: Ledger) -> None:
    """Tell figures a head a thousand times as large or small as the usual one of their column."""
    spec = ledger.spec
    a_head = {c.name: ledger.values(c.name) for c in spec.columns if c.name.endswith("_per_employee")}
    if "employees" in ledger.frame:
        people = ledger.values("employees")
        for name in ("output", "value_added", "rd_expenses"):
            a_head[name] = np.divide(
                ledger.values(name), people, out=np.full(len(ledger), np.nan), where=people > 0
            )
    for name, values in a_head.items():
        known = ledger.alive & (values > 0)
        if known.sum() < 3:
            continue
        usual = float(np.median(values[known]))
        odd = known & ((values > ODD * usual) | (values < usual / ODD))
        ledger.note(odd, "magnitude_odd", name, detail=f"{usual:.6g}")


def _check_jumps(ledger: Ledger, who: str) -> None:
    alive = np.flatnonzero(ledger.alive)
    years = ledger.values("year")[alive]
    codes = groups(ledger.frame, [who])[alive]
    order = np.lexsort((years, codes))
    now, before = order[1:], order[:-1]
    next_year = (codes[now] == codes[before]) & (years[now] == years[before] + 1)
    now, before = alive[now[next_year]], alive[before[next_year]]
    for column in ledger.spec.columns:
        if column.type not in ("money", "count") or column.bounds:
            continue
        values = ledger.values(column.name)
        ratio = np.full(len(ledger), np.nan)
        known = values[before] > 0
        ratio[now[known]] = values[now[known]] / values[before[known]]
        earlier = np.full(len(ledger), np.nan)
        earlier[now] = values[before]

        # Both of one unit: the cell of the file may be in another than the year before.
        for code, jumps in (("jump_up", ratio > JUMP_UP), ("jump_down", ratio < JUMP_DOWN)):
            ledger.note(jumps, code, column.name, value=_texts(values), detail=_texts(earlier))


def _texts(values: NDArray[Any]) -> Callable[[int], str]:
    return lambda row: f"{values[row]:.15g}"
