"""Flows between clusters as a network page: a mark is a cluster, a line what it supplies to another."""

from __future__ import annotations

from itertools import chain
from typing import Final

import numpy as np
from scipy import sparse

from clustercoop.analysis.results import Result
from clustercoop.analysis.trade import of_links, seen_outside
from clustercoop.graph.arrays import Floats
from clustercoop.graph.errors import UnknownNameError
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.slicing import knowledge_links, links_of
from clustercoop.graph.texts import refusal
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.network import NetworkPages, view_name
from clustercoop.reports.network_data import Figure, Nodes, Year, strongest
from clustercoop.reports.numbers import percent, show

NAME: Final = 80
_FIGURES: Final = ("volume", "sold", "bought", "inside", "out", "in")


def render_flows(
    source: Result | SupplyGraph,
    lang: str = "en",
    *,
    year: int | None = None,
    report: str = "../report.html",
    shared: bool = False,
) -> str:
    """Return the page of flows between clusters, by year, with a matrix and a list of all flows.

    Parameters
    ----------
    source : Result or SupplyGraph
    lang : str
    year : int, optional
        Year to begin with; the latest by default.
    report : str
        Address of the report relative to the page, "" for no link back.
    shared : bool
        Whether it stands beside the pages of the clusters, with their scripts and links to them.

    Raises
    ------
    UnknownNameError
        No cluster has links or activity (in that year).
    ParameterError
        `lang` has no catalogue.
    """
    pages = NetworkPages(source, lang, report=report, shared=shared)
    graph, words = pages.graph, pages.words
    formations = graph.formations(None, None if year is None else [year])
    if not formations:
        raise refusal(UnknownNameError, "no_flows")
    by_year: dict[int, list[Formation]] = {}
    for formation in graph.formations():
        by_year.setdefault(formation.year, []).append(formation)
    ids = sorted({formation.cluster_id for group in by_year.values() for formation in group})
    node_of = {one: node for node, one in enumerate(ids)}
    industry = dict(zip(graph.clusters["cluster_id"], graph.clusters["industry"].fillna(""), strict=True))
    nodes = Nodes(
        [plain(one) for one in ids],
        [plain(graph.cluster_names.get(one, one)) for one in ids],
        [plain(str(industry.get(one, ""))) for one in ids],
        node_of,
        links=[view_name(one) for one in ids] if shared else [],
    )
    several = any(
        sum(f.n for f in group) > len({*chain(*(f.ids for f in group))}) for group in by_year.values()
    )
    return pages.render(
        nodes,
        [_year(pages, group, nodes) for _, group in sorted(by_year.items())],
        [Figure(key, words(f"view_{key}_flows"), "money") for key in _FIGURES],
        year=year,
        file="flows",
        title=words("view_flows"),
        back=report,
        notes=[words("view_flows_note")] + ([words("view_flows_several")] if several else []),
        flows=True,
    )


def flows_between(graph: SupplyGraph, formations: list[Formation]) -> tuple[Floats, Floats, Floats]:
    """Return recorded supply of one year between formations, to others, and from others.

    A participant counts in each of its clusters, with its part where shared members are split. A supply
    between two members of one cluster is inside it and no flow between clusters.

    Parameters
    ----------
    graph : SupplyGraph
    formations : list of Formation
        Of one year.

    Returns
    -------
    tuple of arrays, shapes (n, n), (n,) and (n,)
        ``[i, j]`` goes from i to j, in millions, the diagonal is 0; then what goes to organisations of none
        of them, and what comes from those.
    """
    n, size = len(formations), len(graph.node_ids)
    member = np.concatenate([f.members for f in formations]).astype(np.int64)
    owner = np.repeat(np.arange(n), [f.n for f in formations])
    share = np.concatenate([f.share for f in formations])
    belongs = sparse.csr_array((share, (member, owner)), shape=(size, n))
    rows, supplier, buyer, value = links_of(graph, formations[0].year)
    value = np.where(knowledge_links(graph)[rows], 0.0, value)
    inside = (belongs > 0).astype(np.float64)
    together = np.asarray(inside[supplier].multiply(inside[buyer]).sum(axis=1)).ravel() > 0
    kept = (value > 0) & (supplier != buyer) & ~together
    supply = sparse.csr_array((value[kept], (supplier[kept], buyer[kept])), shape=(size, size))
    alone = 1.0 - np.minimum(np.asarray(inside.sum(axis=1)).ravel(), 1.0)
    between = np.asarray((belongs.T @ supply @ belongs).todense(), dtype=np.float64)
    return between, belongs.T @ (supply @ alone), belongs.T @ (supply.T @ alone)


def _year(pages: NetworkPages, formations: list[Formation], nodes: Nodes) -> Year:
    n, words = nodes.n, pages.words
    at = nodes.at(f.cluster_id for f in formations)
    between, outward, inward = flows_between(pages.graph, formations)
    # Where a formation's outside may not have been written down, no recorded flow does not mean none.
    seen = {
        side: np.array([_written(pages, formation, side) for formation in formations])
        for side in ("sales", "purchases")
    }

    def known(values: Floats, side: str) -> Floats:
        return np.where((values > 0) | seen[side], values, np.nan)

    sold, bought = known(between.sum(axis=1), "sales"), known(between.sum(axis=0), "purchases")
    amounts = {
        "volume": sold + bought,
        "sold": sold,
        "bought": bought,
        "inside": np.array([of_links(f, f.supplied_inside).sum() for f in formations]),
        "out": known(outward, "sales"),
        "in": known(inward, "purchases"),
    }
    figures = {}
    for key, values in amounts.items():
        figures[key] = np.full(n, np.nan)
        figures[key][at] = values
    present = np.zeros(n, bool)
    present[at] = True
    rows, columns = np.nonzero(between)
    value = between[rows, columns]
    src, dst = at[rows].astype(np.int32), at[columns].astype(np.int32)
    order = np.lexsort((dst, src))
    src, dst, value = src[order], dst[order], value[order]
    kept = strongest(src, dst, value)
    facts = [
        words("view_clusters", n=show(len(formations), "int", words.lang)),
        words("view_flow_count", n=show(len(value), "int", words.lang)),
    ]
    return Year(
        formations[0].year,
        present,
        np.full(n, np.nan),
        figures,
        {},
        src[kept],
        dst[kept],
        value[kept],
        len(value),
        float(value.sum()),
        " · ".join(facts),
        ("", _most(pages, formations, between) if len(value) else ""),
    )


def _most(pages: NetworkPages, formations: list[Formation], between: Floats) -> str:
    """Say which flow is the largest, and how much is recorded in all where no flow counts twice."""
    words, names = pages.words, pages.graph.cluster_names
    unit = words.money(pages.graph.currency)

    def named(place: int) -> str:
        one = formations[place].cluster_id
        return plain(shorten(names.get(one, one), NAME))

    def amount(value: float) -> str:
        return f"{show(value, 'money', words.lang)} {unit}"

    supplier, buyer = divmod(int(between.argmax()), len(formations))
    most, total = float(between.max()), float(between.sum())
    told = {
        "supplier": named(supplier),
        "buyer": named(buyer) + words.alike(between, most),
        "value": amount(most),
    }
    members = np.concatenate([f.members for f in formations])
    split = any((f.share < 1).any() for f in formations)
    if len(np.unique(members)) < len(members) and not split:
        return words("view_flows_largest", **told)
    return words("view_flows_most", total=amount(total), share=percent(most / total, words.lang), **told)


def _written(pages: NetworkPages, formation: Formation, side: str) -> bool:
    which: Floats = seen_outside(formation, "sales" if side == "sales" else "purchases", pages.thresholds)
    return formation.has_links and not bool(np.isnan(which).any())
