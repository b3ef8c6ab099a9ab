"""The language of a command line, known before its options are read."""

from __future__ import annotations

from clustercoop.graph.texts import BASE, languages, said


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


def sentence(error: Exception, words: list[str]) -> str:
    """Return the sentence of an error in the language that the words of a command ask for."""
    return said(error, asked_language(words))
