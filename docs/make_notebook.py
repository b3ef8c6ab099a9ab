"""Write ``docs/notebook.ipynb``: the cells below, run, with what they show.

``python docs/make_notebook.py`` runs them in this process and keeps texts, tables and pictures;
pages, which are large, show themselves when the notebook is run.
"""

from __future__ import annotations

import ast
import json
import sys
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from matplotlib import pyplot

PAGE: Final = Path(__file__).parent / "notebook.ipynb"
LARGEST: Final = 200_000
CELLS: Final = (
    "# clustercoop in a notebook\n\nThe shipped example is synthetic. Everything below also runs on data of "
    'your own: `clustercoop.analyze("folder")`.',
    "import clustercoop\nfrom clustercoop.example import dataset\n\n"
    "result = clustercoop.analyze(dataset(), nulls=19, workers=1)\nresult",
    "A result shows a few lines of itself. Its tables are DataFrames; what is unknown is empty, and "
    "`result.gaps` says why.",
    'columns = ["cluster_id", "year", "cooperation_ratio_low", "cooperation_ratio_high"]\n'
    'result.formations.loc[result.formations["cooperation_ratio"].isna(), columns]',
    'result.findings.by_kind()[["severity", "code", "count"]].head(8)',
    "Cooperation over the years; a thick bar where bounds alone are known.",
    "result.plot_cooperation();",
    "Paths of three clusters through the zones of innovation and productivity.",
    'result.plot_phase("SYN-01", "SYN-02", "SYN-07");',
    "What the two-trait rule looks at, and how integrated and isolated the clusters are.",
    "result.plot_verdicts();",
    "result.plot_closedness();",
    "One cluster: who supplies whom with the core first, how clear the core is, and the chain by stage.",
    'result.plot_matrix("SYN-01");',
    'result.plot_core_profile("SYN-01");',
    'result.plot_chain("SYN-01");',
    "How one ratio came about, row by row.",
    'clustercoop.explain(result, "SYN-01", 2023, participant="0001000001")',
    "The network page of a cluster and the report show themselves when no path is given.",
    'clustercoop.view(result, "SYN-01")',
    "clustercoop.report(result)",
)


def run(cells: tuple[str, ...] = CELLS) -> list[dict[str, Any]]:
    """Return the cells of the notebook: code is run, and what it shows is kept.

    Raises
    ------
    Exception
        Whatever a cell raises.
    """
    pyplot.switch_backend("agg")
    names: dict[str, Any] = {}
    made: list[dict[str, Any]] = []
    for number, source in enumerate(cells):
        cell = {"id": f"cell-{number}", "metadata": {}, "source": source.splitlines(keepends=True)}
        if source[0].isupper() or source.startswith("#"):
            made.append({"cell_type": "markdown", **cell})
            continue
        *first, last = ast.parse(source).body
        exec(compile(ast.Module(first, []), f"cell {number}", "exec"), names)
        assert isinstance(last, ast.Expr)
        value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
        shown = [] if source.endswith(";") else [forms(value)]
        shown += [{"image/png": picture(figure)} for figure in pyplot.get_fignums()]
        pyplot.close("all")
        outputs = [{"output_type": "display_data", "data": data, "metadata": {}} for data in shown]
        made.append({"cell_type": "code", "execution_count": None, **cell, "outputs": outputs})
    return made


def forms(value: Any) -> dict[str, str]:
    """Return how a notebook shows a value: its text, and its HTML where that is small enough to be kept."""
    told = {"text/plain": repr(value)}
    html = getattr(value, "_repr_html_", str)()
    return told | ({"text/html": html} if 0 < len(html) <= LARGEST else {})


def picture(number: int) -> str:
    """Return a figure as text."""
    held = BytesIO()
    pyplot.figure(number).savefig(held, format="png", dpi=72, metadata={"Software": None})
    return b64encode(held.getvalue()).decode()


def main() -> int:
    """Write the notebook."""
    python = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": run(), "metadata": {"kernelspec": python}, "nbformat": 4, "nbformat_minor": 5}
    PAGE.write_text(json.dumps(book, ensure_ascii=False, indent=1) + "\n", "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
