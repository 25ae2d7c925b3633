"""The chain as a program uses it: one object for each contract, and the questions that concern several."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Self, cast

from eth_typing import ChecksumAddress, HexStr
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import BlockNotFound

from telsdk.address import user_of
from telsdk.chain import inputs
from telsdk.chain.access import (
    Account,
    Batch,
    Logs,
    Permit,
    PermitError,
    Receipt,
    Session,
    erc1271,
    mapped,
    open_rpc,
    whole,
)
from telsdk.chain.client.lookup import Lookup
from telsdk.chain.client.purchase import Wait, buy_number
from telsdk.chain.contracts import (
    HubList,
    NameAlias,
    NumberMarket,
    NumberRecords,
    NumberRegistrar,
    NumberRegistry,
)
from telsdk.chain.errors import (
    AnswerError,
    ContractRefused,
    NotDeployed,
    OldDeployment,
    SeveralNumbers,
    UnknownNetwork,
    WrongNetwork,
)
from telsdk.chain.interface import ChainEvent, Deployment, EventDecoder, Header, deployments
from telsdk.chain.units import ether
from telsdk.clock import Wall
from telsdk.directory import Domain, Head
from telsdk.errors import NotFound
from telsdk.freshness import freshness_at
from telsdk.name import Name
from telsdk.number import Number
from telsdk.records import with_records

_ACCOUNT_LENGTH = 42  # characters: 0x and 40 digits
_TRANSFER = HexStr("0x" + keccak(text="Transfer(address,address,uint256)").hex())


def connect(
    network: str | None = None,
    rpc: str | None = None,
    account: Account | None = None,
    deployment: Deployment | None = None,
) -> Client:
    """Return a client of a deployment: the one called `network`, or the one on the chain that `rpc` serves.

    Without both, the environment variables TELSDK_NETWORK and TELSDK_RPC say which. `account` signs what is written;
    without one the client can only read.

    Raises:
        UnknownNetwork: there is no such network, or nothing says which.
        RpcUnreachable: the RPC does not answer.
        WrongNetwork: the RPC serves another chain.
        NotDeployed: the contracts are not there.
        OldDeployment: they are of an earlier edition.
    """
    if network is None and rpc is None and deployment is None:
        network = os.environ.get("TELSDK_NETWORK") or None
        rpc = next(iter(os.environ.get("TELSDK_RPC", "").split()), None)  # the best of those that it names
    if deployment is None and network is not None:
        deployment = deployments.load(network)
    rpc = rpc or (deployment.rpc if deployment is not None else None)
    if rpc is None:
        raise UnknownNetwork(_unsaid(deployment))
    w3 = open_rpc(rpc)
    if deployment is None:
        with mapped():
            deployment = deployments.on_chain(whole(w3.eth.chain_id))
    client = Client(w3, deployment, account)
    client.check()
    return client


def _unsaid(deployment: Deployment | None) -> str:
    if deployment is None:
        return "no network is named: give --network NAME or --rpc URL, or set TELSDK_NETWORK or TELSDK_RPC"
    return f"network {deployment.name} names no RPC of its own: give --rpc URL, or set TELSDK_RPC"


class Client:
    """The contracts of `deployment` at `w3`; `account` signs what is written.

    Attributes:
        registry, registrar, alias, records, hubs, market: the contracts.
        logs: their events.
    """

    def __init__(self, w3: Web3, deployment: Deployment, account: Account | None = None) -> None:
        self.deployment = deployment
        self.logs = Logs(w3, deployment)
        self.session = Session(w3, account, EventDecoder(deployment))
        at, domain = deployment.addresses, deployment.domain
        self.registry = NumberRegistry(self.session, at["NumberRegistry"], domain)
        self.registrar = NumberRegistrar(self.session, at["NumberRegistrar"], domain)
        self.alias = NameAlias(self.session, at["NameAlias"], domain, deployment.name_suffix)
        self.hubs = HubList(self.session, at["HubList"], domain)
        self.records = NumberRecords(
            self.session, at["NumberRecords"], domain, self.registry, self.hubs, self.logs
        )
        self.market = NumberMarket(self.session, at["NumberMarket"], domain, self.registry)

    @property
    def domain(self) -> Domain:
        """What ties signatures to this deployment."""
        return self.deployment.domain

    @property
    def account(self) -> Account | None:
        return self.session.account

    def as_account(self, account: Account | None) -> Self:
        """Return the same client with another account."""
        return type(self)(self.session.w3, self.deployment, account)

    def check(self) -> None:
        """Check that this is the deployment's chain, and that its registry is there.

        Raises:
            WrongNetwork: it is another chain.
            NotDeployed: the registry is not there.
            OldDeployment: the contracts are of an earlier edition.
        """
        w3, deployment = self.session.w3, self.deployment
        with mapped():
            chain_id = whole(w3.eth.chain_id)
            if chain_id != deployment.chain_id:
                raise WrongNetwork(
                    f"the RPC serves chain {chain_id}, and network {deployment.name} is on chain "
                    f"{deployment.chain_id}: give another --rpc or --network"
                )
            # The others were created with it. To ask for each would make every command slower.
            code = w3.eth.get_code(to_checksum_address(self.registry.address))
        if not code:
            raise NotDeployed(
                f"there is no NumberRegistry at {self.registry.address} on chain {chain_id}: was the chain "
                "begun anew? Deploy again, or give another --network"
            )
        # Their events have other topics: an index would not fail, but know of no password and no promise.
        try:
            self.records.max_kdf_parameters()
        except (ContractRefused, AnswerError) as error:
            raise OldDeployment(
                f"the contracts of network {deployment.name} are of an earlier edition: NumberRecords at "
                f"{self.records.address} knows no KDF parameters and no promise. Deploy anew (scripts/deploy.py), or "
                "give another --network"
            ) from error

    # What goes across contracts

    def batch(self, block: int | None = None) -> Batch:
        """Return a batch, which makes all its reads at once as of `block`, by default the newest."""
        return Batch(self.session, block)

    def lookup(self, address: str | Number, *, stale_after: float | None = None) -> Lookup:
        """Return all about a number as of the newest block.

        `address` is the number, its name, a SIP or tel URI with one of them, or its owner's account.

        Args:
            stale_after: how old that block may be, in seconds, as `telsdk.freshness` takes it.

        Raises:
            NotFound: nobody holds the number, or the account holds none.
            SeveralNumbers: the account holds more than one: look up one of its `numbers_of`.
            NameKindError: names do not end so on this network.
            NumberError, NameFormatError, InputError: `address` is no number, name or account, or `stale_after` no time.
        """
        if stale_after is not None:
            inputs.seconds(stale_after, "stale_after")
        address = _meant(address)
        head = self.head()
        block = head.number
        number = self._number(address, block)
        with self.batch(block) as batch:
            custody = batch.add(self.registry.custody_read(number))
            records = batch.add(self.records.get_read(number))
            price = batch.add(self.market.price_read(number))
            name = batch.add(self.alias.name_of_read(number))
        found = Lookup(
            number=number,
            name=name.get(),
            owner=custody.get().owner,
            epoch=custody.get().epoch,
            session=custody.get().session,
            listing=price.get(),
            chain_id=self.domain.chain_id,
            block=block,
            time=head.timestamp,
            stale=freshness_at(head.timestamp, self.domain.chain_id, stale_after, Wall(time.time())).stale,
        )
        return with_records(found, records.get())

    def numbers_of(self, account: str) -> tuple[Number, ...]:
        """Return the numbers of `account`, in order. It reads the whole history: a `ChainIndex` is quicker."""
        account = inputs.account(account)
        if self.registry.balance(account) == 0:
            return ()
        received = self._received(account)
        with self.batch() as batch:
            held = {number: batch.add(self.registry.custody_read(number)) for number in sorted(received)}
        return tuple(number for number, custody in held.items() if custody.get().owner == account)

    def balance(self, account: str | None = None) -> Decimal:
        """Return the ether of `account`, by default of this client's account."""
        address = self.session.signer().address if account is None else inputs.account(account)
        with mapped():
            return ether(whole(self.session.w3.eth.get_balance(to_checksum_address(address))))

    def buy_number(
        self,
        number: Number,
        owner: str | None = None,
        max_price: Decimal | None = None,
        wait: Wait = time.sleep,
    ) -> Receipt:
        """Buy a number that nobody holds; see `telsdk.chain.client.purchase.buy_number`."""
        return buy_number(self, number, owner, max_price, wait)

    def relay(self, permit: Permit) -> Receipt:
        """Do what an owner's `permit` allows, at this account's expense.

        Raises:
            PermitError: it is for no contract that takes permits.
            revert.SignatureExpired, revert.InvalidSignature: the permit does not hold, or no longer.
        """
        inputs.of_kind(permit, Permit, "permit")
        for contract in (self.registry, self.records):
            if permit.contract == contract.NAME:
                return contract.relay(permit)
        raise PermitError(f"{permit.contract} takes no permits")

    # What a ChainIndex asks

    def head(self, block: int | None = None) -> Head:
        """Return the newest block, or that of height `block`.

        Raises:
            NotFound: there is none of that height.
        """
        return self.header(block).head

    def header(self, block: int | bytes | None = None) -> Header:
        """Return the newest block's header, or that of a height, or of a hash.

        Raises:
            NotFound: there is no such block.
            AnswerError: what came is no block.
        """
        if block is not None:
            block = inputs.block_or_hash(block)
        with mapped(BlockNotFound):
            try:
                found = self.session.w3.eth.get_block("latest" if block is None else cast(Any, block))
            except BlockNotFound as error:
                shown = block.hex() if isinstance(block, bytes) else block
                raise NotFound(f"the chain has no block {'yet' if shown is None else shown}") from error
            head = Head(int(found["number"]), _hash(found["hash"]), int(found["timestamp"]))
            bloom = bytes(found.get("logsBloom") or b"")
            # eth-tester writes it as a number, without the zeros before it.
            return Header(head, _hash(found["parentHash"]), bloom and bloom.rjust(256, b"\x00"))

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """Return the events of the contracts in the blocks `first` to `last`, in order.

        Raises:
            RpcError: the RPC fails, or refuses so many blocks at once.
            AnswerError: what came are no logs.
        """
        inputs.uint(first, 64, "first")
        inputs.uint(last, 64, "last")
        return self.logs.ask({"fromBlock": first, "toBlock": last, "address": self._contracts()})

    def events_in(self, block: Header) -> list[ChainEvent]:
        """Return the events of the contracts in one block, asked for by its hash. It raises as `events`."""
        block = inputs.of_kind(block, Header, "block")
        return self.logs.ask({"blockHash": cast(Any, HexBytes(block.hash)), "address": self._contracts()})

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        """Return whether the contract at `account` accepts `signature` over `digest` (ERC-1271).

        Raises:
            NoContract: there is none at `account`.
        """
        return erc1271.accepts(self.session, account, digest, signature)

    def is_contract(self, account: str) -> bool:
        """Return whether `account` is a contract, which may accept signatures."""
        return erc1271.is_contract(self.session, account)

    def names_stand(self, numbers: Sequence[int], block: int) -> list[bool]:
        """Return, for each of `numbers`, whether the name that was claimed for it stands for it as of `block`."""
        inputs.of_kind(numbers, Sequence, "numbers")
        with self.batch(block) as batch:
            names = [batch.add(self.alias.name_of_read(inputs.number(number))) for number in numbers]
        return [name.get() is not None for name in names]

    def _contracts(self) -> list[ChecksumAddress]:
        return [to_checksum_address(address) for address in self.deployment.addresses.values()]

    def _received(self, account: str) -> set[Number]:
        """Return every number that `account` ever received."""
        topics = [_TRANSFER, None, HexStr("0x" + account[2:].lower().rjust(64, "0"))]
        return {Number(event.args["tokenId"]) for event in self.logs.search(self.registry.address, topics)}

    def _number(self, address: str | Name | Number, block: int) -> Number:
        if isinstance(address, Number):
            return address
        if not isinstance(address, Name):
            return self._only_number(address)
        number = self.alias.number_of(address, block)
        if number is None:
            raise NotFound(f"{address} stands for no number: nobody has claimed it, or its number was sold")
        return number

    def _only_number(self, account: str) -> Number:
        numbers = self.numbers_of(account)
        if len(numbers) == 1:
            return numbers[0]
        if not numbers:
            raise NotFound(f"{account} holds no number: buy one with `telsdk number buy-new`")
        raise SeveralNumbers(
            f"{account} holds several numbers, look one of them up: {', '.join(map(str, numbers))}",
            numbers,
        )


def _hash(value: Any) -> bytes:
    digest = bytes(value)
    if len(digest) != 32:
        raise ValueError("no hash")
    return digest


def _meant(address: object) -> str | Name | Number:
    """Return what is to be looked up: a number, a name, or an account as EIP-55 address."""
    if not isinstance(address, str):
        return Number(address)  # type: ignore[arg-type]
    if len(address) == _ACCOUNT_LENGTH and address.startswith("0x"):
        return inputs.account(address)
    user = user_of(address)
    # Nobody's number has a plus: what begins with one is meant as a number all the same.
    return Number.parse(user) if user.isdecimal() or user.startswith("+") else Name(user)
