"""Where the work on formations runs: a task and formations in, its results in their order out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from clustercoop.graph.errors import parameter_error
from clustercoop.graph.formation import Formation
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.settings import DOMAINS

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


def open(name: str = "local", *, workers: int = 0) -> Engine:
    """Return the engine called `name`.

    Parameters
    ----------
    name : {"local"}
    workers : int
        Formations worked on at once; 0 is one a core.

    Raises
    ------
    ParameterError
        There is no such engine.

    Examples
    --------
    >>> open("local", workers=2).map(len, [])
    []
    """
    from clustercoop.engines.local import LocalEngine

    made: dict[str, Callable[[int], Engine]] = {"local": LocalEngine}
    if name not in made:
        raise parameter_error("name", "engines.open", DOMAINS["engine"][1].must(str), name)
    return made[name](workers)
