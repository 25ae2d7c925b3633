"""What one guess at a light password costs: the time and memory of Argon2id as the chain names it.

    benchmarks/kdf.py                measure, and print the table
    benchmarks/kdf.py --json         figures for a program

By KDF 1 everybody may guess against the hash on the chain, offline and for ever (docs/security.md); by KDF 2 hubs have
to be asked besides (benchmarks/light_logins.py). Processor time is by this machine; memory is what a guess needs
anywhere, so a card with M GiB tries at most M / memory guesses at once. Beside it SHA-256, which a hash without a key
derivation would be guessed by.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from pathlib import Path
from time import process_time

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from telsdk.credential import light  # noqa: E402
from telsdk.credential.passphrase import BITS_PER_WORD, DEFAULT_WORDS  # noqa: E402
from telsdk.directory import Domain  # noqa: E402

DOMAIN = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
ROUNDS = 5
YEAR = 365.25 * 86_400  # seconds


def guess(number: int) -> bytes:
    """Tries one password, as whoever wants in would."""
    return light.derive(f"guess number {number}", DOMAIN, 5551234, 1).credential


def seconds(rounds: int = ROUNDS) -> float:
    """Processor time of a guess, the best of some."""
    best = math.inf
    for number in range(rounds):
        began = process_time()
        guess(number)
        best = min(best, process_time() - began)
    return best


def sha256_seconds(hashes: int = 100_000) -> float:
    """Processor time of one hash in Python, which is far above that of the hash itself."""
    began = process_time()
    for number in range(hashes):
        hashlib.sha256(b"%d" % number).digest()
    return (process_time() - began) / hashes


def memory_mib() -> float:
    """How much more memory this process needs at most while it guesses. Linux alone tells."""
    Path("/proc/self/clear_refs").write_text("5")  # the most that was needed counts from here, proc(5)
    before = _status_kib("VmRSS")
    guess(0)
    return (_status_kib("VmHWM") - before) / 1024


def _status_kib(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def measure() -> dict[str, float]:
    """Figures by name."""
    one = seconds()
    bits = BITS_PER_WORD * DEFAULT_WORDS
    return {
        "kdf": light.DEFAULT_KDF,
        "seconds_a_guess": one,
        "memory_mib": memory_mib(),
        "times_a_sha256": one / sha256_seconds(),
        "passphrase_bits": bits,
        "core_years_for_half_of_all_passphrases": 2 ** (bits - 1) * one / YEAR,
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--json", action="store_true", help="figures for a program")
    figures = measure()
    if arguments.parse_args().json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):<42}{value:>12.4g}")


if __name__ == "__main__":
    main()
