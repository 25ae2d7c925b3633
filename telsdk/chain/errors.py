"""What can go wrong between telsdk and a chain, a class for each.

ChainError
├── RpcError                the RPC answered, with an error of its own
│   ├── RpcUnreachable      the RPC did not answer, or not in JSON-RPC
│   │   └── RpcBusy         it was asked too much, and says to come later
│   ├── RangeTooWide        it does not tell the events of so many blocks at once
│   │   └── AnswerTooLong   it answered, with more than is read
│   ├── RpcBehind           it has not the blocks that it told of before, or by another backend
│   ├── WitnessDisagrees    several RPCs were asked the same and answer differently
│   └── AnswerError         an answer is not what the ABI, or JSON-RPC, says, or not what another answer said
├── InputError              a value that was handed over is not what it has to be
├── UnknownNetwork          no deployment of that name or chain
├── WrongNetwork            the RPC serves another chain than the deployment is on
├── NotDeployed             the deployment's contracts are not there
│   └── OldDeployment       they are of an earlier edition, which this version cannot read
├── DeploymentError         a deployment file or the manifest cannot be used
├── NoAccount               there is no account for a write, or its holder did not sign
├── TransactionError        of a transaction that was signed; it has the transaction's hash
│   ├── TransactionPending  sent, but not in a block within the time allowed
│   │   ├── TransactionUncertain  and the RPC does not tell what became of it
│   │   └── TransactionDropped    and the RPC has forgotten it
│   ├── TransactionReplaced another transaction has used its nonce: it can take no effect any more
│   └── TransactionRejected the RPC did not take it
├── ClockStopped            the chain has no new blocks
├── TransactionUnpaid       the account cannot pay for value and gas
├── SeveralNumbers          an account was looked up that holds more than one number
├── NumberTaken             somebody holds the number that was to be bought
├── PriceTooHigh            the number costs more than the buyer allowed
├── IndexMismatch           the index file belongs to another deployment
├── IndexUnusable           the index file cannot be read or written: disk full, locked, damaged
├── WalletError             a wallet that signs over JSON-RPC did not
│   ├── WalletAway          the wallet did not answer, or not in JSON-RPC
│   ├── WalletLate          nobody confirmed in time
│   ├── WalletDeclined      its holder said no; also Refused
│   └── WalletUnknown       the wallet does not have the account
└── ContractRefused         a contract reverted; a subclass for each custom error, see telsdk.chain.revert
"""

from __future__ import annotations

from telsdk.errors import Refused, TelError


class ChainError(TelError):
    """Something between telsdk and the chain went wrong."""


class RpcError(ChainError):
    """The RPC answered with an error that is not a contract's refusal."""


class RpcUnreachable(RpcError, ConnectionError):
    """No JSON-RPC answer came.

    Attributes:
        status: what HTTP said instead, for example 502; None when nothing came.
        slow: it took longer than was allowed.
    """

    def __init__(self, message: str, *, status: int | None = None, slow: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.slow = slow


class RpcBusy(RpcUnreachable):
    """The RPC was asked more than it allows within some time.

    Attributes:
        retry_after: seconds after which it may be asked again; None when it does not say.
    """

    def __init__(self, message: str, retry_after: float | None = None, *, status: int | None = None) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after


class RangeTooWide(RpcError):
    """The RPC does not tell the events of so many blocks at once.

    Attributes:
        most: how many blocks it says that it would; None when it does not say.
        always: whether that is its limit for any blocks, and not only for these.
    """

    def __init__(self, message: str, most: int | None = None, *, always: bool = False) -> None:
        super().__init__(message)
        self.most = most
        self.always = always


class AnswerTooLong(RangeTooWide):
    """The RPC's answer is longer than anything that is read."""


class RpcBehind(RpcError):
    """The RPC, or the one of its backends that was asked, has not a block that it has told of."""


class WitnessDisagrees(RpcError):
    """RPCs that were asked the same answer differently: nothing of it is believed."""


class AnswerError(RpcError):
    """An answer that cannot be right: not of the form that was asked for, or against what another answer says."""


class InputError(ChainError, ValueError):
    """A value that was handed over is not what it has to be. Nothing was asked or sent.

    Numbers and names have errors of their own: `telsdk.number.NumberError`, `telsdk.name.NameFormatError`.
    """


class UnknownNetwork(ChainError, LookupError):
    """No deployment is known by that name, or on that chain."""


class WrongNetwork(ChainError):
    """The RPC serves another chain than the deployment is on."""


class NotDeployed(ChainError):
    """There is no contract where the deployment says there is one."""


class OldDeployment(NotDeployed):
    """The contracts are of an earlier edition: they tell less, and in other events, than this version reads."""


class DeploymentError(ChainError, ValueError):
    """A deployment file or the manifest cannot be used."""


class NoAccount(ChainError):
    """There is no account to send a transaction from, or its holder did not sign."""


class TransactionError(ChainError):
    """A transaction that was signed is not known to have done what it should.

    Attributes:
        tx: its hash, 0x…, by which anybody can look it up.
        nonce: the sender's nonce that it carries.
    """

    def __init__(self, message: str, tx: str, nonce: int) -> None:
        super().__init__(message)
        self.tx = tx
        self.nonce = nonce


class TransactionPending(TransactionError, TimeoutError):
    """A transaction was sent and is in no block yet. It may still be taken in."""


class TransactionUncertain(TransactionPending):
    """A transaction was sent, and the RPC does not answer what became of it."""


class TransactionDropped(TransactionPending):
    """A transaction was sent, and the RPC no longer knows it. Others may."""


class TransactionReplaced(TransactionError):
    """Another transaction of the account has used the nonce: this one can take no effect any more."""


class TransactionRejected(TransactionError, RpcError):
    """The RPC did not take the transaction: nothing changed, and nothing was spent."""


class ClockStopped(ChainError, TimeoutError):
    """The chain has no new blocks, so its time does not go on."""


class TransactionUnpaid(ChainError):
    """The account has not enough ether for the value and the gas."""


class SeveralNumbers(ChainError):
    """The account holds more than one number, so it does not say which is meant."""

    def __init__(self, message: str, numbers: tuple[int, ...]) -> None:
        super().__init__(message)
        self.numbers = numbers


class NumberTaken(ChainError):
    """Somebody holds the number already."""


class PriceTooHigh(ChainError):
    """The number costs more than the buyer allowed."""


class IndexMismatch(ChainError):
    """The index file holds another deployment's numbers."""


class IndexUnusable(ChainError):
    """The index file cannot be read or written now. What it held stays as it was."""


class WalletError(ChainError):
    """A wallet that signs over JSON-RPC gave no signature."""


class WalletAway(WalletError, ConnectionError):
    """Nothing answers where the wallet should be, or it does not speak JSON-RPC."""


class WalletLate(WalletError, TimeoutError):
    """Nobody confirmed at the wallet within the time allowed."""


class WalletDeclined(WalletError, Refused):
    """Whoever holds the wallet refused to sign."""


class WalletUnknown(WalletError, LookupError):
    """The wallet does not have the account that should sign."""


class ContractRefused(ChainError):
    """A contract reverted: nothing changed, and where it was only simulated nothing was spent.

    Attributes:
        values: the arguments of the Solidity error by name, as the ABI decodes them.
        tx: the hash of the transaction that was refused, 0x…; None where none was sent.
    """

    tx: str | None = None

    def __init__(self, message: str, values: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.values = values or {}
