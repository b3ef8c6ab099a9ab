"""The formation model on disk: its tables as Parquet, the rest as JSON."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from clustercoop.analysis.verdicts.verdict import FormationModel


def write_model(model: FormationModel, folder: Path) -> None:
    """Write `model` into the new folder `folder`; its findings are with the result's."""
    folder.mkdir()
    plain = {}
    for field in fields(model):
        value = getattr(model, field.name)
        if isinstance(value, pd.DataFrame):
            value.to_parquet(folder / f"{field.name}.parquet", index=False)
        elif field.name != "findings":
            plain[field.name] = value
    text = json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True)
    (folder / "model.json").write_text(text + "\n", "utf-8", newline="\n")


def read_model(folder: Path) -> FormationModel:
    """Read what `write_model` wrote."""
    parts: dict[str, Any] = json.loads((folder / "model.json").read_text("utf-8"))
    parts["said"] = tuple((str(id), places) for id, places in parts["said"])
    parts |= {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    return FormationModel(**parts)
