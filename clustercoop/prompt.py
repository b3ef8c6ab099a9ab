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
    example_parameters,
    format_rows,
    get_query,
    list_queries,
    parse_named_pairs,
    parse_pairs,
    query_help,
    run_named,
)
from clustercoop.graph.errors import ClusterCoopError, ParameterError
from clustercoop.graph.stores.protocol import DEFAULT_LIMIT, DEFAULT_TIMEOUT, Store
from clustercoop.graph.stores.vocabulary import layout
from clustercoop.graph.texts import BASE, refusal, said
from clustercoop.query_files import write_rows

HELP: Final = """:list               the named queries
:help NAME          what a named query takes and returns, with an example
:params [k=v …]     parameters of Cypher statements; without any, show them; - forgets them
:explain STATEMENT  how the engine would run it
:out [FILE]         write the next answers to FILE, by its ending (.csv .json .parquet .xlsx .graphml
                    .gexf .html); without FILE, show them again
:quit               leave

NAME k=v …          run a named query; anything else is Cypher and ends with ; or an empty line"""
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
        Language of refusals.
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

    def complete(self, text: str) -> bool:
        """Tell whether `text` can be run as it is: a command, a named query, or Cypher that ends."""
        stripped = text.strip()
        first = stripped.split(maxsplit=1)[0] if stripped else ""
        return not stripped or stripped.startswith(":") or first in list_queries() or stripped.endswith(";")

    def run(self, text: str) -> bool:
        """Run a command or a query; return False when the session is to end."""
        text = text.strip()
        if not text:
            return True
        if text in (":quit", ":exit", ":q"):
            return False
        try:
            self._run(text)
        except ClusterCoopError as error:
            self.write(said(error, self.lang))
        return True

    def _run(self, text: str) -> None:
        command, _, rest = text.partition(" ")
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
            self._show(self.store.query(text, self.params, **self.bounds))

    def _show(self, rows: Any) -> None:
        if "note" in rows.attrs:
            self.write(said(rows.attrs["note"], self.lang))
        if self.out is None:
            self.write(str(format_rows(rows, "table")).rstrip("\n"))
        else:
            write_rows(rows, self.out)
            self.write(f"{len(rows)} rows written to {self.out}")

    def _list(self, rest: str) -> None:
        for query in list_queries().values():
            takes = " ".join(f"{p.name}{'' if p.required else '?'}" for p in query.parameters)
            self.write(f"{query.name}({takes}): {query.purpose}")

    def _help(self, rest: str) -> None:
        if not rest:
            self.write(HELP)
            return
        query = get_query(rest)
        self.write(query_help(query, example_parameters(self.store, query)))

    def _params(self, rest: str) -> None:
        if rest == "-":
            self.params = {}
        else:
            self.params |= parse_pairs(rest.split())
        self.write(" ".join(f"{name}={value!r}" for name, value in self.params.items()) or "no parameters")

    def _explain(self, rest: str) -> None:
        self.write(self.store.explain(rest, self.params))

    def _out(self, rest: str) -> None:
        self.out = Path(rest) if rest else None
        self.write(f"answers go to {rest}" if rest else "answers are shown")


def words(store: Store) -> list[str]:
    """Return what a completion may offer: labels, types, properties, queries, keywords, clusters."""
    labels, types = layout()
    properties = {name for side in (labels, types) for names in side.values() for name in names}
    clusters = store.query("MATCH (c:Cluster) RETURN c.id AS id ORDER BY id")["id"].tolist()
    commands = [":list", ":help", ":params", ":explain", ":out", ":quit"]
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
        text = "\n".join(held)
        if held and (not line.strip() or complete(text)):
            yield text
            held = []
    if held:
        yield "\n".join(held)


def converse(session: Session, history: Path) -> int:
    """Read and run until the end of input; return how many inputs were run."""
    count = 0
    if not sys.stdin.isatty():
        for text in statements(iter(sys.stdin), session.complete):
            count += 1
            if not session.run(text):
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
    session.write("Cypher, a named query, or :help; :quit leaves.")

    def lines() -> Iterator[str]:
        while True:
            try:
                yield prompt.prompt("> ")
            except KeyboardInterrupt:
                continue
            except EOFError:
                return

    for text in statements(lines(), session.complete):
        count += 1
        if not session.run(text):
            break
    return count
