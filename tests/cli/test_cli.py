"""The commands as a user runs them."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import clustercoop
import clustercoop.__main__
from clustercoop.cli import _progress, main
from clustercoop.graph.progress import paused
from tests.builders import HOSTILE, frames, write_folder

OUTPUTS = {
    *(f"{t}.{e}" for t in ("formations", "participants", "clusters") for e in ("csv", "parquet")),
    "findings.csv",
    "rejected.csv",
    "report.html",
    "report.xlsx",
    "report.md",
    "run.json",
}


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def hashes(folder: Path) -> dict[str, str]:
    """Hash every file, `run.json` without what its stages cost."""
    kept = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    run = folder / "run.json"
    if run in kept:  # a folder of reports alone has none
        told = json.loads(kept[run])
        assert told.pop("costs")
        kept[run] = json.dumps(told).encode()
    return {str(path.relative_to(folder)): hashlib.sha256(held).hexdigest() for path, held in kept.items()}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("in") / "data", frames())


@pytest.fixture(scope="module")
def results(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "results"
    done = run("analyze", data, "--out", out, "--nulls", 19)
    assert done.exit_code == 0, done.output
    return out


def test_analyze_writes_every_output_of_the_contract(results: Path) -> None:
    names = {str(p.relative_to(results)) for p in results.rglob("*") if p.is_file()}
    assert names >= OUTPUTS
    # One page a cluster, and that of the flows between them.
    assert len(list((results / "views").glob("*.html"))) == 3
    account = json.loads((results / "run.json").read_text("utf-8"))["accounting"]["links"]
    assert account["rows_read"] == account["rows_accepted"] + account["rows_rejected"]


def test_costs_of_each_stage_are_told(results: Path) -> None:
    stages = json.loads((results / "run.json").read_text("utf-8"))["costs"]
    assert {"cooperation", "core and closedness", "formation model", "report"} <= {s["stage"] for s in stages}
    assert all(stage["wall_s"] >= 0 and stage["cpu_s"] >= 0 and stage["peak_mib"] > 0 for stage in stages)


def test_only_what_is_asked_for_is_computed_and_written(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "r"
    done = run(
        "analyze", data, "--out", out, "--metrics", "cooperation,closedness", "--outputs", "parquet, html"
    )
    assert done.exit_code == 0, done.output
    names = {path.name for path in out.iterdir()}
    assert {"formations.parquet", "report.html", "run.json"} <= names
    assert names.isdisjoint({"formations.csv", "report.xlsx", "report.md", "views", "model"})
    result = clustercoop.read_result(out)
    known = result.formations.notna().any()
    assert known["cooperation_ratio"] and known["circulation_share"]
    assert not known[["core_members", "core_fit", "chain_leaders"]].any()
    gaps = result.gaps
    assert set(gaps.loc[gaps["column"] == "core_fit", "code"]) == {"metric_not_asked"}
    assert "views/" not in (out / "report.html").read_text("utf-8")
    assert run("report", out, "--out", tmp_path / "again").exit_code == 0


def test_second_run_is_byte_identical_for_any_number_of_workers(
    data: Path, results: Path, tmp_path: Path
) -> None:
    again = run("analyze", data, "--out", tmp_path / "again", "--nulls", 19, "--workers", 1)
    assert again.exit_code == 0, again.output
    assert hashes(tmp_path / "again") == hashes(results)


def test_a_rerun_replaces_its_own_results(data: Path, results: Path, tmp_path: Path) -> None:
    shutil.copytree(results, tmp_path / "r")
    told = run("analyze", data, "--out", tmp_path / "r", "--nulls", 0, "--outputs", "csv")
    assert told.exit_code == 0 and told.output.endswith(f"results: {tmp_path / 'r'}\n")
    assert [p.name for p in tmp_path.iterdir()] == ["r"]
    assert not (tmp_path / "r" / "report.html").exists()


def test_explain_adds_up_to_the_stated_ratio(results: Path) -> None:
    table = pd.read_csv(results / "participants.csv", dtype={"participant_id": str})
    row = table[table["cooperation_ratio"].notna()].iloc[0]
    done = run(
        "explain",
        results,
        "--cluster",
        row.cluster_id,
        "--year",
        row.year,
        "--participant",
        row.participant_id,
    )
    assert done.exit_code == 0, done.output
    supplied, produced = done.output.split("Output, ")
    parts = [float(line.split()[0]) for line in supplied.splitlines() if "→" in line]
    sums = [float(line.split()[1]) for line in done.output.splitlines() if line.startswith("  = ")]
    assert sum(parts) == pytest.approx(sums[0], abs=1e-9)
    assert sums[0] / sums[1] == pytest.approx(row.cooperation_ratio, abs=1e-9)
    stated = float(produced.split("ratio = ")[1].split()[0])
    assert stated == pytest.approx(row.cooperation_ratio, abs=1e-9)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--cluster", "nope", "--year", "2021"], "nope"),
        (["--cluster", "C0", "--year", "1900"], "1900"),
        (["--cluster", "C0", "--year", "2021", "--participant", "ghost"], "ghost"),
    ],
)
def test_explain_names_what_is_unknown(results: Path, words: list[str], sentence: str) -> None:
    done = run("explain", results, *words)
    assert done.exit_code == 1
    assert sentence in done.output
    assert "Traceback" not in done.output


def test_report_and_view_in_russian(results: Path, data: Path, tmp_path: Path) -> None:
    assert run("report", results, "--out", tmp_path / "ru", "--lang", "ru").exit_code == 0
    assert 'lang="ru"' in (tmp_path / "ru" / "report.html").read_text("utf-8")
    for source in (results, data):
        page = tmp_path / f"{source.name}.html"
        done = run("view", source, "--cluster", "C0", "--year", 2021, "--out", page, "--lang", "ru")
        assert done.exit_code == 0, done.output
        assert page.stat().st_size > 100_000


def test_check_is_quiet_on_good_data_and_exits_1_on_errors(data: Path, tmp_path: Path) -> None:
    assert run("check", data).exit_code == 0
    tables = frames()
    tables["links"].loc[0, "value"] = -3.0
    bad = write_folder(tmp_path / "bad", tables)
    done = run("check", bad)
    assert done.exit_code == 1
    assert "links.csv, row 2" in done.output
    csv = "--nulls", 0, "--outputs", "csv"
    assert run("analyze", bad, "--out", tmp_path / "o", *csv).exit_code == 0
    assert len(pd.read_csv(tmp_path / "o" / "rejected.csv")) == 1
    strict = run("analyze", bad, "--out", tmp_path / "s", "--strict")
    assert strict.exit_code == 1
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["analyze"],
        ["analyze", "x"],
        ["analyze", "x", "--out", "y", "--nulls", "-1"],
        ["analyze", "x", "--out", "y", "--engine", "cloud"],
        ["analyze", "x", "--out", "y", "--metrics", "core,magic"],
        ["analyze", "x", "--out", "y", "--outputs", ""],
        ["explain", "x", "--cluster", "c", "--year", "soon"],
        ["fly"],
    ],
)
def test_wrong_usage_exits_2(words: list[str]) -> None:
    assert run(*words).exit_code == 2


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_says_what_it_takes(command: str) -> None:
    told = run(command, "--help")
    assert told.exit_code == 0 and "Usage:" in told.output and command in told.output


def test_inputs_that_are_no_dataset_give_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "fake.xlsx").write_bytes(b"not a workbook")
    (tmp_path / "dir.xlsx").mkdir()
    (tmp_path / "zero.xlsx").touch()
    for name in ("absent", "empty", "text.txt", "fake.xlsx", "dir.xlsx", "zero.xlsx"):
        for words in (["check", tmp_path / name], ["analyze", tmp_path / name, "--out", tmp_path / "o"]):
            done = run(*words)
            assert done.exit_code == 1, (name, done.output)
            said = [line for line in done.output.splitlines() if line.startswith("clustercoop: ")]
            assert len(said) == 1, (name, done.output)
            assert "Traceback" not in done.output
    assert not (tmp_path / "o").exists()


def test_a_place_that_is_not_ours_is_left_alone(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.doc").write_text("mine")
    for place in ("file", "full"):
        done = run("analyze", data, "--out", tmp_path / place)
        assert done.exit_code == 1
        assert "choose another place" in done.output
    assert (tmp_path / "file").read_text() == "mine"
    assert os.listdir(tmp_path / "full") == ["thesis.doc"]


def _start(data: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "clustercoop", "analyze", str(data), "--out", str(out), "--nulls", "19"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_killed_runs_leave_nothing_and_the_next_one_cleans_up(
    data: Path, results: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    chance = random.Random(3)
    for _ in range(3):
        process = _start(data, out)
        time.sleep(chance.uniform(0.2, 3.0))
        process.kill()
        process.communicate()
        assert not out.exists() or hashes(out) == hashes(results)
    assert run("analyze", data, "--out", out, "--nulls", 19).exit_code == 0
    assert hashes(out) == hashes(results)
    assert not [p.name for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_a_terminated_run_says_so_and_leaves_nothing(data: Path, tmp_path: Path) -> None:
    process = _start(data, tmp_path / "out")
    assert process.stdout is not None
    process.stdout.readline()  # it has begun to work
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate()
    assert process.returncode == 130
    assert b"interrupted" in said
    assert b"Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_while_the_command_loads_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Loading(ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "clustercoop.cli", Loading("clustercoop.cli"))
    with pytest.raises(SystemExit) as ended:
        clustercoop.__main__.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "clustercoop: interrupted; nothing was left half-written.\n"


def test_hostile_names_come_through_every_output_inert(tmp_path: Path) -> None:
    tables = frames()
    for i, name in enumerate(HOSTILE):
        tables["participants"].loc[i, "name"] = name
        old = tables["participants"].loc[i, "participant_id"]
        for table, column in (
            ("participants", "participant_id"),
            ("activity", "participant_id"),
            ("links", "supplier_id"),
            ("links", "buyer_id"),
        ):
            tables[table][column] = tables[table][column].replace(old, name)
    out = tmp_path / "out"
    done = run("analyze", write_folder(tmp_path / "data", tables), "--out", out, "--nulls", 0)
    assert done.exit_code == 0, done.output
    for path in out.glob("*.csv"):
        written = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in written.columns:
            kept = [c for c in written[column] if c.startswith(("=", "@")) or c.startswith("+7")]
            assert not kept, (path.name, column, kept)
    for path in [out / "report.html", *(out / "views").glob("*.html")]:
        text = path.read_text("utf-8")
        assert "<script>window.hacked" not in text
        assert "<img src=x" not in text
    markdown = (out / "report.md").read_text("utf-8")
    assert "<script>" not in markdown
    assert "<img" not in markdown
    book = openpyxl.load_workbook(out / "report.xlsx")
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
    assert not [c.value for c in cells if c.data_type == "f"]
    assert any(c.value == HOSTILE[0] for c in cells)
    with zipfile.ZipFile(out / "report.xlsx") as archive:
        assert not [name for name in archive.namelist() if "externalLink" in name]
    exact = pd.read_parquet(out / "participants.parquet")
    assert set(HOSTILE) <= set(exact["participant_id"])


def test_results_that_are_damaged_or_newer_are_refused(results: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(results, copy)
    state = json.loads((copy / "run.json").read_text("utf-8"))
    (copy / "run.json").write_text(json.dumps(state | {"format": 99}))
    done = run("explain", copy, "--cluster", "C0", "--year", 2021)
    assert done.exit_code == 1
    assert "newer" in done.output
    (copy / "run.json").write_text("{")
    done = run("report", copy, "--out", tmp_path / "r")
    assert done.exit_code == 1
    assert "damaged" in done.output
    done = run("report", tmp_path / "nothing", "--out", tmp_path / "r")
    assert done.exit_code == 1
    assert "no results" in done.output


def test_no_thread_draws_while_progress_is_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, to rich
    before = set(threading.enumerate())
    with _progress() as progress:
        progress("reading", 0, 0)
        assert set(threading.enumerate()) - before
        with paused(progress):
            assert not set(threading.enumerate()) - before
        progress("reading", 1, 2)
        assert set(threading.enumerate()) - before
    assert not set(threading.enumerate()) - before
