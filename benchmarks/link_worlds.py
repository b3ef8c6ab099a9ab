"""Worlds drawn as participants, links and activity, and measured by the analysis itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.worlds import FloatArray, World
from clustercoop.analysis.closedness.verdict import add_closedness
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.analysis.metrics import measure_all
from clustercoop.analysis.verdicts.features import feature_list
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

YEARS: Final = (2022, 2023)

SIZE: Final = 1200
"""Clusters of a pool."""

TRAITS: Final[dict[str, tuple[float, float, float]]] = {
    "cooperation": (-1.3, 0.1, 0.5),
    "rd": (-2.8, -1.6, 0.5),
    "openness": (-0.8, 0.7, 0.5),
    "density": (-1.2, -0.2, 0.3),
    "turnover": (-2.6, -1.4, 0.4),
}
"""Mean of a cluster-like and an ecosystem-like cluster, and the spread within a type: logits, log for R&D."""


@dataclass(frozen=True, eq=False)
class LinkPool:
    """Measured clusters of one shape, from which worlds are sampled: measuring each world anew takes hours.

    Attributes
    ----------
    formations : DataFrame
        One row a cluster-year.
    ids : array of str, shape (size,)
        The clusters, sorted.
    ecosystem : array of bool, shape (size,)
        Their planted types; all False where nothing is planted.
    """

    formations: pd.DataFrame
    ids: NDArray[Any]
    ecosystem: NDArray[np.bool_]

    @classmethod
    @cache
    def of(cls, shape: str, size: int = SIZE) -> LinkPool:
        """Draw and measure the pool of a shape.

        Parameters
        ----------
        shape : {"star", "ring", "rewired", "planted"}
            Structureless clusters whose links are a star, a ring, or a random digraph with heavy-tailed
            degrees; or a directed weighted block model with a core in every cluster and two types of equal
            size that differ in cooperation, R&D, openness, density and turnover (`TRAITS`).
        """
        rng = np.random.default_rng([size, *shape.encode()])
        ecosystem = np.arange(size) % 2 == 1 if shape == "planted" else np.zeros(size, bool)
        ids = np.array([f"c{number:05d}" for number in range(size)])
        tables: dict[str, list[pd.DataFrame]] = {"participants": [], "links": [], "activity": []}
        for name, second in zip(ids, ecosystem, strict=True):
            for table, frame in _cluster(rng, name, shape, bool(second)).items():
                tables[table].append(frame)
        graph = SupplyGraph.from_tables({name: pd.concat(parts) for name, parts in tables.items()})
        return cls(_measured(graph), ids, ecosystem)

    def sample(self, rng: Generator, n: int, missing: float = 0.0) -> World:
        """Sample n clusters, half of each type where there are two, and lose a share of their cells."""
        groups = [np.flatnonzero(self.ecosystem == kind) for kind in np.unique(self.ecosystem)]
        picked = np.sort(np.concatenate([rng.choice(group, n // len(groups), False) for group in groups]))
        table = self.formations[self.formations["cluster_id"].isin(self.ids[picked])].copy()
        cells = table[[feature.column for feature in feature_list() if feature.column in table]]
        table[cells.columns] = cells.mask(rng.random(cells.shape) < missing)
        return World(table, self.ecosystem[picked])


def _measured(graph: SupplyGraph) -> pd.DataFrame:
    settings = Settings(nulls=0)
    base = cooperation_tables(graph, settings).formations
    rows = [
        {"cluster_id": f.cluster_id, "year": f.year, **measure_all(f, settings, graph).formation}
        for f in graph.formations()
    ]
    more = pd.DataFrame(rows)
    new = more.columns.difference(base.columns).tolist()
    measured = base.merge(more[["cluster_id", "year", *new]], on=["cluster_id", "year"], how="left")
    return add_closedness(measured)


def _cluster(rng: Generator, name: str, shape: str, ecosystem: bool) -> dict[str, pd.DataFrame]:
    trait = {
        key: rng.normal(high if ecosystem else low, spread) for key, (low, high, spread) in TRAITS.items()
    }
    firms = int(rng.integers(12, 25))
    leaving = rng.random(firms) < 1 / (1 + np.exp(-trait["turnover"]))
    ids = np.array([f"{name}-{i:02d}" for i in range(firms)])
    people = pd.DataFrame(
        {
            "participant_id": ids,
            "cluster_id": name,
            "role": np.where(np.arange(firms) == 0, "university", "firm"),
            "industry_code": rng.integers(10, 34, firms).astype(str),
            "left_year": np.where(leaving & (np.arange(firms) > 2), YEARS[0], np.nan),
        }
    )
    links, activity = [], []
    output = np.exp(rng.normal(6, 0.8, firms))
    for year in YEARS:
        there = np.flatnonzero(people["left_year"].isna() | (people["left_year"] >= year))
        matrix = _matrix(rng, shape, len(there), 1 / (1 + np.exp(-trait["density"])))
        made = output[there] * np.exp(rng.normal(0, 0.1, len(there)))
        share = np.clip(1 / (1 + np.exp(-trait["cooperation"] - rng.normal(0, 0.4, len(there)))), 0, 0.9)
        rows = matrix.sum(axis=1, keepdims=True)
        flow = np.divide(matrix, rows, out=np.zeros_like(matrix), where=rows > 0) * (share * made)[:, None]
        src, dst = np.nonzero(flow)
        links.append(_frame(year, ids[there][src], ids[there][dst], flow[src, dst], "goods"))
        market = np.full(len(there), "market")
        links.append(_frame(year, ids[there], market, 0.1 * made, "goods"))
        links.append(_frame(year, market, ids[there], rng.uniform(0.1, 0.3, len(there)) * made, "goods"))
        links.append(_knowledge(rng, year, ids[there], 1 / (1 + np.exp(-trait["openness"]))))
        people_at_work = np.exp(rng.normal(5, 0.5, len(there)))
        activity.append(
            pd.DataFrame(
                {
                    "participant_id": ids[there],
                    "year": year,
                    "output": made,
                    "employees": people_at_work,
                    "value_added": people_at_work * np.exp(rng.normal(0.8, 0.3)),
                    "rd_expenses": people_at_work * np.exp(trait["rd"]),
                }
            )
        )
    return {"participants": people, "links": pd.concat(links), "activity": pd.concat(activity)}


def _frame(year: int, supplier: Any, buyer: Any, value: FloatArray, kind: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"year": year, "supplier_id": supplier, "buyer_id": buyer, "value": value, "kind": kind}
    )


def _knowledge(rng: Generator, year: int, ids: Any, openness: float) -> pd.DataFrame:
    """About twenty knowledge links from members, each to an outside partner with probability `openness`."""
    pairs = int(rng.integers(15, 26))
    supplier = rng.integers(0, len(ids), pairs)
    inside = (supplier + rng.integers(1, len(ids), pairs)) % len(ids)
    outside = rng.random(pairs) < openness
    abroad = np.array([f"laboratory {i}" for i in rng.integers(0, 40, pairs)])
    buyer = np.where(outside, abroad, ids[inside])
    frame = _frame(year, ids[supplier], buyer, np.full(pairs, 0.1), "knowledge")
    return frame.drop_duplicates(["supplier_id", "buyer_id"])


def _matrix(rng: Generator, shape: str, size: int, density: float) -> FloatArray:
    """Return the weights of the links between members; row i supplies column j."""
    weight = np.exp(rng.normal(0, 1, (size, size)))
    there = np.zeros((size, size), bool)
    if shape == "star":
        there[0, 1:] = there[1:, 0] = True
    elif shape == "ring":
        there[np.arange(size), (np.arange(size) + 1) % size] = True
    elif shape == "rewired":
        out, into = rng.pareto(1.5, size) + 0.3, rng.pareto(1.5, size) + 0.3
        there = rng.random((size, size)) < np.minimum(1, 3 * np.outer(out, into) / (out.sum() * into.mean()))
    else:
        core = np.arange(size) < max(3, size // 5)
        both = core[:, None] & core
        one = core[:, None] ^ core
        chance = np.where(both, 0.8, np.where(one, density, 0.05))
        there = rng.random((size, size)) < chance
    np.fill_diagonal(there, False)
    return weight * there
