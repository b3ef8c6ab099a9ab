"""Large tables are what small ones of their rows are, whatever stands beside the amounts, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clustercoop.graph.errors import ClusterCoopError
from clustercoop.graph.settings import Period, Settings
from clustercoop.loaders import sampled, transactions
from clustercoop.loaders.dataset import Dataset, read_dataset

pytest.importorskip("duckdb")

FIRMS = [f"77000000{i:02d}" for i in range(4)]
ELSEWHERE = [f"99000000{i:02d}" for i in range(5)]
NAMES = {
    number: f"ООО «Завод {letter}»" for number, letter in zip([*FIRMS, *ELSEWHERE], "АБВГДЕЖИК", strict=True)
}
Flows = pd.DataFrame
# What a sum says of its rows at once, and what a small table says of each of them.
EACH = {"transactions_summed", "transactions_outside", "transactions_repeated", "reversal_netted"}
EACH |= {"duplicate_row", "outside_both", "parallel_links", "repeat_summed"}


def rows(seed: int = 0, size: int = 60) -> Flows:
    rng = np.random.default_rng(seed)
    day = pd.Timestamp("2021-01-05") + pd.to_timedelta(rng.integers(0, 700, size), "D")
    flows = pd.DataFrame({"Дата": day, "ИНН поставщика": rng.choice([*FIRMS, *ELSEWHERE], size)})
    flows["ИНН покупателя"] = rng.choice([*FIRMS, *ELSEWHERE], size)
    flows["Сумма, руб."] = rng.integers(4000, 4_000_000, size) / 4.0
    back = flows.iloc[:6].assign(**{"Сумма, руб.": -3 * flows["Сумма, руб."].iloc[:6]})
    flows = pd.concat([flows, back], ignore_index=True)
    return flows.assign(**{"Номер документа": [f"д{i}" for i in range(len(flows))]})


def beside(title: str, cells: list[object], **titles: str) -> Callable[[Flows], Flows]:
    """Return what adds a column of these cells, over and over, and renames others."""
    return lambda flows: flows.rename(columns=titles).assign(
        **{title: pd.Series(cells * len(flows))[: len(flows)]}
    )


def named(flows: Flows) -> Flows:
    """Numbers that no member has, and the names by which the register calls them."""
    for side in ("поставщика", "покупателя"):
        flows[side.replace("ка", "к").replace("ля", "ль").capitalize()] = flows[f"ИНН {side}"].map(NAMES)
        flows[f"ИНН {side}"] = "5" + flows[f"ИНН {side}"].str[1:]
    return flows


def repeated(flows: Flows) -> Flows:
    """Two products of each day, both with the amount of the day."""
    flows = flows.drop(columns="Номер документа").drop_duplicates(
        ["Дата", "ИНН поставщика", "ИНН покупателя"]
    )
    return pd.concat([flows.assign(Товар=item) for item in ("болт", "гайка")], ignore_index=True)


def nested(flows: Flows) -> Flows:
    return flows.assign(Дата=["1 кв. 2021", "1 полугодие 2021"] * (len(flows) // 2))


def moments(flows: Flows) -> Flows:
    """The last hours of 2021 in Greenwich are of 2022 in Moscow."""
    last = pd.Timestamp("2021-12-31 22:30", tz="UTC").tz_convert("Europe/Moscow")
    return flows.assign(Дата=[last, last - pd.Timedelta(days=1)] * (len(flows) // 2))


def gone(flows: Flows) -> Flows:
    return flows.assign(**{"ИНН покупателя": flows["ИНН покупателя"].where(flows.index % 7 > 0, "н/д")})


MONEY = {"Сумма, руб.": "Сумма"}
ALIKE: dict[str, Callable[[Flows], Flows]] = {
    "plain": lambda flows: flows,
    "a currency beside": beside("Валюта", ["RUB"], **MONEY),
    "a unit beside": beside("Единица измерения", ["тыс. руб."], **MONEY),
    "a net amount first": lambda flows: flows.assign(net=flows["Сумма, руб."] / 1.2)[
        ["Дата", "net", *flows.columns[1:]]
    ].rename(columns={"net": "Сумма без НДС, руб.", "Сумма, руб.": "Сумма с НДС, руб."}),
    "names that members have": named,
    "a year beside the date": beside("Год", [2021, 2022]),
    "two dates": lambda flows: flows.assign(**{"Дата договора": flows["Дата"] - pd.Timedelta(days=200)}),
    "quarters beside years": lambda flows: (
        beside("Квартал", [1, 2, 3, 4])(flows).assign(Год=flows["Дата"].dt.year).drop(columns="Дата")
    ),
    "dotted codes": beside("Код ОКПД2", [10.1, 10.11, 24.2]),
    "ends that name nobody": gone,
    "knowledge": beside("kind", ["goods", "knowledge"]),
    "moments of a zone": moments,
    "first of January": lambda flows: flows.assign(Дата=pd.Timestamp("2022-01-01")),
    "who carries": beside("Условия доставки", ["поставщик", "покупатель"]),
    "storno below zero": lambda flows: flows.assign(
        **{"Вид операции": np.where(flows["Сумма, руб."] < 0, "Сторно", "Реализация")}
    ),
}
REFUSED: dict[str, tuple[Callable[[Flows], Flows], str]] = {
    "amounts of days": (repeated, "repeat one amount"),
    "units by row": (beside("Единица измерения", ["тыс. руб.", "млн руб."], **MONEY), "unit of its own"),
    "reports of both": (beside("Сообщил", ["покупатель", "поставщик"]), "whose report"),
    "periods in periods": (nested, "periods of 2021"),
    "orders": (beside("Вид операции", ["Накладная", "Заказ"]), "Заказ"),
}


def read(folder: Path, flows: Flows, register: str, form: str, period: Period) -> tuple[Dataset, Dataset]:
    """Return a folder as read row by row, and as summed."""
    people = pd.DataFrame({"participant_id": FIRMS, "cluster_id": ["а", "а", "б", "б"]})
    if register == "names":
        people["participant_id"] = people["participant_id"].map(NAMES)
    people.to_csv(folder / "participants.csv", index=False)
    if form == "text":
        flows.to_csv(folder / "links.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig")
    else:
        flows.to_parquet(folder / "links.parquet", index=False)
    with pytest.MonkeyPatch.context() as patch:
        chosen = Settings(period=period)
        small = read_dataset(folder, settings=chosen)
        patch.setattr(transactions, "LARGE", 1)
        patch.setattr(sampled, "FIRST", 9)
        return small, read_dataset(folder, settings=chosen)


@pytest.mark.parametrize("form", ["parquet", "text"])
@pytest.mark.parametrize("kind", ALIKE)
def test_what_stands_beside_amounts_is_read_alike(tmp_path: Path, kind: str, form: str) -> None:
    period: Period = "quarter" if form == "text" else "month"
    small, large = read(
        tmp_path, ALIKE[kind](rows()), "names" if kind.startswith("names") else "", form, period
    )
    assert any("transactions" in entry for entry in large.provenance["inputs"])
    key = ["year", "supplier_id", "buyer_id", "product_code", "kind"]
    inside = set(small.graph.participants["participant_id"])
    sums = []
    for data in (small, large):
        for table in (data.graph.to_tables()["links"], data.flows):
            near = table["supplier_id"].isin(inside) | table["buyer_id"].isin(inside)
            by = [name for name in (*key, "period") if name in table]
            texts = table[near].astype({name: object for name in by}).fillna(dict.fromkeys(by, ""))
            sums.append(texts.groupby(by)["value"].sum())
    assert len(sums[0])
    for one, two in zip(sums[:2], sums[2:], strict=True):
        pd.testing.assert_series_equal(one, two, rtol=1e-12)
    told = [{finding.code for finding in data.findings} - EACH for data in (small, large)]
    assert told[0] == told[1]
    lost = [set(data.rejected["code"]) - EACH for data in (small, large)]
    assert lost[0] == lost[1]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_sum_can_hold_is_refused(tmp_path: Path, kind: str) -> None:
    change, said = REFUSED[kind]
    with pytest.raises(ClusterCoopError, match=said) as caught:
        read(tmp_path, change(rows()), "", "parquet", "year")
    assert "\n" not in str(caught.value)


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sampled.sampled

    def late(*told: Any) -> Any:
        rows(1).to_parquet(tmp_path / "links.parquet", index=False)
        return whole(*told)

    monkeypatch.setattr(transactions, "sampled", late)
    with pytest.raises(ClusterCoopError, match=r"links.parquet changed while it was read"):
        read(tmp_path, rows(), "", "parquet", "year")


def test_parts_of_other_columns_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "links").mkdir()
    rows().to_parquet(tmp_path / "links" / "a.parquet", index=False)
    rows(1).assign(Товар="болт").to_parquet(tmp_path / "links" / "b.parquet", index=False)
    pd.DataFrame({"participant_id": FIRMS, "cluster_id": "а"}).to_csv(
        tmp_path / "participants.csv", index=False
    )
    monkeypatch.setattr(transactions, "LARGE", 1)
    with pytest.raises(ClusterCoopError, match="not all have Товар"):
        read_dataset(tmp_path)
