"""A dataset as large as a country's programme of clusters, as sparse as real clusters are, and its time.

Run as a program it prints the processor time of the structural metrics of all formations, and beside it that
of `bct.core_periphery_dir` and networkx's centralities on the same networks: a core and four centralities.
"""

from __future__ import annotations

import argparse
import time
import warnings

import networkx as nx
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from clustercoop.analysis.metrics import measure_all
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings


def sparse_tables(
    clusters: int = 150,
    years: int = 4,
    members: int = 42,
    links: int = 168,
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """Return participants, links and activity of clusters of about `members` members.

    Sizes of clusters are log-normal around `members`, of members Pareto; who trades with whom goes by size,
    within a cluster, with about `links` links a cluster and year, two in three of which return the next year.
    A fifth as many links cross the boundary. Values are log-normal; output is 1.2 to 3 times what a member
    sells, so that it is never below its sales.

    Examples
    --------
    >>> tables = sparse_tables(clusters=2, years=2, members=20, links=40)
    >>> sorted(tables), tables["links"]["year"].nunique()
    (['activity', 'links', 'participants'], 2)
    """
    rng = np.random.default_rng(seed)
    sizes = np.maximum(np.round(members * rng.lognormal(-0.05, 0.35, clusters)), 4).astype(int)
    people, flows = [], []
    start = 0
    for c, n in enumerate(sizes.tolist()):
        ids = np.array([f"{start + i:06d}" for i in range(n)], dtype=object)
        roles = rng.choice(["firm", "firm", "firm", "firm", "supplier", "research", "infrastructure"], n)
        people.append(pd.DataFrame({"participant_id": ids, "cluster_id": f"c{c:04d}", "role": roles}))
        weight = rng.pareto(1.8, n) + 0.2
        out, into = weight * rng.lognormal(0, 0.5, n), weight * rng.lognormal(0, 0.5, n)
        wanted = min(round(links * n / members), n * (n - 1) // 2)
        drawn = _pairs(rng, out, into, 2 * wanted)[: round(1.5 * wanted)]
        base = rng.lognormal(2, 1.2, len(drawn))
        for year in range(2024 - years, 2024):
            here = rng.random(len(drawn)) < 2 / 3
            value = base * rng.lognormal(0, 0.3, len(drawn))
            flows.append(
                pd.DataFrame(
                    {
                        "year": year,
                        "supplier_id": ids[drawn[here] // n],
                        "buyer_id": ids[drawn[here] % n],
                        "value": value[here].round(3) + 0.001,
                    }
                )
            )
            crossing = max(wanted // 5, 1)
            who, other = rng.integers(0, n, crossing), rng.integers(0, 500, crossing)
            partner = np.array([f"x{k:03d}" for k in other], dtype=object)
            sold = rng.random(crossing) < 0.5
            flows.append(
                pd.DataFrame(
                    {
                        "year": year,
                        "supplier_id": np.where(sold, ids[who], partner),
                        "buyer_id": np.where(sold, partner, ids[who]),
                        "value": rng.lognormal(2, 1.2, crossing).round(3) + 0.001,
                    }
                )
            )
        start += n
    participants, table = pd.concat(people, ignore_index=True), pd.concat(flows, ignore_index=True)
    table = table.groupby(["year", "supplier_id", "buyer_id"], as_index=False)["value"].sum()
    return {"participants": participants, "links": table, "activity": _activity(rng, participants, table)}


def _pairs(rng: np.random.Generator, out: np.ndarray, into: np.ndarray, count: int) -> np.ndarray:
    """Return different ordered pairs i n + j in the order in which size draws them."""
    n = len(out)
    src = rng.choice(n, 4 * count, p=out / out.sum())
    dst = rng.choice(n, 4 * count, p=into / into.sum())
    pair = (src * n + dst)[src != dst]
    first = np.sort(np.unique(pair, return_index=True)[1])
    return np.asarray(pair[first][:count])


def _activity(rng: np.random.Generator, people: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([people["participant_id"], sorted(links["year"].unique())])
    sold = links.groupby(["supplier_id", "year"])["value"].sum().reindex(keys, fill_value=0.0).to_numpy()
    bought = links.groupby(["buyer_id", "year"])["value"].sum().reindex(keys, fill_value=0.0).to_numpy()
    output = (np.maximum(sold, bought) + 1) * rng.uniform(1.2, 3, len(keys))
    return pd.DataFrame(
        {
            "participant_id": keys.get_level_values(0),
            "year": keys.get_level_values(1),
            "output": output.round(3),
            "purchases": (bought + 0.2 * output).round(3),
            "value_added": (0.3 * output).round(3),
            "employees": np.maximum(np.round(output / 2), 1),
            "rd_expenses": (output * rng.uniform(0, 0.05, len(keys))).round(3),
        }
    )


def peer(formation: Formation) -> None:
    """Do what a script of an afternoon does with one formation."""
    import bct

    matrix = formation.dense()
    bct.core_periphery_dir(np.log1p(matrix), seed=1)
    graph = nx.from_numpy_array(matrix, create_using=nx.DiGraph)
    for measure in (nx.degree_centrality, nx.betweenness_centrality, nx.pagerank, nx.core_number):
        measure(graph)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", type=int, default=150)
    parser.add_argument("--years", type=int, default=4)
    parser.add_argument("--members", type=int, default=42)
    parser.add_argument("--links", type=int, default=168)
    parser.add_argument("--nulls", type=int, default=0)
    parser.add_argument("--peer", type=int, default=20, help="formations that the peer gets")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    tables = sparse_tables(asked.clusters, asked.years, asked.members, asked.links)
    graph = SupplyGraph.from_tables(tables)
    formations, settings = graph.formations(), Settings(nulls=asked.nulls)
    print(f"{len(formations)} formations, {sum(len(f.src) for f in formations)} links inside")
    with threadpool_limits(1, "blas"):
        for formation in formations[:3]:
            measure_all(formation, settings, graph)  # compile
        start = time.process_time()
        for formation in formations:
            measure_all(formation, settings, graph)
        ours = (time.process_time() - start) / len(formations)
        start = time.process_time()
        for formation in formations[: asked.peer]:
            peer(formation)
        theirs = (time.process_time() - start) / min(asked.peer, len(formations))
    print(f"ours, every structural metric, {asked.nulls} nulls: {1e3 * ours:7.1f} ms of CPU a formation")
    print(f"bctpy's core and four centralities of networkx: {1e3 * theirs:7.1f} ms of CPU a formation")


if __name__ == "__main__":
    main()
