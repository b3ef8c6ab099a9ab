"""What a function's text is written with: kinds of values, registers, labels, variables."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

Kind = Any
"""float, int, bool, np.uint64; ("array", element, ndim), with "read" behind where it is read-only; or
("tuple", kind, …)."""

ELEMENTS: Final[Mapping[str, tuple[str, Kind]]] = {
    "d": ("double", float),
    np.dtype(np.int32).char: ("i32", int),
    np.dtype(np.int64).char: ("i64", int),
    np.dtype(np.uint64).char: ("i64", np.uint64),
}
"""By numpy's letter: how an element lies in memory, and the kind of number it is."""

SCALARS: Final = {float: "double", int: "i64", bool: "i1", np.uint64: "i64"}
ORDER: Final = (bool, int, float)
OK, NO_MEMORY, NO_INDEX = 0, 1, 2
"""What a call ends with."""


class Value(NamedTuple):
    """A value of `kind` in as many registers as its `leaves`."""

    kind: Kind
    at: list[str]


class Made(NamedTuple):
    """A function that is written: its name, what it returns, and whether it can fail."""

    name: str
    kind: Kind
    fails: bool


NOTHING: Final = Value(("tuple",), [])


def leaves(kind: Kind) -> list[str]:
    """Return the registers' types of a value: of an array the address and its sizes."""
    if kind in SCALARS:
        return [SCALARS[kind]]
    if kind[0] == "array":
        return ["ptr"] + ["i64"] * kind[2]
    return [leaf for each in kind[1:] for leaf in leaves(each)]


def struct(kind: Kind) -> str:
    """Return the type of what a function gives back: how it ended, and its results."""
    return "{ " + ", ".join(["i64", *leaves(kind)]) + " }"


class Writer:
    """The lines of one function.

    Attributes
    ----------
    lines : list of str
        LLVM's text so far.
    kinds : dict of str to kind
        The variables; one that is met as another kind as well is written anew, until all have settled.
    rooms : int
        Arrays made, which end with the call.
    fails : bool
        Whether the call may end early.
    """

    def __init__(self, tree: ast.FunctionDef) -> None:
        self.tree = tree
        self.kinds: dict[str, Kind] = {}
        self.restart()

    def restart(self) -> None:
        """Forget what is written, but not the kinds of the variables."""
        self.lines: list[str] = []
        self.loops: list[tuple[str, str]] = []
        self.rooms, self.fails, self._count = 0, False, 0

    def refused(self, node: ast.AST, what: str) -> TypeError:
        """Return the error that says what of the kernel cannot be compiled."""
        line = self.tree.name, getattr(node, "lineno", 0)
        return TypeError(f"kernel {line[0]}, line {line[1]} of it: {what} cannot be compiled")

    def new(self, instruction: str) -> str:
        """Write an instruction and return its register."""
        self._count += 1
        self.lines.append(f"%t{self._count} = {instruction}")
        return f"%t{self._count}"

    def labels(self, *names: str) -> list[str]:
        """Return labels that no other block has."""
        self._count += 1
        return [f"{name}{self._count}" for name in names]

    def open(self, label: str) -> None:
        """Begin a block; the one before it goes on there."""
        self.lines += [f"br label %{label}", f"{label}:"]

    def leave(self, label: str) -> None:
        """Go to `label`; what stands behind is not reached."""
        (behind,) = self.labels("behind")
        self.lines += [f"br label %{label}", f"{behind}:"]

    def branch(self, test: str, yes: str, no: str) -> None:
        """Go one way where `test` holds, else the other."""
        self.lines += [f"br i1 {test}, label %{yes}, label %{no}"]

    def read(self, name: str) -> Value:
        """Read a variable."""
        kind = self.kinds[name]
        at = [self.new(f"load {leaf}, ptr %{name}.{k}") for k, leaf in enumerate(leaves(kind))]
        return Value(kind, at)

    def assign(self, name: str, value: Value) -> None:
        """Write a variable; where it was of another kind, it is of the wider of the two."""
        known = self.kinds.get(name, value.kind)
        kind = self.kinds[name] = known if known == value.kind else self.joined(known, value.kind)
        for k, (leaf, register) in enumerate(zip(leaves(kind), self.cast(value, kind).at, strict=True)):
            self.lines.append(f"store {leaf} {register}, ptr %{name}.{k}")

    def joined(self, one: Kind, other: Kind) -> Kind:
        """Return the wider of two kinds."""
        if one == other:
            return one
        if one in ORDER and other in ORDER:
            return max(one, other, key=ORDER.index)
        raise self.refused(self.tree, f"a variable that is {one} here and {other} there")

    def cast(self, value: Value, kind: Kind) -> Value:
        """Return a number as another kind."""
        if value.kind == kind:
            return value
        register = value.at[0]
        if kind is float:
            how = {int: "sitofp i64", bool: "uitofp i1", np.uint64: "uitofp i64"}[value.kind]
            return Value(kind, [self.new(f"{how} {register} to double")])
        if value.kind is float and kind is int:
            return Value(kind, [self.new(f"call i64 @llvm.fptosi.sat.i64.f64(double {register})")])
        if value.kind is bool:
            return Value(kind, [self.new(f"zext i1 {register} to i64")])
        if {kind, value.kind} == {int, np.uint64}:
            return Value(kind, value.at)
        raise self.refused(self.tree, f"{value.kind} as {kind}")

    def truth(self, value: Value) -> str:
        """Return whether a number is not 0."""
        if value.kind is bool:
            return value.at[0]
        test = "fcmp une double" if value.kind is float else "icmp ne i64"
        return self.new(f"{test} {value.at[0]}, {'0.0' if value.kind is float else '0'}")

    def end_unless(self, good: str, code: int | str) -> None:
        """End the call with `code` where `good` does not hold."""
        on, bad = self.labels("on", "bad")
        self.fails = True
        self.branch(good, on, bad)
        self.lines += [f"{bad}:", f"store i64 {code}, ptr %end", "br label %exit", f"{on}:"]

    def part(self, value: Value, k: int) -> Value:
        """Return a part of a tuple."""
        start = sum(len(leaves(each)) for each in value.kind[1 : k + 1])
        kind = value.kind[k + 1]
        return Value(kind, value.at[start : start + len(leaves(kind))])
