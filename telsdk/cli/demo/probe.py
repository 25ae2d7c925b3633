"""Send a plain SIP ping over UDP, as anybody might."""

from __future__ import annotations

import asyncio
import secrets
import socket

_WAIT = 1.0  # seconds to wait for an answer before the ping is sent again
_ATTEMPTS = 5


async def answers_over_udp(host: str, port: int) -> str:
    """Return the status line of the answer to an OPTIONS; empty when none comes."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((host, 0))
        token = secrets.token_hex(8)
        ping = (
            f"OPTIONS sip:{host}:{port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:{sock.getsockname()[1]};branch=z9hG4bK{token};rport\r\n"
            f"From: <sip:ping@telprotocol>;tag={token}\r\nTo: <sip:{host}:{port}>\r\n"
            f"Call-ID: {token}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        for _ in range(_ATTEMPTS):
            await loop.sock_sendto(sock, ping.encode(), (host, port))
            try:
                answer = await asyncio.wait_for(loop.sock_recv(sock, 65_535), _WAIT)
            except TimeoutError:
                continue
            return answer.partition(b"\r\n")[0].decode()
    return ""
