"""What each custom error of the contracts means to a person: the cause, and the next step where there is one.

The fields are the error's arguments as the ABI names them. ``:eth`` shows wei as ether, ``:wei`` shows wei as wei,
``:time`` shows seconds since 1970 as a UTC time, and ``:hex`` shows bytes as 0x…
`telsdk.chain.revert.refusals`, which scripts/manifest.py writes, takes its types from here: an argument shown as ether
or wei is a Decimal of ether there, and one shown as time is a datetime.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from telsdk.chain.interface.abi import NOBODY
from telsdk.chain.units import ether

EXPLANATIONS: dict[str, str] = {
    # IOwnerSigned
    "NotOwner": "{caller} may not do this: {number} is held by {owner}; use that account",
    "SignatureExpired": "the signature was good until {deadline:time}, and now it is {time:time}: sign again",
    "InvalidSignature": "{signer} did not sign this, but another key, number, nonce or value: sign again",
    # INumberRegistry
    "NotRegistrar": "{caller} may not mint: only the registrar at {registrar} does",
    "NotNameAlias": "{caller} may not refresh a card: only the alias contract does",
    "NotLinker": "{caller} may not link the registry: only {linker} may",
    "AlreadyLinked": "the registry is linked already, and for ever",
    "ZeroLink": "the registry cannot be linked to address zero: give all four contracts",
    "AlreadyHolds": "{to} holds {number} already: there is nothing to move",
    "NotANumber": "{number} is not a number: 5 to 15 digits, the first not 0",
    # ERC-721 and the rest of OpenZeppelin
    "ERC721NonexistentToken": "nobody holds {tokenId}",
    "ERC721IncorrectOwner": "{tokenId} is held by {owner}, not by {sender}",
    "ERC721InsufficientApproval": "{operator} may not transfer {tokenId}: only its owner may",
    "ERC721InvalidApprover": "{approver} may not approve others for this number: only its owner may",
    "ERC721InvalidOperator": "{operator} cannot be approved",
    "ERC721InvalidOwner": "{owner} cannot hold numbers",
    "ERC721InvalidReceiver": "{receiver} cannot hold a number: it is zero, or a contract that takes none",
    "ERC721InvalidSender": "somebody holds this number: choose another, or see whether it is for sale",
    "InvalidShortString": "the contract's name or version is damaged",
    "StringTooLong": "the contract's name or version is too long",
    # INumberRegistrar
    "AlreadyCommitted": "this was committed to at {committedAt:time}: reveal it a minute after that",
    "NotCommitted": "nobody committed to this purchase: commit, wait a minute, then reveal the same",
    "CommitmentTooNew": "too early: reveal at {readyAt:time} or later",
    "CommitmentExpired": "too late: the commitment expired at {expiredAt:time}; commit again",
    "PriceAboveCeiling": "the number costs {price:eth} ether, and {maxPrice:eth} were allowed",
    "Underpaid": "the number costs {price:eth} ether and {paid:eth} came: pay the price",
    "RefundFailed": "{payer} does not take {amount:eth} ether back: pay exactly the price",
    "WithdrawalFailed": "the treasury {to} takes no ether: {amount:eth} ether stay in the registrar",
    "NotTreasury": "{caller} may not do this: only the treasury {treasury} may",
    "NotPendingTreasury": "{caller} was not proposed as treasury: {pending} was",
    "ZeroTreasury": "the treasury cannot be address zero",
    "NoSuchPrice": "there is no price for {digits} digits: 5 to 10, and 10 stands for longer ones too",
    "PriceAboveCap": "{price:eth} ether is too much for {digits} digits: the code allows up to {cap:eth}",
    # INameAlias
    "InvalidLabel": "{label!r} is no label: 3 to 32 of a-z, 0-9 and -, with a letter, and no -- at the third place",
    "NameTaken": "{label} stands for {number} already: choose another name",
    "NotAContract": "there is no contract at {account}, so ENS is not there: give where it is on this chain",
    "NotEnsOwner": "{label}.eth belongs to {ensOwner} in ENS, not to {caller}: get it there first",
    "NoName": "{number} has no name to release",
    # INumberRecords
    "InvalidCredential": "a light credential is not zero, and its KDF id is 1 or more; or clear it",
    "KdfParametersTooLong": "{length} octets of KDF parameters are too many: {max} are allowed",
    "BackupConflict": "another device backed up {actual:hex} in between: merge and try again",
    "UnknownFields": "{fields} names no set of records: add up 1 credential, 2 hub, 4 backup, 8 message key, "
    "16 answers verified",
    # INumberMarket
    "MarketNotApproved": "the market may not sell {number} yet: approve it in the registry first",
    "PriceOutOfRange": "a price is 1 wei to 2^128 - 1 wei, not {price:wei} wei",
    "NotListed": "{number} is not for sale",
    "PriceDiffers": "{number} costs {price:eth} ether, not {named:eth}: look again",
    "WrongPayment": "exactly {price:eth} ether is to be paid, and {paid:eth} came",
    "FingerprintDiffers": "something about {number} changed since you looked: look again before you buy",
    "BuyerIsOwner": "{owner} has {number} already",
    "NothingOwed": "nothing is owed to {account}",
    "PaymentFailed": "{account} takes no ether: {amount:eth} ether stay in the market",
    # IHubList
    "WrongBond": "a hub's bond is {bond:eth} ether, and {paid:eth} came",
    "NotOperator": "{caller} may not do this: hub {hubId} is operated by {operator}",
    "NotPendingOperator": "{caller} was not proposed as operator of hub {hubId}: {pending} was",
    "HubLeft": "hub {hubId} took its bond back and is no more: add a new one",
    "NoSuchNode": "hub {hubId} has no node {index}: it has {count}, counted from 0",
    "InvalidUri": "{uri!r} is no address of a hub or node: sip: or sips:, then letters, digits, -._:;=@[]",
    "InvalidPin": "{pin:hex} is no new pin: it is zero, or the present one",
    "NothingToRetire": "hub {hubId} has no previous pin left to retire",
    "ExitAlreadyBegun": "hub {hubId} leaves already: the bond may be withdrawn at {exitAt:time}",
    "ExitNotBegun": "hub {hubId} has not begun its exit: begin it first",
    "ExitNotReady": "the bond of hub {hubId} may be withdrawn at {exitAt:time}, and it is {time:time}",
    "BondTransferFailed": "{operator} takes no ether: the bond of hub {hubId} stays in the list",
}


def explain(name: str, values: Mapping[str, Any]) -> str:
    """Return the error `name` with its arguments, as one line for a person."""
    template = EXPLANATIONS.get(name)
    if template is not None:
        try:
            return _FORMATTER.vformat(template, (), values)
        except (KeyError, ValueError):
            pass  # The contracts have renamed their arguments: a plain line is better than none.
    shown = ", ".join(f"{key} {_plain(value)}" for key, value in values.items())
    return f"the contract refused: {name}({shown})"


class _Formatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "eth":
            return str(ether(value))
        if format_spec == "wei":
            return str(value)
        if format_spec == "time":
            return _time(value)
        if format_spec == "hex":
            return _plain(value)
        # The contracts name address zero where they mean nobody.
        return "nobody" if value == NOBODY else str(super().format_field(value, format_spec))


def _time(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"


def _plain(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


_FORMATTER = _Formatter()
