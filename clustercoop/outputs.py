"""Write a result as a folder, whole or not at all, and read it back."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.graph.columns import FLOWS, policy_tables
from clustercoop.graph.errors import ClusterCoopError, DataError, OutputError
from clustercoop.graph.findings import SEVERITIES, Finding, Findings
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.progress import Metered, Progress, silent
from clustercoop.graph.schema import kept_tables
from clustercoop.graph.settings import FILES, OUTPUTS, Lang, Settings
from clustercoop.graph.stores.uri import is_store_uri
from clustercoop.graph.texts import refusal
from clustercoop.loaders.mapping import MAPPING
from clustercoop.loaders.units import read_unit
from clustercoop.model_files import read_model, write_model
from clustercoop.reports.inert import inert_cell
from clustercoop.reports.numbers import cells_of, exact

T = TypeVar("T")

FORMAT: Final = 2
TABLES: Final = ("formations", "participants", "clusters", "gaps", "requests")
PROVENANCE: Final = ("inputs", "accounting", "version")
_MARKS: Final = dict(
    zip(
        OUTPUTS,
        ("formations.csv", "formations.parquet", "report.html", "report.md", "report.xlsx", "views"),
        strict=True,
    )
)
"""What each output writes, by which a folder tells what was asked for."""
PAGE: Final = (".html", ".htm")
"""Endings of pages."""
_OURS: Final = ("run.json", "report.html", "import.sh")
"""What a folder holds that may be written anew: results, reports, or an import."""
_SPECIAL: Final = re.compile('[,"\r\n]')


@contextmanager
def written_aside(target: Path, *endings: str) -> Iterator[Path]:
    """Give a path beside `target` to write to; rename it into place only when the block succeeds.

    Works for a file and for a folder. A folder is replaced only where it is empty or one that clustercoop
    wrote (it holds ``run.json`` or a report). What an interrupted run of a dead process left is removed.
    With `endings` its name must have one of them: what opens a file goes by it.

    Raises
    ------
    OutputError
        The place cannot be written, holds something that is not ours, or is named as what it is not.
    """
    if endings and target.suffix.casefold() not in endings and not target.is_dir():
        raise refusal(OutputError, "graph_suffix", name=target.name, suffixes=", ".join(endings))
    target = Path(os.path.abspath(target))
    aside = target.with_name(f".{target.name}.partial-{os.getpid()}")
    old = target.with_name(f".{target.name}.old-{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(target)
        yield aside
        if target.is_dir():
            if not aside.is_dir():
                raise refusal(OutputError, "out_is_folder", target=target)
            refuse_foreign(target, *_OURS)
            os.replace(target, old)
            try:
                os.replace(aside, target)
            except BaseException:
                os.replace(old, target)
                raise
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(aside, target)
    except ClusterCoopError:
        raise
    except Exception as error:
        why = error if isinstance(error, OSError) else error.__context__  # XlsxWriter has errors of its own
        if not isinstance(why, OSError):
            raise
        raise refusal(OutputError, "out_unwritable", target=target, why=why.strerror or why) from error
    finally:
        _remove(aside)


def refuse_foreign(target: Path, *marks: str) -> None:
    """Raise `OutputError` where `target` is a file, or a folder with things but none of the files `marks`."""
    if target.is_dir():
        if any(target.iterdir()) and not any((target / mark).is_file() for mark in marks or ("run.json",)):
            raise refusal(OutputError, "out_foreign", target=target)
    elif target.exists():
        raise refusal(OutputError, "out_is_file", target=target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(NotADirectoryError):
            path.unlink(missing_ok=True)


def _remove_leftovers(target: Path) -> None:
    """Remove what runs of dead processes left beside `target`; restore what one was about to replace."""
    for left in target.parent.glob(f".{target.name}.*-*"):
        kind, _, pid = left.name.removeprefix(f".{target.name}.").partition("-")
        if kind not in ("partial", "old") or not pid.isdigit() or _alive(int(pid)):
            continue
        if kind == "old" and not target.exists():
            os.replace(left, target)
        else:
            _remove(left)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table for people: UTF-8, ``,``, unknown empty, formula-like text made inert."""
    columns = [_cells(column) for _, column in frame.items()]
    heads = [_quoted(str(name)) for name in frame.columns]
    # A line of one empty cell would be no line at all.
    rows = zip(*columns, strict=True) if len(columns) != 1 else ([cell or '""'] for cell in columns[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(heads) + "\n")
        file.writelines(",".join(row) + "\n" for row in rows)


def _cells(column: pd.Series[Any]) -> list[str]:
    """Return the cells of a column of CSV, every distinct text made inert and quoted once."""
    if pd.api.types.is_float_dtype(column):
        return exact(column.to_numpy("float64", na_value=np.nan))
    values = cells_of(column)
    told: dict[Any, str] = {pd.NA: "", None: ""}
    truths = pd.api.types.is_bool_dtype(column)
    for value in dict.fromkeys(values):
        if value is pd.NA or value is None or value != value:
            told[value] = ""
        elif truths:
            told[value] = "true" if value else "false"
        else:
            told[value] = _quoted(inert_cell(value) if isinstance(value, str) else str(value))
    return [told[value] for value in values]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


def write_result(
    result: Result, out: str | os.PathLike[str], *, progress: Progress = silent, attach: Path | None = None
) -> Path:
    """Write every output of `result` into the folder `out`, whole or not at all.

    Parameters
    ----------
    result : Result
    out : path
        A new or empty folder, or one that an earlier run wrote.
    progress : Progress
    attach : path, optional
        A folder copied in as ``input``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        The folder cannot be written or holds something else.
    """
    from clustercoop.reports.people import remembered

    target = Path(out)
    refuse_foreign(target)
    with written_aside(target) as aside, remembered():
        aside.mkdir()
        if attach is not None:
            shutil.copytree(attach, aside / "input")
        asked = result.settings.outputs.split(",")
        progress("tables", 0, 0)
        if "csv" in asked:
            _write_csv_tables(result, aside)
        if "parquet" in asked:
            _write_parquet_tables(result, aside)
        for name in FILES:  # what explains the results later must not have changed
            if getattr(result.settings, name):
                shutil.copyfile(getattr(result.settings, name), aside / f"{name}.toml")
        write_reports(result, aside, lang=result.settings.lang, progress=progress, asked=asked)
        _write_run(result, aside, {"costs": progress.stages()} if isinstance(progress, Metered) else {})
    return target


def _write_csv_tables(result: Result, folder: Path) -> None:
    from clustercoop.reports.people import for_people

    for name in (*TABLES, *result.policy):
        write_csv(for_people(result, name, result.settings.lang), folder / f"{name}.csv")
    if len(result.flows.columns):
        write_csv(result.flows, folder / f"{FLOWS}.csv")
    write_csv(result.findings.by_kind(result.settings.lang), folder / "findings.csv")
    write_csv(for_people(result, "rejected", result.settings.lang), folder / "rejected.csv")
    if result.model is not None and len(result.model.features):
        write_csv(result.model.features, folder / "features.csv")


def _write_parquet_tables(result: Result, folder: Path) -> None:
    frames = {name: getattr(result, name) for name in TABLES} | dict(result.policy)
    if len(result.flows.columns):
        frames[FLOWS] = result.flows
    told = attrgetter(*Finding.__slots__)
    kept = pd.DataFrame([told(finding) for finding in result.findings], columns=list(Finding.__slots__))
    frames["findings"] = kept.astype({"row": "Int64", "year": "Int64"})
    frames["rejected"] = result.rejected
    _write_parquets(frames, folder)
    (folder / "data").mkdir()
    # Links with both ids are made after the rest is written: of a country they are large.
    data = {name: frame for name, frame in result.graph.to_tables().items() if len(frame)}
    _write_parquets(data, folder / "data")
    unit = f"million {result.graph.currency}"
    if read_unit(unit)[1].currency == result.graph.currency:  # whoever reads them as data need not assume it
        (folder / "data" / MAPPING).write_text(f'["*"]\nunit = "{unit}"\n', "utf-8", newline="\n")
    if result.model is not None:
        write_model(result.model, folder / "model")


def _write_parquets(frames: Mapping[str, pd.DataFrame], folder: Path) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # packing lets go of the interpreter
        written = [
            pool.submit(_write_parquet, frame, folder / f"{name}.parquet") for name, frame in frames.items()
        ]
    for each in written:
        each.result()


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table; figures, which hardly repeat, without looking for their distinct ones."""
    texts = [str(name) for name in frame if not pd.api.types.is_float_dtype(frame[name].dtype)]
    frame.to_parquet(path, index=False, use_dictionary=texts)


def _write_run(result: Result, folder: Path, costs: Mapping[str, Any]) -> None:
    """Write what made the results; `costs`, where they were taken, alone differ from run to run."""
    run = {
        "format": FORMAT,
        "settings": result.settings.to_dict(),
        "currency": result.graph.currency,
        "formations": len(result.formations),
        "participants": len(result.participants),
        "clusters": len(result.clusters),
        "findings": {severity: result.findings.count(severity) for severity in SEVERITIES},
        **result.provenance,
        **costs,
    }
    (folder / "run.json").write_text(
        json.dumps(run, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n", "utf-8"
    )


def write_reports(
    result: Result,
    folder: Path,
    *,
    lang: Lang,
    progress: Progress = silent,
    asked: Collection[str] = OUTPUTS,
) -> None:
    """Write what is `asked` for of ``report.html``, ``report.xlsx``, ``report.md`` and ``views/*.html``."""
    if not {"html", "xlsx", "md", "views"} & set(asked):
        return
    from clustercoop.reports.flows import render_flows
    from clustercoop.reports.html import render_report
    from clustercoop.reports.markdown import render_markdown
    from clustercoop.reports.network import LIBRARY, NetworkPages, library, view_name
    from clustercoop.reports.network_data import FLOWS_PAGE
    from clustercoop.reports.workbook import write_workbook

    progress("report", 0, 0)
    if "html" in asked:
        page = render_report(result, lang, views="views" if "views" in asked else "")
        (folder / "report.html").write_text(page, "utf-8", newline="\n")
    if "md" in asked:
        (folder / "report.md").write_text(render_markdown(result, lang), "utf-8", newline="\n")
    if "xlsx" in asked:
        page, views = "report.html" if "html" in asked else "", "views" if "views" in asked else ""
        write_workbook(result, folder / "report.xlsx", lang, page=page, views=views)
    if "views" not in asked:
        return
    drawn = sorted({formation.cluster_id for formation in result.graph.formations()})
    (folder / "views").mkdir()
    (folder / "views" / LIBRARY).write_text(library(), "utf-8", newline="\n")
    pages = NetworkPages(result, lang, shared=True)
    for done, cluster in enumerate(drawn):
        progress("network pages", done, len(drawn))
        (folder / "views" / view_name(cluster)).write_text(pages.page(cluster), "utf-8", newline="\n")
    if len(drawn) > 1:
        page = render_flows(result, lang, shared=True)
        (folder / "views" / FLOWS_PAGE).write_text(page, "utf-8", newline="\n")
    progress("network pages", len(drawn), len(drawn))


def is_result(path: Path) -> bool:
    """Tell whether `path` is a folder that `write_result` wrote."""
    return (path / "run.json").is_file() and (path / "formations.parquet").is_file()


def held_result(source: T) -> T | Result:
    """Return the result that the folder of that name holds; anything else, a result too, as it is."""
    if isinstance(source, str | os.PathLike) and is_result(Path(source)):
        return read_result(source)
    return source


def read_result(path: str | os.PathLike[str] | Result) -> Result:
    """Read a folder that `write_result` wrote, or what a store holds; a result is returned as it is.

    Raises
    ------
    DataError
        It is no such folder, is damaged, or was written by a newer version.
    StoreError
        `path` is a store's address, and no result can be read there.
    """
    if isinstance(path, Result):
        return path
    if is_store_uri(path):
        from clustercoop.stored import stored_result

        return stored_result(path)
    folder = Path(path)
    if not is_result(folder):
        raise refusal(DataError, "folder_of_no_results", folder=folder)
    try:
        run: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))
        if run["format"] > FORMAT:
            raise refusal(DataError, "results_newer", folder=folder, version=run["version"])
        if run["format"] < FORMAT:
            raise refusal(DataError, "results_older", folder=folder, version=run["version"])
        frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
        rows = pd.read_parquet(folder / "findings.parquet").astype(object)
        rows = rows.where(rows.notna(), None)
        findings = Findings([Finding(**dict(zip(rows.columns, row, strict=True))) for row in rows.to_numpy()])
        data = {
            name: pd.read_parquet(folder / "data" / f"{name}.parquet")
            for name in kept_tables()
            if (folder / "data" / f"{name}.parquet").is_file()
        }
        known = {key: run["settings"][key] for key in Settings.__slots__ if key in run["settings"]}
        known |= {name: str(file) for name in FILES if (file := folder / f"{name}.toml").is_file()}
        known["outputs"] = [output for output, file in _MARKS.items() if (folder / file).exists()]
        settings = Settings(**known)
        graph = SupplyGraph.from_tables(data, currency=run["currency"]).sharing(settings.shared_members)
        return Result(
            **frames,
            findings=findings,
            rejected=pd.read_parquet(folder / "rejected.parquet"),
            graph=graph,
            settings=settings,
            provenance={key: run[key] for key in PROVENANCE if key in run},
            model=read_model(folder / "model") if (folder / "model").is_dir() else None,
            policy={
                name: pd.read_parquet(folder / f"{name}.parquet")
                for name in policy_tables()
                if (folder / f"{name}.parquet").is_file()
            },
            flows=pd.read_parquet(by) if (by := folder / f"{FLOWS}.parquet").is_file() else pd.DataFrame(),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise refusal(DataError, "results_damaged", folder=folder, reason=error) from error
