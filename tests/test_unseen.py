"""Objects that hold secrets do not show them: their repr ends up in logs, tracebacks and asyncio's debug output."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import inspect
import logging
import pkgutil
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from eth_account import Account

import telsdk
from telsdk.backup.seal import BackupIdentity
from telsdk.clock import Monotonic, Wall
from telsdk.credential import light
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.hubsecrets import HubSecrets
from telsdk.credential.phone import PhonePasswords
from telsdk.credential.session import Login, SessionKey, login_deep
from telsdk.credential.verify import Verifier
from telsdk.directory import NumberFacts
from telsdk.hub.settings import HubSettings
from telsdk.net.driver import Wire
from telsdk.net.pins import TlsIdentity
from telsdk.node.settings import NodeSettings
from telsdk.number import Number
from telsdk.sip.auth import session_token
from telsdk.sip.auth.jws import Json, sign, split
from telsdk.sip.hop import Hop
from telsdk.sip.message import Credentials, Request, Uri
from telsdk.sip.transaction import Outgoing
from telsdk.uc.tokens import Tokens
from tests.facts import DOMAIN, FixedDirectory
from tests.network import ALICE, BOB, Network
from tests.secrets_made import MADE
from tests.uc.test_client import connect

ACCOUNT = Account.create()
FACTS = NumberFacts(Number(5551234), ACCOUNT.address, 1, 0)
SECRET = bytes(range(100, 132))


TYPE: Json = {"alg": "ES256", "typ": "test"}


def directory() -> FixedDirectory:
    made = FixedDirectory()
    made.add(FACTS)
    return made


def login() -> Login:
    return login_deep(KeystoreSigner(ACCOUNT), FACTS, DOMAIN, "desk", Wall(time.time()))


def request() -> Request:
    """A REGISTER with its token."""
    one = login()
    fields = [
        ("From", "<sip:5551234@telprotocol>;tag=f"),
        ("To", "<sip:5551234@telprotocol>"),
        ("Call-ID", "c"),
        ("CSeq", "1 REGISTER"),
        ("Contact", "<sip:5551234@192.0.2.1>"),
    ]
    made = Request("REGISTER", Uri.parse("sip:telprotocol"), fields)
    token = session_token.issue(
        made,
        audience="sip:192.0.2.7:5061",
        delegation=one.text,
        key=one.key.private,
        now=Wall(time.time()),
        jti="1",
    )
    made.headers.add("Authorization", f"Bearer {token}")
    return made


HOLDERS: dict[str, Callable[[], object]] = {
    "Login": login,
    "Delegation": lambda: login().delegation,
    "Authority": lambda: Verifier(directory()).authority(login().text, Wall(time.time())),
    "SessionKey": SessionKey.generate,
    "KeystoreSigner": lambda: KeystoreSigner(ACCOUNT),
    "LightKey": lambda: light.derive("a password of some length", DOMAIN, 5551234, 1),
    "PhonePasswords": lambda: PhonePasswords([SECRET], directory()),
    "HubSecrets": lambda: HubSecrets([SECRET]),
    "PhonePassword": lambda: PhonePasswords([SECRET], directory()).issue(FACTS, Wall(time.time())),
    "TlsIdentity": TlsIdentity.generate,
    "NodeSettings": NodeSettings,
    "HubSettings": HubSettings,
    "Tokens": lambda: Tokens(login()),
    "Request": request,
    "headers of a request": lambda: request().headers,
    "Credentials": lambda: Credentials.parse(request().headers.get("Authorization") or ""),
    "Jws": lambda: split(sign({"dlg": (one := login()).text}, TYPE, one.key.private), TYPE),
    "Outgoing": lambda: Outgoing(Hop("UDP", "192.0.2.1", 5060), bytes(request())),
    "Wire": lambda: Wire(Monotonic(1.0), "sent", Hop("UDP", "192.0.2.1", 5060), bytes(request())),
    "BackupIdentity": lambda: BackupIdentity.derive(bytes(range(64))),
}


@pytest.mark.parametrize("kind", HOLDERS)
def test_what_holds_a_secret_does_not_show_it(kind: str) -> None:
    made = HOLDERS[kind]()
    assert MADE.found_in(f"{made!r} {[made]}") == set()


NAMED_LIKE_A_SECRET = ("secret", "password", "passphrase", "private", "token", "signature")
OWN_REPR = {"telsdk.credential.phone.PhonePassword"}  # tried above
HARMLESS = {
    "telsdk.node.settings.NodeSettings.token_lifetime",
    "telsdk.hub.settings.HubSettings.token_lifetime",
}


def test_no_dataclass_shows_a_field_that_is_named_like_a_secret() -> None:
    """Whoever adds one is reminded here; what is not secret although it is called so is listed."""
    modules = [
        one.name for one in pkgutil.walk_packages(telsdk.__path__, "telsdk.") if "__main__" not in one.name
    ]
    shown = {
        f"{kind.__module__}.{kind.__name__}.{field.name}"
        for name in modules
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass)
        if dataclasses.is_dataclass(kind)
        and kind.__module__ == name
        and f"{name}.{kind.__name__}" not in OWN_REPR
        for field in dataclasses.fields(kind)
        if field.repr and any(word in field.name for word in NAMED_LIKE_A_SECRET)
    }
    assert shown == HARMLESS


@pytest.fixture
def debugged(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets asyncio tell of every callback that it runs, with its arguments."""

    def begin() -> None:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        loop.slow_callback_duration = 0.0

    return begin


async def test_asyncio_in_debug_mode_tells_no_secret_of_a_login_and_a_call(
    debugged: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    async with Network(1) as network:
        debugged()
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, _ = await connect(alice, bob, str(BOB))
        outgoing.hang_up()
        await outgoing.wait_ended(20)
        asyncio.get_running_loop().set_debug(False)
    told = [record.getMessage() for record in caplog.records if record.name == "asyncio"]
    assert any("Executing <" in line for line in told)
    found: dict[str, Any] = {line: kinds for line in told if (kinds := MADE.found_in(line))}
    assert found == {}
    assert logging.getLogger("telsdk").level == logging.DEBUG
    assert isinstance(alice.login.key.private, ec.EllipticCurvePrivateKey)
