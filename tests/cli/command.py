"""The command, run as a person runs it but within the test's process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from eth_account import Account
from eth_account.signers.local import LocalAccount

from telsdk.cli import main

PASSPHRASE = "a keystore's passphrase"


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert (self.code, self.err) == (0, ""), self.err
        return json.loads(self.out)


def run(*args: object, typed: str | None = None, env: dict[str, str | None] | None = None) -> Ran:
    """Runs ``telsdk`` with `args`; `typed` is what a person answers to its questions."""
    result = CliRunner(mix_stderr=False).invoke(main, [str(arg) for arg in args], input=typed, env=env)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def keystore(account: LocalAccount, path: Path, passphrase: str = PASSPHRASE) -> Path:
    """A keystore file of `account`, quicker to open than a careful one."""
    path.write_text(json.dumps(Account.encrypt(account.key, passphrase, kdf="pbkdf2", iterations=1)))
    return path
