"""The lists and thresholds behind the closedness measures, read from ``analysis/data/closedness.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from clustercoop.graph.shipped import shipped_rules


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict in words and what it takes: at least these shares kept inside and returning."""

    key: str
    inside_at_least: float
    returning_at_least: float


@dataclass(frozen=True, slots=True)
class Words:
    """What ``closedness.toml`` holds.

    Attributes
    ----------
    integration, isolation : tuple of str
        Parts of each axis.
    knowledge_roles, return_kinds : frozenset of str
        Names in lower case.
    verdicts : tuple of Verdict
        In the order in which they are tried.
    """

    integration: tuple[str, ...]
    isolation: tuple[str, ...]
    knowledge_roles: frozenset[str]
    return_kinds: frozenset[str]
    verdicts: tuple[Verdict, ...]


@cache
def words() -> Words:
    """Return the shipped lists and thresholds.

    Examples
    --------
    >>> words().verdicts[0].key, words().verdicts[0].inside_at_least
    ('near-closed cycle', 0.7)
    """
    data = shipped_rules("analysis", "data", "closedness.toml")
    return Words(
        integration=tuple(data["parts"]["integration"]),
        isolation=tuple(data["parts"]["isolation"]),
        knowledge_roles=frozenset(data["knowledge"]["roles"]),
        return_kinds=frozenset(data["return"]["kinds"]),
        verdicts=tuple(Verdict(**entry) for entry in data["verdict"]),
    )
