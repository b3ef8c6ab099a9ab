"""Pages of a result: the report and the network page of a cluster, as files or shown in a notebook."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import Final, overload

from clustercoop.analysis.results import Result
from clustercoop.api import Source, load
from clustercoop.graph.display import inert
from clustercoop.graph.errors import OutputError
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.settings import Lang, Settings
from clustercoop.graph.slicing import formations_of
from clustercoop.graph.texts import refusal, text
from clustercoop.outputs import (
    PAGE,
    held_result,
    is_result,
    read_result,
    refuse_foreign,
    write_reports,
    written_aside,
)

HEIGHT: Final = 720
Where = str | os.PathLike[str]
_WRITTEN: Final = frozenset({"report.html", "report.md", "report.xlsx", "views"})
"""What a folder of reports holds, and nothing else, where it may be written anew."""


class Page:
    """A page that a notebook shows where it is the last value of a cell.

    It runs in a frame that can reach neither the notebook nor the network.

    Attributes
    ----------
    html : str
        The whole page.
    """

    def __init__(self, html: str, title: str, lang: str) -> None:
        self.html = html
        self._told = text("show.page", lang, title=inert(title))

    def __repr__(self) -> str:
        """Return what it is, in a line."""
        return self._told

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="{escape(self._told)}" sandbox="allow-scripts allow-downloads" width="100%" '
            f'height="{HEIGHT}" style="border:0" srcdoc="{escape(self.html)}"></iframe>'
        )

    def save(self, path: Where) -> Path:
        """Write the page to a file, whole or not at all, and return where.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        target = Path(path)
        with written_aside(target, *PAGE) as aside:
            aside.write_text(self.html, "utf-8", newline="\n")
        return target


@overload
def view(
    source: Source | Result,
    cluster: str | None,
    out: None = ...,
    *,
    year: int | None = ...,
    lang: Lang = ...,
    progress: Progress = ...,
) -> Page: ...
@overload
def view(
    source: Source | Result,
    cluster: str | None,
    out: Where,
    *,
    year: int | None = ...,
    lang: Lang = ...,
    progress: Progress = ...,
) -> Path: ...
def view(
    source: Source | Result,
    cluster: str | None,
    out: Where | None = None,
    *,
    year: int | None = None,
    lang: Lang = "en",
    progress: Progress = silent,
) -> Page | Path:
    """Write the network page of one cluster, or of the flows between clusters, or return it for a notebook.

    Parameters
    ----------
    source : dataset, or folder or Result of `analyze`
        With results the page knows the core; without, positions come from link values.
    cluster : str, optional
        None for the flows between all clusters.
    out : path, optional
        The .html file.
    year : int, optional
        The year shown first; the latest by default.
    lang : str

    Returns
    -------
    Path or Page
        The file; without `out` the page, which shows itself in a notebook.

    Raises
    ------
    UnknownNameError
        There is no such cluster or year.
    """
    from clustercoop.reports.flows import render_flows
    from clustercoop.reports.network import render_view

    held = held_result(source)
    drawn = held if isinstance(held, Result) else load(held, settings=Settings(lang=lang), progress=progress)
    graph = drawn.graph if isinstance(drawn, Result) else drawn
    if cluster is None:
        page = Page(render_flows(drawn, lang, year=year, report=""), text("report.view_flows", lang), lang)
    else:
        formations_of(graph, cluster, year)
        html = render_view(drawn, cluster, year=year, lang=lang, report="")
        page = Page(html, graph.cluster_names.get(cluster, cluster), lang)
    return page if out is None else page.save(out)


@overload
def report(
    source: Where | Result,
    out: None = ...,
    *,
    cluster: str | None = ...,
    lang: Lang = ...,
    progress: Progress = ...,
) -> Page: ...
@overload
def report(
    source: Where | Result,
    out: Where,
    *,
    cluster: str | None = ...,
    lang: Lang = ...,
    progress: Progress = ...,
) -> Path: ...
def report(
    source: Where | Result,
    out: Where | None = None,
    *,
    cluster: str | None = None,
    lang: Lang = "en",
    progress: Progress = silent,
) -> Page | Path:
    """Write the report and network pages of results again, or the passport of one cluster.

    Parameters
    ----------
    source : folder or Result of `analyze`, or address of a store that holds results
    out : path, optional
        A new or empty folder, or one of reports; of one cluster the .html file.
    cluster : str, optional
        Id of the cluster that the page is about: its passport uncut, its figures and participants.
    lang : str
    progress : Progress

    Returns
    -------
    Path or Page
        The folder or file; without `out` the report alone, which shows itself in a notebook.

    Raises
    ------
    DataError
        `source` is no folder that `analyze` wrote.
    StoreError
        The store holds no results, or cannot be read.
    OutputError
        `out` cannot be written.
    UnknownNameError
        There is no such cluster.
    """
    result = read_result(source)
    if out is None or cluster is not None:
        from clustercoop.reports.html import render_report

        named = result.graph.cluster_names.get(cluster, cluster) if cluster else text("report.title", lang)
        page = Page(render_report(result, lang, views="", cluster=cluster), named, lang)
        return page if out is None else page.save(out)
    target = Path(out)
    if is_result(target):
        raise refusal(OutputError, "out_holds_results", target=target)
    refuse_foreign(target, *_WRITTEN)
    if target.is_dir() and {path.name for path in target.iterdir()} - _WRITTEN:
        raise refusal(OutputError, "out_foreign", target=target)
    with written_aside(target) as aside:
        aside.mkdir()
        write_reports(result, aside, lang=lang, progress=progress)
    return target
