"""Expressions of a kernel, and the elements of its arrays."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from clustercoop.analysis.lowering.writer import (
    ELEMENTS,
    NO_INDEX,
    NO_MEMORY,
    ORDER,
    SCALARS,
    Kind,
    Made,
    Value,
    Writer,
    leaves,
    struct,
)

_FLOATS: Final = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
_INTS: Final = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "shl",
    ast.RShift: "ashr",
}
_COMPARED: Final = {
    ast.Eq: ("oeq", "eq"),
    ast.NotEq: ("une", "ne"),
    ast.Lt: ("olt", "slt"),
    ast.LtE: ("ole", "sle"),
    ast.Gt: ("ogt", "sgt"),
    ast.GtE: ("oge", "sge"),
}


class Expressions(Writer):
    """What values are computed from.

    Parameters
    ----------
    python : callable
        Whose module the constants and other kernels are taken from.
    tree : ast.FunctionDef
        Its source.
    function : callable
        Writes another kernel for the kinds of its arguments.
    checked : bool
        Whether indices are.
    """

    def __init__(
        self,
        python: Callable[..., Any],
        tree: ast.FunctionDef,
        function: Callable[[Callable[..., Any], tuple[Kind, ...]], Made],
        checked: bool,
    ) -> None:
        super().__init__(tree)
        self._function, self._checked = function, checked
        self._globals: Mapping[str, Any] = {**vars(builtins), **getattr(python, "__globals__", {})}

    def _element(self, node: ast.Subscript) -> tuple[str, str]:
        """Return the letter of an array's element that is written to, and its address."""
        value = self._value(node.value)
        found = self._indexed(node, value)
        if found.kind[2] != 0:
            raise self.refused(node, "an index of fewer axes")
        if "read" in found.kind:
            raise self.refused(node, "writing to a read-only array")
        return found.kind[1], found.at[0]

    def _indexed(self, node: ast.Subscript, value: Value) -> Value:
        """Return what is left of an array behind its first axes."""
        if value.kind in SCALARS or value.kind[0] != "array":
            raise self.refused(node, "what is indexed")
        _, letter, axes, *read = value.kind
        given = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if len(given) > axes:
            raise self.refused(node, "an index of more axes")
        address, sizes = value.at[0], value.at[1:]
        at = "0"
        for k, each in enumerate(given):
            if isinstance(each, ast.UnaryOp | ast.Slice):
                raise self.refused(node, "an index from the end")
            index = self._value(each)
            if index.kind is float:
                raise self.refused(node, "an index that is no int")
            place = self.cast(index, int).at[0]
            if place.startswith("-"):
                raise self.refused(node, "an index from the end")
            if self._checked:
                self.end_unless(self.new(f"icmp ult i64 {place}, {sizes[k]}"), NO_INDEX)
            at = place if k == 0 else self.new(f"add i64 {self.new(f'mul i64 {at}, {sizes[k]}')}, {place}")
        for size in sizes[len(given) :]:
            at = self.new(f"mul i64 {at}, {size}")
        memory = ELEMENTS[letter][0]
        address = self.new(f"getelementptr inbounds {memory}, ptr {address}, i64 {at}")
        return Value(("array", letter, axes - len(given), *read), [address, *sizes[len(given) :]])

    def _load(self, letter: str, address: str) -> Value:
        memory, kind = ELEMENTS[letter]
        register = self.new(f"load {memory}, ptr {address}")
        if memory == "i32":
            register = self.new(f"sext i32 {register} to i64")
        return Value(kind, [register])

    def _put(self, letter: str, address: str, value: Value) -> None:
        memory, kind = ELEMENTS[letter]
        register = self.cast(value, kind).at[0]
        if memory == "i32":
            register = self.new(f"trunc i64 {register} to i32")
        self.lines.append(f"store {memory} {register}, ptr {address}")

    def _zeros(self, node: ast.Call) -> Value:
        if self.loops:
            raise self.refused(node, "np.zeros in a loop")
        given = [self._resolved(each) for each in node.args[1:]]
        letter = "d" if not given else np.dtype(given[0]).char
        if letter not in ELEMENTS or ELEMENTS[letter][0] == "i32":
            raise self.refused(node, "np.zeros of this type")
        shape = self._value(node.args[0])
        if set(leaves(shape.kind)) != {"i64"}:
            raise self.refused(node, "np.zeros of this size")
        sizes = shape.at
        count = sizes[0]
        for size in sizes[1:]:
            count = self.new(f"mul i64 {count}, {size}")
        some = self.new(f"icmp sgt i64 {count}, 1")
        count = self.new(f"select i1 {some}, i64 {count}, i64 1")
        address = self.new(f"call ptr @calloc(i64 {count}, i64 8)")
        self.lines.append(f"store ptr {address}, ptr %room{self.rooms}")
        self.rooms += 1
        self.end_unless(self.new(f"icmp ne ptr {address}, null"), NO_MEMORY)
        return Value(("array", letter, len(sizes)), [address, *sizes])

    def _resolved(self, node: ast.expr) -> Any:
        """Return the Python object that a global name, or an attribute of one, stands for."""
        if isinstance(node, ast.Name) and node.id in self._globals:
            return self._globals[node.id]
        if isinstance(node, ast.Attribute):
            return getattr(self._resolved(node.value), node.attr)
        raise self.refused(node, ast.unparse(node))

    def _constant(self, node: ast.expr, what: Any) -> Value:
        if isinstance(what, bool):
            return Value(bool, ["true" if what else "false"])
        if isinstance(what, int):
            return Value(int, [str(what - (1 << 64) if what >= 1 << 63 else what)])
        if isinstance(what, float):
            bits = np.float64(what).view(np.uint64)
            return Value(float, [f"0x{int(bits):016X}"])
        raise self.refused(node, repr(what))

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(what):
                return self._constant(node, what)
            case ast.Name(name) if name in self.kinds:
                return self.read(name)
            case ast.Tuple(parts):
                values = [self._value(part) for part in parts]
                return Value(("tuple", *(v.kind for v in values)), [at for v in values for at in v.at])
            case ast.Attribute(ast.Name(name), "size") if name in self.kinds:
                return self._size(self.read(name))
            case ast.Name() | ast.Attribute():
                return self._constant(node, self._resolved(node))
            case ast.Subscript(ast.Attribute(ast.Name(name), "shape"), ast.Constant(int(axis))):
                return Value(int, [self.read(name).at[1 + axis]])
            case ast.Subscript():
                return self._subscript(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp(left, operation, right):
                return self._binary(node, operation, self._value(left), self._value(right))
            case ast.BoolOp():
                return self._boolean(node)
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp(test, one, other):
                name = f"if{node.lineno}.{node.col_offset}"
                yes, no, after = self.labels("yes", "no", "after")
                self.branch(self.truth(self._value(test)), yes, no)
                for label, part in ((yes, one), (no, other)):
                    self.lines.append(f"{label}:")
                    self.assign(name, self._value(part))
                    self.lines.append(f"br label %{after}")
                self.lines.append(f"{after}:")
                return self.read(name)
            case ast.Call(function, _, []):
                return self._call(node, self._resolved(function))
            case _:
                raise self.refused(node, type(node).__name__)

    def _size(self, value: Value) -> Value:
        size = value.at[1]
        for other in value.at[2:]:
            size = self.new(f"mul i64 {size}, {other}")
        return Value(int, [size])

    def _subscript(self, node: ast.Subscript) -> Value:
        value = self._value(node.value)
        if value.kind[0] == "tuple":
            if not isinstance(node.slice, ast.Constant):
                raise self.refused(node, "an index of a tuple that is no constant")
            return self.part(value, int(str(node.slice.value)))
        found = self._indexed(node, value)
        return self._load(found.kind[1], found.at[0]) if found.kind[2] == 0 else found

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            return self._constant(node, ast.literal_eval(node))
        value = self._value(node.operand)
        if isinstance(node.op, ast.Not):
            return Value(bool, [self.new(f"xor i1 {self.truth(value)}, true")])
        if not isinstance(node.op, ast.USub):
            raise self.refused(node, type(node.op).__name__)
        if value.kind is float:
            return Value(float, [self.new(f"fneg double {value.at[0]}")])
        return Value(int, [self.new(f"sub i64 0, {self.cast(value, int).at[0]}")])

    def _binary(self, node: ast.AST, operation: ast.operator, one: Value, other: Value) -> Value:
        how = type(operation)
        kinds = {one.kind, other.kind}
        if not kinds <= set(SCALARS) or (np.uint64 in kinds and len(kinds) > 1):
            raise self.refused(node, f"{how.__name__} of {one.kind} and {other.kind}")
        if float in kinds or how is ast.Div:
            if how not in _FLOATS:
                raise self.refused(node, f"{how.__name__} of floats")
            a, b = (self.cast(each, float).at[0] for each in (one, other))
            return Value(float, [self.new(f"{_FLOATS[how]} double {a}, {b}")])
        if kinds == {bool} and how in (ast.BitAnd, ast.BitOr, ast.BitXor):
            return Value(bool, [self.new(f"{_INTS[how]} i1 {one.at[0]}, {other.at[0]}")])
        kind = np.uint64 if np.uint64 in kinds else int
        a, b = (self.cast(each, kind).at[0] for each in (one, other))
        if how in (ast.FloorDiv, ast.Mod) and kind is int:
            return self._divided(how is ast.Mod, a, b)
        if how not in _INTS:
            raise self.refused(node, how.__name__)
        name = "lshr" if how is ast.RShift and kind is np.uint64 else _INTS[how]
        if not isinstance(operation, ast.LShift | ast.RShift):
            return Value(kind, [self.new(f"{name} i64 {a}, {b}")])
        within = self.new(f"icmp ult i64 {b}, 64")
        b = self.new(f"select i1 {within}, i64 {b}, i64 63")
        found = self.new(f"{name} i64 {a}, {b}")
        return Value(kind, [found if name == "ashr" else self.new(f"select i1 {within}, i64 {found}, i64 0")])

    def _divided(self, rest: bool, a: str, b: str) -> Value:
        """Return a // b, or a % b, rounded down; 0 where b is 0.

        The least int by −1, which processors trap, wraps: a product says it, and says 0 by 0.
        """
        apiece = self.new(f"icmp ult i64 {self.new(f'add i64 {b}, 1')}, 2")
        by = self.new(f"select i1 {apiece}, i64 1, i64 {b}")
        left = self.new(f"srem i64 {a}, {by}")
        apart = self.new(f"icmp slt i64 {self.new(f'xor i64 {left}, {by}')}, 0")
        below = self.new(f"and i1 {apart}, {self.new(f'icmp ne i64 {left}, 0')}")
        if rest:
            found = self.new(f"add i64 {left}, {self.new(f'select i1 {below}, i64 {by}, i64 0')}")
        else:
            whole = self.new(f"sdiv i64 {a}, {by}")
            found = self.new(f"sub i64 {whole}, {self.new(f'zext i1 {below} to i64')}")
        product = "0" if rest else self.new(f"mul i64 {a}, {b}")
        return Value(int, [self.new(f"select i1 {apiece}, i64 {product}, i64 {found}")])

    def _boolean(self, node: ast.BoolOp) -> Value:
        name = f"and{node.lineno}.{node.col_offset}.{len(node.values)}"
        (after,) = self.labels("after")
        both = isinstance(node.op, ast.And)
        for each in node.values:
            value = self._value(each)
            if value.kind is not bool:
                raise self.refused(node, f"{ast.unparse(each)}, which is no bool, beside and or or")
            (test,) = value.at
            self.assign(name, value)
            (more,) = self.labels("more")
            self.branch(test, *((more, after) if both else (after, more)))
            self.lines.append(f"{more}:")
        self.open(after)
        return self.read(name)

    def _compare(self, node: ast.Compare) -> Value:
        late = [part for each in node.comparators[1:] for part in ast.walk(each)]
        if any(isinstance(part, ast.Call | ast.Subscript) for part in late):
            raise self.refused(node, "a chain that may end before a call or an index")
        values = [self._value(each) for each in (node.left, *node.comparators)]
        tests = []
        for how, one, other in zip(node.ops, values[:-1], values[1:], strict=True):
            kinds = {one.kind, other.kind}
            words = kinds == {np.uint64}
            if type(how) not in _COMPARED or not (words or kinds <= set(ORDER)):
                raise self.refused(node, ast.unparse(node))
            kind = np.uint64 if words else float if float in kinds else int
            a, b = (self.cast(each, kind).at[0] for each in (one, other))
            floats, ints = _COMPARED[type(how)]
            ints = ints.replace("s", "u") if words else ints
            test = f"fcmp {floats} double" if kind is float else f"icmp {ints} i64"
            tests.append(self.new(f"{test} {a}, {b}"))
        found = tests[0]
        for test in tests[1:]:
            found = self.new(f"and i1 {found}, {test}")
        return Value(bool, [found])

    def _call(self, node: ast.Call, function: Any) -> Value:
        if function is np.zeros:
            return self._zeros(node)
        values = [self._value(each) for each in node.args]
        python = getattr(function, "python", None)
        if python is not None:
            return self._kernel(python, values)
        if function in (int, np.int64, float, np.uint64) and len(values) == 1:
            return self.cast(values[0], int if function is np.int64 else function)
        if function in (min, max) and len(values) > 1:
            found = values[0]
            for value in values[1:]:
                kind = self.joined(found.kind, value.kind)
                if kind not in (int, float):
                    raise self.refused(node, ast.unparse(node))
                a, b = (self.cast(each, kind).at[0] for each in (found, value))
                sign = ("olt", "slt") if function is min else ("ogt", "sgt")
                test = f"fcmp {sign[0]} double" if kind is float else f"icmp {sign[1]} i64"
                chosen = self.new(f"{test} {b}, {a}")
                leaf = SCALARS[kind]
                found = Value(kind, [self.new(f"select i1 {chosen}, {leaf} {b}, {leaf} {a}")])
            return found
        if function is abs and values[0].kind in (int, bool):
            one = self.cast(values[0], int).at[0]
            below, other = self.new(f"icmp slt i64 {one}, 0"), self.new(f"sub i64 0, {one}")
            return Value(int, [self.new(f"select i1 {below}, i64 {other}, i64 {one}")])
        names = {abs: "fabs", np.sqrt: "sqrt", np.exp: "exp"}
        if function in names and len(values) == 1:
            argument = self.cast(values[0], float).at[0]
            return Value(float, [self.new(f"call double @llvm.{names[function]}.f64(double {argument})")])
        raise self.refused(node, ast.unparse(node))

    def _kernel(self, python: Callable[..., Any], values: Sequence[Value]) -> Value:
        made = self._function(python, tuple(value.kind for value in values))
        passed = ", ".join(
            f"{leaf} {at}" for v in values for leaf, at in zip(leaves(v.kind), v.at, strict=True)
        )
        sort = struct(made.kind)
        found = self.new(f"call {sort} @{made.name}({passed})")
        if made.fails:
            end = self.new(f"extractvalue {sort} {found}, 0")
            self.end_unless(self.new(f"icmp eq i64 {end}, 0"), end)
        count = len(leaves(made.kind))
        return Value(made.kind, [self.new(f"extractvalue {sort} {found}, {k + 1}") for k in range(count)])
