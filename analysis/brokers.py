"""Hubs and gatekeepers: who links the inside with the outside, and one group with another."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from clustercoop.analysis.jit import jit
from clustercoop.analysis.thresholds import role_name
from clustercoop.graph.arrays import AnyInts, Floats, Indices, Ints, Objects
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.kinds import KINDS

ROLES: Final = ("coordinator", "itinerant", "gatekeeper", "representative", "liaison")
LARGEST: Final = 2000
"""Up to so many members brokerage is counted whatever the links…"""
PATHS: Final = 30_000_000
"""… and above, up to so many paths over two links."""


def broker_share(internal: ArrayLike, external: ArrayLike) -> Floats:
    """Return min(internal, external flow) / total flow of each participant, shape (n,).

    0 for one that deals with one side only, 0.5 for one that deals equally with both.

    Parameters
    ----------
    internal, external : array-like, shape (n,)
        Flow with members and with the outside, both directions summed.

    Returns
    -------
    array of float64, shape (n,)
        In [0, 0.5]; NaN for a participant without flows.

    Examples
    --------
    >>> broker_share([3.0, 4.0, 0.0], [1.0, 0.0, 0.0]).tolist()
    [0.25, 0.0, nan]
    """
    inside = np.asarray(internal, dtype=np.float64)
    outside = np.asarray(external, dtype=np.float64)
    total = inside + outside
    smaller = np.minimum(inside, outside)
    share: Floats = np.divide(smaller, total, out=np.full(total.shape, np.nan), where=total > 0)
    return share


def gould_fernandez(adjacency: ArrayLike, groups: ArrayLike) -> Ints:
    r"""Return how often each participant brokers between two others that are not linked, shape (n, 5).

    For every path a → b → c with a ≠ c and no link a → c, b is, by the groups of the three:
    **coordinator** (all the same), **itinerant** broker (a and c the same, b another), **gatekeeper** (b
    and c the same: lets into the group), **representative** (a and b the same: speaks for the group),
    **liaison** (three different). The columns are in this order.

    Parameters
    ----------
    adjacency : array-like, shape (n, n)
        Nonzero where i supplies j; the diagonal does not count.
    groups : array-like, shape (n,)
        The group of each participant, for instance its role or its cluster.

    Raises
    ------
    ParameterError
        Shapes that do not fit.

    References
    ----------
    Gould, R. V., Fernandez, R. M. (1989). Structures of mediation. Sociological Methodology 19, 89–126.

    Examples
    --------
    >>> gould_fernandez([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["firm", "university", "university"])[1].tolist()
    [0, 0, 1, 0, 0]
    """
    links = np.asarray(adjacency) != 0
    group = np.asarray(groups)
    if group.dtype.kind != "i":
        group = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)[1]
    if links.ndim != 2 or links.shape != (len(group), len(group)):
        raise parameter_error(
            "adjacency", "gould_fernandez", f"of shape ({len(group)}, {len(group)})", links.shape
        )
    src, dst = np.nonzero(links & ~np.eye(len(group), dtype=bool))
    return _counted(len(group), src.astype(np.int32), dst.astype(np.int32), group)


def _counted(n: int, src: AnyInts, dst: AnyInts, group: Ints) -> Ints:
    """Return what `gould_fernandez` does from links sorted by (src, dst)."""
    counts = np.zeros((n, len(ROLES)), np.int64)
    _mediate(src, dst, group, counts)
    return counts


@jit
def _mediate(src: AnyInts, stop: AnyInts, group: Ints, counts: Ints) -> None:
    """Count the paths over each participant by `ROLES`; links are sorted by `src`."""
    met, begins = np.zeros(counts.shape[0], np.int64), np.zeros(counts.shape[0] + 1, np.int64)
    for e in range(src.size):
        begins[src[e] + 1] += 1
    for a in range(counts.shape[0]):
        begins[a + 1] += begins[a]
    for a in range(counts.shape[0]):
        for e in range(begins[a], begins[a + 1]):
            met[stop[e]] = a + 1
        for e in range(begins[a], begins[a + 1]):
            b = stop[e]
            for f in range(begins[b], begins[b + 1]):
                c = stop[f]
                if c == a or met[c] == a + 1:
                    continue
                near, next_near = group[a] == group[b], group[b] == group[c]
                apart = 2 if next_near else 1 if group[a] == group[c] else 4
                together = 0 if next_near else 3
                counts[b, together if near else apart] += 1


def paths_of(n: int, src: AnyInts, dst: AnyInts) -> int:
    """Return how many paths over two links there are."""
    return int((np.bincount(src, minlength=n)[dst]).sum())


def countable(n: int, src: AnyInts, dst: AnyInts) -> bool:
    """Tell whether brokerage can be counted, by matrices or path by path."""
    return n <= LARGEST or paths_of(n, src, dst) <= PATHS


def brokerage_roles(n: int, src: AnyInts, dst: AnyInts, role: Objects) -> dict[str, NDArray[Any]]:
    """Return the columns ``brokerage_coordinator`` … ``brokerage_liaison`` of a formation's members.

    Groups are roles, letter case and outer spaces aside; links are sorted by (src, dst), none of them of a
    member with itself. Unknown (NaN) unless every linked member's role is known and there are two of them at
    least, and where there are too many to count (`countable`).
    """
    unknown = dict.fromkeys((f"brokerage_{name}" for name in ROLES), np.full(n, np.nan))
    given = role.tolist()
    names = {name: role_name(str(name)) for name in set(given)}
    if not any(names.values()) or not countable(n, src, dst):
        return unknown
    linked = set(src.tolist()).union(dst.tolist())
    known = {names[given[member]] for member in linked}
    if "" in known or len(known) < 2:
        return unknown
    numbers = {name: k for k, name in enumerate(sorted(set(names.values())))}
    group = np.array([numbers[names[name]] for name in given])
    counts = np.array(_counted(n, src, dst, group).T, np.float64, order="C")
    return dict(zip(unknown, counts, strict=True))


def chain_leaders(participants: pd.DataFrame) -> pd.DataFrame:
    """Return the chain leaders of each formation: in the core, in control downstream, and brokers.

    A leader is a core member whose `clustercoop.analysis.chain.downstream_control` is positive and
    at least the median of the formation's members, and whose `broker_share` is at least their median.

    Parameters
    ----------
    participants : DataFrame
        One row a participant-year: ``cluster_id, year, participant_id, in_core, downstream_control,
        broker_share``.

    Returns
    -------
    DataFrame
        ``cluster_id, year, chain_leaders``: ids joined by ``;``, most control first. "" where nobody leads
        or where core, control or broker shares are unknown throughout.

    Examples
    --------
    >>> chain_leaders(pd.DataFrame({
    ...     "cluster_id": ["c"] * 3, "year": [2022] * 3, "participant_id": list("abz"),
    ...     "in_core": [True, True, False], "downstream_control": [0.4, 0.5, 0.1],
    ...     "broker_share": [0.3, 0.2, 0.2]}))["chain_leaders"].tolist()
    ['b;a']
    """
    cluster, _ = pd.factorize(participants["cluster_id"])
    year, years = pd.factorize(participants["year"])
    place, _ = pd.factorize(cluster * (len(years) + 1) + year)
    first = np.unique(place, return_index=True)[1]
    control, share = (
        participants[name].to_numpy("float64", na_value=np.nan)
        for name in ("downstream_control", "broker_share")
    )
    core = KINDS["bool"].cells(participants["in_core"]).to_numpy(dtype=bool, na_value=False)
    leads = (
        core & (control > 0) & (control >= _median_of(control, place)) & (share >= _median_of(share, place))
    )
    rows = np.flatnonzero(leads)
    who = participants["participant_id"].array[rows].tolist()
    names: dict[int, list[str]] = {}
    for _, one, at in sorted(zip((-control[rows]).tolist(), who, place[rows].tolist(), strict=True)):
        names.setdefault(at, []).append(str(one))
    every = participants[["cluster_id", "year"]].iloc[first].reset_index(drop=True)
    return every.assign(chain_leaders=[";".join(names.get(at, ())) for at in range(len(every))])


def _median_of(values: Floats, place: Indices) -> Floats:
    """Return the median of the known values of each row's place, NaN where none is known."""
    order = np.lexsort((values, place))  # NaN last
    sizes = np.bincount(place)
    known, start = np.bincount(place[~np.isnan(values)], minlength=len(sizes)), np.cumsum(sizes) - sizes
    held = np.append(values[order], np.nan)
    middle = (held[start + (known - 1) // 2] + held[start + known // 2]) / 2
    return np.where(known > 0, middle, np.nan)[place]
