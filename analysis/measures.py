"""What a metric returns for one formation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from clustercoop.graph.findings import Finding

Scalar = float | int | str | bool | None


@dataclass(frozen=True, eq=False)
class Measures:
    """Columns of one formation and of its members, with what was noticed.

    Attributes
    ----------
    formation : mapping of str to scalar
        Column of ``formations.csv`` → value. NaN, None and "" are unknown and are written empty.
    participants : mapping of str to array, shape (n,)
        Column of ``participants.csv`` → one value a member, in the order of `Formation.members`.
    findings : tuple of Finding
        Why something is unknown or odd.
    """

    formation: Mapping[str, Scalar] = field(default_factory=dict)
    participants: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
