"""Decode the events of the contracts from raw logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_utils.abi import event_abi_to_log_topic

from telsdk.chain.interface import manifest
from telsdk.chain.interface.abi import AbiEntry, types, with_checksums
from telsdk.chain.interface.deployments import Deployment


@dataclass(frozen=True, slots=True)
class ChainEvent:
    """One event in one block."""

    contract: str  # for example "NumberRegistry"
    name: str
    args: Mapping[str, Any]  # by name; addresses as EIP-55 text, bytes as bytes
    block: int
    index: int  # its place among the block's logs
    block_hash: bytes


class EventAbi:
    """How to read one kind of event."""

    def __init__(self, entry: AbiEntry) -> None:
        self.name: str = entry["name"]
        self._indexed = [item for item in entry["inputs"] if item["indexed"]]
        self._plain = [item for item in entry["inputs"] if not item["indexed"]]
        self._indexed_types = types(self._indexed)
        self._plain_types = types(self._plain)

    def decode(self, topics: list[bytes], data: bytes) -> dict[str, Any]:
        """Return the arguments. The indexed ones are in `topics`, behind the event's own topic."""
        args: dict[str, Any] = {}
        for item, kind, topic in zip(self._indexed, self._indexed_types, topics[1:], strict=True):
            # Of what is longer than a word, the topic is only the hash.
            args[item["name"]] = topic if _is_hashed(kind) else with_checksums(item, decode([kind], topic)[0])
        for item, value in zip(self._plain, decode(self._plain_types, data), strict=True):
            args[item["name"]] = with_checksums(item, value)
        return args


class EventDecoder:
    """A decoder of one deployment's logs. It ignores the logs of other contracts."""

    def __init__(self, deployment: Deployment) -> None:
        self.addresses = {address: name for name, address in deployment.addresses.items()}

    def decode(self, log: Mapping[str, Any]) -> ChainEvent | None:
        """Return the event in `log`, which is as web3 gives it; None when it is not from these contracts."""
        contract = self.addresses.get(log["address"])
        topics = [bytes(topic) for topic in log["topics"]]
        kind = _event_types(contract).get(topics[0]) if contract and topics else None
        if contract is None or kind is None:
            return None
        args = kind.decode(topics, bytes(log["data"]))
        return ChainEvent(
            contract, kind.name, args, log["blockNumber"], log["logIndex"], bytes(log["blockHash"])
        )


def event_topics(contract: str) -> dict[str, bytes]:
    """Return the first topic of each event of `contract`, by the event's name."""
    return {kind.name: topic for topic, kind in _event_types(contract).items()}


@cache
def _event_types(contract: str) -> dict[bytes, EventAbi]:
    entries = manifest.load()[contract].entries("event")
    return {event_abi_to_log_topic(entry): EventAbi(entry) for entry in entries}  # type: ignore[arg-type]


def _is_hashed(kind: str) -> bool:
    return kind in ("string", "bytes") or kind.endswith(("]", ")"))
