"""What benchmarks/memory.py registers is registered, and a user over TLS costs no more than is promised."""

from __future__ import annotations

import pytest

from benchmarks.loopback.servers import QUICK
from benchmarks.memory import KINDS, measure

TLS_USER = 45  # kB; asyncio's own TLS would make it 290


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_trace_says_where_the_memory_of_a_user_goes(kind: str) -> None:
    users = 20
    _, held = measure(kind, users, QUICK, trace=True)
    registrar = [blocks for file, _, _, blocks in held if file.endswith("telsdk/sip/server/registrar.py")]
    assert sum(registrar) >= users


@pytest.mark.slow
def test_a_registered_user_over_tls_costs_less_than_45_kb() -> None:
    kilobytes, _ = measure("tls", 400, QUICK)
    assert 10 < kilobytes < TLS_USER
