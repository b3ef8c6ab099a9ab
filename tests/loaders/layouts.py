"""One small truth in files as offices lay them out: layout × unit × language × kind of file, seeded."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter

YEARS = (2021, 2022)
MEMBERS = {"7700000011": "Альфа", "7700000022": "Альфа", "7700000033": "Альфа", "0500000044": "Бета"}
OUTSIDE = "9900000055"
# Millions; no two alike, whole thousands of roubles, so that each unit writes them exactly.
LINKS = {
    (2021, "7700000011", "7700000022"): 12.345,
    (2021, "7700000022", "7700000033"): 1234.5,
    (2021, "7700000033", OUTSIDE): 87.25,
    (2021, "0500000044", "7700000011"): 3.072,
    (2022, "7700000011", "7700000022"): 15.555,
    (2022, "7700000011", "0500000044"): 2.25,
    (2022, "7700000022", "7700000033"): 1410.75,
    (2022, "7700000033", "7700000011"): 64.128,
}
FIGURES = {
    "output": (510.5, 2750.125, 655.625, 98.75, 530.25, 2901.5, 700.375, 101.125),
    "value_added": (210.25, 990.5, 301.75, 40.125, 220.625, 1010.25, 322.5, 44.375),
    "employees": (120.0, 840.0, 255.0, 33.0, 125.0, 861.0, 270.0, 36.0),
}
WORDS = {
    "ru": {
        "participant_id": ("ИНН участника", "ИНН", "ИНН организации"),
        "cluster_id": ("Кластер", "Наименование кластера"),
        "name": ("Наименование", "Наименование организации"),
        "year": ("Год", "Отчётный год"),
        "supplier_id": ("ИНН поставщика", "Поставщик", "Поставщик (ИНН)"),
        "buyer_id": ("ИНН покупателя", "Покупатель", "Покупатель (ИНН)"),
        "value": ("Объём отгрузки", "Сумма", "Стоимость поставки", "Сумма без НДС"),
        "output": ("Выпуск", "Объём производства", "Выпуск продукции"),
        "value_added": ("Добавленная стоимость", "Валовая добавленная стоимость"),
        "employees": ("Численность", "Среднесписочная численность работников"),
        "total": ("Итого", "Всего", "Итого по всем"),
        "quarter": ("{} кв.", "{} квартал"),
        "indicator": ("Показатель", "Наименование показателя"),
    },
    "en": {
        "participant_id": ("participant id", "Firm id", "Company code"),
        "cluster_id": ("Cluster", "cluster name"),
        "name": ("Name", "Company name"),
        "year": ("Year", "reporting year"),
        "supplier_id": ("Supplier id", "supplier", "Seller"),
        "buyer_id": ("Buyer id", "buyer", "Customer"),
        "value": ("Value of supply", "amount", "Total value"),
        "output": ("Output", "Gross output", "Total output"),
        "value_added": ("Value added", "Gross value added"),
        "employees": ("Employees", "Number of employees"),
        "total": ("Total", "Grand total", "Totals"),
        "quarter": ("Q{}", "{} quarter"),
        "indicator": ("Indicator", "indicator name"),
    },
}
UNITS = {
    "ru": {
        1e6: ("млн руб.", "миллионы рублей"),
        1e3: ("тыс. руб.", "тысяч рублей"),
        1.0: ("руб.", "рублей"),
        1e9: ("млрд руб.",),
    },
    "en": {
        1e6: ("million RUB", "mln RUB"),
        1e3: ("thousand RUB", "RUB thousand"),
        1.0: ("RUB",),
        1e9: ("billion RUB",),
    },
}
TITLES = {
    "ru": ("Отчёт о поставках участников", "Приложение № 3", "по данным участников"),
    "en": ("Report on supplies of participants", "Annex 3", "as reported by members"),
}
STEMS = {
    "participants": ("participants", "Реестр участников", "members"),
    "links": ("links", "Поставки", "Отгрузки участников", "deliveries"),
    "activity": ("activity", "Показатели участников", "figures"),
}


@dataclass
class Sheet:
    """Rows of cells, merged ranges (from 1), and number formats by cell."""

    rows: list[list[Any]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    formats: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass
class Built:
    """What was drawn, to tell of a failure."""

    seed: int
    drawn: list[str] = field(default_factory=list)


class Builder:
    """Draws one dataset and writes it."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.built = Built(seed)
        self.lang = self.draw("lang", ["ru", "en"])

    def draw(self, what: str, options: Sequence[Any]) -> Any:
        found = self.random.choice(list(options))
        self.built.drawn.append(f"{what}={found}")
        return found

    def word(self, name: str) -> str:
        return str(self.draw(name, WORDS[self.lang][name]))

    def build(self) -> Built:
        self.register()
        self.supplies()
        if self.draw("activity", [True, True, True, False]):
            self.activity()
        return self.built

    # One unit of money for a table, and where it is said.

    def unit(self, places: Sequence[str]) -> tuple[float, str, str]:
        scale = self.draw("scale", [1e6, 1e3, 1e3, 1.0, 1e9])
        return scale, self.draw("unit", UNITS[self.lang][scale]), self.draw("unit said", places)

    @staticmethod
    def amount(millions: float, scale: float) -> float:
        return round(millions * 1e6 / scale, 9)

    def head(self, name: str, unit: str, place: str) -> str:
        title = self.word(name)
        return (
            f"{title}, {unit}" if place == "head" else f"{title} ({unit})" if place == "brackets" else title
        )

    def preamble(self, sheet: Sheet, unit: str, place: str) -> None:
        """Put titles above the table; the unit as the last of them where it is said there."""
        lines = list(TITLES[self.lang][: self.draw("preamble", [0, 0, 1, 3])])
        if place == "title":
            lines.append(f"({unit})" if self.lang == "ru" else f"in {unit}")
        for line in lines:
            sheet.rows.append([line])
        if lines and self.draw("blank", [True, False]):
            sheet.rows.append([])

    # The three tables.

    def register(self) -> None:
        sheet = Sheet()
        layout = self.draw("register", ["list", "list", "sections", "merged", "first only"])
        head = [self.word("participant_id"), self.word("name"), self.word("cluster_id")]
        rows = [[who, f"Завод {at}", cluster] for at, (who, cluster) in enumerate(MEMBERS.items(), 1)]
        sheet.rows.append(head)
        last = ""
        for row in rows:
            if layout == "sections" and row[2] != last:
                sheet.rows.append(
                    [f"Кластер «{row[2]}»" if self.lang == "ru" else f'Cluster "{row[2]}"', "", ""]
                )
            shown = "" if layout in ("sections",) or (layout != "list" and row[2] == last) else row[2]
            last = row[2]
            sheet.rows.append([row[0], row[1], shown])
        if layout == "merged":
            sheet.merged.append((2, 3, 4, 3))
        form = self.draw("register file", ["csv", "xlsx"] if layout != "merged" else ["xlsx"])
        self.write("participants", sheet, form)

    def supplies(self) -> None:
        layout = self.draw("links", ["list", "merged", "wide", "quarters", "matrix", "two rows", "one year"])
        places = ["head", "brackets", "title"] if layout not in ("matrix",) else ["title"]
        if layout in ("list", "two rows"):
            places = [*places, "row below"] if layout == "list" else places
        scale, unit, place = self.unit(places)
        form = self.draw("links file", ["xlsx"] if layout == "merged" else ["csv", "csv", "xlsx", "xlsx"])
        if layout in ("matrix", "one year"):
            for year in YEARS:
                sheet = Sheet()
                self.preamble(sheet, unit, place)
                (self.matrix if layout == "matrix" else self.one_year)(sheet, year, scale, unit, place)
                self.write(f"links_{year}", sheet, form)
            return
        sheet = Sheet()
        self.preamble(sheet, unit, place)
        if layout in ("list", "merged"):
            self.listed(sheet, layout, scale, unit, place)
        elif layout == "two rows":
            self.two_rows(sheet, scale, unit, place)
        else:
            self.wide(sheet, layout, scale, unit, place)
        self.write("links", sheet, form)

    def listed(self, sheet: Sheet, layout: str, scale: float, unit: str, place: str) -> None:
        sheet.rows.append(
            [
                self.word("year"),
                self.word("supplier_id"),
                self.word("buyer_id"),
                self.head("value", unit, place),
            ]
        )
        if place == "row below":
            sheet.rows.append(["", "", "", unit])
        rows: list[list[Any]] = [[*key, self.amount(value, scale)] for key, value in LINKS.items()]
        first = len(sheet.rows) + 1
        self.random.shuffle(rows)
        if layout == "merged":
            rows.sort(key=lambda row: (row[0], row[1]))
            for column in (0, 1):
                start = 0
                for at in range(1, len(rows) + 1):
                    same = at < len(rows) and rows[at][: column + 1] == rows[start][: column + 1]
                    if not same:
                        if at - start > 1:
                            sheet.merged.append((first + start, column + 1, first + at - 1, column + 1))
                        start = at
        sheet.rows += rows
        if self.draw("total", [True, False]):
            sheet.rows.append([self.word("total"), "", "", round(sum(row[3] for row in rows), 9)])

    def two_rows(self, sheet: Sheet, scale: float, unit: str, place: str) -> None:
        ru = self.lang == "ru"
        code, name = ("ИНН", "Наименование") if ru else ("Code", "Name")
        sides = ("Поставщик", "Покупатель") if ru else ("Supplier", "Buyer")
        top = len(sheet.rows) + 1
        sheet.rows.append([self.word("year"), sides[0], "", sides[1], "", self.head("value", unit, place)])
        sheet.rows.append(["", code, name, code, name, ""])
        sheet.merged += [(top, 2, top, 3), (top, 4, top, 5)]
        for (year, seller, buyer), value in LINKS.items():
            sheet.rows.append([year, seller, "Завод", buyer, "Завод", self.amount(value, scale)])

    def one_year(self, sheet: Sheet, year: int, scale: float, unit: str, place: str) -> None:
        sheet.rows.append([self.word("supplier_id"), self.word("buyer_id"), self.head("value", unit, place)])
        for (of, seller, buyer), value in LINKS.items():
            if of == year:
                sheet.rows.append([seller, buyer, self.amount(value, scale)])

    def wide(self, sheet: Sheet, layout: str, scale: float, unit: str, place: str) -> None:
        pairs = list(dict.fromkeys((seller, buyer) for _, seller, buyer in LINKS))
        group = self.head("value", unit, place)
        top = len(sheet.rows) + 1
        if layout == "wide":
            sheet.rows.append([self.word("supplier_id"), self.word("buyer_id"), group, ""])
            sheet.rows.append(
                [
                    "",
                    "",
                    *(
                        self.draw("year head", [str(y), f"{y} год" if self.lang == "ru" else f"FY{y}"])
                        for y in YEARS
                    ),
                ]
            )
            sheet.merged.append((top, 3, top, 4))
            for seller, buyer in pairs:
                cells = [LINKS.get((year, seller, buyer)) for year in YEARS]
                sheet.rows.append(
                    [seller, buyer, *("" if c is None else self.amount(c, scale) for c in cells)]
                )
            return
        word = self.word("quarter")
        sheet.rows.append(
            [self.word("year"), self.word("supplier_id"), self.word("buyer_id"), group, "", "", ""]
        )
        sheet.rows.append(["", "", "", *(word.format(q) for q in ("1", "2", "3", "4"))])
        sheet.merged.append((top, 4, top, 7))
        for (year, seller, buyer), value in LINKS.items():
            whole = self.amount(value, scale)
            parts = [round(whole * share, 9) for share in (0.125, 0.25, 0.5)]
            sheet.rows.append([year, seller, buyer, *parts, round(whole - sum(parts), 9)])

    def matrix(self, sheet: Sheet, year: int, scale: float, unit: str, place: str) -> None:
        actors = [*MEMBERS, OUTSIDE]
        corner = "Поставщик / Покупатель" if self.lang == "ru" else "Supplier / Buyer"
        total = self.word("total") if self.draw("total", [True, False]) else ""
        sheet.rows.append([corner, *actors, *([total] if total else [])])
        for seller in actors:
            cells = [LINKS.get((year, seller, buyer), 0.0) for buyer in actors]
            amounts = [self.amount(c, scale) for c in cells]
            sheet.rows.append([seller, *amounts, *([round(sum(amounts), 9)] if total else [])])

    def activity(self) -> None:
        layout = self.draw("figures", ["list", "years above", "figures above", "indicators"])
        scale, unit, place = self.unit(["head", "brackets", "title"])
        people = "чел." if self.lang == "ru" else "persons"
        heads = {name: self.head(name, unit, place) for name in ("output", "value_added")}
        heads["employees"] = f"{self.word('employees')}, {people}"
        members = list(MEMBERS)

        def cell(name: str, who: str, year: int) -> float:
            value = FIGURES[name][YEARS.index(year) * len(members) + members.index(who)]
            return value if name == "employees" else self.amount(value, scale)

        sheet = Sheet()
        self.preamble(sheet, unit, place)
        top = len(sheet.rows) + 1
        who_head, year_head = self.word("participant_id"), self.word("year")
        if layout == "list":
            sheet.rows.append([who_head, year_head, *heads.values()])
            sheet.rows += [[w, y, *(cell(n, w, y) for n in heads)] for w in members for y in YEARS]
            if self.draw("total", [True, False]):
                for year in YEARS:
                    sums = [round(sum(cell(n, w, year) for w in members), 9) for n in heads]
                    sheet.rows.append([self.word("total"), year, *sums])
        elif layout in ("years above", "figures above"):
            outer: Sequence[Any] = YEARS if layout == "years above" else list(heads)
            inner: Sequence[Any] = list(heads) if layout == "years above" else YEARS
            titles: dict[Any, str] = {**heads, **{year: str(year) for year in YEARS}}
            width = len(inner)
            sheet.rows.append([who_head, *(t for o in outer for t in (titles[o], *[""] * (width - 1)))])
            sheet.rows.append(["", *(titles[i] for _ in outer for i in inner)])
            sheet.merged += [(top, 2 + at * width, top, 1 + (at + 1) * width) for at in range(len(outer))]
            for who in members:
                both = [(i, o) if layout == "years above" else (o, i) for o in outer for i in inner]
                sheet.rows.append([who, *(cell(name, who, year) for name, year in both)])
        else:
            wide = self.draw("years across", [True, False])
            value = "Значение" if self.lang == "ru" else "Value"
            sheet.rows.append(
                [who_head, self.word("indicator"), *(map(str, YEARS) if wide else (year_head, value))]
            )
            for who in members:
                for name, title in heads.items():
                    if wide:
                        sheet.rows.append([who, title, *(cell(name, who, year) for year in YEARS)])
                    else:
                        sheet.rows += [[who, title, year, cell(name, who, year)] for year in YEARS]
        self.write("activity", sheet, self.draw("figures file", ["csv", "xlsx"]))

    # Files.

    def write(self, table: str, sheet: Sheet, form: str) -> None:
        base, _, year = table.partition("_")
        key = f"name of {base}"
        known = [d for d in self.built.drawn if d.startswith(f"{key}=")]
        stem = known[-1].split("=", 1)[1] if known else self.draw(key, STEMS[base])
        path = self.folder / f"{stem}{'_' + year if year else ''}.{form}"
        (self.as_csv if form == "csv" else self.as_xlsx)(path, sheet)

    def as_csv(self, path: Path, sheet: Sheet) -> None:
        delimiter = self.draw("delimiter", [";", ",", "\t"])
        encoding = self.draw("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
        comma = delimiter != "," and self.draw("comma", [True, False])
        group = self.draw("group", ["", "", " ", "\u00a0"])
        width = max(map(len, sheet.rows))
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, lineterminator=self.draw("end", ["\n", "\r\n"]))
        for row in sheet.rows:
            cells = [self.text(cell, comma, group) for cell in row]
            writer.writerow([*cells, *[""] * (width - len(cells))])
        path.write_bytes(out.getvalue().encode(encoding))

    @staticmethod
    def text(cell: Any, comma: bool, group: str) -> str:
        if not isinstance(cell, float):
            return str(cell)
        whole, _, part = f"{cell:,.9f}".rstrip("0").rstrip(".").partition(".")
        return whole.replace(",", group) + (("," if comma else ".") + part if part else "")

    def as_xlsx(self, path: Path, sheet: Sheet) -> None:
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        page.title = self.draw("title", ["Лист1", "Sheet1", "Данные"])
        ids = self.draw("ids as", ["text", "number"])
        shown = self.draw("format", ["General", "#,##0.00", "#,##0.00_₽", "_-* #,##0.00_-;-* #,##0.00_-"])
        for at, row in enumerate(sheet.rows, 1):
            for column, cell in enumerate(row, 1):
                number = (
                    ids == "number"
                    and isinstance(cell, str)
                    and cell.isdigit()
                    and cell[0] != "0"
                    and len(cell) > 4
                )
                target = page.cell(at, column, int(cell) if number else cell if cell != "" else None)
                if isinstance(cell, float):
                    target.number_format = shown
        for first, left, last, right in sheet.merged:
            page.merge_cells(f"{get_column_letter(left)}{first}:{get_column_letter(right)}{last}")
        book.save(path)


def truth() -> tuple[dict[tuple[int, str, str], float], pd.DataFrame]:
    """Return the links, and the figures by participant and year."""
    index = pd.MultiIndex.from_tuples([(who, year) for year in YEARS for who in MEMBERS])
    return dict(LINKS), pd.DataFrame(FIGURES, index=index)


def build(seed: int, folder: Path) -> Built:
    """Write the dataset of `seed` into `folder`."""
    return Builder(seed, folder).build()
