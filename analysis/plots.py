"""The field's usual pictures of a result, on matplotlib axes: for notebooks and papers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.metric import figures_in
from clustercoop.analysis.thresholds import LEVELS, Thresholds, load_thresholds
from clustercoop.graph.columns import output_column
from clustercoop.graph.display import inert
from clustercoop.graph.errors import MissingExtraError, UnknownNameError
from clustercoop.graph.findings import Findings
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.graph.slicing import formations_of
from clustercoop.graph.texts import BASE, entries, refusal, term, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from clustercoop.graph.formation import Formation

NAMED: Final = 12
"""Most clusters that are told apart by colour and name."""
_INK, _SOFT = "#1f5f8b", "#9aa4ad"
_CORE: Final = "#c4622d"
_VERDICTS: Final = {"ecosystem-like": "o", "cluster-like": "s", "undecided": "D", "no structure": "v"}


class Plots:
    """Pictures of a result; each returns its axes and draws on `ax`, or on a new figure.

    They need matplotlib (extra ``plot``). What is unknown is not drawn; names are cut to forty characters.
    """

    formations: pd.DataFrame
    participants: pd.DataFrame
    findings: Findings
    graph: SupplyGraph
    settings: Settings

    def plot_cooperation(self, *clusters: str, ax: Axes | None = None) -> Axes:
        """Draw the cooperation ratio over the years, a bar where bounds alone are known.

        Parameters
        ----------
        *clusters : str
            These only; all by default. Above twelve all are grey, with their median.
        ax : Axes, optional

        Raises
        ------
        UnknownNameError
            The result has no such cluster.
        """
        axes, lang = _axes(ax), self.settings.lang
        from matplotlib.ticker import MaxNLocator

        several = list(self._of_each(clusters))
        few = len(several) <= NAMED
        for at, (cluster, frame) in enumerate(several):
            colour, years = f"C{at % 10}" if few else _SOFT, frame["year"].astype(int)
            axes.plot(
                years,
                figures_in(frame, "cooperation_ratio"),
                marker="o",
                markersize=4,
                color=colour,
                linestyle="-" if at < 10 else "--",
                linewidth=1.6 if few else 0.8,
                label=self._name(cluster) if few else None,
            )
            low, high = (figures_in(frame, f"cooperation_ratio_{end}") for end in ("low", "high"))
            open_ = np.isnan(figures_in(frame, "cooperation_ratio")) & np.isfinite(low) & np.isfinite(high)
            axes.vlines(years[open_], low[open_], high[open_], color=colour, linewidth=3, alpha=0.6)
        if not few:
            median = self.formations.groupby("year")["cooperation_ratio"].median()
            label = text("plot.median", lang, count=len(several))
            axes.plot(median.index.astype(int), median, color=_INK, linewidth=2.4, label=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter(_percent(lang))
        axes.set(xlabel=_label("year", self), ylabel=_label("cooperation_ratio", self))
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        return axes

    def plot_phase(self, *clusters: str, ax: Axes | None = None) -> Axes:
        """Draw the clusters' paths through the plane of R&D and value added per employee, with its zones.

        Zones are drawn where the thresholds are in the currency of the data. The last year is the large dot.

        Parameters
        ----------
        *clusters : str
            These only; all by default.
        ax : Axes, optional

        Raises
        ------
        UnknownNameError
            The result has no such cluster.
        """
        axes, thresholds = _axes(ax), self._thresholds()
        names, dots = ("rd_per_employee", "value_added_per_employee"), []
        for at, (cluster, frame) in enumerate(self._of_each(clusters)):
            x, y = (figures_in(frame, name) for name in names)
            known = np.isfinite(x) & np.isfinite(y)
            if known.any():
                colour = f"C{at % 10}"
                axes.plot(x[known], y[known], color=colour, linewidth=1, marker=".", markersize=4)
                axes.plot(x[known][-1], y[known][-1], "o", color=colour, markersize=7)
                dots.append((cluster, x[known][-1], y[known][-1]))
        if thresholds is not None:
            for cut in (thresholds.innovation.low_below, thresholds.innovation.high_above):
                axes.axvline(cut, color=_SOFT, linewidth=0.8, linestyle=":")
            for cut in (thresholds.productivity.low_below, thresholds.productivity.high_above):
                axes.axhline(cut, color=_SOFT, linewidth=0.8, linestyle=":")
        axes.set(xlabel=_label(names[0], self), ylabel=_label(names[1], self), xlim=(0, None), ylim=(0, None))
        self._named(axes, dots)
        return axes

    def plot_verdicts(self, year: int | None = None, ax: Axes | None = None) -> Axes:
        """Draw cooperation against R&D per employee, with the thresholds of the two-trait rule.

        Parameters
        ----------
        year : int, optional
            The last year of each cluster by default.
        ax : Axes, optional

        Raises
        ------
        UnknownNameError
            The result has no such year.
        """
        axes, frame, thresholds = _axes(ax), self._of_year(year), self._thresholds()
        lang, dots = self.settings.lang, list[tuple[Any, ...]]()
        verdicts = frame["formation_verdict"].fillna("") if "formation_verdict" in frame else ""
        for verdict, some in frame.assign(_verdict=verdicts).groupby("_verdict", sort=True):
            x, y = figures_in(some, "rd_per_employee"), figures_in(some, "cooperation_ratio")
            label = term(str(verdict), lang) if verdict else None
            axes.plot(x, y, _VERDICTS.get(str(verdict), "x"), markersize=7, label=label)
            dots += zip(some["cluster_id"], x, y, strict=True)
        axes.axhline(self._rule().cooperation_above, color=_SOFT, linewidth=0.8, linestyle=":")
        if thresholds is not None:
            band = thresholds.innovation
            least = (0.0, band.low_below, band.high_above)[LEVELS.index(thresholds.innovation_at_least)]
            axes.axvline(least, color=_SOFT, linewidth=0.8, linestyle=":")
        axes.yaxis.set_major_formatter(_percent(lang))
        axes.set(xlabel=_label("rd_per_employee", self), ylabel=_label("cooperation_ratio", self))
        axes.set(xlim=(0, None), ylim=(0, None))
        self._named(axes, dots)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(fontsize=8)
        return axes

    def plot_closedness(self, year: int | None = None, ax: Axes | None = None) -> Axes:
        """Draw the integration of the clusters against their isolation.

        Parameters
        ----------
        year : int, optional
            The last year of each cluster by default.
        ax : Axes, optional

        Raises
        ------
        UnknownNameError
            The result has no such year.
        """
        axes, frame = _axes(ax), self._of_year(year)
        x, y = figures_in(frame, "integration"), figures_in(frame, "isolation")
        axes.plot(x, y, "o", color=_INK, markersize=7)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(_percent(self.settings.lang))
        axes.set(
            xlabel=_label("integration", self), ylabel=_label("isolation", self), xlim=(0, 1), ylim=(0, 1)
        )
        self._named(axes, zip(frame["cluster_id"], x, y, strict=True))
        return axes

    def plot_matrix(self, cluster: str, year: int | None = None, ax: Axes | None = None) -> Axes:
        """Draw who supplies whom, the core first: a core shows as a dense block in the upper left corner.

        Rows supply, columns buy; the darker, the larger (logarithmic). Members of the core, then the others,
        each by volume inside. Lines part the core.

        Parameters
        ----------
        cluster : str
        year : int, optional
            The last by default.
        ax : Axes, optional

        Raises
        ------
        UnknownNameError
            The data hold no such cluster, or nothing of it in that year.
        """
        axes, formation = _axes(ax), self._formation(cluster, year)
        from matplotlib.colors import LogNorm

        core = self._in_core(formation)
        volume = formation.supplied_inside + formation.bought_inside
        order = np.lexsort((-volume, ~core))
        values = np.zeros((formation.n, formation.n))
        np.add.at(values, (formation.src, formation.dst), formation.weight)
        shown = np.ma.masked_less_equal(values[np.ix_(order, order)], 0)
        if shown.count():
            image = axes.imshow(shown, norm=LogNorm(), cmap="Blues", interpolation="nearest")
            label = text("report.head_supply", self.settings.lang, unit=_money(self))
            axes.figure.colorbar(image, ax=axes, label=label)
        if core.any():
            for line in (axes.axhline, axes.axvline):
                line(core.sum() - 0.5, color=_CORE, linewidth=1)
        axes.set(
            xlabel=text("plot.buyers", self.settings.lang), ylabel=text("plot.suppliers", self.settings.lang)
        )
        axes.set(title=f"{self._name(cluster)}, {formation.year}", xticks=[], yticks=[])
        return axes

    def plot_core_profile(self, cluster: str, year: int | None = None, ax: Axes | None = None) -> Axes:
        """Draw the core-periphery profile: persistence of the first k participants, the periphery first.

        The lower it stays, the clearer the core; a complete graph makes the dotted line
        (`clustercoop.rossa_profile`).

        Parameters
        ----------
        cluster : str
        year : int, optional
            The last by default.
        ax : Axes, optional

        Raises
        ------
        UnknownNameError
            The data hold no such cluster, or nothing of it in that year.
        """
        from clustercoop.analysis.core_periphery.rossa import rossa_profile

        axes, formation = _axes(ax), self._formation(cluster, year)
        found, lang = rossa_profile(formation), self.settings.lang
        steps = np.arange(1, len(found.profile) + 1)
        core = self._in_core(formation)[found.order]
        axes.plot(steps, found.profile, color=_INK, linewidth=1.4)
        axes.plot(
            steps[core], found.profile[core], "o", color=_CORE, markersize=5, label=text("plot.core", lang)
        )
        if len(steps) > 1:
            axes.plot(steps, (steps - 1) / (len(steps) - 1), color=_SOFT, linewidth=0.8, linestyle=":")
        axes.set(xlabel=text("plot.inwards", lang), ylabel=text("plot.persistence", lang), ylim=(0, 1.02))
        axes.set_title(f"{self._name(cluster)}, {formation.year}")
        if core.any():
            axes.legend(fontsize=8)
        return axes

    def plot_chain(self, cluster: str, year: int | None = None, ax: Axes | None = None) -> Axes:
        """Draw how many members stand at each stage of the chain, raw materials first, the core apart.

        Parameters
        ----------
        cluster : str
        year : int, optional
            The last by default.
        ax : Axes, optional

        Raises
        ------
        UnknownNameError
            The data hold no such cluster, or nothing of it in that year.
        """
        axes, formation, lang = _axes(ax), self._formation(cluster, year), self.settings.lang
        people, core = self._people(formation), self._in_core(formation)
        stage = np.full(formation.n, np.nan)
        if people is not None:
            stage = figures_in(people, "stage")
        known = np.isfinite(stage)
        rounded = np.floor(stage[known] + 0.5).astype(int)
        stages = np.unique(rounded)
        inside = np.array([int((core[known] & (rounded == one)).sum()) for one in stages], dtype=int)
        others = np.array([int((rounded == one).sum()) for one in stages], dtype=int) - inside
        if len(stages):
            axes.bar(stages, inside, color=_CORE, label=text("plot.core", lang))
            axes.bar(stages, others, bottom=inside, color=_INK, label=text("plot.others", lang))
            axes.set_xticks(stages)
            axes.legend(fontsize=8)
        axes.set(xlabel=_label("stage", self, "participants"), ylabel=_label("participants", self))
        axes.set_title(f"{self._name(cluster)}, {formation.year}")
        return axes

    def _of_each(self, clusters: Sequence[str]) -> Iterator[tuple[str, pd.DataFrame]]:
        known = dict(list(self.formations.groupby(self.formations["cluster_id"].astype(str), sort=True)))
        for cluster in clusters or known:
            if cluster not in known:
                raise refusal(UnknownNameError, "cluster_unknown", cluster=cluster)
            yield cluster, known[cluster].sort_values("year")

    def _of_year(self, year: int | None) -> pd.DataFrame:
        if year is None:
            return self.formations.sort_values("year", kind="stable").groupby("cluster_id", sort=True).tail(1)
        found = self.formations[self.formations["year"] == year]
        if not len(found):
            raise refusal(UnknownNameError, "no_results_of_year", year=year)
        return found

    def _formation(self, cluster: str, year: int | None) -> Formation:
        if year is not None:
            return self.graph.formation(cluster, year)
        return formations_of(self.graph, cluster)[-1]

    def _people(self, formation: Formation) -> pd.DataFrame | None:
        """Return the rows of the members of a formation in its order."""
        frame = self.participants
        own = frame[(frame["cluster_id"] == formation.cluster_id) & (frame["year"] == formation.year)]
        return own.set_index("participant_id").reindex(formation.ids) if len(own) else None

    def _in_core(self, formation: Formation) -> Any:
        people = self._people(formation)
        if people is None or "in_core" not in people:
            return np.zeros(formation.n, dtype=bool)
        return people["in_core"].astype("boolean").fillna(False).to_numpy(bool)

    def _named(self, axes: Axes, dots: Iterable[tuple[Any, ...]]) -> None:
        """Write the name of each cluster beside its dot, to the side where there is room."""
        middle = sum(axes.get_xlim()) / 2
        for cluster, x, y in dots:
            if np.isfinite(x) and np.isfinite(y):
                side = {"xytext": (6, 3)} if x <= middle else {"xytext": (-6, 3), "ha": "right"}
                axes.annotate(
                    self._name(str(cluster)), (x, y), textcoords="offset points", fontsize=7, **side
                )

    def _name(self, cluster: str) -> str:
        return _harmless(self.graph.cluster_names.get(cluster, cluster))

    def _rule(self) -> Thresholds:
        return load_thresholds(self.settings.thresholds)

    def _thresholds(self) -> Thresholds | None:
        """Return the thresholds where they are in the currency of the data."""
        found = self._rule()
        return found if found.currency == self.graph.currency else None


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise refusal(MissingExtraError, "plot_extra") from error
    return pyplot.subplots(figsize=(7, 4.5), layout="constrained")[1]


def _harmless(name: str) -> str:
    """Return a name that matplotlib shows as it is: no formula, no label that it hides."""
    return inert(name, 40).replace("$", r"\$").removeprefix("_")


def _label(name: str, result: Plots, table: str = "formations") -> str:
    column, lang = output_column(table, name), result.settings.lang
    unit = _money(result) if column.unit == "money" else ""
    if unit and any(finding.code == "prices_nominal" for finding in result.findings):
        unit = text("report.money_nominal", lang, unit=unit)
    return f"{column.label(lang)}, {unit}" if unit else column.label(lang)


def _money(result: Plots) -> str:
    lang, id = result.settings.lang, f"currency.{result.graph.currency}"
    told = text(id, lang) if id in entries(BASE) else _harmless(result.graph.currency)
    return text("report.unit_money", lang, currency=told)


def _percent(lang: str) -> Any:
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: text("format.percent", lang, value=f"{100 * value:.0f}"))
