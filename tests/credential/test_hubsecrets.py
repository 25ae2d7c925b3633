"""A hub's side of KDF 2: a key for each password out of one secret, and tickets that it need not keep."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential import oprf
from telsdk.credential.errors import NoGroupElement
from telsdk.credential.hubsecrets import TICKET, HubSecrets, Password, key_id, oprf_key
from tests.credential.hubs import EPOCH, NUMBER, secret
from tests.facts import DOMAIN

PASSWORD = Password(DOMAIN, NUMBER, EPOCH, bytes(range(16)))
OTHERS = [
    replace(PASSWORD, domain=replace(DOMAIN, chain_id=1)),
    replace(PASSWORD, domain=replace(DOMAIN, registry="0x" + "aa" * 20)),
    replace(PASSWORD, number=NUMBER + 1),
    replace(PASSWORD, epoch=EPOCH + 1),
    replace(PASSWORD, nonce=bytes(16)),
]
OLD, NEW = secret(1), secret(2)
SESSION = b"\2" + bytes(32)


def test_a_secret_is_found_by_its_id_until_it_is_retired() -> None:
    blinded = oprf.blind(b"x").element
    before = HubSecrets([OLD]).evaluate(key_id(OLD), PASSWORD, blinded)
    both = HubSecrets([NEW, OLD])
    assert both.newest == key_id(NEW)
    assert both.evaluate(key_id(OLD), PASSWORD, blinded) == before
    assert both.evaluate(key_id(NEW), PASSWORD, blinded) != before
    assert key_id(OLD) not in HubSecrets([NEW])
    with pytest.raises(KeyError):
        HubSecrets([NEW]).evaluate(key_id(OLD), PASSWORD, blinded)


@pytest.mark.parametrize("other", OTHERS)
def test_a_hub_has_another_key_for_each_chain_registry_number_epoch_and_nonce(other: Password) -> None:
    assert oprf_key(OLD, other) != oprf_key(OLD, PASSWORD)


@pytest.mark.parametrize("bad", [[], [bytes(31)], [bytes(32), bytes(32)]])
def test_secrets_that_cannot_serve_are_refused(bad: list[bytes]) -> None:
    with pytest.raises(ValueError, match="secret"):
        HubSecrets(bad)


def test_a_hub_refuses_the_identity() -> None:
    with pytest.raises(NoGroupElement):
        HubSecrets([OLD]).evaluate(key_id(OLD), PASSWORD, bytes(32))


def test_a_session_has_one_ticket_and_each_another() -> None:
    hub = HubSecrets([OLD])
    ticket = hub.ticket(key_id(OLD), PASSWORD, SESSION)
    assert ticket == hub.ticket(key_id(OLD), PASSWORD, SESSION)
    assert len(ticket) == TICKET
    others = [hub.ticket(key_id(OLD), PASSWORD, b"\2" + bytes([one]) * 32) for one in range(1, 9)]
    assert len({hub.holder(key_id(OLD), PASSWORD, one) for one in (ticket, *others)}) == 9
    assert hub.holder(key_id(OLD), PASSWORD, ticket) is not None


@pytest.mark.parametrize("other", OTHERS)
def test_a_ticket_is_good_for_one_password(other: Password) -> None:
    hub = HubSecrets([OLD])
    assert hub.holder(key_id(OLD), other, hub.ticket(key_id(OLD), PASSWORD, SESSION)) is None


def test_a_ticket_of_another_hub_or_secret_is_none() -> None:
    both = HubSecrets([NEW, OLD])
    assert both.holder(key_id(NEW), PASSWORD, both.ticket(key_id(OLD), PASSWORD, SESSION)) is None


@given(st.binary(max_size=40))
def test_no_ticket_can_be_made_up(ticket: bytes) -> None:
    assert HubSecrets([OLD]).holder(key_id(OLD), PASSWORD, ticket) is None
