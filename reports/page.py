"""What every page shares: the template environment, the content policy and small drawings."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from clustercoop.graph.shipped import shipped_text
from clustercoop.reports.words import Words

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from clustercoop.reports.tables import Cell, Table


@cache
def asset(name: str) -> str:
    """Return a file of ``reports/templates``."""
    return shipped_text("reports", "templates", name)


def body(table: Table) -> Markup:
    """Return the rows of a table; a template would look each of their cells up again."""
    from markupsafe import Markup, escape

    said = cache(lambda text: str(escape(text)))
    styles = [f"{column.style}{'' if at else ' k'}" for at, column in enumerate(table.columns)]
    parts = []
    for row in table.rows:
        parts.append(f'<tr data-why="{said(row.why)}">' if row.why else "<tr>")
        for cell, style in zip(row.cells, styles, strict=False):
            bar = f" bar w{cell.bar}" if cell.bar >= 0 else ""
            mark = f" {said(cell.mark)}" if cell.mark else ""
            value = f' data-v="{said(cell.raw)}"' if cell.raw != cell.text else ""
            parts.append(f'<td class="{style}{bar}{mark}"{value}>{_inside(cell, said)}</td>')
        parts.append("</tr>")
    return Markup("".join(parts))


def _inside(cell: Cell, said: Callable[[str], str]) -> str:
    if cell.drawing:
        return cell.drawing
    text = said(cell.text)
    if cell.unknown:
        why = f' data-why="{said(cell.why)}"' if cell.why else ""
        return f'<span class="na" tabindex="0"{why}>{text}</span>'
    if cell.tip:
        return f'<span class="ids" tabindex="0" data-tip="{said(cell.tip)}">{text}</span>'
    return f'<a href="{said(cell.link)}">{text}</a>' if cell.link else text


class Written:
    """JSON that is written already, as long lists of numbers are; it holds no text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def _json(data: Any, **options: Any) -> str:
    r"""Return data as JSON, what is `Written` in its place.

    Examples
    --------
    >>> _json({"a": Written("[1,2]"), "b": "c"})
    '{"a": [1,2], "b": "c"}'
    """
    held: list[str] = []

    def marked(value: Any) -> str:
        if not isinstance(value, Written):
            raise TypeError(f"{type(value).__name__} is no JSON.")
        held.append(value.text)
        return "\0"  # which no text of a page holds

    first, *others = json.dumps(data, default=marked, **options).split(r'"\u0000"')
    return first + "".join(chain.from_iterable(zip(held, others, strict=True)))


@cache
def script_words(words: Words) -> Markup:
    """Return the texts of the scripts in one language, as JSON: every page of a run has the same."""
    from jinja2.utils import htmlsafe_json_dumps

    options = environment().policies["json.dumps_kwargs"]
    return htmlsafe_json_dumps(words.subset("js_"), dumps=_json, **options)


@cache
def environment() -> Environment:
    """Return the template environment: autoescape on, undefined names are errors."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals |= {"body": body, "script_words": script_words}
    # For drawings of our own, whose every text has been escaped where they are made.
    made.filters["svg"] = Markup
    # Cyrillic stays readable and small; the filter escapes < > & ' whatever the encoding.
    made.policies["json.dumps_function"] = _json
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":")}
    return made


def render(template: str, words: Words, **values: Any) -> str:
    """Return the page with its nonce: a digest of all it holds.

    The content policy lets only scripts and styles with the nonce run. Nobody who supplies a name can know
    the digest of a page that contains the name, and the same page always gets the same nonce.
    """
    page = environment().get_template(template)
    mark = "\0nonce\0"
    text = page.render(words=words, lang=words.lang, nonce=mark, **values)
    nonce = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
    if text.count(mark) != asset(template).count("{{ nonce }}"):
        # A name holds the mark itself: render again, so that only the template's places get the nonce.
        return page.render(words=words, lang=words.lang, nonce=nonce, **values)
    return text.replace(mark, nonce)


def packed(data: Any) -> str:
    """Return data as a page holds it for when it is asked for: JSON, gzip, base64; the same bytes each time.

    Examples
    --------
    >>> packed({})[:12]
    'H4sIAAAAAAAA'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("utf-8"), 4, mtime=0)).decode("ascii")


def fragment(template: str, words: Words, **values: Any) -> Markup:
    """Return a part of a page: a template that stands in another."""
    from markupsafe import Markup

    return Markup(environment().get_template(template).render(words=words, lang=words.lang, **values))


def width_rules() -> str:
    """Return the style rules for bars of 0–100 percent (the policy forbids style attributes)."""
    return "".join(f".w{n}{{--w:{n}%}}" for n in range(101))
