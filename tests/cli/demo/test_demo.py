"""`telsdk demo`, whole: what a newcomer runs first."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from telsdk.cli.demo.play import LADDER
from tests.anvil import running_anvil

TELSDK = (sys.executable, "-m", "telsdk")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, str]:
    page = tmp_path_factory.mktemp("demo") / "call.html"
    done = subprocess.run(
        [*TELSDK, "demo", "--json", "--html", str(page)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout), page, done.stderr


def test_every_check_passes_and_says_what_was_seen(ran: tuple[dict[str, Any], Path, str]) -> None:
    checks = ran[0]["checks"]
    assert len(checks) >= 20
    assert all(check["ok"] and check["seen"] for check in checks)


def test_the_ladder_is_the_14_messages_of_the_design(ran: tuple[dict[str, Any], Path, str]) -> None:
    steps = [(one["from"], one["to"], one["what"]) for one in ran[0]["ladder"] if one["n"]]
    assert sorted(steps) == sorted(LADDER)
    assert [one["n"] for one in ran[0]["ladder"] if one["n"]] == list(range(1, 15))
    times = [one["time_ms"] for one in ran[0]["ladder"] if one["n"]]
    assert times == sorted(times)


def test_each_hears_the_others_tone(ran: tuple[dict[str, Any], Path, str]) -> None:
    for heard in ran[0]["media"].values():
        assert abs(heard["frequency_hz"] - heard["expected_hz"]) < 5
        assert heard["packets"] > 30


def test_the_sale_and_the_backup_are_told_with_their_figures(ran: tuple[dict[str, Any], Path, str]) -> None:
    report = ran[0]
    assert report["sale"]["owner"] == report["sale"]["buyer"] != report["sale"]["seller"]
    assert report["sale"]["epoch"] == 2
    assert report["backup"]["restored_equal"] is True
    assert report["backup"]["blocks"] >= 2


def test_progress_goes_to_stderr_and_the_page_draws_the_ladder(ran: tuple[dict[str, Any], Path, str]) -> None:
    _, page, progress = ran
    assert "alice.eth calls bob.eth" in progress
    assert "<svg" in page.read_text()


@pytest.mark.contracts
def test_a_real_json_rpc_chain_serves_as_well() -> None:
    with running_anvil() as rpc:
        done = subprocess.run(
            [*TELSDK, "demo", "--json", "--rpc", rpc],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(check["ok"] for check in json.loads(done.stdout)["checks"])


def test_an_rpc_that_is_down_is_one_clear_line() -> None:
    done = subprocess.run(
        [*TELSDK, "demo", "--rpc", "http://127.0.0.1:9"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "127.0.0.1:9" in done.stderr.splitlines()[-1]
