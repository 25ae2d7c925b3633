"""A wallet over JSON-RPC: anvil signs what a keystore would; what else may come back is told to a person."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from telsdk.chain.access import RemoteWallet
from telsdk.chain.development import AnvilChain
from telsdk.chain.errors import WalletAway, WalletDeclined, WalletError, WalletLate, WalletUnknown
from telsdk.credential import secp256k1
from telsdk.credential.deep import KeystoreSigner, WalletSigner
from telsdk.credential.delegation import Delegation, Role
from telsdk.credential.eip712 import TypedData, backup_key
from telsdk.directory import Domain
from telsdk.errors import Refused
from telsdk.number import MAX_DIGITS, Number
from tests.anvil import running_anvil
from tests.facts import DOMAIN
from tests.walletpeer import answering, error, result

ONE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
TWO = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
NOBODY = "0x" + "Cc" * 20
PAYLOAD: dict[str, object] = {"primaryType": "Delegation"}
MAIN_CHAIN = Domain(1, DOMAIN.registry)
LARGE_CHAIN = Domain(2**40 + 1, DOMAIN.registry)


def delegation(domain: Domain) -> TypedData:
    """With each field at the end of its range, or as odd as may be."""
    return Delegation(
        number=Number(10**MAX_DIGITS - 1),
        epoch=2**32,
        session=7,
        session_key=b"\x02" + bytes(range(32)),
        role=Role.DEEP,
        device='J\'s "phone" \\ 電話 é',
        not_before=1_800_000_000,
        expiry=1_800_086_400,
    ).typed(domain)


@pytest.fixture(scope="module")
def anvil() -> Iterator[str]:
    """anvil, whose development accounts sign typed data: an implementation that owes nothing to ours."""
    with running_anvil("--accounts", "3") as rpc:
        yield rpc


@pytest.fixture
def account(anvil: str) -> LocalAccount:
    return AnvilChain(anvil, accounts=2).accounts[1]


@pytest.mark.contracts
@pytest.mark.parametrize(
    "typed",
    [*map(delegation, (DOMAIN, MAIN_CHAIN, LARGE_CHAIN)), backup_key(DOMAIN, 5551234, 3)],
    ids=["delegation", "main chain", "large chain id", "backup key"],
)
def test_another_s_wallet_signs_the_digest_that_we_compute(
    anvil: str, account: LocalAccount, typed: TypedData
) -> None:
    signature = WalletSigner(account.address, RemoteWallet(anvil)).sign(typed)
    assert secp256k1.recover(typed.digest, signature) == bytes.fromhex(account.address[2:])
    assert signature == KeystoreSigner(account).sign(typed)


@pytest.mark.contracts
def test_the_accounts_are_those_of_the_wallet(anvil: str) -> None:
    accounts = RemoteWallet(anvil).accounts()
    assert accounts == tuple(one.address for one in AnvilChain(anvil, accounts=3).accounts)


@pytest.mark.contracts
def test_an_account_that_the_wallet_does_not_have_signs_nothing(anvil: str) -> None:
    wallet = RemoteWallet(anvil)
    with pytest.raises(WalletUnknown, match=f"does not offer {NOBODY}: unlock it"):
        wallet.choose(None, NOBODY, contract=False)
    with pytest.raises(WalletError, match="eth_signTypedData_v4"):
        WalletSigner(NOBODY, wallet).sign(delegation(DOMAIN))


@pytest.mark.contracts
def test_who_signs_is_the_named_or_the_owner_and_is_said_to_be_unclear_otherwise(anvil: str) -> None:
    wallet = RemoteWallet(anvil)
    assert wallet.choose(None, ONE, contract=False) == wallet.choose(None, ONE, contract=True) == ONE
    assert wallet.choose(TWO, NOBODY, contract=True) == TWO
    with pytest.raises(WalletUnknown, match=f"which account .* said by --wallet-account.*{TWO}"):
        wallet.choose(None, NOBODY, contract=True)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (error(4001, "User rejected"), WalletDeclined, "told not to sign"),
        (error(4100), WalletUnknown, f"does not let this program use {ONE}"),
        (error(-32601), WalletError, "has no eth_signTypedData_v4"),
        (error(-32000, "device locked"), WalletError, "device locked"),
        (b'{"jsonrpc": "2.0", "id": 1, "error": "no"}', WalletError, "no answer .*: no"),
        (result(None), WalletError, "no signature"),
        (result("0x"), WalletError, "no signature"),
        (result("0xabc"), WalletError, "no signature"),
        (result("ab" * 65), WalletError, "no signature"),
        (result([1]), WalletError, "no signature"),
        (b"", WalletAway, "does not speak JSON-RPC"),
        (b"[]", WalletAway, "does not speak JSON-RPC"),
        (b"{}", WalletAway, "does not speak JSON-RPC"),
        (b"\xff", WalletAway, "does not speak JSON-RPC"),
        (b"[" * 60_000, WalletAway, "does not speak JSON-RPC"),
        (result("0x" + "ab" * 40_000), WalletAway, "does not speak JSON-RPC"),
    ],
    ids=lambda value: repr(value[:48]) if isinstance(value, bytes) else "",
)
def test_what_is_no_signature_is_told_in_one_line(answer: bytes, kind: type[Exception], said: str) -> None:
    with answering(lambda _: answer) as (url, asked), pytest.raises(kind, match=said) as refusal:
        RemoteWallet(url)(ONE, PAYLOAD)
    assert "\n" not in str(refusal.value)
    assert isinstance(refusal.value, Refused) == (kind is WalletDeclined)
    assert len(asked) == 1, "a person is not asked twice"
    assert (asked[0]["method"], asked[0]["params"]) == ("eth_signTypedData_v4", [ONE, PAYLOAD])


@pytest.mark.parametrize("answer", [None, "0x", [5], ["0x12"]])
def test_accounts_that_are_none_are_told(answer: object) -> None:
    with answering(lambda _: result(answer)) as (url, _), pytest.raises(WalletError, match="is it one"):
        RemoteWallet(url).accounts()


def test_the_one_account_of_a_wallet_signs_for_a_contract() -> None:
    with answering(lambda _: result([ONE.lower()])) as (url, _):
        assert RemoteWallet(url).choose(None, NOBODY, contract=True) == ONE


def test_a_wallet_without_accounts_is_to_be_unlocked() -> None:
    with answering(lambda _: result([])) as (url, _), pytest.raises(WalletUnknown, match="it offers none"):
        RemoteWallet(url).choose(None, ONE, contract=False)


def test_whoever_does_not_confirm_in_time_is_not_waited_for() -> None:
    with answering(lambda _: None) as (url, asked), pytest.raises(WalletLate, match="within 0 s: unlock it"):
        RemoteWallet(url, confirm_timeout=0.2)(ONE, PAYLOAD)
    assert len(asked) == 1


def test_an_answer_that_comes_in_drops_has_no_more_time_for_that() -> None:
    ended: list[bool] = []

    def drops(_: object) -> Iterator[bytes]:
        for _drop in range(400):
            time.sleep(0.05)
            yield b" "
        ended.append(True)

    with answering(drops) as (url, _), pytest.raises(WalletLate):
        RemoteWallet(url, confirm_timeout=0.5)(ONE, PAYLOAD)
    assert not ended, "it was listened to until its end"


def test_a_wallet_that_is_not_there_is_told_without_the_secrets_of_its_address() -> None:
    with pytest.raises(WalletAway, match="the wallet at http://127.0.0.1:9 does not answer") as refusal:
        RemoteWallet("http://me:hush@127.0.0.1:9/hush?key=hush")(ONE, PAYLOAD)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:1248", "ws://127.0.0.1:1248", "http://", "http://[::1", "file:///x"]
)
def test_an_address_that_is_none_is_told_at_once(url: str) -> None:
    with pytest.raises(WalletAway, match="begins with http"):
        RemoteWallet(url)


def test_a_wallet_that_signs_as_another_gives_what_the_login_has_to_look_at() -> None:
    other: LocalAccount = Account.from_key("0x" + "22" * 32)
    typed = delegation(DOMAIN)
    signature = KeystoreSigner(other).sign(typed)
    with answering(lambda _: result("0x" + signature.hex())) as (url, _):
        assert WalletSigner(ONE, RemoteWallet(url)).sign(typed) == signature
