"""Whose signature counts: the account's own key first, then what its code takes (ERC-1271)."""

from __future__ import annotations

import pytest
from eth_account.signers.local import LocalAccount
from pyrevm import AccountInfo

from tests.contracts.evm import Reverted
from tests.contracts.suite import NUMBER, Suite, told

MOST = 2_048
"""Octets of a signature that the SDK brings to a contract: a Safe of 16 signers has 1,040."""


@pytest.fixture
def apart() -> Suite:
    """Contracts of its own: no snapshot takes back the code that an account is given."""
    suite = Suite.deploy()
    suite.register(suite.alice.address)
    return suite


def _hub(s: Suite, hub: int) -> dict[str, int]:
    owner = s.registry.read("custodyOf", NUMBER)[0]
    epoch, nonce = s.registry.read("epochOf", NUMBER), s.records.read("nonces", owner)
    return {"number": NUMBER, "epoch": epoch, "hubId": hub, "nonce": nonce, "deadline": s.chain.now}


def _bring(s: Suite, hub: int, signature: bytes) -> None:
    s.records.send("setHubFor", NUMBER, hub, s.chain.now, signature, sender=s.mallory.address)


def _give_code(s: Suite, account: LocalAccount, delegate: str) -> None:
    """Let `account` run the code of `delegate`, as by an authorisation of EIP-7702."""
    code = s.chain.evm.get_code(delegate)
    assert code
    s.chain.evm.insert_account_info(account.address, AccountInfo(nonce=1, code=code))


def _refused_digest(s: Suite, hub: int) -> bytes:
    """The digest that the owner has to sign, as the contract names it."""
    with pytest.raises(Reverted) as refused:
        _bring(s, hub, b"")
    assert refused.value.name == "InvalidSignature"
    digest: bytes = refused.value.values[1]
    return digest


@pytest.mark.parametrize("helper", ["Reentrant", "PatientWallet"])
def test_an_account_that_gave_itself_code_signs_as_before(apart: Suite, helper: str) -> None:
    """One has no ERC-1271 at all, the other says no to what the key alone signed."""
    _give_code(apart, apart.alice, apart.helper(helper).address)
    _bring(apart, 7, apart.sign(apart.alice, "SetHub", _hub(apart, 7)))
    assert apart.records.read("recordsOf", NUMBER) == told(hub=7)


def test_what_another_signed_is_refused_whatever_code_the_owner_has(apart: Suite) -> None:
    forged = apart.sign(apart.mallory, "SetHub", _hub(apart, 7))
    for helper in (None, "Reentrant", "PatientWallet"):
        if helper is not None:
            _give_code(apart, apart.alice, apart.helper(helper).address)
        with pytest.raises(Reverted, match="InvalidSignature"):
            _bring(apart, 7, forged)


def test_an_account_that_gave_itself_code_signs_by_that_too(apart: Suite) -> None:
    _give_code(apart, apart.alice, apart.helper("Wallet", apart.bob.address).address)
    _bring(apart, 7, apart.sign(apart.bob, "SetHub", _hub(apart, 7)))
    assert apart.records.read("recordsOf", NUMBER) == told(hub=7)


@pytest.mark.parametrize("length", [0, 1, 64, 65, 66, 640, 1_040, MOST])
def test_a_contract_takes_signatures_of_any_length(owned: Suite, length: int) -> None:
    wallet = owned.helper("PatientWallet")
    alice = owned.alice.address
    owned.registry.send("transferFrom", alice, wallet.address, NUMBER, sender=alice)
    signature = bytes([7]) * length
    with pytest.raises(Reverted, match="InvalidSignature"):
        _bring(owned, 7, signature)
    wallet.send("approve", _refused_digest(owned, 7), signature, sender=alice)
    _bring(owned, 7, signature)
    assert owned.records.read("recordsOf", NUMBER) == told(hub=7)
    with pytest.raises(Reverted, match="InvalidSignature"):
        _bring(owned, 7, signature)


@pytest.mark.parametrize("length", [0, 64, 66, MOST])
def test_a_key_signs_by_65_octets_and_no_others(owned: Suite, length: int) -> None:
    good = owned.sign(owned.alice, "SetHub", _hub(owned, 7))
    with pytest.raises(Reverted, match="InvalidSignature"):
        _bring(owned, 7, (good + bytes(MOST))[:length])


def test_a_move_to_an_account_that_gave_itself_code_needs_its_key_only(apart: Suite) -> None:
    _give_code(apart, apart.bob, apart.helper("Reentrant").address)
    apart.move(apart.alice, apart.bob)
    assert apart.registry.read("ownerOf", NUMBER) == apart.bob.address
