"""The secret parts of an RPC's URL: they are on the wire, and nowhere else."""

from __future__ import annotations

import base64
import json
import logging
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
import requests
from web3 import HTTPProvider, Web3

import telsdk
from telsdk.chain.access import RemoteWallet, httprpc, mapped, open_rpc, rpc
from telsdk.chain.access.endpoint import Endpoint, EndpointError, redacted, without_secrets
from telsdk.chain.errors import ChainError, RpcUnreachable
from telsdk.chain.interface import CONTRACTS, Deployment
from telsdk.cli.common.options import Options
from tests.httpserver import PostHandler, running

USER, PASSWORD, KEY, QUERY = "operator-7", "pass%2Fword-9", "0badc0ffee0ddf00d", "query-secret"
SECRETS = (USER, PASSWORD, "pass/word-9", KEY, QUERY, base64.b64encode(b"operator-7:").decode()[:-2])
HELLO = json.dumps({"jsonrpc": "2.0", "id": 0, "result": "0x7"}).encode()

Reply = Callable[[BaseHTTPRequestHandler], None]


def says(status: int, body: bytes, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def echoes(status: int) -> Reply:
    """Tells an error that repeats what was asked, as providers do that do not know a key."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        words = f"no such key: {handler.path} {handler.headers['Authorization']}"
        answer = {"jsonrpc": "2.0", "id": 0, "error": {"code": -32001, "message": words, "data": words}}
        says(status, json.dumps(answer).encode())(handler)

    return reply


def leads_elsewhere(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(307)
    handler.send_header("Location", f"http://127.0.0.1:9{handler.path}")
    handler.end_headers()


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"json')


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


REPLIES: dict[str, Reply] = {
    **{
        f"HTTP {status}": says(status, b"no") for status in (400, 401, 403, 404, 408, 413, 429, 500, 502, 503)
    },
    "busy for long": says(429, b"", **{"Retry-After": "3600"}),
    "no JSON": says(200, b"<html>"),
    "no UTF-8": says(200, b"\xff"),
    "empty": says(200, b""),
    "a list": says(200, b"[]"),
    "no result": says(200, b'{"jsonrpc": "2.0", "id": 0}'),
    "echo": echoes(200),
    "echo in a refusal": echoes(401),
    "redirect": leads_elsewhere,
    "broken off": breaks_off,
    "hung up": hangs_up,
}


@contextmanager
def serving(reply: Reply) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A server that answers by `reply`: its URL, with every kind of secret in it, and what it was asked for."""
    asked: list[tuple[str, str | None]] = []

    class Handler(PostHandler):
        def post(self, question: bytes) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            reply(self)

    with running(Handler) as port:
        yield url_of(port), asked


def url_of(port: int) -> str:
    return f"http://{USER}:{PASSWORD}@127.0.0.1:{port}/v3/{KEY}?key={QUERY}"


def told(error: BaseException) -> str:
    """All that anybody gets to see of an exception: its traceback, and each that led to it even where that hides it."""
    parts: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        if (one := waiting.pop()) is not None:
            parts += [str(one), repr(one), repr(one.args), *traceback.format_exception(one)]
            waiting += [one.__cause__, one.__context__]
    return "\n".join(parts)


def assert_no_secret(text: str) -> None:
    found = [secret for secret in SECRETS if secret in text]
    assert not found, text


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "web3", "web3.providers.HTTPProvider", "web3.manager.RequestManager"):
        caplog.set_level(logging.DEBUG, logger=name)
    monkeypatch.setattr(rpc, "DEFAULTS", httprpc.RpcSettings(tries=2))


def test_the_server_gets_the_whole_url_and_the_libraries_only_its_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(says(200, HELLO)) as (url, asked):
        w3 = open_rpc(url)
        assert w3.eth.chain_id == 7
    basic = base64.b64encode(f"{USER}:pass/word-9".encode()).decode()
    assert asked[0] == (f"/v3/{KEY}?key={QUERY}", f"Basic {basic}")
    assert any(record.name.startswith("urllib3") for record in caplog.records), (
        "nothing was logged to look through"
    )
    assert any(record.name.startswith("web3") for record in caplog.records)
    assert_no_secret(caplog.text)
    assert_no_secret(f"{w3.provider} {w3.provider!r} {vars(w3.provider)}")


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
def test_no_failure_of_an_rpc_tells_a_secret(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    with serving(reply) as (url, asked), pytest.raises(ChainError) as caught:
        open_rpc(url)
    assert KEY in asked[0][0]
    assert "\n" not in str(caught.value)
    assert_no_secret(told(caught.value))
    assert_no_secret(caplog.text)


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
def test_no_failure_of_a_wallet_tells_a_secret(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    with serving(reply) as (url, asked), pytest.raises(ChainError) as caught:
        RemoteWallet(url).accounts()
    assert KEY in asked[0][0]
    assert_no_secret(told(caught.value))
    assert_no_secret(caplog.text)


def test_a_server_that_is_not_there_or_too_slow_is_told_without_a_secret(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "DEFAULTS", httprpc.RpcSettings(tries=2, timeout=0.1))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (silent.getsockname()[1], 9):
            with pytest.raises(RpcUnreachable) as caught:
                open_rpc(url_of(port))
            assert f"127.0.0.1:{port}" in str(caught.value)
            assert_no_secret(told(caught.value))
    assert_no_secret(caplog.text)


@pytest.mark.parametrize(
    "reply", [REPLIES["HTTP 502"], REPLIES["hung up"], REPLIES["no JSON"]], ids=["502", "away", "html"]
)
def test_a_provider_of_one_s_own_tells_none_in_what_is_raised(reply: Reply) -> None:
    with serving(reply) as (url, _):
        w3 = Web3(HTTPProvider(url, exception_retry_configuration=None))
        with pytest.raises(Exception) as caught, mapped():
            w3.eth.chain_id  # noqa: B018
    assert isinstance(caught.value, ChainError | ValueError)
    assert_no_secret(told(caught.value))


BAD = (
    f"ws://{USER}:x@node.example/v3/{KEY}",
    f"node.example/v3/{KEY}",
    f"https//node.example/{KEY}",
    f"http://{USER}:{KEY}/tail@node.example/",
    f"http://:{KEY}@/",
    f"http://[::1/{KEY}",
    f"http://node.example:{KEY}/",
    f"http://node.example:99999/{KEY}",
    f"file:///{KEY}",
    KEY + "\x00",
)


@pytest.mark.parametrize("url", BAD)
def test_an_address_that_is_none_is_told_without_what_may_be_a_secret(url: str) -> None:
    for refused in (lambda: open_rpc(url), lambda: RemoteWallet(url), lambda: telsdk.connect(rpc=url)):
        with pytest.raises(ChainError, match="it begins with http:// or https://") as caught:
            refused()
        assert_no_secret(told(caught.value))
    with pytest.raises(EndpointError):
        Endpoint(url)


@pytest.mark.parametrize("odd", ["a b", "a\nb", "ä", "%zz", "\x7f", "a%0d%0aHost: evil"])
def test_whatever_stands_in_the_path_is_one_line_on_the_wire(odd: str) -> None:
    with serving(says(200, HELLO)) as (url, asked):
        open_rpc(url.replace("?", f"{odd}?"))
    assert len(asked) == 1
    assert asked[0][0].startswith(f"/v3/{KEY}")


def test_no_redirect_is_followed_with_the_key(caplog: pytest.LogCaptureFixture) -> None:
    with serving(says(200, HELLO)) as (elsewhere, asked):
        port = elsewhere.partition("127.0.0.1:")[2].partition("/")[0]
        with (
            serving(says(307, b"", Location=f"http://127.0.0.1:{port}/")) as (url, _),
            pytest.raises(RpcUnreachable),
        ):
            open_rpc(url)
    assert asked == []
    with pytest.raises(requests.RequestException, match="another server"):
        Endpoint(url).session().post("http://127.0.0.2:9/", timeout=1)


def test_results_are_never_changed_whatever_they_hold() -> None:
    endpoint = Endpoint(url_of(1))
    result = json.dumps({"jsonrpc": "2.0", "id": 0, "result": KEY}).encode()
    assert endpoint.cleaned(result) == result


def test_objects_do_not_show_a_url() -> None:
    url = url_of(1)
    deployment = Deployment(
        "seven", 7, 1, dict.fromkeys(CONTRACTS, "0x5FbDB2315678afecb367f032d93F642f64180aa3"), {}, url
    )
    options = Options(rpcs=(url,), witnesses=(url,))
    for thing in (Endpoint(url), RemoteWallet(url), deployment, options):
        assert_no_secret(f"{thing} {thing!r}")
    assert without_secrets(url) == "http://127.0.0.1:1"
    assert redacted(f"at {url} and {url}") == "at http://127.0.0.1:1 and http://127.0.0.1:1"
