"""JSON that is nested to overrun the stack."""

import ast
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import telsdk
from telsdk.nesting import check_nesting

VALUES = st.recursive(
    st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(VALUES, st.integers(0, 4), st.booleans())
def test_exactly_what_is_deeper_than_the_limit_is_refused(
    value: object, limit: int, ascii_only: bool
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    if depth(value) > limit:
        with pytest.raises(ValueError, match=f"nested more than {limit} deep"):
            check_nesting(text, limit)
    else:
        assert check_nesting(text, limit) is text


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"a":' * 200_000, '"\\"' * 200_000 + "[" * 99, '["' + "[" * 200_000]
)
def test_hostile_text_neither_ends_the_process_nor_takes_long(text: str) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)  # as py-evm does
    try:
        with pytest.raises(ValueError, match=r"."):
            json.loads(check_nesting(text))
    finally:
        sys.setrecursionlimit(before)


def reads_of_json(source: str) -> list[tuple[int, bool]]:
    """Where JSON is read in a module, and whether its nesting was looked at before."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            text = node.args[0]
            looked = isinstance(text, ast.Call) and ast.unparse(text.func).endswith("check_nesting")
            if ast.unparse(node.func) in {"json.loads", "json.load", "_JSON.decode"}:
                found.append((node.lineno, looked))
    return found


def test_the_package_reads_no_json_whose_nesting_it_has_not_looked_at() -> None:
    # What we wrote ourselves too: who can change a file must not be able to end the process that reads it.
    folder = Path(telsdk.__file__).parent
    found = {
        str(path.relative_to(folder)): reads
        for path in sorted(folder.rglob("*.py"))
        if (reads := reads_of_json(path.read_text()))
    }
    assert len(found) > 8
    assert [(file, line) for file, reads in found.items() for line, looked in reads if not looked] == []
