"""Where a server of a benchmark listens, and by which key: made before it runs, and handed to its process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.net.pins import TlsIdentity
from telsdk.net.sockets import BoundSockets, bind
from telsdk.sip.message import write_host

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Place:
    """Bound sockets and a key, in a form that can be given to another process."""

    sockets: BoundSockets
    port: int
    key: bytes  # PEM
    pin: bytes

    @classmethod
    def make(cls) -> Self:
        """A free port and a new key."""
        identity = TlsIdentity.generate()
        pem = identity.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        sockets = bind(HOST)
        return cls(sockets, sockets.port, pem, identity.pin)

    @property
    def identity(self) -> TlsIdentity:
        key = serialization.load_pem_private_key(self.key, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return TlsIdentity(key)

    @property
    def uri(self) -> str:
        return f"sip:{write_host(HOST, self.port)};transport=tls"
