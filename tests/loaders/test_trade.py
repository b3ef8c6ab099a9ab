"""Trade as customs and Comtrade report it: reporter, partner and flow."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from clustercoop.loaders.dataset import Dataset, read_dataset
from clustercoop.loaders.trade import trade_headers
from tests.loaders.small import codes

PEOPLE = "participant_id,cluster_id\nRUS,north\nKAZ,north\n"
HEAD = "refYear,reporterCode,reporterISO,flowCode,partnerISO,cmdCode,qty,cifvalue,primaryValue\n"


def read(folder: Path, text: str, name: str = "TradeData.csv") -> Dataset:
    (folder / "participants.csv").write_text(PEOPLE, "utf-8")
    (folder / name).write_text(text, "utf-8")
    return read_dataset(folder)


def links(data: Dataset) -> list[tuple[str, str, float]]:
    found: dict[tuple[str, str], float] = {}
    frame = data.graph.to_tables()["links"]
    for seller, buyer, value in zip(frame["supplier_id"], frame["buyer_id"], frame["value"], strict=True):
        found[seller, buyer] = found.get((seller, buyer), 0.0) + value
    return sorted((seller, buyer, value) for (seller, buyer), value in found.items())


def test_exports_go_out_and_imports_come_in(tmp_path: Path) -> None:
    text = HEAD + "2022,643,RUS,X,KAZ,87,1,,3000000\n2022,643,RUS,M,CHN,84,2,,5000000\n"
    data = read(tmp_path, text)
    assert links(data) == [("CHN", "RUS", 5.0), ("RUS", "KAZ", 3.0)]  # dollars to millions
    assert data.graph.currency == "USD" and "trade_read" in codes(data)


def test_totals_of_partners_goods_and_flows_are_no_further_deliveries(tmp_path: Path) -> None:
    rows = [
        "RUS,X,KAZ,TOTAL,1,,9e6",
        "RUS,X,KAZ,87,1,,3e6",
        "RUS,X,KAZ,8703,1,,2e6",
        "RUS,X,W00,TOTAL,1,,9e7",
    ]
    rows += [
        "RUS,RX,KAZ,TOTAL,1,,1e6",
        "KAZ,M,CHN,8703,1,,4e6",
        "KAZ,M,CHN,8704,1,,1e6",
        "KAZ,Q,CHN,8704,1,,7e6",
    ]
    data = read(tmp_path, HEAD + "".join(f"2022,0,{row}\n" for row in rows))
    assert links(data) == [("CHN", "KAZ", 5.0), ("RUS", "KAZ", 9.0)]
    assert {"trade_world", "trade_part", "trade_heading", "trade_flow_unknown"} <= codes(data)
    assert len(data.rejected) == 5


def test_what_both_sides_report_counts_once(tmp_path: Path) -> None:
    text = HEAD + "2022,0,RUS,X,KAZ,TOTAL,1,,3000000\n2022,0,KAZ,M,RUS,TOTAL,1,,3200000\n"
    data = read(tmp_path, text)
    assert links(data) == [("RUS", "KAZ", 3.0)] and "mirror_differs" in codes(data)


def test_other_forms_of_the_headers(tmp_path: Path) -> None:
    for name, head, row in (
        (
            "legacy",
            "Year,Trade Flow,Reporter,Partner,Commodity Code,Trade Value (US$)",
            "2022,Export,RUS,KAZ,87,3000000",
        ),
        (
            "wits",
            "ReporterISO3,PartnerISO3,TradeFlowName,Year,ProductCode,TradeValue in 1000 USD",
            "RUS,KAZ,Export,2022,87,3000",
        ),
        (
            "ru",
            'Год,Отчитывающаяся страна,Страна-партнер,Направление,Код ТН ВЭД,"Стоимость, тыс. долл. США"',
            "2022,KAZ,RUS,ИМ,87,3000",
        ),
    ):
        folder = tmp_path / name
        folder.mkdir()
        assert links(read(folder, f"{head}\n{row}\n")) == [("RUS", "KAZ", 3.0)], name


def test_a_frame_of_trade_and_one_without_a_flow(tmp_path: Path) -> None:
    (tmp_path / "participants.csv").write_text(PEOPLE, "utf-8")
    frame = pd.DataFrame(
        {"refYear": [2022], "reporterISO": ["RUS"], "partnerISO": ["KAZ"], "flowCode": ["M"]}
    )
    frame.assign(primaryValue=[2e6]).to_parquet(tmp_path / "links.parquet")
    assert links(read_dataset(tmp_path)) == [("KAZ", "RUS", 2.0)]
    assert trade_headers(["year", "reporter", "partner", "value"]) == {}


@pytest.mark.parametrize(
    "head", ["Год,Поставщик,Покупатель,Сумма", "year,from,to,flow", "partner,flow,value"]
)
def test_other_tables_are_no_trade(head: str) -> None:
    assert trade_headers(head.split(",")) == {}
