"""Signatures of contract wallets that were not deployed when they signed (ERC-6492).

Such a wallet wraps its signature together with the factory call that would deploy it. telsdk takes the wrapper off, and
never makes that call: it would run code that whoever sent the signature chose, and a wallet with a number of its own
can be deployed by its owner at any time.
"""

from __future__ import annotations

from typing import Final

MAGIC: Final = bytes.fromhex("6492" * 16)
"""The last 32 octets of a wrapped signature."""

NOT_DEPLOYED: Final = "this wallet is not deployed yet: send any transaction with it, then try again"

_WRAPPED: Final = ("address", "bytes", "bytes")  # the factory, what it is called with, the signature


def is_wrapped(signature: bytes) -> bool:
    """Return whether `signature` ends as a wrapped one does."""
    return signature.endswith(MAGIC)


def unwrapped(signature: bytes) -> bytes:
    """Return the signature that the wallet itself takes: the inner one, or `signature` where there is no wrapper.

    What only ends like a wrapped one is returned as it is; a wallet may still say yes to it.
    """
    if not is_wrapped(signature):
        return signature
    # Here, because it takes half a second to load, and next to no signature is wrapped.
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    try:
        return bytes(decode(_WRAPPED, signature[: -len(MAGIC)])[2])
    except (DecodingError, OverflowError):
        return signature
