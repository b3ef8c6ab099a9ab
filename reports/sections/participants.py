"""The section on participants: a table of participant-years for each cluster."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from clustercoop.graph.columns import OutputColumn, output_columns
from clustercoop.reports.inert import quoted, safe_stem
from clustercoop.reports.section import Block, Folded, Fragment, Section, Shown
from clustercoop.reports.tables import Table

PARTICIPANT_ROWS: Final = 1200


class Participants(Section):
    """Who takes part, with the figures of each."""

    key = "participants"
    place = 90
    in_markdown = False

    @property
    def present(self) -> bool:
        """Whether there are any."""
        return bool(self.tables)

    @cached_property
    def tables(self) -> tuple[tuple[str, Table], ...]:
        """(cluster id, table of its participant-years).

        All years where the page can hold them; otherwise the last year of each cluster; otherwise an equal
        number of participants of each, those that belong to the core and supply most inside first.
        """
        frame = self.result.participants
        if not len(frame):
            return ()
        names = self.result.graph.names
        people = frame.assign(name=[names.get(str(i), str(i)) for i in frame["participant_id"]])
        totals = people.groupby("cluster_id", sort=True).size()
        shown = people
        if len(shown) > PARTICIPANT_ROWS:
            last = shown.groupby("cluster_id")["year"].transform("max")
            shown = shown[shown["year"] == last]
        if len(shown) > PARTICIPANT_ROWS:
            share = max(5, PARTICIPANT_ROWS // len(totals))
            order = [c for c in ("in_core", "supplier_coreness", "buyer_coreness") if c in shown]
            ranked = shown.assign(**{c: shown[c].astype("float64") for c in order})
            ranked = ranked.sort_values(order, ascending=False, kind="stable", na_position="last")
            keep = ranked.groupby("cluster_id").head(share).index
            shown = shown[shown.index.isin(keep)]
        named = not (people["name"] == people["participant_id"].astype(str)).all()
        columns = self._columns(named)
        return tuple(
            (
                str(cluster),
                self.content.build(
                    rows.sort_values(["year", "participant_id"], ascending=[False, True], kind="stable"),
                    columns,
                    key=f"participants-{safe_stem(str(cluster))}",
                    caption=self.words(
                        "caption_participants",
                        cluster=quoted(self.content.cluster_name(str(cluster)), self.words.lang),
                    ),
                    source="participants.csv",
                    total=int(totals[cluster]),
                ),
            )
            for cluster, rows in shown.groupby("cluster_id", sort=True)
        )

    def _columns(self, named: bool) -> tuple[OutputColumn, ...]:
        every = {column.column: column for column in output_columns("participants")}
        first = (every.pop("participant_id"), every.pop("year"))
        del every["cluster_id"]
        return (*([OutputColumn("participants", "name")] if named else []), *first, *every.values())

    def blocks(self) -> Iterator[Block]:
        """Yield a folded table for each cluster, then what the columns mean."""
        for cluster, table in self.tables:
            link = Fragment("link.j2", {"address": self.content.view_link(cluster)})
            title = self.content.cluster_name(cluster)
            note = self.words("rows", n=table.total)
            yield Folded(title, (link, Shown(table)), style="participants", note=f"({note})")
        yield Fragment("legend.j2", {"table": self.tables[0][1]})
