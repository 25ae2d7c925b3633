"""Back up Alice's data, lose it, and restore it by her key alone; then catch a store that lies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from telsdk.backup.blocks import FolderStore
from telsdk.backup.errors import BackupError
from telsdk.backup.seal import BackupIdentity
from telsdk.chain.client import ChainPointer
from telsdk.cli.demo.checks import Checks
from telsdk.cli.demo.report import Facts
from telsdk.cli.demo.stage import Stage
from telsdk.credential.deep import KeystoreSigner, backup_secret
from telsdk.uc.store import Store
from telsdk.uc.vault import Vault


async def back_up_and_restore(stage: Stage, checks: Checks) -> Facts:
    """Play the whole round, and return the figures for the report."""
    return await asyncio.to_thread(_round, stage, checks)


def _round(stage: Stage, checks: Checks) -> Facts:
    store = stage.alice.store
    assert store is not None
    folder = stage.folder / "blocks"
    pointer = _vault(stage, store, folder).backup()
    written = store.export()
    with Store(stage.folder / "new device.db") as restored:
        _vault(stage, restored, folder).restore()
        same = restored.export() == written
    checks.note(
        "a new UC with only alice's key restores every byte",
        same and bool(written),
        f"{len(written)} bytes, pointer {pointer.hex()[:16]}… on chain",
    )
    blocks = sorted(path for path in folder.rglob("*") if path.is_file())
    held = f"{len(store.contacts())} contact, {len(store.calls())} calls, {len(store.messages())} message"
    return {
        "held": held,
        "data_bytes": len(written),
        "stored_bytes": sum(path.stat().st_size for path in blocks),
        "blocks": len(blocks),
        "pointer": pointer.hex(),
        "restored_equal": same,
        "flipped_byte": _flip(stage, checks, folder, blocks),
    }


def _flip(stage: Stage, checks: Checks, folder: Path, blocks: list[Path]) -> str:
    """Flip one byte in the largest block: restore has to refuse, and leave the store as it was."""
    name = "one flipped byte in the store: restore refuses"
    victim = max(blocks, key=lambda path: path.stat().st_size)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    with Store(stage.folder / "another device.db") as empty:
        before = empty.export()
        try:
            _vault(stage, empty, folder).restore()
        except BackupError as error:
            checks.note(name, empty.export() == before, error)
            return str(error)
    checks.note(name, False, "it was not noticed")
    return "not noticed"


def _vault(stage: Stage, store: Store, folder: Path) -> Vault:
    """Return the vault of a device that has the store, the blocks, the chain, and of Alice only her key."""
    alice = stage.world.alice
    facts = stage.facts(alice)
    secret = backup_secret(
        KeystoreSigner(alice.account), stage.world.deployment.domain, facts.number, facts.epoch
    )
    return Vault(
        store, FolderStore(folder), BackupIdentity.derive(secret), ChainPointer(alice.client, alice.number)
    )
