"""npm's anvil in a process of its own, for tests that want a node over JSON-RPC."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from scripts import toolchain
from telsdk.chain.client import Client
from telsdk.chain.development import AnvilChain
from telsdk.chain.errors import RpcUnreachable
from telsdk.chain.rollout import deploy
from tests.conftest import missing

_TRIES = 20  # each waits by itself: the client asks again a few times before it gives up


@contextmanager
def running_anvil(*options: str) -> Iterator[str]:
    """The address of an anvil with these command line `options`, which ends with the context.

    See `missing` for when there is none.
    """
    try:
        program = toolchain.anvil()
    except toolchain.ToolchainError as error:
        missing(str(error))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [program, "--port", str(port), "--silent", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rpc = f"http://127.0.0.1:{port}"
    try:
        _wait_for(rpc, process)
        yield rpc
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def with_contracts(anvil: AnvilChain) -> Iterator[Client]:
    """A client of new contracts on `anvil`, by its second account; the chain goes back when the context is left."""
    mark = anvil.snapshot()
    yield Client(anvil.w3, deploy(anvil.w3, anvil.accounts[0]), anvil.accounts[1])
    anvil.revert(mark)


def _wait_for(rpc: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(_TRIES):
        assert process.poll() is None, "anvil ended"
        with suppress(RpcUnreachable):
            AnvilChain(rpc)
            return
    pytest.fail(f"no anvil at {rpc}")
