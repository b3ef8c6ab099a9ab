"""The command that sets scenarios beside the data as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from clustercoop.graph.texts import languages, term, text
from clustercoop.usage import misused

if TYPE_CHECKING:
    from clustercoop.scenarios import WhatIf

SIDES: Final = ("before", "after")
_UNCHANGED: Final = 1e-12


@click.command()
@click.argument("source", metavar="DIR")
@click.option("--remove", multiple=True, metavar="P", help="A participant that stops; may be repeated.")
@click.option("--add", multiple=True, metavar="S:B:VALUE", help="A supply that is added; may be repeated.")
@click.option("--set", "put", multiple=True, metavar="P.COLUMN=VALUE", help="A figure; may be repeated.")
@click.option(
    "--scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A TOML of scenarios."
)
@click.option("--year", "years", type=int, multiple=True, help="Year of the changes; by default the latest.")
@click.option("--cluster", help="Tell of this cluster alone; without changes, try each removal in it.")
@click.option("--target", type=click.FloatRange(0, 1, min_open=True), help="Cooperation ratio to reach.")
@click.option("--model", is_flag=True, help="Fit the formation model of the results again as well.")
@click.option("--out", type=click.Path(path_type=Path), help="A .csv or .json file for the tables as well.")
@click.option("--lang", type=click.Choice(languages()), default="en", show_default=True)
def whatif(
    source: str,
    remove: tuple[str, ...],
    add: tuple[str, ...],
    put: tuple[str, ...],
    scenario: Path | None,
    years: tuple[int, ...],
    cluster: str | None,
    target: float | None,
    model: bool,
    out: Path | None,
    lang: str,
) -> None:
    """Set DIR, results of analyze or a dataset, beside what it would be with changes."""
    import clustercoop

    if out is not None and out.suffix not in (".csv", ".json"):
        raise misused("csv_or_json")
    found = clustercoop.whatif(
        source,
        scenario,
        remove=remove,
        add=add,
        put=put,
        years=years,
        cluster=cluster,
        target=target,
        model=model,
    )
    for line in lines(found, lang):
        click.echo(line)
    if out is not None:
        _write(found, out)


def lines(found: WhatIf, lang: str) -> Iterator[str]:
    """Yield what was found as people read it: what changes, what is lost, what to add."""
    from clustercoop.graph.columns import output_column
    from clustercoop.reports.numbers import is_unknown, show
    from clustercoop.reports.reasons import gap_sentence

    reasons = {
        (g.scenario, g.side, g.cluster_id, g.year, g.column): (g.code, g.value, g.detail)
        for g in found.gaps.itertuples()
        if g.participant_id == ""
    }
    names = found.graph.cluster_names
    place: Any = None
    for row in found.figures.to_dict("records"):
        here = (row["scenario"], row["cluster_id"], row["year"])
        of_cluster = row["year"] is None or row["year"] != row["year"]
        if here != place:
            yield _heading(row, names, "" if of_cluster else row["year"], lang)
            place = here
        column = output_column("clusters" if of_cluster else "formations", row["column"])
        sides = []
        for side in SIDES:
            # A column of nothing but unknown figures holds NaN.
            value, code = None if is_unknown(row[side]) else row[side], row[f"unknown_{side}"]
            why = reasons.get((here[0], side, here[1], here[2], row["column"]), (code, "", ""))
            told = "" if not code else f" ({gap_sentence(why, lang)})"
            none = text("whatif.none" if not code and column.empty == "none" else "whatif.unknown", lang)
            if column.kind in ("term", "level") and value is not None:
                value = term(value, lang)
            sides.append(none + told if value is None else show(value, column.kind, lang))
        moved = row["change"] is not None and abs(row["change"]) > _UNCHANGED  # NaN is no move
        if sides[0] == sides[1] and not moved:
            yield f"  {column.label(lang)}: {sides[0]} {text('whatif.same', lang)}"
        else:
            yield f"  {column.label(lang)}: {sides[0]} → {sides[1]}"
    if len(found.figures) and "formation_verdict" not in set(found.figures["column"]):
        yield text("whatif.no_model", lang)
    yield from _losses(found, lang)
    yield from _plans(found, lang)


def _heading(row: Mapping[Any, Any], names: dict[str, str], year: Any, lang: str) -> str:
    scenario = f"{row['scenario']}: " if row["scenario"] else ""
    cluster = names.get(row["cluster_id"], row["cluster_id"])
    return f"{scenario}{cluster}, {year or text('whatif.all_years', lang)}"


def _losses(found: WhatIf, lang: str) -> Iterator[str]:
    from clustercoop.graph.findings import Finding, listed
    from clustercoop.reports.numbers import percent, show

    for key, rows in found.losses.groupby(["scenario", "cluster_id", "year"], sort=False):
        yield _heading(rows.iloc[0].to_dict(), found.graph.cluster_names, key[2], lang)
        yield f"  {text('whatif.lost' if key[0] else 'whatif.worst', lang)}"
        for row in rows.to_dict("records"):
            if row["code"]:
                yield "    " + Finding(row["code"], detail=listed(row["detail"])).message(lang)
                continue
            who = ", ".join(
                f"{found.graph.names.get(one, one)} ({one})" for one in row["participants"].split("; ")
            )
            shares = {k: percent(row[k], lang) for k in ("share_lost", "own_share", "downstream", "upstream")}
            yield "    " + text(
                "whatif.loss", lang, who=who, output=show(row["output_lost"], "money", lang), **shares
            )
    if len(found.losses):
        yield f"  {text('whatif.assumptions', lang)}"


def _plans(found: WhatIf, lang: str) -> Iterator[str]:
    from clustercoop.graph.findings import Finding
    from clustercoop.reports.numbers import is_unknown, percent, show

    names = found.graph.names
    for key, rows in found.plans.groupby(["scenario", "cluster_id", "year"], sort=False):
        first = rows.iloc[0].to_dict()
        target = percent(first["target"], lang)
        yield _heading(first, found.graph.cluster_names, key[2], lang)
        if first["code"]:
            figures = (first["need"], first["reachable"])
            told = ["" if is_unknown(figure) else f"{figure:.15g}" for figure in figures]
            yield f"  {text('whatif.target', lang, target=target)}: " + Finding(
                first["code"], value=told[0], detail=told[1]
            ).message(lang)
            continue
        proven = "whatif.fewest" if first["links"] == first["at_least"] else "whatif.few"
        counts = {"count": int(first["links"]), "least": int(first["at_least"])}
        yield f"  {text('whatif.target', lang, target=target)}: {text(proven, lang, **counts)}"
        for row in rows.to_dict("records"):
            ends = [f"{names.get(i, i)} ({i})" for i in (row["supplier_id"], row["buyer_id"])]
            yield f"    {ends[0]} → {ends[1]}: {show(row['value'], 'money', lang)}"
    if len(found.plans):
        yield f"  {text('whatif.plan_assumptions', lang)}"


def _write(found: WhatIf, out: Path) -> None:
    """Write the tables: one JSON, or a CSV of the figures with those of losses and plans beside it."""
    from clustercoop.outputs import write_csv, written_aside
    from clustercoop.reports.numbers import raw

    tables = {"figures": found.figures, "losses": found.losses, "plans": found.plans}
    if out.suffix == ".json":
        told = {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
        with written_aside(out) as aside:
            aside.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
        return
    # The two sides hold figures and words in one column.
    figures = found.figures
    tables["figures"] = figures.assign(**{side: figures[side].map(raw, na_action="ignore") for side in SIDES})
    held = {name: table for name, table in tables.items() if len(table)}
    for number, (name, table) in enumerate(held.items()):
        path = out if number == 0 else out.with_name(f"{out.stem}.{name}.csv")
        with written_aside(path) as aside:
            write_csv(table, aside)
