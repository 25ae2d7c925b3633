"""Put the six contracts on a chain, and EnsOwners where there is ENS, and link them to each other for ever."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3

from telsdk.chain.access import Account, Receipt, Session, mapped, whole
from telsdk.chain.errors import ChainError, DeploymentError, WrongNetwork
from telsdk.chain.interface import ENS_OWNERS, NOBODY, Deployment, abi, deployments, functions, manifest
from telsdk.chain.rollout.ens import EnsAddresses, check_ens
from telsdk.chain.rollout.progress import Done, Progress
from telsdk.files import write_whole

LINKS = {
    "registrar": "NumberRegistrar",
    "nameAlias": "NameAlias",
    "records": "NumberRecords",
    "market": "NumberMarket",
}
"""The registry's links: getter and contract, in the order of the arguments of `link`."""

NO_ENS = (NOBODY, NOBODY, NOBODY)


def deploy(
    w3: Web3,
    account: Account,
    *,
    name: str = "local",
    treasury: str | None = None,
    ens: EnsAddresses | None = None,
    rpc: str | None = None,
    path: Path | None = None,
) -> Deployment:
    """Deploy from `account`, which links the contracts and then has no power over them.

    `treasury`, by default the account, gets the income. `ens` says where ENS is, which then has to vouch for every
    name. Without, names end in .tel and go to whoever comes first.

    The deployment is written to `path`, if given. Until it is done its progress is kept beside that file, and the same
    call continues a deployment that was cut off. See also `standing`.

    Raises:
        TransactionUnpaid, TransactionPending, RpcError: the chain does not take the transactions.
        DeploymentError: another deployment was begun for `path`: with other arguments, by another account,
            on another chain, or of other code. Or the chain is known to have ENS, and `ens` leaves it out.
    """
    with mapped():
        chain_id = whole(w3.eth.chain_id)
    check_ens(chain_id, ens)
    asked = NO_ENS if ens is None else ens.arguments
    terms = {
        "chain": chain_id,
        "account": account.address,
        "treasury": treasury or account.address,
        "ens": asked[0],
        "wrapper": asked[1],
        "universal resolver": asked[2],
        "code": _code(),
    }
    progress = Progress(terms, None if path is None else progress_file(path))
    work = _Work(Session(w3, account), progress)
    registry = work.create("NumberRegistry", account.address)
    work.create("NumberRegistrar", registry, treasury or account.address)
    owners = NOBODY if ens is None else work.create(ENS_OWNERS, *ens.arguments)
    work.create("NameAlias", registry, owners)
    work.create("NumberRecords", registry)
    work.create("HubList")
    work.create("NumberMarket", registry)
    work.link()
    made = Deployment(name, chain_id, work.first_block, work.addresses, work.arguments, rpc)
    if path is not None:
        write_whole(path, made.to_json().encode())
    progress.remove()
    return made


def standing(w3: Web3, path: Path) -> Deployment | None:
    """Return the deployment in the file at `path`; None when there is no such file.

    Raises:
        WrongNetwork: it is on another chain.
        DeploymentError: its contracts are not there.
    """
    if not path.exists():
        return None
    found = deployments.read(path)
    with mapped():
        chain_id = whole(w3.eth.chain_id)
    if found.chain_id != chain_id:
        raise WrongNetwork(f"{path} is of chain {found.chain_id}, this is {chain_id}: give another --name")
    for contract, address in found.addresses.items():
        if not _code_at(w3, address):
            raise DeploymentError(f"{path}: no {contract} at {address}; remove the file to deploy anew")
    # A run may have been cut off between writing the one and removing the other.
    progress_file(path).unlink(missing_ok=True)
    return found


def progress_file(path: Path) -> Path:
    """Return where to keep the progress of the deployment that is going to be written to `path`.

    The name does not end in .json, so that nobody takes it for a deployment.
    """
    return path.with_name(path.name + ".progress")


def creation(contract: str, args: tuple[Any, ...]) -> bytes:
    """Return the code that creates `contract` with the constructor's `args`."""
    artifact = manifest.load()[contract]
    inputs = [item for entry in artifact.entries("constructor") for item in entry["inputs"]]
    return artifact.creation_code + encode(abi.types(inputs), args)


def _code() -> str:
    """Return a text that names this build of the contracts."""
    parts = (manifest.load()[contract].bytecode for contract in (*manifest.CONTRACTS, ENS_OWNERS))
    return keccak(text="".join(parts)).hex()[:16]


def _code_at(w3: Web3, address: str) -> bytes:
    with mapped():
        return bytes(w3.eth.get_code(to_checksum_address(address)))


class _Work:
    """The steps of a deployment. Each is a transaction, and is skipped when `progress` says that it is done."""

    def __init__(self, session: Session, progress: Progress) -> None:
        self._session = session
        self._progress = progress
        self._blocks: list[int] = []
        self.addresses: dict[str, str] = {}
        self.arguments: dict[str, list[Any]] = {}

    @property
    def first_block(self) -> int:
        return min(self._blocks)

    def create(self, contract: str, *args: Any) -> str:
        """Create `contract` with the constructor's `args`, and return its address."""
        done = self._do(contract, {"data": creation(contract, args)})
        if done.contract is None:
            raise ChainError(f"{contract} was not created by transaction {done.tx}")
        if not _code_at(self._session.w3, done.contract):
            raise DeploymentError(
                f"there is no {contract} at {done.contract} any more: was the chain begun anew? Remove "
                f"{self._progress.path} to deploy anew"
            )
        self._blocks.append(done.block)
        self.addresses[contract] = done.contract
        self.arguments[contract] = list(args)
        return done.contract

    def link(self) -> None:
        """Link the registry to the others."""
        registry = self.addresses["NumberRegistry"]
        link = functions("NumberRegistry")["link"]
        args = tuple(self.addresses[contract] for contract in LINKS.values())
        self._do("link", {"to": registry, "data": link.encode(args)})

    def _do(self, name: str, message: Mapping[str, Any]) -> Done:
        step = self._progress.step(name)
        if step.done is None:
            receipt = self._sent_before(name)
            if receipt is None:
                receipt = self._session.transact(message, lambda signed: self._progress.sign(name, signed))
            self._progress.finish(name, Done(receipt.tx, receipt.block, receipt.contract))
        assert step.done is not None
        return step.done

    def _sent_before(self, name: str) -> Receipt | None:
        """Return the receipt of what an earlier run signed for this step, if the chain took it or still takes it.

        Ask for all of it before sending anything again: of several transactions with one nonce only one gets in.
        """
        signed = self._progress.step(name).signed
        for one in signed:
            if receipt := self._session.result(one):
                return receipt
        return self._session.send_again(signed[-1]) if signed else None
