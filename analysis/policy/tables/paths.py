"""The path of each cluster as a whole: stayer or mover, and where it went in the plane."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.tables import table
from clustercoop.analysis.trajectories import headings


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a cluster: its known transitions, moves, types in turn, mean speed and net heading."""
    rows = []
    for cluster, path in table("trajectories", analysed).groupby("cluster_id", sort=True):
        known = path[path["transition"].fillna("").astype(str) != ""]
        moves = int((known["transition"] != "stays").sum())
        kinds = [str(kind) for kind in path["ecosystem_type"] if isinstance(kind, str) and kind]
        visited = [kind for place, kind in enumerate(kinds) if not place or kinds[place - 1] != kind]
        speed, direction = _net(path)
        rows.append(
            {
                "cluster_id": str(cluster),
                "years": ";".join(str(year) for year in path["year"]),
                "transitions": len(known),
                "moves": moves,
                "mover": "mover" if len(visited) > 1 else "stayer" if 0 < len(known) == len(path) - 1 else "",
                "types": " → ".join(visited),
                "mean_speed": path["speed"].astype("float64").mean(),
                "net_speed": speed,
                "net_direction": direction,
                "net_heading": str(headings(np.array([speed]), np.array([direction]))[0]),
            }
        )
    return pd.DataFrame(rows)


def _net(path: pd.DataFrame) -> tuple[float, float]:
    """Return the mean displacement a year, and its direction; a step that is unknown may lead anywhere."""
    speed, angle = (path[name].to_numpy("float64")[1:] for name in ("speed", "direction"))
    if not len(speed) or np.isnan(speed).any():
        return float("nan"), float("nan")
    turn = np.radians(np.nan_to_num(angle))
    x, y = float((speed * np.cos(turn)).mean()), float((speed * np.sin(turn)).mean())
    size = float(np.hypot(x, y))
    if size <= 1e-12:
        return 0.0, float("nan")
    return size, float(np.degrees(np.arctan2(y, x)) % 360)
