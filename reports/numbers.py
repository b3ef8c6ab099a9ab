"""Numbers as people read them, in the manner of each language."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Floats
from clustercoop.graph.kinds import KINDS, Notation
from clustercoop.graph.texts import percent_ends, signs, text

Shower = Callable[[float], str]
UNKNOWN: Final = "—"
MINUS: Final = "\u2212"
_POINT: Final = ord(".")


def is_unknown(value: Any) -> bool:
    """Tell whether `value` is unknown: None, NaN, NA or an empty text.

    Examples
    --------
    >>> is_unknown(float("nan")), is_unknown(""), is_unknown(0)
    (True, True, False)
    """
    kind = type(value)
    if kind is float:
        return bool(value != value)
    if isinstance(value, str):
        return value == ""
    if kind is int or kind is bool:
        return False
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float | np.floating) and math.isnan(value)


def cells_of(column: pd.Series[Any]) -> list[Any]:
    """Return the cells of a column as Python has them; texts that Arrow holds come at once, not one by one.

    Examples
    --------
    >>> cells_of(pd.Series(["a", None], dtype="str")), cells_of(pd.Series([1, 2]))
    (['a', nan], [1, 2])
    """
    return (column.to_numpy(object) if isinstance(column.dtype, pd.StringDtype) else column).tolist()


def exact(values: Floats) -> list[str]:
    """Return numbers with all their figures, as `repr` writes them; "" for unknown ones.

    Examples
    --------
    >>> exact(np.array([0.1, np.nan, 2.0, 1e-7]))
    ['0.1', '', '2.0', '1e-07']
    """
    import pyarrow as pa

    # Arrow finds the same shortest figures in a quarter of the time, and writes exponents in its own way.
    texts = pa.array(values, from_pandas=True).cast(pa.string()).fill_null("")
    told: list[str] = texts.to_numpy(zero_copy_only=False).tolist()
    size = np.abs(values)
    other = np.flatnonzero((size < 1e-4) | (size >= 1e10) | (values == np.trunc(values)))
    for at, value in zip(other.tolist(), values[other].tolist(), strict=True):
        told[at] = repr(value)
    return told


def floats(column: pd.Series[Any]) -> Floats:
    """Return the cells of a column as numbers, NaN where they are none.

    Examples
    --------
    >>> floats(pd.Series(["1.5", None, "a"])).tolist(), floats(pd.Series([1, None], dtype="Int64")).tolist()
    ([1.5, nan, nan], [1.0, nan])
    """
    if not pd.api.types.is_numeric_dtype(column.dtype):
        column = pd.to_numeric(column, errors="coerce")
    return column.to_numpy("float64", na_value=np.nan)


def decimal(value: float, digits: int, lang: str) -> str:
    r"""Return `value` with `digits` decimals, grouped by thousands.

    English: ``1,234.5``. Russian: ``1 234,5`` with a no-break space. Negative numbers take a minus sign.

    Examples
    --------
    >>> decimal(-1234.5, 1, "en"), decimal(1234.5, 1, "ru")
    ('−1,234.5', '1\xa0234,5')
    """
    if 0 < value < 999:
        return f"{value:.{digits}f}".replace(".", signs(lang)[_POINT])
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    plain = f"{abs(value):,.{digits}f}"
    shown = plain.translate(signs(lang))
    return MINUS + shown if value < 0 and plain.strip("0.,") else shown


def significant(value: float, figures: int, most: int, lang: str) -> str:
    """Return `value` with `figures` significant figures, but never more than needed below the point.

    Whole digits are never rounded away; at most `most` decimals are shown for values of one and above.

    Examples
    --------
    >>> [significant(v, 3, 2, "en") for v in (12345.6, 3.14159, 0.26349, 0.00041)]
    ['12,346', '3.14', '0.263', '0.00041']
    """
    if value == 0 or not math.isfinite(value):
        return decimal(value, 0, lang)
    magnitude = math.floor(math.log10(abs(value)))
    digits = max(0, min(figures - 1 - magnitude, most if magnitude >= 0 else 12))
    shown = decimal(value, digits, lang)
    if magnitude >= -2:
        return shown
    point = text("format.point", lang)
    return shown.rstrip("0").rstrip(point) if point in shown else shown


def brief(value: float, lang: str) -> str:
    """Return `value` with three significant figures and no zeros at the end of its decimals.

    Examples
    --------
    >>> brief(0.1, "en"), brief(2.0, "ru"), brief(0.45, "ru"), brief(1200.0, "en")
    ('0.1', '2', '0,45', '1,200')
    """
    shown, point = significant(value, 3, 2, lang), text("format.point", lang)
    whole, _, decimals = shown.rpartition(point)
    if not whole or abs(value) >= 1000:
        return shown
    return f"{whole}{point}{decimals.rstrip('0')}".rstrip(point)


def percent(value: float, lang: str) -> str:
    r"""Return a share as a percentage: one decimal, more where it would vanish.

    Examples
    --------
    >>> percent(0.12345, "en"), percent(0.12345, "ru"), percent(0.00004, "en")
    ('12.3%', '12,3\xa0%', '0.004%')
    """
    hundred = value * 100
    small = 0 < abs(hundred) < 0.05
    shown = significant(hundred, 1, 1, lang) if small else decimal(hundred, 1, lang)
    return with_percent(shown, lang)


def with_percent(number: str, lang: str) -> str:
    """Return a number, already written, with the per cent sign of the language."""
    before, after = percent_ends(lang)
    return f"{before}{number}{after}"


def between(low: Any, high: Any, kind: str, lang: str) -> str:
    """Return a figure of which only bounds are known as a range, "" where neither says anything.

    A share that may be 0 (or 1) has one bound only: "at most", "at least".

    Examples
    --------
    >>> [between(low, high, "share", "en") for low, high in ((0.24, 0.31), (0.0, 0.24), (0.3, 1.0))]
    ['24.0%–31.0%', 'at most 24.0%', 'at least 30.0%']
    >>> between(None, 0.0005, "money", "en"), between(0.0, 1.0, "share", "en")
    ('at most 0.0005', '')

    Bounds that read alike get the decimals that tell them apart, at most six.

    >>> between(0.14417, 0.14421, "share", "en"), between(0.25, 0.25, "share", "en")
    ('14.417%–14.421%', '25.0%')
    >>> between(-0.014, 0.454, "float", "en")
    '−0.014 … 0.454'
    """
    least = None if is_unknown(low) or (kind == "share" and low <= 0) else show(low, kind, lang)
    most = None if is_unknown(high) or (kind == "share" and high >= 1) else show(high, kind, lang)
    if least and most:
        if least == most:
            return _apart(float(low), float(high), least, kind, lang)
        return _joint(least).join((least, most))
    end, bound = ("least", least) if least else ("most", most)
    return text(f"format.{end}", lang, value=bound) if bound else ""


def _joint(least: str) -> str:
    """Return what stands between two bounds: a dash would look like one more minus."""
    return " … " if least.startswith(MINUS) else "–"


def _apart(low: float, high: float, alike: str, kind: str, lang: str) -> str:
    scale = 100 if KINDS[kind].notation == "percent" else 1
    for digits in range(7):
        ends = [decimal(end * scale, digits, lang) for end in (low, high)]
        if ends[0] != ends[1]:
            return _joint(ends[0]).join(with_percent(end, lang) if scale == 100 else end for end in ends)
    return alike


def show(value: Any, kind: str, lang: str) -> str:
    """Return `value` of an output column of type `kind` as text; unknown is a dash, never 0.

    Parameters
    ----------
    value : object
        Cell of an output table.
    kind : str
        Name of a type in `graph.kinds.KINDS`, or any other for text.
    lang : str
        Language of separators.

    Examples
    --------
    >>> show(0.5, "share", "en"), show(float("nan"), "share", "en"), show(0.0004, "pvalue", "en")
    ('50.0%', '—', '<0.001')
    """
    if is_unknown(value):
        return UNKNOWN
    if not numeric(kind) or isinstance(value, str | bool | np.bool_):
        return str(value)
    return shower(kind, lang)(float(value))


@cache
def shower(kind: str, lang: str) -> Shower:
    """Return what writes known numbers of one kind, for whole columns.

    Examples
    --------
    >>> [shower("share", "en")(value) for value in (0.5, 0.25)]
    ['50.0%', '25.0%']
    """
    return _NOTATIONS[KINDS[kind].notation](KINDS[kind].decimals, lang)


def numeric(kind: str) -> bool:
    """Tell whether cells of a kind are numbers; a kind that only a page knows is not."""
    return kind in KINDS and KINDS[kind].numeric


def _percents(decimals: int, lang: str) -> Shower:
    marks, (before, after) = signs(lang), percent_ends(lang)

    def told(value: float) -> str:
        hundred = value * 100
        if 0.05 <= hundred < 999:
            return f"{before}{f'{hundred:.1f}'.translate(marks)}{after}"
        return percent(value, lang)

    return told


def _significants(most: int, lang: str) -> Shower:
    def told(value: float) -> str:
        if 0.01 <= value < 999:  # most of them, and no zeros to take away
            magnitude = math.floor(math.log10(value))
            return decimal(value, min(2 - magnitude, most if magnitude >= 0 else 12), lang)
        return significant(value, 3, most, lang)

    return told


def _numbers(most: int, lang: str) -> Shower:
    """Return what shows figures of several kinds in one column: numbers of things have no decimals."""
    told = _significants(most, lang)
    return lambda value: decimal(value, 0, lang) if float(value).is_integer() else told(value)


def _pvalues(decimals: int, lang: str) -> Shower:
    least, plain = 10.0**-decimals, _decimals(decimals, lang)
    below = "<" + decimal(least, decimals, lang)
    return lambda value: below if value < least else plain(value)


def _decimals(decimals: int, lang: str) -> Shower:
    return lambda value: decimal(value, decimals if abs(value) < 10 else 1, lang)


_NOTATIONS: Final[Mapping[Notation, Callable[[int, str], Shower]]] = {
    "year": lambda *_: lambda value: str(int(value)),
    "count": lambda decimals, lang: (
        lambda value: decimal(value, decimals if value == round(value) else 2, lang)
    ),
    "percent": _percents,
    "significant": _significants,
    "number": _numbers,
    "decimal": _decimals,
    "pvalue": _pvalues,
}


def raw(value: Any) -> str:
    """Return `value` for sorting and export: ten figures, a point, no grouping; unknown is empty.

    Examples
    --------
    >>> raw(0.1), raw(np.float64(2.0)), raw(pd.NA), raw(True)
    ('0.1', '2', '', 'true')
    """
    if isinstance(value, str):
        return str(value)
    if is_unknown(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.10g}"
    return str(value)
