"""Write the synthetic example dataset, with the truth and the defects that were planted in it.

Usage: ``python examples/generate.py --seed 2024 --out DIR``. It writes ``DIR/dataset/`` (the dataset),
``DIR/planted_truth.csv`` and ``DIR/planted_defects.csv``, the same bytes on every run.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from economy import (
    SILENT_UNIVERSITIES,
    UNIT,
    Books,
    Link,
    Member,
    World,
    draw_books,
    draw_crossings,
    draw_links,
    draw_members,
)
from plans import CC_PROBABILITY, KINDS_RU, NO_CORE_PROBABILITY, PLANS, PP_PROBABILITY, YEARS

WHOLE = ("SYN-06", "SYN-08", "SYN-11")  # clusters whose members report everything
GAP = ("SYN-08", 2021)  # nobody reported links of this cluster in this year
NO_OUTPUT_FIRM = ("SYN-01", 2022)
NO_OUTPUT_RESEARCH = ("SYN-04", 2020)

LINKS_HEADER = (
    "Год",
    "ИНН поставщика",
    "ИНН покупателя",
    "Объём отгрузки, млн руб.",
    "Код ОКПД2",
    "Вид связи",
)
ACTIVITY_HEADER = (
    "ИНН участника",
    "Год",
    "Выпуск, тыс. руб.",
    "Закупки, тыс. руб.",
    "Среднесписочная численность, чел.",
    "Добавленная стоимость, тыс. руб.",
    "Затраты на НИОКР, тыс. руб.",
    "Использовано другими участниками, тыс. руб.",
    "Выбросы, т",
)
PARTICIPANTS_HEADER = (
    "participant_id",
    "cluster_id",
    "name",
    "role",
    "industry_code",
    "region",
    "joined_year",
    "left_year",
)


@dataclass(frozen=True, slots=True)
class Defect:
    """One deliberate defect: where it is and what a careful reader should notice."""

    table: str
    cluster_id: str
    year: int
    participant_id: str
    partner_id: str
    column: str
    cell: str
    truth: str
    what: str


def build(seed: int) -> World:
    """Draw the whole world; each cluster has its own random stream."""
    streams = np.random.SeedSequence(seed).spawn(len(PLANS) + 1)
    world = World()
    for plan, stream in zip(PLANS, streams, strict=False):
        rng = np.random.default_rng(stream)
        members = world.members[plan.cluster_id] = draw_members(plan, rng)
        draw_books(plan, members, world, rng)
        draw_links(plan, members, world, rng)
    draw_crossings(PLANS, world, np.random.default_rng(streams[-1]))
    return world


def money(units: int, digits: int) -> str:
    r"""Format units of 100 roubles as Russian statistics print them.

    Parameters
    ----------
    units : int
        Amount in 100 roubles.
    digits : int
        2 for millions of roubles, 1 for thousands.

    Examples
    --------
    >>> money(12_345_600, 2), money(12_345_678, 1)
    ('1\xa0234,56', '1234567,8')
    """
    if digits == 2:
        cents = units // 100
        return f"{cents // 100:,}".replace(",", "\xa0") + f",{cents % 100:02d}"
    return f"{units // 10},{units % 10}"


def link_rows(world: World) -> list[list[str]]:
    """Return the rows of links.csv in a stable order, without the gap year."""
    absent = {m.participant_id for m in world.members[GAP[0]]}
    kept = [x for x in world.links if not (x.year == GAP[1] and (x.supplier in absent or x.buyer in absent))]
    kept.sort(key=lambda x: (x.year, x.supplier, x.buyer, x.product, x.kind))
    return [_link_row(x) for x in kept]


def _link_row(x: Link) -> list[str]:
    return [str(x.year), x.supplier, x.buyer, money(x.value, 2), x.product, KINDS_RU[x.kind]]


def activity_rows(world: World, rng: np.random.Generator) -> dict[tuple[str, int], list[str]]:
    """Return the rows of activity.csv by participant and year, with the gaps that real reports have."""
    rows: dict[tuple[str, int], list[str]] = {}
    for plan in PLANS:
        for year in YEARS:
            present = [m for m in world.members[plan.cluster_id] if m.active(year)]
            gap_firm = next(m for m in present if m.role == "firm" and not m.core)
            for m in present:
                books = world.books[m.participant_id, year]
                unknown = _gaps(m, plan.cluster_id, year, rng)
                if (plan.cluster_id, year) == NO_OUTPUT_FIRM and m is gap_firm:
                    unknown |= {"output"}
                rows[m.participant_id, year] = _activity_row(m, year, books, unknown, rng)
    return dict(sorted(rows.items()))


def _gaps(m: Member, cluster_id: str, year: int, rng: np.random.Generator) -> set[str]:
    draws = rng.random(4)
    unknown = {name for name, p in zip(("employees", "value_added", "rd"), draws, strict=False) if p < 0.03}
    if m.core or cluster_id in WHOLE:
        unknown = set()
    elif m.role in ("university", "government"):
        unknown |= {"value_added", "purchases"}
    if m.role == "university" and cluster_id in SILENT_UNIVERSITIES:
        unknown |= {"output"}
    if m.role == "research" and (cluster_id, year) == NO_OUTPUT_RESEARCH:
        unknown |= {"output"}
    if draws[3] < 0.15 and cluster_id not in WHOLE:
        unknown |= {"used"}
    return unknown


def _activity_row(
    m: Member, year: int, books: Books, unknown: set[str], rng: np.random.Generator
) -> list[str]:
    used = books.sold_inside
    if rng.random() < 0.1:  # the firm's own report and its partners' reports rarely agree to the rouble
        used = round(used * (1 + 0.01 * (rng.random() - 0.5)))
    cells = {
        "output": money(books.output, 1),
        "purchases": money(books.purchases, 1),
        "employees": str(books.employees),
        "value_added": money(books.value_added, 1),
        "rd": money(books.rd, 1),
        "used": money(used, 1),
        "emissions": "" if books.emissions is None else f"{books.emissions:.1f}".replace(".", ","),
    }
    dash = ("", "-", "…", "н/д")[int(np.searchsorted([0.25, 0.4, 0.5], rng.random()))]
    return [m.participant_id, str(year)] + [dash if k in unknown else v for k, v in cells.items()]


def plant_defects(
    world: World, links: list[list[str]], activity: dict[tuple[str, int], list[str]]
) -> list[Defect]:
    """Damage the tables in the few documented ways and say so."""
    owner = {m.participant_id: cid for cid, members in world.members.items() for m in members}
    defects: list[Defect] = []

    def first_link(cluster: str, year: int) -> int:
        return next(
            k
            for k, row in enumerate(links)
            if row[0] == str(year)
            and owner.get(row[1]) == owner.get(row[2]) == cluster
            and row[1] != row[2]
            and "\xa0" not in row[3]
        )

    def note_link(row: Sequence[str], cluster: str, cell: str, truth: str, what: str) -> None:
        year = min(int(row[0]), 9999) if len(row[0]) == 4 else 0
        defects.append(Defect("links", cluster, year, row[1], row[2], "value", cell, truth, what))

    k = first_link("SYN-06", 2021)
    links.insert(k + 1, list(links[k]))
    note_link(links[k], "SYN-06", links[k][3], "", "the same row twice")

    k = first_link("SYN-09", 2022)
    again = [*links[k][:3], "1,50", *links[k][4:]]
    links.insert(k + 1, again)
    note_link(again, "SYN-09", again[3], again[3], "a second delivery of the same key (two invoices)")

    k = first_link("SYN-07", 2022)
    negative = [*links[k][:3], "-4,20", "99.00.10", links[k][5]]
    links.insert(k + 1, negative)
    note_link(negative, "SYN-07", negative[3], "", "a negative value (a returned advance)")

    k = first_link("SYN-10", 2023)
    slip = [f"{links[k][0]}3", links[k][1], links[k][2], "2,00", "99.00.20", links[k][5]]
    links.insert(k + 1, slip)
    defects.append(
        Defect(
            "links", "SYN-10", 0, slip[1], slip[2], "year", slip[0], "", "a year typed with a digit too many"
        )
    )

    k = first_link("SYN-08", 2020)
    truth = links[k][3]
    links[k][3] = truth + "3)"
    note_link(links[k], "SYN-08", links[k][3], truth, "a footnote mark after the number")

    def note_cell(participant: str, year: int, place: int, cell: str, what: str) -> None:
        row = activity[participant, year]
        column = ("output", "purchases", "employees", "value_added", "rd_expenses", "used_by_participants")
        defects.append(
            Defect(
                "activity",
                owner[participant],
                year,
                participant,
                "",
                column[place - 2],
                cell,
                row[place],
                what,
            )
        )
        row[place] = cell

    def periphery(cluster: str, year: int) -> Iterable[tuple[str, Books]]:
        for m in world.members[cluster]:
            row = activity.get((m.participant_id, year), [])
            whole = m.role == "firm" and all(cell[:1].isdigit() for cell in row[2:8])
            if not m.core and m.active(year) and whole:
                yield m.participant_id, world.books[m.participant_id, year]

    who, books = next((p, b) for p, b in periphery("SYN-03", 2022) if b.sold_inside > 0.2 * b.output)
    note_cell(who, 2022, 2, money(round(0.8 * books.sold_inside), 1), "output below what went to members")
    who, _ = next((p, b) for p, b in periphery("SYN-12", 2021) if b.rd > 0)
    note_cell(who, 2021, 5, "0,0", "zero value added beside R&D and output")
    who, books = next((p, b) for p, b in periphery("SYN-02", 2022) if b.rd > 0)
    note_cell(who, 2022, 6, money(books.value_added + 10 * UNIT, 1), "R&D above value added")

    stranger = "0099130001"
    activity[stranger, 2021] = [stranger, "2021", "1000,0", "600,0", "12", "400,0", "", "", ""]
    defects.append(
        Defect("activity", "", 2021, stranger, "", "participant_id", stranger, "", "belongs to no cluster")
    )
    return defects


def to_csv(header: Iterable[str], rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    """Return a CSV text with LF line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def participants_csv(world: World) -> str:
    """Return participants.csv."""
    rows = []
    for plan in PLANS:
        for m in world.members[plan.cluster_id]:
            rows.append(
                (
                    m.participant_id,
                    plan.cluster_id,
                    m.name,
                    m.role,
                    m.code,
                    plan.region,
                    "" if m.joined is None else m.joined,
                    "" if m.left is None else m.left,
                )
            )
    return to_csv(PARTICIPANTS_HEADER, rows)


def write_clusters(path: Path) -> None:
    """Write clusters.xlsx, the same bytes every time (fixed creation date)."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2024, 1, 1)})
        sheet = book.add_worksheet("clusters")
        text = book.add_format({"num_format": "@"})
        for column, title in enumerate(("Код кластера", "Наименование", "Регион", "Отрасль")):
            sheet.write_string(0, column, title)
        for row, plan in enumerate(PLANS, start=1):
            for column, cell in enumerate((plan.cluster_id, plan.name, plan.region, plan.industry)):
                sheet.write_string(row, column, cell, text)
        sheet.set_column(0, 3, 40)


def measures_csv() -> str:
    """Return measures.csv: support that the synthetic clusters are said to have received."""
    given = (
        ("SYN-01", 2021, "economic", "Reimbursement of joint project costs", "0,240"),
        ("SYN-01", 2022, "cooperation", "Supplier matching programme", "0,015"),
        ("SYN-02", 2020, "organisational", "Shared metrology centre", "0,310"),
        ("SYN-04", 2022, "economic", "Export credit", "0,520"),
        ("SYN-05", 2023, "legal", "Test site for new materials", ""),
        ("SYN-06", 2021, "economic", "Equipment loan", "0,080"),
        ("SYN-07", 2022, "organisational", "Modernisation advice centre", "0,045"),
        ("SYN-11", 2023, "cooperation", "University partnership programme", "0,030"),
    )
    return to_csv(("cluster_id", "year", "category", "measure", "Сумма, млрд руб."), given, "\t")


def truth_csv(world: World) -> str:
    """Return planted_truth.csv: one row a cluster."""
    header = (
        "cluster_id",
        "formation",
        "cooperation_target",
        "rd_per_employee_target",
        "value_added_per_employee_first",
        "value_added_per_employee_last",
        "production",
        "core_planted",
        "core_members",
        "cc_probability",
        "pp_probability",
        "outside_knowledge_share",
        "periphery_turnover",
    )
    rows = []
    for plan in PLANS:
        members = world.members[plan.cluster_id]
        core = ";".join(sorted(m.participant_id for m in members if m.core))
        cc, pp = (CC_PROBABILITY, PP_PROBABILITY) if plan.core else (NO_CORE_PROBABILITY, NO_CORE_PROBABILITY)
        rows.append(
            (
                plan.cluster_id,
                plan.formation,
                plan.cooperation,
                plan.rd,
                *plan.value_added,
                plan.production,
                "yes" if plan.core else "no",
                core,
                cc,
                pp,
                plan.outside_knowledge,
                plan.turnover,
            )
        )
    return to_csv(header, rows)


def write(seed: int, out: Path) -> None:
    """Write the dataset into ``out/dataset`` and the planted truth and defects beside it."""
    world = build(seed)
    links = link_rows(world)
    activity = activity_rows(world, np.random.default_rng([seed, 1]))
    defects = plant_defects(world, links, activity)
    folder = out / "dataset"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "participants.csv").write_bytes(participants_csv(world).encode("utf-8-sig"))
    (folder / "links.csv").write_bytes(to_csv(LINKS_HEADER, links, ";").encode("utf-8"))
    (folder / "activity.csv").write_bytes(to_csv(ACTIVITY_HEADER, activity.values(), ";").encode("cp1251"))
    (folder / "measures.csv").write_bytes(measures_csv().encode("utf-8"))
    write_clusters(folder / "clusters.xlsx")
    (out / "planted_truth.csv").write_bytes(truth_csv(world).encode("utf-8"))
    fields = Defect.__slots__
    rows = [[getattr(defect, name) for name in fields] for defect in defects]
    (out / "planted_defects.csv").write_bytes(to_csv(fields, rows).encode("utf-8"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description="Write the synthetic example dataset.")
    parser.add_argument("--seed", type=int, default=2024, help="seed of every draw (default 2024)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    options = parser.parse_args(arguments)
    write(options.seed, options.out)
    sys.stdout.write(f"Wrote the synthetic example into {options.out}\n")


if __name__ == "__main__":
    main()
