"""Make names harmless where a program, not a person, would act on them.

Names come from other people's tables and may look like formulas, markup or text-direction tricks. HTML is
protected by autoescape and the content policy, Excel by the cell type; the functions here cover what is left:
CSV opened in a spreadsheet, Markdown, canvases and file names.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Final

from clustercoop.graph import texts

# A longer id is shortened to its digest where it names a place on a page.
LONGEST: Final = 80
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAK: Final = re.compile("[\t\n\r\u2028\u2029]+")
# Characters that turn the reading direction of everything after them, or hide text.
_BIDI: Final = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+!|~$^=-])")
_NUMBER: Final = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_PLAIN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_HASHED_NAME: Final = re.compile(r".*-[0-9a-f]{10}")
# Windows keeps these names for devices, whatever the extension.
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))]
)
_LATIN: Final = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya".split(),
        strict=True,
    )
)


def inert_cell(text: str) -> str:
    r"""Return `text` so that no spreadsheet takes it for a formula.

    A text that begins with ``= + - @``, a tab or a carriage return gets a leading apostrophe, unless all of
    it is a plain number (``-5`` is a figure, not a formula). This is for the CSV files meant for people; the
    Parquet twins keep every text as it is.

    Parameters
    ----------
    text : str
        Text of one cell.

    Returns
    -------
    str
        The same text, or the text behind an apostrophe.

    References
    ----------
    .. [1] OWASP, "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection

    Examples
    --------
    >>> inert_cell('=HYPERLINK("http://x")'), inert_cell("0102"), inert_cell("-5")
    ('\'=HYPERLINK("http://x")', '0102', '-5')
    """
    if text.startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def plain(text: str) -> str:
    r"""Return `text` on one line, without control characters and without direction overrides.

    For places that people read (pages, canvases, charts); the data files keep the exact text.

    Examples
    --------
    >>> plain("a\u202eb\nc\x07")
    'ab c'
    """
    # What can be printed has none of these.
    return text if text.isprintable() else _BIDI.sub("", _CONTROL.sub("", _BREAK.sub(" ", text)))


def xml_text(text: str) -> str:
    r"""Return `text` without the characters that XML 1.0 cannot hold; tabs and line breaks stay.

    Examples
    --------
    >>> xml_text("a\x00b\nc")
    'ab\nc'
    """
    return text if text.isprintable() else _CONTROL.sub("", text)


def cell_text(text: str) -> str:
    r"""Return `text` for a cell of a workbook: `xml_text`, and never what XlsxWriter takes for markup.

    Examples
    --------
    >>> cell_text("a\x00b"), cell_text("<r> & </r>")
    ('ab', '<r> & </r> ')
    """
    clean = xml_text(text)
    return clean + " " if clean.startswith("<r>") and clean.endswith("</r>") else clean


@lru_cache(maxsize=4096)
def markdown(text: str) -> str:
    r"""Return `text` for a Markdown paragraph or table cell: shown as it is, never obeyed.

    Punctuation with a meaning is escaped, markup becomes character references, and addresses are broken up
    so that nothing links or mentions anyone.

    Examples
    --------
    >>> markdown("<b>|pipe| *x* http://y @z")
    '&lt;b&gt;\\|pipe\\| \\*x\\* http&#58;//y &#64;z'
    """
    escaped = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = _MARKDOWN.sub(r"\\\1", escaped).replace("@", "&#64;").replace("://", "&#58;//")
    escaped = re.sub(r"(?i)\bwww\.", lambda found: found[0][:-1] + "&#46;", escaped)
    # "1. x" at the start of a line would begin a list.
    return re.sub(r"^(\s*\d+)\.", r"\1\\.", escaped)


def shorten(text: str, length: int) -> str:
    """Return at most `length` characters of `text`, the last an ellipsis where some were cut.

    Examples
    --------
    >>> shorten("a long name", 6)
    'a lon…'
    """
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def beginning(text: str, length: int) -> str:
    """Return the first whole sentences of `text` within `length`, a cut one where the first is longer.

    Examples
    --------
    >>> beginning("One. Two, 2.5. Three.", 15), beginning("Long words", 6)
    ('One. Two, 2.5.', 'Long…')
    """
    if len(text) <= length:
        return text
    ends = [found.start() + 1 for found in re.finditer(r"[.!?](?= )", text) if found.start() < length]
    return text[: ends[-1]] if ends else shorten(text, length)


def quoted(name: str, lang: str) -> str:
    """Return a name in the quotation marks of the language, unless it has quotation marks of its own.

    Examples
    --------
    >>> quoted("Volga", "en"), quoted("Волга", "ru"), quoted("ООО «Волга»", "ru")
    ('“Volga”', '«Волга»', 'ООО «Волга»')
    """
    if any(mark in name for mark in '«»“”„"'):
        return name
    return texts.text("format.quote", lang, name=name)


def safe_stem(identifier: str) -> str:
    """Return a file name (without extension) for `identifier`: the same on every system, never shared.

    Short lower-case ASCII ids are their own names. Any other id is transliterated and gets ten hexadecimal
    digits of its SHA-256 digest, so that two ids which differ by case, spaces or punctuation stay apart, also
    where the file system ignores case; names that Windows keeps for devices are never used.

    Examples
    --------
    >>> safe_stem("c01")
    'c01'
    >>> safe_stem("Волга/мебель")
    'volga-mebel-92456fa6fc'
    """
    if (
        _PLAIN_NAME.fullmatch(identifier)
        and identifier not in _DEVICES
        and not _HASHED_NAME.fullmatch(identifier)
    ):
        return identifier
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    latin = "".join(_LATIN.get(letter, letter) for letter in identifier.lower()).replace("_", "")
    slug = re.sub(r"[^a-z0-9]+", "-", latin).strip("-")[:40].strip("-")
    return f"{slug or 'cluster'}-{digest}"


def anchor(cluster_id: str) -> str:
    """Return the id of an element of the page for a cluster: its own id, other characters by their number.

    Examples
    --------
    >>> anchor("SYN-01"), anchor("Волга 7")
    ('cluster-SYN-01', 'cluster-Волга~20~7')
    """
    if len(cluster_id) > LONGEST:
        return f"cluster-~~{safe_stem(cluster_id)}"
    return "cluster-" + re.sub(r"[^\w.-]", lambda found: f"~{ord(found[0]):x}~", cluster_id)
