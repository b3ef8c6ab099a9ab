"""Types of ecosystem, dysfunctions, and the two-trait threshold rule."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.analysis.thresholds import LEVELS, Band, Thresholds, load_thresholds
from clustercoop.graph.arrays import Bools, Floats, Ints, Objects
from clustercoop.graph.findings import Finding, Findings
from clustercoop.graph.gaps import Gap
from clustercoop.graph.texts import decimal_point, hundredths, term, text, years_told

__all__ = [
    "LEVELS",
    "Band",
    "Thresholds",
    "classify",
    "load_thresholds",
    "rule_verdicts",
    "yearly_rule",
]

Ends = tuple[float, float]
JUDGED: Final = ("rd_per_employee", "value_added_per_employee")


def classify(
    formations: pd.DataFrame, thresholds: Thresholds, currency: str, price_year: int | None = None
) -> tuple[pd.DataFrame, Findings]:
    """Add ``innovation_level, productivity_level, ecosystem_type, dysfunction`` to formations.

    Parameters
    ----------
    formations : DataFrame
        With ``rd_per_employee`` and ``value_added_per_employee`` in millions of `currency`. Where one is
        unknown, bounds (``…_low``, ``…_high``) give its level if they lie in one level.
    thresholds : Thresholds
    currency : str
        Of the data. Where it is not the thresholds' own, nothing is classified, with a finding.
    price_year : int, optional
        Base year of the columns ``*_constant``. Where the thresholds are of its prices, years that they are
        not of are judged by these columns, and ``ecosystem_type_constant`` is the type by them in every year.

    Returns
    -------
    formations : DataFrame
        A copy with the four columns. An unknown indicator gives an unknown ("") level, and an unknown level
        an unknown type. A type without a dysfunction has "" too.
    findings : Findings

    Examples
    --------
    >>> frame = pd.DataFrame({"rd_per_employee": [0.05, 0.4], "value_added_per_employee": [5.0, 1.0]})
    >>> done, _ = classify(frame, load_thresholds(), "RUB")
    >>> done["ecosystem_type"].tolist(), done["dysfunction"].tolist()
    (['sustainability', 'experimentation'], ['exhausted extensive growth', 'commercialisation problem'])
    """
    findings = Findings()
    applies = currency.upper() == thresholds.currency
    if not applies and formations[["rd_per_employee", "value_added_per_employee"]].notna().to_numpy().any():
        findings.items.append(
            Finding("thresholds_currency", value=currency, detail=thresholds.currency, table="formations")
        )
    first, last = thresholds.years
    unknown = np.full(len(formations), np.nan)
    figures = [unknown, unknown]
    constant = [unknown, unknown]
    if applies:
        figures = [formations[name].to_numpy("float64", na_value=np.nan) for name in JUDGED]
    if applies and price_year is not None and first <= price_year <= last:
        constant = [formations[f"{name}_constant"].to_numpy("float64", na_value=np.nan) for name in JUDGED]
        other = ~formations["year"].between(first, last).to_numpy(bool)
        figures = [
            np.where(other & ~np.isnan(fixed), fixed, nominal)
            for fixed, nominal in zip(constant, figures, strict=True)
        ]
    innovation, productivity = _levels(figures, thresholds)
    if applies:
        innovation = _settled(innovation, formations, JUDGED[0], thresholds.innovation)
        productivity = _settled(productivity, formations, JUDGED[1], thresholds.productivity)
    cells = list(zip(innovation, productivity, strict=True))
    in_constant = list(zip(*_levels(constant, thresholds), strict=True))
    return (
        formations.assign(
            innovation_level=innovation,
            productivity_level=productivity,
            ecosystem_type=np.array([thresholds.types.get(cell, "") for cell in cells], dtype=object),
            ecosystem_type_constant=np.array(
                [thresholds.types.get(cell, "") for cell in in_constant], dtype=object
            ),
            dysfunction=np.array([thresholds.dysfunctions.get(cell, "") for cell in cells], dtype=object),
        ),
        findings,
    )


def currency_gaps(formations: pd.DataFrame, findings: Findings) -> list[Gap]:
    """Return why levels are unknown although their figure is known: the `findings` of `classify`."""
    gaps = []
    for found in findings:
        for level, figure in (
            ("innovation_level", "rd_per_employee"),
            ("productivity_level", "value_added_per_employee"),
        ):
            known = formations[formations[figure].notna()]
            gaps += [
                Gap(found.code, level, found.value, found.detail, str(cluster), int(year))
                for cluster, year in zip(known["cluster_id"], known["year"], strict=True)
            ]
    return gaps


def _levels(figures: list[Floats], thresholds: Thresholds) -> tuple[Objects, Objects]:
    return thresholds.innovation.levels(figures[0]), thresholds.productivity.levels(figures[1])


def _settled(levels: Objects, formations: pd.DataFrame, figure: str, band: Band) -> Objects:
    """Return `levels` with those that bounds alone settle."""
    ends = [f"{figure}_low", f"{figure}_high"]
    if not set(ends) <= set(formations):
        return levels
    sides = formations[ends].to_numpy("float64", na_value=np.nan)
    out = levels.copy()
    for row in np.flatnonzero((levels == "") & ~np.isnan(sides).all(axis=1)).tolist():
        possible = band.possible(*sides[row].tolist())
        out[row] = possible[0] if len(possible) == 1 else ""
    return out


def rule_verdicts(formations: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Judge each cluster by the two-trait rule: cooperation above a threshold, innovation at least a level.

    The unit is the cluster: each trait is judged by the median of the years in which it is known; where the
    cooperation ratio is known in none, by the medians of its bounds, as far as they settle the threshold.
    Both traits: ecosystem-like; neither: cluster-like; one, or a trait unknown, or no year that shows both:
    undecided. The rule is our reading of its source (`Thresholds.rule_origin`).

    Parameters
    ----------
    formations : DataFrame
        As `classify` returns it, or as ``formations.csv`` holds it (unknown is "" or missing, and so is a
        column that is absent); a year whose ``innovation_level`` is unknown does not count for innovation.

    Returns
    -------
    DataFrame
        One row a cluster: ``cluster_id, years, formation_verdict, ecosystem_probability, verdict_basis,
        rule_verdict, jaccard, rule_because, rule_cooperation, rule_innovation``. Probability and Jaccard
        are NaN: no model was fitted. ``rule_because`` holds codes and figures for `rule_sentence`.

    Examples
    --------
    >>> frame = pd.DataFrame({"cluster_id": ["c"] * 3, "year": [2020, 2021, 2022],
    ...                       "cooperation_ratio": [0.2, 0.5, 0.4], "rd_per_employee": [0.1, 0.2, None],
    ...                       "value_added_per_employee": [1.0, 1.0, 1.0]})
    >>> rules = load_thresholds()
    >>> [verdict] = rule_verdicts(classify(frame, rules, "RUB")[0], rules).itertuples()
    >>> verdict.rule_verdict, verdict.rule_cooperation, round(verdict.rule_innovation, 9)
    ('ecosystem-like', 0.4, 0.15)
    """
    rows = []
    used = formations.sort_values(["cluster_id", "year"])
    spent, ratio_of, *ends_of = (
        used[name].to_numpy("float64", na_value=np.nan) if name in used else np.full(len(used), np.nan)
        for name in (
            "rd_per_employee",
            "cooperation_ratio",
            "cooperation_ratio_low",
            "cooperation_ratio_high",
        )
    )
    levels = used.get("innovation_level", pd.Series("", used.index))
    levelled = ~np.isnan(spent) & levels.isin(LEVELS).to_numpy(bool)
    years, clusters = np.array(used["year"].tolist(), np.int64), used["cluster_id"].tolist()
    begins = [at for at, cluster in enumerate(clusters) if not at or clusters[at - 1] != cluster]
    for start, stop in pairwise([*begins, len(clusters)]):
        cut = slice(start, stop)
        cluster, when, judged = clusters[start], years[cut], levelled[cut]
        told, ratio, ends = _cooperation(ratio_of[cut], *(end[cut] for end in ends_of))
        spending = _median(spent[cut][judged])
        level = str(thresholds.innovation.levels([spending])[0])
        cooperates, innovates = _traits(ends, level if judged.any() else "", thresholds)
        verdict = _VERDICTS.get((cooperates, innovates), "undecided")
        apart = verdict != "undecided" and not (told & judged).any()
        unjudged = innovates is None and not np.isnan(spent[cut]).all()
        because = {
            "cooperation": (
                _HOLDS[cooperates],
                _range(*ends) if math.isnan(ratio) else _shown(ratio, thresholds.cooperation_above),
                f"{thresholds.cooperation_above:g}",
                "",
                _years(when[told]),
            ),
            "innovation": (
                "unjudged" if unjudged else _HOLDS[innovates],
                _shown(spending, thresholds.innovation.low_below, thresholds.innovation.high_above),
                thresholds.innovation_at_least,
                level,
                _years(when[judged]),
            ),
        }
        if apart:
            verdict, because["years"] = "undecided", ("apart", "", "", "", "")
        rows.append(
            {
                "cluster_id": str(cluster),
                "years": ";".join(str(year) for year in dict.fromkeys(when.tolist())),
                "formation_verdict": verdict,
                "ecosystem_probability": float("nan"),
                "verdict_basis": "rules",
                "rule_verdict": verdict,
                "jaccard": float("nan"),
                "rule_because": ";".join(f"{trait}={':'.join(said)}" for trait, said in because.items()),
                "rule_cooperation": ratio,
                "rule_innovation": spending,
            }
        )
    columns = (
        "cluster_id years formation_verdict ecosystem_probability verdict_basis rule_verdict jaccard "
        "rule_because rule_cooperation rule_innovation"
    )
    return pd.DataFrame(rows, columns=columns.split())


def yearly_rule(formations: pd.DataFrame, thresholds: Thresholds) -> list[str]:
    """Return what the rule says of each row by its own year alone.

    Parameters
    ----------
    formations : DataFrame
        As `classify` returns it: ``cooperation_ratio`` and ``innovation_level`` count.
    thresholds : Thresholds

    Returns
    -------
    list of str
        ``ecosystem-like`` where both traits hold, ``cluster-like`` where neither does, ``undecided`` where
        one does or one is unknown.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"cooperation_ratio": [0.4, 0.4, 0.1, None], "innovation_level": ["high", "low", "low", "low"]}
    ... )
    >>> yearly_rule(rows, load_thresholds())
    ['ecosystem-like', 'undecided', 'cluster-like', 'undecided']
    """
    levels = formations["innovation_level"].where(formations["innovation_level"].isin(LEVELS), "")
    ratio = formations["cooperation_ratio"].astype("float64")
    low, high = (
        formations.get(f"cooperation_ratio_{end}", ratio).astype("float64") for end in ("low", "high")
    )
    rows = zip(ratio.fillna(low), ratio.fillna(high), levels, strict=True)
    return [_VERDICTS.get(_traits((a, b), level, thresholds), "undecided") for a, b, level in rows]


_VERDICTS: Final[dict[tuple[bool | None, bool | None], str]] = {
    (True, True): "ecosystem-like",
    (False, False): "cluster-like",
}


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _cooperation(ratio: Floats, low: Floats, high: Floats) -> tuple[Bools, float, Ends]:
    """Return the years that tell of cooperation, the median ratio, and the median of its bounds."""
    known = ~np.isnan(ratio)
    middle = _median(ratio[known])
    if known.any():
        return known, middle, (middle, middle)
    bounded = ~np.isnan(low) | ~np.isnan(high)
    sides = (np.where(np.isnan(side), k, side)[bounded] for k, side in enumerate((low, high)))
    least, most = map(_median, sides)
    return bounded, middle, (least, most)


def _traits(ends: tuple[float, float], level: str, thresholds: Thresholds) -> tuple[bool | None, bool | None]:
    """Return whether both traits of the rule hold; None where the bounds leave it open, or `level` is ""."""
    low, high = ends
    # A median of two years carries the noise of their mean; a ratio within it is not above. Bounds do not.
    noise = 1e-9 if low == high else 0.0
    above, upper = thresholds.cooperation_above * (1 + noise), thresholds.cooperation_above * (1 + 1e-9)
    cooperates = True if low > above else False if high <= upper else None
    least = LEVELS.index(thresholds.innovation_at_least)
    return cooperates, LEVELS.index(level) >= least if level else None


_HOLDS: Final = {True: "holds", False: "fails", None: "unknown"}


def _years(years: Ints) -> str:
    return ",".join(map(str, years.tolist()))


def rule_sentence(because: str, lang: str) -> str:
    """Return what the rule says of both traits, in `lang`, from the codes in ``rule_because``.

    Examples
    --------
    >>> rule_sentence("cooperation=fails:0.2:0.3::2020;innovation=unknown:nan:medium::", "en")
    'cooperation: does not hold (year 2020: 20%, must be above 30%); innovation: unknown in every year'
    """
    told = []
    for entry in because.split(";"):
        trait, _, codes = entry.partition("=")
        verdict, value, limit, level, years = codes.split(":")
        if verdict == "apart":
            told.append(text("rule.apart", lang))
            continue
        when = years_told(years.split(","))
        which = text("rule.many" if "," in years else "rule.one", lang, years=when)
        if not level:
            value, limit = (hundredths(figure, lang) for figure in (value, limit))
        figures = {"value": value, "limit": term(limit, lang), "level": term(level, lang), "which": which}
        what = text("rule.level" if level else "rule.ratio", lang, **figures)
        told.append(text(f"rule.{verdict}", lang, trait=text(f"rule.{trait}", lang), what=what))
    return decimal_point("; ".join(told), lang)


def _range(low: float, high: float) -> str:
    """Return bounds as text; an open one is the next number to what a cell states.

    Examples
    --------
    >>> _range(math.nextafter(0.3, 1), 1.0), _range(0.0, 0.25), _range(0.2, 0.5), _range(math.nan, math.nan)
    ('> 0.3', '≤ 0.25', '0.2…0.5', 'nan')
    """
    if math.isnan(low) or math.isnan(high):
        return "nan"
    if high >= 1:
        return f"{'>' if float(f'{low:.12g}') < low else '≥'} {low:.3g}"
    return (
        f"{'<' if float(f'{high:.12g}') > high else '≤'} {high:.3g}" if low <= 0 else f"{low:.3g}…{high:.3g}"
    )


def _shown(value: float, *limits: float) -> str:
    """Return `value` in three digits, or in as many as keep it on its side of each limit.

    Examples
    --------
    >>> _shown(0.31234, 0.3), _shown(0.3000001, 0.3), _shown(0.1 + 0.2, 0.3)
    ('0.312', '0.3000001', '0.3')
    """

    def sides(number: float) -> list[int]:
        return [(number > limit * (1 + 1e-9)) - (number < limit * (1 - 1e-9)) for limit in limits]

    texts = (f"{value:.{digits}g}" for digits in range(3, 18))
    return next((shown for shown in texts if sides(float(shown)) == sides(value)), f"{value:g}")
