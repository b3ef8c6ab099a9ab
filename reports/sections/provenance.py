"""The sections on where the figures come from: data and accounting, settings, methods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from clustercoop.graph.shipped import shipped_rows
from clustercoop.graph.texts import subset, text
from clustercoop.reports.inert import plain
from clustercoop.reports.numbers import is_unknown
from clustercoop.reports.people import for_people
from clustercoop.reports.records import (
    input_table,
    records_table,
    rows_by_table,
    setting_called,
    setting_said,
    sums_by_column,
)
from clustercoop.reports.section import Block, Fragment, Heading, Section, Sheet, Shown, Text
from clustercoop.reports.tables import Cell, Table, plain_table, sheet_columns


class Provenance(Section):
    """Which files were read, and where every row went."""

    key = "provenance"
    place = 110

    @cached_property
    def accounting(self) -> Table:
        """Rows read, accepted and rejected, by input table."""
        return rows_by_table(dict(self.result.provenance.get("accounting", {})), self.words)

    @cached_property
    def sums(self) -> Table:
        """Sums of every numeric column that a file holds: read, accepted, rejected."""
        inputs = self.result.provenance.get("inputs", [])
        held = {(one.get("table"), name) for one in inputs for name in one.get("columns", {}).values()}
        return sums_by_column(dict(self.result.provenance.get("accounting", {})), self.words, held or None)

    @cached_property
    def inputs(self) -> Table:
        """The input files: hash, rows, encoding, delimiter, what else was found out; no scores of names."""
        by = subset("check.by.", self.words.lang)
        files = [
            {name: value for name, value in item.items() if name not in ("sure", "added")}
            | ({"told": by.get(item["told"], item["told"])} if "told" in item else {})
            for item in self.result.provenance.get("inputs", [])
        ]
        return records_table("inputs", self.words("caption_inputs"), files, self.words)

    @cached_property
    def rejected(self) -> Table:
        """The first rejected rows."""
        frame = for_people(self.result, "rejected", self.words.lang).head(50)
        if "table" in frame:
            frame = frame.assign(table=[input_table(str(name), self.words) for name in frame["table"]])
        names = self.words.subset("record_")
        frame = frame[[name for name in frame.columns if name != "code"]]  # its sentence stands beside it
        wide = {"reason": "sentence", "content": "sentence"}
        heads = tuple(
            (plain(names.get(name, name)), wide.get(name, "text")) for name in map(str, frame.columns)
        )
        rows = [["" if is_unknown(value) else str(value) for value in row] for row in frame.to_numpy(object)]
        table = plain_table("rejected", self.words("caption_rejected"), heads, rows, self.words)
        return replace(table, total=len(self.result.rejected), rest=self.content.where("rest_in", "rejected"))

    def blocks(self) -> Iterator[Block]:
        """Yield rows, sums, files and rejected rows."""
        unit = self.words.money(self.result.graph.currency)
        for table in (self.accounting, self.sums, self.inputs, self.rejected):
            known = table is not self.rejected
            yield Heading(table.caption, in_markdown=known)
            if table is self.sums:
                yield Text(self.words("value_sums", unit=unit), in_markdown=False)
            yield Shown(table, in_markdown="whole" if known else "")

    def sheets(self) -> Iterator[Sheet]:
        """Yield the rejected rows whole, and the tables."""
        frame = for_people(self.result, "rejected", self.words.lang)
        columns = [["" if is_unknown(v) else str(v) for v in frame.iloc[:, k]] for k in range(frame.shape[1])]
        yield Sheet("rejected", self.heads(map(str, frame.columns)), columns)
        for table in (self.accounting, self.sums, self.inputs):
            yield Sheet(table.key, *sheet_columns(table, self.words))


class SettingsSection(Section):
    """The settings that shaped the figures."""

    key = "settings"
    place = 120

    @cached_property
    def table(self) -> Table:
        """One row a setting; the language shapes no figure."""
        told = self.result.settings.to_dict()
        rows = [
            (self._called(name), Cell(setting_said(name, value, self.words), str(value)))
            for name, value in told.items()
            if name != "lang"
        ]
        heads = ((self.words("head_setting"), "text"), (self.words("head_value"), "text"))
        return plain_table("settings", self.words("caption_settings"), heads, rows, self.words)

    def _called(self, name: str) -> Cell:
        """Return a setting by its label; what is typed for it stands in the tip, and is what is saved."""
        return Cell(setting_called(name, self.words), name, tip=name)

    def blocks(self) -> Iterator[Block]:
        """Yield the table."""
        yield Shown(self.table)

    def sheets(self) -> Iterator[Sheet]:
        """Yield the table."""
        yield Sheet("settings", *sheet_columns(self.table, self.words, texts=True))


class Methods(Section):
    """Definitions of the figures, with their sources."""

    key = "methods"
    place = 130
    in_markdown = False

    def blocks(self) -> Iterator[Block]:
        """Yield the definitions by group."""
        yield Fragment("methods.j2", {"methods": methods(self.words.lang)})


@cache
def _definitions() -> tuple[dict[str, str], ...]:
    return tuple(shipped_rows("reports", "methods.csv"))


def methods(lang: str) -> tuple[dict[str, Any], ...]:
    """Return the definitions shown in the report, by group, in `lang`.

    A formula without words stands in ``reports/methods.csv``, one with words in the catalogues.
    """

    def entry(row: dict[str, str]) -> dict[str, str]:
        key = f"method.{row['group']}.{row['item']}"
        formula = row["formula"] or text(f"{key}.formula", lang)
        return {
            "name": text(f"{key}.name", lang),
            "formula": formula,
            "text": text(f"{key}.text", lang),
            "source": row["source"],
        }

    return tuple(
        {"title": text(f"method.{group}", lang), "entries": [entry(row) for row in rows]}
        for group, rows in groupby(_definitions(), key=itemgetter("group"))
    )
