"""One cell of text as a number: signs, thousands, footnote marks, units, bounds.

What a cell proves about the decimal sign of its column is gathered as `Evidence`; what it leaves open (the
mark of ``1,234``, the digits of a footnote) is settled once the whole column has been seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from typing import Final

from clustercoop.loaders.marks import bound_words, gap_meaning, open_words
from clustercoop.loaders.units import Unit, read_unit, unit_words, words

_SPACE: Final = "[ \u00a0\u2000-\u200a\u202f\u205f\u3000'’`]"
_SIGN: Final = str.maketrans({"−": "-", "–": "-", "\u2011": "-", "‒": "-", "﹣": "-", "－": "-"})
_GROUPED: Final = re.compile(rf"([-+]?\d{{1,3}}(?:{_SPACE}\d{{3}})+)((?:[.,]\d+)?)", re.ASCII)
_INDIAN: Final = re.compile(r"([-+]?\d{1,2}(?:,\d{2})+,\d{3})((?:\.\d+)?)", re.ASCII)
_PLAIN: Final = re.compile(r"[-+]?\d+", re.ASCII)
_ONE_MARK: Final = re.compile(r"([-+]?)(\d*)([.,])(\d+)", re.ASCII)
_GROUPS_ONE: Final = re.compile(r"[-+]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})+", re.ASCII)
_GROUPS_BOTH: Final = re.compile(r"[-+]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*([.,])\d+", re.ASCII)
_POWER: Final = re.compile(r"[-+]?(?:\d+|\d*([.,])\d+)[eE][-+]?\d{1,3}", re.ASCII)
# Roubles and kopecks of documents: "1 234-50", "1 234=50", "1 234 руб. 50 коп.".
_KOPECKS: Final = re.compile(
    rf"([-+]?)(\d{{1,3}}(?:{_SPACE}\d{{3}})+|\d{{4,}})"
    rf"(?:[-=]|{_SPACE}*(руб(?:ль|ля|лей)?|р)\.?{_SPACE}*)(\d\d)(?:{_SPACE}*(?:коп(?:ейка|ейки|еек)?|к)\.?)?",
    re.IGNORECASE,
)
_FOOTNOTE: Final = re.compile(rf"([-+]?\d(?:{_SPACE}?\d)*(?:[.,]\d+)?)\)(?:,\s*\d{{1,2}}\))*,?", re.ASCII)
_RAISED: Final = re.compile(r"[¹²³⁴-⁹⁾*]+$")
# Signs of accountants: (30), 20-, "- 5".
_BRACKETS: Final = re.compile(r"\(\s*([^()-]*\d[^()-]*)\)")
_BEHIND: Final = re.compile(rf"(\d(?:[\d.,]|{_SPACE})*)-")
_APART: Final = re.compile(rf"([-+]){_SPACE}+(\d.*)")
# Flags of official statistics behind a number: p provisional, e estimated, r revised …
_FLAGGED: Final = re.compile(rf"(.*\d){_SPACE}*(?:\(([a-z]{{1,2}})\)|([persudfi]{{1,2}}))")
_AROUND: Final = re.compile(rf"([^\d+-]*?)({_SPACE}*[-+]?{_SPACE}*[.,]?\d(?:[\d.,]|{_SPACE})*)(\D*)")
_HELD: Final = re.compile(r"\(([^()]*)\)(\s*\w)?")
_SCALES: Final = re.compile("тысяч|миллион|миллиард|thousand|million|billion", re.IGNORECASE)
_RANGE: Final = re.compile(
    r"(.*\d[\s%]*)(?:-|…|\.\.\.?|÷|\bto\b|\band\b|\bдо\b|\bи\b|\bbis\b)(\s*\D{0,3}\d.*)"
)
# No "b": behind a number it marks a break of the series as often as billions.
_ALONE: Final = {"m": 1e6, "mm": 1e6, "м": 1e6, "k": 1e3}


class Issue(IntEnum):
    """What a cell turned out to be."""

    OK = 0
    MISSING = 1
    NOT_A_NUMBER = 2
    FOOTNOTE = 3
    FOOTNOTE_UNCLEAR = 4
    DECIMAL_UNCLEAR = 5
    EXCEL_ERROR = 6
    WRONG_KIND = 7
    HUGE = 8
    BOUND = 9
    MERGED = 10
    UNIT_UNCLEAR = 11
    UNIT_DOUBTFUL = 12


@dataclass(slots=True)
class Token:
    """A distinct text cell: its digits, and what its one mark of three digits may be.

    Attributes
    ----------
    number : str
        The digits with a decimal point, "" where the cell is no number.
    mark : str
        A lone "." or "," followed by three digits, which may be thousands or decimal.
    footnote : str
        The digits before ``)``, to be split once the column's decimals are known.
    unit : Unit
        What the cell says of its unit.
    sides : dict of {"low", "high"} to Token
        The bounds that the cell states instead of a number.
    open : bool
        Of a bound: that it is not itself allowed (more than, less than).
    meaning : str
        What a mark of a gap means.
    """

    text: str
    number: str = ""
    mark: str = ""
    issue: Issue = Issue.OK
    percent: bool = False
    decimals: int = 0
    footnote: str = ""
    unit: Unit = field(default_factory=Unit)
    sides: dict[str, Token] = field(default_factory=dict)
    open: bool = False
    meaning: str = ""


@dataclass(slots=True)
class Evidence:
    """What the cells of a column prove: signs that are decimal, signs between thousands, spaces."""

    decimal: set[str] = field(default_factory=set)
    grouping: set[str] = field(default_factory=set)
    spaces: bool = False


def classify(text: str, evidence: Evidence) -> Token:
    """Say what a distinct cell can mean, and add what it proves about the column's signs.

    Examples
    --------
    >>> token = classify("1,2 млрд руб.", Evidence())
    >>> token.number, token.unit.scale, token.unit.currency
    ('1.2', 1000000000.0, 'RUB')
    >>> sorted(classify("0.1–0.3", Evidence()).sides), classify("(30)", Evidence()).number
    (['high', 'low'], '-30')
    """
    token = Token(text)
    body = " ".join(text.split("\t")).translate(_SIGN) if len(text) > 1 else text
    token.meaning = gap_meaning(text)
    if token.meaning:
        token.issue = Issue.MISSING
        return token
    if body.startswith("#"):
        token.issue = Issue.EXCEL_ERROR
        return token
    if not (_amount(token, body, evidence) or _bound(token, body, evidence)):
        token.issue = Issue.NOT_A_NUMBER
    return token


def _amount(token: Token, body: str, evidence: Evidence) -> bool:
    """Read one number with what stands around it; False where that is not understood."""
    raised = _RAISED.search(body)
    if raised and raised.start():
        token.issue, body = Issue.FOOTNOTE, body[: raised.start()].rstrip()
    note = _FOOTNOTE.fullmatch(body)
    if note and not raised:
        token.footnote = note[1]
        return True
    documents = _KOPECKS.fullmatch(body)
    if documents:
        roubles = re.sub(_SPACE, "", documents[2])
        token.number, token.decimals = f"{documents[1]}{roubles}.{documents[4]}", 2
        token.unit = Unit(None, "RUB") if documents[3] else Unit()
        return True
    if body.endswith("%"):
        token.percent, body = True, body[:-1].rstrip()
    if _number(token, _signed(body), evidence):
        return True
    flagged = _FLAGGED.fullmatch(body)
    if flagged and _number(token, flagged[1].rstrip(), evidence):
        token.issue = Issue.FOOTNOTE
        return True
    bracketed = _BRACKETS.fullmatch(body)
    minus, body = ("-", bracketed[1].strip()) if bracketed else ("", body)
    around = _AROUND.fullmatch(body)
    if around is None:
        return False
    unit = _unit_around(around[1], around[3])
    if unit is None or not _number(token, minus + _signed(around[2].strip()), evidence):
        return False
    token.unit, token.percent = unit, token.percent or unit.percent
    return True


def _signed(body: str) -> str:
    """Return a number with its sign in front and close to it: (30), 20- and "- 5" are negative."""
    bracketed = _BRACKETS.fullmatch(body)
    if bracketed:
        return f"-{bracketed[1].strip()}"
    behind = _BEHIND.fullmatch(body)
    if behind:
        return f"-{behind[1].strip()}"
    apart = _APART.fullmatch(body)
    return f"{apart[1]}{apart[2]}" if apart else body


@cache
def _unit_around(before: str, behind: str) -> Unit | None:
    """Return the unit that the words around a number name, None where they say something else."""
    said = f"{before.strip()} {behind.strip()}".strip(" .")
    alone = _ALONE.get(said.lower())
    if alone:
        return Unit(alone)
    if (held := _HELD.search(said)) and (
        unit_words("factor").keys() & set(words(held[1])) or (held[2] and _SCALES.search(held[1]))
    ):
        return None  # the number in words: "10 (десять) млн руб."
    rest, unit = read_unit(said)
    if rest in unit_words("units"):
        return Unit(unit.scale, physical="pieces")
    return None if rest or unit == Unit() else unit


def _bound(token: Token, body: str, evidence: Evidence) -> bool:
    """Read ``>30 %``, ``не менее 20``, ``0.1-0.3``; False where the cell states no bounds."""
    plain = " ".join(body.lower().split())
    worded = _worded(plain)
    sides = {bound_words()[worded[0]]: worded[1]} if worded else {}
    between = _RANGE.fullmatch(re.sub(r"^(?:от|from|between|von|между)\s+", "", plain))
    if between and not (worded and not plain.startswith(("от ", "from "))):
        sides = {"low": between[1].strip(), "high": between[2].strip()}
    found: dict[str, Token] = {}
    for side, part in sides.items():
        found[side] = Token(part)
        if not _amount(found[side], part, evidence) or found[side].footnote:
            return False
        found[side].open = worded is not None and len(sides) == 1 and worded[0] in open_words()
    if len(found) == 2:
        low, high = found["low"], found["high"]
        low.percent = high.percent = low.percent or high.percent
        if low.unit == Unit():
            low.unit = high.unit
        if low.unit == high.unit and not (low.mark or high.mark) and float(low.number) > float(high.number):
            return False  # no range: roubles and kopecks (1 234-50), a date
    token.sides = found
    token.issue = Issue.BOUND if found else token.issue
    return bool(found)


def _worded(plain: str) -> tuple[str, str] | None:
    """Return the word or sign in front of a number that makes it a bound, and the number."""
    for word in sorted(bound_words(), key=len, reverse=True):
        if plain.startswith(word) and (not word[-1].isalpha() or plain[len(word) : len(word) + 1] == " "):
            return word, plain[len(word) :].strip()
    return None


def _number(token: Token, body: str, evidence: Evidence) -> bool:
    """Read `body` into `token`; False where it is no number."""
    for spaced in (_GROUPED.fullmatch(body), _INDIAN.fullmatch(body)):
        if spaced is None:
            continue
        if spaced.re is _GROUPED:
            evidence.spaces = True
        else:
            evidence.grouping.add(",")
        body = re.sub(rf"{_SPACE}|,", "", spaced[1]) + spaced[2]
        if spaced[2]:
            evidence.decimal.add(spaced[2][0])
            token.number, token.decimals = body.replace(",", "."), len(spaced[2]) - 1
            return True
    if _PLAIN.fullmatch(body):
        token.number = body
        return True
    one = _ONE_MARK.fullmatch(body)
    if one:
        token.number, token.decimals = body, len(one[4])
        if len(one[4]) == 3 and 1 <= len(one[2]) <= 3 and one[2][0] != "0":
            token.mark = one[3]
        else:
            evidence.decimal.add(one[3])
            token.number = body.replace(",", ".")
        return True
    groups = _GROUPS_ONE.fullmatch(body)
    if groups:
        evidence.grouping.add(groups[1])
        token.number = body.replace(groups[1], "")
        return True
    both = _GROUPS_BOTH.fullmatch(body)
    if both and both[1] != both[2]:
        evidence.grouping.add(both[1])
        evidence.decimal.add(both[2])
        token.number = body.replace(both[1], "").replace(both[2], ".")
        token.decimals = len(body) - body.rindex(both[2]) - 1
        return True
    power = _POWER.fullmatch(body)
    if power:
        if power[1]:
            evidence.decimal.add(power[1])
        token.number = body.replace(",", ".")
        return True
    return False


def split_footnote(digits: str, decimals: int) -> float | None:
    """Return the number in front of a footnote mark, None where it is unclear where the mark begins.

    Parameters
    ----------
    digits : str
        What stands before the bracket: the number and the mark together.
    decimals : int
        Usual number of decimals of the column, −1 where they vary. With it the surplus digits are the mark;
        without it the mark is one digit.

    Examples
    --------
    >>> split_footnote("3020,82", 1), split_footnote("98,8", 1), split_footnote("185613", 0)
    (3020.8, None, 18561.0)
    """
    body = digits.replace(",", ".")
    whole, point, fraction = body.partition(".")
    if point and decimals >= 1:
        mark = len(fraction) - decimals
        if mark not in (1, 2):
            return None
    else:
        mark = 1
        if point and len(fraction) < 2:
            return None
    number, note = body[:-mark], body[-mark:]
    if note.startswith("0") or not number.strip("+-"):
        return None
    if not point and re.search(_SPACE, number):
        if not _GROUPED.fullmatch(number):
            return None
    return float(re.sub(_SPACE, "", number))
