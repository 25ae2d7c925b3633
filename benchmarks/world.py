"""A chain with the contracts on it and people who use them, and a list of what each transaction cost.

Whatever goes into a transaction is the same in each run: keys, addresses, secrets, and the clock, which is set
far ahead and then moves by a second a block. So are the signatures, and with them the price of the call data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_account.datastructures import SignedMessage, SignedTransaction
from eth_account.messages import SignableMessage
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils.crypto import keccak
from web3.types import TxReceipt

from scripts import samples
from scripts.helpers import helpers
from telsdk.chain.access import Account as Payer
from telsdk.chain.access import Permit
from telsdk.chain.client import Client
from telsdk.chain.contracts.base import Contract
from telsdk.chain.development import DevChain
from telsdk.chain.interface import functions
from telsdk.chain.interface.abi import types
from telsdk.chain.rollout import EnsAddresses, deploy
from telsdk.number import Number

Figures = dict[str, dict[str, dict[str, int]]]
"""Contract -> function's signature -> variant -> gas."""

CLOCK = 4_000_000_000  # seconds since 1970; ahead of every clock that the chain might otherwise follow
GAS_LIMIT = 8_000_000
MAX_FEE = 10**11  # wei a gas; more than a development chain asks
SECRET = bytes(keccak(b"a secret"))
NUMBER, SECOND, THIRD = 5_551_234, 5_555_678, 5_559_012
ETHER = 10**18
ALL_RECORDS = samples.update()
FULL_LABEL = "a-name-of-thirty-two-characters1"


class ContractAccount:
    """A contract that holds numbers, and the key that signs for it (ERC-1271)."""

    def __init__(self, address: ChecksumAddress, key: LocalAccount) -> None:
        self.address = address
        self._key = key

    def sign_message(self, message: SignableMessage) -> SignedMessage:
        return self._key.sign_message(message)

    def sign_transaction(self, transaction: Any) -> SignedTransaction:
        raise NotImplementedError("a contract sends no transactions")


_HUBS = 9  # the last of the hubs in scripts/samples.py


class World:
    """The contracts, `alice`, who holds NUMBER, others who hold none, and the figures so far."""

    def __init__(self, chain: DevChain) -> None:
        self.chain = chain
        self.figures: Figures = {}
        self._chain_id = chain.w3.eth.chain_id
        deployer, self.alice, self.bob, self.carol, self.relayer, self.treasury = chain.accounts[:6]
        self._deployer = deployer
        chain.advance_time(CLOCK - chain.w3.eth.get_block("latest")["timestamp"])
        self.use(self.deploy())
        self._record_deployment()
        self.register(self.alice)

    # Set up

    def deploy(self, ens: EnsAddresses | None = None) -> Client:
        """All contracts, anew."""
        treasury = self.treasury.address
        made = deploy(self.chain.w3, self._deployer, treasury=treasury, ens=ens)
        return Client(self.chain.w3, made, self._deployer)

    def use(self, client: Client) -> None:
        """Lets all that follows be about the contracts of `client`."""
        self.client = client
        self.registry, self.registrar, self.alias = client.registry, client.registrar, client.alias
        self.records, self.hubs, self.market = client.records, client.hubs, client.market

    def helper(self, name: str, *args: Any) -> ChecksumAddress:
        """A new contract of ``contracts/test``."""
        artefact = helpers()[name]
        inputs = [i for entry in artefact["abi"] if entry["type"] == "constructor" for i in entry["inputs"]]
        data = bytes.fromhex(artefact["bytecode"]) + encode(types(inputs), args)
        address = self._transact(self._deployer, None, data, 0)["contractAddress"]
        assert address is not None
        return address

    def tell_helper(self, address: str, signature: str, *args: Any) -> None:
        """Calls a function of a helper."""
        kinds = signature[signature.index("(") + 1 : -1].split(",")
        self._transact(self._deployer, address, bytes(keccak(text=signature)[:4]) + encode(kinds, args), 0)

    def contract_account(self) -> ContractAccount:
        key: LocalAccount = Account.from_key(keccak(b"a contract account"))
        return ContractAccount(self.helper("Wallet", key.address), key)

    def commit(self, owner: str, number: int) -> int:
        """Commits to `number` for `owner`, waits until the reveal is due, and gives the price."""
        price = int(self.registrar.read("priceOf", number))
        commitment = self.registrar.read("makeCommitment", number, owner, SECRET, price)
        self.do(self.registrar, "commit", commitment, sender=self.relayer)
        self.chain.advance_time(61)
        return price

    def register(self, owner: Payer, number: int = NUMBER) -> None:
        """Makes `owner` the first who holds `number`."""
        price = self.commit(owner.address, number)
        args = (number, owner.address, SECRET, price)
        self.do(self.registrar, "register", *args, sender=self.relayer, value=price)

    def list(self, seller: LocalAccount, number: int = NUMBER, price: int = ETHER) -> None:
        """Approves the market and lists `number`."""
        self.do(self.registry, "approve", self.market.address, number, sender=seller)
        self.do(self.market, "list", number, price, sender=seller)

    def set_everything(self) -> None:
        """Gives Alice's number all records and a name, and lists it."""
        self.do(self.records, "setMany", NUMBER, ALL_RECORDS.struct(), sender=self.alice)
        self.do(self.alias, "claim", "alice", NUMBER, sender=self.alice)
        self.list(self.alice)

    def fingerprint(self, number: int = NUMBER) -> bytes:
        return self.registry.fingerprint(Number(number))

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Takes back what was done within; the figures stay."""
        mark, client = self.chain.snapshot(), self.client
        try:
            yield
        finally:
            self.chain.revert(mark)
            self.use(client)

    # Transactions

    def do(self, contract: Contract, function: str, *args: Any, sender: LocalAccount, value: int = 0) -> int:
        """Sends a transaction, and gives the gas that its receipt says it used."""
        data = functions(contract.NAME)[function].encode(args)
        return self._transact(sender, contract.address, data, value)["gasUsed"]

    def measure(
        self,
        variant: str,
        contract: Contract,
        function: str,
        *args: Any,
        sender: LocalAccount,
        value: int = 0,
    ) -> None:
        """The same, and keeps the figure as that of `variant`."""
        gas = self.do(contract, function, *args, sender=sender, value=value)
        self._record(contract.NAME, function, variant, gas)

    def permit(self, variant: str, sign: Callable[[Client], Permit]) -> None:
        """Measures how the relayer takes to the chain what Alice signs, who has signed before."""
        with self.undone():
            self._add_hubs()
            self._sign_before(sign)
            self._relay(variant, sign(self.client.as_account(self.alice)))

    def permits(self, sign: Callable[[Client, Number], Permit]) -> None:
        """The same, and also for Alice's first signature and for a contract account's."""
        number, second = Number(NUMBER), Number(SECOND)
        with self.undone():
            self._add_hubs()
            self._relay("first signature", sign(self.client.as_account(self.alice), number))
        self.permit("later signature", lambda client: sign(client, number))
        with self.undone():
            self._add_hubs()
            wallet = self.contract_account()
            self.register(wallet, SECOND)
            self._relay("contract account's first signature", sign(self.client.as_account(wallet), second))

    def _add_hubs(self) -> None:
        """Adds the hubs that are signed for: the SDK signs for none that is not there, though no contract asks."""
        bond = self.hubs.read("BOND")
        for n in range(_HUBS):
            pin = keccak(text=f"key of hub {n}")
            self.do(self.hubs, "addHub", "sip:hub.example;transport=tls", pin, sender=self.bob, value=bond)

    def _sign_before(self, sign: Callable[[Client], Permit]) -> None:
        """Uses up a nonce of Alice's, so that the next is not the first."""
        contract = sign(self.client.as_account(self.alice)).contract
        self.do(self._contract(contract), "cancelNonce", sender=self.alice)

    def _relay(self, variant: str, permit: Permit) -> None:
        args = (*permit.args, permit.deadline, permit.signature)
        self.measure(variant, self._contract(permit.contract), permit.function, *args, sender=self.relayer)

    def _contract(self, name: str) -> Contract:
        return next(c for c in (self.registry, self.records) if name == c.NAME)

    def _record(self, contract: str, function: str, variant: str, gas: int) -> None:
        signature = "constructor" if function == "constructor" else functions(contract)[function].signature
        variants = self.figures.setdefault(contract, {}).setdefault(signature, {})
        assert variant not in variants, f"{contract}.{function} {variant} is measured twice"
        variants[variant] = gas

    def _record_deployment(self) -> None:
        eth, deployment = self.chain.w3.eth, self.client.deployment
        names = {address: name for name, address in deployment.addresses.items()}
        for block in range(deployment.block, eth.block_number + 1):
            for tx in eth.get_block(block)["transactions"]:
                receipt = eth.get_transaction_receipt(tx)  # type: ignore[arg-type]
                created = receipt["contractAddress"]
                if created is None:
                    self._record("NumberRegistry", "link", "all", receipt["gasUsed"])
                else:
                    self._record(names[created], "constructor", "deployment", receipt["gasUsed"])

    def _transact(self, sender: LocalAccount, to: str | None, data: bytes, value: int) -> TxReceipt:
        eth = self.chain.w3.eth
        transaction: dict[str, Any] = {
            "chainId": self._chain_id,
            "nonce": eth.get_transaction_count(sender.address),
            "data": data,
            "value": value,
            "gas": GAS_LIMIT,
            "maxFeePerGas": MAX_FEE,
            "maxPriorityFeePerGas": 0,
            **({} if to is None else {"to": to}),
        }
        tx = eth.send_raw_transaction(sender.sign_transaction(transaction).raw_transaction)
        receipt = eth.wait_for_transaction_receipt(tx, 10, 0.01)
        assert receipt["status"] == 1, f"a transaction of {sender.address} failed: 0x{data[:4].hex()}"
        return receipt
