"""The section on types: levels and types, the 3 × 3 table, phase portraits, support."""

from __future__ import annotations

from collections.abc import Iterator

from clustercoop.reports.section import Block, Fragment, Heading, Shown
from clustercoop.reports.sections.figures import Figures
from clustercoop.reports.types import Types


class TypesSection(Figures):
    """Types and trajectories."""

    key = "types"
    place = 40
    on_page = True

    def blocks(self) -> Iterator[Block]:
        """Yield the figures, then what is drawn and suggested by type."""
        yield Shown(self.table, in_markdown="last years", on_page=False)
        types = Types(self.result, self.words, self.content.cluster_names)
        yield Fragment("types.j2", {"types": types})
        received = types.support_received()
        if received is not None:
            yield Heading(self.words("support_received"), in_markdown=False)
            yield Shown(received, in_markdown="")
