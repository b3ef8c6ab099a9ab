"""The section on the formation model: what was found, how sure it is, and what would change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.analysis.verdicts.features import MIN_FEATURES, feature_list
from clustercoop.analysis.verdicts.groups import RESAMPLES
from clustercoop.analysis.verdicts.said import because, render
from clustercoop.analysis.verdicts.verdict import EXPLORATORY_FROM, MODEL_ABOVE, FormationModel
from clustercoop.graph.columns import output_columns
from clustercoop.graph.texts import term
from clustercoop.reports.discriminant import Chance, discriminant
from clustercoop.reports.evidence import Evidence
from clustercoop.reports.feature_tables import FeatureTables
from clustercoop.reports.inert import plain
from clustercoop.reports.numbers import decimal, is_unknown, percent, raw, show
from clustercoop.reports.planes import Placed
from clustercoop.reports.strips import SIDES, chance, probability_strip, sparkline, strip_key
from clustercoop.reports.tables import DRAWING, Cell, Column, Row, Table
from clustercoop.reports.types import types_thresholds
from clustercoop.reports.words import Words
from clustercoop.reports.written import told_of

CLUSTER_ROWS: Final = 400
TIERS: Final = ("rules", "exploratory", "model")


@dataclass(frozen=True, slots=True)
class Tier:
    """One of the three tiers: its name, when it applies, and whether these data are in it."""

    key: str
    name: str
    note: str
    here: bool


class Formations:
    """What the report says about the formation model.

    Parameters
    ----------
    result : Result
        What an analysis found.
    words : Words
        Language.
    names, link : callable
        Cluster id → name shown, and → address of its network page ("" for none).
    clusters : DataFrame
        The table of clusters, its sentences in the language of the report.
    """

    def __init__(
        self,
        result: Result,
        words: Words,
        names: Callable[[str], str],
        link: Callable[[str], str],
        clusters: pd.DataFrame,
    ) -> None:
        self.model: FormationModel | None = result.model
        self.words = words
        self.names = names
        self.link = link
        self.clusters = clusters
        self.thresholds, self.thresholds_gone = types_thresholds(result.settings.thresholds)
        self.currency = result.graph.currency
        self.outputs = result.settings.outputs

    @property
    def outcome(self) -> str:
        """What was found: rules, none, unnamed or named; "" without a model."""
        return self.model.outcome if self.model is not None else ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was found, in sentences, the most important first."""
        if self.model is None:
            return (self.words("fm_no_model"),)
        said = list(self._told(self.model))
        note = {name: f"fm_{name}_note" for name in ("none", "explained", "alone", "unnamed")}.get(
            self.outcome
        )
        if note:
            said.insert(2 if self.outcome == "none" else 1, self.words(note))
        return (*said, *([self.agreement] if self.agreement else []))

    def _told(self, model: FormationModel) -> tuple[str, ...]:
        return tuple(render(one, self.words.lang) for one in model.said)

    @property
    def summary(self) -> tuple[str, ...]:
        """The same for the first page of the report: the finding and what it rests on."""
        if self.model is None:
            return ()
        if self.outcome == "rules":
            return self._told(self.model)[:2]
        basis = (self.words(f"said_tier_{self.model.basis}"),) if self.outcome == "named" else ()
        return (self._told(self.model)[0], *basis)

    @cached_property
    def agreement(self) -> str:
        """How often rule and model say the same, where both decide."""
        if self.outcome != "named" or self.model is None:
            return ""
        decided = ("ecosystem-like", "cluster-like")
        table = self.model.clusters
        both = table[table["rule_verdict"].isin(decided) & table["formation_verdict"].isin(decided)]
        same = int((both["rule_verdict"] == both["formation_verdict"]).sum())
        return self.words("fm_agree", both=len(both), same=same) if len(both) else ""

    @cached_property
    def usable(self) -> int:
        """Number of clusters with enough known features."""
        assert self.model is not None
        return int((self.model.clusters["features_known"].to_numpy("int64") >= MIN_FEATURES).sum())

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The ladder of tiers; the basis of the verdicts is marked."""
        words = self.words
        bounds = {"exploratory": EXPLORATORY_FROM, "model": MODEL_ABOVE}
        basis = self.model.basis if self.model is not None else ""
        return tuple(
            Tier(key, words(f"fm_tier_{key}"), words(f"fm_tier_{key}_note", **bounds), key == basis)
            for key in TIERS
        )

    @property
    def tier_here(self) -> str:
        """How many of the clusters the basis counts."""
        if self.model is None:
            return ""
        return self.words("fm_tier_here", usable=self.usable, total=len(self.model.clusters))

    @property
    def rule_origin(self) -> str:
        """The threshold rule and where its values come from."""
        words, rule = self.words, self.thresholds
        if self.thresholds_gone:
            return words("thresholds_gone_rule", file=self.thresholds_gone)
        return words(
            "fm_rule_origin",
            cooperation=percent(rule.cooperation_above, words.lang),
            innovation=term(rule.innovation_at_least, words.lang),
            date=rule.rule_origin.date,
            status=words(f"status_{rule.rule_origin.status}"),
            source=rule.rule_origin.told(words.lang),
        )

    # Tables.

    def _table(
        self, key: str, caption: str, columns: Sequence[Column], rows: list[Row], **more: Any
    ) -> Table:
        return Table(key, caption, tuple(columns), tuple(rows), more.pop("total", len(rows)), **more)

    @cached_property
    def _placed(self) -> frozenset[str]:
        """Ids of the clusters for which the model has figures."""
        assert self.model is not None
        cells = (self.model.clusters[name].tolist() for name in ("cluster_id", "verdict_basis"))
        return frozenset(str(one) for one, basis in zip(*cells, strict=True) if not is_unknown(basis))

    def _gap(self, cluster: str) -> str:
        """Return why the model has no figure for a cluster; "" where it has one."""
        words = self.words
        if self.model is None or self.model.outcome == "rules":
            return words("why_no_model")
        if cluster not in self._placed:
            return words("why_left_out")
        return {"none": words("why_no_groups"), "unnamed": words("why_no_names")}.get(self.model.outcome, "")

    def _rest(self, table: str) -> str:
        return told_of("rest_in", table, self.outputs, self.words)

    def _head(self, name: str, label: str, kind: str, meaning: str = "") -> Column:
        return Column(name, self.words(label), self.words(meaning) if meaning else "", kind)

    def _cell(self, value: Any, kind: str, why: str = "") -> Cell:
        lang = self.words.lang
        text = term(str(value), lang) if kind == "term" and not is_unknown(value) else show(value, kind, lang)
        unknown = is_unknown(value)
        return Cell(text, raw(value), -1, unknown, why=why if unknown else "")

    def _who(self, cluster: str) -> Cell:
        return Cell(self.names(cluster), cluster, link=self.link(cluster))

    @cached_property
    def three(self) -> Table:
        """The verdicts of the threshold rule, of the checklist and of the model, side by side."""
        frame = self.clusters
        for column in ("rule_verdict", "rule_because", "eligibility_verdict", "formation_verdict"):
            if column not in frame:
                frame = frame.assign(**{column: ""})
        by_rules = self.outcome in ("", "rules")
        no_rule = self.words("why_default")
        rows = []
        for row in frame.head(CLUSTER_ROWS).itertuples(index=False):
            cluster = str(row.cluster_id)
            why = self._gap(cluster) or self.words("why_no_model")
            verdict = "" if by_rules else row.formation_verdict
            cells = (
                self._who(cluster),
                replace(self._cell(row.rule_verdict, "term", no_rule), mark="v"),
                self._cell(row.eligibility_verdict, "term", self.words("fm_eligibility_why")),
                replace(self._cell(verdict, "term", why), mark="v"),
                self._cell(row.rule_because, "sentence", no_rule),
            )
            rows.append(Row(cells))
        columns = (
            self._head("cluster_id", "head_cluster", "id"),
            self._head("rule_verdict", "fm_rule", "term", "fm_rule_meaning"),
            self._head("eligibility_verdict", "fm_eligibility", "term", "fm_eligibility_meaning"),
            self._head("formation_verdict", "fm_model", "term", "fm_model_meaning"),
            self._head("rule_because", "fm_rule_why", "sentence"),
        )
        caption = self.words("fm_three")
        return self._table("verdicts", caption, columns, rows, total=len(frame), rest=self._rest("clusters"))

    @property
    def eligibility_known(self) -> bool:
        """Whether any cluster has a verdict of the eligibility checklist."""
        known = self.clusters.get("eligibility_verdict", pd.Series(dtype=object))
        return any(not is_unknown(value) for value in known)

    @cached_property
    def probabilities(self) -> Table | None:
        """Probability of each cluster with its range and nearest flip; None where no groups were named."""
        if self.outcome != "named" or self.model is None:
            return None
        words, lang = self.words, self.words.lang
        order = self.model.clusters.sort_values(
            ["ecosystem_probability", "cluster_id"], ascending=[False, True], na_position="last"
        )
        years = self._years()
        flips = flip_sentences(self.model, words)
        rows = []
        for row in order.head(CLUSTER_ROWS).to_dict(orient="records"):
            cluster = str(row["cluster_id"])
            figures = [row[f"ecosystem_probability{end}"] for end in ("", "_low", "_high")]
            why = self._gap(cluster)
            if any(is_unknown(figure) for figure in figures):
                gap = Cell("—", "", -1, True, why=why)
                rows.append(Row((self._who(cluster), gap, *[gap] * (6 if years else 5))))
                continue
            p, low, high = (float(figure) for figure in figures)
            verdict = str(row["formation_verdict"])
            label = self._place_said(cluster, verdict, p, low, high)
            cells = [
                self._who(cluster),
                replace(self._cell(verdict, "term"), mark="v"),
                Cell("", "", drawing=probability_strip(p, low, high, verdict, label)),
                *(Cell(chance(value, lang), raw(value)) for value in (p, low, high)),
            ]
            flip = flips.get(cluster) or ("" if is_unknown(row["nearest_flip"]) else str(row["nearest_flip"]))
            cells.append(Cell(flip or "—", flip, unknown=not flip, why=why))
            if years:
                cells.append(self._over_years(years.get(cluster, [])))
            rows.append(Row(tuple(cells)))
        columns = [
            self._head("cluster_id", "head_cluster", "id"),
            self._head("formation_verdict", "fm_model", "term", "fm_model_meaning"),
            self._head("strip", "fm_head_strip", DRAWING),
            self._head("ecosystem_probability", "fm_head_p", "share"),
            self._head("ecosystem_probability_low", "fm_head_low", "share"),
            self._head("ecosystem_probability_high", "fm_head_high", "share"),
            self._head("nearest_flip", "fm_head_flip", "sentence", "fm_flip_meaning"),
            *([self._head("years", "fm_head_years", DRAWING)] if years else []),
        ]
        caption = words("fm_probability")
        return self._table(
            "probability", caption, columns, rows, total=len(order), rest=self._rest("clusters")
        )

    def _place_said(self, cluster: str, verdict: str, *chances: float) -> str:
        """Return in words where a cluster stands: its verdict, probability and the ends of that."""
        told = dict(zip(("p", "low", "high"), (chance(one, self.words.lang) for one in chances), strict=True))
        verdict = term(verdict, self.words.lang)
        return self.words("fm_strip_label", cluster=self.names(cluster), verdict=verdict, **told)

    @property
    def picture(self) -> str:
        """The clusters along the discriminant; "" where no groups were named or but one has a place."""
        if self.outcome != "named" or self.model is None:
            return ""
        placed: list[Chance] = []
        ends = [f"ecosystem_probability{end}" for end in ("", "_low", "_high")]
        columns = [self.model.clusters[name].tolist() for name in ("cluster_id", "formation_verdict", *ends)]
        for cluster, verdict, *figures in zip(*columns, strict=True):
            if any(is_unknown(figure) for figure in figures):
                continue
            p, low, high = map(float, figures)
            said, name = self._place_said(str(cluster), str(verdict), p, low, high), self.names(str(cluster))
            who = Placed(name, self.link(str(cluster)), SIDES.get(str(verdict), "und"), said)
            placed.append(Chance(who, p, low, high))
        return discriminant(placed, self.words) if len(placed) > 1 else ""

    @property
    def probability_note(self) -> str:
        """How to read the strips."""
        return self.words("fm_probability_note", resamples=RESAMPLES)

    @property
    def key(self) -> str:
        """The scale of the strips, drawn."""
        terms = [term(name, self.words.lang) for name in ("cluster-like", "undecided", "ecosystem-like")]
        return strip_key((terms[0], terms[1], terms[2]), self.words.lang, self.words("fm_key"))

    def _years(self) -> dict[str, list[tuple[int, float | None]]]:
        """Return probabilities by year of each cluster, {} where no cluster has two years."""
        assert self.model is not None
        scores = self.model.scores.sort_values(["cluster_id", "year"])
        if not len(scores) or scores.groupby("cluster_id").size().max() < 2:
            return {}
        return {
            str(cluster): [
                (int(year), None if is_unknown(p) else float(p))
                for year, p in zip(rows["year"], rows["ecosystem_probability"], strict=True)
            ]
            for cluster, rows in scores.groupby("cluster_id", sort=True)
        }

    def _over_years(self, history: list[tuple[int, float | None]]) -> Cell:
        from markupsafe import escape

        lang = self.words.lang
        said = "; ".join(f"{year}: {'—' if p is None else chance(p, lang)}" for year, p in history)
        line = sparkline(history)
        if not line:
            return Cell("—", "", unknown=True, why=self.words("why_year_thin"))
        return Cell(
            "",
            "",
            drawing=f'<span class="spark" role="img" tabindex="0" data-tip="{escape(said)}" '
            f'aria-label="{escape(said)}">{line}</span>',
        )

    @cached_property
    def parts(self) -> Table | None:
        """Contributions to the log-odds, clusters by features; None where no groups were named."""
        if self.model is None or not len(self.model.contributions):
            return None
        wide = self.model.contributions.pivot(index="cluster_id", columns="feature", values="contribution")
        features = [feature for feature in feature_list() if feature.name in wide.columns]
        rows = []
        why = self.words("fm_why_missing")
        for cluster in wide.index[:CLUSTER_ROWS]:
            cells = [self._who(str(cluster))]
            for feature in features:
                value = float(wide.loc[cluster, feature.name])
                if np.isnan(value):
                    cells.append(Cell("—", "", unknown=True, why=why))
                    continue
                text = decimal(value, 1, self.words.lang)
                step = min(4, int(np.ceil(abs(value)))) if abs(value) >= 0.05 else 0
                mark = f"{'pe' if value > 0 else 'pc'}{step}" if step else ""
                cells.append(Cell(f"+{text}" if value >= 0.05 else text, raw(value), mark=mark))
            rows.append(Row(tuple(cells)))
        columns = [self._head("cluster_id", "head_cluster", "id")]
        columns += [
            Column(feature.name, feature.label(self.words.lang), feature.reason(self.words.lang), "float")
            for feature in features
        ]
        caption = self.words("fm_parts")
        return self._table("parts", caption, columns, rows, total=len(wide), rest=self._rest("parts"))

    @cached_property
    def evidence(self) -> Evidence | None:
        """Gates, criteria and sensitivity; None where no model was fitted."""
        if self.model is None or self.outcome == "rules":
            return None
        return Evidence(self.model, self.words)

    @cached_property
    def data(self) -> FeatureTables | None:
        """What the model saw; None where the result holds no feature table."""
        if self.model is None or not len(self.model.features):
            return None
        limit, rest = CLUSTER_ROWS, self._rest("features")
        return FeatureTables(self.model, self.words, self._who, plain(self.currency), limit, rest)


def told_again(clusters: pd.DataFrame, model: FormationModel | None, lang: str) -> pd.DataFrame:
    """Return the table of clusters with the model's reasons in `lang`, worked out from its figures."""
    if model is None or not len(model.contributions):
        return clusters.assign(verdict_because="", nearest_flip="")
    features = tuple(
        feature for feature in feature_list() if feature.name in set(model.contributions["feature"])
    )
    wide = model.contributions.pivot(index="cluster_id", columns="feature", values="contribution")
    parts = wide[[feature.name for feature in features]].to_numpy("float64")
    said = dict(zip(wide.index, (because(features, row, lang) for row in parts), strict=True))
    flips = flip_sentences(model, Words(lang))
    ids = [str(cluster) for cluster in clusters["cluster_id"]]
    return clusters.assign(
        verdict_because=[said.get(cluster, "") for cluster in ids],
        nearest_flip=[flips.get(cluster, "") for cluster in ids],
    )


def flip_sentences(model: FormationModel, words: Words) -> dict[str, str]:
    """Return the nearest flip of each cluster as a sentence, with the figures as the report shows them."""
    features = {feature.name: feature for feature in feature_list()}
    kinds = {column.column: column.kind for column in output_columns("formations")}
    cells = model.features
    places = zip(cells["cluster_id"].astype(str), cells["feature"].astype(str), strict=True)
    now = dict(zip(places, cells["value"], strict=True))
    out = {}
    for row in model.flips.to_dict(orient="records"):
        side = "eco" if row["to_ecosystem"] else "clu"
        feature, cluster = features.get(row["feature"]), str(row["cluster_id"])
        if feature is None:
            out[cluster] = words(f"fm_noflip_{side}")
            continue
        kind = kinds.get(feature.column, "float")
        out[cluster] = words(
            f"fm_flip_{side}",
            feature=feature.label(words.lang),
            value=show(row["value"], kind, words.lang),
            now=show(now.get((cluster, feature.name)), kind, words.lang),
        )
    return out
