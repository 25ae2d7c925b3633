"""What every interop test has: its messages are held against tshark when the tests of its file are over."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.interop.dissection import Recording, faults
from tests.network import Network


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    """Takes what passes a driver whose tap it is; afterwards nothing of it may be malformed."""
    made = Recording()
    yield made
    # Without tshark `test_dissection.py` says so, on CI by failing; the tests here have their own promises besides.
    if made.messages and shutil.which("tshark"):
        found = faults(made.messages, tmp_path_factory.mktemp("dissection"))
        assert not found, f"{len(found)} of {len(made.messages)} are no good SIP:\n" + "\n".join(found[:3])


@pytest.fixture(autouse=True)
def nodes_are_recorded(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each node of a `Network` is tapped."""
    monkeypatch.setattr(Network, "tap", staticmethod(recording.tap))
