"""What development chains have in common: accounts with ether, and a clock that can be moved on."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from eth_account import Account
from eth_account.hdaccount import seed_from_mnemonic
from eth_account.hdaccount.deterministic import HDPath
from eth_account.signers.local import LocalAccount
from web3 import Web3

# Everyone knows these keys: they are the ones that anvil and other development chains fund by default.
MNEMONIC = "test test test test test test test test test test test junk"
HD_PATH = "m/44'/60'/0'/0"


class DevChain(Protocol):
    """A chain to try things on."""

    @property
    def w3(self) -> Web3: ...

    @property
    def accounts(self) -> tuple[LocalAccount, ...]:
        """Accounts with plenty of ether. Their keys are public: never send them anything of worth."""
        ...

    def advance_time(self, by: float | timedelta) -> None:
        """Moves the chain's clock on by so many seconds, and mines a block there."""
        ...

    def mine(self, blocks: int = 1) -> None: ...

    def snapshot(self) -> str:
        """Remembers the state as it is, and says under which id."""
        ...

    def revert(self, snapshot: str) -> None:
        """Goes back to `snapshot`, which is used up by it."""
        ...


def dev_accounts(count: int) -> tuple[LocalAccount, ...]:
    """The first `count` accounts of the development mnemonic."""
    seed = seed_from_mnemonic(MNEMONIC, "")
    return tuple(Account.from_key(HDPath(f"{HD_PATH}/{index}").derive(seed)) for index in range(count))


def seconds(by: float | timedelta) -> int:
    """Whole seconds, rounded up: a chain's clock knows no fractions."""
    exact = by.total_seconds() if isinstance(by, timedelta) else by
    return -int(-exact // 1)
