"""ENS v1 on a chain of the tests: registry and registrar, in which a test says whose a name is."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from scripts.helpers import helpers
from telsdk.chain.client import Client
from telsdk.chain.rollout import EnsAddresses
from telsdk.name import Name

ETH_NODE = bytes(keccak(bytes(32) + keccak(text="eth")))


class Ens:
    """It says who owns a name when it was told."""

    def __init__(self, client: Client) -> None:
        self._client = client
        registry, self._registrar = self._put("EnsRegistryStandIn"), self._put("EthRegistrarStandIn")
        self._tell(registry, "setOwner(bytes32,address)", ETH_NODE, self._registrar)
        self.addresses = EnsAddresses(registry)

    def give(self, account: str, *names: Name) -> None:
        """Make `account` the owner of `names`."""
        for name in names:
            token = int.from_bytes(keccak(text=name.label))
            self._tell(self._registrar, "setOwner(uint256,address)", token, account)

    def _put(self, name: str) -> str:
        receipt = self._client.session.transact({"data": bytes.fromhex(helpers()[name]["bytecode"])})
        assert receipt.contract is not None
        return receipt.contract

    def _tell(self, address: str, signature: str, *args: Any) -> None:
        kinds = signature[signature.index("(") + 1 : -1].split(",")
        data = bytes(keccak(text=signature)[:4]) + encode(kinds, args)
        self._client.session.transact({"to": address, "data": data})
