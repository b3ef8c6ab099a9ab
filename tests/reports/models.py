"""Results of the formation model on planted worlds, each made once: a split, none, and too few clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.worlds import feature_world
from clustercoop.analysis.results import Result
from clustercoop.analysis.typology import classify, load_thresholds, rule_verdicts
from clustercoop.analysis.verdicts.verdict import assess
from clustercoop.graph.findings import Findings
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.pipeline import conform
from clustercoop.reports.html import render_report
from tests.builders import once

# name → clusters, distance of the planted types, years.
WORLDS = {"split": (44, 6.0, 2), "none": (41, 0.0, 1), "rules": (12, 4.5, 1), "explore": (24, 10.0, 1)}
HOSTILE = '<img src=x onerror=alert(1)> "quoted" |pipe|'


@once
def world(name: str) -> Result:
    """Return the result of the world `name`; the first cluster has a hostile name, some cells are edges."""
    clusters, distance, years = WORLDS[name]
    table = feature_world(np.random.default_rng(7), clusters, distance, missing=0.1, years=years).formations
    first = table["cluster_id"] == "c0000"
    table.loc[first, "integration"] = 1.0
    table.loc[first, "rd_per_employee"] = 0.0
    table.loc[first, "cooperation_ratio"] = np.nan
    thresholds = load_thresholds()
    table, _ = classify(table, thresholds, "RUB")
    rules = rule_verdicts(table, thresholds)
    model = assess(table, Settings(), 0, None, rules)
    table = table.merge(model.scores, on=["cluster_id", "year"])
    extra = rules.columns.difference(model.clusters.columns)
    ids = sorted(set(table["cluster_id"]))
    names = pd.DataFrame({"cluster_id": ids, "name": [HOSTILE, *(f"Cluster {i[1:]}" for i in ids[1:])]})
    nobody = pd.DataFrame({"cluster_id": [], "year": [], "participant_id": []})
    return Result(
        formations=conform(table, "formations"),
        participants=conform(nobody, "participants"),
        clusters=conform(model.clusters.merge(rules[["cluster_id", *extra]], on="cluster_id"), "clusters"),
        findings=Findings(),
        rejected=pd.DataFrame(),
        graph=SupplyGraph.from_tables({"clusters": names}),
        settings=Settings(),
        provenance={"version": "0.1.0"},
        model=model,
    )


@once
def page(name: str, lang: str = "en") -> str:
    """Return the report on the world `name`, rendered once."""
    return render_report(world(name), lang)
