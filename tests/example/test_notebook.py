"""The notebook of the documentation runs, and shows what its cells show now."""

import importlib.util
import json
import re
from typing import Any

import pytest

import clustercoop
from clustercoop.analysis.results import Result
from clustercoop.example import dataset
from tests.builders import example
from tests.places import ROOT

pytest.importorskip("matplotlib")


def test_the_notebook_is_what_its_cells_show(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("make_notebook", ROOT / "docs" / "make_notebook.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    result = example()

    def once(source: Any, **options: Any) -> Result:
        """Return the result that tests share: that of the very same call."""
        assert options == {"nulls": 19, "workers": 1} and source == dataset()
        return result

    monkeypatch.setattr(clustercoop, "analyze", once, raising=False)
    made, kept = module.run(), json.loads((ROOT / "docs" / "notebook.ipynb").read_text("utf-8"))["cells"]
    # Pictures differ by the versions of libraries, figures by those of ours: both are pinned elsewhere.
    assert told(made) == told(kept)
    assert sum("image/png" in output["data"] for cell in kept for output in cell.get("outputs", ())) == 7


def told(cells: list[dict[str, Any]]) -> list[Any]:
    """Return sources and what is shown, without digits, blanks and pictures."""
    shown = [[one["data"] for one in cell.get("outputs", ())] for cell in cells]
    texts = [
        [
            {kind: re.sub(r"[\d\s.]+", "#", text) * (kind != "image/png") for kind, text in data.items()}
            for data in some
        ]
        for some in shown
    ]
    return list(zip((cell["source"] for cell in cells), texts, strict=True))
