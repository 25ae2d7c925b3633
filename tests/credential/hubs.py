"""Hubs of KDF 2 as a test has them: their secrets alone, no server around them."""

from __future__ import annotations

from collections.abc import Iterable

from telsdk.credential import oprf
from telsdk.credential.hubsecrets import HubSecrets, Password, key_id
from telsdk.credential.kdf2 import Evaluation
from tests.facts import DOMAIN

NUMBER, EPOCH = 5551234, 3


def secret(hub: int) -> bytes:
    """The secret of a hub: another one for each."""
    return bytes([hub]) * 32


def answer(
    hub: int, x: bytes, nonce: bytes, *, number: int = NUMBER, epoch: int = EPOCH, own: bytes | None = None
) -> Evaluation:
    """What a hub answers to x, asked as a login does."""
    held = own or secret(hub)
    blinded = oprf.blind(x)
    evaluated = HubSecrets([held]).evaluate(
        key_id(held), Password(DOMAIN, number, epoch, nonce), blinded.element
    )
    return Evaluation(hub, key_id(held), oprf.finalize(x, blinded.scalar, evaluated))


def answers(hubs: Iterable[int], x: bytes, nonce: bytes) -> list[Evaluation]:
    return [answer(hub, x, nonce) for hub in hubs]
