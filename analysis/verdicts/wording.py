"""Sentences of the formation model for the report, in English and Russian."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clustercoop.analysis.verdicts.em import FloatArray
from clustercoop.analysis.verdicts.features import MIN_FEATURES, Feature, FeatureTable

if TYPE_CHECKING:
    from clustercoop.analysis.verdicts.model import Groups
    from clustercoop.analysis.verdicts.selection import Gate

Page = Mapping[str, tuple[str, ...]]

NOTICEABLE = 0.1
"""Log-odds below which a feature's contribution is not worth a word."""

GATES = {
    "split_test": (
        "the split test gives p = {value} where at most {bound} is asked",
        "критерий расщепления даёт p = {value} при допустимых {bound}",
    ),
    "smaller_group": (
        "the smaller group holds {value} of the clusters where at least {bound} is asked",
        "в меньшей группе {value} кластеров при необходимых {bound}",
    ),
    "prediction_strength": (
        "the prediction strength is {value} where at least {bound} is asked",
        "сила предсказания равна {value} при необходимых {bound}",
    ),
    "jaccard": (
        "the groups' stability (Jaccard) is {value} where at least {bound} is asked",
        "устойчивость групп (Жаккар) равна {value} при необходимых {bound}",
    ),
    "gap": (
        "the gap statistic does not prefer two groups to one",
        "gap-статистика не предпочитает две группы одной",
    ),
    "valley": (
        "between the groups there is no gap that an evenly spread population would not leave too "
        "(p = {value} where at most {bound} is asked)",
        "разрыв между группами не больше того, что оставила бы и равномерно распределённая совокупность "
        "(p = {value} при допустимых {bound})",
    ),
}

CLOSE = {
    "split_test": ("split test", "критерий расщепления"),
    "prediction_strength": ("prediction strength", "сила предсказания"),
    "jaccard": ("stability (Jaccard)", "устойчивость (Жаккар)"),
    "gap": ("gap statistic", "gap-статистика"),
    "valley": ("valley between the groups", "разрыв между группами"),
}
"""Gates whose value rests on random draws."""


def rules_only(total: int, usable: int, needed: int, features: int, theory: bool) -> Page:
    """Return why no model was fitted.

    Examples
    --------
    >>> rules_only(9, 9, 20, 6, True)["en"][0]
    'Rules only: the data hold 9 clusters; a statistical model needs at least 20.'
    """
    if total < needed:
        en = f"Rules only: the data hold {total} clusters; a statistical model needs at least {needed}."
        ru = f"Только правила: кластеров в данных {total}, а статистической модели нужно не менее {needed}."
    elif features < MIN_FEATURES:
        en = (
            f"Rules only: of the features, {features} can be used (known for enough clusters, varying, not a "
            f"repetition of another); a statistical model needs at least {MIN_FEATURES}."
        )
        ru = (
            f"Только правила: пригодных признаков (известных достаточно полно, различающихся и не "
            f"повторяющих друг друга) {features}, а статистической модели нужно не менее {MIN_FEATURES}."
        )
    elif theory:
        en = (
            f"Rules only: of {total} clusters, {usable} have enough known features; "
            f"a statistical model needs at least {needed}."
        )
        ru = (
            f"Только правила: из {total} кластеров достаточно данных у {usable}, "
            f"а статистической модели нужно не менее {needed}."
        )
    else:
        en = "Rules only: no feature on which theory takes a side is known for enough clusters."
        ru = "Только правила: ни один признак, о котором теория высказывается, не известен достаточно полно."
    return {
        "en": (
            en,
            "With so little, any grouping would be a picture of chance, so none was fitted; "
            "each verdict is that of the threshold rule.",
        ),
        "ru": (
            ru,
            "При таких данных любая группировка отражала бы случайность, поэтому модель не строилась; "
            "вывод по каждому кластеру даёт пороговое правило.",
        ),
    }


def because(features: tuple[Feature, ...], parts: FloatArray, lang: str) -> str:
    """Return which features speak for which side, strongest first, with their log-odds."""
    order = np.argsort(-np.abs(np.nan_to_num(parts)), kind="stable")
    sides: dict[bool, list[str]] = {True: [], False: []}
    for j in order:
        if not np.isnan(parts[j]) and abs(parts[j]) >= NOTICEABLE:
            sides[bool(parts[j] > 0)].append(f"{features[j].label(lang)} ({signed(parts[j], lang)})")
    unknown = [f.label(lang) for f, part in zip(features, parts, strict=True) if np.isnan(part)]
    words = (
        ("for ecosystem-like", "for cluster-like", "unknown")
        if lang != "ru"
        else ("за экосистемный тип", "за кластерный тип", "неизвестно")
    )
    lists = (sides[True], sides[False], unknown)
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in zip(words, lists, strict=True) if names)


def signed(value: float, lang: str) -> str:
    """Return `value` with its sign and one decimal.

    Examples
    --------
    >>> signed(-1.26, "ru"), signed(0.5, "en")
    ('−1,3', '+0.5')
    """
    text = f"{value:+.1f}".replace("-", "−")
    return text.replace(".", ",") if lang == "ru" else text


def flip(feature: Feature, value: float, to_ecosystem: bool, lang: str) -> str:
    """Return the nearest change that flips the verdict.

    Examples
    --------
    >>> from clustercoop.analysis.verdicts.features import feature_list
    >>> rd = next(f for f in feature_list() if f.name == "innovation")
    >>> flip(rd, 0.14, True, "en")
    'would be ecosystem-like if R&D per employee reached 0.14'
    """
    number = f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    if lang == "ru":
        side = "экосистемным" if to_ecosystem else "кластерным"
        return f"тип был бы {side} при значении «{feature.label(lang)}» {number.replace('.', ',')}"
    side = "ecosystem-like" if to_ecosystem else "cluster-like"
    return f"would be {side} if {feature.label(lang)} reached {number}"


def no_flip(to_ecosystem: bool, lang: str) -> str:
    """Return that no single feature could flip the verdict."""
    if lang == "ru":
        side = "экосистемным" if to_ecosystem else "кластерным"
        return f"ни один признак в отдельности в пределах наблюдаемых значений не сделал бы тип {side}"
    side = "ecosystem-like" if to_ecosystem else "cluster-like"
    return f"no single feature, within the range seen, would make it {side}"


def model_page(
    basis: str,
    outcome: str,
    groups: Groups,
    table: FeatureTable,
    clusters: pd.DataFrame,
    variants: pd.DataFrame,
    chosen: pd.DataFrame,
) -> Page:
    """Return what was found, how sure it is and what would change it."""
    return {
        lang: (
            *_found(outcome, groups, table, clusters, lang),
            *_sure(basis, outcome, groups, table, lang),
            *_close(groups, lang),
            *_criterion(outcome, chosen, lang),
            *_change(outcome, table, variants, lang),
        )
        for lang in ("en", "ru")
    }


def _number(text: str, lang: str) -> str:
    return re.sub(r"(?<=\d)\.(?=\d)", ",", text) if lang == "ru" else text


def _told(gate: Gate) -> dict[str, str]:
    """Return value and bound of a gate in as many digits as tell them apart.

    Examples
    --------
    >>> from clustercoop.analysis.verdicts.selection import Gate
    >>> _told(Gate("prediction_strength", 0.7987, 0.8, False))
    {'value': '0.799', 'bound': '0.8'}
    >>> _told(Gate("smaller_group", 0.0996, 0.1, False))
    {'value': '9.96%', 'bound': '10%'}
    """
    share = gate.name == "smaller_group"
    value, bound = (100 * figure if share else figure for figure in (gate.value, gate.bound))
    digits = 2
    while digits < 9 and value != bound and float(f"{value:.{digits}g}") == bound:
        digits += 1
    mark = "%" if share else ""
    return {"value": f"{value:.{digits}g}{mark}", "bound": f"{bound:g}{mark}"}


def _found(outcome: str, groups: Groups, table: FeatureTable, clusters: pd.DataFrame, lang: str) -> list[str]:
    ru = lang == "ru"
    if outcome == "none":
        failed = [
            _number(GATES[g.name][ru].format(**_told(g)), lang)
            for g in groups.gates
            if not g.passed and not np.isnan(g.value)
        ]
        return [
            "Различимых групп эти данные не показывают: деления на кластеры и экосистемы они не подтверждают."
            if ru
            else "These data show no distinct groups: they do not support dividing these formations "
            "into clusters and ecosystems.",
            ("Что не выдержано: " if ru else "What was not met: ") + "; ".join(failed) + ".",
        ]
    counts = clusters["formation_verdict"].value_counts()
    many = {name: int(counts.get(name, 0)) for name in ("ecosystem-like", "cluster-like", "undecided")}
    if outcome == "unnamed":
        return [
            "Группы различимы, но различаются не тем, чем экосистема отличается от кластера; названий они не "
            "получают."
            if ru
            else "There are two distinct groups, but they do not differ in the way an ecosystem differs "
            "from a cluster; they are not given names."
        ]
    return [
        *_two_named(many, ru),
        *_contrary(groups, table, lang),
    ]


def _contrary(groups: Groups, table: FeatureTable, lang: str) -> list[str]:
    """Name the features in which the groups differ against theory beyond their resampling error."""
    assert groups.resampled is not None
    means = groups.resampled.means
    along = (means[:, 1] - means[:, 0]) * [feature.theory for feature in table.features]
    wrong = np.quantile(along, 0.975, axis=0) < 0
    names = ", ".join(f.label(lang) for f, turned in zip(table.features, wrong, strict=True) if turned)
    if not names:
        return []
    if lang == "ru":
        return [f"Вопреки теории экосистемная группа уступает по признакам: {names}."]
    return [f"Against theory, the ecosystem-like group is lower in: {names}."]


def _two_named(many: Mapping[str, int], ru: bool) -> list[str]:
    return [
        f"Найдены две группы: экосистемный тип: {many['ecosystem-like']}, кластерный тип: "
        f"{many['cluster-like']}, не определено: {many['undecided']}."
        if ru
        else f"Two groups were found: {many['ecosystem-like']} ecosystem-like, {many['cluster-like']} "
        f"cluster-like, {many['undecided']} undecided."
    ]


def _sure(basis: str, outcome: str, groups: Groups, table: FeatureTable, lang: str) -> list[str]:
    ru = lang == "ru"
    n, p = groups.x.shape
    value = {gate.name: gate.value for gate in groups.gates}
    empty = _number(f"{np.isnan(groups.x).mean():.0%}", lang)
    out = [
        f"Число кластеров в модели: {n} (каждый — медианой своих лет). Признаки: "
        f"{', '.join(f.label(lang) for f in table.features)}; неизвестно {empty} ячеек."
        if ru
        else f"The model rests on {n} clusters (median of their years) and {p} features: "
        f"{', '.join(f.label(lang) for f in table.features)}; {empty} of the cells are unknown."
    ]
    if basis == "exploratory":
        out.append(
            "Кластеров от 20 до 40, поэтому вывод разведочный: это повод присмотреться, "
            "а не основание решать."
            if ru
            else "With 20 to 40 clusters the verdict is exploratory: a reason to look closer, not to decide."
        )
    if outcome != "none":
        figures = f"{groups.gap:.1f} ({groups.interval[0]:.1f} … {groups.interval[1]:.1f})".replace("-", "−")
        out.append(
            _number(
                f"Критерий расщепления: p = {value['split_test']:.3g}; сила предсказания "
                f"{value['prediction_strength']:.2f}; устойчивость групп {value['jaccard']:.2f}; расстояние "
                f"по направлению теории с 95%-м интервалом: {figures} стандартных отклонений.",
                lang,
            )
            if ru
            else f"Split test: p = {value['split_test']:.3g}; prediction strength "
            f"{value['prediction_strength']:.2f}; stability of the groups {value['jaccard']:.2f}; distance "
            f"along theory with its 95% interval: {figures} standard deviations."
        )
        if value["jaccard"] < 0.75:
            out.append(
                "Устойчивость ниже 0,75: состав групп сомнителен."
                if ru
                else "A stability below 0.75 makes the membership of the groups doubtful."
            )
    return out


def _close(groups: Groups, lang: str) -> list[str]:
    """Say which gates other random draws could decide otherwise, where the verdict would change with them."""
    ru = lang == "ru"
    decisive = [g for g in groups.gates if g.passed == groups.found]
    close = [g for g in decisive if g.close]
    if not close or not (groups.found or close == decisive):
        return []
    listed = "; ".join(
        _number(f"{CLOSE[g.name][ru]} {_told(g)['value']} ± {g.error:.1g} ({g.bound:g})", lang) for g in close
    )
    if ru:
        other = "не быть принято" if groups.found else "быть принято"
        return [f"Вблизи границы: {listed}. При другом начальном числе разделение могло бы {other}."]
    other = "might not be accepted" if groups.found else "might be accepted"
    return [f"Close to its bound: {listed}. With another seed of the random draws a split {other}."]


def _criterion(outcome: str, chosen: pd.DataFrame, lang: str) -> list[str]:
    """Say what BIC prefers where it disagrees with the test."""
    best = int(chosen["groups"].to_numpy()[int(chosen["bic"].to_numpy().argmin())])
    if (best > 1) == (outcome != "none") and best <= 2:
        return []
    if best > 2:
        if lang == "ru":
            return [
                f"Критерий BIC сам по себе выбрал бы число групп {best}. Модель спрашивает только о двух: "
                "больше двух групп она не исключает и не ищет."
            ]
        return [
            f"BIC alone would choose {best} groups. The model asks about two only: it neither rules out nor "
            "looks for more."
        ]
    if lang == "ru":
        return [
            f"Критерий BIC сам по себе выбрал бы число групп {best}: он не знает направления, "
            "заданного теорией, и не проверяет форму распределений; решает критерий расщепления."
        ]
    return [
        f"BIC alone would choose {best} group{'s' if best > 1 else ''}: it knows neither the direction that "
        "theory fixes nor whether the distributions are normal, so the split test decides."
    ]


def _change(outcome: str, table: FeatureTable, variants: pd.DataFrame, lang: str) -> list[str]:
    if outcome == "none" or variants.empty:
        return []
    worst = variants.sort_values(["same", "variant", "detail"], kind="stable").iloc[0]
    if worst["same"] == 1:
        return [
            "Ни одна из проверенных замен (ковариация, заполнение пропусков, набор признаков) "
            "не переводит кластер в другую группу."
            if lang == "ru"
            else "None of the other choices tried (covariance, filling the gaps, leaving out a feature) "
            "moves a cluster to the other group."
        ]
    names = {
        "covariance": ("another covariance", "другая ковариация"),
        "imputation": ("filling the gaps by imputation", "заполнение пропусков импутацией"),
        "without": ("leaving out a feature", "исключение признака"),
    }
    said = names[str(worst["variant"])][lang == "ru"]
    details = {
        "full": ("one matrix a group", "своя матрица у группы"),
        "diag": ("no correlations", "без корреляций"),
        "multiple": ("20 draws", "20 заполнений"),
        **{f.name: (f.label_en, f.label_ru) for f in table.features},
    }
    detail = details[str(worst["detail"])][lang == "ru"]
    share = f"{worst['same']:.0%}"
    if lang == "ru":
        return [
            f"Из проверенных замен сильнее всего влияет {said} ({detail}): "
            f"в своей группе остаются {share} кластеров."
        ]
    return [
        f"Of the other choices tried, {said} ({detail}) matters most: "
        f"{share} of the clusters stay in their group."
    ]
