"""What a type of column means in every room: how it is held, shown, formatted and cast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TEXT: Final = pd.StringDtype(na_value=np.nan)

Notation = Literal["text", "year", "count", "percent", "significant", "decimal", "pvalue"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of column, of inputs (``graph/schema.csv``) and outputs (``graph/output_columns.csv``).

    Attributes
    ----------
    name : str
    dtype : pandas dtype
        Of the column in memory; unknown is its NaN or NA.
    notation : str
        How a value is written for people: "text" as it is, "percent" as a share of 100, "significant" with
        three figures, "decimal" with `decimals` decimals, "pvalue" as those and never as 0.
    decimals : int
        Decimals shown.
    excel : str
        Number format of a cell.
    width : int
        Width of a sheet's column, in characters.
    bar : bool
        Whether cells of a report carry a bar.
    style : str
        Style classes of a report's cells: n number, t text, a that may break anywhere, l sentences, i lists.
    """

    name: str
    dtype: Any = TEXT
    notation: Notation = "text"
    decimals: int = 0
    excel: str = "@"
    width: int = 14
    bar: bool = False
    style: str = "t a"

    @property
    def numeric(self) -> bool:
        """Whether values are numbers."""
        return self.notation != "text"

    @property
    def measured(self) -> bool:
        """Whether values are amounts, shares or the like: they can have fractions, years cannot.

        Examples
        --------
        >>> KINDS["money"].measured, KINDS["year"].measured, KINDS["id"].measured
        (True, False, False)
        """
        return bool(self.dtype == "float64")

    def unknown(self, n: int) -> pd.api.extensions.ExtensionArray:
        """Return a column of `n` unknown cells.

        Examples
        --------
        >>> KINDS["int"].unknown(2).tolist()
        [<NA>, <NA>]
        """
        made = _unknown if n < _KEPT else _unknown.__wrapped__
        return made(self.dtype, n).copy()

    def typed(self, values: pd.Series[Any]) -> pd.Series[Any]:
        """Return `values` as a column of this kind: an empty text is unknown, whole numbers stay whole.

        Raises
        ------
        TypeError, ValueError
            A value does not fit.

        Examples
        --------
        >>> KINDS["int"].typed(pd.Series([1.0, None])).tolist()
        [1, <NA>]
        >>> KINDS["id"].typed(pd.Series(["01", ""])).tolist()
        ['01', nan]
        """
        return pd.Series(self.cells(values), values.index, copy=False)

    def cells(self, values: pd.Series[Any]) -> pd.api.extensions.ExtensionArray:
        """Return what `typed` returns without an index: a table of many columns asks for each of them."""
        if values.array.isna().all():
            return self.unknown(len(values))
        if self.numeric and isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf":
            typed = values.astype(self.dtype)
        elif self.dtype is TEXT and values.dtype == TEXT:
            empty = np.asarray(values.array == "", bool)
            typed = values.mask(empty) if empty.any() else values
        elif values.dtype == self.dtype:
            typed = values
        elif self.dtype is TEXT:
            held: NDArray[np.object_] = values.to_numpy(dtype=object, copy=True)
            held[np.asarray(pd.isna(held), bool) | (held == "")] = None
            typed = pd.Series(held, dtype=TEXT)
        else:
            typed = pd.to_numeric(pd.Series(values.to_numpy(dtype=object))).astype(self.dtype)
        made: pd.api.extensions.ExtensionArray = typed.array.copy()
        return made


# Rows up to which a column of unknown cells is remembered.
_KEPT: Final = 100_000


@lru_cache(maxsize=64)
def _unknown(dtype: Any, n: int) -> pd.api.extensions.ExtensionArray:
    cells: pd.api.extensions.ExtensionArray = pd.array([None], dtype=dtype).take(np.zeros(n, int))
    return cells


def _number(name: str, notation: Notation, decimals: int, excel: str, **more: Any) -> Kind:
    return Kind(name, "float64", notation, decimals, excel, style="n", **more)


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("id", width=22),
        Kind("ids", width=40, style="t i"),
        Kind("text", width=30),
        Kind("sentence", width=30, style="t l"),
        Kind("said", width=60, style="t l"),
        Kind("note", width=30),
        Kind("years", width=30),
        Kind("term", width=22, style="t"),
        Kind("level", width=12, style="t"),
        Kind("bool", "boolean", style="t"),
        Kind("int", "Int64", "count", 0, "#,##0", 11, bar=True, style="n"),
        Kind("year", "Int64", "year", 0, "0", 7, style="n"),
        _number("money", "significant", 2, "#,##0.00####", bar=True),
        _number("share", "percent", 1, "0.0%", bar=True),
        _number("float", "decimal", 3, "0.000"),
        _number("pvalue", "pvalue", 3, "0.000"),
        _number("count", "significant", 2, "#,##0.00####"),
        _number("number", "significant", 2, "#,##0.00####"),
    )
}
