"""Collect findings without drowning the reader: past a cap the rest of a kind is one sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from clustercoop.graph.findings import Finding, Findings, catalogue
from clustercoop.graph.threads import at_once

T = TypeVar("T")
U = TypeVar("U")
CAP: Final = 1000


class Notes:
    """Findings of one load, at most `CAP` of one code and file, the rest counted with their value sum."""

    def __init__(self) -> None:
        self.items: list[Finding] = []
        self._seen: dict[tuple[str, str, str], int] = defaultdict(int)
        self._rest: dict[tuple[str, str, str], tuple[int, float]] = {}

    def room(self, code: str, table: str, file: str) -> int:
        """Return how many findings of `code` in `file` may still be told one by one."""
        return max(CAP - self._seen[code, table, file], 0)

    def add(self, code: str, **place: Any) -> None:
        """Add one finding."""
        self._seen[code, place.get("table", ""), place.get("file", "")] += 1
        self.items.append(Finding(code, **place))

    def skip(self, code: str, table: str, file: str, count: int, total: float) -> None:
        """Count findings that are beyond the cap, and the sum of their values."""
        if count:
            before, value = self._rest.get((code, table, file), (0, 0.0))
            self._rest[code, table, file] = (before + count, value + total)

    def each(self, task: Callable[[T, Notes], U], items: Sequence[T], *, rows: int) -> list[U]:
        """Return what `task` gives of each item; what it notes stands in the order of the items.

        Tasks run at once where there are many `rows`; no two of them may tell of one file's table.
        """
        told = [Notes() for _ in items]
        out = at_once(task, items, told, rows=rows)
        for notes in told:
            self.items += notes.items
            for kind, seen in notes._seen.items():
                self._seen[kind] += seen
            for kind, rest in notes._rest.items():
                self.skip(*kind, *rest)
            vars(notes).update(vars(self))  # who holds them goes on telling here
        return out

    def findings(self) -> Findings:
        """Return all findings, then one summary for each kind that was capped."""
        found = Findings(list(self.items))
        for (code, table, file), (count, total) in self._rest.items():
            found.add(
                f"more_{catalogue()[code].severity}",
                table=table,
                file=file,
                value=f"{total:.15g}",
                detail=f"{count} ({code})",
            )
        return found
