"""A deployment that is cut off goes on where it was, and puts nothing on the chain twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from telsdk.chain.access import SendSettings, Session, sending
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import DeploymentError, TransactionPending, TransactionUnpaid, WrongNetwork
from telsdk.chain.interface import CONTRACTS, Deployment, deployments
from telsdk.chain.rollout import EnsAddresses, deploy, standing
from telsdk.chain.rollout.deploying import LINKS, progress_file
from tests.chain.wire import Cut, Wire

STEPS = len(CONTRACTS) + 1  # and the link
SEND, RECEIPT = "eth_sendRawTransaction", "eth_getTransactionReceipt"


@pytest.fixture
def wire(chain: EmbeddedChain) -> Wire:
    return Wire(chain)


@pytest.fixture
def account(chain: EmbeddedChain) -> LocalAccount:
    return chain.accounts[6]


def check(chain: EmbeddedChain, made: Deployment, account: LocalAccount, before: int) -> None:
    """`made` is as if nothing had happened: all there, linked, by one transaction for each step."""
    assert chain.w3.eth.get_transaction_count(account.address) - before == STEPS
    assert set(made.addresses) == set(CONTRACTS)
    assert len(set(made.addresses.values())) == len(CONTRACTS)
    registry = Client(chain.w3, made).registry
    for getter, contract in LINKS.items():
        assert registry.read(getter) == made.addresses[contract]
    assert made.arguments["NumberRegistrar"] == [registry.address, account.address]


@pytest.mark.parametrize("step", range(1, STEPS + 1))
@pytest.mark.parametrize(
    ("method", "behind"),
    [(SEND, False), (SEND, True), (RECEIPT, True)],
    ids=["signed, not sent", "sent", "in a block, not written down"],
)
def test_a_deployment_cut_off_at_any_step_is_finished_by_the_same_call(
    chain: EmbeddedChain,
    account: LocalAccount,
    wire: Wire,
    tmp_path: Path,
    step: int,
    method: str,
    behind: bool,
) -> None:
    path = tmp_path / "cut.json"
    before = chain.w3.eth.get_transaction_count(account.address)
    wire.cut(method, step, behind=behind)
    with pytest.raises(Cut):
        deploy(wire.w3, account, path=path)
    assert not path.exists()
    assert progress_file(path).exists()
    made = deploy(wire.w3, account, path=path)
    check(chain, made, account, before)
    assert wire.seen[SEND] == STEPS
    assert deployments.read(path) == made == standing(chain.w3, path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_deployment_cut_off_is_equal_to_one_that_was_not(
    chain: EmbeddedChain, account: LocalAccount, wire: Wire, tmp_path: Path
) -> None:
    mark = chain.snapshot()
    whole = deploy(chain.w3, account, path=tmp_path / "whole.json")
    chain.revert(mark)
    path = tmp_path / "cut.json"
    for step in (3, 2):  # and again, two steps further on
        wire.cut(SEND, step, behind=True)
        with pytest.raises(Cut):
            deploy(wire.w3, account, path=path)
    assert deploy(wire.w3, account, path=path) == whole


def test_an_account_that_runs_out_of_ether_goes_on_when_it_has_some(
    chain: EmbeddedChain, tmp_path: Path
) -> None:
    poor, rich = Account.from_key(b"\x21" * 32), chain.accounts[5]
    path = tmp_path / "poor.json"
    pay(chain, rich, poor, 10**16)
    with pytest.raises(TransactionUnpaid, match="send it some"):
        deploy(chain.w3, poor, path=path)
    begun = json.loads(progress_file(path).read_text())["steps"]
    assert any(step["done"] for step in begun.values())
    pay(chain, rich, poor, 10**18)
    check(chain, deploy(chain.w3, poor, path=path), poor, 0)


def pay(chain: EmbeddedChain, sender: LocalAccount, to: LocalAccount, wei: int) -> None:
    Session(chain.w3, sender).transact({"to": to.address, "value": wei})


def test_a_transaction_that_waits_for_its_block_is_waited_for_again(
    chain: EmbeddedChain, account: LocalAccount, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "slow.json"
    before = chain.w3.eth.get_transaction_count(account.address)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "DEFAULTS", SendSettings(patience=0.05, poll=0.01))
        chain.automine(False)
        for _ in range(2):
            with pytest.raises(TransactionPending):
                deploy(wire.w3, account, path=path)
    chain.mine()
    chain.automine(True)
    check(chain, deploy(wire.w3, account, path=path), account, before)


def test_a_transaction_whose_nonce_went_to_another_is_signed_anew(
    chain: EmbeddedChain, account: LocalAccount, wire: Wire, tmp_path: Path
) -> None:
    path = tmp_path / "overtaken.json"
    wire.cut(SEND, 2, behind=False)
    with pytest.raises(Cut):
        deploy(wire.w3, account, path=path)
    pay(chain, account, chain.accounts[5], 1)
    before = chain.w3.eth.get_transaction_count(account.address) - 2
    check(chain, deploy(wire.w3, account, path=path), account, before + 1)


def test_a_transaction_that_is_no_longer_taken_is_signed_anew(
    chain: EmbeddedChain, account: LocalAccount, wire: Wire, tmp_path: Path
) -> None:
    path = tmp_path / "stale.json"
    before = chain.w3.eth.get_transaction_count(account.address)
    wire.cut(SEND, 2, behind=False)
    with pytest.raises(Cut):
        deploy(wire.w3, account, path=path)
    wire.refuse_once(SEND)
    check(chain, deploy(wire.w3, account, path=path), account, before)


def test_of_two_that_were_signed_for_a_step_the_one_in_a_block_counts(
    chain: EmbeddedChain, account: LocalAccount, wire: Wire, tmp_path: Path
) -> None:
    path = tmp_path / "two.json"
    before = chain.w3.eth.get_transaction_count(account.address)
    wire.cut(SEND, 2, behind=False)
    with pytest.raises(Cut):
        deploy(wire.w3, account, path=path)
    chain.mine()  # the base fee falls: what is signed now is another transaction
    wire.refuse_once(SEND)
    wire.cut(SEND, 1, behind=False)
    with pytest.raises(Cut):
        deploy(wire.w3, account, path=path)
    first, second = json.loads(progress_file(path).read_text())["steps"]["NumberRegistrar"]["signed"]
    assert first["tx"] != second["tx"]
    assert first["nonce"] == second["nonce"]
    chain.w3.eth.send_raw_transaction(first["raw"])
    check(chain, deploy(wire.w3, account, path=path), account, before)


@pytest.fixture
def begun(chain: EmbeddedChain, account: LocalAccount, wire: Wire, tmp_path: Path) -> Path:
    """Where a deployment is to be written that was cut off at its third step."""
    path = tmp_path / "begun.json"
    wire.cut(SEND, 3, behind=True)
    with pytest.raises(Cut):
        deploy(wire.w3, account, path=path)
    return path


OTHER = "0x" + "11" * 20


@pytest.mark.parametrize("argument", ["treasury", "ens"])
def test_other_arguments_are_refused(
    chain: EmbeddedChain, account: LocalAccount, wire: Wire, begun: Path, argument: str
) -> None:
    ens = EnsAddresses(OTHER, OTHER, OTHER)
    sent, given = wire.seen[SEND], {"treasury": OTHER} if argument == "treasury" else {"ens": ens}
    with pytest.raises(DeploymentError, match=f"was begun with {argument} 0x.* cannot go on with {OTHER}"):
        deploy(wire.w3, account, path=begun, **given)
    assert wire.seen[SEND] == sent


def test_another_account_is_refused(chain: EmbeddedChain, begun: Path) -> None:
    with pytest.raises(DeploymentError, match="was begun with account"):
        deploy(chain.w3, chain.accounts[7], path=begun)


@pytest.mark.parametrize(("key", "value"), [("chain", 5), ("code", "other")])
def test_another_chain_or_build_is_refused(
    chain: EmbeddedChain, account: LocalAccount, wire: Wire, begun: Path, key: str, value: object
) -> None:
    data = json.loads(progress_file(begun).read_text())
    data["terms"][key] = value
    progress_file(begun).write_text(json.dumps(data))
    with pytest.raises(DeploymentError, match=f"was begun with {key} {value} and cannot go on with"):
        deploy(wire.w3, account, path=begun)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "steps": [], "terms": {}}']
)
def test_a_damaged_progress_file_is_not_taken_for_none(
    chain: EmbeddedChain, account: LocalAccount, wire: Wire, begun: Path, text: str
) -> None:
    progress_file(begun).write_text(text)
    with pytest.raises(DeploymentError, match="cannot be used .* remove it to deploy anew"):
        deploy(wire.w3, account, path=begun)


def test_a_chain_begun_anew_is_noticed(
    chain: EmbeddedChain, account: LocalAccount, wire: Wire, begun: Path
) -> None:
    data = json.loads(progress_file(begun).read_text())
    data["steps"]["NumberRegistry"]["done"]["contract"] = OTHER
    progress_file(begun).write_text(json.dumps(data))
    with pytest.raises(DeploymentError, match=f"no NumberRegistry at {OTHER} any more"):
        deploy(wire.w3, account, path=begun)


def test_a_finished_deployment_stands_and_its_progress_is_cleared(
    chain: EmbeddedChain, account: LocalAccount, wire: Wire, tmp_path: Path
) -> None:
    path = tmp_path / "done.json"
    assert standing(chain.w3, path) is None
    made = deploy(wire.w3, account, path=path)
    progress_file(path).write_text("left behind")
    assert standing(chain.w3, path) == made
    assert list(tmp_path.iterdir()) == [path]


def test_a_finished_deployment_on_another_chain_is_named(
    chain: EmbeddedChain, deployment: Deployment, tmp_path: Path
) -> None:
    path = deployments.save(replace(deployment, chain_id=5), tmp_path)
    with pytest.raises(WrongNetwork, match="is of chain 5, this is"):
        standing(chain.w3, path)


def test_a_finished_deployment_that_is_not_there_is_named(
    chain: EmbeddedChain, deployment: Deployment, tmp_path: Path
) -> None:
    nowhere = Account.from_key(b"\x22" * 32).address
    path = deployments.save(replace(deployment, addresses=dict.fromkeys(CONTRACTS, nowhere)), tmp_path)
    with pytest.raises(DeploymentError, match=f"no .* at {nowhere}; remove the file to deploy anew"):
        standing(chain.w3, path)
