"""The audio of one call: Opus over DTLS-SRTP, on a path that ICE finds, all by aiortc."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InternalError, InvalidStateError, OperationError
from aiortc.rtcrtpparameters import RTCRtpCodecCapability
from aiortc.rtcrtpsender import RTCRtpSender
from aiortc.sdp import SessionDescription
from aiortc.stats import RTCInboundRtpStreamStats

from telsdk.uc.media import description, internals
from telsdk.uc.media.errors import (
    DescriptionRefused,
    FingerprintMismatch,
    MediaEnded,
    MediaError,
    MediaTimeout,
    NoMediaPath,
)
from telsdk.uc.media.sink import Sink
from telsdk.uc.media.source import Silence, WavSource

CODECS = ("audio/opus", "audio/PCMU", "audio/PCMA")  # in order of preference; every phone has the last two

# What aiortc raises for a description that it cannot use. It documents none of these.
_UNUSABLE = (
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    RuntimeError,
    StopIteration,
    InternalError,
    OperationError,
)


def check_first_offer(offer: bytes) -> None:
    """Make sure that `MediaSession.answer` can take this offer; nothing is opened for it.

    Raises:
        DescriptionRefused: it is malformed, or has no audio with ICE, DTLS-SRTP and a codec of ours.
    """
    remote = description.read_offer(offer)
    try:
        (audio,) = SessionDescription.parse(remote.text).media
        offered = {(codec.mimeType.lower(), codec.clockRate) for codec in audio.rtp.codecs}
    except _UNUSABLE as error:
        raise _unusable("offer", error) from error
    ours = {(codec.mimeType.lower(), codec.clockRate) for codec in _codecs()}
    if audio.ice is None or not audio.ice.usernameFragment or not audio.ice.password:
        raise _unusable("offer", "no ICE credentials")
    if audio.dtls is None:
        raise _unusable("offer", "no DTLS role")
    if not audio.rtcp_mux:
        raise _unusable("offer", "no rtcp-mux")
    if not offered & ours:
        raise _unusable("offer", "no codec in common")


def _codecs() -> list[RTCRtpCodecCapability]:
    """Return the codecs that we send and take, the preferred one first."""
    return [c for c in RTCRtpSender.getCapabilities("audio").codecs if c.mimeType in CODECS]


def _unusable(kind: str, reason: object) -> DescriptionRefused:
    return DescriptionRefused(
        f"cannot use the peer's {kind} ({reason}): it takes audio with ICE, rtcp-mux, DTLS-SRTP and"
        f" one of {', '.join(CODECS)}"
    )


@dataclass(frozen=True, slots=True)
class MediaStats:
    """What a party received so far."""

    packets_received: int
    packets_lost: int
    jitter_s: float
    """Interarrival jitter (RFC 3550 section 6.4.1), in seconds."""
    frequency_hz: float
    """The strongest frequency of the last second; 0 when silent."""
    level: float
    """Root mean square of the last second, 0 to 1 of full scale."""
    seconds: float
    """Sound heard, silence included."""
    codec: str
    """As in ``a=rtpmap``: ``opus/48000/2``; empty before there is an answer."""
    dtls_fingerprint_remote: str
    """The fingerprint of the peer's certificate, ``sha-256 AB:CD:...``; empty before the handshake."""
    cipher: str
    """The SRTP profile that DTLS agreed on (RFC 5764, 7714), e.g. ``SRTP_AEAD_AES_256_GCM``; empty before."""


class MediaSession:
    """The audio of one call: it plays one thing, and hears another.

    One side calls `offer` and later `accept`, the other side `answer`; then both may `wait_for_audio`. There is no
    audio unless the peer's certificate has the fingerprint that its description names. Make it inside a running event
    loop, and close it.

    Args:
        source: WAV file to play, again and again; None for silence.
        address: the one IP address of this machine to send and receive media on; None for all but loopback.
        record: WAV file to write what is heard to.

    Raises:
        AudioFileError: `source` cannot be played, or `record` cannot be written.
    """

    def __init__(
        self, source: Path | None = None, *, address: str | None = None, record: Path | None = None
    ) -> None:
        self._address = address
        self._changed = asyncio.Event()
        self._source = WavSource(source) if source else Silence()
        try:
            self._sink = Sink(self._changed.set, record)
        except MediaError:
            self._source.stop()
            raise
        self._listening: asyncio.Task[None] | None = None
        self._answer = ""
        # Without a list aiortc takes its default, a public ICE server. The empty list means none.
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.on("connectionstatechange", self._changed.set)
        self._audio = self._peer.addTransceiver(self._source)
        self._audio.setCodecPreferences(_codecs())
        if address is not None:
            internals.gather_on(self._audio, address)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def offer(self) -> bytes:
        """Make our offer, with every candidate in it.

        Raises:
            MediaError: no UDP socket could be had, or an offer was made already.
        """
        return description.write_offer(await self._describe())

    async def answer(self, offer: bytes) -> bytes:
        """Answer the peer's `offer`. Connecting begins at once.

        Raises:
            DescriptionRefused: it is malformed, or has no audio with ICE, DTLS-SRTP and a codec of ours.
            MediaError: no UDP socket could be had.
        """
        remote = description.read_offer(offer)
        await self._take(remote, "offer")
        self._answer = await self._describe()
        return description.write_answer(self._answer, remote)

    async def accept(self, answer: bytes) -> None:
        """Take the peer's `answer` to our offer. Connecting begins at once.

        Raises:
            DescriptionRefused: the answer is malformed, rejects the audio, or does not fit the offer.
        """
        remote = description.read_answer(answer)
        await self._take(remote, "answer")
        self._answer = remote.text

    def let_send(self, on: bool) -> None:
        """Send our sound, or no packet at all while the call is held."""
        internals.let_send(self._audio, on)

    async def wait_for_audio(self, seconds: float = 1.0, *, timeout: float = 10.0) -> None:
        """Wait until `seconds` of sound were heard, at most `timeout` seconds from now.

        Raises:
            FingerprintMismatch: the peer's certificate is not the one that it announced.
            NoMediaPath: ICE found no way to the peer.
            MediaEnded: the media ended before that, or the peer says that it sends none.
            MediaTimeout: the sound did not come in time.
        """
        try:
            async with asyncio.timeout(timeout):
                while self._sink.meter.seconds < seconds:
                    self._check_alive()
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise MediaTimeout(
                f"heard {self._sink.meter.seconds:.2f} of {seconds:g} s of sound within {timeout:g} s"
                f" (media is {self._peer.connectionState})"
            ) from None

    async def stats(self) -> MediaStats:
        """Return what was received so far. It works after `close` too."""
        streams = [
            report
            for report in (await self._peer.getStats()).values()
            if isinstance(report, RTCInboundRtpStreamStats)
        ]
        codec = description.codec(self._answer)
        clock_rate = int(codec.split("/")[1]) if codec else 1  # aiortc counts jitter in RTP timestamp units
        meter = self._sink.meter
        transport = self._audio.receiver.transport
        return MediaStats(
            packets_received=sum(stream.packetsReceived for stream in streams),
            packets_lost=sum(stream.packetsLost for stream in streams),
            jitter_s=max((stream.jitter for stream in streams), default=0) / clock_rate,
            frequency_hz=meter.frequency,
            level=meter.level,
            seconds=meter.seconds,
            codec=codec,
            dtls_fingerprint_remote=internals.fingerprint(transport, description.FINGERPRINT),
            cipher=internals.srtp_profile(transport),
        )

    async def close(self) -> None:
        """Stop sending and hearing, and let go of sockets, files and tasks. To close again does nothing."""
        await self._peer.close()
        await internals.ended(self._peer)
        self._source.stop()
        if self._listening:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
        self._sink.close()
        self._changed.set()

    async def _describe(self) -> str:
        """Return our own description, as aiortc writes it."""
        try:
            await self._peer.setLocalDescription()
        except InvalidStateError as error:
            raise MediaError(f"no description to be made now: {error}") from error
        text: str = self._peer.localDescription.sdp
        if "a=candidate:" not in text:
            raise MediaError(
                f"no UDP socket on media address {self._address or 'any'}: is it this machine's?"
            )
        return text

    async def _take(self, remote: description.Remote, kind: str) -> None:
        """Hand the peer's description to aiortc and begin to listen."""
        try:
            # Parse here first: a StopIteration that leaves a coroutine becomes a RuntimeError.
            SessionDescription.parse(remote.text)
            await self._peer.setRemoteDescription(RTCSessionDescription(sdp=remote.text, type=kind))
        except InvalidStateError as error:
            raise MediaError(f"no {kind} expected now: {error}") from error
        except _UNUSABLE as error:
            raise _unusable(kind, error) from error
        track = self._audio.receiver.track
        if track is not None:
            self._listening = asyncio.create_task(self._sink.run(track), name="telsdk media sink")

    def _check_alive(self) -> None:
        """Raise the reason if audio can no longer come."""
        state = self._peer.connectionState
        if state == "failed":
            raise self._failure()
        if state == "closed" or (self._listening and self._listening.done()):
            raise MediaEnded(f"the media ended after {self._sink.meter.seconds:.2f} s of sound")
        if self._answer and self._listening is None:
            raise MediaEnded("the peer's description says that it sends no audio")

    def _failure(self) -> MediaError:
        transport = self._audio.receiver.transport
        if transport.transport.state == "failed":
            return NoMediaPath(
                "ICE found no way to the peer, or lost it: no address in its description answers"
            )
        for announced in description.fingerprints(self._peer.remoteDescription.sdp.splitlines()):
            shown = internals.fingerprint(transport, announced.split(" ")[0])
            if shown not in ("", announced):
                return FingerprintMismatch(
                    f"the peer's certificate has fingerprint {shown}, but its description names {announced}:"
                    " somebody stands in between, so nothing was sent or heard"
                )
        return MediaError("the DTLS handshake with the peer failed: it may not support DTLS-SRTP (RFC 5764)")
