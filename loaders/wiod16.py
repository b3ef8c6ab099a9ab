"""The world input–output tables of the release of 2016, which pymrio has no parser for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.errors import DataError
from clustercoop.graph.texts import refusal
from clustercoop.loaders.sheets import show

NAME: Final = re.compile(r"wiot(\d{4})_nov16_row\.xls[bx]", re.IGNORECASE)
# The tables are in millions of dollars at current prices; those of the year before have other names.
_UNIT: Final = "million USD"
_LABELS, _SEARCH = 4, 12


def parse_wiod16(path: Path) -> Any:
    """Return one year's table with the parts of a system of pymrio.

    Rows and columns are labelled by code, name, country and number; below and beside the flows stand rows and
    columns of the country ``TOT``, value added (``VA``) and output (``GO``) among them.

    Raises
    ------
    DataError
        The workbook is not laid out so.

    References
    ----------
    Timmer, M. P., Dietzenbacher, E., Los, B., Stehrer, R. and de Vries, G. J. (2015). An illustrated user
    guide to the World Input–Output Database. Review of International Economics 23, 575–605.
    """
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(path) as book:
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    body = next((i for i, row in enumerate(rows[: 2 * _SEARCH]) if i > 1 and _is_flow(row)), 0)
    if not body:
        raise refusal(DataError, "wiod_layout", name=path.name)
    down = [(show(row[2]).strip(), show(row[0]).strip()) for row in rows[body:]]
    lands, codes = ({label[side] for label in down} for side in (0, 1))
    across = list(zip(_most(rows[:body], lands), _most(rows[:body], codes), strict=True))
    labels = [label for label in down if label[0] not in ("", "TOT")]
    inside = set(labels)
    flows = [at for at, label in enumerate(across) if label in inside]
    total = [at for at, label in enumerate(across) if label[1] == "GO" or label[0] == "TOT"]
    taken = [at for at, label in enumerate(across) if label[0] and at not in {*flows, *total}]
    added = [i for i, (_, code) in enumerate(down) if code == "VA"]
    square = [across[at] for at in flows] == labels == down[: len(labels)]
    if not square or len(total) != 1 or len(added) != 1:
        raise refusal(DataError, "wiod_layout", name=path.name)
    cells = np.array([row[_LABELS:] for row in rows[body : body + len(down)]], dtype=object)
    cells[cells == ""] = 0.0
    cells = cells.astype("float64")
    index = pd.MultiIndex.from_tuples(labels, names=["region", "sector"])
    made = cells[: len(labels)]
    demand = pd.DataFrame(made[:, taken], index, pd.MultiIndex.from_tuples([across[at] for at in taken]))
    value_added = SimpleNamespace(
        name="primary inputs",
        F=pd.DataFrame(cells[added][:, flows], ["value added"], index),
        S=None,
        unit=pd.DataFrame([_UNIT], ["value added"], ["unit"]),
    )
    return SimpleNamespace(
        Z=pd.DataFrame(made[:, flows], index, index),
        A=None,
        x=pd.DataFrame(made[:, total], index, ["indout"]),
        Y=demand,
        unit=pd.DataFrame(_UNIT, index, ["unit"]),
        meta=SimpleNamespace(name="", description=""),
        get_extensions=lambda data: [value_added],
    )


def _is_flow(row: Sequence[Any]) -> bool:
    """Tell whether a row has its labels and numbers beside them."""
    labelled = len(row) > _LABELS + 1 and all(show(cell).strip() for cell in row[:_LABELS])
    return labelled and all(isinstance(cell, int | float) for cell in row[_LABELS : _LABELS + 2])


def _most(heads: Sequence[Sequence[Any]], known: set[str]) -> list[str]:
    """Return the row of a header that holds most labels of `known`."""
    texts = [[show(cell).strip() for cell in row[_LABELS:]] for row in heads]
    return max(texts, key=lambda row: sum(text in known for text in row if text))
