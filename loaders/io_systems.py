"""Input–output systems as people download them (WIOD, OECD ICIO, EXIOBASE, Eora), mostly by pymrio's parsers.

A region is a cluster and a sector of it a participant. Flows between sectors are links; what a region takes
for final demand goes to a partner outside every cluster. Value added, employment and R&D come from extensions
whose rows are known (``io_rows.csv``).
"""

from __future__ import annotations

import logging
import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Floats, Objects
from clustercoop.graph.errors import DataError, MissingExtraError, ParameterError
from clustercoop.graph.shipped import shipped_rows
from clustercoop.graph.texts import refusal
from clustercoop.loaders.matrices import JOINT
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import reading, show
from clustercoop.loaders.units import SCALES, Unit, read_unit
from clustercoop.loaders.wiod16 import ACCOUNTS, parse_wiod16
from clustercoop.loaders.wiod16 import NAME as _WIOD_NAME
from clustercoop.loaders.years import FOUR

WIOD16: Final = "WIOD 2016"
FINAL_DEMAND: Final = "final demand"
MOST: Final = 30_000_000
_BOOKS: Final = (".zip", ".xlsx", ".xlsb", ".csv", ".txt")
_WIOD: Final = re.compile(r"wiot(\d\d)_row_\w+\.xlsx", re.IGNORECASE)
_OECD: Final = re.compile(r"(?:ICIO\d{4}_)?((?:19|20)\d\d)(?:_SML)?\.(?:csv|zip)", re.IGNORECASE)
_OECD_HEAD: Final = re.compile(r'"?[A-Z]{2,6}\d?_\w+"?')
_EORA: Final = re.compile(r"Eora26_(\d{4})_bp(?:_T\.txt|\.zip)", re.IGNORECASE)
_EXIO12: Final = re.compile(r"mrIot(?:_?version\d[\d.]*)?\.txt", re.IGNORECASE)
_PLAIN_UNITS: Final = {"1000 p.": "thousand persons", "p.": "persons", "1000 persons": "thousand persons"}


@dataclass(frozen=True, slots=True)
class System:
    """One system: its kind, file or folder, year (0 where nothing tells it), and name in an archive."""

    kind: str
    path: Path
    year: int
    member: str = ""

    def parse(self, pymrio: Any) -> Any:
        """Return pymrio's system."""
        if self.member:
            with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(self.path) as package:
                target = Path(folder) / self.member.rsplit("/", 1)[-1]
                target.write_bytes(package.read(self.member))
                for name in package.namelist() if self.kind == WIOD16 else ():
                    if ACCOUNTS.fullmatch(bare := name.rsplit("/", 1)[-1]):
                        (Path(folder) / bare).write_bytes(package.read(name))
                return System(self.kind, target, self.year).parse(pymrio)
        if self.kind == WIOD16:
            return parse_wiod16(self.path)
        place = str(self.path)
        parsers: dict[str, Callable[[], Any]] = {
            "WIOD": lambda: pymrio.parse_wiod(place),
            "OECD ICIO": lambda: pymrio.parse_oecd(place),
            "Eora26": lambda: pymrio.parse_eora26(place, year=self.year),
            "EXIOBASE 1": lambda: pymrio.parse_exiobase1(place),
            "EXIOBASE 2": lambda: pymrio.parse_exiobase2(place, charact=False, popvector=None),
            "EXIOBASE 3": lambda: pymrio.parse_exiobase3(place),
        }
        return parsers[self.kind]()


def find_systems(path: Path) -> list[System]:
    """Return the systems that a folder, an archive or a file holds, by the names and heads of its files.

    Examples
    --------
    >>> find_systems(Path("links.csv"))
    []
    """
    if path.is_dir():
        found = [one for file in sorted(path.iterdir()) for one in _of_file(file)]
        found += [one for folder in sorted(path.iterdir()) if folder.is_dir() for one in _eora_year(folder)]
        names = [file.name for file in path.iterdir()]
        return _once(found) or _of_names(path, names, path.name)
    return list(_of_file(path))


def _of_file(path: Path) -> Iterator[System]:
    if path.suffix.lower() not in _BOOKS or not path.is_file():
        return
    if match := _WIOD.fullmatch(path.name):
        yield System("WIOD", path, _wiod_year(match[1]))
    elif match := _WIOD_NAME.fullmatch(path.name):
        yield System(WIOD16, path, int(match[1]))
    elif (match := _OECD.fullmatch(path.name)) and _is_oecd(path):
        yield System("OECD ICIO", path, int(match[1]))
    elif match := _EORA.fullmatch(path.name):
        yield System("Eora26", path if path.suffix == ".zip" else path.parent, int(match[1]))
    elif path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
            yield from _of_names(path, names, path.name)
            for name in names:
                bare = name.rsplit("/", 1)[-1]
                if match := _WIOD.fullmatch(bare):
                    yield System("WIOD", path, _wiod_year(match[1]), name)
                elif match := _WIOD_NAME.fullmatch(bare):
                    yield System(WIOD16, path, int(match[1]), name)
                elif (match := _OECD.fullmatch(bare)) and _names_pairs(package.open(name)):
                    yield System("OECD ICIO", path, int(match[1]), name)


def _wiod_year(digits: str) -> int:
    return (1900 if int(digits) > 50 else 2000) + int(digits)


def _eora_year(folder: Path) -> Iterator[System]:
    """Yield the Eora system of a folder named by its year, as a download of several years has them."""
    if FOUR.fullmatch(folder.name):
        yield from (
            one for file in sorted(folder.iterdir()) for one in _of_file(file) if one.kind == "Eora26"
        )


def _of_names(path: Path, names: Sequence[str], title: str) -> list[System]:
    """Return the EXIOBASE system whose files have these names."""
    bare = {name.rsplit("/", 1)[-1] for name in names}
    year = int(found[0]) if (found := FOUR.search(title)) else 0
    if {"Y.txt", "file_parameters.json"} <= bare and bare & {"A.txt", "Z.txt"}:
        return [System("EXIOBASE 3", path, year)]
    tables = [name for name in bare if _EXIO12.fullmatch(name)]
    if tables and "mrFinalDemand" in "".join(bare):
        second = any("version2" in name for name in tables)
        return [System("EXIOBASE 2" if second else "EXIOBASE 1", path, year or (2007 if second else 2000))]
    return []


def _is_oecd(path: Path) -> bool:
    """Tell whether a file, or the only one of an archive, is a table as ICIO lays it out."""
    if path.suffix.lower() != ".zip":
        return _names_pairs(path.open("rb"))
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as package:
        return len(package.namelist()) == 1 and _names_pairs(package.open(package.namelist()[0]))


def _names_pairs(opened: IO[bytes]) -> bool:
    """Tell whether the head of a table names columns by country and industry: ``AUS_C01T05``."""
    with opened as file:
        head = file.readline(1 << 20)
    cells = head.decode("utf-8", "replace").strip().split(",")[1:]
    return len(cells) > 3 and sum(bool(_OECD_HEAD.fullmatch(cell)) for cell in cells) > 0.8 * len(cells)


def _once(found: Sequence[System]) -> list[System]:
    """Return one system a kind and year: a table beside its archive is the same."""
    return list({(one.kind, one.year): one for one in reversed(found)}.values())[::-1]


def read_system(systems: Sequence[System], name: str, year: int, notes: Notes) -> dict[str, pd.DataFrame]:
    """Return the tables of the contract of the one system that is meant; `year` chooses among several.

    Raises
    ------
    DataError
        Several years lie there and none is chosen, none has that year, or the files are damaged.
    MissingExtraError
        pymrio is not installed.
    """
    mine = [one for one in systems if one.year == year] if year else list(systems)
    mine = mine or [one for one in systems if not one.year]
    if len(mine) != 1:
        listed = ", ".join(f"{one.kind} {one.year or ''}".strip() for one in systems)
        raise refusal(DataError, "io_years", name=name, systems=listed)
    one = mine[0]
    pymrio = None if one.kind == WIOD16 else _pymrio()
    with reading(name), _quietly():
        system = one.parse(pymrio)
    of = one.year or year or _year_of(system)
    return system_tables(system, of, name=f"{one.kind} {of or ''}".strip(), notes=notes)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep what the parsers print about files that need not be there to themselves."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _pymrio() -> Any:
    try:
        import pymrio
    except ImportError as error:
        raise MissingExtraError(
            "Input–output systems are read by pymrio: pip install 'clustercoop[mrio]'."
        ) from error
    return pymrio


def _year_of(system: Any) -> int:
    """Return the year that the description of a system names, 0 for none or several."""
    found = set(FOUR.findall(f"{system.meta.name} {system.meta.description}"))
    return int(found.pop()) if len(found) == 1 else 0


def system_tables(
    system: Any, year: int, *, name: str = "", notes: Notes | None = None
) -> dict[str, pd.DataFrame]:
    """Return a system of pymrio as tables of the contract, for `analyze`.

    Parameters
    ----------
    system : pymrio.IOSystem
        With Z, or with A and either x or Y; it is not changed.
    year : int
    name : str
        How findings call it.
    notes : Notes, optional
        Where findings go.

    Returns
    -------
    dict of str to DataFrame
        participants, links and activity. Output is ``x``, purchases are the column sums of Z; negative final
        demand (stock changes above all other uses) makes no link.

    Raises
    ------
    ParameterError
        `year` is 0, so that the figures would belong to no year.
    DataError
        The system has neither Z nor A, names no unit of money that is known, or is too large.

    Examples
    --------
    Whatever has the parts of a system will do:

    >>> from types import SimpleNamespace
    >>> pairs = pd.MultiIndex.from_product([["A"], ["farms", "mills"]])
    >>> system = SimpleNamespace(
    ...     Z=pd.DataFrame([[0.0, 3.0], [1.0, 0.0]], pairs, pairs),
    ...     A=None, x=None, Y=pd.DataFrame([[2.0], [5.0]], pairs, ["A"]),
    ...     unit=pd.DataFrame("million EUR", pairs, ["unit"]), get_extensions=lambda data: [],
    ... )
    >>> found = system_tables(system, 2010)
    >>> found["activity"].columns.tolist()[2:], found["activity"]["output, million EUR"].tolist()
    (['output, million EUR', 'purchases, million EUR'], [5.0, 6.0])
    >>> found["links"][["supplier_id", "buyer_id"]].values.tolist()[-1]
    ['A / mills', 'A / final demand']
    """
    notes = notes or Notes()
    if not year:
        raise refusal(ParameterError, "io_no_year", name=name)
    flows, output, labels = _core(system, name)
    ids = np.array([JOINT.join(pair) for pair in labels], object)
    unit = _header_unit(system.unit, name)
    if np.count_nonzero(flows) > MOST:
        raise refusal(DataError, "io_large", name=name, most=MOST)
    regions = dict.fromkeys(region for region, _ in labels)
    sectors = dict.fromkeys(sector for _, sector in labels)
    notes.add("io_read", table="links", file=name, value=name, detail=f"{len(regions)} × {len(sectors)}")
    activity = {"participant_id": ids, "year": year, f"output, {unit}": output}
    activity[f"purchases, {unit}"] = flows.sum(axis=0)
    activity |= _extensions(system, output, labels, name, notes)
    seller, buyer = np.nonzero(flows)
    demand, takers = _demand(system, labels, name, notes)
    sold, taker = np.nonzero(demand)
    links = {
        "year": year,
        "supplier_id": np.concatenate([ids[seller], ids[sold]]),
        "buyer_id": np.concatenate([ids[buyer], takers[taker]]),
        f"value, {unit}": np.concatenate([flows[seller, buyer], demand[sold, taker]]),
    }
    people = {
        "participant_id": ids,
        "cluster_id": [region for region, _ in labels],
        "name": [sector for _, sector in labels],
        "industry_code": [sector for _, sector in labels],
    }
    return {
        "participants": pd.DataFrame(people),
        "links": pd.DataFrame(links),
        "activity": pd.DataFrame(activity),
    }


Labels = list[tuple[str, str]]


def _core(system: Any, name: str) -> tuple[Floats, Floats, Labels]:
    """Return flows, outputs and (region, sector) labels of a system that has them or what makes them."""
    held = system.Z if system.Z is not None else system.A
    if held is None:
        raise refusal(DataError, "io_no_flows", name=name)
    labels = [(show(region), show(sector)) for region, sector in held.index]
    cells = held.to_numpy("float64")
    demand = None if system.Y is None else system.Y.reindex(held.index).to_numpy("float64").sum(axis=1)
    if system.x is not None:
        output = system.x.reindex(held.index).to_numpy("float64")[:, 0]
    elif demand is None:
        raise refusal(DataError, "io_no_output", name=name)
    elif system.Z is not None:
        output = cells.sum(axis=1) + demand
    else:  # x = A x + y
        output = np.linalg.solve(np.eye(len(cells)) - cells, demand)
    return (cells if system.Z is not None else cells * output), output, labels


def _header_unit(units: pd.DataFrame | None, name: str) -> str:
    """Return the one unit of money of a system as a header names it."""
    said = sorted({show(cell) for cell in units.iloc[:, 0]}) if units is not None else []
    read = [_unit(text) for text in said]
    if len(read) != 1 or not read[0] or not read[0].of_money:
        raise refusal(DataError, "io_unit", name=name, units=", ".join(said) or "none")
    return _words(read[0])


def _unit(text: str) -> Unit | None:
    rest, unit = read_unit(_PLAIN_UNITS.get(text.strip(), text))
    return None if rest or unit == Unit() or unit.scale not in SCALES else unit


def _words(unit: Unit) -> str:
    return f"{SCALES[unit.scale]}{unit.currency or unit.physical}"


@cache
def _rows() -> tuple[dict[str, str], ...]:
    return tuple(shipped_rows("loaders", "io_rows.csv"))


def _extensions(system: Any, output: Floats, labels: Labels, name: str, notes: Notes) -> Mapping[str, Floats]:
    """Return the figures of activity that extensions hold, by header; tell what was taken from where."""
    found: dict[str, Floats] = {}
    taken: dict[str, str] = {}
    for rule in _rows():
        if rule["column"] in taken:
            continue
        for extension in system.get_extensions(data=True):
            table = extension.F if extension.F is not None else extension.S
            if table is None or not re.search(rule["extension"], extension.name, re.IGNORECASE):
                continue
            titles = [_title(label) for label in table.index]
            rows = [i for i, t in enumerate(titles) if re.search(rule["row"], t, re.IGNORECASE)]
            units = {_unit(_unit_of(extension, i)) for i in rows}
            if not rows or (len(rows) > 1 and rule["parts"] == "no") or len(units) != 1:
                continue
            unit = units.pop()
            if unit is None or (unit.physical != "persons") == (rule["column"] == "employees"):
                continue
            order = [tuple(map(show, label)) for label in table.columns]
            part = table.to_numpy("float64")[rows][:, [order.index(label) for label in labels]]
            values = part.sum(axis=0) * (1.0 if extension.F is not None else output)
            taken[rule["column"]] = f"{extension.name}: {', '.join(titles[i] for i in rows)}"
            found[f"{rule['column']}, {_words(unit)}"] = _known(values, labels)
            break
    for column, source in taken.items():
        notes.add("io_extension", table="activity", file=name, column=column, value=column, detail=source)
    return found


def _title(label: Any) -> str:
    """Return the name of a row: the last level of a label that tells its kind first."""
    return show(
        label[-1]
        if isinstance(label, tuple) and len(label) == 2
        else label[0]
        if isinstance(label, tuple)
        else label
    ).strip()


def _unit_of(extension: Any, row: int) -> str:
    units = extension.unit
    return "" if units is None or row >= len(units) or not units.shape[1] else show(units.iloc[row, 0])


def _known(values: Floats, labels: Labels) -> Floats:
    """Return figures with those of regions that have none at all unknown: parsers fill them with zeros."""
    regions = np.array([region for region, _ in labels], object)
    empty = [region for region in dict.fromkeys(regions) if not np.any(values[regions == region])]
    return np.where(np.isin(regions, empty), np.nan, values)


def _demand(system: Any, labels: Labels, name: str, notes: Notes) -> tuple[Floats, Objects]:
    """Return final demand by sector and region, and the names of those who take it."""
    if system.Y is None:
        return np.zeros((len(labels), 0)), np.empty(0, object)
    index = [(show(region), show(sector)) for region, sector in system.Y.index]
    order = [index.index(label) for label in labels]
    regions = [show(label[0] if isinstance(label, tuple) else label) for label in system.Y.columns]
    names = list(dict.fromkeys(regions))
    cells = np.nan_to_num(system.Y.to_numpy("float64")[order])
    demand = np.column_stack([cells[:, [r == one for r in regions]].sum(axis=1) for one in names])
    negative = demand < 0
    if negative.any():
        total = f"{-demand[negative].sum():.6g}"
        notes.add(
            "io_demand_negative", table="links", file=name, value=str(int(negative.sum())), detail=total
        )
    takers = np.array([f"{one}{JOINT}{FINAL_DEMAND}" for one in names], object)
    return np.where(negative, 0.0, demand), takers
