"""The command that sets two results side by side."""

from __future__ import annotations

from pathlib import Path

import click

from clustercoop.graph.texts import languages, text


@click.command()
@click.argument("before", metavar="OUT1", type=click.Path(path_type=Path))
@click.argument("after", metavar="OUT2", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .html file.")
@click.option(
    "--years", type=(int, int), metavar="Y1 Y2", help="Compare one year of OUT1 with one of OUT2 alone."
)
@click.option("--lang", type=click.Choice(languages()), default="en", show_default=True)
def compare(before: Path, after: Path, out: Path, years: tuple[int, int] | None, lang: str) -> None:
    """Tell what changed between two results of analyze, and which rows of the data differ behind it."""
    from clustercoop.comparing import told_comparison

    for line in told_comparison(before, after, out, years=years, lang=lang).lines():
        click.echo(line)
    click.echo(text("store.page", lang, file=out))
