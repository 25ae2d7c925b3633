"""Which mutants there are: the rules, and the walk over solc's syntax trees that applies them.

A mutant is the sources with one place changed. The rules know the language and not our contracts, so a change of
a contract brings its mutants by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Node = dict[str, Any]

_TURNED = {
    "==": ["!="],
    "!=": ["=="],
    "<": ["<="],
    "<=": ["<"],
    ">": [">="],
    ">=": [">"],
    "+": ["-"],
    "-": ["+"],
    "*": ["/"],
    "/": ["*"],
    "<<": [">>"],
    ">>": ["<<"],
    "&": ["|"],
    "|": ["&"],
    "^": ["&"],
}
"""What each operator becomes."""


@dataclass(frozen=True)
class Mutant:
    """One change of one source file."""

    path: str
    """of the source, below the root of the repository"""
    line: int
    what: str
    """the change, with the function that it is in: the same as long as the code there is the same"""
    start: int
    """where the changed bytes begin"""
    end: int
    new: str

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line} {self.what}"

    @property
    def key(self) -> str:
        """The name without the line, which a change elsewhere would move."""
        return f"{self.path} {self.what}"

    def applied(self, source: bytes) -> str:
        """The source with the change made."""
        return (source[: self.start] + self.new.encode() + source[self.end :]).decode()


@dataclass(frozen=True)
class _Change:
    start: int
    end: int
    new: str
    verb: str


def _span(node: Node) -> tuple[int, int]:
    start, length, _ = (int(part) for part in node["src"].split(":"))
    return start, start + length


class _Source:
    """A source file, and what the rules ask of it."""

    def __init__(self, path: str, text: bytes) -> None:
        self.path = path
        self.text = text

    def of(self, node: Node) -> str:
        start, end = _span(node)
        return self.text[start:end].decode()

    def put(self, node: Node, new: str, verb: str) -> _Change:
        return _Change(*_span(node), new, verb)

    def statement_gone(self, node: Node) -> _Change:
        """Takes the statement out. Some trees count its semicolon in and some do not."""
        start, end = _span(node)
        if self.text[end - 1 : end] != b";":
            end = self.text.index(b";", end) + 1
        return _Change(start, end, "{}", "removed")

    def operator_turned(self, node: Node) -> Iterator[_Change]:
        left, right = node["leftExpression"], node["rightExpression"]
        start, end = _span(left)[1], _span(right)[0]
        between = self.text[start:end].decode()
        for new in _TURNED.get(node["operator"], []):
            turned = between.replace(node["operator"], new, 1)
            yield _Change(start, end, turned, f"`{node['operator']}` made `{new}` in")


def _if(source: _Source, node: Node, _: Node) -> Iterator[_Change]:
    # In parentheses already, so that the condition's own brackets do not matter.
    yield source.put(node["condition"], "false", "made false:")
    # A function that always reverts is no riddle for any test.
    if node["trueBody"]["nodeType"] != "RevertStatement":
        yield source.put(node["condition"], "true", "made true:")


def _statement(source: _Source, node: Node, _: Node) -> Iterator[_Change]:
    yield source.statement_gone(node)


def _modifier(source: _Source, node: Node, _: Node) -> Iterator[_Change]:
    if node.get("kind") == "modifierInvocation":
        yield source.put(node, "", "removed")


def _binary(source: _Source, node: Node, parent: Node) -> Iterator[_Change]:
    # An equality that is all or a side of a condition is taken away as a whole.
    within = parent["nodeType"] == "IfStatement" or parent.get("operator") in ("&&", "||")
    if not (node["operator"] in ("==", "!=") and within):
        yield from source.operator_turned(node)
    if node["operator"] in ("&&", "||"):
        for kept, lost in (("leftExpression", "right"), ("rightExpression", "left")):
            yield source.put(node, f"({source.of(node[kept])})", f"{lost} side dropped of")


def _unary(source: _Source, node: Node, parent: Node) -> Iterator[_Change]:
    operand = source.of(node["subExpression"])
    if node["operator"] in ("++", "--"):
        # `_statement` takes out the step that stands alone.
        if parent["nodeType"] != "ExpressionStatement":
            yield source.put(node, operand, "step dropped of")
    elif node["operator"] in ("!", "~") and parent["nodeType"] != "IfStatement":
        yield source.put(node, f"({operand})", f"`{node['operator']}` dropped of")


def _literal(source: _Source, node: Node, parent: Node) -> Iterator[_Change]:
    text = source.of(node)
    if text == "0" and parent.get("operator") in ("==", "!="):
        return  # says "not set", so that one more would be a word that cannot be there
    if text == "1" and parent.get("operator") == "<<":
        return  # one bit of a set: the number behind it says which
    if node["kind"] == "bool":
        yield source.put(node, "false" if text == "true" else "true", "turned:")
    elif node["kind"] == "string" and len(text) > 2:
        yield source.put(node, text[:-2] + text[-1], "cut by a byte:")
    elif node["kind"] == "number":
        number = re.match(r"0x[0-9a-fA-F]+|[0-9._e]+", text)
        assert number is not None
        yield source.put(node, _one_more(number[0]) + text[number.end() :], "one more:")


def _one_more(number: str) -> str:
    if number.startswith("0x"):
        return f"0x{int(number, 16) + 1:0{len(number) - 2}x}"
    if "." in number:
        return number + "1"
    return str(int(number.replace("_", "")) + 1)


def _conditional(source: _Source, node: Node, _: Node) -> Iterator[_Change]:
    condition = node["condition"]
    yield source.put(condition, f"!({source.of(condition)})", "branches swapped at")


_RULES = {
    "IfStatement": _if,
    "EmitStatement": _statement,
    "ExpressionStatement": _statement,
    "ModifierInvocation": _modifier,
    "BinaryOperation": _binary,
    "UnaryOperation": _unary,
    "Literal": _literal,
    "Conditional": _conditional,
}
_STATE = "state"
_SILENT = {"RevertStatement", "ImportDirective", "PragmaDirective", "InlineAssembly"}
"""Nodes that are not looked into: which error is raised, with what, is told apart by the conditions."""


@dataclass(frozen=True)
class _Place:
    """A node, and where it stands."""

    node: Node
    parent: Node
    function: str


def _walk(field: Any, parent: Node, function: str) -> Iterator[_Place]:
    """All nodes below a field of a node."""
    if isinstance(field, list):
        for child in field:
            yield from _walk(child, parent, function)
    elif isinstance(field, dict) and "nodeType" in field and field["nodeType"] not in _SILENT:
        if field["nodeType"] in ("FunctionDefinition", "ModifierDefinition"):
            function = field["name"] or field["kind"]
        yield _Place(field, parent, function)
        for child in field.values():
            yield from _walk(child, field, function)


def _changes(source: _Source, tree: Node) -> Iterator[tuple[_Change, str]]:
    for place in _walk(tree, {}, _STATE):
        rule = _RULES.get(place.node["nodeType"])
        # In constants the numbers are changed; operators turned there change nearly everything.
        if rule is not None and not (rule is _binary and place.function == _STATE):
            for change in rule(source, place.node, place.parent):
                yield change, f"{place.function}: {change.verb} {_short(source.of(place.node))}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else line[:60] + " … " + line[-25:]


def mutants_of(path: str, text: bytes, tree: Node) -> list[Mutant]:
    """All mutants of a source, in its order.

    Args:
        path: of the source, below the root of the repository.
        text: the source, in UTF-8.
        tree: solc's syntax tree of it, whose places are counted in bytes.
    """
    seen: Counter[str] = Counter()
    made = []
    for change, what in sorted(_changes(_Source(path, text), tree), key=lambda c: (c[0].start, c[1])):
        seen[what] += 1
        numbered = what if seen[what] == 1 else f"{what} #{seen[what]}"
        line = text.count(b"\n", 0, change.start) + 1
        made.append(Mutant(path, line, numbered, change.start, change.end, change.new))
    return made
