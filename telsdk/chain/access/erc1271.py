"""Ask accounts that are contracts, such as wallets, whether they accept a signature (ERC-1271)."""

from __future__ import annotations

from typing import Final

from eth_utils.address import to_checksum_address

from telsdk.chain import inputs
from telsdk.chain.access.rpc import mapped
from telsdk.chain.access.session import Session
from telsdk.chain.errors import AnswerError, ContractRefused, NotDeployed
from telsdk.chain.interface import Function
from telsdk.credential.erc6492 import unwrapped
from telsdk.directory import NoContract

GAS: Final = 3_000_000
"""The gas for one question: a stranger's contract must not make us wait long for its answer.

A wallet of many keys, or one that verifies a passkey by itself, takes a tenth of it."""

_MAGIC = bytes.fromhex("1626ba7e")
_IS_VALID_SIGNATURE = Function(
    {
        "type": "function",
        "name": "isValidSignature",
        "stateMutability": "view",
        "inputs": [{"name": "hash", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
        "outputs": [{"name": "magicValue", "type": "bytes4"}],
    }
)


def is_contract(session: Session, account: str) -> bool:
    """Return whether `account` has code: a contract, or a key's account that runs one (EIP-7702).

    Raises:
        RpcError, RpcUnreachable: the chain cannot be asked.
    """
    with mapped():
        return bool(session.w3.eth.get_code(to_checksum_address(inputs.account(account))))


def accepts(session: Session, account: str, digest: bytes, signature: bytes) -> bool:
    """Return whether the contract at `account` accepts `signature` over `digest`.

    A call that fails in the contract's code is a no. Of a signature for a contract that was not deployed when it was
    made (ERC-6492) the inner one is asked about: no factory that a stranger names is called.

    Raises:
        NoContract: there is none at `account`.
        RpcError, RpcUnreachable: the chain cannot be asked.
    """
    args = (digest, unwrapped(inputs.octets(signature, what="signature")))
    try:
        answer = session.call(inputs.account(account), _IS_VALID_SIGNATURE, args, gas=GAS)
    except (
        NotDeployed
    ) as error:  # or a contract that says nothing: who asks must not take it for a key's account
        if is_contract(session, account):
            return False
        raise NoContract(f"{account} is no contract: a key alone signs for it") from error
    except (ContractRefused, AnswerError):
        return False
    return bool(answer == _MAGIC)
