"""The language of a command line, known before its options are read."""

from __future__ import annotations

from typing import Final

import click

from clustercoop.graph.texts import BASE, languages

in_language: Final = click.option(
    "--lang", type=click.Choice(languages()), default=BASE, show_default=True, help="Language of messages."
)


def asked_language(words: list[str]) -> str:
    """Return the language that the words of a command ask for, which it may not live to read.

    Examples
    --------
    >>> asked_language(["data", "--lang", "ru"]), asked_language(["--lang=xx"])
    ('ru', 'en')
    """
    asked = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "--lang"]
    asked += [word.partition("=")[2] for word in words if word.startswith("--lang=")]
    return asked[-1] if asked and asked[-1] in languages() else BASE
