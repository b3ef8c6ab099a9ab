"""What nothing names is deleted: texts, codes of findings, functions and constants."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import fields
from functools import cache
from pathlib import Path

import clustercoop
from clustercoop.graph.findings import catalogue
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import entries
from tests.house.code import ROOMS, parsed, source, sources
from tests.places import ROOT

# For tests that add a language, for IPython, and for click: called by names of theirs.
CALLED_FROM_OUTSIDE = {"clear_cache", "load_ipython_extension"}
ANY = r"[\w. -]+"


@cache
def modules() -> dict[Path, ast.Module]:
    return {path: parsed(path) for path in sources(*ROOMS)}


@cache
def data() -> str:
    """Return templates, scripts and tables of the rooms, the texts and the list of codes left out."""
    kinds = {".css", ".csv", ".j2", ".js", ".toml"}
    paths = {
        path.resolve() for room in ROOMS[1:] for path in (ROOT / room).rglob("*") if path.suffix in kinds
    }
    ours = {ROOT / "graph" / "finding_codes.csv", *(ROOT / "graph" / "text").iterdir()}
    return "\n".join(path.read_text("utf-8") for path in sorted(paths - ours))


@cache
def said() -> tuple[frozenset[str], re.Pattern[str]]:
    """Return the strings in code, whole and by words, and a pattern of those that it puts together."""
    whole = {field.name for field in fields(Settings)}  # read by their names
    made: set[str] = set()
    for tree in modules().values():
        told = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
                whole |= {node.value, *node.value.split()}
            elif isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
                pattern = "".join(ANY if part is None else re.escape(str(part)) for part in parts)
                fixed = "".join(str(part) for part in parts if part is not None)
                # An accessor of a whole group ("report.{key}") names none of its texts.
                if (
                    len(re.findall("[a-z]", fixed)) > 2
                    and re.fullmatch(r"[\w.]+", fixed)
                    and not re.fullmatch(r"\w+\.", fixed)
                ):
                    made.add(pattern)
    begun = {re.escape(text) + ANY for text in whole if re.fullmatch(r"[a-z]{2,}_", text)}
    begun |= {re.escape(text) + ANY for text in re.findall(r"'([a-z]{2,}_)' ~", data())}
    return frozenset(whole), re.compile("|".join(sorted(made | begun)))


@cache
def words_of_data() -> frozenset[str]:
    return frozenset(re.findall(r"[\w.]+", data()))


def named(name: str) -> bool:
    whole, made = said()
    if name in whole or name in words_of_data() or made.fullmatch(name):
        return True
    return not re.fullmatch(r"[\w.]+", name) and name in data()


def test_every_text_is_shown_somewhere() -> None:
    forms = {id: {id, id.partition(".")[2], id.rpartition(".")[2]} for id in entries("en")}
    assert [id for id, ways in forms.items() if not any(map(named, ways))] == []


def test_every_code_is_found_somewhere() -> None:
    assert [code for code in catalogue() if not named(code)] == []


def test_every_function_and_constant_is_used() -> None:
    words = Counter(re.findall(r"\w+", data()))
    for path in modules():
        words.update(re.findall(r"\w+", source(path)))
    lonely = []
    for path, tree in modules().items():
        for node in tree.body:
            names = [node.name] if isinstance(node, ast.FunctionDef) else []
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            lonely += [
                f"{path.relative_to(ROOT)}: {name}" for name in names if words[name] == 1 and name[:2] != "__"
            ]
    public = {*clustercoop.__all__, *CALLED_FROM_OUTSIDE}
    assert [where for where in lonely if where.partition(": ")[2] not in public] == []
