"""`telsdk phone-password`: by the operator's secret or from the node; shown once, and listed without the password."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from telsdk import private
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.index import ChainIndex
from telsdk.cli.common import phone_journal, phone_settings, qrcode
from telsdk.clock import Wall
from telsdk.credential import light
from telsdk.credential.phone import PhonePassword, PhonePasswords
from telsdk.credential.phoneaccount import PhoneAccount, PhoneServer
from telsdk.directory import Domain
from telsdk.name import Name
from telsdk.number import Number
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import Ran, run

NUMBER = Number(5551234)
SECRET = bytes(range(32))
UDP, TLS = "sip:192.0.2.7:5061;transport=udp", "sip:[2001:db8::7]:5061;transport=tls"
ISSUED = PhonePassword(f"{NUMBER}.1.0.1800000000", "a" * 26, 1_800_000_000)


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain, home: Path) -> Client:
    """Alice, whose NUMBER is alice.tel, and an operator's secret in a file."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    client.alias.claim(Name("alice.tel"), NUMBER)
    private.write(home / "secret", SECRET)
    return client


def issue(home: Path, *words: object) -> Ran:
    return run("phone-password", "alice.tel", "--secret-file", home / "secret", *words)


def test_a_phone_password_is_the_one_that_nodes_compute(rpc: ChainRpc, alice: Client, home: Path) -> None:
    issued = issue(home, "--days", 3, "--server", UDP, "--json").json
    assert set(issued) == {
        "address", "username", "password", "realm", "server", "expires", "label", "servers", "digest"
    }  # fmt: skip
    assert (issued["address"], issued["realm"]) == (f"sip:{NUMBER}@telprotocol", "telprotocol")
    assert (issued["server"], issued["servers"]) == (UDP, [UDP])
    ends = datetime.fromisoformat(issued["expires"]) - datetime.now(UTC)
    assert timedelta(days=2, hours=23) < ends <= timedelta(days=3)
    with ChainIndex(alice) as index:
        index.load()
        now = Wall(datetime.now(UTC).timestamp())
        valid = PhonePasswords([SECRET], index).granted(issued["username"], now).passwords
        assert issued["password"] in valid


def test_a_secret_that_could_be_guessed_is_refused(home: Path) -> None:
    private.write(home / "secret", b"short")
    ran = run("phone-password", NUMBER, "--secret-file", home / "secret")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "has 5 bytes, a secret has 32 or more" in ran.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--json", "--qr"], "--json has it all"),
        (["--json", "--settings", "baresip"], "--json has it all"),
        (["--qr", "--settings", "baresip"], "exclude each other"),
        (["--server", UDP], "--server goes with --secret-file"),
        (["--server", "192.0.2.7"], "is no place for phones"),
        (["--settings", "asterisk"], "asterisk"),
        (["--days", "0"], "--days"),
    ],
)
def test_options_have_to_fit(home: Path, words: list[str], reason: str) -> None:
    ran = run("phone-password", NUMBER, *words)
    assert (ran.code, ran.out, reason in ran.err) == (2, "", True), ran.err


def test_settings_and_codes_need_a_place_to_connect_to(rpc: ChainRpc, alice: Client, home: Path) -> None:
    for words in (["--qr"], ["--settings", "baresip"], ["--transport", "udp"]):
        ran = issue(home, *words)
        assert (ran.code, ran.out, "--server" in ran.err) == (2, "", True)
    ran = issue(home, "--server", UDP, "--transport", "tls")
    assert (ran.code, ran.out, ran.err) == (1, "", "error: the node takes phones over udp only\n")
    assert run("phone-password", "list", "--json").json == {"passwords": []}


def test_without_a_login_the_next_step_is_said(rpc: ChainRpc, alice: Client) -> None:
    ran = run("phone-password", "alice.tel")
    assert (ran.code, ran.out, "telsdk login deep" in ran.err) == (1, "", True)


# What is printed


@pytest.mark.parametrize("name", list(phone_settings.PROGRAMS))
def test_settings_are_printed_alone(rpc: ChainRpc, alice: Client, home: Path, name: str) -> None:
    ran = issue(home, "--server", TLS, "--settings", name)
    assert ran.code == 0
    (noted,) = phone_journal.noted(alice.domain)
    with ChainIndex(alice) as index:
        index.load()
        (password,) = PhonePasswords([SECRET], index).granted(noted.username, Wall(noted.issued)).passwords
    place = PhoneServer.parse(TLS)
    account = PhoneAccount(PhonePassword(noted.username, password, noted.user.expiry), (place,))
    assert ran.out == phone_settings.PROGRAMS[name](account, place)
    assert "shown only now" in ran.err
    assert password not in ran.err


def test_a_person_is_shown_it_in_few_columns(rpc: ChainRpc, alice: Client, home: Path) -> None:
    ran = issue(home, "--server", UDP, "--label", "kitchen")
    lines = dict(line.split(maxsplit=1) for line in ran.out.splitlines())
    assert [*lines] == ["address", "username", "password", "realm", "server", "expires", "label"]
    assert max(map(len, ran.out.splitlines())) <= 45
    assert (lines["server"], lines["label"]) == (UDP, "kitchen")
    assert "shown only now" in ran.err


def test_a_code_holds_what_is_typed_by_hand(rpc: ChainRpc, alice: Client, home: Path) -> None:
    ran = issue(home, "--server", UDP, "--qr")
    lines = dict(line.split(maxsplit=1) for line in ran.out.splitlines()[:6])
    expiry = int(datetime.fromisoformat(lines["expires"]).timestamp())
    account = PhoneAccount(PhonePassword(lines["username"], lines["password"], expiry), ())
    text = phone_settings.by_hand(account, PhoneServer.parse(UDP))
    assert ran.out.splitlines()[6:] == qrcode.lines(text)


def test_a_code_fits_a_common_terminal_and_every_module_is_drawn() -> None:
    import segno

    text = phone_settings.by_hand(PhoneAccount(ISSUED, ()), PhoneServer.parse(TLS))
    drawn = qrcode.lines(text)
    assert {len(line) for line in drawn} == {len(drawn[0])}
    assert len(drawn[0]) <= 60
    halves = {" ": (1, 1), "▀": (0, 1), "▄": (1, 0), "█": (0, 0)}
    rows = [[halves[char][half] for char in line] for line in drawn for half in (0, 1)]
    code = segno.make(text, micro=False, error="l", boost_error=False)
    wanted = [list(row) for row in code.matrix_iter(border=2)]
    assert rows[: len(wanted)] == wanted
    assert not any(any(row) for row in rows[len(wanted) :])


def test_settings_name_the_number_and_the_way_to_the_node() -> None:
    account = PhoneAccount(ISSUED, ())
    line = phone_settings.baresip(account, PhoneServer.parse(TLS))
    assert line.startswith(f'<sip:{NUMBER}@telprotocol;transport=tls>;outbound="{TLS}";')
    assert line.count("\n") == 1
    sections = phone_settings.linphone(account, PhoneServer.parse(UDP))
    assert f"\nreg_proxy=<{UDP}>\n" in sections
    assert f"\nuserid={ISSUED.username}\n" in sections


# The list


def states(rpc: ChainRpc) -> dict[str, str]:
    return {one["label"]: one["state"] for one in run("phone-password", "list", "--json").json["passwords"]}


def test_what_was_issued_is_listed_without_the_password(rpc: ChainRpc, alice: Client, home: Path) -> None:
    password = issue(home, "--server", UDP, "--label", "kitchen", "--json").json["password"]
    path = phone_journal.path()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert password not in path.read_text()
    (one,) = run("phone-password", "list", "--json").json["passwords"]
    assert set(one) == {"number", "label", "state", "issued", "expires", "username"}
    assert (one["number"], one["label"], one["state"]) == (NUMBER, "kitchen", "active")
    table = run("phone-password", "list").out
    assert ("kitchen" in table, "active" in table) == (True, True)


def test_a_listed_password_is_void_once_the_chain_has_ended_it(
    rpc: ChainRpc, alice: Client, chain: EmbeddedChain, home: Path
) -> None:
    assert issue(home, "--label", "first").code == 0
    assert states(rpc) == {"first": "active"}
    alice.registry.revoke_sessions(NUMBER)
    assert issue(home, "--label", "second").code == 0
    assert states(rpc) == {"first": "void", "second": "active"}
    alice.registry.transfer(NUMBER, chain.accounts[2].address)
    assert states(rpc) == {"first": "void", "second": "void"}


def test_a_listed_password_of_a_light_session_is_void_with_its_credential(
    rpc: ChainRpc, alice: Client
) -> None:
    key = light.derive("mend the copper lantern before dusk", alice.domain, NUMBER, 1)
    alice.records.set_credential(NUMBER, key.credential, light.DEFAULT_KDF)
    note(alice.domain, "light", credential=key.credential.hex())
    note(alice.domain, "deep")
    assert states(rpc) == {"light": "active", "deep": "active"}
    alice.records.clear_credential(NUMBER)
    assert states(rpc) == {"light": "void", "deep": "active"}


def test_an_expired_one_is_told_from_a_void_one(rpc: ChainRpc, alice: Client) -> None:
    note(alice.domain, "old", expiry=1_500_000_000)
    assert states(rpc) == {"old": "expired"}


def test_only_what_belongs_to_this_chain_is_listed_the_newest_first(rpc: ChainRpc, alice: Client) -> None:
    note(alice.domain, "one")
    note(Domain(alice.domain.chain_id + 1, alice.domain.registry), "elsewhere")
    note(alice.domain, "two")
    with phone_journal.path().open("a") as file:
        file.write('{"username": "bob", "chain_id": 1, "registry": "", "issued": 1}\n[]\n{"username": "cut o')
    assert [*states(rpc)] == ["two", "one"]


def test_an_empty_list_says_how_to_get_one(rpc: ChainRpc) -> None:
    assert "telsdk phone-password ADDRESS" in run("phone-password", "list").out


def note(domain: Domain, label: str, *, expiry: int = 4_000_000_000, credential: str | None = None) -> None:
    username = f"{NUMBER}.1.0.{expiry}"
    phone_journal.note(
        phone_journal.Issued(username, domain.chain_id, domain.registry, 1_400_000_000, label, credential)
    )


def test_the_first_word_is_an_address_unless_it_is_a_command() -> None:
    for words in (["issue", NUMBER], [NUMBER], ["--days", "7", NUMBER]):
        ran = run("phone-password", *words, "--server", UDP)
        assert (ran.code, "--server goes with --secret-file" in ran.err) == (2, True)
    for word in ("list", "issue"):
        with pytest.raises(ValueError):
            Name(word)
        assert not word.isdecimal()
