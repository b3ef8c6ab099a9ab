"""Support measures by type of ecosystem, as dated data."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

from clustercoop.analysis.rule_files import STATUSES, Entry, RuleFile
from clustercoop.graph.errors import DataError
from clustercoop.graph.schema import SUPPORT
from clustercoop.graph.texts import BASE, refusal

_OWN: Final = ("date", "status", "source")


def support_measures(path: str | Path = "") -> pd.DataFrame:
    """Return the support measures by type, one row a type and category.

    Parameters
    ----------
    path : str or Path
        A file of one's own; the shipped one where it is empty. It must state ``[about]`` (date, status,
        source) and, for each type that it is about, ``[type.category]`` with ``en`` for the four categories;
        ``ru``, ``note``, and a date, status or source of its own may stand there too.

    Returns
    -------
    DataFrame
        ``ecosystem_type, category, en, note, date, status, source``, texts in other languages as ``ru,
        note_ru, source_ru``; "" where there is none.

    Raises
    ------
    DataError
        The file cannot be read, or a field is wrong; the sentence names file, line and field.

    Examples
    --------
    >>> table = support_measures().set_index(["ecosystem_type", "category"])
    >>> table.loc[("growth", "organisational"), "en"]
    'Technology development centres'

    References
    ----------
    .. [1] Mityakov E. S. et al., Differentiated approach to government support measures in industrial
       ecosystems as state industrial policy principle, Table 2. Reworded.
    """
    return _read(str(path)).copy()


@cache
def _read(path: str) -> pd.DataFrame:
    file = RuleFile(path, "support_measures.toml")
    about = file.entry("about")
    shared = _origin(about)
    rows = []
    for kind in file.data:
        if kind == "about":
            continue
        for category in SUPPORT:
            entry = file.entry(f"{kind}\0{category}")
            languages = [key for key in entry.values if re.fullmatch("(note_|source_)?[a-z]{2}", key)]
            entry.only({"en", "note", *languages, *_OWN})
            own = shared | (_origin(entry, shared) if set(_OWN) & set(entry.values) else {})
            texts = {name: entry.text(name) for name in ("en", *languages)}
            note = {"note": entry.text("note", "")}
            rows.append({"ecosystem_type": kind, "category": category, **texts, **note, **own})
        unknown = sorted(set(file.data[kind]) - set(SUPPORT)) if isinstance(file.data[kind], dict) else []
        if unknown:
            raise file.entry(f"{kind}\0{unknown[0]}").error("rule_categories", known=", ".join(SUPPORT))
    return pd.DataFrame(rows).fillna("")


def refuse_other_types(path: str | Path, types: Collection[str]) -> None:
    """Refuse a file of one's own that is about a type that no cluster can be of: `types` are all there are.

    Raises
    ------
    DataError
        The sentence names file, line and type.
    """
    if not str(path):
        return
    file = RuleFile(path)
    for kind in sorted(set(file.data) - {"about", *types}):
        place, known = file.entry(f"{kind}\0{SUPPORT[0]}").place(), ", ".join(types)
        raise refusal(DataError, "support_type", place=place, kind=kind, known=known)


def _origin(entry: Entry, shared: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return date, status and source; where `shared` is given an entry may leave some to it."""
    held = {} if shared is None else shared
    given = {name: entry.values.get(name, held.get(name)) for name in _OWN}
    filled = Entry(entry.file, entry.table, entry.number, {**entry.values, **given})
    told = filled.texts_of("source")
    return {
        "date": filled.date("date").isoformat(),
        "status": filled.choice("status", STATUSES),
        "source": told.pop(BASE),
        **{f"source_{lang}": text for lang, text in told.items()},
    }
