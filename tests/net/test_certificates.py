"""TLS by ordinary certificates: on real connections, and the rules of RFC 5922 one by one."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from telsdk.net.certificates import (
    CertificateFileError,
    CertificateRefused,
    ServerCertificate,
    TrustStore,
    check_sip_host,
)
from telsdk.net.pins import TlsIdentity
from telsdk.sip.hop import Hop
from telsdk.sip.transaction import ResponseReceived, TransportFailed
from tests.net.authority import Authority, dns, ip, uri
from tests.net.endpoint import HOST, Endpoint, endpoint


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def trust(authority: Authority) -> TrustStore:
    return TrustStore(authority.file)


def der(certificate: ServerCertificate) -> bytes:
    return ssl.PEM_cert_to_DER_cert(
        certificate.chain.read_text().split("-----END")[0] + "-----END CERTIFICATE-----"
    )


def at(bob: Endpoint, transport: str, host: str = "localhost") -> Hop:
    """Where bob shows his certificate, by another name of his."""
    return Hop(transport, host, bob.besides[transport][1])


@pytest.mark.parametrize("transport", ["TLS", "WSS"])
@pytest.mark.parametrize(("name", "host"), [(dns("localhost"), "localhost"), (ip(HOST), HOST)])
async def test_a_certificate_for_the_host_is_taken(
    authority: Authority, trust: TrustStore, transport: str, name: x509.GeneralName, host: str
) -> None:
    async with (
        endpoint(trust=trust) as alice,
        endpoint(web=[transport], certificate=authority.issue(name)) as bob,
    ):
        alice.options(at(bob, transport, host))
        event = await alice.saw(ResponseReceived)
        assert isinstance(event, ResponseReceived)
        assert event.response.status == 200


async def refused(alice: Endpoint, bob: Endpoint, hop: Hop, caplog: pytest.LogCaptureFixture) -> str:
    """Why alice does not send to `hop`; not a byte of it was."""
    with caplog.at_level(logging.INFO, "telsdk.net.driver"):
        alice.options(hop)
        await alice.saw(TransportFailed)
    assert bob.wires == []
    return caplog.records[-1].getMessage()


@pytest.mark.parametrize("transport", ["TLS", "WSS"])
async def test_a_certificate_for_another_host_is_refused(
    authority: Authority, trust: TrustStore, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    shown = authority.issue(dns("example.com"))
    async with endpoint(trust=trust) as alice, endpoint(web=[transport], certificate=shown) as bob:
        reason = await refused(alice, bob, at(bob, transport), caplog)
    assert "localhost shows a certificate" in reason
    assert "example.com" in reason or "not valid for 'localhost'" in reason


@pytest.mark.parametrize("transport", ["TLS", "WSS"])
async def test_an_expired_certificate_is_refused(
    authority: Authority, trust: TrustStore, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    shown = authority.issue(dns("localhost"), days=-1)
    async with endpoint(trust=trust) as alice, endpoint(web=[transport], certificate=shown) as bob:
        assert "has expired" in await refused(alice, bob, at(bob, transport), caplog)


@pytest.mark.parametrize("transport", ["TLS", "WSS"])
async def test_a_self_signed_certificate_is_refused(
    authority: Authority, trust: TrustStore, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    shown = authority.self_signed(dns("localhost"))
    async with endpoint(trust=trust) as alice, endpoint(web=[transport], certificate=shown) as bob:
        reason = await refused(alice, bob, at(bob, transport), caplog)
    assert "self-signed certificate" in reason
    assert "authority's file" in reason


async def test_an_authority_that_is_not_trusted_is_of_no_use(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = TrustStore(Authority(tmp_path).file)
    shown = authority.issue(dns("localhost"))
    async with endpoint(trust=other) as alice, endpoint(web=["TLS"], certificate=shown) as bob:
        assert "not to be trusted" in await refused(alice, bob, at(bob, "TLS"), caplog)


async def test_where_nobody_is_trusted_a_certificate_says_nothing(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    shown = authority.issue(dns("localhost"))
    async with endpoint() as alice, endpoint(web=["TLS"], certificate=shown) as bob:
        assert "expected none" in await refused(alice, bob, at(bob, "TLS"), caplog)


async def test_a_pinned_key_needs_no_authority_and_outweighs_one(
    authority: Authority, trust: TrustStore, caplog: pytest.LogCaptureFixture
) -> None:
    async with endpoint(trust=trust) as alice, endpoint() as bob:
        alice.options(bob.hop("TLS"))
        await alice.saw(ResponseReceived)
    pinned = frozenset({TlsIdentity.generate().pin})
    shown = authority.issue(dns("localhost"))
    async with endpoint(trust=trust) as alice, endpoint(web=["TLS"], certificate=shown) as bob:
        hop = Hop("TLS", "localhost", bob.besides["TLS"][1], pins=pinned)
        assert "showed the key" in await refused(alice, bob, hop, caplog)


@pytest.mark.parametrize(
    ("names", "host"),
    [
        ([dns("example.com")], "example.com"),
        ([dns("EXAMPLE.com")], "Example.COM"),
        ([uri("sip:example.com")], "example.com"),
        ([uri("sip:example.com"), dns("other.com")], "example.com"),
        ([dns("one.com"), dns("two.com")], "two.com"),
        ([ip("2001:db8::7")], "2001:db8::7"),
    ],
)
def test_a_name_that_stands_there_is_taken(
    authority: Authority, names: list[x509.GeneralName], host: str
) -> None:
    check_sip_host(der(authority.issue(*names)), host)


@pytest.mark.parametrize(
    ("names", "host"),
    [
        ([dns("*.example.com")], "sip.example.com"),  # 7.2: no wildcards
        ([dns("example.com")], "sip.example.com"),
        ([uri("sip:other.com"), dns("example.com")], "example.com"),  # 7.1: then DNS names do not count
        ([uri("sip:alice@example.com")], "example.com"),  # 7.1: a person
        ([uri("sips:example.com")], "example.com"),  # 7.1: "sip" and no other scheme
        ([uri("https://example.com")], "example.com"),
        ([dns("192.0.2.7")], "192.0.2.7"),  # an address has to stand there as one
        ([], "server"),  # the common name
    ],
)
def test_a_name_that_does_not_is_refused(
    authority: Authority, names: list[x509.GeneralName], host: str
) -> None:
    with pytest.raises(CertificateRefused, match=f"{host} shows a certificate for"):
        check_sip_host(der(authority.issue(*names)), host)


def test_files_that_are_no_certificate_are_named(authority: Authority, tmp_path: Path) -> None:
    good, other = authority.issue(dns("a.com")), authority.issue(dns("b.com"))
    junk = tmp_path / "junk.pem"
    junk.write_text("junk")
    for chain, key, reason in [
        (tmp_path / "missing.pem", good.key, "missing.pem"),
        (junk, good.key, "junk.pem"),
        (good.chain, junk, "junk.pem"),
        (good.chain, other.key, "the key is of another certificate"),
    ]:
        with pytest.raises(CertificateFileError, match=reason):
            ServerCertificate(chain, key).server_context()
    for file in (junk, tmp_path / "missing.pem"):
        with pytest.raises(CertificateFileError, match="gives no certificates"):
            TrustStore(file)


def test_the_authorities_of_this_system_are_there_unless_others_are_named() -> None:
    assert TrustStore().context("TLS").verify_mode is ssl.CERT_REQUIRED
    assert TrustStore().context("WSS").check_hostname
