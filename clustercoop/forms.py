"""Forms to send to participants."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from clustercoop.graph.errors import DataError
from clustercoop.graph.settings import Lang
from clustercoop.outputs import written_aside
from clustercoop.reports.form import write_form


def template(
    out: str | os.PathLike[str],
    *,
    lang: Lang = "en",
    unit: str = "",
    participants: str | os.PathLike[str] | pd.DataFrame | None = None,
) -> Path:
    """Write a workbook for participants to fill in; `check` and `analyze` read it, or a folder of them.

    Its columns are those of ``participants``, ``activity`` and ``links``. Cells that cannot be right turn red
    in the spreadsheet; the sheet with the example is not read.

    Parameters
    ----------
    out : path
        The .xlsx file.
    lang : str
    unit : str
        Unit of money chosen beforehand, as a header would name it; by default the first that the form offers.
    participants : path or DataFrame, optional
        A register whose organisations the form lists; those that give no figure are then told by name.

    Raises
    ------
    ParameterError
        `unit` is none of money.
    DataError
        `participants` holds no register, or one too long for the form.

    Examples
    --------
    >>> import tempfile
    >>> template(Path(tempfile.mkdtemp()) / "form.xlsx", lang="ru").name
    'form.xlsx'
    """
    register = None if participants is None else _register(participants)
    target = Path(out)
    with written_aside(target) as aside:
        write_form(aside, lang=lang, unit=unit, register=register)
    return target


def _register(source: str | os.PathLike[str] | pd.DataFrame) -> pd.DataFrame:
    from clustercoop.graph.schema import tables
    from clustercoop.graph.settings import Settings
    from clustercoop.loaders.cells import type_grid
    from clustercoop.loaders.dataset import arranged
    from clustercoop.loaders.frames import frame_source
    from clustercoop.loaders.notes import Notes
    from clustercoop.loaders.sources import find_sources
    from clustercoop.reports.form import ROWS

    notes, settings, spec = Notes(), Settings(), tables()["participants"]
    if isinstance(source, pd.DataFrame):
        found = [frame_source("participants", source)]
    else:
        found = [s for s in find_sources(Path(source), notes) if s.table == "participants"]
    if not found:
        raise DataError(f"{source} holds no register of participants.")
    frames = [type_grid(arranged(one, spec, settings, list, notes), spec, notes).frame for one in found]
    register = pd.concat(frames, ignore_index=True)
    register = register[register["participant_id"].notna()].drop_duplicates(["participant_id", "cluster_id"])
    if len(register) > ROWS["participants"]:
        most = ROWS["participants"]
        raise DataError(f"The register has {len(register)} participants, and a form {most} rows for them.")
    return register
