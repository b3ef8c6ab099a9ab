"""What the documentation site shows of the program itself: pages and pictures of the example, and the API.

A hook of MkDocs; ``mkdocs build`` runs the example in both languages and writes ``example/LANG/``,
``example/LANG/NAME.svg`` and ``reference/ROOM.md``. Nothing of it is kept in version control.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import clustercoop
from clustercoop.graph.texts import languages
from clustercoop.reports.page import asset

ROOMS: Final = {"": "The program", "graph": "Graph", "loaders": "Readers", "analysis": "Measures"}
# Picture of the site → class of the first drawing of that class in the report.
PICTURES: Final = {"plane": "plane", "series": "series", "portrait": "portrait", "closedness": "closed"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what the program makes to the files of the site."""
    for name, text in {**_reference(), **_example()}.items():
        if (before := files.get_file_from_path(name)) is not None:
            files.remove(before)
        files.append(File.generated(config, name, content=text))
    return files


def _reference() -> dict[str, str]:
    """Return a page a room with every public name, in the order of their homes."""
    homes: dict[str, list[str]] = defaultdict(list)
    for name, home in clustercoop._homes().items():
        room = home.split(".")[1] if home.count(".") > 1 else ""
        homes[room].append(f"::: {home}.{name}\n")
    return {
        f"reference/{room or 'program'}.md": "\n".join([f"# {ROOMS[room]}\n", *names])
        for room, names in homes.items()
    }


def _example() -> dict[str, str]:
    """Return the pages of the example and pictures cut out of its report, in each language."""
    folder = Path(mkdtemp())
    clustercoop.demo(folder / "en", nulls=99)
    made: dict[str, str] = {}
    for lang in languages():
        where = folder / lang
        if lang != "en":
            clustercoop.report(folder / "en", where, lang=lang)
        for page in sorted(where.rglob("*.html")):
            made[f"example/{lang}/{page.relative_to(where).as_posix()}"] = page.read_text("utf-8")
        report = made[f"example/{lang}/report.html"]
        made |= {f"example/{lang}/{name}.svg": _picture(report, drawn) for name, drawn in PICTURES.items()}
    return made


def _picture(report: str, drawn: str) -> str:
    """Return the first drawing of a class as a file of its own: with the styles that it has on the page."""
    found = re.search(rf'<svg class="{drawn}".*?</svg>', report, re.DOTALL)
    if found is None:
        raise LookupError(f"the report of the example has no drawing {drawn!r}")
    style = f"<style>{asset('page.css')}{asset('report.css')}</style>"
    head, body = found[0].split(">", 1)
    return f'{head} xmlns="http://www.w3.org/2000/svg">{style}{body}'
