"""A phone proves its password once for each request, and from where the challenge was sent."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.clock import Wall
from telsdk.errors import Refused
from telsdk.sip.auth import DigestServer, digest
from telsdk.sip.message import Challenge, Credentials
from tests.interpreted import interpreted

REALM = "telprotocol"
USER = "5551234.3.2.1800003600"
PASSWORD = "mzxw6ytboi2gk3tfnz2gs3dpmr"
SOURCE = "192.0.2.1"
NOW = Wall(1_800_000_000.5)


def passwords(user: str) -> str | None:
    return PASSWORD if user == USER else None


@pytest.fixture
def server() -> DigestServer:
    return DigestServer(REALM, b"s" * 32)


def answer(challenge: str, **changes: Any) -> Credentials:
    fields: dict[str, Any] = {
        "method": "REGISTER",
        "uri": "sip:telprotocol",
        "user": USER,
        "password": PASSWORD,
        "nc": 1,
        "cnonce": "0a4f113b",
    }
    return Credentials.parse(digest.answer(Challenge.parse(challenge), **(fields | changes)))


def change(credentials: Credentials, **params: str | None) -> Credentials:
    changed = dict(credentials.params) | params
    return Credentials("Digest", {name: value for name, value in changed.items() if value is not None})


def verify(server: DigestServer, credentials: Credentials, **changes: Any) -> str:
    fields: dict[str, Any] = {"method": "REGISTER", "now": NOW, "source": SOURCE, "password_for": passwords}
    return server.verify(credentials, **(fields | changes))


@pytest.mark.parametrize(
    ("algorithm", "user", "realm", "password", "uri", "nonce", "cnonce", "response"),
    [
        (
            "MD5",
            "Mufasa",
            "http-auth@example.org",
            "Circle of Life",
            "/dir/index.html",
            "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "8ca523f5e9506fed4657c9700eebdbec",
        ),
        (
            "SHA-256",
            "Mufasa",
            "http-auth@example.org",
            "Circle of Life",
            "/dir/index.html",
            "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
        (  # as erratum 4897 has it: what is printed was made with SHA-512, cut short
            "SHA-512-256",
            "J\u00e4s\u00f8n Doe",
            "api@example.org",
            "Secret, or not?",
            "/doe.json",
            "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
            "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
            "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
        ),
    ],
    ids=["MD5", "SHA-256", "SHA-512-256"],
)
def test_responses_are_those_of_rfc_7616_section_3_9(
    algorithm: str, user: str, realm: str, password: str, uri: str, nonce: str, cnonce: str, response: str
) -> None:
    fields = (user, realm, password, "GET", uri, nonce, "00000001", cnonce, "auth")
    assert digest.response(algorithm, *fields) == response


def test_the_response_of_rfc_2617_section_3_5() -> None:
    assert (
        digest.response(
            "MD5",
            "Mufasa",
            "testrealm@host.com",
            "Circle Of Life",
            "GET",
            "/dir/index.html",
            "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            "00000001",
            "0a4f113b",
            "auth",
        )
        == "6629fae49393a05397450978507c4ef1"
    )


def test_auth_int_covers_the_body() -> None:
    fields = ("MD5", "u", "r", "p", "MESSAGE", "sip:b", "n", "00000001", "c", "auth-int")
    assert digest.response(*fields, b"a") != digest.response(*fields, b"b")


def test_without_qop_the_response_is_that_of_rfc_2069() -> None:
    challenge = Challenge("Digest", {"realm": "r", "nonce": "n"})
    credentials = Credentials.parse(
        digest.answer(challenge, method="REGISTER", uri="sip:r", user="u", password="p", cnonce="c")
    )
    assert credentials.get("qop") is None
    assert credentials.get("response") == digest.response("MD5", "u", "r", "p", "REGISTER", "sip:r", "n")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256"])
def test_a_phone_with_the_password_gets_in(algorithm: str) -> None:
    server = DigestServer(REALM, b"s" * 32, algorithm)
    challenge = server.challenge(NOW, SOURCE)
    assert Challenge.parse(challenge).get("algorithm") == algorithm
    assert verify(server, answer(challenge)) == USER


def test_one_challenge_asks_for_one_algorithm_with_qop_auth(server: DigestServer) -> None:
    challenge = server.challenge(NOW, SOURCE)
    assert challenge.count("Digest") == 1
    assert Challenge.parse(challenge).get("qop") == "auth"
    assert "algorithm=MD5" in challenge
    assert "stale" not in challenge
    assert "stale=true" in server.challenge(NOW, SOURCE, stale=True)


def test_one_of_two_passwords_is_enough_while_the_operators_secret_changes(server: DigestServer) -> None:
    both: Callable[[str], tuple[str, ...]] = lambda _user: ("another", PASSWORD)  # noqa: E731
    assert verify(server, answer(server.challenge(NOW, SOURCE)), password_for=both) == USER


@pytest.mark.parametrize("at", range(3))
def test_it_is_known_by_which_of_the_passwords_a_phone_got_in(server: DigestServer, at: int) -> None:
    several = ["another", "a third", "a fourth"]
    several[at] = PASSWORD
    credentials = answer(server.challenge(NOW, SOURCE))
    assert server.proven(credentials, "REGISTER", NOW, SOURCE, lambda _user: several) == (USER, at)


def test_all_passwords_are_tried_whichever_of_them_it_was(
    server: DigestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bool] = []
    original = hmac.compare_digest

    def counted(one: Any, other: Any) -> bool:
        compared.append(original(one, other))
        return compared[-1]

    several = [PASSWORD, "another", PASSWORD]
    credentials = answer(server.challenge(NOW, SOURCE))
    monkeypatch.setattr(hmac, "compare_digest", counted)
    server.verify(credentials, "REGISTER", NOW, SOURCE, lambda _user: several)
    assert compared == [True, True, False, True]  # the first of them is the nonce


def test_a_wrong_password_and_an_unknown_user_look_the_same(server: DigestServer) -> None:
    def refused(_user: str) -> None:
        raise Refused("this password expired")

    said = set()
    for credentials, known in (
        (answer(server.challenge(NOW, SOURCE), password="wrong"), passwords),
        (answer(server.challenge(NOW, SOURCE), user="9999999.1.0.1800003600"), passwords),
        (answer(server.challenge(NOW, SOURCE)), lambda _user: ()),
        (answer(server.challenge(NOW, SOURCE)), refused),
    ):
        with pytest.raises(digest.BadCredentials) as refusal:
            verify(server, credentials, password_for=known)
        said.add((type(refusal.value), str(refusal.value), refusal.value.status))
    assert len(said) == 1


def test_no_password_is_not_the_empty_password(server: DigestServer) -> None:
    with pytest.raises(digest.BadCredentials):
        verify(server, answer(server.challenge(NOW, SOURCE), password=""), password_for=lambda _user: None)


@interpreted("it looks up none of its own functions again")
def test_an_unknown_user_costs_as_many_hashes_as_a_known_one(
    server: DigestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    original = digest.response

    def counted(*fields: Any) -> str:
        hashed.append(fields[1])
        return original(*fields)

    stranger = answer(server.challenge(NOW, SOURCE), user="9999999.1.0.1800003600")
    monkeypatch.setattr(digest, "response", counted)
    with pytest.raises(digest.BadCredentials):
        verify(server, stranger)
    assert len(hashed) == 1


@pytest.mark.parametrize("changes", [{"method": "INVITE"}, {"method": "SUBSCRIBE"}])
def test_credentials_for_another_method_are_refused(server: DigestServer, changes: dict[str, Any]) -> None:
    with pytest.raises(digest.BadCredentials):
        verify(server, answer(server.challenge(NOW, SOURCE)), **changes)


@pytest.mark.parametrize("name", ["uri", "cnonce", "nc", "username", "response"])
def test_no_parameter_can_be_changed_after_hashing(server: DigestServer, name: str) -> None:
    changed = change(answer(server.challenge(NOW, SOURCE)), **{name: "00000002"})
    with pytest.raises(digest.BadCredentials):
        verify(server, changed)


def test_a_replay_is_stale_and_the_next_count_is_not(server: DigestServer) -> None:
    challenge = server.challenge(NOW, SOURCE)
    first = answer(challenge)
    verify(server, first)
    with pytest.raises(digest.StaleNonce):
        verify(server, first, now=NOW + 1)
    verify(server, answer(challenge, nc=2))
    verify(server, answer(challenge, nc=0x1F))
    for nc in (1, 2, 0x1E, 0x1F):
        with pytest.raises(digest.StaleNonce):
            verify(server, answer(challenge, nc=nc))


def test_counts_in_capitals_are_understood(server: DigestServer) -> None:
    challenge = Challenge.parse(server.challenge(NOW, SOURCE))
    nonce = challenge.get("nonce") or ""
    made = digest.response("MD5", USER, REALM, PASSWORD, "REGISTER", "sip:x", nonce, "0000000A", "c", "auth")
    plain = answer(str(challenge))
    assert verify(server, change(plain, nc="0000000A", response=made, uri="sip:x", cnonce="c")) == USER


def test_a_nonce_is_good_from_where_it_was_sent_and_for_its_time(server: DigestServer) -> None:
    challenge = server.challenge(NOW, SOURCE)
    with pytest.raises(digest.StaleNonce):
        verify(server, answer(challenge), source="203.0.113.6")
    for now in (NOW + digest.LIFETIME, NOW - 2):
        with pytest.raises(digest.StaleNonce):
            verify(server, answer(challenge), now=now)
    verify(server, answer(challenge), now=NOW + digest.LIFETIME - 1)


@pytest.mark.parametrize("nonce", ["", "n", "AAAA", "a b", "é", "A" * 32, "A" * 5000])
def test_a_nonce_of_nobodys_making_is_stale(server: DigestServer, nonce: str) -> None:
    made = Challenge("Digest", {"realm": REALM, "nonce": nonce, "qop": "auth", "algorithm": "MD5"})
    with pytest.raises(digest.StaleNonce):
        verify(server, answer(str(made)))


@pytest.mark.parametrize(
    "rewrite",
    [str.upper, lambda nonce: f"+{nonce[1:]}", lambda nonce: f" {nonce[1:]}", lambda nonce: f"{nonce}0",
     lambda nonce: nonce[:-1], lambda nonce: f"{nonce[:1]}_{nonce[2:]}", lambda nonce: f"0x{nonce[2:]}"],
)  # fmt: skip
def test_a_nonce_has_one_form(server: DigestServer, rewrite: Callable[[str], str]) -> None:
    """Another would be counted on its own, and so could be used twice."""
    challenge = Challenge.parse(server.challenge(NOW, SOURCE))
    nonce = challenge.get("nonce") or ""
    assert rewrite(nonce) != nonce
    made = Challenge("Digest", {**challenge.params, "nonce": rewrite(nonce)})
    with pytest.raises(digest.StaleNonce):
        verify(server, answer(str(made)))


def test_a_secret_may_be_longer_than_any_key_and_counts_to_its_end() -> None:
    one, other = [DigestServer(REALM, b"s" * 200 + end) for end in (b"1", b"2")]
    verify(one, answer(one.challenge(NOW, SOURCE)))
    with pytest.raises(digest.StaleNonce):
        verify(one, answer(other.challenge(NOW, SOURCE)))


def test_a_nonce_of_another_server_or_of_before_a_restart_is_stale(server: DigestServer) -> None:
    other = DigestServer(REALM, b"o" * 32)
    with pytest.raises(digest.StaleNonce):
        verify(server, answer(other.challenge(NOW, SOURCE)))


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_of_an_old_nonce_nothing_is_said_but_that_it_is_old(server: DigestServer, password: str) -> None:
    old = server.challenge(Wall(NOW - 1000), SOURCE)
    with pytest.raises(digest.StaleNonce):
        verify(server, answer(old, password=password))


def test_who_has_no_nonce_of_ours_has_failed_nothing_and_locks_nobody_out(server: DigestServer) -> None:
    elsewhere = server.challenge(NOW, "198.51.100.7")  # where the forger really is
    for nonce in ("0" * 48, Challenge.parse(elsewhere).get("nonce") or ""):
        for _ in range(50):
            with pytest.raises(digest.StaleNonce):
                verify(server, change(answer(server.challenge(NOW, SOURCE), password="wrong"), nonce=nonce))
    assert verify(server, answer(server.challenge(NOW, SOURCE))) == USER


def test_a_nonce_is_known_as_given_to_that_place_while_it_is_good(server: DigestServer) -> None:
    nonce = Challenge.parse(server.challenge(NOW, SOURCE)).get("nonce") or ""
    assert server.is_own(nonce, NOW, SOURCE)
    assert not server.is_own(nonce, NOW, "198.51.100.7")
    assert not server.is_own(nonce, Wall(NOW + digest.LIFETIME + 1), SOURCE)
    assert not server.is_own("f" * len(nonce), NOW, SOURCE)


def test_no_two_challenges_have_one_nonce(server: DigestServer) -> None:
    assert len({server.challenge(NOW, SOURCE) for _ in range(50)}) == 50


@pytest.mark.parametrize("name", ["username", "uri", "nonce", "response", "cnonce", "qop", "nc", "realm"])
def test_what_is_missing_is_named(server: DigestServer, name: str) -> None:
    with pytest.raises(digest.DigestMalformed, match=name):
        verify(server, change(answer(server.challenge(NOW, SOURCE)), **{name: None}))


@pytest.mark.parametrize(
    "params",
    [
        {"qop": "auth-int"},
        {"nc": "1"},
        {"nc": "0000000g"},
        {"nc": "000000001"},
        {"realm": "elsewhere"},
        {"algorithm": "SHA-256"},
        {"algorithm": "MD5-sess"},
        {"username": "x" * (digest.MAX_USER + 1)},
    ],
    ids=str,
)
def test_a_downgrade_or_detour_is_refused(server: DigestServer, params: dict[str, str]) -> None:
    with pytest.raises(digest.DigestMalformed):
        verify(server, change(answer(server.challenge(NOW, SOURCE)), **params))


def test_other_credentials_are_refused(server: DigestServer) -> None:
    with pytest.raises(digest.DigestMalformed):
        verify(server, Credentials("Bearer", {}, "token"))


def fail(server: DigestServer, now: Wall, **changes: Any) -> None:
    source = changes.get("source", SOURCE)
    with pytest.raises(digest.BadCredentials):
        verify(server, answer(server.challenge(now, source), password="wrong"), now=now, **changes)


def test_guessing_is_slowed_down_more_and_more(server: DigestServer) -> None:
    for _ in range(digest.FREE_FAILURES):
        fail(server, NOW)
    now, waits = NOW, []
    for _ in range(12):
        with pytest.raises(digest.TooManyFailures) as refusal:
            verify(server, answer(server.challenge(now, SOURCE)), now=now)
        assert refusal.value.status == 403
        waits.append(refusal.value.retry_after)
        now = Wall(now + refusal.value.retry_after)
        fail(server, now)
    assert waits == sorted(waits)
    assert waits[0] <= 2
    assert waits[-1] == digest.MAX_WAIT + 1


def test_others_and_other_places_do_not_have_to_wait(server: DigestServer) -> None:
    for _ in range(digest.FREE_FAILURES):
        fail(server, NOW)
    elsewhere = "198.51.100.9"
    assert verify(server, answer(server.challenge(NOW, elsewhere)), source=elsewhere) == USER
    other = answer(server.challenge(NOW, SOURCE), user="7777777.1.0.1800003600")
    assert verify(server, other, password_for=lambda _user: PASSWORD) == "7777777.1.0.1800003600"


def test_a_right_password_wipes_the_slate(server: DigestServer) -> None:
    for _ in range(3):
        for _ in range(digest.FREE_FAILURES - 1):
            fail(server, NOW)
        verify(server, answer(server.challenge(NOW, SOURCE)))


@interpreted("it looks up none of its own constants again")
def test_the_tables_stay_within_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "FAILURES", 3)
    server = DigestServer(REALM, b"s" * 32, nonces=3)
    for place in range(10):
        source = f"192.0.2.{place}"
        fail(server, NOW, source=source)
        verify(server, answer(server.challenge(NOW, "192.0.2.250")), source="192.0.2.250")
    assert len(server._failures._failed) == 3
    assert len(server._counts._seen) == 3


def test_what_was_forgotten_cannot_be_replayed() -> None:
    server = DigestServer(REALM, b"s" * 32, nonces=2)
    first = answer(server.challenge(NOW, SOURCE))
    verify(server, first)
    for _ in range(3):
        verify(server, answer(server.challenge(NOW, SOURCE)))
    with pytest.raises(digest.StaleNonce):
        verify(server, first)


def test_old_nonces_are_forgotten_by_themselves(server: DigestServer) -> None:
    for step in range(5):
        now = NOW + step * digest.LIFETIME
        verify(server, answer(server.challenge(Wall(now), SOURCE)), now=now)
    assert len(server._counts._seen) == 1


@pytest.mark.parametrize(
    "challenge",
    [
        'Bearer realm="r"',
        'Digest realm="r"',
        'Digest realm="r", nonce="n", qop="auth-int"',
        'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-1',
        'Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess',
    ],
)
def test_a_client_answers_only_what_it_understands(challenge: str) -> None:
    with pytest.raises(digest.UnsupportedChallenge):
        answer(challenge)


def test_a_client_gives_opaque_back() -> None:
    assert answer('Digest realm="r", nonce="n", qop="auth", opaque="o"').get("opaque") == "o"


@given(
    st.dictionaries(
        st.sampled_from(["username", "realm", "nonce", "uri", "cnonce", "qop", "nc", "algorithm"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    )
)
def test_no_credentials_raise_anything_but_a_digest_error(params: dict[str, str]) -> None:
    server = DigestServer(REALM, b"s" * 32)
    with pytest.raises(digest.DigestError):
        verify(server, change(answer(server.challenge(NOW, SOURCE)), **params, response="0" * 32))


@pytest.mark.parametrize(
    ("secret", "algorithm"), [(b"short", "MD5"), (b"s" * 32, "SHA-1"), (b"s" * 32, "md5")]
)
def test_a_server_with_a_short_secret_or_unknown_algorithm_is_a_mistake(
    secret: bytes, algorithm: str
) -> None:
    with pytest.raises(ValueError, match="digest"):
        DigestServer(REALM, secret, algorithm)
