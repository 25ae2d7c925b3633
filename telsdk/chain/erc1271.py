"""Whether a contract, for example a wallet, accepts a signature (ERC-1271)."""

from __future__ import annotations

from eth_utils.address import to_checksum_address

from telsdk.chain.errors import AnswerError, ContractRefused, NotDeployed
from telsdk.chain.functions import Function
from telsdk.chain.session import Session

MAX_GAS = 3_000_000
"""What a wallet may use to answer: several times what one needs that checks P-256 in Solidity or asks many signers. Who
asks waits meanwhile, so no wallet shall make that long."""

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


def accepts(session: Session, account: str, digest: bytes, signature: bytes) -> bool:
    """Whether the contract at `account` accepts `signature` over `digest`; no contract accepts nothing.

    Raises:
        RpcError, RpcUnreachable: the chain cannot be asked.
    """
    try:
        answer = session.call(
            to_checksum_address(account), _IS_VALID_SIGNATURE, (digest, signature), gas=MAX_GAS
        )
    except (ContractRefused, NotDeployed, AnswerError):
        return False
    return bool(answer == _MAGIC)
