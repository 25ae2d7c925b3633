"""Attacks on session tokens: whoever sees one wants to be bound in the place of Alice."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.sip.auth import jws, session_token
from tests.attacks.siege import claims_of, repacked, siege, sign
from tests.network import ALICE, CAROL

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


async def test_an_honest_login_works_else_the_attacks_below_would_show_nothing() -> None:
    async with siege() as at:
        assert (await at.login(at.alice)).status == 200
        assert at.bound() == 1


async def test_a_token_is_played_again_at_the_same_node() -> None:
    async with siege() as at:
        request = at.register()
        token = at.token(request)
        assert (await at.send(request, token)).status == 200
        again = await at.send(request, token)
        assert again.status == 401
        assert "has been used" in (again.headers.get("Warning") or "")


async def test_a_token_is_played_at_another_node() -> None:
    async with siege(2) as at:
        request = at.register()
        assert (await at.send(request, at.token(request, node=0), node=1)).status == 401
        assert at.bound() == 0


async def test_a_token_for_the_hub_is_played_at_a_node() -> None:
    async with siege() as at:
        request = at.register()
        token = at.token(request, bend={"aud": at.network.listed_hub.uri})
        assert (await at.send(request, token)).status == 401
        assert at.bound() == 0


async def test_a_token_of_another_method_opens_a_registration() -> None:
    async with siege() as at:
        request = at.register()
        token = at.token(request, bend={"csq": f"{request.cseq.number} SUBSCRIBE"})
        assert (await at.send(request, token)).status == 401
        assert at.bound() == 0


async def test_the_contact_is_swapped_under_a_token() -> None:
    async with siege() as at:
        request = at.register()
        token = at.token(request)
        request.headers.set("Contact", f"<sip:{ALICE}@127.0.0.1:{at.mallory.port + 1}>")
        assert (await at.send(request, token)).status == 401
        assert at.bound() == 0


async def test_a_contact_is_added_under_a_token() -> None:
    async with siege() as at:
        request = at.register()
        token = at.token(request)
        request.headers.add("Contact", "<sip:mallory@127.0.0.1:9>")
        assert (await at.send(request, token)).status == 401
        assert at.bound() == 0


async def test_a_token_is_put_into_another_call_id() -> None:
    async with siege() as at:
        request = at.register()
        token = at.token(request)
        request.headers.set("Call-ID", "another")
        assert (await at.send(request, token)).status == 401
        assert at.bound() == 0


async def test_an_old_token_is_kept_for_later() -> None:
    async with siege() as at:
        request = at.register()
        token = at.token(request, bend={"iat": int(time.time()) - 61})
        refused = await at.send(request, token)
        assert refused.status == 401
        assert "s old" in (refused.headers.get("Warning") or "")


async def test_a_token_is_made_for_the_time_after_the_session() -> None:
    async with siege() as at:
        request = at.register()
        assert (
            await at.send(request, at.token(request, bend={"iat": int(time.time()) + 3600}))
        ).status == 401
        assert at.bound() == 0


async def test_a_token_outlives_the_sale() -> None:
    async with siege() as at:
        request = at.register()
        token = at.token(request)
        at.network.facts.sell(ALICE, "0x" + "22" * 20)
        assert (await at.send(request, token)).status == 403
        assert at.bound() == 0


async def test_a_token_comes_back_to_life_when_the_number_is_bought_back() -> None:
    async with siege() as at:
        at.network.facts.change(ALICE, epoch=3)  # sold, and sold back: the same owner, another ownership
        assert (await at.login(at.alice)).status == 403
        assert at.bound() == 0


async def test_the_seller_stays_bound_after_the_sale() -> None:
    async with siege() as at:
        await at.login(at.alice)
        at.network.facts.sell(ALICE, "0x" + "22" * 20)
        await at.network.taken_in()
        assert at.bound() == 0


async def test_a_token_without_signature() -> None:
    async with siege() as at:
        request = at.register()
        unsigned = repacked(at.token(request), header=jws.canonical({"alg": "none", "typ": "JWT"}))
        for token in (unsigned, unsigned.rpartition(".")[0] + "."):
            assert (await at.send(request, token)).status == 401
        assert at.bound() == 0


async def test_a_token_by_hs256_with_the_public_key_as_secret() -> None:
    async with siege() as at:
        request = at.register()
        public = at.alice.key.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        header = jws.encode(jws.canonical({"alg": "HS256", "typ": "JWT"}))
        signed = f"{header}.{at.token(request).split('.')[1]}"
        mac = base64.urlsafe_b64encode(hmac.digest(public, signed.encode(), hashlib.sha256)).rstrip(b"=")
        assert (await at.send(request, f"{signed}.{mac.decode()}")).status == 401
        assert at.bound() == 0


async def test_a_header_of_the_token_brings_its_own_key() -> None:
    async with siege() as at:
        request = at.register()
        key = ec.generate_private_key(ec.SECP256R1())
        numbers = key.public_key().public_numbers()
        jwk = {
            "crv": "P-256",
            "kty": "EC",
            "x": jws.encode(numbers.x.to_bytes(32, "big")),
            "y": jws.encode(numbers.y.to_bytes(32, "big")),
        }
        token = sign(claims_of(at.token(request)), key, {"alg": "ES256", "jwk": jwk, "typ": "JWT"})
        assert (await at.send(request, token)).status == 401
        assert at.bound() == 0


async def test_a_claim_stands_twice_so_that_two_readers_read_two_things() -> None:
    async with siege() as at:
        request = at.register()
        claims = claims_of(at.token(request))
        text = json.dumps(claims, sort_keys=True, separators=(",", ":"))
        twice = text[:-1] + f',"sub":"sip:{CAROL}@telprotocol"}}'
        header = jws.encode(jws.canonical(session_token.HEADER))
        signed = f"{header}.{jws.encode(twice.encode())}"
        signature = jws._ES256.sign(signed.encode(), at.alice.key.private)
        assert (await at.send(request, f"{signed}.{jws.encode(signature)}")).status == 401
        assert at.bound() == 0


async def test_the_mirrored_signature_makes_a_used_token_new() -> None:
    async with siege() as at:
        request = at.register()
        token = at.token(request)
        assert (await at.send(request, token)).status == 200
        head, _, signature = token.rpartition(".")
        raw = jws.decode(signature)
        mirrored = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
        assert (await at.send(request, f"{head}.{jws.encode(mirrored)}")).status == 401


async def test_the_same_token_in_another_base64_makes_it_new() -> None:
    async with siege() as at:
        request = at.register()
        token = at.token(request)
        assert (await at.send(request, token)).status == 200
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        sloppy = token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]  # the last bits stand for nothing
        assert (await at.send(request, sloppy)).status == 401


async def test_a_stolen_delegation_is_used_with_a_key_of_her_own() -> None:
    async with siege() as at:
        request = at.register()
        claims = claims_of(at.token(request))
        assert (await at.send(request, sign(claims, at.carol.key.private))).status == 401
        assert at.bound() == 0


async def test_her_own_login_speaks_for_another_number() -> None:
    async with siege() as at:
        request = at.register()
        assert (await at.send(request, at.token(request, at.carol))).status in (401, 403)
        assert at.bound() == 0


async def test_one_session_key_for_two_numbers_lets_one_speak_for_the_other() -> None:
    """Bought with a device: its key was delegated for both, and Mallory now owns one of them."""
    async with siege() as at:
        both = at.delegated(at.owner_of(CAROL), number=CAROL)
        shared = at.delegated(at.owner_of(ALICE), session_key=both.key.public_bytes)
        request = at.register()
        claims = claims_of(at.token(request, both))
        assert (await at.send(request, sign(claims, both.key.private))).status == 401
        assert at.bound() == 0
        # Whoever holds the key can use Alice's own delegation, until she ends the session.
        at.network.facts.change(ALICE, session=1)
        bound = {**claims, "dlg": shared.text}
        assert (await at.send(request, sign(bound, both.key.private))).status == 403
        assert at.bound() == 0


async def test_nobody_is_locked_out_by_tokens_that_another_invents() -> None:
    """Mallory sees the id of Alice's next token and spends it first, under a signature of her own."""
    async with siege() as at:
        request = at.register()
        token = at.token(request)
        stolen = sign(claims_of(token), at.carol.key.private)
        assert (await at.send(request, stolen)).status == 401
        assert (await at.send(request, token)).status == 200
