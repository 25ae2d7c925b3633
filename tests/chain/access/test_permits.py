"""Permits: what an owner signs for another to take to the chain."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from telsdk.chain import revert
from telsdk.chain.access import Permit, PermitData, PermitError, SignsElsewhere
from telsdk.chain.access.permits import MAX_PERMIT
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import NoAccount
from telsdk.credential.erc6492 import MAGIC
from telsdk.directory import Domain
from tests.chain.actors import NUMBER, buy

values = st.recursive(
    st.integers(0, 2**256 - 1) | st.binary(max_size=64) | st.text(max_size=10) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=8,
)


@given(st.text(max_size=20), st.lists(values, max_size=4), st.integers(0, 2**64), st.binary(max_size=65))
def test_a_permit_is_read_back_from_its_text(
    function: str, args: list[object], deadline: int, signature: bytes
) -> None:
    permit = Permit("NumberRecords", function, tuple(args), deadline, signature)
    assert Permit.from_json(permit.to_json()) == permit


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "null", "[" * 100_000, " " * (MAX_PERMIT + 1)),
        '{"contract":"A","function":"f","args":[{}],"deadline":1,"signature":"0x"}',
        '{"contract":"A","function":"f","args":[],"deadline":"soon","signature":"0x"}',
        '{"contract":"A","function":"f","args":[],"deadline":1,"signature":"0xzz"}',
        '{"contract":"A","function":"f","args":5,"deadline":1,"signature":"0x"}',
    ],
)
def test_what_is_no_permit_is_refused(text: str) -> None:
    with pytest.raises(PermitError, match="this is no permit"):
        Permit.from_json(text)


@given(st.text(max_size=200))
def test_any_text_is_a_permit_or_refused(text: str) -> None:
    with pytest.raises(PermitError):
        Permit.from_json(text)


def test_a_permit_for_a_contract_that_takes_none_is_refused(client: Client) -> None:
    with pytest.raises(PermitError, match="HubList takes no permits"):
        client.relay(Permit("HubList", "setHub", (1, "sip:a"), 0, b""))


def test_a_permit_for_a_function_that_there_is_not_is_refused(client: Client) -> None:
    with pytest.raises(PermitError, match="NumberRecords has no setHubForEver"):
        client.relay(Permit("NumberRecords", "setHubForEver", (int(NUMBER), 1), 0, b""))


def test_a_permit_with_arguments_of_other_types_is_refused(client: Client) -> None:
    with pytest.raises(PermitError, match="setHubFor does not take"):
        client.relay(Permit("NumberRecords", "setHubFor", ("one", b"two"), 0, b""))


def test_a_permit_cannot_name_a_function_that_takes_no_signature(client: Client) -> None:
    with pytest.raises(PermitError, match="NumberRegistry has no setApprovalForAll"):
        client.relay(Permit("NumberRegistry", "setApprovalForAll", (), 0, b""))


def test_the_signature_is_that_of_the_typed_data() -> None:
    account = Account.from_key(b"\x07" * 32)
    domain = Domain(5, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
    data = PermitData("Wish", (("number", "uint256"),), {"number": 5})
    signature = data.sign(domain, account)
    payload = encode_typed_data(full_message=data.payload(domain))
    assert Account.recover_message(payload, signature=signature) == account.address
    other = encode_typed_data(full_message=data.payload(Domain(6, domain.registry)))
    assert Account.recover_message(other, signature=signature) != account.address


def test_what_is_signed_elsewhere_is_told_and_relayed_once_it_is_signed(
    client: Client, chain: EmbeddedChain
) -> None:
    buy(client, chain)
    owner = client.session.signer()
    elsewhere = SignsElsewhere(owner.address)
    permit = client.as_account(elsewhere).records.permit_message_key(NUMBER, b"\x09" * 32)
    assert permit.signature == b""
    assert elsewhere.asked is not None
    with pytest.raises(revert.InvalidSignature):
        client.relay(permit)
    message = encode_typed_data(full_message=elsewhere.asked)
    client.relay(permit.signed(bytes(owner.sign_message(message).signature)))
    assert client.lookup(NUMBER).message_key == b"\x09" * 32


def test_who_signs_elsewhere_signs_nothing_here(client: Client, chain: EmbeddedChain) -> None:
    buy(client, chain)
    elsewhere = client.as_account(SignsElsewhere(client.session.signer().address))
    with pytest.raises(NoAccount, match="signs in another program"):
        elsewhere.records.set_hub(NUMBER, None)
    with pytest.raises(NoAccount):
        SignsElsewhere(client.session.signer().address).sign_message(None)  # type: ignore[arg-type]


def test_a_signature_of_before_its_wallet_was_deployed_is_relayed_without_its_wrapper(
    client: Client, chain: EmbeddedChain
) -> None:
    buy(client, chain)
    permit = client.records.permit_message_key(NUMBER, b"\x09" * 32)
    wrapped = encode(["address", "bytes", "bytes"], ["0x" + "fa" * 20, b"", permit.signature]) + MAGIC
    client.relay(permit.signed(wrapped))
    assert client.lookup(NUMBER).message_key == b"\x09" * 32
