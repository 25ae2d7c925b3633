"""A backup is never lost because a wallet signs differently the next time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from coincurve import PrivateKey
from eth_account import Account

from telsdk.backup.blocks import FolderStore
from telsdk.backup.errors import SealBroken
from telsdk.backup.seal import BackupIdentity
from telsdk.credential import secp256k1
from telsdk.credential.deep import KeystoreSigner, WalletSigner, backup_secret
from telsdk.credential.eip712 import TypedData
from telsdk.credential.errors import NotDeterministic
from telsdk.credential.light import LightKey
from telsdk.directory import Domain
from telsdk.private import TooOpen
from telsdk.uc.backupkey import BackupKey, BackupKeyDamaged, prf_input
from telsdk.uc.store import Store
from telsdk.uc.vault import Vault
from tests.facts import DOMAIN
from tests.uc.test_vault import Pointer, contacts

NUMBER, EPOCH = 5551234, 3
WHERE = (DOMAIN, NUMBER, EPOCH)
PASSWORD = LightKey(PrivateKey(b"\x07" * 32))
CHANGED = LightKey(PrivateKey(b"\x08" * 32))


class Hedged:
    """A key in hardware that adds randomness to each signature: all are good, and no two are the same."""

    def __init__(self) -> None:
        self._account = Account.from_key(b"\x09" * 32)
        self.signed = 0

    @property
    def address(self) -> str:
        return str(self._account.address)

    def sign(self, typed: TypedData) -> bytes:
        self.signed += 1
        scalar = int.from_bytes(self._account.key, "big")
        nonce = 0xC0FFEE + self.signed
        x = int.from_bytes(
            PrivateKey(nonce.to_bytes(32, "big")).public_key.format(compressed=False)[1:33], "big"
        )
        r = x % secp256k1.ORDER
        digest = int.from_bytes(typed.digest, "big")
        s = pow(nonce, -1, secp256k1.ORDER) * (digest + r * scalar) % secp256k1.ORDER
        low = min(s, secp256k1.ORDER - s)
        for v in (27, 28):
            signature = r.to_bytes(32, "big") + low.to_bytes(32, "big") + bytes([v])
            found = secp256k1.recover(typed.digest, signature)
            if found is not None and secp256k1.checksum(found) == self.address:
                return signature
        raise AssertionError("no signature")


class Devices:
    """Devices of one number, with its block store and pointer."""

    def __init__(self, folder: Path) -> None:
        self.blocks = FolderStore(folder / "blocks")
        self.pointer = Pointer()
        self._folder = folder
        self.stores: list[Store] = []

    def new(self) -> Store:
        self.stores.append(Store(self._folder / f"{len(self.stores)}.db"))
        return self.stores[-1]

    def vault(self, store: Store, key: BackupKey) -> Vault:
        return Vault(store, self.blocks, key.identity, self.pointer, wraps=key.wraps)

    @property
    def newest(self) -> bytes:
        assert self.pointer.now is not None
        return self.pointer.now


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Devices]:
    made = Devices(tmp_path)
    yield made
    for store in made.stores:
        store.close()


def test_a_key_that_signs_the_same_each_time_derives_it_as_ever() -> None:
    signer = KeystoreSigner(Account.from_key(b"\x09" * 32))
    key = BackupKey.made(signer, *WHERE)
    assert key.identity == BackupIdentity.derive(backup_secret(signer, *WHERE))
    assert key == BackupKey.made(signer, *WHERE)


def test_that_a_wallet_signs_differently_each_time_is_found_out_before_anything_is_sealed() -> None:
    wallet = Hedged()
    assert backup_secret(wallet, *WHERE) != backup_secret(wallet, *WHERE), "it would lose what it seals"
    with pytest.raises(NotDeterministic, match="signs differently each time"):
        backup_secret(wallet, *WHERE, check=True)


@pytest.mark.parametrize(
    "wallet",
    [Hedged(), WalletSigner("0x" + "Cc" * 20, lambda *_: b"s" * 640), None],
    ids=["hedged", "contract", "none"],
)
def test_its_owner_has_a_random_key_and_loses_no_backup(
    devices: Devices, tmp_path: Path, wallet: Hedged | WalletSigner | None
) -> None:
    key = BackupKey.made(wallet, *WHERE)
    assert key.identity != BackupKey.made(wallet, *WHERE).identity
    key = key.for_password(PASSWORD, *WHERE).for_recovery(tmp_path / "recovery.txt").for_prf(b"p" * 32)
    phone = devices.new()
    phone.add_contact("bob.eth")
    devices.vault(phone, key).backup()
    for again in (
        BackupKey.by_password(devices.newest, devices.blocks, PASSWORD, *WHERE),
        BackupKey.by_recovery(devices.newest, devices.blocks, tmp_path / "recovery.txt"),
        BackupKey.by_prf(devices.newest, devices.blocks, b"p" * 32),
    ):
        assert again == key
        fresh = devices.new()
        devices.vault(fresh, again).restore()
        assert contacts(fresh) == ["bob.eth"]
    with pytest.raises(SealBroken):
        BackupKey.by_password(devices.newest, devices.blocks, CHANGED, *WHERE)


def test_what_one_device_wraps_survives_the_backups_of_the_others(devices: Devices, tmp_path: Path) -> None:
    key = BackupKey.made(None, *WHERE)
    phone, desk = devices.new(), devices.new()
    devices.vault(phone, key.for_password(PASSWORD, *WHERE)).backup()
    with_recovery = BackupKey(key.identity).for_recovery(tmp_path / "recovery.txt")
    vault = devices.vault(desk, with_recovery)
    vault.backup()
    assert {one.kind for one in vault.wraps} == {"light", "recovery"}
    third = devices.new()
    devices.vault(third, BackupKey(key.identity)).backup()
    assert BackupKey.by_password(devices.newest, devices.blocks, PASSWORD, *WHERE).identity == key.identity
    assert (
        BackupKey.by_recovery(devices.newest, devices.blocks, tmp_path / "recovery.txt").identity
        == key.identity
    )


def test_a_new_password_takes_the_place_of_the_old_one(devices: Devices) -> None:
    key = BackupKey.made(None, *WHERE).for_password(PASSWORD, *WHERE)
    phone = devices.new()
    devices.vault(phone, key).backup()
    devices.vault(phone, key.for_password(CHANGED, *WHERE)).backup()
    assert BackupKey.by_password(devices.newest, devices.blocks, CHANGED, *WHERE).identity == key.identity
    with pytest.raises(SealBroken):
        BackupKey.by_password(devices.newest, devices.blocks, PASSWORD, *WHERE)


def test_a_new_key_shuts_out_who_had_the_old_one(devices: Devices) -> None:
    old = BackupKey.made(None, *WHERE).for_password(PASSWORD, *WHERE)
    phone = devices.new()
    phone.add_contact("bob.eth")
    devices.vault(phone, old).backup()
    new = BackupKey.made(None, *WHERE).for_password(CHANGED, *WHERE)
    desk = devices.new()
    Vault(
        desk, devices.blocks, new.identity, devices.pointer, former=[old.identity], wraps=new.wraps
    ).backup()
    assert contacts(desk) == ["bob.eth"]
    with pytest.raises(SealBroken):
        devices.vault(devices.new(), old).restore()
    again = BackupKey.by_password(devices.newest, devices.blocks, CHANGED, *WHERE)
    assert again == new


def test_a_passkey_is_asked_with_something_else_for_each_number_epoch_and_deployment() -> None:
    asked = {
        prf_input(DOMAIN, NUMBER, EPOCH),
        prf_input(DOMAIN, NUMBER, EPOCH + 1),
        prf_input(DOMAIN, NUMBER + 1, EPOCH),
        prf_input(Domain(1, DOMAIN.registry), NUMBER, EPOCH),
        prf_input(Domain(DOMAIN.chain_id, "0x" + "aa" * 20), NUMBER, EPOCH),
    }
    assert len(asked) == 5
    assert (
        prf_input(DOMAIN, NUMBER, EPOCH).hex()
        == "86ca58852d65a921cc4fc6531f9aebaa76bccd210924746ca46fa504fc50f1f0"
    )


def test_it_is_kept_on_the_device_and_read_back(tmp_path: Path) -> None:
    key = BackupKey.made(None, *WHERE).for_password(PASSWORD, *WHERE)
    path = tmp_path / "backup.key"
    key.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert BackupKey.load(path) == key
    assert key.identity.secret.hex() not in repr(key)
    path.chmod(0o644)
    with pytest.raises(TooOpen):
        BackupKey.load(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"version":1}',
        '{"version":1,"secret":"00","wraps":[]}',
        '{"version":2}',
        "[" * 10_000,
    ],
)
def test_a_damaged_file_is_said_with_the_next_step(tmp_path: Path, content: str) -> None:
    path = tmp_path / "backup.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(BackupKeyDamaged):
        BackupKey.load(path)


def test_a_recovery_file_replaces_none_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "recovery.txt"
    path.write_text("another")
    with pytest.raises(FileExistsError):
        BackupKey.made(None, *WHERE).for_recovery(path)
    assert path.read_text() == "another"
