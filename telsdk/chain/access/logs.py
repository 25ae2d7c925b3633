"""Ask a chain for the events of one deployment's contracts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eth_typing import HexStr
from eth_utils.address import to_checksum_address
from web3 import Web3
from web3.types import FilterParams

from telsdk.chain.access.limits import too_wide
from telsdk.chain.access.rpc import mapped, whole
from telsdk.chain.errors import RpcError
from telsdk.chain.interface import ChainEvent, Deployment, EventDecoder


class Logs:
    """The events of `deployment`, asked of `w3`."""

    def __init__(self, w3: Web3, deployment: Deployment) -> None:
        self._w3 = w3
        self._decoder = EventDecoder(deployment)
        self._first = deployment.block

    def ask(self, query: FilterParams) -> list[ChainEvent]:
        """Return what `query` finds, in order.

        Raises:
            RpcError: the RPC fails, or refuses so many blocks at once.
            AnswerError: what came are no logs.
        """
        with mapped():
            logs = self._w3.eth.get_logs(query)
            if not isinstance(logs, list):
                raise TypeError("no logs")
            # What a reorganisation has taken back, no chain says (`removed`, of a node's subscriptions).
            events = [self._decoder.decode(log) for log in logs if not log.get("removed")]
            return sorted((event for event in events if event is not None), key=_place)

    def search(self, address: str, topics: Sequence[HexStr | None]) -> Iterator[ChainEvent]:
        """Yield the events of the contract at `address` with `topics`, from its beginning on, in order.

        Where the RPC refuses so many blocks at once, it is asked for fewer. It raises what `ask` raises.
        """
        with mapped():
            first, last = self._first, whole(self._w3.eth.block_number)
        step = last - first + 1
        while first <= last:
            until = min(first + step - 1, last)
            try:
                found = self.ask(_query(address, topics, first, until))
            except RpcError as error:
                wide = too_wide(error, first, until)
                if step == 1 or wide is None:
                    raise
                step = wide.most or max(1, step // 4)
                continue
            yield from found
            first = until + 1

    def in_block(self, address: str, topics: Sequence[HexStr | None], block: int) -> list[ChainEvent]:
        """Return those events in the block of that height. It raises what `ask` raises."""
        return self.ask(_query(address, topics, block, block))


def _query(address: str, topics: Sequence[HexStr | None], first: int, last: int) -> FilterParams:
    return {
        "fromBlock": first,
        "toBlock": last,
        "address": to_checksum_address(address),
        "topics": list(topics),
    }


def _place(event: ChainEvent) -> tuple[int, int]:
    return event.block, event.index
