"""Read a page back as a browser would: its elements, texts and data."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any

# Their text is that of the whole page: not gathered.
LARGE = frozenset({"html", "body", "main", "section", "div", "table", "tbody", "thead", "nav", "details"})
VOID = frozenset({"meta", "link", "input", "img", "br"})


@dataclass
class Element:
    """One element: name, attributes, text of its own."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    path: tuple[str, ...] = field(default=())


class Page(HTMLParser):
    """All elements of a page in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {k: v or "" for k, v in attrs}, path=tuple(e.tag for e in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            if element.tag not in LARGE:
                element.text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def data(self, identifier: str) -> Any:
        texts = {e.attributes.get("id"): e.text for e in self.all("script")}
        found = json.loads(texts[identifier])
        return found | {"tables": found["tables"] | unpacked(texts["packed"])} if "packed" in texts else found


def unpacked(text: str) -> Any:
    """Return the tables that a report unpacks when they are asked for."""
    return json.loads(gzip.decompress(base64.b64decode(text)))


@cache
def page_of(text: str) -> Page:
    """Return the page, read once for all tests of the same text."""
    return Page(text)


def problems(text: str) -> list[str]:
    """Return what a strict policy would forbid in a page: the page must have none of it."""
    page = page_of(text)
    found = []
    nonces = {e.attributes.get("nonce") for e in page.elements if e.tag in ("script", "style")}
    if len(nonces) != 1 or not re.fullmatch("[0-9a-f]{32}", str(nonces.pop())):
        found.append("a script or style without the nonce")
    for element in page.elements:
        for name, value in element.attributes.items():
            if name.startswith("on") or name == "style":
                found.append(f"{element.tag} {name}={value[:40]}")
            if name in ("src", "srcset", "action", "formaction", "data", "poster", "background"):
                found.append(f"{element.tag} {name}={value[:40]}")
            if name == "href" and re.match(r"\s*(https?:|//|javascript:|data:(?!,$))", value, re.IGNORECASE):
                found.append(f"{element.tag} href={value[:40]}")
        if element.tag in ("iframe", "object", "embed", "base", "img", "form"):
            found.append(element.tag)
    return found
