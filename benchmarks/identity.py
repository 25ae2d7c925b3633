"""How long it takes to know who calls: a caller token judged, beside the two signature checks that it needs.

    benchmarks/identity.py           measure, and print the table
    benchmarks/identity.py --json    figures for a program

Microseconds of processor time, the median of several rounds; the rows take turns, so that all meet the same machine.
"the first time" reads and checks the delegation (secp256k1) and then the token (P-256); "delegation known" is every
further token of the same session. All of it comes from this process's own copy of the chain's facts: no RPC.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import process_time

from telsdk.clock import Wall

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from eth_account import Account  # noqa: E402

from telsdk.address import aor  # noqa: E402
from telsdk.credential import secp256k1  # noqa: E402
from telsdk.credential.deep import KeystoreSigner  # noqa: E402
from telsdk.credential.session import Login, login_deep  # noqa: E402
from telsdk.credential.verify import Verifier  # noqa: E402
from telsdk.directory import Domain, Head, HubFacts, NumberFacts  # noqa: E402
from telsdk.name import Name  # noqa: E402
from telsdk.number import Number  # noqa: E402
from telsdk.sip.auth import caller_token, jws  # noqa: E402

NOW = Wall(1_800_000_000.0)
CALLER, CALLEE = Number(5550001), Number(5550002)
FINGERPRINT = ("sha-256", ":".join(["4A"] * 32))
ROUNDS, CALLS = 9, 40

Work = Callable[[], object]


class OneNumber:
    """A directory of one number, as a `ChainIndex` has it at hand."""

    def __init__(self, owner: str) -> None:
        self.domain = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
        self.head = Head(1, bytes(32), int(NOW))
        self._facts = NumberFacts(CALLER, owner, 1, 0)

    def number(self, number: Number) -> NumberFacts | None:
        return self._facts if number == CALLER else None

    def resolve(self, name: Name) -> Number | None:
        return CALLER if name == self._facts.name else None

    def hubs(self) -> tuple[HubFacts, ...]:
        return ()

    def hub(self, hub: int) -> HubFacts | None:
        return next((facts for facts in self.hubs() if facts.id == hub), None)

    def is_contract(self, account: str) -> bool:
        raise AssertionError(f"nobody is asked anything: {account}")

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        raise AssertionError(f"nobody is asked anything: {account}, {digest!r}, {signature!r}")


@dataclass(frozen=True)
class Signed:
    """A call: its token, and who made it."""

    token: str
    call_id: str
    login: Login


class World:
    """An owner, his sessions, and who judges his calls."""

    def __init__(self) -> None:
        self._signer = KeystoreSigner(Account.from_key("0x" + "11" * 32))
        self.directory = OneNumber(self._signer.address)
        self.verifier = Verifier(self.directory)
        self._ids = count()

    def login(self) -> Login:
        facts = self.directory.number(CALLER)
        assert facts is not None
        return login_deep(self._signer, facts, self.directory.domain, "desk phone", NOW)

    def call(self, login: Login) -> Signed:
        call_id = f"call-{next(self._ids)}"
        made = caller_token.issue(
            act="INVITE",
            orig=aor(CALLER),
            dest=aor(CALLEE),
            call_id=call_id,
            cseq=1,
            media=[FINGERPRINT],
            delegation=login.text,
            key=login.key.private,
            now=NOW,
        )
        return Signed(made, call_id, login)

    def judge(self, call: Signed) -> caller_token.ProvenCaller:
        """What a node or a client does with the caller token of an INVITE."""
        return caller_token.verify(
            call.token,
            act="INVITE",
            dest=(aor(CALLEE),),
            call_id=call.call_id,
            cseq=1,
            media=[FINGERPRINT],
            now=NOW,
            authorise=self.verifier.authority,
        )


def rows(world: World) -> dict[str, Iterator[Work]]:
    """What is timed; each iterator gives one piece of work after another, which is none that was done before."""
    known = world.login()
    world.judge(world.call(known))
    return {
        "P-256: one signature checked": _p256(world, known),
        "secp256k1: one signer recovered": _secp256k1(world, known),
        "caller token, delegation known": _judged(world, lambda: known),
        "caller token, the first time": _judged(world, world.login),
        "caller token made": ((lambda: world.call(known)) for _ in count()),
    }


def _p256(world: World, login: Login) -> Iterator[Work]:
    key = login.key.private.public_key()
    while True:
        parts = jws.split(world.call(login).token.partition(";")[0], caller_token.HEADER)
        yield lambda parts=parts: parts.check(key)  # type: ignore[misc]


def _secp256k1(world: World, login: Login) -> Iterator[Work]:
    delegation = login.delegation
    digest = delegation.typed(world.directory.domain).digest
    while True:
        yield lambda: secp256k1.recover(digest, delegation.signature)


def _judged(world: World, login: Callable[[], Login]) -> Iterator[Work]:
    while True:
        call = world.call(login())
        yield lambda call=call: world.judge(call)  # type: ignore[misc]


def measure(rounds: int = ROUNDS, calls: int = CALLS) -> dict[str, float]:
    """Microseconds of each row."""
    made = rows(World())
    times: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(rounds):
        for name, source in made.items():
            times[name].append(_timed([next(source) for _ in range(calls)]))
    return {name: statistics.median(found) for name, found in times.items()}


def _timed(work: Sequence[Work]) -> float:
    began = process_time()
    for one in work:
        one()
    return (process_time() - began) / len(work) * 1e6


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--json", action="store_true", help="figures for a program")
    times = measure()
    if arguments.parse_args().json:
        print(json.dumps(times))
        return
    checks = sum(list(times.values())[:2])
    print(f"{'':<36}   us  of both checks")
    for name, microseconds in times.items():
        print(f"{name:<36}{microseconds:5.0f}{microseconds / checks:8.2f}")


if __name__ == "__main__":
    main()
