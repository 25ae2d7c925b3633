"""Whether the tests of this folder meet the core that they are to judge."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from telsdk.sip.message import parser
from telsdk.sip.transaction import machines as transaction

CORE = os.environ.get("TELSDK_CORE")


@pytest.mark.skipif(CORE is None, reason="only scripts/compile_core --test asks for the compiled core")
def test_the_core_that_is_tested_is_the_compiled_one() -> None:
    for module in (parser, transaction):
        file = Path(str(module.__file__))
        assert file.is_relative_to(CORE or "")
        assert file.suffix == ".so"
