"""Compiled kernels: one typed decorator around numba that costs nothing until a kernel runs.

A decorated function is a `Kernel`. numba is imported, and the machine code compiled or read from its cache
on disk, at the first call, so that importing a module of kernels stays cheap. Kernels may call kernels.

numba keys its cache by the file of the *called* kernel: a kernel that calls another one belongs in the same
file, or an edit of the inner one would leave the outer one's cached code stale.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


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
        """Return numba's compiled function, cached on disk where a cache directory can be written."""
        import numba

        _teach_numba()
        compile_ = functools.partial(numba.njit, self.python, nogil=True, error_model="numpy")
        try:
            return compile_(cache=True)
        except RuntimeError:  # numba found no writable directory for its cache
            return compile_(cache=False)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the compiled function."""
        result: R = self.dispatcher(*args, **kwargs)
        return result


@functools.cache
def _teach_numba() -> None:
    """Let compiled code resolve a `Kernel` it calls to that kernel's compiled function."""
    import numba
    from numba.extending import typeof_impl

    typeof: Any = numba.typeof

    @typeof_impl.register(Kernel)
    def _(kernel: Kernel[..., Any], context: object) -> Any:
        return typeof(kernel.dispatcher)


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
