"""The border to JSON-RPC: web3 and its exceptions stay on this side of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from eth_abi.exceptions import DecodingError
from web3 import Web3
from web3.exceptions import ContractLogicError, Web3Exception, Web3RPCError
from web3.middleware import AttributeDictMiddleware, ExtraDataToPOAMiddleware
from web3.types import RPCEndpoint, RPCResponse

from telsdk.chain.access.endpoint import Endpoint, EndpointError, redacted, scrub, without_secrets
from telsdk.chain.access.executions import is_execution_failure
from telsdk.chain.access.httprpc import NEXT_STEP, HttpRpc, RpcSettings
from telsdk.chain.access.limits import is_rate_limit
from telsdk.chain.errors import AnswerError, ContractRefused, RpcBusy, RpcError, RpcUnreachable
from telsdk.chain.revert import contract_refusal
from telsdk.errors import TelError

DEFAULTS = RpcSettings()
_NONSENSE = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, DecodingError
)  # fmt: skip
"""What web3 and the ABI's decoder raise over an answer of another form."""


def open_rpc(url: str, settings: RpcSettings | None = None) -> Web3:
    """Open a connection to the JSON-RPC at `url` (http or https); `settings` by default as `DEFAULTS`.

    Raises:
        RpcUnreachable: `url` is no such URL, or nothing answers there.
    """
    try:
        provider = _Provider(Endpoint(url), settings or DEFAULTS)
    except EndpointError:
        raise RpcUnreachable(
            f"{without_secrets(url)!r} is no RPC address: it begins with http:// or https://, and a host follows"
        ) from None
    # None of web3's others: names, gas and fees are settled above. "poa" reads the blocks of proof-of-authority chains.
    w3 = Web3(provider, middleware=[(AttributeDictMiddleware, "attrdict"), (ExtraDataToPOAMiddleware, "poa")])
    request(w3, RPCEndpoint("eth_chainId"), ())
    return w3


def request(w3: Web3, method: RPCEndpoint, params: Sequence[Any]) -> Any:
    """Return the result of one JSON-RPC call, as it comes.

    Raises:
        RpcError, RpcUnreachable: there is none.
    """
    with mapped():
        return w3.manager.request_blocking(method, list(params))


@contextmanager
def mapped(*but: type[Exception], calling: bool = False) -> Iterator[None]:
    """Turn what web3 raises within into telsdk's exceptions, except those of the types `but`.

    Args:
        calling: whether a contract is called. Then an error by which its code failed is the contract's refusal, in
            whatever words the node tells it. For a transaction the same words say less: it may be in a block.

    Raises:
        ContractRefused: a call was reverted; the subclass says by which error.
        RpcError: the RPC answered with another error.
        RpcUnreachable: it did not answer.
        AnswerError: what it answered has not the form of an answer.
    """
    try:
        yield
    except but:
        raise
    except TelError:
        raise
    except ContractLogicError as error:
        raise contract_refusal(_revert_data(error.data), error.message) from error
    except Web3RPCError as error:
        answer = (error.rpc_response or {}).get("error")
        details: dict[str, Any] = dict(answer) if isinstance(answer, dict) else {}
        text = str(details.get("message") or error)
        if data := _revert_data(details.get("data")):
            raise contract_refusal(data, text) from error
        # Before the limits: a contract chooses the words by which it reverts, and may write that of a busy RPC.
        if calling and is_execution_failure(details.get("code"), text):
            raise contract_refusal(None, text) from error
        if is_rate_limit(details.get("code"), text):
            raise RpcBusy(f"the RPC answered with an error: {text}") from error
        raise RpcError(f"the RPC answered with an error: {text}") from error
    except Web3Exception as error:
        scrub(error)
        raise RpcError(f"the RPC gave an answer that makes no sense: {redacted(str(error))}") from error
    except OSError as error:
        # web3's own providers, over HTTP, WebSocket and IPC, let theirs through, with all of the URL in it.
        scrub(error)
        raise RpcUnreachable(f"the RPC does not answer ({type(error).__name__}); {NEXT_STEP}") from error
    except Exception as error:
        # So does eth-tester, which need not be installed.
        if type(error).__module__ == "eth_tester.exceptions":
            raise _tester_error(error) from error
        if isinstance(error, _NONSENSE):
            raise AnswerError(
                f"the RPC gave an answer that makes no sense ({type(error).__name__}); {NEXT_STEP}"
            ) from error
        raise


def whole(answer: object) -> int:
    """Return `answer`, if it is a number as nodes count. web3 passes null on where it should be one.

    Raises:
        AnswerError: it is none.
    """
    if not isinstance(answer, int) or answer < 0:
        raise AnswerError(f"the RPC answered {answer!r} and should have told a number; {NEXT_STEP}")
    return answer


def refuses(error: RpcError) -> bool:
    """Return whether the RPC answered that it does not do what was asked, such as to tell of the pending block."""
    return not isinstance(error, RpcUnreachable) or error.status in _SAID_NO


def _tester_error(error: Exception) -> ContractRefused | RpcError:
    """Turn an exception of eth-tester's into ours. Its text has a revert's data as Python writes bytes."""
    text = str(error)
    if type(error).__name__ != "TransactionFailed":
        return RpcError(f"the RPC answered with an error: {text}")
    data: object = None
    with suppress(ValueError, SyntaxError):
        data = ast.literal_eval(text.removeprefix("execution reverted: "))
    return contract_refusal(data if isinstance(data, bytes) else None, text)


def _plain(response: RPCResponse) -> RPCResponse:
    """Return `response` with its error data as web3 understands it: the bytes in hexadecimal, or left out.

    Raises:
        ValueError: it is no JSON-RPC response.
    """
    if not isinstance(response, dict):
        raise ValueError("no object")
    error = response.get("error")
    if isinstance(error, dict) and "data" in error:
        data = _revert_data(error["data"])
        rest = {key: value for key, value in error.items() if key != "data"}
        return {**response, "error": rest if data is None else {**rest, "data": data}}  # type: ignore[typeddict-item]
    return response


def _revert_data(data: object) -> str | None:
    """Return what a contract gave back when it reverted. Nodes wrap it in different ways."""
    if isinstance(data, dict):
        return _revert_data(data.get("data"))
    text = data.removeprefix("Reverted ") if isinstance(data, str) else ""
    return text if text.startswith("0x") else None


class _Provider(HttpRpc):
    """An RPC over HTTP whose error data is as web3 understands it."""

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        response = super().make_request(method, params)
        try:
            return _plain(response)
        except ValueError as error:
            raise RpcUnreachable(f"{self._place} does not speak JSON-RPC; {NEXT_STEP}") from error


_SAID_NO = frozenset({400, 404, 405, 422})  # HTTP's ways to refuse a question, and not all questions
