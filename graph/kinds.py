"""What a type of column means in every room: how it is held, shown, formatted and cast."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Objects

TEXT: Final = pd.StringDtype(na_value=np.nan)

Notation = Literal["text", "year", "count", "percent", "significant", "number", "decimal", "pvalue"]


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

    def cells(self, values: Any) -> Any:
        """Return what `typed` returns, without an index, of a Series, an array or a list."""
        held = getattr(values, "array", values)
        if isinstance(held, pd.arrays.NumpyExtensionArray):
            held = held.to_numpy()
        elif isinstance(held, list):
            held = np.array(held, object)
            if self.measured and set(map(type, values)) <= _PLAIN:
                held = held.astype(np.float64)
        if self.dtype is TEXT:
            return self._texts(held)
        if self.measured and held.dtype.kind in "iuf" and isinstance(held, np.ndarray):
            return pd.arrays.NumpyExtensionArray(held.astype(np.float64))
        if self.measured and isinstance(held, _MASKED):
            return pd.arrays.NumpyExtensionArray(held.to_numpy(dtype=np.float64, na_value=np.nan))
        if pd.isna(held).all():
            return self.unknown(len(held))
        if held.dtype == self.dtype:
            return held.copy()
        if isinstance(held, np.ndarray) and held.dtype.kind in "iuf":
            return pd.array(held, dtype=self.dtype)
        return pd.to_numeric(pd.Series(np.asarray(held, dtype=object))).astype(self.dtype).array.copy()

    def _texts(self, held: Any) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        if held.dtype == TEXT:
            found = pa.array(held)
            if found.null_count == len(found):
                return self.unknown(len(found))
            if pc.index(found, "").as_py() < 0:
                return held.copy()
        cells: Objects = np.array(held, dtype=object)
        cells[np.asarray(pd.isna(cells), bool)] = None
        cells[cells == ""] = None
        return pd.array(cells, dtype=TEXT)


def text_table(rows: Sequence[Sequence[Any]], columns: Sequence[str], whole: Collection[str]) -> pd.DataFrame:
    """Return rows as a table of texts, an empty one as it is, and of whole numbers in the columns `whole`.

    Examples
    --------
    >>> text_table([("a", 2022), ("", None)], ("id", "year"), ("year",)).to_numpy().tolist()
    [['a', 2022], ['', <NA>]]
    """
    cells = zip(columns, zip(*rows, strict=True) if rows else [()] * len(columns), strict=True)
    return pd.DataFrame(
        {name: pd.array(list(held), dtype="Int64" if name in whole else TEXT) for name, held in cells}
    )


# Rows up to which a column of unknown cells is remembered.
_KEPT: Final = 100_000
_MASKED: Final = (pd.arrays.IntegerArray, pd.arrays.FloatingArray, pd.arrays.BooleanArray)
_PLAIN: Final = {float, int, np.float64, type(None)}


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
        _number("number", "number", 2, "#,##0.00####"),
    )
}
