"""A phone account is read in one strict form: settings files are made of what a node sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential.errors import PhoneAccountMalformed
from telsdk.credential.phone import PhonePasswords
from telsdk.credential.phoneaccount import PhoneAccount, PhoneServer
from telsdk.directory import NumberFacts
from tests.facts import FixedDirectory

from .conftest import NOW

SERVERS = (
    PhoneServer("tls", "sip.example.org", 5061),
    PhoneServer("udp", "2001:db8::7", 5060),
    PhoneServer("wss", "192.0.2.7", 443),
)


@pytest.fixture
def sent(directory: FixedDirectory, facts: NumberFacts) -> PhoneAccount:
    return PhoneAccount(PhonePasswords([b"n" * 32], directory).issue(facts, NOW), SERVERS, "SHA-256")


def test_what_a_node_sends_is_read_back(sent: PhoneAccount) -> None:
    assert PhoneAccount.read(sent.body()) == sent
    assert sent.number == 5551234


def test_what_a_later_node_adds_is_passed_over(sent: PhoneAccount) -> None:
    fields = json.loads(sent.body()) | {"turn": "turn:192.0.2.7"}
    assert PhoneAccount.read(json.dumps(fields).encode()) == sent


def test_a_place_is_found_by_its_transport(sent: PhoneAccount) -> None:
    assert sent.server() == SERVERS[0]
    assert sent.server("udp") == SERVERS[1]
    assert sent.server("tcp") is None
    assert PhoneAccount(sent.issued, SERVERS[2:]).server() is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("username", "bob"),
        ("username", None),
        ("password", "short"),
        ("password", "a" * 25 + "\n"),
        ("password", ["a"] * 26),
        ("realm", "example.org"),
        ("expiry", 1),
        ("digest", "MD5-sess"),
        ("digest", ["MD5"]),
        ("servers", "sip:192.0.2.7:5060;transport=udp"),
        ("servers", [1]),
        ("servers", ["sip:192.0.2.7:5060;transport=udp\nmodule evil.so"]),
    ],
)
def test_anything_else_is_refused(sent: PhoneAccount, key: str, value: Any) -> None:
    fields = json.loads(sent.body()) | {key: value}
    with pytest.raises(PhoneAccountMalformed):
        PhoneAccount.read(json.dumps(fields).encode())


@pytest.mark.parametrize("key", ["username", "password", "realm", "expiry", "digest", "servers"])
def test_nothing_may_be_missing(sent: PhoneAccount, key: str) -> None:
    fields = json.loads(sent.body())
    del fields[key]
    with pytest.raises(PhoneAccountMalformed):
        PhoneAccount.read(json.dumps(fields).encode())


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"null", b"7", b"[" * 100_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(PhoneAccountMalformed):
        PhoneAccount.read(body)


@given(
    st.sampled_from(["udp", "tcp", "tls", "ws", "wss"]),
    st.one_of(
        st.ip_addresses().map(str),
        st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}\.){0,3}[a-z]{2,5}", fullmatch=True),
    ),
    st.integers(1, 65535),
)
def test_a_place_is_read_back(transport: str, host: str, port: int) -> None:
    server = PhoneServer(transport, host, port)
    assert PhoneServer.parse(str(server)) == server


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.0.2.7:5060",
        "sip:192.0.2.7:5060",
        "sip:192.0.2.7;transport=udp",
        "sip:192.0.2.7:0;transport=udp",
        "sip:192.0.2.7:65536;transport=udp",
        "sip:192.0.2.7:5060;transport=sctp",
        "sip:192.0.2.7:5060;transport=udp;lr",
        "sip:bob@192.0.2.7:5060;transport=udp",
        "sip:192.0.2.7>:5060;transport=udp",
        "sip:[192.0.2.7]:5060;transport=udp",
        "sip:[:::]:5060;transport=udp",
        "sip:192.0.2.7:5060;transport=udp\n",
        "https://192.0.2.7:443",
        "wss://192.0.2.7:443/path",
    ],
)
def test_a_place_has_one_form(text: str) -> None:
    with pytest.raises(PhoneAccountMalformed):
        PhoneServer.parse(text)
