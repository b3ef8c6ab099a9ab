"""Small drawings that stand in tables: lines over years, and probabilities on their scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from clustercoop.analysis.verdicts.naming import ABSTAIN
from clustercoop.reports.numbers import decimal, with_percent

LEFT: Final = 5.0
WIDTH: Final = 190.0
# A shape for each verdict, so that nothing depends on colour alone.
SIDES: Final = {"ecosystem-like": "eco", "cluster-like": "clu"}


def sparkline(history: Iterable[tuple[int, float | None]], top: float = 1.0) -> str:
    """Return a small SVG line of shares over years; unknown years break the line.

    The height is 0 to `top`, the same for every cluster, so that lines can be compared.

    Examples
    --------
    >>> sparkline([(2020, 0.5), (2021, None), (2022, 1.0)]).count("M")
    2
    """
    points = list(history)
    path = sparkline_path([year for year, _ in points], [value for _, value in points], top)
    if not path:
        return ""
    x, y = path.replace("M", "L").split("L")[-1].split(" ")
    dot = f'<circle cx="{x}" cy="{y}" r="2.4"/>'
    return f'<svg viewBox="0 0 112 25" aria-hidden="true"><path d="{path}"/>{dot}</svg>'


def sparkline_path(years: Sequence[int], values: Sequence[float | None], top: float = 1.0) -> str:
    """Return the line of `sparkline` alone: its last point is that of the last known year.

    Examples
    --------
    >>> sparkline_path([2020, 2021], [0.0, 1.0])
    'M3.0 22.0L109.0 3.0'
    """
    span = max(1, years[-1] - years[0]) if len(years) else 1
    path, previous = "", None
    for year, value in zip(years, values, strict=True):
        if value is None or value != value:
            continue
        x, y = 3 + 106 * (year - years[0]) / span, 22 - 19 * min(max(value / top, 0.0), 1.0)
        path += f"{'L' if previous == year - 1 else 'M'}{x:.1f} {y:.1f}"
        previous = year
    return path


def chance(probability: float, lang: str) -> str:
    r"""Return a probability in whole per cent, never as certain.

    Examples
    --------
    >>> chance(0.974, "en"), chance(0.99999, "ru"), chance(0.001, "en")
    ('97%', '>99\xa0%', '<1%')
    """
    if probability > 0.995:
        return ">" + with_percent("99", lang)
    if probability < 0.005:
        return "<" + with_percent("1", lang)
    return with_percent(decimal(100 * probability, 0, lang), lang)


def probability_strip(probability: float, low: float, high: float, verdict: str, label: str) -> str:
    """Return an SVG of one probability on the scale 0–1: its range, and the band without a verdict.

    Parameters
    ----------
    probability, low, high : float
        The probability of being ecosystem-like and its range.
    verdict : str
        Decides the shape: a disc (ecosystem-like), a square (cluster-like), a diamond (undecided).
    label : str
        All of it in words, for readers who do not see the picture.

    Examples
    --------
    >>> probability_strip(0.5, 0.4, 0.6, "undecided", "a <name>").count("&lt;")
    1
    """
    from markupsafe import escape

    x = _at(probability)
    side = SIDES.get(verdict, "und")
    mark = {
        "eco": f'<circle class="eco" cx="{x:.1f}" cy="11" r="5"/>',
        "clu": f'<rect class="clu" x="{x - 4.5:.1f}" y="6.5" width="9" height="9"/>',
        "und": f'<path class="und" d="M{x:.1f} 5l6 6-6 6-6-6z"/>',
    }[side]
    return (
        f'<svg class="strip" viewBox="0 0 200 22" role="img" aria-label="{escape(label)}">{_band()}'
        f'<path class="span {side}" d="M{_at(low):.1f} 11H{_at(high):.1f}"/>{mark}</svg>'
    )


def strip_key(texts: tuple[str, str, str], lang: str, label: str) -> str:
    """Return the scale of the strips with its three zones named: `texts` from left to right."""
    from markupsafe import escape

    ticks = "".join(
        f'<text x="{_at(share):.1f}" y="47" text-anchor="middle">{decimal(share * 100, 0, lang)}</text>'
        for share in (0.0, *ABSTAIN, 1.0)
    )
    places = (_at(ABSTAIN[0] / 2), _at(0.5), _at((1 + ABSTAIN[1]) / 2))
    names = "".join(
        f'<text x="{x:.1f}" y="11" text-anchor="middle">{escape(text)}</text>'
        for x, text in zip(places, texts, strict=True)
    )
    marks = (
        f'<rect class="clu" x="{places[0] - 4.5:.1f}" y="22.5" width="9" height="9"/>'
        f'<path class="und" d="M{places[1]:.1f} 21l6 6-6 6-6-6z"/>'
        f'<circle class="eco" cx="{places[2]:.1f}" cy="27" r="5"/>'
    )
    return (
        f'<svg class="strip key" viewBox="-4 0 208 50" role="img" aria-label="{escape(label)}">'
        f'<g transform="translate(0 16)">{_band()}</g>{marks}{names}{ticks}</svg>'
    )


def _at(share: float) -> float:
    return LEFT + WIDTH * min(max(share, 0.0), 1.0)


def _band() -> str:
    start, end = _at(ABSTAIN[0]), _at(ABSTAIN[1])
    return (
        f'<rect class="band" x="{start:.1f}" y="0" width="{end - start:.1f}" height="22"/>'
        f'<path class="axis" d="M{_at(0):.1f} 11H{_at(1):.1f}M{_at(0):.1f} 7v8M{_at(1):.1f} 7v8"/>'
    )
