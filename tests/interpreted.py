"""Tests that take a part of the core out and put another in its place: in a compiled core all parts are fixed."""

from __future__ import annotations

import pytest

from telsdk.sip.message import message

COMPILED = not str(message.__file__).endswith(".py")


def interpreted(why: str) -> pytest.MarkDecorator:
    """Skip a test where the core is compiled; `why` goes on from "the core is compiled: "."""
    return pytest.mark.skipif(COMPILED, reason=f"the core is compiled: {why}")
