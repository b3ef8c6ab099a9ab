"""Write a catalogue to translate: every text of the program with its id, in English.

Usage: ``python docs/make_language.py de`` writes ``graph/text/de.csv``; translate its second column and keep
the places in braces. A text that a language already has is kept, so that the same command adds what is new.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from clustercoop.analysis.support import support_measures
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.analysis.verdicts.features import feature_list
from clustercoop.cookbook import list_queries
from clustercoop.graph.columns import ASKED, TABLES, output_columns, policy_tables
from clustercoop.graph.findings import catalogue
from clustercoop.graph.texts import BASE, entries, languages

FOLDER = Path(__file__).resolve().parents[1] / "graph" / "text"


def every_text() -> dict[str, str]:
    """Return id → English text of the catalogue and of the rows of data that carry their own texts."""
    texts = dict(entries(BASE))
    for column in (c for table in (*TABLES, *policy_tables(), *ASKED) for c in output_columns(table)):
        texts[f"column.{column.table}.{column.column}.label"] = column.label(BASE)
        texts[f"column.{column.table}.{column.column}.meaning"] = column.meaning(BASE)
    for query in list_queries().values():
        told = (query.purpose, *(p.meaning for p in query.parameters), *query.returns.values())
        texts |= {f"query.{words}": words for words in told}
    for code in catalogue().values():
        texts[f"finding.{code.code}"] = code.sentence(BASE)
        texts[f"finding.{code.code}.action"] = code.action(BASE)
    for feature in feature_list():
        texts[f"feature.{feature.name}.label"] = feature.label(BASE)
        texts[f"feature.{feature.name}.reason"] = feature.reason(BASE)
    for row in support_measures().itertuples(index=False):
        texts[f"support.{row.ecosystem_type}.{row.category}"] = str(row.en)
    shipped = load_thresholds()
    texts |= {origin.id: origin.told(BASE) for origin in (shipped.origin, shipped.rule_origin)}
    return texts


def write_catalogue(path: Path, texts: dict[str, str]) -> None:
    """Write id and text, one a row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "text"))
        writer.writerows(texts.items())


def main(arguments: list[str]) -> int:
    """Write the catalogue of the language named."""
    [lang] = arguments
    known = entries(lang) if lang in languages() else {}
    write_catalogue(FOLDER / f"{lang}.csv", {id: known.get(id, text) for id, text in every_text().items()})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
