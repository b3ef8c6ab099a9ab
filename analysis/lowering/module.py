"""Kernels in LLVM's language: a small part of Python, read from a function's source.

What a kernel may say: numbers (float, int of 64 bits, bool, and `np.uint64` words); tuples of fixed length;
C-ordered arrays of float64, int64, int32 and uint64, from outside or made by `np.zeros`, which end with the
call; `if`, `while`, `for … in range(…)`, arithmetic, comparisons, `abs`, `min`, `max`, `int`, `float`,
`np.sqrt`, `np.exp`; constants of its module; calls of other kernels. A variable is of one kind throughout: an
int here and a float there is a float. Anything else is refused, with its line.

Arithmetic is Python's, but ints wrap, x / 0 is inf or NaN and x // 0 is 0, int of NaN is 0 and of what is
too large the int nearest to it, and a variable that nothing was assigned to holds zeros. No step is left to
the compiler's licence (no fast-math), so that every processor gives the same bits. An index is not checked,
unless asked.

Why not numba, which reads far more of Python: its analysis takes half a second a function, which a first run
of forty kernels waits for.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import CodeType
from typing import Any, Final

from clustercoop.analysis.lowering.expressions import Expressions
from clustercoop.analysis.lowering.writer import NOTHING, SCALARS, Kind, Made, Value, leaves, struct

_HEAD: Final = """declare ptr @calloc(i64, i64)
declare void @free(ptr)
declare double @llvm.sqrt.f64(double)
declare double @llvm.exp.f64(double)
declare double @llvm.fabs.f64(double)
declare i64 @llvm.fptosi.sat.i64.f64(double)
"""


MOST: Final = 60
"""Functions of a module; one that calls itself would have no end of them."""


class Module:
    """The text of a kernel and of all that it calls, for one set of argument kinds.

    Parameters
    ----------
    checked : bool
        Whether an index outside an array ends the call with `NO_INDEX`.

    Attributes
    ----------
    parts : list of str
        LLVM's text, a function each.
    """

    def __init__(self, checked: bool = False) -> None:
        self.checked = checked
        self.parts = [_HEAD]
        self._made: dict[tuple[Callable[..., Any], tuple[Kind, ...]], Made] = {}
        self._begun = 0

    def function(self, python: Callable[..., Any], kinds: tuple[Kind, ...]) -> Made:
        """Return the function for these kinds of arguments, written once."""
        key = python, kinds
        if key not in self._made:
            self._begun += 1
            if self._begun > MOST:
                raise TypeError(f"kernel {python.__name__} calls itself, or {MOST} others")
            self._made[key] = _Function(self, python, kinds, f"f{self._begun}.{python.__name__}").made()
        return self._made[key]

    def entry(self, python: Callable[..., Any], kinds: tuple[Kind, ...], header: int) -> Kind:
        """Write ``entry(given, found)`` and return the kind of what the kernel returns.

        `given` points to 8 bytes for each number, and for each array to its object, whose fields begin after
        `header` bytes: address, number of axes, sizes. Into `found` go the end of the call and the results.
        """
        made = self.function(python, kinds)
        lines, passed, at = [], [], 0

        def take(kind: Kind) -> None:
            nonlocal at
            if kind not in SCALARS and kind[0] == "tuple":
                for each in kind[1:]:
                    take(each)
                return
            name = f"%a{at}"
            lines.append(f"{name}.p = getelementptr i64, ptr %given, i64 {at}")
            at += 1
            if kind in SCALARS:
                wide = "double" if kind is float else "i64"
                lines.append(f"{name} = load {wide}, ptr {name}.p")
                if kind is bool:
                    lines.append(f"{name}.b = icmp ne i64 {name}, 0")
                passed.append(f"{SCALARS[kind]} {name}{'.b' if kind is bool else ''}")
                return
            lines.append(f"{name}.o = load ptr, ptr {name}.p")
            for field, size in (("d", header), ("s", header + 16)):
                lines.append(f"{name}.{field}p = getelementptr i8, ptr {name}.o, i64 {size}")
                lines.append(f"{name}.{field} = load ptr, ptr {name}.{field}p")
            passed.append(f"ptr {name}.d")
            for axis in range(kind[2]):
                lines.append(f"{name}.n{axis}p = getelementptr i64, ptr {name}.s, i64 {axis}")
                lines.append(f"{name}.n{axis} = load i64, ptr {name}.n{axis}p")
                passed.append(f"i64 {name}.n{axis}")

        for kind in kinds:
            take(kind)
        kept = ["i64", *leaves(made.kind)]
        lines.append(f"%r = call {struct(made.kind)} @{made.name}({', '.join(passed)})")
        for k, leaf in enumerate(kept):
            lines.append(f"%r{k} = extractvalue {struct(made.kind)} %r, {k}")
            lines.append(f"%r{k}.p = getelementptr i64, ptr %found, i64 {k}")
            if leaf == "i1":
                lines.append(f"%r{k}.w = zext i1 %r{k} to i64")
            lines.append(
                f"store {'i64' if leaf == 'i1' else leaf} %r{k}{'.w' if leaf == 'i1' else ''}, ptr %r{k}.p"
            )
        body = "\n".join(lines)
        self.parts.append(f"define void @entry(ptr %given, ptr %found) {{\n{body}\nret void\n}}\n")
        return made.kind


def _source(python: Callable[..., Any]) -> ast.FunctionDef:
    """Return the source of a function, where that is still what was imported."""
    try:
        text = textwrap.dedent(inspect.getsource(python))
    except OSError:
        raise OSError(f"kernel {python.__name__} is compiled from its source, which is not there") from None
    with suppress(SyntaxError):
        tree = ast.parse(text).body[0]
        made = compile(text, "", "exec", dont_inherit=True).co_consts
        if isinstance(tree, ast.FunctionDef) and _said(python.__code__) in map(_said, made):
            return tree
    raise OSError(f"the source of kernel {python.__name__} has changed since it was imported: restart Python")


def _said(code: Any) -> tuple[Any, ...] | None:
    """Return what a function speaks of, its docstring too; instructions depend on what stands around it."""
    if not isinstance(code, CodeType):
        return None
    return code.co_name, repr(code.co_consts), code.co_names, code.co_varnames


class _Function(Expressions):
    """One function, written anew until the kinds of its variables have settled."""

    def __init__(
        self, module: Module, python: Callable[..., Any], kinds: tuple[Kind, ...], name: str
    ) -> None:
        tree = _source(python)
        super().__init__(python, tree, module.function, module.checked)
        self._module, self._name, self._given = module, name, kinds
        self._parameters = [argument.arg for argument in tree.args.args]
        if len(self._parameters) != len(kinds):
            raise TypeError(f"{tree.name} takes {len(self._parameters)} arguments, not {len(kinds)}")
        self.kinds = dict(zip(self._parameters, kinds, strict=True))

    def made(self) -> Made:
        settled: dict[str, Kind] = {}
        while settled != self.kinds:
            settled = dict(self.kinds)
            self.restart()
            for statement in self.tree.body:
                self._statement(statement)
        kind = self.kinds.get("return", NOTHING.kind)
        within = isinstance(kind, tuple) and any(isinstance(each, tuple) for each in kind[1:])
        if within or "ptr" in leaves(kind):
            raise self.refused(self.tree, "a tuple in a tuple, or an array that is returned")
        self._module.parts.append(self._text(kind))
        return Made(self._name, kind, self.fails)

    def _text(self, kind: Kind) -> str:
        """Return the whole function: room for variables, arguments, the body, and the end."""
        passed, head = [], ["%end = alloca i64", "store i64 0, ptr %end"]
        for name, one in self.kinds.items():
            for k, leaf in enumerate(leaves(one)):
                head += [f"%{name}.{k} = alloca {leaf}", f"store {leaf} zeroinitializer, ptr %{name}.{k}"]
        for room in range(self.rooms):
            head += [f"%room{room} = alloca ptr", f"store ptr null, ptr %room{room}"]
        body, self.lines = self.lines, head
        for name, one in zip(self._parameters, self._given, strict=True):
            at = [f"%in.{name}.{k}" for k in range(len(leaves(one)))]
            passed += [f"{leaf} {register}" for leaf, register in zip(leaves(one), at, strict=True)]
            self.assign(name, Value(one, at))
        self.lines += [*body, "br label %exit", "exit:"]
        for room in range(self.rooms):
            address = self.new(f"load ptr, ptr %room{room}")
            self.lines.append(f"call void @free(ptr {address})")
        whole, sort = "undef", struct(kind)
        end = self.new("load i64, ptr %end")
        returned = self.read("return").at if "return" in self.kinds else []
        for k, (leaf, register) in enumerate(zip(["i64", *leaves(kind)], [end, *returned], strict=True)):
            whole = self.new(f"insertvalue {sort} {whole}, {leaf} {register}, {k}")
        self.lines.append(f"ret {sort} {whole}")
        # A loop written out within its caller's would take registers from it.
        looped = any(isinstance(node, ast.For | ast.While) for node in ast.walk(self.tree))
        apart = "noinline " if looped else ""
        return (
            f"define internal {sort} @{self._name}({', '.join(passed)}) {apart}{{\n"
            + "\n".join(self.lines)
            + "\n}\n"
        )

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(ast.Call() as call):
                self._value(call)
            case ast.Assign():
                value = self._value(node.value)
                for target in node.targets:
                    self._store(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as what):
                self._store(target, self._value(what))
            case ast.AugAssign(ast.Name(name), operation, what):
                self.assign(name, self._binary(node, operation, self.read(name), self._value(what)))
            case ast.AugAssign(ast.Subscript() as target, operation, what):
                letter, address = self._element(target)
                value = self._binary(node, operation, self._load(letter, address), self._value(what))
                self._put(letter, address, value)
            case ast.If(test, body, orelse):
                self._if(test, body, orelse)
            case ast.While(test, body, []):
                self._while(test, body)
            case ast.For(ast.Name(name), ast.Call(ast.Name("range"), bounds, []), body, []):
                self._for(f"range{node.lineno}", name, bounds, body)
            case ast.Break() | ast.Continue():
                self.leave(self.loops[-1][isinstance(node, ast.Break)])
            case ast.Return(what):
                if what is not None:
                    self.assign("return", self._value(what))
                self.leave("exit")
            case _:
                raise self.refused(node, type(node).__name__)

    def _store(self, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name("_"):
                pass
            case ast.Name(name):
                self.assign(name, value)
            case ast.Subscript():
                self._put(*self._element(target), value)
            case ast.Tuple(parts) if value.kind[0] == "tuple" and len(parts) == len(value.kind) - 1:
                for k, part in enumerate(parts):
                    self._store(part, self.part(value, k))
            case _:
                raise self.refused(target, "what is assigned to")

    def _block(self, body: Sequence[ast.stmt], label: str) -> None:
        for statement in body:
            self._statement(statement)
        self.lines.append(f"br label %{label}")

    def _if(self, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> None:
        yes, no, after = self.labels("yes", "no", "after")
        self.branch(self.truth(self._value(test)), yes, no)
        self.lines.append(f"{yes}:")
        self._block(body, after)
        self.lines.append(f"{no}:")
        self._block(orelse, after)
        self.lines.append(f"{after}:")

    def _while(self, test: ast.expr, body: Sequence[ast.stmt]) -> None:
        again, inside, after = self.labels("again", "inside", "after")
        self.open(again)
        self.branch(self.truth(self._value(test)), inside, after)
        self.lines.append(f"{inside}:")
        self.loops.append((again, after))
        self._block(body, again)
        self.loops.pop()
        self.lines.append(f"{after}:")

    def _for(self, counter: str, name: str, bounds: Sequence[ast.expr], body: Sequence[ast.stmt]) -> None:
        ends = [self._value(bound) for bound in bounds]
        if any(end.kind is float for end in ends):
            raise self.refused(bounds[0], "a range of floats")
        given = [self.cast(end, int).at[0] for end in ends]
        start, stop = given[:2] if len(given) > 1 else ("0", given[0])
        step = given[2] if len(given) > 2 else "1"
        if not step.lstrip("-").isdigit() or int(step) == 0:
            raise self.refused(bounds[-1], "a step that is no constant")
        again, inside, following, after = self.labels("again", "inside", "following", "after")
        self.assign(counter, Value(int, [start]))
        self.open(again)
        at = self.read(counter)
        test = self.new(f"icmp {'slt' if int(step) > 0 else 'sgt'} i64 {at.at[0]}, {stop}")
        self.branch(test, inside, after)
        self.lines.append(f"{inside}:")
        self.assign(name, at)
        self.loops.append((following, after))
        self._block(body, following)
        self.loops.pop()
        self.lines.append(f"{following}:")
        more = self.new(f"add nsw i64 {self.read(counter).at[0]}, {step}")
        self.assign(counter, Value(int, [more]))
        self.lines += [f"br label %{again}", f"{after}:"]
