"""The command that writes forms."""

from __future__ import annotations

from pathlib import Path

import click

from clustercoop.graph.texts import languages


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .xlsx file.")
@click.option("--lang", type=click.Choice(languages()), default="en", show_default=True)
@click.option("--unit", default="", help='Unit of money chosen beforehand, for example "million EUR".')
@click.option(
    "--participants",
    type=click.Path(exists=True, path_type=Path),
    help="A register of participants that the form shall list.",
)
def template(out: Path, lang: str, unit: str, participants: Path | None) -> None:
    """Write a form for participants to fill in; check and analyze read it, or a folder of them."""
    import clustercoop

    path = clustercoop.template(out, lang=lang, unit=unit, participants=participants)
    click.echo(f"form: {path}")
