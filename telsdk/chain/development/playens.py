"""ENS for a development chain, so that its names end in .eth as on a chain with ENS."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3 import Web3

from telsdk.chain.access import Account, Session
from telsdk.chain.errors import ChainError
from telsdk.chain.interface import manifest
from telsdk.name import Name

_REGISTER = bytes(keccak(text="register(string,address)"))[:4]


class PlayEns:
    """An ENS that was just put on the chain at `w3`, by `account`: a name goes to whoever comes first, for ever.

    Attributes:
        address: where it is; registry and registrar in one.
    """

    def __init__(self, w3: Web3, account: Account) -> None:
        self._session = Session(w3, account)
        code = bytes.fromhex(manifest.load().tools["PlayEns"].removeprefix("0x"))
        receipt = self._session.transact({"data": code})
        if receipt.contract is None:
            raise ChainError(f"PlayEns was not created by transaction {receipt.tx}")
        self.address = receipt.contract

    def register(self, name: Name, owner: str) -> None:
        """Give `name` to the account `owner`.

        Raises:
            ContractRefused: it is somebody's already.
        """
        data = _REGISTER + encode(["string", "address"], [name.label, owner])
        self._session.transact({"to": self.address, "data": data})
