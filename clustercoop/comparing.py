"""What changed between two results, as tables and as a page."""

from __future__ import annotations

import os
from pathlib import Path

from clustercoop.analysis.comparison import Comparison, compare_results
from clustercoop.analysis.results import Result
from clustercoop.outputs import PAGE, read_result, written_aside
from clustercoop.reports.comparison import Told, render_comparison
from clustercoop.version import __version__

Side = str | os.PathLike[str] | Result


def compare(
    before: Side,
    after: Side,
    out: str | os.PathLike[str] | None = None,
    *,
    years: tuple[int, int] | None = None,
    lang: str = "en",
) -> Comparison:
    """Set two results side by side: what changed, and which rows of the data differ behind it.

    Figures are equal where they are exactly equal as stored; nothing is rounded before.

    Parameters
    ----------
    before, after : path or Result
        Folders that `analyze` wrote, or results.
    out : path, optional
        An .html file for the same as a page.
    years : tuple of int, optional
        A year of each that are compared with each other alone; both sides may then be one result.
    lang : str
        Language of the page.

    Raises
    ------
    DataError
        A folder holds no results.
    UnknownNameError
        A side has no cluster in its year.
    OutputError
        `out` cannot be written.

    Examples
    --------
    >>> import pandas as pd, clustercoop
    >>> cells = {"cluster_id": ["k"], "year": [2022], "cooperation_ratio": [0.5]}
    >>> result = clustercoop.analyze({"indicators": pd.DataFrame(cells)}, nulls=0, workers=1)
    >>> compare(result, result).same
    True
    """
    return told_comparison(before, after, out, years=years, lang=lang).found


def told_comparison(
    before: Side,
    after: Side,
    out: str | os.PathLike[str] | None = None,
    *,
    years: tuple[int, int] | None = None,
    lang: str = "en",
) -> Told:
    """Return the comparison with its sentences, and write the page; see `compare`."""
    sides = [read_result(side) for side in (before, after)]
    found = compare_results(sides[0], sides[1], years)
    told = Told(found, sides[0], sides[1], lang, years)
    if out is not None:
        called = ["" if isinstance(side, Result) else Path(side).name for side in (before, after)]
        called = [
            name or told.words(f"cmp_{which}")
            for name, which in zip(called, ("before", "after"), strict=True)
        ]
        if years is not None:
            called = [f"{name}, {year}" for name, year in zip(called, years, strict=True)]
        page = render_comparison(told, (called[0], called[1]), __version__)
        with written_aside(Path(out), *PAGE) as aside:
            aside.write_text(page, "utf-8", newline="\n")
    return told
