"""Match headers to the contract's columns: what is explained by known words is matched, nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import ENDS, NUMERIC, ColumnSpec, TableSpec, tables
from clustercoop.graph.texts import refusal, told
from clustercoop.loaders.headers import HeaderMatch, Matched, is_foreign, is_price, names_code, names_line
from clustercoop.loaders.pivots import ROWS
from clustercoop.loaders.units import Unit, read_unit, words
from clustercoop.loaders.vocabulary import (
    PATH,
    Reading,
    alien_letters,
    lexicon,
    read_header,
    same_letters,
    without_gloss,
)
from clustercoop.loaders.years import years_run

EXACT, PHRASE, WORDS, GLOSS, LEAF = 1.0, 0.95, 0.9, 0.8, 0.7
# The base of levels: "Индекс цен (2020 г. = 100 %)".
_BASE: Final = re.compile(r"[\s,(]*(?:19|20)\d\d\s*(?:г\.|год)?\s*=\s*(?:100|1)\s*%?\)?")
_YEAR_HEADER: Final = re.compile(
    r"(?:(?:за|in|fy)\s*)?(?:19|20)\d\d\s*(?:г\.?|год)?\s*(?:,.*)?", re.IGNORECASE
)
_NAMING: Final = frozenset({"наименование", "название", "name", "title"})
# Of several names the short one is shown.
_SHORT: Final = frozenset("краткое сокращенное short".split())
_FULL: Final = frozenset("полное официальное full official legal".split())
_CODE_WORDS: Final = frozenset("инн ид id код code inn идентификатор number огрн no номер кпп".split())
# Numbers of registers stand beside a taxpayer's, which joins tables; a register of members tells all of them.
_REGISTERED: Final = frozenset("огрн огрнип окпо ogrn okpo кпп kpp".split())
_TAXPAYER: Final = frozenset("инн inn tin taxpayer tax бин унп".split())
_WRITTEN: Final = _NAMING | _CODE_WORDS | frozenset("полное краткое сокращенное full short адрес".split())
_COUNTED: Final = re.compile(
    r"(?:number|no\.?|count|количество|число|кол-во)\s+(?:of\s+(?!the\b)|[^\W\d_])", re.IGNORECASE
)
_NOTE_DIGIT: Final = re.compile(r"(?<=[а-яё]{4})[1-9](?=\s*(?:[,(]|$))")
_SOLD_INSIDE: Final = "used_by_participants"
# Whose figure it is, which every row says anyway: "Выпуск участников кластера".
_OWNERS: Final = re.compile(
    r"\s+(?:(?:участник|член)(?:а|ов|ами)|предприяти(?:я|й|ями)|организаци(?:и|й|ями)|компани(?:и|й|ями)"
    r"|(?:of|by) (?:the )?(?:members|participants|firms|companies|organi[sz]ations))"
    r"(?:\s+(?:промышленного\s+)?кластера|\s+of the cluster)?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Option:
    """A column that a header may mean: how sure (1 is the contract's own name), and its rank (1 before 2)."""

    name: str
    sure: float
    rank: int = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """A header's claim to a column."""

    position: int
    header: str
    option: Option
    reading: Reading


def options(header: str, spec: TableSpec) -> tuple[Option, ...]:
    """Return the columns of `spec` that `header` may mean, the likeliest first.

    A header of several levels is joined by ``" / "``. Every word must be known: as part of a name, as a mark
    (``всего``, ``без НДС``, ``факт``), a unit or a year. A header that is partly understood means nothing.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> options("Сумма без НДС, тыс. руб.", tables()["links"])
    (Option(name='value', sure=0.9, rank=1),)
    >>> options("Сумма НДС", tables()["links"])
    ()
    """
    return _options(header.strip(), spec.name)


@cache
def _options(stripped: str, table: str) -> tuple[Option, ...]:
    spec = tables()[table]
    if stripped in spec.names:
        return (Option(stripped, EXACT),)
    if table == "links" and is_price(stripped):
        return ()
    if table == "deflators":
        stripped = _BASE.sub("", stripped)
    known = lexicon(table)
    reading = read_header(stripped)
    found = known.plain.get(reading.plain) if PATH not in stripped else None
    if not found and not reading.core and PATH not in stripped:  # marks and a unit: their words decide
        found = known.plain.get(read_header(read_unit(stripped)[0]).plain)
    if found:
        return tuple(Option(name, PHRASE, rank) for name, rank in found)
    if not reading.plain:
        return ()
    telling = reading.telling - {"part"} if "inside" in reading.telling else reading.telling
    found = known.read.get((reading.core, telling))
    if found and _COUNTED.match(stripped):  # how many, and not which
        found = tuple(option for option in found if spec[option[0]].type != "id")
    if found and reading.core:
        return tuple(Option(name, WORDS, rank) for name, rank in found)
    return (
        _inside(reading, spec)
        or _glossed(stripped, spec)
        or _of_levels(stripped, spec)
        or _owned(stripped, spec)
        or _bilingual(stripped, spec)
        or _footnoted(stripped, spec)
    )


def _bilingual(header: str, spec: TableSpec) -> tuple[Option, ...]:
    """Read ``Year/Год``: one header in two languages."""
    parts = [part.strip() for part in re.split(r"[/|]", header)]
    bare = [part.partition(",")[0].isascii() for part in parts]  # a unit stands behind either
    if len(parts) != 2 or PATH in header or not all(parts) or bare[0] == bare[1]:
        return ()
    first, second = (options(part, spec) for part in parts)
    names = {option.name for option in second}
    return tuple(replace(o, sure=min(o.sure, GLOSS)) for o in first if o.name in names)


def _footnoted(header: str, spec: TableSpec) -> tuple[Option, ...]:
    """Read ``Выпуск1, млн руб.``: the digit of a footnote behind the name of a figure."""
    bare = _NOTE_DIGIT.sub("", header)
    found = options(bare, spec) if bare != header else ()
    return tuple(replace(o, sure=min(o.sure, GLOSS)) for o in found if spec[o.name].type in NUMERIC)


def _inside(reading: Reading, spec: TableSpec) -> tuple[Option, ...]:
    """Read ``Объём отгрузки / в т. ч. участникам``: output of which participants use so much."""
    if _SOLD_INSIDE not in spec.names or not reading.core or reading.telling - {"part"} != {"inside"}:
        return ()
    whole = lexicon(spec.name).read.get((reading.core, frozenset()), ())
    return (Option(_SOLD_INSIDE, WORDS),) if any(name == "output" for name, _ in whole) else ()


def _owned(header: str, spec: TableSpec) -> tuple[Option, ...]:
    """Read ``Выпуск участников кластера``: the figure of each row, and not what was sold to them."""
    bare = _OWNERS.sub("", header)
    if spec.name != "activity" or bare == header:
        return ()
    found = (option for option in options(bare, spec) if spec[option.name].type in NUMERIC)
    return tuple(replace(option, sure=min(option.sure, GLOSS)) for option in found)


def _glossed(header: str, spec: TableSpec) -> tuple[Option, ...]:
    """Read ``Поставщик (подрядчик, исполнитель)``: brackets that say the same, or only marks and units.

    ``Поставщик (наименование, ИНН)`` says what of an organisation is written there.
    """
    bare, held = without_gloss(header)
    if not held or not bare:
        return ()
    found = options(bare, spec)
    if found and spec[found[0].name].type == "id" and _WRITTEN.issuperset(words(" ".join(held))):
        return tuple(replace(option, sure=min(option.sure, GLOSS)) for option in found)
    names, unit = {option.name for option in found}, read_header(bare).unit
    for text in held:
        for piece in re.split(r"[,;/]", text):
            reading = read_header(piece)
            same = {o.name for o in options(piece.strip(), spec)} & names if piece.strip() else names
            contradicts = Unit() not in (reading.unit, unit) and reading.unit != unit
            if reading.telling or contradicts or (reading.core and not same):
                return ()
    return tuple(replace(option, sure=min(option.sure, GLOSS)) for option in found)


def _of_levels(header: str, spec: TableSpec) -> tuple[Option, ...]:
    """Read a path whose upper levels only head a group (``Сведения / ИНН``), or whose leaf is a code."""
    levels = header.split(PATH)
    if len(levels) < 2:
        return ()
    above, below = options(PATH.join(levels[:-1]), spec), options(levels[-1], spec)
    if above and _CODE_WORDS >= set(words(levels[-1])) and spec[above[0].name].type == "id":
        return tuple(replace(option, sure=LEAF) for option in above[:1])
    if both := {o.name for o in above} & {o.name for o in below}:  # one header in two languages
        return tuple(option for option in above if option.name in both)
    return tuple(replace(o, sure=min(o.sure, LEAF)) for o in options(named_below(header, spec), spec))


def named_below(header: str, spec: TableSpec) -> str:
    """Return a path without an upper level that names no column and no mark, "" where it has none such.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> named_below("Показатели / Выпуск / 2021", tables()["activity"])
    'Выпуск / 2021'
    """
    group, _, rest = header.partition(PATH)
    reading = read_header(group)
    heads = reading.core and not reading.telling and not reading.year and not options(group, spec)
    return rest if heads else ""


def candidates(header: str, spec: TableSpec) -> tuple[str, ...]:
    """Return the names of the columns of `spec` that `header` may mean, the likeliest first.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> candidates("Объём отгрузки, млн руб.", tables()["links"])
    ('value',)
    """
    return tuple(option.name for option in options(header, spec))


def meaning(header: str, spec: TableSpec) -> str:
    """Return the column of `spec` that `header` means, the likeliest of several; "" for none.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> meaning("Объём отгрузки, млн руб.", tables()["links"]), meaning("Телефон", tables()["links"])
    ('value', '')
    """
    return next(iter(candidates(header, spec)), "")


def known_forms(spec: TableSpec) -> frozenset[str]:
    """Return the phrases of all columns of a table."""
    return frozenset(lexicon(spec.name).plain)


def count_matches(cells: Sequence[object], spec: TableSpec) -> int:
    """Return how many columns of `spec` the cells of a row name."""
    named = [candidates(cell, spec) for cell in cells if isinstance(cell, str) and 0 < len(cell) < 300]
    return len({name for names in named for name in names[:1]})


def match_headers(
    headers: Sequence[str], spec: TableSpec, where: str, shown: Sequence[str] = ()
) -> HeaderMatch:
    """Match headers to the columns of a table: every column takes the best of its claims.

    An alias that may mean two columns (``Организация``: the id or the name) takes the first that is free.
    A header whose unit the column cannot have (``Объём, тыс. тонн`` where money is needed) means nothing.
    Of several claims the contract's own name wins; then of ids the one that speaks of a code, of figures the
    actual one, the one without VAT before the one with it, the whole before a part, and the
    figure itself before a substitute (shipped output before revenue). The others are set aside by name.
    Where no header is of an identifier, the one of names is. `shown` are the headers as the file has them.

    Raises
    ------
    SchemaError
        Two headers mean one column and nothing tells which is meant, or a required column is missing.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> match = match_headers(["ИНН", "Организация", "Кластер"], tables()["participants"], "a.csv")
    >>> [(m.header, m.column.name) for m in match.columns]
    [('ИНН', 'participant_id'), ('Кластер', 'cluster_id'), ('Организация', 'name')]
    """
    claims, wrong, ambiguous = _claims(headers, spec)
    taken, aside = _settle(claims, spec, where)
    for position, several in ambiguous.items():
        free = next((o for o in several if o.name not in taken), several[0])
        claim = Claim(position, headers[position], free, read_header(headers[position]))
        rivals = [claim] if free.name not in taken else [taken[free.name], claim]
        best, lost = _best(rivals, spec[free.name], where)
        taken[free.name] = best
        aside += [(weak.header, best.header) for weak in lost]
    if "participant_id" in spec.names and "participant_id" not in taken:
        taken |= _by_name(headers, taken.pop("name", None))
    missing = [name for name in spec.required if name not in taken]
    if missing:
        _refuse(shown or headers, missing, wrong, spec, where)
    used = {claim.position for claim in taken.values()}
    weak_headers = {header for header, _ in aside} | set(wrong)
    unknown = tuple(h for i, h in enumerate(headers) if i not in used and h and h not in weak_headers)
    columns = tuple(
        Matched(won.position, won.header, column, read_unit(unit_text(won.header))[1])
        for column in spec.columns
        if (won := taken.get(column.name))
    )
    sure = tuple((claim.header, claim.option.sure) for claim in taken.values())
    return HeaderMatch(columns, unknown, tuple(aside), tuple(wrong.items()), sure)


def _by_name(headers: Sequence[str], named: Claim | None) -> dict[str, Claim]:
    """Return the claim to an identifier of the one column of names."""
    register, of_name = tables()["participants"], [] if named is None else [named]
    for at, header in enumerate(headers if named is None else ()):
        of_name += [
            Claim(at, header, o, read_header(header)) for o in options(header, register) if o.name == "name"
        ]
    return {"participant_id": of_name[0]} if len(of_name) == 1 else {}


def unit_text(header: str) -> str:
    """Return the level of a path that names a unit, the last one first; the whole header elsewhere."""
    levels = header.split(PATH)
    named = [level for level in levels if read_unit(level)[1] != Unit()]
    return named[-1] if named and len(levels) > 1 else header


def _claims(
    headers: Sequence[str], spec: TableSpec
) -> tuple[dict[str, list[Claim]], dict[str, str], dict[int, tuple[Option, ...]]]:
    """Return the claims to each column, headers of a wrong unit, and headers of several meanings."""
    claims: dict[str, list[Claim]] = {}
    wrong: dict[str, str] = {}
    ambiguous: dict[int, tuple[Option, ...]] = {}
    for position, header in enumerate(headers):
        found = options(header, spec)
        fitting = tuple(o for o in found if read_unit(unit_text(header))[1].fits(spec[o.name]))
        if found and not fitting:
            wrong[header] = found[0].name
        if len(fitting) == 1:
            claim = Claim(position, header, fitting[0], read_header(header))
            claims.setdefault(fitting[0].name, []).append(claim)
        elif fitting:
            ambiguous[position] = fitting
    return claims, wrong, ambiguous


def _settle(
    claims: dict[str, list[Claim]], spec: TableSpec, where: str
) -> tuple[dict[str, Claim], list[tuple[str, str]]]:
    """Give each column to the best of its claims; return the winners, and (loser, winner) headers."""
    taken: dict[str, Claim] = {}
    aside: list[tuple[str, str]] = []
    for name, rivals in claims.items():
        taken[name], lost = _best(rivals, spec[name], where)
        aside += [(claim.header, taken[name].header) for claim in lost]
    return taken, aside


def _best(rivals: Sequence[Claim], column: ColumnSpec, where: str) -> tuple[Claim, list[Claim]]:
    """Return the one claim that beats all others, and those.

    Raises
    ------
    SchemaError
        Two claims are equally good.
    """
    ranked = sorted(rivals, key=lambda claim: _strength(claim, column), reverse=True)
    if len(ranked) > 1 and _strength(ranked[0], column) == _strength(ranked[1], column):
        raise refusal(
            SchemaError,
            "column_twice",
            where=where,
            column=column.name,
            first=repr(ranked[0].header),
            second=repr(ranked[1].header),
        )
    return ranked[0], ranked[1:]


def _strength(claim: Claim, column: ColumnSpec) -> tuple[int, ...]:
    exact = claim.option.sure == EXACT
    if column.type == "id":
        found = set(words(same_letters(claim.header)))
        other = claim.option.rank > 2  # a maker beside a supplier is somebody else
        return (
            exact,
            not other,
            names_code(claim.header),
            not found & _NAMING,
            not found & _REGISTERED or bool(found & _TAXPAYER),
            column.table == "participants" and bool(found & _TAXPAYER),
            -claim.option.rank,
        )
    marks = claim.reading.marks
    if column.name == "name":
        found = set(words(claim.header))
        return (exact, -claim.option.rank, bool(found & _SHORT), not found & _FULL)
    return (
        exact,
        not is_foreign(claim.header),
        "fact" in marks,
        names_line(claim.header),
        -claim.option.rank,
        "priced" not in marks,
        "vat_with" not in marks,
        "vat_without" in marks,
        "total" in marks,
    )


def _refuse(
    headers: Sequence[str], missing: Sequence[str], wrong: dict[str, str], spec: TableSpec, where: str
) -> None:
    """Say which column is missing, and why a header that looks like it does not count."""
    for header, name in wrong.items():
        if name in missing:
            raise refusal(
                SchemaError,
                "unit_unfit",
                header=repr(header),
                where=where,
                column=name,
                units=told(f"refusal.unit_{spec[name].type}"),
            )
    years = [header for header in headers if _YEAR_HEADER.fullmatch(header.strip())]
    if len(years) > 1:
        raise refusal(
            SchemaError, "years_of_what", where=where, years=", ".join(years[:3]), columns=", ".join(missing)
        )
    seen = ", ".join(_shown(h) for h in headers if h) or told("refusal.none")
    hint = ""
    if any(ROWS.fullmatch(header.strip()) for header in headers):
        hint = told("refusal.hint_pivot")
    elif "year" in missing and any(map(years_run, headers)):
        hint = told("refusal.hint_two_years")
    elif list(missing) == ["year"]:
        hint = told("refusal.hint_year")
    elif list(missing) == ["cluster_id", "year"]:
        hint = told("refusal.hint_rows")
    elif list(missing) == ["cluster_id"]:
        hint = told("refusal.hint_cluster")
    elif spec.name == "links" and "value" in missing and len(set(ENDS) & set(missing)) == 1:
        hint = told("refusal.hint_matrix")
    elif list(missing) in ([ENDS[0]], [ENDS[1]], ["participant_id"]) and spec.name in ("links", "activity"):
        hint = told("refusal.hint_owner")
    raise refusal(
        SchemaError,
        "column_missing",
        where=where,
        columns=", ".join(missing),
        table=spec.name,
        headers=seen[:600],
        hint=hint,
    )


def _shown(header: str) -> str:
    """Return a header in quotes, with a word about letters of another alphabet that look alike."""
    odd = alien_letters(header)
    return f"{header!r} (letters of another alphabet: {', '.join(odd)})" if odd else repr(header)
