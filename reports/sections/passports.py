"""A passport of each cluster, one open at a time; all of them in print."""

from __future__ import annotations

from collections.abc import Iterator

from clustercoop.reports.passports import Passports
from clustercoop.reports.section import Block, Fragment, Section


class PassportsSection(Section):
    """One printed page a cluster."""

    key = "passports"
    place = 25
    in_markdown = False
    of_one = True

    @property
    def present(self) -> bool:
        """Whether there is any cluster."""
        return len(self.result.formations) > 0

    def blocks(self) -> Iterator[Block]:
        """Yield the list of clusters and their passports."""
        passports, only = Passports(self.content), self.content.only
        made = [passports.of(only, passports.order.index(only) + 1)] if only else passports.all()
        around = zip([None, *made[:-1]], made, [*made[1:], None], strict=True)
        yield Fragment("passports.j2", {"passports": list(around)})
