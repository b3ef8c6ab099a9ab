"""The words of the reports, in English and Russian, read from ``reports/text``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from clustercoop.analysis.typology import label
from clustercoop.graph.errors import parameter_error

LANGUAGES: Final = ("en", "ru")


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of ``reports/text/<name>.csv``."""
    text = resources.files("clustercoop.reports").joinpath("text", f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _strings(lang: str) -> dict[str, str]:
    if lang not in LANGUAGES:
        raise parameter_error("lang", "the report", "one of en, ru", lang)
    return {row["key"]: row[lang] for row in read_table("strings")}


@cache
def _terms() -> dict[str, str]:
    return {row["term"]: row["ru"] for row in read_table("terms")}


def term(value: str, lang: str) -> str:
    """Return a term of the results (a level, type, role, verdict …) in `lang`; an unlisted one as it is.

    Examples
    --------
    >>> term("cluster-like", "ru"), term("university", "ru"), term("my own", "ru")
    ('кластерное', 'вуз', 'my own')
    """
    known = label(value, lang)
    return known if known != value or lang == "en" else _terms().get(value.casefold(), value)


@dataclass(frozen=True, slots=True)
class Words:
    """Strings of one language, with ``{name}`` places filled on call.

    Examples
    --------
    >>> Words("en")("shown", shown="3", total="5")
    'shown 3 of 5'
    """

    lang: str

    def __call__(self, key: str, **places: Any) -> str:
        """Return the string `key`; an unknown key is a KeyError, so that no page shows a bare key."""
        text = _strings(self.lang)[key]
        for name, value in places.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def subset(self, prefix: str) -> dict[str, str]:
        """Return the strings whose key begins with `prefix`, without it (for the scripts of a page)."""
        found = _strings(self.lang)
        return {key.removeprefix(prefix): text for key, text in found.items() if key.startswith(prefix)}
