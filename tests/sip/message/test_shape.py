from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.errors import SipParseError
from telsdk.sip.limits import MAX_KINDS, MAX_SHAPE_LINES, MAX_SHAPE_NAMES, MAX_SHAPES
from telsdk.sip.message import shape as shapes
from telsdk.sip.message.names import COMPACT, key_of
from telsdk.sip.message.shape import (
    EMPTY,
    FORMS,
    KIND,
    MANDATORY,
    OFTEN,
    Shape,
    forms,
    note,
    of_keys,
    of_names,
)

SOUND = ("Via", "From", "To", "Call-ID", "CSeq")

names = st.sampled_from([*SOUND, *COMPACT, "VIA", "max-forwards", "X-A", "x-a", "Route", "Contact \t", "l"])
broken = st.sampled_from(["", "a b", "\udce9", "no name", "Via\r\n ", "(", "é"])


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    shapes._known.clear()
    shapes._by_keys.clear()
    shapes.forms.clear()
    shapes._seen.clear()
    yield
    shapes._known.clear()
    shapes._by_keys.clear()
    shapes.forms.clear()
    shapes._seen.clear()


def agree(one: Shape, other: Shape) -> bool:
    return (one.keys, one.first, one.doubled, one.problem) == (
        other.keys,
        other.first,
        other.doubled,
        other.problem,
    )


@given(st.lists(names, max_size=12))
def test_a_shape_tells_of_each_name_its_key_where_it_is_first_and_whether_it_is_there_twice(
    written: list[str],
) -> None:
    keys = [key_of(name) for name in written]
    for _ in range(2):  # the second time it may be known
        shape = of_names(tuple(written))
        assert shape.keys == tuple(keys)
        assert shape.first == {key: keys.index(key) for key in keys}
        assert shape.doubled == {key for key in keys if keys.count(key) > 1}
        assert agree(shape, Shape(tuple(keys)))


@given(st.lists(names | broken, max_size=12))
def test_a_name_that_is_none_has_the_empty_key_and_the_first_of_them_is_told(written: list[str]) -> None:
    shape = of_names(tuple(written))
    problems = []
    for name, key in zip(written, shape.keys, strict=True):
        try:
            assert key == key_of(name)
        except SipParseError as error:
            assert key == ""
            problems.append(error.reason)
    if problems:
        assert shape.problem == problems[0]


@pytest.mark.parametrize("missing", MANDATORY)
def test_what_must_be_there_is_missed(missing: str) -> None:
    shape = of_keys(tuple(key for key in MANDATORY if key != missing))
    assert shape.problem == f"{missing} is missing (RFC 3261 section 8.1.1)"
    assert of_keys(MANDATORY).problem is None


@pytest.mark.parametrize("key", ["from", "to", "call-id", "cseq", "content-length"])
def test_what_has_one_value_may_not_be_there_twice(key: str) -> None:
    shape = of_keys((*MANDATORY, key, key))
    assert shape.problem == f"{key} occurs more than once (RFC 3261 section 7.3.1)"


@pytest.mark.parametrize("key", ["via", "max-forwards", "contact", "date", "server", "x-a", "route"])
def test_what_may_be_there_twice_or_is_not_needed_by_everybody_is_no_problem(key: str) -> None:
    shape = of_keys((*MANDATORY, key, key))
    assert (shape.problem, shape.doubled) == (None, frozenset({key}))


_steps = st.lists(
    st.tuples(st.sampled_from(["insert", "delete", "choose"]), st.integers(0, 20), names.map(key_of)),
    max_size=20,
)


@given(st.lists(names.map(key_of), max_size=8), _steps)
def test_whatever_steps_lead_to_a_shape_it_is_as_if_made_anew(
    keys: list[str], steps: list[tuple[str, int, str]]
) -> None:
    for _ in range(2):  # the second time the steps are remembered
        shape, model = of_keys(tuple(keys)), list(keys)
        for step, at, key in steps:
            if step == "insert":
                at = min(at, len(model))
                shape = shape.inserted(at, key)
                model.insert(at, key)
            elif step == "delete" and model:
                at %= len(model)
                shape = shape.deleted(at)
                del model[at]
            elif step == "choose":
                among = (key, "via", "to")
                shape, where = shape.chosen(among)
                assert where == tuple(i for i, known in enumerate(model) if known in among)
                model = [known for known in model if known in among]
            assert agree(shape, Shape(tuple(model)))


def test_equal_names_share_one_shape_and_other_spellings_another() -> None:
    assert of_names(SOUND) is of_names(SOUND[:2] + SOUND[2:])
    assert of_names(SOUND) is not of_names(("v", *SOUND[1:]))
    assert of_keys(MANDATORY) is of_keys(MANDATORY[:2] + MANDATORY[2:])
    assert of_keys(MANDATORY).inserted(0, "via") is of_keys(MANDATORY).inserted(0, "via")
    assert of_keys(()).keys == EMPTY.keys == ()


def test_what_is_unusual_is_not_kept() -> None:
    long = (*SOUND, *["X-A"] * (MAX_SHAPE_LINES - len(SOUND) + 1))
    wide = (*SOUND, "X" * MAX_SHAPE_NAMES)
    for written in (SOUND[:-1], (*SOUND, "From"), (*SOUND, "no name"), long, wide):
        assert agree(of_names(written), of_names(written))
        assert written not in shapes._known
    assert len(of_keys(tuple(map(str.lower, long))).keys) == MAX_SHAPE_LINES + 1
    assert shapes._by_keys == {}


def test_a_full_table_is_emptied_and_nothing_is_lost() -> None:
    for n in range(MAX_SHAPES + 1):
        of_names((*SOUND, f"X-{n}"))
        of_keys((*MANDATORY, f"x-{n}"))
        assert max(len(shapes._known), len(shapes._by_keys)) <= MAX_SHAPES
    assert of_names((*SOUND, "X-0")).keys == (*MANDATORY, "x-0")


def test_the_steps_that_are_remembered_of_one_shape_are_bounded() -> None:
    shape = of_keys(MANDATORY)
    for n in range(500):
        shape.inserted(0, f"x-{n}")
        shape.chosen((f"x-{n}",))
    for line in range(MAX_SHAPE_LINES):
        of_keys(("x",) * MAX_SHAPE_LINES).deleted(line)
    assert max(len(shape._inserted), len(shape._chosen)) == shapes._STEPS
    assert len(of_keys(("x",) * MAX_SHAPE_LINES)._deleted) <= shapes._STEPS


SOUND_LINES = [f"{name}: x" for name in SOUND]
other_lines = st.sampled_from(["v: a", "Via : a", "From", "From:", " x", "Fro: m", "i:d", "X", "To: c"])


def often(start: str, lines: list[str]) -> None:
    """Let messages of this kind come as often as it takes for their shape to get a form."""
    seen = tuple(line.partition(":")[0] for line in lines)
    for _ in range(OFTEN):
        note(start, seen, of_names(seen))


def matched(start: str, lines: list[str]) -> Shape | None:
    """The shape that a form of this kind finds in these lines; None where none matches."""
    for form in forms.get(start[:KIND], ()):
        match = form.match("\r\n".join([start, *lines]))
        if match is not None:
            assert match.groups() == (start, *lines)
            return form.shape
    return None


@given(st.permutations(SOUND_LINES), st.lists(other_lines, max_size=2), st.integers(0, 5), other_lines)
def test_a_form_finds_the_shape_or_none(before: list[str], more: list[str], at: int, other: str) -> None:
    """Whatever came before, and wherever a line differs from it."""
    before = [*before, *more]
    often("INVITE sip:x SIP/2.0", before)
    for lines in (before, [*before[:at], other, *before[at + 1 :]]):
        found = matched("INVITE sip:y SIP/2.0", lines)
        if found is not None:
            assert agree(found, of_names(tuple(line.partition(":")[0] for line in lines)))
            assert all(":" in line for line in lines)


def test_the_latest_shapes_of_a_kind_have_forms_and_never_one_that_is_refused() -> None:
    lines = ["v: a", "From: b", "To: c", "Call-ID: d", "CSeq: e"]
    names = tuple(line.partition(":")[0] for line in lines)
    note("BYE sip:x SIP/2.0", names, of_names(names))
    assert matched("BYE sip:x SIP/2.0", lines) is None  # it came once
    for more in range(FORMS):
        often("BYE sip:x SIP/2.0", [*lines, *["X: f"] * more])
    for more in range(FORMS):
        assert matched("BYE sip:x SIP/2.0", [*lines, *["X: f"] * more]) is not None
    assert matched("SIP/2.0 200 OK", lines) is None
    often("BYE sip:x SIP/2.0", [*lines, *["X: f"] * FORMS])
    assert matched("BYE sip:x SIP/2.0", lines) is None
    often("ACK sip:x SIP/2.0", lines[1:])
    assert matched("ACK sip:x SIP/2.0", lines[1:]) is None


def test_what_has_a_form_is_bounded_and_so_is_what_may_get_one() -> None:
    names = ("Via", "From", "To", "Call-ID", "CSeq")
    for n in range(3 * MAX_SHAPES):
        note(f"M{n} sip:x SIP/2.0", names, of_names(names))
    assert len(shapes._seen) <= MAX_SHAPES
    for n in range(3 * MAX_KINDS):
        often(f"M{n} sip:x SIP/2.0", SOUND_LINES)
    assert len(forms) <= MAX_KINDS
    assert matched(f"M{3 * MAX_KINDS - 1} sip:x SIP/2.0", SOUND_LINES) is not None
    assert matched("M0 sip:x SIP/2.0", SOUND_LINES) is None
