"""Rows of one key: which they are, exact repeats among them, and rows that disagree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Ints
from clustercoop.graph.schema import ENDS
from clustercoop.loaders.ledger import Ledger

PAIR: Final = ("year", *ENDS)
_BESIDE: Final = "beside the contract"
_MANY: Final = 100_000

# Given the rows that repeat an earlier one, and the earlier one of each row: which of them count once.
Settle = Callable[[Bools, Ints], Bools]


def groups(frame: pd.DataFrame, names: Sequence[str]) -> Ints:
    """Return a number for each row, equal where its cells of `names` are; two missing cells are equal.

    Examples
    --------
    >>> groups(pd.DataFrame({"a": ["x", None, "x", None], "b": [1.0, 2.0, 1.0, 2.0]}), ["a", "b"]).tolist()
    [4, 2, 4, 2]
    """
    group, span = np.zeros(len(frame), np.int64), 1
    for name in names:
        codes, size = _codes(frame[name])
        if span > 2**62 // size:
            group, distinct = pd.factorize(group)
            span = len(distinct)
        group *= size  # in place: there may be a hundred million rows
        group += codes
        group += 1
        span *= size
    return group


def _codes(column: pd.Series[Any]) -> tuple[NDArray[Any], int]:
    """Return a number for each cell, −1 for a missing one, and how many numbers there are."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), len(column.cat.categories) + 1
    if column.isna().all():
        return np.full(len(column), -1), 1
    codes, unique = pd.factorize(column, use_na_sentinel=True)
    return codes, len(unique) + 1


def first_equal(frame: pd.DataFrame, names: Sequence[str]) -> Ints:
    """Return each row's first equal in `names`, as a position; two missing cells are equal."""
    _, first, group = np.unique(groups(frame, names), return_index=True, return_inverse=True)
    return first[group].astype(np.int64)


def check_keys(ledger: Ledger, *, parallel: str = "") -> None:
    """Reject exact repeats, and all rows of one key that disagree.

    Where `parallel` is a finding code, rows of one key that disagree are kept, with that finding.
    """
    check_shared(ledger, drop_repeats(ledger, by_all=bool(parallel)), parallel=parallel)


def drop_repeats(ledger: Ledger, *, by_all: bool = False, settle: Settle | None = None) -> Ints:
    """Reject exact repeats; return the rows whose key another row has too.

    `settle` says which repeats are to be rejected; all of them by default.
    """
    shared = _shared(ledger)
    if len(shared):
        reject_repeats(ledger, shared, by_all=by_all, settle=settle)
    return shared


def check_shared(ledger: Ledger, shared: Ints, *, parallel: str = "") -> None:
    """Reject, or tell by the code `parallel`, rows of one key among the `shared` ones that still live."""
    key = ledger.spec.key
    shared = shared[ledger.alive[shared]]
    if not len(shared):
        return
    first = first_equal(ledger.frame.iloc[shared], key)
    original = np.arange(len(ledger))
    original[shared] = shared[first]

    def as_row(row: int) -> str:
        return ledger.place_of(int(original[row]))

    if parallel:
        hit = ledger.mask(shared[first != np.arange(len(shared))])
        ledger.merged = int(hit.sum())
        ledger.note(hit, parallel, ledger.figures[0], detail=as_row)
        return
    several = np.bincount(first, minlength=len(shared))[first] > 1
    names = {row: _key_text(ledger, row) for row in shared[several].tolist()}
    hit = ledger.mask(shared[several])
    ledger.reject(hit, "duplicate_conflict", key[0], value=names.__getitem__, detail=as_row)


def reject_repeats(ledger: Ledger, rows: Ints, *, by_all: bool = False, settle: Settle | None = None) -> Ints:
    """Reject those of `rows` that repeat an earlier one cell by cell; return each row's first equal.

    With `by_all` cells of columns that are not in the contract (quarter, contract, invoice) and days of dates
    count too: two deliveries of one price in two quarters are two deliveries.
    """
    original = np.arange(len(ledger))
    frame = ledger.frame.iloc[rows]
    names = list(ledger.spec.names)
    if by_all:
        frame = frame.assign(**{_BESIDE: ledger.beside(rows)})
        names.append(_BESIDE)
    first = first_equal(frame, names)
    original[rows] = rows[first]
    repeated = ledger.mask(rows[first != np.arange(len(rows))])
    if settle is not None:
        repeated = settle(repeated, original)
    ledger.reject(
        repeated,
        "duplicate_row",
        ledger.spec.key[0],
        value="",
        detail=lambda row: ledger.place_of(int(original[row])),
    )
    return original


def _shared(ledger: Ledger) -> Ints:
    """Return the living rows whose key another living row has too."""
    rows = np.flatnonzero(ledger.alive)
    code = groups(ledger.frame, ledger.spec.key)
    code = code if len(rows) == len(code) else code[rows]
    if bool((np.diff(code) > 0).all()):
        return rows[:0]
    if len(code) > _MANY and bool((np.diff(np.sort(code)) > 0).all()):  # sorting is faster than hashing then
        return rows[:0]
    return rows[pd.Series(code).duplicated(keep=False).to_numpy()]


def _key_text(ledger: Ledger, row: int) -> str:
    cells = (ledger.frame[name].iat[row] for name in ledger.spec.key)
    return ", ".join(f"{c:g}" if isinstance(c, float) else str(c) for c in cells)
