"""A chain inside the test process, with the contracts on it; each test finds it as it was deployed."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import settings

from tests import logscan

# web3 and py-evm take seconds to load: only tests that ask for a chain wait for them.
if TYPE_CHECKING:
    from telsdk.chain.client import Client
    from telsdk.chain.development.embedded import EmbeddedChain
    from telsdk.chain.interface import Deployment

# How long an example takes says more of the machine than of the code.
settings.register_profile("telsdk", deadline=None)
settings.load_profile("telsdk")


def pytest_configure(config: pytest.Config) -> None:
    """Looks for secrets in all that is logged and printed."""
    logscan.pytest_configure(config)


# Neither the EVM that the contracts are tested in (pyrevm) nor ape has a release for Python 3.13. What the contracts do
# is the same on all.
collect_ignore = ["contracts"] if sys.version_info >= (3, 13) else []

MAX_ID = 60  # characters of a value in the name of a test


def pytest_make_parametrize_id(val: object) -> str | None:
    """Shortens what a long text adds to the name of its test, which reports and tools carry about."""
    text = val.decode("latin-1") if isinstance(val, bytes) else val
    if not isinstance(text, str):
        return None
    shown = text.encode("unicode_escape", "backslashreplace").decode()
    if len(shown) <= MAX_ID:
        return None  # as pytest has it
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{shown[: MAX_ID // 2]}...{len(text)}-{digest}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Holds the names of all tests to what a terminal line can show."""
    if long := [item.nodeid[:200] for item in items if len(item.nodeid) > 300]:
        raise pytest.UsageError(f"tests whose names nobody can read: give them ids: {long}")


def missing(what: str) -> NoReturn:
    """Skips the test, which needs something that others wrote; on CI, where that has to be, fails it."""
    report = pytest.fail if os.environ.get("CI") else pytest.skip
    report(what)


def program(name: str) -> str:
    """The path of a program that others wrote; see `missing` for when there is none."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed (.ci/run says which Debian package has it)")
    return path


@pytest.fixture(autouse=True)
def no_hidden_bug(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A handler's exception harms one request and is counted; in a test it is a failure."""
    caplog.set_level(logging.DEBUG, "telsdk.faults")  # each with its traceback
    yield
    bugs = [record for record in caplog.get_records("call") if record.name == "telsdk.faults"]
    assert not bugs, bugs[0].exc_text or bugs[0].getMessage()


@pytest.fixture
def ipv6() -> None:
    """This machine has ::1; elsewhere the test is skipped, on CI too: containers often have none."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        pytest.skip(f"no IPv6 on this machine: {error}")


@pytest.fixture(scope="session")
def deployed() -> tuple[EmbeddedChain, Deployment]:
    """The one chain of the test run. Change it through `chain`, which puts it back."""
    from telsdk.chain.development.embedded import EmbeddedChain
    from telsdk.chain.rollout import deploy

    chain = EmbeddedChain()
    return chain, deploy(chain.w3, chain.accounts[0])


@pytest.fixture
def chain(deployed: tuple[EmbeddedChain, Deployment]) -> Iterator[EmbeddedChain]:
    """The chain. What a test does on it is undone. Account 0 deployed the contracts and is their treasury."""
    chain, _ = deployed
    snapshot = chain.snapshot()
    yield chain
    chain.automine(True)
    chain.revert(snapshot)


@pytest.fixture
def deployment(deployed: tuple[EmbeddedChain, Deployment]) -> Deployment:
    return deployed[1]


@pytest.fixture
def client(chain: EmbeddedChain, deployment: Deployment) -> Client:
    """The contracts in the hands of account 1, who is nobody special."""
    from telsdk.chain.client import Client

    return Client(chain.w3, deployment, chain.accounts[1])
