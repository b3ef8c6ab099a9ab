"""The command that writes forms."""

from __future__ import annotations

from pathlib import Path

import click

from clustercoop.graph.texts import languages, text


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The .xlsx file; a folder with --each."
)
@click.option("--lang", type=click.Choice(languages()), default="en", show_default=True)
@click.option("--unit", default="", help='Unit of money chosen beforehand, for example "million EUR".')
@click.option(
    "--participants",
    type=click.Path(exists=True, path_type=Path),
    help="A register of participants that the form shall list.",
)
@click.option("--each", is_flag=True, help="One form for each member in the register, its names filled in.")
@click.option("--year", "years", type=int, multiple=True, help="With --each: a year to give figures of.")
def template(
    out: Path, lang: str, unit: str, participants: Path | None, each: bool, years: tuple[int, ...]
) -> None:
    """Write a form for participants to fill in; check and analyze read it, or a folder of them."""
    import clustercoop

    path = clustercoop.template(out, lang=lang, unit=unit, participants=participants, each=each, years=years)
    click.echo(text("store.forms" if each else "store.form", lang, file=path))
