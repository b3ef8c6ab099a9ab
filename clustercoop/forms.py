"""Forms to send to participants."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from clustercoop.graph.errors import DataError, ParameterError
from clustercoop.graph.settings import Lang
from clustercoop.graph.texts import refusal
from clustercoop.outputs import refuse_foreign, written_aside
from clustercoop.reports.form import write_form


def template(
    out: str | os.PathLike[str],
    *,
    lang: Lang = "en",
    unit: str = "",
    participants: str | os.PathLike[str] | pd.DataFrame | None = None,
    each: bool = False,
    years: Sequence[int] = (),
) -> Path:
    """Write a workbook for participants to fill in; `check` and `analyze` read it, or a folder of them.

    Its columns are those of ``participants``, ``activity`` and ``links``. Cells that cannot be right turn red
    in the spreadsheet; the sheet with the example is not read.

    Parameters
    ----------
    out : path
        The .xlsx file; with `each` a new or empty folder.
    lang : str
    unit : str
        Unit of money chosen beforehand, as a header would name it; by default the first that the form offers.
    participants : path or DataFrame, optional
        A register whose organisations the form lists; those that give no figure are then told by name.
    each : bool
        Write one form for each member of a cluster in the register: it names the respondent, lists the
        members of its clusters, itself first, and the partners outside, and is called by its identifier.
    years : sequence of int
        With `each`: years for which the respondent's rows of figures are there to be filled in.

    Raises
    ------
    ParameterError
        `unit` is none of money; `each` or `years` without what it needs.
    OutputError
        The place cannot be written, or holds files.
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
    if each and register is None:
        raise refusal(ParameterError, "form_register")
    if years and not each:
        raise refusal(ParameterError, "form_years")
    if not each or register is None:
        with written_aside(target, ".xlsx") as aside:
            write_form(aside, lang=lang, unit=unit, register=register)
        return target
    refuse_foreign(target, "")  # forms that are filled in are never written over
    with written_aside(target) as aside:
        aside.mkdir()
        for name, (who, listed) in _by_respondent(register).items():
            write_form(
                aside / f"{name}.xlsx", lang=lang, unit=unit, register=listed, respondent=who, years=years
            )
    return target


def _by_respondent(register: pd.DataFrame) -> dict[str, tuple[str, pd.DataFrame]]:
    """Return for the name of each form its respondent and the organisations that it lists."""
    forms: dict[str, tuple[str, pd.DataFrame]] = {}
    clusters = register["cluster_id"]
    for who in dict.fromkeys(register.loc[clusters.notna(), "participant_id"]):
        own = register["participant_id"] == who
        listed = clusters.isin(clusters[own].dropna()) | clusters.isna()
        plain = re.sub(r"[^\w.-]+", "_", who).strip("._") or "_"
        name = next(
            n
            for n in itertools.chain([plain], (f"{plain}_{i}" for i in itertools.count(2)))
            if n not in forms
        )
        forms[name] = (who, pd.concat([register[own], register[listed & ~own]]))
    return forms


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
        raise refusal(DataError, "no_register", name=source)
    frames = [type_grid(arranged(one, spec, settings, (), notes), spec, notes).frame for one in found]
    register = pd.concat(frames, ignore_index=True)
    register = register[register["participant_id"].notna()].drop_duplicates(["participant_id", "cluster_id"])
    if len(register) > ROWS["participants"]:
        most = ROWS["participants"]
        raise refusal(DataError, "register_large", count=len(register), most=most)
    return register
