"""A session token is good for one request, at one server, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telsdk.clock import Wall
from telsdk.errors import Refused
from telsdk.sip.auth import BearerVerifier, SingleUse, jws, session_token
from telsdk.sip.message import Challenge, Credentials, Request
from tests.interpreted import interpreted
from tests.sip.login_session import BOB, MALLORY, NOW, Session, authorise, number_of

NODE = "sip:192.0.2.7:5061;transport=tls"
JTI = "0123456789abcdefABCDEF"


def register(**changes: str) -> Request:
    fields = {
        "Via": "SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1",
        "From": "<sip:bob.eth@telprotocol>;tag=1",
        "To": "<sip:bob.eth@telprotocol>",
        "Call-ID": "a84b4c76e66710",
        "CSeq": "1 REGISTER",
        "Contact": "<sip:bob@192.0.2.1:5061;transport=tls>;expires=600",
    }
    method = changes.pop("method", "REGISTER")
    return Request(
        method, "sip:telprotocol", (fields | {k.replace("_", "-"): v for k, v in changes.items()}).items()
    )


def issue(
    request: Request, session: Session = BOB, *, node: str = NODE, now: Wall = NOW, jti: str = JTI
) -> str:
    return session_token.issue(
        request, audience=node, delegation=session.text, key=session.private, now=now, jti=jti
    )


@pytest.fixture
def verifier() -> BearerVerifier:
    return BearerVerifier(NODE, number_of=number_of)


def test_a_token_speaks_for_the_number_of_its_delegation(verifier: BearerVerifier) -> None:
    assert verifier.verify(register(), issue(register()), NOW, authorise) is BOB


def test_a_token_fits_into_the_authorization_field(verifier: BearerVerifier) -> None:
    credentials = Credentials.parse(f"Bearer {issue(register())}")
    assert credentials.token68 is not None
    assert verifier.verify(register(), credentials.token68, NOW, authorise) is BOB


def test_a_number_needs_no_resolver_and_a_name_does() -> None:
    verifier = BearerVerifier(NODE)
    by_number = register(To="<sip:5551234@telprotocol>")
    assert verifier.verify(by_number, issue(by_number), NOW, authorise) is BOB
    with pytest.raises(session_token.WrongNumber):
        verifier.verify(register(), issue(register(), jti=JTI + "2"), NOW, authorise)


def test_a_token_is_good_once(verifier: BearerVerifier) -> None:
    text = issue(register())
    verifier.verify(register(), text, NOW, authorise)
    with pytest.raises(session_token.TokenUsed):
        verifier.verify(register(), text, Wall(NOW + 1), authorise)


def test_the_mirrored_signature_does_not_make_it_good_twice(verifier: BearerVerifier) -> None:
    text = issue(register())
    signed, _, signature = text.rpartition(".")
    raw = jws.decode(signature)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    mirrored = raw[:32] + (order - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    verifier.verify(register(), text, NOW, authorise)
    with pytest.raises(session_token.TokenUsed):
        verifier.verify(register(), f"{signed}.{jws.encode(mirrored)}", NOW, authorise)


def test_a_token_for_another_node_is_refused(verifier: BearerVerifier) -> None:
    with pytest.raises(session_token.WrongAudience, match=r"192\.0\.2\.7"):
        verifier.verify(
            register(), issue(register(), node="sip:192.0.2.8:5061;transport=tls"), NOW, authorise
        )


@pytest.mark.parametrize(
    ("claim", "other"),
    [
        ("cnt", register(Contact="<sip:mallory@203.0.113.6>")),
        (
            "cnt",
            register(Contact="<sip:bob@192.0.2.1:5061;transport=tls>;expires=600, <sip:mallory@203.0.113.6>"),
        ),
        ("cid", register(Call_ID="another")),
        ("csq", register(CSeq="2 REGISTER")),
        ("csq", register(CSeq="1 MESSAGE", method="MESSAGE")),
        ("sub", register(To="<sip:6660000@telprotocol>")),
    ],
)
def test_a_token_for_another_request_is_refused(verifier: BearerVerifier, claim: str, other: Request) -> None:
    with pytest.raises(session_token.ClaimMismatch) as refusal:
        verifier.verify(other, issue(register()), NOW, authorise)
    assert refusal.value.claim == claim
    assert refusal.value.status == 401


def test_a_contact_added_behind_is_refused(verifier: BearerVerifier) -> None:
    other = register()
    other.headers.add("Contact", "<sip:mallory@203.0.113.6>")
    with pytest.raises(session_token.ClaimMismatch):
        verifier.verify(other, issue(register()), NOW, authorise)


def test_a_delegation_for_another_number_is_refused(verifier: BearerVerifier) -> None:
    with pytest.raises(session_token.WrongNumber, match="6660000"):
        verifier.verify(register(), issue(register(), MALLORY), NOW, authorise)


def test_outside_register_the_token_speaks_for_who_sends(verifier: BearerVerifier) -> None:
    message = register(method="MESSAGE", CSeq="1 MESSAGE", To="<sip:6660000@telprotocol>")
    assert verifier.verify(message, issue(message), NOW, authorise) is BOB
    forged = register(method="MESSAGE", CSeq="1 MESSAGE", To="<sip:6660000@telprotocol>")
    with pytest.raises(session_token.WrongNumber):
        verifier.verify(forged, issue(forged, MALLORY), NOW, authorise)


def test_a_token_signed_by_another_key_is_refused_and_uses_nothing_up(verifier: BearerVerifier) -> None:
    forged = session_token.issue(
        register(), audience=NODE, delegation=BOB.text, key=MALLORY.private, now=NOW, jti=JTI
    )
    with pytest.raises(jws.SignatureWrong):
        verifier.verify(register(), forged, NOW, authorise)
    verifier.verify(register(), issue(register()), NOW, authorise)


@interpreted("mypyc forgets what `raise ... from` says")
def test_a_delegation_without_right_is_refused_and_the_cause_kept(verifier: BearerVerifier) -> None:
    session = Session("an-old-one", 5551234, BOB.private)
    with pytest.raises(session_token.DelegationRefused, match="an-old-one") as refusal:
        verifier.verify(register(), issue(register(), session), NOW, authorise)
    assert refusal.value.status == 403
    assert isinstance(refusal.value.__cause__, Refused)


def test_a_token_lives_a_minute(verifier: BearerVerifier) -> None:
    text = issue(register())
    with pytest.raises(session_token.TokenExpired):
        verifier.verify(register(), text, Wall(int(NOW) + session_token.LIFETIME), authorise)
    with pytest.raises(session_token.TokenNotYetValid):
        verifier.verify(register(), text, Wall(int(NOW) - session_token.SKEW - 1), authorise)
    verifier.verify(register(), text, Wall(int(NOW) - session_token.SKEW), authorise)
    with pytest.raises(session_token.TokenUsed):
        verifier.verify(register(), text, Wall(int(NOW) + session_token.LIFETIME - 0.001), authorise)


@pytest.mark.parametrize("jti", ["", "x" * 15, "x" * 65])
def test_an_id_too_short_or_long_to_be_random_is_refused(verifier: BearerVerifier, jti: str) -> None:
    with pytest.raises(jws.TokenMalformed, match="jti"):
        verifier.verify(register(), issue(register(), jti=jti), NOW, authorise)


@pytest.mark.parametrize("claim", ["aud", "cid", "cnt", "csq", "dlg", "iat", "jti", "sub"])
def test_no_claim_may_be_missing_or_of_another_type(verifier: BearerVerifier, claim: str) -> None:
    payload = dict(jws.split(issue(register()), session_token.HEADER).payload)
    without = {name: value for name, value in payload.items() if name != claim}
    for changed in (without, payload | {claim: ["x"]}):
        with pytest.raises(jws.TokenMalformed):
            verifier.verify(register(), jws.sign(changed, session_token.HEADER, BOB.private), NOW, authorise)


def test_the_challenge_says_why() -> None:
    parsed = Challenge.parse(
        session_token.challenge("telprotocol", session_token.TokenUsed('used "twice"\n'))
    )
    assert parsed.scheme == "Bearer"
    assert parsed.get("realm") == "telprotocol"
    assert parsed.get("error") == "invalid_token"
    assert parsed.get("error_description") == "used 'twice''"
    assert Challenge.parse(session_token.challenge("telprotocol")).get("error") is None


def fill(table: SingleUse, number: int, count: int) -> Callable[[str], None]:
    for index in range(count):
        table.take(number, f"{index}", NOW, Wall(NOW + 60))
    return lambda identifier: table.take(number, identifier, NOW, Wall(NOW + 60))


def test_a_full_table_refuses_what_is_new_and_forgets_nothing_used() -> None:
    table = SingleUse(size=3, per_number=3)
    take = fill(table, 1, 3)
    with pytest.raises(session_token.TooManyTokens) as refusal:
        take("new")
    assert refusal.value.status == 503
    with pytest.raises(session_token.TokenUsed):
        take("0")
    table.take(1, "new", Wall(NOW + 60), Wall(NOW + 120))
    assert len(table) == 1


def test_one_number_cannot_fill_the_table_for_others() -> None:
    table = SingleUse(size=10, per_number=3)
    take = fill(table, 1, 3)
    with pytest.raises(session_token.TooManyTokens):
        take("new")
    table.take(2, "new", NOW, Wall(NOW + 60))


def test_an_id_is_used_by_one_number_only() -> None:
    table = SingleUse()
    table.take(1, "same", NOW, Wall(NOW + 60))
    table.take(2, "same", NOW, Wall(NOW + 60))
