"""Proxy, redirect server and registrar (RFC 3261 sections 8.3, 10 and 16)."""

from telsdk.sip.server.binding import Binding, by_user_agent, is_direct
from telsdk.sip.server.fork import Context, Target
from telsdk.sip.server.proxy import Proxy
from telsdk.sip.server.proxy_events import Arrived, Finished, Redirect3xx
from telsdk.sip.server.proxy_settings import ProxySettings
from telsdk.sip.server.redirect import Redirect, RedirectAsked
from telsdk.sip.server.registrar import Registrar
from telsdk.sip.server.relay import NextHop, NoWayOn

__all__ = [
    "Arrived",
    "Binding",
    "Context",
    "Finished",
    "NextHop",
    "NoWayOn",
    "Proxy",
    "ProxySettings",
    "Redirect",
    "Redirect3xx",
    "RedirectAsked",
    "Registrar",
    "Target",
    "by_user_agent",
    "is_direct",
]
