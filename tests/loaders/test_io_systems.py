"""Input–output systems: recognised as they are downloaded, and equal to pymrio's own figures."""

from __future__ import annotations

import sys
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import clustercoop
from clustercoop.graph.errors import DataError, MissingExtraError, ParameterError
from clustercoop.graph.settings import Settings
from clustercoop.loaders.dataset import Dataset, read_dataset, read_frames
from clustercoop.loaders.io_systems import find_systems, system_tables
from tests.loaders.xlsb import workbook

REGIONS, SECTORS = ("AUS", "USA"), ("c1", "c35")
PAIRS = [(region, sector) for region in REGIONS for sector in SECTORS]
FLOWS = np.array([[5.0, 10, 0, 2], [3, 0, 4, 0], [1, 0, 6, 20], [0, 8, 7, 9]])
DEMAND = np.array([[30.0, 3], [40, 0], [2, 50], [1, 60]])
OUTPUT = FLOWS.sum(axis=1) + DEMAND.sum(axis=1)
ADDED = OUTPUT - FLOWS.sum(axis=0)


def joined(region: str, sector: str) -> str:
    return f"{region}_{sector}"


def oecd(path: Path) -> Path:
    """A table as ICIO has it since 2021: value added and output below, final demand to the right."""
    names = [joined(*pair) for pair in PAIRS]
    demand = [f"{region}_HFCE" for region in REGIONS]
    lines = [",".join(["V1", *names, *demand, "OUT"])]
    for name, flows, used, total in zip(names, FLOWS, DEMAND, OUTPUT, strict=True):
        lines.append(",".join([name, *map(str, flows), *map(str, used), str(total)]))
    lines.append(",".join(["TLS", *["0"] * 6, "0"]))
    lines.append(",".join(["VA", *map(str, ADDED), "0", "0", "0"]))
    lines.append(",".join(["OUT", *map(str, OUTPUT), "0", "0", "0"]))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def eora(folder: Path) -> Path:
    """The text files of Eora26, in thousands of dollars."""
    folder.mkdir()

    def write(name: str, rows: Any) -> None:
        text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
        (folder / name).write_text(text, "utf-8")

    pairs = [(f"{r} in full", r, "Industries", s) for r, s in PAIRS]
    write("labels_T.txt", pairs)
    write("labels_FD.txt", [(f"{r} in full", r, "Final demand", "Households") for r in REGIONS])
    write("labels_VA.txt", [("Primary inputs", "Wages"), ("Primary inputs", "Surplus")])
    write("labels_Q.txt", [("Gas (t)", "Total")])
    half = ADDED * 500
    tables = {"T": FLOWS * 1000, "FD": DEMAND * 1000, "VA": [half, half], "Q": [[1] * 4], "QY": [[0] * 2]}
    for name, rows in tables.items():
        write(f"Eora26_2010_bp_{name}.txt", rows)
    return folder


def wiod(folder: Path, *, sea: bool = False) -> Path:
    """A workbook of the release of 2013, and the accounts of employment beside it."""
    folder.mkdir()
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    lead: list[Any] = ["", "", "", ""]
    demand = [(region, "c37") for region in REGIONS]
    columns = [*PAIRS, *demand, ("TOT", "c99")]
    note = ["Intercountry Input-Output Table for 2009", "", "(industry-by-industry)", "(millions of US$)"]
    rows: list[list[Any]] = [
        [note[0]],
        [],
        [note[2], "", "", "", *(s.removeprefix("c") for _, s in columns)],
        [note[3], "", "", "", *(f"sector {s}" for _, s in columns)],
        [*lead, *(r for r, _ in columns)],
        [*lead, *(s for _, s in columns)],
    ]
    for (region, sector), flows, used, total in zip(PAIRS, FLOWS, DEMAND, OUTPUT, strict=True):
        label = [sector.removeprefix("c"), f"sector {sector}", region, sector]
        rows.append([*label, *flows, *used, total])
    rows.append(["r60", "Total intermediate", "TOT", "r60", *FLOWS.sum(axis=0), 0, 0, 0])
    rows.append(["r64", "Value added at basic prices", "TOT", "r64", *ADDED, 0, 0, 0])
    rows.append(["r69", "Output", "TOT", "r69", *OUTPUT, 0, 0, 0])
    for row in rows:
        page.append(row)
    book.save(folder / "wiot09_row_apr12.xlsx")
    if sea:
        staff = [
            (region, variable, "", code, 1.5 * at)
            for variable in ("EMP", "EMPE", "H_EMP", "H_EMPE")
            for region in REGIONS
            for at, code in enumerate(("TOT", "1", "35"), 1)
        ]
        columns_of = ["Country", "Variable", "Description", "Code", "_2009"]
        with pd.ExcelWriter(folder / "WIOD_SEA_July14.xlsx") as writer:
            pd.DataFrame(staff, columns=columns_of).to_excel(writer, sheet_name="DATA", index=False)
    return folder


def wiod16(path: Path) -> Path:
    """A table of the release of 2016, binary as it is published: codes, names, countries, numbers."""
    sectors = {"c1": "A01", "c35": "C10-C12"}
    demand = [(region, "CONS_h") for region in REGIONS]
    columns = [*((r, sectors.get(s, s)) for r, s in PAIRS), *demand, ("TOT", "GO")]
    lead: list[Any] = [""] * 4
    rows: list[list[Any]] = [["Intercountry Input-Output Table", *[""] * (3 + len(columns))]]
    rows.append(["(millions of US$)", *[""] * (3 + len(columns))])
    rows.append([*lead, *(code for _, code in columns)])
    rows.append([*lead, *(f"name of {code}" for _, code in columns)])
    rows.append([*lead, *(region for region, _ in columns)])
    rows.append([*lead, *(f"c{i}" for i in range(1, len(columns) + 1))])
    for at, (region, code) in enumerate(columns[: len(PAIRS)]):
        cells = [*map(float, FLOWS[at]), *map(float, DEMAND[at]), float(OUTPUT[at])]
        rows.append([code, f"name of {code}", region, f"r{at + 1}", *cells])
    nought = [0.0] * (len(demand) + 1)
    for code, figures_of in (("II_fob", FLOWS.sum(axis=0)), ("VA", ADDED), ("GO", OUTPUT)):
        rows.append([code, f"name of {code}", "TOT", "r65", *map(float, figures_of), *nought])
    path.write_bytes(workbook(rows, "2014"))
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_the_release_of_2016_is_read_without_a_parser_of_pymrio(tmp_path: Path, packed: bool) -> None:
    path = wiod16(tmp_path / "WIOT2014_Nov16_ROW.xlsb")
    accounts16(tmp_path / "WIOD_SEA_Nov16.xlsx")
    if packed:
        archive = tmp_path / "WIOTS_in_EXCEL.zip"
        with zipfile.ZipFile(archive, "w") as package:
            package.write(path, path.name)
            package.write(path, "WIOT2013_Nov16_ROW.xlsb")
            package.write(tmp_path / "WIOD_SEA_Nov16.xlsx", "SEA/WIOD_SEA_Nov16.xlsx")
        (tmp_path / "WIOD_SEA_Nov16.xlsx").unlink()
        path.unlink()
        with pytest.raises(DataError, match="WIOD 2016 2013"):
            read_dataset(archive)
        path = archive
    data = read_dataset(path, settings=Settings(year=2014))
    tables = data.graph.to_tables()
    ids = [f"{region} / {code}" for region in REGIONS for code in ("A01", "C10-C12")]
    links = tables["links"].pivot_table("value", "supplier_id", "buyer_id", "sum").fillna(0.0)
    found = links.reindex(index=ids, columns=ids, fill_value=0.0)
    np.testing.assert_allclose(found, FLOWS)
    activity = tables["activity"].set_index("participant_id").loc[ids]
    np.testing.assert_allclose(activity["output"], OUTPUT)
    np.testing.assert_allclose(activity["value_added"], ADDED)
    assert data.graph.currency == "USD" and data.graph.years == (2014,)
    # Thousands of employees of 2014; the accounts have no figure of C10-C12 in AUS, and none of USA at all.
    assert activity["employees"].to_dict() == pytest.approx(
        dict(zip(ids, (3500.0, np.nan, np.nan, np.nan), strict=True)), nan_ok=True
    )


def accounts16(path: Path) -> None:
    """The socio-economic accounts of the release of 2016: a column for each year, persons in thousands."""
    titles = ["country", "variable", "description", "code", 2013, 2014]
    rows = [
        ["AUS", "EMP", "Persons engaged", "A01", 4.0, 4.5],
        ["AUS", "EMPE", "Employees", "A01", 3.0, 3.5],
        ["AUS", "EMPE", "Employees", "C10-C12", 1.0, None],
        ["AUS", "COMP", "Compensation", "A01", 70.0, 80.0],
    ]
    with pd.ExcelWriter(path) as writer:
        pd.DataFrame({"Notes": ["about"]}).to_excel(writer, sheet_name="Notes", index=False)
        pd.DataFrame(rows, columns=titles).to_excel(writer, sheet_name="DATA", index=False)


def test_a_table_that_only_has_the_name_of_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "WIOT2014_Nov16_ROW.xlsb"
    path.write_bytes(workbook([["a", "b", "c", "d", 1.0, 2.0], ["a", "b", "c", "d", 1.0, 2.0]]))
    with pytest.raises(DataError, match="not laid out like one"):
        read_dataset(path)


def figures(data: Dataset) -> tuple[Any, Any, Any]:
    """Flows between sectors, output and value added in the order of PAIRS."""
    tables = data.graph.to_tables()
    ids = [f"{region} / {sector}" for region, sector in data_pairs(data)]
    links = tables["links"].pivot_table("value", "supplier_id", "buyer_id", "sum").fillna(0.0)
    activity = tables["activity"].set_index("participant_id").loc[ids]
    return links.reindex(index=ids, columns=ids, fill_value=0.0), activity["output"], activity["value_added"]


def data_pairs(data: Dataset) -> Sequence[tuple[str, str]]:
    seen = data.graph.to_tables()["participants"]["participant_id"]
    both = [tuple(one.split(" / ")) for one in seen]
    return sorted(((a, b) for a, b in both), key=lambda p: (p[0], int(p[1].removeprefix("c"))))


@pytest.fixture
def pymrio() -> Any:
    return pytest.importorskip("pymrio")


@pytest.mark.parametrize("kind", ["oecd", "oecd zip of years", "eora", "eora zip", "wiod"])
def test_each_download_gives_the_figures_that_were_put_in(kind: str, tmp_path: Path, pymrio: Any) -> None:
    if kind.startswith("oecd"):
        path = oecd(tmp_path / "ICIO2023_2015.csv")
        if kind != "oecd":
            oecd(tmp_path / "2014.csv")
            path = tmp_path / "ICIO2023_2014-2015.zip"
            with zipfile.ZipFile(path, "w") as package:
                package.write(tmp_path / "2014.csv", "2014_SML.csv")
                package.write(tmp_path / "ICIO2023_2015.csv", "2015_SML.csv")
    elif kind.startswith("eora"):
        path = eora(tmp_path / "2010")
        if kind != "eora":
            target = tmp_path / "Eora26_2010_bp.zip"
            with zipfile.ZipFile(target, "w") as package:
                for file in path.iterdir():
                    package.write(file, file.name)
            path = target
    else:
        path = wiod(tmp_path / "wiod")
    year = 2015 if kind.startswith("oecd") else 0
    data = read_dataset(path, settings=Settings(year=year))
    flows, output, added = figures(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = next(one for one in find_systems(path) if one.year in (year, 2009, 2010)).parse(pymrio)
    theirs.calc_system()
    order = [(region, sector) for region, sector in data_pairs(data)]
    inverse = theirs.L.loc[order, order].to_numpy("float64")
    mine = clustercoop.leontief_inverse(flows.to_numpy(), output.to_numpy())
    assert np.abs(mine - inverse).max() < 1e-9
    assert np.allclose(flows, FLOWS, rtol=1e-12)
    assert np.allclose(output, OUTPUT, rtol=1e-12)
    assert np.allclose(added, ADDED, rtol=1e-12)
    assert data.graph.currency == "USD"
    assert data.graph.years == (year or {"wiod": 2009}.get(kind, 2010),)
    assert sorted(data.graph.to_tables()["participants"]["cluster_id"].unique()) == list(REGIONS)
    final = data.graph.to_tables()["links"]
    taken = final[final["buyer_id"].str.endswith("final demand")]["value"].sum()
    assert taken == pytest.approx(DEMAND.sum(), rel=1e-12)
    assert [f.code for f in data.findings if f.severity == "error"] == []


def test_employment_of_the_socio_economic_accounts_is_persons(tmp_path: Path, pymrio: Any) -> None:
    data = read_dataset(wiod(tmp_path / "wiod", sea=True))
    staff = data.graph.to_tables()["activity"].set_index("participant_id")["employees"]
    assert staff["USA / 1"] == 3000.0 and staff["USA / 35"] == 4500.0  # 3 and 4.5 thousand
    told = {f.value: f.detail for f in data.findings if f.code == "io_extension"}
    assert told == {"value_added": "factor input: Value added at basic prices", "employees": "SEA: EMPE"}


def test_leontief_and_ghosh_equal_those_of_pymrio(pymrio: Any) -> None:
    system = pymrio.load_test()
    tables = system_tables(system, 2010)
    graph = read_frames(tables).graph
    own = pymrio.load_test()
    own.calc_system(include_ghosh=True)
    ids = tables["participants"]["participant_id"].tolist()
    links = graph.to_tables()["links"]
    flows = links.pivot_table("value", "supplier_id", "buyer_id", "sum").fillna(0.0)
    flows = flows.reindex(index=ids, columns=ids, fill_value=0.0)
    output = graph.to_tables()["activity"].set_index("participant_id")["output"].loc[ids]
    assert np.allclose(output, own.x.iloc[:, 0], rtol=1e-12)
    mine = clustercoop.leontief_inverse(flows.to_numpy(), output.to_numpy())
    assert np.abs(mine / own.L.to_numpy() - 1).max() < 1e-9
    ghosh = clustercoop.ghosh_inverse(flows.to_numpy(), output.to_numpy())
    assert np.allclose(ghosh, own.G.to_numpy(), rtol=1e-9)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kept", ["flows", "coefficients"])
def test_exiobase_3_and_what_pymrio_saves(packed: bool, kept: str, tmp_path: Path, pymrio: Any) -> None:
    system = pymrio.load_test()
    whole = pymrio.load_test()
    whole.calc_all()
    if kept == "coefficients":
        system.A = whole.A
        system.Z = None
    folder = tmp_path / "IOT_2011_pxp"
    system.save_all(folder)
    path = folder
    if packed:
        path = tmp_path / "IOT_2011_pxp.zip"
        with zipfile.ZipFile(path, "w") as package:
            for file in folder.rglob("*"):
                package.write(file, file.relative_to(tmp_path))
    assert [(one.kind, one.year) for one in find_systems(path)] == [("EXIOBASE 3", 2011)]
    tables = read_dataset(path).graph.to_tables()
    output = tables["activity"].set_index("participant_id")["output"]
    want = {f"{r} / {s}": x for (r, s), x in whole.x.iloc[:, 0].items()}
    assert output.to_dict() == pytest.approx(want, rel=1e-9)
    want = {f"{r} / {s}": v for (r, s), v in whole.factor_inputs.F.loc["Value Added"].items()}
    added = tables["activity"].set_index("participant_id")["value_added"]
    assert added.to_dict() == pytest.approx(want, rel=1e-9)


def test_a_region_is_analysed_as_a_cluster(tmp_path: Path, pymrio: Any) -> None:
    result = clustercoop.analyze(eora(tmp_path / "eora"), nulls=0, workers=1)
    rows = result.formations.set_index("cluster_id")
    # AUS: 5 of c1 to itself, 10 to c35, 3 of c35 to c1; sold to the other sector over output
    inside = (FLOWS[0, 1] + FLOWS[1, 0]) / OUTPUT[:2].sum()
    assert rows.loc["AUS", "cooperation_ratio"] == pytest.approx(inside, rel=1e-12)


def test_several_years_ask_for_one(tmp_path: Path) -> None:
    for year in (2014, 2015):
        oecd(tmp_path / f"ICIO2023_{year}.csv")
    with pytest.raises(DataError, match="OECD ICIO 2014, OECD ICIO 2015; choose one with --year"):
        read_dataset(tmp_path)


def test_without_pymrio_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymrio", None)
    with pytest.raises(MissingExtraError, match="mrio"):
        read_dataset(oecd(tmp_path / "ICIO2023_2015.csv"))


def test_a_system_without_a_year_or_a_unit_is_refused(pymrio: Any) -> None:
    system = pymrio.load_test()
    with pytest.raises(ParameterError, match="year"):
        system_tables(system, 0)
    system.unit["unit"] = "baskets"
    with pytest.raises(DataError, match="baskets"):
        system_tables(system, 2010)


def test_negative_final_demand_is_told_and_no_link(pymrio: Any) -> None:
    system = pymrio.load_test()
    system.Y.iloc[0, :7] = [-5.0, 0, 0, 0, 0, 0, 0]
    tables = system_tables(system, 2010)
    links = tables["links"]
    first = tables["participants"]["participant_id"][0]
    gone = links[(links["supplier_id"] == first) & (links["buyer_id"] == "reg1 / final demand")]
    assert len(gone) == 0 and (links.iloc[:, 3] > 0).all()


def test_an_ordinary_table_named_by_a_year_is_none(tmp_path: Path) -> None:
    path = tmp_path / "2015.csv"
    path.write_text("year,supplier_id,buyer_id,value\n2015,a,b,1\n", "utf-8")
    assert find_systems(path) == [] == find_systems(tmp_path)
