"""The audio of a call: DTLS-SRTP with Opus, by aiortc (extra ``[uc]``).

    async with MediaSession(Path("hello.wav"), address="127.0.0.1") as media:
        invite(body=await media.offer())
        ...
        await media.accept(answer)
        await media.wait_for_audio(seconds=1.0)
        print(await media.stats())

Both parties' addresses, ports and keys travel in the session descriptions; see `MediaSession`.
"""

from telsdk.uc.media.errors import (
    AudioFileError,
    DescriptionRefused,
    FingerprintMismatch,
    MediaEnded,
    MediaError,
    MediaTimeout,
    NoMediaPath,
)
from telsdk.uc.media.meter import Meter
from telsdk.uc.media.session import MediaSession, MediaStats, check_first_offer
from telsdk.uc.media.source import tone_wav

__all__ = [
    "AudioFileError",
    "DescriptionRefused",
    "FingerprintMismatch",
    "MediaEnded",
    "MediaError",
    "MediaSession",
    "MediaStats",
    "MediaTimeout",
    "Meter",
    "NoMediaPath",
    "check_first_offer",
    "tone_wav",
]
