"""Where a node takes connections besides its listed address."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from telsdk.cli.common.listeners import extra
from telsdk.net.certificates import CertificateFileError
from telsdk.net.pins import TlsIdentity
from telsdk.net.sockets import ListenError, bind_stream
from tests.net.authority import Authority, dns

KEY = TlsIdentity.generate()
HERE = ("127.0.0.1", 0)


def test_each_place_is_bound_for_its_transport(tmp_path: Path) -> None:
    shown = Authority(tmp_path).issue(dns("localhost"))
    bound = extra(HERE, HERE, HERE, HERE, shown.chain, shown.key).bind(KEY)
    assert [one.transport for one in bound] == ["WS", "WSS", "TCP", "TLS"]
    assert [isinstance(one.context, ssl.SSLContext) for one in bound] == [False, True, False, True]
    for one in bound:
        one.socket.close()


def test_secure_websocket_without_a_certificate_shows_the_own_key() -> None:
    (one,) = extra(None, HERE, None, None, None, None).bind(KEY)
    assert one.context is not None
    one.socket.close()


def test_when_one_place_is_taken_none_stays_bound() -> None:
    taken, free = bind_stream("127.0.0.1"), bind_stream("127.0.0.1")
    place = free.getsockname()
    free.close()
    with pytest.raises(ListenError, match="cannot listen on 127.0.0.1"):
        extra(place, taken.getsockname(), None, None, None, None).bind(KEY)
    bind_stream(*place).close()
    taken.close()


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("junk")
    with pytest.raises(CertificateFileError, match="junk.pem"):
        extra(None, HERE, None, None, junk, junk).bind(KEY)
