"""Attacks on caller tokens: Bob's client is told that Alice calls, by somebody who is not Alice, or not so.

Everything goes straight to Bob's client, as a hostile node would send it: no honest node stands in between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from telsdk.address import aor
from telsdk.credential.session import Login
from telsdk.net.pins import pin_of_key
from telsdk.net.route import PIN_PARAM, pin_text
from telsdk.sip.auth import caller_token, jws
from telsdk.sip.message import Request, Response
from telsdk.uc.client import UserClient
from telsdk.uc.media import MediaSession
from telsdk.uc.settings import UcSettings, Unverified
from telsdk.uc.trust import Party, Trust, fingerprints_in
from tests.late_caller import other_keys, sealed
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.peer import Peer


@dataclass
class Line:
    """Bob's client, and what reaches it by Mallory's hand."""

    network: Network
    bob: UserClient
    mallory: Peer
    sdp: bytes
    alice: Login

    def invite(self, *, media: bytes | None = None, login: Login | None = None, **bend: Any) -> Request:
        """An INVITE from Alice to Bob with an honest token over `media`, some of whose fields are bent."""
        request = self.mallory.request("INVITE", aor(BOB), ("Content-Type", "application/sdp"))
        request.headers.set("From", f"<{aor(ALICE)}>;tag=1")
        request.body = self.sdp
        fields = {"act": "INVITE", "dest": aor(BOB), "cseq": request.cseq.number, **bend}
        return sealed(request, login or self.alice, media=fingerprints_in(media or self.sdp), **fields)

    async def send(self, request: Request) -> Response:
        """Bob's answer: final where he refuses, provisional where it rings."""
        port = self.bob._sockets.port
        await self.mallory.send(request, HOST, port)
        async with asyncio.timeout(10):
            while True:
                message = await self.mallory.receive()
                ours = isinstance(message, Response) and message.via.branch == request.via.branch
                if isinstance(message, Response) and ours and message.status != 100:
                    return message

    async def refuses(self, request: Request, status: int) -> Party:
        """Bob refuses it so, nothing rings, and his person hears who tried."""
        assert (await self.send(request)).status == status
        assert self.bob.incoming.empty()
        party = self.bob.refused.get_nowait()
        assert party.trust is Trust.REFUSED
        return party


@asynccontextmanager
async def line(unverified: Unverified = Unverified.RING) -> AsyncIterator[Line]:
    async with Network(1) as network:
        await network.start()
        for number in (ALICE, CAROL):
            network.own(number)
        bob = await network.user(BOB, settings=UcSettings(unverified=unverified))
        media = MediaSession(None, address=HOST)
        try:
            sdp = await media.offer()
        finally:
            await media.close()
        with Peer(ALICE) as mallory:
            yield Line(network, bob, mallory, sdp, network.log_in(ALICE))


async def test_an_honest_call_rings_as_verified_else_the_attacks_below_would_show_nothing() -> None:
    async with line() as at:
        assert (await at.send(at.invite())).status == 180
        party = at.bob.incoming.get_nowait().party
        assert party is not None
        assert (party.trust, party.number, party.media_bound) == (Trust.VERIFIED, ALICE, True)


async def test_the_token_is_stripped() -> None:
    """It rings as unverified, which is what a plain phone is: nobody is taken for Alice."""
    async with line() as at:
        request = at.invite()
        request.headers.remove("Identity")
        assert (await at.send(request)).status == 180
        party = at.bob.incoming.get_nowait().party
        assert party is not None
        assert (party.trust, party.number, party.name) == (Trust.UNVERIFIED, None, None)


async def test_the_token_is_stripped_where_proof_is_wanted() -> None:
    async with line(Unverified.REFUSE) as at:
        request = at.invite()
        request.headers.remove("Identity")
        assert (await at.send(request)).status == 428
        assert at.bob.incoming.empty()


async def test_the_token_is_stripped_where_strangers_make_no_sound() -> None:
    async with line(Unverified.SILENCE) as at:
        honest = at.invite()
        assert (await at.send(honest)).status == 180
        assert not at.bob.incoming.get_nowait().silent
        request = at.invite()
        request.headers.remove("Identity")
        request.headers.set("Call-ID", "stripped")
        assert (await at.send(request)).status == 180
        assert at.bob.incoming.get_nowait().silent


async def test_the_media_key_is_swapped() -> None:
    async with line() as at:
        request = at.invite()
        request.body = other_keys(request.body)
        assert "media keys" in (await at.refuses(request, 438)).reason


async def test_a_second_media_key_is_added() -> None:
    async with line() as at:
        request = at.invite()
        request.body += b"a=fingerprint:sha-256 " + b":".join([b"AB"] * 32) + b"\r\n"
        assert "media keys" in (await at.refuses(request, 438)).reason


async def test_the_session_description_is_taken_away() -> None:
    async with line() as at:
        request = at.invite()
        request.body = b""
        request.headers.remove("Content-Type")
        await at.refuses(request, 438)


async def test_a_token_is_played_in_another_call() -> None:
    async with line() as at:
        await at.refuses(at.invite(call_id="an-older-call"), 438)


def play_again(at: Line, request: Request) -> None:
    """As another transaction of another dialog: else it would count as the first one come twice (482)."""
    request.headers.set("Via", f"SIP/2.0/UDP {HOST}:{at.mallory.port};branch=z9hG4bKagain;rport")
    request.headers.set("From", f"<{aor(ALICE)}>;tag=again")


async def test_a_whole_call_is_played_again_after_it_is_over() -> None:
    """It would ring as Alice, though without her media keys nobody could speak."""
    async with line() as at:
        request = at.invite()
        assert (await at.send(request)).status == 180
        call = at.bob.incoming.get_nowait()
        call.reject()
        await call.wait_ended(10)
        play_again(at, request)
        assert "played again" in (await at.refuses(request, 438)).reason


async def test_a_text_message_is_played_again() -> None:
    async with line() as at:
        request = at.mallory.request("MESSAGE", aor(BOB), ("Content-Type", "text/plain"))
        request.body = b"send 100"
        sealed(request, at.alice, act="MESSAGE", dest=aor(BOB), body=request.body)
        assert (await at.send(request)).status == 200
        play_again(at, request)
        assert (await at.send(request)).status == 438
        assert at.bob.messages.qsize() == 1


async def test_a_token_for_another_callee() -> None:
    """Carol, whom Alice called, plays Alice's token on to Bob."""
    async with line() as at:
        assert "for sip:5550003" in (await at.refuses(at.invite(dest=aor(CAROL)), 438)).reason


async def test_a_token_of_another_request_of_the_call() -> None:
    async with line() as at:
        assert "CSeq" in (await at.refuses(at.invite(cseq=77), 438)).reason


async def test_a_token_of_an_answer_begins_a_call() -> None:
    async with line() as at:
        await at.refuses(at.invite(act="INVITE 200"), 438)


async def test_a_token_of_a_text_message_begins_a_call() -> None:
    async with line() as at:
        await at.refuses(at.invite(act="MESSAGE"), 438)


async def test_an_old_caller_token() -> None:
    async with line() as at:
        assert "s old" in (await at.refuses(at.invite(now=time.time() - 61), 403)).reason


async def test_a_caller_token_from_the_future() -> None:
    async with line() as at:
        await at.refuses(at.invite(now=time.time() + 3600), 403)


async def test_her_own_delegation_under_alices_number() -> None:
    async with line() as at:
        mallory = at.network.log_in(CAROL)
        request = at.invite(login=mallory, orig=aor(ALICE))
        assert "speaks for 5550003" in (await at.refuses(request, 438)).reason


async def test_alices_delegation_with_a_key_of_her_own() -> None:
    async with line() as at:
        mallory = at.network.log_in(CAROL)
        await at.refuses(at.invite(login=mallory, orig=aor(ALICE), delegation=at.alice.text), 438)


async def test_a_proven_caller_writes_the_address_of_another_into_from() -> None:
    async with line() as at:
        request = at.invite(login=at.network.log_in(CAROL))
        assert "From says" in (await at.refuses(request, 403)).reason
        request = at.invite()
        request.headers.set("From", f"<sip:{ALICE}@example.org>;tag=1")
        assert "From says" in (await at.refuses(request, 403)).reason


async def test_the_display_name_of_from_says_what_it_likes() -> None:
    """Carol's honest token, and everything else that a screen could show says Alice: shown is Carol."""
    async with line() as at:
        request = at.invite(login=at.network.log_in(CAROL))
        request.headers.set("From", f'"alice.eth ({ALICE}), verified" <{aor(CAROL)}>;tag=1')
        request.headers.add("P-Asserted-Identity", f"<{aor(ALICE)}>")
        assert (await at.send(request)).status == 180
        party = at.bob.incoming.get_nowait().party
        assert party is not None
        assert (party.number, str(ALICE) in str(party)) == (CAROL, False)


async def test_a_second_token_stands_behind_the_first() -> None:
    async with line() as at:
        request = at.invite()
        request.headers.add("Identity", request.headers.get("Identity") or "")
        assert "more than one" in (await at.refuses(request, 438)).reason


async def test_the_contact_leads_to_another_key() -> None:
    """What Bob sends within the call would go to Mallory: she swaps the Contact, and pins herself."""
    async with line() as at:
        request = at.invite()
        key = at.network.log_in(CAROL).key.private.public_key()
        mine = f"<sip:{ALICE}@{HOST}:{at.mallory.port};transport=tls;{PIN_PARAM}={pin_text(pin_of_key(key))}>"
        request.headers.set("Contact", mine)
        assert "Contact" in (await at.refuses(request, 438)).reason


async def test_a_caller_token_by_no_algorithm() -> None:
    async with line() as at:
        request = at.invite()
        token, _, params = (request.headers.get("Identity") or "").partition(";")
        none = jws.encode(jws.canonical({"alg": "none", "ppt": "tel", "typ": "passport"}))
        request.headers.set("Identity", f"{none}.{token.split('.')[1]}.;{params}")
        await at.refuses(request, 438)


async def test_a_caller_token_names_another_algorithm_outside() -> None:
    async with line() as at:
        request = at.invite()
        value = (request.headers.get("Identity") or "").replace("alg=ES256", "alg=HS256")
        request.headers.set("Identity", value)
        await at.refuses(request, 437)


async def test_a_passport_of_another_type() -> None:
    async with line() as at:
        request = at.invite()
        request.headers.set(
            "Identity", (request.headers.get("Identity") or "").replace("ppt=tel", "ppt=shaken")
        )
        await at.refuses(request, 437)


async def test_the_info_names_another_signer() -> None:
    async with line() as at:
        request = at.invite()
        value = (request.headers.get("Identity") or "").replace(
            f"info=<{aor(ALICE)}>", "info=<https://x.example/c>"
        )
        request.headers.set("Identity", value)
        await at.refuses(request, 436)


async def test_a_caller_token_in_another_writing() -> None:
    async with line() as at:
        request = at.invite()
        token, _, params = (request.headers.get("Identity") or "").partition(";")
        header, payload, _ = token.split(".")
        spaced = jws.encode(jws.decode(payload).replace(b'","', b'" ,"'))
        signed = f"{header}.{spaced}"
        signature = jws.encode(jws._ES256.sign(signed.encode(), at.alice.key.private))
        request.headers.set("Identity", f"{signed}.{signature};{params}")
        assert "canonical" in (await at.refuses(request, 438)).reason


async def test_the_seller_calls_on_as_if_nothing_had_been_sold() -> None:
    async with line() as at:
        at.network.facts.sell(ALICE, "0x" + "22" * 20)
        assert "changed hands" in (await at.refuses(at.invite(), 437)).reason


async def test_a_revoked_device_calls_on() -> None:
    async with line() as at:
        at.network.facts.change(ALICE, session=1)
        assert "ended its sessions" in (await at.refuses(at.invite(), 437)).reason


async def test_the_name_of_another_is_claimed_in_orig() -> None:
    async with line() as at:
        at.network.facts.change(ALICE, name="alice.eth")
        mallory = at.network.log_in(CAROL)
        await at.refuses(at.invite(login=mallory, orig="sip:alice.eth@telprotocol"), 438)


async def test_the_body_of_a_text_message_is_swapped() -> None:
    async with line() as at:
        request = at.mallory.request("MESSAGE", aor(BOB), ("Content-Type", "text/plain"))
        sealed(request, at.alice, act="MESSAGE", dest=aor(BOB), body=b"yes")
        request.body = b"no"
        assert (await at.send(request)).status == 438
        assert at.bob.messages.empty()


async def test_a_text_message_without_its_signed_body() -> None:
    async with line() as at:
        request = at.mallory.request("MESSAGE", aor(BOB), ("Content-Type", "text/plain"))
        sealed(request, at.alice, act="MESSAGE", dest=aor(BOB))
        request.body = b"anything"
        assert (await at.send(request)).status == 438
        assert at.bob.messages.empty()


@pytest.mark.parametrize("field", ["act", "cid", "csq", "dest", "dlg", "iat", "orig"])
async def test_a_claim_is_left_out(field: str) -> None:
    async with line() as at:
        request = at.invite()
        token, _, params = (request.headers.get("Identity") or "").partition(";")
        claims = dict(jws.parse_json(jws.decode(token.split(".")[1])))
        del claims[field]
        bent = jws.sign(claims, caller_token.HEADER, at.alice.key.private)
        request.headers.set("Identity", f"{bent};{params}")
        await at.refuses(request, 438)
