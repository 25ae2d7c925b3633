"""Permits: what an owner allows by signature instead of a transaction, so that another can pay (EIP-712)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self

from eth_account.datastructures import SignedMessage, SignedTransaction
from eth_account.messages import SignableMessage, encode_typed_data
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from telsdk.chain import inputs
from telsdk.chain.access.session import Account
from telsdk.chain.errors import ChainError, NoAccount
from telsdk.credential.eip712 import Fields, typed_data
from telsdk.directory import Domain
from telsdk.nesting import check_nesting

PERMIT_LIFETIME = timedelta(hours=1)  # how long a permit holds unless said otherwise
MAX_PERMIT = 65_536  # characters of JSON; a contract wallet's signature may be long


class SignsElsewhere:
    """An account whose holder signs permits in another program, in their own time, such as a wallet of several people.

    Permits that a client makes for it have no signature yet: have `asked` signed, then use `Permit.signed`.

    Attributes:
        asked: what is to be signed of the newest permit, for eth_signTypedData_v4.
    """

    def __init__(self, address: str) -> None:
        self.address: ChecksumAddress = to_checksum_address(inputs.account(address))
        self.asked: dict[str, object] | None = None

    def sign_transaction(self, transaction_dict: Any, /) -> SignedTransaction:
        """Raise NoAccount: transactions are signed and paid for where the wallet is, or by a relayer of its permits."""
        del transaction_dict
        raise NoAccount(f"{self.address} signs in another program, and no transactions here")

    def sign_message(self, signable_message: SignableMessage, /) -> SignedMessage:
        """Raise NoAccount: what is to be signed is in `asked`."""
        del signable_message
        raise NoAccount(f"{self.address} signs in another program: have `asked` signed there")


class PermitError(ChainError, ValueError):
    """The text is no permit."""


@dataclass(frozen=True, slots=True)
class PermitData:
    """A struct to sign in the suite's domain (EIP-712)."""

    type: str
    fields: Fields
    values: Mapping[str, Any]
    structs: Mapping[str, Fields] = field(default_factory=dict)  # other structs that `fields` name

    def payload(self, domain: Domain) -> dict[str, object]:
        """Return the struct as eth_signTypedData_v4 takes it."""
        return typed_data(domain, {self.type: self.fields, **self.structs}, self.type, self.values)

    def sign(self, domain: Domain, account: Account) -> bytes:
        """Return the signature of `account`: 65 bytes of a key, none yet of a `SignsElsewhere`."""
        if isinstance(account, SignsElsewhere):
            account.asked = self.payload(domain)
            return b""
        signed = account.sign_message(encode_typed_data(full_message=self.payload(domain)))
        return bytes(signed.signature)


@dataclass(frozen=True, slots=True)
class Permit:
    """A signed call that anyone may take to the chain: once, and not after `deadline`."""

    contract: str  # for example "NumberRecords"
    function: str  # for example "setHubFor"
    args: tuple[Any, ...]
    deadline: int  # seconds since 1970, by the chain's clock
    signature: bytes = field(repr=False)  # whoever has it can use it: not for logs

    def signed(self, signature: bytes) -> Self:
        """Return the same permit with the signature that came of `SignsElsewhere.asked`."""
        return replace(self, signature=signature)

    def to_json(self) -> str:
        """Return the permit as text, to hand to a relayer."""
        return json.dumps(
            {
                "contract": self.contract,
                "function": self.function,
                "args": [_to_json(value) for value in self.args],
                "deadline": self.deadline,
                "signature": "0x" + self.signature.hex(),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the permit written as `text`.

        Raises:
            PermitError: it is not one.
        """
        try:
            if len(text) > MAX_PERMIT:
                raise ValueError("too long")
            data = json.loads(check_nesting(text))
            return cls(
                str(data["contract"]),
                str(data["function"]),
                tuple(_from_json(value) for value in data["args"]),
                int(data["deadline"]),
                bytes.fromhex(data["signature"].removeprefix("0x")),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise PermitError(f"this is no permit ({error!r}): ask the owner to sign one") from error


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, tuple):
        return [_to_json(item) for item in value]
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    if isinstance(value, list):
        return tuple(_from_json(item) for item in value)
    return value
