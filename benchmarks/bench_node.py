"""Run our node for a SIP load generator: the real node, with users and passwords in memory instead of on a chain.

    python -m benchmarks.bench_node                    serve UDP and TLS on 127.0.0.1:25060, ask nobody for a password
    python -m benchmarks.bench_node --auth             challenge REGISTER by 401 and INVITE by 407 (digest, MD5)
    python -m benchmarks.bench_node --core .build/core   the same on the core that scripts/compile_core built

Users are u00000 to u09999, of any domain; each stands for a number from 5500000 on, and each password is "pw". A
caller proves itself by the name and password of any user. Every user is bound where its Contact points. It runs until
SIGTERM; benchmarks/sipload/served.py says what is replaced, and it is nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--auth", action="store_true", help="ask for passwords")
    parser.add_argument("--port", type=int, default=25060)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--core", type=Path, help="where telsdk is imported from")
    wanted = parser.parse_args()
    if wanted.core is not None:
        sys.path.insert(0, str(wanted.core))
    asyncio.run(_serve(wanted.port, auth=wanted.auth, users=wanted.users))


async def _serve(port: int, *, auth: bool, users: int) -> None:
    # Not before: `--core` says where telsdk comes from.
    from benchmarks.sipload.facts import name_users

    name_users()
    from benchmarks.sipload.served import serve

    await serve(port, auth=auth, users=users)


if __name__ == "__main__":
    main()
