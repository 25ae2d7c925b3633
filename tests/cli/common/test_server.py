"""`telsdk node run` and `telsdk hub run`, up to where they would serve."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from telsdk import private
from telsdk.chain.access import RpcSettings
from telsdk.chain.client import Client
from telsdk.net.pins import TlsIdentity
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run

URI = "sip:127.0.0.1:5061;transport=tls"


@pytest.mark.parametrize("kind", ["hub", "node"])
def test_the_pin_is_known_before_anything_is_listed(kind: str, home: Path) -> None:
    first = run(kind, "run", "--show-pin")
    assert (first.code, len(first.out), first.err) == (0, 65, "")
    assert run(kind, "run", "--show-pin").out == first.out
    key = home / "own.pem"
    assert (
        run(kind, "run", "--show-pin", "--key-file", key).out
        == TlsIdentity.load_or_create(key).pin.hex() + "\n"
    )
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "missing"),
    [(["hub", "run"], "--hub"), (["node", "run"], "--hub"), (["node", "run", "--hub", "1"], "--index")],
)
def test_which_server_it_is_has_to_be_said(words: list[str], missing: str) -> None:
    ran = run(*words)
    assert (ran.code, missing in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "next_step"),
    [
        (["hub", "run", "--hub", "3"], "telsdk hubs add"),
        (["node", "run", "--hub", "3", "--index", "0"], "telsdk hubs nodes 3"),
    ],
)
def test_a_server_that_is_not_listed_is_told_how_to_be(
    rpc: ChainRpc, words: list[str], next_step: str
) -> None:
    ran = run(*words)
    assert (ran.code, ran.out, next_step in ran.err) == (1, "", True)


def test_another_key_than_the_listed_one_is_noticed_at_once(rpc: ChainRpc, client: Client) -> None:
    client.hubs.add_hub(URI, b"\x01" * 32)
    client.hubs.add_node(1, URI, b"\x02" * 32, 10)
    for words in (["hub", "run", "--hub", "1"], ["node", "run", "--hub", "1", "--index", "0"]):
        ran = run(*words)
        assert (ran.code, ran.err.count("\n")) == (1, 1)
        assert "give its own --key-file" in ran.err


def test_a_server_follows_the_chain_as_its_witness_tells_it_too(
    rpc: ChainRpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes as far as the list, in which it does not stand, where both can be asked, and no further where not."""
    words = ("hub", "run", "--hub", 3)
    assert "telsdk hubs add" in run(*words, "--witness", rpc.url).err
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr("telsdk.chain.access.rpc.DEFAULTS", RpcSettings(tries=1))
        ran = run(*words, "--witness", rpc.url, "--witness", away)
        monkeypatch.setenv("TELSDK_WITNESS", away)
        assert run(*words).err == ran.err
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert f"{away} does not answer" in ran.err


def test_an_address_of_another_machine_cannot_be_listened_at(
    rpc: ChainRpc, client: Client, home: Path
) -> None:
    pin = TlsIdentity.load_or_create(home / "hub.pem").pin
    client.hubs.add_hub("sip:192.0.2.7:5061;transport=tls", pin)
    ran = run("hub", "run", "--hub", 1, "--key-file", home / "hub.pem")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "cannot listen on 192.0.2.7:5061" in ran.err


@pytest.mark.parametrize("kind", ["hub", "node"])
def test_limits_are_listed_as_they_are_set(kind: str) -> None:
    ran = run(kind, "run", "--limits", "--limit", "gate.source=7/9", "--limit", "retry_after=11")
    lines = {line.split()[0]: line.split()[1] for line in ran.out.splitlines() if "  " in line.strip()}
    assert (ran.code, ran.err) == (0, "")
    assert (lines["gate.source"], lines["retry_after"], lines["connections.most"]) == ("7/9", "11", "10000")
    assert "IPv6" in next(line for line in ran.out.splitlines() if "gate.source" in line)


@pytest.mark.parametrize("kind", ["hub", "node"])
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("gate.sorce=1/2", "did you mean gate.source?"),
        ("gate.source=1", "100/400"),
        ("gate.source", "NAME=VALUE"),
        ("=1", "NAME=VALUE"),
    ],
)
def test_a_limit_that_cannot_be_is_a_usage_error(kind: str, said: str, reason: str) -> None:
    ran = run(kind, "run", "--hub", 1, "--limit", said)
    assert (ran.code, reason in ran.err) == (2, True), ran.err


def test_a_file_that_is_no_key_is_refused(home: Path) -> None:
    private.write(home / "odd.pem", b"no key")
    ran = run("node", "run", "--show-pin", "--key-file", home / "odd.pem")
    assert (ran.code, "gives no key" in ran.err) == (1, True)


def test_a_digest_that_no_phone_knows_is_a_usage_error() -> None:
    ran = run("node", "run", "--hub", 1, "--index", 0, "--digest", "SHA-1")
    assert (ran.code, "'MD5', 'SHA-256', 'SHA-512-256'" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--certificate", "chain.pem"], "go together"),
        (["--certificate-key", "chain.pem"], "go together"),
        (["--listen-tls", "127.0.0.1:5061"], "--listen-tls shows a certificate"),
        (["--certificate", "chain.pem", "--certificate-key", "chain.pem"], "give one of them"),
        (["--listen-ws", "0.0.0.0:80"], "every address"),
        (["--listen-wss", "127.0.0.1"], "HOST:PORT"),
        (["--listen-tcp", "0.0.0.0:5060"], "every address"),
        (["--certificate", "missing.pem"], "missing.pem"),
    ],
)
def test_places_and_certificates_have_to_fit(
    home: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], reason: str
) -> None:
    monkeypatch.chdir(home)
    (home / "chain.pem").write_text("")
    ran = run("node", "run", "--hub", 1, "--index", 0, "--key-file", home / "node.pem", *words)
    assert (ran.code, reason in ran.err) == (2, True), ran.err


def test_a_secret_for_phones_is_made_once_and_only_its_owner_may_read_it(home: Path) -> None:
    path = home / "phone.secret"
    first = run("node", "new-phone-secret", path)
    assert (first.code, str(path) in first.out) == (0, True)
    secret = path.read_bytes()
    assert (stat.S_IMODE(path.stat().st_mode), len(secret)) == (0o600, 32)
    again = run("node", "new-phone-secret", path)
    assert (again.code, "is there already" in again.err) == (1, True)
    assert path.read_bytes() == secret
    assert secret.hex() not in first.out + again.err


@pytest.mark.parametrize(
    "words",
    [
        ("phone-password", "5551234", "--secret-file"),
        ("node", "run", "--hub", 1, "--index", 0, "--phone-secret"),
    ],
)
def test_a_secret_for_phones_that_others_may_read_is_refused(
    rpc: ChainRpc, home: Path, words: tuple[object, ...]
) -> None:
    path = home / "phone.secret"
    run("node", "new-phone-secret", path)
    path.chmod(0o640)
    ran = run(*words, path)
    assert (ran.code, f"chmod 600 {path}" in ran.err) == (1, True)


def test_a_secret_for_light_logins_is_made_once_and_only_its_owner_may_read_it(home: Path) -> None:
    path = home / "login.secret"
    first = run("hub", "new-login-secret", path)
    assert first.code == 0
    secret = path.read_bytes()
    assert (stat.S_IMODE(path.stat().st_mode), len(secret)) == (0o600, 32)
    again = run("hub", "new-login-secret", path)
    assert (again.code, path.read_bytes()) == (1, secret)
    assert secret.hex() not in first.out + again.err


@pytest.mark.parametrize("content", [bytes(31), b""])
def test_a_hub_is_not_run_with_a_secret_that_is_none(home: Path, content: bytes) -> None:
    path = home / "login.secret"
    path.write_bytes(content)
    path.chmod(0o600)
    ran = run("hub", "run", "--hub", 1, "--login-secret", path)
    assert ran.code == 1
    assert "32 bytes" in ran.err
    twice = home / "another.secret"
    for one in (path, twice):
        one.write_bytes(bytes(32))
        one.chmod(0o600)
    ran = run("hub", "run", "--hub", 1, "--login-secret", path, "--login-secret", twice)
    assert ran.code == 1
    assert "the same" in ran.err


def test_a_secret_for_light_logins_that_others_may_read_is_refused(home: Path) -> None:
    path = home / "login.secret"
    run("hub", "new-login-secret", path)
    path.chmod(0o640)
    ran = run("hub", "run", "--hub", 1, "--login-secret", path)
    assert ran.code == 1
    assert f"chmod 600 {path}" in ran.err
