"""The verdict of each cluster: cluster-like, ecosystem-like, undecided, or no structure to speak of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from analysis.formations.features import cluster_medians
from analysis.formations.wording import rules_only
from graph.findings import Finding
from graph.settings import Settings

EXPLORATORY_FROM: Final = 20
MODEL_ABOVE: Final = 40
"""Fewer clusters than the first: rules only; up to the second: exploratory; above it: a model verdict."""

CLUSTER_COLUMNS: Final = (
    "cluster_id",
    "formation_verdict",
    "ecosystem_probability",
    "verdict_basis",
    "rule_verdict",
    "jaccard",
    "features_known",
    "verdict_because",
    "nearest_flip",
)

Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class FormationModel:
    """What was found, how sure it is, and what would change it.

    Attributes
    ----------
    basis : {"rules", "exploratory", "model"}
        What the verdicts rest on, by the number of clusters.
    clusters : DataFrame
        One row a cluster, `CLUSTER_COLUMNS`; unknown is NaN or "".
    sentences : mapping of language to tuple of str
        What the report's page says, in English (``en``) and Russian (``ru``).
    """

    basis: str
    clusters: pd.DataFrame
    sentences: Mapping[str, tuple[str, ...]]
    findings: tuple[Finding, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def basis_of(n_clusters: int) -> str:
    """Return what a verdict on `n_clusters` clusters may rest on.

    Examples
    --------
    >>> [basis_of(n) for n in (9, 20, 40, 41)]
    ['rules', 'exploratory', 'exploratory', 'model']
    """
    if n_clusters < EXPLORATORY_FROM:
        return "rules"
    return "exploratory" if n_clusters <= MODEL_ABOVE else "model"


def assess(
    formations: pd.DataFrame,
    settings: Settings,
    rng_seed: int = 0,
    progress: Progress | None = None,
    rules: pd.DataFrame | None = None,
) -> FormationModel:
    """Return the verdict of every cluster of `formations`.

    Parameters
    ----------
    formations : DataFrame
        One row a cluster-year with the columns of ``formations.csv``; unknown is NaN.
    settings : Settings
        Thresholds of the rule.
    rng_seed : int
        Seed of the resampling.
    progress : callable, optional
        Called with the share done, 0 … 1.
    rules : DataFrame, optional
        ``cluster_id, rule_verdict, rule_because``; worked out from `formations` when absent.
    """
    if rules is None:
        from analysis.typology import load_thresholds, rule_verdicts

        rules = rule_verdicts(formations, load_thresholds(settings.thresholds))
    medians = cluster_medians(formations)
    by_rule = (
        rules.set_index(rules["cluster_id"].astype(str))["rule_verdict"].reindex(medians.index).fillna("")
    )
    clusters = pd.DataFrame(
        {
            "cluster_id": medians.index.to_numpy(),
            "formation_verdict": by_rule.to_numpy(),
            "ecosystem_probability": np.nan,
            "verdict_basis": "rules",
            "rule_verdict": by_rule.to_numpy(),
            "jaccard": np.nan,
            "features_known": medians.notna().sum(axis=1).to_numpy(),
            "verdict_because": "",
            "nearest_flip": "",
        },
        columns=list(CLUSTER_COLUMNS),
    )
    if progress is not None:
        progress(1.0)
    return FormationModel("rules", clusters, rules_only(len(medians), EXPLORATORY_FROM))
