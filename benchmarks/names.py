"""Measure how long an index takes to ask ENS after all names: `python benchmarks/names.py`.

A chain with ENS has so many named numbers that one `eth_call` asks after all of them, and the index's question is put
about them again and again until 10,000 answers are there: each call then does what it would do with 10,000 names. anvil
answers, over HTTP on this machine; a provider adds its way there and back to each call. Then the file of an index of
10,000 names is asked which are due, and takes in the answers.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import toolchain  # noqa: E402
from telsdk.chain.client import Client  # noqa: E402
from telsdk.chain.development import AnvilChain, PlayEns  # noqa: E402
from telsdk.chain.errors import RpcUnreachable  # noqa: E402
from telsdk.chain.index.indexstore import IndexStore  # noqa: E402
from telsdk.chain.interface import NOBODY, ChainEvent  # noqa: E402
from telsdk.chain.rollout import EnsAddresses, deploy  # noqa: E402
from telsdk.directory import Head  # noqa: E402
from telsdk.name import Name  # noqa: E402
from telsdk.number import Number  # noqa: E402

FIRST = 5_550_000
TRIES = 20  # to reach anvil; each waits by itself


@contextmanager
def running_anvil() -> Iterator[str]:
    """The address of an anvil, which ends with the context."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    rpc = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([toolchain.anvil(), "--port", str(port), "--silent"])
    try:
        for _ in range(TRIES):
            with suppress(RpcUnreachable):
                AnvilChain(rpc)
                break
        yield rpc
    finally:
        process.terminate()
        process.wait()


def named(rpc: str, count: int) -> Client:
    """Return a client of new contracts with `count` numbers from FIRST on, each with a name that ENS vouches for."""
    chain = AnvilChain(rpc)
    deployer, owner = chain.accounts[:2]
    ens = PlayEns(chain.w3, deployer)
    client = Client(chain.w3, deploy(chain.w3, deployer, name="names", ens=EnsAddresses(ens.address)), owner)
    for number in map(Number, range(FIRST, FIRST + count)):
        name = Name(f"name-{number}.eth")
        client.buy_number(number, wait=chain.advance_time)
        ens.register(name, owner.address)
        client.alias.claim(name, number)
    return client


def asked(client: Client, distinct: int, names: int) -> float:
    """Return how many seconds it takes to ask after `names` names."""
    numbers = [FIRST + place % distinct for place in range(names)]
    block = client.session.height()
    begun = time.perf_counter()
    stand = client.names_stand(numbers, block)
    seconds = time.perf_counter() - begun
    assert all(stand), "a name does not stand"
    return seconds


def kept(client: Client, names: int) -> float:
    """Return how many seconds the file takes to say which of `names` names are due, and to take in the answers."""
    owner = client.session.signer().address
    events = []
    for place in range(names):
        number, block = FIRST + place, 1 + place
        digest = bytes(keccak(block.to_bytes(8)))
        told: tuple[tuple[str, str, dict[str, Any]], ...] = (
            ("NumberRegistry", "Transfer", {"from": NOBODY, "to": owner, "tokenId": number}),
            ("NumberRegistry", "EpochAdvanced", {"number": number, "epoch": 1}),
            ("NameAlias", "NameClaimed", {"number": number, "epoch": 1, "label": f"name-{number}"}),
        )
        events += [
            ChainEvent(contract, event, args, block, index, digest)
            for index, (contract, event, args) in enumerate(told)
        ]
    head = Head(names, bytes(keccak(names.to_bytes(8))), 1_800_000_000)
    with tempfile.TemporaryDirectory() as folder:
        store = IndexStore(str(Path(folder) / "index"), client.deployment)
        store.apply(0, events, head)
        begun = time.perf_counter()
        due = store.unjudged(head.timestamp - 240, names)
        assert len(store.judge(((number, True) for number in due), head)) == names
        seconds = time.perf_counter() - begun
        store.close()
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Measure how long an index takes to ask ENS after all names."
    )
    parser.add_argument("--names", type=int, default=10_000)
    parser.add_argument("--distinct", type=int, default=85, help="Names on the chain.")
    options = parser.parse_args()
    with running_anvil() as rpc:
        client = named(rpc, options.distinct)
        rounds = sorted(asked(client, options.distinct, options.names) for _ in range(3))
        print(f"asking after {options.names} names: {rounds[1]:.1f} s ({rounds[0]:.1f} to {rounds[2]:.1f})")
        print(f"which are due, and keeping what was said: {kept(client, options.names):.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
