"""From the formations table to one row of features a cluster, with every gap named.

The unit of the model is the cluster: the median of its known years. Rows of one cluster over four years
are near copies of each other, and a mixture fitted to them finds "groups" that are clusters repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Floats, Objects
from clustercoop.graph.shipped import shipped_rows
from clustercoop.graph.texts import row_text

SQUEEZE: Final = 0.005
"""Shares of exactly 0 or 1 have no logit: shares are moved to 0.005 … 0.995 linearly, which keeps order."""

MIN_KNOWN: Final = 8
MIN_KNOWN_SHARE: Final = 0.2
"""A feature must be known for at least 8 clusters and a fifth of them."""

UNTESTED: Final = 0.05
LEAST_SILENT: Final = 0.01
MOST_SILENT: Final = 0.25
"""Chance that a figure says nothing: where no cluster has two years, and its bounds."""

LABELS: Final = 3
LABEL_SHARE: Final = 0.1
LABEL_RATIO: Final = 4.0

MIN_FEATURES: Final = 3
"""A cluster with fewer known features is not placed by the model; a model needs as many, too."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: where it comes from, how it is transformed and what theory expects of it.

    Attributes
    ----------
    name, column : str
        Its name, and the column of the formations table.
    transform : {"logit", "atanh", "log", "log1p", "identity"}
        Taken after dividing by `scale`, the unit in which 1 is a noticeable amount.
    scale : float
        Unit of the column that counts as one.
    theory : int
        Sign of the difference that theory expects of an ecosystem: +1, −1, or 0 for none. Fixed before
        any fit; it also fixes the direction along which a split is looked for.
    """

    name: str
    column: str
    transform: str
    scale: float
    theory: int
    label_en: str
    label_ru: str
    reason_en: str
    reason_ru: str

    def label(self, lang: str) -> str:
        """Return the name shown to people."""
        return row_text(asdict(self), "label", lang, f"feature.{self.name}.label")

    def reason(self, lang: str) -> str:
        """Return why theory takes its side."""
        return row_text(asdict(self), "reason", lang, f"feature.{self.name}.reason")


@cache
def feature_list() -> tuple[Feature, ...]:
    """Return the features in their order, read from ``analysis/verdicts/features.csv``.

    Examples
    --------
    >>> [f.name for f in feature_list() if f.theory]
    ['cooperation', 'openness', 'innovation', 'diversity', 'variety', 'turnover']
    """
    return tuple(
        Feature(
            row["feature"],
            row["column"],
            row["transform"],
            float(row["scale"]),
            int(row["theory"]),
            row["label_en"],
            row["label_ru"],
            row["reason_en"],
            row["reason_ru"],
        )
        for row in shipped_rows("analysis", "verdicts", "features.csv")
    )


def _squeezed(share: Floats) -> Floats:
    return SQUEEZE + (1 - 2 * SQUEEZE) * share


_FORWARD: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "logit": lambda x: np.log(_squeezed(x)) - np.log1p(-_squeezed(x)),
    "atanh": lambda x: np.arctanh((1 - 2 * SQUEEZE) * x),
    "log": np.log,
    "log1p": np.log1p,
    "identity": lambda x: x,
}
_BACK: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "logit": lambda y: (1 / (1 + np.exp(-y)) - SQUEEZE) / (1 - 2 * SQUEEZE),
    "atanh": lambda y: np.tanh(y) / (1 - 2 * SQUEEZE),
    "log": np.exp,
    "log1p": np.expm1,
    "identity": lambda y: y,
}
_DOMAIN: Final[Mapping[str, tuple[float, float]]] = {
    "logit": (0, 1),
    "atanh": (-1, 1),
    "log": (np.nextafter(0, 1), np.inf),
    "log1p": (0, np.inf),
    "identity": (-np.inf, np.inf),
}


def transform(name: str, value: Floats, scale: float = 1.0) -> Floats:
    """Return the transformed values; what lies outside the transform's domain is NaN, never clipped.

    Parameters
    ----------
    name : str
        One of ``logit``, ``atanh``, ``log``, ``log1p``, ``identity``.
    value : array of float64
        Raw values; NaN is unknown.
    scale : float
        Divides the values first.

    Examples
    --------
    >>> transform("log1p", np.array([0.0, 0.1, -1.0]), 0.1).round(3).tolist()
    [0.0, 0.693, nan]
    """
    scaled = np.asarray(value, dtype=np.float64) / scale
    low, high = _DOMAIN[name]
    inside = (scaled >= low) & (scaled <= high) & np.isfinite(scaled)
    out = np.full(scaled.shape, np.nan)
    out[inside] = _FORWARD[name](scaled[inside])
    return out


def back(name: str, value: Floats, scale: float = 1.0) -> Floats:
    """Return the raw values of transformed ones; the inverse of `transform`.

    Examples
    --------
    >>> y = transform("logit", np.array([0.0, 0.3, 1.0]))
    >>> back("logit", y).round(12).tolist()
    [0.0, 0.3, 1.0]
    """
    return _BACK[name](np.asarray(value, dtype=np.float64)) * scale


def cluster_medians(formations: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cluster, one column a feature: the median of the years where it is known.

    Parameters
    ----------
    formations : DataFrame
        ``cluster_id`` and the features' columns; a column that is absent is unknown everywhere.

    Returns
    -------
    DataFrame
        Raw units, indexed by ``cluster_id`` (sorted); NaN where no year is known.

    Examples
    --------
    >>> table = pd.DataFrame({"cluster_id": ["a"] * 3, "cooperation_ratio": [0.2, np.nan, 0.4]})
    >>> cluster_medians(table)["cooperation"].round(3).tolist()
    [0.3]
    """
    raw = feature_columns(formations)
    raw.insert(0, "cluster_id", formations["cluster_id"].astype(str).to_numpy())
    return raw.groupby("cluster_id", sort=True).median()


def feature_columns(formations: pd.DataFrame) -> pd.DataFrame:
    """Return the features of every row in raw units, float64, NaN unknown, in the order of the list."""
    data = {}
    for feature in feature_list():
        if feature.column in formations.columns:
            column = pd.to_numeric(formations[feature.column], errors="coerce").to_numpy(
                "float64", na_value=np.nan
            )
            data[feature.name] = np.where(np.isfinite(column), column, np.nan)
        else:
            data[feature.name] = np.full(len(formations), np.nan)
    return pd.DataFrame(data, index=formations.index)


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """What the model sees, with every gap and every feature left out named.

    Attributes
    ----------
    features : tuple of Feature
        Those used, in order.
    cluster_ids : array of str, shape (n,)
        Clusters with enough known features.
    x : array, shape (n, p)
        Transformed medians; NaN unknown.
    cells : DataFrame
        One row a cluster and feature: ``cluster_id, feature, value`` (raw median), ``years`` (how many were
        known), ``status`` (known, zero, bound, missing, outside), ``used``.
    notes : DataFrame
        One row a feature: ``feature, column, transform, theory, known, used, reason``.
    left_out : array of str
        Clusters with too few known features.
    caps : array, shape (p,)
        The most that a feature may add to the log-odds of a verdict, see `caps_of`.
    """

    features: tuple[Feature, ...]
    cluster_ids: Objects
    x: Floats
    cells: pd.DataFrame
    notes: pd.DataFrame
    left_out: Objects
    caps: Floats

    @property
    def theory(self) -> Floats:
        """Signs that theory gives to the used features, shape (p,)."""
        return np.array([float(feature.theory) for feature in self.features])

    def transformed(self, formations: pd.DataFrame) -> Floats:
        """Return the used features of every row of `formations`, transformed, shape (rows, p)."""
        raw = feature_columns(formations)
        columns = [transform(f.transform, raw[f.name].to_numpy("float64"), f.scale) for f in self.features]
        return np.column_stack(columns) if columns else np.empty((len(raw), 0))


def feature_table(formations: pd.DataFrame) -> FeatureTable:
    """Return the table of features of the clusters in `formations`.

    A feature is left out when it is known for fewer than 8 clusters or a fifth of them, or when at least
    half of its known values are equal (it has no spread to scale by), or when it orders the clusters exactly
    as another does, or in reverse: it adds nothing to that one. A cluster is left out when fewer than 3 of
    the used features are known for it. All are counted over what is left.
    """
    medians = cluster_medians(formations)
    n = len(medians)
    years = feature_columns(formations).notna().groupby(formations["cluster_id"].astype(str).to_numpy()).sum()
    columns = {
        f.name: transform(f.transform, medians[f.name].to_numpy("float64"), f.scale) for f in feature_list()
    }
    reasons: dict[str, str] = {}
    enough = np.ones(n, bool)
    while True:  # a feature may be usable through clusters that too few features are known for, and that go
        unusable = {
            name: _unusable(values[enough]) for name, values in columns.items() if name not in reasons
        }
        if not any(unusable.values()):
            unusable = _repeats({name: columns[name][enough] for name in unusable})
        reasons |= {name: reason for name, reason in unusable.items() if reason}
        used = tuple(f for f in feature_list() if f.name not in reasons)
        x = np.column_stack([columns[f.name] for f in used]) if used else np.empty((n, 0))
        enough = (~np.isnan(x)).sum(axis=1) >= MIN_FEATURES
        if not any(unusable.values()) or not enough.any():
            break
    counted = enough if enough.any() else np.ones(n, bool)
    notes = [
        (f.name, f.column, f.transform, f.theory, int((~np.isnan(columns[f.name][counted])).sum()))
        + (f.name not in reasons, reasons.get(f.name, ""))
        for f in feature_list()
    ]
    ids = medians.index.to_numpy().astype(object)
    return FeatureTable(
        used,
        ids[enough],
        x[enough],
        _cells(medians, columns, years, {f.name for f in used}),
        pd.DataFrame(notes, columns=["feature", "column", "transform", "theory", "known", "used", "reason"]),
        ids[~enough],
        caps_of(formations, used, x[enough]),
    )


def caps_of(formations: pd.DataFrame, used: tuple[Feature, ...], x: Floats) -> Floats:
    """Return log((1 − e) / e) of each used feature, e being the chance that its figure says nothing.

    e is the share of the variance between clusters that their own years' scatter explains (one less the
    reliability of a mean over the years), from 1 to 25 %; 5 % where no cluster has two years. A mixture of
    "as measured" and "says nothing" bounds the likelihood ratio of one figure so.

    Parameters
    ----------
    formations : DataFrame
    used : tuple of Feature
    x : array, shape (n, p)
        Transformed medians.

    Examples
    --------
    >>> table = pd.DataFrame({"cluster_id": list("abc"), "year": 2020, "partner_entropy": [1.0, 2.0, 3.0]})
    >>> feature = next(f for f in feature_list() if f.name == "diversity")
    >>> caps_of(table, (feature,), np.array([[1.0], [2.0], [3.0]])).round(2).tolist()
    [2.94]
    """
    raw = feature_columns(formations)
    clusters = formations["cluster_id"].astype(str).to_numpy()
    out = []
    for j, f in enumerate(used):
        values = pd.Series(transform(f.transform, raw[f.name].to_numpy("float64"), f.scale))
        years = values.groupby(clusters).agg(["var", "count"])
        repeated = years[years["count"] > 1]
        silent = UNTESTED
        if len(repeated) >= MIN_KNOWN and (~np.isnan(x[:, j])).any():
            within = float((repeated["var"] / repeated["count"]).mean())
            silent = within / max(float(np.nanvar(x[:, j])), np.finfo(float).tiny)
            silent = min(max(silent, LEAST_SILENT), MOST_SILENT)
        out.append(np.log((1 - silent) / silent))
    return np.array(out)


def _unusable(values: Floats) -> str:
    """Return why a feature with these values is left out, or ""."""
    known = int((~np.isnan(values)).sum())
    if known < max(MIN_KNOWN, MIN_KNOWN_SHARE * len(values)):
        return "unknown" if known == 0 else "too few known"
    if _flat(values):
        return "hardly varies"
    return "a label" if label_like(values) else ""


def label_like(values: Floats) -> bool:
    """Return whether the values are names rather than measurements.

    At most three distinct values; or two or three stretches of values, a tenth of the clusters in each, that
    differ within a stretch by less than a quarter of what separates it from the next.

    Examples
    --------
    >>> label_like(np.r_[np.full(41, 5.129), np.full(19, 4.84)] + np.linspace(0, 0.003, 60))
    True
    >>> label_like(np.r_[np.linspace(0, 1, 30), np.linspace(3, 4, 30)])
    False
    """
    known = np.sort(values[~np.isnan(values)])
    if len(known) < MIN_KNOWN:
        return False
    if len(np.unique(known)) <= LABELS:
        return True
    steps = np.diff(known)
    for stretches in range(2, LABELS + 1):
        cuts = np.sort(np.argsort(-steps, kind="stable")[: stretches - 1])
        parts = np.split(known, cuts + 1)
        spread = max(float(part[-1] - part[0]) for part in parts)
        small = min(len(part) for part in parts) < LABEL_SHARE * len(known)
        if not small and spread * LABEL_RATIO <= steps[cuts].min():
            return True
    return False


def _repeats(columns: Mapping[str, Floats]) -> dict[str, str]:
    """Return which features order the clusters as another, or in reverse, where both are known.

    Of the two the one that is known for fewer clusters is named, else the later one.
    """
    out: dict[str, str] = {}
    for (one, first), (other, second) in combinations(columns.items(), 2):
        both = ~np.isnan(first) & ~np.isnan(second)
        if both.sum() < MIN_KNOWN or one in out or other in out:
            continue
        rank, again = (pd.Series(side[both]).rank().to_numpy() for side in (first, second))
        if (rank == again).all() or (rank == both.sum() + 1 - again).all():
            fewer = one if (~np.isnan(first)).sum() < (~np.isnan(second)).sum() else other
            out[fewer] = "repeats another"
    return out


def _flat(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return True
    low, high = np.quantile(known, [0.25, 0.75])
    return bool(high - low <= 1e-9 * max(1.0, abs(float(high))))


def _cells(
    medians: pd.DataFrame, columns: Mapping[str, Floats], years: pd.DataFrame, used: set[str]
) -> pd.DataFrame:
    names = [feature.name for feature in feature_list()]
    said = []
    for feature in feature_list():
        raw = medians[feature.name].to_numpy("float64")
        status = np.where(
            np.isnan(raw), "missing", np.where(np.isnan(columns[feature.name]), "outside", "known")
        )
        edge = {"logit": (0.0, 1.0), "atanh": (-1.0, 1.0)}.get(feature.transform, (np.nan, np.nan))
        status = np.where((status == "known") & ((raw == edge[0]) | (raw == edge[1])), "bound", status)
        said.append(np.where((status != "missing") & (status != "outside") & (raw == 0), "zero", status))
    return pd.DataFrame(
        {
            "cluster_id": np.tile(medians.index.to_numpy(), len(names)),
            "feature": np.repeat(names, len(medians)),
            "value": medians[names].to_numpy("float64").ravel("F"),
            "years": years.reindex(medians.index)[names].to_numpy("int64").ravel("F"),
            "status": np.concatenate(said),
            "used": np.repeat([name in used for name in names], len(medians)),
        }
    )
