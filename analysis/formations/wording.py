"""Sentences of the formation model for the report, in English and Russian."""

from __future__ import annotations

from collections.abc import Mapping


def rules_only(n_clusters: int, needed: int) -> Mapping[str, tuple[str, ...]]:
    """Return why no model was fitted.

    Examples
    --------
    >>> rules_only(9, 20)["en"][0]
    'Rules only: the data hold 9 clusters, and a statistical model needs at least 20.'
    """
    return {
        "en": (
            f"Rules only: the data hold {n_clusters} clusters, and a statistical model needs at least {needed}.",
            "With so few, any grouping would be a picture of chance, so none was fitted; "
            "each verdict is that of the threshold rule.",
        ),
        "ru": (
            f"Только правила: кластеров в данных {n_clusters}, а статистической модели нужно не менее {needed}.",
            "При таком числе любая группировка отражала бы случайность, поэтому модель не строилась; "
            "вывод по каждому кластеру даёт пороговое правило.",
        ),
    }
