"""Compare a deployment with the chain: is the code there ours, and was it deployed as the file says?

The code is compared byte for byte with the manifest, except for the immutables. Each immutable is compared with the
value that follows from the deployment. Then the contracts' answers are compared: links, offices, caps and constants.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3

from telsdk.chain.access import Answer, Batch, Read, Session, mapped, whole
from telsdk.chain.errors import ChainError
from telsdk.chain.interface import ENS_OWNERS, NOBODY, Artifact, Deployment, functions, manifest
from telsdk.chain.rollout.deploying import LINKS
from telsdk.credential.eip712 import DOMAIN_NAME, DOMAIN_VERSION, domain_separator

PRICE_CAPS = {  # digits -> wei
    5: 10 * 10**18,
    6: 3 * 10**18,
    7: 10**18,
    8: 3 * 10**17,
    9: 10**17,
    10: 10**16,
}
CONSTANTS = {  # contract, getter -> wei, seconds or octets
    ("NumberRegistrar", "MIN_COMMIT_AGE"): 60,
    ("NumberRegistrar", "MAX_COMMIT_AGE"): 86_400,
    ("NumberRecords", "MAX_KDF_PARAMETERS"): 1_024,
    ("HubList", "BOND"): 10**17,
    ("HubList", "EXIT_DELAY"): 7 * 86_400,
}
_ENS_PARTS = ("ens", "wrapper", "universalResolver")  # what EnsOwners is created with, in order
_WORD = 32  # bytes

ChainValue = str | int | bytes  # an address or other text, a number, bytes


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that was compared."""

    what: str  # for example "NumberRegistrar treasury"
    expected: str
    found: str

    @property
    def ok(self) -> bool:
        return self.expected == self.found

    def __str__(self) -> str:
        if self.ok:
            return f"ok       {self.what}: {self.found}"
        return f"differs  {self.what}: {self.found}, and should be {self.expected}"


def verify(w3: Web3, deployment: Deployment) -> Iterator[Comparison]:
    """Compare `deployment` with the chain as of the newest block, and yield each comparison.

    On another chain than the deployment's only the chain's id is compared.

    Raises:
        RpcError, RpcUnreachable: the chain cannot be asked.
    """
    with mapped():
        chain_id = whole(w3.eth.chain_id)
    chain = _compared("chain id", deployment.chain_id, chain_id)
    yield chain
    if chain.ok:
        batch = Batch(Session(w3))
        yield from _arguments(deployment)
        for contract in deployment.contracts:
            yield from _code(w3, deployment, contract, batch.block)
        yield from _answers(deployment, batch)


def _arguments(deployment: Deployment) -> Iterator[Comparison]:
    """Check the constructors' arguments in the file: their count, and that contracts among them are these."""
    at = deployment.addresses
    expected = {"registry_": at["NumberRegistry"], "owners_": at.get(ENS_OWNERS, NOBODY)}
    for contract in deployment.contracts:
        entries = manifest.load()[contract].entries("constructor")
        names = [item["name"] for entry in entries for item in entry["inputs"]]
        given = deployment.arguments.get(contract)
        count = len(given) if isinstance(given, list) else 0
        yield _compared(f"{contract} arguments in the file", len(names), count)
        for name, address in expected.items():
            if count == len(names) and name in names:
                argument = given[names.index(name)] if given else None
                yield _compared(f"{contract} argument {name} in the file", address, argument)


def _code(w3: Web3, deployment: Deployment, contract: str, block: int) -> Iterator[Comparison]:
    artifact = manifest.load()[contract]
    address = to_checksum_address(deployment.addresses[contract])
    with mapped():
        code = bytes(w3.eth.get_code(address, block))
    places = artifact.runtime.immutables
    bare = _without(code, artifact)
    yield _compared(f"{contract} code at {address}", _digest(artifact.runtime_code), _digest(bare))
    if bare != artifact.runtime_code:
        return
    expected = _immutables(deployment, contract)
    for name in sorted(places.keys() | expected.keys()):
        values = {code[place : place + _WORD] for place in places.get(name, ())}
        value = expected.get(name)
        if len(values) == 1 and value is not None:
            found: Any = _like(value, values.pop())
        else:
            found = ", ".join(sorted(word.hex() for word in values)) or "none in the code"
        yield _compared(f"{contract} immutable {name}", "not known" if value is None else value, found)


def _without(code: bytes, artifact: Artifact) -> bytes:
    """Return `code` with zeros in place of the immutables, as the manifest has it."""
    bare = bytearray(code)
    for places in artifact.runtime.immutables.values():
        for place in places:
            if place + _WORD <= len(bare):
                bare[place : place + _WORD] = bytes(_WORD)
    return bytes(bare)


def _immutables(deployment: Deployment, contract: str) -> dict[str, ChainValue]:
    """Return the value that each immutable should have, by the sources and the constructor's arguments."""
    at = deployment.addresses
    registry = at["NumberRegistry"]
    separator = domain_separator(deployment.domain)
    if contract == "NumberRegistry":
        return {
            "linker": _argument(deployment, contract, 0),
            # OpenZeppelin's EIP712.
            "_cachedDomainSeparator": separator,
            "_cachedChainId": deployment.chain_id,
            "_cachedThis": registry,
            "_hashedName": keccak(text=DOMAIN_NAME),
            "_hashedVersion": keccak(text=DOMAIN_VERSION),
            "_name": _short_string(DOMAIN_NAME),
            "_version": _short_string(DOMAIN_VERSION),
        }
    if contract == "HubList":
        return {}
    if contract == ENS_OWNERS:
        return {name: _argument(deployment, contract, place) for place, name in enumerate(_ENS_PARTS)}
    extra: dict[str, dict[str, ChainValue]] = {
        "NameAlias": {"owners": at.get(ENS_OWNERS, NOBODY)},
        "NumberRecords": {"_cachedSeparator": separator, "_cachedChainId": deployment.chain_id},
    }
    return {"registry": registry, **extra.get(contract, {})}


def _short_string(text: str) -> bytes:
    """Return `text` as OpenZeppelin's ShortString: the bytes from the left, their count in the last byte."""
    raw = text.encode()
    return raw.ljust(_WORD - 1, b"\0") + bytes([len(raw)])


def _answers(deployment: Deployment, batch: Batch) -> Iterator[Comparison]:
    """Compare what the contracts answer. All are asked together."""
    with batch:
        asked = [
            (what, expected, batch.add(_read(deployment, contract, getter, args)))
            for what, expected, contract, getter, args in _questions(deployment)
        ]
    for what, expected, answer in asked:
        yield _compared(what, expected, _said(answer))


def _questions(deployment: Deployment) -> Iterator[tuple[str, ChainValue, str, str, tuple[Any, ...]]]:
    """Yield what is compared, the value expected, and the contract, getter and arguments to ask."""
    at = deployment.addresses
    ens = _ENS_PARTS if deployment.asks_ens else ()
    offices: list[tuple[str, str, ChainValue]] = [
        ("NumberRegistry", "linker", _argument(deployment, "NumberRegistry", 0)),
        ("NumberRegistrar", "treasury", _argument(deployment, "NumberRegistrar", 1)),
        ("NumberRegistry", "DOMAIN_SEPARATOR", domain_separator(deployment.domain)),
        ("NameAlias", "owners", at.get(ENS_OWNERS, NOBODY)),
        ("NameAlias", "suffix", deployment.name_suffix),
        *((ENS_OWNERS, name, _argument(deployment, ENS_OWNERS, place)) for place, name in enumerate(ens)),
    ]
    links: list[tuple[str, str, ChainValue]] = [
        *(("NumberRegistry", getter, at[contract]) for getter, contract in LINKS.items()),
        *((contract, "registry", at["NumberRegistry"]) for contract in LINKS.values()),
    ]
    constants = [(contract, getter, value) for (contract, getter), value in CONSTANTS.items()]
    for contract, getter, expected in (*links, *offices, *constants):
        yield f"{contract} {getter}", expected, contract, getter, ()
    for digits, cap in PRICE_CAPS.items():
        what = f"NumberRegistrar priceCap({digits})"
        yield what, cap, "NumberRegistrar", "priceCap", (digits,)


def _read(deployment: Deployment, contract: str, getter: str, args: tuple[Any, ...]) -> Read[Any]:
    return Read(deployment.addresses[contract], functions(contract)[getter], args, _same)


def _said(answer: Answer[Any]) -> Any:
    try:
        return answer.get()
    except ChainError as error:
        return f"no answer ({error})"


def _argument(deployment: Deployment, contract: str, place: int) -> ChainValue:
    """Return a constructor's argument from the file: the address, or a text that says that it is missing."""
    given = deployment.arguments.get(contract)
    if isinstance(given, list) and len(given) > place and is_address(given[place]):
        return to_checksum_address(given[place])
    return "not written in the file"


def _compared(what: str, expected: Any, found: Any) -> Comparison:
    return Comparison(what, _text(expected), _text(found))


def _same(answer: Any) -> Any:
    return answer


def _like(value: ChainValue, word: bytes) -> Any:
    """Return `word` in the type of `value`."""
    if isinstance(value, int):
        return int.from_bytes(word)
    if isinstance(value, str) and not any(word[:12]):
        return to_checksum_address(word[12:])
    return word


def _text(value: Any) -> str:
    if value == NOBODY:
        return "nobody"
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _digest(code: bytes) -> str:
    return f"{len(code)} bytes, keccak256 0x{keccak(code).hex()}" if code else "no code"
