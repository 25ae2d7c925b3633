"""Keep the progress of a deployment in a file, so that one that was cut off goes on where it was.

Each transaction is written down after it is signed and before it is sent. So whatever cuts the deployment off, a second
run knows every transaction that may be in a block by now, and asks the chain about each before it signs another. The
file holds no secret: a signed transaction is public once it is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from telsdk.chain.access import Signed
from telsdk.chain.errors import DeploymentError
from telsdk.files import write_whole
from telsdk.nesting import check_nesting

_VERSION = 1  # of the file's form


@dataclass(frozen=True, slots=True)
class Done:
    """A step whose transaction is in a block."""

    tx: str
    block: int
    contract: str | None  # address of the contract that it created


@dataclass
class Step:
    """A step of a deployment, with each transaction that was signed for it."""

    signed: list[Signed] = field(default_factory=list)
    done: Done | None = None


class Progress:
    """The steps of one deployment. They belong to its `terms`, and are kept at `path`, if there is one.

    Raises:
        DeploymentError: the file at `path` belongs to a deployment on other terms, or is no progress file.
    """

    def __init__(self, terms: Mapping[str, Any], path: Path | None = None) -> None:
        self.path = path
        self._terms = dict(terms)
        self._steps: dict[str, Step] = {}
        if path is not None and path.exists():
            self._steps = self._read(path)

    def step(self, name: str) -> Step:
        return self._steps.setdefault(name, Step())

    def sign(self, name: str, signed: Signed) -> None:
        """Note that `signed` is about to be sent."""
        self.step(name).signed.append(signed)
        self._write()

    def finish(self, name: str, done: Done) -> None:
        """Note that the step is done."""
        self.step(name).done = done
        self._write()

    def remove(self) -> None:
        """Remove the file, because the deployment is written down elsewhere."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        if self.path is not None:
            steps = {name: asdict(step) for name, step in self._steps.items()}
            text = json.dumps({"version": _VERSION, "terms": self._terms, "steps": steps}, indent=2)
            write_whole(self.path, (text + "\n").encode())

    def _read(self, path: Path) -> dict[str, Step]:
        try:
            data = json.loads(check_nesting(path.read_text(encoding="utf-8")))
            if data["version"] != _VERSION:
                raise ValueError(f"version {data['version']}")
            steps = {name: _step(entry) for name, entry in data["steps"].items()}
            terms = dict(data["terms"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeploymentError(
                f"{path} cannot be used ({error!r}): restore it, or remove it to deploy anew"
            ) from error
        self._compare(path, terms)
        return steps

    def _compare(self, path: Path, terms: Mapping[str, Any]) -> None:
        for key, wanted in self._terms.items():
            if (begun := terms.get(key)) != wanted:
                raise DeploymentError(
                    f"the deployment in {path} was begun with {key} {begun} and cannot go on with {wanted}: "
                    "give the same again, or remove the file to deploy anew"
                )


def _step(entry: Mapping[str, Any]) -> Step:
    done = entry["done"]
    signed = [Signed(str(one["tx"]), int(one["nonce"]), str(one["raw"])) for one in entry["signed"]]
    return Step(signed, None if done is None else Done(done["tx"], int(done["block"]), done["contract"]))
