"""Compiled kernels: one typed decorator that costs nothing until a kernel runs.

A decorated function is a `Kernel`. At its first call with arguments of a kind it is read (see
`clustercoop.analysis.lowering.module`) and compiled by LLVM for this processor, which takes some hundredths
of a second. The machine code is kept in `CLUSTERCOOP_KERNELS`, or the cache folder, under a digest of all
that it was made from: LLVM's text and version, and the processor. Kernels may call kernels.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import struct
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Generic, ParamSpec, TypeVar

import numpy as np

from clustercoop.graph.places import cache_folder

P = ParamSpec("P")
R = TypeVar("R")

_HEADER: Final = object.__basicsize__
"""Where the fields of an array's object begin (numpy's `PyArrayObject`): address, axes, sizes."""

_LETTERS: Final = {float: "d", int: "q", bool: "q", np.uint64: "Q"}
_SPEED: Final = 2
_turn: Final = threading.RLock()
if hasattr(os, "register_at_fork"):  # no fork in the middle: the child would wait for ever
    os.register_at_fork(before=_turn.acquire, after_in_parent=_turn.release, after_in_child=_turn.release)


class Kernel(Generic[P, R]):
    """A function that is compiled at its first call.

    Parameters
    ----------
    function : callable
        Written in what `clustercoop.analysis.lowering.module` accepts.

    Attributes
    ----------
    python : callable
        The function itself, uncompiled: the slow oracle of a test.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self.python = function
        self._made: dict[tuple[Any, ...], Callable[[list[Any]], Any]] = {}
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the compiled function.

        Raises
        ------
        TypeError
            An argument of a kind that kernels do not take; an array that is not C-ordered or not aligned, or
            read-only and written to.
        OSError
            The source is not there, or not any more what was imported.
        MemoryError
            There is no room for what the kernel works with.
        """
        kinds: list[Any] = []
        given: list[Any] = []
        if kwargs:
            raise TypeError("kernels take arguments by their places, not by names")
        _flatten(args, kinds, given)
        key = tuple(kinds)
        made = self._made.get(key)
        if made is None:
            with _turn:
                made = self._made[key] = _compiled(self.python, _nested(iter(kinds)))
        result: R = made(given)
        return result


def _flatten(args: tuple[Any, ...], kinds: list[Any], given: list[Any]) -> None:
    """Write the kind of each argument to `kinds`, tuples in brackets, and what is passed to `given`."""
    for arg in args:
        sort = type(arg)
        if sort is np.ndarray:
            flags = arg.flags
            if flags.carray:
                kinds.append((arg.dtype, arg.ndim))
            elif flags.c_contiguous and flags.aligned:
                kinds.append((arg.dtype, arg.ndim, "read"))
            else:
                raise TypeError("kernels take C-ordered, aligned arrays")
            given.append(id(arg))
        elif sort is float or sort is int or sort is bool:
            kinds.append(sort)
            given.append(arg)
        elif sort is tuple:
            kinds.append("(")
            _flatten(arg, kinds, given)
            kinds.append(")")
        elif isinstance(arg, np.generic) and isinstance(arg.item(), int | float):
            kinds.append(type(arg.item()))
            given.append(arg.item())
        else:
            raise TypeError(f"kernels take no {sort.__name__}")


def _nested(kinds: Any) -> tuple[Any, ...]:
    """Return the kinds as `clustercoop.analysis.lowering.writer` says them."""
    from clustercoop.analysis.lowering.writer import ELEMENTS

    found: list[Any] = []
    for kind in kinds:
        if kind == ")":
            break
        if kind == "(":
            found.append(("tuple", *_nested(kinds)))
        else:
            if isinstance(kind, tuple):
                letter = next((each for each in ELEMENTS if kind[0] == each), None)
                if letter is None:
                    raise TypeError(f"kernels take no arrays of {kind[0]}")
                kind = ("array", letter, *kind[1:])
            found.append(kind)
    return tuple(found)


def _compiled(python: Callable[..., Any], kinds: tuple[Any, ...]) -> Callable[[list[Any]], Any]:
    """Return a function of what is passed, for arguments of these kinds."""
    from clustercoop.analysis.lowering.module import Module
    from clustercoop.analysis.lowering.writer import NO_MEMORY

    module = Module(checked=bool(os.environ.get("CLUSTERCOOP_CHECKED")))
    kind = module.entry(python, kinds, _HEADER)
    entry = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)(_address("\n".join(module.parts)))
    pack = struct.Struct("".join(_letters(each) for each in kinds)).pack
    returned = struct.Struct("q" + _letters(kind))
    read, room = returned.unpack, ctypes.c_char * returned.size
    single, parts = not isinstance(kind, tuple), _flags(kind)

    def run(given: list[Any]) -> Any:
        found = room()
        entry(pack(*given), found)
        end, *results = read(found.raw)
        if end:
            raise (MemoryError if end == NO_MEMORY else IndexError)(f"in kernel {python.__name__}")
        for k in parts:
            results[k] = bool(results[k])
        return results[0] if single else tuple(results) or None

    return run


def _letters(kind: Any) -> str:
    """Return how `struct` packs a value of `kind`, 8 bytes each: an array as its object's address."""
    if not isinstance(kind, tuple):
        return _LETTERS[kind]
    return "Q" if kind[0] == "array" else "".join(map(_letters, kind[1:]))


def _flags(kind: Any) -> list[int]:
    flat = kind[1:] if isinstance(kind, tuple) else (kind,)
    return [k for k, each in enumerate(flat) if each is bool]


@functools.cache
def _machine() -> tuple[Any, Any, str]:
    """Return LLVM's view of this processor, what runs its code, and what both are."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    libc = ctypes.cdll.ucrtbase if sys.platform == "win32" else ctypes.CDLL(None)
    for name in ("calloc", "free", "exp"):
        llvm.add_symbol(name, ctypes.cast(getattr(libc, name), ctypes.c_void_p).value)
    target = llvm.Target.from_triple(llvm.get_process_triple())
    options = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), _SPEED
    machine, other = (target.create_target_machine(*options, jit=True) for _ in range(2))
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), other)
    return machine, engine, f"{llvm.llvm_version_info} {machine.triple} {options}"


@functools.cache
def _address(text: str) -> int:
    """Return where the machine code of LLVM's `text` lies."""
    import llvmlite.binding as llvm

    _, engine, said = _machine()
    digest = hashlib.sha256(f"{said}\n{text}".encode()).hexdigest()
    engine.add_object_file(llvm.ObjectFileRef.from_data(_code(text, digest)))
    engine.finalize_object()
    return int(engine.get_function_address(f"k{digest}"))


def folder_of_kernels() -> Path | None:
    """Return where machine code is kept; None where it is not."""
    told, usual = os.environ.get("CLUSTERCOOP_KERNELS"), cache_folder()
    return Path(told) if told else usual and usual / "kernels"


def _code(text: str, digest: str) -> bytes:
    """Return the machine code of LLVM's `text`, read from disk or compiled and kept there."""
    import llvmlite.binding as llvm

    folder = folder_of_kernels()
    if folder and (kept := _read(folder / digest)):
        return kept
    machine, _, _ = _machine()
    module = llvm.parse_assembly(text.replace("@entry(", f"@k{digest}("))
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    options = llvm.create_pipeline_tuning_options(_SPEED)
    options.loop_vectorization = options.slp_vectorization = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    if folder:
        _write(folder / digest, code)
    return code


def _read(place: Path) -> bytes | None:
    """Return the code kept at `place`; None where there is none, it is damaged, or others may write it."""
    with suppress(OSError), place.open("rb") as file:
        whole = file.read()
        if _sealed(place, whole[32:]) == whole and _own(os.fstat(file.fileno())):
            return whole[32:]
    return None


def _sealed(place: Path, code: bytes) -> bytes:
    return hashlib.sha256(place.name.encode() + code).digest() + code


def _own(file: os.stat_result) -> bool:
    """Tell whether only this user and the administrator can have written the file, which is run as it is."""
    if sys.platform == "win32":
        return True
    return file.st_uid in (0, os.geteuid()) and not file.st_mode & 0o022


def _write(place: Path, code: bytes) -> None:
    """Keep `code` at `place`, whole or not at all; a folder that cannot be written is left aside."""
    part = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=place.parent)
        with open(handle, "wb") as file:
            file.write(_sealed(place, code))
        os.chmod(part, 0o644)
        os.replace(part, place)
    except OSError:
        with suppress(OSError):
            if part:
                os.unlink(part)


def jit(function: Callable[P, R]) -> Kernel[P, R]:
    """Compile `function` at its first call; it holds no lock of Python's while it runs.

    Examples
    --------
    >>> @jit
    ... def triangle(n: int) -> int:
    ...     total = 0
    ...     for i in range(n + 1):
    ...         total += i
    ...     return total
    >>> triangle.python(4)
    10
    """
    return Kernel(function)
