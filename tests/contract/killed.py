"""Load a graph into a store in a process of its own, so that a test can kill it at any moment."""

from __future__ import annotations

from multiprocessing.connection import Connection

from clustercoop.graph.stores.uri import open_store
from tests.contract.samples import random_graph


def main(address: str, seed: int, told: Connection) -> None:
    """Load the graph of `seed` in small batches, so that there are many moments to be killed at.

    Tells once before it begins, and once when it is done.
    """
    graph = random_graph(seed, clusters=3, size=10, years=3, links_each=40)
    options = {} if address.endswith(".kgl") else {"batch_size": 100}
    with open_store(address, **options) as store:
        told.send("loading")
        store.load(graph)
    told.send("loaded")
