"""Cooperation of nine WIOD years (2.56 million links, 369 formations): checked, then timed against a script.

Run from the repository's root: ``python -m benchmarks.cooperation_wiod``. It needs ``../shared/data``; the
core fit of the script needs bctpy (extra ``bench``) and is left out, with a word, without it.

The script (`peer`) is what a researcher would write with pandas, networkx, bctpy and numpy: cooperation,
cut, reciprocity, components, trophic incoherence, a core fit and the Leontief inverse of every country
and year. It does more than `cooperation_tables`, so its stages are timed apart: the first ratio compares
like with like (cooperation, cut, reciprocity), the second the whole script. Both sides run on one core and
their processor time is compared, which a busy machine does not blur.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when numpy loads

import statistics
import time
from collections import defaultdict

import networkx as nx
import numpy as np
import pandas as pd

from benchmarks.wiod import SHARED, YEARS, with_countries
from clustercoop.analysis.cooperation import Tables, cooperation_tables
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

RUNS = 5


def worst_gap(tables: Tables, edges: pd.DataFrame, nodes: pd.DataFrame) -> dict[str, float]:
    """Return the largest relative difference to plain pandas, by column."""
    ours = tables.formations.set_index(["cluster_id", "year"])
    own = edges["supplier_id"] == edges["buyer_id"]
    home = edges["supplier_country"] == edges["buyer_country"]
    keys = ["supplier_country", "year"]
    inside = edges[home & ~own].groupby(keys)["value"].sum()
    loops = edges[own].groupby(keys)["value"].sum().reindex(inside.index, fill_value=0)
    sums = nodes.groupby(["country", "year"])[["output", "inter_inputs"]].sum()
    sums.index.names = keys
    expected = {
        "internal_supply": inside,
        "cooperation_ratio": inside / sums["output"],
        "internal_sourcing_share": inside / (sums["inter_inputs"] - loops),
    }
    return {
        name: float((ours[name] / wanted.reindex(ours.index).to_numpy() - 1).abs().max(skipna=False))
        for name, wanted in expected.items()
    }


def balance(tables: Tables, nodes: pd.DataFrame) -> float:
    """Return the largest |sales + final demand − output|, million USD."""
    sold = tables.participants.set_index(["participant_id", "year"])
    intermediate = sold["internal_supply"] + sold["self_supply"] + sold["sales_outside"]
    node = nodes.set_index(["participant_id", "year"])
    return float((intermediate.reindex(node.index) + node["final_demand_sales"] - node["output"]).abs().max())


class Stopwatch:
    """Adds up the processor time of named stages."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.last = time.process_time()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap under `stage`."""
        now = time.process_time()
        self.spent[stage] += now - self.last
        self.last = now


def peer(edges: pd.DataFrame, nodes: pd.DataFrame) -> dict[str, float]:
    """Measure every country and year the usual way; return the seconds of each stage."""
    try:
        import bct
    except ImportError:
        bct = None
        print("bctpy is not installed: the script runs without its core fit")
    watch = Stopwatch()
    for year in YEARS:
        links = edges[(edges["year"] == year) & (edges["value"] > 0)]
        links = links[links["supplier_id"] != links["buyer_id"]]
        graph = nx.from_pandas_edgelist(links, "supplier_id", "buyer_id", "value", nx.DiGraph)
        of_year = nodes[nodes["year"] == year].set_index("participant_id")
        graph.add_nodes_from(of_year.index)
        watch.lap("build graph")
        for _, group in of_year.groupby("country"):
            members = list(group.index)
            part = graph.subgraph(members)
            supplied = dict(part.out_degree(weight="value"))
            output = group["output"].to_numpy()
            inside = np.array([supplied[member] for member in members])
            _ = inside.sum() / output.sum(), inside / np.where(output > 0, output, np.nan)
            watch.lap("cooperation")
            ends = sum(value for _, value in graph.degree(members, weight="value"))
            _ = ends - 2 * inside.sum()
            watch.lap("cut")
            flows = nx.to_numpy_array(part, nodelist=members, weight="value")
            _ = np.minimum(flows, flows.T).sum() / flows.sum()
            watch.lap("reciprocity")
            _ = [len(c) for c in nx.strongly_connected_components(part)]
            watch.lap("components")
            trophic_incoherence(flows)
            watch.lap("incoherence")
            if bct is not None:
                bct.core_periphery_dir(flows, seed=0)
                watch.lap("core fit")
            shares = np.divide(flows, output, out=np.zeros_like(flows), where=output > 0)
            _ = np.linalg.inv(np.eye(len(members)) - shares)
            watch.lap("Leontief")
    return watch.spent


def trophic_incoherence(flows: np.ndarray) -> float:
    """Return F₀ of MacKay, Johnson & Sansom 2020: Σ w (h_j − h_i − 1)² / Σ w."""
    into, out = flows.sum(axis=0), flows.sum(axis=1)
    laplacian = np.diag(into + out) - flows - flows.T
    levels = np.linalg.lstsq(laplacian, into - out, rcond=None)[0]
    steps = levels[None, :] - levels[:, None] - 1
    return float((flows * steps**2).sum() / flows.sum())


def main() -> int:
    """Check, then time."""
    if not SHARED.exists():
        print(f"{SHARED} is absent: nothing to measure")
        return 0
    dataset, edges, nodes = with_countries()
    start = time.perf_counter()
    graph = SupplyGraph.from_tables(dataset, currency="USD")
    print(f"built the SupplyGraph of {len(graph.links):,} links in {time.perf_counter() - start:.2f} s")
    found = cooperation_tables(graph, Settings())
    gaps = worst_gap(found, edges, nodes)
    print(f"{len(found.formations)} formations; largest relative difference to plain pandas:")
    for name, gap in gaps.items():
        print(f"  {name}: {gap:.2g}")
    print(f"largest |sales + final demand - output|: {balance(found, nodes):.0f} million USD (rounding)")
    times, busy = [], []
    for _ in range(RUNS):
        graph.__dict__.pop("_all_formations", None)  # cutting the formations is part of the job
        start, cpu = time.perf_counter(), time.process_time()
        cooperation_tables(graph, Settings())
        times.append(time.perf_counter() - start)
        busy.append(time.process_time() - cpu)
    ours = statistics.median(busy)
    print(
        f"loaded tables to cooperation metrics, median of {RUNS} runs: {ours:.3f} s of processor time, "
        f"{statistics.median(times):.3f} s by the clock (load {os.getloadavg()[0]:.1f})"
    )
    spent = peer(edges, nodes)
    for stage, seconds in spent.items():
        print(f"  script, {stage}: {seconds:.2f} s")
    alike = sum(spent[stage] for stage in ("build graph", "cooperation", "cut", "reciprocity"))
    whole = sum(spent.values())
    print(f"script, the same metrics: {alike:.2f} s = {alike / ours:.0f} x ours")
    print(f"script, everything:       {whole:.2f} s = {whole / ours:.0f} x ours")
    return int(max(gaps.values()) > 1e-9 or ours >= 1.0)


if __name__ == "__main__":
    raise SystemExit(main())
