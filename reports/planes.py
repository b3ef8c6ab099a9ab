"""All clusters in one picture: their paths through the zones, and what the threshold rule looks at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from clustercoop.reports.inert import shorten
from clustercoop.reports.numbers import brief, percent
from clustercoop.reports.pictures import (
    LETTER,
    Point,
    Zones,
    axis_top,
    escaped,
    framed,
    label,
    upwards,
    way,
    wrapped,
    zone_scale,
)
from clustercoop.reports.words import Words

# Longest name written beside a dot; longer ones are shortened, and whole on hover.
NAME: Final = 30
SIZE: Final = 10.0
# So many names that begin alike are told apart by what follows.
SHARED: Final = 3

# Left, right, top, bottom.
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """One cluster in a picture: name, where a click leads, class of its verdict, what it says on hover."""

    name: str
    link: str
    style: str
    said: str


def distinct(names: Sequence[str]) -> list[str]:
    """Return names without the first words that three or more of them share: what tells them apart.

    Examples
    --------
    >>> distinct(["Pump cluster Volga", "Pump cluster Kama", "Pump cluster Oka", "Mint"])
    ['Volga', 'Kama', 'Oka', 'Mint']
    """
    starts = Counter(
        tuple(words[:k]) for words in (name.split() for name in names) for k in range(1, len(words))
    )
    out = []
    for name in names:
        words = name.split()
        shared = max((k for k in range(1, len(words)) if starts[tuple(words[:k])] >= SHARED), default=0)
        out.append(" ".join(words[shared:]))
    return out


def names_beside(
    xs: Sequence[float],
    ys: Sequence[float],
    names: Sequence[str],
    box: Box,
    taken: Sequence[Box] = (),
) -> list[tuple[float, float, str] | None]:
    """Return where each name can stand beside its dot without touching another; None where nowhere.

    Parameters
    ----------
    xs, ys : sequences of float
        Dots.
    names : sequence of str
    box : (left, right, top, bottom)
        Names stay inside.
    taken : sequence of such boxes
        Names stay outside.

    Returns
    -------
    list of (x, y, anchor) or None
        In the order of the dots; the first of two that want one place gets it.

    Examples
    --------
    >>> names_beside([9, 9], [50, 50], ["a", "quite long"], (0, 99, 0, 99))
    [(17, 53.5, 'start'), None]
    """
    held = [*((x - 4, x + 4, y - 4, y + 4) for x, y in zip(xs, ys, strict=True)), *taken]
    left, right, top, bottom = box
    out: list[tuple[float, float, str] | None] = []
    for at, (x, y, name) in enumerate(zip(xs, ys, names, strict=True)):
        width, found = len(name) * SIZE * LETTER, None
        options = [(x + 8, y, "start"), (x - 8, y, "end"), (x, y - 15, "middle"), (x, y + 15, "middle")]
        for px, py, anchor in options:
            start = px if anchor == "start" else px - width if anchor == "end" else px - width / 2
            own = (start, start + width, py - SIZE / 2, py + SIZE / 2)
            inside = own[0] >= left and own[1] <= right and own[2] >= top and own[3] <= bottom
            free = all(
                own[1] <= a or own[0] >= b or own[3] <= c or own[2] >= d
                for k, (a, b, c, d) in enumerate(held)
                if k != at
            )
            if inside and free:
                found = (px, py + 3.5, anchor)
                held.append(own)
                break
        out.append(found)
    return out


def dots(
    clusters: Sequence[Placed],
    drawn: Sequence[str],
    ends: Sequence[tuple[float, float]],
    box: Box,
    taken: Sequence[Box] = (),
) -> str:
    """Return clusters as links: what is drawn of each, and its name where there is room, else on hover."""
    names = [shorten(name, NAME) for name in distinct([one.name for one in clusters])]
    places = names_beside([x for x, _ in ends], [y for _, y in ends], names, box, taken)
    body = ""
    for one, shape, (x, y), name, place in zip(clusters, drawn, ends, names, places, strict=True):
        px, py, anchor = place or (x + 8 if x < (box[0] + box[1]) / 2 else x - 8, y + 3.5, "")
        side = anchor or ("start" if px > x else "end")
        text = label(px, py, name, "" if place else "later", side)
        body += (
            f'<a class="dot {one.style}" href="{escaped(one.link)}" data-tip="{escaped(one.said)}" '
            f'aria-label="{escaped(one.said)}">{shape}{text}</a>'
        )
    return body


def plane(zones: Zones, paths: Sequence[tuple[Placed, Sequence[Point]]], said: str) -> str:
    """Return the nine zones with the path of each cluster as a tail behind its last year.

    Parameters
    ----------
    zones : Zones
    paths : sequence of (Placed, points)
        Clusters with their years; those without a known year are left out.
    said : str
        What the picture is.
    """
    wide, high, x0, y0 = 214.0, 150.0, 54.0, 462.0
    body, taken = "", []
    for i in range(3):
        for j in range(3):
            x, y = x0 + i * wide, y0 - (j + 1) * high
            style = "zone" if (i + j) % 2 == 0 else "zone other"
            body += f'<path class="{style}" d="M{x:.1f} {y:.1f}h{wide:g}v{high:g}h-{wide:g}z"/>'
            for number, line in enumerate(wrapped(zones.name(i, j), 34)):
                body += label(x + wide / 2, y + 14 + 12 * number, line, "name")
                half = len(line) * SIZE * LETTER / 2
                taken.append((x + wide / 2 - half, x + wide / 2 + half, y + 4, y + 18 + 12 * number))
    lang = zones.words.lang
    for k in range(4):
        body += label(x0 + k * wide, y0 + 13, brief((0.0, *zones.innovation, zones.tops[0])[k], lang), "tick")
        across = brief((0.0, *zones.productivity, zones.tops[1])[k], lang)
        body += label(x0 - 5, y0 + 3 - k * high, across, "tick", "end")
    body += label(x0 + 1.5 * wide, y0 + 29, zones.words("innovation_axis", unit=zones.unit), "axis")
    body += upwards(14, y0 - 1.5 * high, zones.words("productivity_axis", unit=zones.unit))
    shapes, ends, shown = [], [], []
    for one, points in paths:
        known = sorted(p for p in points if np.isfinite(p[1]) and np.isfinite(p[2]))
        if known:
            right, up = zones.places(known)
            px, py = x0 + np.maximum(right, 0) * wide, y0 - np.maximum(up, 0) * high
            shapes.append(way(px, py, [p[0] for p in known], arrows=False))
            ends.append((float(px[-1]), float(py[-1])))
            shown.append(one)
    body += dots(shown, shapes, ends, (x0, x0 + 3 * wide, y0 - 3 * high, y0), taken)
    return framed(716, 496, said, body, "plane", role="group")


@dataclass(frozen=True, slots=True)
class Rule:
    """What the threshold rule asks: the least level of innovation by its cut-offs, the ratio to exceed."""

    cuts: tuple[float, float]
    least: int
    cooperation: float
    unit: str
    words: Words


def rule_plane(rule: Rule, clusters: Sequence[tuple[Placed, float, float]], said: str) -> str:
    """Return cooperation (up) × innovation (right), with the thresholds of the rule and its four fields.

    Parameters
    ----------
    rule : Rule
    clusters : sequence of (Placed, R&D per employee, cooperation ratio)
        The medians that the rule judges; both known.
    said : str
        What the picture is.
    """
    lang, words = rule.words.lang, rule.words
    wide, high, x0, y0 = 214.0, 450.0, 54.0, 462.0
    top = axis_top([rd for _, rd, _ in clusters], rule.cuts)
    most = max([2 * rule.cooperation, *(ratio for *_, ratio in clusters)])
    # A round share above the largest ratio, so that the axis ends at a number that can be said.
    most = min(1.0, float(np.ceil(round(most * 1.05, 9) * 10) / 10))
    asked, at = x0 + rule.least * wide, y0 - high * rule.cooperation / most
    right = x0 + 3 * wide
    body = f'<path class="zone other" d="M{x0} {y0 - high}H{right}V{y0}H{x0}z"/>'
    body += f'<path class="field eco" d="M{asked} {y0 - high}H{right}V{at:.1f}H{asked}z"/>'
    body += f'<path class="field clu" d="M{x0} {at:.1f}H{asked}V{y0}H{x0}z"/>'
    body += f'<path class="bound" d="M{asked} {y0 - high}V{y0}M{x0} {at:.1f}H{right}"/>'
    corners = (
        (asked + 8, y0 - high + 15, "ecosystem-like", "start"),
        (x0 + 8, at + 15, "cluster-like", "start"),
        (x0 + 8, y0 - high + 15, "undecided", "start"),
        (right - 8, at + 15, "undecided", "end"),
    )
    for x, y, verdict, anchor in corners:
        body += label(x, y, words.term(verdict), "name", anchor)
    for k in range(4):
        body += label(x0 + k * wide, y0 + 13, brief((0.0, *rule.cuts, top)[k], lang), "tick")
    for share in sorted({0.0, rule.cooperation, most}):
        body += label(x0 - 5, y0 + 3 - high * share / most, percent(share, lang), "tick", "end")
    body += label(x0 + 1.5 * wide, y0 + 29, words("innovation_axis", unit=rule.unit), "axis")
    body += upwards(14, y0 - high / 2, words("head_ratio"))
    xs = x0 + wide * np.maximum(zone_scale([rd for _, rd, _ in clusters], rule.cuts, top), 0)
    ends = [(float(x), y0 - high * ratio / most) for x, (*_, ratio) in zip(xs, clusters, strict=True)]
    shapes = [verdict_mark(x, y, one.style) for (x, y), (one, *_) in zip(ends, clusters, strict=True)]
    body += dots([one for one, *_ in clusters], shapes, ends, (x0, right, y0 - high, y0))
    return framed(716, 496, said, body, "plane", role="group")


def verdict_mark(x: float, y: float, style: str) -> str:
    """Return the sign of a verdict: a disc, a square, a diamond, so that nothing depends on colour alone."""
    if style == "eco":
        return f'<circle class="eco" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    if style == "clu":
        return f'<rect class="clu" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'
    return f'<path class="und" d="M{x:.1f} {y - 5.5:.1f}l5.5 5.5-5.5 5.5-5.5-5.5z"/>'
