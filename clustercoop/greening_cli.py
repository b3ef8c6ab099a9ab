"""The command that holds emission quotas against results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clustercoop.graph.texts import languages, text

if TYPE_CHECKING:
    import pandas as pd


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--results", type=click.Path(path_type=Path), required=True, help="A folder that analyze wrote."
)
@click.option("--out", type=click.Path(path_type=Path), help="A .csv file for the members; trades beside it.")
@click.option("--lang", type=click.Choice(languages()), default="en", show_default=True)
def bubble(file: Path, results: Path, out: Path | None, lang: str) -> None:
    """Hold the emission quotas in FILE (TOML) against results: who may emit what, at what least cost."""
    import clustercoop
    from clustercoop.greening import trades_of
    from clustercoop.outputs import write_csv, written_aside

    found = clustercoop.bubble(file, results)
    for line in lines(found, lang):
        click.echo(line)
    if out is not None:
        with written_aside(out, ".csv") as aside:
            write_csv(found, aside)
        beside = out.with_name(f"{out.stem}.trades.csv")
        if found.attrs["trades"] or beside.is_file():  # those of an earlier quota must not stay
            with written_aside(beside) as aside:
                write_csv(trades_of(found), aside)


def lines(found: pd.DataFrame, lang: str) -> Iterator[str]:
    """Yield what was found as people read it."""
    from clustercoop.graph.findings import Finding, listed
    from clustercoop.reports.numbers import show

    def number(value: Any) -> str:
        return show(value, "number", lang)

    members = trades = 0
    for size, count in found.attrs["sizes"]:
        rows, made = found[members : members + size], found.attrs["trades"][trades : trades + count]
        members, trades = members + size, trades + count
        first = rows.iloc[0]
        yield f"{first['cluster_id']}, {first['year']}"
        if first["code"]:
            yield "  " + Finding(str(first["code"]), detail=listed(str(first["detail"]))).message(lang)
        if first["within"] == first["within"]:
            verdict = "bubble.within" if first["within"] else "bubble.burst"
            yield "  " + text(verdict, lang, total=number(first["total"]), quota=number(first["quota"]))
        if not first["code"] and not first["within"]:
            figures = {name: number(first[name]) for name in ("cost", "price")}
            alone = first["cost_alone"]
            yield "  " + text("bubble.cost", lang, **figures)
            if alone == alone:
                yield "  " + text("bubble.alone", lang, cost=number(alone))
            for row in rows[rows["abated"] > 0].to_dict("records"):
                places = {"who": row["participant_id"], "tonnes": number(row["abated"])}
                yield f"    {text('bubble.abates', lang, **places)}"
        for _, _, giver, taker, tonnes in made:
            yield f"    {text('bubble.trade', lang, giver=giver, taker=taker, tonnes=number(tonnes))}"
