"""NumberRecords: each record by its owner and by signature, and several at once."""

from __future__ import annotations

from benchmarks.world import (
    ALL_RECORDS,
    DIGEST,
    HASH,
    KEY,
    NO_RECORDS,
    NUMBER,
    OTHER_DIGEST,
    OTHER_HASH,
    OTHER_KEY,
    OTHER_RECORDS,
    ZERO,
    World,
)
from telsdk.chain.contracts.records import Update
from telsdk.number import Number

_USUAL_KDF, _OTHER_KDF = 1, 2  # the other takes a slot of its own
_NUMBER = Number(NUMBER)
_ALL = Update((HASH, _USUAL_KDF), 7, (None, DIGEST), KEY)
_OTHERS = Update((OTHER_HASH, _USUAL_KDF), 8, (DIGEST, OTHER_DIGEST), OTHER_KEY)


def credential(w: World) -> None:
    with w.undone():
        w.measure("new, KDF 2", w.records, "setCredential", NUMBER, HASH, _OTHER_KDF, sender=w.alice)
    w.measure("new", w.records, "setCredential", NUMBER, HASH, _USUAL_KDF, sender=w.alice)
    w.measure("change", w.records, "setCredential", NUMBER, OTHER_HASH, _USUAL_KDF, sender=w.alice)
    w.permit("change, later signature", lambda c: c.records.permit_credential(_NUMBER, HASH, _USUAL_KDF))
    w.permit("later signature", lambda c: c.records.permit_clear_credential(_NUMBER))
    w.measure("own", w.records, "clearCredential", NUMBER, sender=w.alice)


def credential_by_signature(w: World) -> None:
    w.permits(lambda client, number: client.records.permit_credential(number, HASH, _USUAL_KDF))


def hub(w: World) -> None:
    w.measure("new", w.records, "setHub", NUMBER, 7, sender=w.alice)
    w.measure("change", w.records, "setHub", NUMBER, 8, sender=w.alice)
    w.permit("change, later signature", lambda c: c.records.permit_hub(_NUMBER, 9))
    w.measure("clear", w.records, "setHub", NUMBER, 0, sender=w.alice)


def hub_by_signature(w: World) -> None:
    w.permits(lambda client, number: client.records.permit_hub(number, 7))


def backup(w: World) -> None:
    w.measure("new", w.records, "setBackup", NUMBER, ZERO, DIGEST, sender=w.alice)
    w.measure("change", w.records, "setBackup", NUMBER, DIGEST, OTHER_DIGEST, sender=w.alice)
    w.permit("change, later signature", lambda c: c.records.permit_backup(_NUMBER, OTHER_DIGEST, DIGEST))
    w.measure("clear", w.records, "setBackup", NUMBER, OTHER_DIGEST, ZERO, sender=w.alice)


def backup_by_signature(w: World) -> None:
    w.permits(lambda client, number: client.records.permit_backup(number, None, DIGEST))


def message_key(w: World) -> None:
    w.measure("new", w.records, "setMessageKey", NUMBER, KEY, sender=w.alice)
    w.measure("change", w.records, "setMessageKey", NUMBER, OTHER_KEY, sender=w.alice)
    w.permit("change, later signature", lambda c: c.records.permit_message_key(_NUMBER, KEY))
    w.measure("clear", w.records, "setMessageKey", NUMBER, ZERO, sender=w.alice)


def message_key_by_signature(w: World) -> None:
    w.permits(lambda client, number: client.records.permit_message_key(number, KEY))


def several(w: World) -> None:
    w.measure("all new", w.records, "setMany", NUMBER, ALL_RECORDS, sender=w.alice)
    w.permit("all changed, later signature", lambda c: c.records.permit_many(_NUMBER, _OTHERS))
    with w.undone():
        w.measure("all cleared", w.records, "setMany", NUMBER, NO_RECORDS, sender=w.alice)
    w.measure("all changed", w.records, "setMany", NUMBER, OTHER_RECORDS, sender=w.alice)


def several_by_signature(w: World) -> None:
    w.permits(lambda client, number: client.records.permit_many(number, _ALL))


def nonces(w: World) -> None:
    w.measure("first", w.records, "cancelNonce", sender=w.alice)
    w.measure("later", w.records, "cancelNonce", sender=w.alice)


SCENARIOS = (
    credential,
    credential_by_signature,
    hub,
    hub_by_signature,
    backup,
    backup_by_signature,
    message_key,
    message_key_by_signature,
    several,
    several_by_signature,
    nonces,
)
