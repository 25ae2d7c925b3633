"""What a JSON-RPC server may answer, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from eth_abi.abi import encode

from telsdk.chain import revert
from telsdk.chain.access import RpcSettings, mapped, open_rpc
from telsdk.chain.errors import RpcError, RpcUnreachable
from telsdk.chain.revert.decode import error_types
from tests.httpserver import PostHandler, running

ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ALREADY_LINKED = next(
    "0x" + selector.hex() for selector, known in error_types().items() if known.name == "AlreadyLinked"
)
Answer = Callable[[str], tuple[int, str]]  # the method asked for -> HTTP status and body


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """A server on loopback that gives `answer` to every request."""

    class Handler(PostHandler):
        def post(self, question: bytes) -> None:
            status, body = answer(json.loads(question)["method"])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

    with running(Handler) as port:
        yield f"http://user:secret@127.0.0.1:{port}/v3/key"


def result(value: object) -> tuple[int, str]:
    return 200, json.dumps({"jsonrpc": "2.0", "id": 0, "result": value})


def error(**details: object) -> Answer:
    """Knows its chain id, and answers everything else with an error."""
    body = json.dumps({"jsonrpc": "2.0", "id": 0, "error": details})
    return lambda method: result("0x7") if method == "eth_chainId" else (200, body)


def test_a_server_that_answers_is_connected_to() -> None:
    with server(lambda _method: result("0x7")) as url:
        assert open_rpc(url).eth.chain_id == 7


@pytest.mark.parametrize("url", ["", "127.0.0.1:8545", "ws://127.0.0.1:8545", "/dev/null"])
def test_what_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(RpcUnreachable, match="is no RPC address: it begins with http"):
        open_rpc(url)


def test_nobody_there_is_said_with_the_next_step() -> None:
    with pytest.raises(RpcUnreachable, match=r"127\.0\.0\.1:9 does not answer .*start it, or give another"):
        open_rpc("http://127.0.0.1:9", RpcSettings(tries=1))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((503, "busy"), "refuses: HTTP 503"),
        ((401, "no"), "refuses: HTTP 401"),
        ((200, "<html>"), "does not speak JSON-RPC"),
        ((200, ""), "does not speak JSON-RPC"),
        ((200, "\xff"), "does not speak JSON-RPC"),
        ((200, "[]"), "does not speak JSON-RPC"),
    ],
)
def test_a_server_of_another_kind_is_said_and_no_secret_with_it(answer: tuple[int, str], said: str) -> None:
    with server(lambda _method: answer) as url, pytest.raises(RpcUnreachable, match=said) as caught:
        open_rpc(url)
    assert "secret" not in str(caught.value)
    assert "key" not in str(caught.value)


@pytest.mark.parametrize("answer", [{}, {"result": None, "id": 0}, {"jsonrpc": "2.0", "id": 0}])
def test_an_answer_that_makes_no_sense_is_an_rpc_error(answer: object) -> None:
    with server(lambda _method: (200, json.dumps(answer))) as url, pytest.raises(RpcError):
        open_rpc(url)


@pytest.mark.parametrize(
    "details",
    [
        {"code": 3, "message": "execution reverted", "data": ALREADY_LINKED},
        {"code": -32000, "message": "VM execution error", "data": ALREADY_LINKED},
        {"code": -32015, "message": "VM execution error.", "data": f"Reverted {ALREADY_LINKED}"},
        {"code": -32603, "message": "reverted", "data": {"data": ALREADY_LINKED, "txHash": "0x"}},
    ],
)
def test_a_refusal_is_understood_however_the_node_wraps_it(details: dict[str, object]) -> None:
    with server(error(**details)) as url:
        w3 = open_rpc(url)
        with pytest.raises(revert.AlreadyLinked), mapped():
            w3.eth.call({"to": ALICE})


@pytest.mark.parametrize("code", [3, -32000])
def test_a_reason_in_words_is_passed_on(code: int) -> None:
    data = "0x08c379a0" + encode(["string"], ["too late"]).hex()
    with server(error(code=code, message="execution reverted: too late", data=data)) as url:
        w3 = open_rpc(url)
        with pytest.raises(revert.Reverted, match="the contract refused: too late"), mapped():
            w3.eth.call({"to": ALICE})


def test_other_errors_are_passed_on_in_the_rpcs_words() -> None:
    with server(error(code=-32005, message="limit exceeded")) as url:
        w3 = open_rpc(url)
        with pytest.raises(RpcError, match="answered with an error: limit exceeded"), mapped():
            w3.eth.get_balance(ALICE)  # type: ignore[arg-type]


def test_blocks_of_proof_of_authority_chains_are_read() -> None:
    """Their extraData is longer than the 32 bytes of other chains."""
    block = {"number": "0x5", "hash": "0x" + "01" * 32, "timestamp": "0x6", "extraData": "0x" + "02" * 97}
    with server(lambda method: result("0x7" if method == "eth_chainId" else block)) as url:
        assert open_rpc(url).eth.get_block("latest")["number"] == 5
