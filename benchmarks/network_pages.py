"""First frame and slider steps of network pages, against stock pyvis on the same graph in the same run.

Counted is the processor time of the process that renders the page (ProcessTime of the DevTools protocol): for
a frame from the start of the process to the second animation frame after the page has loaded, for a step from
the slider's event to the second animation frame after it. A page of pyvis has no slider; its network is laid
out by physics, as it comes out of the box, and waited for `--patience` seconds.

    python -m benchmarks.network_pages
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.graph.model import SupplyGraph
from clustercoop.reports.network import render_view

SIZES = (300, 1000, 3000)
LINKS_EACH = 4
FRAME = """() => new Promise((done) => {
  const painted = () => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0)));
  document.readyState === "complete" ? painted() : addEventListener("load", painted);
})"""
STEP = """([id, value]) => new Promise((done) => {
  const slider = document.getElementById(id);
  slider.value = value;
  slider.dispatchEvent(new Event("input", {bubbles: true}));
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0)));
})"""


def crowd(members: int) -> SupplyGraph:
    """Return one cluster of two years whose links join random pairs, with lognormal values."""
    rng = np.random.default_rng(4)
    ids = np.array([f"{k:05d}" for k in range(members)])
    pairs = np.unique(rng.integers(0, members, (LINKS_EACH * members, 2)), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    people = {"participant_id": ids, "cluster_id": "big", "name": [f"Works {k} Ltd" for k in range(members)]}
    roles = np.where(np.arange(members) % 3, "firm", "bank")
    years = [
        pd.DataFrame(
            {
                "year": year,
                "supplier_id": ids[pairs[:, 0]],
                "buyer_id": ids[pairs[:, 1]],
                "value": rng.lognormal(size=len(pairs)),
            }
        )
        for year in (2020, 2021)
    ]
    return SupplyGraph.from_tables(
        {"participants": pd.DataFrame(people | {"role": roles}), "links": pd.concat(years)}
    )


def stock(graph: SupplyGraph, path: Path) -> None:
    """Write the last year as pyvis does when told nothing but the nodes and the edges."""
    from pyvis.network import Network

    formation = graph.formations(["big"])[-1]
    network = Network(directed=True, cdn_resources="in_line")
    for identifier in formation.ids.tolist():
        network.add_node(f"p{identifier}", label=graph.names[identifier])
    for src, dst, value in zip(formation.src, formation.dst, formation.weight, strict=True):
        network.add_edge(f"p{formation.ids[src]}", f"p{formation.ids[dst]}", value=float(value))
    path.write_text(network.generate_html(), "utf-8")


class Renderer:
    """Processor time of the process that renders a page, since that process began.

    A window of Chromium has renderers of its own interface too (the address bar is a page of hundreds of
    scripts); what they spend while a page opens is no cost of the page.
    """

    def __init__(self, page: Any) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("Performance.enable")

    def time(self) -> float:
        """Return the time spent so far, in seconds."""
        told = self.session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in told if one["name"] == "ProcessTime"))


def opened(browser: Any, path: Path, patience: float) -> tuple[Any, float]:
    """Return an open page and what its first frame cost; NaN where it was not there in time.

    A file has a process of its own: its start is part of the cost.
    """
    from playwright.sync_api import TimeoutError as Late

    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(1000 * patience)
    try:
        page.goto(path.as_uri(), wait_until="commit")
        page.evaluate(FRAME)
        return page, Renderer(page).time()
    except Late:
        return page, float("nan")


def stepped(page: Any, slider: str, value: int) -> float:
    """Return what a step of a slider costs; the tables, made when it rests, are waited for afterwards."""
    renderer = Renderer(page)
    before = renderer.time()
    page.evaluate(STEP, [slider, value])
    cost = renderer.time() - before
    time.sleep(0.4)
    return cost


def main() -> None:
    """Print a row for each size."""
    from playwright.sync_api import sync_playwright

    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--repeats", type=int, default=3)
    asked.add_argument("--patience", type=float, default=120.0, help="Seconds that a page may take.")
    asked.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    told = asked.parse_args()
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        print(f"Chromium {browser.version} on {platform.machine()}, median (least) of {told.repeats}")
        print(
            "participants | page KB | first frame, s | least step, ms | year step, ms | pyvis first frame, s"
        )
        for size in told.sizes:
            graph, ours, theirs = (
                crowd(size),
                Path(folder, f"{size}.html"),
                Path(folder, f"pyvis-{size}.html"),
            )
            ours.write_text(render_view(graph, "big"), "utf-8")
            stock(graph, theirs)
            frames, least, year = [], [], []
            for _ in range(told.repeats):
                page, cost = opened(browser, ours, told.patience)
                frames.append(cost)
                time.sleep(2)  # tables are made when the page is at rest, and are no part of a step
                least += [stepped(page, "least", value) for value in (45, 60, 75, 30)]
                year += [stepped(page, "year", value) for value in (0, 1, 0)]
                page.context.close()
            page, stock_cost = opened(browser, theirs, told.patience)
            page.context.close()
            late = "" if stock_cost == stock_cost else f"not within {told.patience:.0f} s"
            told_of = [f"{statistics.median(frames):.2f} ({min(frames):.2f})"]
            told_of += [f"{1000 * statistics.median(s):.0f} ({1000 * min(s):.0f})" for s in (least, year)]
            row = [str(size), str(ours.stat().st_size // 1024), *told_of, late or f"{stock_cost:.2f}"]
            print(" | ".join(row), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
