"""Solve the linear systems of flow networks, dense while that is fast, sparse beyond."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from clustercoop.graph.arrays import AnyInts, Floats
from clustercoop.graph.errors import ParameterError, parameter_error

DENSE: Final = 600
"""Up to so many participants a dense solve is the faster one (and needs no scipy)."""
_LARGEST: Final = 1e12
"""A multiplier above this is a singular system seen through rounding."""
_THINNED: Final = 100
"""From so many participants those who only sell or only buy are taken out of a dense solve first."""
_FACTORED: Final = 20_000
"""Up to so many unknowns a sparse system is factorised where a series or gradients do not settle."""
_TERMS: Final = 2000
"""Rounds of the power series before a factorisation takes over: a spectral radius of 0.98 needs them."""


class TooSlow(ArithmeticError):
    """A system so large that only a method that does not settle could solve it in time."""


def unproductive(name: str, function: str) -> ParameterError:
    """Return what to raise where `solve_leontief` found nothing."""
    return parameter_error(name, function, "those of a productive economy", "a spectral radius of 1 or more")


def _filled(n: int, rows: AnyInts, columns: AnyInts, values: Floats) -> Floats:
    flat = np.bincount(rows.astype(np.int64) * n + columns, values, n * n)
    return np.asarray(flat, dtype=np.float64).reshape(n, n)


def complement(n: int, rows: AnyInts, columns: AnyInts, values: Floats) -> Floats:
    """Return I − A, shape (n, n), of the entries of A; repeated positions add up.

    Examples
    --------
    >>> complement(2, np.array([0]), np.array([1]), np.array([0.5])).tolist()
    [[1.0, -0.5], [-0.0, 1.0]]
    """
    matrix = -_filled(n, rows, columns, values)
    matrix.ravel()[:: n + 1] += 1.0
    return matrix


def _dense(matrix: Floats, rhs: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(matrix, rhs), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full_like(rhs, np.nan)


def _factorised(matrix: Any, rhs: Floats) -> Floats:
    if matrix.shape[0] > _FACTORED:
        raise TooSlow(f"{matrix.shape[0]} unknowns")
    from scipy.sparse.linalg import splu

    try:
        return np.asarray(splu(matrix.tocsc()).solve(rhs), dtype=np.float64)
    except RuntimeError:  # "Factor is exactly singular"
        return np.full_like(rhs, np.nan)


def solve_positive(n: int, rows: AnyInts, columns: AnyInts, values: Floats, rhs: Floats) -> Floats:
    """Solve M x = rhs where M, the sum of its entries, is symmetric positive definite.

    Conjugate gradients (with the diagonal as preconditioner, to a residual of 1e-13) beyond `DENSE`
    unknowns, where factors of a random network would fill up.

    Parameters
    ----------
    n : int
        Unknowns.
    rows, columns, values : arrays, shape (m,)
        Entries; repeated positions add up.
    rhs : array, shape (n,)

    Raises
    ------
    TooSlow
        Gradients do not settle, and the system is too large to be factorised.

    Examples
    --------
    >>> at = np.array([0, 1])
    >>> solve_positive(2, at, at, np.array([2.0, 4.0]), np.array([1.0, 1.0])).tolist()
    [0.5, 0.25]
    """
    if n <= DENSE:
        return _dense(_filled(n, rows, columns, values), rhs) if n else np.zeros(0)
    from scipy.sparse import csr_array, diags_array
    from scipy.sparse.linalg import cg

    matrix = csr_array((values, (rows, columns)), shape=(n, n))
    found, failed = cg(matrix, rhs, rtol=1e-13, maxiter=5 * n, M=diags_array(1 / matrix.diagonal()))
    return np.asarray(found) if failed == 0 else _factorised(matrix, rhs)


def solve_leontief(
    n: int, src: AnyInts, dst: AnyInts, coefficient: Floats, rhs: Floats, *, transpose: bool = False
) -> Floats:
    """Solve ``(I − A) x = rhs`` (or ``(I − A)ᵀ x = rhs``) where ``A[src, dst] = coefficient``.

    Parameters
    ----------
    n : int
        Participants.
    src, dst, coefficient : arrays, shape (m,)
        Non-negative entries of A.
    rhs : array, shape (n,) or (n, k)
        Non-negative right-hand sides.
    transpose : bool
        Solve with the transpose.

    Returns
    -------
    array, the shape of `rhs`
        NaN throughout when the economy is not productive: for non-negative A the Hawkins–Simon
        condition holds exactly when ``(I − A) x = 1`` has a non-negative solution, and that is
        what is tested, so no eigenvalue is needed.

    Raises
    ------
    TooSlow
        The power series does not settle, and the system is too large to be factorised.

    References
    ----------
    Hawkins, D., Simon, H. A. (1949). Some conditions of macroeconomic stability. Econometrica 17, 245–248.

    Examples
    --------
    A loop of two that each pass on half: one unit at the first makes 4/3 there and 2/3 at the other.

    >>> src, dst, half = np.array([0, 1]), np.array([1, 0]), np.array([0.5, 0.5])
    >>> solve_leontief(2, src, dst, half, np.array([1.0, 0.0])).round(4).tolist()
    [1.3333, 0.6667]
    >>> solve_leontief(2, src, dst, 2 * half, np.array([1.0, 0.0])).tolist()
    [nan, nan]
    """
    rows, columns = (dst, src) if transpose else (src, dst)
    if n == 0:
        return np.zeros_like(rhs)
    tested = np.ones((n, rhs.size // n + 1))
    tested[:, :-1] = rhs.reshape(n, -1)
    if n <= DENSE:
        solution = _thinned(n, rows, columns, coefficient, tested)
    else:
        solution = _series(n, rows, columns, coefficient, tested)
    multipliers = solution[:, -1]
    if not (multipliers.min() >= 1 - 1e-9 and multipliers.max() < _LARGEST):
        return np.full(rhs.shape, np.nan)
    return np.asarray(solution[:, :-1].reshape(rhs.shape))


def _thinned(n: int, rows: AnyInts, columns: AnyInts, values: Floats, rhs: Floats) -> Floats:
    """Solve (I − A) x = rhs, of participants that both sell and buy alone where these are few.

    One that needs nobody has x = rhs; one that nobody needs follows from the others.
    """
    if n < _THINNED:
        return _dense(complement(n, rows, columns, values), rhs)
    needs, needed = np.zeros(n, bool), np.zeros(n, bool)
    needs[rows], needed[columns] = True, True
    middle = np.flatnonzero(needs & needed)
    if len(middle) > 0.8 * n:
        return _dense(complement(n, rows, columns, values), rhs)
    solution = rhs.copy()
    first, last = np.flatnonzero(~needs & needed), np.flatnonzero(needs & ~needed)
    solution[middle] += _block(n, rows, columns, values, middle, first) @ solution[first]
    solution[middle] = _dense(
        np.eye(len(middle)) - _block(n, rows, columns, values, middle, middle), solution[middle]
    )
    known = np.concatenate([first, middle])
    solution[last] += _block(n, rows, columns, values, last, known) @ solution[known]
    return solution


def _block(n: int, rows: AnyInts, columns: AnyInts, values: Floats, down: AnyInts, across: AnyInts) -> Floats:
    """Return the part of A whose rows are `down` and whose columns are `across`."""
    at, place = np.full(n, -1), np.full(n, -1)
    at[down], place[across] = np.arange(len(down)), np.arange(len(across))
    kept = (at[rows] >= 0) & (place[columns] >= 0)
    flat = at[rows[kept]] * len(across) + place[columns[kept]]
    filled = np.bincount(flat, values[kept], len(down) * len(across))
    return np.asarray(filled, dtype=np.float64).reshape(len(down), len(across))


def _series(n: int, rows: AnyInts, columns: AnyInts, values: Floats, rhs: Floats) -> Floats:
    """Sum rhs + A rhs + A² rhs + … until nothing is added any more; factorise where that takes too long."""
    from scipy.sparse import csr_array, eye_array

    matrix = csr_array((values, (rows, columns)), shape=(n, n))
    total, term = rhs.copy(), rhs
    for _ in range(_TERMS):
        term = np.asarray(matrix @ term)
        total += term
        if (term.max(axis=0) <= 1e-15 * total.max(axis=0)).all():
            return total
        if not total.max() < _LARGEST * max(1.0, float(rhs.max())):
            return np.full_like(rhs, np.nan)
    return _factorised(eye_array(n, format="csr") - matrix, rhs)
