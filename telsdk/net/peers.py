"""What a peer must show on a connection that we open: a pinned key, or a certificate for its name."""

from __future__ import annotations

import ssl

from telsdk.net.certificates import TrustStore, check_sip_host
from telsdk.net.pins import check_pin, client_context
from telsdk.net.stream import CheckPeer
from telsdk.sip.hop import Hop


class Peers:
    """Expectations of peers: by the hop's pins; for a hop without pins by the authorities of `trust`, if any."""

    def __init__(self, trust: TrustStore | None) -> None:
        self._pinned = client_context()
        self._trust = trust

    def expectation(self, hop: Hop) -> tuple[ssl.SSLContext | None, CheckPeer | None]:
        """Return the context to connect to `hop` with, and the check of the certificate that the peer then shows."""
        if not hop.secure:
            return None, None
        if hop.pins or self._trust is None:
            # Without a pin and without an authority to trust, this refuses every peer.
            return self._pinned, lambda tls: check_pin(tls, hop.pins, f"{hop.host}:{hop.port}")
        check = None if hop.transport == "WSS" else lambda tls: check_sip_host(_shown(tls), hop.host)
        return self._trust.context(hop.transport), check


def _shown(tls: ssl.SSLObject) -> bytes:
    return tls.getpeercert(binary_form=True) or b""
