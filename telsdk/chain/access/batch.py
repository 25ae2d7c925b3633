"""Make several reads as of one block in one eth_call, each with its own answer or refusal.

Nothing needs to be on the chain for it. The eth_call has no `to` and carries the creation code of
``contracts/tools/BatchRead.sol``, whose constructor makes the calls and returns the answers in place of a contract's
code. Where an RPC does not run such a call, or the answers are too long for it, each read is made by itself, as of the
same block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from hexbytes import HexBytes
from web3.types import TxParams

from telsdk.chain.access.rpc import mapped
from telsdk.chain.access.session import Block, Session
from telsdk.chain.errors import AnswerError, ChainError, ContractRefused, RpcError, RpcUnreachable
from telsdk.chain.inputs import uint
from telsdk.chain.interface import Function, manifest
from telsdk.chain.revert import contract_refusal

MAX_INITCODE = 49_152  # bytes of creation code with its arguments, EIP-3860
MAX_CODE = 24_576  # bytes that the constructor may return, EIP-170; each also costs the call 200 gas
_FRAME = 160  # bytes, at most, that the ABI adds to each call and each answer
ANSWER = 352  # bytes of an answer, at most, unless its read says otherwise

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Read(Generic[T_co]):
    """A question to a contract, not yet asked."""

    address: str
    function: Function
    args: tuple[Any, ...]
    parse: Callable[[Any], T_co]  # turns what the function answers into what `get` returns
    size: int = ANSWER  # bytes of the answer, about

    def ask(self, session: Session, block: Block) -> T_co:
        """Ask the question by itself. It raises what `Session.call` raises."""
        return self.parse(session.call(self.address, self.function, self.args, block=block))


class Answer(Generic[T]):
    """The answer to a read of a batch."""

    def __init__(self, read: Read[T]) -> None:
        self.read = read
        self._outcome: Any = None
        self._asked = False

    def get(self) -> T:
        """Return the answer.

        Raises:
            ContractRefused, NotDeployed, AnswerError: this read failed. Others of the batch may have succeeded.
            LookupError: the batch has not been sent.
        """
        if not self._asked:
            raise LookupError(f"{self.read.function.name} is not asked before the batch ends")
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self.read.parse(self._outcome)

    def settle(self, outcome: Any) -> None:
        """Set what the function answered, or the exception."""
        self._outcome, self._asked = outcome, True


class Batch:
    """A collection of reads, which are all made when its ``with`` block ends:

        with client.batch() as batch:
            custody = batch.add(client.registry.custody_read(number))
            records = batch.add(client.records.get_read(number))
        print(custody.get().owner, records.get().hub)

    Attributes:
        block: the height as of which all answers hold; by default that of the newest block.

    Raises:
        RpcError, RpcUnreachable: the chain cannot be asked for its height.
    """

    def __init__(self, session: Session, block: int | None = None) -> None:
        self.block = session.height() if block is None else uint(block, 64, "block")
        self._session = session
        self._answers: list[Answer[Any]] = []

    def add(self, read: Read[T]) -> Answer[T]:
        answer = Answer(read)
        self._answers.append(answer)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.send()

    def send(self) -> None:
        """Make all reads that were added since the last time.

        Raises:
            RpcError, RpcUnreachable: the chain cannot be asked.
        """
        waiting, self._answers = self._answers, []
        for chunk in _chunks(waiting):
            self._ask(chunk)

    def _ask(self, chunk: Sequence[Answer[Any]]) -> None:
        results = self._results(chunk) if len(chunk) > 1 else None
        for (ok, data), answer in zip(results or repeat((False, b"")), chunk, strict=False):
            if not data:
                # No contract, a refusal without data, or too little gas. Asked alone, the read says which.
                answer.settle(self._alone(answer.read))
            elif ok:
                answer.settle(_decoded(answer.read, data))
            else:
                answer.settle(contract_refusal(data))

    def _alone(self, read: Read[Any]) -> Any:
        """Return what one function answers, or the exception that says why it does not."""
        try:
            return self._session.call(read.address, read.function, read.args, block=self.block)
        except RpcUnreachable:
            raise
        except ChainError as error:
            return error

    def _results(self, chunk: Sequence[Answer[Any]]) -> list[tuple[bool, bytes]] | None:
        """Return whether each call succeeded and what it gave back; None when they cannot be made together."""
        calls = [(answer.read.address, answer.read.function.encode(answer.read.args)) for answer in chunk]
        data = HexBytes(_creation_code() + encode(["(address,bytes)[]"], [calls]))
        try:
            with mapped(calling=True):
                raw = self._session.w3.eth.call(
                    cast(TxParams, {"data": data}), self.block, ccip_read_enabled=False
                )
            (results,) = decode(["(bool,bytes)[]"], bytes(raw))
        except RpcUnreachable:
            raise
        except (ContractRefused, RpcError, DecodingError):
            return None
        return list(results) if len(results) == len(chunk) else None


def _decoded(read: Read[Any], data: bytes) -> Any:
    try:
        return read.function.decode(data)
    except AnswerError as error:
        return error


def _creation_code() -> bytes:
    return bytes.fromhex(manifest.load().tools["BatchRead"].removeprefix("0x"))


def _chunks(answers: Sequence[Answer[Any]]) -> Iterator[list[Answer[Any]]]:
    """Yield `answers` in parts that fit into one call each, by what is sent and by what is expected back."""
    start = len(_creation_code()) + _FRAME
    chunk: list[Answer[Any]] = []
    sent, awaited = start, _FRAME
    for answer in answers:
        # Arguments are padded to words, and a dynamic one has its length before it.
        more = _FRAME + len(answer.read.function.encode(answer.read.args))
        back = _FRAME + answer.read.size
        if chunk and (sent + more > MAX_INITCODE or awaited + back > MAX_CODE):
            yield chunk
            chunk, sent, awaited = [], start, _FRAME
        chunk.append(answer)
        sent, awaited = sent + more, awaited + back
    if chunk:
        yield chunk
