"""The one hierarchy of expected failures.

Every message says what was wrong, where, and what to do about it; whoever catches
`ClusterCoopError` has caught every failure that a user can cause.
"""

from __future__ import annotations

_SHOWN = 200


class ClusterCoopError(Exception):
    """Base of every expected failure of clustercoop."""


class DataError(ClusterCoopError):
    """The input cannot be read as a dataset (missing, damaged or empty file, missing table)."""


class SchemaError(DataError):
    """A table lacks a required column, or two of its columns claim the same name."""


class StrictError(DataError):
    """Findings that strictness turned into errors."""


class ParameterError(ClusterCoopError, ValueError):
    """A parameter has a value outside its domain."""


class UnknownNameError(ClusterCoopError, KeyError):
    """A cluster, year or participant that the dataset does not hold."""

    def __str__(self) -> str:
        """Return the message itself; `KeyError` would print it in quotes."""
        return str(self.args[0]) if self.args else ""


class OutputError(ClusterCoopError):
    """A result cannot be written."""


class MissingExtraError(ClusterCoopError, ImportError):
    """An optional dependency is absent; the message names the extra to install."""


class EngineError(ClusterCoopError):
    """Where the work was to run does not answer, or gave it up."""


class StoreError(ClusterCoopError):
    """A graph store cannot be reached, read or written."""


def parameter_error(name: str, function: str, must_be: str, got: object) -> ParameterError:
    """Build the one form of parameter message: what it must be, what it was instead.

    Examples
    --------
    >>> str(parameter_error("nulls", "analyze", "an int in the range [0, inf)", -1))
    "The 'nulls' parameter of analyze must be an int in the range [0, inf), got -1 instead."
    """
    shown = repr(got)
    if "\n" in shown or len(shown) > _SHOWN:
        shown = f"a {type(got).__name__}"
    return ParameterError(f"The {name!r} parameter of {function} must be {must_be}, got {shown} instead.")
