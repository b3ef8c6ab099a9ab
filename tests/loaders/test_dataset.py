"""Datasets: which files make one, how they are read, and that every row and value is accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clustercoop.graph.errors import ClusterCoopError, DataError, SchemaError, StrictError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.loaders.dataset import Dataset, read_dataset
from tests.loaders.damage import FORMS, tables, write
from tests.loaders.small import codes, put
from tests.places import SHARED

PEOPLE = "participant_id,cluster_id\n01,c\n02,c\n03,d\n"
LINKS = "year,supplier_id,buyer_id,value\n2021,01,02,5\n2021,02,03,7.5\n"


def make(folder: Path, **files: str) -> Path:
    return put(folder, **{"participants": PEOPLE, "links": LINKS} | files)


def read(folder: Path, **files: str) -> Dataset:
    return read_dataset(make(folder, **files))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_graph(tmp_path: Path, form: str) -> None:
    write(tmp_path / form, form)
    data = read_dataset(tmp_path / form)
    expected = SupplyGraph.from_tables(tables())
    for name in ("participants", "links", "activity"):
        columns = list(tables()[name].columns)
        mine = data.graph.to_tables()[name][columns]
        pd.testing.assert_frame_equal(mine, expected.to_tables()[name][columns])
    assert data.graph.currency == "RUB"
    assert data.rejected.empty


def test_what_was_found_out_is_in_the_provenance(tmp_path: Path) -> None:
    write(tmp_path / "d", "russian")
    inputs = {entry["table"]: entry for entry in read_dataset(tmp_path / "d").provenance["inputs"]}
    links = inputs["links"]
    known = ("file", "encoding", "delimiter", "line_end", "rows", "sheet")
    assert {name: links[name] for name in known} == {
        "file": "links.csv",
        "encoding": "cp1251",
        "delimiter": ";",
        "line_end": "CRLF",
        "rows": 24,
        "sheet": "",
    }
    assert links["columns"]["Объём отгрузки, тыс. руб."] == "value"
    assert links["conversions"] == {"Объём отгрузки, тыс. руб.": "÷ 1000"}
    assert inputs["activity"]["decimal"] == ","
    assert links["bytes"] == (tmp_path / "d" / "links.csv").stat().st_size
    assert len(links["sha256"]) == 64
    json.dumps(inputs)  # goes into run.json as it is


def test_accounting_adds_up_by_rows_and_values(tmp_path: Path) -> None:
    """Read: 5 + 7.5 + 3 + 4 − 2 = 17.5; 5 − 2 + 7.5 = 10.5 accepted (−2 reverses), 3 + 4 rejected."""
    bad = "2021,01,02,-2\n20211,01,02,3\n2021,,02,4\n2021,01,03,abc\n"
    data = read(tmp_path, links=LINKS + bad)
    book = data.provenance["accounting"]["links"]
    assert (book["rows_read"], book["rows_accepted"], book["rows_rejected"]) == (6, 2, 4)
    assert book["values"]["value"] == {
        "value_read": 17.5,
        "value_accepted": 10.5,
        "value_rejected": 7.0,
        "value_unknown": 0.0,
        "value_folded": 0.0,
    }
    assert data.rejected["row"].tolist() == [4, 5, 6, 7]
    assert data.rejected["code"].tolist() == [
        "reversal_netted",
        "year_impossible",
        "required_missing",
        "not_a_number_row",
    ]
    assert json.loads(data.rejected["content"][3]) == {
        "year": "2021",
        "supplier_id": "01",
        "buyer_id": "03",
        "value": "abc",
    }


# Each case: the table's text (the rest of the dataset is PEOPLE and LINKS), then findings as
# (code, row, column, value).
FIGURES = "participant_id,year,output,purchases,employees,value_added,rd_expenses,used_by_participants\n"
CASES: dict[str, tuple[str, str, set[tuple[str, int | None, str, str]]]] = {
    "repeated link": (
        "links",
        LINKS + "2021,01,02,5\n",
        {("duplicate_row", 4, "year", ""), ("repeat_open", None, "", "1")},
    ),
    "parallel link": ("links", LINKS + "2021,01,02,6\n", {("parallel_links", 4, "value", "6")}),
    "self-supply": ("links", LINKS + "2021,01,01,6\n", {("self_supply", 4, "value", "6")}),
    "zero link": ("links", LINKS + "2021,01,03,0\n", {("zero_value", 4, "value", "0")}),
    "outside": ("links", LINKS + "2021,01,x,1\n", {("outside_links", None, "", "1")}),
    "both outside": ("links", LINKS + "2021,y,x,1\n", {("outside_both", 4, "supplier_id", "y")}),
    "slip of spelling": (
        "links",
        LINKS + "2021,1,02,1\n",
        {("near_miss_row", 4, "supplier_id", "1")},
    ),
    "year of five digits": ("links", LINKS + "20212,01,02,1\n", {("year_impossible", 4, "year", "20212")}),
    "half a year": ("links", LINKS + "2021.5,01,02,1\n", {("year_impossible", 4, "year", "2021.5")}),
    "text for a year": ("links", LINKS + "long ago,01,02,1\n", {("not_a_number_row", 4, "year", "long ago")}),
    "date for a year": (
        "links",
        LINKS + "2021-03-01,01,03,1\n",
        {("year_from_date", 4, "year", "2021-03-01")},
    ),
    "huge": ("links", LINKS + "2021,01,03,1e30\n", {("huge_number_row", 4, "value", "1e30")}),
    "infinite": ("links", LINKS + "2021,01,03,inf\n", {("not_a_number_row", 4, "value", "inf")}),
    "missing value": ("links", LINKS + "2021,01,03,н/д\n", {("required_missing", 4, "value", "н/д")}),
    "too many cells": ("links", LINKS + "2021,01,03,1,5\n", {("fields_wrong", 4, "", "")}),
    "too few cells": ("links", LINKS + "2021,01,03\n", {("fields_wrong", 4, "", "")}),
    "a note": ("links", LINKS + "Source: reports\n", {("note_row", 4, "", "")}),
    "a total": ("links", LINKS + "2021,Итого,,12.5\n", {("total_row", 4, "supplier_id", "Итого")}),
    "header again": (
        "links",
        LINKS + "year,supplier_id,buyer_id,value\n2021,01,03,1\n",
        {("header_repeated", 4, "supplier_id", "supplier_id")},
    ),
    "data above": (
        "links",
        "2020,01,02,9\n" + LINKS,
        {("row_above_header", 1, "", "")},
    ),
    "undecided comma": (
        "links",
        LINKS.replace("7.5", "7") + '2021,01,03,"1,234"\n',
        {("decimal_unclear_row", 4, "value", "1,234")},
    ),
    "footnote": ("links", LINKS + "2021,01,03,7.52)\n", {("footnote_read", 4, "value", "7.52)")}),
    "unknown kind": (
        "links",
        "year,supplier_id,buyer_id,value,kind\n2021,01,02,5,gifts\n2021,02,03,5,Услуги\n",
        {("kind_unknown", 2, "kind", "gifts")},
    ),
    "invisible letters": (
        "links",
        LINKS + "2021,\u200b01,\ufeff03,1\n",
        {("id_cleaned", 4, "supplier_id", "\u200b01"), ("id_cleaned", 4, "buyer_id", "\ufeff03")},
    ),
    "lost letters": (
        "links",
        LINKS + "2021,\ufffd1,03,1\n",
        {("id_undecodable", 4, "supplier_id", "\ufffd1")},
    ),
    "unknown column": (
        "participants",
        PEOPLE.replace("\n", ",a\n").replace("cluster_id,a", "cluster_id,phone"),
        {("column_ignored", None, "phone", "phone")},
    ),
    "member twice": ("participants", PEOPLE + "01,c\n", {("duplicate_row", 5, "participant_id", "")}),
    "overlapping membership": (
        "participants",
        "participant_id,cluster_id,joined_year,left_year\n01,c,2015,2018\n01,c,2018,\n01,c,2010,2014\n02,c,,\n03,d,,\n",
        {("membership_overlap", 3, "participant_id", "01")},
    ),
    "left before it joined": (
        "participants",
        PEOPLE.replace("\n", ",,\n").replace("cluster_id,,", "cluster_id,joined_year,left_year")
        + "04,d,2020,2018\n",
        {("membership_reversed", 5, "left_year", "2020")},
    ),
    "negative figures": (
        "activity",
        FIGURES + "01,2021,-5,1,1,-3,,\n",
        {("negative_value", 2, "output", "-5"), ("negative_value_added", 2, "value_added", "-3")},
    ),
    "text among figures": (
        "activity",
        FIGURES + "01,2021,many,1,1,,,\n",
        {("not_a_number", 2, "output", "many")},
    ),
    "zero beside positive": (
        "activity",
        FIGURES + "01,2021,5,1,1,0,1,\n",
        {("zero_beside_positive", 2, "value_added", "0")},
    ),
    "both zero": ("activity", FIGURES + "01,2021,,,,0,0,\n", {("both_zero", 2, "value_added", "0")}),
    "R&D above value added": (
        "activity",
        FIGURES + "01,2021,5,1,1,2,3,\n",
        {("rd_above_value_added", 2, "rd_expenses", "3")},
    ),
    "used above output": (
        "activity",
        FIGURES + "01,2021,5,1,1,,,6\n",
        {("used_above_output", 2, "used_by_participants", "6")},
    ),
    "rise": (
        "activity",
        FIGURES + "01,2021,5,,,,,\n01,2022,51,,,,,\n01,2024,999,,,,,\n",
        {("jump_up", 3, "output", "51")},
    ),
    "fall": (
        "activity",
        FIGURES + "01,2021,50,,,,,\n01,2022,15,,,,,\n01,2023,5,,,,,\n",
        # 15 of 50 is a fall of exactly 70 %; 5 of 15 is one of 67 %.
        {("jump_down", 3, "output", "15")},
    ),
    "repeated figures": (
        "activity",
        FIGURES + "01,2021,5,1,,,,\n01,2021,5,1,,,,\n",
        {("duplicate_row", 3, "participant_id", "")},
    ),
    "figures that disagree": (
        "activity",
        FIGURES + "01,2021,5,1,,,,\n01,2021,6,1,,,,\n02,2021,9,,,,,\n",
        {
            ("duplicate_conflict", 2, "participant_id", "01, 2021"),
            ("duplicate_conflict", 3, "participant_id", "01, 2021"),
        },
    ),
    "figures of a stranger": (
        "activity",
        FIGURES + "09,2021,5,1,,,,\n",
        {("activity_outside", 2, "participant_id", "09")},
    ),
    "share above one": (
        "indicators",
        "cluster_id,year,cooperation_ratio\nc,2021,80.4\n",
        {("share_above_one", 2, "cooperation_ratio", "80.4")},
    ),
    "unknown cluster": (
        "indicators",
        "cluster_id,year,cooperation_ratio\nz,2021,0.5\n",
        {("cluster_unknown", 2, "cluster_id", "z")},
    ),
    "empty table": ("activity", FIGURES, {("table_empty", None, "", "activity")}),
    "category": (
        "measures",
        "cluster_id,year,category,measure,amount\nc,2021,magic,wand,5\nc,2021,Правовая,law,\n",
        {("category_unknown", 2, "category", "magic")},
    ),
    "a measure paid twice": (
        "measures",
        "cluster_id,year,category,measure,amount\nc,2021,legal,law,5\nc,2021,legal,law,6\n",
        {("parallel_measures", 3, "amount", "6")},
    ),
}
ALWAYS = {"format_found", "unit_assumed", "number_format", "decimal_assumed", "no_final_newline"}


@pytest.mark.parametrize("case", CASES)
def test_each_oddity_is_told_where_it_stands(tmp_path: Path, case: str) -> None:
    table, text, expected = CASES[case]
    data = read(tmp_path, **{table: text})
    found = {(f.code, f.row, f.column, f.value) for f in data.findings if f.code not in ALWAYS}
    assert found == expected
    for finding in data.findings:
        assert finding.file == f"{finding.table}.csv"
        for lang in ("en", "ru"):
            assert "{" not in finding.message(lang) + finding.action(lang)
    broken = {row for code, row, _, _ in expected if finding_rejects(code)}
    assert set(data.rejected["row"]) == broken
    assert set(data.rejected["file"]) <= {f"{table}.csv"}


def finding_rejects(code: str) -> bool:
    rejecting = {"duplicate_row", "duplicate_conflict", "year_impossible", "required_missing", "fields_wrong"}
    rejecting |= {"note_row", "total_row", "header_repeated", "row_above_header", "id_undecodable"}
    rejecting |= {"membership_reversed"}
    return code in rejecting or code.endswith("_row")


def test_conflicting_figures_are_unknown(tmp_path: Path) -> None:
    data = read(tmp_path, activity=CASES["figures that disagree"][1])
    assert data.graph.activity["participant_id"].tolist() == ["02"]


def test_kinds_and_categories_are_translated(tmp_path: Path) -> None:
    data = read(tmp_path, links=CASES["unknown kind"][1], measures=CASES["category"][1])
    assert sorted(data.graph.links["kind"]) == ["gifts", "services"]
    assert sorted(data.graph.measures["category"]) == ["legal", "magic"]


def test_parallel_deliveries_are_summed(tmp_path: Path) -> None:
    data = read(tmp_path, links=LINKS + "2021,01,02,6\n")
    assert data.graph.formation("c", 2021).weight.tolist() == [11.0]
    assert data.provenance["accounting"]["links"]["rows_merged"] == 1


def test_open_quotes_swallow_nothing(tmp_path: Path) -> None:
    links = "year,supplier_id,buyer_id,value\n" + '2021,"01,02,5\n2021,02,"03",7.5\n2021,03,01,1\n'
    data = read(tmp_path, links=links)
    assert data.graph.links["value"].tolist() == [7.5, 1.0]
    assert data.rejected[["row", "code"]].values.tolist() == [[2, "quote_unbalanced"]]
    assert {"quotes_by_line", "quote_unbalanced"} <= codes(data)


def test_ids_are_text_and_marks_of_gaps_are_none(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        participants="participant_id,cluster_id\nNA,c\nLK,c\n007,c\n-,c\n1e5,c\n#N/A,c\nnull,c\n",
        links="year,supplier_id,buyer_id,value\n2021,NA,LK,1\n2021,-,007,2\n2021,LK,None,4\n",
    )
    assert data.graph.node_ids.tolist() == ["007", "1e5", "LK", "NA"]
    assert data.graph.links["value"].tolist() == [1.0]
    assert set(data.rejected["code"]) == {"id_gap"}


def test_formulas_and_markup_are_just_text(tmp_path: Path) -> None:
    names = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>"]
    people = pd.DataFrame({"participant_id": ["01", "02"], "cluster_id": "c", "name": names})
    data = read(tmp_path, participants=people.to_csv(index=False))
    assert data.graph.participants["name"].tolist() == names


UNITS = [
    ("value, тыс. руб.", "1500", 1.5, "RUB"),
    ("value, млн руб.", "1.5", 1.5, "RUB"),
    ("value, млрд руб.", "0.0015", 1.5, "RUB"),
    ("value, руб.", "1500000", 1.5, "RUB"),
    ("value, thousand USD", "1500", 1.5, "USD"),
    ("value_musd", "1.5", 1.5, "USD"),
    ("value (bn EUR)", "0.0015", 1.5, "EUR"),
    ("value", "1.5", 1.5, "RUB"),
]


@pytest.mark.parametrize(("header", "cell", "value", "currency"), UNITS)
def test_units_become_millions(tmp_path: Path, header: str, cell: str, value: float, currency: str) -> None:
    links = f"year;supplier_id;buyer_id;{header}\n2021;01;02;{cell}\n"
    data = read(tmp_path, links=links)
    assert data.graph.links["value"].tolist() == pytest.approx([value], rel=1e-15)
    assert data.graph.currency == currency
    assert ("unit_assumed" in codes(data)) == (header == "value")


def test_per_cent_become_shares(tmp_path: Path) -> None:
    header = 'cluster_id,year,"Уровень кооперации, %"\n'
    data = read(tmp_path, indicators=header + "c,2021,80.4\nd,2021,66.71\n")
    assert data.graph.indicators["cooperation_ratio"].tolist() == [80.4 / 100, 66.71 / 100]
    cells = read(tmp_path, indicators='cluster_id;year;cooperation_ratio\nc;2021;"80,4 %"\nd;2021;0,5\n')
    assert cells.graph.indicators["cooperation_ratio"].tolist() == [80.4 / 100, 0.5]


def test_currencies_are_one(tmp_path: Path) -> None:
    activity = 'participant_id,year,"output, mln USD"\n01,2021,5\n'
    links = LINKS.replace("value", '"value, млн руб."')
    with pytest.raises(SchemaError, match="several currencies: RUB .* USD"):
        read(tmp_path, activity=activity, links=links)
    make(tmp_path, activity=activity, links=LINKS)
    assert read_dataset(tmp_path).graph.currency == "USD"
    data = read_dataset(tmp_path, settings=Settings(currency="EUR"))
    assert data.graph.currency == "EUR"
    assert "currency_overridden" in codes(data)


def test_the_decimal_sign_of_one_column_settles_another(tmp_path: Path) -> None:
    """Every output has three decimals; the comma of value_added shows that commas are decimal here."""
    activity = "participant_id;year;output;value_added\n01;2021;1,234;0,5\n02;2021;5,678;0,25\n"
    data = read(tmp_path, activity=activity)
    assert data.graph.activity["output"].tolist() == [1.234, 5.678]
    assert not codes(data) & {"decimal_unclear", "decimal_assumed"}


def test_findings_are_capped_and_summed(tmp_path: Path) -> None:
    """1,500 self-supplies of 2: a thousand are told, 500 with a value of 1,000 are summed up."""
    rows = "".join(f"2021,01,01,2,p{n}\n" for n in range(1500))
    data = read(tmp_path, links="year,supplier_id,buyer_id,value,product_code\n" + rows)
    told = [f for f in data.findings if f.code == "self_supply"]
    [rest] = [f for f in data.findings if f.code == "more_info"]
    assert (len(told), rest.detail, rest.value) == (1000, "500 (self_supply)", "1000")


def test_rejected_rows_are_never_capped(tmp_path: Path) -> None:
    data = read(tmp_path, links=LINKS + "2021,01,02\n" * 1200 + "1,01,02,2\n" * 1100)
    assert len(data.rejected) == 2300
    assert sum(f.code == "fields_wrong" for f in data.findings) == 1000
    rest = {f.detail: f.value for f in data.findings if f.code == "more_error"}
    assert rest == {"200 (fields_wrong)": "0", "100 (year_impossible)": "200"}


def test_strict_turns_findings_into_an_error(tmp_path: Path) -> None:
    make(tmp_path)
    read_dataset(tmp_path, settings=Settings(strict=True))  # information alone is no reason
    make(tmp_path, links=LINKS + "2021,01,09,-5\n")
    with pytest.raises(
        StrictError, match="Errors: 1, warnings: 0; the first: links.csv, row 4, column value"
    ):
        read_dataset(tmp_path, settings=Settings(strict=True))


# Real data ----------------------------------------------------------------------------------------------


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the public data sets are not in ../shared/data")
def test_table_3_as_printed_with_its_suspect_cells(tmp_path: Path) -> None:
    """Nine clusters, four years; the suspect cells that the source's own numbers show."""
    data = read_dataset(SHARED / "table3")
    assert data.provenance["accounting"]["indicators"]["rows_accepted"] == 36
    found = {(f.code, f.cluster_id.split()[0], f.year) for f in data.findings if f.severity == "warning"}
    assert found == {
        ("zero_beside_positive", "Pskov", 2022),
        ("zero_beside_positive", "Pskov", 2023),
        ("both_zero", "Volga", 2020),
        ("rd_above_value_added", "Kalashnikov", 2023),
        ("jump_up", "Volga", 2023),  # 0.096 to 1.194, × 12.4
        ("jump_down", "Voronezh", 2023),  # 1.244 to 0.374, −70 %
        ("jump_down", "Kalashnikov", 2023),  # 0.441 to 0.058, −87 %
        ("jump_down", "Pskov", 2022),  # 0.938 to 0
        ("jump_down", "Pipeline", 2022),  # R&D 0.001 to "below 0.0005"
    }


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the public data sets are not in ../shared/data")
def test_a_year_of_wiod_keeps_every_dollar(tmp_path: Path) -> None:
    """264 thousand links: counts, the sum, and self-supply are those of plain pandas."""
    nodes = pd.read_csv(SHARED / "wiod_1995_2003" / "node_index.csv", keep_default_na=False)
    edges = pd.read_parquet(SHARED / "wiod_1995_2003" / "edges_2000.parquet")
    ids = (nodes["country"] + "_" + nodes["sector"]).to_numpy()
    pd.DataFrame({"participant_id": ids, "cluster_id": nodes["country"]}).to_csv(
        tmp_path / "participants.csv", index=False
    )
    links = pd.DataFrame(
        {
            "year": edges["year"],
            "supplier_id": ids[edges["supplier"]],
            "buyer_id": ids[edges["buyer"]],
            "value_musd": edges["value_musd"],
        }
    )
    links.to_parquet(tmp_path / "links.parquet")
    data = read_dataset(tmp_path)
    assert data.graph.currency == "USD"
    assert len(data.graph.links) == len(edges)
    assert data.graph.links["value"].sum() == int(edges["value_musd"].astype(np.int64).sum())
    own = edges[edges["supplier"] == edges["buyer"]]
    told = sum(f.code == "self_supply" for f in data.findings)
    [rest] = [f for f in data.findings if f.code == "more_info"]
    assert told + int(rest.detail.split()[0]) == len(own)
    inside = nodes["country"].to_numpy()[edges["supplier"]] == nodes["country"].to_numpy()[edges["buyer"]]
    different = inside & (edges["supplier"] != edges["buyer"]).to_numpy()
    total = sum(float(f.weight.sum()) for f in data.graph.formations())
    assert total == float(edges["value_musd"].to_numpy(np.int64)[different].sum())


def test_every_expected_failure_is_one_of_ours() -> None:
    assert issubclass(StrictError, DataError) and issubclass(SchemaError, ClusterCoopError)


def test_yearly_lists_of_participants_hold_for_their_years(tmp_path: Path) -> None:
    """m is in A in 2021 and in B in 2022: a list of one year says nothing about another."""
    lists = {"participants_2021": "m,A\na,A\nb,B\n", "participants_2022": "m,B\na,A\nb,B\n"}
    for name, rows in lists.items():
        (tmp_path / f"{name}.csv").write_text("participant_id,cluster_id\n" + rows, "utf-8")
    (tmp_path / "links.csv").write_text(
        "year,supplier_id,buyer_id,value\n2021,m,a,5\n2022,m,b,7\n2022,m,a,2\n", "utf-8"
    )
    data = read_dataset(tmp_path)
    inside = {(f.cluster_id, f.year): float(f.weight.sum()) for f in data.graph.formations()}
    assert inside == {("A", 2021): 5, ("A", 2022): 0, ("B", 2022): 7}
    told = [(f.file, f.value, f.detail) for f in data.findings if f.code == "membership_of_file"]
    assert told == [("participants_2021.csv", "2021", "3"), ("participants_2022.csv", "2022", "3")]


def test_partners_outside_may_be_listed_without_a_cluster(tmp_path: Path) -> None:
    (tmp_path / "participants.csv").write_text(
        "participant_id,cluster_id,role,name\na,A,firm,A\nu,,university,U\nw,-,,W\n", "utf-8"
    )
    (tmp_path / "links.csv").write_text("year,supplier_id,buyer_id,value\n2021,u,a,5\n2021,a,w,1\n", "utf-8")
    data = read_dataset(tmp_path)
    [formation] = data.graph.formations()
    assert formation.ids.tolist() == ["a"] and len(data.graph.partners) == 2 and not len(data.rejected)
    assert data.graph.names["u"] == "U"
    told = {(f.code, f.severity, f.value) for f in data.findings if f.column == "cluster_id"}
    assert told == {("participants_outside", "info", "u"), ("cluster_missing", "warning", "w")}
