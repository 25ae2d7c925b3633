"""What a server of ours grants a peer. Every limit of the package is here, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from telsdk.net.buckets import UNLIMITED, Rate

DATAGRAMS_A_READ = 64  # then other sockets and timers get their turn
GATHER = 0.001  # seconds in which datagrams are left to gather, once so many come that each would wake us up
LIVELY = 2_000  # datagrams a second from which that is done: a wake-up costs as much as a datagram
LIVELY_FOR = 0.02  # seconds that those are counted in
UDP_RECEIVE_BUFFER = (
    4 * 1024 * 1024
)  # bytes; a stall of 15 ms at full speed loses packets with the usual 208 KiB
STREAM_READ = (
    64 * 1024
)  # bytes read from one connection before others get their turn; all share one buffer of that size
TLS_PORTION = (
    4 * 1024
)  # bytes that OpenSSL is fed at once: it never gives back the memory that it took for more
MAX_CONNECTIONS = 10_000
MAX_ARRIVING = 1_000  # connections whose TLS handshake is not done; above that the oldest is cut off
MAX_UNSENT = 1024 * 1024  # bytes waiting for a peer that does not read; above that the peer is cut off
CONNECT_TIMEOUT = 5.0  # seconds, handshakes of TLS and WebSocket included; well below timer B (32 s)
TLS_HANDSHAKE_TIMEOUT = 15.0  # seconds for a peer that connects; until it is done no connection is counted
MAX_WEBSOCKET_HANDSHAKE = 16 * 1024  # bytes of HTTP head; browsers send less than 2 KiB, cookies aside
CLOSE_TIMEOUT = 1.0  # seconds for the peer's half of a close, of TLS or WebSocket
LOOK_EVERY = 1.0  # seconds between two looks at connections; each time below may be late by that much
LINGER = 1.0  # seconds without a message before we close a connection that we opened and need no longer
LINGER_PEER = (
    10.0  # the same for one that a peer opened; longer, so that the peer closes first if it follows this rule
)
IDLE_TIMEOUT = 120.0  # seconds without a byte; RFC 5626 clients ping every 95 to 120 s
KEEP_ALIVE = 50.0  # seconds between our pings; proxies and NATs on the way forget after 60 s
KEEP_ALIVE_FOR = 3700.0  # seconds after the last message on a connection; the longest registration is 3600 s
FIRST_MESSAGE_TIMEOUT = (
    15.0  # seconds for a new connection to bring a whole message, ping or WebSocket handshake
)
MAX_SOURCES = 4_096  # senders of datagrams whose address is kept in the form that we use: about 1 MB
TICK = 0.02  # seconds by which a timer may fire late; the shortest of RFC 3261 has 0.2
MAX_PUMP_ROUNDS = 1_000  # more means a handler of ours that feeds itself: log the bug rather than hang
BACKOFF_FIRST = 0.5  # seconds for which a peer that could not be reached is left alone; doubled each time
BACKOFF_MOST = 8.0  # seconds: so a node that is started again is found before its users are moved (15 s)
MAX_UNREACHABLE = 10_000  # peers whose failure is remembered
SPARE_FILES = (
    96  # open files that are left for all else: listening sockets, the index, questions to the chain, logs
)
CUT_OFF_LOOK = 10.0  # seconds between two searches, through all connections, for one that may be cut off
MAX_PLACES = 10_000  # addresses whose rate of connecting is remembered


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections a server holds, and from whom. Those of users and of listed servers are never cut off."""

    most: int = MAX_CONNECTIONS
    """Open at a time; for one more, the oldest that belongs to no user gives way. The system's limit of open files
    (`ulimit -n`) comes first where it is lower."""

    arriving: int = MAX_ARRIVING
    """Whose TLS handshake is not done; for one more, the oldest gives way: an honest peer is done within moments."""

    of_source: int = 1_000
    """Open from one address, or one /64 of IPv6: a whole company may be behind one."""

    arriving_of_source: int = 50
    """The same of those whose TLS handshake is not done."""

    connects: Rate = Rate(200, 400)
    """Connections that one address may open a second; more are reset. To take one costs some 0.2 ms."""

    handshakes: Rate = Rate(50, 200)
    """TLS handshakes that one address may begin a second: each costs us 1 ms, a signature among it."""


NO_CONNECTION_LIMITS = ConnectionLimits(1_000_000, 1_000_000, 1_000_000, 1_000_000, UNLIMITED, UNLIMITED)
"""For load generators, which are many peers at one address."""
