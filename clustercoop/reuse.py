"""Measures of formations kept between runs: what did not change is not measured again.

The key of a formation is a digest of all that its metrics may read: its own arrays, the links behind them and
the roles of their ends, rows that are left open, every setting that shapes figures, and this program's code.
A file of SQLite holds them; it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import pickle
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import fields
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.analysis.metric import Measured
from clustercoop.analysis.unsettled import open_rows, unsettled
from clustercoop.graph.arrays import Bits
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.places import cache_folder
from clustercoop.graph.settings import FILES, Settings

MOST: Final = 20_000
"""Formations that are kept; the oldest go."""
_ROWS: Final = ("internal_rows", "self_rows", "sales_rows", "purchase_rows", "knowledge_rows")


def reused(
    measure: Callable[[Sequence[Formation]], list[Measured]],
    formations: Sequence[Formation],
    graph: SupplyGraph,
    settings: Settings,
) -> list[Measured]:
    """Return what `measure` says of `formations`, asking it only for those that are not kept yet.

    A cache that cannot be read or written is left aside.
    """
    place = None if settings.no_cache or settings.metrics == "cooperation" else cache_folder()
    if place is None or not formations:
        return measure(formations)
    keys = digests(formations, graph, settings)
    kept = _read(place, keys)
    fresh = [at for at, key in enumerate(keys) if key not in kept]
    if fresh:
        made = dict(zip((keys[at] for at in fresh), measure([formations[at] for at in fresh]), strict=True))
        _write(place, made)
        kept |= made
    return [kept[key] for key in keys]


def _file(place: Path) -> sqlite3.Connection:
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = sqlite3.connect(place / "measures.sqlite", timeout=10)
    file.execute("CREATE TABLE IF NOT EXISTS measures (key BLOB PRIMARY KEY, content BLOB NOT NULL)")
    return file


def _read(place: Path, keys: Iterable[bytes]) -> dict[bytes, Measured]:
    found: dict[bytes, Measured] = {}
    try:
        with closing(_file(place)) as file:
            for key in keys:
                row = file.execute("SELECT content FROM measures WHERE key = ?", (key,)).fetchone()
                if row is not None:
                    found[key] = pickle.loads(zlib.decompress(row[0]))
                    if not isinstance(found[key], Measured):
                        raise TypeError
    except OSError:
        return {}
    except Exception:  # what holds no measures may fail in any way
        with suppress(OSError):
            (place / "measures.sqlite").unlink()
        return {}
    return found


def _write(place: Path, made: dict[bytes, Measured]) -> None:
    """Keep all of `made` or none: an interrupted run leaves the file as it was."""
    rows = [(key, zlib.compress(pickle.dumps(one, 5), 1)) for key, one in made.items()]
    with suppress(OSError, sqlite3.Error), closing(_file(place)) as file, file:
        file.executemany("INSERT OR REPLACE INTO measures VALUES (?, ?)", rows)
        file.execute("DELETE FROM measures WHERE rowid <= (SELECT max(rowid) FROM measures) - ?", (MOST,))


def digests(formations: Sequence[Formation], graph: SupplyGraph, settings: Settings) -> list[bytes]:
    """Return a digest a formation of all that its measures rest on, 32 bytes each."""
    told = settings.to_dict()
    for name in FILES:
        if told[name]:
            told[name] = hashlib.sha256(Path(told[name]).read_bytes()).hexdigest()
    common = hashlib.sha256(repr((_code(), graph.currency, sorted(told.items()))).encode())
    links = graph.links
    ends = [links[side].to_numpy() for side in ("supplier", "buyer")]
    held = [hashed(links["kind"].to_numpy(dtype=object)), links["value"].to_numpy()]
    nodes = hashed(graph.node_ids)
    roles = {year: hashed(graph.people.of_nodes(year, "role")) for year in {f.year for f in formations}}
    out = []
    for formation in formations:
        digest = common.copy()
        for field in fields(formation):
            if field.name not in ("members", *_ROWS):
                _feed(digest, getattr(formation, field.name))
        for name in _ROWS:
            rows = getattr(formation, name)
            for column in held:
                _feed(digest, column[rows])
            for side in ends:
                _feed(digest, nodes[side[rows]])
                _feed(digest, roles[formation.year][side[rows]])
        found = unsettled(formation, open_rows(graph))
        for field in fields(found) if found else ():
            _feed(digest, getattr(found, field.name))
        out.append(digest.digest())
    return out


def hashed(texts: NDArray[Any]) -> Bits:
    """Return 64 bits of each text, hashed once a distinct one; those of a missing text are all ones."""
    codes, names = pd.factorize(texts)
    bits = pd.util.hash_array(np.array([str(name) for name in names], dtype=object), categorize=False)
    return np.append(np.asarray(bits, np.uint64), np.uint64(2**64 - 1))[codes]


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, dict):
        for name, each in value.items():
            digest.update(name.encode())
            _feed(digest, each)
    elif isinstance(value, np.ndarray) and value.dtype != object:
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).data)
    else:
        digest.update(repr(value.tolist() if isinstance(value, np.ndarray) else value).encode())


@cache
def _code() -> str:
    """Return a digest of the code and data that measures come from, and of the libraries below them."""
    digest = hashlib.sha256()
    for room in ("graph", "analysis"):
        root = Path(str(resources.files(f"clustercoop.{room}")))
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".csv", ".toml") and path.is_file():
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    for name in ("numpy", "scipy", "llvmlite", "pandas"):
        digest.update(version(name).encode())
    return digest.hexdigest()
