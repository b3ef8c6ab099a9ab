"""The rules of the house: layers, lazy imports, public names, sizes, and a README that says what CI runs."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import os
import pickle
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import clustercoop
from tests.builders import frames
from tests.house.code import ROOMS, parsed, source, sources
from tests.places import ROOT

HEAVY = (
    "jinja2", "kglite", "llvmlite", "matplotlib", "neo4j", "networkx", "numpy", "openpyxl", "pandas",
    "pyarrow", "pyspark", "python_calamine", "pyvis", "scipy", "sklearn", "xlsxwriter",
)  # fmt: skip
CONTRACT = (
    "ClusterCoopError", "DataError", "ParameterError", "SchemaError", "StrictError", "SupplyGraph",
    "Settings", "analyze", "check", "explain", "load", "report", "view",
)  # fmt: skip


def readme_blocks() -> list[str]:
    text = (ROOT / "README.md").read_text("utf-8")
    return [block.strip() for block in re.findall(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def test_the_wheel_has_one_top_level_name() -> None:
    """Rooms at the top of site-packages are shadowed by a researcher's own graph.py or analysis.py."""
    try:
        distribution = importlib.metadata.distribution("clustercoop")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("clustercoop is not installed in this environment, only on the path")
    tops = {path.parts[0] for path in distribution.files or () if path.suffix == ".py"}
    assert tops <= {"clustercoop"}


def test_no_room_is_imported_by_its_bare_name() -> None:
    bare = re.compile(rf"^\s*(from|import) ({'|'.join(ROOMS[1:])})\b", re.MULTILINE)
    folders = (*ROOMS, "tests", "examples", "docs", "benchmarks")
    assert [path for path in sources(*folders) if bare.search(source(path))] == []


def test_a_script_beside_files_named_like_our_rooms_works(tmp_path: Path) -> None:
    for room in ROOMS[1:]:
        (tmp_path / f"{room}.py").write_text("raise SystemExit('the wrong module was imported')", "utf-8")
    script = tmp_path / "script.py"
    script.write_text(
        "import clustercoop\n"
        "from clustercoop.example import dataset\n"
        "print(clustercoop.check(dataset()).graph.cluster_ids[0])\n",
        "utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()


def test_imports_run_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.skip("import-linter is not installed (it comes with the extra [test])")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_place_of_one_machine_stands_in_a_file() -> None:
    """Nor does a log that a program left where it ran."""
    inside = (ROOT / folder for folder in (*ROOMS, "benchmarks", "docs", "examples", "tests", ".ci"))
    paths = [path for path in ROOT.iterdir() if path.is_file()]
    paths += [path for folder in inside for path in folder.rglob("*") if path.is_file()]
    place = re.compile(rb"(?<![\w.])/(?:home|root|tmp|Users)/")
    kept = [path for path in paths if path.suffix not in (".nbc", ".nbi", ".pyc")]
    assert [path for path in kept if path.suffix == ".log" or place.search(path.read_bytes())] == []


def test_no_relative_imports() -> None:
    relative = [path for path in sources(*ROOMS) if re.search(r"^\s*from \.", source(path), re.MULTILINE)]
    assert relative == []


def test_no_code_branches_on_a_language() -> None:
    """Texts stand in catalogues; a name of a language in code is a branch that a third language misses."""
    named = []
    for path in sources(*ROOMS):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Compare | ast.Dict | ast.Tuple):
                texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                if "ru" in texts:
                    named.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert named == []


def test_no_module_passes_500_lines() -> None:
    folders = (*ROOMS, "tests", "examples", "docs", "benchmarks")
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources(*folders)
        if (lines := len(source(path).splitlines())) > 500
    }
    assert long == {}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from clustercoop.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.splitlines()[-1].split()[1:])
    assert "clustercoop" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_importing_clustercoop_loads_only_itself() -> None:
    code = "import sys, clustercoop; print(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(run.stdout.split()).isdisjoint({*HEAVY, "click"})


@pytest.mark.parametrize("name", sorted({*CONTRACT, *clustercoop.__all__}))
def test_public_name_is_there_with_a_docstring(name: str) -> None:
    assert name in clustercoop.__all__
    assert name in dir(clustercoop)
    assert inspect.getdoc(getattr(clustercoop, name))


def test_every_expected_failure_is_a_cluster_coop_error() -> None:
    errors = [
        getattr(clustercoop, name)
        for name in clustercoop.__all__
        if inspect.isclass(getattr(clustercoop, name))
    ]
    raised = [error for error in errors if issubclass(error, BaseException)]
    assert len(raised) >= 9
    assert all(issubclass(error, clustercoop.ClusterCoopError) for error in raised)


def test_unknown_public_name_is_an_attribute_error() -> None:
    misspelt = "analyse"
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        getattr(clustercoop, misspelt)


def measures() -> list[str]:
    return [
        ".".join(("clustercoop", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        for path in sources("analysis")
        if re.search(r"^def measure\(", path.read_text("utf-8"), re.MULTILINE)
    ]


@pytest.mark.parametrize("module", measures())
def test_every_metric_takes_a_formation_then_what_it_rests_on(module: str) -> None:
    function = importlib.import_module(module).measure
    takes = "context" if ".metrics." in module else "settings"
    assert list(inspect.signature(function).parameters)[:2] == ["formation", takes]


def test_analysis_leaves_global_randomness_alone() -> None:
    np.random.seed(20)
    random.seed(20)
    before = pickle.dumps((np.random.get_state(), random.getstate()))
    clustercoop.analyze(frames(), nulls=2, workers=1)
    assert pickle.dumps((np.random.get_state(), random.getstate())) == before


def test_readme_has_two_commands_of_one_line_each() -> None:
    demo, tests = readme_blocks()
    for command in (demo, tests):
        assert len(command.splitlines()) == 1
        assert not re.search(r";|\||#|(?<!&)&(?!&)", command)
        steps = [step.strip() for step in command.split("&&")]
        assert steps[0] == "python3 -m venv .venv"
        assert all(step.startswith(".venv/bin/") for step in steps[1:])
    assert "clustercoop demo --out" in demo
    assert demo.split("&&")[1].split() == [".venv/bin/pip", "install", "."]
    assert tests.endswith(".venv/bin/python -m pytest")


def test_ci_takes_its_commands_from_the_readme() -> None:
    if not (ROOT / ".ci").is_dir():
        pytest.skip("a source distribution leaves .ci out")
    for place, command in enumerate(readme_blocks(), start=1):
        run = subprocess.run(
            [sys.executable, ROOT / ".ci" / "readme_block.py", str(place)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == command


def test_what_a_store_refuses_is_a_text_of_the_catalogue() -> None:
    """An error or warning made of a literal is said in English whatever was asked for."""
    files = [*(ROOT / "graph" / "stores").glob("*.py")]
    files += [ROOT / "clustercoop" / f"{name}.py" for name in ("cookbook", "magic", "query_files")]
    calls = [
        (path.name, node)
        for path in files
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error")
    ]
    found = [name for name, call in calls if any(not isinstance(arg, ast.Starred) for arg in call.args)]
    # The headers of the queries that are shipped, and what JSON may not hold, are no user's affair.
    assert found == ["cookbook.py", "cookbook.py"]
