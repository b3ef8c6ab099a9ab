"""The network of one cluster as one interactive page that needs no network connection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.analysis.results import Result
from clustercoop.graph.errors import UnknownNameError
from clustercoop.graph.formation import FloatArray, Formation, IntArray
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.texts import term
from clustercoop.reports.inert import anchor, plain, quoted, safe_stem, shorten
from clustercoop.reports.layout import circular_order, positions, widths
from clustercoop.reports.numbers import is_unknown, percent, show
from clustercoop.reports.page import asset, render
from clustercoop.reports.words import Words

# Up to FULL members the page starts with everything; up to MOST it starts with the strongest links; above
# that only the core and the most active members are drawn one by one, the others folded by role.
FULL: Final = 300
MOST: Final = 1000
START_LINKS: Final = 1500
LINKS_A_YEAR: Final = 4000

# Okabe & Ito (2008): eight colours that colour-blind people can tell apart.
PALETTE: Final = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#999999")
CORE, PERIPHERY, NO_CORE = "#d55e00", "#56b4e9", "#999999"


def view_name(cluster_id: str) -> str:
    """Return the file name of a cluster's page: safe on every system and never shared by two ids.

    Examples
    --------
    >>> view_name("c01"), view_name("CON")
    ('c01.html', 'con-a3dbc4b644.html')
    """
    return safe_stem(cluster_id) + ".html"


@dataclass(frozen=True, eq=False)
class _Year:
    """What the page knows of one year; arrays are by node."""

    year: int
    present: NDArray[np.bool_]
    core: NDArray[np.float64]
    figures: dict[str, FloatArray]
    src: IntArray
    dst: IntArray
    value: FloatArray
    total: int
    total_value: float
    facts: str


@dataclass(frozen=True, eq=False)
class _Members:
    """Nodes of the page: names and roles, and for each member id its node."""

    ids: list[str]
    names: list[str]
    roles: list[str]
    folded: int
    node_of: pd.Series[Any]

    @property
    def n(self) -> int:
        return len(self.ids)


def render_view(
    source: Result | SupplyGraph,
    cluster_id: str,
    year: int | None = None,
    lang: str = "en",
    *,
    report: str = "../report.html",
) -> str:
    """Return the page of one cluster: its network in every year, with tables beneath.

    Parameters
    ----------
    source : Result or SupplyGraph
        With a result the core and its scores are shown; from a bare graph the radius follows the members'
        volume inside, and the page says that no core was computed.
    cluster_id : str
        Which cluster.
    year : int, optional
        Year to begin with; the latest by default.
    lang : str
        Language of words and numbers.
    report : str
        Address of the report relative to the page, "" for no link back.

    Returns
    -------
    str
        HTML 5 in UTF-8; the same source gives the same bytes.

    Raises
    ------
    UnknownNameError
        The data hold no such cluster, or no links or activity of it (in that year).
    ParameterError
        `lang` has no catalogue.
    """
    from markupsafe import Markup

    words = Words(lang)
    graph = source if isinstance(source, SupplyGraph) else source.graph
    formations = graph.formations([cluster_id])
    if not formations:
        raise UnknownNameError(f"The data hold no links and no activity of cluster {cluster_id!r}.")
    if year is not None:
        graph.formation(cluster_id, year)
    result = source if isinstance(source, Result) else None
    measured = None if result is None else result.participants
    if measured is not None:
        measured = measured[measured["cluster_id"] == cluster_id]
    members = _members(graph, formations, measured, words)
    years = [_year(formation, members, measured, result, words) for formation in formations]
    seed = result.settings.seed if result is not None else 0
    name = plain(graph.cluster_names.get(cluster_id, cluster_id))
    payload = _payload(years, members, seed, words) | {
        "start": year if year is not None else years[-1].year,
        "file": safe_stem(cluster_id),
        "currency": words.money(graph.currency),
        "cluster": name,
    }
    return render(
        "view.html.j2",
        words,
        name=quoted(name, lang),
        payload=payload,
        years=[item.year for item in years],
        core_known=payload["coreKnown"],
        members=members,
        report=f"{report}#{anchor(cluster_id)}" if report else "",
        legend=payload["legend"],
        script_words=words.subset("js_"),
        css=Markup(asset("page.css") + asset("view.css")),
        library=Markup(vis_library()),
        script=Markup(asset("tables.js") + asset("view.js")),
    )


@cache
def vis_library() -> str:
    """Return the source of vis-network that pyvis ships, without its pointer to a source map.

    Raises
    ------
    FileNotFoundError
        The installed pyvis carries no vis-network.
    """
    from importlib import resources

    library = resources.files("pyvis").joinpath("templates", "lib")
    folders = sorted((f for f in library.iterdir() if f.name.startswith("vis-")), key=lambda f: f.name)
    for folder in reversed(folders):
        file = folder.joinpath("vis-network.min.js")
        if file.is_file():
            lines = file.read_text("utf-8").split("\n")
            return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL"))
    raise FileNotFoundError("The installed pyvis carries no vis-network.min.js; install pyvis 0.3.2.")


def _members(
    graph: SupplyGraph, formations: list[Formation], measured: pd.DataFrame | None, words: Words
) -> _Members:
    volume: dict[str, float] = {}
    role: dict[str, str] = {}
    for formation in formations:
        inside = formation.supplied_inside + formation.bought_inside
        for identifier, amount, kind in zip(formation.ids, inside, formation.role, strict=True):
            volume[identifier] = volume.get(identifier, 0.0) + float(amount)
            role[identifier] = str(kind)
    ids = sorted(volume)
    core: set[str] = set()
    if measured is not None and "in_core" in measured:
        core = set(measured["participant_id"][measured["in_core"].fillna(False).astype(bool)].astype(str))
    kept = ids
    if len(ids) > MOST:
        kept = sorted(sorted(ids, key=lambda i: (i not in core, -volume[i], i))[:FULL])
    node_of = {identifier: node for node, identifier in enumerate(kept)}
    names = [plain(graph.names.get(identifier, identifier)) for identifier in kept]
    roles = [plain(term(role[identifier], words.lang)) for identifier in kept]
    folded = sorted(set(ids) - set(kept))
    shown_ids = [plain(identifier) for identifier in kept]
    groups = sorted({role[identifier] for identifier in folded})
    counts = {kind: sum(role[identifier] == kind for identifier in folded) for kind in groups}
    for node, kind in enumerate(groups, start=len(kept)):
        label = plain(term(kind, words.lang)) or words("view_no_role")
        shown_ids.append("")
        names.append(words("view_folded", role=label, count=counts[kind]))
        roles.append(plain(term(kind, words.lang)))
        node_of |= {identifier: node for identifier in folded if role[identifier] == kind}
    return _Members(shown_ids, names, roles, len(folded), pd.Series(node_of, dtype="int64"))


def _year(
    formation: Formation,
    members: _Members,
    measured: pd.DataFrame | None,
    result: Result | None,
    words: Words,
) -> _Year:
    node = members.node_of.reindex(formation.ids).to_numpy("int64")
    n = members.n

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(node, values, n), dtype=np.float64)

    figures = {
        "sold": total(formation.supplied_inside),
        "bought": total(formation.bought_inside),
        "out": total(formation.sales_outside),
        "in": total(formation.purchases_outside),
    }
    present = np.bincount(node, minlength=n) > 0
    core = np.full(n, np.nan)
    scores = {
        name: np.full(n, np.nan) for name in ("supplier_coreness", "buyer_coreness", "cooperation_ratio")
    }
    if measured is not None:
        rows = measured[measured["year"] == formation.year].drop_duplicates("participant_id")
        at = members.node_of.reindex(rows["participant_id"]).to_numpy("float64")
        # A folded node stands for many members: it has no score of its own.
        single = np.isfinite(at) & (at < sum(1 for i in members.ids if i))
        places = at[single].astype("int64")
        for name, target in {"in_core": core, **scores}.items():
            if name in rows:
                target[places] = (
                    pd.to_numeric(rows[name], errors="coerce").astype("float64").to_numpy()[single]
                )
    src, dst, value = _pairs(node[formation.src], node[formation.dst], formation.weight, n)
    if len(src) > LINKS_A_YEAR:
        keep = np.sort(np.lexsort((dst, src, -value))[:LINKS_A_YEAR])
        src, dst, value = src[keep], dst[keep], value[keep]
    return _Year(
        formation.year,
        present,
        core,
        {**figures, **scores},
        src,
        dst,
        value,
        len(formation.src),
        float(formation.weight.sum()),
        _facts(formation, result, words),
    )


def _pairs(
    src: NDArray[np.int64], dst: NDArray[np.int64], value: FloatArray, n: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Sum links of the same pair of nodes; links inside a folded node are not drawn."""
    drawn = src != dst
    keys, at = np.unique(src[drawn] * n + dst[drawn], return_inverse=True)
    sums = np.bincount(at, value[drawn], len(keys)).astype(np.float64)
    return (keys // n).astype(np.int32), (keys % n).astype(np.int32), sums


def _facts(formation: Formation, result: Result | None, words: Words) -> str:
    facts = [
        words("view_participants", n=show(formation.n, "int", words.lang)),
        words("view_links", n=show(len(formation.src), "int", words.lang)),
    ]
    if result is not None:
        frame = result.formations
        row = frame[(frame["cluster_id"] == formation.cluster_id) & (frame["year"] == formation.year)]
        if len(row) and "cooperation_ratio" in row and not is_unknown(row["cooperation_ratio"].iloc[0]):
            ratio = percent(float(row["cooperation_ratio"].iloc[0]), words.lang)
            facts.append(words("view_ratio", ratio=ratio))
        else:
            facts.append(words("view_ratio", ratio=words("unknown")))
    return " · ".join(facts)


def _payload(years: list[_Year], members: _Members, seed: int, words: Words) -> dict[str, Any]:
    """Return the page's data, made by a pyvis network: its format is what vis-network reads."""
    from pyvis.network import Network

    n = members.n
    rank = circular_order(
        n,
        np.concatenate([item.src for item in years]),
        np.concatenate([item.dst for item in years]),
        np.concatenate([item.value for item in years]),
        seed,
    )
    values = np.concatenate([item.value for item in years])
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    core_known = any(not np.isnan(item.core).all() for item in years)
    legend = _legend(members.roles, words)
    color = {entry["role"]: entry["color"] for entry in legend}
    network = Network(directed=True)
    for node, (name, role) in enumerate(zip(members.names, members.roles, strict=True)):
        # Opaque ids: a name or a tax number is never an identifier on the page.
        network.add_node(f"n{node}", label=shorten(name, 30), shape="dot", color=color[role], role=role)
    blocks = []
    for item in years:
        for src, dst, value, width in zip(
            item.src.tolist(),
            item.dst.tolist(),
            item.value.tolist(),
            widths(item.value, low, high).tolist(),
            strict=True,
        ):
            network.add_edge(f"n{src}", f"n{dst}", width=width, amount=value, year=item.year)
        blocks.append(_year_payload(item, rank, n))
    nodes, edges, *_ = network.get_network_data()
    links: dict[int, list[float]] = {item.year: [] for item in years}
    for edge in edges:
        links[edge["year"]] += [
            int(edge["from"][1:]),
            int(edge["to"][1:]),
            float(f"{edge['amount']:.7g}"),
            edge["width"],
        ]
    return {
        "nodes": [
            {
                "id": node["id"],
                "label": node["label"],
                "name": name,
                "pid": pid,
                "role": node["role"],
                "color": node["color"],
            }
            for node, name, pid in zip(nodes, members.names, members.ids, strict=True)
        ],
        "years": [block | {"links": links[block["year"]]} for block in blocks],
        "legend": legend,
        "coreKnown": core_known,
        "coreColors": [PERIPHERY, CORE, NO_CORE],
        "startLinks": START_LINKS if n > FULL or max(len(item.src) for item in years) > START_LINKS else 0,
        "full": n <= FULL,
    }


def _year_payload(item: _Year, rank: NDArray[np.intp], n: int) -> dict[str, Any]:
    volume = item.figures["sold"] + item.figures["bought"]
    known = not np.isnan(item.core).all()
    coreness = item.figures["supplier_coreness"] + item.figures["buyer_coreness"]
    score = coreness if not np.isnan(coreness).all() else volume
    place = positions(rank, score, (item.core == 1) if known else None, volume > 0, item.present)
    top = float(volume.max(initial=0.0))
    size = 9 + 21 * np.sqrt(volume / top) if top > 0 else np.full(n, 9.0)
    return {
        "year": item.year,
        "present": item.present.astype(int).tolist(),
        "core": _numbers(item.core),
        "x": np.round(place[:, 0]).astype(int).tolist(),
        "y": np.round(place[:, 1]).astype(int).tolist(),
        "size": np.round(size, 1).tolist(),
        "total": item.total,
        "totalValue": float(f"{item.total_value:.10g}"),
        "facts": item.facts,
        **{name: _numbers(values) for name, values in item.figures.items()},
    }


def _numbers(values: FloatArray) -> list[float | None]:
    """Return numbers with seven figures for the page; unknown is null."""
    return [None if np.isnan(value) else float(f"{value:.7g}") for value in values.tolist()]


def _legend(roles: list[str], words: Words) -> list[dict[str, str]]:
    """Return role → colour, the most frequent first; the last colour is shared by the rest."""
    counts = pd.Series(roles, dtype=object).value_counts()
    order = sorted(counts.index, key=lambda role: (role == "", -int(counts[role]), role))
    return [
        {
            "role": role,
            "label": role or words("view_no_role"),
            "color": PALETTE[-1] if role == "" else PALETTE[min(place, len(PALETTE) - 1)],
        }
        for place, role in enumerate(order)
    ]
