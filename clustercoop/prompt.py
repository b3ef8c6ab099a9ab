"""A prompt for Cypher on one opened store: named queries, statements, and a few commands.

The file is opened once and its graph stays warm. With a terminal and ``prompt_toolkit`` there is history and
completion; without, lines are read from standard input, so a script can be piped in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from clustercoop.cookbook import (
    get_query,
    list_queries,
    parse_named_pairs,
    parse_pairs,
    run_named,
)
from clustercoop.graph.errors import ClusterCoopError, ParameterError
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.protocol import DEFAULT_LIMIT, DEFAULT_TIMEOUT
from clustercoop.graph.stores.vocabulary import layout
from clustercoop.graph.texts import BASE, refusal, said, text
from clustercoop.query_files import write_rows
from clustercoop.query_help import example_parameters, query_help, query_lines
from clustercoop.query_rows import format_rows

COMMANDS: Final = (
    (":list", "prompt.list"),
    (":help NAME", "prompt.help"),
    (":params [k=v …]", "prompt.params"),
    (":explain STATEMENT", "prompt.explain"),
    (":out [FILE]", "prompt.out"),
    (":quit", "prompt.quit"),
    ("NAME k=v …", "prompt.run"),
)
"""Commands, and the texts that say what they do."""
_KEYWORDS: Final = (
    "MATCH OPTIONAL WHERE RETURN WITH UNWIND ORDER BY LIMIT DISTINCT AS AND OR NOT EXISTS CASE WHEN THEN "
    "ELSE END count sum avg min max collect size coalesce labels type nodes relationships length shortestPath"
).split()


class Session:
    """Runs lines on an opened store; what there is to say goes to `write`.

    Parameters
    ----------
    store : Store
    write : callable
        Called with each text.
    timeout, limit : float, int
        Of every query.
    lang : str
        Language of all that is said.
    """

    def __init__(
        self,
        store: Store,
        write: Callable[[str], None],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        limit: int = DEFAULT_LIMIT,
        lang: str = BASE,
    ) -> None:
        self.store, self.write, self.lang = store, write, lang
        self.bounds: dict[str, Any] = {"timeout": timeout, "limit": limit}
        self.params: dict[str, Any] = {}
        self.out: Path | None = None

    def complete(self, line: str) -> bool:
        """Tell whether `line` can be run as it is: a command, a named query, or Cypher that ends."""
        stripped = line.strip()
        first = stripped.split(maxsplit=1)[0] if stripped else ""
        return not stripped or stripped.startswith(":") or first in list_queries() or stripped.endswith(";")

    def run(self, line: str) -> bool:
        """Run a command or a query; return False when the session is to end."""
        line = line.strip()
        if not line:
            return True
        if line in (":quit", ":exit", ":q"):
            return False
        try:
            self._run(line)
        except ClusterCoopError as error:
            self.write(said(error, self.lang))
        return True

    def _run(self, line: str) -> None:
        command, _, rest = line.partition(" ")
        rest = rest.strip()
        commands = {":list": self._list, ":help": self._help, ":params": self._params}
        commands |= {":explain": self._explain, ":out": self._out}
        if command in commands:
            commands[command](rest)
        elif command.startswith(":"):
            raise refusal(ParameterError, "prompt_command", name=command)
        elif command in list_queries():
            pairs = parse_named_pairs(rest.rstrip(";").split())
            wanted = {p.name for p in get_query(command).parameters}
            held = {name: value for name, value in self.params.items() if name in wanted}
            self._show(run_named(self.store, command, {**held, **pairs}, **self.bounds))
        else:
            self._show(self.store.query(line, self.params, **self.bounds))

    def _show(self, rows: Any) -> None:
        if "note" in rows.attrs:
            self.write(said(rows.attrs["note"], self.lang))
        if self.out is None:
            self.write(str(format_rows(rows, "table", self.lang)).rstrip("\n"))
        else:
            write_rows(rows, self.out)
            self.write(text("prompt.written", self.lang, count=len(rows), file=self.out))

    def _list(self, rest: str) -> None:
        for line in query_lines(self.lang):
            self.write(line)

    def _help(self, rest: str) -> None:
        if rest:
            query = get_query(rest)
            self.write(query_help(query, example_parameters(self.store, query), self.lang))
            return
        width = max(len(command) for command, _ in COMMANDS)
        self.write("\n".join(f"{command:{width}}  {text(id, self.lang)}" for command, id in COMMANDS))

    def _params(self, rest: str) -> None:
        if rest == "-":
            self.params = {}
        else:
            self.params |= parse_pairs(rest.split())
        held = " ".join(f"{name}={value!r}" for name, value in self.params.items())
        self.write(held or text("prompt.no_params", self.lang))

    def _explain(self, rest: str) -> None:
        self.write(self.store.explain(rest, self.params))

    def _out(self, rest: str) -> None:
        self.out = Path(rest) if rest else None
        self.write(text("prompt.out_to" if rest else "prompt.out_here", self.lang, file=rest))


def words(store: Store) -> list[str]:
    """Return what a completion may offer: labels, types, properties, queries, keywords, clusters."""
    labels, types = layout()
    properties = {name for side in (labels, types) for names in side.values() for name in names}
    clusters = store.query("MATCH (c:Cluster) RETURN c.id AS id ORDER BY id")["id"].tolist()
    commands = [command.split()[0] for command, _ in COMMANDS if command.startswith(":")]
    return [*commands, *list_queries(), *_KEYWORDS, *sorted({*labels, *types, *properties}), *clusters]


def statements(lines: Iterator[str], complete: Callable[[str], bool]) -> Iterator[str]:
    r"""Join lines to what can be run; an empty line ends a statement.

    Examples
    --------
    >>> list(statements(iter(["MATCH (n)", "RETURN n;", "RETURN 1;"]), lambda text: text[-1] == ";"))
    ['MATCH (n)\nRETURN n;', 'RETURN 1;']
    """
    held: list[str] = []
    for line in lines:
        held += [line.rstrip("\n")] if line.strip() else []
        joined = "\n".join(held)
        if held and (not line.strip() or complete(joined)):
            yield joined
            held = []
    if held:
        yield "\n".join(held)


def converse(session: Session, history: Path) -> int:
    """Read and run until the end of input; return how many inputs were run."""
    count = 0
    if not sys.stdin.isatty():
        for asked in statements(iter(sys.stdin), session.complete):
            count += 1
            if not session.run(asked):
                break
        return count
    try:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import FileHistory
    except ImportError as error:
        from clustercoop.graph.errors import MissingExtraError

        raise refusal(MissingExtraError, "no_prompt") from error
    history.parent.mkdir(parents=True, exist_ok=True)
    completer = WordCompleter(words(session.store), ignore_case=True)
    prompt: PromptSession[str] = PromptSession(history=FileHistory(str(history)), completer=completer)
    session.write(text("prompt.begin", session.lang))

    def lines() -> Iterator[str]:
        while True:
            try:
                yield prompt.prompt("> ")
            except KeyboardInterrupt:
                continue
            except EOFError:
                return

    for asked in statements(lines(), session.complete):
        count += 1
        if not session.run(asked):
            break
    return count
