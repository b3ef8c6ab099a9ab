"""From the raw tables of one cluster to a policy note of two pages, in Markdown and HTML.

Usage: ``python examples/policy_note.py DATA --cluster ID --out DIR [--lang en|ru]``. DATA is what ``analyze``
reads; of it only the cluster's members, their links and their activity are used. Every sentence and figure of
the note comes from a table of the result, so each can be looked up there.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import pandas as pd

import clustercoop
from clustercoop.analysis.results import Result
from clustercoop.graph.columns import output_column
from clustercoop.graph.texts import term, terms, text
from clustercoop.reports.numbers import show
from clustercoop.reports.people import asked_cells, asked_of, for_people
from clustercoop.reports.words import Words

FIGURES = ("cooperation_ratio", "rd_per_employee", "value_added_per_employee", "ecosystem_type")
REQUESTS = 3
LINKS = 8
PAGE = """<!doctype html>
<html lang="{{ lang }}"><meta charset="utf-8"><title>{{ title }}</title>
<style>@page{size:A4;margin:14mm}body{font:10pt/1.35 sans-serif;max-width:180mm;margin:auto;color:#111}
h1{font-size:15pt;margin:0 0 2mm}h2{font-size:11pt;margin:4mm 0 1mm;color:#124}p,ul{margin:1mm 0}
table{border-collapse:collapse;width:100%;font-size:9pt}td,th{border-bottom:1px solid #bbb;padding:.6mm 1.5mm;
text-align:left;vertical-align:top}</style>
<h1>{{ title }}</h1>
{% for part in parts %}<h2>{{ part.heading }}</h2>
{% for line in part.lines %}<p>{{ line }}</p>
{% endfor %}{% if part.rows %}<table><tr>{% for head in part.heads %}<th>{{ head }}</th>{% endfor %}</tr>
{% for row in part.rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>{% endif %}
{% endfor %}</html>
"""


class Part(NamedTuple):
    """One part of the note: a heading, sentences, and a table."""

    heading: str
    lines: list[str]
    heads: list[str]
    rows: list[list[str]]


def of_one_cluster(data: Path, cluster: str) -> clustercoop.SupplyGraph:
    """Return what concerns one cluster, rows that were rejected and leave figures open included."""
    graph = clustercoop.load(data)
    tables = graph.to_tables()
    people = tables["participants"]
    members = set(people.loc[people["cluster_id"] == cluster, "participant_id"])
    links, activity = tables["links"], tables["activity"]
    mine = links["supplier_id"].isin(members) | links["buyer_id"].isin(members)
    own = {
        name: frame[frame["cluster_id"] == cluster]
        for name, frame in tables.items()
        if name in ("clusters", "indicators", "measures")
    }
    partners = set(links.loc[mine, "supplier_id"]) | set(links.loc[mine, "buyer_id"]) - members
    known = people["participant_id"].isin(partners) & people["cluster_id"].isna()
    kept = {
        "participants": people[(people["cluster_id"] == cluster) | known],
        "links": links[mine],
        "activity": activity[activity["participant_id"].isin(members)],
        "unsettled": tables["unsettled"],
        **own,
    }
    held = {name: frame.reset_index(drop=True) for name, frame in kept.items() if len(frame)}
    return clustercoop.SupplyGraph.from_tables(held, currency=graph.currency)


def parts(result: Result, cluster: str, lang: str) -> list[Part]:
    """Return the parts of the note in their order."""
    years = result.formations[result.formations["cluster_id"] == cluster].sort_values("year")
    last = int(years["year"].max())

    def rows(table: str, *, all_years: bool = False) -> list[dict[str, Any]]:
        frame = for_people(result, table, lang)
        frame = frame[(frame["cluster_id"] == cluster) & (all_years | (frame["year"] == last))]
        return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]

    def heading(table: str) -> str:
        return text(f"report.caption_{table}", lang)

    words = Words(lang)
    money = over_years = words.money(result.graph.currency)
    if any(finding.code == "prices_nominal" for finding in result.findings):
        over_years = words("money_nominal", unit=money)

    def label(table: str, column: str) -> str:
        held = output_column(table, column)
        unit = f", {over_years if table == 'formations' else money}" if held.unit else ""
        return f"{held.label(lang)}{unit}"

    [card] = rows("support_cards")
    [beside] = rows("functional_dependence")
    heads = [label("formations", "year"), *(label("formations", name) for name in FIGURES)]
    series = [
        [str(row["year"]), *(cell(row, name, lang) for name in FIGURES)] for row in years.to_dict("records")
    ]
    checks = [row for row in rows("eligibility") if row["status"] == "sourced" and row["verdict"] != "pass"]
    warned = [row for row in rows("early_warnings", all_years=True) if row["state"] == "yes"]
    changes = [
        [
            terms(str(row["rule"]), lang),
            *(result.graph.names.get(str(row[end]), "…") for end in ("supplier_id", "buyer_id")),
            show(row["value"], "money", lang),
        ]
        for row in rows("eligibility_links")
    ]
    cut = [text("report.shown", lang, shown=LINKS, total=len(changes))] if len(changes) > LINKS else []
    asked = [
        f"{asked_cells(row, lang)}: {asked_of(row, result.graph.names, lang)}, {row.year}"
        for row in result.requests.head(REQUESTS).itertuples(index=False)
    ]
    return [
        Part(text("report.nav_types", lang), [str(card["because"]), str(beside["beside"])], heads, series),
        Part(
            heading("early_warnings"),
            [f"{row['year']}: {term(str(row['warning']), lang)}. {row['because']}" for row in warned]
            or [text("report.no", lang)],
            [],
            [],
        ),
        Part(
            heading("eligibility"),
            [],
            [label("eligibility", name) for name in ("requirement", "verdict", "because")],
            [
                [str(row["requirement"]), term(str(row["verdict"]), lang), told(row["because"])]
                for row in checks
            ],
        ),
        Part(
            heading("eligibility_links"),
            [text("report.reading_eligibility_links", lang), *cut] if changes else [text("report.no", lang)],
            [label("eligibility_links", name) for name in ("rule", "supplier_id", "buyer_id", "value")],
            changes[:LINKS],
        ),
        Part(
            heading("support_suggested"),
            [],
            [label("support_suggested", name) for name in ("category", "measure")],
            [[term(str(row["category"]), lang), str(row["measure"])] for row in rows("support_suggested")],
        ),
        Part(label("support_cards", "missing"), [str(card["missing"]), *asked], [], []),
    ]


def cell(row: dict[Any, Any], name: str, lang: str) -> str:
    """Return a figure, its bounds where only they are known, or a dash."""
    kind = output_column("formations", name).kind
    if kind == "term":
        return term(row[name], lang) if isinstance(row[name], str) else show(None, kind, lang)
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    if pd.isna(row[name]) and not (pd.isna(low) or pd.isna(high)):
        return f"{show(low, kind, lang)} … {show(high, kind, lang)}"
    return show(row[name], kind, lang)


def told(value: object) -> str:
    """Return a sentence, "" where there is none."""
    return value if isinstance(value, str) else ""


def markdown(title: str, note: list[Part]) -> str:
    """Return the note as Markdown."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(one.replace("|", "\\|") for one in cells) + " |"

    out = [f"# {title}"]
    for part in note:
        out += ["", f"## {part.heading}", *(f"\n{one}" for one in part.lines)]
        if part.rows:
            out += ["", line(part.heads), line(["---"] * len(part.heads)), *(line(row) for row in part.rows)]
    return "\n".join(out) + "\n"


def write_note(data: Path, cluster: str, out: Path, lang: str, nulls: int = 199) -> Result:
    """Analyse one cluster and write ``note.md`` and ``note.html``."""
    result = clustercoop.analyze(of_one_cluster(data, cluster), lang=lang, nulls=nulls)
    note = parts(result, cluster, lang)
    title = result.graph.cluster_names[cluster]
    out.mkdir(parents=True, exist_ok=True)
    (out / "note.md").write_text(markdown(title, note), "utf-8")
    page = jinja2.Environment(autoescape=True).from_string(PAGE)
    (out / "note.html").write_text(page.render(title=title, parts=note, lang=lang), "utf-8")
    return result


def main() -> None:
    """Read the command line and write the note."""
    parser = argparse.ArgumentParser(description="A policy note of two pages on one cluster.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lang", default="en")
    asked = parser.parse_args()
    write_note(asked.data, asked.cluster, asked.out, asked.lang)


if __name__ == "__main__":
    main()
