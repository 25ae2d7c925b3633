"""Digests are those that every wallet computes: eth-account's encoder is the judge."""

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential.delegation import Delegation, Role
from telsdk.credential.eip712 import TypedData, backup_key
from telsdk.directory import Domain
from telsdk.number import Number
from tests.facts import DOMAIN

UINT64 = st.integers(0, 2**64 - 1)


def judge(typed: TypedData) -> bytes:
    return _hash_eip191_message(encode_typed_data(full_message=typed.payload))


@given(
    number=st.integers(10_000, 10**15 - 1),
    epoch=UINT64,
    session=UINT64,
    key=st.binary(min_size=33, max_size=33),
    role=st.sampled_from(Role),
    device=st.text(max_size=20),
    times=st.tuples(UINT64, UINT64),
)
def test_the_delegation_digest_is_that_of_wallets(
    number: int, epoch: int, session: int, key: bytes, role: Role, device: str, times: tuple[int, int]
) -> None:
    typed = Delegation(Number(number), epoch, session, key, role, device, *times).typed(DOMAIN)
    assert typed.digest == judge(typed)


def test_the_backup_digest_is_that_of_wallets_and_says_what_it_is_for() -> None:
    typed = backup_key(DOMAIN, 5551234, 3)
    assert typed.digest == judge(typed)
    assert "read your backup" in str(typed.message["notice"])


def test_another_chain_or_registry_or_number_or_epoch_gives_another_digest() -> None:
    other_registry = Domain(DOMAIN.chain_id, "0x" + "aa" * 20)
    digests = {
        backup_key(domain, number, epoch).digest
        for domain in (DOMAIN, Domain(1, DOMAIN.registry), other_registry)
        for number in (5551234, 5551235)
        for epoch in (1, 2)
    }
    assert len(digests) == 12


def test_every_type_is_encoded_as_wallets_do() -> None:
    fields = (("a", "bytes32"), ("b", "bytes"), ("c", "string"), ("d", "address"), ("e", "uint256"))
    values: dict[str, int | str | bytes] = {
        "a": b"a" * 32,
        "b": b"b",
        "c": "c",
        "d": DOMAIN.registry,
        "e": 2**256 - 1,
    }
    typed = TypedData(DOMAIN, "Every", fields, values)
    assert typed.digest == judge(typed)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("uint64", 2**64), ("uint64", -1), ("bytes32", b"short"), ("string", b"x"), ("address", 7), ("int8", 1)],
)
def test_a_value_that_does_not_fit_is_a_mistake_of_the_caller(kind: str, value: int | str | bytes) -> None:
    with pytest.raises(TypeError):
        _ = TypedData(DOMAIN, "Odd", (("field", kind),), {"field": value}).digest
