"""A caller token proves who calls whom, in which message, and with which media keys."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.auth import caller_token as identity
from telsdk.sip.auth import jws as token
from telsdk.sip.auth.caller_token import ProvenCaller
from tests.sip.login_session import BOB, MALLORY, NOW, Session, authorise, number_of

ALICE = "sip:5550001@telprotocol"
SPOKEN_FOR = "sip:bob.eth@telprotocol"
PRINT = ("SHA-256", ":".join(["4A"] * 32))
OTHER_PRINT = ("SHA-256", ":".join(["66"] * 32))


def issue(session: Session = BOB, **changes: Any) -> str:
    fields: dict[str, Any] = {
        "act": "INVITE",
        "orig": SPOKEN_FOR,
        "dest": ALICE,
        "call_id": "a84b4c76e66710",
        "cseq": 314159,
        "media": [PRINT],
        "now": NOW,
    }
    return identity.issue(**(fields | changes), delegation=session.text, key=session.private)


def verify(value: str | None, **changes: Any) -> ProvenCaller:
    fields: dict[str, Any] = {
        "act": "INVITE",
        "dest": {ALICE, "sip:alice.eth@telprotocol"},
        "call_id": "a84b4c76e66710",
        "cseq": 314159,
        "media": [PRINT],
        "now": NOW,
        "authorise": authorise,
        "number_of": number_of,
    }
    return identity.verify(value, **(fields | changes))


def signed(claims: dict[str, Any], session: Session = BOB) -> str:
    return f"{token.sign(claims, identity.HEADER, session.private)};info=<{SPOKEN_FOR}>;ppt=tel"


def claims_of(value: str) -> dict[str, Any]:
    return dict(token.split(value.partition(";")[0], identity.HEADER).payload)


def test_a_token_proves_who_speaks_and_that_the_media_is_his() -> None:
    assert verify(issue()) == ProvenCaller(SPOKEN_FOR, BOB, True, int(NOW))


def test_its_payload_is_a_canonical_passport() -> None:
    payload = token.decode(issue().split(".")[1]).decode()
    digest = "4A" * 32
    assert payload == (
        '{"act":"INVITE","cid":"a84b4c76e66710","csq":314159,"dest":{"uri":["sip:5550001@telprotocol"]},"dlg":"bobs-delegation",'
        f'"iat":1800000000,"mky":[{{"alg":"sha-256","dig":"{digest}"}}],"orig":{{"uri":"sip:bob.eth@telprotocol"}}}}'
    )


def test_the_serialisation_is_that_of_rfc_8225_appendix_a() -> None:
    claims = {
        "orig": {"uri": "sip:alice@example.com"},
        "dest": {"uri": ["sip:bob@example.com"]},
        "iat": 1471375418,
        "mky": identity._mky([("SHA-256", "02:1A:CC"), ("sha-256", "01aabb"), ("sha-256", "01:AA:BB")]),
    }
    assert token.canonical(claims) == (
        b'{"dest":{"uri":["sip:bob@example.com"]},"iat":1471375418,"mky":[{"alg":"sha-256","dig":"01AABB"},'
        b'{"alg":"sha-256","dig":"021ACC"}],"orig":{"uri":"sip:alice@example.com"}}'
    )


def test_without_media_keys_it_says_so() -> None:
    assert not verify(issue(media=[]), media=[]).media_bound
    claims = claims_of(issue(media=[])) | {"mky": []}
    assert not verify(signed(claims), media=[]).media_bound


def test_a_message_without_identity_is_answered_428() -> None:
    with pytest.raises(identity.IdentityMissing) as refusal:
        verify(None)
    assert refusal.value.status == 428


@pytest.mark.parametrize(
    "media",
    [
        [],
        [OTHER_PRINT],
        [PRINT, OTHER_PRINT],
        [("SHA-1", PRINT[1])],
    ],
)
def test_a_swapped_added_or_removed_fingerprint_is_refused(media: list[tuple[str, str]]) -> None:
    with pytest.raises(identity.WrongMedia) as refusal:
        verify(issue(), media=media)
    assert refusal.value.status == 438


def test_the_same_fingerprints_in_another_order_and_writing_are_the_same() -> None:
    value = issue(media=[PRINT, OTHER_PRINT])
    assert verify(value, media=[(OTHER_PRINT[0].lower(), OTHER_PRINT[1].lower()), PRINT, PRINT]).media_bound


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"act": "INVITE 200"}, identity.WrongAct),
        ({"act": "MESSAGE"}, identity.WrongAct),
        ({"call_id": "another"}, identity.WrongCall),
        ({"cseq": 314160}, identity.WrongCall),
        ({"dest": {"sip:5550002@telprotocol"}}, identity.WrongDestination),
    ],
)
def test_a_token_out_of_another_message_is_refused(
    change: dict[str, Any], error: type[identity.IdentityError]
) -> None:
    with pytest.raises(error) as refusal:
        verify(issue(), **change)
    assert refusal.value.status == 438


def test_a_body_is_bound_when_it_must_be() -> None:
    value = issue(act="MESSAGE", media=[], body=b"come at six")
    verify(value, act="MESSAGE", media=[], body=b"come at six")
    for changed in (b"come at nine", b""):
        with pytest.raises(identity.WrongBody):
            verify(value, act="MESSAGE", media=[], body=changed)
    with pytest.raises(identity.WrongBody):
        verify(issue(act="MESSAGE", media=[]), act="MESSAGE", media=[], body=b"come at six")


def test_nobody_speaks_for_anothers_number() -> None:
    with pytest.raises(identity.WrongOrigin):
        verify(issue(MALLORY))
    with pytest.raises(identity.WrongOrigin):
        verify(issue(orig="sip:nobody.eth@telprotocol"))
    with pytest.raises(identity.WrongOrigin):
        verify(issue(orig="tel:5551234"))
    with pytest.raises(identity.WrongOrigin):
        verify(issue(orig="sip:telprotocol"))


def test_names_need_a_resolver() -> None:
    assert verify(issue(orig="sip:5551234@telprotocol"), number_of=token.digits_only).authority is BOB
    with pytest.raises(identity.WrongOrigin):
        verify(issue(), number_of=token.digits_only)


def test_another_key_under_a_foreign_delegation_is_refused() -> None:
    forged = identity.issue(
        act="INVITE",
        orig=SPOKEN_FOR,
        dest=ALICE,
        call_id="a84b4c76e66710",
        cseq=314159,
        media=[PRINT],
        delegation=BOB.text,
        key=MALLORY.private,
        now=NOW,
    )
    with pytest.raises(identity.IdentitySignatureWrong):
        verify(forged)


def test_a_delegation_without_right_is_answered_437() -> None:
    with pytest.raises(identity.UnsupportedCredential, match="an-old-one") as refusal:
        verify(issue(Session("an-old-one", 5551234, BOB.private)))
    assert refusal.value.status == 437


def test_a_token_is_fresh_for_a_minute_and_stale_is_answered_403() -> None:
    verify(issue(), now=int(NOW) + identity.MAX_AGE - 0.001)
    verify(issue(), now=int(NOW) - identity.SKEW)
    for now in (int(NOW) + identity.MAX_AGE, int(NOW) - identity.SKEW - 1):
        with pytest.raises(identity.StaleIdentity) as refusal:
            verify(issue(), now=now)
        assert refusal.value.status == 403


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ("", identity.UnsupportedCredential),
        (";ppt=tel", identity.BadIdentityInfo),
        (";info=<sip:mallory@telprotocol>;ppt=tel", identity.BadIdentityInfo),
        (f";info=<{SPOKEN_FOR}>;ppt=shaken", identity.UnsupportedCredential),
        (f";info=<{SPOKEN_FOR}>;alg=ES384;ppt=tel", identity.UnsupportedCredential),
        (f";info=<{SPOKEN_FOR}>;ppt=tel;ppt=shaken", identity.InvalidIdentity),
        (f";info={SPOKEN_FOR};ppt=tel", identity.InvalidIdentity),
        (";info=<>;ppt=tel", identity.InvalidIdentity),
        (f";info=<{SPOKEN_FOR}>;ppt=tel, x", identity.InvalidIdentity),
    ],
)
def test_parameters_are_read_strictly(params: str, error: type[identity.IdentityError]) -> None:
    with pytest.raises(error):
        verify(issue().partition(";")[0] + params)


def test_parameters_may_come_in_any_order_with_blanks_and_quotes() -> None:
    verify(f'{issue().partition(";")[0]} ; ppt="tel" ; alg=ES256;info=<{SPOKEN_FOR}>')


@pytest.mark.parametrize(
    "change",
    [
        {"dest": {"uri": [ALICE, "sip:5550002@telprotocol"]}},
        {"dest": {"uri": []}},
        {"dest": {"uri": ALICE}},
        {"dest": {"uri": [ALICE], "tn": ["5550001"]}},
        {"orig": {"uri": SPOKEN_FOR, "tn": "5551234"}},
        {"orig": {"tn": "5551234"}},
        {"orig": SPOKEN_FOR},
        {"iat": "1800000000"},
        {"iat": True},
        {"dlg": None},
        {"act": None},
        {"cid": ["a84b4c76e66710"]},
        {"csq": "314159"},
        {"csq": True},
        {"mky": None},
        {"mky": [{"alg": "sha-256", "dig": "4A" * 32, "x": 1}]},
    ],
)
def test_a_claim_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    verify(signed(claims_of(issue())))
    with pytest.raises(identity.InvalidIdentity):
        verify(signed(claims_of(issue()) | change))


def test_json_that_is_not_canonical_is_refused_though_signed() -> None:
    canonical = token.canonical(claims_of(issue()))
    for other in (canonical.replace(b",", b", "), canonical.replace(b"INVITE", b"INV\\u0049TE")):
        head = f"{token.encode(token.canonical(identity.HEADER))}.{token.encode(other)}"
        signature = token.encode(token._ES256.sign(head.encode(), BOB.private))
        with pytest.raises(identity.InvalidIdentity, match="canonical"):
            verify(f"{head}.{signature};info=<{SPOKEN_FOR}>;ppt=tel")


@given(st.text(max_size=120))
def test_no_text_raises_anything_but_an_identity_error(text: str) -> None:
    with contextlib.suppress(identity.IdentityError):
        verify(text)


@given(
    st.dictionaries(
        st.sampled_from(["act", "cid", "csq", "dest", "dlg", "iat", "mky", "orig", "bdy"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
            ),
            max_leaves=5,
        ),
    )
)
def test_no_signed_claims_raise_anything_but_an_identity_error(change: dict[str, Any]) -> None:
    with contextlib.suppress(identity.IdentityError, UnicodeEncodeError):
        verify(signed(claims_of(issue()) | change))
