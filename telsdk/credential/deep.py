"""The owner's account as a signer: a key in memory, or a wallet that is asked for each signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from eth_typing import Hash32

from telsdk.credential import secp256k1
from telsdk.credential.delegation import Signer
from telsdk.credential.eip712 import TypedData, backup_key
from telsdk.credential.errors import NotDeterministic
from telsdk.directory import Domain

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

__all__ = ["KeystoreSigner", "Signer", "WalletSigner", "backup_secret"]


class KeystoreSigner:
    """A signer with a key in memory: eth-account's, as it comes out of a keystore file."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @property
    def address(self) -> str:
        return str(self._account.address)

    def sign(self, typed: TypedData) -> bytes:
        return bytes(self._account.unsafe_sign_hash(Hash32(typed.digest)).signature)


class TypedDataWallet(Protocol):
    """A wallet that shows typed data to a person before it signs: remote, hardware, a contract's."""

    def __call__(self, address: str, payload: dict[str, object], /) -> bytes: ...


class WalletSigner:
    """A signer that asks a wallet for eth_signTypedData_v4.

    `address` is the account that the wallet is asked to sign with. It is a key's account, or that of a contract which
    takes the wallet's signatures in a form of its own (ERC-1271).
    """

    def __init__(self, address: str, wallet: TypedDataWallet) -> None:
        self._address = address
        self._wallet = wallet

    @property
    def address(self) -> str:
        return self._address

    def sign(self, typed: TypedData) -> bytes:
        signature = self._wallet(self._address, typed.payload)
        # Some hardware still counts v from 0.
        if len(signature) == secp256k1.SIGNATURE_LENGTH and signature[64] in (0, 1):
            return signature[:64] + bytes([signature[64] + 27])
        return signature


def backup_secret(signer: Signer, domain: Domain, number: int, epoch: int, *, check: bool = False) -> bytes:
    """Return the 64 secret bytes from which the key of a number's backups is derived.

    They are r and s of a signature, the same each time when the signer follows RFC 6979. With a wallet that adds
    randomness, and with every contract, they would be lost: such an owner has a random key (`telsdk.uc.backupkey`).

    Args:
        check: sign twice and compare, before anything is sealed by it. A wallet then asks the person twice.

    Raises:
        NotDeterministic: `signer` is a contract, not a key, or signs differently each time.
    """
    typed = backup_key(domain, number, epoch)
    signature = signer.sign(typed)
    signed_by = secp256k1.recover(typed.digest, signature)
    if signed_by is None or secp256k1.checksum(signed_by) != signer.address:
        raise NotDeterministic(
            f"{signer.address} is not a key's account, so no backup key can be derived from it: "
            "back up with a random key, which is kept in a recovery file or under the password"
        )
    if check and signer.sign(typed) != signature:
        raise NotDeterministic(
            f"the wallet of {signer.address} signs differently each time, so no backup key can be derived from it: "
            "back up with a random key, which is kept in a recovery file or under the password"
        )
    return signature[:64]
