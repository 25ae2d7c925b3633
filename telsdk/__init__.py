"""telsdk: phone numbers that belong to the person who holds them.

    >>> import telsdk
    >>> tel = telsdk.connect(rpc="http://127.0.0.1:8545")  # doctest: +SKIP
    >>> tel.lookup("bob.eth").owner  # doctest: +SKIP

`connect` and the rest of `telsdk.chain` are loaded when first used: importing telsdk loads neither web3 nor aiortc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telsdk.errors import NotFound, Refused, TelError
from telsdk.name import Name, NameFormatError
from telsdk.number import Number, NumberError

if TYPE_CHECKING:
    from telsdk.chain.client import connect

__all__ = ["Name", "NameFormatError", "NotFound", "Number", "NumberError", "Refused", "TelError", "connect"]
__version__ = "0.1.0"


def __getattr__(attribute: str) -> object:
    if attribute == "connect":
        from telsdk.chain.client import connect

        return connect
    raise AttributeError(f"module {__name__!r} has no attribute {attribute!r}")
