"""A report as the demo would give it; a home, a chain and keystores for commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from telsdk.cli.demo.report import DemoReport

if TYPE_CHECKING:
    from telsdk.chain.development.embedded import EmbeddedChain
    from telsdk.chain.interface import Deployment
    from tests.cli.chainrpc import ChainRpc


@pytest.fixture
def report() -> DemoReport:
    return {
        "ladder": [
            {"n": 1, "time_ms": 0.0, "from": "alice.eth", "to": "node A", "what": "INVITE"},
            {"n": 2, "time_ms": 4.2, "from": "node A", "to": "bob.eth", "what": "INVITE"},
            {
                "n": 0,
                "time_ms": 112.6,
                "from": "alice.eth",
                "to": "bob.eth",
                "what": "media",
                "kind": "media",
            },
            {"n": 3, "time_ms": 1278.8, "from": "bob.eth", "to": "alice.eth", "what": "BYE"},
        ],
        "media": {
            "alice.eth": {
                "frequency_hz": 659.98,
                "expected_hz": 660.0,
                "packets": 58,
                "lost": 0,
                "jitter_ms": 0.41,
            },
            "bob.eth": {
                "frequency_hz": 440.01,
                "expected_hz": 440.0,
                "packets": 57,
                "lost": 1,
                "jitter_ms": 0.38,
            },
        },
        "checks": [
            {"name": "bob.eth answered", "seen": "5559876, light login", "ok": True},
            {"name": "forged token refused", "seen": "438 [bad] signature", "ok": True},
        ],
        "backup": {"size_bytes": 2912, "blocks": 2, "restored_equal": True},
        "sale": {"number": 5559876, "price_wei": 1_500_000_000_000_000_000, "settled_s": 1.25, "alias": None},
    }


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, with nothing set."""
    for variable in [name for name in os.environ if name.startswith("TELSDK_")]:
        monkeypatch.delenv(variable)
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    return tmp_path


@pytest.fixture
def rpc(chain: EmbeddedChain, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChainRpc]:
    """The chain over HTTP. The environment names it, and its deployment is known."""
    from telsdk.chain.interface import deployments
    from tests.cli.chainrpc import served

    deployments.save(deployment)
    with served(chain) as rpc:
        monkeypatch.setenv("TELSDK_RPC", rpc.url)
        yield rpc


@pytest.fixture
def keystores(chain: EmbeddedChain, home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Keystore files of alice (account 1: the `client`), bob and carol; the environment has their passphrase."""
    from tests.cli.command import PASSPHRASE, keystore

    secret = home / "passphrase"
    secret.write_text(f"{PASSPHRASE}\n")
    monkeypatch.setenv("TELSDK_PASSPHRASE_FILE", str(secret))
    people = dict(zip(("alice", "bob", "carol"), chain.accounts[1:], strict=False))
    return {name: keystore(account, home / f"{name}.json") for name, account in people.items()}
