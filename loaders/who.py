"""Who is who: identifiers and names in several spellings, joined to participants where that is certain."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.units import words

# Letters that look alike in two alphabets, capitals and small ones.
_CYRILLIC: Final = "АВЕЗКМНОРСТУХІЈЅаеорсухкіјѕ"
_LATIN: Final = "ABE3KMHOPCTYXIJSaeopcyxkijs"
_ALIKE: Final = str.maketrans(_CYRILLIC, _LATIN)
# A taxpayer number with its words or with a code of registration: "ИНН 7700000010", "7700000010/770001001".
_TAXPAYER: Final = re.compile(
    r"(?:(?:инн|inn)\W*)?(\d{10}|\d{12})(?:\W+(?:(?:кпп|kpp)\W*)?\d{4}[\dA-Z]{2}\d{3})?", re.IGNORECASE
)
_LONGEST: Final = 5
_SHOWN: Final = 5


@cache
def _forms() -> dict[tuple[str, ...], str]:
    text = resources.files("clustercoop.loaders").joinpath("legal_forms.csv").read_text("utf-8")
    return {
        tuple(words(phrase)): row["form"]
        for row in csv.DictReader(text.splitlines())
        for phrase in row["words"].split("|")
    }


def look(text: str) -> str:
    """Return how a text looks: letters of two alphabets that look alike are one, ё is е.

    Examples
    --------
    >>> look("РАЗ-01") == look("PA3-01"), look("a1") == look("A1")
    (True, False)
    """
    return text if text.isascii() else text.replace("ё", "е").replace("Ё", "Е").translate(_ALIKE)


def name_key(name: str) -> tuple[str, str]:
    """Return a name without its legal form, quotes and case, and the form ("" for none).

    Examples
    --------
    >>> name_key("ООО «Заря»") == name_key("Заря, ооо"), name_key("Forge GmbH")
    (True, ('forge', 'llc'))
    """
    found = words(name)
    form = ""
    for size in range(min(_LONGEST, len(found) - 1), 0, -1):
        if tuple(found[:size]) in _forms():
            form, found = _forms()[tuple(found[:size])], found[size:]
            break
        if tuple(found[-size:]) in _forms():
            form, found = _forms()[tuple(found[-size:])], found[:-size]
            break
    return look(" ".join(found)), form


class Index:
    """The participants by taxpayer number, by look and by name."""

    def __init__(self, people: Ledger) -> None:
        frame = people.frame.loc[people.alive, ["participant_id", "name"]]
        ids = [str(i) for i in frame["participant_id"].dropna().unique()]
        self.ids = set(ids)
        self.looks = _single((look(i), i) for i in ids)
        self.numbers = _single((m[1], i) for i in ids if (m := _TAXPAYER.fullmatch(i)) and m[1] != i)
        named = frame.dropna().drop_duplicates()
        pairs = [(str(n), str(i)) for i, n in zip(named["participant_id"], named["name"], strict=True)]
        pairs += [(i, i) for i in ids if not i.isdigit()]
        self.names: dict[str, dict[str, set[str]]] = {}
        for name, who in pairs:
            key, form = name_key(name)
            if key:
                self.names.setdefault(key, {}).setdefault(who, set()).add(form)

    def find(self, stranger: str) -> tuple[str, str]:
        """Return the participant that an unknown identifier means and how, ("", reason) for none.

        The ways are ``number``, ``look`` and ``name``; ``ambiguous`` tells that several have the name,
        ``form`` that one has it under another legal form.
        """
        number = _TAXPAYER.fullmatch(stranger)
        if number:
            taxpayer = number[1]
            if taxpayer != stranger and taxpayer in self.ids:
                return taxpayer, "number"
            if taxpayer in self.numbers:
                return self.numbers[taxpayer], "number"
        seen = self.looks.get(look(stranger), "")
        if seen:
            return seen, "look"
        if stranger.isdigit() or not self.names:
            return "", ""
        key, form = name_key(stranger)
        known = self.names.get(key, {})
        if not known:
            return "", ""
        fitting = [who for who, forms in known.items() if not form or form in forms or "" in forms]
        if len(fitting) == 1:
            return fitting[0], "name"
        return "", "ambiguous" if fitting else "form"


def _single(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a mapping of the keys that stand for one value only."""
    found: dict[str, str] = {}
    several = set()
    for key, value in pairs:
        if found.setdefault(key, value) != value:
            several.add(key)
    return {key: value for key, value in found.items() if key not in several}


ENDS: Final = {"links": ("supplier_id", "buyer_id"), "activity": ("participant_id",)}


def join_names(ledger: Ledger, index: Index, notes: Notes) -> None:
    """Replace identifiers of links and activity that are another spelling of one participant's.

    A taxpayer number beside a code of registration, look-alike letters of two alphabets, and a name that one
    participant alone has, with the same legal form or without one, are joined and told. Names that several
    have, or one under another legal form, are told and left.
    """
    for column in ENDS.get(ledger.spec.name, ()):
        _join_column(ledger, column, index, notes)


def _join_column(ledger: Ledger, column: str, index: Index, notes: Notes) -> None:
    codes, unique = pd.factorize(ledger.frame[column], use_na_sentinel=True)
    texts = unique.to_numpy(dtype=object)
    strange = [at for at, text in enumerate(texts) if text not in index.ids]
    joined: dict[str, list[str]] = {}
    renamed: Any = None
    for at in strange:
        who, how = index.find(texts[at])
        if how:
            joined.setdefault(how, []).append(f"{texts[at]} → {who}" if who else str(texts[at]))
        if who:
            renamed = texts.copy() if renamed is None else renamed
            renamed[at] = who
    place = {"table": ledger.spec.name, "file": ledger.grids[0].file, "sheet": ledger.grids[0].sheet}
    for how, examples in joined.items():
        more = f" (+{len(examples) - _SHOWN})" if len(examples) > _SHOWN else ""
        shown = "; ".join(examples[:_SHOWN]) + more
        column_name = ledger.header(0, column)
        notes.add(f"id_by_{how}", **place, column=column_name, value=str(len(examples)), detail=shown)
    if renamed is not None:
        ledger.rename(column, np.append(renamed, np.nan)[codes])
