"""JSON-RPC over HTTP as the Internet has it: answers of any length, slow ones, refusals in every provider's way."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from eth_typing import URI
from urllib3.exceptions import HTTPError, ReadTimeoutError
from web3 import HTTPProvider
from web3.providers.rpc.utils import REQUEST_RETRY_ALLOWLIST, check_if_retry_on_failure
from web3.types import RPCEndpoint, RPCResponse

from telsdk.chain.access.endpoint import Endpoint
from telsdk.chain.errors import AnswerTooLong, RpcBusy, RpcUnreachable
from telsdk.nesting import check_nesting

_PIECE = 65_536  # octets read at once
_BUSY = frozenset({429, 503})  # RFC 6585 section 4, RFC 9110 section 15.6.4: both may carry Retry-After
_SAID_IN_THE_BODY = frozenset({400, 408, 413, 422, 500})  # by these some providers send a JSON-RPC error
# `telsdk.chain.access.sending` itself repeats a send: it has to know that an answer was lost.
_REPEATED = [method for method in REQUEST_RETRY_ALLOWLIST if method != "eth_sendRawTransaction"]
NEXT_STEP = "start it, or give another with --rpc"


@dataclass(frozen=True, slots=True)
class RpcSettings:
    """How patient a program is with an RPC."""

    timeout: float = 15.0
    """Seconds for one request, from connecting to the last octet of its answer."""

    tries: int = 3
    """How often a request that changes nothing is made at most."""

    backoff: float = 0.2
    """Seconds before the second try; doubled for each next one."""

    patience: float = 5.0
    """Seconds that a try waits at most where the RPC says by Retry-After when to come again. Of longer ones the
    caller is told."""

    max_answer: int = 32 * 1024 * 1024
    """Octets of the longest answer that is read."""


class HttpRpc(HTTPProvider):
    """web3's provider with bounds on how long an answer may be and take, and with names for what HTTP refuses by."""

    def __init__(self, endpoint: Endpoint, settings: RpcSettings) -> None:
        super().__init__(endpoint.url, session=endpoint.session())
        self._endpoint = endpoint
        self._settings = settings

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Return the response to one request.

        Raises:
            RpcBusy: too much was asked of the RPC; it may say when to come again.
            AnswerTooLong: the answer is longer than the settings allow.
            RpcUnreachable: no answer came, or none in JSON-RPC.
        """
        try:
            return super().make_request(method, params)
        except requests.RequestException as error:
            raise RpcUnreachable(
                f"{self._place} does not answer ({type(error).__name__}); {NEXT_STEP}",
                slow=isinstance(error, requests.Timeout),
            ) from error
        except ValueError as error:
            raise RpcUnreachable(f"{self._place} does not speak JSON-RPC; {NEXT_STEP}") from error

    @staticmethod
    def decode_rpc_response(raw_response: bytes) -> RPCResponse:
        """Return what was answered.

        Raises:
            ValueError: it is no JSON, or so deeply nested that reading it would end the process.
        """
        check_nesting(raw_response.decode())
        return HTTPProvider.decode_rpc_response(raw_response)

    def _make_request(self, method: RPCEndpoint, request_data: bytes) -> bytes:
        """Post `request_data`; again after a failure that may pass, where that cannot do anything twice."""
        tries = self._settings.tries if check_if_retry_on_failure(method, _REPEATED) else 1
        for done in range(1, tries + 1):
            try:
                return self._endpoint.cleaned(self._post(request_data))
            except (requests.ConnectionError, requests.Timeout, RpcBusy) as error:
                wait = self._wait(error, done)
                if done == tries or wait is None:
                    raise
                time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _wait(self, error: Exception, tries: int) -> float | None:
        """Return the seconds to wait before the next try; None where that would be too long."""
        if isinstance(error, RpcBusy) and error.retry_after is not None:
            return error.retry_after if error.retry_after <= self._settings.patience else None
        # Jitter: many nodes lose an RPC at once, and must not come back to it at once.
        return self._settings.backoff * 2.0 ** (tries - 1) * random.uniform(0.5, 1.0)

    def _post(self, request_data: bytes) -> bytes:
        ends = time.monotonic() + self._settings.timeout
        with self._request_session_manager.get_response_from_post_request(
            URI(self._endpoint.url),
            data=request_data,
            headers=self.get_request_headers(),
            timeout=self._settings.timeout,
            stream=True,
        ) as response:
            body = self._read(response, ends)
            status = response.status_code
            if status < 400 or (status in _SAID_IN_THE_BODY and body.lstrip().startswith(b"{")):
                return body
            refusal = f"{self._place} refuses: HTTP {status}; {NEXT_STEP}"
            if status in _BUSY:
                raise RpcBusy(refusal, retry_after(response.headers.get("Retry-After")), status=status)
            raise RpcUnreachable(refusal, status=status)

    def _read(self, response: requests.Response, ends: float) -> bytes:
        """Return the body. The library's own timeout is for each piece, and a slow server has many."""
        body = bytearray()
        while piece := _piece(response):
            body += piece
            if len(body) > self._settings.max_answer:
                raise AnswerTooLong(
                    f"{self._place} gave an answer of more than {self._settings.max_answer} octets: it is not read"
                )
            if time.monotonic() > ends:
                raise requests.ReadTimeout
        return bytes(body)

    @property
    def _place(self) -> str:
        return f"the RPC at {self._endpoint.place}"


def _piece(response: requests.Response) -> bytes:
    """Return what has come of the body, and wait for something only when that is nothing; empty at the end."""
    try:
        piece: bytes = response.raw.read1(_PIECE, decode_content=True)
    except ReadTimeoutError as error:
        raise requests.ReadTimeout from error
    except HTTPError as error:
        raise requests.ConnectionError(type(error).__name__) from error
    return piece


def retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After field asks to wait: a number, or a date (RFC 9110 section 10.2.3).

    None when there is no such field, or it cannot be read.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
