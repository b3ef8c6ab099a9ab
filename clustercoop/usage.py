"""What is wrong with a command line, said in the language that it asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

from clustercoop.graph.texts import Told, text, told


def misused(id: str, /, **places: Any) -> click.UsageError:
    """Return the error of a wrong call whose sentence is the text ``usage.<id>``.

    Examples
    --------
    >>> misused("no_text", format="xlsx").message
    'xlsx is no text; give --out FILE.'
    """
    return click.UsageError(told(f"usage.{id}", **places))


def show(error: click.UsageError, lang: str) -> None:
    """Print how the command is called and what was wrong, on standard error."""
    if error.ctx is not None:
        path, command = error.ctx.command_path, error.ctx.command
        pieces = " ".join([path, *command.collect_usage_pieces(error.ctx)])
        click.echo(text("usage.call", lang, call=pieces), err=True)
        click.echo(text("usage.help", lang, call=f"{path} --help"), err=True)
    click.echo(f"clustercoop: {sentence(error).said(lang)}", err=True)


def sentence(error: click.UsageError) -> Told:
    """Return what was wrong, of click's errors as of ours.

    Examples
    --------
    >>> sentence(click.NoSuchOption("--output", possibilities=["--outputs"])).said("ru")
    'Параметра --output нет; похожие: --outputs.'
    """
    if isinstance(error, click.BadParameter) and error.param is not None:
        name = (error.param.get_error_hint(error.ctx) if error.ctx else str(error.param.name)).replace(
            "'", ""
        )
        if isinstance(error, click.MissingParameter):
            return told("usage.missing", name=name)
        must = error.message if isinstance(error.message, Told) else _must(error.param.type)
        return told("usage.bad", name=name, must=must)
    if isinstance(error.message, Told):
        return error.message
    if isinstance(error, click.NoSuchOption):
        return unknown("usage.no_option", error.option_name, sorted(error.possibilities or ()))
    if isinstance(error, click.BadOptionUsage):
        flag = "does not take" in error.message  # click tells it in no other way
        return told("usage.no_value" if flag else "usage.value", name=error.option_name)
    if extra := re.search(r"unexpected extra arguments? \((.*)\)", error.message):
        return told("usage.extra", words=extra[1])
    return told("usage.other", why=error.format_message())


def unknown(id: str, name: str, near: Sequence[str]) -> Told:
    """Return the text `id` of a name that is not known, with those that are like it."""
    like = told("usage.near", names=", ".join(near)) if near else ""
    return told(id, name=name, near=like)


def _must(kind: click.ParamType[Any]) -> Told:
    """Return what a value of an option must be."""
    match kind:
        case click.Choice():
            return told("must.one_of", choices=", ".join(map(str, kind.choices)))
        case click.IntRange() | click.FloatRange():
            whole = isinstance(kind, click.IntRange)
            least, most = (None if end is None else f"{end:g}" for end in (kind.min, kind.max))
            if most is None:
                return told("must.whole_from" if whole else "must.from", least=least or 0)
            return told("must.whole_between" if whole else "must.between", least=least or 0, most=most)
        case click.Path():
            return told("must.file")
        case click.Tuple():
            return _must(kind.types[0])
    return told("must.whole" if kind is click.INT else "must.number")
