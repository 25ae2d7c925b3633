"""Write settings for phones, ready to use: the content of a `PhoneAccount` in each program's own form.

All name the number at `telprotocol` as the phone's address, and the node as the way there. So people can dial a name or
number without a host. Media is encrypted by DTLS-SRTP and finds its way by ICE: user clients accept nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from telsdk.address import REALM, aor
from telsdk.credential.phoneaccount import PhoneAccount, PhoneServer

REGISTER_EVERY: Final = 600  # seconds


def baresip(account: PhoneAccount, server: PhoneServer) -> str:
    """Return a line of baresip's file `accounts`."""
    return (
        f'<{aor(account.number)};transport={server.transport}>;outbound="{server}"'
        f";auth_user={account.issued.username};auth_pass={account.issued.password}"
        f";regint={REGISTER_EVERY};mediaenc=dtls_srtp;medianat=ice\n"
    )


def linphone(account: PhoneAccount, server: PhoneServer) -> str:
    """Return a linphonerc, which `linphonec -c FILE` reads. Port -1 is any free one; only a policy can turn on ICE."""
    return f"""\
[sip]
default_proxy=0
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
media_encryption=dtls

[rtp]
rtcp_mux=1

[net]
nat_policy_ref=ice

[nat_policy_0]
ref=ice
ice_enabled=1
protocols=stun,ice

[proxy_0]
reg_proxy=<{server}>
reg_route=<{server};lr>
reg_identity={aor(account.number)}
reg_expires={REGISTER_EVERY}
reg_sendregister=1
publish=0
nat_policy_ref=ice

[auth_info_0]
username={account.number}
userid={account.issued.username}
passwd={account.issued.password}
realm={REALM}
domain={REALM}
"""


def by_hand(account: PhoneAccount, server: PhoneServer) -> str:
    """Return what a person copies into the fields of any other phone."""
    return (
        f"address: {aor(account.number)}\nproxy: {server}\nusername: {account.issued.username}\n"
        f"password: {account.issued.password}\n"
    )


PROGRAMS: Final[Mapping[str, Callable[[PhoneAccount, PhoneServer], str]]] = {
    "baresip": baresip,
    "linphone": linphone,
}
"""The writer of settings, by the name of the program."""
