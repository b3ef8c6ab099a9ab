"""A page speaks one language: a word of another on it comes from the data, a code or a formula."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from clustercoop.analysis.policy.requirements import read_rules
from clustercoop.analysis.support import support_measures
from clustercoop.graph.columns import TABLES, output_columns, policy_tables
from clustercoop.graph.findings import catalogue
from clustercoop.graph.schema import tables
from clustercoop.graph.settings import DOMAINS
from clustercoop.graph.texts import entries
from clustercoop.reports.markdown import render_markdown
from clustercoop.reports.network import render_view, view_name
from clustercoop.reports.sections.provenance import methods
from clustercoop.reports.workbook import write_workbook
from tests.builders import example, example_report
from tests.reports.test_third_language import shown

WRITTEN = (*TABLES, *policy_tables())
LATIN, CYRILLIC = r"[A-Za-z]{3,}", r"[А-Яа-яЁё]{3,}"


@cache
def of_data() -> frozenset[str]:
    """Return the words that the data bring: cells, names of files, tables, columns and settings, sources."""
    result = example()
    texts = [*DOMAINS, *map(str, result.settings.to_dict().values()), repr(result.provenance)]
    texts += [choice for _, domain in DOMAINS.values() for choice in domain.choices]
    texts += [name for table in tables().values() for name in (table.name, *table.names)]
    # Columns of the input that a requirement hangs on, those of the contract or not yet of it.
    rules = [rule for rule in read_rules() if rule.kind == "never_in_data"]
    texts += [name for rule in rules for name in rule.entry.texts("missing")]
    for frame in (*result.graph.to_tables().values(), result.rejected):
        texts += [str(value) for name in frame.columns for value in frame[name].dropna().unique()]
    texts += [
        entry[part] for group in methods("en") for entry in group["entries"] for part in ("formula", "source")
    ]
    texts += [
        f"{finding.value} {finding.detail} {finding.column}" for finding in result.findings if finding.file
    ]
    texts += [f"{name}.csv" for name in (*WRITTEN, "findings", "rejected", "gaps")]
    texts += [view_name(cluster) for cluster in result.graph.cluster_ids]
    return frozenset(re.findall(f"{LATIN}|{CYRILLIC}", " ".join(texts)))


def foreign(text: str, lang: str) -> list[str]:
    """Return the words of another language on a page in `lang`."""
    letters = {"ru": LATIN, "en": CYRILLIC}[lang]
    ours = set(re.findall(letters, " ".join(entries(lang).values())))
    columns = [column for table in WRITTEN for column in output_columns(table)]
    told = [f"{column.label(lang)} {column.meaning(lang)}" for column in columns]
    told += [str(measure) for measure in support_measures()[lang]]
    ours |= set(re.findall(letters, " ".join(told)))
    text = re.sub(r'data-(tip|why)|aria-label|stroke-\w+="\w+"|tabindex|\w+="', " ", text)
    # Digests, keys of the page's own data, and words that a narrow cell cuts.
    text = re.sub(r"\b[0-9a-f]{12,64}\b|\"\w+\":|#\w+|\btrue\b|\w+…", " ", text)
    return sorted(set(re.findall(letters, text)) - ours - of_data())


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_no_word_of_another_language_stands_in_a_report(lang: str, tmp_path: Path) -> None:
    pages = {"report.html": example_report(lang), "report.md": render_markdown(example(), lang)}
    pages["view.html"] = render_view(example(), example().graph.cluster_ids[0], lang=lang)
    for name, page in pages.items():
        (tmp_path / name).write_text(page, "utf-8")
    write_workbook(example(), tmp_path / "report.xlsx", lang)
    found = {file.name: foreign(shown(file), lang) for file in sorted(tmp_path.iterdir())}
    # The second sheet tells which column of the files is meant.
    names = [*WRITTEN, *(column.column for table in WRITTEN for column in output_columns(table))]
    names += catalogue()
    codes = set(re.findall(LATIN, " ".join(names)))
    found["report.xlsx"] = [word for word in found["report.xlsx"] if word not in codes]
    assert not any(found.values()), found
