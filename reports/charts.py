"""Phase portraits: the path of a cluster through the plane of innovation and productivity."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.graph.formation import FloatArray
from clustercoop.graph.texts import term
from clustercoop.reports.inert import plain, quoted, shorten
from clustercoop.reports.numbers import brief
from clustercoop.reports.words import Words

LEVELS: Final = ("low", "medium", "high")
# Colours of the drawing → custom properties of the page, so that the picture follows its light or dark theme.
THEME: Final = {
    "#1c2430": "var(--ink,#1c2430)",
    "#56616f": "var(--soft,#56616f)",
    "#f5f7f9": "var(--zone,#f5f7f9)",
    "#dde2e8": "var(--line,#dde2e8)",
    "#0072b2": "var(--path,#0072b2)",
    "#d55e00": "var(--mark,#d55e00)",
}
INK, SOFT, ZONE, LINE, PATH, MARK = THEME


def zone_scale(values: ArrayLike, cuts: tuple[float, float], top: float) -> FloatArray:
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


def phase_portrait(
    points: Sequence[tuple[int, float, float]],
    *,
    innovation: tuple[float, float],
    productivity: tuple[float, float],
    types: Mapping[tuple[str, str], str],
    currency: str,
    title: str,
    lang: str = "en",
) -> str:
    """Return an SVG of one cluster's path: 3 × 3 zones with type names, arrows and year marks.

    Parameters
    ----------
    points : sequence of (year, R&D per employee, value added per employee)
        In any order; a year with an unknown figure (NaN) makes a gap, which a dashed arrow crosses.
    innovation, productivity : (low_below, high_above)
        Cut-offs of the two axes, in the unit of the figures.
    types : mapping of (innovation level, productivity level) to str
        Names of the nine zones.
    currency : str
        Amounts are in millions of it.
    title : str
        Name of the cluster, for the alternative text.
    lang : str
        Language.

    Returns
    -------
    str
        ``<svg>…</svg>`` without ids that repeat between clusters, style attributes or dates; the same input
        gives the same bytes. "" where no year has both figures.

    Examples
    --------
    >>> svg = phase_portrait([(2020, 0.05, 1.0), (2021, 0.2, 3.0)], innovation=(0.1, 0.3),
    ...                      productivity=(2, 4), types={}, currency="RUB", title="c")
    >>> svg.startswith("<svg"), "style=" in svg
    (True, False)
    """
    words = Words(lang)
    known = sorted(p for p in points if np.isfinite(p[1]) and np.isfinite(p[2]))
    if not known:
        return ""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    salt = hashlib.sha256(repr((title, known)).encode("utf-8", "replace")).hexdigest()[:12]
    with mpl.rc_context(
        {
            "svg.hashsalt": salt,
            "svg.fonttype": "none",
            "font.family": ["DejaVu Sans"],
            "path.simplify": False,
            "text.parse_math": False,
        }
    ):
        figure = Figure(figsize=(5.6, 4.3), facecolor="none")
        FigureCanvasSVG(figure)
        axes = figure.add_axes((0.12, 0.115, 0.85, 0.875), facecolor="none")
        _zones(axes, types, words)
        _axes(axes, known, innovation, productivity, words.money(currency), words)
        _path(axes, points, known, innovation, productivity)
        out = io.StringIO()
        figure.savefig(
            out, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None}
        )
    return _themed(out.getvalue(), alternative_text(known, innovation, productivity, types, title, words))


def alternative_text(
    known: Sequence[tuple[int, float, float]],
    innovation: tuple[float, float],
    productivity: tuple[float, float],
    types: Mapping[tuple[str, str], str],
    title: str,
    words: Words,
) -> str:
    """Return the path in words, year by year."""
    said = []
    for year, rd, added in known:
        zone = (_level(rd, innovation), _level(added, productivity))
        said.append(
            words(
                "portrait_point",
                year=year,
                rd=brief(rd, words.lang),
                va=brief(added, words.lang),
                type=term(types.get(zone, " × ".join(zone)), words.lang),
            )
        )
    return words("portrait_alt", cluster=quoted(shorten(plain(title), 80), words.lang)) + "; ".join(said)


def _level(value: float, cuts: tuple[float, float]) -> str:
    # The same tolerance as the classification: a value at a cut-off is medium.
    if value < cuts[0] * (1 - 1e-9):
        return "low"
    return "high" if value > cuts[1] * (1 + 1e-9) else "medium"


def _zones(axes: Any, types: Mapping[tuple[str, str], str], words: Words) -> None:
    from matplotlib.patches import Rectangle

    for i, productivity in enumerate(LEVELS):
        for j, innovation in enumerate(LEVELS):
            if (i + j) % 2 == 0:
                axes.add_patch(Rectangle((j, i), 1, 1, facecolor=ZONE, edgecolor="none", zorder=0))
            name = term(types.get((innovation, productivity), ""), words.lang)
            # A line at a time: the reader's font centres each, whatever its widths.
            for number, line in enumerate(_wrapped(name)):
                height = i + 0.92 - 0.105 * number
                axes.text(j + 0.5, height, line, ha="center", va="center", fontsize=7.6, color=SOFT, zorder=1)
    for cut in (1, 2):
        axes.axvline(cut, color=LINE, linewidth=1, zorder=1)
        axes.axhline(cut, color=LINE, linewidth=1, zorder=1)
    for spine in axes.spines.values():
        spine.set_color(LINE)


def _wrapped(name: str) -> list[str]:
    lines: list[str] = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + len(word) > 16:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _axes(
    axes: Any,
    known: Sequence[tuple[int, float, float]],
    innovation: tuple[float, float],
    productivity: tuple[float, float],
    unit: str,
    words: Words,
) -> None:
    tops = (axis_top([p[1] for p in known], innovation), axis_top([p[2] for p in known], productivity))
    axes.set_xlim(min(0.0, *zone_scale([p[1] for p in known], innovation, tops[0])) - 0.02, 3)
    axes.set_ylim(min(0.0, *zone_scale([p[2] for p in known], productivity, tops[1])) - 0.02, 3)
    for axis, cuts, top in ((axes.xaxis, innovation, tops[0]), (axes.yaxis, productivity, tops[1])):
        axis.set_ticks([0, 1, 2, 3], [brief(v, words.lang) for v in (0.0, *cuts, top)])
        axis.set_tick_params(colors=SOFT, labelsize=8, length=0)
    axes.set_xlabel(words("innovation_axis", unit=unit), fontsize=8.5, color=INK)
    axes.set_ylabel(words("productivity_axis", unit=unit), fontsize=8.5, color=INK)


def _path(
    axes: Any,
    points: Sequence[tuple[int, float, float]],
    known: Sequence[tuple[int, float, float]],
    innovation: tuple[float, float],
    productivity: tuple[float, float],
) -> None:
    x = zone_scale([p[1] for p in known], innovation, axis_top([p[1] for p in known], innovation))
    y = zone_scale([p[2] for p in known], productivity, axis_top([p[2] for p in known], productivity))
    for k in range(len(known) - 1):
        gap = known[k + 1][0] - known[k][0] > 1
        axes.annotate(
            "",
            xy=(x[k + 1], y[k + 1]),
            xytext=(x[k], y[k]),
            arrowprops={
                "arrowstyle": "-|>",
                "color": PATH,
                "linewidth": 1.6,
                "linestyle": "--" if gap else "-",
                "shrinkA": 4,
                "shrinkB": 4,
                "mutation_scale": 11,
            },
            zorder=3,
        )
    axes.scatter(x[:-1], y[:-1], s=26, color=PATH, zorder=4)
    axes.scatter(x[-1:], y[-1:], s=46, color=MARK, zorder=5)
    for k, (dx, dy) in enumerate(_label_places(x, y)):
        last = k == len(known) - 1
        axes.annotate(
            str(known[k][0]),
            (x[k], y[k]),
            xytext=(dx, dy),
            textcoords="offset points",
            ha="left" if dx > 0 else "right" if dx < 0 else "center",
            va="center",
            fontsize=8,
            color=INK,
            fontweight="bold" if last else "normal",
            zorder=6,
        )


def _label_places(x: FloatArray, y: FloatArray) -> list[tuple[float, float]]:
    """Return for each point the offset of its year, in points: the free side with the fewest neighbours."""
    # One unit of the axes is about 115 × 88 points in the drawing.
    px, py = x * 115, y * 88
    half = len(px) > 1
    # Names of the zones stand in the way too: three places each, along the text.
    named = [
        ((j + 0.5) * 115 + shift, (i + 0.92) * 88)
        for i in range(3)
        for j in range(3)
        for shift in (-25, 0, 25)
    ]
    taken: list[tuple[float, float]] = list(zip(px.tolist(), py.tolist(), strict=True))
    if half:
        taken += list(zip(((px[1:] + px[:-1]) / 2).tolist(), ((py[1:] + py[:-1]) / 2).tolist(), strict=True))
    offsets = [
        (8.0, 0.0),
        (-8.0, 0.0),
        (0.0, 10.0),
        (0.0, -10.0),
        (8.0, 9.0),
        (-8.0, 9.0),
        (8.0, -9.0),
        (-8.0, -9.0),
    ]
    chosen = []
    for k in range(len(px)):
        best, least = offsets[0], np.inf
        for dx, dy in offsets:
            cx, cy = px[k] + dx * 2.4, py[k] + dy
            crowd = sum(
                np.exp(-(((cx - tx) / 16) ** 2 + ((cy - ty) / 7) ** 2))
                for at, (tx, ty) in enumerate([*taken, *named])
                if at != k
            )
            edge = 4.0 * (cx + 14 > 345 or cx - 14 < 0 or cy + 5 > 264 or cy - 5 < 0)
            cost = round(float(crowd + edge), 9)
            if cost < least:
                best, least = (dx, dy), cost
        chosen.append(best)
        taken.append((float(px[k] + best[0] * 2.4), float(py[k] + best[1])))
    return chosen


def _themed(svg: str, alternative: str) -> str:
    """Turn matplotlib's SVG into one that a strict content policy and a dark theme allow."""
    from markupsafe import escape

    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    # The page's policy forbids style elements without its nonce: the one rule is set on the root instead.
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r' style="([^"]*)"', _attributes, body)
    for plain_color, variable in THEME.items():
        body = body.replace(f'"{plain_color}"', f'"{variable}"')
    body = re.sub(r' font-family="[^"]*"', ' font-family="inherit"', body)
    # Only the ids that something refers to are kept: matplotlib numbers the others the same in every picture.
    body = re.sub(r' id="([^"]*)"', lambda found: found[0] if f"#{found[1]}" in body else "", body)
    view = re.search(r'viewBox="([^"]*)"', body)
    box = view[1] if view else "0 0 403 310"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}" '
        f'role="img" aria-label="{escape(alternative)}" stroke-linejoin="round" stroke-linecap="butt">'
    )
    return head + body[body.index(">") + 1 :].strip()


def _attributes(found: re.Match[str]) -> str:
    """Return the declarations of a style attribute as presentation attributes."""
    out = []
    for declaration in found[1].split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip(), value.strip()
        if name == "font":
            size = re.search(r"([\d.]+)px", value)
            out.append(f'font-size="{size[1] if size else 10}" font-family="inherit"')
            if re.search(r"\b(bold|700)\b", value):
                out.append('font-weight="700"')
        elif name and re.fullmatch(r"[a-z-]+", name) and '"' not in value:
            out.append(f'{name}="{value}"')
    return "".join(f" {attribute}" for attribute in out)
