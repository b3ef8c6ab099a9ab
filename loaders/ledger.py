"""The book of one table: its typed rows, which of them live, and what became of every value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import AnyInts, Bools, Floats, Ints
from clustercoop.graph.kinds import TEXT
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR, NUMERIC, TableSpec
from clustercoop.loaders.coded import Coded
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import BrokenRow, Grid, show

Text = Callable[[int], str] | str
# Headers of columns that number the rows: none, №, № п/п, #, index …
NUMBERING = re.compile(
    r"[\W_]*(?:n|nn|no|п\W*п|index|row|unnamed: ?\d+|__index_level_\d+__)?[\W_]*", re.IGNORECASE
)
# Numbers from which sums are worth an array's while, and how many are summed at once.
_FEW = 10_000
_PIECE = 1 << 20
# Tables whose ids stay held by the distinct ones on their way into the graph.
_HELD = frozenset({"participants", "links", "activity"})
REJECTED_COLUMNS = ("table", "file", "sheet", "row", "code", "value", "detail", "content")


def is_numbering(header: str) -> bool:
    """Tell whether a header is of a column that only numbers the rows.

    Examples
    --------
    >>> is_numbering("№ п/п"), is_numbering("Договор")
    (True, False)
    """
    return bool(NUMBERING.fullmatch(header.strip()))


def exact_sum(values: Floats) -> float:
    """Return the correctly rounded sum of the values that are known.

    Of many, the whole numbers of 26 and 27 binary digits that make up values of one exponent are summed,
    which is exact as well.

    Examples
    --------
    >>> exact_sum(np.array([1e16, 1.0, np.nan, -1e16])), exact_sum(np.tile([1e16, 1.0, -1e16], 10_000))
    (1.0, 10000.0)
    """
    known = values[~np.isnan(values)]
    if len(known) < _FEW or not np.isfinite(known).all():
        return math.fsum(known.tolist())
    total = Fraction(0)
    for start in range(0, len(known), _PIECE):
        digits, exponent = np.frexp(known[start : start + _PIECE])
        least = int(exponent.min())
        digits *= 2.0**26
        high = np.trunc(digits)
        for part, shift in ((high, 26), ((digits - high) * 2.0**27, 53)):
            sums = np.bincount(exponent - least, part).tolist()
            total += sum(
                Fraction(2) ** (at + least - shift) * int(held) for at, held in enumerate(sums) if held
            )
    return float(total)


class Ledger:
    """Typed rows of one table from one or more grids, with a finding and a sum for every loss.

    Attributes
    ----------
    spec : TableSpec
        The table.
    frame : DataFrame
        The contract's columns, one row for each row of the grids; changed only through `blank` and `replace`.
    alive : array of bool
        Rows that are not rejected.
    perhaps : dict of str to dict of str to list of str
        Column of ids → identifier → the participants one of which it means.
    who : function
        The participant that a text means; the text where it means none, or no participants are known.
    """

    def __init__(self, spec: TableSpec, grids: Sequence[Grid], frame: pd.DataFrame, notes: Notes) -> None:
        self.spec = spec
        self.grids = grids
        self.frame = frame
        self.alive: Bools = np.ones(len(frame), bool)
        self.notes = notes
        sizes = [len(grid) for grid in grids]
        self.source = np.repeat(np.arange(len(grids), dtype=np.min_scalar_type(len(grids))), sizes)
        self.position = np.concatenate([np.arange(size) for size in sizes]) if sizes else np.empty(0, int)
        self.line = np.concatenate([grid.lines for grid in grids]) if grids else np.empty(0, np.int64)
        self._values: dict[str, Floats] = {}
        self._reason: dict[int, tuple[str, str, str]] = {}
        self._coded: dict[str, tuple[Any, Coded]] = {}
        self._unnamed: dict[str, Bools] = {}
        self.perhaps: dict[str, dict[str, list[str]]] = {}
        self.who: Callable[[str], str] = str
        self._unread: dict[str, Bools] = {}
        self.figures = [c.name for c in spec.columns if c.type in NUMERIC and not c.bounds]
        self._read = {name: exact_sum(self.values(name)) for name in self.figures}
        self._rejected: dict[str, list[float]] = {name: [] for name in self.figures}
        self._unknown: dict[str, list[float]] = {name: [] for name in self.figures}
        self._folded: dict[str, list[float]] = {name: [] for name in self.figures}
        self.merged = 0

    def __len__(self) -> int:
        """Return how many rows could be split into cells."""
        return len(self.frame)

    def mask(self, rows: int | Sequence[int] | AnyInts = ()) -> Bools:
        """Return which rows those of the given places are."""
        found = np.zeros(len(self), bool)
        found[np.asarray(rows, np.intp)] = True
        return found

    def values(self, name: str) -> Floats:
        """Return a numeric or year column, to be read only."""
        if name not in self._values:
            self._values[name] = self.frame[name].to_numpy("float64")
        return self._values[name]

    def _put(self, name: str, cells: Any) -> None:
        self.frame[name] = cells
        self._values.pop(name, None)

    def coded(self, name: str) -> Coded:
        """Return a column of ids or texts by its distinct ones."""
        held = self.frame[name].array
        if not isinstance(held, pd.Categorical) and len(held) > _FEW:
            return Coded.of(held)
        if name not in self._coded or self._coded[name][0] is not held:
            self._coded[name] = held, Coded.of(held)
        return self._coded[name][1]

    def raw(self, row: int, column: str) -> str:
        """Return the cell of `column` as it stands in the file."""
        grid = self.grids[self.source[row]]
        places = grid.facts.get("columns_at", {})
        if column not in places:
            return ""
        return show(grid.columns[places[column]][self.position[row]])

    def written(self, where: Bools, column: str, holds: Callable[[str], bool]) -> Bools:
        """Tell in which rows of `where` a cell of `column` stands in the file of which `holds` is true."""
        rows, found = np.flatnonzero(where), np.zeros(len(self), bool)
        found[rows] = [holds(self.raw(row, column)) for row in rows.tolist()]
        return found

    def first(self, row: int) -> str:
        """Return the first filled cell of a row as it stands in the file."""
        cells = (show(column[self.position[row]]) for column in self.grids[self.source[row]].columns)
        return next((text for text in cells if text.strip()), "")

    def beside(self, rows: Ints) -> list[str]:
        """Return what rows hold beside the contract: cells of unused columns, and the year as it is written.

        Columns that only number the rows are left out.
        """
        texts = []
        kept: list[list[int]] = []
        for grid in self.grids:
            at = grid.facts.get("columns_at", {})
            used = set(at.values()) - {at.get("year", -1)}
            number = [i for i, name in enumerate(grid.header) if not is_numbering(name)]
            kept.append([i for i in number if i not in used])
        for source, position in zip(self.source[rows].tolist(), self.position[rows].tolist(), strict=True):
            columns = self.grids[source].columns
            texts.append("\n".join(show(columns[i][position]) for i in kept[source]))
        return texts

    def note(
        self,
        where: Bools,
        code: str,
        column: str = "",
        *,
        value: Text | None = None,
        detail: Text = "",
        summed: str = "",
    ) -> None:
        """Add a finding of `code` for each living row of `where`; past the cap one for the rest.

        `value` and `detail` are the finding's texts, or give them for a row: by default the raw cell of
        `column`, and "".
        `summed` names the column whose sum the summary tells (by default `column`, or the value of links).
        """
        rows = np.flatnonzero(where & self.alive)
        if not len(rows):
            return
        summed = summed or (column if column in self.figures else "value" if "value" in self.figures else "")
        for number, grid in enumerate(self.grids):
            mine = rows[self.source[rows] == number]
            room = self.notes.room(code, self.spec.name, grid.file)
            told = mine[:room]
            for row, who in zip(told.tolist(), self._who(told), strict=True):
                self.notes.add(
                    code,
                    **grid.place,
                    row=int(self.line[row]),
                    column=self.header(number, column),
                    value=self._value(value, row, column),
                    detail=_said(detail, row),
                    **who,
                )
            rest = mine[room:]
            total = exact_sum(self.values(summed)[rest]) if summed and len(rest) else 0.0
            self.notes.skip(code, self.spec.name, grid.file, len(rest), total)

    def _value(self, value: Text | None, row: int, column: str) -> str:
        return (self.raw(row, column) if value is None else _said(value, row))[:200]

    def place_of(self, row: int) -> str:
        """Return the file, the sheet and the line of a row."""
        grid = self.grids[self.source[row]]
        return f"{grid.file}{'!' + grid.sheet if grid.sheet else ''}:{int(self.line[row])}"

    def header(self, source: int, column: str) -> str:
        """Return how the file calls a column of the contract (its own name where the file has none)."""
        grid = self.grids[source]
        place = grid.facts.get("columns_at", {}).get(column)
        return column if place is None else grid.header[place]

    def _who(self, rows: Ints) -> list[dict[str, Any]]:
        """Return the cluster, participant and year of each row, for its finding."""
        out: list[dict[str, Any]] = [{} for _ in rows]
        for name in ("cluster_id", "participant_id", "year"):
            if name not in self.frame:
                continue
            for place, cell in zip(out, self.frame[name].iloc[rows].tolist(), strict=True):
                if name != "year":
                    place[name] = cell if isinstance(cell, str) else ""
                elif abs(cell) < 1e9 and cell == int(cell):  # false for NaN
                    place[name] = int(cell)
        return out

    def reject(self, where: Bools, code: str, column: str = "", **texts: Any) -> None:
        """Reject the living rows of `where`, with a finding for each."""
        hit = where & self.alive
        if not hit.any():
            return
        self.note(hit, code, column, **texts)
        for row in np.flatnonzero(hit).tolist():
            text = self._value(texts.get("value"), row, column)
            self._reason[row] = code, text, _said(texts.get("detail", ""), row)
        for name in self.figures:
            lost = self.values(name)[hit]
            self._rejected[name] += lost[~np.isnan(lost)].tolist()
        self.alive &= ~hit

    def blank(self, where: Bools, code: str, column: str, **texts: Any) -> None:
        """Make the cells of `column` unknown in the living rows of `where`, with a finding for each."""
        hit = where & self.alive
        if not hit.any():
            return
        self.note(hit, code, column, **texts)
        values = self.values(column).copy()
        lost = values[hit]
        self._unknown[column] += lost[~np.isnan(lost)].tolist()
        values[hit] = np.nan
        self._put(column, values)
        self.unread(hit, column)

    def unread(self, where: Bools, column: str) -> None:
        """Remember that figures stand in the cells of `where` which nobody could read."""
        hit = where & self.alive
        if hit.any():
            self._unread[column] = self._unread.get(column, False) | hit

    def lost(self, column: str) -> Bools:
        """Tell which rows hold a figure of `column` that nobody could read, alone or with its row."""
        lost = self._unread.get(column, self.mask()) & self.alive
        for row in self._reason:
            lost[row] = bool(self.raw(row, column).strip())
        return lost

    def fold(self, column: str, rows: Ints, heads: Ints, values: Floats) -> None:
        """Let `values` of the rows `heads` stand for what `rows` held; the others hold nothing then."""
        cells = self.values(column).copy()
        held = cells[rows]
        cells[rows] = np.nan
        cells[heads] = values
        self._folded[column] += held[~np.isnan(held)].tolist()
        self._folded[column] += (-values[~np.isnan(values)]).tolist()
        self._put(column, cells)

    def rename(self, column: str, texts: Coded) -> None:
        """Replace the identifiers of `column`."""
        held = isinstance(self.frame[column].dtype, pd.CategoricalDtype)
        self.frame[column] = texts.categorical() if held else texts.array()

    def bound(self, column: str, rows: Ints, *, low: Floats, high: Floats) -> None:
        """State that the figure of `column` lies between `low` and `high` in `rows` (NaN: no bound)."""
        for side, values in (("low", low), ("high", high)):
            cells = self.values(f"{column}_{side}").copy()
            cells[rows] = values
            self._put(f"{column}_{side}", cells)

    def reasons(self) -> dict[int, str]:
        """Return the code by which each rejected row was rejected."""
        return {row: code for row, (code, *_) in self._reason.items()}

    def unname(self, column: str, where: Bools) -> None:
        """Remember that the identifiers of `column` name nobody in the rows of `where`."""
        self._unnamed[column] = self._unnamed.get(column, False) | where

    def unnamed(self, column: str) -> Bools:
        """Tell in which rows the identifier of `column` is empty, or names nobody for certain."""
        empty: Bools = self.frame[column].isna().to_numpy(bool)
        return self._unnamed[column] | empty if column in self._unnamed else empty

    def whole_years(self, name: str = "year") -> Bools:
        """Tell which rows have a year that is one."""
        years = self.values(name)
        whole: Bools = (years == np.round(years)) & (years >= FIRST_YEAR) & (years <= LAST_YEAR)
        return whole

    def accepted(self) -> pd.DataFrame:
        """Return the living rows with the contract's columns, and ``row, file, sheet``."""
        out = self.frame.copy(deep=False) if self.alive.all() else self.frame[self.alive]
        if self.spec.name not in _HELD:
            held = [n for n, t in zip(out, out.dtypes, strict=True) if isinstance(t, pd.CategoricalDtype)]
            out = out.astype(dict.fromkeys(held, TEXT)) if held else out
        out.index = pd.RangeIndex(len(out))
        origins = {}
        for origin in ("file", "sheet"):
            names = [getattr(grid, origin) for grid in self.grids]
            codes, unique = pd.factorize(np.array(names, dtype=object))
            origins[origin] = pd.Categorical.from_codes(
                codes[self.source[self.alive]], categories=pd.Index(unique)
            )
        return out.assign(row=self.line[self.alive], **origins)

    def rejected(self) -> list[tuple[Any, ...]]:
        """Return the rejected rows in the order of the files, as `REJECTED_COLUMNS`; raw cells as JSON."""
        entries: list[tuple[int, int, str, str, str, str]] = []
        for row, reason in self._reason.items():
            source = int(self.source[row])
            content = self.grids[source].content(int(self.position[row]))
            entries.append((source, int(self.line[row]), *reason, _json(content)))
        for source, grid in enumerate(self.grids):
            for broken in grid.broken:
                cells = str(len(broken.cells))
                entries.append((source, broken.line, broken.code, "", cells, _json(_broken_cells(broken))))
        entries.sort(key=lambda entry: entry[:2])
        place = [(self.spec.name, grid.file, grid.sheet) for grid in self.grids]
        return [(*place[source], line, *rest) for source, line, *rest in entries]

    def accounting(self) -> dict[str, Any]:
        """Return the counts of rows and the sums of values, checked to add up.

        ``value_read`` is the sum of every cell of the table that is a plausible number, in the contract's
        unit; it equals ``value_accepted`` + ``value_rejected`` (rows that were rejected) +
        ``value_unknown`` (cells that were made unknown) + ``value_folded`` (what rows held beyond the figure
        that stands for them together, where there is any). Cells that are no number carry no value; each has
        its finding.

        Raises
        ------
        AssertionError
            A row or a value got lost inside the loader: a defect, never a property of the input.
        """
        broken = sum(len(grid.broken) for grid in self.grids)
        accepted = int(self.alive.sum())
        rows = {
            "rows_read": len(self) + broken,
            "rows_accepted": accepted,
            "rows_rejected": len(self._reason) + broken,
            "rows_merged": self.merged,
        }
        if rows["rows_read"] != rows["rows_accepted"] + rows["rows_rejected"]:
            raise AssertionError(f"rows of {self.spec.name} do not add up: {rows}")
        sums: dict[str, dict[str, float]] = {}
        for name in self.figures:
            values = self.values(name)[self.alive]
            whole = accepted == len(self) and not self._unknown[name] and not self._folded[name]
            part = {
                "value_read": self._read[name],
                "value_accepted": self._read[name] if whole else exact_sum(values),
                "value_rejected": math.fsum(self._rejected[name]),
                "value_unknown": math.fsum(self._unknown[name]),
            }
            if self._folded[name]:
                part["value_folded"] = math.fsum(self._folded[name])
            found = math.fsum(value for key, value in part.items() if key != "value_read")
            scale = float(np.nansum(np.abs(values))) + sum(
                map(abs, self._rejected[name] + self._unknown[name] + self._folded[name])
            )
            if abs(found - part["value_read"]) > 1e-12 * scale:
                raise AssertionError(f"values of {self.spec.name}.{name} do not add up: {part}")
            sums[name] = part
        return {**rows, "values": sums}


def _said(text: Text, row: int) -> str:
    return text if isinstance(text, str) else text(row)


def _broken_cells(broken: BrokenRow) -> dict[str, str]:
    return {f"#{i}": text for i, cell in enumerate(broken.cells, 1) if (text := show(cell))}


def _json(content: dict[str, str]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
