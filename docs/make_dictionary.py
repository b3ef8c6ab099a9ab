"""Write docs/data-dictionary.md from schema, output columns, settings and the catalogue of findings.

Usage: ``python docs/make_dictionary.py`` after a change of ``graph/*.csv``; ``--check`` only compares.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from clustercoop.graph.settings import DOMAINS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "data-dictionary.md"
INTRO = """# Data dictionary

Made from `graph/schema.csv`, `graph/output_columns.csv`, `graph/settings.py` and `graph/finding_codes.csv` by
`python docs/make_dictionary.py`. Do not edit it by hand.

## What is read

A header is matched without regard to case, ё/е, spaces, punctuation and units. Money is kept in millions
of one currency; a unit in the header ("thousand", "тыс. руб.", "млрд руб.", "%") is converted. Columns
marked * are needed; those marked (k) make the key of a row.
"""


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of ``graph/``."""
    with (ROOT / "graph" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cell(text: str) -> str:
    r"""Return `text` fit for a cell of a Markdown table.

    Examples
    --------
    >>> cell("a|b")
    'a\\|b'
    """
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").strip()


def theory(anchor: str) -> str:
    """Return a link to the heading of ``docs/theory`` that defines a column."""
    page, _, heading = anchor.partition("#")
    return f"[{heading}](theory/{page}#{heading})"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    titles = list(header)
    yield "| " + " | ".join(titles) + " |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def page() -> str:
    """Return the whole page."""
    lines = [INTRO]
    schema = read("schema")
    for name in dict.fromkeys(row["table"] for row in schema):
        lines += [f"### {name}", ""]
        lines += table(
            ("column", "type", "unit", "meaning", "смысл", "other headers understood"),
            (
                (
                    f"`{row['column']}`"
                    + (" *" if row["required"] != "no" else "")
                    + (" (k)" if row["key"] == "yes" else ""),
                    row["type"],
                    row["unit"],
                    cell(row["meaning_en"]),
                    cell(row["meaning_ru"]),
                    cell(", ".join(f"{row['aliases_en']}|{row['aliases_ru']}".strip("|").split("|"))),
                )
                for row in schema
                if row["table"] == name
            ),
        )
    lines += ["## What is written", "", "An empty cell is unknown; a finding says why.", ""]
    lines += [
        "`participants.csv` has `cluster_name` and `participant_name` beside the ids, where names are known.",
        "",
    ]
    output = read("output_columns")
    for name in dict.fromkeys(row["table"] for row in output):
        lines += [f"### {name}.csv", ""]
        lines += table(
            ("column", "kind", "range", "label", "подпись", "meaning", "смысл", "theory"),
            (
                (
                    f"`{row['column']}`",
                    row["kind"],
                    f"{row['low']} … {row['high']}" if row["low"] + row["high"] else "",
                    *(cell(row[key]) for key in ("label_en", "label_ru", "meaning_en", "meaning_ru")),
                    theory(row["theory"]),
                )
                for row in output
                if row["table"] == name
            ),
        )
    lines += [
        "## Settings",
        "",
        "Arguments of `analyze` and fields of `Settings`; options of the command line as `--core-weights`.",
        "",
    ]
    lines += table(
        ("setting", "default", "may be", "meaning"),
        (
            (f"`{name}`", f"`{default!r}`", domain.must(type(default)), cell(domain.help))
            for name, (default, domain) in DOMAINS.items()
        ),
    )
    lines += [
        "## Findings",
        "",
        "`error`: data were lost or made unknown. `warning`: used, but suspicious, or a figure is unknown.",
        "`info`: told only.",
        "",
    ]
    codes = sorted(read("finding_codes"), key=lambda row: row["code"])
    lines += table(
        ("code", "severity", "message", "сообщение", "what is done", "что сделано"),
        (
            (
                f"`{row['code']}`",
                row["severity"],
                *(cell(row[key]) for key in ("en", "ru", "action_en", "action_ru")),
            )
            for row in codes
        ),
    )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` tell whether it is up to date."""
    if "--check" in arguments:
        return int(not PAGE.is_file() or PAGE.read_text("utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
