"""The section on participants: a table of participant-years for each cluster, drawn when it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

import pandas as pd

from clustercoop.graph.columns import OutputColumn, output_columns
from clustercoop.reports.inert import plain, quoted, safe_stem
from clustercoop.reports.reasons import places
from clustercoop.reports.section import Block, Fragment, Section

PARTICIPANT_ROWS: Final = 2000


class Participants(Section):
    """Who takes part, with the figures of each."""

    key = "participants"
    place = 90
    in_markdown = False
    printed = False
    of_one = True

    @property
    def present(self) -> bool:
        """Whether there are any."""
        return len(self._rows) > 0

    @cached_property
    def _rows(self) -> pd.DataFrame:
        """The participant-years that the page is about."""
        rows, only = self.result.participants, self.content.only
        return rows[rows["cluster_id"] == only] if only else rows

    @cached_property
    def totals(self) -> dict[str, int]:
        """Number of participant-years by cluster id."""
        sizes = self._rows.groupby("cluster_id", sort=True).size()
        return {str(cluster): int(size) for cluster, size in sizes.items()}

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The participant-years on the page, by cluster, the last year first.

        All years where the page can hold them; otherwise the last year of each cluster; otherwise an equal
        number of participants of each, those that belong to the core and supply most inside first.
        """
        shown = self._rows
        if len(shown) > PARTICIPANT_ROWS:
            last = shown.groupby("cluster_id")["year"].transform("max")
            shown = shown[shown["year"] == last]
        if len(shown) > PARTICIPANT_ROWS:
            share = max(5, PARTICIPANT_ROWS // len(self.totals))
            order = [c for c in ("in_core", "supplier_coreness", "buyer_coreness") if c in shown]
            ranked = shown.assign(**{c: shown[c].astype("float64") for c in order})
            ranked = ranked.sort_values(order, ascending=False, kind="stable", na_position="last")
            keep = ranked.groupby("cluster_id").head(share).index
            shown = shown[shown.index.isin(keep)]
        order = ["cluster_id", "year", "participant_id"]
        return shown.sort_values(order, ascending=[True, False, True], kind="stable")

    @cached_property
    def ranges(self) -> dict[str, tuple[int, int]]:
        """First row of each cluster in `frame`, and the row after its last."""
        found: dict[str, tuple[int, int]] = {}
        for row, cluster in enumerate(self.frame["cluster_id"].astype(str)):
            found[cluster] = (found.get(cluster, (row, row))[0], row + 1)
        return found

    def data(self) -> dict[str, Any]:
        """Return the table for the page to draw."""
        frame, columnar = self.frame, self.content.columnar
        ids, names = frame["participant_id"].astype(str), self.result.graph.names
        where = [
            places(str(cluster), year, person)
            for cluster, year, person in zip(frame["cluster_id"], frame["year"], ids, strict=True)
        ]
        made = []
        if any(names.get(one, one) != one for one in ids):
            told = pd.Series([plain(names.get(one, one)) for one in ids])
            made.append(columnar.column(OutputColumn("participants", "name"), told, where))
        every = {column.column: column for column in output_columns("participants") if column.column in frame}
        del every["cluster_id"]
        first = [every.pop(name) for name in ("participant_id", "year")]
        made += [columnar.column(column, frame[column.column], where) for column in (*first, *every.values())]
        columns = [column for column in made if column is not None]
        table = {
            "rows": len(frame),
            "columns": columns,
            "first": [column["c"] for column in columns],
            "ranges": {safe_stem(cluster): ends for cluster, ends in self.ranges.items()},
        }
        return {"participants": table}

    def blocks(self) -> Iterator[Block]:
        """Yield the place of a folded table for each cluster, then what the columns mean."""
        lang, columns = self.words.lang, output_columns("participants")[1:]
        folds = []
        for cluster, (start, end) in self.ranges.items():
            name, stem = self.content.cluster_name(cluster), safe_stem(cluster)
            folds.append(
                {
                    "name": name,
                    "stem": stem,
                    "caption": self.words("caption_participants", cluster=quoted(name, lang)),
                    "shown": end - start,
                    "total": self.totals[cluster],
                    "address": self.content.view_link(cluster),
                }
            )
        meanings = [(column.label(lang), column.meaning(lang)) for column in columns]
        yield Fragment("participants.j2", {"folds": folds, "meanings": meanings})
