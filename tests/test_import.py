"""What `import telsdk` loads, and what it leaves for later."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

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


FOLDER = Path(telsdk.__file__).parent
PACKAGES = [
    path.parent for floors in ("chain", "sip") for path in sorted(FOLDER.glob(f"{floors}/*/__init__.py"))
]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: f"{path.parent.name}.{path.name}")
def test_from_outside_a_package_of_chain_or_sip_only_what_it_lists_is_taken(package: Path) -> None:
    inner = f"telsdk.{package.parent.name}.{package.name}."
    outside = [path for path in FOLDER.rglob("*.py") if package not in path.parents]
    for path in outside:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not str(node.module).startswith(inner), f"{path} reaches into {node.module}"
            elif isinstance(node, ast.Import):
                assert not [alias.name for alias in node.names if alias.name.startswith(inner)], path
