"""Phones that others wrote, set up with what `telsdk phone-password --settings` prints and nothing else of an account.

Each registers, and calls by name alone: the settings say the way, so nobody types the address of a node.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from telsdk.cli.common import phone_settings
from telsdk.credential.phoneaccount import PhoneAccount
from telsdk.sip.server import Binding
from telsdk.uc.client import UserClient
from telsdk.uc.trust import Trust
from tests.conftest import program
from tests.interop.phones.baresip import CONFIG
from tests.interop.test_phones import SECRET
from tests.network import ALICE, BOB, Network

pytestmark = pytest.mark.interop


def settings(name: str, account: PhoneAccount) -> str:
    """What the command prints (`tests/cli/test_phone_password.py` holds that it is this)."""
    server = account.server()
    assert server is not None
    return phone_settings.PROGRAMS[name](account, server)


def baresip(folder: Path, account: PhoneAccount) -> Sequence[str]:
    """The command, with its folder laid out."""
    (folder / "config").write_text(CONFIG.format(tone=folder / "none.wav", folder=folder))
    (folder / "contacts").write_text("")
    (folder / "accounts").write_text(settings("baresip", account))
    return (program("baresip"), "-f", str(folder))


def linphone(folder: Path, account: PhoneAccount) -> Sequence[str]:
    """The same. It makes no folder for its database, and does not come up without."""
    (folder / ".local/share/linphone").mkdir(parents=True)
    (folder / "linphonerc").write_text(settings("linphone", account))
    return (program("linphonec"), "-c", str(folder / "linphonerc"))


PHONES = {"baresip": (baresip, "/dial bob.eth\n"), "linphone": (linphone, "call bob.eth\n")}


async def account_of_alice(network: Network) -> PhoneAccount:
    """Issued by the node; afterwards she is bound by no user client any more."""
    alice = await network.user(ALICE)
    account = await alice.phone_password()
    await alice.close()
    async with asyncio.timeout(20):
        while network.nodes[0].registrar.bindings(str(ALICE)):
            await network.taken_in()
    return account


@asynccontextmanager
async def running(command: Sequence[str], folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A phone, until the context is left."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    assert process.stdout is not None
    said = asyncio.create_task(process.stdout.read())  # or it stops when the pipe is full
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await said


async def bound(network: Network) -> Binding:
    """Where the phone is registered, once it is."""
    async with asyncio.timeout(30):
        while not (bindings := network.nodes[0].registrar.bindings(str(ALICE))):
            await network.taken_in()
    (binding,) = bindings
    return binding


async def rings(process: asyncio.subprocess.Process, dial: str, bob: UserClient) -> Trust:
    """As what the phone shows to whom it calls."""
    assert process.stdin is not None
    process.stdin.write(dial.encode())
    incoming = await asyncio.wait_for(bob.incoming.get(), 30)
    assert incoming.party is not None
    return incoming.party.trust


@pytest.mark.parametrize(
    ("phone", "algorithm"), [("baresip", "MD5"), ("linphone", "MD5"), ("linphone", "SHA-256")]
)
async def test_a_phone_registers_and_calls_with_the_printed_settings(
    phone: str, algorithm: str, tmp_path: Path
) -> None:
    lay_out, dial = PHONES[phone]
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,), digest_algorithm=algorithm)
        bob = await network.user(BOB, "bob.eth")
        account = await account_of_alice(network)
        async with running(lay_out(tmp_path, account), tmp_path) as process:
            assert (await bound(network)).hop.transport == "UDP"
            assert await rings(process, dial, bob) is Trust.UNVERIFIED
