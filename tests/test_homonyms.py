"""One name, one thing: who reads it, or searches for it, need not ask which is meant."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import telsdk

FOLDER = Path(telsdk.__file__).parent


def _module(path: Path) -> str:
    return ".".join(path.relative_to(FOLDER.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_module(path): ast.parse(path.read_text()) for path in FOLDER.rglob("*.py")}


def _type_of(node: ast.stmt) -> str | None:
    """The class that a statement makes, or the type that it names; a TypeVar stands for any, and means nothing."""
    match node:
        case ast.ClassDef(name=name):
            return name
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ) if name != name.upper() and name[0].isupper():
            is_variable = isinstance(value, ast.Call) and ast.unparse(value.func) == "TypeVar"
            return None if is_variable else name
        case _:
            return None


def _shared(places: dict[str, set[str]]) -> dict[str, list[str]]:
    return {name: sorted(modules) for name, modules in places.items() if len(modules) > 1}


def test_no_two_public_classes_or_types_share_a_name() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for module, tree in MODULES.items():
        for name in filter(None, map(_type_of, tree.body)):
            if not name.startswith("_"):
                places[name].add(module)
    assert len(places) > 500
    assert not _shared(places)


def test_no_two_functions_are_imported_by_one_name() -> None:
    """Functions whose module belongs to their name (`jws.verify`, `private.read`) may be called alike."""
    functions = {
        (module, node.name)
        for module, tree in MODULES.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    places: dict[str, set[str]] = defaultdict(set)
    for tree in MODULES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    if (node.module, alias.name) in functions:
                        places[alias.asname or alias.name].add(node.module)
    assert len(places) > 100
    assert not _shared(places)
