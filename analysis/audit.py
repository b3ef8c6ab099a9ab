"""Audit: the links and cells that make a cooperation ratio, adding up to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.bounds import cooperation_bounds
from clustercoop.analysis.members import TOLERANCE, Members, cooperation_ratio, read_members, year_contexts
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.analysis.unsettled import open_rows, unsettled
from clustercoop.graph.arrays import Bools, Floats, Int32s, Ints
from clustercoop.graph.display import ROWS, figure, inert, notebook
from clustercoop.graph.errors import UnknownNameError
from clustercoop.graph.findings import Finding
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import BASE, refusal, subset, term, text

COLUMNS: Final = (
    "part",
    "table",
    "file",
    "sheet",
    "row",
    "participant_id",
    "supplier_id",
    "buyer_id",
    "product_code",
    "kind",
    "why",
    "value",
)


@dataclass(frozen=True, eq=False)
class Explanation:
    """What makes one cooperation ratio.

    Attributes
    ----------
    cluster_id, year, participant_id : str, int, str or None
        Whose ratio; None is the formation's.
    numerator : DataFrame
        Links (``table`` "links": file, sheet, row, supplier, buyer, product, kind, value) and reported cells
        (``table`` "activity") that sum to what was supplied to other members.
    denominator : DataFrame
        Cells of output (file, sheet, row, participant, value); of indicators where only those are known.
    excluded : DataFrame
        Self-supply, and links of members whose reported volume was used instead (``why``).
    numerator_total, denominator_total : float
        Sums of the two tables' values; NaN where supply is unknown, where no output is known. The
        denominator of an unknown ratio can be partial.
    ratio : float
        As in the tables: numerator / denominator, NaN where unknown.
    because : str
        Why the ratio is unknown, or why an indicator stands in for it; "" otherwise.
    bounds : tuple of float
        Of a formation's ratio that is unknown; (nan, nan) otherwise.
    names : dict of str to str
        Names of participants by id.
    currency : str
        Of the values, in millions.
    """

    cluster_id: str
    year: int
    participant_id: str | None
    numerator: pd.DataFrame
    denominator: pd.DataFrame
    excluded: pd.DataFrame
    numerator_total: float
    denominator_total: float
    ratio: float
    because: str
    bounds: tuple[float, float] = (float("nan"), float("nan"))
    names: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""

    def __repr__(self) -> str:
        """Return a few lines: the ratio, the sums that make it, and where the rows are."""
        return "\n  ".join(self._lines())

    def _repr_html_(self) -> str:
        """Return the same for a notebook, with the rows that were added up."""
        labels = subset("report.record_", BASE)
        parts = {"numerator": self.numerator, "denominator": self.denominator, "excluded": self.excluded}
        total = sum(map(len, parts.values()))
        rows = (
            [
                text(f"audit.{part}", BASE),
                " → ".join(end for end in (row["supplier_id"], row["buyer_id"]) if end)
                or row["participant_id"],
                row["file"],
                figure(row["row"], BASE),
                figure(row["value"], BASE),
            ]
            for part, table in parts.items()
            for row in table.head(ROWS).to_dict("records")
        )
        heads = ["", *(labels[name] for name in ("participant_id", "file", "row", "value"))]
        return notebook(self._lines(), heads, rows, total, BASE)

    def _lines(self) -> list[str]:
        of = "of_formation" if self.participant_id is None else "of_participant"
        title = text(
            f"audit.{of}",
            BASE,
            cluster=inert(self.cluster_id),
            year=self.year,
            participant=inert(self.participant_id),
        )
        parts = text(
            "show.parts",
            BASE,
            numerator=figure(self.numerator_total, BASE),
            denominator=figure(self.denominator_total, BASE),
            rows=len(self.numerator) + len(self.denominator),
        )
        return [
            f"{title}: {figure(self.ratio, BASE)}",
            parts,
            *([inert(self.because, 400)] if self.because else []),
            text("show.tables", BASE, tables=".numerator, .denominator, .excluded, .to_frame()"),
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return every row with its ``part`` (numerator, denominator, excluded), then the totals."""
        tables = {"numerator": self.numerator, "denominator": self.denominator, "excluded": self.excluded}
        frame = _stack(*(table.assign(part=part) for part, table in tables.items()))
        totals = {
            "numerator total": self.numerator_total,
            "denominator total": self.denominator_total,
            "ratio": self.ratio,
        }
        return _stack(frame, pd.DataFrame({"part": list(totals), "value": list(totals.values())}))


def explain(
    graph: SupplyGraph, settings: Settings, cluster_id: str, year: int, participant_id: str | None = None
) -> Explanation:
    """Return the rows behind the cooperation ratio of a formation, or of one of its members.

    Raises
    ------
    UnknownNameError
        No such cluster, year, formation or member.

    Examples
    --------
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": ["c", "c"]}),
    ...     "links": pd.DataFrame({"year": [2022, 2022], "supplier_id": ["a", "a"], "buyer_id": ["b", "a"],
    ...                            "value": [30.0, 7.0], "row": [2, 3], "file": "links.csv"}),
    ...     "activity": pd.DataFrame({"participant_id": ["a", "b"], "year": [2022, 2022],
    ...                               "output": [60.0, 40.0]}),
    ... })
    >>> told = explain(graph, Settings(), "c", 2022)
    >>> told.numerator_total, told.denominator_total, told.ratio
    (30.0, 100.0, 0.3)
    >>> told.excluded["value"].tolist()
    [7.0]
    """
    told = _explained(graph, settings, cluster_id, year, participant_id)
    return replace(told, names=graph.names, currency=graph.currency)


def _explained(
    graph: SupplyGraph, settings: Settings, cluster_id: str, year: int, participant_id: str | None
) -> Explanation:
    indicators = graph.indicators
    given = indicators[(indicators["cluster_id"] == cluster_id) & (indicators["year"] == year)]
    try:
        formation = graph.formation(cluster_id, year)
    except UnknownNameError:
        if participant_id is not None or given.empty:
            raise
        return _of_indicator(cluster_id, year, given, settings)
    year_context = year_contexts(graph)[year]
    members = read_members(formation, year_context, settings, load_thresholds(settings.thresholds))
    if participant_id is not None:
        return _of_member(graph, formation, members, participant_id, settings)
    told = _of_formation(graph, formation, members, settings)
    if np.isnan(told.ratio) and given["cooperation_ratio"].notna().any():
        return _of_indicator(cluster_id, year, given, settings, told.because)
    return told


def _of_formation(
    graph: SupplyGraph, formation: Formation, members: Members, settings: Settings
) -> Explanation:
    ratio = cooperation_ratio(members, np.ones(formation.n, bool), settings.min_output_coverage)
    because = ""
    if ratio.reason:
        because = Finding(ratio.reason, value=ratio.figure, detail=ratio.detail).message(settings.lang)
    told = _explanation(
        graph, formation, members, ratio.included | (members.supply > 0), ratio.value, because, None, settings
    )
    found = unsettled(formation, open_rows(graph))
    if ratio.reason and not (found and found.members):
        told = replace(told, bounds=cooperation_bounds(members))
    return told if not np.isnan(ratio.numerator) else replace(told, numerator_total=float("nan"))


def _of_member(
    graph: SupplyGraph, formation: Formation, members: Members, participant_id: str, settings: Settings
) -> Explanation:
    chosen: Bools = formation.ids == participant_id
    if not chosen.any():
        place = {"cluster": formation.cluster_id, "year": formation.year}
        raise refusal(UnknownNameError, "unknown_member", name=participant_id, **place)
    ratio = float(members.ratios[chosen][0])
    because = ""
    if np.isnan(ratio):
        output, supply = float(members.output[chosen][0]), float(members.supply[chosen][0])
        code = (
            "supply_unknown"
            if np.isnan(supply)
            else "output_missing"
            if np.isnan(output)
            else "ratio_above_one"
            if output > 0
            else "supply_without_output"
            if supply > 0
            else "ratio_zero_by_zero"
        )
        value = f"{supply / output:.6g}" if code == "ratio_above_one" else f"{supply:.6g}"
        because = Finding(code, value=value).message(settings.lang)
    return _explanation(graph, formation, members, chosen, ratio, because, participant_id, settings)


def _explanation(
    graph: SupplyGraph,
    formation: Formation,
    members: Members,
    chosen: Bools,
    ratio: float,
    because: str,
    participant_id: str | None,
    settings: Settings,
) -> Explanation:
    """Collect the rows of the `chosen` members and add them up."""
    by_links = np.zeros(len(graph.node_ids), bool)
    by_links[formation.members[chosen & (members.source == "links")]] = True
    anyone = np.zeros(len(graph.node_ids), bool)
    anyone[formation.members[chosen]] = True
    supplier = graph.links["supplier"].to_numpy()
    inside = formation.internal_rows[anyone[supplier[formation.internal_rows]]]
    used = by_links[supplier[inside]]
    own = formation.self_rows[anyone[supplier[formation.self_rows]]]
    cells = graph.activity[graph.activity["year"] == formation.year].set_index("node")
    reported = formation.members[chosen & (members.source == "reported")]
    outputs = formation.members[chosen & ~np.isnan(members.output)]
    share = np.ones(len(graph.node_ids))
    share[formation.members] = formation.share
    numerator = _stack(
        _links(graph, inside[used], share), _cells(graph, cells, reported, "used_by_participants", share)
    )
    denominator = _stack(_cells(graph, cells, outputs, "output", share))
    excluded = _stack(
        _links(graph, own, share, term("self-supply", settings.lang)),
        _links(graph, inside[~used], share, term("reported volume used instead", settings.lang)),
    )
    supply_known = not np.isnan(members.supply[chosen]).any() and bool(chosen.any())
    return Explanation(
        cluster_id=formation.cluster_id,
        year=formation.year,
        participant_id=participant_id,
        numerator=numerator,
        denominator=denominator,
        excluded=excluded,
        numerator_total=float(numerator["value"].sum()) if supply_known else float("nan"),
        denominator_total=float(denominator["value"].sum()) if len(denominator) else float("nan"),
        ratio=ratio,
        because=because,
    )


def _of_indicator(
    cluster_id: str, year: int, given: pd.DataFrame, settings: Settings, because: str = ""
) -> Explanation:
    """Explain a ratio that was given as such: one cell over 1, which nothing in the data takes apart."""
    value = float(given["cooperation_ratio"].iloc[0])
    usable = 0 <= value <= 1 + TOLERANCE
    if not usable:
        code = "indicator_not_given" if np.isnan(value) else "indicator_ratio_out_of_range"
        refused = Finding(code, value=f"{value:g}").message(settings.lang)
        because = f"{because}; {refused}" if because else refused
    why = term("given as a ratio", settings.lang)
    cell = pd.DataFrame({"table": "indicators.cooperation_ratio", "why": why, "value": [value]})
    return Explanation(
        cluster_id=cluster_id,
        year=year,
        participant_id=None,
        numerator=_stack(cell if not np.isnan(value) else cell.iloc[:0]),
        denominator=_stack(cell.assign(value=1.0) if usable else cell.iloc[:0]),
        excluded=_stack(),
        numerator_total=value,
        denominator_total=1.0 if usable else float("nan"),
        ratio=value if usable else float("nan"),
        because=because,
    )


def _part(share: Floats, why: str = "") -> list[str]:
    """Return `why` for each row, with the part of it that counts where that is not all."""
    return [why if part == 1 else f"{why} × {part:.4g}".strip() for part in share.tolist()]


def _links(graph: SupplyGraph, positions: Ints, share: Floats, why: str = "") -> pd.DataFrame:
    """Return rows of links, each with the part of its value that its ends bring into the cluster."""
    rows = graph.links.iloc[positions]
    part = np.minimum(share[rows["supplier"].to_numpy()], share[rows["buyer"].to_numpy()])
    return pd.DataFrame(
        {
            "table": "links",
            "file": rows["file"].astype(str),
            "sheet": rows["sheet"].astype(str),
            "row": rows["row"],
            "supplier_id": graph.node_ids[rows["supplier"].to_numpy()],
            "buyer_id": graph.node_ids[rows["buyer"].to_numpy()],
            "product_code": rows["product_code"],
            "kind": rows["kind"],
            "why": _part(part, why),
            "value": rows["value"] * part,
        }
    )


def _cells(
    graph: SupplyGraph, cells: pd.DataFrame, nodes: Int32s, column: str, share: Floats
) -> pd.DataFrame:
    rows = cells.loc[nodes]
    return pd.DataFrame(
        {
            "table": f"activity.{column}",
            "file": rows["file"].astype(str),
            "sheet": rows["sheet"].astype(str),
            "row": rows["row"],
            "participant_id": graph.node_ids[nodes],
            "why": _part(share[nodes]),
            "value": rows[column] * share[nodes],
        }
    )


def _stack(*tables: pd.DataFrame) -> pd.DataFrame:
    """Return the tables under each other with `COLUMNS`; what a table has not is empty."""
    size = sum(map(len, tables))
    held: dict[str, list[Any]] = {
        name: [cell for table in tables for cell in (table[name] if name in table else [None] * len(table))]
        for name in COLUMNS
    }
    made: dict[str, Any] = {
        name: np.fromiter((cell if isinstance(cell, str) else "" for cell in cells), object, size)
        for name, cells in held.items()
    }
    made |= {"row": pd.array(held["row"], dtype="Int64"), "value": np.array(held["value"], np.float64)}
    return pd.DataFrame(made)
