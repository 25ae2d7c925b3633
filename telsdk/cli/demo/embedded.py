"""Start the embedded chain, or say how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telsdk.errors import TelError

if TYPE_CHECKING:
    from telsdk.chain.development import DevChain


class NoEmbeddedChain(TelError):
    """What the embedded chain needs is not installed."""


def embedded_chain() -> DevChain:
    """Return a chain inside this process.

    Raises:
        NoEmbeddedChain: the extra ``[demo]`` is not installed.
    """
    try:
        from telsdk.chain.development import embedded
    except ImportError as error:
        raise NoEmbeddedChain(
            f"{error.name} is missing: pip install 'telprotocol[demo]', or give --rpc URL of an anvil"
        ) from error
    return embedded.EmbeddedChain()
