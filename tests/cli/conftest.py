"""A report as the demo would give it."""

from __future__ import annotations

import pytest

from telsdk.cli.report import DemoReport


@pytest.fixture
def report() -> DemoReport:
    return {
        "ladder": [
            {"n": 1, "time_ms": 0.0, "from": "alice.eth", "to": "node A", "what": "INVITE"},
            {"n": 2, "time_ms": 4.2, "from": "node A", "to": "bob.eth", "what": "INVITE"},
            {
                "n": 0,
                "time_ms": 112.6,
                "from": "alice.eth",
                "to": "bob.eth",
                "what": "media",
                "kind": "media",
            },
            {"n": 3, "time_ms": 1278.8, "from": "bob.eth", "to": "alice.eth", "what": "BYE"},
        ],
        "media": {
            "alice.eth": {
                "frequency_hz": 659.98,
                "expected_hz": 660.0,
                "packets": 58,
                "lost": 0,
                "jitter_ms": 0.41,
            },
            "bob.eth": {
                "frequency_hz": 440.01,
                "expected_hz": 440.0,
                "packets": 57,
                "lost": 1,
                "jitter_ms": 0.38,
            },
        },
        "checks": [
            {"name": "bob.eth answered", "seen": "5559876, light login", "ok": True},
            {"name": "forged token refused", "seen": "438 [bad] signature", "ok": True},
        ],
        "backup": {"size_bytes": 2912, "blocks": 2, "restored_equal": True},
        "sale": {"number": 5559876, "price_wei": 1_500_000_000_000_000_000, "settled_s": 1.25, "alias": None},
    }
