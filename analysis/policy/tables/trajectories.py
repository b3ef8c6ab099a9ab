"""The path of each cluster through the types, year by year."""

from __future__ import annotations

import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.trajectories import trajectories


def make(analysed: Analysed) -> pd.DataFrame:
    """Return `clustercoop.trajectories` of the formations, speed and direction where the thresholds apply."""
    thresholds = analysed.thresholds if analysed.applies else None
    return trajectories(analysed.formations, thresholds, analysed.comparable)
