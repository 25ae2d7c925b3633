"""A token is read in one way or not at all."""

from __future__ import annotations

import contextlib
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.auth import jws

KEY = ec.derive_private_key(0x1234567, ec.SECP256R1())
PUBLIC = KEY.public_key()
HEADER = {"alg": "ES256", "typ": "JWT"}
PAYLOAD = {"iat": 1_800_000_000, "sub": "sip:5551234@telprotocol"}


def made_of(header: str, payload: str) -> str:
    """A rightly signed token over any text."""
    signed = f"{jws.encode(header.encode())}.{jws.encode(payload.encode())}"
    r_s = jwt.get_algorithm_by_name("ES256").sign(signed.encode(), KEY)
    return f"{signed}.{jws.encode(r_s)}"


def test_what_is_signed_is_read_back() -> None:
    assert jws.verify(jws.sign(PAYLOAD, HEADER, KEY), PUBLIC, HEADER) == PAYLOAD


def test_other_programs_read_our_tokens_and_we_theirs() -> None:
    assert (
        jwt.decode(jws.sign(PAYLOAD, HEADER, KEY), PUBLIC, ["ES256"], options={"verify_iat": False})
        == PAYLOAD
    )
    assert jws.verify(jwt.encode(PAYLOAD, KEY, "ES256"), PUBLIC, HEADER) == PAYLOAD


def test_the_signature_of_rfc_7515_a3_verifies() -> None:
    key = ec.EllipticCurvePublicNumbers(
        int.from_bytes(jws.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), "big"),
        int.from_bytes(jws.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"), "big"),
        ec.SECP256R1(),
    ).public_key()
    signed = (
        "eyJhbGciOiJFUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    )
    signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    assert jws.verify(f"{signed}.{signature}", key, {"alg": "ES256"})["iss"] == "joe"


def test_another_key_or_a_changed_part_is_refused() -> None:
    text = jws.sign(PAYLOAD, HEADER, KEY)
    header, payload, signature = text.split(".")
    with pytest.raises(jws.SignatureWrong):
        jws.verify(text, ec.generate_private_key(ec.SECP256R1()).public_key(), HEADER)
    changed = jws.encode(jws.canonical(PAYLOAD | {"iat": 1_800_000_001}))
    with pytest.raises(jws.SignatureWrong):
        jws.verify(f"{header}.{changed}.{signature}", PUBLIC, HEADER)
    for other in ("", "AAAA", jws.encode(bytes(64)), jws.encode(jws.decode(signature) + b"\0")):
        with pytest.raises(jws.SignatureWrong):
            jws.verify(f"{header}.{payload}.{other}", PUBLIC, HEADER)


def test_a_signature_in_der_is_refused() -> None:
    header, payload, signature = jws.sign(PAYLOAD, HEADER, KEY).split(".")
    raw = jws.decode(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    with pytest.raises(jws.SignatureWrong):
        jws.verify(f"{header}.{payload}.{jws.encode(der)}", PUBLIC, HEADER)


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "HS256", "ES384", "RS256", "es256", "", None, 1, ["ES256"]]
)
def test_every_other_algorithm_is_refused(algorithm: object) -> None:
    text = made_of(json.dumps({"alg": algorithm, "typ": "JWT"}), json.dumps(PAYLOAD))
    with pytest.raises(jws.AlgorithmRefused):
        jws.verify(text, PUBLIC, HEADER)


def test_a_token_keyed_with_the_public_key_as_a_password_is_refused() -> None:
    point = PUBLIC.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    confused = jwt.encode(PAYLOAD, point, "HS256")
    with pytest.raises(jws.AlgorithmRefused):
        jws.verify(confused, PUBLIC, HEADER)
    unsigned = jwt.encode(PAYLOAD, "", "none")
    with pytest.raises(jws.AlgorithmRefused):
        jws.verify(unsigned, PUBLIC, HEADER)


@pytest.mark.parametrize("extra", ["crit", "jwk", "jku", "x5u", "x5c", "kid", "b64", "zip"])
def test_a_header_that_wants_more_is_refused(extra: str) -> None:
    text = made_of(json.dumps(HEADER | {extra: "x"}), json.dumps(PAYLOAD))
    with pytest.raises(jws.TokenMalformed, match="header must be"):
        jws.verify(text, PUBLIC, HEADER)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ('{"sub":"a","sub":"b"}', "twice"),
        ('{"a":{"b":1,"b":1}}', "twice"),
        ('{"iat":1.5}', "whole number"),
        ('{"iat":1e3}', "whole number"),
        ('{"iat":NaN}', "whole number"),
        ('{"iat":Infinity}', "whole number"),
        ('["a"]', "not an object"),
        ("{} {}", "JSON"),
        ("", "JSON"),
    ],
)
def test_json_that_could_be_read_in_two_ways_is_refused(payload: str, reason: str) -> None:
    with pytest.raises(jws.TokenMalformed, match=reason):
        jws.verify(made_of(json.dumps(HEADER), payload), PUBLIC, HEADER)


@pytest.mark.parametrize(
    "text", [b'{"a":' + b"[" * 60_000, b'{"iat":' + b"9" * 5000 + b"}"], ids=["deep", "long"]
)
def test_json_that_would_exhaust_a_reader_is_refused(text: bytes) -> None:
    with pytest.raises(jws.TokenMalformed, match="JSON"):
        jws.parse_json(text)


def test_a_key_twice_in_the_header_is_refused() -> None:
    with pytest.raises(jws.TokenMalformed, match="twice"):
        jws.verify(made_of('{"alg":"none","alg":"ES256","typ":"JWT"}', "{}"), PUBLIC, HEADER)


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(jws.TokenMalformed):
        jws.parse_json(b'{"a":"\xff"}')


def test_another_base64_text_of_the_same_token_is_refused() -> None:
    header, payload, signature = jws.sign(PAYLOAD, HEADER, KEY).split(".")
    spare = signature[:-1] + chr(ord(signature[-1]) + 1)
    for other in (
        f"{header}.{payload}.{spare}",
        f"{header}.{payload}.{signature}==",
        f"{header}.{payload}.{signature}\n",
        f" {header}.{payload}.{signature}",
        f"{header}.{payload}",
        f"{header}.{payload}.{signature}.",
        "é.é.é",
    ):
        with pytest.raises(jws.TokenMalformed):
            jws.verify(other, PUBLIC, HEADER)


def test_an_oversized_token_is_refused_before_it_is_read() -> None:
    with pytest.raises(jws.TokenMalformed, match="6144"):
        jws.split("." * (jws.MAX_TOKEN + 1), HEADER)


@given(st.text(max_size=200))
def test_no_text_raises_anything_but_a_token_error(text: str) -> None:
    with contextlib.suppress(jws.TokenError):
        jws.verify(text, PUBLIC, HEADER)


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_signed_text_raises_anything_but_a_token_error(header: str, payload: str) -> None:
    with contextlib.suppress(jws.TokenError, UnicodeEncodeError):
        jws.verify(made_of(header, payload), PUBLIC, HEADER)


@pytest.mark.parametrize("value", [None, 1, True, ["a"], {"a": "b"}])
def test_a_claim_that_must_be_text_is_nothing_else(value: object) -> None:
    with pytest.raises(jws.TokenMalformed, match="'sub'"):
        jws.text_claim({"sub": value}, "sub")


@pytest.mark.parametrize("value", [None, "1", True, -1, 1 << 53])
def test_a_time_is_a_whole_number_of_seconds(value: object) -> None:
    with pytest.raises(jws.TokenMalformed, match="'iat'"):
        jws.time_claim({"iat": value}, "iat")


def test_a_key_of_another_curve_is_refused_by_its_type() -> None:
    other = ec.generate_private_key(ec.SECP256K1())
    signed = jws.split(jws.sign(PAYLOAD, HEADER, KEY), HEADER)
    with pytest.raises(jwt.InvalidKeyError):
        signed.check(other.public_key())


@pytest.mark.parametrize("user", ["", "bob.eth", "05551234", "+5551234", "5551234 ", "٥٥٥١٢٣٤", "1" * 16])
def test_only_plain_digits_are_a_number_without_a_resolver(user: str) -> None:
    assert jws.digits_only(user) is None
    assert jws.digits_only("5551234") == 5551234
