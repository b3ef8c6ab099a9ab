"""What each cluster is specialised in, in its latest year: beside the other clusters of the data."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from clustercoop.analysis.diversity import industry_group
from clustercoop.analysis.members import clean
from clustercoop.analysis.metric import NAN
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.cast import unplaced
from clustercoop.analysis.policy.specialisation import density, integral_potential, location_quotients
from clustercoop.analysis.policy.tables.key_participants import latest
from clustercoop.analysis.unsettled import members_open
from clustercoop.graph.arrays import Bools, Floats
from clustercoop.graph.formation import Formation
from clustercoop.graph.said import coded, say
from clustercoop.graph.settings import Settings

_COMPONENTS: Final = ("effectiveness", "market", "innovation")
"""Of the potential in every cluster; publications where the data hold any of it."""


_KEYS: Final = ("cluster_id", "year", "industry")


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row an industry division of each cluster where any code is known."""
    held = [f for f in latest(analysed) if any(f.industry_code)]
    if not held:
        return pd.DataFrame({"cluster_id": []})
    sold = analysed.participants[["cluster_id", "year", "participant_id", "sales_outside"]]
    people = sold.set_index(["cluster_id", "year"]).sort_index()
    unstated = [unplaced(formation, analysed.thresholds) for formation in held]
    more = {f.cluster_id for f in held if members_open(f, analysed.graph)}
    parts = pd.concat(
        [
            _industries(
                formation, people.loc[[(formation.cluster_id, formation.year)]], who, analysed.settings
            )
            for formation, who in zip(held, unstated, strict=True)
        ],
        ignore_index=True,
    )
    figures = [name for name in parts.columns if name not in _KEYS]
    parts[figures] = parts[figures].mask(parts["cluster_id"].isin(more))
    rule = analysed.thresholds.specialisation
    amounts = parts.pivot(index="cluster_id", columns="industry", values="output")
    made = amounts.fillna(0.0).to_numpy()
    whole = {f.cluster_id for f, who in zip(held, unstated, strict=True) if not who.any()}
    told = amounts.index.isin(whole - more)
    quotient = np.full(made.shape, NAN)
    if told.sum() > 1:
        quotient[told] = location_quotients(made[told])
    there = parts.pivot(index="cluster_id", columns="industry", values="year").notna().to_numpy()
    enough = len(held) >= rule.least_clusters
    near = density(there) if enough else np.full(made.shape, NAN)
    at = (
        amounts.index.get_indexer(pd.Index(parts["cluster_id"])),
        amounts.columns.get_indexer(pd.Index(parts["industry"])),
    )
    parts["location_quotient"] = quotient[at]
    parts["relatedness_density"] = near[at]
    columns = parts.set_index("industry")
    written = {f.cluster_id for f in held if not np.isnan(f.activity["publications"]).all()}
    potential = [
        integral_potential(rows[[*_COMPONENTS, *(["publications"] if one in written else [])]], rule.weights)
        for one, rows in columns.groupby("cluster_id", sort=False)
    ]
    parts["integral_potential"] = pd.concat(potential).to_numpy()
    few = say("spec.few", least=rule.least_clusters, count=len(held))
    partial, compared = say("spec.components"), say("spec.compared")
    lacking = set(parts.loc[parts["integral_potential"].isna(), "cluster_id"])
    alone = say("spec.alone", count=int(told.sum()), of=len(held))
    ids = {f.cluster_id: f.ids[who].astype(str).tolist() for f, who in zip(held, unstated, strict=True)}
    parts["because"] = [
        coded(
            [
                *([say("spec.open", who={"members": ids[cluster]})] if ids[cluster] else []),
                *([say("spec.members_open")] if cluster in more else []),
                *([alone] if told.sum() < max(2, len(held)) else []),
                *([] if enough else [few]),
                *([partial] if np.isnan(p) else [compared] if cluster in lacking else []),
            ]
        )
        for cluster, p in zip(parts["cluster_id"], parts["integral_potential"], strict=True)
    ]
    return parts.sort_values(["cluster_id", "output"], ascending=[True, False], ignore_index=True)


def _industries(
    formation: Formation, people: pd.DataFrame, unstated: Bools, settings: Settings
) -> pd.DataFrame:
    codes = np.array([industry_group(str(code)) if code else "" for code in formation.industry_code], object)
    names, at = np.unique(codes.astype(str), return_inverse=True)

    def total(values: Floats) -> Floats:
        """Return sums by industry, unknown where that of a member is."""
        return np.asarray(np.bincount(at, values, len(names)), dtype=np.float64)

    made = np.where(np.isnan(formation.output) & ~unstated, 0.0, formation.output)
    sold = people.set_index("participant_id")["sales_outside"].reindex(formation.ids.astype(str))
    created, staff = (clean(formation, name, settings) for name in ("value_added", "employees"))
    output, added, staff = total(made), total(created), total(staff)
    spent = total(clean(formation, "rd_expenses", settings))
    outside = total(sold.to_numpy("float64", na_value=NAN))
    whole = NAN if unstated.any() else float(output.sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = [added / staff, outside / output, spent / output]
    rows = pd.DataFrame(
        {
            "cluster_id": formation.cluster_id,
            "year": formation.year,
            "industry": names,
            "members": np.bincount(at, minlength=len(names)),
            "output": output,
            "output_share": output / whole if whole > 0 else NAN,
            **{
                name: np.where(np.isfinite(share), share, NAN)
                for name, share in zip(_COMPONENTS, shares, strict=True)
            },
            "publications": total(formation.activity["publications"]),
        }
    )
    return rows[rows["industry"] != ""]
