"""What each cluster is specialised in, in its latest year: beside the other clusters of the data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clustercoop.analysis.diversity import industry_group
from clustercoop.analysis.metric import NAN
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.specialisation import density, integral_potential, location_quotients
from clustercoop.analysis.policy.tables.key_participants import latest
from clustercoop.graph.formation import FloatArray, Formation
from clustercoop.graph.said import coded, say


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row an industry division of each cluster where any code is known."""
    held = [f for f in latest(analysed) if any(f.industry_code)]
    if not held:
        return pd.DataFrame({"cluster_id": []})
    parts = pd.concat([_industries(formation) for formation in held], ignore_index=True)
    rule = analysed.thresholds.specialisation
    amounts = parts.pivot(index="cluster_id", columns="industry", values="output")
    made = amounts.fillna(0.0).to_numpy()
    quotient = location_quotients(made)
    there = parts.pivot(index="cluster_id", columns="industry", values="members").notna().to_numpy()
    enough = len(held) >= rule.least_clusters
    near = density(there) if enough else np.full(made.shape, NAN)
    at = (
        amounts.index.get_indexer(pd.Index(parts["cluster_id"])),
        amounts.columns.get_indexer(pd.Index(parts["industry"])),
    )
    parts["output_share"] = parts["output"] / parts.groupby("cluster_id")["output"].transform("sum")
    parts["location_quotient"] = quotient[at]
    parts.loc[parts["output"].isna(), "location_quotient"] = NAN
    parts["relatedness_density"] = near[at]
    # Publications are in no table of the contract: the potential is that of the other components.
    columns = parts.set_index("industry")
    potential = [
        integral_potential(rows[["effectiveness", "market", "innovation"]], rule.weights)
        for _, rows in columns.groupby("cluster_id", sort=False)
    ]
    parts["integral_potential"] = pd.concat(potential).to_numpy()
    few = say("spec.few", least=rule.least_clusters, count=len(held))
    partial = say("spec.components")
    parts["because"] = [
        coded([*([] if enough else [few]), *([partial] if np.isnan(p) else [])])
        for p in parts["integral_potential"]
    ]
    return parts.sort_values(["cluster_id", "output"], ascending=[True, False], ignore_index=True)


def _industries(formation: Formation) -> pd.DataFrame:
    codes = np.array([industry_group(str(code)) if code else "" for code in formation.industry_code], object)
    names, at = np.unique(codes.astype(str), return_inverse=True)

    def total(values: FloatArray) -> FloatArray:
        """Return sums by industry, unknown where that of a member is."""
        return np.asarray(np.bincount(at, values, len(names)), dtype=np.float64)

    output, added, people = total(formation.output), total(formation.value_added), total(formation.employees)
    spent, outside = total(formation.rd_expenses), total(formation.sales_outside)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = [added / people, outside / output, spent / output]
    rows = pd.DataFrame(
        {
            "cluster_id": formation.cluster_id,
            "year": formation.year,
            "industry": names,
            "members": np.bincount(at, minlength=len(names)),
            "output": output,
            **{
                name: np.where(np.isfinite(share), share, NAN)
                for name, share in zip(("effectiveness", "market", "innovation"), shares, strict=True)
            },
        }
    )
    return rows[rows["industry"] != ""]
