"""What development chains have in common: accounts with ether, and a clock that a test can move on."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from eth_account import Account
from eth_account.hdaccount import seed_from_mnemonic
from eth_account.hdaccount.deterministic import HDPath
from eth_account.signers.local import LocalAccount
from web3 import Web3

# Everybody knows these keys: anvil and other development chains fund them by default.
MNEMONIC = "test test test test test test test test test test test junk"
HD_PATH = "m/44'/60'/0'/0"


class DevChain(Protocol):
    """A chain on which to try things."""

    @property
    def w3(self) -> Web3: ...

    @property
    def accounts(self) -> tuple[LocalAccount, ...]:
        """Accounts with plenty of ether. Their keys are public: never send them anything of value."""
        ...

    def advance_time(self, by: float | timedelta) -> None:
        """Move the chain's clock on by so many seconds, and mine a block then."""
        ...

    def mine(self, blocks: int = 1) -> None: ...

    def snapshot(self) -> str:
        """Remember the present state, and return its id."""
        ...

    def revert(self, snapshot: str) -> None:
        """Go back to `snapshot`, which can be used only once."""
        ...


def dev_accounts(count: int) -> tuple[LocalAccount, ...]:
    """Return the first `count` accounts of the development mnemonic."""
    seed = seed_from_mnemonic(MNEMONIC, "")
    return tuple(Account.from_key(HDPath(f"{HD_PATH}/{index}").derive(seed)) for index in range(count))


def seconds(by: float | timedelta) -> int:
    """Return whole seconds, rounded up: a chain's clock has no fractions."""
    exact = by.total_seconds() if isinstance(by, timedelta) else by
    return -int(-exact // 1)
