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
ACCOUNTS: Final = re.compile(
    r"(?:wiod_)?(?:sea|socio[-_ ]?economic[-_ ]?accounts)\w*\.xls[bx]", re.IGNORECASE
)
# The variables of the accounts that are in thousands of persons; the others are in national currencies.
_STAFF: Final = ("EMP", "EMPE")
# The tables are in millions of dollars at current prices; those of the year before have other names.
_UNIT: Final = "million USD"
_LABELS, _SEARCH = 4, 12


def parse_wiod16(path: Path) -> Any:
    """Return one year's table with the parts of a system of pymrio, and employment where it lies beside.

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

    named = NAME.fullmatch(path.name)
    staff = _employment(path.parent, int(named[1]) if named else 0)
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
    extensions = [value_added]
    if staff is not None:
        accounts = staff.reindex(columns=index).to_numpy("float64")
        extensions.append(
            SimpleNamespace(
                name="SEA",
                F=pd.DataFrame(accounts, list(_STAFF), index),
                S=None,
                unit=pd.DataFrame(["thousand persons"] * 2, list(_STAFF), ["unit"]),
            )
        )
    return SimpleNamespace(
        Z=pd.DataFrame(made[:, flows], index, index),
        A=None,
        x=pd.DataFrame(made[:, total], index, ["indout"]),
        Y=demand,
        unit=pd.DataFrame(_UNIT, index, ["unit"]),
        meta=SimpleNamespace(name="", description=""),
        get_extensions=lambda data: extensions,
    )


def _employment(folder: Path, year: int) -> pd.DataFrame | None:
    """Return persons engaged and employees (thousands) by country and industry, None where no file has them.

    The socio-economic accounts have a row for each country, variable and industry, and a column a year.
    What they leave empty, and countries that they do not have, stay unknown.
    """
    from python_calamine import CalamineWorkbook

    for place in (folder, folder / "SEA"):
        files = sorted(place.iterdir()) if place.is_dir() else []
        found = next((file for file in files if ACCOUNTS.fullmatch(file.name)), None)
        if found is not None:
            break
    else:
        return None
    with CalamineWorkbook.from_path(found) as book:
        sheet = "DATA" if "DATA" in book.sheet_names else book.sheet_names[-1]
        rows = book.get_sheet_by_name(sheet).to_python()
    titles = [show(cell).strip().lower().lstrip("_") for cell in rows[0]] if rows else []
    if not {"country", "variable", "code", str(year)} <= set(titles):
        raise refusal(DataError, "wiod_accounts", name=found.name, year=year)
    at = {title: titles.index(title) for title in ("country", "variable", "code", str(year))}
    cells: dict[tuple[str, str, str], float] = {}
    for row in rows[1:]:
        variable, value = show(row[at["variable"]]).strip(), row[at[str(year)]]
        if variable in _STAFF and isinstance(value, int | float):
            cells[variable, show(row[at["country"]]).strip(), show(row[at["code"]]).strip()] = float(value)
    held = pd.Series(cells, dtype="float64")
    if not len(held):
        return None
    return held.unstack(level=[1, 2]).reindex(list(_STAFF))


def _is_flow(row: Sequence[Any]) -> bool:
    """Tell whether a row has its labels and numbers beside them."""
    labelled = len(row) > _LABELS + 1 and all(show(cell).strip() for cell in row[:_LABELS])
    return labelled and all(isinstance(cell, int | float) for cell in row[_LABELS : _LABELS + 2])


def _most(heads: Sequence[Sequence[Any]], known: set[str]) -> list[str]:
    """Return the row of a header that holds most labels of `known`."""
    texts = [[show(cell).strip() for cell in row[_LABELS:]] for row in heads]
    return max(texts, key=lambda row: sum(text in known for text in row if text))
