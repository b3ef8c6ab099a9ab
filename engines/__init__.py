"""Where the work on formations runs: a task and formations in, its results in their order out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from clustercoop.graph.errors import parameter_error
from clustercoop.graph.formation import Formation
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.settings import DOMAINS, Settings

if TYPE_CHECKING:
    from clustercoop.engines.spark_tables import SparkReader

T = TypeVar("T")


class Engine(Protocol):
    """Somewhere to run a task for each of many formations."""

    def map(
        self,
        task: Callable[[Formation], T],
        formations: Sequence[Formation],
        *,
        progress: Progress = silent,
        phase: str = "formations",
    ) -> list[T]:
        """Return ``[task(f) for f in formations]``, in order.

        Parameters
        ----------
        task : callable
            Can be pickled (a top-level function, or a partial of one), and depends on its formation alone,
            so that results do not depend on where and in which order they were made.
        formations : sequence of Formation
        progress : Progress
            Told after each formation.
        phase : str
            Name of the work, for `progress`.
        """


def open(name: str = "local", *, workers: int = 0, master: str = "") -> Engine:
    """Return the engine called `name`.

    Parameters
    ----------
    name : {"local", "spark"}
    workers : int
        Formations worked on at once; 0 is one a core.
    master : str
        Address of a master of Spark (`clustercoop.engines.spark.SparkEngine`).

    Raises
    ------
    ParameterError
        There is no such engine.
    MissingExtraError, EngineError
        What Spark needs is absent, or its master does not answer.

    Examples
    --------
    >>> open("local", workers=2).map(len, [])
    []
    """
    if name == "local":
        from clustercoop.engines.local import LocalEngine

        return LocalEngine(workers)
    if name == "spark":
        from clustercoop.engines.spark import SparkEngine

        return SparkEngine(workers, master)
    raise parameter_error("name", "engines.open", DOMAINS["engine"][1].must(str), name)


def reader(settings: Settings) -> SparkReader:
    """Return what reads tables by Spark's own means; errors as in `open`."""
    from clustercoop.engines.spark import SparkEngine
    from clustercoop.engines.spark_tables import SparkReader

    return SparkReader(SparkEngine(settings.workers, settings.spark_master).spark)


def chosen(settings: Settings) -> Engine:
    """Return the engine that `settings` ask for; errors as in `open`."""
    return open(settings.engine, workers=settings.workers, master=settings.spark_master)
