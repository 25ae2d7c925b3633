"""A login on disk: the session key encrypted under a passphrase, in a file that only its owner may read."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from telsdk import private
from telsdk.credential.delegation import Delegation
from telsdk.credential.errors import DelegationMalformed, LoginFileError, WrongPassphrase
from telsdk.credential.evaluation import read_ticket
from telsdk.credential.light import KDFS
from telsdk.credential.session import Login, SessionKey
from telsdk.directory import Domain
from telsdk.name import Name, NameFormatError
from telsdk.nesting import check_nesting
from telsdk.number import Number

VERSION: Final = 1
MAX_SIZE: Final = 16_384  # octets
KDF: Final = 1  # of `telsdk.credential.light.KDFS`
_SALT: Final = 16  # octets
_DAMAGED: Final = (KeyError, TypeError, AttributeError, ValueError, DelegationMalformed, NameFormatError)


@dataclass(frozen=True, slots=True)
class Label:
    """What a login file says in clear to anybody who may read it. Nothing proves it."""

    number: Number
    name: Name | None
    domain: Domain
    delegation: Delegation
    keyring: str | None  # the entry of the system's keyring that holds its passphrase
    tickets: Mapping[int, bytes] = field(default_factory=dict, repr=False)  # of KDF 2: see `Login.tickets`


def save(login: Login, path: Path, passphrase: str, keyring: str | None = None) -> None:
    """Write `login` to `path`, whole or not at all, with mode 600.

    Args:
        keyring: the entry of the system's keyring that holds `passphrase`; see `telsdk.credential.systemkeyring`.

    Raises:
        OSError: the folder cannot be written.
        ValueError: `passphrase` is empty.
    """
    if not passphrase:
        raise ValueError("a login file needs a passphrase")
    salt = secrets.token_bytes(_SALT)
    pem = login.key.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(_stretch(passphrase, salt, KDF)),
    )
    content = {
        "version": VERSION,
        "name": login.name,
        "chain_id": login.domain.chain_id,
        "registry": login.domain.registry,
        "delegation": login.text,
        "kdf": KDF,
        "salt": salt.hex(),
        "key": pem.decode(),
        **({} if keyring is None else {"keyring": keyring}),
        # In clear: a ticket spares a device a wait and opens nothing, and it is for when the session is over.
        **({"tickets": {str(hub): one.hex() for hub, one in login.tickets.items()}} if login.tickets else {}),
    }
    private.write(path, json.dumps(content, indent=1).encode())


def load(path: Path, passphrase: str) -> Login:
    """Load the login that `save` wrote to `path`.

    Raises:
        WrongPassphrase: it was saved under another one.
        LoginFileError: the file is something else or damaged, or key and delegation do not belong together.
        OSError: the file cannot be read.
    """
    content = _content(path)
    said = _label(path, content)
    try:
        secret = _stretch(passphrase, bytes.fromhex(content["salt"]), content["kdf"])
        pem = content["key"].encode()
    except _DAMAGED as error:
        raise _damaged(path, error) from error
    key = SessionKey(_private_key(path, pem, secret))
    if key.public_bytes != said.delegation.session_key:
        raise LoginFileError(f"{path} is damaged: its key is not the one its delegation names")
    return Login(said.number, said.name, said.domain, said.delegation, key, said.tickets)


def sign(asked: Path, path: Path, delegation: Delegation) -> None:
    """Write to `path` the login that is in the file at `asked`, with `delegation`, which is the same but signed.

    No passphrase is needed: what is encrypted stays as it is.

    Raises:
        LoginFileError: the file is something else, or damaged, or of another delegation.
        OSError: it cannot be read, or `path` not be written.
    """
    content = _content(asked)
    if replace(_label(asked, content).delegation, signature=delegation.signature) != delegation:
        raise LoginFileError(f"{asked} is of another session than was signed")
    private.write(path, json.dumps({**content, "delegation": delegation.encode()}, indent=1).encode())


def label(path: Path) -> Label:
    """Return what the login file at `path` says in clear. No passphrase is needed, so nothing proves it.

    Raises:
        LoginFileError: the file is something else, or damaged.
        OSError: the file cannot be read.
    """
    return _label(path, _content(path))


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(check_nesting(_read(path).decode()))
        if content["version"] != VERSION:
            raise LoginFileError(f"{path} has version {content['version']}: update telsdk")
    except _DAMAGED as error:
        raise _damaged(path, error) from error
    fields: dict[str, Any] = content
    return fields


def _label(path: Path, content: dict[str, Any]) -> Label:
    try:
        delegation = Delegation.decode(content["delegation"])
        name = None if content["name"] is None else Name(content["name"])
        domain = Domain(int(content["chain_id"]), str(content["registry"]))
        entry = content.get("keyring")
        if not isinstance(entry, str | None):
            raise TypeError("the keyring's entry is no text")
        tickets = {int(hub): read_ticket(one) for hub, one in content.get("tickets", {}).items()}
    except _DAMAGED as error:
        raise _damaged(path, error) from error
    return Label(delegation.number, name, domain, delegation, entry, tickets)


def _damaged(path: Path, error: Exception) -> LoginFileError:
    return LoginFileError(f"{path} is no login file, or damaged: {error}")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise LoginFileError(f"{path} is no login file: longer than {MAX_SIZE} bytes")
    return data


def _private_key(path: Path, pem: bytes, secret: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        private = serialization.load_pem_private_key(pem, secret)
    except (ValueError, TypeError) as error:
        raise WrongPassphrase(f"the passphrase of {path} is another one") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise LoginFileError(f"{path} is damaged: its key is not a P-256 key")
    return private


def _stretch(passphrase: str, salt: bytes, kdf: int) -> bytes:
    if len(salt) != _SALT:
        raise ValueError(f"the salt has {len(salt)} bytes, not {_SALT}")
    price = KDFS[kdf]
    raw = hash_secret_raw(
        passphrase.encode(), salt, price.time, price.memory_kib, price.parallelism, 32, Type.ID
    )
    return raw.hex().encode()
