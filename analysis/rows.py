"""One row of ``formations.csv`` in the making: figures, where they come from, why one is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.findings import Finding
from clustercoop.graph.gaps import ALL, Gap

COUNTS: Final = ("participants", "links", "final_producers", "price_year")
FIGURES: Final = (
    "participants",
    "links",
    "output",
    "internal_supply",
    "cooperation_ratio",
    "cooperation_ratio_low",
    "cooperation_ratio_high",
    "cooperation_ratio_mean",
    "cooperation_ratio_covered",
    "cooperation_ratio_ex_final",
    "final_producers",
    "output_coverage",
    "internal_sales_share",
    "internal_sourcing_share",
    "self_supply",
    "sales_outside",
    "sales_coverage",
    "purchases_outside",
    "purchases_coverage",
    "ei_index",
    "coverage",
    "conductance",
    "reciprocity",
    "partner_entropy",
    "partner_hhi",
    "unrelated_variety",
    "related_variety",
    "link_jaccard",
    "participant_turnover",
    "rd_per_employee",
    "rd_per_employee_low",
    "rd_per_employee_high",
    "rd_coverage",
    "value_added_per_employee",
    "value_added_per_employee_low",
    "value_added_per_employee_high",
    "value_added_coverage",
    "output_constant",
    "rd_per_employee_constant",
    "value_added_per_employee_constant",
    "link_jaccard_nominal",
    "price_year",
)
_NOISE: Final = 1e-9


class FormationRow:
    """Figures of one cluster-year; what is not set is unknown (NaN)."""

    def __init__(self, cluster_id: str, year: int) -> None:
        self.cluster_id = cluster_id
        self.year = year
        self._figures: dict[str, float] = {}
        self._reasons: dict[tuple[str, str, str], list[str]] = {}
        self._told: set[str] = set()
        self.sourcing_basis = ""
        self._sources: dict[str, str | Mapping[str, int]] = {}

    def __setitem__(self, figure: str, value: float) -> None:
        """Set a figure."""
        self._figures[figure] = value

    def __getitem__(self, figure: str) -> float:
        """Return a figure, NaN where it is unknown."""
        return self._figures.get(figure, float("nan"))

    @property
    def figures(self) -> dict[str, float]:
        """The figures that are set."""
        return dict(self._figures)

    def source(self, figure: str, source: str | Mapping[str, int]) -> None:
        """Say where a figure comes from: a word, or counts of members by word."""
        self._sources[figure] = source

    def unknown(
        self, code: str, *figures: str, value: str = "", detail: str = "", told: bool = False
    ) -> None:
        """Say that `figures` are unknown because of the finding `code`; `told`: which is made elsewhere."""
        if told:
            self._told.add(code)
        for figure in figures:
            self._figures.pop(figure, None)
        known = self._reasons.setdefault((code, value, detail), [])
        known += [figure for figure in figures if figure not in known]

    def fill(self, figure: str, value: float, source: str) -> None:
        """Give an unknown figure a value from elsewhere; it needs no reason any more."""
        self._figures[figure] = value
        self._sources[figure] = source
        for figures in self._reasons.values():
            if figure in figures:
                figures.remove(figure)

    def drop(self, figure: str) -> None:
        """Take a figure back."""
        self._figures.pop(figure, None)

    def came_from(self, figure: str, source: str) -> bool:
        """Tell whether `figure` comes from `source`."""
        return self._sources.get(figure) == source

    def bound(self, figure: str, whole: bool = False) -> None:
        """Settle a figure with its bounds, which are those of all members; say where there are none.

        The bounds of a figure of the `whole`, as indicators state it, close on it. One of the members that
        report is unknown where the bounds exclude it.
        """
        ends = f"{figure}_low", f"{figure}_high"
        value, (low, high) = self[figure], (self[end] for end in ends)
        if not np.isnan(value) and (whole or self.came_from(figure, "indicators")):
            for end in ends:
                self._figures[end] = value
        elif value < low - _NOISE * abs(low) or value > high + _NOISE * abs(high):
            constant = [name for name in (f"{figure}_constant",) if name in self._figures]
            self.unknown("part_excluded", figure, *constant, value=f"{value:.6g}")
        for end in ends:
            if np.isnan(self[end]):
                self.unknown("bounds_none", end, told=True)

    def explains(self, figure: str) -> bool:
        """Tell whether a reason for `figure` being unknown is given."""
        return any(figure in figures for figures in self._reasons.values())

    def _open_reasons(self) -> list[tuple[Finding, list[str]]]:
        return [
            (
                Finding(
                    code,
                    detail=detail,
                    table="formations",
                    column=", ".join(figures),
                    value=value,
                    cluster_id=self.cluster_id,
                    year=self.year,
                ),
                figures,
            )
            for (code, value, detail), figures in self._reasons.items()
            if figures or code in STANDALONE
        ]

    def findings(self) -> list[Finding]:
        """Return one finding a reason, its `column` naming the figures that are unknown by it."""
        return [finding for finding, _ in self._open_reasons() if finding.code not in self._told]

    def gaps(self) -> list[Gap]:
        """Return why figures are unknown; a reason for the whole row names the column ``*``."""
        return [
            Gap(found.code, figure, found.value, found.detail, self.cluster_id, self.year)
            for found, figures in self._open_reasons()
            for figure in figures or [ALL]
        ]

    @property
    def sources(self) -> str:
        """Where the figures come from, as codes: ``internal_supply=links:12,reported:3;purchases=links``."""
        texts = []
        for figure, source in self._sources.items():
            if not isinstance(source, str):
                source = ",".join(f"{name}:{count}" for name, count in source.items() if count)
            if source:
                texts.append(f"{figure}={source}")
        return ";".join(texts)


# Reasons that concern the whole row and so name no figure.
STANDALONE: Final = frozenset({"indicators_only"})


def make_formations_frame(rows: list[FormationRow]) -> pd.DataFrame:
    """Return the rows as a table: `FIGURES`, then ``internal_sourcing_basis`` and ``sources``."""
    data: dict[str, Any] = {
        "cluster_id": np.array([row.cluster_id for row in rows], dtype=object),
        "year": np.array([row.year for row in rows], dtype=np.int64),
    }
    for figure in FIGURES:
        values = np.array([row[figure] for row in rows], dtype=np.float64)
        data[figure] = pd.Series(values).astype("Int64") if figure in COUNTS else values
    data["internal_sourcing_basis"] = np.array([row.sourcing_basis for row in rows], dtype=object)
    data["sources"] = np.array([row.sources for row in rows], dtype=object)
    return pd.DataFrame(data)
