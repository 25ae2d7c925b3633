"""SIP without I/O (RFC 3261): no socket, loop, thread, clock or randomness; time and tags are handed in."""
