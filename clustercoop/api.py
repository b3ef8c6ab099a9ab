"""The public functions: check, load, analyze, explain, query, demo."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from clustercoop import engines
from clustercoop.analysis.ahead import compile_ahead
from clustercoop.analysis.results import Result
from clustercoop.cookbook import run_named
from clustercoop.graph.display import holding
from clustercoop.graph.errors import (
    DataError,
    ParameterError,
    StoreError,
    parameter_error,
)
from clustercoop.graph.findings import Findings
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.progress import Progress, metered, silent
from clustercoop.graph.settings import Lang, Settings
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.protocol import (
    CONNECT_SECONDS,
    DEFAULT_LIMIT,
    DEFAULT_TIMEOUT,
    LoadReport,
    StoreWarning,
)
from clustercoop.graph.stores.uri import is_server, is_store_uri, open_store, shown
from clustercoop.graph.texts import refusal
from clustercoop.loaders.dataset import Dataset, read_dataset, read_frames
from clustercoop.loaders.graph_files import is_ours
from clustercoop.loaders.network_files import read_graph_file
from clustercoop.loaders.survey import Taken, survey
from clustercoop.outputs import (
    read_result,
    refuse_foreign,
    write_result,
)
from clustercoop.pipeline import analyze_graph
from clustercoop.stored import result_tables

if TYPE_CHECKING:
    from clustercoop.analysis.audit import Explanation

Source = str | os.PathLike[str] | Mapping[str, pd.DataFrame] | SupplyGraph


@dataclass(frozen=True, eq=False)
class Check:
    """What a check found, without any analysis.

    Attributes
    ----------
    findings : Findings
    rejected : DataFrame
        Rows that would not enter the graph, each with its reason.
    accounting : mapping
        Rows and value sums read, accepted and rejected, by table.
    graph : SupplyGraph
        What was accepted; empty where a table was refused.
    files : tuple of Taken
        What each file and sheet was taken for, with each header's column and how sure it is.
    missing : tuple of (str, str)
        Columns of figures that no file holds, and what they are needed for.
    """

    findings: Findings
    rejected: pd.DataFrame
    accounting: Mapping[str, Any]
    graph: SupplyGraph
    files: tuple[Taken, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        """Return how many rows would be rejected, and the findings."""
        return f"{holding(self)}\n  {self.findings!r}"

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return self.findings.count("error") == 0


def _settings(settings: Settings | None, options: Mapping[str, Any]) -> Settings:
    base = settings or Settings()
    return base.replace(**options) if options else base


def _read(source: Source, settings: Settings, progress: Progress) -> Dataset:
    if isinstance(source, SupplyGraph):
        found = Findings(source.people.findings(source.years))
        return Dataset(graph=source, findings=found, rejected=pd.DataFrame(), provenance={})
    if isinstance(source, Mapping):
        return read_frames(source, settings=settings)
    if not isinstance(source, str | os.PathLike):
        must = "the path of a dataset, a mapping of table names to DataFrames, or a SupplyGraph"
        raise parameter_error("source", "clustercoop", must, source)
    if is_store_uri(source):
        progress(f"Reading {shown(source)}", 0, 0)
        with open_store(source) as store:
            graph = store.read()
        found = Findings(graph.people.findings(graph.years))
        return Dataset(graph, found, pd.DataFrame(), {"inputs": [{"store": shown(source)}]})
    if is_ours(Path(source)):
        return Dataset(
            read_graph_file(source), Findings(), pd.DataFrame(), {"inputs": [{"file": shown(source)}]}
        )

    def tell(phase: str) -> None:
        progress(phase, 0, 0)

    if _is_addresses(source):
        if settings.engine != "spark":
            raise refusal(DataError, "addresses_need_spark", name=Path(source).name)
        from clustercoop.loaders.elsewhere import read_held

        tables = engines.reader(settings).addresses(Path(source))
        return read_held(tables, settings=settings, progress=tell)
    reader = engines.reader(settings).parquet if settings.engine == "spark" else None
    return read_dataset(source, settings=settings, progress=tell, reader=reader)


def _is_addresses(source: str | os.PathLike[str]) -> bool:
    """Tell whether a path is that of a file that says where Spark finds the tables."""
    return Path(source).suffix.lower() == ".toml" and Path(source).is_file()


def check(
    source: Source, *, settings: Settings | None = None, progress: Progress = silent, **options: Any
) -> Check:
    """Read a dataset and say what is odd about it, without analysis: everything that is wrong, in all files.

    Parameters
    ----------
    source : path, mapping of table name to DataFrame, or SupplyGraph
        A folder of tables, an .xlsx with their sheets, or the tables themselves.
    settings : Settings, optional
    progress : Progress, optional
    **options
        Fields of `Settings` to change.

    Raises
    ------
    ClusterCoopError
        The input cannot be read as a dataset at all.

    Examples
    --------
    >>> found = check({
    ...     "participants": pd.DataFrame({"participant_id": ["01", "02"], "cluster_id": ["c", "c"]}),
    ...     "links": pd.DataFrame(
    ...         {"year": [2022], "supplier_id": ["01"], "buyer_id": ["02"], "value": [-5.0]}
    ...     ),
    ... })
    >>> found.ok, len(found.rejected)
    (False, 1)
    """
    chosen = _settings(settings, options)
    if (
        isinstance(source, str | os.PathLike)
        and not is_store_uri(source)
        and not (is_ours(Path(source)) or _is_addresses(source))
    ):
        found = survey(source, settings=chosen, progress=lambda phase: progress(phase, 0, 0))
        read = found.dataset or Dataset(SupplyGraph.from_tables({}), found.findings, pd.DataFrame(), {})
        accounting = read.provenance.get("accounting", {})
        return Check(read.findings, read.rejected, accounting, read.graph, found.files, found.missing)
    data = _read(source, chosen, progress)
    return Check(data.findings, data.rejected, data.provenance.get("accounting", {}), data.graph)


def load(
    source: Source,
    *,
    store: str | os.PathLike[str] | None = None,
    replace: bool | None = None,
    tell: Callable[[LoadReport], None] | None = None,
    settings: Settings | None = None,
    progress: Progress = silent,
    **options: Any,
) -> SupplyGraph:
    """Read a dataset into a `SupplyGraph`; findings and rejected rows are in `check` and `analyze`.

    Parameters
    ----------
    source : path, store address, mapping of table name to DataFrame, or SupplyGraph
    store : str, optional
        Address of a store that shall hold the graph as well: a file ending in .kgl, ``neo4j://…`` or
        ``bolt://…``.
    replace : bool, optional
        True: the store holds the graph and nothing else, the default for a file. False: clusters and years
        of the graph are replaced and the others stay, the default for a server; a warning names them.
    tell : callable, optional
        Called with the report of the load into the store.
    settings : Settings, optional
    progress : Progress, optional
    **options
        Fields of `Settings` to change.

    Raises
    ------
    ClusterCoopError
        The input cannot be read as a dataset, or the store cannot be reached.
    """
    graph = _read(source, _settings(settings, options), progress).graph
    if store is not None:
        with open_store(store) as opened:
            report = _load_into(opened, graph, replace, progress)
        if tell is not None:
            tell(report)
    return graph


def _load_into(store: Store, graph: SupplyGraph, replace: bool | None, progress: Progress) -> LoadReport:
    whole = store.capabilities.kind == "embedded" if replace is None else replace
    report = store.load(graph, progress, replace=whole)
    for note in report.notes:
        warnings.warn(note, StoreWarning, stacklevel=3)
    return report


def remove(
    store: str | os.PathLike[str], *, cluster: str | None = None, year: int | None = None
) -> SupplyGraph:
    """Remove a cluster, a year, or a cluster's year from a store; return what it then holds.

    What other clusters need stays: links with them are flows across their boundary.

    Raises
    ------
    UnknownNameError
        The store does not hold the cluster or the year.
    StoreError
        It cannot be reached, read or written.
    """
    with open_store(store) as opened:
        opened.delete(cluster=cluster, year=year)
        return opened.read()


def clear(store: str | os.PathLike[str]) -> None:
    """Remove everything that clustercoop wrote into a store.

    Raises
    ------
    StoreError
        There is no such file, or the store cannot be reached or written.
    """
    with open_store(store) as opened:
        if opened.capabilities.kind == "embedded" and not Path(store).exists():
            raise refusal(StoreError, "no_store", name=Path(store).name)
        opened.clear()


def query(
    store: str | os.PathLike[str],
    name: str | None = None,
    *,
    cypher: str | None = None,
    params: Mapping[str, Any] | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    limit: int = DEFAULT_LIMIT,
    memory: int | None = None,
) -> pd.DataFrame:
    """Run a named query of the cookbook, or a Cypher statement that only reads, on a store.

    Parameters
    ----------
    store : str
        Address of a store that speaks Cypher: a file ending in .kgl, ``neo4j://…`` or ``bolt://…``.
    name : str, optional
        Name of a query of the cookbook (`clustercoop.cookbook.list_queries`).
    cypher : str, optional
        A statement instead of a name.
    params : mapping, optional
        Parameters of the query.
    timeout : float
        Seconds after which the query is ended.
    limit : int
        Most rows that are returned.
    memory : int, optional
        Megabytes that a query on a file may take beside the opened graph; 2048 by default.

    Raises
    ------
    ParameterError
        Neither or both of `name` and `cypher` are given, or a parameter is wrong.
    StoreError
        The statement does more than read, runs too long, or the store cannot be reached.
    """
    if (name is None) == (cypher is None):
        raise ParameterError("Give query either the name of a query or a Cypher statement.")
    options: dict[str, Any] = {} if memory is None else {"memory": memory}
    if is_server(store):
        options["connect_seconds"] = min(timeout, CONNECT_SECONDS)
    with open_store(store, **options) as opened:
        if name is not None:
            return run_named(opened, name, params, timeout=timeout, limit=limit)
        assert cypher is not None
        return opened.query(cypher, params, timeout=timeout, limit=limit)


def analyze(
    source: Source,
    out: str | os.PathLike[str] | None = None,
    *,
    store: str | os.PathLike[str] | None = None,
    settings: Settings | None = None,
    progress: Progress = silent,
    **options: Any,
) -> Result:
    """Measure every formation of a dataset; with `out`, write every output there.

    Parameters
    ----------
    source : path, store address, mapping of table name to DataFrame, or SupplyGraph
    out : path, optional
        A new or empty folder, or one that an earlier run wrote; it appears whole or not at all.
    store : str, optional
        Address of a store that shall hold the graph and the results (tables of policy too) as well.
    settings : Settings, optional
    progress : Progress, optional
    **options
        Fields of `Settings` to change, for example ``nulls=999``.

    Returns
    -------
    Result

    Raises
    ------
    ClusterCoopError
        The input cannot be read, strictness refused it, or `out` cannot be written; before any work, where
        `store` cannot be reached. A store that fails later leaves `out` whole, and the message says so.
    """
    chosen = _settings(settings, options)
    if out is not None:
        refuse_foreign(Path(out))
    if store is not None:
        with open_store(store):  # what cannot be reached or written is refused before the work
            pass
    progress = metered(progress)
    compile_ahead(chosen)
    data = _read(source, chosen, progress)
    result = analyze_graph(
        data.graph,
        chosen,
        findings=data.findings,
        rejected=data.rejected,
        provenance=data.provenance,
        progress=progress,
    )
    result = replace(result, flows=data.flows)
    if out is not None:
        write_result(result, out, progress=progress)
    if store is not None:
        try:
            _store_result(store, result, progress)
        except StoreError as error:
            if out is None:
                raise
            raise StoreError(f"{error} The results in {out} are whole; the store is not.") from error
    return result


def _store_result(store: str | os.PathLike[str], result: Result, progress: Progress) -> None:
    with open_store(store) as opened:
        _load_into(opened, result.graph, None, progress)
        opened.write_results(result_tables(result), progress)


def explain(
    source: str | os.PathLike[str] | Result,
    cluster: str,
    year: int,
    participant: str | None = None,
    *,
    lang: Lang | None = None,
) -> Explanation:
    """List the links and cells behind a cooperation ratio; they add up to it.

    Parameters
    ----------
    source : path or Result
        A folder that `analyze` wrote, or a result.
    cluster, year : str, int
        The formation.
    participant : str, optional
        One of its members; without it the ratio of the formation.
    lang : str, optional
        Language of the sentence that says why a ratio is unknown; the run's own by default.

    Raises
    ------
    UnknownNameError
        The formation or the participant is not in the results.
    """
    from clustercoop.analysis.audit import explain as audit

    result = read_result(source)
    settings = result.settings if lang is None else result.settings.replace(lang=lang)
    return audit(result.graph, settings, cluster, year, participant)


def demo(
    out: str | os.PathLike[str] = "clustercoop-demo", *, progress: Progress = silent, **options: Any
) -> Result:
    """Analyse the shipped synthetic example into `out`; its input is copied to ``out/input``."""
    refuse_foreign(Path(out))
    progress = metered(progress)
    with resources.as_file(resources.files("clustercoop") / "example" / "dataset") as folder:
        result = analyze(folder, progress=progress, **options)
        write_result(result, out, progress=progress, attach=folder)
    return result
