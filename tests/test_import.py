"""What `import telsdk` loads, and what it leaves for later."""

from __future__ import annotations

import subprocess
import sys

import pytest

import telsdk


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_telsdk_loads_neither_web3_nor_aiortc() -> None:
    modules = loaded_by("import telsdk")
    assert not modules & {"web3", "eth_account", "aiortc", "asyncio", "cryptography", "telsdk.chain"}


def test_connect_is_loaded_when_first_used() -> None:
    from telsdk.chain.client import connect

    assert telsdk.connect is connect


def test_everything_offered_is_there() -> None:
    for name in telsdk.__all__:
        assert getattr(telsdk, name) is not None


def test_what_is_not_offered_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'dial'"):
        _ = telsdk.dial
