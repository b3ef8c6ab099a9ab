"""A formation: one cluster in one year, as arrays that metrics read."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustercoop.graph.arrays import AnyInts, Bools, Floats, Int32s, Ints, Objects


def sum_by(index: AnyInts, value: Floats, size: int) -> Floats:
    """Return the sums of `value` by `index`, shape (size,).

    Examples
    --------
    >>> sum_by(np.array([0, 2, 0]), np.array([1.0, 2.0, 3.0]), 3).tolist()
    [4.0, 0.0, 2.0]
    """
    return np.asarray(np.bincount(index, value, size), dtype=np.float64)


class Figure:
    """A numeric column of the table ``activity`` as an attribute of `Formation`, shape (n,), NaN unknown."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Take the attribute's name as the column's."""
        self.name = name

    def __get__(self, formation: Formation, owner: type | None = None) -> Floats:
        """Return the column of `formation`."""
        figure: Floats = formation.activity[self.name]
        return figure


@dataclass(frozen=True, eq=False)
class Formation:
    """One cluster in one year.

    Members are numbered 0 … n−1 in the order of their ids. Parallel links of a pair are summed into
    one edge; self-supply is kept apart and zero-valued links make no edge.

    Attributes
    ----------
    cluster_id, year : str, int
        Which formation it is.
    members : array of int32, shape (n,)
        Codes of the members in `SupplyGraph.node_ids`.
    ids : array of str, shape (n,)
        Their participant ids.
    share : array of float64, shape (n,)
        Part of the member that counts here: below 1 for a member of several clusters that is split between
        them (`Settings.shared_members`). Links and activity below are that part.
    src, dst, weight : arrays, shape (m,)
        Internal edges: `src` supplied `weight` to `dst` (local numbers), sorted by (src, dst).
    self_supply, sales_outside, purchases_outside : arrays of float64, shape (n,)
        Sums of the member's other links of the year (millions of the currency).
    activity : mapping of str to array, shape (n,)
        Every column of the table ``activity`` of the year: float64 with NaN unknown, text with "" unknown.
    output, purchases, employees, value_added, rd_expenses, used_by_participants, emissions : float64, (n,)
        The columns of `activity` that metrics read, by name.
    role, industry_code, region : arrays of str, shape (n,)
        What each member is in this cluster and year; "" is unknown.
    internal_rows, self_rows, sales_rows, purchase_rows : arrays of int64
        Positions in `SupplyGraph.links` of the links behind the sums.
    knowledge_rows : array of int64
        Positions of the links of kind knowledge between a member and somebody else. They are ties, no supply:
        no sum above holds them.
    unread : mapping of str to array of bool, shape (n,)
        Column of ``activity`` → members of whom a figure stands there that nobody could read.
    has_links : bool
        Whether any supply of the year but self-supply touches a member. Without one, sums of links to others
        are unknown, not 0: that somebody supplies itself does not tell that supply to others was recorded.
    """

    cluster_id: str
    year: int
    members: Int32s
    ids: Objects
    share: Floats
    src: Int32s
    dst: Int32s
    weight: Floats
    self_supply: Floats
    sales_outside: Floats
    purchases_outside: Floats
    activity: Mapping[str, NDArray[Any]]
    role: Objects
    industry_code: Objects
    region: Objects
    internal_rows: Ints
    self_rows: Ints
    sales_rows: Ints
    purchase_rows: Ints
    knowledge_rows: Ints
    unread: Mapping[str, Bools]
    has_links: bool

    output = Figure()
    purchases = Figure()
    employees = Figure()
    value_added = Figure()
    rd_expenses = Figure()
    used_by_participants = Figure()
    emissions = Figure()

    def __repr__(self) -> str:
        """Return which one it is, and how large."""
        return f"Formation({self.cluster_id!r}, {self.year}): members {self.n}, links inside {len(self.src)}"

    @property
    def n(self) -> int:
        """Number of members."""
        return len(self.members)

    @cached_property
    def supplied_inside(self) -> Floats:
        """What each member supplied to other members, shape (n,)."""
        return sum_by(self.src, self.weight, self.n)

    @cached_property
    def bought_inside(self) -> Floats:
        """What each member bought from other members, shape (n,)."""
        return sum_by(self.dst, self.weight, self.n)

    @cached_property
    def noted(self) -> dict[str, Any]:
        """What others remember of it that no figure of `activity` changes."""
        return {}

    def with_figures(self, activity: Mapping[str, NDArray[Any]]) -> Formation:
        """Return it with other figures in `activity`; sums of links, and what is `noted`, stand."""
        out = copy(self)
        vars(out).update(activity=activity, noted=self.noted)
        return out

    def dense(self) -> Floats:
        """Return W, shape (n, n): W[i, j] is what i supplied to j; the diagonal is zero."""
        matrix = np.zeros((self.n, self.n))
        matrix[self.src, self.dst] = self.weight
        return matrix
