"""What a network page holds: nodes, years, figures and reasons, as data that its scripts draw."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Floats, Indices, Int32s, Ints
from clustercoop.reports.layout import circular_order, positions
from clustercoop.reports.page import Written
from clustercoop.reports.words import Words

FLOWS_PAGE: Final = "_flows.html"
"""The page of flows between clusters. No page of a cluster has a name that begins with a line."""

# Above so many links in a year the page starts with the strongest.
START_LINKS: Final = 1500
LINKS_A_YEAR: Final = 4000
PRODUCTS: Final = 40
_LARGE: Final = re.compile(r"[\d.]+e\+\d+")

# Okabe & Ito (2008): eight colours that colour-blind people can tell apart.
PALETTE: Final = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#999999")
CORE, PERIPHERY, NO_CORE = "#d55e00", "#56b4e9", "#999999"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure by which marks may be sized and coloured."""

    key: str
    label: str
    kind: str
    meaning: str = ""


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes of the page: texts as shown, and for each id of the data its node."""

    ids: list[str]
    names: list[str]
    roles: list[str]
    node_of: Mapping[str, int]
    folded: int = 0
    links: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.ids)

    def at(self, ids: Iterable[str]) -> Ints:
        """Return the node of each id, −1 where the page has none."""
        return np.array([self.node_of.get(one, -1) for one in ids], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Year:
    """What the page knows of one year; arrays are by node, NaN is unknown."""

    year: int
    present: Bools
    core: Floats
    figures: Mapping[str, Floats]
    why: Mapping[str, Mapping[int, str]]
    src: Int32s
    dst: Int32s
    value: Floats
    total: int
    total_value: float
    facts: str
    beyond: tuple[str, str] = ("", "")
    products: Mapping[str, Floats] = field(default_factory=dict)

    @cached_property
    def traded(self) -> Floats:
        """What a node traded, 0 where unknown: for its place, not for what is told of it."""
        return np.nan_to_num(self.figures["volume"])


def pairs(src: Ints, dst: Ints, value: Floats, n: int) -> tuple[Int32s, Int32s, Floats]:
    """Sum links of the same pair of nodes; links inside a node are not drawn."""
    drawn = src != dst
    keys, at = np.unique(src[drawn] * n + dst[drawn], return_inverse=True)
    sums = np.bincount(at, value[drawn], len(keys)).astype(np.float64)
    return (keys // n).astype(np.int32), (keys % n).astype(np.int32), sums


def strongest(src: Int32s, dst: Int32s, value: Floats) -> Indices:
    """Return which links the page holds: all, or the `LINKS_A_YEAR` largest, in their order."""
    if len(src) <= LINKS_A_YEAR:
        return np.arange(len(src))
    return np.sort(np.lexsort((dst, src, -value))[:LINKS_A_YEAR])


def places(years: list[Year], n: int, seed: int) -> list[Floats]:
    """Return where the nodes stand in each year, shape (n, 2) each."""
    rank = circular_order(
        n,
        np.concatenate([item.src for item in years]),
        np.concatenate([item.dst for item in years]),
        np.concatenate([item.value for item in years]),
        seed,
    )
    found = []
    for item in years:
        volume, none = item.traded, np.full(n, np.nan)
        coreness = item.figures.get("supplier_coreness", none) + item.figures.get("buyer_coreness", none)
        score = coreness if not np.isnan(coreness).all() else volume
        core = None if np.isnan(item.core).all() else item.core == 1
        found.append(np.round(positions(rank, score, core, volume > 0, item.present)))
    return found


def payload(
    nodes: Nodes, years: list[Year], figures: list[Figure], at: list[Floats], words: Words
) -> dict[str, Any]:
    """Return the data of the page, ready for JSON."""
    legend = _legend(nodes.roles, words)
    color = {entry["role"]: entry["color"] for entry in legend}
    reasons: dict[str, int] = {}
    codes, products = _products(years, words)
    known = [f for f in figures if any(not np.isnan(item.figures[f.key]).all() for item in years)]
    blocks = []
    for item, place in zip(years, at, strict=True):
        own = [item.figures[figure.key] for figure in known]
        present, core, x, y, *told = numbers_of([item.present, item.core, *place.T, *own])
        why = {
            figure.key: {
                str(node): reasons.setdefault(text, len(reasons))
                for node, text in item.why.get(figure.key, {}).items()
            }
            for figure in known
        }
        blocks.append(
            {
                "year": item.year,
                "present": present,
                "core": core,
                "x": x,
                "y": y,
                "links": _flat(item),
                "products": _by_product(item, codes),
                "total": item.total,
                "totalValue": float(f"{item.total_value:.10g}"),
                "facts": item.facts,
                "beyond": list(item.beyond),
                "figures": _together(dict(zip((figure.key for figure in known), told, strict=True))),
                "why": {key: found for key, found in why.items() if found},
            }
        )
    most = max(len(item.src) for item in years)
    return {
        # Opaque ids: a name or a tax number is never an identifier on the page.
        "nodes": [
            {"id": f"n{k}", "name": name, "pid": pid, "role": role, "color": color[role]}
            | ({"link": nodes.links[k]} if nodes.links else {})
            for k, (name, pid, role) in enumerate(zip(nodes.names, nodes.ids, nodes.roles, strict=True))
        ],
        "years": blocks,
        "legend": legend,
        "figureList": [{"key": f.key, "label": f.label, "kind": f.kind, "meaning": f.meaning} for f in known],
        "why": list(reasons),
        "productList": products,
        "coreKnown": any(not np.isnan(item.core).all() for item in years),
        "coreColors": [PERIPHERY, CORE, NO_CORE],
        "startLinks": START_LINKS if most > START_LINKS else 0,
    }


def numbers(values: Iterable[float]) -> Written:
    """Return numbers with seven figures for the page; unknown is null.

    Examples
    --------
    >>> numbers([0.5, float("nan"), 3.0, 12345678.9, 1e-7]).text
    '[0.5,null,3,12345680,1e-07]'
    """
    return numbers_of([np.asarray(values, np.float64)])[0]


def numbers_of(columns: Sequence[NDArray[Any]]) -> list[Written]:
    """Return the same of several columns of one length."""
    # A zero has no sign.
    listed = (np.concatenate(columns).astype(np.float64) + 0.0).tolist()
    row = ",".join(["%.7g"] * len(columns[0]))
    told = "\n".join([row] * len(columns)) % tuple(listed)
    if "n" in told:
        told = told.replace("nan", "null")
    if "+" in told:
        told = _LARGE.sub(_whole, told)
    return [Written(f"[{each}]") for each in told.split("\n")]


def _together(columns: Mapping[str, Written]) -> Written:
    return Written("{" + ",".join(f'"{key}":{columns[key].text}' for key in sorted(columns)) + "}")


def _whole(found: re.Match[str]) -> str:
    number = float(found[0])
    return str(int(number)) if abs(number) < 1e15 else repr(number)


def _flat(item: Year) -> Written:
    flat = np.column_stack([item.src, item.dst, item.value]).astype(np.float64)
    return numbers(flat.ravel())


def _products(years: list[Year], words: Words) -> tuple[dict[str, int], list[str]]:
    """Return for each product code its place in the list of the page, and the list as shown.

    The largest have places of their own, the others one; {} where no link states a product.
    """
    sums: dict[str, float] = {}
    for item in years:
        for code, values in item.products.items():
            sums[code] = sums.get(code, 0.0) + float(values.sum())
    named = sorted((code for code in sums if code), key=lambda code: (-sums[code], code))
    if not named:
        return {}, []
    places_of = {code: min(place, PRODUCTS) for place, code in enumerate(named)}
    shown = named[:PRODUCTS]
    if len(named) > PRODUCTS:
        shown.append(words("view_other_products", n=len(named) - PRODUCTS))
    if "" in sums:
        places_of[""] = len(shown)
        shown.append(words("view_no_product"))
    return places_of, shown


def _by_product(item: Year, codes: Mapping[str, int]) -> dict[str, Written]:
    """Return for each place of the list of products its links and values in turn."""
    sums: dict[int, Floats] = {}
    for code, values in item.products.items():
        if code in codes:
            sums[codes[code]] = sums.get(codes[code], 0.0) + values
    found = {}
    for place, values in sorted(sums.items()):
        at = np.flatnonzero(values > 0)
        found[str(place)] = numbers(np.column_stack([at, values[at]]).ravel())
    return found


def _legend(roles: list[str], words: Words) -> list[dict[str, str]]:
    """Return role → colour, the most frequent first; the last colour is shared by the rest."""
    counts = Counter(roles)
    order = sorted(counts, key=lambda role: (role == "", -counts[role], role))
    return [
        {
            "role": role,
            "label": role or words("view_no_role"),
            "color": PALETTE[-1] if role == "" else PALETTE[min(place, len(PALETTE) - 1)],
        }
        for place, role in enumerate(order)
    ]
