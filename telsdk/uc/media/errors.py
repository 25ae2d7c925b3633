"""What can go wrong with a call's media.

TelError
└── MediaError
    ├── AudioFileError        a WAV file is missing, empty or not 16-bit PCM (also ValueError)
    ├── DescriptionRefused    a session description cannot be used; a UC answers it with 488
    ├── NoMediaPath           ICE found no way to the peer
    ├── FingerprintMismatch   the peer's DTLS certificate is not the one its description named (also Refused)
    ├── MediaEnded            the media stopped, or never began, while something waited for them
    └── MediaTimeout          something took longer than the caller allowed (also TimeoutError)
"""

from __future__ import annotations

from telsdk.errors import Refused, TelError


class MediaError(TelError):
    """A call's media could not be set up or kept."""


class AudioFileError(MediaError, ValueError):
    """A file cannot be played: missing, empty, or not 16-bit PCM WAV."""


class DescriptionRefused(MediaError, ValueError):
    """A session description cannot be used: it is malformed, or lacks audio, ICE or DTLS-SRTP."""


class NoMediaPath(MediaError):
    """ICE (RFC 8445) tried every pair of addresses and none worked."""


class FingerprintMismatch(MediaError, Refused):
    """The peer's DTLS certificate does not have the fingerprint that its description names."""


class MediaEnded(MediaError):
    """The media stopped, or the peer sends none, while something waited for them."""


class MediaTimeout(MediaError, TimeoutError):
    """What the caller waited for did not come in the time that it allowed."""
