"""Attacks on the right itself: a session of Mallory's that is to speak for Alice's number at a living node."""

from __future__ import annotations

import time
from dataclasses import replace

from eth_account import Account

from telsdk.clock import Wall
from telsdk.credential import light, secp256k1
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.delegation import MAX_TEXT, Role
from telsdk.credential.session import Login, login_light
from telsdk.directory import Domain
from telsdk.number import Number
from telsdk.sip.auth.jws import decode, encode
from telsdk.sip.message import Response
from tests.attacks.siege import Siege, claims_of, siege, sign
from tests.network import ALICE, CAROL

DAY = 86_400
PASSWORD = "seven purple otters juggle"


async def refused(at: Siege, login: Login) -> str:
    """Why a node refuses a login for Alice's number; fails when it does not, or binds anybody."""
    return reason(at, await at.login(login))


def reason(at: Siege, answer: Response) -> str:
    assert answer.status in (401, 403)
    assert at.bound() == 0
    return answer.headers.get("Warning") or ""


async def test_a_stranger_signs_a_delegation_for_it() -> None:
    async with siege() as at:
        assert "signed neither by the owner" in await refused(at, at.delegated(at.owner_of(CAROL)))


async def test_a_delegation_for_a_number_that_nobody_holds_tells_nobody_that() -> None:
    async with siege() as at:
        nobodys = at.delegated(at.owner_of(CAROL), number=Number(5559999))
        answers = [await refused(at, login) for login in (nobodys, at.delegated(at.owner_of(CAROL)))]
        assert answers[0].replace("5559999", "N") == answers[1].replace(str(ALICE), "N")


async def test_the_old_owner_signs_a_new_delegation_after_the_sale() -> None:
    async with siege() as at:
        seller = at.owner_of(ALICE)
        facts = at.network.facts.sell(ALICE, at.owner_of(CAROL).address)
        assert "signed neither" in await refused(at, at.delegated(seller, epoch=facts.epoch))


async def test_the_seller_prepares_a_delegation_for_the_next_epoch() -> None:
    async with siege() as at:
        prepared = at.delegated(at.owner_of(ALICE), epoch=2)
        assert "of epoch 2, not 1" in await refused(at, prepared)
        at.network.facts.sell(ALICE, at.owner_of(CAROL).address)
        assert "signed neither" in await refused(at, prepared)


async def test_a_session_counter_to_come_survives_a_revocation() -> None:
    async with siege() as at:
        ahead = at.delegated(at.owner_of(ALICE), session=1)
        assert "ended its sessions" in await refused(at, ahead)


async def test_a_revoked_session_goes_on() -> None:
    async with siege() as at:
        at.network.facts.change(ALICE, session=1)
        assert "ended its sessions" in await refused(at, at.alice)


async def test_a_delegation_of_another_chain() -> None:
    async with siege() as at:
        domain = replace(at.network.facts.domain, chain_id=1)
        assert "signed neither" in await refused(at, at.delegated(at.owner_of(ALICE), domain))


async def test_a_delegation_of_another_contract() -> None:
    """A registry of Mallory's own, where Alice once tried something with the same number."""
    async with siege() as at:
        domain = Domain(at.network.facts.domain.chain_id, "0x" + "99" * 20)
        assert "signed neither" in await refused(at, at.delegated(at.owner_of(ALICE), domain))


async def test_the_light_key_signs_itself_a_deep_session() -> None:
    async with siege() as at:
        domain = at.network.facts.domain
        key = light.derive(PASSWORD, domain, ALICE, 1)
        facts = at.network.facts.change(ALICE, credential=key.credential, kdf=light.DEFAULT_KDF)
        honest = login_light(PASSWORD, facts, domain, "phone", Wall(time.time()))
        deep = replace(honest.delegation, role=Role.DEEP).signed_by(key, domain)
        assert "cannot open a deep session" in await refused(at, replace(honest, delegation=deep))
        assert (await at.login(honest)).status == 200


async def test_a_light_session_outlives_its_password() -> None:
    async with siege() as at:
        domain = at.network.facts.domain
        key = light.derive(PASSWORD, domain, ALICE, 1)
        facts = at.network.facts.change(ALICE, credential=key.credential, kdf=light.DEFAULT_KDF)
        login = login_light(PASSWORD, facts, domain, "phone", Wall(time.time()))
        at.network.facts.change(ALICE, credential=None, kdf=0)
        assert "signed neither" in await refused(at, login)


async def test_the_hash_on_the_chain_is_used_as_if_it_were_the_key() -> None:
    """All that the chain shows of a light login: the hash of an address, from which no key follows."""
    async with siege() as at:
        key = light.derive(PASSWORD, at.network.facts.domain, ALICE, 1)
        at.network.facts.change(ALICE, credential=key.credential, kdf=light.DEFAULT_KDF)
        from_hash = KeystoreSigner(Account.from_key(key.credential))
        assert "signed neither" in await refused(at, at.delegated(from_hash, role=Role.LIGHT))


async def test_an_expired_delegation() -> None:
    async with siege() as at:
        now = int(time.time())
        over = at.delegated(at.owner_of(ALICE), not_before=now - 2 * DAY, expiry=now - DAY)
        assert "ended at" in await refused(at, over)


async def test_a_delegation_whose_time_has_not_come() -> None:
    async with siege() as at:
        now = int(time.time())
        early = at.delegated(at.owner_of(ALICE), not_before=now + DAY, expiry=now + 2 * DAY)
        assert "begins at" in await refused(at, early)


async def test_a_field_is_changed_after_signing() -> None:
    async with siege() as at:
        signed = at.alice.delegation
        for bent in (
            replace(signed, expiry=signed.expiry + DAY),
            replace(signed, session_key=at.carol.key.public_bytes),
            replace(signed, device="another"),
        ):
            assert "signed neither" in await refused(at, replace(at.carol, delegation=bent))


async def test_her_key_is_put_into_alices_delegation() -> None:
    async with siege() as at:
        stolen = replace(at.alice.delegation, session_key=at.carol.key.public_bytes)
        assert "signed neither" in await refused(at, replace(at.carol, delegation=stolen))


async def test_the_mirrored_owner_signature_makes_a_second_delegation_of_one() -> None:
    async with siege() as at:
        raw = at.alice.delegation.signature
        s = secp256k1.ORDER - int.from_bytes(raw[32:64], "big")
        mirrored = raw[:32] + s.to_bytes(32, "big") + bytes([55 - raw[64]])
        bent = replace(at.alice, delegation=replace(at.alice.delegation, signature=mirrored))
        assert "signed neither" in await refused(at, bent)


async def test_an_oversized_delegation() -> None:
    async with siege() as at:
        request = at.register()
        claims = {**claims_of(at.token(request)), "dlg": "A" * (MAX_TEXT + 1)}
        token = sign(claims, at.alice.key.private)
        assert str(MAX_TEXT) in reason(at, await at.send(request, token))


async def test_a_delegation_with_bytes_behind_it() -> None:
    async with siege() as at:
        bent = replace(at.alice.delegation, signature=at.alice.delegation.signature + b"\0")
        assert "signed neither" in await refused(at, replace(at.alice, delegation=bent))


async def test_a_delegation_in_another_writing_of_the_same() -> None:
    async with siege() as at:
        request = at.register()
        made = at.token(request)
        raw = bytearray(_raw(at.alice.text))
        assert raw[:2] == b"\x01\x00"
        longer = bytes(raw[:2]) + _number_with_a_zero_group(int(ALICE)) + bytes(raw[2 + 4 :])
        claims = {**claims_of(made), "dlg": encode(longer)}
        assert "canonical" in reason(at, await at.send(request, sign(claims, at.alice.key.private)))


async def test_a_session_key_that_is_no_point_of_the_curve() -> None:
    async with siege() as at:
        bad = at.delegated(at.owner_of(CAROL), session_key=b"\x02" + b"\xff" * 32)
        assert "no point of P-256" in await refused(at, bad)


async def test_a_delegation_for_ever() -> None:
    async with siege() as at:
        request = at.register()
        raw = _raw(at.alice.text)
        claims = {**claims_of(at.token(request)), "dlg": encode(raw[:2] + b"\xff" * 40 + raw[42:])}
        assert at.bound() == 0
        answer = await at.send(request, sign(claims, at.alice.key.private))
        assert "64 bits" in reason(at, answer)


def _raw(text: str) -> bytes:

    return decode(text)


def _number_with_a_zero_group(number: int) -> bytes:
    """LEB128 with a group of zero bits at the end, which adds nothing."""
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*octets, number | 0x80, 0])
