"""Any signer of the owner's account will do; the secret of backups comes from a key alone."""

from __future__ import annotations

import pytest
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from telsdk.credential.deep import KeystoreSigner, WalletSigner, backup_secret
from telsdk.credential.eip712 import backup_key
from telsdk.credential.errors import DelegationMalformed, NotDeterministic, NotHolder
from telsdk.credential.light import LightKey
from telsdk.credential.session import login_deep
from telsdk.credential.verify import Verifier
from telsdk.directory import NumberFacts
from tests.facts import DOMAIN, FixedDirectory

from .conftest import NOW

CONTRACT = "0x" + "Cc" * 20


def remote(account: LocalAccount, v_from: int = 27) -> WalletSigner:
    """A wallet that is given the typed data, as over JSON-RPC."""

    def sign(_address: str, payload: dict[str, object]) -> bytes:
        signature = bytes(account.sign_message(encode_typed_data(full_message=payload)).signature)
        return signature[:64] + bytes([signature[64] - 27 + v_from])

    return WalletSigner(account.address, sign)


@pytest.mark.parametrize("v_from", [27, 0])
def test_a_remote_wallet_signs_what_a_keystore_signs(account: LocalAccount, v_from: int) -> None:
    typed = backup_key(DOMAIN, 5551234, 3)
    assert remote(account, v_from).sign(typed) == KeystoreSigner(account).sign(typed)


def test_a_contract_wallet_opens_a_session_that_the_chain_confirms(
    directory: FixedDirectory, account: LocalAccount, facts: NumberFacts
) -> None:
    facts = directory.change(5551234, owner=CONTRACT)
    signer = WalletSigner(CONTRACT, lambda _address, _payload: b"the wallet's own kind of signature")
    directory.wallets = lambda at, _digest, signature: (
        (at, signature) == (CONTRACT, signer.sign(backup_key(DOMAIN, 1, 1)))
    )
    directory.contracts = frozenset([CONTRACT])
    login = login_deep(signer, facts, DOMAIN, "desk", NOW, contracts=directory)
    assert Verifier(directory).authority(login.text, NOW).role == "deep"
    assert account.address != CONTRACT


def test_a_key_that_the_contract_does_not_know_opens_no_session(
    directory: FixedDirectory, account: LocalAccount
) -> None:
    facts = directory.change(5551234, owner=CONTRACT)
    directory.wallets = lambda *_: False
    directory.contracts = frozenset([CONTRACT])
    with pytest.raises(NotHolder, match=f"contract {CONTRACT}, which does not take .* {account.address}"):
        login_deep(KeystoreSigner(account), facts, DOMAIN, "desk", NOW, contracts=directory)


def test_what_a_wallet_signs_as_another_account_opens_no_session(
    directory: FixedDirectory, account: LocalAccount
) -> None:
    facts = directory.change(5551234, owner=CONTRACT)
    for contracts in (None, directory):
        signer = WalletSigner(CONTRACT, remote(account)._wallet)
        with pytest.raises(NotHolder, match=f"the signature is that of {account.address}"):
            login_deep(signer, facts, DOMAIN, "desk", NOW, contracts=contracts)
    assert directory.wallet_questions == 0


@pytest.mark.parametrize(
    ("signature", "error"),
    [(b"", NotHolder), (b"x" * 2049, DelegationMalformed), (b"x", NotHolder)],
)
def test_what_is_no_signature_opens_no_session(
    facts: NumberFacts, signature: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        login_deep(WalletSigner(facts.owner, lambda *_: signature), facts, DOMAIN, "desk", NOW)


def test_a_wallet_is_not_asked_to_sign_for_another_key_s_number(
    directory: FixedDirectory, facts: NumberFacts
) -> None:
    asked: list[object] = []

    def sign(*what: object) -> bytes:
        asked.append(what)
        return b"x" * 65

    with pytest.raises(NotHolder, match="use the owner's key"):
        login_deep(WalletSigner(CONTRACT, sign), facts, DOMAIN, "desk", NOW, contracts=directory)
    assert asked == []


def test_the_backup_secret_is_the_same_every_time_and_for_every_program(account: LocalAccount) -> None:
    secret = backup_secret(KeystoreSigner(account), DOMAIN, 5551234, 3)
    assert len(secret) == 64
    assert secret == backup_secret(remote(account), DOMAIN, 5551234, 3)
    assert secret == backup_secret(remote(account, 0), DOMAIN, 5551234, 3)


def test_owner_light_key_and_epoch_have_secrets_of_their_own(
    owner: KeystoreSigner, light_key: LightKey
) -> None:
    secrets = {
        backup_secret(owner, DOMAIN, 5551234, 3),
        backup_secret(owner, DOMAIN, 5551234, 4),
        backup_secret(owner, DOMAIN, 5551235, 3),
        backup_secret(light_key, DOMAIN, 5551234, 3),
    }
    assert len(secrets) == 4


def test_a_contract_has_no_backup_secret() -> None:
    signer = WalletSigner(CONTRACT, lambda _address, _payload: b"s" * 65)
    with pytest.raises(NotDeterministic, match="not a key's account"):
        backup_secret(signer, DOMAIN, 5551234, 3)


def test_a_wallet_that_signs_as_another_account_has_no_backup_secret(account: LocalAccount) -> None:
    wrong = WalletSigner(CONTRACT, lambda _address, payload: remote(account)._wallet("", payload))
    with pytest.raises(NotDeterministic):
        backup_secret(wrong, DOMAIN, 5551234, 3)
