"""Transactions summed by the engine are the links that small files of the same rows make."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clustercoop
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.graph.errors import DataError, SchemaError
from clustercoop.graph.settings import Settings
from clustercoop.loaders import transactions
from clustercoop.loaders.dataset import Dataset, read_dataset
from clustercoop.loaders.sheets import reading
from clustercoop.loaders.sums import OUTSIDE
from clustercoop.outputs import read_result

duckdb = pytest.importorskip("duckdb")

MEMBERS = [f"77000000{i:02d}" for i in range(6)]
OTHERS = [f"99000000{i:02d}" for i in range(8)]


def write(folder: Path, flows: pd.DataFrame) -> Path:
    people = pd.DataFrame({"participant_id": MEMBERS, "cluster_id": ["a", "a", "a", "b", "b", "b"]})
    people.to_parquet(folder / "participants.parquet", index=False)
    flows.to_parquet(folder / "links.parquet", index=False)
    return folder


def drawn(seed: int, rows: int = 400) -> pd.DataFrame:
    """Return invoices of two years; the same one stands twice here and there, a few are unreadable."""
    rng = np.random.default_rng(seed)
    every = [*MEMBERS, *OTHERS]
    flows = pd.DataFrame(
        {
            "date": pd.Timestamp("2021-01-05") + pd.to_timedelta(rng.integers(0, 700, rows), "D"),
            "supplier": rng.choice(every, rows),
            "buyer": rng.choice(every, rows),
            "amount": rng.integers(1, 4000, rows) / 4.0,
            "document": [f"d{i}" for i in range(rows)],
        }
    )
    flows.loc[5, "amount"], flows.loc[6, "buyer"] = np.nan, None
    back = flows.iloc[10:16].assign(amount=lambda f: -f["amount"] / 2, document=lambda f: "r" + f["document"])
    return pd.concat([flows, back, flows.iloc[30:36]], ignore_index=True)


def both(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[Dataset, Dataset]:
    chosen = Settings(**options)
    small = read_dataset(folder, settings=chosen)
    monkeypatch.setattr(transactions, "LARGE", 1)
    return small, read_dataset(folder, settings=chosen)


def by_pair(data: Dataset) -> pd.Series:
    return data.graph.to_tables()["links"].groupby(["year", "supplier_id", "buyer_id"])["value"].sum()


INVOICES = st.lists(
    st.tuples(
        st.sampled_from(["2021-12-30", "2022-01-15", "2022-02-01", "2022-05-09"]),
        st.sampled_from(MEMBERS[:2]),
        st.sampled_from([*MEMBERS[:3], OTHERS[0]]),
        st.sampled_from([-60.5, -20.0, 10.0, 20.0, 40.25]),
        st.sampled_from("abc"),
        st.sampled_from(["bolt", None]),
    ),
    min_size=1,
    max_size=9,
)


@settings(deadline=None, max_examples=6)
@given(INVOICES, st.sampled_from(["ask", "once", "sum"]), st.booleans(), st.booleans())
def test_repeats_and_refunds_are_treated_alike_whatever_the_size(
    invoices: list[tuple[Any, ...]], repeats: str, documents: bool, text: bool
) -> None:
    """The same rows, one by one and summed by the engine, from Parquet and from text: the same links."""
    flows = pd.DataFrame(invoices, columns=["date", "supplier", "buyer", "amount", "document", "product"])
    flows = flows if documents else flows.drop(columns="document")
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = write(Path(name), flows)
        if text:
            as_text(folder, flows)
        small, large = both(folder, patch, repeats=repeats, period="month")
    pd.testing.assert_series_equal(by_pair(small), by_pair(large), rtol=1e-12)
    one, two = (set(data.rejected["code"]) - {"reversal_netted", "duplicate_row"} for data in (small, large))
    assert one == two
    pd.testing.assert_frame_equal(small.flows, large.flows, check_dtype=False, rtol=1e-12)


def as_text(folder: Path, flows: pd.DataFrame, encoding: str = "utf-8") -> None:
    """Write the links of a folder as text, as a Russian spreadsheet would."""
    (folder / "links.parquet").unlink()
    flows.to_csv(folder / "links.csv", sep=";", decimal=",", index=False, encoding=encoding)


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_the_figures_of_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    small, large = both(write(tmp_path, drawn(seed)), monkeypatch)
    assert len(large.graph.links) < len(small.graph.links)
    one, two = (cooperation_tables(data.graph, Settings()) for data in (small, large))
    pd.testing.assert_frame_equal(one.formations, two.formations, rtol=1e-12)
    pd.testing.assert_frame_equal(one.participants, two.participants, rtol=1e-12)


@pytest.mark.parametrize("told", ["document", "date"])
@pytest.mark.parametrize("repeats", ["ask", "once", "sum"])
def test_doubled_invoices_beside_refunds_make_the_same_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repeats: str, told: str
) -> None:
    """Two suppliers sell to few, and much is taken back: most keys hold doubled rows of both signs."""
    rng = np.random.default_rng(0)
    sold = drawn(0, 90).dropna().assign(buyer=lambda f: rng.choice(MEMBERS, len(f)))
    back = sold.sample(frac=0.4, random_state=0).assign(amount=lambda f: -f["amount"])
    back["document"] = "r" + back["document"]
    flows = pd.concat([sold, back])
    flows["supplier"] = rng.choice(MEMBERS[:2], len(flows))
    flows = pd.concat([flows, flows.sample(frac=0.4, random_state=1)], ignore_index=True)
    if told == "date":
        flows = flows.drop(columns="document")
    small, large = both(write(tmp_path, flows), monkeypatch, repeats=repeats)
    assert set(small.rejected["code"]) >= {"reversal_netted", "negative_value_row"}
    pd.testing.assert_series_equal(by_pair(small), by_pair(large), rtol=1e-12)


def test_what_became_of_every_row_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flows = drawn(7)
    nothing = pd.DataFrame(None, index=range(2), columns=flows.columns)
    _, large = both(write(tmp_path, pd.concat([flows, nothing.astype(flows.dtypes)])), monkeypatch)
    [told] = [entry["transactions"] for entry in large.provenance["inputs"] if "transactions" in entry]
    assert told["rows"] == len(flows)
    known = flows["amount"].notna() & flows["buyer"].notna()
    assert told["value"] == pytest.approx(flows.loc[known, "amount"].sum(), rel=1e-12)
    assert told["repeated"] == 6
    became = ("blank", "used", "netted", "repeated", "outside", "rejected")
    assert sum(told[name] for name in became[1:]) == len(flows) and told["blank"] == 2
    assert told["rejected"] == 2 and 0 < told["netted"] <= 6
    far = known & flows["supplier"].isin(OTHERS) & flows["buyer"].isin(OTHERS)
    # What an organisation supplied to itself, and pairs that took something back, stay: 123 − 28 rows.
    pairs = list(zip(flows["supplier"], flows["buyer"], strict=True))
    taken = {pair for pair, amount in zip(pairs, flows["amount"], strict=True) if amount < 0}
    far &= (flows["supplier"] != flows["buyer"]) & np.array([pair not in taken for pair in pairs])
    assert told["outside"] == int((far & ~flows.duplicated()).sum()) == 95
    assert sorted(large.rejected["row"]) == [6, 7]
    assert set(large.rejected["code"]) == {"required_missing"}
    ends = set(large.graph.node_ids) - set(MEMBERS)
    assert set(OUTSIDE) <= ends


def test_a_key_below_zero_keeps_supplies_and_returns_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = pd.to_datetime(["2021-02-01", "2021-03-01", "2021-04-01"])
    flows = pd.DataFrame(
        {"date": day, "supplier": MEMBERS[0], "buyer": MEMBERS[1], "amount": [10.0, -15.0, 2.0]}
    )
    small, large = both(write(tmp_path, flows), monkeypatch)
    for data in (small, large):  # 10 + 2 − 15 is below zero: the return is rejected, the supplies stay
        assert data.graph.links["value"].sum() == 12.0
        assert data.rejected["code"].tolist() == ["negative_value_row"]


@pytest.mark.parametrize("packed", [False, True])
def test_text_files_in_an_old_encoding_with_broken_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    """Line 1 is the header; line 4 has a cell too many, line 5 an amount in words, line 7 is blank."""
    write(tmp_path, pd.DataFrame({"a": [1]}))
    (tmp_path / "links.parquet").unlink()
    a, b, c = MEMBERS[:3]
    lines = [
        "Дата;Поставщик;Покупатель;Сумма, тыс. руб.;Примечание",
        f"05.03.2022;{a};{b};1 234,5;первая поставка",
    ]
    lines += [
        f"06.03.2022;{a};{b};0,5;",
        f"07.03.2022;{a};{b};7,0;лишняя;ячейка",
        f"08.03.2022;{b};{c};много;",
    ]
    lines += [
        f"09.03.2022;{b};{c};2,25;",
        "",
        f"10.03.2022;{a};{b};-35,0;возврат",
        f"11.03.2022;{c};{a};12345678;",
    ]
    data = "\r\n".join(lines).encode("cp1251")
    name = "links.csv.gz" if packed else "links.csv"
    (tmp_path / name).write_bytes(gzip.compress(data) if packed else data)
    small, large = both(tmp_path, monkeypatch)
    for found in (small, large):
        assert by_pair(found).tolist() == [1.2, 0.00225, 12345.678]
    rejected = large.rejected.set_index("row")["code"].to_dict()
    assert rejected == {4: "fields_wrong", 5: "not_a_number_row"}
    assert set(small.rejected["code"]) == {"fields_wrong", "not_a_number_row", "reversal_netted"}
    [told] = [entry["transactions"] for entry in large.provenance["inputs"] if "transactions" in entry]
    assert (told["rows"], told["links"]) == (6, 4)


@pytest.mark.parametrize("text", [False, True])
def test_files_of_one_layout_are_summed_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bool
) -> None:
    """32 invoices stand in both files, some of them twice in one; neither file is large alone."""
    flows = drawn(3)
    flows = flows[flows[["supplier", "buyer"]].isin(MEMBERS).any(axis=1)].reset_index(drop=True)
    flows.loc[[50, 60], "amount"] = np.nan
    write(tmp_path, flows)
    (tmp_path / "links.parquet").unlink()
    for name, rows in (("links_2021", flows[40:102]), ("links_2022", flows.drop(range(40, 70)))):
        if text:
            rows.to_csv(tmp_path / f"{name}.csv", sep=";", decimal=",", index=False)
        else:
            rows.to_parquet(tmp_path / f"{name}.parquet", index=False)
    small = read_dataset(tmp_path, settings=Settings(period="quarter"))
    monkeypatch.setattr(transactions, "LARGE", len(flows) + 32)
    large = read_dataset(tmp_path, settings=Settings(period="quarter"))
    pd.testing.assert_series_equal(by_pair(small), by_pair(large), rtol=1e-12)
    pd.testing.assert_frame_equal(small.flows, large.flows, check_dtype=False, rtol=1e-12)
    place = ["file", "row", "code"]
    lost = small.rejected[~small.rejected["code"].isin(["reversal_netted", "duplicate_row"])]
    assert lost[place].to_numpy().tolist() == large.rejected[place].to_numpy().tolist() != []
    told, other = (entry["transactions"] for entry in large.provenance["inputs"] if entry["table"] == "links")
    assert told["rows"] == len(flows) + 32 and other == {"with": lost["file"].min().replace("2022", "2021")}
    assert told["repeated"] == (small.rejected["code"] == "duplicate_row").sum() >= 32
    assert "transactions_apart" not in {f.code for f in large.findings}


def test_files_of_other_layouts_are_told_to_be_summed_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = drawn(3)
    monkeypatch.setattr(transactions, "LARGE", 1)
    write(tmp_path, flows.rename(columns={"amount": "value"}))
    (tmp_path / "links.parquet").rename(tmp_path / "links_2021.parquet")
    asked, summed = Settings(repeats="ask"), Settings(repeats="sum")
    for rows, repeats, told in (
        (flows[flows["date"].dt.year == 2023], asked, {}),
        (
            flows,
            asked,
            {"links_2021.parquet": "links_2022.parquet", "links_2022.parquet": "links_2021.parquet"},
        ),
        (flows, summed, {}),
    ):
        rows.to_parquet(tmp_path / "links_2022.parquet", index=False)
        found = read_dataset(tmp_path, settings=repeats).findings
        assert {f.file: f.detail for f in found if f.code == "transactions_apart"} == told


def test_amounts_with_units_in_the_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LARGE", 1)
    flows = drawn(0).assign(amount=lambda f: f["amount"].astype(str) + " тыс. руб.")
    with pytest.raises(DataError, match=r"amount \(links.parquet\): the amounts are no plain numbers"):
        read_dataset(write(tmp_path, flows))


def test_links_by_quarter_add_up_to_the_year_before_returns_are_set_off(tmp_path: Path) -> None:
    """10 + 20 in the first quarter, 5 − 8 in the second, 4 at no day: 31 in the year."""
    a, b = MEMBERS[:2]
    days = ["2022-01-10", "2022-03-31", "2022-04-01", "2022-06-01", "2022"]
    values = [10.0, 20.0, 5.0, -8.0, 4.0]
    flows = pd.DataFrame({"year": days, "supplier": a, "buyer": b, "value": values})
    out = tmp_path / "out"
    options: dict[str, Any] = {"metrics": "cooperation", "outputs": "csv,parquet", "workers": 1}
    data = clustercoop.analyze(write(tmp_path, flows), out, period="quarter", **options)
    assert data.flows["period"].tolist()[:2] == ["2022-Q1", "2022-Q2"] and pd.isna(data.flows["period"][2])
    assert data.flows["value"].tolist() == [30.0, -3.0, 4.0]
    assert data.graph.links["value"].sum() == 31.0
    pd.testing.assert_frame_equal(read_result(out).flows, data.flows)
    assert (out / "links_by_period.csv").read_text("utf-8").splitlines()[2] == f"2022,2022-Q2,{a},{b},,,-3.0"
    assert not len(read_dataset(tmp_path).flows.columns)


def test_reports_of_both_sides_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LARGE", 1)
    flows = drawn(0).assign(source=["supplier", "buyer"] * 206)
    with pytest.raises(DataError, match="whose report"):
        read_dataset(write(tmp_path, flows))


def test_versions_of_one_document_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LARGE", 1)
    flows = drawn(0, 40).iloc[:40]
    read_dataset(write(tmp_path, flows.assign(version=["1", "2"] * 20)))  # each document has one
    twice = pd.concat([flows.assign(version="plan"), flows.assign(version="fact", amount=7.0)])
    with pytest.raises(SchemaError, match="fact, plan"):
        read_dataset(write(tmp_path, twice))


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("status", ["posted", "cancelled"]),
        ("Примечание", [None, "аннулировано"]),
        ("Дата исправления", [None, "05.02.2022"]),
        ("Тип данных", ["факт", "план"]),
    ],
)
def test_documents_that_came_to_nothing_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str, cells: list[str | None]
) -> None:
    monkeypatch.setattr(transactions, "LARGE", 1)
    rows = drawn(0, 40).iloc[20:28].copy()
    rows[title] = cells * 4
    with pytest.raises(DataError, match=str(cells[1])):
        read_dataset(write(tmp_path, rows))


@pytest.mark.parametrize(("kind", "amount"), [("УКД", 2.0), ("Счёт", 2.0), ("УКД", -2.0)])
def test_corrections_and_bills_beside_deliveries_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, amount: float
) -> None:
    """Nothing says whether they are further supplies, but below zero: 5 − 2 = 3."""
    monkeypatch.setattr(transactions, "LARGE", 1)
    flows = (
        drawn(0, 40)
        .iloc[[0, 1]]
        .assign(supplier=MEMBERS[0], buyer=MEMBERS[1], amount=[5.0, amount], документ=["УПД", kind])
    )
    write(tmp_path, flows)
    if amount > 0:
        with pytest.raises(DataError, match=kind):
            read_dataset(tmp_path)
    else:
        assert read_dataset(tmp_path).flows is not None


def test_the_amount_of_a_document_counts_once_whatever_the_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5 + 7, and 5 + 5 + 7 + 8 where the rows of a document differ."""
    day = pd.Timestamp("2022-03-01")
    flows = pd.DataFrame({"date": day, "invoice number": ["1", "1", "2"], "supplier": MEMBERS[0]})
    flows = flows.assign(buyer=MEMBERS[1], item=["bolt", "nut", "nut"])
    flows["invoice amount, million RUB"] = [5.0, 5.0, 7.0]
    small, large = both(write(tmp_path, flows), monkeypatch)
    for data in (small, large):
        assert by_pair(data).tolist() == [12.0] and "document_again" in {f.code for f in data.findings}
        assert data.graph.links["product_code"].isna().all()
    other = flows.iloc[[2]].assign(item="bolt", **{"invoice amount, million RUB": 8.0})
    assert by_pair(read_dataset(write(tmp_path, pd.concat([flows, other])))).tolist() == [25.0]


def test_a_loan_behind_ten_thousand_purposes_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Purposes hold the number of a bill each; summed with them, a loan would be a supply."""
    flows = pd.concat([drawn(1, 40)] * 260, ignore_index=True)
    told = [f"Оплата по счёту {row}" for row in range(len(flows))]
    told[-1] = "Процентный ЗАЁМ"
    monkeypatch.setattr(transactions, "LARGE", 1)
    with pytest.raises(DataError, match="ЗАЁМ"):
        read_dataset(write(tmp_path, flows.assign(**{"payment purpose": told})))


def test_a_full_disk_and_an_interruption_are_no_damage(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="^There is no room to read links"), reading("links"):
        with duckdb.connect() as engine:
            engine.execute(f"SET memory_limit = '40MB'; SET temp_directory = '{tmp_path}'")
            engine.execute("SET max_temp_directory_size = '1MB'")
            engine.sql("SELECT i FROM range(3000000) t(i) GROUP BY i HAVING count(*) > 1").fetchall()
    with pytest.raises(KeyboardInterrupt), reading("links"):
        raise duckdb.InterruptException("Query interrupted")


@pytest.mark.parametrize("beside", ["Назначение платежа", "payment purpose"])
def test_payments_run_against_the_goods_whatever_the_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: str
) -> None:
    """The column that tells payments is in no sum of them."""
    flows = pd.DataFrame({"date": ["2022-03-01"], "Отправитель": MEMBERS[1], "Получатель": MEMBERS[0]})
    flows["Сумма, млн руб."], flows[beside] = 5.0, "товар"
    small, large = both(write(tmp_path, flows), monkeypatch)
    assert "transactions_summed" in {finding.code for finding in large.findings}
    for data in (small, large):
        assert by_pair(data).to_dict() == {(2022, MEMBERS[0], MEMBERS[1]): 5.0}
