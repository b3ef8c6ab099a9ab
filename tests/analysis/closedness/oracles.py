"""Slow, obvious versions of the closedness and chain measures, and small formations to try them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog

from clustercoop.graph.arrays import Floats
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph

Link = tuple[str, str, float] | tuple[str, str, float, str]


def circulation_by_linear_program(flows: Floats) -> float:
    """Maximise Σ c with 0 ≤ c ≤ w and balance at every node, as HiGHS solves it.

    Values are scaled to a largest of 10^6: HiGHS works to absolute tolerances of 10^-7, and calls even c = 0
    infeasible where the bounds come close to them.
    """
    src, dst = np.nonzero(flows)
    weight = flows[src, dst]
    balance = np.zeros((len(flows), len(src)))
    links = np.arange(len(src))
    np.add.at(balance, (src, links), 1.0)
    np.add.at(balance, (dst, links), -1.0)
    scale = weight.max() / 1e6
    found = linprog(
        -np.ones(len(src)),
        A_eq=balance,
        b_eq=np.zeros(len(flows)),
        bounds=[(0.0, float(most)) for most in weight / scale],
        method="highs",
    )
    assert found.status == 0 and found.fun is not None, found.message
    return float(-found.fun * scale / flows.sum())


def finn_by_inverse(flows: Floats, inflow: Floats) -> float:
    """Compute the index as METHODS writes it: one dense inverse of I − G."""
    through = inflow + flows.sum(axis=0)
    coefficients = flows / np.where(through > 0, through, 1.0)[:, None]
    visits = np.diagonal(np.linalg.inv(np.eye(len(flows)) - coefficients))
    return float(((1 - 1 / visits) * through).sum() / through.sum())


def levels_by_least_squares(flows: Floats) -> NDArray[Any]:
    """Minimise Σ w (h_j − h_i − 1)² directly, one row a link, then put each component's lowest at 0."""
    import networkx as nx

    src, dst = np.nonzero(flows)
    root = np.sqrt(flows[src, dst])
    rows = np.zeros((len(src), len(flows)))
    links = np.arange(len(src))
    np.add.at(rows, (links, dst), root)
    np.add.at(rows, (links, src), -root)
    height: NDArray[Any] = np.linalg.lstsq(rows, root, rcond=None)[0]
    for component in nx.weakly_connected_components(nx.from_numpy_array(flows, create_using=nx.DiGraph)):
        members = sorted(component)
        height[members] -= height[members].min()
    height[(flows.sum(axis=0) + flows.sum(axis=1)) == 0] = np.nan
    return height


def brokerage_by_triples(links: NDArray[np.bool_], groups: Sequence[str]) -> list[list[int]]:
    """Walk over every a → b → c."""
    n = len(groups)
    counts = [[0] * 5 for _ in range(n)]
    for a in range(n):
        for b in range(n):
            for c in range(n):
                if len({a, b, c}) < 3 or not (links[a, b] and links[b, c]) or links[a, c]:
                    continue
                ga, gb, gc = groups[a], groups[b], groups[c]
                if ga == gb == gc:
                    kind = 0
                elif ga == gc:
                    kind = 1
                elif gb == gc:
                    kind = 2
                elif ga == gb:
                    kind = 3
                else:
                    kind = 4
                counts[b][kind] += 1
    return counts


def supply_graph(
    members: Sequence[str],
    links: Sequence[Link],
    activity: Mapping[str, Mapping[str, float | None]] | None = None,
    roles: Mapping[str, str] | None = None,
) -> SupplyGraph:
    """Return a graph with one cluster "c" in 2022; names that are no members are outside."""
    people = pd.DataFrame({"participant_id": list(members), "cluster_id": "c"})
    people["role"] = [(roles or {}).get(member) for member in members]
    table = pd.DataFrame(
        [(2022, *link, *([None] * (4 - len(link)))) for link in links],
        columns=["year", "supplier_id", "buyer_id", "value", "kind"],
    )
    frames = {"participants": people, "links": table}
    if activity is not None:
        rows = [{"participant_id": who, "year": 2022, **figures} for who, figures in activity.items()]
        frames["activity"] = pd.DataFrame(rows)
    return SupplyGraph.from_tables(frames)


def formation(*args: Any, **kwargs: Any) -> Formation:
    """Return the one formation of `supply_graph`."""
    return supply_graph(*args, **kwargs).formation("c", 2022)
