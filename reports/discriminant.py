"""The picture of the formation model: clusters along the discriminant, and what one population would show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from clustercoop.analysis.verdicts.naming import ABSTAIN
from clustercoop.graph.arrays import Floats
from clustercoop.reports.inert import shorten
from clustercoop.reports.pictures import escaped, framed, label
from clustercoop.reports.planes import Placed, verdict_mark
from clustercoop.reports.strips import chance
from clustercoop.reports.words import Words

ROW: Final = 14.0
LEFT: Final = 236.0
WIDTH: Final = 456.0
TOP: Final = 30.0
TICKS: Final = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
# Log-odds at which the picture ends: a chance of one in a thousand.
END: Final = 6.9068


@dataclass(frozen=True, slots=True)
class Chance:
    """One cluster: its probability of being ecosystem-like and the range of it."""

    who: Placed
    probability: float
    low: float
    high: float


def log_odds(shares: Sequence[float]) -> Floats:
    """Return log(p / (1 − p)), at most `END` either way.

    Examples
    --------
    >>> log_odds([0.5, 1.0]).tolist()
    [0.0, 6.9068]
    """
    given = np.clip(np.asarray(shares, dtype=np.float64), 1e-12, 1 - 1e-12)
    out: Floats = np.clip(np.log(given / (1 - given)), -END, END)
    return out


def one_population(values: Floats) -> tuple[Floats, Floats]:
    """Return between which places each of n ordered values stands in 90 % of normal samples of their spread.

    The k-th of n ordered uniform draws is Beta(k, n + 1 − k); its 5 and 95 % quantiles go through the normal
    distribution with the mean and standard deviation of `values`.

    Examples
    --------
    >>> low, high = one_population(np.array([-1.0, 0.0, 1.0]))
    >>> bool((low < high).all()), abs(float(low[1] + high[1])) < 1e-9
    (True, True)
    """
    from scipy.special import betaincinv, ndtri

    n = len(values)
    k = np.arange(1, n + 1)
    mean, spread = values.mean(), max(values.std(ddof=1), 1e-9)
    low, high = (ndtri(betaincinv(k, n + 1 - k, q)) * spread + mean for q in (0.05, 0.95))
    return np.asarray(low), np.asarray(high)


def discriminant(clusters: Sequence[Chance], words: Words) -> str:
    """Return the clusters in the order of their log-odds, named, over the band of one population.

    Parameters
    ----------
    clusters : sequence of Chance
        At least two.
    words : Words
    """
    ordered = sorted(clusters, key=lambda one: (-one.probability, one.who.name))
    n = len(ordered)
    height, bottom = TOP + ROW * n + 26, TOP + ROW * n
    odds = log_odds([one.probability for one in ordered])
    at = _places(odds)
    ends = _places(log_odds([one.low for one in ordered])), _places(log_odds([one.high for one in ordered]))
    rows = TOP + ROW * (np.arange(n) + 0.5)
    band = [_places(np.clip(side, -END, END)) for side in one_population(odds)]
    # The first row is the largest value, the last of the ordered ones.
    low, high = band[0][::-1], band[1][::-1]
    outline = [*zip(low, rows, strict=True), *zip(high[::-1], rows[::-1], strict=True)]
    body = f'<path class="spread" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in outline)}z"/>'
    start, stop = _places(log_odds(ABSTAIN))
    body += f'<path class="band" d="M{start:.1f} {TOP}H{stop:.1f}V{bottom}H{start:.1f}z"/>'
    for tick in TICKS:
        x = float(_places(log_odds([tick]))[0])
        body += f'<path class="cut" d="M{x:.1f} {TOP}V{bottom}"/>'
        body += "".join(label(x, y, chance(tick, words.lang), "tick") for y in (TOP - 7, bottom + 14))
    names = (words.term("cluster-like"), words.term("ecosystem-like"))
    body += label(LEFT, TOP - 19, f"← {names[0]}", "axis", "start")
    body += label(LEFT + WIDTH, TOP - 19, f"{names[1]} →", "axis", "end")
    for k, one in enumerate(ordered):
        said, name = escaped(one.who.said), shorten(one.who.name, 36)
        body += (
            f'<a class="dot {one.who.style}" href="{escaped(one.who.link)}" data-tip="{said}" '
            f'aria-label="{said}">{label(LEFT - 12, rows[k] + 3.5, name, "", "end")}'
            f'<path class="range" d="M{ends[0][k]:.1f} {rows[k]:.1f}H{max(ends[1][k], ends[0][k] + 1):.1f}"/>'
            f"{verdict_mark(float(at[k]), float(rows[k]), one.who.style)}</a>"
        )
    return framed(716, height, words("fm_picture"), body, "plane odds", role="group")


def _places(odds: Floats) -> Floats:
    return np.asarray(LEFT + WIDTH * (odds + END) / (2 * END), dtype=np.float64)
