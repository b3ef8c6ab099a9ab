"""The words of the reports in one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clustercoop.graph.arrays import Floats
from clustercoop.graph.texts import BASE, entries, subset, term, text
from clustercoop.reports.inert import plain


@dataclass(frozen=True, slots=True)
class Words:
    """Texts of the reports (``report.…`` in the catalogues), with ``{name}`` places filled on call.

    Raises
    ------
    ParameterError
        There is no catalogue of `lang`.

    Examples
    --------
    >>> Words("en")("shown", shown="3", total="5")
    'shown 3 of 5'
    """

    lang: str
    about: str = ""

    def __post_init__(self) -> None:
        """Refuse a language without a catalogue."""
        entries(self.lang)

    def __call__(self, key: str, **places: Any) -> str:
        """Return the text `key`; an unknown key is a KeyError, so that no page shows a bare key."""
        id = f"report.{key}"
        if self.about and f"{id}_{self.about}" in entries(BASE):
            id = f"{id}_{self.about}"
        return text(id, self.lang, **places)

    def of(self, about: str) -> Words:
        """Return the same words with those of their own that pages about something else have.

        Examples
        --------
        >>> Words("en")("js_name"), Words("en").of("flows")("js_name")
        ('Participant', 'Cluster')
        """
        return Words(self.lang, about)

    def money(self, currency: str) -> str:
        """Return the unit of money, millions of `currency`: an ISO code, or what the data call it.

        Examples
        --------
        >>> Words("ru").money("RUB"), Words("en").money("guilder")
        ('млн руб.', 'million guilder')
        """
        id = f"currency.{currency}"
        told = text(id, self.lang) if id in entries(BASE) else plain(currency)
        return self("unit_money", currency=told)

    def alike(self, values: Floats, value: float) -> str:
        """Return how many others of `values` are as large as `value`, behind who has it; "" for none.

        Examples
        --------
        >>> Words("en").alike(np.array([2.0, 1.0, 2.0, np.nan]), 2.0)
        ' and 1 more'
        """
        others = int(np.isclose(values, value, rtol=1e-9, atol=0).sum()) - 1
        return f" {self('pp_and_more', n=others)}" if others > 0 else ""

    def term(self, value: str) -> str:
        """Return a level, type or verdict in words."""
        return term(value, self.lang)

    def subset(self, prefix: str) -> dict[str, str]:
        """Return the texts whose key begins with `prefix`, without it (for the scripts of a page)."""
        found, ending = subset(f"report.{prefix}", self.lang), f"_{self.about}"
        own = {key.removesuffix(ending): found[key] for key in found if self.about and key.endswith(ending)}
        return found | own
