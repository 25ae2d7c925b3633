"""Runs slither, a static analyser, over our contracts. Exit 1 when it finds what the code does not answer.

    scripts/slither.py [SLITHER]       the program; else the one of requirements/slither.lock

An answer is a comment `slither-disable-next-line` in the contract, below one that says why. slither's pins and ours
do not agree, so it has an environment of its own: `.build/slither`, which .ci/run makes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.manifest import CONTRACTS, SETTINGS  # noqa: E402
from scripts.toolchain import ToolchainError, install, solc_launcher  # noqa: E402

TIME_LIMIT = 600  # seconds


def _job() -> str:
    """What solc is asked to compile: standard JSON, because that is all our stand-in for its program knows."""
    sources = {f"contracts/{name}.sol": {"urls": [f"contracts/{name}.sol"]} for name in CONTRACTS}
    # Without the optimizer: what is analysed is the source, and this is quicker.
    settings = {"viaIR": True, "evmVersion": SETTINGS["evmVersion"]}
    return json.dumps({"language": "Solidity", "sources": sources, "settings": settings})


def main() -> int:
    slither = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / ".build/slither/bin/slither")
    try:
        install()
        with tempfile.TemporaryDirectory(prefix="slither-") as folder:
            job = Path(folder) / "contracts.json"
            job.write_text(_job())
            command = [
                slither,
                str(job),
                "--compile-force-framework",
                "solc-json",
                "--solc",
                str(solc_launcher()),
            ]
            command += ["--filter-paths", "@openzeppelin", "--fail-pedantic"]
            return subprocess.run(command, cwd=ROOT, check=False, timeout=TIME_LIMIT).returncode and 1
    except FileNotFoundError as error:
        print(f"slither is missing ({error.filename}): run .ci/slither, which brings it", file=sys.stderr)
    except (ToolchainError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
