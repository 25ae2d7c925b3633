"""Programs that others wrote, at our node: they register by phone password over UDP, are called and call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from telsdk.clock import Wall
from telsdk.credential.phone import PhonePassword, PhonePasswords
from telsdk.number import Number
from telsdk.uc.media import tone_wav
from telsdk.uc.settings import UnverifiedAnswer
from telsdk.uc.trust import Trust
from tests.chainnetwork import ChainNetwork
from tests.conftest import program
from tests.interop.phones.baresip import CONFIG, channels
from tests.interop.phones.ours import media_address
from tests.network import ALICE, BOB, HOST, Network

pytestmark = pytest.mark.interop

SECRET = bytes(range(32))


def phone_password(network: Network, number: Number) -> PhonePassword:
    network.own(number)
    return PhonePasswords([SECRET], network.facts).issue(network.facts.numbers[number], Wall(time.time()))


async def run(*command: str, timeout: float = 20) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), timeout)
    except TimeoutError:
        process.kill()
        out, _ = await process.communicate()
    return process.returncode, out.decode(errors="replace")


async def test_sipsak_registers_with_a_phone_password() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        issued = phone_password(network, ALICE)
        node = f"{HOST}:{network.listed[0].sockets.port}"
        arguments = ("-U", "-C", f"sip:{ALICE}@{HOST}:9999", "-x", "600", "-s", f"sip:{ALICE}@{node}")
        code, out = await run(
            program("sipsak"), *arguments, "-u", issued.username, "-a", issued.password, "--hostname", HOST
        )
        assert code == 0, out
        assert [str(one.contact.uri) for one in network.nodes[0].registrar.bindings(str(ALICE))] == [
            f"sip:{ALICE}@{HOST}:9999"
        ]


async def test_sipsak_with_a_wrong_password_is_not_registered() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        issued = phone_password(network, ALICE)
        node = f"{HOST}:{network.listed[0].sockets.port}"
        arguments = ("-U", "-s", f"sip:{ALICE}@{node}", "-u", issued.username, "-a", "wrong")
        code, out = await run(program("sipsak"), *arguments, "--hostname", HOST)
        assert code != 0, out
        assert network.nodes[0].registrar.users == 0


def _issued(network: Network | ChainNetwork, number: Number) -> PhonePassword:
    return (
        network.phone_password(number)
        if isinstance(network, ChainNetwork)
        else phone_password(network, number)
    )


def set_up(
    folder: Path,
    network: Network | ChainNetwork,
    number: Number,
    *,
    answer: bool,
    codec: str,
    watch: Number | None = None,
) -> None:
    """A baresip's folder: an account of `number` at node 0, a tone to play, and whose presence to watch."""
    issued = _issued(network, number)
    node = f"{HOST}:{network.listed[0].sockets.port}"
    folder.mkdir()
    tone = channels(tone_wav(folder / "mono.wav", 523.25, 30.0), 2, 48_000, folder / "tone.wav")
    (folder / "config").write_text(CONFIG.format(tone=tone, folder=folder))
    watched = "" if watch is None else f'"Bob" <sip:{watch}@{node}>;presence=p2p\n'
    (folder / "contacts").write_text(watched)
    (folder / "accounts").write_text(
        f"<sip:{number}@{node};transport=udp>;auth_user={issued.username};auth_pass={issued.password};"
        f"mediaenc=dtls_srtp;medianat=ice;regint=600;audio_codecs={codec};"
        f"answermode={'auto' if answer else 'manual'}\n"
    )


@asynccontextmanager
async def baresip(
    folder: Path,
    network: Network | ChainNetwork,
    number: Number,
    *commands: str,
    answer: bool = False,
    codec: str = "opus/48000/2",
    watch: Number | None = None,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A baresip of `number`, registered at node 0."""
    set_up(folder, network, number, answer=answer, codec=codec, watch=watch)
    dial = [part for command in commands for part in ("-e", command)]
    process = await asyncio.create_subprocess_exec(
        program("baresip"), "-f", str(folder), *dial,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(15):
            while not network.nodes[0].registrar.bindings(str(number)):
                await network.taken_in()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_uc_calls_baresip_which_shows_as_unverified(tmp_path: Path) -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        bob = await network.user(BOB, media_address=media_address())
        async with baresip(tmp_path / "phone", network, ALICE, answer=True):
            call = await asyncio.wait_for(bob.call(str(ALICE), unverified=UnverifiedAnswer.ALLOW), 15)
            assert call.party is not None
            assert call.party.trust is Trust.UNVERIFIED
            assert call.media is not None
            await call.media.wait_for_audio(1.0)
            heard = await call.media.stats()
            assert abs(heard.frequency_hz - 523.25) < 5
            call.hang_up()
            await call.wait_ended(10)
            assert call.ended_by == "local"


async def test_baresip_calls_a_uc_and_is_hung_up_on(tmp_path: Path) -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        bob = await network.user(BOB, media_address=media_address())
        node = f"{HOST}:{network.listed[0].sockets.port}"
        async with baresip(tmp_path / "phone", network, ALICE, f"/dial sip:{BOB}@{node}"):
            incoming = await asyncio.wait_for(bob.incoming.get(), 15)
            assert incoming.party is not None
            assert incoming.party.trust is Trust.UNVERIFIED
            await incoming.answer()
            assert incoming.media is not None
            await incoming.media.wait_for_audio(1.0)
            assert abs((await incoming.media.stats()).frequency_hz - 523.25) < 5
            incoming.hang_up()
            await incoming.wait_ended(10)
