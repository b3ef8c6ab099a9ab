"""Ledgers, forms and registers as people keep them: headings in rows, units below heads, whose side."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustercoop.graph.errors import ClusterCoopError
from tests.loaders.small import ONE, links, read

LINK = "Поставщик;Покупатель;Год;Сумма, млн руб.\n0101;0202;2022;5\n"
SALES = "Контрагент;ИНН контрагента;Организация;ИНН организации;Сумма, тыс. руб.\nБета;0202;Альфа;0101;5000\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("links", "Поставщик;Покупатель;Сумма, млн руб.\n2022 год;;\n0101;0202;5\n"),
        ("Реализация 2022", SALES),
        ("Поступления за 2022 год", SALES.replace("0202", "x").replace("0101", "0202").replace("x", "0101")),
        ("BACI_HS17_Y2022", "t,i,j,k,v,q\n2022,0101,0202,010121,5000,1\n"),
        ("links", "supplier;buyer;year;value (RUB '000)\n0101;0202;2022;5000\n"),
        ("links", "supplier;buyer;year;value ($000s)\n0101;0202;2022;5000\n"),
        (
            "links",
            "Поставщик;Покупатель;Плательщик;Грузополучатель;Сумма (2022), млн руб.\n0101;0202;9;9;5\n",
        ),
        ("links", '"Постав-\nщик";Покупатель;Год;"Сумма¹, млн\nруб."\n0101;0202;2022;5\n'),
    ],
)
def test_a_link_of_five_million(tmp_path: Path, name: str, text: str) -> None:
    assert links(read(tmp_path, **{name: text})) == [ONE]


@pytest.mark.parametrize(
    "text",
    [
        "ИНН;Показатель;2021, тыс. руб.;2022, тыс. руб.\n0101;Выпуск;40000;50000\n0101;Работники;7;8\n",
        "ИНН;Показатель;2021;2022\n;;тыс. руб.;тыс. руб.\n0101;Выпуск;40000;50000\n",
        "ИНН;Месяц;Выпуск, млн руб.\n0101;2021-12;40\n"
        + "".join(f"0101;2022-{i:02};{i / 1.56:.9f}\n" for i in range(1, 13)),
        "ИНН;Год;Выпуск1), млн руб.\n0101;2021 (факт);40\n0101;2022 (факт);50\n0101;2023 (план);60\n",
        "ИНН;Выпуск за 1 полугодие 2022, млн руб.;Выпуск за 2 полугодие 2022, млн руб.\n0101;20;30\n",
        "participant_id,TIME_PERIOD,MEASURE,UNIT_MEASURE,UNIT_MULT,OBS_VALUE\n"
        "0101,2021,Output,RUB,6,40\n0101,2022,Output,RUB,3,50000\n",
        "ИНН;Год;Показатель;Валюта;Значение\n0101;2021;Выпуск, млн;руб.;40\n0101;2022;Выпуск, млн;руб.;50\n",
        "ИНН;Год;Выпуск товаров, млн руб.;Выпуск услуг, млн руб.\n0101;2021;40;0\n0101;2022;20;30\n",
        "ИНН;Отгрузка, млн руб.\n2021;\n0101;40\n2022;\n0101;50\n",
    ],
)
def test_an_output_of_fifty_million(tmp_path: Path, text: str) -> None:
    """The 40 of the year before are of a month alone where months are told, and then no year's."""
    activity = read(tmp_path, links=LINK, activity=text).graph.activity.set_index("year")
    assert activity["output"][2022] == pytest.approx(50.0)
    assert activity["output"].get(2021) == 40.0 or "Месяц" in text or "полугодие" in text
    assert set(activity.index) <= {2021, 2022}


def test_persons_of_four_quarters_are_their_mean(tmp_path: Path) -> None:
    """(8 + 8 + 12 + 12) / 4 = 10, and not 40."""
    heads = ";".join(f"Численность, {quarter} кв." for quarter in ("I", "II", "III", "IV"))
    text = f"ИНН;Год;{heads}\n0101;2022;8;8;12;12\n"
    activity = read(tmp_path, links=LINK, activity=text).graph.activity
    assert activity["employees"].tolist() == [10.0]


def test_members_below_the_names_of_their_clusters(tmp_path: Path) -> None:
    text = "ИНН;Наименование\nКластер «А»;\n0101;Альфа\nКластер «Б»;\n0202;Бета\n"
    people = read(tmp_path, participants=text, links=LINK).graph.participants
    assert people.set_index("participant_id")["cluster_id"].to_dict() == {"0101": "А", "0202": "Б"}


@pytest.mark.parametrize(
    "files",
    [
        {
            "participants": "ИНН;Наименование\nпо состоянию на 1 января;\n0101;Альфа\n0202;Бета\n",
            "links": LINK,
        },
        {
            "links": SALES.replace("Сумма", "Год;Сумма").replace("0101;", "0101;2022;")
        },  # neither sold nor bought
        {"links": LINK, "activity": "ИНН;2021;;2022;\n0101;40;41;50;51\n"},  # years over unnamed columns
    ],
)
def test_what_tells_no_cluster_side_or_column_is_refused(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(ClusterCoopError):
        read(tmp_path, **files)
