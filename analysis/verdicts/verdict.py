"""The verdict of each cluster: cluster-like, ecosystem-like, undecided, or no structure to speak of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.analysis.verdicts import said
from clustercoop.analysis.verdicts.confounders import (
    COLUMNS,
    backgrounds,
    coincidences,
    coincidences_of_any,
    explained,
)
from clustercoop.analysis.verdicts.features import MIN_FEATURES, FeatureTable, back, feature_table
from clustercoop.analysis.verdicts.groups import RESAMPLES
from clustercoop.analysis.verdicts.model import Groups, find_groups
from clustercoop.analysis.verdicts.naming import CREDIBLE, contributions, nearest_flips, posterior, sides
from clustercoop.analysis.verdicts.said import Said, render
from clustercoop.analysis.verdicts.sensitivity import sensitivity
from clustercoop.analysis.verdicts.several import Several, find_several
from clustercoop.graph.arrays import Bools, Floats, Objects
from clustercoop.graph.errors import DataError
from clustercoop.graph.findings import Finding
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import BASE, languages

EXPLORATORY_FROM: Final = 20
MODEL_ABOVE: Final = 40
"""Fewer clusters than the first: rules only; up to the second: exploratory; above it: a model verdict."""

FEATURE_FINDINGS: Final = {
    "hardly varies": "model_feature_constant",
    "repeats another": "model_feature_repeats",
    "a label": "model_feature_label",
}

CLUSTER_COLUMNS: Final = (
    "cluster_id",
    "formation_verdict",
    "ecosystem_probability",
    "verdict_basis",
    "rule_verdict",
    "jaccard",
    "eligibility_verdict",
    "ecosystem_probability_low",
    "ecosystem_probability_high",
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
    outcome : {"rules", "none", "explained", "alone", "unnamed", "named", "several"}
        No model fitted; no distinct groups; groups that coincide with years, region, classification or size;
        groups that rest on one feature alone; groups that differ, yet not along theory; groups with names;
        three or four groups, the ends named.
    clusters : DataFrame
        One row a cluster, `CLUSTER_COLUMNS`; unknown is NaN or "".
    scores : DataFrame
        ``cluster_id, year, ecosystem_probability, formation_verdict``: each year scored by the model of the
        clusters; by the rule on that year alone where there is no model.
    features, feature_notes : DataFrame
        What the model saw, see `FeatureTable`.
    contributions : DataFrame
        ``cluster_id, feature, contribution``: parts of the log-odds of being ecosystem-like.
    flips : DataFrame
        ``cluster_id, feature, value, to_ecosystem``: the nearest change that flips each verdict, the value in
        raw units; feature "" where no single one could.
    selection : DataFrame
        ``groups, log_likelihood, parameters, bic, aic``.
    gates : DataFrame
        ``gate, value, error, bound, passed``; `error` is what other random draws would move the value by.
    sensitivity : DataFrame
        ``variant, detail, same, changed``.
    confounders : DataFrame
        ``confounder, value, first, second, told``: what the groups were held against, see `coincidences`.
    said : tuple of Said
        What the report's page says, as ids and figures; `sentences` renders them.
    findings : tuple of Finding
        Features and clusters that were left out.
    """

    basis: str
    outcome: str
    clusters: pd.DataFrame
    said: tuple[Said, ...]
    scores: pd.DataFrame
    features: pd.DataFrame = field(default_factory=pd.DataFrame)
    feature_notes: pd.DataFrame = field(default_factory=pd.DataFrame)
    contributions: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["cluster_id", "feature", "contribution"])
    )
    flips: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["cluster_id", "feature", "value", "to_ecosystem"])
    )
    selection: pd.DataFrame = field(default_factory=pd.DataFrame)
    gates: pd.DataFrame = field(default_factory=pd.DataFrame)
    sensitivity: pd.DataFrame = field(default_factory=pd.DataFrame)
    confounders: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """Return what it rests on and what it found, in sentences."""
        return "\n  ".join([f"FormationModel: {self.basis}", *self.sentences[BASE]])

    @property
    def sentences(self) -> dict[str, tuple[str, ...]]:
        """What the report's page says, by language."""
        return {lang: tuple(render(one, lang) for one in self.said) for lang in languages()}


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
    context: pd.DataFrame | None = None,
) -> FormationModel:
    """Return the verdict of every cluster of `formations`.

    Parameters
    ----------
    formations : DataFrame
        One row a cluster-year with the columns of ``formations.csv``; unknown is NaN. A feature whose column
        is absent is unknown. The order of the rows does not matter.
    settings : Settings
        Language of the sentences, and the thresholds of the rule when `rules` is absent.
    rng_seed : int
        Seed of the resampling; the same seed and table give the same result.
    progress : callable, optional
        Called with the share done, 0 … 1.
    rules : DataFrame, optional
        ``cluster_id, rule_verdict``; worked out from `formations` by the threshold rule when absent.
    context : DataFrame, optional
        ``cluster_id`` and what else groups may coincide with: region, industry, source file, ….

    Raises
    ------
    DataError
        `formations` lacks ``cluster_id`` or ``year``.

    Notes
    -----
    The unit is the cluster, at the median of its known years. With fewer than 20 clusters that have enough
    known features the verdict is that of the rule. Otherwise two groups are looked for; if a gate fails the
    verdict is "no structure" for all, which is a finding about the data and not a failure of the method.

    Examples
    --------
    >>> table = pd.DataFrame({"cluster_id": ["a", "b"], "year": 2023, "cooperation_ratio": [0.2, 0.5]})
    >>> rules = pd.DataFrame({"cluster_id": ["a", "b"], "rule_verdict": ["cluster-like", "undecided"]})
    >>> model = assess(table, Settings(), rules=rules)
    >>> model.basis, model.clusters["formation_verdict"].tolist()
    ('rules', ['cluster-like', 'undecided'])
    """
    missing = [name for name in ("cluster_id", "year") if name not in formations.columns]
    if missing:
        raise DataError(f"The formations table has no column {', '.join(missing)}.")
    if rules is None:
        from clustercoop.analysis.typology import load_thresholds, rule_verdicts

        rules = rule_verdicts(formations, load_thresholds(settings.thresholds))
    ordered = formations.sort_values(["cluster_id", "year"], kind="stable").reset_index(drop=True)
    table = feature_table(ordered)
    basis = basis_of(len(table.cluster_ids))
    clusters = _frame(table, rules)
    by_rule = ordered["rule_verdict"] if "rule_verdict" in ordered else ""
    scores = ordered[["cluster_id", "year"]].assign(ecosystem_probability=np.nan, formation_verdict=by_rule)
    if basis == "rules" or not table.theory.any():
        if progress is not None:
            progress(1.0)
        clusters["formation_verdict"] = clusters["rule_verdict"]
        clusters["verdict_basis"] = "rules"
        total = len(clusters)
        why = said.rules_only(
            total, len(table.cluster_ids), EXPLORATORY_FROM, len(table.features), bool(table.theory.any())
        )
        return FormationModel("rules", "rules", clusters, why, scores, table.cells, table.notes)
    return _model(ordered, table, clusters, basis, settings.lang, rng_seed, progress, context)


def _frame(table: FeatureTable, rules: pd.DataFrame) -> pd.DataFrame:
    by_rule = rules.drop_duplicates("cluster_id").set_index(rules["cluster_id"].astype(str))["rule_verdict"]
    ids = pd.Index(sorted({*table.cluster_ids, *table.left_out}))
    known = ~table.cells["status"].isin(("missing", "outside")) & table.cells["used"]
    counts = known.groupby(table.cells["cluster_id"]).sum().reindex(ids)
    return pd.DataFrame(
        {
            "cluster_id": ids.to_numpy(),
            "formation_verdict": "",
            "ecosystem_probability": np.nan,
            "verdict_basis": "",
            "rule_verdict": by_rule.reindex(ids).fillna("").to_numpy(),
            "jaccard": np.nan,
            # A third verdict, kept apart from rule and model; nothing here gives it.
            "eligibility_verdict": "",
            "ecosystem_probability_low": np.nan,
            "ecosystem_probability_high": np.nan,
            "features_known": counts.to_numpy("int64"),
            "verdict_because": "",
            "nearest_flip": "",
        },
        columns=list(CLUSTER_COLUMNS),
    )


def _model(
    formations: pd.DataFrame,
    table: FeatureTable,
    clusters: pd.DataFrame,
    basis: str,
    lang: str,
    rng_seed: int,
    progress: Progress | None,
    context: pd.DataFrame | None,
) -> FormationModel:
    rng = np.random.default_rng(rng_seed)
    names = tuple(feature.name for feature in table.features)
    groups = find_groups(
        table.x,
        table.theory,
        rng,
        names=names,
        caps=table.caps,
        progress=None if progress is None else lambda share: progress(0.9 * share),
    )
    outcome = "none"
    held = pd.DataFrame(columns=list(COLUMNS))
    if groups.found:
        held = coincidences(groups.second, backgrounds(formations, table.cluster_ids, context))
        if explained(held):
            outcome = "explained"
        elif groups.alone >= 0:
            outcome = "alone"
        else:
            outcome = "named" if groups.named else "unnamed"
    placed = clusters["cluster_id"].isin(set(table.cluster_ids)).to_numpy()
    several = None
    if not groups.found:
        completed = groups.recipe.completed
        several = find_several(groups.x, completed, table.theory, groups.criteria, RESAMPLES, rng)
    if several is not None:
        held = coincidences_of_any(several.group, backgrounds(formations, table.cluster_ids, context))
        outcome = "explained" if explained(held) else "several"
    clusters.loc[placed, "verdict_basis"] = basis
    clusters.loc[placed, "formation_verdict"] = "no structure" if outcome == "none" else "undecided"
    if several is not None and outcome == "several":
        _place_several(clusters, placed, several)
    parts = pd.DataFrame(columns=["cluster_id", "feature", "contribution"])
    flips = pd.DataFrame(columns=["cluster_id", "feature", "value", "to_ecosystem"])
    told = clusters.set_index("cluster_id")["formation_verdict"].reindex(formations["cluster_id"].astype(str))
    scores = formations[["cluster_id", "year"]].assign(
        ecosystem_probability=np.nan, formation_verdict=told.to_numpy()
    )
    if groups.found:
        clusters.loc[placed, "jaccard"] = groups.stability[groups.second.astype(int)]
    if outcome == "named":
        parts = _contributions(table, groups)
        flips = _place(clusters, placed, table, groups, lang)
        yearly, known = _yearly(formations, table, groups)
        scores["ecosystem_probability"] = np.where(known, np.median(yearly, axis=0), np.nan)
        scores["formation_verdict"] = np.where(known, _in_words(yearly), "")
    variants = sensitivity(groups.recipe, groups.fit, groups.stays, list(names), rng)
    if progress is not None:
        progress(1.0)
    gates = pd.DataFrame(
        [(gate.name, gate.value, gate.error, gate.bound, gate.passed) for gate in groups.gates],
        columns=["gate", "value", "error", "bound", "passed"],
    )
    return FormationModel(
        basis,
        outcome,
        clusters,
        said.page(basis, outcome, groups, table, clusters, variants, held, several),
        scores,
        table.cells,
        table.notes,
        parts,
        flips,
        groups.criteria,
        gates,
        variants,
        held,
        _findings(table),
    )


def _place_several(clusters: pd.DataFrame, placed: np.ndarray, several: Several) -> None:
    """Write verdict and probability (of the highest group) of each cluster into `clusters`."""
    clusters.loc[placed, "formation_verdict"] = several.verdicts
    if several.high:
        low, middle, high = np.quantile(several.shares[:, :, -1], (CREDIBLE[0], 0.5, CREDIBLE[1]), axis=0)
        clusters.loc[placed, "ecosystem_probability"] = middle
        clusters.loc[placed, "ecosystem_probability_low"] = low
        clusters.loc[placed, "ecosystem_probability_high"] = high


def _in_words(shares: Floats) -> Objects:
    """Return the verdict on the probabilities over resamples, shape (b, n)."""
    side = sides(shares)
    return np.select([side > 0, side < 0], ["ecosystem-like", "cluster-like"], "undecided").astype(object)


def _place(
    clusters: pd.DataFrame, placed: np.ndarray, table: FeatureTable, groups: Groups, lang: str
) -> pd.DataFrame:
    """Write verdict, probability, reasons and the nearest flip of each cluster into `clusters`.

    Returns the flips as figures, see `FormationModel.flips`.
    """
    assert groups.resampled is not None
    low, high = np.quantile(groups.shares, CREDIBLE, axis=0)
    p = groups.probability
    clusters.loc[placed, "formation_verdict"] = _in_words(groups.shares)
    clusters.loc[placed, "ecosystem_probability"] = p
    clusters.loc[placed, "ecosystem_probability_low"] = low
    clusters.loc[placed, "ecosystem_probability_high"] = high
    parts = contributions(groups.x, groups.fit, groups.caps)
    flips = nearest_flips(groups.x, groups.resampled, groups.caps)
    because, change, figures = [], [], []
    for row in range(len(p)):
        because.append(said.because(table.features, parts[row], lang))
        at = int(flips.feature[row])
        if at < 0:
            change.append(said.render(said.flip("", np.nan, bool(flips.to_second[row])), lang))
            figures.append(("", np.nan, bool(flips.to_second[row])))
            continue
        scaled = np.full(len(table.features), 0.0)
        scaled[at] = flips.value[row]
        feature = table.features[at]
        value = back(feature.transform, groups.scale.backward(scaled)[at : at + 1], feature.scale)[0]
        value = outward(float(value), bool(flips.value[row] > groups.x[row, at]))
        change.append(said.render(said.flip(feature.name, value, bool(flips.to_second[row])), lang))
        figures.append((feature.name, value, bool(flips.to_second[row])))
    clusters.loc[placed, "verdict_because"] = because
    clusters.loc[placed, "nearest_flip"] = change
    told = pd.DataFrame(figures, columns=["feature", "value", "to_ecosystem"])
    told.insert(0, "cluster_id", table.cluster_ids)
    return told


def outward(value: float, up: bool) -> float:
    """Round to three digits, up or down, so that a change which just suffices still does as printed.

    Examples
    --------
    >>> outward(0.085412, True), outward(0.085412, False), outward(1234.5, True), outward(-0.5, True)
    (0.0855, 0.0854, 1240.0, -0.5)
    """
    if value == 0:
        return value
    digits = 2 - int(np.floor(np.log10(abs(value))))
    steps = float(f"{value:.12g}") * 10.0**digits
    return float(f"{(np.ceil if up else np.floor)(round(steps, 6)) / 10.0**digits:.12g}")


def _contributions(table: FeatureTable, groups: Groups) -> pd.DataFrame:
    parts = contributions(groups.x, groups.fit, groups.caps)
    frame = pd.DataFrame(parts, columns=[feature.name for feature in table.features])
    frame.insert(0, "cluster_id", table.cluster_ids)
    return frame.melt("cluster_id", var_name="feature", value_name="contribution")


def _yearly(formations: pd.DataFrame, table: FeatureTable, groups: Groups) -> tuple[Floats, Bools]:
    """Return the probabilities of every row over resamples, and which rows have three known features."""
    assert groups.resampled is not None
    x = groups.scale.forward(table.transformed(formations))
    return posterior(x, groups.resampled, groups.caps), (~np.isnan(x)).sum(axis=1) >= MIN_FEATURES


def _findings(table: FeatureTable) -> tuple[Finding, ...]:
    out = [
        Finding(
            FEATURE_FINDINGS.get(str(row.reason), "model_feature_unknown"),
            detail=str(row.column),
            value=str(row.known),
        )
        for row in table.notes.itertuples()
        if not row.used
    ]
    out += [Finding("model_cluster_left_out", cluster_id=str(cluster)) for cluster in table.left_out]
    out += [
        Finding("model_cluster_copy", cluster_id=cluster, detail=other) for cluster, other in _copies(table)
    ]
    return tuple(out)


def _copies(table: FeatureTable) -> list[tuple[str, str]]:
    """Return clusters with the figures of an earlier one, at least three of them nobody else's."""
    frame = pd.DataFrame(table.x)
    alike = frame.groupby(list(frame), dropna=False, sort=False).indices
    out = []
    for rows in (rows for rows in alike.values() if len(rows) > 1):
        shared = [int((frame[j] == frame[j][rows[0]]).sum()) for j in frame]
        if shared.count(len(rows)) >= MIN_FEATURES:
            out += [(str(table.cluster_ids[row]), str(table.cluster_ids[rows[0]])) for row in rows[1:]]
    return sorted(out)
