"""Load a graph into a store in a process of its own, so that a test can kill it at any moment.

Run as ``python -m tests.contract.killed ADDRESS SEED``; prints ``loading`` just before it begins.
"""

from __future__ import annotations

import sys

from clustercoop.graph.stores.uri import open_store
from tests.contract.samples import random_graph


def main(address: str, seed: int) -> None:
    """Load the graph of `seed` in small batches, so that there are many moments to be killed at."""
    graph = random_graph(seed, clusters=3, size=10, years=3, links_each=40)
    options = {} if address.endswith(".kgl") else {"batch_size": 100}
    with open_store(address, **options) as store:
        sys.stdout.write("loading\n")
        sys.stdout.flush()
        store.load(graph)
    sys.stdout.write("loaded\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
