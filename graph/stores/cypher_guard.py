"""Let a Cypher statement through only when it is one statement that only reads.

A database's own read-only mode is no sandbox: on a Neo4j server and in kglite, ``LOAD CSV`` counts as
reading and opens files and addresses. So the text is tokenised here, past strings, comments and quoted
names, and everything that is not known to be harmless is refused. The engine then receives the statement
without its comments, so it cannot disagree with this tokeniser about where one ends.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, NoReturn

from clustercoop.graph.stores.protocol import QueryRefusedError
from clustercoop.graph.texts import refusal, told

MAX_LENGTH: Final = 50_000
MAX_TOKENS: Final = 10_000
MAX_DEPTH: Final = 40
MAX_BRANCHES: Final = 40
MAX_PREFIXES: Final = 20
"""What engines take without a stack overflow or minutes of planning; no query by hand nears them."""

OPENING: Final = frozenset({"MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "CALL"})

REFUSED: Final = frozenset(
    # Clauses that write or lock, administer, read files, or change how the rest is run or understood.
    "CREATE INSERT MERGE SET DELETE DETACH NODETACH REMOVE DROP ALTER RENAME FOREACH LOAD CSV "
    "GRANT DENY REVOKE SHOW TERMINATE USE GRAPH DRYRUN DEALLOCATE REALLOCATE ENABLE "
    "TRANSACTION TRANSACTIONS PERIODIC COMMIT EXPLAIN PROFILE CYPHER OPTIONS RUNTIME PLANNER FORMAT FOR "
    "VALID_TIME INTO IMPORT EXPORT COPY ATTACH INSTALL EXECUTE".split()
)

PROCEDURES: Final = frozenset({"db.labels", "db.relationshiptypes", "db.propertykeys"})

# Words that may stand before a parenthesis without being a function.
_BEFORE_PARENTHESIS: Final = frozenset(
    "MATCH WHERE AND OR XOR NOT IN WITH RETURN UNWIND BY ON AS WHEN THEN ELSE CASE CALL DISTINCT LIMIT SKIP "
    "SHORTEST PATH PATHS GROUP GROUPS ACYCLIC TRAIL WALK "
    "OFFSET STARTS ENDS CONTAINS IS UNION ALL OPTIONAL ORDER YIELD END FINISH".split()
)

FUNCTIONS: Final = frozenset(
    # Predicates, scalars, lists, aggregates, numbers, text, time: standard Cypher without side effects.
    "all any none single exists isempty shortestpath allshortestpaths "
    "coalesce nullif elementid id length size type properties startnode endnode head last char_length "
    "keys labels nodes relationships range reduce reverse tail tobooleanlist tofloatlist tointegerlist "
    "tostringlist avg collect count max min sum stdev stdevp percentilecont percentiledisc percentile_cont "
    "abs ceil floor isnan rand round sign e exp log log10 sqrt acos asin atan atan2 cos cot degrees "
    "haversin pi radians sin tan left ltrim replace right rtrim split substring tolower tostring toupper "
    "trim btrim lower upper toboolean tobooleanornull tofloat tofloatornull tointeger tointegerornull "
    "tostringornull date datetime localdatetime localtime time duration timestamp valuetype".split()
)

DOTTED: Final = frozenset(
    f"{kind}.{name}"
    for kind in ("date", "datetime", "localdatetime", "localtime", "time")
    for name in ("truncate", "fromepoch", "fromepochmillis", "transaction", "statement")
) | {"duration.between", "duration.inmonths", "duration.indays", "duration.inseconds"}

_SPACE: Final = re.compile(r"[ \t\r\n]+")
_WORD: Final = re.compile(r"\w+")
_PARAMETER_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)

Kind = Literal["word", "number", "string", "name", "parameter", "mark"]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement: a bare word, a number, a string, a quoted name, a parameter or a mark."""

    kind: Kind
    text: str
    spaced: bool
    """Whether white space or a comment came before."""


def _refuse(why: str, /, **places: Any) -> NoReturn:
    raise refusal(QueryRefusedError, "query", why=told(f"refusal.query_{why}", **places))


def tokens(text: str) -> Iterator[Token]:
    r"""Cut a statement into tokens, comments left out.

    Raises
    ------
    QueryRefusedError
        A string, quoted name or comment does not end, or the text has a ``\u`` escape, which an engine may
        turn into any character before it reads the statement.

    Examples
    --------
    >>> [token.text for token in tokens("RETURN 'it; /*' AS `DROP` // DELETE")]
    ['RETURN', "'it; /*'", 'AS', '`DROP`']
    """
    if re.search(r"\\[uU]", text):
        _refuse("escape")
    at, spaced = 0, False
    while at < len(text):
        if match := _SPACE.match(text, at):
            at, spaced = match.end(), True
            continue
        if text.startswith("//", at):
            at, spaced = _line_end(text, at), True
            continue
        if text.startswith("/*", at):
            end = text.find("*/", at + 2)
            if end < 0:
                _refuse("comment")
            at, spaced = end + 2, True
            continue
        token = _token(text, at, spaced)
        yield token
        at, spaced = at + len(token.text), False


def _line_end(text: str, at: int) -> int:
    """Return where a ``//`` comment ends; an unusual line break inside is refused, engines differ on it."""
    ends = [end for end in (text.find("\n", at), text.find("\r", at)) if end >= 0]
    stop = min(ends, default=len(text))
    if any(ch in text[at:stop] for ch in "\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029"):
        _refuse("comment_break")
    return stop


def _token(text: str, at: int, spaced: bool) -> Token:
    char = text[at]
    if char in "'\"`":
        return Token("name" if char == "`" else "string", _quoted(text, at), spaced)
    if char == "$":
        if at + 1 < len(text) and text[at + 1] == "`":
            _refuse("parameter_name")
        match = _WORD.match(text, at + 1)
        if not match:
            _refuse("parameter_none")
        return Token("parameter", text[at : match.end()], spaced)
    if match := _WORD.match(text, at):
        return Token("number" if char.isdigit() else "word", match.group(), spaced)
    if ord(char) < 32 or (ord(char) > 126 and not char.isprintable()):
        _refuse("character", char=f"U+{ord(char):04X}")
    return Token("mark", char, spaced)


def _quoted(text: str, at: int) -> str:
    """Return the quoted piece that begins at `at`, quotes included."""
    quote = text[at]
    end = at + 1
    while end < len(text) and text[end] != quote:
        if text[end] == "\\":
            if text[end + 1 : end + 2] in ("'", '"', "`", ""):
                # Engines differ on whether a backslash hides a quote; nothing may depend on that.
                _refuse("quote")
            if quote != "`":
                end += 1
        end += 1
    if end >= len(text):
        _refuse("open")
    return text[at : end + 1]


def check_statement(text: str) -> str:
    """Return the statement without comments when it is one that only reads.

    Raises
    ------
    QueryRefusedError
        It is not, or cannot be shown to be; the message says why and what to do.

    Examples
    --------
    >>> check_statement("MATCH (n) /* all */ RETURN n.name AS name")
    'MATCH (n) RETURN n.name AS name'
    >>> check_statement("MATCH (n) DETACH DELETE n")
    Traceback (most recent call last):
    clustercoop.graph.stores.protocol.QueryRefusedError: The query is refused: DETACH is not for reading; \
put the word in backticks where it is a name.
    """
    if not isinstance(text, str):
        _refuse("no_text")
    return _checked(text)


@lru_cache(maxsize=256)
def _checked(text: str) -> str:
    if len(text) > MAX_LENGTH:
        _refuse("long", most=f"{MAX_LENGTH:,}")
    found = list(tokens(text))
    while found and found[-1].text == ";":
        found.pop()
    if not found:
        _refuse("empty")
    if found[0].kind != "word" or found[0].text.upper() not in OPENING:
        _refuse("opening", words=", ".join(sorted(OPENING)))
    _check_size(found)
    for index, token in enumerate(found):
        if token.kind == "mark" and token.text == ";":
            _refuse("several")
        if token.kind == "number":
            _check_number(token.text)
        if token.kind == "word":
            _check_word(found, index)
        if token.kind == "name":
            _check_name(found, index)
    pieces = [f" {token.text}" if token.spaced else token.text for token in found]
    return "".join(pieces).strip()


def _check_size(found: list[Token]) -> None:
    """Refuse what is too long, too deeply nested or too much branched for an engine."""
    if len(found) > MAX_TOKENS:
        _refuse("tokens", most=f"{MAX_TOKENS:,}")
    depth = branches = prefixes = 0
    for token in found:
        word = token.text.upper() if token.kind == "word" else token.text if token.kind == "mark" else ""
        depth += (word in ("(", "[", "{", "CASE")) - (word in (")", "]", "}", "END"))
        branches += word in ("UNION", "CALL", "EXISTS", "COUNT", "COLLECT", "OPTIONAL")
        prefixes = prefixes + 1 if word in ("NOT", "-", "+", "~", "!") else 0
        if depth > MAX_DEPTH:
            _refuse("depth", most=MAX_DEPTH)
        if branches > MAX_BRANCHES:
            _refuse("branches", most=MAX_BRANCHES)
        if prefixes > MAX_PREFIXES:
            _refuse("prefixes", most=MAX_PREFIXES)


def _check_number(text: str) -> None:
    """Refuse a keyword glued to a number: ``1DELETE`` is two tokens for an engine."""
    upper = text.upper()
    for word in REFUSED:
        if word in upper:
            _refuse("glued", text=text, word=word)


def _following(found: list[Token], index: int) -> str:
    return found[index + 1].text if index + 1 < len(found) else ""


def _check_word(found: list[Token], index: int) -> None:
    text = found[index].text
    # Look-alikes too (full-width letters, the Kelvin sign): no engine should fold them, none needs to try.
    forms = {text.upper(), text.casefold().upper(), unicodedata.normalize("NFKC", text).upper()}
    for word in forms & REFUSED:
        _refuse("writes", word=word)
    if forms & {"CALL"}:
        _check_call(found, index)
    elif _following(found, index) == "(":
        _check_function(found, index)


def _check_call(found: list[Token], index: int) -> None:
    """Allow a subquery, whose words are checked like all others, or a procedure of the list."""
    if _following(found, index) in ("{", "("):
        return
    name = ""
    for token in found[index + 1 :]:
        if not (token.kind == "word" or token.text == "."):
            break
        if token.kind == "word" and name and not name.endswith("."):
            break
        name += token.text.lower()
    if name not in PROCEDURES:
        allowed = ", ".join(("db.labels", "db.relationshipTypes", "db.propertyKeys"))
        _refuse("call", allowed=allowed)


def _check_function(found: list[Token], index: int) -> None:
    """Refuse a call of anything that is not on the list of functions."""
    name = found[index].text.lower()
    at = index
    while at >= 2 and found[at - 1].text == "." and found[at - 2].kind in ("word", "name"):
        at -= 2
        name = f"{found[at].text.lower()}.{name}"
    if "." in name:
        if name in DOTTED or name in PROCEDURES:
            return
        _refuse("function", name=name)
    if name in FUNCTIONS or name.upper() in _BEFORE_PARENTHESIS:
        return
    if at and found[at - 1].text == ".":
        _refuse("function", name=name)
    _refuse("function_spelt", name=name)


def _check_name(found: list[Token], index: int) -> None:
    """Refuse a quoted name used as a function or procedure: it would get past the lists."""
    if _following(found, index) == "(":
        _refuse("called_name")


def check_parameters(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the parameters when their names and values are plain.

    Raises
    ------
    QueryRefusedError
        A name is not a plain word, or a value is not text, a number, true, false, nothing, or a list or
        mapping of such.

    Examples
    --------
    >>> check_parameters({"cluster": "a'}) DETACH DELETE n //"})
    {'cluster': "a'}) DETACH DELETE n //"}
    """
    done = dict(params or {})
    for name, value in done.items():
        if not isinstance(name, str) or not _PARAMETER_NAME.match(name):
            _refuse("parameter_named", name=repr(name))
        _check_value(name, value, 0)
    return done


def _check_value(name: str, value: Any, depth: int) -> None:
    if depth > 8:
        _refuse("value_deep", name=name)
    if isinstance(value, str):
        if any(0xD800 <= ord(ch) <= 0xDFFF for ch in value):
            _refuse("value_unicode", name=name)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_value(name, item, depth + 1)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                _refuse("value_keys", name=name)
            _check_value(name, item, depth + 1)
    elif isinstance(value, int) and not isinstance(value, bool):
        if not -(2**63) <= value < 2**63:
            _refuse("value_large", name=name)
    elif value is not None and not isinstance(value, bool | float):
        _refuse("value", name=name)
