"""Results in a store: what goes in beside the graph, and a `Result` made of what is there."""

from __future__ import annotations

import hashlib
import json
import os

import pandas as pd

from clustercoop.analysis.asks import requests_frame
from clustercoop.analysis.results import Result
from clustercoop.graph.columns import policy_tables
from clustercoop.graph.errors import StoreError
from clustercoop.graph.findings import Findings
from clustercoop.graph.gaps import COLUMNS
from clustercoop.graph.settings import OUTPUTS, Settings
from clustercoop.graph.stores.uri import open_store, shown
from clustercoop.graph.texts import refusal
from clustercoop.pipeline import WRITTEN


def result_tables(result: Result) -> dict[str, pd.DataFrame]:
    """Return the tables of a result that a store holds: figures, gaps, policy, and the run that made them."""
    settings = json.dumps(result.settings.to_dict(), ensure_ascii=False, sort_keys=True)
    version = str(result.provenance.get("version", ""))
    run = hashlib.blake2b(f"{version}\n{settings}".encode(), digest_size=8).hexdigest()
    made = result.formations[["cluster_id", "year"]].assign(run=run, version=version, settings=settings)
    return {
        "formations": result.formations,
        "participants": result.participants,
        "clusters": result.clusters,
        "gaps": result.gaps,
        "runs": made,
        **result.policy,
    }


def stored_result(address: str | os.PathLike[str]) -> Result:
    """Return the result that a store holds, with the settings of its run.

    Findings about input files, rejected rows, what to ask for and the model behind the verdicts are not in a
    store: the result has what the graph itself tells, and none of the others.

    Raises
    ------
    StoreError
        The store holds no results, or those of several runs.
    """
    with open_store(address) as store:
        tables, graph = store.read_results(), store.read()
    tables = {name: frame.drop(columns=list(WRITTEN), errors="ignore") for name, frame in tables.items()}
    runs = tables.pop("runs")
    if not len(tables["formations"]) and not len(tables["clusters"]):
        raise refusal(StoreError, "no_results", place="", when="")
    if runs["run"].nunique() > 1 or len(runs) not in (0, len(tables["formations"])):
        raise refusal(StoreError, "several_runs", store=shown(address))
    settings, version = Settings(), ""
    if len(runs):
        told = json.loads(runs["settings"].iloc[0])
        settings = Settings(**{name: told[name] for name in Settings.__slots__ if name in told})
        version = str(runs["version"].iloc[0])
    graph = graph.sharing(settings.shared_members)
    settings = settings.replace(outputs=[output for output in OUTPUTS if output not in ("csv", "parquet")])
    return Result(
        formations=tables["formations"],
        participants=tables["participants"],
        clusters=tables["clusters"],
        gaps=_as_given(tables["gaps"]),
        requests=requests_frame([]),
        findings=Findings(graph.people.findings(graph.years)),
        rejected=pd.DataFrame(),
        graph=graph,
        settings=settings,
        provenance={"inputs": [{"store": shown(address)}], "version": version},
        policy={name: tables[name] for name in policy_tables() if name in tables},
    )


def _as_given(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return gaps as `clustercoop.graph.gaps.gaps_frame` does, within a place in the order of columns."""
    texts = {name: gaps[name].fillna("") for name in COLUMNS if name != "year"}
    order = ["cluster_id", "year", "participant_id"]
    return gaps.assign(**texts).sort_values(order, kind="stable", ignore_index=True)
