"""Small pictures of clusters as SVG: series, paths through zones, the dot of closedness.

Places and texts are all decided here; colours are classes of the page, so that pictures follow its theme.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.thresholds import LEVELS
from clustercoop.graph.arrays import Floats
from clustercoop.graph.texts import term
from clustercoop.reports.inert import plain, quoted, shorten
from clustercoop.reports.numbers import brief
from clustercoop.reports.words import Words

# Average width of a letter against its size, on the wide side.
LETTER: Final = 0.58

Point = tuple[int, float, float]


@lru_cache(maxsize=4096)
def escaped(text: str) -> str:
    """Return a text for an SVG: on one line, without what XML cannot hold, no markup."""
    from markupsafe import escape

    return str(escape(plain(text)))


def label(x: float, y: float, text: str, style: str = "", anchor: str = "middle") -> str:
    """Return a text at a place."""
    told = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{told}>{escaped(text)}</text>'


def upwards(x: float, y: float, text: str, room: float = 400.0) -> str:
    """Return the name of an axis that runs upwards, on two lines where it is longer than its room."""
    place = f'class="axis" text-anchor="middle" transform="translate({x:g} {y:g})rotate(-90)"'
    lines = [text] if len(text) * 9.5 * LETTER <= room else textwrap.wrap(text, -(-len(text) // 2) + 6)
    if len(lines) == 1:
        return f"<text {place}>{escaped(text)}</text>"
    rows = [f'<tspan x="0" dy="{11 if at else 0}">{escaped(line)}</tspan>' for at, line in enumerate(lines)]
    return f"<text {place}>{''.join(rows)}</text>"


def framed(width: float, height: float, said: str, body: str, style: str, role: str = "img") -> str:
    """Return an SVG with its text for readers who do not see it; a group is one of links."""
    told = f'role="{role}" aria-label="{escaped(said)}"'
    return f'<svg class="{style}" viewBox="0 0 {width:g} {height:g}" {told}>{body}</svg>'


# Series.


@dataclass(frozen=True, slots=True)
class Year:
    """One year of a series: the figure, or the bounds it lies in; NaN where unknown."""

    year: int
    value: float
    low: float = float("nan")
    high: float = float("nan")

    @property
    def known(self) -> bool:
        """Whether the figure is known."""
        return self.value == self.value

    @property
    def bounded(self) -> bool:
        """Whether only its bounds are known."""
        return not self.known and self.low == self.low and self.high == self.high


WIDE: Final = 220
"""Width of a picture of one figure over years."""


def series(years: Sequence[Year], told: Callable[[Year], str], title: str) -> str:
    """Return one figure over years: a line through the known, a bar where only bounds are, with values.

    Parameters
    ----------
    years : sequence of Year
        In order.
    told : callable
        What a year reads: its figure, its bounds, or a dash.
    title : str
        What it is, for the alternative text.

    Examples
    --------
    >>> years = [Year(2020, 0.4), Year(2021, float("nan"), 0.1, 0.2)]
    >>> drawn = series(years, lambda year: "40%" if year.known else "10%–20%", "x")
    >>> "10%–20%" in drawn, drawn.count("<circle")
    (True, 1)
    """
    numbers = [n for year in years for n in (year.value, year.low, year.high) if n == n]
    texts = [told(year) for year in years]
    said = f"{title}: " + "; ".join(f"{year.year} {one}" for year, one in zip(years, texts, strict=True))
    if not numbers:
        return ""
    bottom, top = min(0.0, *numbers), max(0.0, *numbers)
    height = (top - bottom) or 1.0
    first, span = years[0].year, max(1, years[-1].year - years[0].year)

    def place(year: int, value: float) -> tuple[float, float]:
        x = WIDE / 2 if len(years) == 1 else 26 + 168 * (year - first) / span
        return x, 66 - 38 * (value - bottom) / height

    zero = place(first, 0.0)[1]
    body = f'<path class="base" d="M8 {zero:.1f}H212"/>'
    step = -(-len(years) // 4)
    path, previous, marks = "", None, ""
    taken = (999.0, 0.0)
    for back, (year, text) in enumerate(zip(reversed(years), reversed(texts), strict=True)):
        named = back % step == 0
        x, y = place(year.year, year.value if year.known else year.high if year.bounded else 0.0)
        if year.known:
            style = ' class="now"' if not back else ""
            marks += f'<circle{style} cx="{x:.1f}" cy="{y:.1f}" r="{3.4 if not back else 2.6}"/>'
        elif year.bounded:
            end = place(year.year, year.low)[1]
            marks += f'<path class="range" d="M{x:.1f} {y:.1f}V{max(end, y + 1.5):.1f}"/>'
        if named:
            # A wide one, of bounds, stands above the next where they would run into each other.
            half, up = len(text) * 5 * LETTER, y - 7
            # Nor beyond the picture: "not more than 37%" without its first word says the contrary.
            at = min(max(x, half), max(WIDE - half, half))
            up -= 11 * (at + half > taken[0] and abs(up - taken[1]) < 10)
            taken = (at - half, up)
            marks += label(at, up, text, "now" if not back else "")
            marks += label(x, 80, str(year.year), "soft")
    for year in years:
        if year.known:
            x, y = place(year.year, year.value)
            path += f"{'L' if previous == year.year - 1 else 'M'}{x:.1f} {y:.1f}"
            previous = year.year
    return framed(WIDE, 84, said, f'{body}<path class="way" d="{path}"/>{marks}', "series")


# Zones.


def zone_scale(values: ArrayLike, cuts: tuple[float, float], top: float) -> Floats:
    """Return positions on an axis where each of the three zones is one unit wide.

    Linear inside a zone: 0 → 0, ``cuts[0]`` → 1, ``cuts[1]`` → 2, `top` → 3. A negative value lies left of 0
    on the slope of the first zone.

    Examples
    --------
    >>> zone_scale([0.0, 0.05, 0.1, 0.3, 0.6], (0.1, 0.3), 0.6).tolist()
    [0.0, 0.5, 1.0, 2.0, 3.0]
    """
    given = np.asarray(values, dtype=np.float64)
    inside = np.interp(given, [0.0, cuts[0], cuts[1], top], [0.0, 1.0, 2.0, 3.0])
    return np.where(given < 0, given / cuts[0], inside)


def axis_top(values: Sequence[float], cuts: tuple[float, float]) -> float:
    """Return the end of an axis: above every value, at least half as far again as the upper cut-off.

    Examples
    --------
    >>> axis_top([0.2], (0.1, 0.3)), axis_top([1.37], (0.1, 0.3))
    (0.45, 1.5)
    """
    least = cuts[1] * 1.5
    largest = max(values, default=0.0)
    if largest * 1.05 <= least:
        return float(f"{least:.6g}")
    magnitude = 10.0 ** np.floor(np.log10(largest * 1.05))
    steps = np.array([1, 1.5, 2, 3, 4, 5, 6, 8, 10]) * magnitude
    return float(f"{steps[np.searchsorted(steps, largest * 1.05)]:.6g}")


def wrapped(name: str, letters: int) -> list[str]:
    """Return a name in lines of about so many letters, words whole."""
    lines: list[str] = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + len(word) >= letters:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


@dataclass(frozen=True)
class Zones:
    """The plane of innovation (right) and productivity (up) in its nine zones.

    Attributes
    ----------
    innovation, productivity : (low_below, high_above)
        Cut-offs of the axes, in the unit of the figures.
    types : mapping of (innovation level, productivity level) to str
        Codes of the nine types.
    unit : str
        Of the figures.
    tops : (float, float)
        Ends of the axes.
    """

    innovation: tuple[float, float]
    productivity: tuple[float, float]
    types: Mapping[tuple[str, str], str]
    unit: str
    tops: tuple[float, float]
    words: Words

    def places(self, points: Sequence[Point]) -> tuple[Floats, Floats]:
        """Return the points in zones: 0 to 3 either way, up is more."""
        x = zone_scale([p[1] for p in points], self.innovation, self.tops[0])
        y = zone_scale([p[2] for p in points], self.productivity, self.tops[1])
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)

    def name(self, column: int, row: int) -> str:
        """Return the type of a zone in words."""
        return term(self.types.get((LEVELS[column], LEVELS[row]), ""), self.words.lang)

    def said(self, points: Sequence[Point], title: str) -> str:
        """Return a path in words, year by year."""
        lang, parts = self.words.lang, []
        for year, rd, added in points:
            zone = level(rd, self.innovation), level(added, self.productivity)
            kind = term(self.types.get((LEVELS[zone[0]], LEVELS[zone[1]]), ""), lang)
            figures = {"rd": brief(rd, lang), "va": brief(added, lang)}
            parts.append(self.words("portrait_point", year=year, type=kind, **figures))
        name = quoted(shorten(plain(title), 80), lang)
        return self.words("portrait_alt", cluster=name) + "; ".join(parts)

    def portrait(self, points: Iterable[Point], title: str) -> str:
        """Return one path, zoomed to the zones it passes; "" where no year has both figures.

        Arrows join consecutive known years; a dashed one passes over a gap.
        """
        known = sorted(p for p in points if np.isfinite(p[1]) and np.isfinite(p[2]))
        if not known:
            return ""
        x, y = self.places(known)
        box = (*_span(x), *_span(y))
        left, right, bottom, top = box
        wide, high = 300.0 / (right - left), 196.0 / (top - bottom)
        px = 44 + (np.maximum(x, left) - left) * wide
        py = 204 - (np.maximum(y, bottom) - bottom) * high
        spots = list(zip(px.tolist(), py.tolist(), strict=True))
        body = self._zones(box, 44, 204, wide, high, spots) + self._ticks(box, wide, high)
        body += way(px, py, [p[0] for p in known])
        for at, (dx, dy) in enumerate(label_places(px, py, (44, 344, 8, 204))):
            anchor = "start" if dx > 0 else "end" if dx < 0 else "middle"
            style = "now" if at == len(known) - 1 else ""
            body += label(px[at] + dx, py[at] + dy + 3.5, str(known[at][0]), style, anchor)
        return framed(360, 236, self.said(known, title), body, "portrait")

    def small(self, points: Iterable[Point], title: str) -> str:
        """Return one path over all nine zones, without names: for many side by side."""
        known = sorted(p for p in points if np.isfinite(p[1]) and np.isfinite(p[2]))
        if not known:
            return ""
        x, y = self.places(known)
        px, py = 2 + 40 * np.maximum(x, 0), 92 - 30 * np.maximum(y, 0)
        body = '<use href="#grid"/>' + way(px, py, [p[0] for p in known], arrows=False)
        return framed(124, 94, self.said(known, title), body, "small")

    def grid(self) -> str:
        """Return what every `small` picture refers to."""
        cells = "".join(
            f'<path class="zone" d="M{2 + 40 * i} {62 - 30 * j}h40v30h-40z"/>'
            for i in range(3)
            for j in range(3)
            if (i + j) % 2 == 0
        )
        lines = '<path class="cut" d="M2 2H122V92H2zM42 2V92M82 2V92M2 32H122M2 62H122"/>'
        return f'<svg class="hold" aria-hidden="true"><defs><g id="grid">{cells}{lines}</g></defs></svg>'

    def _zones(
        self,
        box: tuple[int, ...],
        x0: float,
        y0: float,
        wide: float,
        high: float,
        spots: Sequence[tuple[float, float]],
    ) -> str:
        """Return the zones with their names, each at that end of its zone which the path leaves free."""
        left, right, bottom, top = box
        body = ""
        for i in range(left, right):
            for j in range(bottom, top):
                x, y = x0 + (i - left) * wide, y0 - (j + 1 - bottom) * high
                style = "zone" if (i + j) % 2 == 0 else "zone other"
                body += f'<path class="{style}" d="M{x:.1f} {y:.1f}h{wide:.1f}v{high:.1f}h-{wide:.1f}z"/>'
                lines = wrapped(self.name(i, j), max(10, int(wide / (9 * LETTER))))
                first = y + 13
                inside = [spot[1] for spot in spots if x - 12 < spot[0] < x + wide + 12]
                if any(y - 14 < spot < first + 11 * len(lines) + 14 for spot in inside):
                    low = y + high - 6 - 11 * (len(lines) - 1)
                    first = first if any(low - 24 < spot < y + high + 14 for spot in inside) else low
                for number, line in enumerate(lines):
                    body += label(x + wide / 2, first + 11 * number, line, "name")
        return body

    def _ticks(self, box: tuple[int, ...], wide: float, high: float) -> str:
        left, right, bottom, top = box
        lang = self.words.lang
        ends = ((0.0, *self.innovation, self.tops[0]), (0.0, *self.productivity, self.tops[1]))
        body = "".join(
            label(44 + (k - left) * wide, 216, brief(ends[0][k], lang), "tick")
            for k in range(left, right + 1)
        )
        body += "".join(
            label(40, 207 - (k - bottom) * high, brief(ends[1][k], lang), "tick", "end")
            for k in range(bottom, top + 1)
        )
        body += label(194, 231, self.words("innovation_axis", unit=self.unit), "axis")
        return body + upwards(10, 106, self.words("productivity_axis", unit=self.unit), 204)


def level(value: float, cuts: tuple[float, float]) -> int:
    """Return the zone of a value, 0 to 2; one at a cut-off is in the middle, as when it was classified."""
    if value < cuts[0] * (1 - 1e-9):
        return 0
    return 2 if value > cuts[1] * (1 + 1e-9) else 1


def _span(places: Floats) -> tuple[int, int]:
    """Return the zones that a path passes: the first, and the one after the last."""
    low, high = int(np.clip(np.floor(places.min()), 0, 2)), int(np.clip(np.ceil(places.max()), 1, 3))
    return low, max(high, low + 1)


def way(px: Floats, py: Floats, years: Sequence[int], arrows: bool = True) -> str:
    """Return a path with a dot a year, the last one larger, dashed over gaps."""
    body, x, y = "", px.tolist(), py.tolist()
    for k in range(len(x) - 1):
        style = "way gap" if years[k + 1] - years[k] > 1 else "way"
        body += f'<path class="{style}" d="M{x[k]:.1f} {y[k]:.1f}L{x[k + 1]:.1f} {y[k + 1]:.1f}"/>'
        length = math.hypot(x[k + 1] - x[k], y[k + 1] - y[k])
        if arrows and length > 16:
            ux, uy = (x[k + 1] - x[k]) / length, (y[k + 1] - y[k]) / length
            tip = x[k + 1] - 5 * ux, y[k + 1] - 5 * uy
            back = x[k + 1] - 13 * ux, y[k + 1] - 13 * uy
            body += (
                f'<path class="tip" d="M{tip[0]:.1f} {tip[1]:.1f}'
                f"L{back[0] - 3.5 * uy:.1f} {back[1] + 3.5 * ux:.1f}"
                f'L{back[0] + 3.5 * uy:.1f} {back[1] - 3.5 * ux:.1f}z"/>'
            )
    body += "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.6"/>' for a, b in zip(x[:-1], y[:-1], strict=True)
    )
    return body + f'<circle class="now" cx="{x[-1]:.1f}" cy="{y[-1]:.1f}" r="4"/>'


def label_places(px: Floats, py: Floats, box: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    """Return for each point the offset of its label: the side with the fewest neighbours, inside `box`."""
    offsets = [(8, 0), (-8, 0), (0, 13), (0, -13), (8, 10), (-8, 10), (8, -10), (-8, -10)]
    spots = list(zip(px.tolist(), py.tolist(), strict=True))
    between = ((px[1:] + px[:-1]) / 2).tolist(), ((py[1:] + py[:-1]) / 2).tolist()
    taken = spots + list(zip(*between, strict=True))
    left, right, top, bottom = box
    chosen = []
    for k, (x, y) in enumerate(spots):
        best, least = offsets[0], math.inf
        for dx, dy in offsets:
            cx, cy = x + dx * 2.4, y + dy
            crowd = sum(
                math.exp(-(((cx - tx) / 20) ** 2 + ((cy - ty) / 9) ** 2))
                for at, (tx, ty) in enumerate(taken)
                if at != k
            )
            out = cx + 12 > right or cx - 12 < left or cy + 6 > bottom or cy - 6 < top
            cost = round(crowd + 4 * out, 9)
            if cost < least:
                best, least = (dx, dy), cost
        chosen.append((float(best[0]), float(best[1])))
        taken.append((x + best[0] * 2.4, y + best[1]))
    return chosen


# Closedness.


def closedness(years: Sequence[Point], axes: tuple[str, str], said: str) -> str:
    """Return the dot of integration (right) × isolation (up), both 0 to 1, and where it came from.

    Examples
    --------
    >>> closedness([(2020, 0.5, 0.5)], ("integration", "isolation"), "x").count("<circle")
    1
    """
    known = [p for p in years if np.isfinite(p[1]) and np.isfinite(p[2])]
    if not known:
        return ""
    px = np.array([22 + 120 * p[1] for p in known])
    py = np.array([126 - 120 * p[2] for p in known])
    body = '<path class="zone" d="M22 6h120v120h-120z"/>'
    body += '<path class="cut" d="M22 6H142V126H22zM82 6V126M22 66H142"/>'
    body += way(px, py, [p[0] for p in known], arrows=False)
    body += label(82, 139, f"{axes[0]} →", "axis")
    body += upwards(13, 66, f"{axes[1]} →")
    return framed(150, 144, said, body, "closed")
