"""Small datasets that tests share."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.cooperation import Tables
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.tables import table as policy_table
from clustercoop.analysis.results import Result
from clustercoop.example import dataset
from clustercoop.graph.columns import TABLES, output_columns
from clustercoop.graph.errors import DataError
from clustercoop.graph.gaps import gaps_frame
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.loaders.dataset import read_frames
from clustercoop.pipeline import analyze_graph, conform
from clustercoop.reports.html import render_report
from clustercoop.reports.reasons import told_sources, unknown_because

P = ParamSpec("P")
T = TypeVar("T")

# Names the folder that the processes of one run of the tests share; conftest.py makes it.
SHARED_FOLDER = "CLUSTERCOOP_TESTS_FOLDER"

HOSTILE = (
    '=HYPERLINK("http://x.invalid","a")',
    "<script>window.hacked=1</script>",
    '"><img src=x onerror="window.hacked=1">',
    "@SUM(1+1)",
    "+7 | pipe | `code`",
    "</script><b>bold</b>",
    "ООО «Ромашка» & Ко",
)


def frames(
    clusters: int = 2, members: int = 8, years: tuple[int, ...] = (2021, 2022), seed: int = 5
) -> dict[str, pd.DataFrame]:
    """Return consistent tables: sales inside and outside never exceed output."""
    rng = np.random.default_rng(seed)
    people, links, work = [], [], []
    for c in range(clusters):
        ids = [f"{c}{i:03d}" for i in range(members)]
        for i, who in enumerate(ids):
            people.append(
                {"participant_id": who, "cluster_id": f"C{c}", "name": f"Firm {who}", "role": "firm"}
            )
            for year in years:
                value_added = round(float(rng.uniform(10, 60)), 3)
                work.append(
                    {
                        "participant_id": who,
                        "year": year,
                        "output": 400.0,
                        "purchases": 400.0 - value_added,
                        "employees": float(rng.integers(20, 200)),
                        "value_added": value_added,
                        "rd_expenses": round(float(rng.uniform(0, 20)), 3),
                    }
                )
                for j, buyer in enumerate(ids):
                    core = i < members // 2 and j < members // 2
                    if i != j and rng.random() < (0.8 if core else 0.15):
                        links.append(
                            {
                                "year": year,
                                "supplier_id": who,
                                "buyer_id": buyer,
                                "value": round(float(rng.uniform(1, 20)), 3),
                            }
                        )
                links.append({"year": year, "supplier_id": who, "buyer_id": "outside", "value": 30.0})
                links.append({"year": year, "supplier_id": "outside", "buyer_id": who, "value": 20.0})
    return {
        "participants": pd.DataFrame(people),
        "links": pd.DataFrame(links),
        "activity": pd.DataFrame(work),
        "clusters": pd.DataFrame({"cluster_id": [f"C{c}" for c in range(clusters)]}),
    }


def once(make: Callable[P, T]) -> Callable[P, T]:
    """Let one of the processes that share the tests make something, and the others read what it wrote."""
    held: dict[tuple[object, ...], T] = {}

    def made(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (*args, *kwargs.values())
        if key not in held:
            held[key] = _shared(f"{make.__module__}.{make.__name__}{key}", lambda: make(*args, **kwargs))
        return held[key]

    return made


def _shared(name: str, make: Callable[[], T]) -> T:
    folder = os.environ.get(SHARED_FOLDER)
    if folder is None:
        return make()
    import fcntl

    file = Path(folder) / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.pickle"
    with file.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not file.exists():
            file.write_bytes(pickle.dumps(make()))
    found: T = pickle.loads(file.read_bytes())
    return found


@once
def example() -> Result:
    """Return the result of the example; replicates enough for every figure to be known."""
    return clustercoop.analyze(dataset(), nulls=19, workers=1)


@once
def example_report(lang: str) -> str:
    """Return the report on the example, rendered once."""
    return render_report(example(), lang)


@once
def table3() -> Result:
    """Return the result of Table 3."""
    return clustercoop.analyze(dataset("table3"), nulls=0, workers=1)


def everywhere(graph: SupplyGraph) -> set[tuple[str, int]]:
    """Return all places: told where to look, an analysis leaves requests and tables of policy aside."""
    return {(cluster, year) for cluster in graph.cluster_ids for year in range(1900, 2101)}


def measured(tables: Mapping[str, pd.DataFrame], policy: Collection[str] = (), **options: Any) -> Result:
    """Return the figures of `tables`: half the work of `analyze`, as nobody asks what to ask for.

    Of the tables of policy only those of `policy` are made.
    """
    settings = Settings(**{"nulls": 0, "workers": 1, **options})
    data = read_frames(tables, settings=settings)
    result = analyze_graph(
        data.graph,
        settings,
        findings=data.findings,
        rejected=data.rejected,
        provenance=data.provenance,
        only=everywhere(data.graph),
    )
    analysed = Analysed(result.formations, result.participants, result.clusters, data.graph, settings)
    return replace(result, policy={name: conform(policy_table(name, analysed), name) for name in policy})


def write_folder(folder: Path, tables: dict[str, pd.DataFrame]) -> Path:
    """Write tables as .csv files into a new folder."""
    folder.mkdir(parents=True)
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def refused(folder: Path, text: str, read: Callable[[Path], object]) -> str:
    """Write a file of rules, which must be refused; return the sentence, which must name it."""
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(DataError) as error:
        read(path)
    assert str(path) in str(error.value)
    return str(error.value)


def told_rows(tables: Tables) -> list[dict[str, Any]]:
    """Return the rows of formations with their sentences in English."""
    frame = tables.formations
    said = unknown_because(gaps_frame(tables.gaps), frame, "en")
    sources = [told_sources(codes, "en") for codes in frame["sources"]]
    rows = frame.assign(unknown_because=said, sources=sources).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def out_of_range(result: Result) -> list[str]:
    """Return the figures that lie outside the range that ``output_columns.csv`` states of their column."""
    found = []
    for table in TABLES:
        frame: pd.DataFrame = getattr(result, table)
        for column in output_columns(table):
            if column.column not in frame or (column.low is None and column.high is None):
                continue
            low = -np.inf if column.low is None else column.low
            high = np.inf if column.high is None else column.high
            cells = pd.to_numeric(frame[column.column]).dropna().astype(float)
            wrong = cells[(cells < low) | (cells > high)]
            found += [f"{table}.{column.column}: {value!r} is not in [{low}, {high}]" for value in wrong]
    return found
