"""Average cooperation by industry, as dated data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from clustercoop.analysis.rule_files import STATUSES, Entry, RuleFile


@dataclass(frozen=True)
class Benchmark:
    """What is usual in one industry: a range of the cooperation ratio."""

    id: str
    texts: Mapping[str, str]
    words: tuple[str, ...]
    low: float
    high: float
    date: str
    status: str
    source: Mapping[str, str]

    def covers(self, industry: str) -> bool:
        """Tell whether a word of `industry` begins with one of its words."""
        return any(re.search(rf"\b{re.escape(word.casefold())}", industry.casefold()) for word in self.words)


@cache
def read_benchmarks(path: str | Path = "") -> tuple[Benchmark, ...]:
    """Read a file of benchmarks; the shipped one where `path` is empty.

    Raises
    ------
    DataError
        It cannot be read, or a field is wrong; the sentence names file, line and field.

    Examples
    --------
    >>> [(b.id, b.low, b.high) for b in read_benchmarks() if b.covers("Machine tools and presses")]
    [('machine tools', 0.05, 0.1)]
    """
    return tuple(
        _benchmark(entry) for entry in RuleFile(path, "cooperation_benchmarks.toml").entries("benchmark")
    )


def _benchmark(entry: Entry) -> Benchmark:
    entry.only({"id", "en", "words", "low", "high", "date", "status", "source"}, told=True)
    low, high = entry.number_of("low", most=1), entry.number_of("high", most=1)
    if low > high:
        raise entry.wrong("high", "at_least_low", high, low=f"{low:g}")
    return Benchmark(
        entry.text("id"),
        entry.texts_of(),
        entry.texts("words"),
        low,
        high,
        entry.date("date").isoformat(),
        entry.choice("status", STATUSES),
        entry.texts_of("source"),
    )
