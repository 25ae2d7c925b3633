"""connect(): from a network's name or an RPC's address to a client, or one clear line why not."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

import telsdk
from telsdk.chain.access import RpcSettings, rpc
from telsdk.chain.errors import NotDeployed, RpcUnreachable, UnknownNetwork, WrongNetwork
from telsdk.chain.interface import CONTRACTS, Deployment, deployments
from tests.chain.access.test_rpc import Answer, result, server

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def deployment(url: str | None = None, chain_id: int = 7, name: str = "seven") -> Deployment:
    return Deployment(name, chain_id, 1, dict.fromkeys(CONTRACTS, ADDRESS), {}, url)


def chain_seven(code: str = "0x60") -> Answer:
    """A chain of that id, on which there is `code` at every address, and whatever is called answers with a word."""
    told = {"eth_chainId": "0x7", "eth_call": f"0x{1024:064x}"}
    return lambda method: result(told.get(method, code))


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No deployments but the test's, and no environment."""
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda _name: str(tmp_path))
    monkeypatch.delenv("TELSDK_NETWORK", raising=False)
    monkeypatch.delenv("TELSDK_RPC", raising=False)
    monkeypatch.setattr(rpc, "DEFAULTS", RpcSettings(tries=1))


def test_a_network_is_connected_to_by_name() -> None:
    with server(chain_seven()) as url:
        deployments.save(deployment(url))
        assert telsdk.connect("seven").domain.chain_id == 7


def test_a_network_is_found_by_the_chain_that_an_rpc_serves() -> None:
    deployments.save(deployment())
    deployments.save(deployment(chain_id=8, name="eight"))
    with server(chain_seven()) as url:
        assert telsdk.connect(rpc=url).deployment.name == "seven"


def test_another_rpc_can_be_given_for_a_network() -> None:
    deployments.save(deployment("http://127.0.0.1:9"))
    with server(chain_seven()) as url:
        assert telsdk.connect("seven", url).deployment.name == "seven"


def test_the_environment_is_asked_when_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    deployments.save(deployment())
    deployments.save(deployment(name="other"))
    with server(chain_seven()) as url:
        monkeypatch.setenv("TELSDK_NETWORK", "other")
        monkeypatch.setenv("TELSDK_RPC", url)
        assert telsdk.connect().deployment.name == "other"


def test_a_deployment_at_hand_needs_no_file() -> None:
    with server(chain_seven()) as url:
        assert telsdk.connect(deployment=deployment(url)).domain.registry == ADDRESS


def test_nothing_said_is_answered_with_what_to_say() -> None:
    with pytest.raises(UnknownNetwork, match="give --network NAME or --rpc URL"):
        telsdk.connect()


def test_an_unknown_network_is_named() -> None:
    with pytest.raises(UnknownNetwork, match="no network is called 'mars'"):
        telsdk.connect("mars")


def test_a_network_without_rpc_is_answered_with_what_to_give() -> None:
    deployments.save(deployment())
    with pytest.raises(UnknownNetwork, match="network seven names no RPC of its own: give --rpc"):
        telsdk.connect("seven")


def test_a_chain_without_deployment_is_named() -> None:
    with (
        server(chain_seven()) as url,
        pytest.raises(UnknownNetwork, match="is known on chain 7"),
    ):
        telsdk.connect(rpc=url)


def test_an_rpc_that_is_down_is_named() -> None:
    deployments.save(deployment("http://127.0.0.1:9"))
    with pytest.raises(RpcUnreachable, match=r"http://127\.0\.0\.1:9 does not answer"):
        telsdk.connect("seven")


def test_an_rpc_of_another_chain_is_named() -> None:
    deployments.save(deployment(chain_id=8))
    with (
        server(chain_seven()) as url,
        pytest.raises(WrongNetwork, match="network seven is on chain 8"),
    ):
        telsdk.connect("seven", url)


def test_a_chain_on_which_the_contracts_are_not_is_named() -> None:
    deployments.save(deployment())
    with (
        server(chain_seven("0x")) as url,
        pytest.raises(NotDeployed, match=r"there is no .* at 0x.* on chain 7"),
    ):
        telsdk.connect("seven", url)
