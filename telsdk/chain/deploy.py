"""Puts the six contracts on a chain and links them to each other, for ever."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from web3 import Web3

from telsdk.chain import manifest
from telsdk.chain.abi import NOBODY, types
from telsdk.chain.deployments import Deployment
from telsdk.chain.errors import ChainError
from telsdk.chain.functions import functions
from telsdk.chain.rpc import mapped
from telsdk.chain.session import Account, Receipt, Session


def deploy(
    w3: Web3,
    account: Account,
    *,
    name: str = "local",
    treasury: str | None = None,
    ens: str = NOBODY,
    wrapper: str = NOBODY,
    rpc: str | None = None,
) -> Deployment:
    """Deploys from `account`, which links the contracts and then has no power over them.

    `treasury` (the account, unless given) gets the income. Where `ens` and `wrapper`, the addresses of the
    ENS registry and name wrapper, are zero, names are first come. The deployment is not saved; see
    `deployments.save`.

    Raises:
        TransactionUnpaid, TransactionPending, RpcError: the chain does not take them.
    """
    session = Session(w3, account)
    work = _Work(session)
    registry = work.create("NumberRegistry", account.address)
    registrar = work.create("NumberRegistrar", registry, treasury or account.address)
    alias = work.create("NameAlias", registry, ens, wrapper)
    records = work.create("NumberRecords", registry)
    work.create("HubList")
    market = work.create("NumberMarket", registry)
    session.send(registry, functions("NumberRegistry")["link"], (registrar, alias, records, market))
    with mapped():
        chain_id = w3.eth.chain_id
    return Deployment(name, chain_id, work.first_block, work.addresses, work.arguments, rpc)


class _Work:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._receipts: list[Receipt] = []
        self.addresses: dict[str, str] = {}
        self.arguments: dict[str, list[Any]] = {}

    @property
    def first_block(self) -> int:
        return min(receipt.block for receipt in self._receipts)

    def create(self, contract: str, *args: Any) -> str:
        """Creates `contract` with the constructor's `args`, and says where."""
        artifact = manifest.load()[contract]
        inputs = [item for entry in artifact.entries("constructor") for item in entry["inputs"]]
        data = bytes.fromhex(artifact.bytecode.removeprefix("0x")) + encode(types(inputs), args)
        receipt = self._session.transact({"data": data})
        if receipt.contract is None:
            raise ChainError(f"{contract} was not created by transaction {receipt.tx}")
        self._receipts.append(receipt)
        self.addresses[contract] = receipt.contract
        self.arguments[contract] = list(args)
        return receipt.contract
