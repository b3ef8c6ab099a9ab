"""Columns of texts as positions among their distinct texts: what is asked of a text is asked once.

Most identifiers are plain (`PLAIN`): letters and digits without a mark. Nothing has to be cleaned of them,
and they are judged a column at a time; the others go through the rules one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import AnyInts, Bools, Indices, Int32s, Ints, Objects
from clustercoop.graph.kinds import TEXT

PLAIN: Final = re.compile(r"[0-9A-Za-z]*[0-9][0-9A-Za-z]*")
"""Letters and digits of ASCII, a digit among them; at least three."""
_SHORTEST: Final = 3
_DIGITS: Final = re.compile("[0-9]+")
_CAPITAL: Final = re.compile("[0-9A-Za-z]*[A-Z][0-9A-Za-z]*")


def plain(texts: Objects) -> Bools:
    """Tell which of `texts` are plain: no mark of a gap, total, footer or error is among them.

    Examples
    --------
    >>> plain(np.array(["7701", "p01", "na", "П01", "p-01", "x1"], dtype=object)).tolist()
    [True, True, False, False, False, False]
    """
    return _sized(texts, PLAIN) >= _SHORTEST


def capitals(texts: Objects) -> Bools:
    """Tell which of plain `texts` have a capital letter.

    Examples
    --------
    >>> capitals(np.array(["7701", "P01", "p01"], dtype=object)).tolist()
    [False, True, False]
    """
    return _sized(texts, _CAPITAL) > 0


def as_arrow(texts: Objects) -> Any:
    """Return texts as an array of Arrow; None where one is no text of Arrow."""
    import pyarrow as pa

    try:
        return pa.array(texts, pa.large_string(), from_pandas=True)
    except (pa.ArrowException, UnicodeEncodeError):
        return None


def _sized(texts: Objects, whole: re.Pattern[str], column: Any = None) -> Ints:
    """Return the length of each text that matches a pattern of ASCII as a whole, 0 of any other."""
    if not len(texts):
        return np.zeros(0, np.int64)
    import pyarrow.compute as pc

    column = as_arrow(texts) if column is None else column
    if column is None:  # a lone surrogate is no text of Arrow
        return np.array([len(text) if whole.fullmatch(text) else 0 for text in texts], dtype=np.int64)
    found = pc.match_substring_regex(column, f"^{whole.pattern}$").to_numpy(zero_copy_only=False)
    size = pc.binary_length(column).to_numpy(zero_copy_only=False)
    return np.where(np.asarray(found, dtype=bool), size, 0).astype(np.int64)


def lowered(texts: Objects, without: str = "") -> Objects:
    """Return plain texts in small letters, without the characters `without` at their beginning.

    Examples
    --------
    >>> lowered(np.array(["0A7", "p01"], dtype=object), "0").tolist()
    ['a7', 'p01']
    """
    import pyarrow.compute as pc

    small = pc.utf8_lower(as_arrow(texts))
    small = pc.utf8_ltrim(small, without) if without else small
    return np.asarray(small.to_numpy(zero_copy_only=False), dtype=object)


def digits_of(texts: Objects) -> Ints:
    """Return of how many digits of ASCII each text consists, 0 where anything else is in it.

    Examples
    --------
    >>> digits_of(np.array(["7701", "p01", "", "٣"], dtype=object)).tolist()
    [4, 0, 0, 0]
    """
    return _sized(texts, _DIGITS)


@dataclass(frozen=True, eq=False)
class Coded:
    """A column of texts.

    Attributes
    ----------
    codes : array of int, shape (rows,)
        Position of each cell in `texts`, −1 where there is none.
    texts : array of str
        The distinct texts, in the order in which the rows name them.

    Examples
    --------
    >>> column = Coded.of(pd.Series(["b", None, "a", "b"], dtype=TEXT))
    >>> column.texts.tolist(), column.codes.tolist(), column.isin(["b"]).tolist()
    (['b', 'a'], [0, -1, 1, 0], [True, False, False, True])
    """

    codes: Indices | Int32s
    texts: Objects
    _places: dict[int, tuple[Any, Indices]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, column: Any) -> Coded:
        """Return a column of text, any kind of array, coded."""
        held = getattr(column, "array", column)
        if isinstance(held, pd.Categorical):
            codes = held.codes if held.codes.dtype == np.int32 else held.codes.astype(np.intp)
            out = cls(codes, held.categories.to_numpy(dtype=object))
            if held.categories.dtype == object:
                vars(out)["index"] = held.categories  # which may have been looked up before
            return out
        codes, unique = pd.factorize(column, use_na_sentinel=True)
        return cls(codes, np.asarray(unique, dtype=object))

    @classmethod
    def renamed(cls, codes: AnyInts, texts: Iterable[Any]) -> Coded:
        """Return a column whose distinct texts were replaced: some are now alike, or NaN."""
        to, unique = pd.factorize(np.array([*texts, np.nan], dtype=object), use_na_sentinel=True)
        now = to[codes]
        if len(unique) == len(to) - 1:
            return cls(now, np.asarray(unique, dtype=object))
        order, kept = pd.factorize(now, use_na_sentinel=True)
        kept = kept[kept >= 0]
        if len(kept) != len(unique) or bool((kept != np.arange(len(kept))).any()):
            places = np.full(len(unique) + 1, -1, np.intp)
            places[kept] = np.arange(len(kept))
            now = places[now]
        return cls(now, np.asarray(unique, dtype=object)[kept])

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def spread(self, judged: Any, missing: Any = False) -> NDArray[Any]:
        """Return what was found of each distinct text, for every row; `missing` where there is none."""
        values = np.asarray(judged)
        return np.append(values, np.asarray(missing, dtype=values.dtype))[self.codes]

    def where(self, holds: Callable[[str], bool]) -> Bools:
        """Tell in which rows a text stands of which `holds` is true."""
        return self.spread(np.array([holds(text) for text in self.texts], dtype=bool))

    @cached_property
    def index(self) -> pd.Index[Any]:
        """The distinct texts, to be looked up."""
        return pd.Index(self.texts, dtype=object)

    @cached_property
    def simple(self) -> Bools:
        """Which of the distinct texts are `plain`."""
        return _sized(self.texts, PLAIN, self._arrow) >= _SHORTEST

    @cached_property
    def digits(self) -> Ints:
        """Of how many digits each distinct text consists (`digits_of`)."""
        return _sized(self.texts, _DIGITS, self._arrow)

    @cached_property
    def _arrow(self) -> Any:
        return as_arrow(self.texts)

    def places(self, index: pd.Index[Any]) -> Indices:
        """Return where each distinct text stands in a unique `index`, −1 for nowhere; looked up once."""
        if id(index) not in self._places:
            self._places[id(index)] = index, index.get_indexer(self.index)
        return self._places[id(index)][1]

    def isin(self, wanted: Any) -> Bools:
        """Tell in which rows one of the texts `wanted` stands."""
        if isinstance(wanted, pd.Index):
            return self.spread(self.places(wanted) >= 0)
        return self.spread(isin(self.texts, wanted))

    def appear(self, alive: Bools | None = None) -> Objects:
        """Return the distinct texts of the rows `alive`, in their order."""
        if alive is None or alive.all():
            return self.texts
        found = pd.unique(self.codes[alive])
        return self.texts[found[found >= 0]]

    def equal(self, other: Coded) -> Bools:
        """Tell in which rows both columns hold the same text."""
        same: Bools = (self.codes == other.spread(other.places(self.index), -1)) & (self.codes >= 0)
        return same

    def categorical(self) -> pd.Categorical:
        """Return the column as pandas holds texts by their distinct ones."""
        return pd.Categorical.from_codes(self.codes, categories=self.index)

    def array(self) -> Any:
        """Return the column as an array of texts of pandas."""
        import pyarrow as pa

        try:
            distinct = pa.array(self.texts, pa.large_string())
        except (pa.ArrowException, UnicodeEncodeError):
            return pd.array([*self.texts, np.nan], dtype=TEXT).take(self.codes)
        codes = pa.array(self.codes, pa.int64(), mask=self.codes < 0)
        return pd.array(pa.chunked_array([distinct.take(codes)]), dtype=TEXT)


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return frames of equal columns below each other; texts that are held by their distinct ones stay so."""
    out = pd.concat(frames, ignore_index=True)
    for name in out.columns:
        parts = [frame[name].array for frame in frames]
        if all(isinstance(part, pd.Categorical) for part in parts):
            out[name] = pd.api.types.union_categoricals(parts)
    return out


class Cells:
    """Object cells of a typed source by their distinct values; an array is made where somebody asks for one.

    Examples
    --------
    >>> cells = Cells(np.array([1, 0, -1]), np.array(["a", "b"], dtype=object))
    >>> cells[0], cells[1:].tolist(), cells.tolist(), distinct(cells)[1].tolist()
    ('b', ['a', None], ['b', 'a', None], ['b', 'a'])
    """

    def __init__(self, codes: AnyInts, values: Objects) -> None:
        self._objects = np.append(values, np.array([None]))  # the last stands for a missing cell
        self.codes, self.values = codes, self._objects[:-1]
        self.dtype = np.dtype(object)

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.codes)

    def __getitem__(self, at: Any) -> Any:
        """Return a cell, or an array of some."""
        return self._objects[self.codes[at]]

    def __eq__(self, other: object) -> Any:
        """Tell which cells are equal to another, or to those of an array."""
        return self[:] == other

    def __iter__(self) -> Iterator[Any]:
        """Go through all cells."""
        return iter(self[:])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Objects:
        """Return all cells."""
        return np.asarray(self[:])

    def __getattr__(self, name: str) -> Any:
        """Return what an array of the cells has under this name; nothing of its own making."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self[:], name)


def distinct(cells: NDArray[Any] | Cells) -> tuple[Indices, NDArray[Any]]:
    """Return the position of each cell among its distinct values, −1 for none, and those as they appear."""
    if not isinstance(cells, Cells):
        codes, unique = pd.factorize(cells, use_na_sentinel=True)
        return codes, np.asarray(unique)
    codes, order = pd.factorize(cells.codes, use_na_sentinel=True)
    none = np.flatnonzero(order < 0)
    if len(none):  # a missing cell is a value of whole numbers
        codes = np.where(codes == none[0], -1, codes - (codes > none[0]))
        order = np.delete(order, none)
    return codes, cells.values[order]


def isin(texts: Objects, wanted: Any) -> Bools:
    """Tell which of the distinct `texts` are among `wanted`."""
    if not len(texts) or not len(wanted):
        return np.zeros(len(texts), bool)
    if len(wanted) < 8:
        held = set(wanted)
        return np.array([text in held for text in texts], dtype=bool)
    index = wanted if isinstance(wanted, pd.Index) else pd.Index(list(wanted), dtype=object)
    return np.asarray(index.astype(object).get_indexer_for(pd.Index(texts, dtype=object)) >= 0, dtype=bool)


def judged(
    texts: Objects, odd: Callable[[str], bool], simple: Collection[bool] | Bools | None = None
) -> Bools:
    """Tell of which texts `odd` is true; plain ones are not asked, it is never true of them."""
    known = plain(texts) if simple is None else np.asarray(simple, dtype=bool)
    out = np.zeros(len(texts), bool)
    asked = np.flatnonzero(~known)
    out[asked] = [odd(text) for text in texts[asked]]
    return out
