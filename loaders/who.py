"""Who is who: identifiers and names in several spellings, joined to participants where that is certain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools
from clustercoop.graph.errors import SchemaError
from clustercoop.graph.identity import IDS
from clustercoop.graph.kinds import TEXT
from clustercoop.graph.schema import TableSpec
from clustercoop.graph.shipped import shipped_rows
from clustercoop.graph.texts import refusal
from clustercoop.loaders.coded import Coded, capitals, digits_of, isin, lowered, plain
from clustercoop.loaders.headers import names_code
from clustercoop.loaders.ids import ROUNDED, clean_id, clean_text
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.matching import candidates
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.totals import OTHERS, REGISTERED, is_total, may_be_name, names_members
from clustercoop.loaders.units import words

# Letters that look alike in two alphabets, capitals and small ones.
_CYRILLIC: Final = "АВЕЗКМНОРСТУХІЈЅаеорсухкіјѕ"
_LATIN: Final = "ABE3KMHOPCTYXIJSaeopcyxkijs"
_ALIKE: Final = str.maketrans(_CYRILLIC, _LATIN)
# A taxpayer number with its words or with a code of registration: "ИНН 7700000010", "7700000010/770001001".
_TAXPAYER: Final = re.compile(
    r"(?:(?:инн|inn)\W*)?(\d{10}|\d{12})(?:\W+(?:(?:кпп|kpp)\W*)?\d{4}[\dA-Z]{2}\d{3})?", re.IGNORECASE
)
_TAXPAYER_LENGTHS: Final = (9, 10, 11, 12)
_LONGEST: Final = 5
_SHOWN: Final = 5
_NUMBER: Final = re.compile(r"\d+")
# Letters of a name that is told from words of others.
_TELLING: Final = 4


@cache
def _forms() -> dict[tuple[str, ...], str]:
    return {
        tuple(words(phrase)): row["form"]
        for row in shipped_rows("loaders", "legal_forms.csv")
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


def numbers_in(text: str) -> list[str]:
    """Return the taxpayer numbers that stand within a text.

    Examples
    --------
    >>> numbers_in("ИНН 7700000010/770001001"), numbers_in("7700000010")
    (['7700000010'], ['7700000010'])
    """
    return re.findall(r"(?<!\d)(?:\d{10}|\d{12})(?!\d)", text)


class Index:
    """The participants by taxpayer number, by look and by name.

    A plain id looks like itself alone, and as a name it is one word.
    """

    def __init__(self, people: Ledger) -> None:
        held = people.coded("participant_id")
        texts = held.appear(people.alive)
        self._every = held.index if len(texts) == len(held.texts) else pd.Index(texts, dtype=object)
        simple = held.simple if len(texts) == len(held.texts) else plain(texts)
        self.ids = set(texts.tolist())
        self._people = people
        self._rounded: dict[int, dict[float, list[str]]] = {}
        self._plain = set(texts[simple].tolist())
        self._odd = texts[~simple].tolist()
        looks = [(look(i), i) for i in self._odd]
        looks += [(seen, seen) for seen, _ in looks if seen in self._plain]
        self.looks = _single(looks)
        self._blurred = {seen for seen, _ in looks} - set(self.looks)
        marked = [*self._odd, *(i for i in texts[simple].tolist() if i[0] in "iI")]
        self.numbers = _single((m[1], i) for i in marked if (m := _TAXPAYER.fullmatch(i)) and m[1] != i)

    @cached_property
    def _capitals(self) -> bool:
        """Whether a plain id has a capital letter."""
        return bool(capitals(np.array([*self._plain, ""], dtype=object)).any())

    @cached_property
    def _small(self) -> pd.Index[Any]:
        """Plain ids that are no numbers, in small letters."""
        texts = np.array([*self._plain, ""], dtype=object)[:-1]
        words_of: pd.Index[Any] = pd.Index(pd.unique(lowered(texts[digits_of(texts) == 0])), dtype=object)
        return words_of

    @cached_property
    def _words(self) -> dict[str, list[str]]:
        """Plain ids that are no numbers, by their small letters."""
        found: dict[str, list[str]] = {}
        for one in self._plain:
            if not one.isdigit():
                found.setdefault(one.lower(), []).append(one)
        return found

    @cached_property
    def _names(self) -> dict[str, dict[str, set[str]]]:
        """Names and ids that are no numbers, by their key: who is called so, under which legal forms."""
        frame = self._people.frame.loc[self._people.alive, ["participant_id", "name"]]
        named = frame.dropna().drop_duplicates()
        pairs = [(str(n), str(i)) for i, n in zip(named["participant_id"], named["name"], strict=True)]
        pairs += [(name, i) for name, i in self._beside("names_at") if name]
        pairs += [(i, i) for i in self._odd if not i.isdigit()]
        names: dict[str, dict[str, set[str]]] = {}
        for name, who in pairs:
            key, form = name_key(name)
            if key:
                names.setdefault(key, {}).setdefault(who, set()).add(form)
        return names

    @cached_property
    def codes(self) -> dict[str, str]:
        """Who has a code of a further column (ОГРН beside ИНН), of codes that one participant alone has."""
        told = _single((clean_id(text), who) for text, who in self._beside("codes_at"))
        return {
            code: who for code, who in told.items() if code not in self.ids and not code.strip("0-") == ""
        }

    def _beside(self, fact: str) -> list[tuple[str, str]]:
        """Return the texts of further columns of codes or of names, and whose they are."""
        pairs: list[tuple[str, str]] = []
        for number, grid in enumerate(self._people.grids):
            rows = self._people.alive & (self._people.source == number)
            ids = self._people.frame.loc[rows, "participant_id"].astype(str)
            for at in grid.facts.get(fact, ()):
                cells = grid.columns[at][self._people.position[rows]]
                pairs += zip((clean_text(show(cell)) for cell in cells), ids, strict=True)
        return pairs

    def strangers(self, held: Coded) -> list[int]:
        """Return the positions of texts that are no participant's id and may be another spelling of one."""
        out = []
        unknown = np.flatnonzero(held.places(self._every) < 0)
        others = held.texts[unknown]
        simple, digits = held.simple[unknown], held.digits[unknown]
        near = simple & (digits == 0)
        if not self._capitals:  # then small letters are those of nobody else
            near[near] = capitals(others[near])
        if near.any():
            near[near] = isin(lowered(others[near]), self._small)
        numbers = simple & np.isin(digits, sorted(_TAXPAYER_LENGTHS))
        asked = ~simple | near | numbers | np.array([text[0] in "iI" for text in others.tolist()], dtype=bool)
        if self.looks or self._names or self.codes:
            asked[:] = True
        for at, text, is_plain, maybe, number in zip(
            *(each[asked].tolist() for each in (unknown, others, simple, near, numbers)), strict=True
        ):
            if number and self._with_zero(text):
                out.append(at)
            elif not is_plain or maybe or text[0] in "iI" or text in self.looks or text in self.codes:
                out.append(at)
            elif self._names and text.lower() in self._names and not text.isdigit():
                out.append(at)
        return out

    def _with_zero(self, digits: str) -> str:
        """Return the participant whose taxpayer number this is but for its first zero, "" for none."""
        if len(digits) in (9, 11):
            return f"0{digits}" if f"0{digits}" in self.ids else ""
        return digits[1:] if digits[0] == "0" and len(digits) in (10, 12) and digits[1:] in self.ids else ""

    def find(self, stranger: str) -> tuple[str, str]:
        """Return the participant that an unknown identifier means and how, ("", reason) for none.

        The ways are ``number``, ``look`` and ``name``; ``ambiguous`` tells that several have the name,
        ``form`` that one has it under another legal form, ``within`` that other words stand beside one's.
        """
        if ROUNDED.fullmatch(stranger):
            return "", ""
        if stranger in self.codes:
            return self.codes[stranger], "number"
        compact = "".join(stranger.split())
        number = _TAXPAYER.fullmatch(compact if compact.isdigit() else stranger)
        held = set(numbers_in(stranger))
        if number or len(held) == 1:
            taxpayer = number[1] if number else held.pop()
            if taxpayer != stranger and taxpayer in self.ids:
                return taxpayer, "number"
            if taxpayer in self.numbers:
                return self.numbers[taxpayer], "number"
        if stranger.isdigit() and (whole := self._with_zero(stranger)):
            return whole, "number"
        seen = look(stranger)
        if seen in self.looks:
            return self.looks[seen], "look"
        if seen in self._plain and seen not in self._blurred:
            return seen, "look"
        if stranger.isdigit():
            return "", ""
        known, fitting = self._called(stranger)
        if len(fitting) == 1:
            return fitting[0], "name"
        if coded := self._coded(stranger):
            return coded, "number"
        if not known:
            return "", "within" if self._holds_name(stranger) else ""
        return "", "ambiguous" if fitting else "form"

    def _coded(self, stranger: str) -> str:
        """Return the participant whose id and name a text is: "7701 Альфа", "Альфа (7701)"; "" for none."""
        for piece in re.findall(r"[^\s()\[\],;|]+", stranger):
            if piece in self.ids and any(map(str.isdigit, piece)):
                rest = re.sub(
                    rf"(?:\b(?:инн|inn|id|код)\b\W*)?{re.escape(piece)}", " ", stranger, count=1, flags=re.I
                )
                if piece in self._called(rest)[1]:
                    return str(piece)
        return ""

    def _holds_name(self, stranger: str) -> bool:
        """Tell whether a participant's name stands within a text with other words, as in that of a branch."""
        found = look(" ".join(words(stranger))).split()
        runs = (
            " ".join(found[i:j]) for i in range(len(found)) for j in range(i + 1, min(i + 6, len(found) + 1))
        )
        return any(len(run) >= _TELLING and run in self._names for run in runs)

    def _called(self, stranger: str) -> tuple[dict[str, set[str]], list[str]]:
        """Return who has the name, with the legal forms, and those whose form fits."""
        key, form = name_key(stranger)
        known = dict(self._names.get(key, {}))
        known |= {who: known.get(who, set()) | {""} for who in self._words.get(key, ())}
        return known, [who for who, forms in known.items() if not form or form in forms or "" in forms]

    def may_be(self, text: str) -> list[str]:
        """Return the participants one of which a text means: several have the name, or Excel rounded it."""
        if ROUNDED.fullmatch(text):
            digits = max(len(re.split("[eE]", text)[0]) - 2, 0)
            if digits not in self._rounded:
                self._rounded[digits] = {}
                for one in sorted(i for i in self.ids if i.isdecimal()):
                    self._rounded[digits].setdefault(float(f"{float(one):.{digits}e}"), []).append(one)
            return self._rounded[digits].get(float(text.replace(",", ".")), [])
        return sorted(self._called(text)[1])


def names_alone(grid: Grid, spec: TableSpec, people: Iterable[pd.DataFrame]) -> Grid:
    """Let columns of numbers that no participant has give way to those of names that participants have.

    A register of names, or of codes of its own, tells whose the numbers are through the names alone.

    Raises
    ------
    SchemaError
        The name of a participant stands beside several numbers.
    """
    columns = coded_and_named(grid.header, spec)
    if not columns:
        return grid
    held = [frame[name].dropna().unique() for frame in people for name in ("participant_id", "name")]
    ids = {str(text) for texts in held[::2] for text in texts}
    if registered(ids):
        return grid
    names = {name_key(str(text))[0] for texts in held for text in texts}
    coded, named = (
        [show(cell).strip() for at in side for cell in pd.unique(np.asarray(grid.columns[at]))]
        for side in zip(*columns, strict=True)
    )
    if not ids.isdisjoint(coded) or not any(name_key(text)[0] in names for text in named):
        return grid
    _refuse_namesakes(grid, columns, names)
    grid.facts["set_aside"] = [at for at, _ in columns]
    return grid


def coded_and_named(header: Sequence[str], spec: TableSpec) -> list[tuple[int, int]]:
    """Return the columns of the code and of the name of each end, where every end has one of both.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> header = ["ИНН поставщика", "Поставщик", "Покупатель", "ИНН покупателя"]
    >>> coded_and_named(header, tables()["links"]), coded_and_named(header[:3], tables()["links"])
    ([(0, 1), (3, 2)], [])
    """
    columns: dict[str, tuple[list[int], list[int]]] = {end: ([], []) for end in CALLED.get(spec.name, ())}
    for at, title in enumerate(header):
        name = next((one for one in candidates(title, spec) if one in columns), "")
        if name:
            columns[name][not names_code(title)].append(at)
    pairs = [(at, other) for coded, named in columns.values() for at in coded for other in named]
    whole = all(len(coded) == len(named) == 1 for coded, named in columns.values())
    return pairs if whole else []


def registered(ids: Iterable[str]) -> bool:
    """Tell whether members have numbers of a register: a namesake has another one."""
    return any(text.isdigit() and len(text) >= REGISTERED for text in ids)


def _refuse_namesakes(grid: Grid, columns: Iterable[tuple[int, int]], names: set[str]) -> None:
    held: dict[str, dict[str, None]] = {}
    for coded, named in columns:
        pairs = pd.DataFrame({side: grid.columns[at] for side, at in (("code", coded), ("name", named))})
        for code, name in pairs.drop_duplicates().itertuples(index=False):
            number = _NUMBER.search(show(code))  # a branch has the number of its firm: "7701/770101001"
            if number and (key := name_key(show(name).strip())[0]) in names:
                held.setdefault(key, {})[number[0]] = None
    for name, numbers in held.items():
        if len(numbers) > 1:
            told = ", ".join(list(numbers)[:_SHOWN])
            raise refusal(SchemaError, "names_of_several", where=grid.where, name=repr(name), numbers=told)


def call_by_name(
    ledger: Ledger, flags: dict[tuple[str, str], Bools], used: Callable[[str], Iterable[str]]
) -> None:
    """Let members without an identifier go by their name where links or activity call them so.

    `used` gives what a table calls organisations. A name that a row with an identifier has may be that
    participant's, and one that nobody uses, or that stands for several, may be a heading: they stay without.
    So does one that links do not use where they have numbers that nobody else has: one may be its own.
    """
    frame, gap = ledger.frame, ("participant_id", "gap")
    lacking = frame["participant_id"].isna().to_numpy(bool)
    lacking = lacking | flags[gap] if gap in flags else lacking
    named = np.flatnonzero(lacking & frame["name"].notna().to_numpy(bool))
    if not len(named):
        return
    names = frame["name"].astype(object)
    held = {name_key(str(name))[0] for name in names[~lacking].dropna().unique()}
    supply, numbers = set(used("links")), set(frame["participant_id"].dropna())
    apart = any(text.isdigit() and text not in numbers for text in supply)
    called = supply if apart else supply.union(used("activity"))
    keys = {name_key(text) for text in called if not text.isdigit()}
    plain_keys = {key for key, _ in keys} - held - {""}
    ids, rows = frame["participant_id"].to_numpy(object).copy(), np.zeros(len(frame), bool)
    for row in named.tolist():
        key, form = name_key(name := str(names.iloc[row]))
        total = is_total(name) and not may_be_name(name)
        several = names_members(name) or total or bool(OTHERS.match(name))
        rows[row] = (
            not several and key in plain_keys and (not form or (key, form) in keys or (key, "") in keys)
        )
    ids[rows] = names.to_numpy(object)[rows]
    ledger.rename("participant_id", Coded.of(pd.Series(ids, dtype=TEXT)))
    ledger.note(rows, "id_from_name", "participant_id", value=lambda row: str(ids[row]))
    if gap in flags:
        flags[gap] = flags[gap] & ~rows


def _single(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a mapping of the keys that stand for one value only."""
    found: dict[str, str] = {}
    several = set()
    for key, value in pairs:
        if found.setdefault(key, value) != value:
            several.add(key)
    return {key: value for key, value in found.items() if key not in several}


CALLED: Final = {table: IDS[table] for table in ("links", "activity")}
"""Columns in which a table calls organisations as it likes."""


def join_names(ledger: Ledger, index: Index, notes: Notes) -> None:
    """Replace identifiers of links and activity that are another spelling of one participant's.

    A taxpayer number beside a code of registration, look-alike letters of two alphabets, and a name that one
    participant alone has, with the same legal form or without one, are joined and told. A link by a name that
    several have is rejected, which leaves open whose it is; one under another legal form is told and left.
    """
    ledger.who = lambda text: text if text in index.ids else index.find(text)[0] or text
    for column in CALLED.get(ledger.spec.name, ()):
        _join_column(ledger, column, index, notes)


def _join_column(ledger: Ledger, column: str, index: Index, notes: Notes) -> None:
    held = ledger.coded(column)
    texts = held.texts
    joined: dict[str, list[str]] = {}
    renamed: Any = None
    several: dict[int, list[str]] = {}
    links = ledger.spec.name == "links"
    for at in index.strangers(held):
        who, how = index.find(texts[at])
        if links and (how == "ambiguous" or ROUNDED.fullmatch(texts[at])):
            several[at] = index.may_be(texts[at])
        if how and not (at in several and how == "ambiguous"):
            joined.setdefault(how, []).append(f"{texts[at]} → {who}" if who else str(texts[at]))
        if who:
            renamed = texts.copy() if renamed is None else renamed
            renamed[at] = who
    place = ledger.grids[0].place
    for how, examples in joined.items():
        more = f" (+{len(examples) - _SHOWN})" if len(examples) > _SHOWN else ""
        shown = "; ".join(examples[:_SHOWN]) + more
        column_name = ledger.header(0, column)
        notes.add(f"id_by_{how}", **place, column=column_name, value=str(len(examples)), detail=shown)
    if renamed is not None:
        ledger.rename(column, Coded.renamed(held.codes, renamed))
    if several:
        ledger.perhaps[column] = {str(texts[at]): people for at, people in several.items() if people}
        named = [at for at in several if not ROUNDED.fullmatch(texts[at])]  # those are rejected as rounded
        where = np.isin(held.codes, named)
        ledger.unname(column, where)
        ledger.reject(
            where, "id_ambiguous", column, detail=lambda row: "; ".join(several[int(held.codes[row])])
        )
