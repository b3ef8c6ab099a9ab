"""Machine code is kept where it may be, and run only where it is what this user compiled from this source."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

from clustercoop.analysis import jit as compiling
from tests.places import ROOT

KERNEL = "from clustercoop.analysis.jit import jit\n@jit\ndef f(x):\n    return x + 1\n"


def test_importing_kernels_imports_no_compiler() -> None:
    script = "import sys, clustercoop.analysis.core_periphery.kernels; print('llvmlite' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_source_that_changed_after_the_import_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name, after, told in (
        ("moved_kernel", "\n\n" + KERNEL, "changed"),
        ("other_kernel", KERNEL.replace("+ 1", "+ 2"), "changed"),
        ("lost_kernel", None, "not there"),
    ):
        path = tmp_path / f"{name}.py"
        path.write_text(KERNEL)
        kernel = import_module(name).f
        if after is None:
            path.unlink()
        else:
            path.write_text(after)
        with pytest.raises(OSError, match=told):
            kernel(1)


def test_kernels_of_a_zipped_package_are_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "rooms.zip", "w") as archive:
        archive.writestr("zipped_kernel.py", KERNEL)
    monkeypatch.syspath_prepend(tmp_path / "rooms.zip")
    assert import_module("zipped_kernel").f(1.5) == 2.5


@pytest.mark.skipif(sys.platform == "win32", reason="who may write a file is not in its mode there")
def test_code_that_others_may_have_written_is_not_run(tmp_path: Path) -> None:
    kept, other = tmp_path / "kept", tmp_path / "other"
    compiling._write(kept, b"code")
    assert compiling._read(kept) == b"code" and kept.stat().st_mode & 0o777 == 0o644
    other.write_bytes(kept.read_bytes())
    assert compiling._read(other) is None, "the code of another kernel"
    kept.chmod(0o666)
    assert compiling._read(kept) is None
    kept.chmod(0o600)
    assert compiling._read(kept) == b"code"
    if os.geteuid() == 0:
        os.chown(kept, 65534, -1)
        assert compiling._read(kept) is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked there")
def test_a_process_forked_while_another_thread_compiles_can_compile() -> None:
    script = """
import os, threading
from clustercoop.analysis import jit
held, go = threading.Event(), threading.Event()

def compiles():
    with jit._turn:
        held.set()
        go.wait(0.2)

threading.Thread(target=compiles).start()
held.wait()
child = os.fork()
if not child:
    os._exit(not jit._turn.acquire(blocking=False))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), jit._turn.acquire(timeout=60))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "True"]


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 4000])
def test_damaged_code_is_compiled_anew(
    damage: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTERCOOP_KERNELS", str(tmp_path / "kernels"))
    text = "define void @entry(ptr %given, ptr %found) {\nret void\n}\n"
    code = compiling._code(text, "one")
    (kept,) = (tmp_path / "kernels").iterdir()
    whole = kept.read_bytes()
    assert whole.endswith(code)
    kept.write_bytes(damage)
    assert compiling._code(text, "one") == code and kept.read_bytes() == whole


@pytest.mark.parametrize("kernels_at", ["", "file/kernels"])
def test_without_a_folder_to_write_kernels_compile_all_the_same(kernels_at: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    path = tmp_path / "script.py"
    path.write_text(KERNEL + "print(f(1), f(1.5))\n")
    place = str(tmp_path / kernels_at) if kernels_at else ""
    told = {**os.environ, "CLUSTERCOOP_CACHE": "", "CLUSTERCOOP_KERNELS": place, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(path)], env=told, capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == (["2", "2.5"], "")
    assert [each.name for each in tmp_path.iterdir() if each.is_dir()] == []
