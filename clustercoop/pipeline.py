"""From a supply graph to a result: every metric, joined into the contract's tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop import engines
from clustercoop.analysis.asks import Given, Request, ask, ask_of_gaps, requests_frame
from clustercoop.analysis.brokers import chain_leaders
from clustercoop.analysis.chain import local_sourcing_change
from clustercoop.analysis.closedness.verdict import add_closedness
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.analysis.core_periphery.significance import adjust
from clustercoop.analysis.large import is_too_large
from clustercoop.analysis.members import year_contexts
from clustercoop.analysis.metric import Measured, known_cells, tables_of
from clustercoop.analysis.metrics import measure_all
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.benchmarks import read_benchmarks
from clustercoop.analysis.policy.outline import with_policy
from clustercoop.analysis.policy.requirements import read_rules
from clustercoop.analysis.policy.tables import make_all
from clustercoop.analysis.policy.tables.eligibility import overall
from clustercoop.analysis.prices import price_findings, prices_of
from clustercoop.analysis.results import Result
from clustercoop.analysis.support import refuse_other_types, support_measures
from clustercoop.analysis.typology import classify, currency_gaps, load_thresholds, rule_verdicts, yearly_rule
from clustercoop.analysis.unknown import all_gaps
from clustercoop.analysis.unsettled import open_rows, unsettled
from clustercoop.analysis.verdicts.verdict import assess
from clustercoop.engines.local import map_short
from clustercoop.graph.arrays import Bools
from clustercoop.graph.columns import OutputColumn, output_columns, policy_tables
from clustercoop.graph.findings import Findings
from clustercoop.graph.formation import Formation
from clustercoop.graph.holdings import by_holding
from clustercoop.graph.kinds import KINDS, TEXT
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.settings import METRICS, Settings
from clustercoop.graph.threads import at_once
from clustercoop.reuse import reused
from clustercoop.version import __version__

MANY: Final = 200_000
"""Rows of members in years up to which it is worked out what to ask for."""
# Sentences that are made from gaps and from the model's figures when a table is written for people.
WRITTEN: Final = ("unknown_because", "verdict_because", "nearest_flip")


def analyze_graph(
    graph: SupplyGraph,
    settings: Settings,
    *,
    findings: Findings | None = None,
    rejected: pd.DataFrame | None = None,
    provenance: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    only: Collection[tuple[str, int]] | None = None,
) -> Result:
    """Compute every metric of every formation of `graph`.

    Parameters
    ----------
    graph : SupplyGraph
    settings : Settings
    findings, rejected, provenance : optional
        What loading found; the analysis adds its own findings.
    progress : Progress
    only : collection of (cluster, year), optional
        Measure these formations alone; what to ask and the tables of policy are left aside then.

    Returns
    -------
    Result
    """
    thresholds = load_thresholds(settings.thresholds)
    # A wrong file of rules is told of before the work, not after it.
    read_rules(settings.eligibility_rules)
    support_measures(settings.support_measures)
    refuse_other_types(settings.support_measures, thresholds.types.values())
    read_benchmarks(settings.benchmarks)
    graph = graph.sharing(settings.shared_members)
    if settings.by == "holding":
        graph = by_holding(graph)
    progress("cooperation", 0, 0)
    each = partial(map_short, workers=settings.workers, progress=progress)
    base = cooperation_tables(graph, settings, only, each)
    noticed = Findings(list(findings or ()))
    noticed.extend(base.findings)
    formations = [f for f in graph.formations() if only is None or (f.cluster_id, f.year) in only]

    def measure(fresh: Sequence[Formation]) -> list[Measured]:
        task = partial(measure_all, graph=graph, settings=settings)
        return engines.chosen(settings).map(task, fresh, progress=progress, phase="core and closedness")

    alone = settings.metrics == "cooperation"
    measured = [Measured()] * len(formations) if alone else reused(measure, formations, graph, settings)
    for found in measured:
        noticed.extend(found.findings)
    formation_table, member_table = base.formations, base.participants
    few = len(member_table) <= MANY
    cores = _known_cores(formations, measured) if few else {}
    if not alone:
        formation_table, member_table = _join(formation_table, member_table, formations, measured)
    stated, own = base.gaps, base.measured
    del base  # of a country every table of members is large
    prices = prices_of(graph, settings, thresholds)
    formation_table, type_findings = classify(formation_table, thresholds, graph.currency, prices.base)
    noticed.extend(type_findings)
    noticed.extend(price_findings(formation_table, prices, thresholds))
    asked = set(settings.metrics.split(","))
    huge = sum(map(is_too_large, formations))
    if formations and huge == len(formations):
        asked -= {"core", "model"}
    if set(METRICS) - asked:
        absent = [c.column for c in output_columns("formations") if c.column not in formation_table]
        formation_table = formation_table.assign(**dict.fromkeys(absent, np.nan)).drop(
            columns="chain_leaders"
        )
    formation_table = across_formations(formation_table, member_table)
    rules = rule_verdicts(formation_table, thresholds)
    formation_table["rule_verdict"] = yearly_rule(formation_table, thresholds)
    model, clusters = None, rules
    if "model" in asked:
        model = assess(
            conform(formation_table, "formations"),
            settings.replace(lang="en"),
            settings.seed,
            lambda share: progress("formation model", round(100 * share), 100),
            rules,
            graph.clusters[[name for name in ("cluster_id", "region", "industry") if name in graph.clusters]],
        )
        noticed.extend(model.findings)
        formation_table = formation_table.merge(
            model.scores, on=["cluster_id", "year"], how="left", validate="1:1"
        )
        others = rules.columns.difference(model.clusters.columns)
        clusters = model.clusters.merge(rules[["cluster_id", *others]], on="cluster_id", how="left")
    requests: list[Request] = []
    if not few:
        noticed.add("requests_left_out", value=str(len(member_table)), detail=str(MANY))
    elif only is None:
        requests = _requests(graph, formations, measured, own, cores, settings, progress)
    stated += [gap for found in measured for gap in found.gaps]
    del measured, own
    tables = {
        "formations": conform(formation_table, "formations"),
        "participants": conform(member_table, "participants"),
        "clusters": conform(clusters, "clusters"),
    }
    del member_table
    stated += currency_gaps(formation_table, type_findings)
    progress("policy", 0, 0)
    wanted = only is None and not alone
    if wanted and huge:
        noticed.add("policy_left_out", value=str(huge))
    policy = {}
    if wanted and not huge:
        told = tables["formations"], tables["participants"], tables["clusters"]
        policy = make_all(Analysed(*told, graph, settings, each))
    if policy:
        eligible = tables["clusters"]["cluster_id"].map(overall(policy["eligibility"])).astype(TEXT)
        tables["clusters"] = tables["clusters"].assign(eligibility_verdict=eligible)
        outlined, unknown = with_policy(tables["formations"], policy, graph)
        tables["formations"] = conform(outlined, "formations")
        stated += unknown
    gaps = all_gaps(stated, tables, settings, model)
    return Result(
        **tables,
        gaps=gaps,
        requests=requests_frame([*requests, *ask_of_gaps(gaps)]),
        findings=noticed,
        rejected=rejected if rejected is not None else pd.DataFrame(),
        graph=graph,
        settings=settings,
        provenance={**(provenance or {}), "version": __version__},
        model=model,
        policy={name: conform(policy.pop(name), name) for name in policy_tables() if name in policy},
    )


def _known_cores(
    formations: Sequence[Formation], measured: Sequence[Measured]
) -> dict[tuple[str, int], Bools]:
    held = ((f, found.participants.get("in_core")) for f, found in zip(formations, measured, strict=True))
    return {
        (f.cluster_id, f.year): core.astype(bool)
        for f, core in held
        if core is not None and known_cells(core).all()
    }


def _requests(
    graph: SupplyGraph,
    formations: Sequence[Formation],
    measured: Sequence[Measured],
    base: Mapping[tuple[str, int], Measured],
    cores: Mapping[tuple[str, int], Bools],
    settings: Settings,
    progress: Progress,
) -> list[Request]:
    """Return the cells of activity to ask for, of every formation."""
    known = {}
    kept = [formation for formation in formations if not is_too_large(formation)]
    for formation, found in zip(formations, measured, strict=True):
        key = formation.cluster_id, formation.year
        if unsettled(formation, open_rows(graph)) is None:
            known[key] = Given.of(found) + Given.of(base[key])
    task = partial(
        ask,
        cores=cores,
        contexts=year_contexts(graph),
        settings=settings,
        graph=graph,
        measured=known,
    )
    asked = engines.chosen(settings).map(task, kept, progress=progress, phase="what to ask")
    return [one for each in asked for one in each]


def across_formations(table: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that other columns or other formations make.

    Axes of closedness, change of sourcing, p-values corrected for the number of formations, chain leaders.
    """
    table = add_closedness(table).assign(local_sourcing_change=local_sourcing_change(table))
    for null in ("core_p_degree", "core_p_density"):
        if null in table:
            p = table[null].to_numpy("float64", na_value=np.nan)
            table[f"{null}_fdr"], table[f"{null}_holm"] = adjust(p), adjust(p, "holm")
    if {"in_core", "downstream_control"} <= set(members):
        table = table.merge(chain_leaders(members), on=["cluster_id", "year"], how="left", validate="1:1")
    return table


def _join(
    base: pd.DataFrame, members: pd.DataFrame, formations: Sequence[Formation], measured: Sequence[Measured]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add the measures to the cooperation tables, by cluster and year, and by participant."""
    if not formations:
        return base, members
    rows, people = tables_of(formations, measured)
    keys = ["cluster_id", "year"]
    return _beside(base, rows, keys), _beside(members, people, [*keys, "participant_id"])


def _beside(table: pd.DataFrame, more: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return `table` with the columns of `more`, by their keys, which most often stand in one order."""
    if len(table) == len(more) and all((table[key].array == more[key].array).all() for key in keys):
        return pd.concat([table, more.drop(columns=keys)], axis=1)
    return table.merge(more, on=keys, how="left", validate="1:1")


def conform(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return `frame` with the columns of an output table first, in their order and types.

    A column that nobody computed is there, empty: unknown is never invented.
    """
    out: dict[str, Any] = {}
    unknown: dict[Any, Any] = {}
    rows = pd.RangeIndex(len(frame))
    large = len(frame) > MANY
    wanted = [column for column in output_columns(table) if column.column not in WRITTEN]
    given = [column for column in wanted if column.column in frame]

    def typed(column: OutputColumn) -> Any:
        kind, cells = KINDS[column.kind], frame[column.column]
        shared = large and kind.numeric and cells.dtype == kind.dtype
        return cells.set_axis(rows) if shared else kind.cells(cells)

    cells = at_once(typed, given, rows=len(frame))
    held_by = dict(zip((column.column for column in given), cells, strict=True))
    for column in wanted:
        kind = KINDS[column.kind]
        if column.column in held_by:
            out[column.column] = held_by[column.column]
            continue
        if kind.dtype not in unknown:
            held = kind.unknown(len(frame))
            unknown[kind.dtype] = pd.Series(held, rows, copy=False) if large else held
        out[column.column] = unknown[kind.dtype]
    more = [name for name in frame.columns if name not in out and name not in WRITTEN]
    out |= {name: frame[name].array.copy() if large else frame[name].array for name in more}
    # A copy is laid out as one: pandas takes many pieces for a mistake, and columns share what is unknown.
    # The table of a country goes on sharing them, and those of `frame`: pandas copies what changes.
    return pd.DataFrame(out, index=rows, copy=not large)
