"""What benchmarks/kdf.py times is a guess; how long it takes is nothing a test can hold on any machine."""

from __future__ import annotations

from benchmarks.kdf import DOMAIN, guess, memory_mib
from telsdk.credential import light


def test_a_guess_is_what_the_owner_does_with_his_password() -> None:
    assert guess(7) == light.derive("guess number 7", DOMAIN, 5551234, 1).credential
    assert guess(7) != guess(8)


def test_a_guess_needs_the_memory_that_its_kdf_names() -> None:
    assert 0.9 < memory_mib() / (light.KDFS[light.DEFAULT_KDF].memory_kib / 1024) < 1.5
