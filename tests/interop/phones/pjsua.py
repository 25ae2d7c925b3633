"""PJSUA2, over UDP, TCP and TLS. Its package has no SRTP: sound goes in the clear, by G.711."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import missing
from tests.interop.phones.program import Account, Manner

SCRIPT = Path(__file__).parents[1] / "pjsua_peer.py"


def python_with_pjsua() -> str:
    path = os.environ.get("TELSDK_PJSUA", "")
    if not path:
        missing("TELSDK_PJSUA does not name a Python that has PJSUA2 (.ci/pjsua makes one)")
    return path


@dataclass(frozen=True)
class Pjsua:
    manner: Manner = Manner(
        dial="call {address}",
        hang_up="bye",
        hold="hold",
        resume="resume",
        connected="state CONFIRMED",
        ended=("state DISCONNECTED",),
    )

    def command(self, folder: Path, account: Account, tone: Path) -> Sequence[str]:
        settings = {
            "identity": account.address(account.number),
            "server": account.server,
            "transport": account.transport,
            "user": account.password.username,
            "password": account.password.password,
            "tone": str(tone),
            "heard": self.manner.records,
        }
        if account.authority is not None:
            settings["authority"] = str(account.authority)
        return (python_with_pjsua(), str(SCRIPT), json.dumps(settings))
