"""Writes through an RPC that loses and spoils answers: done once, and never told as failed when they are done."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from hexbytes import HexBytes
from web3.types import RPCEndpoint

import telsdk
from telsdk.chain.access import SendSettings, request
from telsdk.chain.client import Client
from telsdk.chain.development import AnvilChain
from telsdk.chain.errors import (
    ContractRefused,
    RpcError,
    TransactionDropped,
    TransactionError,
    TransactionPending,
    TransactionRejected,
    TransactionReplaced,
    TransactionUncertain,
)
from telsdk.chain.interface import Deployment
from telsdk.chain.rollout import deploy
from telsdk.errors import TelError
from tests.anvil import running_anvil
from tests.chain.actors import NUMBER, me
from tests.chain.lossyrpc import Answer, Fault, LossyRpc, Question, behind, error, first, instead, lossy, told

pytestmark = pytest.mark.contracts

SEND, RECEIPT, COUNT = "eth_sendRawTransaction", "eth_getTransactionReceipt", "eth_getTransactionCount"
QUICK = SendSettings(patience=20, poll=0.01, slowest=0.05, doubt=0.05, certain=0.3)
SHORT = SendSettings(patience=0.3, poll=0.01, slowest=0.05, doubt=0.05, certain=0.3)
BUSY, BAD_GATEWAY, TOO_LATE = (429, b"slow down"), (502, b"<html>"), (504, b"")
GARBAGE: Answer = (200, b"<html>")


class Scene:
    """A chain on which alice holds NUMBER, and her way to it."""

    def __init__(self, node: str, deployment: Deployment, chain: AnvilChain, rpc: LossyRpc) -> None:
        self.chain = chain
        self.rpc = rpc
        self.straight = Client(chain.w3, deployment, chain.accounts[1])
        self.alice = self.client()
        self.sent_before = self.sent()
        self.session_before = self.session()

    def client(self, settings: SendSettings = QUICK) -> Client:
        client = telsdk.connect(
            rpc=self.rpc.url, deployment=self.straight.deployment, account=self.straight.account
        )
        client.session.settings = settings
        return client

    def ask(self, method: str, *params: object) -> object:
        return request(self.chain.w3, RPCEndpoint(method), params)

    def sent(self) -> int:
        """How many transactions of alice's are in a block."""
        return self.chain.w3.eth.get_transaction_count(self.straight.session.signer().address)

    def session(self) -> int:
        return self.straight.registry.custody(NUMBER).session

    def done(self) -> tuple[int, int]:
        """How many transactions got in since the beginning, and how often sessions were revoked by them."""
        return self.sent() - self.sent_before, self.session() - self.session_before


@pytest.fixture(scope="module")
def node() -> Iterator[tuple[str, Deployment, AnvilChain]]:
    with running_anvil() as url:
        chain = AnvilChain(url)
        made = deploy(chain.w3, chain.accounts[0])
        Client(chain.w3, made, chain.accounts[1]).buy_number(NUMBER, wait=chain.advance_time)
        yield url, made, chain


@pytest.fixture
def scene(node: tuple[str, Deployment, AnvilChain]) -> Iterator[Scene]:
    with lossy(node[0]) as rpc:
        yield Scene(*node, rpc)
    node[2].automine(True)
    node[2].mine()


SENDING: dict[str, list[Fault]] = {
    "answer lost": [behind(None)],
    "answers lost": [behind(None)] * 3,
    "request lost": [instead(None)],
    "requests lost": [instead(None)] * 3,
    "busy": [instead(BUSY)] * 2,
    "busy, and taken": [behind(BUSY)],
    "bad gateway": [instead(BAD_GATEWAY)],
    "bad gateway, and taken": [behind(BAD_GATEWAY)],
    "too late, and taken": [behind(TOO_LATE)],
    "already known": [behind(error(-32000, "already known"))],
    "known transaction": [behind(error(-32000, "known transaction: 0x12"))],
    "AlreadyKnown": [behind(error(-32010, "AlreadyKnown"))],
    "nonce too low": [behind(error(-32000, "nonce too low: next nonce 5, tx nonce 4"))],
    "underpriced, by itself": [behind(error(-32000, "replacement transaction underpriced"))],
    "internal error": [instead(error(-32603, "Internal error"))],
    "internal error, and taken": [behind(error(-32603, "Internal error"))],
    "rate limit": [instead(error(-32005, "rate limit exceeded"))] * 2,
    "garbage": [behind(GARBAGE)],
    "null": [behind(told(result=None))],
    "another hash": [behind(told(result="0x" + "12" * 32))],
    "lost, then known": [behind(None), instead(error(-32000, "already known"))],
    "lost, then too low": [behind(None), instead(error(-32000, "nonce too low"))],
}


@pytest.mark.parametrize("faults", SENDING.values(), ids=SENDING.keys())
def test_whatever_is_answered_to_a_send_it_is_done_once_and_told_as_done(
    scene: Scene, faults: list[Fault]
) -> None:
    scene.rpc.at(SEND, *faults)
    receipt = scene.alice.registry.revoke_sessions(NUMBER)
    assert scene.chain.w3.eth.get_transaction_receipt(HexBytes(receipt.tx))["blockNumber"] == receipt.block
    assert scene.done() == (1, 1)


def of_another(question: Question) -> Answer:
    """The receipt of another transaction."""
    status, body = question.forward()
    answer = json.loads(body)
    answer["result"]["transactionHash"] = "0x" + "12" * 32
    return status, json.dumps(answer).encode()


def not_yet(question: Question) -> Answer:
    status, body = question.forward()
    answer = json.loads(body)
    answer["result"] |= {"blockNumber": None, "blockHash": None}
    return status, json.dumps(answer).encode()


WAITING: dict[str, Fault] = {
    "busy": instead(BUSY),
    "bad gateway": instead(BAD_GATEWAY),
    "lost": instead(None),
    "null": instead(told(result=None)),
    "garbage": instead(GARBAGE),
    "a number": instead(told(result=5)),
    "an empty object": instead(told(result={})),
    "an error": instead(error(-32000, "header not found")),
    "another's": of_another,
    "in no block": not_yet,
}


@pytest.mark.parametrize("fault", WAITING.values(), ids=WAITING.keys())
def test_whatever_is_answered_while_its_block_is_awaited_it_is_told_as_done(
    scene: Scene, fault: Fault
) -> None:
    scene.rpc.at(RECEIPT, *[fault] * 8)
    receipt = scene.alice.registry.revoke_sessions(NUMBER)
    assert receipt.event("SessionsRevoked").args["number"] == NUMBER
    assert scene.done() == (1, 1)


@pytest.mark.parametrize(
    "refusal",
    [
        error(-32602, "invalid block tag"),
        error(-32000, "pending block is not available"),
        told(result=None),
        (400, b"no"),
    ],
    ids=["-32602", "-32000", "null", "HTTP 400"],
)
def test_an_rpc_that_tells_of_no_pending_block_is_written_to(scene: Scene, refusal: Answer) -> None:
    scene.rpc.always(lambda question: "pending" in question.params, instead(refusal))
    for _ in range(2):
        scene.alice.registry.revoke_sessions(NUMBER)
    assert scene.alice.session.clock() > 0
    assert scene.done() == (2, 2)


def test_an_rpc_whose_count_is_behind_makes_no_nonce_twice(scene: Scene) -> None:
    count = told(result=hex(scene.sent_before))
    scene.alice.registry.revoke_sessions(NUMBER)
    scene.rpc.always(lambda question: question.method == COUNT, instead(count))
    for _ in range(2):
        scene.client().registry.revoke_sessions(NUMBER)
    assert scene.done() == (3, 3)


@pytest.mark.parametrize("pending", [True, False], ids=["pending told", "pending refused"])
def test_four_clients_of_one_account_do_not_collide(scene: Scene, pending: bool) -> None:
    if not pending:
        scene.rpc.always(lambda question: "pending" in question.params, instead(error(-32602, "no pending")))
    scene.rpc.at(SEND, behind(None), instead(BUSY), behind(BAD_GATEWAY))
    failures: list[TelError] = []

    def write() -> None:
        try:
            client = scene.client()
            for _ in range(3):
                client.registry.revoke_sessions(NUMBER)
        except TelError as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert scene.done() == (12, 12)


def test_what_waits_for_its_block_counts_where_no_pending_block_is_told(scene: Scene) -> None:
    scene.rpc.always(lambda question: "pending" in question.params, instead(error(-32602, "no pending")))
    scene.chain.automine(False)
    for _ in range(2):
        with pytest.raises(TransactionPending):
            scene.client(SHORT).registry.revoke_sessions(NUMBER)
    assert scene.done() == (0, 0)
    scene.chain.mine()
    assert scene.done() == (2, 2)


REFUSED: dict[str, Answer] = {
    "no ether": error(-32000, "insufficient funds for gas * price + value"),
    "fee": error(-32000, "transaction underpriced"),
    "gas": error(-32000, "intrinsic gas too low"),
    "kind": error(-32000, "transaction type not supported"),
}


@pytest.mark.parametrize("refusal", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_rpc_refuses_is_told_with_its_hash_and_leaves_its_nonce_free(
    scene: Scene, refusal: Answer
) -> None:
    scene.rpc.at(SEND, instead(refusal))
    with pytest.raises(TransactionRejected, match="was not taken: .*; nothing was paid") as caught:
        scene.alice.registry.revoke_sessions(NUMBER)
    assert_told(caught.value)
    assert scene.done() == (0, 0)
    scene.alice.registry.revoke_sessions(NUMBER)
    assert scene.done() == (1, 1)


def test_what_the_rpc_forgets_is_sent_again_as_it_is(scene: Scene) -> None:
    def forget(question: Question) -> None:
        scene.ask("anvil_dropTransaction", question.params[0])
        scene.chain.automine(True)

    scene.chain.automine(False)
    scene.rpc.at(RECEIPT, first(forget))
    scene.alice.registry.revoke_sessions(NUMBER)
    assert scene.rpc.seen[SEND] == 2
    assert scene.done() == (1, 1)


def test_what_the_rpc_forgets_and_does_not_take_again_is_told_as_forgotten(scene: Scene) -> None:
    scene.chain.automine(False)
    scene.rpc.at(RECEIPT, first(lambda question: scene.ask("anvil_dropTransaction", question.params[0])))
    scene.rpc.always(
        lambda question: scene.rpc.seen[SEND] > 1 and question.method == SEND, instead(told(result="0x"))
    )
    with pytest.raises(TransactionDropped, match="has forgotten it") as caught:
        scene.client(SHORT).registry.revoke_sessions(NUMBER)
    assert_told(caught.value)


def test_another_transaction_in_its_place_is_told(scene: Scene) -> None:
    def replace(question: Question) -> None:
        nonce = scene.sent()
        scene.ask("anvil_dropTransaction", question.params[0])
        scene.chain.automine(True)
        account = scene.straight.session.signer()
        w3 = scene.chain.w3
        other = {"to": account.address, "value": 1, "nonce": nonce, "gas": 21_000, "chainId": w3.eth.chain_id}
        signed = account.sign_transaction({**other, "gasPrice": 10**11})
        w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(signed.raw_transaction))

    scene.chain.automine(False)
    scene.rpc.at(RECEIPT, first(replace))
    with pytest.raises(TransactionReplaced, match=f"{me(scene.alice)} has used its nonce") as caught:
        scene.alice.registry.revoke_sessions(NUMBER)
    assert_told(caught.value)
    assert scene.done() == (1, 0)
    scene.alice.registry.revoke_sessions(NUMBER)
    assert scene.done() == (2, 1)


@pytest.mark.parametrize("answer", [None, BUSY, BAD_GATEWAY, GARBAGE], ids=["away", "429", "502", "garbage"])
def test_an_rpc_that_goes_away_leaves_the_hash_to_look_up(scene: Scene, answer: Answer | None) -> None:
    def away(question: Question) -> Answer | None:
        scene.rpc.always(lambda _: True, instead(answer))
        return behind(answer)(question)

    scene.rpc.at(SEND, away)
    with pytest.raises(TransactionUncertain, match="the RPC does not tell") as caught:
        scene.client(SHORT).registry.revoke_sessions(NUMBER)
    assert_told(caught.value)
    assert scene.chain.w3.eth.get_transaction_receipt(HexBytes(caught.value.tx))["status"] == 1
    assert scene.done() == (1, 1)


def test_a_failure_in_its_block_that_nobody_explains_has_the_hash(scene: Scene) -> None:
    """What was simulated is no longer so in its block, and the RPC does not call as of that."""

    def overtake(_: Question) -> None:
        scene.ask("anvil_setCode", registry, "0xfd")

    registry = scene.straight.registry.address
    code = scene.chain.w3.eth.get_code(registry)  # type: ignore[arg-type]
    scene.rpc.at(SEND, first(overtake))
    scene.rpc.always(
        lambda question: scene.rpc.seen[SEND] > 0 and question.method == "eth_call",
        instead(error(-32000, "archive only")),
    )
    try:
        with pytest.raises(
            ContractRefused, match="failed in block .*does not say why: .*archive only"
        ) as caught:
            scene.alice.registry.revoke_sessions(NUMBER)
    finally:
        scene.ask("anvil_setCode", registry, code.to_0x_hex())
    assert caught.value.tx is not None
    assert caught.value.tx in str(caught.value)


def test_what_an_rpc_does_not_answer_before_anything_is_signed_sends_nothing(scene: Scene) -> None:
    scene.rpc.at("eth_estimateGas", *[instead(BAD_GATEWAY)] * 2)
    with pytest.raises(RpcError) as caught:
        scene.alice.registry.revoke_sessions(NUMBER)
    assert not isinstance(caught.value, TransactionError)
    assert scene.rpc.seen[SEND] == 0


def assert_told(error: TransactionError) -> None:
    """One line, with the hash in it."""
    assert "\n" not in str(error)
    assert error.tx in str(error)
    assert len(error.tx) == 66
    assert error.nonce >= 0
