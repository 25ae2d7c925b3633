"""Which address of this machine others see."""

from __future__ import annotations

import pytest

from telsdk.net.local import address_toward
from telsdk.net.sockets import ListenError


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_reached_from_loopback(host: str) -> None:
    assert address_toward(host, 5061) in ("127.0.0.1", "::1")


@pytest.mark.parametrize("host", ["host.invalid", "999.1.1.1"])
def test_a_host_that_is_not_there_is_named(host: str) -> None:
    with pytest.raises(ListenError, match=f"no way leads to {host}:5061"):
        address_toward(host, 5061)
