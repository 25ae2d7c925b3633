"""A desktop's keyring without a desktop: gnome-keyring on a message bus of its own."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
import secretstorage
from jeepney import DBus
from jeepney.io.blocking import Proxy, open_dbus_connection

from tests.conftest import program

_SECRETS = "org.freedesktop.secrets"
_TRIES = 400
_PAUSE = 0.05  # seconds


class Desktop:
    """What a person would see in the program that shows the keyring; and does there."""

    def entries(self) -> dict[str, str]:
        """The secrets of telsdk by their names."""
        with closing(secretstorage.dbus_init()) as bus:
            found = secretstorage.search_items(bus, {"service": "telsdk"})
            return {item.get_attributes()["username"]: item.get_secret().decode() for item in found}

    def empty(self) -> None:
        """Removes all that telsdk put there."""
        with closing(secretstorage.dbus_init()) as bus:
            for item in [*secretstorage.search_items(bus, {"service": "telsdk"})]:
                item.delete()

    def lock(self) -> None:
        """Locks the keyring, as the desktop does with its screen. Nobody is there to unlock it again."""
        with closing(secretstorage.dbus_init()) as bus:
            secretstorage.get_default_collection(bus).lock()


@contextmanager
def running_desktop(patch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """A keyring that is unlocked; the environment, with XDG_DATA_HOME a test's own, leads to it. See `program`."""
    bus, keyring = program("dbus-daemon"), program("gnome-keyring-daemon")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        patch.delenv(variable, raising=False)
    with ExitStack() as stack:
        # A path of its own: that of a socket may not be long.
        patch.setenv("XDG_RUNTIME_DIR", stack.enter_context(tempfile.TemporaryDirectory(prefix="kr")))
        daemon = _started(stack, bus, "--session", "--nofork", "--nopidfile", "--print-address")
        assert daemon.stdout is not None
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
        unlocked = _started(stack, keyring, "--foreground", "--unlock", "--components=secrets")
        assert unlocked.stdin is not None
        unlocked.stdin.write("the person's own password")
        unlocked.stdin.close()
        _wait_for(unlocked)
        yield Desktop()


def _started(stack: ExitStack, *command: str) -> subprocess.Popen[str]:
    process = stack.enter_context(
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=dict(os.environ),
        )
    )
    stack.callback(process.terminate)
    return process


def _wait_for(process: subprocess.Popen[str]) -> None:
    """Asks the bus first: a question to the keyring itself would make the bus start one that is locked."""
    with closing(open_dbus_connection()) as bus:
        for _ in range(_TRIES):
            assert process.poll() is None, "gnome-keyring ended"
            if Proxy(DBus(), bus).NameHasOwner(_SECRETS)[0]:
                break
            time.sleep(_PAUSE)
        else:
            pytest.fail("gnome-keyring does not come to the bus")
    with closing(secretstorage.dbus_init()) as bus:
        for _ in range(_TRIES):
            if not secretstorage.get_default_collection(bus).is_locked():
                return
            time.sleep(_PAUSE)
    pytest.fail("gnome-keyring stays locked")
