"""What `import telsdk` loads, and what it leaves for later."""

from __future__ import annotations

import importlib
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


def test_what_is_offered_is_what_its_module_has() -> None:
    for name, place in telsdk._PLACES.items():
        assert getattr(telsdk, name) is getattr(importlib.import_module(place), name)


def test_everything_offered_is_there_and_shown() -> None:
    assert sorted(telsdk._PLACES) == sorted(set(telsdk.__all__) - set(vars(telsdk)))
    assert dir(telsdk) == sorted([*telsdk.__all__, "__version__"])
    assert all(getattr(telsdk, name) is not None for name in dir(telsdk))


def test_what_an_extra_brings_is_named_when_it_is_missing() -> None:
    code = "import sys, telsdk; sys.modules['aiortc'] = None; telsdk.UserClient"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = run.stderr.splitlines()[-1]
    assert last == "ModuleNotFoundError: telsdk.UserClient needs aiortc: pip install 'telprotocol[uc]'"


def test_what_is_not_offered_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'dial'"):
        _ = telsdk.dial
