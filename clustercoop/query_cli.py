"""The command that asks a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from clustercoop.graph.texts import said, text
from clustercoop.language_cli import in_language
from clustercoop.usage import misused

_FORMATS: Final = ["table", "csv", "json", "parquet", "xlsx", "graphml"]


@click.command(add_help_option=False)
@click.argument("name", required=False)
@click.option("--cypher", help="A Cypher statement that only reads, instead of a name.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file with one.")
@click.option("--store", help="file.kgl, neo4j://host or bolt://host; without a query a prompt opens on it.")
@click.option("--param", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter; may be repeated.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table")
@click.option("--out", type=click.Path(path_type=Path), help="File for the rows; standard output otherwise.")
@click.option(
    "--view", type=click.Path(path_type=Path), help="An .html page of the answer's nodes and links."
)
@click.option("--limit", type=click.IntRange(1), default=10_000, show_default=True, help="Most rows.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=30.0, show_default=True)
@click.option("--memory", type=click.IntRange(16), help="Megabytes that a query on a file may take (2048).")
@click.option("--list", "listing", is_flag=True, help="List the named queries and their parameters.")
@click.option("--help", "helping", is_flag=True, help="Help; after the NAME of a query, what it takes.")
@in_language
@click.pass_context
def query(
    ctx: click.Context,
    name: str | None,
    cypher: str | None,
    file: Path | None,
    store: str | None,
    pairs: tuple[str, ...],
    form: Any,
    out: Path | None,
    view: Path | None,
    limit: int,
    timeout: float,
    memory: int | None,
    listing: bool,
    helping: bool,
    lang: str,
) -> None:
    """Run a named query of the cookbook, or Cypher of your own that only reads, on a store."""
    import clustercoop
    from clustercoop.cookbook import parse_named_pairs, parse_pairs
    from clustercoop.query_help import query_lines
    from clustercoop.query_rows import format_rows

    if helping:
        click.echo(ctx.get_help() if name is None else _query_help(name, store, lang))
        return
    if listing:
        for line in query_lines(lang):
            click.echo(line)
        return
    given = sum(what is not None for what in (name, cypher, file))
    if store is None or given > 1:
        raise misused("query")
    if given == 0:
        _prompt(store, timeout, limit, memory, lang)
        return
    if form in ("parquet", "xlsx", "graphml") and out is None:
        raise misused("no_text", format=form)
    statement = file.read_text("utf-8") if file else cypher
    params = parse_named_pairs(pairs) if name else parse_pairs(pairs)
    rows = clustercoop.query(
        store, name, cypher=statement, params=params, timeout=timeout, limit=limit, memory=memory
    )
    if "note" in rows.attrs:
        click.echo(f"clustercoop: {said(rows.attrs['note'], lang)}", err=True)
    if view is not None:
        from clustercoop.query_files import write_rows

        write_rows(rows, view.with_suffix(".html"), _year(params))
        click.echo(text("store.page", lang, file=view.with_suffix(".html")), err=True)
    if out is not None:
        from clustercoop.query_files import save_rows

        save_rows(rows, out, form, _year(params))
    elif view is None:
        click.echo(format_rows(rows, form, lang), nl=False)


def _year(params: dict[str, Any]) -> int | None:
    text = str(params.get("year", ""))
    return int(text) if text.isdigit() else None


def _query_help(name: str, store: str | None, lang: str) -> str:
    from clustercoop.cookbook import get_query
    from clustercoop.graph.stores.uri import open_store
    from clustercoop.query_help import example_parameters, query_help

    asked = get_query(name)
    if store is None:
        return query_help(asked, {p.name: "…" for p in asked.parameters if p.required}, lang)
    with open_store(store) as opened:
        return query_help(asked, example_parameters(opened, asked), lang)


def _prompt(store: str, timeout: float, limit: int, memory: int | None, lang: str) -> None:
    from clustercoop.graph.stores.uri import open_store
    from clustercoop.prompt import Session, converse

    with open_store(store, **({} if memory is None else {"memory": memory})) as opened:
        session = Session(opened, click.echo, timeout=timeout, limit=limit, lang=lang)
        if not converse(session, Path(click.get_app_dir("clustercoop")) / "history"):
            raise misused("query")
