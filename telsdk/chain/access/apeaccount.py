"""Turn an account of ape's into one that this package takes, for scripts that ape runs. It does not import ape.

from telsdk.chain.access.apeaccount import ApeAccount
client = Client(provider.web3, deployment, ApeAccount(account, provider))
"""

from __future__ import annotations

from typing import Any

from eth_account.datastructures import SignedMessage, SignedTransaction
from eth_account.messages import SignableMessage
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from telsdk.chain.errors import NoAccount


class ApeAccount:
    """An ape account (ape.api.AccountAPI) that signs for the network of `provider` (ape.api.ProviderAPI)."""

    def __init__(self, account: Any, provider: Any) -> None:
        self._account = account
        self._provider = provider

    @property
    def address(self) -> ChecksumAddress:
        return to_checksum_address(str(self._account.address))

    def sign_transaction(self, transaction_dict: Any, /) -> SignedTransaction:
        """Ask the account to sign a transaction.

        Raises:
            NoAccount: its holder declined.
        """
        unsigned = self._provider.network.ecosystem.create_transaction(**transaction_dict)
        signed = self._account.sign_transaction(unsigned)
        if signed is None or signed.signature is None:
            raise NoAccount(f"{self.address} did not sign the transaction: nothing was sent")
        raw = HexBytes(signed.serialize_transaction())
        signature = signed.signature
        r, s = int.from_bytes(signature.r), int.from_bytes(signature.s)
        return SignedTransaction(raw, HexBytes(keccak(raw)), r, s, signature.v)

    def sign_message(self, signable_message: SignableMessage, /) -> SignedMessage:
        """Ask the account to sign a message (EIP-191, and so EIP-712).

        Raises:
            NoAccount: its holder declined.
        """
        signature = self._account.sign_message(signable_message)
        if signature is None:
            raise NoAccount(f"{self.address} did not sign the message")
        digest = keccak(b"\x19" + b"".join(signable_message))
        r, s = int.from_bytes(signature.r), int.from_bytes(signature.s)
        packed = HexBytes(signature.r + signature.s + bytes([signature.v]))
        return SignedMessage(HexBytes(digest), r, s, signature.v, packed)
