"""What would change: scenarios measured beside the data as they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.analysis.members import Members, read_members, year_contexts
from clustercoop.analysis.metric import is_known, is_number
from clustercoop.analysis.policy.additions import Plan, fewest_links, rooms
from clustercoop.analysis.policy.cast import silent as without_output
from clustercoop.analysis.policy.changes import Scenario, apply_scenario, parse_scenario, read_scenarios
from clustercoop.analysis.policy.systemic import formation_supply
from clustercoop.analysis.prices import prices_of
from clustercoop.analysis.results import Result
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.analysis.typology import classify, rule_verdicts
from clustercoop.analysis.verdicts.verdict import assess
from clustercoop.graph.columns import output_columns
from clustercoop.graph.display import holding
from clustercoop.graph.errors import ParameterError, UnknownNameError, parameter_error
from clustercoop.graph.formation import Formation
from clustercoop.graph.holdings import by_holding
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import refusal
from clustercoop.outputs import held_result
from clustercoop.pipeline import analyze_graph

FIGURES: Final = (
    "participants",
    "links",
    "output",
    "internal_supply",
    "cooperation_ratio",
    "cooperation_ratio_low",
    "cooperation_ratio_high",
    "internal_sourcing_share",
    "core_size",
    "core_members",
    "core_fit",
    "closedness_verdict",
    "integration",
    "isolation",
    "finn_cycling_index",
    "rd_per_employee",
    "value_added_per_employee",
    "ecosystem_type",
    "dysfunction",
    "rule_verdict",
)
"""What is set side by side for a cluster-year."""
OF_CLUSTER: Final = ("rule_verdict", "formation_verdict", "ecosystem_probability")
WORST: Final = 5
_LARGEST: Final = 2000
"""Members of a formation of which each one's removal is tried."""


@dataclass(frozen=True, eq=False)
class WhatIf:
    """Scenarios beside the data as they are; unknown is None.

    Attributes
    ----------
    figures : DataFrame
        ``scenario, cluster_id, year, column, before, after, change, unknown_before, unknown_after``: a row a
        figure of each formation that a scenario touches, and of its cluster (no year); the last two are codes
        of gaps.
    losses : DataFrame
        ``scenario, cluster_id, year, participants, share_lost, downstream, upstream, own_share, output_lost,
        code, detail``: what is lost where these stop (`analysis.policy.systemic`): all that a scenario
        removes at once, and without a scenario the most damaging single removals.
    plans : DataFrame
        ``scenario, cluster_id, year, target, supplier_id, buyer_id, value, links, at_least, need, reachable,
        code``: the fewest links to a target; a formation without a plan has one row and a code.
    gaps : DataFrame
        Gaps of both sides, with ``scenario`` and ``side``.
    graph : SupplyGraph
        The data as they are.
    """

    figures: pd.DataFrame
    losses: pd.DataFrame
    plans: pd.DataFrame
    gaps: pd.DataFrame
    graph: SupplyGraph

    def __repr__(self) -> str:
        """Return which tables there are, and their rows."""
        return holding(self)


def whatif(
    source: Any,
    scenario: str | os.PathLike[str] | Scenario | Sequence[Scenario] | None = None,
    *,
    remove: Iterable[str] = (),
    add: Iterable[str] = (),
    put: Iterable[str] = (),
    years: int | Iterable[int] = (),
    cluster: str | None = None,
    target: float | None = None,
    model: bool = False,
    settings: Settings | None = None,
    progress: Progress = silent,
) -> WhatIf:
    """Measure what scenarios touch, before and after.

    Parameters
    ----------
    source : path, mapping, SupplyGraph or Result
        Results that `analyze` wrote (their data and settings are used), or a dataset.
    scenario : path, Scenario or sequence of Scenario, optional
        A TOML file of scenarios (`clustercoop.analysis.policy.changes`), or scenarios.
    remove, add, put : iterable of str, optional
        One scenario in short: ids; ``SUPPLIER:BUYER:VALUE``; ``PARTICIPANT.COLUMN=VALUE``.
    years : int or iterable of int, optional
        Years that the short scenario, the losses and the plans are about; by default the latest.
    cluster : str, optional
        Tell of this cluster alone.
    target : float, optional
        A cooperation ratio; the fewest links that reach it are looked for.
    model : bool
        Fit the formation model of results again on all clusters; otherwise its verdict is left out. A dataset
        has no model to fit again.
    settings : Settings, optional
        By default those of the results.
    progress : Progress, optional

    Returns
    -------
    WhatIf

    Raises
    ------
    ClusterCoopError
        The source or the scenarios cannot be read, or name somebody or a year that the data do not hold.

    Notes
    -----
    A participant that is removed stops: its membership, links and figures go, and the output of the others
    stays as recorded. How much of it would be lost is told apart, in `losses`. A link that is added is supply
    that went elsewhere before: no output grows. Only cluster-years that are touched are measured again.

    Examples
    --------
    >>> tables = {
    ...     "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": "c"}),
    ...     "links": pd.DataFrame({"year": 2022, "supplier_id": ["a"], "buyer_id": ["b"], "value": [20.0]}),
    ...     "activity": pd.DataFrame({"participant_id": ["a", "b"], "year": 2022, "output": [50.0, 50.0]}),
    ... }
    >>> told = whatif(tables, add=["b:a:10"]).figures.set_index("column")
    >>> told.loc["cooperation_ratio", ["before", "after"]].tolist()
    [0.2, 0.3]
    """
    held = held_result(source)
    result = held if isinstance(held, Result) else None
    if result is not None:
        graph, base = result.graph, settings or result.settings
    else:
        from clustercoop.api import load

        base = settings or Settings()
        graph = load(source, settings=base, progress=progress)
    if model and result is None:
        raise refusal(ParameterError, "whatif_model")
    lean = base.replace(nulls=0, metrics="core,closedness,chain", by="participant")
    if target is not None and not 0 < target <= 1:
        raise parameter_error("target", "whatif", "a share above 0 and at most 1", target)
    asked = ((years,) if isinstance(years, int) else tuple(years)) or graph.years[-1:]
    scenarios = _scenarios(scenario, remove, add, put, asked)
    if not scenarios and target is None and cluster is None:
        raise refusal(ParameterError, "nothing_asked")
    if cluster is not None:
        graph.formations([cluster])  # an unknown one is told
    about = None if cluster is None else [cluster]
    figures, losses, plans, gaps = [], [], [], []
    for one in scenarios:
        progress(one.name, 0, 0)
        changed = apply_scenario(graph, one, base.internal_supply)
        before, after = (_counted(each, base) for each in (graph, changed))
        compared = _Compared(one, before, after, lean, result if model else None, about)
        figures.append(compared.figures())
        gaps.append(compared.gaps())
        losses += compared.losses()
        if target is not None:
            plans += [_plan(one.name, f, after, lean, target) for f in compared.after_formations]
    if not scenarios:
        graph = _counted(graph, base)
        formations = graph.formations(about, list(asked))
        if not formations:
            raise refusal(UnknownNameError, "no_formation")
        if target is None:
            losses += [row for f in formations for row in _worst(f, graph, base)]
        else:
            plans += [_plan("", f, graph, lean, target) for f in formations]
    return WhatIf(
        _joined(figures, _declared("figures")),
        pd.DataFrame(losses, columns=_declared("losses")),
        _joined(plans, _declared("plans")),
        _joined(gaps, ("scenario", "side")),
        graph,
    )


def _declared(table: str) -> list[str]:
    """Return the columns of a table of the what-if, as ``graph/output_columns.csv`` has them."""
    return [column.column for column in output_columns(f"whatif_{table}")]


def _counted(graph: SupplyGraph, settings: Settings) -> SupplyGraph:
    """Return the graph as the settings count it: holdings as one, shared members in full or split."""
    shared = graph.sharing(settings.shared_members)
    return by_holding(shared) if settings.by == "holding" else shared


def _joined(frames: list[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(frames, ignore_index=True)


def _scenarios(
    given: Any, remove: Iterable[str], add: Iterable[str], put: Iterable[str], years: tuple[int, ...]
) -> list[Scenario]:
    gone, more, cells = ((each,) if isinstance(each, str) else tuple(each) for each in (remove, add, put))
    if given is None:
        return [parse_scenario(gone, more, cells, years)] if gone or more or cells else []
    if gone or more or cells:
        raise refusal(ParameterError, "changes_twice")
    if isinstance(given, Scenario):
        return [given]
    if isinstance(given, str | os.PathLike):
        return read_scenarios(os.fspath(given))
    return list(given)


class _Compared:
    """One scenario's formations, measured in both graphs."""

    def __init__(
        self,
        scenario: Scenario,
        graph: SupplyGraph,
        changed: SupplyGraph,
        settings: Settings,
        fitted: Result | None,
        about: list[str] | None,
    ) -> None:
        self.scenario, self.graph, self.changed, self.settings = scenario, graph, changed, settings
        self.fitted = fitted
        self.before_formations, self.after_formations = _touched(graph, changed, about)
        sides = (self.before_formations, self.after_formations)
        keys = {(f.cluster_id, f.year) for side in sides for f in side}
        self.keys = sorted(keys)
        self.before = analyze_graph(graph, settings, only=keys)
        self.after = analyze_graph(changed, settings, only=keys)

    def gaps(self) -> pd.DataFrame:
        sides = [("before", self.before.gaps), ("after", self.after.gaps)]
        parts = [gaps.assign(scenario=self.scenario.name, side=side) for side, gaps in sides]
        return pd.concat(parts, ignore_index=True)

    def figures(self) -> pd.DataFrame:
        rows: list[tuple[Any, ...]] = []
        tables = [side.formations.set_index(["cluster_id", "year"]) for side in (self.before, self.after)]
        codes = [_codes(side.gaps) for side in (self.before, self.after)]
        for cluster, year in self.keys:
            for column in FIGURES:
                values = [
                    table.at[(cluster, year), column] if (cluster, year) in table.index else None
                    for table in tables
                ]
                whys = [
                    ""
                    if is_known(value)
                    else code.get((cluster, year, column), "")
                    if (cluster, year) in table.index
                    else "formation_gone"
                    for value, code, table in zip(values, codes, tables, strict=True)
                ]
                rows.append(self._row(cluster, year, column, values, whys))
        table = pd.DataFrame(rows + self._of_clusters(), columns=_declared("figures"))
        return table.astype({"year": "Int64"})

    def _row(
        self, cluster: str, year: int | None, column: str, values: list[Any], whys: list[str]
    ) -> tuple[Any, ...]:
        before, after = (None if not is_known(value) else _plain(value) for value in values)
        change = after - before if is_number(before) and is_number(after) else None
        return (self.scenario.name, cluster, year, column, before, after, change, *whys)

    def _of_clusters(self) -> list[tuple[Any, ...]]:
        """Return the verdicts on whole clusters, over all their years."""
        clusters = sorted({cluster for cluster, _ in self.keys})
        rules = [_rules(graph, self.settings, clusters) for graph in (self.graph, self.changed)]
        sides: list[dict[str, Any]] = [
            dict(zip(r["cluster_id"], r["rule_verdict"], strict=True)) for r in rules
        ]
        rows = [
            self._row(c, None, "rule_verdict", [side.get(c) for side in sides], ["", ""]) for c in clusters
        ]
        if self.fitted is None:
            return rows
        after = _refitted(self.fitted, self.after.formations, self.keys, rules[1])
        before = self.fitted.clusters.set_index("cluster_id")
        for cluster in clusters:
            for column in OF_CLUSTER[1:]:
                values = [
                    table.at[cluster, column] if cluster in table.index else None for table in (before, after)
                ]
                rows.append(self._row(cluster, None, column, values, ["", ""]))
        return rows

    def losses(self) -> list[tuple[Any, ...]]:
        """Return what is lost where all that the scenario removes stop at once."""
        gone, rows = set(self.scenario.removed), []
        for formation in self.before_formations if gone else ():
            at = np.array([str(i) in gone for i in formation.ids])
            if at.any():
                rows += _losses(self.scenario.name, formation, self.graph, self.settings, at[None, :])
        return rows


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _codes(gaps: pd.DataFrame) -> dict[tuple[str, int, str], str]:
    mine = gaps[(gaps["participant_id"] == "") & gaps["year"].notna()]
    keys = zip(mine["cluster_id"], mine["year"].astype(int), mine["column"], strict=True)
    return dict(zip(keys, mine["code"].astype(str), strict=True))


def _touched(
    graph: SupplyGraph, changed: SupplyGraph, about: list[str] | None
) -> tuple[list[Formation], list[Formation]]:
    """Return the formations of both graphs that differ from one to the other."""
    sides: list[dict[tuple[str, int], Formation]] = [
        {(f.cluster_id, f.year): f for f in one.formations() if about is None or f.cluster_id in about}
        for one in (graph, changed)
    ]
    before, after = sides
    keys = sorted(k for k in before.keys() | after.keys() if not _same(before.get(k), after.get(k)))
    return [before[k] for k in keys if k in before], [after[k] for k in keys if k in after]


def _same(one: Formation | None, other: Formation | None) -> bool:
    if one is None or other is None or one.n != other.n:
        return False
    names = ("ids", "share", "src", "dst", "weight", "self_supply", "sales_outside", "purchases_outside")
    if not all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names):
        return False
    if len(one.knowledge_rows) != len(other.knowledge_rows):
        return False
    pairs = [(one.activity[name], other.activity[name]) for name in one.activity]
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)


def _rules(graph: SupplyGraph, settings: Settings, clusters: list[str]) -> pd.DataFrame:
    thresholds = load_thresholds(settings.thresholds)
    keys = {(c, y) for c in clusters for y in graph.years}
    table = cooperation_tables(graph, settings, keys).formations
    base = prices_of(graph, settings, thresholds).base
    return rule_verdicts(classify(table, thresholds, graph.currency, base)[0], thresholds)


def _refitted(
    result: Result, after: pd.DataFrame, keys: Sequence[tuple[str, int]], rules: pd.DataFrame
) -> pd.DataFrame:
    table = result.formations
    at = pd.MultiIndex.from_frame(table[["cluster_id", "year"]]).isin(keys)
    parts = [table[~at], after[table.columns.intersection(after.columns)]]
    known = [part.dropna(axis=1, how="all") for part in parts]  # what is empty has no type to agree on
    table = pd.concat(known, ignore_index=True).reindex(columns=table.columns)
    table = table.sort_values(["cluster_id", "year"], ignore_index=True)
    old = result.clusters[["cluster_id", "rule_verdict"]]
    every = pd.concat([rules[["cluster_id", "rule_verdict"]], old]).drop_duplicates("cluster_id")
    held = [name for name in ("cluster_id", "region", "industry") if name in result.graph.clusters]
    model = assess(table, result.settings, result.settings.seed, None, every, result.graph.clusters[held])
    return model.clusters.set_index("cluster_id")


def _losses(
    scenario: str,
    formation: Formation,
    graph: SupplyGraph,
    settings: Settings,
    stopped: np.ndarray[Any, Any],
) -> list[tuple[Any, ...]]:
    thresholds = load_thresholds(settings.thresholds)
    network, code, at = formation_supply(formation, graph, thresholds)
    place = (scenario, formation.cluster_id, formation.year)

    def named(which: np.ndarray[Any, Any]) -> str:
        return "; ".join(formation.ids[which].astype(str))

    if network is None:
        return [(*place, named(row), None, None, None, None, None, code, named(at)) for row in stopped]
    both, down, up = network.lost(stopped)
    total = float(network.output.sum())
    own = stopped @ network.output / total
    untold = stopped & without_output(formation, thresholds)  # what nobody tells of is lost, however much
    return [
        (*place, named(row), None, None, None, None, None, "outputs_unknown", named(open_))
        if open_.any()
        else (*place, named(row), float(b), float(d), float(u), float(o), float(b) * total, "", "")
        for row, open_, b, d, u, o in zip(stopped, untold, both, down, up, own, strict=True)
    ]


def _worst(formation: Formation, graph: SupplyGraph, settings: Settings) -> list[tuple[Any, ...]]:
    """Return the single removals that lose most output."""
    tried = np.argsort(-np.nan_to_num(formation.output), kind="stable")[:_LARGEST]
    rows = _losses("", formation, graph, settings, np.eye(formation.n, dtype=bool)[np.sort(tried)])
    known = [row for row in rows if row[4] is not None]
    if rows and not known:
        return [(*rows[0][:3], "", *rows[0][4:])]
    worst = sorted(known, key=lambda row: -row[4])[:WORST]
    nobody: tuple[Any, ...] = (*rows[0][:3], "", *[None] * 5)
    # One of unknown output, or a smaller one, may do more damage than these.
    if len(known) < len(rows):
        worst.append((*nobody, "outputs_unknown", "; ".join(row[-1] for row in rows if row[4] is None)))
    if formation.n > _LARGEST:
        worst.append((*nobody, "removals_of_largest", str(_LARGEST)))
    return worst


def _fewest(formation: Formation, members: Members, need: float) -> tuple[Plan, str]:
    """Return the fewest links by the room that is known, and a code where there are none.

    Room that nobody tells may be any: only where it would not help either is a target out of reach, or the
    plan known to be the smallest.
    """
    give, take = rooms(formation, members)
    plan = fewest_links(give, take, need)
    if plan.need <= 0:
        return plan, "target_reached"
    able = np.where(~np.isnan(members.output) | ~members.producing, give, need)
    ready = np.where(np.isnan(members.purchases), need, take)
    best = fewest_links(able, ready, need)
    if plan.links:
        return replace(plan, at_least=min(plan.at_least, best.at_least)), ""
    return plan, "target_room_unknown" if best.links else "target_out_of_reach"


def _plan(
    scenario: str, formation: Formation, graph: SupplyGraph, settings: Settings, target: float
) -> pd.DataFrame:
    context = year_contexts(graph)[formation.year]
    members = read_members(formation, context, settings, load_thresholds(settings.thresholds))
    tables = cooperation_tables(graph, settings, {(formation.cluster_id, formation.year)})
    [row] = tables.formations.to_dict("records")
    # A ratio of indicators tells neither the output nor the supply that links would add to.
    missing = next(
        (name for name in ("cooperation_ratio", "output", "internal_supply") if not is_known(row[name])), ""
    )
    known = not missing
    code = next((gap.code for gap in tables.gaps if missing and gap.column == missing), "")
    plan = Plan((), 0, 0.0, 0.0)
    if known:
        need = target * float(row["output"]) - float(row["internal_supply"])
        plan, code = _fewest(formation, members, need)
    place = (scenario, formation.cluster_id, formation.year, target)
    told = (len(plan.links), plan.at_least, plan.need, plan.reachable) if known else (None,) * 4
    rows = [
        (*place, str(formation.ids[i]), str(formation.ids[j]), value, *told, code)
        for i, j, value in plan.links
    ] or [(*place, "", "", None, *told, code)]
    return pd.DataFrame(rows, columns=_declared("plans"))
