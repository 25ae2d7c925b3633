"""The few things that aiortc and aioice can do but do not offer. Only this file reaches into them."""

from __future__ import annotations

import asyncio
import inspect

from aioice import Candidate
from aiortc import RTCPeerConnection, RTCRtpTransceiver
from aiortc.rtcdtlstransport import X509_DIGEST_ALGORITHMS, RTCDtlsTransport, certificate_digest
from cryptography.x509 import Certificate


def gather_on(audio: RTCRtpTransceiver, address: str) -> None:
    """Make `audio` use `address` and no other address of this machine.

    aioice takes the machine's addresses, leaves out 127.0.0.1, and has no setting for it. The usual remedy replaces
    `aioice.ice.get_host_addresses` for the whole process. Here only one connection changes: the (public) method that
    opens its sockets is wrapped.
    """
    connection = audio.receiver.transport.transport.iceGatherer._connection
    gather = connection.get_component_candidates

    async def gather_on_address(component: int, addresses: list[str], timeout: int = 5) -> list[Candidate]:  # noqa: ARG001
        return await gather(component, [address], timeout)

    connection.get_component_candidates = gather_on_address  # type: ignore[method-assign]


async def ended(peer: RTCPeerConnection) -> None:
    """Wait for the tasks in which `peer` itself runs.

    aiortc connects in a task of which it keeps no reference. If that was still looking for a path, it outlives `close`
    by one step of ICE's pacing (20 ms).
    """
    own = [
        task
        for task in asyncio.all_tasks()
        if inspect.iscoroutine(coroutine := task.get_coro())
        and inspect.getcoroutinelocals(coroutine).get("self") is peer
    ]
    await asyncio.gather(*own, return_exceptions=True)


def let_send(audio: RTCRtpTransceiver, on: bool) -> None:
    """Send what the source plays, or nothing. The source plays on.

    aiortc does this by itself only after a new offer and answer, which would begin ICE anew.
    """
    audio.sender._enabled = on


def fingerprint(transport: RTCDtlsTransport, algorithm: str) -> str:
    """Return the fingerprint of the peer's certificate, ``sha-256 AB:CD:..``; empty before, or for unknown hashes."""
    certificate = _certificate(transport)
    if certificate is None or algorithm not in X509_DIGEST_ALGORITHMS:
        return ""
    return f"{algorithm} {certificate_digest(certificate, algorithm)}"


def srtp_profile(transport: RTCDtlsTransport) -> str:
    """Return the SRTP profile that the handshake agreed on; empty before it."""
    return transport._ssl.get_selected_srtp_profile().decode() if transport._ssl else ""


def _certificate(transport: RTCDtlsTransport) -> Certificate | None:
    return transport._ssl.get_peer_certificate(as_cryptography=True) if transport._ssl else None
