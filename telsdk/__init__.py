"""telsdk: phone numbers that belong to the person who holds them.

    >>> import telsdk
    >>> tel = telsdk.connect(rpc="http://127.0.0.1:8545")  # doctest: +SKIP
    >>> tel.lookup("bob.eth").owner  # doctest: +SKIP

`dir(telsdk)` shows where to begin; `examples/` has whole programs. All but numbers, names and errors is loaded at its
first use: to import telsdk loads neither web3 nor aiortc.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from telsdk.errors import NotFound, Refused, TelError
from telsdk.name import Name, NameFormatError
from telsdk.number import Number, NumberError

if TYPE_CHECKING:
    from telsdk.chain.client import Client, connect
    from telsdk.chain.index import ChainIndex
    from telsdk.credential.deep import KeystoreSigner
    from telsdk.credential.session import Login, login_deep, login_light
    from telsdk.hub.hub import Hub
    from telsdk.hub.settings import HubSettings
    from telsdk.net.pins import TlsIdentity
    from telsdk.net.sockets import bind
    from telsdk.node.node import Node
    from telsdk.node.settings import NodeSettings
    from telsdk.uc.call import PhoneCall
    from telsdk.uc.client import UserClient
    from telsdk.uc.settings import UcSettings
    from telsdk.uc.store import Store

__all__ = [
    "ChainIndex",
    "Client",
    "Hub",
    "HubSettings",
    "KeystoreSigner",
    "Login",
    "Name",
    "NameFormatError",
    "Node",
    "NodeSettings",
    "NotFound",
    "Number",
    "NumberError",
    "PhoneCall",
    "Refused",
    "Store",
    "TelError",
    "TlsIdentity",
    "UcSettings",
    "UserClient",
    "bind",
    "connect",
    "login_deep",
    "login_light",
]
__version__ = "0.1.0"

_PLACES = {
    "ChainIndex": "telsdk.chain.index",
    "Client": "telsdk.chain.client",
    "Hub": "telsdk.hub.hub",
    "HubSettings": "telsdk.hub.settings",
    "KeystoreSigner": "telsdk.credential.deep",
    "Login": "telsdk.credential.session",
    "Node": "telsdk.node.node",
    "NodeSettings": "telsdk.node.settings",
    "PhoneCall": "telsdk.uc.call",
    "Store": "telsdk.uc.store",
    "TlsIdentity": "telsdk.net.pins",
    "UcSettings": "telsdk.uc.settings",
    "UserClient": "telsdk.uc.client",
    "bind": "telsdk.net.sockets",
    "connect": "telsdk.chain.client",
    "login_deep": "telsdk.credential.session",
    "login_light": "telsdk.credential.session",
}


def __getattr__(attribute: str) -> object:
    place = _PLACES.get(attribute)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {attribute!r}")
    try:
        module = import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(__name__):
            raise
        raise ModuleNotFoundError(
            f"telsdk.{attribute} needs {error.name}: pip install 'telprotocol[uc]'", name=error.name
        ) from error
    return getattr(module, attribute)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
