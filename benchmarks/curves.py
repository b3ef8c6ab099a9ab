"""Processor time and peak memory by the number of links, beside bare queries of the same file.

Each cell is a process of its own, so that imports count and memory is its own. What is measured: our
cooperation tables and Parquet out, all structural metrics, the sums alone (supply between members by
cluster and year) as DuckDB and pandas make them, without any check, and what a script of an afternoon does
with each formation: bctpy's core, cpnet's core of Lip and of Borgatti and Everett, four centralities of
networkx. A process that takes longer than `--patience` seconds of processor time is stopped; one that would,
at its pace of the size before, is not begun.

Run: ``python -m benchmarks.curves --links 10000 100000 1000000 --out costs``
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from math import inf, isfinite, log10
from pathlib import Path
from string import Template

from benchmarks.national import write_national

OURS = """
import clustercoop
clustercoop.analyze('$data', '$out', outputs='parquet', nulls=0, workers=1, no_cache=True, """
WAYS = {
    "cooperation": OURS + "metrics='cooperation')",
    "all structure": OURS + "metrics='cooperation,core,closedness,chain')",
    "DuckDB, sums alone": """
import duckdb
duckdb.sql("SET threads = 1")
duckdb.sql('''SELECT a.cluster_id, year, sum(value) FROM '$data/links.parquet' l
JOIN '$data/participants.parquet' a ON a.participant_id = supplier_id
JOIN '$data/participants.parquet' b ON b.participant_id = buyer_id AND b.cluster_id = a.cluster_id
WHERE value > 0 AND supplier_id <> buyer_id GROUP BY ALL''').fetchall()""",
    "pandas, sums alone": """
import pandas as pd
links, people = (pd.read_parquet(f'$data/{name}.parquet') for name in ('links', 'participants'))
home = people.set_index('participant_id')['cluster_id']
a, b = links['supplier_id'].map(home), links['buyer_id'].map(home)
kept = (a == b) & (links['value'] > 0) & (links['supplier_id'] != links['buyer_id'])
links.assign(cluster=a)[kept].groupby(['cluster', 'year'])['value'].sum()""",
    "networkx, bctpy, cpnet": """
import warnings
warnings.simplefilter('ignore')
import bct, cpnet, networkx as nx, numpy as np, pandas as pd
links, people = (pd.read_parquet(f'$data/{name}.parquet') for name in ('links', 'participants'))
home = people.set_index('participant_id')['cluster_id']
a, b = links['supplier_id'].map(home), links['buyer_id'].map(home)
kept = (a == b) & (links['value'] > 0) & (links['supplier_id'] != links['buyer_id'])
for _, rows in links.assign(cluster=a)[kept].groupby(['cluster', 'year']):
    graph = nx.from_pandas_edgelist(rows, 'supplier_id', 'buyer_id', 'value', nx.DiGraph)
    bct.core_periphery_dir(np.log1p(nx.to_numpy_array(graph, weight='value')), seed=1)
    for method in cpnet.Lip(), cpnet.BE():
        method.detect(nx.Graph(graph))
    for measure in nx.degree_centrality, nx.betweenness_centrality, nx.pagerank, nx.core_number:
        measure(graph)""",
}
COLOURS = ("#1b5e8c", "#b3541e", "#5b7f2b", "#7a4b8f", "#8c8c1b")


def cost(code: str, patience: int) -> tuple[float, float, float]:
    """Return processor seconds, peak MiB and seconds of a process that runs `code`; inf if it was stopped."""
    limit = f"import resource\nresource.setrlimit(resource.RLIMIT_CPU, ({patience}, {patience + 1}))\n"
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", limit + code])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return inf, used.ru_maxrss / 1024, inf
    if process.returncode:
        raise SystemExit(f"failed: {code}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, time.perf_counter() - began


def table(found: dict[tuple[str, int], tuple[float, float, float]], patience: int) -> str:
    """Return the costs as Markdown, a row a way: processor time, in brackets what the clock says, memory."""

    def cell(seconds: float, size: float, wall: float) -> str:
        whole = f" {seconds:.1f} s ({wall:.0f} s), {size:,.0f} MiB |"
        return whole if isfinite(seconds) else f" more than {patience} s |"

    sizes = sorted({size for _, size in found})
    head = ["| links |", "|---|"]
    head = [head[0] + "".join(f" {size:,} |" for size in sizes), head[1] + "---|" * len(sizes)]
    cells = ("".join(cell(*found[way, s]) for s in sizes) for way in WAYS)
    return "\n".join([*head, *(f"| {way} |{line}" for way, line in zip(WAYS, cells, strict=True))]) + "\n"


def picture(found: dict[tuple[str, int], tuple[float, float, float]]) -> str:
    """Return time and memory as SVG, both axes logarithmic."""
    sizes = sorted({size for _, size in found})
    low, high = log10(sizes[0]), log10(sizes[-1])
    out = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 360" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="900" height="360" fill="white"/>',
    ]
    for panel, (title, floor, decades) in enumerate(
        (("processor time, s", -1, 4), ("peak memory, MiB", 1, 3))
    ):
        left = 60 + 440 * panel

        def x(size: float, left: int = left) -> float:
            return left + 350 * (log10(size) - low) / max(high - low, 1e-9)

        def y(value: float, floor: int = floor, decades: int = decades) -> float:
            return 280 - 240 * (log10(max(value, 10.0**floor)) - floor) / decades

        out.append(f'<text x="{left}" y="24">{title}</text>')
        for power in range(floor, floor + decades + 1):
            at = y(10.0**power)
            out.append(f'<line x1="{left}" x2="{left + 350}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
            out.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
        for size in sizes:
            out.append(f'<text x="{x(size):.1f}" y="300" text-anchor="middle">{size:,}</text>')
        for way, colour in zip(WAYS, COLOURS, strict=True):
            known = (s for s in sizes if isfinite(found[way, s][0]))
            points = " ".join(f"{x(s):.1f},{y(found[way, s][panel]):.1f}" for s in known)
            out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
    for k, (way, colour) in enumerate(zip(WAYS, COLOURS, strict=True)):
        out.append(f'<rect x="{40 + 172 * k}" y="326" width="14" height="14" fill="{colour}"/>')
        out.append(f'<text x="{60 + 172 * k}" y="338">{way}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def main() -> None:
    """Measure every way at every size; print the table and write it and the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--out", type=Path, default=Path("curves"))
    parser.add_argument("--patience", type=int, default=600)
    asked = parser.parse_args()
    found = {}
    pace: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as room:
        for size in sorted(asked.links):
            data = write_national(Path(room) / str(size), links=size)
            for number, (way, code) in enumerate(WAYS.items()):
                out = Path(room) / f"{size}-{number}"
                if pace.get(way, 0.0) * size > asked.patience:
                    found[way, size] = inf, inf, inf
                else:
                    found[way, size] = cost(Template(code).substitute(data=data, out=out), asked.patience)
                pace[way] = found[way, size][0] / size
                print(
                    f"{size:>10,} {way:<20} {found[way, size][0]:8.2f} s {found[way, size][1]:8.0f} MiB",
                    flush=True,
                )
    shown = table(found, asked.patience)
    asked.out.with_suffix(".md").write_text(shown, "utf-8")
    asked.out.with_suffix(".svg").write_text(picture(found), "utf-8")
    print(shown)


if __name__ == "__main__":
    main()
