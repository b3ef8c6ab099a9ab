"""A dataset as large as a country's clusters: participants, links and activity as Parquet, drawn by arrays.

Run: ``python -m benchmarks.national FOLDER --links 1000000``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

FIRST_YEAR = 2020


def ids(prefix: str, numbers: np.ndarray) -> pa.Array:
    """Return identifiers of seven digits behind `prefix`.

    Examples
    --------
    >>> ids("p", np.array([7])).to_pylist()
    ['p0000007']
    """
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 7, "0")
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "")


def write_national(
    folder: Path,
    *,
    links: int = 1_000_000,
    participants: int | None = None,
    clusters: int | None = None,
    years: int = 4,
    outside: float = 0.2,
    broken: float = 1e-5,
    seed: int = 0,
) -> Path:
    """Write ``participants``, ``links`` and ``activity`` of a country into `folder`; return it.

    By default a participant has ten links in all and a cluster 500 members. Suppliers and buyers are drawn by
    size within a cluster; `outside` of the links go to partners outside or to other clusters. `broken` is the
    share of links that are negative, of self-supply, zero, or lack a value. The keys of links are distinct.
    """
    rng = np.random.default_rng(seed)
    participants = participants or links // 10
    clusters = clusters or max(participants // 500, 1)
    size = participants // clusters
    participants = size * clusters
    folder.mkdir(parents=True, exist_ok=True)
    every = np.arange(participants)
    roles = pa.array(["firm", "firm", "firm", "supplier", "research"]).take(
        pa.array(rng.integers(0, 5, participants))
    )
    pq.write_table(
        pa.table({"participant_id": ids("p", every), "cluster_id": ids("c", every // size), "role": roles}),
        folder / "participants.parquet",
    )
    keys = _keys(rng, links, size, clusters, years, outside)
    total = 2 * participants
    year, pair = keys // total**2, keys % total**2
    supplier, buyer = pair // total, pair % total
    value = rng.lognormal(2, 1.2, len(keys)).round(3) + 0.001
    odd = rng.choice(len(keys), 4 * max(round(broken * len(keys) / 4), 1), replace=False).reshape(4, -1)
    value[odd[0]] *= -1
    value[odd[1]] = 0.0
    buyer[odd[2]] = supplier[odd[2]]
    empty = np.zeros(len(keys), bool)
    empty[odd[3]] = True
    order = rng.permutation(len(keys))
    pq.write_table(
        pa.table(
            {
                "year": (FIRST_YEAR + year)[order],
                "supplier_id": ids("p", supplier[order]),
                "buyer_id": ids("p", buyer[order]),
                "value": pa.array(value[order], mask=empty[order]),
            }
        ),
        folder / "links.parquet",
    )
    whose, when = np.tile(every, years), np.repeat(np.arange(years), participants)
    sold, bought = (
        np.bincount(year * total + end, np.abs(value), years * total)
        .reshape(years, total)[:, :participants]
        .ravel()
        for end in (supplier, buyer)
    )
    output = ((np.maximum(sold, bought) + 1) * rng.uniform(1.2, 3, len(whose))).round(3)
    pq.write_table(
        pa.table(
            {
                "participant_id": ids("p", whose),
                "year": FIRST_YEAR + when,
                "output": output,
                "purchases": (bought + 0.2 * output).round(3),
                "value_added": (0.3 * output).round(3),
                "employees": np.maximum(np.round(output / 2), 1),
            }
        ),
        folder / "activity.parquet",
    )
    return folder


def _keys(
    rng: np.random.Generator, links: int, size: int, clusters: int, years: int, outside: float
) -> np.ndarray:
    """Return about `links` distinct keys ``(year · 2P + supplier) · 2P + buyer``, P participants in all."""
    total = 2 * size * clusters
    drawn = round(1.15 * links)
    weight = rng.pareto(1.8, size) + 0.2
    local = rng.choice(size, (2, drawn), p=weight / weight.sum())
    cluster = rng.integers(0, clusters, drawn) * size
    supplier, buyer = local + cluster
    crossing = rng.random(drawn) < outside
    buyer[crossing] = rng.integers(0, total, crossing.sum())
    turned = crossing & (rng.random(drawn) < 0.5)
    supplier[turned], buyer[turned] = buyer[turned], supplier[turned]
    keys = (rng.integers(0, years, drawn) * total + supplier) * total + buyer
    keys = np.unique(keys[supplier != buyer])
    return rng.permutation(keys)[:links]


def main() -> None:
    """Write the dataset that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--participants", type=int)
    parser.add_argument("--clusters", type=int)
    parser.add_argument("--years", type=int, default=4)
    asked = parser.parse_args()
    write_national(**vars(asked))


if __name__ == "__main__":
    main()
