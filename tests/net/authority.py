"""A certificate authority for tests, as a stranger's would be: it signs what it is told to."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from telsdk.net.certificates import ServerCertificate

DAY = datetime.timedelta(days=1)


def dns(name: str) -> x509.GeneralName:
    return x509.DNSName(name)


def uri(text: str) -> x509.GeneralName:
    return x509.UniformResourceIdentifier(text)


def ip(text: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(text))


@dataclass
class Authority:
    """Keeps its files in `folder`."""

    folder: Path

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("authority of the tests")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        own = (
            _builder(self._name, self._name, self._key, 30)
            .add_extension(x509.BasicConstraints(True, 0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.file = self.folder / "authority.pem"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, *names: x509.GeneralName, common_name: str = "server", days: int = 30
    ) -> ServerCertificate:
        """A certificate for `names` that ends in `days`, which may be over."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = _for(names, _builder(_name(common_name), self._name, key, days))
        builder = builder.add_extension(issuer, critical=False)  # RFC 5280 4.2.1.1; Python 3.13 insists
        return self._write(builder.sign(self._key, hashes.SHA256()), key, self.file.read_bytes())

    def self_signed(self, *names: x509.GeneralName) -> ServerCertificate:
        """A certificate that nobody vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _for(names, _builder(_name("self"), _name("self"), key, 30))
        return self._write(builder.sign(key, hashes.SHA256()), key, b"")

    def _write(
        self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, chain: bytes
    ) -> ServerCertificate:
        serial = f"{certificate.serial_number:x}"
        shown = ServerCertificate(self.folder / f"{serial}.pem", self.folder / f"{serial}.key.pem")
        shown.chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + chain)
        shown.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return shown


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _for(names: Sequence[x509.GeneralName], builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    return builder.add_extension(x509.SubjectAlternativeName(names), critical=False) if names else builder


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 60 * DAY)
        .not_valid_after(now + days * DAY)
    )
