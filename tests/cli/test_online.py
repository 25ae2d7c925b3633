"""Hub, node and two users, each a process of its own, as people run them: called, written to, remembered."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from telsdk import private
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.cli.common import places
from telsdk.credential.phoneaccount import PhoneServer
from telsdk.name import Name
from telsdk.net.pins import TlsIdentity, client_context, pin_of_certificate
from telsdk.net.sockets import bind
from telsdk.number import Number
from telsdk.sip.auth import digest
from telsdk.sip.message import Challenge, Uri
from telsdk.uc.holder import Holder
from telsdk.uc.known_peers import KnownPeers
from telsdk.uc.media import tone_wav
from telsdk.uc.store import Store
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run
from tests.peer import Peer

ALICE, BOB = Number(5550001), Number(5550002)
Keystores = dict[str, Path]
QUESTION = b"""OPTIONS sip:telprotocol SIP/2.0\r
Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK77\r
From: <sip:phone@telprotocol>;tag=1\r
To: <sip:telprotocol>\r
Call-ID: 1\r
CSeq: 1 OPTIONS\r
Max-Forwards: 70\r
Content-Length: 0\r
\r
"""


def free_uri() -> str:
    """An address on loopback that nobody has."""
    sockets = bind("127.0.0.1")
    uri = f"sip:127.0.0.1:{sockets.port};transport=tls"
    sockets.close()
    return uri


class Processes:
    """Commands that run beside the test; none outlives it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def start(self, *words: object, **env: str) -> subprocess.Popen[str]:
        process = self._stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "telsdk", *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, **env},
            )
        )
        self._stack.callback(process.kill)
        return process

    def finish(self, *words: object, **env: str) -> tuple[int, str, str]:
        """Runs a command to its end: exit code, stdout, stderr."""
        process = self.start(*words, **env)
        out, err = process.communicate(timeout=40)
        return process.returncode, out, err


@pytest.fixture
def processes() -> Iterator[Processes]:
    with ExitStack() as stack:
        yield Processes(stack)


@pytest.fixture
def listed(rpc: ChainRpc, client: Client, chain: EmbeddedChain, home: Path, keystores: Keystores) -> None:
    """A hub and a node in the list, and alice.tel and bob.tel at home there."""
    people = ((client, ALICE, "alice.tel"), (client.as_account(chain.accounts[2]), BOB, "bob.tel"))
    client.hubs.add_hub(free_uri(), TlsIdentity.load_or_create(home / "hub.pem").pin)
    client.hubs.add_node(1, free_uri(), TlsIdentity.load_or_create(home / "node.pem").pin, 10)
    for person, number, name in people:
        person.buy_number(number, wait=chain.advance_time)
        person.alias.claim(Name(name), number)
        person.records.set_hub(number, 1)
        keys = keystores[name.removesuffix(".tel")]
        assert run("login", "deep", number, "--account", keys).code == 0


@pytest.fixture
def servers(listed: None, processes: Processes, home: Path) -> list[subprocess.Popen[str]]:
    """The hub and its node, running."""
    node = processes.start("node", "run", "--hub", 1, "--index", 0, "--key-file", home / "node.pem")
    assert line(node.stdout).startswith("node 0 of hub 1 listens at 127.0.0.1:")
    hub = processes.start("hub", "run", "--hub", 1, "--key-file", home / "hub.pem")
    assert line(hub.stdout).startswith("hub 1 listens at 127.0.0.1:")
    assert line(hub.stdout) == "hub 1 hears from all its nodes\n"
    return [hub, node]


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in text.splitlines()]


@pytest.mark.slow
@pytest.mark.timeout(180)  # eight processes start, one after the other
def test_two_people_write_and_call_each_other_by_command(
    servers: list[subprocess.Popen[str]], processes: Processes, home: Path
) -> None:
    before = Holder(BOB, "0x" + "11" * 20, 1)  # whom alice met as bob
    with Store(places.pick_store(ALICE, None).store) as store:
        KnownPeers(store).met("bob.tel", before)
    code, out, err = processes.finish("call", "bob.tel", "--number", ALICE)
    assert (code, out) == (1, "")
    assert (
        f"note: bob.tel was moved by its owner since the last contact, from the account {before.owner}" in err
    )
    assert err.splitlines()[-1].startswith("error: the call came to nothing: 480")  # bob is away
    tone = tone_wav(home / "tone.wav", 440.0)
    words = ("--number", BOB, "--answer", "--once", "--play", tone, "--record", home / "heard.wav", "--json")
    bob = processes.start("listen", *words)
    assert line(bob.stderr).startswith("bob.tel is registered at sip:127.0.0.1:")
    code, out, err = processes.finish("message", "bob.tel", "on my way", "--number", ALICE, "--json")
    assert code == 0, err
    assert json.loads(out) == {"to": "bob.tel", "delivered": True, "changed": None}  # told once
    assert "note:" not in err
    code, out, err = processes.finish(
        "call", "bob.tel", "--number", ALICE, "--play", tone, "--seconds", 1, "--json"
    )
    assert code == 0, err
    report = json.loads(out)
    assert (report["number"], report["trust"], report["login"]) == (BOB, "verified", "deep")
    assert (report["media_key_bound"], report["ended_by"], report["lost"]) == (True, "local", 0)
    assert report["packets"] > 10
    assert "it rings\n" in err
    assert (report["as_of"], report["changed"]) == (None, None)
    heard, _ = bob.communicate(timeout=10)
    message, ringing, ended = events(heard)
    assert (message["event"], message["name"], message["body"]) == ("message", "alice.tel", "on my way")
    assert (ringing["event"], ringing["number"], ringing["trust"]) == ("ringing", ALICE, "verified")
    assert (ended["event"], ended["ended_by"]) == ("ended", "remote")
    assert (home / "heard.wav").stat().st_size > 20_000
    for number, kinds in ((ALICE, ["call", "message", "call"]), (BOB, ["message", "call"])):
        found = run("history", "--number", number, "--json").json["history"]
        assert [one["kind"] for one in found] == kinds
        assert {one["direction"] for one in found} == {"out" if number == ALICE else "in"}
    for server, asked in zip(servers, (signal.SIGTERM, signal.SIGINT), strict=True):
        server.send_signal(asked)
        out, _ = server.communicate(timeout=10)
        assert (server.returncode, out.endswith(" stops\n")) == (0, True)


async def registered(issued: dict[str, Any]) -> int:
    """How a node answers a phone that has only what was printed."""
    server, domain = PhoneServer.parse(issued["server"]), "sip:telprotocol"
    with Peer(BOB) as phone:
        first = await phone.ask(phone.request("REGISTER", domain), server.host, server.port)
        answer = digest.answer(
            Challenge.parse(first.headers.get("WWW-Authenticate") or ""),
            method="REGISTER",
            uri=domain,
            user=issued["username"],
            password=issued["password"],
            cnonce="0a4f113b",
        )
        assert f"algorithm={issued['digest']}" in answer
        again = phone.request("REGISTER", domain, ("Authorization", answer))
        return (await phone.ask(again, server.host, server.port)).status


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_person_gets_a_phone_password_from_his_node_by_command(
    listed: None, processes: Processes, home: Path
) -> None:
    private.write(home / "secret", bytes(range(32)))
    words = ("--key-file", home / "node.pem", "--phone-secret", home / "secret", "--digest", "sha-256")
    node = processes.start("node", "run", "--hub", 1, "--index", 0, *words, "--verbose")
    assert line(node.stdout).startswith("node 0 of hub 1 listens at 127.0.0.1:")
    hub = processes.start("hub", "run", "--hub", 1, "--key-file", home / "hub.pem")
    assert line(hub.stdout).startswith("hub 1 listens at 127.0.0.1:")
    assert line(hub.stdout) == "hub 1 hears from all its nodes\n"
    code, out, err = processes.finish("phone-password", "bob.tel", "--label", "desk", "--json")
    assert code == 0, err
    issued = json.loads(out)
    assert (issued["digest"], issued["server"].rpartition("=")[2]) == ("SHA-256", "udp")
    assert asyncio.run(registered(issued)) == 200
    (noted,) = run("phone-password", "list", "--json").json["passwords"]
    assert (noted["username"], noted["label"], noted["state"]) == (issued["username"], "desk", "active")
    node.send_signal(signal.SIGTERM)
    told, log = node.communicate(timeout=10)
    assert f"issued a phone password of {BOB}" in log
    assert issued["password"] not in told + log + err


def test_a_hub_that_is_down_is_named(listed: None) -> None:
    ran = run("call", "bob.tel", "--number", ALICE)
    assert (ran.code, ran.out) == (1, "")
    assert "does not answer" in ran.err.splitlines()[-1]


def test_without_a_home_hub_the_next_step_is_said(listed: None, client: Client) -> None:
    client.records.set_hub(ALICE, None)
    ran = run("message", "bob.tel", "hello", "--number", ALICE)
    assert (ran.code, f"telsdk hubs choose {ALICE}" in ran.err) == (1, True)


def test_which_of_two_logins_has_to_be_said(listed: None) -> None:
    ran = run("call", "bob.tel")
    assert (ran.code, "say which by --number" in ran.err) == (1, True)


@pytest.mark.slow
def test_a_node_told_so_takes_websocket(listed: None, processes: Processes, home: Path) -> None:
    words = ("--hub", 1, "--index", 0, "--key-file", home / "node.pem", "--listen-ws", "127.0.0.1:0")
    node = processes.start("node", "run", *words)
    line(node.stdout)
    place = line(node.stdout).rpartition(" takes WS at ")[2].strip()
    with connect(f"ws://{place}", subprotocols=[Subprotocol("sip")], proxy=None) as browser:
        assert browser.subprotocol == "sip"
        node.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            browser.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, node.wait(10)) == (1001, 0)


@pytest.mark.slow
def test_a_node_told_so_takes_phones_over_tcp(listed: None, processes: Processes, home: Path) -> None:
    words = ("--hub", 1, "--index", 0, "--key-file", home / "node.pem", "--listen-tcp", "127.0.0.1:0")
    node = processes.start("node", "run", *words)
    line(node.stdout)
    host, _, port = line(node.stdout).rpartition(" takes TCP at ")[2].strip().rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as phone:
        phone.sendall(QUESTION)
        answer = phone.makefile("rb").readline()
    assert answer == b"SIP/2.0 200 OK\r\n"
    node.send_signal(signal.SIGTERM)
    assert node.wait(10) == 0


def shown_pin(client: Client) -> bytes:
    """The pin of the key that the listed node shows to who connects now."""
    (node,) = client.hubs.nodes(1)
    uri = Uri.parse(node.uri)
    with (
        socket.create_connection((uri.host, uri.port or 0), 10) as plain,
        client_context().wrap_socket(plain) as tls,
    ):
        return pin_of_certificate(tls.getpeercert(binary_form=True) or b"")


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_an_operator_changes_a_key_and_who_sold_his_number_is_logged_out(
    servers: list[subprocess.Popen[str]],
    processes: Processes,
    home: Path,
    client: Client,
    keystores: Keystores,
) -> None:
    bob = processes.start("listen", "--number", BOB, "--json")
    assert line(bob.stderr).startswith("bob.tel is registered at sip:127.0.0.1:")
    _, node = servers
    following = TlsIdentity.load_or_create(home / "next.pem")
    signer = ("--account", keystores["alice"])
    assert run("hubs", "rotate-key", 1, "--node", 0, "--pin", following.pin.hex(), *signer).code == 0
    (home / "next.pem").replace(home / "node.pem")
    for _ in range(60):  # until the node has the rotation in its own copy of the chain
        node.send_signal(signal.SIGHUP)
        if shown_pin(client) == following.pin:
            break
        time.sleep(0.5)
    assert line(node.stdout).startswith("node 0 of hub 1 has the chain")
    assert line(node.stdout) == f"node 0 of hub 1 shows the key {following.pin.hex()}\n"
    assert run("hubs", "retire-key", 1, "--node", 0, *signer).code == 0
    code, _, err = processes.finish("message", "bob.tel", "still there?", "--number", ALICE)
    assert code == 0, err
    assert (
        run(
            "number", "transfer", BOB, client.session.signer().address, "--account", keystores["bob"], "--yes"
        ).code
        == 0
    )
    out, err = bob.communicate(timeout=40)
    assert bob.returncode == 1
    assert [event["event"] for event in events(out)] == ["message", "logged-out"]
    assert "changed hands" in err.splitlines()[-1]
