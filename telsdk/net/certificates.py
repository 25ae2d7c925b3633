"""TLS by ordinary certificates: an authority that both sides trust says who a peer is.

Nodes and hubs know each other by pinned keys (`telsdk.net.pins`). Browsers and plain phones do not, and a server that
the chain does not list has nothing but a certificate to show. A certificate for SIP is compared with the host by RFC
5922, which has no wildcards. One for WebSocket is compared by the rules of https (RFC 7118 section 5, RFC 6125), and
the ssl module does that.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from telsdk.errors import Refused, TelError
from telsdk.net.resolve import is_address
from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Uri


class CertificateRefused(Refused):
    """The peer's certificate is not for the host that was asked for, or no trusted authority signed it."""


class CertificateFileError(TelError):
    """A certificate, its key or a list of authorities cannot be used."""


@dataclass(frozen=True)
class ServerCertificate:
    """A server's certificate, the chain from it to an authority (PEM, the server's first), and its key."""

    chain: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """Return a server context that presents the certificate. It takes TLS 1.2: old phones know nothing newer.

        Raises:
            CertificateFileError: a file is missing or holds something else, or the key belongs to another certificate.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION  # a peer could keep this process busy with it
        try:
            # For an encrypted key OpenSSL would ask on the terminal. With an empty password it fails instead.
            context.load_cert_chain(self.chain, self.key, password="")
        except (OSError, ValueError) as error:
            raise CertificateFileError(
                f"{self.chain} with the key {self.key} cannot be used: {_reason(error)}"
            ) from error
        return context


class TrustStore:
    """The authorities that are trusted to say which server has a name.

    Args:
        ca_file: their certificates (PEM); None for those of this system.

    Raises:
        CertificateFileError: the file is missing or holds no certificate.
    """

    def __init__(self, ca_file: Path | None = None) -> None:
        self._sip = _client_context(ca_file)
        self._sip.check_hostname = False  # `check_sip_host` does it instead, by RFC 5922
        self._web = _client_context(ca_file)

    def context(self, transport: str) -> ssl.SSLContext:
        """Return the context to connect with over TLS or WSS."""
        return self._web if transport == "WSS" else self._sip


def check_sip_host(der: bytes, host: str) -> None:
    """Check that a certificate, whose chain was found good, is for the host that was asked for (RFC 5922 section 7).

    Where it has SIP URIs, its DNS names do not count. Wildcards match nothing, the common name is not looked at, and an
    IP address counts only as one.

    Raises:
        CertificateRefused: the certificate is for another host.
    """
    names = _names(der)
    if host.lower() not in names:
        shown = ", ".join(sorted(names)) or "nobody"
        raise CertificateRefused(f"{host} shows a certificate for {shown}: not sent")


def certificate_refusal(error: ssl.SSLCertVerificationError, host: str) -> CertificateRefused:
    """Return what the ssl module found wrong, in words for people."""
    reason = error.verify_message or str(error)
    return CertificateRefused(
        f"{host} shows a certificate that is not to be trusted: {reason.rstrip('.')}; if its authority is your own, "
        "name that authority's file"
    )


def _client_context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file is not None else None)
    except OSError as error:
        raise CertificateFileError(f"{ca_file} gives no certificates: {_reason(error)}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


def _names(der: bytes) -> set[str]:
    """Return the identities in a certificate (RFC 5922 section 7.1)."""
    try:
        extensions = x509.load_der_x509_certificate(der).extensions
        alternatives = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return set()
    addresses = {str(address) for address in alternatives.get_values_for_type(x509.IPAddress)}
    domains = set(
        filter(None, map(_sip_domain, alternatives.get_values_for_type(x509.UniformResourceIdentifier)))
    )
    if not domains:
        dns = alternatives.get_values_for_type(x509.DNSName)
        domains = {name.lower() for name in dns if "*" not in name and not is_address(name)}
    return addresses | domains


def _sip_domain(text: str) -> str | None:
    """Return the domain that a SIP URI in a certificate names; None when it names a user (RFC 5922 section 7.1)."""
    try:
        uri = Uri.parse(text)
    except SipParseError:
        return None
    return uri.host if uri.scheme == "sip" and uri.user is None else None


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        known = {
            "KEY_VALUES_MISMATCH": "the key is of another certificate",
            "NO_START_LINE": "no PEM is in it",
        }
        return known.get(error.reason or "", error.reason or str(error))
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
