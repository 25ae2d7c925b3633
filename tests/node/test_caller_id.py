"""What a phone is told of a caller, and how a Record-Route carries it."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from telsdk.address import REALM, aor
from telsdk.directory import NumberFacts
from telsdk.name import Name
from telsdk.node import caller_id
from telsdk.node.caller_id import (
    ANONYMOUS,
    CLAIMS,
    MAX_ADDRESS,
    Presentation,
    is_anonymous,
    marked,
    present,
    proven,
)
from telsdk.number import Number
from telsdk.sip.limits import MAX_REMEMBERED
from telsdk.sip.message import NameAddr, Request, Uri, grammar

USER = st.text("abcXYZ019.-_~%41+*", min_size=1, max_size=12).filter(lambda text: "%" not in text)
HOSTS = st.sampled_from([REALM, f"{REALM}.org", f"x.{REALM}", "192.0.2.1", "[2001:db8::1]", "example.org"])
URIS = st.builds(
    lambda user, host, more: f"sip:{user}@{host}{more}", USER, HOSTS, st.sampled_from(["", ":5070", ";a=b"])
)
TAGS = st.text("abc019", min_size=1, max_size=8)


def request(sender: str, to: str) -> Request:
    return Request("INFO", aor(2), [("From", sender), ("To", to)])


@given(URIS, TAGS, TAGS, st.booleans(), st.booleans(), URIS)
def test_each_end_goes_on_seeing_the_other_as_it_began(
    said: str, caller: str, callee: str, to_phone: bool, from_phone: bool, dialled: str
) -> None:
    assume(caller != callee)
    begun = request(f'"Who" <{said}>;tag={caller}', f"<{dialled}>")
    shown = ANONYMOUS if to_phone else ""
    written = Presentation.begin(begun, shown, from_phone, aor(2)).write()
    assert re.fullmatch(r"[A-Za-z0-9_-]+", written)
    caller_id._known.clear()  # as if it came late

    by_caller = request(f'"Another" <sip:x@y>;tag={caller}', f"<{dialled}>;tag={callee}")
    Presentation.read(written).apply(by_caller)
    assert by_caller.from_tag == caller
    assert str(by_caller.from_.without("tag")) == (ANONYMOUS if to_phone else '"Another" <sip:x@y>')
    assert by_caller.headers.get("To") == f"<{dialled}>;tag={callee}"

    by_callee = request(f'"Another" <sip:x@y>;tag={callee}', f"{ANONYMOUS};tag={caller}")
    Presentation.read(written).apply(by_callee)
    assert (by_callee.from_tag, by_callee.to_tag) == (callee, caller)
    assert by_callee.from_.uri == Uri.parse(dialled if from_phone else "sip:x@y")
    assert by_callee.to.uri == (Uri.parse(said) if to_phone else NameAddr.parse(ANONYMOUS).uri)


def test_what_is_remembered_is_bounded() -> None:
    begun = request("<sip:x@y>;tag=1", "<sip:a@b>")
    for number in range(MAX_REMEMBERED + 10):
        Presentation("1", "", "", f"sip:{number}@b").write()
    assert len(caller_id._known) <= MAX_REMEMBERED
    written = Presentation.begin(begun, ANONYMOUS, True, aor(2)).write()
    assert Presentation.read(written) is Presentation.read(written)


@pytest.mark.parametrize("tag", ["a", "a.b-c", '"a b"'])
def test_a_tag_stays_as_it_was_written(tag: str) -> None:
    made = request(f"<sip:x@y>;tag={tag}", "<sip:a@b>")
    present(made, ANONYMOUS, CLAIMS)
    assert made.headers.get("From") == f"{ANONYMOUS};tag={tag}"


def test_an_address_too_long_to_carry_is_left_out_and_never_what_a_phone_dialled() -> None:
    long = f"sip:{'a' * MAX_ADDRESS}@{REALM}"
    begun = request(f"<{long}>;tag=1", f"<{long}>")
    written = Presentation.begin(begun, ANONYMOUS, True, aor(2)).write()
    caller_id._known.clear()
    found = Presentation.read(written)
    assert (found.said, found.dialled) == ("", aor(2))


@given(st.text(max_size=40), st.sampled_from(["sip", "sips", "tel"]), HOSTS)
def test_a_mark_is_one_address_that_says_unverified_or_nobody(user: str, scheme: str, host: str) -> None:
    shown = NameAddr.parse(marked(Uri(scheme, grammar.escape_user(user) or None, host.strip("[]"))))
    assert is_anonymous(shown.uri) or (shown.display or "").startswith("unverified ")
    assert shown.params == ()


@pytest.mark.parametrize(
    ("name", "want"), [(None, f"<{aor(5550001)}>"), ("alice.eth", f'"alice.eth" <{aor(5550001)}>')]
)
def test_a_proven_caller_is_shown_by_name_and_number(name: str | None, want: str) -> None:
    facts = NumberFacts(Number(5550001), "0x" + "11" * 20, 1, 0, name=Name(name) if name else None)
    assert proven(facts) == want
    assert NameAddr.parse(want).uri.user == "5550001"


def test_what_is_taken_out_is_named_by_canonical_keys() -> None:
    assert all(name == name.lower() for name in CLAIMS)
