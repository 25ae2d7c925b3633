"""TLS by pinned keys: the chain says who a peer is, not a certificate authority.

A pin is the SHA-256 of the certificate's SubjectPublicKeyInfo (the form of RFC 7469). The certificate is a self-signed
wrapping for the key: its names and dates mean nothing, and nobody looks at them.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from telsdk import private
from telsdk.errors import Refused, TelError

MAX_KEY_FILE = 65_536  # octets


class PinMismatch(Refused):
    """The peer's key is not the one that the chain, or its caller token, names."""


class KeyFileError(TelError):
    """A key file cannot be read or written."""


def pin_of_key(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the pin of a public key: SHA-256 over its DER SubjectPublicKeyInfo."""
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


def pin_of_certificate(der: bytes) -> bytes:
    """Return the pin of the key in a DER certificate."""
    spki = (
        x509.load_der_x509_certificate(der)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return hashlib.sha256(spki).digest()


@dataclass(frozen=True)
class TlsIdentity:
    """A P-256 key, and the certificate that TLS wants around it: with it a node, hub or UC proves itself."""

    key: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        return f"TlsIdentity({self.pin.hex()})"

    @classmethod
    def generate(cls) -> TlsIdentity:
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def load(cls, path: Path) -> TlsIdentity:
        """Load the identity kept in `path` (PEM, mode 600).

        Raises:
            KeyFileError: the file holds something else, or cannot be read.
            TooOpen: others may read the file.
        """
        try:
            pem = private.read(path, MAX_KEY_FILE)
            key = serialization.load_pem_private_key(pem, password=None)
        except (OSError, ValueError, TypeError) as error:
            raise KeyFileError(f"{path} gives no key: {error}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise KeyFileError(f"{path} holds another kind of key: a node needs a P-256 key in PEM")
        return cls(key)

    @classmethod
    def load_or_create(cls, path: Path) -> TlsIdentity:
        """Load the identity kept in `path`. Make it there first when the file is missing.

        Raises:
            KeyFileError: as for `load`, or the file cannot be written.
            TooOpen: as for `load`.
        """
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(FileExistsError):  # another process was quicker: take its key
                    private.create(path, cls.generate()._private_pem())
        except OSError as error:
            raise KeyFileError(f"{path} gives no key: {error}") from error
        return cls.load(path)

    @property
    def pin(self) -> bytes:
        return pin_of_key(self.key.public_key())

    def server_context(self) -> ssl.SSLContext:
        """Return a TLS 1.3 server context that presents this key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.num_tickets = 0  # nobody who pins keys resumes: two tickets a connection for nothing
        self.present_in(context)
        return context

    def present_in(self, context: ssl.SSLContext) -> None:
        """Make a server context present this key from now on. Connections that it has made stay as they are."""
        # The ssl module takes a certificate only from a file. This one lives for the length of one call.
        with tempfile.TemporaryDirectory() as folder:
            pem = Path(folder, "identity.pem")
            pem.touch(mode=0o600)
            pem.write_bytes(self._private_pem() + self._certificate_pem())
            context.load_cert_chain(pem)

    def _private_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def _certificate_pem(self) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "telprotocol")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime(2020, 1, 1))
            .not_valid_after(datetime.datetime(9999, 12, 31, 23, 59, 59))  # RFC 5280 4.1.2.5: no end
            .sign(self.key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)


def client_context() -> ssl.SSLContext:
    """Return a TLS 1.3 client context that leaves the judgement of the peer to `check_pin`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def check_pin(tls: ssl.SSLObject, pins: frozenset[bytes], peer: str) -> None:
    """Check that the peer's key is a pinned one. That the peer owns the key, the handshake has shown.

    Raises:
        PinMismatch: the peer's key has none of `pins`.
    """
    certificate = tls.getpeercert(binary_form=True)
    seen = pin_of_certificate(certificate) if certificate else b""
    if seen not in pins:
        wanted = " or ".join(sorted(pin.hex()[:16] for pin in pins)) or "none"
        raise PinMismatch(f"{peer} showed the key {seen.hex()[:16]}, expected {wanted}: not sent")
