"""What passes through each participant, and what of it crosses the boundary of the formation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clustercoop.analysis.memo import remembered
from clustercoop.graph.arrays import Bools, Floats
from clustercoop.graph.findings import Finding
from clustercoop.graph.formation import Formation

ROUNDING: Final = 1e-9
"""A balance that misses zero by less than this share of the output is rounding, not a contradiction."""
_PRINTED: Final = 1e-4
"""Recorded sales above recorded purchases by less than this share are equal as far as figures are printed."""


@dataclass(frozen=True, eq=False)
class Throughflow:
    """Throughflow of each member, and the boundary flows that balance it; arrays of shape (n,), millions.

    Attributes
    ----------
    total : array
        T_i: the output where it is known (the supply from stock where it is 0); otherwise what the links
        show (see `throughflow`).
    inflow : array
        z_i = T_i − purchases from members: bought outside plus value added. Never negative where usable.
    supplied, bought : array
        What goes to, and comes from, other members.
    from_links : array of bool
        Members with flows whose output is unknown.
    drawn : array of bool
        Members that supplied inside more than their output: they drew on stock.
    contradicted : array of bool
        Members that bought more from members than passed through them.
    """

    total: Floats
    inflow: Floats
    supplied: Floats
    bought: Floats
    from_links: Bools
    drawn: Bools
    contradicted: Bools

    @property
    def carried(self) -> Floats:
        """What passes each member with what it drew from stock: no less than it supplied, shape (n,)."""
        return np.maximum(self.total, self.supplied)

    @property
    def usable(self) -> bool:
        """Whether something flows and nothing is contradicted."""
        return not self.contradicted.any() and bool(self.total.sum() > 0)

    @property
    def refusal(self) -> str:
        """Code that says why it is not usable."""
        return "throughflow_contradicted" if self.contradicted.any() else "throughflow_none"

    @property
    def basis(self) -> str:
        """Where it comes from: ``output``, ``links`` or ``mixed``; empty where nothing flows."""
        flowing = self.total > 0
        if not flowing.any():
            return ""
        taken = self.from_links[flowing]
        return "links" if taken.all() else "mixed" if taken.any() else "output"


@remembered
def throughflow(formation: Formation) -> Throughflow:
    """Return the throughflow of each member of `formation`.

    Where the output x_i is known, T_i = x_i: what is not bought from members is boundary inflow (bought
    outside, and value added), what is not supplied to members is boundary outflow (sold outside, and
    final use, less what was drawn from stock). Where it is unknown, the links decide: with in_i and out_i
    all recorded purchases and sales, T_i = max(in_i, out_i), the least throughflow that fits them; the
    difference is value added (out above in) or final use (in above out), which no link records. Where both
    agree to one part in 10 000, T_i = in_i, so that published flow networks, balanced as far as they are
    printed, come out as published. Self-supply is in neither.

    Examples
    --------
    >>> import pandas as pd
    >>> from clustercoop.graph.model import SupplyGraph
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": ["c", "c"]}),
    ...     "links": pd.DataFrame({"year": [2022, 2022], "supplier_id": ["a", "b"],
    ...                            "buyer_id": ["b", "x"], "value": [5.0, 8.0]}),
    ...     "activity": pd.DataFrame({"participant_id": ["a"], "year": [2022], "output": [9.0]}),
    ... })
    >>> flow = throughflow(graph.formation("c", 2022))
    >>> flow.total.tolist(), flow.inflow.tolist(), flow.basis
    ([9.0, 8.0], [9.0, 3.0], 'mixed')
    """
    supplied, bought = formation.supplied_inside, formation.bought_inside
    recorded_in = bought + formation.purchases_outside
    recorded_out = supplied + formation.sales_outside
    unknown = np.isnan(formation.output)
    shown = np.where(recorded_out > recorded_in * (1 + _PRINTED), recorded_out, recorded_in)
    drawn = ~unknown & (supplied > formation.output + ROUNDING * np.abs(formation.output))
    total = np.where(unknown, shown, np.where(formation.output > 0, formation.output, supplied))
    inflow = total - bought
    return Throughflow(
        total=total,
        inflow=np.where(np.abs(inflow) <= ROUNDING * total, 0.0, inflow),
        supplied=supplied,
        bought=bought,
        from_links=unknown & (total > 0),
        drawn=drawn,
        contradicted=inflow < -ROUNDING * np.abs(total),
    )


def told(formation: Formation, code: str, *, detail: str = "", value: str = "", column: str = "") -> Finding:
    """Return the finding `code` about `formation`."""
    return Finding(
        code,
        detail=detail,
        value=value,
        column=column,
        cluster_id=formation.cluster_id,
        year=formation.year,
    )


def throughflow_findings(formation: Formation, flow: Throughflow) -> tuple[Finding, ...]:
    """Return what the reader must know about the throughflow of `formation`."""
    found = []
    if flow.contradicted.any():
        names = "; ".join(formation.ids[flow.contradicted].astype(str))
        found.append(told(formation, "throughflow_contradicted", detail=names, column="output"))
    elif not flow.usable:
        found.append(told(formation, "throughflow_none", column="output"))
    if flow.from_links.any():
        count = f"{int(flow.from_links.sum())} / {int((flow.total > 0).sum())}"
        found.append(told(formation, "throughflow_from_links", detail=count, column="output"))
    if flow.drawn.any():
        names = "; ".join(formation.ids[flow.drawn].astype(str))
        found.append(told(formation, "supply_above_output", detail=names, column="output"))
    return tuple(found)
