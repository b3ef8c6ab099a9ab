"""The datasets that ship with clustercoop; ``README.md`` beside this file says what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from clustercoop.graph.errors import parameter_error

FOLDERS: Final = {"synthetic": "dataset", "table3": "table3"}


def dataset(name: str = "synthetic") -> Path:
    """Return the folder of a dataset that ships with the package.

    Parameters
    ----------
    name : {"synthetic", "table3"}
        ``synthetic``: twelve invented clusters over four years, with every table but indicators.
        ``table3``: indicators of nine real Russian clusters, 2020 to 2023, as published.

    Raises
    ------
    ParameterError
        There is no such dataset.

    Examples
    --------
    >>> sorted(file.name for file in dataset("table3").iterdir())
    ['clusters.csv', 'indicators.csv']
    """
    if name not in FOLDERS:
        raise parameter_error("name", "dataset", f"one of {', '.join(FOLDERS)}", name)
    return Path(__file__).with_name(FOLDERS[name])
