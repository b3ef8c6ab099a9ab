"""What the model has to say, as ids and figures; rendered in any language when it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.verdicts.confounders import explained
from clustercoop.analysis.verdicts.features import MIN_FEATURES, Feature, FeatureTable, feature_list
from clustercoop.graph.arrays import Floats
from clustercoop.graph.texts import text

if TYPE_CHECKING:
    from clustercoop.analysis.verdicts.model import Groups
    from clustercoop.analysis.verdicts.several import Several
    from clustercoop.analysis.verdicts.split import Gate

Said = tuple[str, Mapping[str, Any]]
"""Id of a text and its places: numbers, lists of features (``features…``), or further texts (``parts``)."""

NOTICEABLE: Final = 0.1
"""Log-odds below which a feature's contribution is not worth a word."""

DOUBTFUL: Final = 0.75
VERDICTS: Final = ("ecosystem-like", "cluster-like", "undecided")
BACKGROUNDS: Final = ("years", "region", "industry", "size", "source")


def render(said: Said, lang: str) -> str:
    """Return one sentence in `lang`.

    Examples
    --------
    >>> render(("verdict.found_two", {"ecosystem": 3, "cluster": 4, "undecided": 1}), "en")
    'Two groups were found: 3 ecosystem-like, 4 cluster-like, 1 undecided.'
    """
    id, places = said
    return text(id, lang, **{name: _place(name, value, lang) for name, value in places.items()})


def _place(name: str, value: Any, lang: str) -> str:
    if name == "parts":
        return "; ".join(render((str(id), places), lang) for id, places in value)
    if name.startswith("features"):
        return ", ".join(_label(str(one), lang) for one in value)
    if name.startswith("share"):
        return text("format.percent", lang, value=number(100 * float(value), lang, 0))
    if isinstance(value, float):
        return number(value, lang)
    return str(value)


def _label(name: str, lang: str) -> str:
    return next(feature.label(lang) for feature in feature_list() if feature.name == name)


def number(value: float, lang: str, digits: int | None = None) -> str:
    """Return a figure with so many decimals, or three significant digits, in the notation of `lang`.

    Examples
    --------
    >>> number(-1.2645, "ru"), number(0.1400, "en"), number(12.0, "en", 1)
    ('−1,26', '0.14', '12.0')
    """
    told = (
        f"{value:.{digits}f}"
        if digits is not None
        else f"{value:.3g}"
        if abs(value) < 1000
        else f"{value:.0f}"
    )
    return told.replace("-", "−").replace(".", text("format.point", lang))


def rules_only(total: int, usable: int, needed: int, features: int, theory: bool) -> tuple[Said, ...]:
    """Return why no model was fitted.

    Examples
    --------
    >>> render(rules_only(9, 9, 20, 6, True)[0], "en")
    'Rules only: a statistical model needs at least 20 clusters, and the data hold 9.'
    """
    if total < needed:
        first: Said = ("verdict.few_clusters", {"total": total, "needed": needed})
    elif features < MIN_FEATURES:
        first = ("verdict.few_features", {"usable": features, "needed": MIN_FEATURES})
    elif theory:
        first = ("verdict.few_known", {"total": total, "usable": usable, "needed": needed})
    else:
        first = ("verdict.no_theory", {})
    return first, ("verdict.rules_instead", {})


def because(features: tuple[Feature, ...], parts: Floats, lang: str) -> str:
    """Return which features speak for which side, strongest first, with their log-odds."""
    order = np.argsort(-np.abs(np.nan_to_num(parts)), kind="stable")
    sides: dict[str, list[str]] = {"for_ecosystem": [], "for_cluster": [], "for_neither": []}
    for j in order:
        if not np.isnan(parts[j]) and abs(parts[j]) >= NOTICEABLE:
            told = number(float(parts[j]), lang, 1)
            side = "for_ecosystem" if parts[j] > 0 else "for_cluster"
            sides[side].append(f"{features[j].label(lang)} ({'+' if parts[j] > 0 else ''}{told})")
    sides["for_neither"] = [f.label(lang) for f, part in zip(features, parts, strict=True) if np.isnan(part)]
    return "; ".join(
        text(f"verdict.{side}", lang, listed=", ".join(names)) for side, names in sides.items() if names
    )


def flip(feature: str, value: float, to_ecosystem: bool) -> Said:
    """Return the nearest change that flips the verdict; `feature` "" where no single one could.

    Examples
    --------
    >>> render(flip("innovation", 0.14, True), "en")
    'would be ecosystem-like if R&D per employee reached 0.14'
    """
    side = "ecosystem" if to_ecosystem else "cluster"
    if not feature:
        return f"verdict.no_flip_{side}", {}
    return f"verdict.flip_{side}", {"features": [feature], "value": float(value)}


def page(
    basis: str,
    outcome: str,
    groups: Groups,
    table: FeatureTable,
    clusters: pd.DataFrame,
    variants: pd.DataFrame,
    held: pd.DataFrame,
    several: Several | None = None,
) -> tuple[Said, ...]:
    """Return what was found, how sure it is and what would change it."""
    if several is not None:
        return (*_several(outcome, several, clusters, held), *_sure(basis, "none", groups, table))
    return (
        *_found(outcome, groups, table, clusters, held),
        *_sure(basis, outcome, groups, table),
        *_criterion(outcome, groups),
        *_change(outcome, variants),
    )


def _several(outcome: str, several: Several, clusters: pd.DataFrame, held: pd.DataFrame) -> list[Said]:
    if outcome == "explained":
        return _explained(held)
    counts = clusters["formation_verdict"].value_counts()
    many = {name.split("-")[0]: int(counts.get(name, 0)) for name in (*VERDICTS, "between")}
    groups, evidence = int(several.shares.shape[2]), round(several.evidence, 1)
    out: list[Said] = [("verdict.found_several", {**many, "groups": groups, "evidence": evidence})]
    if not (several.low and several.high):
        out.append(("verdict.ends_unnamed", {}))
    return out


def _explained(held: pd.DataFrame) -> list[Said]:
    name = explained(held)
    told = float(held.loc[held["confounder"] == name, "told"].iloc[0])
    known = name if name in BACKGROUNDS else "other"
    return [(f"verdict.explained_{known}", {"share": told, "column": name})]


def _gate(gate: Gate) -> Said:
    """Return a gate with value and bound in as many digits as tell them apart."""
    share = gate.name == "smaller_group"
    value, bound = (100 * figure if share else figure for figure in (gate.value, gate.bound))
    digits = 2
    while digits < 9 and value != bound and float(f"{value:.{digits}g}") == bound:
        digits += 1
    return f"verdict.gate_{gate.name}", {"value": float(f"{value:.{digits}g}"), "bound": float(bound)}


def _found(
    outcome: str, groups: Groups, table: FeatureTable, clusters: pd.DataFrame, held: pd.DataFrame
) -> list[Said]:
    if outcome == "none":
        failed = [_gate(g) for g in groups.gates if not g.passed and not np.isnan(g.value)]
        return [("verdict.found_none", {}), ("verdict.not_met", {"parts": failed})]
    if outcome == "explained":
        return _explained(held)
    if outcome == "alone":
        return [("verdict.found_alone", {"features": [table.features[groups.alone].name]})]
    if outcome == "unnamed":
        return [("verdict.found_unnamed", {})]
    counts = clusters["formation_verdict"].value_counts()
    many = {
        name.split("-")[0]: int(counts.get(name, 0))
        for name in ("ecosystem-like", "cluster-like", "undecided")
    }
    return [("verdict.found_two", many), *_contrary(groups, table)]


def _contrary(groups: Groups, table: FeatureTable) -> list[Said]:
    """Name the features in which the groups differ against theory beyond their resampling error."""
    assert groups.resampled is not None
    means = groups.resampled.means
    along = (means[:, 1] - means[:, 0]) * [feature.theory for feature in table.features]
    wrong = np.quantile(along, 0.975, axis=0) < 0
    names = [f.name for f, turned in zip(table.features, wrong, strict=True) if turned]
    return [("verdict.contrary", {"features": names})] if names else []


def _sure(basis: str, outcome: str, groups: Groups, table: FeatureTable) -> list[Said]:
    n, p = groups.x.shape
    names = [f.name for f in table.features]
    out: list[Said] = [
        (
            "verdict.rests_on",
            {"n": n, "p": p, "features": names, "share": float(np.isnan(groups.x).mean())},
        )
    ]
    if basis == "exploratory":
        out.append(("verdict.exploratory", {}))
    if outcome == "none":
        return out
    stability = float(np.min(groups.stability))
    look = groups.split.look
    out.append((f"verdict.seen_{look.name}", {"evidence": round(look.found.evidence, 1)}))
    low, high = groups.interval
    out.append(
        (
            "verdict.how_sure",
            {
                "jaccard": round(stability, 2),
                "gap": round(groups.gap, 1),
                "low": round(low, 1),
                "high": round(high, 1),
            },
        )
    )
    if stability < DOUBTFUL:
        out.append(("verdict.doubtful", {}))
    return out


def _criterion(outcome: str, groups: Groups) -> list[Said]:
    """Say what BIC prefers where it disagrees with the test."""
    chosen = groups.criteria
    best = int(chosen["groups"].to_numpy()[int(chosen["bic"].to_numpy().argmin())])
    if (best > 1) == (outcome != "none") and best <= 2:
        return []
    return [("verdict.bic_alone", {"groups": best})]


def _change(outcome: str, variants: pd.DataFrame) -> list[Said]:
    if outcome == "none" or variants.empty:
        return []
    worst = variants.sort_values(["same", "variant", "detail"], kind="stable").iloc[0]
    if worst["same"] == 1:
        return [("verdict.nothing_moves", {})]
    variant, detail = str(worst["variant"]), str(worst["detail"])
    if variant == "without":
        return [("verdict.moves_without", {"features": [detail], "share": float(worst["same"])})]
    return [(f"verdict.moves_{variant}_{detail}", {"share": float(worst["same"])})]
