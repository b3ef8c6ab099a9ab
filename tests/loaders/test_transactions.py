"""Transactions summed by the engine are the links that small files of the same rows make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.graph.errors import DataError
from clustercoop.graph.settings import Settings
from clustercoop.loaders import transactions
from clustercoop.loaders.dataset import Dataset, read_dataset

pytest.importorskip("duckdb")

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


def both(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: str) -> tuple[Dataset, Dataset]:
    settings = Settings(**options)  # type: ignore[arg-type]
    small = read_dataset(folder, settings=settings)
    monkeypatch.setattr(transactions, "LARGE", 1)
    return small, read_dataset(folder, settings=settings)


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_the_figures_of_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    small, large = both(write(tmp_path, drawn(seed)), monkeypatch)
    assert len(large.graph.links) < len(small.graph.links)
    one, two = (cooperation_tables(data.graph, Settings()) for data in (small, large))
    pd.testing.assert_frame_equal(one.formations, two.formations, rtol=1e-12)
    pd.testing.assert_frame_equal(one.participants, two.participants, rtol=1e-12)


@pytest.mark.parametrize("told", ["document", "date"])
@pytest.mark.parametrize("repeats", ["ask", "once", "sum"])
@pytest.mark.parametrize("seed", range(2))
def test_doubled_invoices_beside_refunds_make_the_same_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, repeats: str, told: str
) -> None:
    """Two suppliers sell to few, and much is taken back: most keys hold doubled rows of both signs."""
    rng = np.random.default_rng(seed)
    sold = drawn(seed, 90).dropna().assign(buyer=lambda f: rng.choice(MEMBERS, len(f)))
    back = sold.sample(frac=0.4, random_state=seed).assign(amount=lambda f: -f["amount"])
    back["document"] = "r" + back["document"]
    flows = pd.concat([sold, back])
    flows["supplier"] = rng.choice(MEMBERS[:2], len(flows))
    flows = pd.concat([flows, flows.sample(frac=0.4, random_state=seed + 1)], ignore_index=True)
    if told == "date":
        flows = flows.drop(columns="document")
    small, large = both(write(tmp_path, flows), monkeypatch, repeats=repeats)
    assert set(small.rejected["code"]) >= {"reversal_netted", "negative_value_row"}
    key = ["year", "supplier_id", "buyer_id"]
    one, two = (data.graph.to_tables()["links"].groupby(key)["value"].sum() for data in (small, large))
    pd.testing.assert_series_equal(one, two, rtol=1e-12)


def test_what_became_of_every_row_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flows = drawn(7)
    _, large = both(write(tmp_path, flows), monkeypatch)
    [told] = [entry["transactions"] for entry in large.provenance["inputs"] if "transactions" in entry]
    assert told["rows"] == len(flows)
    known = flows["amount"].notna() & flows["buyer"].notna()
    assert told["value"] == pytest.approx(flows.loc[known, "amount"].sum(), rel=1e-12)
    assert told["repeated"] == 6
    far = known & flows["supplier"].isin(OTHERS) & flows["buyer"].isin(OTHERS)
    assert told["outside"] == int((far & ~flows.duplicated()).sum())
    assert sorted(large.rejected["row"]) == [6, 7]
    assert set(large.rejected["code"]) == {"required_missing"}
    ends = set(large.graph.node_ids) - set(MEMBERS)
    assert set(transactions.OUTSIDE) <= ends


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


def test_amounts_that_are_texts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LARGE", 1)
    flows = drawn(0).assign(amount=lambda f: f["amount"].astype(str))
    with pytest.raises(DataError, match="amount of links.parquet holds no numbers"):
        read_dataset(write(tmp_path, flows))


def test_reports_of_both_sides_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LARGE", 1)
    flows = drawn(0).assign(source=["supplier", "buyer"] * 206)
    with pytest.raises(DataError, match="whose report"):
        read_dataset(write(tmp_path, flows))
