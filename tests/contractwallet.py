"""A number in the hands of a contract: ``contracts/test/TeamWallet.sol`` on a test's chain."""

from __future__ import annotations

from typing import Any

from eth_utils.address import to_checksum_address

from scripts import toolchain
from scripts.helpers import helpers
from telsdk.chain.client import Client
from telsdk.chain.interface import manifest
from telsdk.number import Number
from tests.conftest import missing


class TeamWallet:
    """The wallet of `client`'s account, which is its first key. See `missing` for when there is no compiler."""

    def __init__(self, client: Client) -> None:
        try:
            built = helpers()["TeamWallet"]
        except toolchain.ToolchainError as error:
            missing(str(error))
        self._client = client
        factory = client.session.w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"])
        made = client.session.transact({"data": factory.constructor(self._key).data_in_transaction})
        assert made.contract is not None
        self.address = made.contract
        self._contract = client.session.w3.eth.contract(to_checksum_address(made.contract), abi=built["abi"])

    @property
    def _key(self) -> str:
        return self._client.session.signer().address

    def take(self, number: Number, hub: int | None = None) -> None:
        """Takes `number` from the client's account, and chooses its home hub."""
        self._client.registry.transfer(number, self.address)
        if hub is not None:
            abi = manifest.load()["NumberRecords"].abi
            records = self._client.session.w3.eth.contract(abi=abi)
            data = records.encode_abi("setHub", [number, hub])
            self._call("execute", self._client.deployment.addresses["NumberRecords"], data)

    def set_key(self, key: str, admitted: bool) -> None:
        """Admits a key, or shuts it out."""
        self._call("setKey", key, admitted)

    def _call(self, function: str, *args: Any) -> None:
        data = self._contract.encode_abi(function, list(args))
        self._client.session.transact({"to": self.address, "data": data})
