"""A caller token proves who calls whom, in which message, and with which media keys."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.auth import caller_token, jws
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
    return caller_token.issue(**(fields | changes), delegation=session.text, key=session.private)


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
    return caller_token.verify(value, **(fields | changes))


def signed(claims: dict[str, Any], session: Session = BOB) -> str:
    return f"{jws.sign(claims, caller_token.HEADER, session.private)};info=<{SPOKEN_FOR}>;ppt=tel"


def claims_of(value: str) -> dict[str, Any]:
    return dict(jws.split(value.partition(";")[0], caller_token.HEADER).payload)


def test_a_token_proves_who_speaks_and_that_the_media_is_his() -> None:
    assert verify(issue()) == ProvenCaller(SPOKEN_FOR, BOB, True, int(NOW))


def test_its_payload_is_a_canonical_passport() -> None:
    payload = jws.decode(issue().split(".")[1]).decode()
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
        "mky": caller_token._mky([("SHA-256", "02:1A:CC"), ("sha-256", "01aabb"), ("sha-256", "01:AA:BB")]),
    }
    assert jws.canonical(claims) == (
        b'{"dest":{"uri":["sip:bob@example.com"]},"iat":1471375418,"mky":[{"alg":"sha-256","dig":"01AABB"},'
        b'{"alg":"sha-256","dig":"021ACC"}],"orig":{"uri":"sip:alice@example.com"}}'
    )


def test_without_media_keys_it_says_so() -> None:
    assert not verify(issue(media=[]), media=[]).media_bound
    claims = claims_of(issue(media=[])) | {"mky": []}
    assert not verify(signed(claims), media=[]).media_bound


def test_a_message_without_identity_is_answered_428() -> None:
    with pytest.raises(caller_token.IdentityMissing) as refusal:
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
    with pytest.raises(caller_token.WrongMedia) as refusal:
        verify(issue(), media=media)
    assert refusal.value.status == 438


def test_the_same_fingerprints_in_another_order_and_writing_are_the_same() -> None:
    value = issue(media=[PRINT, OTHER_PRINT])
    assert verify(value, media=[(OTHER_PRINT[0].lower(), OTHER_PRINT[1].lower()), PRINT, PRINT]).media_bound


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"act": "INVITE 200"}, caller_token.WrongAct),
        ({"act": "MESSAGE"}, caller_token.WrongAct),
        ({"call_id": "another"}, caller_token.WrongCall),
        ({"cseq": 314160}, caller_token.WrongCall),
        ({"dest": {"sip:5550002@telprotocol"}}, caller_token.WrongDestination),
    ],
)
def test_a_token_out_of_another_message_is_refused(
    change: dict[str, Any], error: type[caller_token.IdentityError]
) -> None:
    with pytest.raises(error) as refusal:
        verify(issue(), **change)
    assert refusal.value.status == 438


def test_a_body_is_bound_when_it_must_be() -> None:
    value = issue(act="MESSAGE", media=[], body=b"come at six")
    verify(value, act="MESSAGE", media=[], body=b"come at six")
    for changed in (b"come at nine", b""):
        with pytest.raises(caller_token.WrongBody):
            verify(value, act="MESSAGE", media=[], body=changed)
    with pytest.raises(caller_token.WrongBody):
        verify(issue(act="MESSAGE", media=[]), act="MESSAGE", media=[], body=b"come at six")


def test_nobody_speaks_for_anothers_number() -> None:
    with pytest.raises(caller_token.WrongOrigin):
        verify(issue(MALLORY))
    with pytest.raises(caller_token.WrongOrigin):
        verify(issue(orig="sip:nobody.eth@telprotocol"))
    with pytest.raises(caller_token.WrongOrigin):
        verify(issue(orig="tel:5551234"))
    with pytest.raises(caller_token.WrongOrigin):
        verify(issue(orig="sip:telprotocol"))


def test_names_need_a_resolver() -> None:
    assert verify(issue(orig="sip:5551234@telprotocol"), number_of=jws.digits_only).authority is BOB
    with pytest.raises(caller_token.WrongOrigin):
        verify(issue(), number_of=jws.digits_only)


def test_another_key_under_a_foreign_delegation_is_refused() -> None:
    forged = caller_token.issue(
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
    with pytest.raises(caller_token.IdentitySignatureWrong):
        verify(forged)


def test_a_delegation_without_right_is_answered_437() -> None:
    with pytest.raises(caller_token.UnsupportedCredential, match="an-old-one") as refusal:
        verify(issue(Session("an-old-one", 5551234, BOB.private)))
    assert refusal.value.status == 437


def test_a_token_is_fresh_for_a_minute_and_stale_is_answered_403() -> None:
    verify(issue(), now=int(NOW) + caller_token.MAX_AGE - 0.001)
    verify(issue(), now=int(NOW) - caller_token.SKEW)
    for now in (int(NOW) + caller_token.MAX_AGE, int(NOW) - caller_token.SKEW - 1):
        with pytest.raises(caller_token.StaleIdentity) as refusal:
            verify(issue(), now=now)
        assert refusal.value.status == 403


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ("", caller_token.UnsupportedCredential),
        (";ppt=tel", caller_token.BadIdentityInfo),
        (";info=<sip:mallory@telprotocol>;ppt=tel", caller_token.BadIdentityInfo),
        (f";info=<{SPOKEN_FOR}>;ppt=shaken", caller_token.UnsupportedCredential),
        (f";info=<{SPOKEN_FOR}>;alg=ES384;ppt=tel", caller_token.UnsupportedCredential),
        (f";info=<{SPOKEN_FOR}>;ppt=tel;ppt=shaken", caller_token.InvalidIdentity),
        (f";info={SPOKEN_FOR};ppt=tel", caller_token.InvalidIdentity),
        (";info=<>;ppt=tel", caller_token.InvalidIdentity),
        (f";info=<{SPOKEN_FOR}>;ppt=tel, x", caller_token.InvalidIdentity),
    ],
)
def test_parameters_are_read_strictly(params: str, error: type[caller_token.IdentityError]) -> None:
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
    with pytest.raises(caller_token.InvalidIdentity):
        verify(signed(claims_of(issue()) | change))


def test_json_that_is_not_canonical_is_refused_though_signed() -> None:
    canonical = jws.canonical(claims_of(issue()))
    for other in (canonical.replace(b",", b", "), canonical.replace(b"INVITE", b"INV\\u0049TE")):
        head = f"{jws.encode(jws.canonical(caller_token.HEADER))}.{jws.encode(other)}"
        signature = jws.encode(jws._ES256.sign(head.encode(), BOB.private))
        with pytest.raises(caller_token.InvalidIdentity, match="canonical"):
            verify(f"{head}.{signature};info=<{SPOKEN_FOR}>;ppt=tel")


@given(st.text(max_size=120))
def test_no_text_raises_anything_but_an_identity_error(text: str) -> None:
    with contextlib.suppress(caller_token.IdentityError):
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
    with contextlib.suppress(caller_token.IdentityError, UnicodeEncodeError):
        verify(signed(claims_of(issue()) | change))
