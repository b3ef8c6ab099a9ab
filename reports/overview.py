"""The first sheet of the workbook: a row a cluster in its last year, and three charts drawn by Excel."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from clustercoop.graph.columns import output_column
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.texts import term
from clustercoop.reports.content import Content
from clustercoop.reports.inert import cell_text, shorten
from clustercoop.reports.sections.clusters import Clusters

# Columns of the leading table, in the order of the sheet.
COLUMNS: Final = (
    "cluster_id",
    "year",
    "participants",
    "clusters.formation_verdict",
    "ecosystem_type",
    "cooperation_ratio",
    "cooperation_change",
    "rd_per_employee",
    "value_added_per_employee",
    "core_size",
    "core_beyond",
    "closedness_verdict",
    "support",
    "gaps",
)
HEAD: Final = 24
"""Row of the heads; the charts stand above."""
CHARTED: Final = 25
_POINTS: Final = "+0.0;\u22120.0;0.0"
_FILLS: Final = {"good": "#CFE8D5", "bad": "#FBE0C8", "one": "#D3E6F4"}
_SERIES: Final = (
    "#1F5F8B",
    "#C4622D",
    "#5B8C5A",
    "#8C6BB1",
    "#B8860B",
    "#4C9A9A",
    "#A0526B",
    "#7A7A7A",
    "#2B2B2B",
)
_SIZE: Final = {"width": 520, "height": 370}


class Overview:
    """Writes the sheet.

    Parameters
    ----------
    book : xlsxwriter.Workbook
    sheet : xlsxwriter worksheet
    name : str
        Its name.
    content : Content
    page : str
        Address of the report, "" where there is none; `Content.views` likewise for the network pages.
    """

    def __init__(self, book: Any, sheet: Any, name: str, content: Content, page: str) -> None:
        self.book, self.sheet, self.name = book, sheet, name
        self.content, self.words, self.page = content, content.words, page
        leading = Clusters(content)
        leading.only = frozenset({*COLUMNS, "core_p_degree"})
        table = leading.table
        by_name = {column["c"]: column for column in table["columns"]}
        self.columns = [by_name[name] for name in COLUMNS if name in by_name]
        ratio = by_name.get("cooperation_ratio", {}).get("v")
        # The largest ratio first, unknown ones last.
        known = ratio or [None] * table["rows"]
        self.rows = sorted(table["last"], key=lambda row: 1.0 if known[row] is None else -known[row])
        self.head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E6EEF4", "bottom": 1}
        )
        self.soft = book.add_format({"font_color": "#595959"})
        self.bounds = book.add_format({"font_color": "#595959", "italic": True, "align": "right"})
        self.link = book.add_format({"font_color": "#1F5F8B", "underline": 1})

    def write(self) -> None:
        """Write title, table, counts of types and charts."""
        words, sheet = self.words, self.sheet
        sheet.hide_gridlines(2)
        sheet.write_string(0, 0, words("title"), self.book.add_format({"bold": True, "font_size": 16}))
        sheet.write_string(1, 0, words("overview_note"), self.soft)
        if self.page:
            sheet.write_url(2, 0, f"external:{self.page}", self.link, words("overview_page"))
        if not self.rows:
            return
        for index, column in enumerate(self.columns):
            self._column(index, column)
        at = len(self.columns)
        views = [self.content.view_link(self._raw("cluster_id", row)) for row in self.rows]
        if any(views):
            sheet.write_string(HEAD, at, words("network_page"), self.head)
            sheet.set_column(at, at, 16)
            for place, address in enumerate(views, start=HEAD + 1):
                if address:
                    sheet.write_url(place, at, f"external:{address}", self.link, words("network_page"))
            at += 1
        sheet.set_row(HEAD, 62)
        sheet.autofilter(HEAD, 0, HEAD + len(self.rows), at - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        charts = (self._ratios(), self._types(), self._traits())
        for place, chart in enumerate(chart for chart in charts if chart is not None):
            chart.set_size(_SIZE)
            sheet.insert_chart(3, 0, chart, {"x_offset": 4 + place * (_SIZE["width"] + 12), "y_offset": 8})

    def _index(self, name: str) -> int:
        return next((at for at, column in enumerate(self.columns) if column["c"] == name), -1)

    def _raw(self, name: str, row: int) -> str:
        column = self.columns[self._index(name)]
        return str(column.get("r", column["d"])[column["i"][row]])

    def _column(self, index: int, column: dict[str, Any]) -> None:
        code, sheet = column["c"], self.sheet
        label = column["l"]
        kind = _kind(code)
        if code == "cooperation_change":
            label += ", " + self.words("points", value="").strip()
        sheet.write_string(HEAD, index, cell_text(label), self.head)
        width = 44 if code == "cluster_id" else 26 if "d" in column else 13
        notation = {"cooperation_change": _POINTS}.get(
            code, "0.000" if kind == "money" else KINDS[kind].excel
        )
        form = self.book.add_format({"num_format": notation})
        text = self.book.add_format({"num_format": "@"})
        sheet.set_column(index, index, width)
        scale = 100 if code == "cooperation_change" else 1
        for place, row in enumerate(self.rows, start=HEAD + 1):
            if "v" in column:
                if column["v"][row] is not None:
                    sheet.write_number(place, index, column["v"][row] * scale, form)
                elif column.get("t") and column["t"][row]:
                    sheet.write_string(place, index, column["t"][row], self.bounds)
            elif column["i"][row] >= 0:
                told = cell_text(shorten(column["d"][column["i"][row]], 255))
                address = column["a"][column["i"][row]] if self.page and "a" in column else ""
                if address:
                    sheet.write_url(place, index, f"external:{self.page}{address}", self.link, told)
                else:
                    sheet.write_string(place, index, told, text)
        self._marked(index, code, column)

    def _marked(self, index: int, code: str, column: dict[str, Any]) -> None:
        """Let the column show its sense: bars, colours and fills that follow its cells."""
        place = (HEAD + 1, index, HEAD + len(self.rows), index)
        mark = self.sheet.conditional_format

        def fill(text: str, colour: str) -> None:
            rule = {"type": "cell", "criteria": "==", "value": '"' + text.replace('"', '""') + '"'}
            mark(*place, rule | {"format": self.book.add_format({"bg_color": _FILLS[colour]})})

        if code == "cooperation_ratio":
            bar = {"type": "data_bar", "bar_color": "#94C1E2", "min_type": "num", "max_type": "num"}
            mark(*place, bar | {"min_value": 0, "max_value": 1})
        elif code == "gaps":
            mark(*place, {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#F7CAA0"})
        elif code == "cooperation_change":
            for criteria, colour in ((">", "#1B6B3A"), ("<", "#A33B12")):
                form = self.book.add_format({"font_color": colour})
                mark(*place, {"type": "cell", "criteria": criteria, "value": 0, "format": form})
        elif code == "core_beyond":
            fill(column["d"][0], "good")
            fill(column["d"][1], "bad")
        elif code == "clusters.formation_verdict":
            fill(term("ecosystem-like", self.words.lang), "one")
            fill(term("cluster-like", self.words.lang), "bad")

    def _range(self, name: str, count: int) -> list[Any]:
        at = self._index(name)
        return [self.name, HEAD + 1, at, HEAD + count, at]

    def _ratios(self) -> Any:
        """Return bars of the cooperation ratio, the largest on top; None where none is known."""
        column = self.columns[self._index("cooperation_ratio")]
        known = (
            sum(column["v"][row] is not None for row in self.rows)
            if column["c"] == "cooperation_ratio"
            else 0
        )
        if not known:
            return None
        count = min(known, CHARTED)
        chart = self.book.add_chart({"type": "bar"})
        chart.add_series(
            {
                "name": cell_text(column["l"]),
                "categories": self._range("cluster_id", count),
                "values": self._range("cooperation_ratio", count),
                "fill": {"color": _SERIES[0]},
                "gap": 40,
            }
        )
        title = (
            column["l"] if count == known else self.words("overview_largest", label=column["l"], count=count)
        )
        self._dress(chart, title)
        chart.set_y_axis({"reverse": True, "num_font": {"size": 8}})
        chart.set_x_axis(
            {"num_format": "0%", "min": 0, "major_gridlines": {"visible": True, "line": {"color": "#DDDDDD"}}}
        )
        chart.set_legend({"none": True})
        return chart

    def _types(self) -> Any:
        """Return stacked columns of types by year, from a table below; None where no type is known."""
        frame = self.content.formations
        if "ecosystem_type" not in frame or not frame["ecosystem_type"].notna().any():
            return None
        counts = pd.crosstab(frame["year"], frame["ecosystem_type"].replace("", None))
        top = HEAD + len(self.rows) + 3
        label = output_column("formations", "ecosystem_type").label(self.words.lang)
        title = self.words("overview_types")
        self.sheet.write_string(top, 0, title, self.book.add_format({"bold": True, "font_size": 12}))
        self.sheet.write_string(top + 1, 0, label, self.head)
        years = [int(year) for year in counts.index]
        for at, year in enumerate(years, start=1):
            self.sheet.write_number(top + 1, at, year, self.head)
        chart = self.book.add_chart({"type": "column", "subtype": "stacked"})
        for number, (kind, column) in enumerate(counts.items(), start=2):
            self.sheet.write_string(top + number, 0, cell_text(term(str(kind), self.words.lang)))
            for at, count in enumerate(column.tolist(), start=1):
                self.sheet.write_number(top + number, at, count)
            chart.add_series(
                {
                    "name": [self.name, top + number, 0],
                    "categories": [self.name, top + 1, 1, top + 1, len(years)],
                    "values": [self.name, top + number, 1, top + number, len(years)],
                    "fill": {"color": _SERIES[(number - 2) % len(_SERIES)]},
                    "gap": 50,
                }
            )
        self._dress(chart, title)
        chart.set_y_axis({"min": 0, "major_gridlines": {"visible": True, "line": {"color": "#DDDDDD"}}})
        chart.set_legend({"position": "bottom", "font": {"size": 8}})
        return chart

    def _traits(self) -> Any:
        """Return R&D against productivity with the clusters' names; None where no cluster has both."""
        names = ("rd_per_employee", "value_added_per_employee")
        places = [self._index(name) for name in names]
        if -1 in places:
            return None
        x, y = (self.columns[at] for at in places)
        if not any(x["v"][row] is not None and y["v"][row] is not None for row in self.rows):
            return None
        chart = self.book.add_chart({"type": "scatter"})
        for at, row in enumerate(self.rows, start=HEAD + 1):
            if x["v"][row] is None or y["v"][row] is None:
                continue
            fill = {"color": _SERIES[0]}
            series = {
                "name": [self.name, at, 0],
                "categories": [self.name, at, places[0], at, places[0]],
                "values": [self.name, at, places[1], at, places[1]],
                "marker": {"type": "circle", "size": 7, "fill": fill, "border": {"color": "white"}},
            }
            if len(self.rows) <= CHARTED:
                series["data_labels"] = {"series_name": True, "position": "above", "font": {"size": 7}}
            chart.add_series(series)
        self._dress(chart, self.words("overview_traits"))
        grid = {"visible": True, "line": {"color": "#DDDDDD"}}
        for axis, column in ((chart.set_x_axis, x), (chart.set_y_axis, y)):
            axis(
                {
                    "name": cell_text(column["l"]),
                    "name_font": {"size": 9, "bold": False},
                    "min": 0,
                    "major_gridlines": grid,
                }
            )
        chart.set_legend({"none": True})
        return chart

    @staticmethod
    def _dress(chart: Any, title: str) -> None:
        chart.set_title({"name": cell_text(title), "name_font": {"size": 12}, "overlay": False})
        chart.set_chartarea({"border": {"color": "#D0D7DE"}})


def _kind(code: str) -> str:
    table, _, name = code.rpartition(".")
    if name in ("cooperation_change", "core_beyond"):
        return "text"
    if name in ("support", "gaps"):
        return "int"
    return output_column(table or "formations", name).kind
