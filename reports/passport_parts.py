"""What a passport is made of, and columns of tables by cluster to make it from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from clustercoop.reports.numbers import cells_of, is_unknown


@dataclass(frozen=True, slots=True)
class Series:
    """One figure over the years, drawn."""

    label: str
    meaning: str
    svg: str
    why: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure with its name; `why` where it is unknown, `text` then being its bounds or a dash."""

    label: str
    text: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the core."""

    name: str
    share: str
    bar: int


@dataclass(frozen=True, slots=True)
class Core:
    """The core of one year: whether it is beyond chance, and who is in it."""

    year: str
    said: str
    head: str
    members: Sequence[Member]
    more: int
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Stage:
    """The members of one stage of the chain; `core` is a dash where no core is known."""

    label: str
    members: int
    core: str
    bar: int


@dataclass(frozen=True, slots=True)
class Passport:
    """What a passport shows, in the order of reading."""

    cluster_id: str
    anchor: str
    name: str
    place: str
    view: str
    verdict: str
    verdict_text: str
    basis: str
    type_text: str
    reasons: Sequence[str]
    series: Sequence[Series]
    portrait: str
    core: Core
    closed: str
    closed_facts: Sequence[Fact]
    stages: Sequence[Stage]
    chain_facts: Sequence[Fact]
    suggested: Sequence[tuple[str, str]]
    notes: Sequence[str]
    received: Sequence[str]
    findings: Sequence[tuple[str, str, int]]
    findings_more: int
    requests: Sequence[str]
    requests_more: int
    gaps: int


@dataclass
class Rows:
    """Columns of one table by cluster, each taken from the frame once."""

    frame: pd.DataFrame
    ranges: dict[str, slice] = field(init=False)
    held: dict[str, list[Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Find the rows of each cluster."""
        ids = self.frame["cluster_id"].astype(str).tolist()
        self.ranges = {}
        if not ids:
            return
        starts = [k for k, one in enumerate(ids) if not k or ids[k - 1] != one]
        self.ranges = {ids[a]: slice(a, b) for a, b in zip(starts, [*starts[1:], len(ids)], strict=True)}

    def column(self, cluster: str, name: str) -> list[Any]:
        """Return the cells of a column for a cluster; [] where either is not there."""
        if name not in self.held:
            values = cells_of(self.frame[name]) if name in self.frame else [None] * len(self.frame)
            self.held[name] = values
        return self.held[name][self.ranges[cluster]] if cluster in self.ranges else []

    def numbers(self, cluster: str, name: str) -> list[float]:
        """Return the same as numbers, NaN where unknown."""
        return [float("nan") if is_unknown(value) else float(value) for value in self.column(cluster, name)]
