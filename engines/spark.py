"""Run tasks on Apache Spark: formations travel as rows of bytes, many a task, and come back measured."""

from __future__ import annotations

import atexit
import hashlib
import os
import pickle
import re
import shutil
import socket
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary

from clustercoop.graph.errors import ClusterCoopError, EngineError, MissingExtraError
from clustercoop.graph.formation import Formation
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.texts import refusal

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

T = TypeVar("T")

ATTEMPTS: Final = 4
"""How often a lost task is tried, as clusters of Spark have it; without it a local master tries once."""
TASKS: Final = 4
"""Tasks for each core of the cluster, so that one with large formations holds up few."""
TIMEOUT: Final = 10.0
"""Seconds that a server has for an answer."""
PORTS: Final = {"spark": "7077", "sc": "15002"}
_ROWS: Final = "at long, ok boolean, result binary"
_SENT: Final[WeakKeyDictionary[Any, set[str]]] = WeakKeyDictionary()
"""The files that each session has sent to its executors."""


class SparkEngine:
    """Executors of a Spark master, or of a Spark Connect server.

    The formations are dealt out to tasks in turn. What they share, the graph above all, goes to each executor
    once, as a file; the package too, unless the executors are on this machine. Rows are Arrow's: no version
    of pandas has to suit Spark's own conversions. A task whose executor or worker is lost runs again.

    Parameters
    ----------
    workers : int
        Cores of a local master; 0 takes all. Any other master has its own.
    master : str
        ``local[*]``, ``spark://host:7077``, ``yarn``, ``k8s://…``, or ``sc://host:15002`` of Spark Connect.
        Empty: the session that this process has, else what ``spark-submit`` or ``SPARK_REMOTE`` say, else
        this machine.

    Raises
    ------
    MissingExtraError
        pyspark is not installed.
    EngineError
        Java is missing, or the master does not answer.
    """

    def __init__(self, workers: int = 0, master: str = "") -> None:
        self.spark = _session(workers, master)

    def map(
        self,
        task: Callable[[Formation], T],
        formations: Sequence[Formation],
        *,
        progress: Progress = silent,
        phase: str = "formations",
    ) -> list[T]:
        """Return ``[task(f) for f in formations]``, in order (see `clustercoop.engines.Engine`)."""
        total = len(formations)
        if not total:
            return []
        progress(phase, 0, total)
        with told("spark_gave_up"):
            frame = self._planned(task, formations)
        done = 0

        def tell(share: float) -> None:
            nonlocal done
            while done < int(share * total):
                done += 1
                progress(phase, done, total)

        found = self._collect(frame, tell)
        results: dict[int, Any] = {}
        columns = (found[name].to_pylist() for name in ("at", "ok", "result"))
        for at, ok, content in zip(*columns, strict=True):
            results[at] = pickle.loads(content)
            if not ok:
                raise results[at]
        tell(1.0)
        return [results[at] for at in range(total)]

    def _planned(self, task: Callable[[Formation], T], formations: Sequence[Formation]) -> DataFrame:
        """Return the frame whose rows are the results, still to be computed."""
        import pyarrow as pa
        from pyspark import cloudpickle

        shared = self._share(cloudpickle.dumps(task), "bin")
        here = str(Path(str(resources.files("clustercoop"))).parent)
        package = "" if self._is_here else self._share(_package(), "zip")
        tasks = min(len(formations), TASKS * self._cores)
        rows = pa.table(
            {
                "at": pa.array(range(len(formations)), pa.int64()),
                "formation": pa.array([pickle.dumps(f, 5) for f in formations], pa.binary()),
            }
        )
        with unwarned():
            frame = self.spark.createDataFrame(rows).repartition(tasks)
            return frame.mapInArrow(_work(here, package, shared), _ROWS)

    def _share(self, content: bytes, suffix: str) -> str:
        """Send a file, or an archive, to every executor; return its name, which its content makes."""
        path = _folder() / f"clustercoop-{hashlib.sha256(content).hexdigest()[:16]}.{suffix}"
        if not path.exists():
            aside = path.with_suffix(".part")  # a full disk may cut it short, and the next call would take it
            aside.write_bytes(content)
            aside.replace(path)
        sent = _SENT.setdefault(self.spark, set())
        if path.name not in sent:  # a session refuses the same file twice
            self.spark.addArtifacts(str(path), archive=suffix == "zip", file=suffix != "zip")
            sent.add(path.name)
        return path.name

    @property
    def _is_connect(self) -> bool:
        return "connect" in type(self.spark).__module__

    @property
    def _is_here(self) -> bool:
        """Whether the executors are threads of the driver on this machine."""
        return not self._is_connect and str(self.spark.sparkContext.master).partition("[")[0] == "local"

    @property
    def _cores(self) -> int:
        if self._is_connect:
            return 16  # a server does not tell
        return max(1, int(self.spark.sparkContext.defaultParallelism))

    def _collect(self, frame: DataFrame, tell: Callable[[float], None]) -> pa.Table:
        """Run a frame and return its rows; stop it where this is interrupted."""
        tag = f"clustercoop-{os.getpid()}-{time.monotonic_ns()}"
        share, close = self._watch(tag)

        def run() -> pa.Table:
            self.spark.addTag(tag)
            if not self._is_connect:
                self.spark.sparkContext.setJobGroup(tag, "clustercoop: formations", True)
            return frame.toArrow()

        with told("spark_gave_up"), ThreadPoolExecutor(1) as pool:
            future: Future[pa.Table] = pool.submit(run)
            try:
                while not future.done():
                    tell(share())
                    time.sleep(0.1)
                return future.result()
            except KeyboardInterrupt:
                self.spark.interruptTag(tag)
                raise
            finally:
                close()

    def _watch(self, tag: str) -> tuple[Callable[[], float], Callable[[], None]]:
        """Return what tells the share of the last stage that is done, and what ends the telling."""
        if self._is_connect:
            seen = [0.0]

            def heard(stages: Iterable[Any] | None = None, **_: Any) -> None:
                last = list(stages or ())[-1:]
                seen[0] = max([seen[0], *(s.num_completed_tasks / max(s.num_tasks, 1) for s in last)])

            self.spark.registerProgressHandler(heard)
            return lambda: seen[0], lambda: self.spark.removeProgressHandler(heard)
        tracker = self.spark.sparkContext.statusTracker()

        def share() -> float:
            jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(tag)]
            stages = sorted({int(stage) for job in jobs if job for stage in job.stageIds})
            last = tracker.getStageInfo(stages[-1]) if len(stages) > 1 else None
            return last.numCompletedTasks / max(last.numTasks, 1) if last else 0.0

        return share, lambda: None


@cache
def _folder() -> Path:
    """Return where files for executors stay while this process does: one that starts late asks for all."""
    path = tempfile.mkdtemp(prefix="clustercoop-spark-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return Path(path)


def _work(here: str, package: str, shared: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Return what a task of Spark does; it travels by value, so that it can say where the package is."""

    def work(batches: Iterator[Any]) -> Iterator[Any]:
        import os
        import sys

        from pyspark.core.files import SparkFiles

        root = SparkFiles.getRootDirectory()
        place = os.path.join(root, package) if package else here
        if place not in sys.path:
            sys.path.insert(0, place)
        from clustercoop.engines.spark_worker import measured

        yield from measured(batches, os.path.join(root, shared))

    return work


def _package() -> bytes:
    """Return the package as a zip, the same for the same files."""
    import io

    root = Path(str(resources.files("clustercoop")))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, folders, files in os.walk(root, followlinks=True):
            folders[:] = sorted(set(folders) - {"__pycache__", "dataset", "table3"})
            for name in sorted(files):
                path = Path(folder, name)
                entry = zipfile.ZipInfo(f"clustercoop/{path.relative_to(root).as_posix()}")
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _session(workers: int, master: str) -> SparkSession:
    if find_spec("pyspark") is None:
        raise refusal(MissingExtraError, "spark_extra")
    with unwarned():
        running = _running()
        if running is not None and _suits(running, master):
            return running
        return _opened(workers, master)


def _running() -> SparkSession | None:
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession()


@contextmanager
def unwarned() -> Iterator[None]:
    """Leave out that Spark may not suit pandas 3: rows go by Arrow alone."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield


def _opened(workers: int, master: str) -> SparkSession:
    from pyspark.sql import SparkSession

    address = master or os.environ.get("SPARK_REMOTE", "")
    _require_answer(address)
    builder = SparkSession.builder.appName("clustercoop")
    for key, value in _options(address).items():
        builder = builder.config(key, value)
    if address.startswith("sc://"):
        builder = builder.remote(address)
    else:
        _require_java()
        # Spark reads the addresses of the environment alone; the memory there gives way to any other setting.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_DRIVER_MEMORY", f"{_heap()}m")
        if address.partition("[")[0] in ("", "local"):
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        submitted = not address and "PYSPARK_GATEWAY_PORT" in os.environ
        if not submitted:
            builder = builder.master(address or f"local[{workers or '*'},{ATTEMPTS}]")
    with told("spark_silent", where=address or "localhost"):
        return builder.getOrCreate()


def _heap() -> int:
    """Return a quarter of this machine's memory in MiB, as Java by itself does; Spark would take 1 GiB."""
    try:
        held = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (AttributeError, ValueError, OSError):  # Windows
        held = 0
    return max(1024, held // 4)


def _suits(running: SparkSession, master: str) -> bool:
    if not master or "connect" in type(running).__module__:
        return True
    held = str(running.sparkContext.master)
    if held == master or (held.startswith("local[") and master.startswith("local[")):
        return True
    raise refusal(EngineError, "spark_session", held=held, master=master)


def _options(address: str) -> dict[str, str]:
    """Return the configuration of a session of our own; ``spark-defaults.conf`` gives the rest."""
    options = {"spark.sql.execution.arrow.pyspark.enabled": "true"}
    if address.startswith("sc://"):
        return options
    options |= {
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "FATAL",
        "spark.driver.maxResultSize": "0",
    }
    if address.partition("[")[0] in ("", "local"):
        options |= {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1"}
        options["spark.driver.bindAddress"] = "127.0.0.1"
    return options


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME", "")
    if not (shutil.which("java") or (home and shutil.which("java", path=str(Path(home, "bin"))))):
        raise refusal(EngineError, "spark_java")


def _require_answer(address: str) -> None:
    """Refuse at once a server at which nothing listens: Spark itself would try for minutes."""
    scheme, _, rest = address.partition("://")
    if scheme not in ("spark", "sc"):
        return
    why = ""
    for server in rest.partition("/")[0].split(","):
        host, _, port = server.partition(":")
        try:
            socket.create_connection((host, int(port or PORTS[scheme])), TIMEOUT).close()
            return
        except (OSError, ValueError) as error:
            why = str(getattr(error, "strerror", "") or error)
    raise refusal(EngineError, "spark_no_answer", where=address, reason=why)


@contextmanager
def told(id: str, **places: str) -> Iterator[None]:
    """Turn what Spark raises into one sentence, the text ``refusal.<id>``."""
    try:
        yield
    except ClusterCoopError:
        raise
    except Exception as error:
        raise refusal(EngineError, id, **places, reason=said(error)) from error


def said(error: BaseException) -> str:
    r"""Return what an error of Spark says in one line: of a trace, why it ended or what was raised last.

    Examples
    --------
    >>> said(Exception("An error occurred while calling o7.x.\n: org.y.SparkException: Job aborted."))
    'Job aborted.'
    """
    if "SparkContext was shut down" in str(error) or type(error).__name__ == "Py4JNetworkError":
        return "its Java ended, most often for want of memory (spark.driver.memory, SPARK_DRIVER_MEMORY)"
    lines = [line for line in (each.strip(" :\t") for each in str(error).splitlines()) if line]
    raised = [found[1] for line in lines if (found := re.search(r"(?:Error|Exception): (.*)", line))]
    if not lines or (
        lines[0].startswith("An e") and raised
    ):  # "An error occurred", "An exception was thrown"
        lines = [*(one for one in raised if one.startswith("Job aborted")), *reversed(raised)]
    return (lines or [type(error).__name__])[0]
