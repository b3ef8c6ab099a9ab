"""The path of each cluster as a whole: stayer or mover, and where it went in the plane."""

from __future__ import annotations

from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.tables import table
from clustercoop.analysis.trajectories import headings
from clustercoop.analysis.typology import JUDGED
from clustercoop.graph.arrays import Floats


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a cluster: its known transitions, moves, types in turn, mean speed and net heading."""
    path = table("trajectories", analysed)
    clusters, years = path["cluster_id"].astype(str).tolist(), path["year"].tolist()
    steps, types = (path[name].fillna("").astype(str).tolist() for name in ("transition", "ecosystem_type"))
    speeds, directions = (path[name].to_numpy("float64") for name in ("speed", "direction"))
    starts = [at for at, cluster in enumerate(clusters) if not at or clusters[at - 1] != cluster]
    rows = []
    for start, end in pairwise([*starts, len(path)]):
        known = [step for step in steps[start:end] if step]
        kinds = [kind for kind in types[start:end] if kind]
        visited = [kind for place, kind in enumerate(kinds) if not place or kinds[place - 1] != kind]
        told, whole = ~np.isnan(speeds[start:end]), len(known) == end - start - 1
        moved = _moved(clusters[start], list(zip(years[start:end], types[start:end], strict=True)), analysed)
        mean = np.where(told, speeds[start:end], 0.0).sum() / told.sum() if told.any() else np.nan
        speed, direction = _net(speeds[start + 1 : end], directions[start + 1 : end])
        rows.append(
            {
                "cluster_id": clusters[start],
                "years": ";".join(map(str, years[start:end])),
                "transitions": len(known),
                "moves": sum(step != "stays" for step in known),
                "mover": "mover" if moved else "stayer" if known and whole and len(visited) == 1 else "",
                "types": " → ".join(visited),
                "mean_speed": mean,
                "net_speed": speed,
                "net_direction": direction,
                "net_heading": str(headings(np.array([speed]), np.array([direction]))[0]),
            }
        )
    return pd.DataFrame(rows)


def _moved(cluster: str, typed: list[tuple[int, str]], analysed: Analysed) -> bool:
    """Tell whether the types of two years differ, and not for want of the same members behind them."""
    years: dict[str, list[int]] = {}
    for year, kind in typed:
        if kind:
            years.setdefault(kind, []).append(year)
    pairs = ((a, b) for one, other in combinations(years, 2) for a, b in product(years[one], years[other]))
    return any(all(analysed.comparable(column, cluster, a, b) for column in JUDGED) for a, b in pairs)


def _net(speed: Floats, angle: Floats) -> tuple[float, float]:
    """Return the mean displacement a year, and its direction; a step that is unknown may lead anywhere."""
    if not len(speed) or np.isnan(speed).any():
        return float("nan"), float("nan")
    turn = np.radians(np.nan_to_num(angle))
    x, y = float((speed * np.cos(turn)).mean()), float((speed * np.sin(turn)).mean())
    size = float(np.hypot(x, y))
    if size <= 1e-12:
        return 0.0, float("nan")
    return size, float(np.degrees(np.arctan2(y, x)) % 360)
