"""One exception class for each custom error of the contracts. Written by scripts/manifest.py: change it there.

`telsdk.chain.revert` makes them from what a contract gives back. Amounts are in ether, times in UTC; `values`
has both as the contract gave them, in wei and in seconds since 1970, under the names of the ABI.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from telsdk.chain.errors import ContractRefused

__all__ = [
    "AlreadyCommitted",
    "AlreadyHolds",
    "AlreadyLinked",
    "BackupConflict",
    "BondTransferFailed",
    "BuyerIsOwner",
    "CommitmentExpired",
    "CommitmentTooNew",
    "ERC721IncorrectOwner",
    "ERC721InsufficientApproval",
    "ERC721InvalidApprover",
    "ERC721InvalidOperator",
    "ERC721InvalidOwner",
    "ERC721InvalidReceiver",
    "ERC721InvalidSender",
    "ERC721NonexistentToken",
    "ExitAlreadyBegun",
    "ExitNotBegun",
    "ExitNotReady",
    "FingerprintDiffers",
    "HubLeft",
    "InvalidCredential",
    "InvalidLabel",
    "InvalidPin",
    "InvalidShortString",
    "InvalidSignature",
    "InvalidUri",
    "KdfParametersTooLong",
    "MarketNotApproved",
    "NameTaken",
    "NoName",
    "NoSuchNode",
    "NoSuchPrice",
    "NotAContract",
    "NotANumber",
    "NotCommitted",
    "NotEnsOwner",
    "NotLinker",
    "NotListed",
    "NotNameAlias",
    "NotOperator",
    "NotOwner",
    "NotPendingOperator",
    "NotPendingTreasury",
    "NotRegistrar",
    "NotTreasury",
    "NothingOwed",
    "NothingToRetire",
    "PaymentFailed",
    "PriceAboveCap",
    "PriceAboveCeiling",
    "PriceDiffers",
    "PriceOutOfRange",
    "RefundFailed",
    "SignatureExpired",
    "StringTooLong",
    "Underpaid",
    "UnknownFields",
    "WithdrawalFailed",
    "WrongBond",
    "WrongPayment",
    "ZeroLink",
    "ZeroTreasury",
]


class AlreadyCommitted(ContractRefused):
    """This commitment stands already and has not expired.

    Solidity: ``AlreadyCommitted(bytes32 commitment, uint256 committedAt)``.
    """

    commitment: bytes
    committed_at: datetime


class AlreadyHolds(ContractRefused):
    """The recipient holds the number already: there is nothing to move.

    Solidity: ``AlreadyHolds(uint256 number, address to)``.
    """

    number: int
    to: str


class AlreadyLinked(ContractRefused):
    """The registry is linked once and never again.

    Solidity: ``AlreadyLinked()``.
    """


class BackupConflict(ContractRefused):
    """Another device wrote the backup pointer in between: read it, merge, and try again.

    Solidity: ``BackupConflict(uint256 number, bytes32 expected, bytes32 actual)``.
    """

    number: int
    expected: bytes
    actual: bytes


class BondTransferFailed(ContractRefused):
    """The operator did not accept the bond.

    Solidity: ``BondTransferFailed(uint32 hubId, address operator)``.
    """

    hub_id: int
    operator: str


class BuyerIsOwner(ContractRefused):
    """The buyer holds the number already.

    Solidity: ``BuyerIsOwner(uint256 number, address owner)``.
    """

    number: int
    owner: str


class CommitmentExpired(ContractRefused):
    """The reveal comes too late.

    Solidity: ``CommitmentExpired(bytes32 commitment, uint256 expiredAt)``.
    """

    commitment: bytes
    expired_at: datetime


class CommitmentTooNew(ContractRefused):
    """The reveal comes too early.

    Solidity: ``CommitmentTooNew(bytes32 commitment, uint256 readyAt)``.
    """

    commitment: bytes
    ready_at: datetime


class ERC721IncorrectOwner(ContractRefused):
    """Solidity: ``ERC721IncorrectOwner(address sender, uint256 tokenId, address owner)``."""

    sender: str
    token_id: int
    owner: str


class ERC721InsufficientApproval(ContractRefused):
    """Solidity: ``ERC721InsufficientApproval(address operator, uint256 tokenId)``."""

    operator: str
    token_id: int


class ERC721InvalidApprover(ContractRefused):
    """Solidity: ``ERC721InvalidApprover(address approver)``."""

    approver: str


class ERC721InvalidOperator(ContractRefused):
    """Solidity: ``ERC721InvalidOperator(address operator)``."""

    operator: str


class ERC721InvalidOwner(ContractRefused):
    """Solidity: ``ERC721InvalidOwner(address owner)``."""

    owner: str


class ERC721InvalidReceiver(ContractRefused):
    """Solidity: ``ERC721InvalidReceiver(address receiver)``."""

    receiver: str


class ERC721InvalidSender(ContractRefused):
    """Solidity: ``ERC721InvalidSender(address sender)``."""

    sender: str


class ERC721NonexistentToken(ContractRefused):
    """Solidity: ``ERC721NonexistentToken(uint256 tokenId)``."""

    token_id: int


class ExitAlreadyBegun(ContractRefused):
    """The exit was begun already.

    Solidity: ``ExitAlreadyBegun(uint32 hubId, uint64 exitAt)``.
    """

    hub_id: int
    exit_at: datetime


class ExitNotBegun(ContractRefused):
    """No exit was begun.

    Solidity: ``ExitNotBegun(uint32 hubId)``.
    """

    hub_id: int


class ExitNotReady(ContractRefused):
    """The bond may not be withdrawn yet.

    Solidity: ``ExitNotReady(uint32 hubId, uint64 exitAt, uint256 time)``.
    """

    hub_id: int
    exit_at: datetime
    time: datetime


class FingerprintDiffers(ContractRefused):
    """Something that the buyer saw of the number changed: look again. See ERC-5646.

    Solidity: ``FingerprintDiffers(uint256 number, bytes32 actual, bytes32 named)``.
    """

    number: int
    actual: bytes
    named: bytes


class HubLeft(ContractRefused):
    """The hub took its bond and is no more.

    Solidity: ``HubLeft(uint32 hubId)``.
    """

    hub_id: int


class InvalidCredential(ContractRefused):
    """A credential is not zero and names its KDF by an id from 1; to clear it there is clearCredential.

    Solidity: ``InvalidCredential(bytes32 hash, uint8 kdf)``.
    """

    hash: bytes
    kdf: int


class InvalidLabel(ContractRefused):
    """The label is not 3 to 32 of a-z, 0-9 and -, has -- at the third place, or has no letter.

    Solidity: ``InvalidLabel(string label)``.
    """

    label: str


class InvalidPin(ContractRefused):
    """A pin is not zero and differs from the present one.

    Solidity: ``InvalidPin(bytes32 pin)``.
    """

    pin: bytes


class InvalidShortString(ContractRefused):
    """Solidity: ``InvalidShortString()``."""


class InvalidSignature(ContractRefused):
    """The expected signer did not sign this: another key, number, epoch, nonce, chain or value was signed.

    Solidity: ``InvalidSignature(address signer, bytes32 digest)``.
    """

    signer: str
    digest: bytes


class InvalidUri(ContractRefused):
    """Not `sip:` or `sips:` and 1 to 123 of letters, digits and -._:;=@[] behind it.

    Solidity: ``InvalidUri(string uri)``.
    """

    uri: str


class KdfParametersTooLong(ContractRefused):
    """A KDF's parameters are longer than allowed.

    Solidity: ``KdfParametersTooLong(uint256 length, uint256 max)``.
    """

    length: int
    max: int


class MarketNotApproved(ContractRefused):
    """The owner has not approved the market for the number in the registry: do that first.

    Solidity: ``MarketNotApproved(uint256 number)``.
    """

    number: int


class NameTaken(ContractRefused):
    """The name stands for a number already.

    Solidity: ``NameTaken(string label, uint256 number)``.
    """

    label: str
    number: int


class NoName(ContractRefused):
    """The number has no name to release.

    Solidity: ``NoName(uint256 number)``.
    """

    number: int


class NoSuchNode(ContractRefused):
    """The hub has no such node.

    Solidity: ``NoSuchNode(uint32 hubId, uint32 index, uint32 count)``.
    """

    hub_id: int
    index: int
    count: int


class NoSuchPrice(ContractRefused):
    """Prices stand for 5 to 10 digits; 10 stands for longer ones too.

    Solidity: ``NoSuchPrice(uint8 digits)``.
    """

    digits: int


class NotAContract(ContractRefused):
    """The address is no contract, so ENS cannot be there.

    Solidity: ``NotAContract(address account)``.
    """

    account: str


class NotANumber(ContractRefused):
    """Not a number: fewer than 5 or more than 15 digits.

    Solidity: ``NotANumber(uint256 number)``.
    """

    number: int


class NotCommitted(ContractRefused):
    """Nobody made this commitment, or it was revealed.

    Solidity: ``NotCommitted(bytes32 commitment)``.
    """

    commitment: bytes


class NotEnsOwner(ContractRefused):
    """In ENS the name belongs to another account than the caller.

    Solidity: ``NotEnsOwner(string label, address caller, address ensOwner)``.
    """

    label: str
    caller: str
    ens_owner: str


class NotLinker(ContractRefused):
    """Only the linker may link.

    Solidity: ``NotLinker(address caller, address linker)``.
    """

    caller: str
    linker: str


class NotListed(ContractRefused):
    """The number is not for sale.

    Solidity: ``NotListed(uint256 number)``.
    """

    number: int


class NotNameAlias(ContractRefused):
    """Only the alias contract may say that a name changed.

    Solidity: ``NotNameAlias(address caller, address nameAlias)``.
    """

    caller: str
    name_alias: str


class NotOperator(ContractRefused):
    """Only the hub's operator may do this. `operator` is zero when there is no such hub.

    Solidity: ``NotOperator(uint32 hubId, address caller, address operator)``.
    """

    hub_id: int
    caller: str
    operator: str


class NotOwner(ContractRefused):
    """Only the owner of the number may do this. `owner` is zero when nobody holds it.

    Solidity: ``NotOwner(uint256 number, address caller, address owner)``.
    """

    number: int
    caller: str
    owner: str


class NotPendingOperator(ContractRefused):
    """Only the account that was proposed may accept.

    Solidity: ``NotPendingOperator(uint32 hubId, address caller, address pending)``.
    """

    hub_id: int
    caller: str
    pending: str


class NotPendingTreasury(ContractRefused):
    """Only the proposed treasury may accept.

    Solidity: ``NotPendingTreasury(address caller, address pending)``.
    """

    caller: str
    pending: str


class NotRegistrar(ContractRefused):
    """Only the registrar mints. It is zero until the registry is linked.

    Solidity: ``NotRegistrar(address caller, address registrar)``.
    """

    caller: str
    registrar: str


class NotTreasury(ContractRefused):
    """Only the treasury may do this.

    Solidity: ``NotTreasury(address caller, address treasury)``.
    """

    caller: str
    treasury: str


class NothingOwed(ContractRefused):
    """Nothing is owed to the account.

    Solidity: ``NothingOwed(address account)``.
    """

    account: str


class NothingToRetire(ContractRefused):
    """No previous pin is left to retire.

    Solidity: ``NothingToRetire(uint32 hubId)``.
    """

    hub_id: int


class PaymentFailed(ContractRefused):
    """The account did not accept what is owed to it.

    Solidity: ``PaymentFailed(address account, uint256 amount)``.
    """

    account: str
    amount: Decimal


class PriceAboveCap(ContractRefused):
    """The code allows no such price for that many digits.

    Solidity: ``PriceAboveCap(uint8 digits, uint256 price, uint256 cap)``.
    """

    digits: int
    price: Decimal
    cap: Decimal


class PriceAboveCeiling(ContractRefused):
    """The price rose above what the buyer committed to.

    Solidity: ``PriceAboveCeiling(uint256 price, uint256 maxPrice)``.
    """

    price: Decimal
    max_price: Decimal


class PriceDiffers(ContractRefused):
    """The number costs another price than the buyer named.

    Solidity: ``PriceDiffers(uint256 number, uint256 price, uint256 named)``.
    """

    number: int
    price: Decimal
    named: Decimal


class PriceOutOfRange(ContractRefused):
    """A price is 1 wei to 2^128 - 1.

    Solidity: ``PriceOutOfRange(uint256 price)``.
    """

    price: Decimal


class RefundFailed(ContractRefused):
    """The payer did not accept what was paid above the price.

    Solidity: ``RefundFailed(address payer, uint256 amount)``.
    """

    payer: str
    amount: Decimal


class SignatureExpired(ContractRefused):
    """The signature came after its deadline.

    Solidity: ``SignatureExpired(uint256 deadline, uint256 time)``.
    """

    deadline: datetime
    time: datetime


class StringTooLong(ContractRefused):
    """Solidity: ``StringTooLong(string str)``."""

    str_: str


class Underpaid(ContractRefused):
    """Less than the price was paid.

    Solidity: ``Underpaid(uint256 price, uint256 paid)``.
    """

    price: Decimal
    paid: Decimal


class UnknownFields(ContractRefused):
    """No field is asked for, or one that does not exist.

    Solidity: ``UnknownFields(uint8 fields)``.
    """

    fields: int


class WithdrawalFailed(ContractRefused):
    """The treasury did not accept the income.

    Solidity: ``WithdrawalFailed(address to, uint256 amount)``.
    """

    to: str
    amount: Decimal


class WrongBond(ContractRefused):
    """The payment is not exactly the bond.

    Solidity: ``WrongBond(uint256 bond, uint256 paid)``.
    """

    bond: Decimal
    paid: Decimal


class WrongPayment(ContractRefused):
    """The payment is not exactly the price.

    Solidity: ``WrongPayment(uint256 price, uint256 paid)``.
    """

    price: Decimal
    paid: Decimal


class ZeroLink(ContractRefused):
    """One of the contracts to link is zero.

    Solidity: ``ZeroLink()``.
    """


class ZeroTreasury(ContractRefused):
    """The treasury cannot be zero.

    Solidity: ``ZeroTreasury()``.
    """
