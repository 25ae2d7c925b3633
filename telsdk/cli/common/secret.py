"""Get passphrases, passwords and secrets: typed unseen, or from a file that the environment names."""

from __future__ import annotations

import os
import warnings
from getpass import GetPassWarning
from pathlib import Path
from secrets import token_bytes

import click

from telsdk import private
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.output import print_line
from telsdk.plain_text import plain

PASSPHRASE_FILE = "TELSDK_PASSPHRASE_FILE"
LOGIN_PASSPHRASE_FILE = "TELSDK_LOGIN_PASSPHRASE_FILE"
PASSWORD_FILE = "TELSDK_PASSWORD_FILE"
SECRET = 32  # octets of an operator's secret: what phone passwords and light logins need at least
_MOST = 4096  # octets


def passphrase(prompt: str, *variables: str, new: bool = False) -> str:
    """Return a secret text: from the file that the first of `variables` that is set names, or typed by a person.

    Args:
        variables: of the environment; by default TELSDK_PASSPHRASE_FILE.
        new: whether it is being chosen, and so is typed twice.

    Raises:
        Failure: the file cannot be read, or is empty.
    """
    for variable in variables or (PASSPHRASE_FILE,):
        if name := os.environ.get(variable):
            return _first_line(Path(name), variable)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)
            return str(click.prompt(plain(prompt), hide_input=True, confirmation_prompt=new, err=True))
    except GetPassWarning as error:
        print_line(err=True)  # end the line of the prompt
        files = " or ".join(variables or (PASSPHRASE_FILE,))
        raise Failure(f"there is no terminal to type it at: name a file that holds it by {files}") from error


def secret_bytes(path: Path) -> bytes:
    """Return the octets of an operator's secret, as they are in its file.

    Raises:
        TooOpen: others may read the file.
        Failure: the file cannot be read, or is too long to be a secret.
    """
    try:
        data = private.read(path, _MOST + 1)
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > _MOST:
        raise Failure(f"{path} is longer than {_MOST} bytes: that is no secret")
    return data


def make_secret(path: Path) -> None:
    """Make a file with a new operator's secret, which nobody else may read.

    Raises:
        Failure: the file is there already.
        OSError: the folder cannot be written.
    """
    try:
        private.create(path, token_bytes(SECRET))
    except FileExistsError:
        raise Failure(f"{path} is there already: it stays as it is, choose another name") from None


def _first_line(path: Path, variable: str) -> str:
    try:
        text = _read(path).decode().partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError as error:
        raise Failure(f"{path} (by {variable}) is no text in UTF-8") from error
    if not text:
        raise Failure(f"{path} (by {variable}) is empty: write the secret into its first line")
    return text


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST + 1)
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error
