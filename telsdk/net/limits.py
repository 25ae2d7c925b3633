"""What a server of ours gives to any one peer. Every figure is here, with its reason."""

DATAGRAMS_A_READ = 64  # then other sockets and timers get their turn
UDP_RECEIVE_BUFFER = 4 * 1024 * 1024  # a stall of 15 ms at full speed loses packets with the usual 208 KiB
STREAM_READ = 64 * 1024
MAX_CONNECTIONS = 10_000
MAX_UNSENT = 1024 * 1024  # bytes waiting for a peer that does not read; then it is cut off
CONNECT_TIMEOUT = 5.0  # seconds, TLS handshake included; well below timer B (32 s)
IDLE_TIMEOUT = 120.0  # seconds without a byte; RFC 5626 clients ping every 95 to 120 s
FIRST_MESSAGE_TIMEOUT = 15.0  # seconds for a new connection to bring a whole message or ping
MAX_PUMP_ROUNDS = 1_000  # a handler that feeds itself for ever is a bug of ours: say so, do not hang
