"""The log scan finds what it is there to find, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.secrets_made import Made

ROOT = Path(__file__).parent.parent

LEAKY = """
import logging, sys, time
import click
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from eth_account import Account
from telsdk.credential import light, loginfile, passphrase
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.phone import PhonePasswords
from telsdk.credential.session import SessionKey, login_deep
from telsdk.directory import NumberFacts
from telsdk.net.pins import TlsIdentity
from telsdk.number import Number
from telsdk.sip.auth import session_token
from telsdk.sip.message import Request, Uri
from tests.facts import DOMAIN, FixedDirectory

log = logging.getLogger("telsdk.leaky")
ACCOUNT = Account.create()
FACTS = NumberFacts(Number(5551234), ACCOUNT.address, 1, 0)
DIRECTORY = FixedDirectory()
DIRECTORY.add(FACTS)

def login():
    return login_deep(KeystoreSigner(ACCOUNT), FACTS, DOMAIN, "desk", time.time())

def phones():
    return PhonePasswords([b"0123456789abcdefghijklmnopqrstuv"], DIRECTORY)

def command(*lines):
    @click.command()
    def say():
        for line in lines:
            click.echo(line)
    CliRunner().invoke(say)

def test_leak_delegation():
    log.debug("login %s", login().text)

def test_leak_account_key():
    KeystoreSigner(ACCOUNT)
    log.info("key %s", ACCOUNT.key.hex())

def test_leak_account_key_with_prefix():
    KeystoreSigner(ACCOUNT)
    log.info("key 0x" + ACCOUNT.key.hex().removeprefix("0x"))

def test_leak_session_key_as_number():
    log.info("key %s", login().key.private.private_numbers().private_value)

def test_leak_session_key_in_pem():
    log.info("%s", TlsIdentity.generate()._private_pem())

def test_leak_light_password():
    light.derive("a password of some length", DOMAIN, 5551234, 1)
    log.warning("tried 'a password of some length'")

def test_leak_generated_password():
    log.warning("offered %s", passphrase.generate())

def test_leak_phone_password():
    log.debug("%s", phones().issue(FACTS, time.time()).password)

def test_leak_operators_secret():
    phones()
    log.debug("%s", b"0123456789abcdefghijklmnopqrstuv".hex())

def test_leak_operators_secret_as_text():
    phones()
    log.debug("0123456789abcdefghijklmnopqrstuv")

def test_leak_token_in_a_traceback():
    request = Request("REGISTER", Uri.parse("sip:telprotocol"), [
        ("From", "<sip:5551234@telprotocol>;tag=f"), ("To", "<sip:5551234@telprotocol>"),
        ("Call-ID", "c"), ("CSeq", "1 REGISTER"), ("Contact", "<sip:5551234@192.0.2.1>")])
    one = login()
    token = session_token.issue(
        request, audience="sip:node", delegation=one.text, key=one.key.private, now=1.0, jti="j"
    )
    try:
        raise ValueError(f"Authorization: Bearer {token}")
    except ValueError:
        log.exception("a bug")

def test_leak_passphrase_of_a_login(tmp_path):
    loginfile.save(login(), tmp_path / "login", "twelve or more characters")
    logging.getLogger("somebody.elses").error("with twelve or more characters")

def test_leak_on_stderr():
    print(login().text, file=sys.stderr)

def test_leak_in_what_a_command_prints():
    command(login().text)

def test_clean():
    one = login()
    log.info("%r %r %r %s", one, one.key, phones().issue(FACTS, time.time()), one.key.public_bytes.hex())
    log.info("owner %s pin %s", FACTS.owner, TlsIdentity.generate().pin.hex())

def test_clean_what_a_person_asked_for():
    command(phones().issue(FACTS, time.time()).password, passphrase.generate())
"""


CONFTEST = f"""
import sys, types

sys.path.insert(0, {str(ROOT)!r})
ours = sys.modules["tests"] = types.ModuleType("tests")  # others have installed a package of that name
ours.__path__ = [{str(ROOT / "tests")!r}]
from tests.logscan import pytest_configure
"""


def test_each_secret_that_a_test_leaks_fails_that_test_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "test_leaky.py").write_text(LEAKY)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
    words = ("-m", "pytest", "-p", "no:ape_test", "-p", "no:cacheprovider", "-v")
    ran = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    names = set(re.findall(r"^def (test_\w+)", LEAKY, re.MULTILINE))
    failed = set(re.findall(r"^ERROR .*::(test_\w+)", ran.stdout, re.MULTILINE))
    assert failed == {name for name in names if name.startswith("test_leak_")}, ran.stdout
    for kind in (
        "delegation in",
        "token in",
        "P-256 key in",
        "operator's secret in",
        "private key in PEM in",
    ):
        assert kind in ran.stdout


@pytest.mark.parametrize("text", ["", "5551234", "sip:5551234@telprotocol", "ab" * 32, "eyJ.eyJ.eyJ"])
def test_what_is_no_secret_is_let_pass(text: str) -> None:
    assert Made().found_in(text) == set()


def test_a_secret_is_found_in_any_of_its_forms() -> None:
    made = Made()
    made.octets("key", bytes(range(1, 33)))
    for text in (
        bytes(range(1, 33)).hex(),
        "0x" + bytes(range(1, 33)).hex(),
        str(int.from_bytes(bytes(range(1, 33)))),
    ):
        assert made.found_in(f"it is {text}, as you see") == {"key"}
        assert made.found_in(f"it is {text[:-4]}") == set()
