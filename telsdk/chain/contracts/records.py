"""NumberRecords: what an owner writes about their number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import Any

from eth_typing import HexStr
from eth_utils.crypto import keccak

from telsdk.chain import inputs
from telsdk.chain.access import (
    PERMIT_LIFETIME,
    Block,
    Logs,
    Permit,
    PermitData,
    Read,
    Receipt,
    Session,
)
from telsdk.chain.contracts.base import SigningContract
from telsdk.chain.contracts.hubs import HubList
from telsdk.chain.contracts.registry import NumberRegistry
from telsdk.chain.errors import AnswerError, InputError
from telsdk.chain.interface import event_topics, functions
from telsdk.directory import Domain
from telsdk.errors import NotFound
from telsdk.number import Number
from telsdk.records import (
    BY_NAME,
    CONTRACT,
    UPDATE,
    Credential,
    Inputs,
    Keep,
    Records,
    RecordsAnswer,
    Update,
    answered,
)


class NumberRecords(SigningContract):
    """The records of numbers. An owner writes them, or anyone to whom the owner gave a permit.

    Every setter raises revert.NotOwner when the number is not this account's. Every ``permit_…`` signs what
    the setter of that name would do, for another to `relay`; it must be called with the owner's account.
    """

    NAME = CONTRACT

    def __init__(
        self,
        session: Session,
        address: str,
        domain: Domain,
        registry: NumberRegistry,
        hubs: HubList,
        logs: Logs,
    ) -> None:
        super().__init__(session, address, domain)
        self._registry = registry
        self._hubs = hubs
        self._logs = logs

    def get(self, number: Number, block: Block = "latest") -> Records:
        """Return the records of `number`.

        Raises:
            AnswerError: the RPC tells other parameters of the KDF than the contract has kept, or none.
        """
        return self.ask(self.get_read(number), block)

    def get_read(self, number: Number) -> Read[Records]:
        """Return the question of `get`, for a batch.

        Where the number's KDF has parameters, its answer asks once more, for the event that has them: mostly for the
        events of one block.
        """
        number = inputs.number(number)
        return self.later("recordsOf", number, parse=lambda answer: self._whole(number, answered(answer)))

    def max_kdf_parameters(self) -> int:
        """Return how many octets of parameters a KDF may have."""
        return int(self.read("MAX_KDF_PARAMETERS"))

    def set_credential(self, number: Number, hash: bytes, kdf: int, parameters: bytes = b"") -> Receipt:
        """Set the light credential: keccak256 of the light key's address, and how that key is derived.

        Args:
            parameters: what the KDF needs besides; see `telsdk.credential.light`.
        """
        return self._set("credential", number, _credential(hash, kdf, parameters))

    def permit_credential(
        self,
        number: Number,
        hash: bytes,
        kdf: int,
        parameters: bytes = b"",
        lifetime: timedelta = PERMIT_LIFETIME,
    ) -> Permit:
        return self._permit_to_set("credential", number, _credential(hash, kdf, parameters), lifetime)

    def clear_credential(self, number: Number) -> Receipt:
        """Take the light credential away: no light login is left."""
        return self.write("clearCredential", number)

    def permit_clear_credential(self, number: Number, lifetime: timedelta = PERMIT_LIFETIME) -> Permit:
        return self._sign("clearCredential", number, (), (), lifetime)

    def set_hub(self, number: Number, hub: int | None) -> Receipt:
        """Set the home hub, or none.

        Raises:
            NotFound: there is no such hub, or it has left. The contract would not mind.
        """
        self._hub_stands(hub)
        return self._set("hub", number, hub)

    def permit_hub(self, number: Number, hub: int | None, lifetime: timedelta = PERMIT_LIFETIME) -> Permit:
        self._hub_stands(hub)
        return self._permit_to_set("hub", number, hub, lifetime)

    def set_backup(self, number: Number, expected: bytes | None, next: bytes | None) -> Receipt:
        """Set the backup pointer to `next`, if it still is `expected`.

        Raises:
            revert.BackupConflict: another device wrote one in between.
        """
        return self._set("backup", number, (expected, next))

    def permit_backup(
        self,
        number: Number,
        expected: bytes | None,
        next: bytes | None,
        lifetime: timedelta = PERMIT_LIFETIME,
    ) -> Permit:
        return self._permit_to_set("backup", number, (expected, next), lifetime)

    def set_message_key(self, number: Number, key: bytes | None) -> Receipt:
        """Set the X25519 public key that messages to `number` are sealed to, or none."""
        return self._set("message_key", number, key)

    def permit_message_key(
        self, number: Number, key: bytes | None, lifetime: timedelta = PERMIT_LIFETIME
    ) -> Permit:
        return self._permit_to_set("message_key", number, key, lifetime)

    def set_answers_verified(self, number: Number, promised: bool) -> Receipt:
        """Promise that whoever answers a call of `number` proves that they may, or take that back.

        While it is promised, every user client and node refuses an answer without proof, by whatever node it comes.
        """
        return self._set("answers_verified", number, inputs.truth(promised, "promised"))

    def permit_answers_verified(
        self, number: Number, promised: bool, lifetime: timedelta = PERMIT_LIFETIME
    ) -> Permit:
        promised = inputs.truth(promised, "promised")
        return self._permit_to_set("answers_verified", number, promised, lifetime)

    def set_many(self, number: Number, update: Update) -> Receipt:
        """Write several records in one transaction. It raises what their setters raise."""
        return self.write("setMany", number, self._struct(update))

    def permit_many(self, number: Number, update: Update, lifetime: timedelta = PERMIT_LIFETIME) -> Permit:
        return self._sign("setMany", number, (("update", "Update"),), (self._struct(update),), lifetime)

    def _whole(self, number: Number, kept: RecordsAnswer) -> Records:
        """Return the records that were `kept`, with the parameters of the KDF, of which that has only the hash."""
        records, digest, block = kept
        if not block:
            return records
        topics = [
            HexStr("0x" + event_topics(CONTRACT)["CredentialSet"].hex()),
            HexStr(f"0x{int(number):064x}"),
        ]
        # On a chain whose RPC counts its blocks otherwise than its contracts, the event is in another block.
        for event in chain(
            self._logs.in_block(self.address, topics, block), self._logs.search(self.address, topics)
        ):
            parameters: bytes = event.args["parameters"]
            if keccak(parameters)[: len(digest)] == digest:
                return replace(records, kdf_parameters=parameters)
        raise AnswerError(
            f"the RPC does not tell with which parameters the password of {number} was set: ask another RPC"
        )

    def _hub_stands(self, hub: int | None) -> None:
        if hub is not None and not self._hubs.hub(hub).bond:
            raise NotFound(f"hub {hub} has left the list: choose one of `telsdk hubs list`")

    def _struct(self, update: Update) -> tuple[bytes | int, ...]:
        inputs.of_kind(update, Update, "update")
        if not isinstance(update.hub, Keep):
            self._hub_stands(update.hub)
        try:
            return update.struct()
        except (ValueError, TypeError) as error:
            raise InputError(f"update {update} has not the values that its records take: {error}") from error

    def _set(self, name: str, number: Number, value: object) -> Receipt:
        """Write the record called `name`; `value` is that of its field in `Update`."""
        return self.write(BY_NAME[name].setter, number, *_words(name, value))

    def _permit_to_set(self, name: str, number: Number, value: object, lifetime: timedelta) -> Permit:
        record = BY_NAME[name]
        return self._sign(record.setter, number, record.inputs, _words(name, value), lifetime)

    def _sign(
        self, function: str, number: Number, fields: Inputs, args: tuple[Any, ...], lifetime: timedelta
    ) -> Permit:
        number = inputs.number(number)
        functions(self.NAME)[function].checked((number, *args))
        deadline = self.session.deadline(lifetime)
        before: Inputs = (("number", "uint256"), ("epoch", "uint64"))
        after: Inputs = (("nonce", "uint256"), ("deadline", "uint256"))
        values = {key: _named(kind, value) for (key, kind), value in zip(fields, args, strict=True)}
        epoch = self._registry.custody(number).epoch
        nonce = self.nonce(self.session.signer().address)
        data = PermitData(
            function[0].upper() + function[1:],
            (*before, *fields, *after),
            {"number": int(number), "epoch": epoch, **values, "nonce": nonce, "deadline": deadline},
            {"Update": UPDATE} if any(kind == "Update" for _, kind in fields) else {},
        )
        return self._permit(f"{function}For", (int(number), *args), data, deadline)


def _words(name: str, value: object) -> tuple[bytes | int, ...]:
    try:
        return BY_NAME[name].words_of(value)
    except (ValueError, TypeError) as error:
        raise InputError(f"{name} {value!r} has not the values that it takes") from error


def _credential(hash: object, kdf: object, parameters: object) -> Credential:
    return Credential(
        inputs.octets(hash, 32, "hash"),
        inputs.uint(kdf, 8, "kdf"),
        inputs.octets(parameters, what="parameters"),
    )


def _named(kind: str, value: Any) -> Any:
    return dict(zip((key for key, _ in UPDATE), value, strict=True)) if kind == "Update" else value
