"""The participants as other tables may call them: by identifier, or by a name that one of them has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import pandas as pd

from clustercoop.loaders.ids import clean_id
from clustercoop.loaders.names import own_words
from clustercoop.loaders.who import name_key, numbers_in

# The title of a sheet ends here, whatever it was to be.
_LONGEST: Final = 31
_QUOTED: Final = re.compile(r"[«\"“„](.+)[»\"”]")


class Known:
    """The participants by id and by name; names that several have, or that are clusters too, tell nobody."""

    def __init__(self, people: Iterable[pd.DataFrame]) -> None:
        columns = ["participant_id", "cluster_id", "name"]
        frames = [frame[columns].astype(object) for frame in people]
        rows = pd.concat(frames) if frames else pd.DataFrame(columns=columns)
        self.ids = {str(one) for one in rows["participant_id"].dropna()}
        self.clusters = {name_key(str(one))[0] for one in rows["cluster_id"].dropna()}
        self.names: dict[str, set[str]] = {}
        for who, name in rows[["participant_id", "name"]].dropna().itertuples(index=False):
            self.names.setdefault(name_key(str(name))[0], set()).add(str(who))
        for one in self.ids:
            self.names.setdefault(name_key(one)[0], set()).add(one)

    def called(self, text: str) -> str:
        """Return the one participant that a title of a sheet or file names, "" for none."""
        if clean_id(text) in self.ids:
            return clean_id(text)
        told = {one for one in numbers_in(text) if one in self.ids}
        keys = {name_key(one)[0] for one in (text, *_quoted(text), own_words(text))}
        if keys & self.clusters - {""}:
            return ""
        told |= {who for key in keys - {""} for who in self.names.get(key, ())}
        if not told and len(text) == _LONGEST:
            key = name_key(text)[0]
            told = {who for name, some in self.names.items() if name.startswith(key) for who in some}
        return told.pop() if len(told) == 1 else ""

    def holds(self, label: str) -> bool:
        """Tell whether a label is the identifier or name of a participant."""
        return clean_id(label) in self.ids or name_key(label)[0] in self.names


def _quoted(text: str) -> list[str]:
    """Return the name in quotes of a text, where a legal form or nothing else of its own stands before it.

    What else is in quotes may be called like a firm: ``Поставки кластера «Альфа»``.
    """
    found = _QUOTED.search(text)
    if not found:
        return []
    before = own_words(text[: found.start()]).split()
    forms = (" ".join((*before[at:], found[1])) for at in range(len(before)))
    key = name_key(found[1])[0]
    return [found[1]] if not before or any(name_key(form)[0] == key for form in forms) else []
