"""Which members of a formation are expected to produce."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clustercoop.analysis.thresholds import Thresholds
from clustercoop.graph.arrays import Bools, Floats, Objects
from clustercoop.graph.formation import Formation


def stated(formation: Formation, name: str) -> Floats:
    """Return a column of bounds of the table ``activity``, NaN where the graph has none, shape (n,)."""
    held = formation.activity.get(name)
    return np.full(formation.n, np.nan) if held is None else np.asarray(held, dtype=np.float64)


def said(formation: Formation, name: str) -> Bools:
    """Tell for which members a cell says that there is a figure `name` and does not give it, shape (n,).

    Such is a cell that gives bounds, and one that could not be read, alone or with its row.
    """
    known: dict[str, Bools] = formation.noted.setdefault("said", {})
    if name not in known:
        out = np.zeros(formation.n, bool) | formation.unread.get(name, False)
        for end in ("low", "high"):
            if f"{name}_{end}" in formation.activity:
                out |= ~np.isnan(stated(formation, f"{name}_{end}"))
        out.flags.writeable = False
        known[name] = out
    return known[name]


def of_role(formation: Formation, holds: Callable[[str], bool]) -> Bools:
    """Tell of which members `holds` is true of their role, asked once a role, shape (n,)."""
    if "roles" not in formation.noted:
        given = formation.role.tolist()
        places = {role: at for at, role in enumerate(dict.fromkeys(given))}
        codes = np.fromiter(map(places.__getitem__, given), np.min_scalar_type(len(places)), len(given))
        formation.noted["roles"] = list(places), codes
    roles, codes = formation.noted["roles"]
    held: Bools = np.array([holds(str(role)) for role in roles], bool)[codes]
    return held


def producing_roles(formation: Formation) -> Objects:
    """Return the role of each member, "" for one of which a cell says that there is an output, shape (n,).

    That output belongs into the sum whatever the role.
    """
    given = said(formation, "output")
    return np.where(given, "", formation.role) if given.any() else formation.role


def producing(formation: Formation, thresholds: Thresholds) -> Bools:
    """Tell which members are expected to give an output (an unknown role is), shape (n,).

    Examples
    --------
    >>> import pandas as pd
    >>> from clustercoop.analysis.thresholds import load_thresholds
    >>> from clustercoop.graph.model import SupplyGraph
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["a", "u", "v"], "cluster_id": "c",
    ...                                   "role": ["firm", "university", "university"]}),
    ...     "activity": pd.DataFrame({"participant_id": ["v"], "year": [2022], "output_high": [5.0]}),
    ... })
    >>> producing(graph.formation("c", 2022), load_thresholds()).tolist()
    [True, False, True]
    """
    known: list[tuple[Thresholds, Bools]] = formation.noted.setdefault("producing", [])
    for asked, found in known:
        if asked is thresholds:
            return found
    found = of_role(formation, thresholds.produces)
    found[said(formation, "output")] = thresholds.produces("")
    found.flags.writeable = False
    known.append((thresholds, found))
    return found
