"""A backup can always be made, by whoever holds the number, and is never told to hold what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from telsdk.backup.blocks import FolderStore
from telsdk.backup.errors import BlockMissing, SealBroken, StoreUnreachable
from telsdk.backup.seal import BackupIdentity
from telsdk.uc.store import Direction, Store
from telsdk.uc.vault import ATTEMPTS, BackupContended, BackupUnreadable, NoBackup, Vault

OLD = BackupIdentity.derive(b"o" * 64)
NEW = BackupIdentity.derive(b"n" * 64)


class Pointer:
    """The pointer of one number, without a chain; `rivals` other devices are quicker first."""

    def __init__(self, rivals: int = 0) -> None:
        self.now: bytes | None = None
        self.rivals = rivals

    def read(self) -> bytes | None:
        return self.now

    def swap(self, expected: bytes | None, new: bytes) -> bool:
        if self.rivals:
            self.rivals -= 1
            return False
        if self.now == expected:
            self.now = new
            return True
        return False


class Number:
    """One number with its block store and pointer, and devices that come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blocks = FolderStore(folder / "blocks")
        self.pointer = Pointer()
        self.devices: list[Store] = []

    def device(self) -> Store:
        self.devices.append(Store(self.folder / f"{len(self.devices)}.db"))
        return self.devices[-1]

    def vault(self, store: Store, identity: BackupIdentity = OLD, *former: BackupIdentity) -> Vault:
        return Vault(store, self.blocks, identity, self.pointer, former=former)

    def lose_a_block(self) -> None:
        max((self.folder / "blocks").iterdir(), key=lambda path: path.stat().st_size).unlink()


@pytest.fixture
def number(tmp_path: Path) -> Iterator[Number]:
    number = Number(tmp_path)
    yield number
    for device in number.devices:
        device.close()


def contacts(store: Store) -> list[str]:
    return [one.address for one in store.contacts()]


def test_after_a_move_the_device_that_backed_up_goes_on_with_the_new_key(number: Number) -> None:
    phone = number.device()
    phone.add_contact("bob.eth")
    number.vault(phone, OLD).backup()
    pointer = number.pointer.now
    assert number.vault(phone, NEW).restore() == pointer, "there is nothing in it that the phone lacks"
    number.vault(phone, NEW).backup()
    fresh = number.device()
    number.vault(fresh, NEW).restore()
    assert contacts(fresh) == ["bob.eth"]
    with pytest.raises(SealBroken):
        number.vault(number.device(), OLD).restore()


def test_after_a_move_a_new_device_needs_the_key_of_before(number: Number) -> None:
    phone, fresh = number.device(), number.device()
    phone.add_contact("bob.eth")
    number.vault(phone, OLD).backup()
    with pytest.raises(SealBroken, match="--former"):
        number.vault(fresh, NEW).restore()
    with pytest.raises(BackupUnreadable, match="--former"):
        number.vault(fresh, NEW).backup()
    assert contacts(fresh) == []
    number.vault(fresh, NEW, OLD).restore()
    assert contacts(fresh) == ["bob.eth"]
    number.vault(fresh, NEW).backup()
    number.vault(phone, NEW).backup()


def test_a_backup_for_both_wallets_opens_with_either(number: Number) -> None:
    phone = number.device()
    phone.add_contact("bob.eth")
    Vault(phone, number.blocks, OLD, number.pointer, recipients=[NEW.public]).backup()
    for identity in (OLD, NEW):
        fresh = number.device()
        number.vault(fresh, identity).restore()
        assert contacts(fresh) == ["bob.eth"]


def test_a_lost_block_is_mended_by_the_device_that_has_all(number: Number) -> None:
    phone = number.device()
    phone.add_contact("bob.eth")
    number.vault(phone).backup()
    number.lose_a_block()
    with pytest.raises(BlockMissing):
        number.vault(phone).restore()
    phone.add_contact("carol.eth")
    number.vault(phone).backup()
    fresh = number.device()
    number.vault(fresh).restore()
    assert contacts(fresh) == ["bob.eth", "carol.eth"]
    number.lose_a_block()
    number.vault(fresh).backup()
    number.vault(number.device()).restore()


def test_a_device_that_may_lack_something_is_asked_before_a_lost_backup_is_left(number: Number) -> None:
    phone, tablet = number.device(), number.device()
    phone.add_contact("bob.eth")
    tablet.add_contact("carol.eth")
    number.vault(phone).backup()
    number.lose_a_block()
    before = number.pointer.now
    with pytest.raises(BackupUnreadable, match="--anew"):
        number.vault(tablet).backup()
    assert number.pointer.now == before
    number.vault(tablet).backup(anew=True)
    number.vault(phone).backup()
    assert contacts(phone) == ["bob.eth", "carol.eth"]


def test_a_store_of_blocks_that_is_down_is_no_reason_to_begin_anew(
    number: Number, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, tablet = number.device(), number.device()
    number.vault(phone).backup()
    number.blocks = FolderStore(Path("/dev/null"))
    with pytest.raises(StoreUnreachable):
        number.vault(tablet).backup(anew=True)


def test_two_devices_that_back_up_in_turn_lose_nothing(number: Number) -> None:
    phone, tablet = number.device(), number.device()
    phone.add_contact("bob.eth")
    tablet.add_contact("carol.eth")
    for store in (phone, tablet, phone):
        number.vault(store).backup()
    assert contacts(phone) == contacts(tablet) == ["bob.eth", "carol.eth"]


def test_a_rival_is_waited_for_but_not_for_ever(number: Number) -> None:
    phone = number.device()
    number.pointer.rivals = ATTEMPTS - 1
    assert number.vault(phone).backup() == number.pointer.now
    number.pointer.rivals = ATTEMPTS
    with pytest.raises(BackupContended):
        number.vault(phone).backup()


def test_there_is_nothing_to_restore_before_a_backup(number: Number) -> None:
    with pytest.raises(NoBackup):
        number.vault(number.device()).restore()


def test_what_is_deleted_goes_from_the_backup_and_stays_gone(number: Number) -> None:
    phone, tablet = number.device(), number.device()
    gone = phone.add_message(Direction.IN, "bob.eth", "verified", "a secret")
    for store in (phone, tablet):
        number.vault(store).backup()
    phone.delete([gone.id])
    number.vault(phone).backup()
    fresh = number.device()
    number.vault(fresh).restore()
    number.vault(tablet).backup()
    for store in (phone, tablet, fresh):
        assert store.messages() == []
        assert b"a secret" not in store.export()


def test_a_store_too_large_for_a_backup_leaves_out_the_oldest_of_strangers(number: Number) -> None:
    phone = number.device()
    phone.add_contact("bob.eth")
    for index in range(40):
        phone.add_message(Direction.IN, "mallory", "unverified", f"spam {index} " + "x" * 500)
        phone.add_message(Direction.IN, "bob.eth", "verified", f"bob {index}")
        phone.add_message(Direction.IN, "carol.eth", "verified", f"carol {index}")
    phone.add_message(Direction.OUT, "carol.eth", "unverified", "hi")
    limit = 30_000
    assert len(phone.export()) > limit
    vault = Vault(phone, number.blocks, OLD, number.pointer, limit=limit)
    vault.backup()
    fresh = number.device()
    number.vault(fresh).restore()
    assert len(fresh.export()) <= limit
    assert contacts(fresh) == ["bob.eth"]
    kept = [one.text for one in fresh.messages()]
    assert [one for one in kept if one[0] != "s"] == [
        one.text for one in phone.messages() if one.text[0] != "s"
    ], "whom the person knows, and what they wrote, is all there"
    spam = [int(one.split()[1]) for one in kept if one[0] == "s"]
    assert 0 < len(spam) < 40
    assert spam == list(range(40 - len(spam), 40)), "the newest"
    assert vault.left_out == 40 - len(spam)
    assert len(phone.messages()) == 121, "nothing is lost here"


def test_even_one_s_own_history_never_keeps_a_backup_from_being_made(number: Number) -> None:
    phone = number.device()
    phone.add_contact("bob.eth")
    for index in range(50):
        phone.add_message(Direction.OUT, "bob.eth", "unverified", f"{index} " + "x" * 500)
    vault = Vault(phone, number.blocks, OLD, number.pointer, limit=10_000)
    vault.backup()
    fresh = number.device()
    number.vault(fresh).restore()
    assert contacts(fresh) == ["bob.eth"]
    assert fresh.messages()[-1].text.startswith("49 ")
    assert len(fresh.messages()) + vault.left_out == 50
    assert vault.backup() == number.pointer.now, "again and again"
