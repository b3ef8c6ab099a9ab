"""What words say of documents: what came of them, what they are, and what was paid for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from clustercoop.graph.shipped import shipped_rows
from clustercoop.loaders.units import words

_PAID_FOR: Final = re.compile(r"\b(?:пред)?оплат|\bpayment for\b")
_KINDS: Final = ("header", "posted", "deleted", "document", "kind", "purpose", "comment")
# "Reverse charge" is a way to pay tax, "reverse logistics" a service.
_REVERSE: Final = frozenset("charge logistics engineering osmosis не not".split())
_DATED: Final = frozenset("от г no dated of".split())
_LONGEST: Final = 4
# The number or date of a correction, which few documents have; not that of a record or of a price.
_CORRECTION: Final = re.compile(
    r"(?!.*(?:последн|запис|коэфф|цен|last|record|factor|price))"
    r"(?:.*(?:номер|№|дата|number|no\b|date).*(?:исправлени|корректиров|correction|amendment)"
    r"|.*(?:исправление|correction|amendment)$)",
    re.IGNORECASE,
)
# A remark that is void under a header of states, and elsewhere the name of a thing.
_REMARK: Final = frozenset({"проект"})
# What is bought, and whose money pays for it, tell of no loan or refund: "за программу 1С:Зарплата".
_BOUGHT: Final = re.compile(
    r"\b(?:за сч[её]т|из средств|за вычетом|net of|out of|financed by"
    r"|(?:за|for)(?: \S+){0,2} (?:товар|поставк|услуг|работ|материал|оборудован|продукц|сырь|программ|лиценз"
    r"|1\s?[сc]\b|goods|suppl|deliver|services|works|materials|equipment|products|software|licen[cs]e))"
)


@cache
def known_words() -> dict[str, frozenset[str]]:
    """Return the plain words of each meaning (``status_words.csv``)."""
    return {
        row["means"]: frozenset(plain_words(word) for word in row["words"].split("|"))
        for row in shipped_rows("loaders", "status_words.csv")
    }


def plain_words(text: str) -> str:
    """Return the words of a text in small letters, or the text where it has none.

    Examples
    --------
    >>> plain_words(" Вид  операции: "), plain_words("-")
    ('вид операции', '-')
    """
    return " ".join(words(text)) or text.strip()


def states(header: str) -> bool:
    """Tell whether a header is of the state or the kind of documents."""
    return any(plain_words(header) in known_words()[kind] for kind in _KINDS) or tells_correction(header)


def names_kind(header: str) -> bool:
    """Tell whether cells below a header say what documents are: ``Вид операции``, ``Тип``."""
    return plain_words(header) in known_words()["document"] | known_words()["kind"]


def tells_correction(header: str) -> bool:
    """Tell whether a header is of the numbers or dates of corrections.

    Examples
    --------
    >>> [tells_correction(text) for text in ("Номер и дата исправления", "Дата последней корректировки")]
    [True, False]
    """
    return bool(_CORRECTION.match(header))


def tells_version(header: str) -> bool:
    """Tell whether a header is of versions or scenarios of the same figures."""
    return plain_words(header) in known_words()["version"]


def hints(header: str) -> list[str]:
    """Return a word of each phrase that may set a row aside, where a header is of purposes or remarks."""
    known = known_words()
    phrases = known["void"] if plain_words(header) in known["comment"] else frozenset[str]()
    if plain_words(header) in known["purpose"]:
        phrases = known["no_supply"] | known["unless_paid_for"] | known["returned"]
    return sorted({max(phrase.split(), key=len) for phrase in phrases})


def undone(header: str, texts: Sequence[str]) -> list[str]:
    """Return the texts of a column that say that rows came to nothing, or take supplies back.

    Examples
    --------
    >>> undone("Статус", ["Исполнен", "Отменён"]), undone("Вид операции", ["Сторно"]), undone("Имя", ["-"])
    (['Отменён'], ['Сторно'], [])
    """
    kind = next((k for k in _KINDS if plain_words(header) in known_words()[k]), "")
    if kind == "purpose":
        return [text for text in texts if speaks(text, "no_supply") or speaks(text, "returned")]
    if kind in ("document", "kind"):
        found = [words(text) for text in texts]
        none = goods_back(found)
        if "delivery" in map(kind_of, found):
            apart = [kind_of(said, kinds=kind == "kind") in ("no_delivery", "bill") for said in found]
            none = [b or a for b, a in zip(none, apart, strict=True)]
        return [text for text, out in zip(texts, none, strict=True) if out]
    return [text for text in texts if kind and is_void(plain_words(text), kind)]


def corrections(header: str, texts: Sequence[str]) -> list[str]:
    """Return the texts of a column that say that documents correct others, where not all do.

    Examples
    --------
    >>> corrections("Документ", ["УПД 1", "УКД 2"]), corrections("Имя", ["УПД 1", "УКД 2"])
    (['УКД 2'], [])
    >>> corrections("Дата исправления", ["", "05.02.2022"])
    ['05.02.2022']
    """
    found: list[str] = []
    if names_kind(header):
        bare = plain_words(header) in known_words()["kind"]
        read = {text: words(text) for text in texts}
        found = [text for text in texts if _corrects(read[text], bare) and not _takes_back(read[text])]
    elif tells_correction(header):
        found = [text for text in texts if plain_words(text) not in known_words()["no"] | {"", "–", "—"}]
    return [] if len(found) == len(texts) else found


def _corrects(found: Sequence[str], bare: bool) -> bool:
    phrases = {" ".join(found[at : at + size]) for at in range(len(found)) for size in (1, 2)}
    phrases = {" ".join(found)} if bare else phrases
    return bool(phrases & known_words()["corrects"])


def kind_of(found: Sequence[str], *, kinds: bool = False) -> str:
    """Tell "delivery", "no_delivery", "bill" or "" by words that begin a text; of `kinds` by all of it."""
    for size in range(_LONGEST, 0, -1):
        for means in ("delivery", "no_delivery", "bill"):
            if " ".join(found[:size]) in known_words()[means]:
                whole = size >= len(found)  # "заказ на разработку" is a kind of supply
                return means if means == "delivery" or whole or not kinds else ""
    return ""


def speaks(text: str, means: str) -> bool:
    """Tell whether a purpose of payment speaks of `means` ("no_supply", "returned")."""
    plain = " ".join(words(text))
    found = _BOUGHT.split(plain, 1)[0].split()
    phrases = known_words()[means]
    if means == "no_supply" and not _PAID_FOR.search(plain):
        phrases |= known_words()["unless_paid_for"]  # of goods, a subsidy or a loan may be the source
    ends = ((at, at + size) for at in range(len(found)) for size in range(1, _LONGEST + 1))
    return any(" ".join(found[at:end]) in phrases and found[end : end + 1] != ["0"] for at, end in ends)


def goods_back(texts: Sequence[list[str]]) -> list[bool]:
    """Tell which kinds of documents take supplies back: beside deliveries ``Возврат 12`` alone does."""
    mixed = "delivery" in map(kind_of, texts)

    def alone(text: Sequence[str]) -> bool:
        return text[:1] != [] and text[0] in known_words()["back_beside"] and set(text[1:]) <= numbers

    numbers = {word for text in texts for word in text if any(map(str.isdigit, word))} | _DATED
    return [_takes_back(text) or (mixed and alone(text)) for text in texts]


def _takes_back(found: list[str]) -> bool:
    if any(" ".join(found[:size]) in known_words()["back"] for size in range(1, _LONGEST + 1)):
        return True
    turned = any(word.startswith(("сторн", "storn", "revers")) for word in found)
    return turned and not _REVERSE & set(found)


def is_void(text: str, kind: str) -> bool:
    """Tell whether plain words below a header of `kind` ("header", "posted", …) say that nothing came."""
    if kind in ("header", "comment"):
        return text in known_words()["void"] and not (kind == "comment" and text in _REMARK)
    return text in known_words()["no" if kind == "posted" else "yes"]
