"""The command line: one sentence for every failure, progress for every wait, telling exit codes."""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from clustercoop.forms_cli import template
from clustercoop.graph.errors import ClusterCoopError
from clustercoop.graph.settings import DOMAINS, Domain
from clustercoop.graph.texts import BASE, said, subset, term, text, told
from clustercoop.language_cli import asked_language, in_language
from clustercoop.policy_cli import COMMANDS
from clustercoop.query_cli import query
from clustercoop.usage import misused, show, unknown

if TYPE_CHECKING:
    from clustercoop.analysis.results import Result
    from clustercoop.graph.progress import Progress
    from clustercoop.graph.stores.protocol import LoadReport

EXIT_FINDINGS: Final = 1
EXIT_INTERRUPTED: Final = 130
_LANGS = click.Choice(DOMAINS["lang"][1].choices)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show a bar a phase on standard error where that is a terminal, a line a phase elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    console = Console(stderr=True)
    context = click.get_current_context(silent=True)
    lang = context.params.get("lang", BASE) if context else BASE
    if not console.is_terminal:
        said: set[str] = set()

        def say(phase: str, done: int, total: int) -> None:
            if phase not in said:
                said.add(phase)
                click.echo(f"{_phase(phase, lang)} …", err=True)

        yield say
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bars:
        drawn = _Bars(bars, lang)
        try:
            yield drawn
        finally:
            drawn.stop()


def _phase(phase: str, lang: str) -> str:
    """Return what is being done, in `lang`; the name of a scenario as it is."""
    reading, _, name = phase.partition(" ")
    if reading == "Reading":
        return text("phase.reading", lang, name=name)
    return subset("phase.", lang).get(phase, phase)


class _Bars:
    """A bar a phase, drawn by a thread that can be stopped: rich does not wait for the end of its own."""

    def __init__(self, bars: Any, lang: str) -> None:
        self._bars, self._lang = bars, lang
        self._tasks: dict[str, Any] = {}
        self._start()

    def __call__(self, phase: str, done: int, total: int) -> None:
        if phase not in self._tasks:
            self._tasks[phase] = self._bars.add_task(_phase(phase, self._lang), total=total or None)
        self._bars.update(self._tasks[phase], completed=done, total=total or None)

    def _start(self) -> None:
        self._over = Event()
        self._thread = Thread(target=self._draw, daemon=True)
        self._thread.start()

    def _draw(self) -> None:
        while not self._over.wait(0.1):
            self._bars.refresh()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self._start()


def _list_of(domain: Domain) -> Callable[[str], str]:
    """Return what reads a list of the choices of `domain`, separated by commas."""

    def several(value: str) -> str:
        chosen = value.replace(" ", "")
        if not domain.allows(chosen, str):
            raise click.BadParameter(told("must.some_of", choices=", ".join(domain.choices)))
        return chosen

    several.__name__ = "list"  # as the help calls it
    return several


def _options(*, reading: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the settings as options; with `reading`, those that loading looks at."""

    def kind(default: object, domain: Domain) -> Any:
        if domain.several:
            return _list_of(domain)
        if domain.choices:
            return click.Choice(domain.choices)
        ranges: dict[type, Any] = {int: click.IntRange, float: click.FloatRange}
        of = ranges.get(type(default))
        return of(domain.least, domain.most) if of else str

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for name, (default, domain) in reversed(DOMAINS.items()):
            if reading and not domain.reading:
                continue
            flag: dict[str, Any] = {"type": kind(default, domain), "show_default": default != ""}
            if isinstance(default, bool):
                flag = {"is_flag": True}
            option = click.option(f"--{name.replace('_', '-')}", default=default, help=domain.help, **flag)
            function = option(function)
        return function

    return add


class _OneSentence(click.Group):
    """A group whose failures are one sentence on standard error and an exit code."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command that is called; say which are like it where there is none."""
        if args[0] not in self.commands:
            near = get_close_matches(args[0], self.commands)
            raise click.UsageError(unknown("usage.no_command", args[0], near), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what a user can cause into a sentence."""
        signal.signal(signal.SIGTERM, _terminated)
        gc.set_threshold(50_000, 20, 50)  # nearly all that a command makes lives on, and is not garbage
        lang = asked_language(ctx.args)
        warnings.showwarning = lambda message, *_, **__: click.echo(
            f"clustercoop: {term('warning', lang)}: {said(message, lang)}", err=True
        )
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            show(error, lang)
            sys.exit(error.exit_code)
        except ClusterCoopError as error:
            _fail(said(error, lang))
        except KeyboardInterrupt:
            click.echo(f"clustercoop: {text('refusal.interrupted', lang)}", err=True)
            sys.exit(EXIT_INTERRUPTED)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(EXIT_FINDINGS)
        except MemoryError:
            _fail(text("refusal.no_memory", lang))
        except OSError as error:
            _fail(f"{error.filename or 'a file'}: {error.strerror or error}.")
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if os.environ.get("CLUSTERCOOP_DEBUG"):
                raise
            _fail(
                f"internal error ({type(error).__name__}: {error}); this is a bug, please report it. "
                "CLUSTERCOOP_DEBUG=1 shows where it happened."
            )


def _terminated(signum: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _fail(sentence: str) -> NoReturn:
    click.echo(f"clustercoop: {sentence}", err=True)
    sys.exit(EXIT_FINDINGS)


def _tell_result(result: Result, out: Path) -> None:
    page = out / "report.html"
    lang, written = result.settings.lang, "store.report" if page.is_file() else "store.results"
    for line in (*result.told(), text(written, lang, file=page if page.is_file() else out)):
        click.echo(line)


@click.group(
    cls=_OneSentence, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="clustercoop")
def main() -> None:
    """Measure how industrial clusters cooperate, from supply links to a report.

    DATA is a folder of tables (participants, links, activity, clusters, indicators, measures as .csv,
    .parquet or .xlsx), one .xlsx with these sheets, or a store: file.kgl, neo4j://host or bolt://host
    (user and password from NEO4J_USERNAME and NEO4J_PASSWORD).

    Exit codes: 0 fine, 1 the data or the place refused, 2 wrong usage.
    """


@main.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="clustercoop-demo",
    show_default=True,
    help="Folder for the results.",
)
@_options()
def demo(out: Path, **options: Any) -> None:
    """Analyse the shipped synthetic example, end to end."""
    import clustercoop

    with _progress() as progress:
        result = clustercoop.demo(out, progress=progress, **options)
    _tell_result(result, out)


@main.command()
@click.argument("data")
@click.option("--html", type=click.Path(path_type=Path), help="Write all that is told as a page.")
@click.option(
    "--write-mapping", type=click.Path(path_type=Path), help="Write what was understood as a mapping.toml."
)
@_options(reading=True)
def check(data: str, html: Path | None, write_mapping: Path | None, **options: Any) -> None:
    """Tell what each file and column of DATA was taken for, and all that is wrong; exit 1 on an error."""
    import clustercoop
    from clustercoop.loaders.survey import mapping_text
    from clustercoop.outputs import PAGE, written_aside
    from clustercoop.reports.check_page import lines, page, worst

    lang = options["lang"]
    with _progress() as progress:
        found = clustercoop.check(data, progress=progress, **options)
    for line in lines(found.files, found.missing, lang):
        click.echo(line)
    noticed = [finding.called(found.graph.names) for finding in found.findings]
    for line in worst(noticed, lang, 20):
        click.echo(line)
    click.echo(found.findings.counted(lang))
    if html is not None:
        told = page(found.files, found.missing, noticed, found.rejected, lang)
        with written_aside(html, *PAGE) as aside:
            aside.write_text(told, "utf-8", newline="\n")
    if write_mapping is not None:
        with written_aside(write_mapping) as aside:
            aside.write_text(mapping_text(found.files), "utf-8", newline="\n")
    for table, account in found.accounting.items():
        rows = {"read": account["rows_read"], "rejected": account["rows_rejected"]}
        click.echo(text("check.accounted", lang, table=table, **rows))
    if not found.ok:
        sys.exit(EXIT_FINDINGS)


@main.command()
@click.argument("data")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the results.")
@click.option("--store", help="Store that shall hold the graph and the results as well.")
@_options()
def analyze(data: str, out: Path, store: str | None, **options: Any) -> None:
    """Measure every formation of DATA and write tables, report and network pages to --out."""
    import clustercoop

    with _progress() as progress:
        result = clustercoop.analyze(data, out, store=store, progress=progress, **options)
    _tell_result(result, out)


@main.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--cluster", required=True, help="Cluster id.")
@click.option("--year", type=int, required=True, help="Year.")
@click.option("--participant", help="Participant id; without it, the whole formation.")
@click.option("--lang", type=_LANGS, default="en", show_default=True)
def explain(results: Path, cluster: str, year: int, participant: str | None, lang: Any) -> None:
    """List the links and cells behind a cooperation ratio; they add up to it."""
    import clustercoop
    from clustercoop.reports.audit import explanation_text

    click.echo(explanation_text(clustercoop.explain(results, cluster, year, participant, lang=lang), lang))


@main.command()
@click.argument("source")
@click.option("--cluster", help="Cluster id; without it, the flows between all clusters.")
@click.option("--year", type=int, help="Year shown first; the latest by default.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .html file.")
@click.option("--lang", type=_LANGS, default="en", show_default=True)
def view(source: str, cluster: str | None, year: int | None, out: Path, lang: Any) -> None:
    """Write the interactive page of one cluster, or of flows between them, from DATA or from results."""
    import clustercoop

    with _progress() as progress:
        path = clustercoop.view(source, cluster, out, year=year, lang=lang, progress=progress)
    click.echo(text("store.page", lang, file=path))


@main.command()
@click.argument("results")
@click.option("--cluster", help="Cluster id: the passport, figures and participants of it alone.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the report; the .html file for one cluster.",
)
@click.option("--lang", type=_LANGS, default="en", show_default=True)
def report(results: str, cluster: str | None, out: Path, lang: Any) -> None:
    """Write the report of RESULTS again: a folder that analyze wrote, or a store that holds results."""
    import clustercoop

    with _progress() as progress:
        path = clustercoop.report(results, out, cluster=cluster, lang=lang, progress=progress)
    click.echo(text("store.report", lang, file=path / "report.html" if cluster is None else path))


_store_option = click.option("--store", required=True, help="file.kgl, neo4j://host or bolt://host.")


@main.command()
@click.argument("data")
@_store_option
@click.option(
    "--replace/--update",
    "replace",
    default=None,
    help="The store becomes exactly the data (default for a file), or only its clusters and years change.",
)
@_options(reading=True)
def load(data: str, store: str, replace: bool | None, **options: Any) -> None:
    """Load DATA into a graph store."""
    import clustercoop

    def tell(report: LoadReport) -> None:
        for line in report.lines(options["lang"]):
            click.echo(line)

    with _progress() as progress:
        clustercoop.load(data, store=store, replace=replace, tell=tell, progress=progress, **options)


@main.command()
@_store_option
@click.option("--cluster", help="Cluster to remove.")
@click.option("--year", type=int, help="Year to remove; with --cluster, that year of the cluster alone.")
@in_language
def remove(store: str, cluster: str | None, year: int | None, lang: str) -> None:
    """Remove a cluster, a year, or a cluster's year from a store."""
    import clustercoop

    if cluster is None and year is None:
        raise misused("cluster_or_year")
    left = clustercoop.remove(store, cluster=cluster, year=year)
    click.echo(text("store.left", lang, clusters=len(left.cluster_ids), links=len(left.links)))


@main.command()
@_store_option
@click.confirmation_option("--yes", prompt="Remove everything that clustercoop wrote into the store?")
@in_language
def clear(store: str, lang: str) -> None:
    """Remove everything that clustercoop wrote into a store."""
    import clustercoop

    clustercoop.clear(store)
    click.echo(text("store.cleared", lang))


@main.command()
@click.argument("data", required=False)
@click.option("--neo4j-admin", "admin", type=click.Path(path_type=Path), help="Folder for an import of DATA.")
@click.option("--browser", type=click.Path(path_type=Path), help="Folder for Neo4j Browser and NeoDash.")
@click.option("--store", help="Store from which --browser takes examples of clusters and years.")
@in_language
def export(data: str | None, admin: Path | None, browser: Path | None, store: str | None, lang: str) -> None:
    """Write files for neo4j-admin database import, Neo4j Browser and NeoDash."""
    import clustercoop
    from clustercoop.cookbook import list_queries
    from clustercoop.exports import export_browser, export_neo4j_admin
    from clustercoop.graph.stores.uri import open_store
    from clustercoop.query_help import example_parameters

    if (admin is None) == (browser is None) or (admin is not None) != (data is not None):
        raise misused("export")
    if admin is not None and data is not None:
        with _progress() as progress:
            export_neo4j_admin(clustercoop.load(data, progress=progress), admin)
        click.echo(text("store.import", lang, folder=admin))
    if browser is not None:
        examples: dict[str, Any] = {}
        if store is not None:
            with open_store(store) as opened:
                examples = example_parameters(opened, list_queries()["shortest_chain"])
        export_browser(browser, examples, lang)
        click.echo(text("store.written", lang, folder=browser))


for command in (*COMMANDS, template, query):
    main.add_command(command)
