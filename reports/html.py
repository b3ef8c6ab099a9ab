"""The report as one HTML file that needs no network and no other file."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from clustercoop.analysis.results import Result
from clustercoop.graph.texts import text
from clustercoop.reports.content import SECTIONS, Content
from clustercoop.reports.numbers import percent
from clustercoop.reports.page import asset, render, width_rules
from clustercoop.reports.strips import sparkline
from clustercoop.reports.types import Types
from clustercoop.reports.words import Words

HEADLINE_ROWS: Final = 60


def render_report(result: Result, lang: str = "en", *, views: str = "views") -> str:
    """Return ``report.html``: the whole report in one page, the same bytes for the same result.

    Parameters
    ----------
    result : Result
        What an analysis found.
    lang : str
        Language of words and numbers.
    views : str
        Folder of the network pages relative to the report, "" for no links to them.

    Returns
    -------
    str
        HTML 5 in UTF-8, with a content policy that lets it load nothing.

    Raises
    ------
    ParameterError
        `lang` has no catalogue.
    """
    from markupsafe import Markup

    words = Words(lang)
    content = Content(result, lang, views)
    known = [ratio for h in content.headlines for _, ratio in h.history if ratio is not None]
    top = max([0.05, *known])
    present = [name for name in SECTIONS if name in content.formations]
    sections = ["summary", "verdicts", *present]
    sections += ["participants"] if content.participants else []
    sections += ["findings", "provenance", "settings", "methods"]
    return render(
        "report.html.j2",
        words,
        content=content,
        sections=sections,
        formation_sections=present,
        headlines=content.headlines[:HEADLINE_ROWS],
        severities=dict(content.severities),
        types=Types(result, words, {h.cluster_id: h.name for h in content.headlines}),
        methods=methods(lang),
        version=content.version,
        percent=lambda share: percent(share, lang),
        spark=lambda history: Markup(sparkline(history, top)),  # numbers only, formatted here
        script_words=words.subset("js_"),
        css=Markup(asset("page.css") + asset("report.css") + width_rules()),
        script=Markup(asset("tables.js") + asset("report.js")),
    )


@cache
def _definitions() -> tuple[dict[str, str], ...]:
    data = resources.files("clustercoop.reports").joinpath("methods.csv").read_text("utf-8")
    return tuple(csv.DictReader(data.splitlines()))


def methods(lang: str) -> tuple[dict[str, Any], ...]:
    """Return the definitions shown in the report, by group, in `lang`.

    A formula without words stands in ``reports/methods.csv``, one with words in the catalogues.
    """

    def entry(row: dict[str, str]) -> dict[str, str]:
        key = f"method.{row['group']}.{row['item']}"
        formula = row["formula"] or text(f"{key}.formula", lang)
        return {
            "name": text(f"{key}.name", lang),
            "formula": formula,
            "text": text(f"{key}.text", lang),
            "source": row["source"],
        }

    return tuple(
        {"title": text(f"method.{group}", lang), "entries": [entry(row) for row in rows]}
        for group, rows in groupby(_definitions(), key=itemgetter("group"))
    )
