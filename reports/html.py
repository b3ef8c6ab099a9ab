"""The report as one HTML file that needs no network and no other file."""

from __future__ import annotations

from clustercoop.analysis.results import Result
from clustercoop.graph.errors import UnknownNameError
from clustercoop.graph.texts import refusal
from clustercoop.reports.content import Content
from clustercoop.reports.page import asset, fragment, packed, render, width_rules
from clustercoop.reports.people import remembered
from clustercoop.reports.sections import sections_of
from clustercoop.reports.words import Words


def render_report(
    result: Result, lang: str = "en", *, views: str = "views", cluster: str | None = None
) -> str:
    """Return ``report.html``: the whole report in one page, the same bytes for the same result.

    Parameters
    ----------
    result : Result
        What an analysis found.
    lang : str
        Language of words and numbers.
    views : str
        Folder of the network pages relative to the report, "" for no links to them.
    cluster : str, optional
        Id of a cluster, for the page of it alone: its passport uncut, its figures and its participants.

    Returns
    -------
    str
        HTML 5 in UTF-8, with a content policy that lets it load nothing.

    Raises
    ------
    ParameterError
        `lang` has no catalogue.
    UnknownNameError
        The result holds no such cluster.
    """
    words = Words(lang)
    content = Content(result, lang, views, page=True, only=cluster or "")
    if cluster is not None and cluster not in content.cluster_names:
        raise refusal(UnknownNameError, "cluster_unknown", cluster=cluster)
    with remembered():
        return _rendered(content, words)


def _rendered(content: Content, words: Words) -> str:
    from markupsafe import Markup

    only = content.only
    sections = [each for each in sections_of(content) if each.on_page and (each.of_one or not only)]
    tables = {key: table for section in sections for key, table in section.data().items()}
    leading = {key: tables.pop(key) for key in ("clusters",) if key in tables}
    return render(
        "report.html.j2",
        words,
        content=content,
        title=content.cluster_name(only) if only else words("title"),
        lead=words("title") if only else words("subtitle"),
        sections=sections,
        data={"tables": leading, **content.columnar.shared()},
        packed=packed(tables),
        fragment=lambda block: fragment(block.template, words, content=content, **block.values),
        version=content.version,
        css=Markup(asset("page.css") + asset("report.css") + width_rules()),
        script=Markup(asset("tables.js") + asset("drawn.js") + asset("report.js")),
    )
