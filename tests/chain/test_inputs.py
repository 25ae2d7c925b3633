"""Whatever a program hands to the SDK: it does what is meant, or a named error says what is wrong, and nothing is paid.

Every public method of the client and its contracts is found by introspection, and each parameter is tried with what it
must not be. A new method is tried too. One with a kind of parameter that is not known here fails the test.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telsdk.chain import inputs, revert
from telsdk.chain.access import Permit, PermitError
from telsdk.chain.client import ChainPointer, Client, facts_of
from telsdk.chain.contracts import Offer
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import InputError
from telsdk.chain.interface import Header
from telsdk.chain.units import wei
from telsdk.directory import Head
from telsdk.errors import NotFound, TelError
from telsdk.name import Name, NameFormatError
from telsdk.number import Number, NumberError
from telsdk.records import Credential, Update
from tests.chain.actors import NUMBER, PIN, me

NAMED = (InputError, NumberError, NameFormatError, PermitError)
"""What is raised for a value that cannot be right, whatever is on the chain."""

Values = tuple[object, ...]

MISTYPED = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293Bc"  # the last letter has to be a capital

NO_NUMBER: Values = (
    -1,
    0,
    12,
    9_999,
    10**15,
    2**256,
    "",
    "abc",
    "1234",
    "+5551234",
    "٥٥٥١٢٣٤",
    "5_551_234",
    1.5,
    None,
    True,
    b"55512",
    [],
)
NO_ACCOUNT: Values = (
    "",
    "0x",
    "0x12",
    "bob.tel",
    MISTYPED,
    "0x" + "zz" * 20,
    MISTYPED[2:],
    5,
    b"\x00" * 20,
    True,
    [],
)
NO_WORD: Values = (b"", b"\x01", b"\x01" * 31, b"\x01" * 33, "0x" + "01" * 32, "01" * 32, 5, True, [])
NO_COUNT: Values = (-1, 2**64, 2**256, "1", "abc", 1.5, Decimal(1), b"\x01", True, [])
NO_AMOUNT: Values = (
    -1,
    Decimal("-0.1"),
    Decimal("1e-19"),
    Decimal("NaN"),
    Decimal("Infinity"),
    Decimal("1e80"),
    0.1,
    "",
    "abc",
    b"1",
    True,
    [],
)
NO_TIME: Values = (timedelta(0), timedelta(-1), 5, "1 h", None, True)
NO_NAME: Values = (
    "",
    "bob",
    "bob.ETH.eth",
    "x.eth",
    "bøb.eth",
    "Ｂob.eth",
    "a b.eth",
    "ab--c.eth",
    "sip:bob.tel",
    5,
    None,
    b"bob.tel",
    [],
)
NO_TEXT: Values = (5, None, b"sip:192.0.2.1", "\ud800", [])
NO_OBJECT: Values = (5, None, "x", b"", [])
NO_BLOCK: Values = (-1, 2**64, "newest", "", 1.5, b"", True, [])

BAD: dict[tuple[str, str], tuple[object, ...]] = {
    ("Number", "number"): NO_NUMBER,
    ("int", "number"): NO_NUMBER,
    ("Name", "name"): NO_NAME,
    ("str", "address"): (
        *NO_NUMBER,
        *NO_NAME[:5],
        MISTYPED,
        "tel:+5551234",
        "sip:@telprotocol",
        "0x12",
        "\x00",
        object(),
    ),
    **{("str", name): (*NO_ACCOUNT, None) for name in ("account", "owner", "to", "signer", "market")},
    **{("str | None", name): NO_ACCOUNT for name in ("account", "owner")},
    ("str", "uri"): NO_TEXT,
    **{
        ("bytes", name): (*NO_WORD, None) for name in ("pin", "hash", "secret", "commitment", "digest", "new")
    },
    **{("bytes", name): ("0x12", 5, None, []) for name in ("signature", "parameters")},
    **{("bytes | None", name): NO_WORD for name in ("expected", "next", "key")},
    **{
        ("int", name): (*NO_COUNT, None)
        for name in ("hub", "index", "capacity", "kdf", "offset", "digits", "first", "last", "block")
    },
    **{("int | None", name): NO_COUNT for name in ("hub", "block")},
    ("Block", "block"): NO_BLOCK,
    ("int | bytes | None", "block"): (*NO_BLOCK, "latest", b"\x01" * 31),
    ("Sequence[int]", "numbers"): (5, None, "x", [5], ["x"]),
    ("Header", "block"): NO_OBJECT,
    ("float | None", "stale_after"): (0, -1, 0.0, float("nan"), float("inf"), "1", b"1", True, []),
    **{("bool", name): (5, None, "yes") for name in ("active", "promised")},
    **{("Decimal", name): (*NO_AMOUNT, None) for name in ("price", "max_price")},
    ("Decimal | None", "max_price"): NO_AMOUNT,
    ("timedelta", "lifetime"): NO_TIME,
    ("Update", "update"): (
        *NO_OBJECT,
        Update(credential=Credential(b"\x01" * 31, 1)),
        Update(credential=Credential(b"\x01" * 32, 1, "hubs")),  # type: ignore[arg-type]
        Update(credential=(b"\x01" * 32, 1)),  # type: ignore[arg-type]
        Update(answers_verified="yes"),  # type: ignore[arg-type]
        Update(message_key=b"\x01"),
        Update(backup=(b"", None)),
        Update(credential=b"\x01" * 32),  # type: ignore[arg-type]
        Update(hub="1"),  # type: ignore[arg-type]
    ),
    ("Permit", "permit"): (
        *NO_OBJECT,
        Permit("NumberRecords", "setHubFor", (NUMBER,), 1, b""),
        Permit("", "", (), 1, b""),
        Permit("NumberRecords", "setHubFor", (12, 1), 1, b""),
        Permit("HubList", "addHub", ("", PIN), 1, b""),
    ),
    ("Offer", "offer"): NO_OBJECT,
}
"""What cannot be right, by a parameter's kind and name."""

NOT_TRIED = {"w3", "deployment", "session", "wait", "read", "parse", "size"}
"""Parameters that take objects of a program's own making, not values."""

INNER = {"read", "later", "ask", "write"}
"""Methods of the contracts by which the others are made; they name the function of the ABI."""


@dataclass
class Good:
    """A value for each parameter with which the method does something."""

    client: Client
    bob: str

    def value(self, kind: str, name: str) -> object:
        offer = Offer(NUMBER, Decimal(1), self.bob, PIN)
        return {
            "Number": NUMBER,
            "Name": Name("alice.tel"),
            "Decimal": Decimal(1),
            "timedelta": timedelta(hours=1),
            "Block": "latest",
            "bool": True,
            "Update": Update(message_key=PIN),
            "Offer": offer,
            "Permit": Permit("NumberRecords", "setHubFor", (NUMBER, 1), 1, b"\x01" * 65),
            "Decimal | None": None,
            "int | None": None,
            "str | None": None,
            "bytes | None": PIN,
            "bytes": PIN,
            "int | bytes | None": None,
            "float | None": None,
            "Header": Header(Head(1, PIN, 1), PIN),
        }.get(kind) or {
            "number": NUMBER,
            "uri": "sip:192.0.2.1;transport=tls",
            "address": "5551234",
            "digits": 7,
            "kdf": 1,
        }.get(name, 1 if kind == "int" else self.bob)


def parts(client: Client) -> dict[str, object]:
    contracts = {
        name: getattr(client, name)
        for name in ("registry", "registrar", "alias", "records", "hubs", "market")
    }
    return {"client": client, **contracts}


def methods_of(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, method in inspect.getmembers(kind, inspect.isfunction):
        if not name.startswith("_") and name not in INNER:
            yield name, method


def wholly(target: Callable[..., Any], values: dict[str, object]) -> None:
    """Calls it, and takes all that it yields."""
    done = target(**values)
    if inspect.isgenerator(done):
        list(done)


def targets() -> list[tuple[str, str, str, str]]:
    """Every parameter of every public method: whose, the method, the parameter and its kind."""
    from telsdk.chain import contracts

    kinds = {
        "client": Client,
        "registry": contracts.NumberRegistry,
        "registrar": contracts.NumberRegistrar,
        "alias": contracts.NameAlias,
        "records": contracts.NumberRecords,
        "hubs": contracts.HubList,
        "market": contracts.NumberMarket,
    }
    found = []
    for part, kind in kinds.items():
        for name, method in methods_of(kind):
            for parameter in list(inspect.signature(method).parameters.values())[1:]:
                annotation = str(parameter.annotation).replace("str | Number", "str")
                if parameter.name not in NOT_TRIED and annotation != "Account | None":
                    found.append((part, name, parameter.name, annotation))
    return found


TARGETS = targets()


def test_every_parameter_of_the_api_has_a_kind_that_is_tried() -> None:
    unknown = {(kind, name) for _, _, name, kind in TARGETS} - set(BAD)
    assert not unknown, "say in BAD what such a parameter must not be"
    assert len(TARGETS) > 100


@pytest.mark.parametrize(
    ("part", "method", "parameter", "kind"), TARGETS, ids=[".".join(target[:3]) for target in TARGETS]
)
def test_what_cannot_be_right_is_a_named_error_and_nothing_is_sent(
    alice: Client, bob: Client, part: str, method: str, parameter: str, kind: str
) -> None:
    target = getattr(parts(alice)[part], method)
    good = Good(alice, me(bob))
    values = {
        one.name: good.value(str(one.annotation), one.name)
        for one in inspect.signature(target).parameters.values()
        if one.name not in NOT_TRIED
    }
    before = alice.session.w3.eth.get_transaction_count(alice.session.signer().address, "pending")
    for bad in BAD[kind, parameter]:
        with pytest.raises(TelError) as caught:
            wholly(target, {**values, parameter: bad})
        assert isinstance(caught.value, NAMED), f"{bad!r}: {caught.value!r}"
        message = str(caught.value)
        assert "\n" not in message
        assert len(message) < 600
    assert alice.session.w3.eth.get_transaction_count(alice.session.signer().address, "pending") == before


def test_what_is_meant_is_understood(alice: Client) -> None:
    alice.alias.claim("Alice.tel", 5551234)  # type: ignore[arg-type]
    found = alice.lookup("5551234")
    for address in (
        NUMBER,
        Name("alice.tel"),
        "ALICE.tel",
        " alice.tel ",
        "sip:alice.tel@telprotocol",
        "sips:5551234@192.0.2.7;transport=tls",
        "tel:5551234",
        "tel:5551234;phone-context=telprotocol",
        me(alice),
        me(alice).lower(),
        "0x" + me(alice)[2:].upper(),
    ):
        assert alice.lookup(address) == found
    assert found.name == "alice.tel"
    assert alice.registry.custody("5551234").owner == me(alice)  # type: ignore[arg-type]
    assert alice.balance(me(alice).lower()) == alice.balance()


@pytest.mark.parametrize("hub", [0, 99, 2**32 - 1])
def test_a_hub_that_is_not_there_is_chosen_by_nobody(alice: Client, hub: int) -> None:
    records = alice.records
    for choose in (
        lambda: records.set_hub(NUMBER, hub),
        lambda: records.permit_hub(NUMBER, hub),
        lambda: records.set_many(NUMBER, Update(hub=hub)),
        lambda: records.permit_many(NUMBER, Update(hub=hub)),
        lambda: alice.hubs.hub(hub),
    ):
        with pytest.raises(NotFound, match=f"there is no hub {hub}: see `telsdk hubs list`"):
            choose()
    with pytest.raises((NotFound, revert.NotOperator)):
        alice.hubs.set_hub(hub, "sip:192.0.2.1;transport=tls")


def test_a_hub_that_has_left_is_chosen_by_nobody(alice: Client, chain: EmbeddedChain) -> None:
    hub = alice.hubs.add_hub("sip:192.0.2.1:5061;transport=tls", PIN).event("HubAdded").args["hubId"]
    alice.hubs.begin_exit(hub)
    chain.advance_time(alice.hubs.exit_delay() * 2)
    alice.hubs.withdraw_bond(hub)
    with pytest.raises(NotFound, match=f"hub {hub} has left the list"):
        alice.records.set_hub(NUMBER, hub)


@pytest.mark.parametrize("bad", NO_NUMBER)
def test_the_functions_beside_the_client_name_what_is_no_number(alice: Client, bad: Any) -> None:
    for ask in (
        lambda: facts_of(alice, bad),
        lambda: ChainPointer(alice, bad).read(),
        lambda: ChainPointer(alice, bad).swap(None, PIN),
    ):
        with pytest.raises(NAMED):
            ask()


def test_the_short_key_and_the_short_pin_are_named_with_their_length(alice: Client) -> None:
    with pytest.raises(InputError, match="key of setMessageKey 0x.* has 31 bytes, and has to have 32"):
        alice.records.set_message_key(NUMBER, b"\x01" * 31)
    with pytest.raises(InputError, match="pin of addHub 0x01 has 1 bytes, and has to have 32"):
        alice.hubs.add_hub("sip:192.0.2.1;transport=tls", b"\x01")
    with pytest.raises(InputError, match=f"to {MISTYPED} is no account: its capitals do not fit its digits"):
        alice.registry.transfer(NUMBER, MISTYPED)


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.lists(st.integers()),
)


@given(ANYTHING)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_each_check_takes_a_value_or_names_it(value: object) -> None:
    checks: tuple[Callable[[Any], object], ...] = (
        inputs.number,
        inputs.name,
        inputs.account,
        inputs.octets,
        inputs.uint,
        inputs.block,
        inputs.lifetime,
        wei,
        lambda one: inputs.octets(one, 32),
        lambda one: inputs.uint(one, 8),
        lambda one: inputs.of_kind(one, Offer, "offer"),
    )
    for check in checks:
        with suppress(*NAMED):
            check(value)


@given(st.text())
def test_no_text_is_a_permit_or_it_is_named(text: str) -> None:
    with suppress(PermitError):
        Permit.from_json(text)


def test_a_deep_permit_is_named_too() -> None:
    for text in ("[" * 60_000, '{"args": ' + "[" * 60_000, "null", "5", '{"contract": 1}'):
        with pytest.raises(PermitError):
            Permit.from_json(text)


def test_a_good_value_is_not_refused_with_the_bad(alice: Client, bob: Client) -> None:
    """Else the refusals above would show nothing."""
    assert alice.records.set_message_key(NUMBER, bytearray(PIN)).block  # type: ignore[arg-type]
    permit = alice.records.permit_message_key(NUMBER, None)
    assert replace(permit).deadline == permit.deadline
    bob.relay(permit)
    assert alice.records.get(NUMBER).message_key is None
    assert Number(5551234) == NUMBER
