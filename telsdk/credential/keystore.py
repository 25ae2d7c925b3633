"""Keys at rest: the encrypted keystore files (Web3 Secret Storage) that eth-account, ape and geth write."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from telsdk.credential.errors import CredentialError
from telsdk.credential.secp256k1 import checksum
from telsdk.errors import Refused
from telsdk.nesting import check_nesting

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

MAX_SIZE: Final = 65_536  # octets

_ADDRESS: Final = re.compile(r"(?:0x)?([0-9a-f]{40})", re.ASCII | re.IGNORECASE)
_ALIAS: Final = re.compile(r"[\w-][\w. -]*")


class KeystoreError(CredentialError):
    """The file is not a keystore, is damaged, or cannot be read."""


class WrongKeystorePassphrase(KeystoreError, Refused):
    """This is not the keystore's passphrase."""


def load(path: Path, passphrase: str) -> LocalAccount:
    """Open the keystore at `path` and return its account. It takes about a second: scrypt is meant to be slow.

    Raises:
        WrongKeystorePassphrase: this is not its passphrase.
        KeystoreError: the file is not a keystore, or cannot be read.
    """
    from eth_account import Account

    content = _read(path)
    try:
        key = Account.decrypt(content, passphrase)
        account: LocalAccount = Account.from_key(key)
        return account
    except ValueError as error:
        if "MAC mismatch" in str(error):
            raise WrongKeystorePassphrase(f"the passphrase of {path} is another one") from error
        raise KeystoreError(f"{path} is no keystore, or damaged: {error}") from error
    except (KeyError, TypeError, AttributeError, NotImplementedError, MemoryError) as error:
        raise KeystoreError(f"{path} is no keystore, or damaged: {error!r}") from error


def address(path: Path) -> str:
    """Return the address (EIP-55) that the keystore names. No passphrase is needed, so nothing proves it.

    Raises:
        KeystoreError: it names none, the file is not a keystore, or cannot be read.
    """
    match = _ADDRESS.fullmatch(str(_read(path).get("address", "")))
    if match is None:
        raise KeystoreError(f"{path} does not say whose account it is: is it a keystore?")
    return checksum(bytes.fromhex(match[1]))


def ape_path(alias: str, folder: Path | None = None) -> Path:
    """Return where ape keeps the account `alias`: in ``~/.ape/accounts`` unless another `folder` is given.

    Raises:
        KeystoreError: no account can have that alias.
    """
    if not _ALIAS.fullmatch(alias):
        raise KeystoreError(f"{alias!r} is no alias of an ape account: see `ape accounts list`")
    return (folder or Path.home() / ".ape" / "accounts") / f"{alias}.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
        content = json.loads(check_nesting(data.decode())) if len(data) <= MAX_SIZE else None
    except OSError as error:
        raise KeystoreError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise KeystoreError(f"{path} is no keystore: give the JSON file that eth-account or ape wrote")
    return content
