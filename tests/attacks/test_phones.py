"""Attacks on phone logins: a digest that was seen, a password guessed, a phone sold with its number."""

from __future__ import annotations

import hmac
import time
from dataclasses import replace
from typing import Any

import pytest

from telsdk.address import REALM
from telsdk.clock import Wall
from telsdk.credential import phone as phones
from telsdk.credential.phone import PhonePassword, PhonePasswords
from telsdk.sip.auth import digest
from telsdk.sip.message import Challenge, Credentials, Response
from tests.attacks.siege import Siege, siege
from tests.network import ALICE, CAROL, HOST
from tests.peer import Peer

SECRET = bytes(range(32))
URI = "sip:telprotocol"


def issued(at: Siege, secret: bytes = SECRET, **how: Any) -> PhonePassword:
    """What the operator would give to Alice's phone."""
    passwords = PhonePasswords([secret], at.network.facts)
    return passwords.issue(at.network.facts.numbers[ALICE], **({"now": time.time()} | how))


async def challenged(at: Siege, peer: Peer | None = None, node: int = 0) -> Challenge:
    answer = await attempt(at, None, peer, node)
    return Challenge.parse(answer.headers.get("WWW-Authenticate") or "")


async def attempt(at: Siege, credentials: str | None, peer: Peer | None = None, node: int = 0) -> Response:
    """The answer to a REGISTER for Alice with these credentials."""
    peer = peer or at.mallory
    peer.user = ALICE
    fields = [] if credentials is None else [("Authorization", credentials)]
    request = peer.request("REGISTER", URI, *fields)
    return await peer.ask(request, HOST, at.network.listed[node].sockets.port)


def answer(challenge: Challenge, user: str, password: str, **how: Any) -> str:
    return digest.answer(
        challenge,
        **(
            {"method": "REGISTER", "uri": URI, "user": user, "password": password, "cnonce": "0a4f113b"} | how
        ),
    )


async def refused(at: Siege, credentials: str, node: int = 0) -> Response:
    response = await attempt(at, credentials, node=node)
    assert response.status in (401, 403)
    assert at.bound() == 0
    return response


async def test_an_honest_phone_gets_in_else_the_attacks_below_would_show_nothing() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        credentials = answer(await challenged(at), given.username, given.password)
        assert (await attempt(at, credentials)).status == 200
        assert at.bound() == 1


async def test_a_digest_is_played_again() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        credentials = answer(await challenged(at), given.username, given.password)
        assert (await attempt(at, credentials)).status == 200
        again = await attempt(at, credentials)
        assert again.status == 401
        assert Challenge.parse(again.headers.get("WWW-Authenticate") or "").get("stale") == "true"


async def test_a_digest_is_played_with_a_higher_count() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        credentials = Credentials.parse(answer(await challenged(at), given.username, given.password))
        bent = {**credentials.params, "nc": "00000002"}
        await refused(at, str(Credentials("Digest", bent)))


async def test_a_digest_is_played_at_another_node_of_the_operator() -> None:
    async with siege(2, phone_secrets=(SECRET,)) as at:
        given = issued(at)
        credentials = answer(await challenged(at, node=0), given.username, given.password)
        await refused(at, credentials, node=1)


async def test_a_digest_of_another_method() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        await refused(at, answer(await challenged(at), given.username, given.password, method="INVITE"))


async def test_the_nonce_of_another_place_is_used() -> None:
    """A nonce is bound to the address that it was given to; 127.0.0.2 is another."""
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        server = digest.DigestServer(REALM, bytes(32))
        now = Wall(time.time())
        credentials = Credentials.parse(
            answer(Challenge.parse(server.challenge(now, "UDP 127.0.0.2")), given.username, given.password)
        )
        with pytest.raises(digest.StaleNonce):
            server.verify(credentials, "REGISTER", now, "UDP 127.0.0.1", lambda _: given.password)
        await refused(at, str(credentials))


async def test_a_nonce_of_her_own_making() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        own = replace_param(await challenged(at), "nonce", "A" * 32)
        await refused(at, answer(own, given.username, given.password))


def replace_param(challenge: Challenge, name: str, value: str) -> Challenge:
    return Challenge(challenge.scheme, {**challenge.params, name: value})


async def test_qop_is_left_out_so_that_no_count_counts() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        challenge = await challenged(at)
        bare = Challenge("Digest", {k: v for k, v in challenge.params.items() if k != "qop"})
        await refused(at, answer(bare, given.username, given.password))


async def test_a_node_that_wants_sha_256_is_answered_in_md5() -> None:
    async with siege(phone_secrets=(SECRET,), digest_algorithm="SHA-256") as at:
        given = issued(at)
        weaker = replace_param(await challenged(at), "algorithm", "MD5")
        await refused(at, answer(weaker, given.username, given.password))


async def test_passwords_are_guessed_one_after_the_other() -> None:
    """After a few wrong ones even the right one has to wait, longer each time; a wait is no lock for others."""
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        for guess in range(digest.FREE_FAILURES + 1):
            await refused(at, answer(await challenged(at), given.username, f"guess {guess}"))
        right = await refused(at, answer(await challenged(at), given.username, given.password))
        assert right.status == 403
        assert "try again in" in (right.headers.get("Warning") or "")
        other = PhonePasswords([SECRET], at.network.facts).issue(
            at.network.facts.numbers[CAROL], Wall(time.time())
        )
        at.mallory.user = CAROL
        request = at.mallory.request("REGISTER", URI)
        asked = await at.mallory.ask(request, HOST, at.network.listed[0].sockets.port)
        theirs = answer(
            Challenge.parse(asked.headers.get("WWW-Authenticate") or ""), other.username, other.password
        )
        request = at.mallory.request("REGISTER", URI, ("Authorization", theirs))
        assert (await at.mallory.ask(request, HOST, at.network.listed[0].sockets.port)).status == 200


async def test_the_password_of_one_number_opens_another() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        hers = PhonePasswords([SECRET], at.network.facts).issue(
            at.network.facts.numbers[CAROL], Wall(time.time())
        )
        await refused(at, answer(await challenged(at), hers.username, hers.password))


async def test_the_user_name_is_rewritten_to_last_longer() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at, lifetime=60)
        longer = phones.PhoneUser.parse(given.username)
        bent = str(replace(longer, expiry=longer.expiry + 86_400))
        await refused(at, answer(await challenged(at), bent, given.password))


async def test_an_expired_phone_password() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at, now=time.time() - 120, lifetime=60)
        await refused(at, answer(await challenged(at), given.username, given.password))


async def test_the_phone_is_sold_with_the_number_and_keeps_its_password() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        at.network.facts.sell(ALICE, "0x" + "22" * 20)
        await refused(at, answer(await challenged(at), given.username, given.password))


async def test_a_registered_phone_stays_after_the_sale() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        await attempt(at, answer(await challenged(at), given.username, given.password))
        assert at.bound() == 1
        at.network.facts.sell(ALICE, "0x" + "22" * 20)
        await at.network.taken_in()
        assert at.bound() == 0


async def test_a_phone_password_survives_the_end_of_all_sessions() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        at.network.facts.change(ALICE, session=1)
        await refused(at, answer(await challenged(at), given.username, given.password))


async def test_the_password_of_another_operator() -> None:
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at, secret=bytes(range(64, 96)))
        await refused(at, answer(await challenged(at), given.username, given.password))


async def test_a_phone_login_where_the_operator_serves_none() -> None:
    async with siege() as at:
        given = issued(at)
        made = Challenge("Digest", {"realm": REALM, "nonce": "A" * 32, "qop": "auth", "algorithm": "MD5"})
        await refused(at, answer(made, given.username, given.password))


async def test_whether_a_user_exists_can_be_heard_from_the_answer() -> None:
    """Same status, same words, and the same work: as many hashes for nobody as for somebody."""
    async with siege(phone_secrets=(SECRET,)) as at:
        real, nobody = issued(at).username, "5559999.1.0.1999999999"
        told, work = [], []
        for user in (real, nobody):
            counted = Counted()
            credentials = answer(await challenged(at), user, "wrong")
            with counted:
                response = await refused(at, credentials)
            told.append((response.status, response.headers.get("Warning")))
            work.append(counted.hashes)
        assert told[0] == told[1]
        assert work[0] == work[1] > 0


class Counted:
    """How many digest responses are worked out meanwhile."""

    def __init__(self) -> None:
        self.hashes = 0
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> None:
        real = digest.response

        def counted(*args: Any) -> str:
            self.hashes += 1
            return real(*args)

        self._patch.setattr(digest, "response", counted)

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


async def test_a_password_is_felt_out_character_by_character_by_the_time_of_comparison(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Measuring would be a guess: so it is held that nothing but the constant-time comparison decides."""
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def noted(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return bool(real(one, other))

    monkeypatch.setattr(hmac, "compare_digest", noted)
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        challenge = await challenged(at)
        right = Credentials.parse(answer(challenge, given.username, given.password))
        response = right.params["response"]
        for wrong in ("0" * 32, response[:-1] + ("0" if response[-1] != "0" else "1")):
            compared.clear()
            bent = Credentials("Digest", {**right.params, "response": wrong})
            await refused(at, str(bent))
            assert (response.encode(), wrong.encode()) in compared
            assert all(len(one) == len(other) for one, other in compared)


def test_failures_of_many_users_fill_the_memory() -> None:
    server = digest.DigestServer(REALM, bytes(32))
    now = Wall(time.time())
    challenge = Challenge.parse(server.challenge(now, "UDP 127.0.0.1"))
    made = Credentials.parse(answer(challenge, "nobody", "wrong"))
    for number in range(digest.FAILURES + 50):
        params = {**made.params, "username": f"nobody{number}"}
        with pytest.raises(digest.BadCredentials):
            server.verify(Credentials("Digest", params), "REGISTER", now, "UDP 127.0.0.1", lambda _: None)
    assert len(server._failures._failed) == digest.FAILURES


async def test_forged_datagrams_lock_the_phone_out() -> None:
    """Mallory writes in Alice's name, and as if from her address: she cannot know a nonce that was sent there."""
    async with siege(phone_secrets=(SECRET,)) as at:
        given = issued(at)
        made_up = answer(
            Challenge("Digest", {"realm": REALM, "nonce": "0" * 48, "qop": "auth"}), given.username, "x"
        )
        for _ in range(3 * digest.FREE_FAILURES):
            assert (await attempt(at, made_up)).status == 401
        assert (await attempt(at, answer(await challenged(at), given.username, given.password))).status == 200
