"""Spreadsheets of the open document format (.ods)."""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final

from clustercoop.graph.errors import DataError
from clustercoop.graph.texts import refusal
from clustercoop.loaders.sheets import RawSheet, reading, show

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
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for title in book.sheet_names:
            rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
            kept = [(number, row) for number, row in enumerate(rows, 1) if any(show(c).strip() for c in row)]
            if not kept:
                continue
            width = max(i for _, row in kept for i, cell in enumerate(row, 1) if show(cell).strip())
            records = [[*row[:width], *[None] * (width - len(row))] for _, row in kept]
            told = facts | {"reader": "calamine"}
            remarks = (("xls_limits", "", None),)
            sheets.append(RawSheet(name, title, records, [n for n, _ in kept], None, (), told, remarks))
    return sheets
