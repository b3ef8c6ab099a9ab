"""What policy asks of results: claims held against them."""

from __future__ import annotations

import os

import pandas as pd

from clustercoop.analysis.policy.claims import judge_claims, read_claims
from clustercoop.analysis.results import Result
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
    result = results if isinstance(results, Result) else read_result(results)
    return judge_claims(read_claims(os.fspath(file)), result.formations, result.graph.cluster_names)
