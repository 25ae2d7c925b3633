"""A phone that others wrote, over TLS where a node shows an ordinary certificate: it knows nothing of pins.

baresip 1.0 does not look at the certificate; that a wrong one is refused is shown with JsSIP (`test_websocket.py`) and
with our own client (`tests/net/test_certificates.py`).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from telsdk.net.sockets import Listener, bind_stream
from tests.conftest import program
from tests.interop.phones.baresip import CONFIG
from tests.interop.test_phones import SECRET, phone_password
from tests.net.authority import Authority, ip
from tests.network import ALICE, HOST, Network

pytestmark = pytest.mark.interop


def set_up(folder: Path, network: Network, listener: Listener, authority: Authority) -> None:
    """A baresip's folder: an account of ALICE over TLS."""
    issued = phone_password(network, ALICE)
    host, port = listener.address
    folder.mkdir()
    config = CONFIG.format(tone=folder / "none.wav", folder=folder) + f"sip_cafile {authority.file}\n"
    (folder / "config").write_text(config)
    (folder / "contacts").write_text("")
    (folder / "accounts").write_text(
        f"<sip:{ALICE}@{host}:{port};transport=tls>;auth_user={issued.username};auth_pass={issued.password};"
        "regint=600\n"
    )


async def test_baresip_registers_over_tls_where_a_certificate_is_shown(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    listener = Listener("TLS", bind_stream(HOST), authority.issue(ip(HOST)).server_context())
    async with Network(1) as network:
        await network.start_node(0, phone_secrets=(SECRET,), listeners=[listener])
        set_up(tmp_path / "phone", network, listener, authority)
        process = await asyncio.create_subprocess_exec(
            program("baresip"), "-f", str(tmp_path / "phone"),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            async with asyncio.timeout(20):
                while b"200 OK" not in (line := await process.stdout.readline()):
                    assert line, "baresip ended without a registration"
            (binding,) = network.nodes[0].registrar.bindings(str(ALICE))
            assert (binding.hop.transport, binding.contact.uri.transport) == ("TLS", "tls")
        finally:
            process.kill()
            await process.communicate()
