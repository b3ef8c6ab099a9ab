"""A result as an analysis would leave it, with the names that a hostile table could hold.

The figures are drawn, not computed: the reports must show whatever they are given.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.graph.columns import output_columns
from clustercoop.graph.findings import Findings
from clustercoop.graph.gaps import Gap, gaps_frame
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.reports.html import render_report
from tests.builders import once

HOSTILE = (
    '=HYPERLINK("http://x.example")',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "@SUM(1)",
    "|pipe| *star* [link](http://x.example)",
    "</script><script>alert(2)</script>",
    "line\u2028separator",
    "right\u202eot left",
    "длинное имя " * 25,
    "{{ 7*7 }} ${7*7} %s",
    "'; DROP TABLE x; --",
    "bell\x07 tab\t newline\n",
)
VALUES = {"value_read": 123456.789, "value_accepted": 123450.0, "value_rejected": 6.789}
TYPES = (
    ("low", "low", "traditional production"),
    ("low", "medium", "adaptation"),
    ("medium", "low", "improvement"),
    ("medium", "medium", "growth"),
    ("high", "high", "leadership and breakthrough"),
)
YEARS = (2020, 2021, 2022, 2023)


WHY = "output is known for 66.7% of the producing members only; unknown for 00000001; 00000002"
"""Why one cooperation ratio of the sample is unknown."""


def tables(
    clusters: int = 12, seed: int = 5, smallest: int = 15, largest: int = 40
) -> dict[str, pd.DataFrame]:
    """Return input tables: English and Russian names, one hostile name in every cluster."""
    rng = np.random.default_rng(seed)
    people: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    for c in range(clusters):
        n = int(rng.integers(smallest, largest + 1))
        ids = [f"{c:02d}{i:06d}" for i in range(n)]
        for i, identifier in enumerate(ids):
            name = HOSTILE[c % len(HOSTILE)] if i == 1 else f"Завод № {i}" if c % 2 else f"Works {i} Ltd"
            people.append(
                {
                    "participant_id": identifier,
                    "cluster_id": f"c{c:02d}",
                    "name": name,
                    "role": ("firm", "firm", "firm", "university", "infrastructure")[i % 5],
                    "joined_year": 2021 if i == n - 1 else None,
                }
            )
        core = max(3, n // 4)
        for year in YEARS:
            for i in range(n):
                for j in range(n):
                    chance = 0.7 if i < core and j < core else 0.15 if i < core or j < core else 0.02
                    if i != j and rng.random() < chance:
                        value = round(float(rng.lognormal(2, 1.5)), 3)
                        links.append(
                            {"year": year, "supplier_id": ids[i], "buyer_id": ids[j], "value": value}
                        )
                links.append({"year": year, "supplier_id": ids[i], "buyer_id": "X", "value": 5.0 + i})
                links.append({"year": year, "supplier_id": "Y", "buyer_id": ids[i], "value": 4.0})
    names = [
        "Волжский кластер",
        "<b>Bold</b> & co",
        "=1+1",
        "Oil, gas & chemistry",
        "Мебель|Волги",
        "C\u202eba",
    ]
    named = [names[c] if c < len(names) else f"Cluster {c}" for c in range(clusters)]
    return {
        "participants": pd.DataFrame(people),
        "links": pd.DataFrame(links),
        "clusters": pd.DataFrame({"cluster_id": [f"c{c:02d}" for c in range(clusters)], "name": named}),
    }


def drawn(kind: str, rng: np.random.Generator, size: int) -> Any:
    """Return `size` figures of a type of the catalogue, some of them unknown."""
    gap = rng.random(size) < 0.1
    if kind in ("share", "pvalue"):
        values = rng.random(size)
    elif kind == "money":
        values = rng.lognormal(4, 2, size)
    elif kind == "int":
        values = rng.integers(1, 60, size).astype(float)
    else:
        values = rng.normal(0.4, 0.3, size)
    return np.where(gap, np.nan, values)


def formations(graph: SupplyGraph, rng: np.random.Generator) -> pd.DataFrame:
    """Return a table of the graph's formations with drawn figures."""
    places = [(f.cluster_id, f.year, f) for f in graph.formations()]
    size = len(places)
    frame = pd.DataFrame({"cluster_id": [p[0] for p in places], "year": [p[1] for p in places]})
    kinds = [TYPES[i] for i in rng.integers(0, len(TYPES), size)]
    figures = {
        column.column: drawn(column.kind, rng, size)
        for column in output_columns("formations")[2:]
        if column.kind in ("share", "money", "float", "int", "pvalue")
    }
    frame = pd.concat([frame, pd.DataFrame(figures)], axis=1)
    frame["participants"] = [p[2].n for p in places]
    frame["links"] = [len(p[2].src) for p in places]
    frame["internal_supply"] = [float(p[2].weight.sum()) for p in places]
    frame["core_members"] = [";".join(p[2].ids[: max(3, p[2].n // 4)]) for p in places]
    frame["innovation_level"] = [kind[0] for kind in kinds]
    frame["productivity_level"] = [kind[1] for kind in kinds]
    frame["ecosystem_type"] = [kind[2] for kind in kinds]
    frame["dysfunction"] = ["" for _ in kinds]
    frame["rd_per_employee"] = np.abs(rng.normal(0.15, 0.1, size))
    frame["value_added_per_employee"] = np.abs(rng.normal(2.2, 1.4, size))
    frame["core_p_degree"] = np.nan
    frame["autonomy"] = np.nan
    frame.loc[3, "cooperation_ratio"] = np.nan
    for low in [name for name in map(str, frame.columns) if name.endswith("_low")]:
        high = f"{low.removesuffix('_low')}_high"
        frame[low], frame[high] = np.sort(frame[[low, high]].to_numpy(), axis=1).T
    return frame


def participants(graph: SupplyGraph, rng: np.random.Generator) -> pd.DataFrame:
    """Return a table of participant-years with drawn figures; the first quarter of members is the core."""
    blocks = []
    for formation in graph.formations():
        n = formation.n
        core = np.arange(n) < max(3, n // 4)
        block = pd.DataFrame(
            {"cluster_id": formation.cluster_id, "year": formation.year, "participant_id": formation.ids}
        )
        for column in output_columns("participants")[3:]:
            if column.kind in ("share", "money", "float", "int"):
                block[column.column] = drawn(column.kind, rng, n)
        block["in_core"] = pd.array(core, dtype="boolean")
        for name in ("supplier_coreness", "buyer_coreness"):
            block[name] = np.where(core, 0.6, 0.1) + 0.05 * rng.random(n)
        blocks.append(block)
    return pd.concat(blocks, ignore_index=True)


def make_result(clusters: int = 12, seed: int = 5, **sizes: int) -> Result:
    """Return the sample result."""
    rng = np.random.default_rng(seed)
    graph = SupplyGraph.from_tables(tables(clusters, seed, **sizes))
    found = Findings()
    found.add("self_supply", value="3.5", cluster_id="c00", year=2021, participant_id="00000001")
    for row in range(60):
        found.add("year_impossible", value='=cmd|"/c calc"!A1', file="<b>.csv", row=row + 2, column="year")
    verdicts = pd.DataFrame(
        {
            "cluster_id": list(graph.cluster_ids),
            "years": "2020;2021;2022;2023",
            "formation_verdict": [
                ("cluster-like", "ecosystem-like", "undecided")[i % 3] for i in range(clusters)
            ],
            "ecosystem_probability": np.nan,
            "verdict_basis": "rules",
            "rule_verdict": [("cluster-like", "ecosystem-like", "undecided")[i % 3] for i in range(clusters)],
            "jaccard": np.nan,
        }
    )
    rejected = pd.DataFrame(
        {"file": ["links.csv"], "row": [17], "reason": ["=bad"], "text": ["<script>alert(3)</script>"]}
    )
    provenance = {
        "version": "0.1.0",
        "inputs": [
            {"file": "links.csv", "sha256": "ab" * 32, "rows": 5000, "encoding": "cp1251", "delimiter": ";"},
            {
                "file": "участники.csv",
                "sha256": "cd" * 32,
                "rows": 330,
                "encoding": "utf-8",
                "delimiter": ",",
            },
        ],
        "accounting": {
            "links": {
                "rows_read": 5001,
                "rows_accepted": 5000,
                "rows_rejected": 1,
                "values": {"value": VALUES},
            },
            "participants": {"rows_read": 330, "rows_accepted": 330, "rows_rejected": 0},
        },
    }
    cooperation = formations(graph, rng)
    return Result(
        formations=cooperation,
        participants=participants(graph, rng),
        clusters=verdicts,
        findings=found,
        rejected=rejected,
        graph=graph,
        settings=Settings(nulls=0),
        provenance=provenance,
        gaps=gaps_frame(
            [
                Gap(
                    "output_coverage_low",
                    "cooperation_ratio",
                    "66.7%",
                    "00000001; 00000002",
                    *cooperation[["cluster_id", "year"]].iloc[3],
                )
            ]
        ),
    )


@cache
def sample() -> Result:
    """Return the sample result, made once: small clusters, every hostile name."""
    return make_result(smallest=6, largest=14)


@once
def report(lang: str) -> str:
    """Return the report on the sample, rendered once."""
    return render_report(sample(), lang)
