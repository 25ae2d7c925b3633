"""Where the contracts are on which chain: one JSON file for each network.

The packaged files are in ``telsdk/chain/data/deployments``. Your own are in ``deployments`` below
``platformdirs.user_config_dir("telsdk")``, and win when a name is in both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import platformdirs
from eth_utils.address import is_checksum_address

from telsdk.chain.errors import DeploymentError, UnknownNetwork
from telsdk.chain.interface.abi import NOBODY
from telsdk.chain.interface.manifest import CONTRACTS, ENS_OWNERS
from telsdk.directory import Domain
from telsdk.files import write_whole
from telsdk.name import ENS_SUFFIX, OWN_SUFFIX
from telsdk.nesting import check_nesting

_OF_FIRST_EDITION = 3  # arguments of NameAlias: registry, ENS registry and wrapper
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The six contracts on one chain, and EnsOwners where there is ENS.

    Raises:
        DeploymentError: the name cannot be a file's name, or an address is missing or not an EIP-55 address, or these
            contracts are of the first edition.
    """

    name: str
    chain_id: int
    block: int  # the first block that can hold an event of these contracts
    addresses: Mapping[str, str]  # contract name -> EIP-55 address
    arguments: Mapping[str, Any] = field(default_factory=dict)  # contract name -> constructor arguments
    rpc: str | None = field(default=None, repr=False)  # where to reach the chain; its path may be a secret

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise DeploymentError(f"{self.name!r} is no network name: use a-z, 0-9, '.', '_' and '-'")
        if len(self._name_arguments) == _OF_FIRST_EDITION:
            raise DeploymentError(
                f"deployment {self.name} is of the first edition of the contracts, in which who sold a name in ENS "
                "kept it here: this telsdk does not read it; deploy anew with scripts/deploy.py"
            )
        for contract in self.contracts:
            address = self.addresses.get(contract)
            if address is None or not is_checksum_address(address):
                raise DeploymentError(
                    f"deployment {self.name}: {contract} is at {address!r}, which is no EIP-55 address"
                )

    @property
    def domain(self) -> Domain:
        """What ties signatures to this deployment."""
        return Domain(self.chain_id, self.addresses["NumberRegistry"])

    @property
    def _name_arguments(self) -> list[Any]:
        arguments = self.arguments.get("NameAlias")
        return arguments if isinstance(arguments, list) else []

    @property
    def asks_ens(self) -> bool:
        """Whether ENS has to vouch for the names."""
        return len(self._name_arguments) > 1 and self._name_arguments[1] != NOBODY

    @property
    def name_suffix(self) -> str:
        """What all names end in."""
        return ENS_SUFFIX if self.asks_ens else OWN_SUFFIX

    @property
    def contracts(self) -> tuple[str, ...]:
        """The contracts that are there."""
        return (*CONTRACTS, ENS_OWNERS) if self.asks_ens else CONTRACTS

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


def parse(text: str, source: str) -> Deployment:
    """Read the deployment written as `text`. `source` says in errors where it came from.

    Raises:
        DeploymentError: it is not one.
    """
    try:
        data = json.loads(check_nesting(text))
        return Deployment(
            name=data["name"],
            chain_id=int(data["chain_id"]),
            block=int(data["block"]),
            addresses=dict(data["addresses"]),
            arguments=dict(data.get("arguments") or {}),
            rpc=data.get("rpc"),
        )
    except DeploymentError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise DeploymentError(f"{source} is no deployment file ({error!r})") from error


def user_folder() -> Path:
    """Return where your own deployments are kept."""
    return Path(platformdirs.user_config_dir("telsdk")) / "deployments"


def read(path: Path) -> Deployment:
    """Read the deployment in the file at `path`.

    Raises:
        DeploymentError: the file cannot be read, or holds no deployment.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DeploymentError(f"{path} cannot be read: {error}") from error
    return parse(text, str(path))


def known(folder: Path | None = None) -> dict[str, Deployment]:
    """Return all deployments by name: the packaged ones, then those in `folder`, by default your own.

    A file of yours that cannot be used is left out, so that it does not keep you from the others.
    """
    found = {item.name: item for item in _packaged()}
    for path in sorted((folder or user_folder()).glob("*.json")):
        with suppress(DeploymentError):
            item = read(path)
            found[item.name] = item
    return found


def load(name: str, folder: Path | None = None) -> Deployment:
    """Return the deployment of the network called `name`.

    Raises:
        UnknownNetwork: there is none of that name.
        DeploymentError: your file of that name cannot be used.
    """
    own = (folder or user_folder()) / f"{name}.json"
    if _NAME.fullmatch(name) and own.is_file():
        return read(own)
    deployments = known(folder)
    try:
        return deployments[name]
    except KeyError:
        raise UnknownNetwork(f"no network is called {name!r}; {_choices(deployments.values())}") from None


def on_chain(chain_id: int, folder: Path | None = None) -> Deployment:
    """Return the only deployment on the chain `chain_id`.

    Raises:
        UnknownNetwork: there is none, or more than one.
    """
    deployments = known(folder)
    matching = [item for item in deployments.values() if item.chain_id == chain_id]
    if len(matching) == 1:
        return matching[0]
    if matching:
        names = ", ".join(sorted(item.name for item in matching))
        raise UnknownNetwork(f"several networks are on chain {chain_id}: say which one by --network: {names}")
    raise UnknownNetwork(
        f"no deployment is known on chain {chain_id}; {_choices(deployments.values())}, "
        f"or put its JSON file into {folder or user_folder()}"
    )


def save(deployment: Deployment, folder: Path | None = None) -> Path:
    """Write `deployment` into `folder`, by default your own, whole or not at all. Return its path."""
    path = (folder or user_folder()) / f"{deployment.name}.json"
    write_whole(path, deployment.to_json().encode())
    return path


def _packaged() -> Iterable[Deployment]:
    folder = resources.files("telsdk.chain").joinpath("data", "deployments")
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".json"):
            yield parse(entry.read_text(encoding="utf-8"), entry.name)


def _choices(deployments: Iterable[Deployment]) -> str:
    names = sorted(item.name for item in deployments)
    return f"known: {', '.join(names)}" if names else "none is known yet: deploy one with scripts/deploy.py"
