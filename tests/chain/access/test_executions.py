"""By which words a node says that a contract's own code failed, and which words say that the node is in trouble."""

from __future__ import annotations

import json

import pytest
from web3.types import RPCEndpoint

from telsdk.chain.access import RpcSettings, mapped, open_rpc, request
from telsdk.chain.access.erc1271 import accepts
from telsdk.chain.access.executions import is_execution_failure
from telsdk.chain.access.session import Session
from telsdk.chain.errors import ContractRefused, RpcBusy, RpcError
from tests.chain.access.test_rpc import ALICE, error, result, server

HALTED = "Transaction processing could not be completed due to an exception"
EXCEPTION = "VM Exception while processing transaction"

FAILED = [
    ("geth: revert", 3, "execution reverted"),
    ("geth: revert with a reason", 3, "execution reverted: not a key"),
    ("geth: out of gas", -32000, "out of gas"),
    ("geth: invalid opcode", -32000, "invalid opcode: INVALID"),
    ("geth: unknown opcode", -32000, "invalid opcode: opcode 0xaa not defined"),
    ("geth: jump", -32000, "invalid jump destination"),
    ("geth: stack empty", -32000, "stack underflow (0 <=> 2)"),
    ("geth: stack full", -32000, "stack limit reached 1024 (1023)"),
    ("geth: write in a call", -32000, "write protection"),
    ("geth: return data", -32000, "return data out of bounds"),
    ("geth: overflow", -32000, "gas uint64 overflow"),
    ("geth: depth", -32000, "max call depth exceeded"),
    ("geth: EOF byte", -32000, "invalid code: must not begin with 0xef"),
    ("erigon: revert", -32000, "execution reverted"),
    ("erigon: out of gas in a deployment", -32000, "contract creation code storage out of gas"),
    ("nethermind: revert", -32015, "VM execution error."),
    ("nethermind: later revert", 3, "execution reverted"),
    ("nethermind: out of gas", -32003, "out of gas"),
    ("nethermind: older out of gas", -32015, "OutOfGas"),
    ("nethermind: opcode", -32015, "BadInstruction"),
    ("nethermind: jump", -32015, "InvalidJumpDestination"),
    ("nethermind: write in a call", -32015, "StaticCallViolation"),
    ("nethermind: precompile", -32000, "Precompile ecPairing failed with error: invalid input"),
    ("parity: instruction", -32015, "Bad instruction fe"),
    ("parity: jump", -32015, "Bad jump destination"),
    ("parity: precompile", -32015, "Built-in failed"),
    ("besu: revert", -32000, "Execution reverted"),
    ("besu: halt", -32000, HALTED),
    ("besu: opcode", -32000, f"{HALTED} (Invalid opcode: 0xc8)"),
    ("besu: gas", -32000, "INSUFFICIENT_GAS"),
    ("besu: operation", -32000, "INVALID_OPERATION"),
    ("reth: revert", 3, "execution reverted"),
    ("reth: out of gas", -32003, "out of gas: gas exhausted during memory expansion: 3000000"),
    ("reth: sentry", -32003, "out of gas: not enough gas for reentrancy sentry"),
    ("reth: opcode", -32003, "EVM error: OpcodeNotFound"),
    ("reth: invalid", -32003, "EVM error: InvalidFEOpcode"),
    ("reth: static", -32003, "EVM error: StateChangeDuringStaticCall"),
    ("anvil: revert", 3, "execution reverted: custom error 0x815e1d64"),
    ("anvil: opcode", -32603, "EVM error OpcodeNotFound"),
    ("anvil: invalid", -32603, "EVM error InvalidFEOpcode"),
    ("anvil: jump", -32603, "EVM error InvalidJump"),
    ("anvil: stack", -32603, "EVM error StackUnderflow"),
    ("hardhat: revert", -32603, f"Error: {EXCEPTION}: reverted with reason string 'no'"),
    ("hardhat: no reason", -32603, "Error: Transaction reverted without a reason string"),
    ("hardhat: opcode", -32603, "Error: VM Exception while processing transaction: invalid opcode"),
    ("hardhat: out of gas", -32603, "Error: Transaction ran out of gas"),
    ("ganache: revert", -32000, "VM Exception while processing transaction: revert"),
    ("ganache: out of gas", -32000, "VM Exception while processing transaction: out of gas"),
    ("py-evm: out of gas", -32000, "Out of gas: Needed 3 - Remaining 1 - Reason: PUSH1"),
    ("py-evm: opcode", -32000, "Invalid opcode 0xfe @ 0"),
    ("a gateway that passes it on", -32603, "query response was not successful, error code 500, msg out of gas"),
    ("a contract that plays a busy RPC", 3, "execution reverted: rate limit exceeded, too many requests"),
    ("the same at hardhat", -32603, "VM Exception while processing transaction: reverted with reason string 'quota'"),
]  # fmt: skip

IN_TROUBLE = [
    ("rate", 429, "Too Many Requests"),
    ("rate", -32005, "daily request count exceeded, request rate limited"),
    ("rate", -32029, "rate limit exceeded: 100 compute units per second"),
    ("behind", -32000, "header not found"),
    ("behind", -32001, "Unknown block"),
    ("pruned", -32000, "missing trie node 7f3d (path ) state 0x is not available"),
    ("pruned", -32000, "World state unavailable"),
    ("overworked", -32000, "execution aborted (timeout = 5s)"),
    ("overworked", -32603, "request timed out"),
    ("broken", -32603, "Internal error"),
    ("broken", -32000, "method handler crashed"),
    ("broken", -32603, "database error: failed to get account: error sending request"),
    ("not served", -32601, "the method eth_call does not exist/is not available"),
    ("not paid", -32000, "insufficient funds for gas * price + value: have 0 want 5"),
    ("not paid", -32003, "intrinsic gas too low: have 1, want 21000"),
    ("no access", -32000, "project ID does not have access to this network"),
]


@pytest.mark.parametrize(("node", "code", "text"), FAILED)
def test_code_that_failed_is_the_contracts_refusal_in_every_nodes_words(
    node: str, code: int, text: str
) -> None:
    assert is_execution_failure(code, text), node
    with server(error(code=code, message=text)) as url:
        session = Session(open_rpc(url, RpcSettings(tries=1)))
        assert accepts(session, ALICE, bytes(32), b"signature") is False
        with pytest.raises(ContractRefused), mapped(calling=True):
            session.w3.eth.call({"to": ALICE})


@pytest.mark.parametrize(("kind", "code", "text"), IN_TROUBLE)
def test_a_node_in_trouble_speaks_for_no_contract(kind: str, code: int, text: str) -> None:
    assert not is_execution_failure(code, text), kind
    with server(error(code=code, message=text)) as url:
        session = Session(open_rpc(url, RpcSettings(tries=1)))
        with pytest.raises(RpcError) as caught:
            accepts(session, ALICE, bytes(32), b"signature")
    assert isinstance(caught.value, RpcBusy) is (kind == "rate")


@pytest.mark.parametrize("status", [200, 400, 422, 500])
def test_it_is_understood_by_whatever_http_status_it_comes(status: int) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": "out of gas"}})
    answer = result("0x7")
    with server(lambda method: answer if method == "eth_chainId" else (status, body)) as url:
        session = Session(open_rpc(url, RpcSettings(tries=1)))
        assert accepts(session, ALICE, bytes(32), b"signature") is False


def test_of_a_transaction_the_same_words_are_no_refusal() -> None:
    """It may be in a block all the same: only what is in the chain says what became of it."""
    words = "VM Exception while processing transaction: revert"
    with server(error(code=-32000, message=words)) as url:
        w3 = open_rpc(url, RpcSettings(tries=1))
        with pytest.raises(RpcError):
            request(w3, RPCEndpoint("eth_sendRawTransaction"), ["0x00"])
