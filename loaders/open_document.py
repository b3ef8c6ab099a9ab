"""Spreadsheets of the open document format (.ods)."""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final
from xml.etree import ElementTree

from clustercoop.graph.errors import DataError
from clustercoop.graph.texts import refusal
from clustercoop.loaders.sheets import RawSheet, reading, show
from clustercoop.loaders.workbook import tell_hidden

MAX_UNPACKED: Final = 2_000_000_000


def read_open_document(data: bytes, name: str, facts: dict[str, Any]) -> list[RawSheet]:
    """Read every sheet that holds a cell; formats of numbers are not seen.

    Raises
    ------
    DataError
        The file is damaged, or unpacks to more than memory should hold.
    """
    from python_calamine import CalamineWorkbook

    sheets = []
    with reading(name):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(member.file_size for member in package.infolist()) > MAX_UNPACKED:
                raise refusal(DataError, "unpacks_2", name=name)
            hidden = _hidden_rows(package)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        unseen = {m.name for m in book.sheets_metadata if str(m.visible) != "SheetVisibleEnum.Visible"}
        for title in book.sheet_names:
            rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
            kept = [(number, row) for number, row in enumerate(rows, 1) if any(show(c).strip() for c in row)]
            if not kept:
                continue
            width = max(i for _, row in kept for i, cell in enumerate(row, 1) if show(cell).strip())
            records = [[*row[:width], *[None] * (width - len(row))] for _, row in kept]
            told = facts | {"reader": "calamine"}
            remarks: tuple[tuple[str, str, int | None], ...] = (("xls_limits", "", None),)
            remarks += (("sheet_hidden", "", None),) if title in unseen else ()
            sheets.append(RawSheet(name, title, records, [n for n, _ in kept], None, (), told, remarks))
    return tell_hidden(sheets, hidden)


def _hidden_rows(package: zipfile.ZipFile) -> dict[str, int]:
    """Return title of a sheet → how many rows that hold a value are hidden, by a filter or by hand."""
    found: dict[str, int] = {}
    title = ""
    with package.open("content.xml") as content:
        for event, node in ElementTree.iterparse(content, ("start", "end")):
            tag = node.tag.rpartition("}")[2]
            if event == "start" and tag == "table":
                title = _attribute(node, "name")
            elif event == "end" and tag == "table-row":
                if _attribute(node, "visibility") in ("collapse", "filter") and any(node.itertext()):
                    found[title] = found.get(title, 0) + int(_attribute(node, "number-rows-repeated") or 1)
                node.clear()
    return found


def _attribute(node: ElementTree.Element, name: str) -> str:
    return next((value for key, value in node.attrib.items() if key.endswith(f"}}{name}")), "")
