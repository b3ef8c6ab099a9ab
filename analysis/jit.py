"""Compiled kernels: one typed decorator around numba that costs nothing until a kernel runs.

A decorated function is a `Kernel`. numba is imported, and the machine code compiled or read from its cache
on disk, at the first call, so that importing a module of kernels stays cheap. Kernels may call kernels.

numba keys its cache by the file of the *called* kernel: a kernel that calls another one belongs in the same
file, or an edit of the inner one would leave the outer one's cached code stale.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


OPTIONS: Final[Mapping[str, Any]] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
"""How every kernel is compiled; none is called from C."""


class Kernel(Generic[P, R]):
    """A function that numba compiles at its first call.

    Parameters
    ----------
    function : callable
        Written in what numba's nopython mode accepts.

    Attributes
    ----------
    python : callable
        The function itself, uncompiled: the slow oracle of a test.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self.python = function
        functools.update_wrapper(self, function)

    @functools.cached_property
    def dispatcher(self) -> Any:
        """Return what Python calls: compiled, and cached on disk where a cache directory can be written."""
        try:
            return self._compiled(cache=True)
        except RuntimeError:  # numba found no writable directory for its cache
            return self._compiled(cache=False)

    @functools.cached_property
    def callee(self) -> Any:
        """Return what other kernels call: it needs no entry from Python, and is cached within its callers."""
        return self._compiled(no_cpython_wrapper=True)

    def _compiled(self, **options: Any) -> Any:
        import numba

        _teach_numba()
        return numba.njit(self.python, **OPTIONS, **options)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the compiled function."""
        compiled = self.dispatcher
        if compiled.overloads:
            result: R = compiled(*args, **kwargs)
            return result
        with _collector_paused():
            result = compiled(*args, **kwargs)
        return result


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector, which takes a fifth of a compilation by walking its data."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


@functools.cache
def _teach_numba() -> None:
    """Let compiled code resolve a `Kernel` it calls to that kernel's compiled function."""
    import numba
    from numba.extending import typeof_impl

    typeof: Any = numba.typeof

    @typeof_impl.register(Kernel)
    def _(kernel: Kernel[..., Any], context: object) -> Any:
        return typeof(kernel.callee)


def jit(function: Callable[P, R]) -> Kernel[P, R]:
    """Compile `function` with numba (nopython, no GIL, IEEE division) at its first call.

    Integer overflow wraps and array bounds are not checked, as in C; division by zero gives inf or NaN.

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
