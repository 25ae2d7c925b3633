"""What a peer must show on a connection that we open: a pinned key, or a certificate for its name."""

from __future__ import annotations

import ssl

from telsdk.net.certificates import TrustStore, check_sip_host
from telsdk.net.framing import Framing
from telsdk.net.pins import check_pin, client_context
from telsdk.net.tls import TlsFraming
from telsdk.sip.hop import Hop


class Peers:
    """Expectations of peers: by the hop's pins; for a hop without pins by the authorities of `trust`, if any."""

    def __init__(self, trust: TrustStore | None) -> None:
        self._pinned = client_context()
        self._trust = trust

    def secure(self, hop: Hop, framing: Framing) -> Framing:
        """Return `framing` within TLS that accepts no other peer than `hop` names; unchanged for a plain hop.

        Raises:
            ValueError: the host cannot be the name of a TLS server.
        """
        if not hop.secure:
            return framing
        if hop.pins or self._trust is None:
            # Without a pin and without an authority to trust, this refuses every peer.
            place = f"{hop.host}:{hop.port}"
            return TlsFraming(framing, self._pinned, hop.host, lambda tls: check_pin(tls, hop.pins, place))
        check = None if hop.transport == "WSS" else lambda tls: check_sip_host(_shown(tls), hop.host)
        return TlsFraming(framing, self._trust.context(hop.transport), hop.host, check)


def _shown(tls: ssl.SSLObject) -> bytes:
    return tls.getpeercert(binary_form=True) or b""
