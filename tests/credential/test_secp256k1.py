"""Recovering takes one form of a signature and no other."""

from coincurve import PrivateKey
from eth_account import Account
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential import secp256k1

KEY = PrivateKey(b"\x11" * 32)
DIGEST = secp256k1.keccak256(b"what is signed")
SIGNATURE = secp256k1.sign(KEY, DIGEST)
ADDRESS = secp256k1.address_of(KEY.public_key)


def test_the_signer_is_recovered() -> None:
    assert secp256k1.recover(DIGEST, SIGNATURE) == ADDRESS


def test_signatures_and_addresses_are_those_of_eth_account() -> None:
    account = Account.from_key(KEY.secret)
    assert bytes(account.unsafe_sign_hash(DIGEST).signature) == SIGNATURE
    assert account.address == secp256k1.checksum(ADDRESS)


def test_the_mirrored_signature_with_high_s_is_none() -> None:
    mirrored = (secp256k1.ORDER - int.from_bytes(SIGNATURE[32:64], "big")).to_bytes(32, "big")
    other = SIGNATURE[:32] + mirrored + bytes([SIGNATURE[64] ^ 7])
    assert other[64] in (27, 28)
    assert secp256k1.recover(DIGEST, other) is None


def test_other_lengths_and_recovery_values_are_none() -> None:
    assert secp256k1.recover(DIGEST, SIGNATURE[:64]) is None
    assert secp256k1.recover(DIGEST, SIGNATURE + b"\0") is None
    assert secp256k1.recover(DIGEST[:31], SIGNATURE) is None
    for v in (0, 1, 26, 29, 30, 255):
        assert secp256k1.recover(DIGEST, SIGNATURE[:64] + bytes([v])) is None


def test_zero_and_overflowing_r_and_s_are_none() -> None:
    order = secp256k1.ORDER.to_bytes(32, "big")
    for r, s in ((bytes(32), SIGNATURE[32:64]), (SIGNATURE[:32], bytes(32)), (order, SIGNATURE[32:64])):
        assert secp256k1.recover(DIGEST, r + s + SIGNATURE[64:]) is None


@given(st.binary(min_size=60, max_size=70))
def test_no_bytes_make_recover_raise(signature: bytes) -> None:
    recovered = secp256k1.recover(DIGEST, signature)
    assert recovered is None or len(recovered) == 20


@given(st.binary(min_size=20, max_size=20))
def test_checksums_are_eip_55(address: bytes) -> None:
    assert secp256k1.checksum(address) == to_checksum_address(address)
