"""Whether the tests meet the core that they are to judge, and whether its source keeps clear of mypyc's traps."""

from __future__ import annotations

import ast
import importlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.compiled import modules

ROOT = Path(__file__).parents[1]
CORE = os.environ.get("TELSDK_CORE")


@pytest.mark.skipif(CORE is None, reason="only scripts/compile_core --test asks for the compiled core")
@pytest.mark.parametrize("path", modules(ROOT))
def test_what_is_tested_is_compiled(path: str) -> None:
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    file = Path(str(module.__file__))
    assert file.is_relative_to(CORE or "")
    assert file.suffix == ".so"


def own_handlers(function: ast.AST) -> Iterator[ast.ExceptHandler]:
    """The except clauses of a function that are not those of a function within."""
    for child in ast.iter_child_nodes(function):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.ExceptHandler):
            yield child
        yield from own_handlers(child)


@pytest.mark.parametrize("path", modules(ROOT))
def test_no_function_has_one_name_for_exceptions_of_two_kinds(path: str) -> None:
    """mypyc gives a name one type in the whole function, that of the first; another exception is a TypeError then."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kinds = {(one.name, ast.dump(one.type)) for one in own_handlers(node) if one.name and one.type}
            names = Counter(name for name, _ in kinds)
            assert not names or names.most_common(1)[0][1] == 1, f"{path}: {node.name}: {names}"


FOR_THE_CORE_ALONE = frozenset({"Message", "_AuthField", "Transactions"})
"""Unfinished classes that only the core's own classes finish."""


def unfinished(path: str) -> Iterator[ast.ClassDef]:
    """Yield the classes that leave a method to whoever inherits from them."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            if any(ast.unparse(method.body[-1]) == "raise NotImplementedError" for method in methods):
                yield node


@pytest.mark.parametrize("path", modules(ROOT))
def test_whoever_finishes_a_class_of_the_core_need_not_be_compiled(path: str) -> None:
    for node in unfinished(path):
        if node.name not in FOR_THE_CORE_ALONE:
            module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
            assert [ast.unparse(one) for one in node.decorator_list] == [
                "mypyc_attr(allow_interpreted_subclasses=True)"
            ], f"{path}: {node.name} is compiled for good, but unfinished"
            type("Mine", (getattr(module, node.name),), {})()
