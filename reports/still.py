"""The network of one year as a picture and a table that need no script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from markupsafe import Markup, escape

from clustercoop.graph.arrays import Floats
from clustercoop.reports.inert import shorten
from clustercoop.reports.layout import widths
from clustercoop.reports.network_data import START_LINKS, Nodes, Year
from clustercoop.reports.numbers import UNKNOWN, shower
from clustercoop.reports.words import Words

NAME: Final = 26
MOST: Final = 120
AMOUNTS: Final = ("sold", "bought", "out", "in")
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Still:
    """What a reader without scripts sees."""

    year: int
    svg: Markup
    heads: list[str]
    rows: Markup


def still(nodes: Nodes, year: Year, place: Floats, data: dict[str, Any], words: Words) -> Still:
    """Return the picture of one year, its core named, and its participants as rows of texts."""
    amounts = [key for key in AMOUNTS if any(key == one["key"] for one in data["figureList"])]
    labels = {one["key"]: one["label"] for one in data["figureList"]}
    heads = [words("js_name"), words("js_id"), words("js_role")]
    heads += [words("js_core")] if data["coreKnown"] else []
    heads += [f"{labels[key]}, {data['currency']}" for key in amounts]
    order = np.lexsort((np.arange(nodes.n), -year.traded, -np.nan_to_num(year.core)))
    rows = []
    present, cores = year.present.tolist(), year.core.tolist()
    told = {1.0: words("js_yes"), 0.0: words("js_no")}
    figures = [year.figures[key].tolist() for key in amounts]
    tell = shower("money", words.lang)
    for k in order.tolist():
        if not present[k]:
            continue
        row = [nodes.names[k], nodes.ids[k], nodes.roles[k] or UNKNOWN]
        if data["coreKnown"]:
            row.append(told.get(cores[k], UNKNOWN))
        row += [UNKNOWN if values[k] != values[k] else tell(values[k]) for values in figures]
        rows.append(row)
    return Still(year.year, _drawn(nodes, year, place, data, words), heads, _rows(rows))


def _rows(rows: list[list[str]]) -> Markup:
    """Return the rows of a table; no text holds the signs that part them."""
    told = str(escape("\n".join("\0".join(row) for row in rows)))
    told = told.replace("\0", "</td><td>").replace("\n", '</td></tr>\n<tr><td class="k">')
    return Markup(f'<tr><td class="k">{told}</td></tr>\n' if rows else "")


def _drawn(nodes: Nodes, year: Year, place: Floats, data: dict[str, Any], words: Words) -> Markup:
    here = np.flatnonzero(year.present)
    if not len(here):
        return Markup("")
    left, top = place[here].min(axis=0) - (180, 60)
    wide, high = place[here].max(axis=0) + (180, 70) - (left, top)
    label = escape(f"{words('view_canvas')}. {year.facts}")
    box = f"{left:.0f} {top:.0f} {wide:.0f} {high:.0f}"
    parts = [f'<svg class="still" viewBox="{box}" role="img" aria-label="{label}">']
    parts += _lines(year, place)
    traded = year.traded
    size = 9 + 21 * np.sqrt(traded / max(float(traded.max()), 1e-300))
    cores, spots, sizes = year.core.tolist(), place.tolist(), size.tolist()
    for k in here.tolist():
        (x, y), r, core = spots[k], sizes[k], cores[k]
        fill = (
            data["coreColors"][2 if core != core else int(core)]
            if data["coreKnown"]
            else data["nodes"][k]["color"]
        )
        title = f"<title>{escape(shorten(nodes.names[k], 200))}</title>"
        if core == 1:
            corners = f"M{x:.0f} {y - r:.0f}L{x + r:.0f} {y:.0f}L{x:.0f} {y + r:.0f}L{x - r:.0f} {y:.0f}Z"
            parts.append(f'<path d="{corners}" fill="{fill}" stroke="#39424e">{title}</path>')
        else:
            place_of = f'cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}"'
            parts.append(f'<circle {place_of} fill="{fill}" stroke="#39424e">{title}</circle>')
    parts += _names(nodes, year, place, size)
    return Markup("".join(parts) + "</svg>")


def _lines(year: Year, place: Floats) -> list[str]:
    """Return the strongest links, one path for each of four widths."""
    kept = np.argsort(-year.value, kind="stable")[:START_LINKS]
    if not len(kept):
        return []
    wide = widths(year.value[kept], float(year.value[kept].min()), float(year.value[kept].max()))
    level = np.minimum((wide - 0.6) // 1.4, 3)
    parts = []
    for step in np.unique(level).tolist():
        drawn = kept[level == step]
        ends = np.concatenate([place[year.src[drawn]], place[year.dst[drawn]]], axis=1)
        path = "M%.0f %.0fL%.0f %.0f" * len(drawn) % tuple(ends.ravel().tolist())
        style = f'fill="none" stroke="#7a8797" stroke-opacity=".35" stroke-width="{1 + 1.4 * step:.1f}"'
        parts.append(f'<path d="{path}" {style}/>')
    return parts


def _names(nodes: Nodes, year: Year, place: Floats, size: Floats) -> list[str]:
    """Return names: every core member, and who else has room; the core and the largest choose first."""
    taken: list[Box] = []
    parts = []
    cores, spots, sizes, present = year.core.tolist(), place.tolist(), size.tolist(), year.present.tolist()
    for k in np.lexsort((-size, -np.nan_to_num(year.core))).tolist():
        if not present[k] or (len(taken) >= MOST and cores[k] != 1):
            continue
        name = shorten(nodes.names[k], NAME)
        (x, y), half = spots[k], 4.8 * len(name)
        below, above = y + sizes[k] + 16, y - sizes[k] - 6
        tried = [(x - half, at - 14, x + half, at + 5) for at in (below, above, below + 19, above - 19)]
        free = (box for box in tried if not any(_meet(box, other) for other in taken))
        box = next(free, None if cores[k] != 1 else tried[0])
        if box is None:
            continue
        taken.append(box)
        style = 'text-anchor="middle" font-size="17" fill="currentColor"'
        parts.append(f'<text x="{x:.0f}" y="{box[3] - 5:.0f}" {style}>{escape(name)}</text>')
    return parts


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
