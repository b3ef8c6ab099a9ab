"""Kill a loading process at random moments, fifty on each store, and complete the load each time.

    python -m benchmarks.kill_stores [--kills 50] [ADDRESS ...]

Without an address it takes an embedded file in a temporary folder and, where NEO4J_URI is set, that server,
whose database it empties.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from clustercoop.graph.errors import StoreError
from clustercoop.graph.stores.protocol import UnfinishedLoadError
from clustercoop.graph.stores.uri import open_store
from tests.contract.test_killed_loads import data, fork_server, killed_load, load_time


def run(address: str, kills: int, seed: int) -> dict[str, int]:
    """Kill `kills` loads at moments drawn with `seed`; return what was found afterwards."""
    before, after = data(1), data(2)
    forks = fork_server()
    lasts = min(load_time(forks, address, 1) for _ in range(2))
    draw = random.Random(seed)
    found = dict.fromkeys(("as before", "unfinished, refused", "as after", "resumed", "wrong"), 0)
    for _ in range(kills):
        killed_load(forks, address, before, draw.random() * lasts)
        with open_store(address) as store:
            try:
                state = store.read()
                found["as before" if state.equals(before) else "as after"] += 1
                if not (state.equals(before) or state.equals(after)):
                    found["wrong"] += 1
            except UnfinishedLoadError:
                found["unfinished, refused"] += 1
            try:
                found["resumed"] += store.load(after).resumed_links > 0
                found["wrong"] += not store.read().equals(after)
            except StoreError as error:
                print(f"  a rerun failed: {error}")
                found["wrong"] += 1
    return found


def main() -> int:
    """Run on every store; exit 1 if anything was lost, doubled or not completed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("addresses", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        addresses = options.addresses or [str(Path(folder) / "graph.kgl")]
        if not options.addresses and os.environ.get("NEO4J_URI"):
            addresses.append(os.environ["NEO4J_URI"])
        wrong = 0
        for address in addresses:
            began = time.perf_counter()
            found = run(address, options.kills, 20261122)
            wrong += found["wrong"]
            kind = "embedded" if address.endswith(".kgl") else "neo4j"
            print(f"{kind}: {options.kills} kills in {time.perf_counter() - began:.0f} s: {found}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
