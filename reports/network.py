"""Network pages: the network of one cluster, interactive, that needs no network connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.analysis.trade import of_links, seen_outside
from clustercoop.graph.arrays import Floats, Indices, Objects
from clustercoop.graph.columns import output_columns
from clustercoop.graph.formation import Formation, sum_by
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.slicing import formations_of
from clustercoop.graph.texts import term
from clustercoop.reports.beyond import judged
from clustercoop.reports.content import reasons_of
from clustercoop.reports.inert import anchor, plain, quoted, safe_stem, shorten
from clustercoop.reports.network_data import (
    FLOWS_PAGE,
    Figure,
    Nodes,
    Year,
    pairs,
    payload,
    places,
    strongest,
)
from clustercoop.reports.numbers import between, is_unknown, percent, show
from clustercoop.reports.page import asset, render
from clustercoop.reports.passport_parts import Rows
from clustercoop.reports.passports import STAGES
from clustercoop.reports.reasons import Reasons
from clustercoop.reports.reasons import places as gap_places
from clustercoop.reports.still import still
from clustercoop.reports.words import Words

# Up to MOST members each is drawn; above that the core and the most active are, the others folded by role.
FULL: Final = 300
MOST: Final = 1000
SCRIPTS: Final = (
    "tables.js",
    "drawn.js",
    "view_state.js",
    "view_links.js",
    "view_scene.js",
    "view_paint.js",
    "view_tell.js",
    "view_matrix.js",
    "view_save.js",
    "view.js",
)
LIBRARY: Final = "_network.js"
"""What the pages of one folder share. No page of a cluster has a name that begins with a line."""

# Figures of links, and the column of participants that says why one of them is unknown.
_LINKS: Final = {
    "volume": "bought_inside",
    "sold": "bought_inside",
    "bought": "bought_inside",
    "out": "sales_outside",
    "in": "purchases_outside",
}
_SAID_OF_LINKS: Final = ("internal_supply", "bought_inside", "sales_outside", "purchases_outside")


def view_name(cluster_id: str) -> str:
    """Return the file name of a cluster's page: safe on every system and never shared by two ids.

    Examples
    --------
    >>> view_name("c01"), view_name("CON")
    ('c01.html', 'con-a3dbc4b644.html')
    """
    return safe_stem(cluster_id) + ".html"


def render_view(
    source: Result | SupplyGraph,
    cluster_id: str,
    year: int | None = None,
    lang: str = "en",
    *,
    report: str = "../report.html",
) -> str:
    """Return the page of one cluster, whole in itself: its network in every year, with tables beneath.

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
    return NetworkPages(source, lang, report=report).page(cluster_id, year)


@cache
def vis_library() -> str:
    """Return the source of vis-network that pyvis ships, without its pointer to a source map.

    Raises
    ------
    FileNotFoundError
        The installed pyvis carries no vis-network.
    """
    from importlib.util import find_spec

    found = find_spec("pyvis")  # importing it would import a notebook's machinery
    for place in (found.submodule_search_locations or ()) if found else ():
        for file in sorted(Path(place).glob("templates/lib/vis-*/vis-network.min.js"), reverse=True):
            lines = file.read_text("utf-8").split("\n")
            return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL"))
    raise FileNotFoundError("The installed pyvis carries no vis-network.min.js; install pyvis 0.3.2.")


@cache
def library() -> str:
    """Return all scripts of a network page, vis-network first."""
    return "\n".join([vis_library(), *(asset(name) for name in SCRIPTS)])


class NetworkPages:
    """Network pages of one source; what they share is prepared once.

    Parameters
    ----------
    source : Result or SupplyGraph
    lang : str
    report : str
        Address of the report relative to the pages, "" for no link back.
    shared : bool
        Whether the scripts stand once in `LIBRARY` beside the pages; otherwise each page holds them.
    """

    def __init__(
        self,
        source: Result | SupplyGraph,
        lang: str = "en",
        *,
        report: str = "../report.html",
        shared: bool = False,
    ) -> None:
        self.words, self.report, self.shared = Words(lang), report, shared
        self.graph = source if isinstance(source, SupplyGraph) else source.graph
        self._formations: dict[str, list[Formation]] = {}
        for formation in self.graph.formations():
            self._formations.setdefault(formation.cluster_id, []).append(formation)
        self.result = source if isinstance(source, Result) else None
        self.seed = 0 if self.result is None else self.result.settings.seed
        self.thresholds = load_thresholds("" if self.result is None else self.result.settings.thresholds)

    @cached_property
    def _people(self) -> tuple[dict[tuple[str, int], Any], Objects, list[str], Floats]:
        """Rows of participants by cluster and year, their ids, and names and rows of their figures."""
        if self.result is None:
            return {}, np.empty(0, object), [], np.empty((0, 0))
        frame = self.result.participants
        rows = frame.groupby(["cluster_id", "year"], sort=False, observed=True).indices
        names = ["in_core", *(figure.key for figure in self._figures if figure.key not in _LINKS)]
        none = np.full(len(frame), np.nan)
        figures = np.array(
            [frame[one].to_numpy("float64", na_value=np.nan) if one in frame else none for one in names]
        )
        at = {(str(place[0]), int(place[1])): found for place, found in cast(Any, rows).items()}
        return at, frame["participant_id"].astype(str).to_numpy(object), names, figures

    @cached_property
    def _products(self) -> tuple[Indices, list[str]]:
        """Return the product of each link as a number, −1 where none is stated, and the codes as shown."""
        codes, names = pd.factorize(self.graph.links["product_code"], use_na_sentinel=True)
        return codes, [plain(str(name)) for name in names]

    @cached_property
    def _figures(self) -> list[Figure]:
        own = [Figure(key, self.words(f"view_{key}"), "money") for key in _LINKS]
        if self.result is None:
            return own
        return own + [
            Figure(c.column, c.label(self.words.lang), c.kind, c.meaning(self.words.lang))
            for c in output_columns("participants")
            if KINDS[c.kind].measured
            and c.column in self.result.participants
            and c.column not in _SAID_OF_LINKS
        ]

    @cached_property
    def _reasons(self) -> Reasons | None:
        return None if self.result is None else reasons_of(self.result, self.words)

    @cached_property
    def _rows(self) -> Rows | None:
        return (
            None if self.result is None else Rows(self.result.formations.sort_values(["cluster_id", "year"]))
        )

    def page(self, cluster_id: str, year: int | None = None) -> str:
        """Return the page of one cluster; see `render_view`."""
        formations = self._formations.get(cluster_id) or formations_of(self.graph, cluster_id)
        if year is not None:
            self.graph.formation(cluster_id, year)
        nodes = self._nodes(formations)
        years = [self._year(formation, nodes) for formation in formations]
        name = plain(self.graph.cluster_names.get(cluster_id, cluster_id))
        return self.render(
            nodes,
            years,
            self._figures,
            year=year,
            file=safe_stem(cluster_id),
            title=self.words("view_title", name=quoted(name, self.words.lang)),
            back=f"{self.report}#{anchor(cluster_id)}" if self.report else "",
            notes=[self.words("view_many", folded=nodes.folded)] if nodes.folded else [],
            others=FLOWS_PAGE if self.shared and len(self._formations) > 1 else "",
        )

    def render(
        self,
        nodes: Nodes,
        years: list[Year],
        figures: list[Figure],
        *,
        year: int | None,
        file: str,
        title: str,
        back: str,
        notes: Sequence[str] = (),
        others: str = "",
        flows: bool = False,
    ) -> str:
        """Return a page that draws `nodes` and `years`; of clusters and the flows between them if `flows`."""
        from markupsafe import Markup

        words = self.words.of("flows") if flows else self.words
        at = places(years, nodes.n, self.seed)
        first = len(years) - 1 if year is None else [item.year for item in years].index(year)
        data = payload(nodes, years, figures, at, words) | {
            "start": years[first].year,
            "file": file,
            "currency": words.money(self.graph.currency),
            "stages": STAGES,
        }
        return render(
            "view.html.j2",
            words,
            title=title,
            data=data,
            years=[item.year for item in years],
            notes=notes,
            flows=flows,
            back=back,
            others=others,
            still=still(nodes, years[first], at[first], data, words),
            css=Markup(asset("page.css") + asset("view.css")),
            library=LIBRARY if self.shared else "",
            alone=Markup(asset("view_alone.js")) if self.shared else "",
            script="" if self.shared else Markup(library()),
        )

    def _nodes(self, formations: list[Formation]) -> Nodes:
        words, names = self.words, self.graph.names
        volume: dict[str, float] = {}
        role: dict[str, str] = {}
        for formation in formations:
            inside = formation.supplied_inside + formation.bought_inside
            for identifier, amount, kind in zip(formation.ids, inside, formation.role, strict=True):
                volume[identifier] = volume.get(identifier, 0.0) + float(amount)
                role[identifier] = str(kind)
        ids = sorted(volume)
        kept = ids
        if len(ids) > MOST:
            core = self._ever_core(formations)
            kept = sorted(sorted(ids, key=lambda i: (i not in core, -volume[i], i))[: max(FULL, len(core))])
        node_of = {identifier: node for node, identifier in enumerate(kept)}
        shown = [plain(names.get(identifier, identifier)) for identifier in kept]
        roles = [plain(term(role[identifier], words.lang)) for identifier in kept]
        folded = sorted(set(ids) - set(kept))
        shown_ids = [plain(identifier) for identifier in kept]
        groups = sorted({role[identifier] for identifier in folded})
        counts = {kind: sum(role[identifier] == kind for identifier in folded) for kind in groups}
        for node, kind in enumerate(groups, start=len(kept)):
            label = plain(term(kind, words.lang)) or words("view_no_role")
            shown_ids.append("")
            shown.append(words("view_folded", role=label, count=counts[kind]))
            roles.append(plain(term(kind, words.lang)))
            node_of |= {identifier: node for identifier in folded if role[identifier] == kind}
        return Nodes(shown_ids, shown, roles, node_of, len(folded))

    def _ever_core(self, formations: list[Formation]) -> set[str]:
        rows, ids, _, figures = self._people
        core: set[str] = set()
        for formation in formations:
            at = rows.get((formation.cluster_id, formation.year))
            if at is not None:
                core |= set(ids[at][figures[0][at] == 1].tolist())
        return core

    def _year(self, formation: Formation, nodes: Nodes) -> Year:
        node = nodes.at(formation.ids)
        n = nodes.n

        def total(values: Floats) -> Floats:
            return np.asarray(np.bincount(node, values, n), dtype=np.float64)

        present = np.bincount(node, minlength=n) > 0
        sold, bought = (
            of_links(formation, sums) for sums in (formation.supplied_inside, formation.bought_inside)
        )
        outside = [
            of_links(formation, seen_outside(formation, side, self.thresholds))
            for side in ("sales", "purchases")
        ]
        amounts = [sold + bought, sold, bought, *outside]
        figures = {
            key: np.where(present, total(values), np.nan) for key, values in zip(_LINKS, amounts, strict=True)
        }
        core, scores = self._scores(formation, nodes)
        src, dst, value = pairs(node[formation.src], node[formation.dst], formation.weight, n)
        kept = strongest(src, dst, value)
        figures |= scores
        return Year(
            formation.year,
            present,
            core,
            figures,
            self._why(formation, nodes, figures, present),
            src[kept],
            dst[kept],
            value[kept],
            len(formation.src),
            float(formation.weight.sum()),
            self._facts(formation),
            self._beyond(formation),
            self._by_product(formation, nodes, src[kept], dst[kept], value[kept]),
        )

    def _scores(self, formation: Formation, nodes: Nodes) -> tuple[Floats, dict[str, Floats]]:
        """Return membership of the core and the figures of the result by node; NaN unknown."""
        rows, ids, names, figures = self._people
        scores = np.full((max(1, len(names)), nodes.n), np.nan)
        mine = rows.get((formation.cluster_id, formation.year))
        if mine is not None:
            at = nodes.at(ids[mine])
            # A folded node stands for many members: it has no score of its own.
            single = (at >= 0) & (at < sum(1 for i in nodes.ids if i))
            scores[:, at[single]] = figures[:, mine[single]]
        return scores[0], dict(zip(names[1:], scores[1:], strict=True))

    def _why(
        self, formation: Formation, nodes: Nodes, figures: dict[str, Floats], present: Any
    ) -> dict[str, dict[int, str]]:
        """Return for each figure the nodes for which it is unknown, and the reason where one is told."""
        if self._reasons is None:
            return {}
        found: dict[str, dict[int, str]] = {}
        where = [gap_places(formation.cluster_id, formation.year, one) if one else () for one in nodes.ids]
        keys, unknown = list(figures), np.isnan(np.array(list(figures.values()))) & present
        for row, node in zip(*(at.tolist() for at in np.nonzero(unknown)), strict=True):
            text = self._reasons.told(where[node], _LINKS.get(keys[row], keys[row]))
            if text:
                found.setdefault(keys[row], {})[node] = text
        return found

    def _by_product(
        self, formation: Formation, nodes: Nodes, src: Any, dst: Any, value: Floats
    ) -> dict[str, Floats]:
        """Return for each product code ("" where none is stated) its part of the value of each link."""
        codes, names = self._products
        if not names or not len(src):
            return {}
        rows, codes = formation.internal_rows, codes[formation.internal_rows]
        local = np.full(len(self.graph.node_ids), -1, np.int64)
        local[formation.members] = nodes.at(formation.ids)
        ends = [local[self.graph.links[name].to_numpy()[rows]] for name in ("supplier", "buyer")]
        pair = ends[0] * nodes.n + ends[1]
        keys = src.astype(np.int64) * nodes.n + dst
        place = np.minimum(np.searchsorted(keys, pair), len(keys) - 1)
        here = keys[place] == pair
        place, codes, amount = place[here], codes[here], self.graph.links["value"].to_numpy()[rows][here]
        whole = sum_by(place, amount, len(keys))
        part = np.divide(value, whole, out=np.zeros_like(value), where=whole > 0)
        made = {}
        for code in np.unique(codes).tolist():
            mine = codes == code
            text = "" if code < 0 else names[code]
            made[text] = part * sum_by(place[mine], amount[mine], len(keys))
        return made

    def _cell(self, formation: Formation, column: str) -> Any:
        if self._rows is None:
            return None
        years = [int(one) for one in self._rows.column(formation.cluster_id, "year")]
        cells: Iterable[Any] = self._rows.column(formation.cluster_id, column)
        return dict(zip(years, cells, strict=True)).get(formation.year)

    def _facts(self, formation: Formation) -> str:
        words = self.words
        facts = [
            words("view_participants", n=show(formation.n, "int", words.lang)),
            words("view_links", n=show(len(formation.src), "int", words.lang)),
        ]
        if self.result is not None:
            facts.append(words("view_ratio", ratio=self._ratio(formation)))
        return " · ".join(facts)

    def _ratio(self, formation: Formation) -> str:
        """Return the cooperation ratio; of an unknown one its bounds, and why."""
        value, low, high = (self._cell(formation, f"cooperation_ratio{end}") for end in ("", "_low", "_high"))
        if not is_unknown(value):
            return percent(float(value), self.words.lang)
        where, why = gap_places(formation.cluster_id, formation.year), ""
        if self._reasons is not None:
            why = shorten(self._reasons.told(where, "cooperation_ratio"), 200)
        known = between(low, high, "share", self.words.lang) or self.words("unknown")
        return f"{known} ({why})" if why else known

    def _beyond(self, formation: Formation) -> tuple[str, str]:
        """Return "yes", "no" or "unknown", whether the core is beyond chance, and the sentence."""
        if self._reasons is None:
            return "", ""
        where = gap_places(formation.cluster_id, formation.year)
        if is_unknown(self._cell(formation, "core_members")):
            why = self._reasons.told(where, "core_members")
            return "unknown", self.words("pp_no_core", why=why) if why else ""
        p = self._cell(formation, "core_p_degree")
        found = None if is_unknown(p) else judged(float(p))
        if found is None:
            why = self._reasons.told(where, "core_p_degree") or self.words("why_default")
            return "unknown", self.words("pp_beyond_unknown", why=why)
        shown = show(float(p), "pvalue", self.words.lang)
        if found:
            return "yes", self.words("view_beyond_yes", p=shown)
        return "no", self.words("view_beyond_no", p=shown)
