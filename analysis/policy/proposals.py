"""Claims proposed from the sentences of a report, for a person to confirm."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple

import pandas as pd

from clustercoop.analysis.rule_files import RuleFile
from clustercoop.graph.columns import output_column
from clustercoop.graph.texts import languages, term, text

_NUMBER: Final = re.compile(
    r"(?<![\w.,/-])(\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
    r"(?:\s*(%|per cent\b|percent\b|процент(?!н)))?(?![/]|[.,]?\d)(?(2)|(?!\w))"
)
# Numbers that are no figure of an indicator: "1 of 12", dates, numbers of tables and texts.
_NO_FIGURE: Final = re.compile(
    r"\d+ (?:out )?(?:of|из) (?:the |all |всех )?\d+(?!\s*%)"
    r"|\d{1,2}\.\d{1,2}\.\d{2,4}"
    r"|(?:\b(?:table|figure|section|chapter|page|no\.|табл\w*|рис\w*|раздел\w*|глав\w*|стр\w*)\.?|№)\s*\d[\d.]*"
)
_YEARS: Final = re.compile(r"\b((?:19|20)\d\d)\b(?:\s*(?:[-–—]|to|по|до)\s*((?:19|20)\d\d)\b)?")
_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-ZА-ЯЁ«“\"])")
_BESIDE: Final = 20
_FROM_TO: Final = re.compile(
    r"(?<!\w)(?:from|со?)\s+(?:19|20)\d\d(?:\s+\w+)?\s+(?:to|по|до)\s+(?:19|20)\d\d\b"
)
_SEPARATORS: Final = re.compile(r" · |; ")
_QUOTED: Final = re.compile(r"[«“„\"]([^«»“”„\"]{3,})[»”“\"]")
_MARKS: Final = re.compile(r"\*\*|__|`|^\s*(?:[#>]+|[-*+]|\d+\.)\s+")


class Sentence(NamedTuple):
    """One sentence and the line of the report that it begins on."""

    line: int
    text: str


@dataclass(frozen=True)
class Proposal:
    """What a sentence may claim: fields of a claim, and what a reader has to look at.

    Of a sentence that denies there are no fields: a claim of its words would state the contrary.
    """

    sentence: Sentence
    fields: Mapping[str, Any]
    doubts: tuple[str, ...] = field(default=())


class _Figure(NamedTuple):
    at: int
    end: int
    value: float
    step: float
    percent: bool
    change: bool


def sentences(report: str) -> Iterator[Sentence]:
    r"""Yield the sentences of a Markdown text; tables and code are left out.

    Examples
    --------
    >>> [found for found in sentences("# Kama\n\nIt grew.\nIt fell.")]
    [Sentence(line=1, text='Kama'), Sentence(line=3, text='It grew.'), Sentence(line=4, text='It fell.')]
    """
    code, paragraph = False, list[tuple[int, str]]()
    for number, line in enumerate([*report.splitlines(), ""], 1):
        fence = line.lstrip().startswith(("```", "~~~"))
        code ^= fence
        if fence or code or not line.strip() or line.lstrip().startswith(("|", "#")):
            yield from _split(paragraph)
            paragraph = []
            if line.lstrip().startswith("#"):
                yield from _split([(number, line)])
        else:
            paragraph.append((number, line))


def _split(paragraph: Sequence[tuple[int, str]]) -> Iterator[Sentence]:
    starts, whole = [], ""
    for number, line in paragraph:
        starts.append((len(whole), number))
        whole += _MARKS.sub("", line).strip() + " "
    at = 0
    for part in _END.split(whole.strip()):
        if part:
            at = whole.index(part, at)
            yield Sentence(max(number for start, number in starts if start <= at), part)


@cache
def _words(table: str) -> tuple[tuple[re.Pattern[str], Any], ...]:
    """Return what each entry of the list of words says, with a pattern of its words."""
    found = []
    for entry in RuleFile("", "claim_words.toml").entries(table):
        said = entry.values.get("column", entry.values.get("is", entry.values.get("by")))
        options = "|".join(re.escape(_plain(word)) for word in entry.texts("words"))
        found.append((re.compile(rf"(?<!\w)(?:{options})"), said))
    return tuple(found)


def _plain(text: str) -> str:
    return text.casefold().replace("ё", "е")


def _first(table: str, plain: str) -> tuple[int, Any]:
    """Return where the first entry that fits is found, and what it says; (−1, None) for none."""
    for pattern, said in _words(table):
        if match := pattern.search(plain):
            return match.start(), said
    return -1, None


def propose(report: str, formations: pd.DataFrame, names: Mapping[str, str]) -> list[Proposal]:
    """Return claims for the sentences of `report` that hold a figure or year and name a cluster, or all.

    Parameters
    ----------
    report : str
        Markdown.
    formations : DataFrame
        Of the results that the claims shall be held against.
    names : mapping
        Cluster id → name.

    Examples
    --------
    >>> rows = pd.DataFrame({"cluster_id": ["k"], "year": [2021]})
    >>> [found] = propose("Kama's cooperation was 80.4 % in 2021.", rows, {"k": "Kama"})
    >>> found.fields["cluster"], found.fields["at_least"], found.fields["years"]
    ('k', 0.8035, [2021])
    """
    ids = [str(cluster) for cluster in dict.fromkeys(formations["cluster_id"])]
    found = []
    for sentence in sentences(report):
        plain = _plain(sentence.text)
        for pattern, said in _words("denial"):
            plain = pattern.sub(_blank, plain) if said != "denial" else plain
        if not re.search(r"\d", plain):
            continue
        if _first("scope", plain)[1] == "all":
            places: list[dict[str, Any]] = [{"clusters": "all"}]
        else:
            places = [{"cluster": cluster} for cluster in _named(plain, ids, names)]
        claims = [
            Proposal(sentence, {**place, **fields}, doubts)
            for place in places
            for fields, doubts in _claims(plain, names, place)
        ]
        found += [Proposal(sentence, {}, ("denial",))] if claims and _denies(plain) else claims
    return found


def _denies(plain: str) -> bool:
    """Tell whether a sentence denies something, so that a claim of its words would state the contrary."""
    for pattern, _ in _words("comparison"):
        plain = pattern.sub(" ", plain)
    return any(pattern.search(plain) for pattern, said in _words("denial") if said == "denial")


def _named(plain: str, ids: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """Return the clusters that a sentence names: by id, name, a part of a name, or its first word alone.

    What a name has in quotes is a part of it where no other name has it.
    """
    quoted = {cluster: set(_QUOTED.findall(_plain(names.get(cluster, "")))) for cluster in ids}
    held = Counter(part for own in quoted.values() for part in own)
    parts = {
        cluster: [
            _plain(cluster),
            *(_plain(part) for part in _SEPARATORS.split(names.get(cluster, "")) if part),
            *sorted(part for part in quoted[cluster] if held[part] == 1),
        ]
        for cluster in ids
    }
    whole = [
        cluster
        for cluster, known in parts.items()
        if any(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", plain) for part in known)
    ]
    if whole:
        return whole
    out = []
    for cluster, known in parts.items():
        others = {
            word
            for other, told in parts.items()
            if other != cluster
            for part in told
            for word in _stems(part)
        }
        own = [stem for part in known for stem in _stems(part)[:1] if len(stem) >= 4 and stem not in others]
        if any(re.search(rf"(?<!\w){re.escape(stem)}", plain) for stem in own):
            out.append(cluster)
    return out


def _stems(name: str) -> list[str]:
    """Return the words of a name without the last two letters, which inflect."""
    return [word[: max(4, len(word) - 2)] for word in re.findall(r"\w+", name)]


def _claims(
    plain: str, names: Mapping[str, str], place: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Yield the conditions that a sentence states, with what is doubtful about each."""
    text = plain
    name = names.get(str(place.get("cluster", "")), "")
    for cluster in (place.get("cluster", ""), name, *_QUOTED.findall(name)):
        text = text.replace(_plain(cluster), " " * len(cluster)) if cluster else text
    years = _years(text)
    figures = _figures(_YEARS.sub(_blank, _NO_FIGURE.sub(_blank, text)))
    kind = _type(text)
    when: dict[str, Any] = {"years": years} if years else {}
    if kind:
        doubts = () if years else ("no_year",)
        yield {"column": "ecosystem_type", "is": kind, **when, **({} if years else {"in": "any"})}, doubts
    columns = _columns(text)
    trend = _first("trend", text)[1]
    for place_, (at, column) in enumerate(columns):
        after = columns[place_ + 1][0] if place_ + 1 < len(columns) else len(text)
        fit = [each for each in figures if not each.change and _fits(text, column, at, each)]
        near = [each for each in fit if at <= each.at < after]
        near = near or [each for each in fit if each.at < at and not place_]
        if near:
            yield _condition(text, column, near, when)
        elif trend and (years or figures):
            looks = ["size"] if any(each.change for each in figures) else []
            looks += [] if len(years) > 1 or not years else ["year_before"]
            told = {"years": [years[0] - 1, *years]} if len(years) == 1 else when
            ends = looks == ["size"] or bool(_FROM_TO.search(text))
            if len(years) > 2 and ends and not _first("each", text)[1]:
                looks.append("ends")
                told = {"years": [years[0], years[-1]]}
            yield {"column": column, "trend": trend, **told}, tuple(looks)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _fits(text: str, column: str, at: int, figure: _Figure) -> bool:
    """Tell whether a figure can be one of `column`, which the sentence names at `at`, by how it is written.

    A share has a per cent sign or is a fraction; an amount has a unit, or decimals and no word of a multiple
    after it; a number of things is whole and stands by their name.
    """
    kind, whole = output_column("formations", column).kind, figure.step == 1
    unit, multiple = (
        _first(name, text[figure.end : figure.end + _BESIDE])[0] >= 0 for name in ("unit", "multiple")
    )
    if kind == "share":
        return figure.percent or not (whole or unit or multiple or figure.value > 1)
    if kind == "int":
        return (
            whole and not (figure.percent or unit or multiple) and _apart(text, at, figure.at) <= 2 * _BESIDE
        )
    return not figure.percent and (unit or not (whole or multiple))


def _apart(text: str, one: int, other: int) -> int:
    """Return the letters between two places, without what was blanked."""
    return len(" ".join(text[min(one, other) : max(one, other)].split()))


def _condition(
    text: str, column: str, near: Sequence[_Figure], when: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    figure = near[0]
    doubts = ["several"] if len(near) > 1 else []
    share = output_column("formations", column).kind == "share"
    factor = 0.01 if figure.percent and share else 1.0
    tail = text[figure.end : figure.end + _BESIDE]
    bare = output_column("formations", column).kind == "money" and _first("unit", tail)[0] < 0
    if share != figure.percent or bare:
        doubts.append("unit")
    scale = _first("scale", tail)[1]
    factor *= float(scale) if scale and not share else 1.0
    before = text[max(0, figure.at - 40) : figure.at]
    kind = _first("comparison", before)[1]
    told: dict[str, Any] = {"column": column}
    if kind:
        told[kind] = _round(figure.value * factor)
    else:
        # A printed figure stands for all that round to it.
        told["at_least"] = _round((figure.value - figure.step / 2) * factor)
        told["also"] = [{"column": column, "at_most": _round((figure.value + figure.step / 2) * factor)}]
    if not when:
        doubts.append("no_year")
    return {**told, **when, **({} if when else {"in": "any"})}, tuple(doubts)


def _round(value: float) -> float:
    return float(f"{value:.12g}")


def _years(text: str) -> list[int]:
    years: list[int] = []
    for first, last in _YEARS.findall(text):
        years += range(int(first), int(last or first) + 1)
    return sorted(dict.fromkeys(years))


def _figures(text: str) -> list[_Figure]:
    out = []
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"\s", "", match[1]).replace(",", ".")
        decimals = len(digits.partition(".")[2])
        change = bool(_change().search(text[: match.start()]))
        figure = _Figure(match.start(), match.end(1), float(digits), 10.0**-decimals, bool(match[2]), change)
        out.append(figure)
    return out


@cache
def _change() -> re.Pattern[str]:
    """Return what stands before the size of a change: "by", "by more than"."""
    limits = "|".join(pattern.pattern for pattern, _ in _words("comparison"))
    return re.compile(rf"(?<!\w)(?:by|на)(?:\s+(?:{limits})(?:\s+чем)?)?\s*$")


def _columns(text: str) -> list[tuple[int, str]]:
    """Return where each indicator is named first, in the order of the sentence."""
    found: dict[str, int] = {}
    for pattern, column in _words("column"):
        match = pattern.search(text)
        if match and column != "ecosystem_type":
            found.setdefault(column, match.start())
    return sorted((at, column) for column, at in found.items())


def _type(text: str) -> str:
    """Return the type of ecosystem that a sentence names beside a word for it, "" for none."""
    from clustercoop.analysis.thresholds import load_thresholds

    if not any(pattern.search(text) for pattern, column in _words("column") if column == "ecosystem_type"):
        return ""
    for kind in load_thresholds().types.values():
        for lang in languages():
            stems = _stems(_plain(term(kind, lang)))
            if all(re.search(rf"(?<!\w){re.escape(stem)}", text) for stem in stems):
                return str(kind)
    return ""


def as_toml(proposals: Sequence[Proposal], lang: str) -> str:
    """Return proposals as a file of claims; each says ``confirmed = false`` until a person has looked."""
    blocks = []
    for number, each in enumerate(proposals, 1):
        head = [text("claims.line", lang, line=each.sentence.line)]
        head += [text(f"claims.doubt_{doubt}", lang) for doubt in each.doubts]
        head += [] if each.fields else [each.sentence.text]
        head = [f"# {line}" for line in head]
        if not each.fields:
            blocks.append("\n".join(head) + "\n")
            continue
        told = {"id": f"line-{each.sentence.line}-{number}", "says": each.sentence.text, **each.fields}
        lines = [f"{key} = {_value(value)}" for key, value in {**told, "confirmed": False}.items()]
        blocks.append("\n".join([*head, "[[claim]]", *lines]) + "\n")
    return "\n".join(blocks)


def _value(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return (
            "["
            + ", ".join(
                "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in one.items()) + " }" for one in value
            )
            + "]"
        )
    return json.dumps(value, ensure_ascii=False)
