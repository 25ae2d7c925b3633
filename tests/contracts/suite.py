"""The six contracts on one chain, and the few steps that most tests begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from scripts import samples
from scripts.helpers import helpers
from telsdk.records import CONTRACT, RECORDS, UPDATE, WORDS, Inputs, Record
from tests.contracts.ens import Ens
from tests.contracts.evm import CHAIN_ID, Chain, Contract, Event, Result, artefacts

ZERO = "0x" + "00" * 20
NONE = bytes(32)
ETHER = 10**18
HASH = bytes(keccak(b"a credential"))
DIGEST = bytes(keccak(b"a backup"))
KEY = bytes(keccak(b"a message key"))
SECRET = bytes(keccak(b"a secret"))
NUMBER = 5_551_234
SET_ALL = samples.update().struct()
ALL_RECORDS = samples.answer()
BLOCK = "kdfParametersBlock"
"""What recordsOf tells besides the words: the block whose event has what it keeps only the hash of."""
NO_RECORDS = (*(word.kept_zero for word in WORDS), 0)


def _type_of(record: Record) -> str:
    """The EIP-712 type that the setter's signature is over."""
    return record.setter[0].upper() + record.setter[1:]


def _fields(inputs: Inputs) -> str:
    return ",".join(f"{kind} {name}" for name, kind in inputs)


_TYPES: dict[str, list[tuple[str, str]]] = {
    name: [(kind, field) for kind, field in (part.split() for part in fields.split(","))]
    for name, fields in {
        "Move": "uint256 number,address from,address to,uint64 epoch,uint256 nonce,uint256 deadline",
        "RevokeSessions": "uint256 number,uint64 epoch,uint64 session,uint256 nonce,uint256 deadline",
        "ClearCredential": "uint256 number,uint64 epoch,uint256 nonce,uint256 deadline",
        "SetMany": "uint256 number,uint64 epoch,Update update,uint256 nonce,uint256 deadline",
        "Update": _fields(UPDATE),
        **{
            _type_of(record): f"uint256 number,uint64 epoch,{_fields(record.inputs)},"
            "uint256 nonce,uint256 deadline"
            for record in RECORDS
        },
    }.items()
}

SIGNED_CALLS = {
    "moveTo": ("NumberRegistry", "Move", ("to",)),
    "revokeSessionsFor": ("NumberRegistry", "RevokeSessions", ()),
    "clearCredentialFor": ("NumberRecords", "ClearCredential", ()),
    **{
        f"{record.setter}For": (CONTRACT, _type_of(record), tuple(name for name, _ in record.inputs))
        for record in RECORDS
    },
    "setManyFor": ("NumberRecords", "SetMany", ("update",)),
}
"""Each call that takes a signature: its contract, what is signed, and its arguments between number and deadline."""


def told(**words: Any) -> tuple[Any, ...]:
    """What recordsOf says when these words are set and no others. Of what is hashed it takes the hash."""
    zeros = dict(zip((*(word.name for word in WORDS), BLOCK), NO_RECORDS, strict=True))
    assert words.keys() <= zeros.keys()
    return tuple({**zeros, **words}.values())


def actor(name: str) -> LocalAccount:
    """An account of a key that follows from its name."""
    account: LocalAccount = Account.from_key(keccak(text=name))
    return account


@dataclass
class Suite:
    """The contracts, linked, and who plays in the tests."""

    chain: Chain
    registry: Contract
    registrar: Contract
    names: Contract
    records: Contract
    hubs: Contract
    market: Contract
    ens: Ens | None
    begun: Sequence[Event]
    """What was told while they were deployed and linked."""
    alice: LocalAccount
    bob: LocalAccount
    mallory: LocalAccount
    treasury: LocalAccount

    @classmethod
    def deploy(cls, *, ens: bool = False, chain_id: int = CHAIN_ID) -> Suite:
        chain = Chain(chain_id)
        actors = {name: actor(name) for name in ("alice", "bob", "mallory", "treasury")}
        deployer = actor("deployer").address
        for account in [*(a.address for a in actors.values()), deployer]:
            chain.fund(account)

        def put(name: str, *args: Any) -> Contract:
            return chain.deploy(artefacts()[name], *args, sender=deployer)

        names_of = Ens.deploy(chain, deployer) if ens else None
        owners = ZERO if names_of is None else put("EnsOwners", *names_of.addresses).address
        registry = put("NumberRegistry", deployer)
        registrar = put("NumberRegistrar", registry.address, actors["treasury"].address)
        names = put("NameAlias", registry.address, owners)
        records = put("NumberRecords", registry.address)
        market = put("NumberMarket", registry.address)
        links = (registrar.address, names.address, records.address, market.address)
        begun = [*registrar.created, *registry.send("link", *links, sender=deployer).events]
        hubs = put("HubList")
        return cls(
            chain, registry, registrar, names, records, hubs, market, names_of, begun, *actors.values()
        )

    def helper(self, name: str, *args: Any) -> Contract:
        """A contract of ``contracts/test``."""
        return self.chain.deploy(helpers()[name], *args, sender=actor("deployer").address)

    def commit(self, number: int, owner: str, max_price: int | None = None, secret: bytes = SECRET) -> int:
        """Commits and waits until the reveal is due. Gives the price ceiling."""
        ceiling = self.registrar.read("priceOf", number) if max_price is None else max_price
        commitment = self.registrar.read("makeCommitment", number, owner, secret, ceiling)
        self.registrar.send("commit", commitment, sender=owner)
        self.chain.advance(60)
        return int(ceiling)

    def register(self, owner: str, number: int = NUMBER) -> Result:
        """Buys `number` from the registrar."""
        price = self.commit(number, owner)
        return self.registrar.send("register", number, owner, SECRET, price, sender=owner, value=price)

    def list(self, seller: str, number: int = NUMBER, price: int = ETHER) -> bytes:
        """Approves and lists; gives the fingerprint that a buyer would name."""
        self.registry.send("approve", self.market.address, number, sender=seller)
        self.market.send("list", number, price, sender=seller)
        return self.fingerprint(number)

    def fingerprint(self, number: int = NUMBER) -> bytes:
        fingerprint: bytes = self.registry.read("getStateFingerprint", number)
        return fingerprint

    @staticmethod
    def fields(primary: str) -> tuple[str, ...]:
        """The fields of a struct that is signed."""
        return tuple(field for _, field in _TYPES[primary])

    def sign(
        self, signer: LocalAccount, primary: str, values: dict[str, Any], *, chain_id: int = CHAIN_ID
    ) -> bytes:
        """EIP-712 by eth-account, which knows nothing of the contracts."""
        wanted = {primary, "Update"} if primary == "SetMany" else {primary}
        types = {name: [{"type": kind, "name": field} for kind, field in _TYPES[name]] for name in wanted}
        domain = {
            "name": "telsdk",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": self.registry.address,
        }
        signed = signer.sign_typed_data(domain, types, values)
        return bytes(signed.signature)

    def move(self, owner: LocalAccount, to: LocalAccount, number: int = NUMBER) -> Result:
        """Takes the number from one account to another, both of which agree."""
        deadline = self.chain.now + 60
        values = {
            "number": number,
            "from": owner.address,
            "to": to.address,
            "epoch": self.registry.read("epochOf", number),
            "nonce": self.registry.read("nonces", to.address),
            "deadline": deadline,
        }
        signature = self.sign(to, "Move", values)
        return self.registry.send("moveTo", number, to.address, deadline, signature, sender=owner.address)
