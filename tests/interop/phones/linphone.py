"""linphonec, over UDP, TCP and TLS, with DTLS-SRTP and ICE. It takes no sound card, but files, when told so first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import program
from tests.interop.phones.program import Account, Manner

# A port of -1 is any that is free. ICE is taken only from a policy that names it among its protocols.
SETTINGS = """
[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
default_proxy=0
root_ca={authority}
media_encryption=dtls
guess_hostname=0
contact=sip:{number}@127.0.0.1
use_ipv6=0
[net]
nat_policy_ref=ice
[nat_policy_0]
ref=ice
ice_enabled=1
protocols=stun,ice
[rtp]
rtcp_mux=1
audio_rtp_port=-1
[proxy_0]
reg_proxy=<{server}>
reg_identity={identity}
reg_expires=600
reg_sendregister=1
publish=0
nat_policy_ref=ice
[auth_info_0]
username={number}
userid={user}
passwd={password}
realm=telprotocol
"""


@dataclass(frozen=True)
class Linphone:
    manner: Manner = Manner(
        dial="call {address}",
        hang_up="terminate",
        hold="pause",
        resume="resume",
        connected="connected.",
        ended=("ended (",),
        first=("soundcard use files", "play {tone}", "record heard.wav"),
    )

    def command(self, folder: Path, account: Account, tone: Path) -> Sequence[str]:
        settings = SETTINGS.format(
            number=account.number,
            identity=account.address(account.number),
            server=account.server,
            user=account.password.username,
            password=account.password.password,
            authority=account.authority or "",
        )
        (folder / "linphonerc").write_text(settings)
        (folder / ".local/share/linphone").mkdir(
            parents=True
        )  # its database, which it does not make room for
        return (program("linphonec"), "-a", "-c", str(folder / "linphonerc"))
