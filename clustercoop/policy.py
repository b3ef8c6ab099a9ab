"""What policy asks of results: claims held against them."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from clustercoop.analysis.comparable import Comparable
from clustercoop.analysis.policy.claims import judge_claims, read_claims
from clustercoop.analysis.policy.proposals import as_toml, propose
from clustercoop.analysis.results import Result
from clustercoop.graph.errors import DataError
from clustercoop.graph.texts import refusal
from clustercoop.outputs import read_result


def claims(file: str | os.PathLike[str], results: str | os.PathLike[str] | Result) -> pd.DataFrame:
    """Hold the claims of a file against results.

    Parameters
    ----------
    file : path
        TOML; its form is told in `clustercoop.analysis.policy.claims`.
    results : path or Result
        A folder that `analyze` wrote, or a result.

    Returns
    -------
    DataFrame
        One row a claim: ``claim, verdict, says, for, against, missing``.

    Raises
    ------
    DataError
        The file or the results cannot be read, or a claim names a cluster that they do not hold.
    """
    result = read_result(results)
    nominal = any(finding.code == "prices_nominal" for finding in result.findings)
    said, table = read_claims(os.fspath(file)), result.formations
    same = Comparable(table, result.graph, result.settings)
    return judge_claims(said, table, result.graph.cluster_names, nominal, same)


def propose_claims(
    report: str | os.PathLike[str], results: str | os.PathLike[str] | Result, *, lang: str = "en"
) -> str:
    """Return a file of claims (TOML) proposed from the sentences of a report, for a person to confirm.

    Parameters
    ----------
    report : path
        Markdown or plain text, English or Russian.
    results : path or Result
        A folder that `analyze` wrote, or a result: which clusters there are.
    lang : str
        Language of the remarks.

    Raises
    ------
    DataError
        The report or the results cannot be read.
    """
    result = read_result(results)
    try:
        text = Path(report).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise refusal(DataError, "report_unreadable", name=report, reason=error) from error
    return as_toml(propose(text, result.formations, result.graph.cluster_names), lang)
