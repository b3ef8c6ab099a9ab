"""The sections of the report, one module each."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from clustercoop.reports.content import Content
from clustercoop.reports.section import Section


@cache
def section_types() -> tuple[type[Section], ...]:
    """Return the classes of the sections in their order: every module here holds one that has a place.

    Examples
    --------
    >>> [section.key for section in section_types()][:3]
    ['summary', 'clusters', 'verdicts']
    """
    found = set()
    for module in pkgutil.iter_modules(__path__):
        names = vars(import_module(f"{__name__}.{module.name}")).values()
        found |= {each for each in names if isinstance(each, type) and issubclass(each, Section)}
    return tuple(sorted((each for each in found if hasattr(each, "place")), key=lambda each: each.place))


def sections_of(content: Content) -> list[Section]:
    """Return the sections that have something to show."""
    return [section for each in section_types() if (section := each(content)).present]
