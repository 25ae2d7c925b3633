"""Wallets as people have them, by the code that others published: Safes of keys and of passkeys, and Solady's account.

The code comes from npm: see `missing` for when it is not there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import SignableMessage, _hash_eip191_message, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32
from eth_utils.address import to_checksum_address

from scripts import toolchain
from scripts.manifest import ROOT, SETTINGS, compile_sources
from telsdk.chain.client import Client
from telsdk.credential.secp256k1 import keccak256
from tests.conftest import missing

PRECOMPILE = 0x0100 << 160
"""Where EIP-7951's P-256 verifier is, as Safe's passkey contracts want to be told."""

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, FIPS 186-4 D.1.2.3
_NOBODY = "0x" + "00" * 20
_SAFE = "@safe-global/safe-smart-account/build/artifacts/contracts/"
_PASSKEY = "@safe-global/safe-passkey/build/artifacts/contracts/"


class Contract:
    """A contract on the chain of `client`, which pays."""

    def __init__(self, client: Client, address: str, abi: Sequence[Any]) -> None:
        self.client = client
        self.address = to_checksum_address(address)
        self.at = client.session.w3.eth.contract(self.address, abi=abi)

    def ask(self, function: str, *args: Any) -> Any:
        return self.at.get_function_by_name(function)(*args).call()

    def do(self, function: str, *args: Any) -> None:
        self.client.session.transact({"to": self.address, "data": self.at.encode_abi(function, list(args))})


def published(path: str) -> dict[str, Any]:
    """The artefact of a contract in an npm package."""
    file = toolchain.MODULES / path
    if not file.exists():
        missing(f"{path} is not installed: run scripts/toolchain.py")
    artefact: dict[str, Any] = json.loads(file.read_text())
    return artefact


def deployed(client: Client, artefact: dict[str, Any], *args: Any) -> Contract:
    factory = client.session.w3.eth.contract(abi=artefact["abi"], bytecode=artefact["bytecode"])
    data = factory.constructor(*args).data_in_transaction
    made = client.session.transact({"data": data})
    assert made.contract is not None
    return Contract(client, made.contract, artefact["abi"])


class SafeOwner(Protocol):
    """What signs for a Safe."""

    @property
    def address(self) -> str: ...

    def parts(self, digest: bytes) -> tuple[bytes, bytes | None]:
        """The fixed part of a signature, and the part behind it of an owner that is a contract."""
        ...


@dataclass(frozen=True)
class KeyOwner:
    """An owner by a key of its own."""

    account: LocalAccount

    @property
    def address(self) -> str:
        return str(self.account.address)

    def parts(self, digest: bytes) -> tuple[bytes, bytes | None]:
        return bytes(self.account.unsafe_sign_hash(Hash32(digest)).signature), None


class Passkey:
    """An owner by a passkey: a P-256 key in an authenticator, and the contract that stands for it.

    Its signatures differ from time to time, as those of authenticators do.
    """

    def __init__(self, client: Client, verifiers: int) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._count = 0
        point = self._key.public_key().public_numbers()
        factory = deployed(
            client, published(f"{_PASSKEY}SafeWebAuthnSignerFactory.sol/SafeWebAuthnSignerFactory.json")
        )
        factory.do("createSigner", point.x, point.y, verifiers)
        self.address = str(to_checksum_address(factory.ask("getSigner", point.x, point.y, verifiers)))

    def sign(self, digest: bytes) -> bytes:
        """An assertion over `digest`, in the form that the contract takes (WebAuthn level 2, section 6.3.3)."""
        self._count += 1
        relying_party = hashlib.sha256(b"phone.example").digest()
        data = relying_party + b"\x05" + self._count.to_bytes(4, "big")  # user present and verified
        fields = '"origin":"https://phone.example","crossOrigin":false'
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        client_data = f'{{"type":"webauthn.get","challenge":"{challenge}",{fields}}}'
        message = data + hashlib.sha256(client_data.encode()).digest()
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256())))
        return encode(["bytes", "string", "uint256", "uint256"], [data, fields, r, min(s, _ORDER - s)])

    def parts(self, digest: bytes) -> tuple[bytes, bytes | None]:
        return b"", self.sign(digest)


def verifier_contract(client: Client) -> int:
    """A P-256 verifier for chains that have none built in, as Safe's passkey contracts want to be told."""
    made = deployed(client, published(f"{_PASSKEY}verifiers/FCLP256Verifier.sol/FCLP256Verifier.json"))
    return int(made.address, 16)


class Safe:
    """A Safe of `owners`, all of whom have to sign."""

    def __init__(self, client: Client, owners: Sequence[SafeOwner]) -> None:
        self._owners = sorted(owners, key=lambda owner: int(owner.address, 16))
        artefact = published(f"{_SAFE}Safe.sol/Safe.json")
        handler = f"{_SAFE}handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json"
        factory = f"{_SAFE}proxies/SafeProxyFactory.sol/SafeProxyFactory.json"
        self._factory = deployed(client, published(factory))
        self._singleton = deployed(client, artefact)
        self.setup = self._singleton.at.encode_abi(
            "setup",
            [
                [owner.address for owner in self._owners],
                len(owners),
                _NOBODY,
                b"",
                deployed(client, published(handler)).address,
                _NOBODY,
                0,
                _NOBODY,
            ],
        )
        creation = [self._singleton.address, self.setup, 0]
        self.creation = bytes.fromhex(self._factory.at.encode_abi("createProxyWithNonce", creation)[2:])
        """What the factory is called with to deploy it."""
        self.address = str(self._factory.ask("createProxyWithNonce", *creation))
        self._at = Contract(client, self.address, artefact["abi"])

    @property
    def factory(self) -> str:
        return str(self._factory.address)

    def deploy(self) -> None:
        self._factory.do("createProxyWithNonce", self._singleton.address, self.setup, 0)

    def message_digest(self, digest: bytes) -> bytes:
        """What the owners sign for the Safe to take `digest`: it nested in the Safe's own domain."""
        chain_id = self._at.client.domain.chain_id
        domain = keccak256(
            keccak256(b"EIP712Domain(uint256 chainId,address verifyingContract)")
            + encode(["uint256", "address"], [chain_id, self.address])
        )
        message = keccak256(keccak256(b"SafeMessage(bytes message)") + keccak256(digest))
        return keccak256(b"\x19\x01" + domain + message)

    def signatures(self, digest: bytes) -> bytes:
        fixed, behind = b"", b""
        for owner in self._owners:
            part, dynamic = owner.parts(digest)
            if dynamic is not None:
                offset = 65 * len(self._owners) + len(behind)
                part = int(owner.address, 16).to_bytes(32, "big") + offset.to_bytes(32, "big") + b"\0"
                behind += len(dynamic).to_bytes(32, "big") + dynamic
            fixed += part
        return fixed + behind

    def sign(self, digest: bytes) -> bytes:
        return self.signatures(self.message_digest(digest))

    def execute(self, target: str, data: bytes, *, delegate: bool = False) -> None:
        """Makes a call of the Safe's, which whoever pays for relays."""
        call = [target, 0, data, int(delegate), 0, 0, 0, _NOBODY, _NOBODY]
        digest = self._at.ask("getTransactionHash", *call, self._at.ask("nonce"))
        self._at.do("execTransaction", *call, self.signatures(digest))

    def swap_owner(self, old: SafeOwner, new: SafeOwner) -> None:
        """Puts one key in the place of another, of a Safe that has one owner."""
        sentinel = "0x" + "00" * 19 + "01"
        data = self._at.at.encode_abi("swapOwner", [sentinel, old.address, new.address])
        self.execute(self.address, bytes.fromhex(data[2:]))
        self._owners = [new]

    def approve_on_chain(self, client: Client, digest: bytes) -> None:
        """Has the Safe itself sign `digest`, so that it takes an empty signature for it."""
        library = deployed(client, published(f"{_SAFE}libraries/SignMessageLib.sol/SignMessageLib.json"))
        self.execute(
            library.address, bytes.fromhex(library.at.encode_abi("signMessage", [digest])[2:]), delegate=True
        )


class NestedWallet:
    """Solady's account: it takes what its key signed nested in its own domain (ERC-7739)."""

    def __init__(self, client: Client, key: LocalAccount) -> None:
        try:
            found = compile_sources(
                [ROOT / "tests/NestedWallet.sol"], SETTINGS, ["abi", "evm.bytecode.object"]
            )
        except toolchain.ToolchainError as error:
            missing(str(error))
        built = found["tests/NestedWallet.sol"]["NestedWallet"]
        artefact = {"abi": built["abi"], "bytecode": built["evm"]["bytecode"]["object"]}
        self._key = key
        self._chain_id = client.domain.chain_id
        self.address = deployed(client, artefact, key.address).address

    def sign_nested(self, payload: dict[str, Any]) -> bytes:
        """The signature over typed data as ERC-7739 has it, for an account called Nested of version 1."""
        message = encode_typed_data(full_message=payload)
        separator, contents = message.header, message.body
        kind = str(payload["primaryType"])
        fields = ",".join(f"{field['type']} {field['name']}" for field in payload["types"][kind])
        description = f"{kind}({fields})".encode()
        wrapper = keccak256(
            b"TypedDataSign(" + kind.encode() + b" contents,string name,string version,uint256 chainId,"
            b"address verifyingContract,bytes32 salt)" + description
        )
        ours = encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address", "bytes32"],
            [contents, keccak256(b"Nested"), keccak256(b"1"), self._chain_id, self.address, bytes(32)],
        )
        nested = keccak256(b"\x19\x01" + separator + keccak256(wrapper + ours))
        signature = bytes(self._key.unsafe_sign_hash(Hash32(nested)).signature)
        return signature + separator + contents + description + len(description).to_bytes(2, "big")


class AsAccount:
    """A wallet in the place of an account that signs permits: `telsdk.chain.access.Account`, but for transactions."""

    def __init__(self, address: str, sign: Callable[[bytes], bytes]) -> None:
        self.address = to_checksum_address(address)
        self._sign = sign

    def sign_message(self, message: SignableMessage, /) -> Any:
        return SimpleNamespace(signature=self._sign(bytes(_hash_eip191_message(message))))

    def sign_transaction(self, transaction_dict: Any, /) -> Any:
        raise AssertionError(f"a contract signs no transaction: {transaction_dict}")


def keys(count: int) -> list[LocalAccount]:
    """Of which no part stands in what a compiler prints, where secrets are looked for."""
    return [Account.from_key(hashlib.sha256(b"key %d" % index).digest()) for index in range(count)]


def digest_of(payload: dict[str, Any]) -> bytes:
    """What is signed of typed data in the form of eth_signTypedData_v4."""
    return bytes(_hash_eip191_message(encode_typed_data(full_message=payload)))
