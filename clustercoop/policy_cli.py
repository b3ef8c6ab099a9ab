"""Commands of the policy layer."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

import click

from clustercoop.comparing_cli import compare
from clustercoop.graph.texts import decimal_point, languages, term, text
from clustercoop.greening_cli import bubble
from clustercoop.scenarios_cli import whatif
from clustercoop.usage import misused

_FIGURE: Final = re.compile(r"[-+.\de]*\d(?:…[-+.\de]*)?|…[-+.\de]+")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--results", type=click.Path(path_type=Path), required=True, help="A folder that analyze wrote."
)
@click.option(
    "--from-report",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Instead of FILE: a Markdown report whose sentences are proposed as claims (TOML), to be confirmed.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="A .csv file for the verdicts, a .toml for proposals."
)
@click.option("--lang", type=click.Choice(languages()), default="en", show_default=True)
def claims(file: Path | None, results: Path, from_report: Path | None, out: Path | None, lang: str) -> None:
    """Hold the claims in FILE (TOML) against results; exit 1 when one of them is contradicted."""
    import clustercoop
    from clustercoop.analysis.policy.claims import NOMINAL
    from clustercoop.outputs import write_csv, written_aside

    if (file is None) == (from_report is None):
        raise misused("file_or_report")
    if from_report is not None:
        proposed = clustercoop.propose_claims(from_report, results, lang=lang)
        if not proposed:
            click.echo(text("claims.none", lang), err=True)
        if out is None:
            click.echo(proposed, nl=False)
        else:
            with written_aside(out, ".toml") as aside:
                aside.write_text(proposed, "utf-8")
        return
    assert file is not None
    judged = clustercoop.claims(file, results)
    for row in judged.to_dict("records"):
        click.echo(f"{term(row['verdict'], lang)}: {row['claim']}. {row['says']}".rstrip())
        for side in ("for", "against", "missing"):
            if row[side]:
                shown = _spoken(row[side], lang).replace(NOMINAL, f" ({text('claims.nominal', lang)})")
                click.echo(f"    {text(f'claims.{side}', lang)}: {shown}")
    if out is not None:
        with written_aside(out, ".csv") as aside:
            write_csv(judged, aside)
    if (judged["verdict"] == "contradicted").any():
        sys.exit(1)


def _spoken(shown: str, lang: str) -> str:
    """Return what was seen, its words and decimals in a language; ids before it stay as they are."""

    def words(found: re.Match[str]) -> str:
        return ", ".join(_said(part, lang) for part in found[0].split(", "))

    return re.sub(r"(?<=: |→ )[^;→(]+?(?= →| \(|; |$)", words, shown)


def _said(value: str, lang: str) -> str:
    if value == "unknown":
        return text("whatif.unknown", lang)
    return decimal_point(value, lang) if _FIGURE.fullmatch(value) else term(value, lang)


COMMANDS: Final = (bubble, claims, compare, whatif)
