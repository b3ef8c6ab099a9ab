"""Workbooks of the binary format of Excel 2007, small ones, made record by record."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from typing import Any

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    "</Types>"
)
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _record(kind: int, body: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0xFF, kind >> 8])
    size, length = len(body), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return head + length + bytes([size]) + body


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _relations(kind: str, target: str) -> str:
    return (
        f'<?xml version="1.0"?><Relationships xmlns="{_RELS}">'
        f'<Relationship Id="rId1" Type="{_KIND}/{kind}" Target="{target}"/></Relationships>'
    )


def workbook(rows: Sequence[Sequence[Any]], title: str = "Лист1") -> bytes:
    """One sheet of texts and numbers."""
    width = max(map(len, rows))
    sheet = (
        _record(0x0181)
        + _record(0x0194, struct.pack("<4I", 0, len(rows) - 1, 0, width - 1))
        + _record(0x0191)
    )
    for at, row in enumerate(rows):
        sheet += _record(0x00, struct.pack("<IIHHBI", at, 0, 300, 0, 0, 0))
        for column, cell in enumerate(row):
            place = struct.pack("<II", column, 0)
            if isinstance(cell, str):
                sheet += _record(0x06, place + _wide(cell))
            else:
                sheet += _record(0x05, place + struct.pack("<d", cell))
    sheet += _record(0x0192) + _record(0x0182)
    book = _record(0x0183) + _record(0x018F)
    book += _record(0x019C, struct.pack("<II", 0, 1) + _wide("rId1") + _wide(title))
    book += _record(0x0190) + _record(0x0184)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", _relations("officeDocument", "xl/workbook.bin"))
        package.writestr("xl/_rels/workbook.bin.rels", _relations("worksheet", "worksheets/sheet1.bin"))
        package.writestr("xl/workbook.bin", book)
        package.writestr("xl/worksheets/sheet1.bin", sheet)
    return out.getvalue()
