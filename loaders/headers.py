"""What a header turns out to be: a column of the contract in a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clustercoop.graph.schema import ColumnSpec
from clustercoop.loaders.units import Unit, words

_IDENTIFYING: Final = frozenset({"инн", "ид", "id", "код", "code", "inn", "идентификатор", "number", "огрн"})


@dataclass(frozen=True, slots=True)
class Matched:
    """One header that means a column of the contract."""

    position: int
    header: str
    column: ColumnSpec
    unit: Unit


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """What headers mean: matched columns, unknown ones, those set aside, wrong units, and how sure it is."""

    columns: tuple[Matched, ...]
    unknown: tuple[str, ...]
    set_aside: tuple[tuple[str, str], ...] = ()
    wrong_unit: tuple[tuple[str, str], ...] = ()
    sure: tuple[tuple[str, float], ...] = ()


def names_code(header: str) -> bool:
    """Tell whether a header speaks of a code: ИНН, id, код."""
    return bool(_IDENTIFYING & set(words(header)))
