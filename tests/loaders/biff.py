"""Write a minimal old Excel file (.xls: BIFF8 in a compound file), for tests of the reader.

Layout after [MS-CFB] and [MS-XLS]: one header sector, one FAT sector, one directory sector, then the Workbook
stream padded to 4,096 bytes, below which a stream would live in the mini stream.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _string(text: str, count: str) -> bytes:
    return struct.pack(count, len(text)) + b"\1" + text.encode("utf-16-le")


def _sheet(rows: Sequence[Sequence[str | float]]) -> bytes:
    out = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))  # BOF of a worksheet
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, str):
                out += _record(0x0204, struct.pack("<HHH", r, c, 0) + _string(cell, "<H"))  # LABEL
            else:
                out += _record(0x0203, struct.pack("<HHHd", r, c, 0, cell))  # NUMBER
    return out + _record(0x000A)


def write_xls(path: Path, sheets: Mapping[str, Sequence[Sequence[str | float]]]) -> None:
    """Write `sheets` (name → rows of text and numbers) to `path`."""
    bodies = [_sheet(rows) for rows in sheets.values()]
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))  # BOF of the workbook
    start += _record(0x0042, struct.pack("<H", 1200))  # code page: UTF-16
    names = [_string(name, "<B") for name in sheets]
    offset = len(start) + sum(4 + 6 + len(name) for name in names) + 4
    for name, body in zip(names, bodies, strict=True):
        start += _record(0x0085, struct.pack("<IH", offset, 0) + name)  # BOUNDSHEET
        offset += len(body)
    stream = start + _record(0x000A) + b"".join(bodies)
    stream += b"\0" * (-len(stream) % SECTOR if len(stream) > 4096 else 4096 - len(stream))
    count = len(stream) // SECTOR
    chain = [FAT, END, *range(3, count + 2), END]
    fat = struct.pack("<128I", *chain, *[FREE] * (128 - len(chain)))
    entries = [("Root Entry", 5, 1, END, 0), ("Workbook", 2, FREE, 2, len(stream))]
    directory = b""
    for title, kind, child, first, size in entries:
        raw = title.encode("utf-16-le")
        directory += raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, kind, 1, FREE, FREE, child)
        directory += b"\0" * 36 + struct.pack("<IQ", first, size)
    directory = directory.ljust(SECTOR, b"\0")
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0)
    header += struct.pack("<109I", 0, *[FREE] * 108)
    path.write_bytes(header + fat + directory + stream)
