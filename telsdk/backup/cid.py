"""Content ids of raw blocks: CIDv1, codec raw, sha2-256, base32. The same for a folder and for IPFS."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

DIGEST_LENGTH: Final = 32
_PREFIX: Final = bytes((0x01, 0x55, 0x12, DIGEST_LENGTH))  # version 1, raw, sha2-256, its length
_MULTIBASE: Final = "b"  # base32, lower case, no padding


def digest_of(data: bytes) -> bytes:
    """Return the 32 octets that name a block: stores are asked by them, and a backup pointer on the chain is one."""
    return hashlib.sha256(data).digest()


def cid_of(digest: bytes) -> str:
    """Return a block's CID as text, ``bafkrei…``.

    Raises:
        ValueError: `digest` does not have 32 octets.
    """
    if len(digest) != DIGEST_LENGTH:
        raise ValueError(f"a digest has {DIGEST_LENGTH} bytes, not {len(digest)}")
    return _MULTIBASE + base64.b32encode(_PREFIX + digest).decode().rstrip("=").lower()
