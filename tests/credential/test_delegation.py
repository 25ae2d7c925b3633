"""A delegation has one text, and nothing else is taken for one."""

import base64
import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential import delegation as module
from telsdk.credential.delegation import Delegation, Role
from telsdk.credential.errors import DelegationMalformed
from telsdk.credential.session import SessionKey
from telsdk.number import Number

KEY = SessionKey.generate().public_bytes
SAMPLE = Delegation(
    Number(5551234), 3, 2, KEY, Role.LIGHT, "Bob's phone", 1_800_000_000, 1_800_086_400, b"s" * 65
)


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@given(
    st.builds(
        Delegation,
        number=st.integers(10_000, 10**15 - 1).map(Number),
        epoch=st.integers(1, 2**64 - 1),
        session=st.integers(0, 2**64 - 1),
        session_key=st.just(KEY),
        role=st.sampled_from(Role),
        device=st.text(max_size=16).filter(str.isprintable),
        not_before=st.integers(0, 2**63),
        expiry=st.just(0),
        signature=st.binary(max_size=module.MAX_SIGNATURE),
    ),
    st.integers(1, module.MAX_LIFETIME),
)
def test_what_is_written_is_read_back(sample: Delegation, lifetime: int) -> None:
    sample = replace(sample, expiry=sample.not_before + lifetime)
    text = sample.encode()
    assert len(text) <= module.MAX_TEXT
    assert Delegation.decode(text) == sample


def test_the_longest_delegation_fits() -> None:
    longest = replace(
        SAMPLE,
        epoch=2**64 - 1,
        session=2**64 - 1,
        device="x" * module.MAX_DEVICE,
        signature=b"s" * module.MAX_SIGNATURE,
    )
    assert Delegation.decode(longest.encode()) == longest


def test_it_is_small_on_the_wire() -> None:
    assert len(SAMPLE.encode()) < 180


@given(st.text(max_size=300))
def test_no_text_makes_decode_raise_anything_but_malformed(text: str) -> None:
    with contextlib.suppress(DelegationMalformed):
        assert Delegation.decode(text).encode() == text


@given(st.binary(max_size=200))
def test_no_bytes_make_decode_raise_anything_but_malformed(data: bytes) -> None:
    text = text_of(b"\x01" + data)
    with contextlib.suppress(DelegationMalformed):
        assert Delegation.decode(text).encode() == text


def test_the_signature_is_not_printed() -> None:
    assert "sss" not in repr(SAMPLE)


def test_every_cut_is_refused() -> None:
    """A cut in the signature leaves another signature, which nobody made."""
    data = raw(SAMPLE.encode())
    for length in range(len(data) - len(SAMPLE.signature)):
        with pytest.raises(DelegationMalformed):
            Delegation.decode(text_of(data[:length]))


def test_another_text_of_the_same_bytes_is_refused() -> None:
    text = SAMPLE.encode()
    longer_varint = b"\x01\x01" + raw(text)[2:5] + bytes([raw(text)[5] | 0x80, 0]) + raw(text)[6:]
    spare_bits = text[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}.get(text[-1], text[-1])
    for other in (
        text + "=",
        text + "\n",
        " " + text,
        text.replace("-", "+") + "+",
        text_of(longer_varint),
        spare_bits,
    ):
        if other != text:
            with pytest.raises(DelegationMalformed):
                Delegation.decode(other)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"epoch": 0}, "64 bits"),
        ({"epoch": 2**64}, "64 bits"),
        ({"expiry": SAMPLE.not_before}, "ends before"),
        ({"expiry": SAMPLE.not_before + module.MAX_LIFETIME + 1}, "366 days"),
        ({"session_key": b"\x04" + KEY[1:]}, "P-256"),
        ({"session_key": KEY + b"\0"}, "P-256"),
        ({"device": "x" * 65}, "at most 64"),
        ({"device": "phone\r\nVia: x"}, "printable"),
        ({"signature": b"s" * 2049}, "has 2049 bytes, more than the 2048 allowed"),
    ],
)
def test_a_field_out_of_range_is_never_written(change: dict[str, object], reason: str) -> None:
    with pytest.raises(DelegationMalformed, match=reason):
        replace(SAMPLE, **change).encode()  # type: ignore[arg-type]


def test_oversized_foreign_and_future_texts_are_refused_with_the_reason() -> None:
    data = raw(SAMPLE.encode())
    for other, reason in (
        ("A" * (module.MAX_TEXT + 1), "characters"),
        (text_of(b"\x02" + data[1:]), "version 2"),
        (text_of(b"\x01\x07" + data[2:]), "role 7"),
        ("dél", "base64url"),
        (text_of(b"\x01\x01" + b"\xff" * 20 + data), "64 bits"),
        (text_of(b"\x01\x01" + b"\x05" + data[6:]), "bad field"),
        (text_of(data.replace(b"Bob's", b"\xff\xff\xff\xff\xff")), "bad field"),
    ):
        with pytest.raises(DelegationMalformed, match=reason):
            Delegation.decode(other)
