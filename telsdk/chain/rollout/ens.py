"""Where ENS is, for contracts that ask it who owns a name."""

from __future__ import annotations

from dataclasses import dataclass

from telsdk.chain.errors import DeploymentError
from telsdk.chain.interface import NOBODY


@dataclass(frozen=True, slots=True)
class EnsAddresses:
    """The contracts of ENS on one chain, as EIP-55 addresses."""

    registry: str
    wrapper: str = NOBODY  # the name wrapper; NOBODY where there is none
    universal_resolver: str = NOBODY  # the proxy that ENS will switch to v2; NOBODY where ENS has none

    @property
    def arguments(self) -> tuple[str, str, str]:
        """What EnsOwners is created with."""
        return self.registry, self.wrapper, self.universal_resolver

    def options(self) -> str:
        """Return them as options of scripts/deploy.py."""
        names = ("--ens", "--wrapper", "--universal-resolver")
        given = zip(names, self.arguments, strict=True)
        return " ".join(f"{name} {address}" for name, address in given if address != NOBODY)


_REGISTRY = "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e"
_PROXY = "0xeEeEEEeE14D718C2B47D9923Deab1335E144EeEe"
KNOWN_ENS = {
    1: EnsAddresses(_REGISTRY, "0xD4416b13d2b3a9aBae7AcD5D6C2BbDBE25686401", _PROXY),
    11155111: EnsAddresses(_REGISTRY, "0x0635513f179D50A207757E05759CbD106d7dFcE8", _PROXY),  # Sepolia
    17000: EnsAddresses(_REGISTRY, "0xab50971078225D365994dc1Edcb9b7FD72Bb4862"),  # Holesky
}
"""The chains on which ENS is known to be, and where (docs.ens.domains/learn/deployments). On Hoodi there is none."""


def check_ens(chain_id: int, ens: EnsAddresses | None) -> None:
    """Check that contracts for this chain will ask ENS, if ENS is there. What is deployed without can never ask it.

    Raises:
        DeploymentError: ENS is there, and `ens` leaves out all of it, or a part.
    """
    known = KNOWN_ENS.get(chain_id)
    if known is None:
        return
    if ens is None:
        raise DeploymentError(
            f"chain {chain_id} has ENS, and without it nobody could tell whose a name is: give {known.options()}"
        )
    left_out = [
        name
        for name in ("wrapper", "universal_resolver")
        if getattr(ens, name) == NOBODY != getattr(known, name)
    ]
    if left_out:
        raise DeploymentError(
            f"ENS on chain {chain_id} has a {' and a '.join(left_out).replace('_', ' ')} too: give {known.options()}"
        )
