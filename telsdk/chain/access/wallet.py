"""Sign typed data with a wallet over JSON-RPC: a hardware wallet's bridge, a desktop wallet, a signer's daemon.

The wallet's key never comes to this machine, and a person looks at what they sign. So there is time for that, and no
question is sent twice by itself, or the wallet would show it twice.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any, Final

import requests
from eth_utils.address import is_address, to_checksum_address

from telsdk.chain.access.endpoint import Endpoint, EndpointError, without_secrets
from telsdk.chain.errors import WalletAway, WalletDeclined, WalletError, WalletLate, WalletUnknown
from telsdk.nesting import check_nesting

CONFIRM_TIMEOUT: Final = 120.0  # seconds for a person to look and to confirm
ANSWER_TIMEOUT: Final = 15.0  # seconds for a question that no person has to confirm
MAX_ANSWER: Final = 65_536  # octets
MAX_ACCOUNTS: Final = 10  # as many an error message names

_CONNECT_TIMEOUT: Final = 5.0  # seconds
_USER_REFUSED: Final = 4001  # EIP-1193
_UNAUTHORISED: Final = 4100  # EIP-1193
_NO_SUCH_METHOD: Final = -32601  # JSON-RPC 2.0
_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})+", re.ASCII)


class RemoteWallet:
    """The wallet at `url` (http or https). It is a `telsdk.credential.deep.TypedDataWallet`.

    Args:
        confirm_timeout: seconds that a signature may take.

    Raises:
        WalletAway: `url` is no such URL.
    """

    def __init__(self, url: str, confirm_timeout: float = CONFIRM_TIMEOUT) -> None:
        try:
            self._endpoint = Endpoint(url)
        except EndpointError:
            raise WalletAway(
                f"{without_secrets(url)!r} is no address of a wallet: it begins with http:// or https://"
            ) from None
        self._session = self._endpoint.session()
        self._confirm_timeout = confirm_timeout
        self.place: Final = self._endpoint.place

    def accounts(self) -> tuple[str, ...]:
        """Return the accounts that the wallet offers, as EIP-55 addresses.

        Raises:
            WalletDeclined: its holder does not want to show them.
            WalletError: it does not answer, or not as it should.
        """
        found = self._ask("eth_accounts", [], ANSWER_TIMEOUT)
        if not isinstance(found, list) or not all(isinstance(one, str) and is_address(one) for one in found):
            raise WalletError(f"the wallet at {self.place} does not say which accounts it has: is it one?")
        return tuple(str(to_checksum_address(one)) for one in found)

    def choose(self, named: str | None, owner: str, *, contract: bool) -> str:
        """Return which account is to sign for `owner`: the one that is `named`, or the owner, or the wallet's only one.

        Args:
            contract: whether the owner is a contract, so that another account may sign for it.

        Raises:
            WalletUnknown: the wallet does not have that account, or has several and none is named.
            WalletError: see `accounts`.
        """
        accounts = self.accounts()
        wanted = named or (owner if owner in accounts or not contract else None)
        if wanted is None and len(accounts) == 1:
            return accounts[0]
        if wanted in accounts:
            return wanted
        shown = ", ".join(accounts[:MAX_ACCOUNTS]) or "none"
        if wanted is None:
            raise WalletUnknown(
                f"{owner} is a contract, and which account of the wallet at {self.place} signs for it is not "
                f"said by --wallet-account: it has {shown}"
            )
        raise WalletUnknown(
            f"the wallet at {self.place} does not offer {wanted}: unlock it or connect that account there "
            f"(it offers {shown})"
        )

    def __call__(self, address: str, payload: dict[str, object]) -> bytes:
        """Ask the wallet to sign with the account at `address`. The caller has to check whose signature it gives.

        Raises:
            WalletDeclined: its holder refuses.
            WalletLate: nobody confirmed in time.
            WalletUnknown: `address` is not among its accounts.
            WalletError: it does not answer, or not as it should.
        """
        answer = self._ask("eth_signTypedData_v4", [address, payload], self._confirm_timeout)
        if not isinstance(answer, str) or not _HEX.fullmatch(answer):
            raise WalletError(f"the wallet at {self.place} answered with something that is no signature")
        return bytes.fromhex(answer[2:])

    def _ask(self, method: str, params: list[object], timeout: float) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            body = self._endpoint.cleaned(self._post(json.dumps(request).encode(), timeout))
            answer = json.loads(check_nesting(body.decode()))
        except requests.ConnectTimeout as error:
            raise self._away("does not answer") from error
        except requests.Timeout as error:
            raise WalletLate(
                f"the wallet at {self.place} gave no answer within {timeout:.0f} s: unlock it, and confirm "
                "there when asked"
            ) from error
        except requests.RequestException as error:
            raise self._away(f"does not answer ({type(error).__name__})") from error
        except (ValueError, RecursionError) as error:
            raise self._away("does not speak JSON-RPC") from error
        if not isinstance(answer, dict) or not ("result" in answer or answer.get("error")):
            raise self._away("does not speak JSON-RPC")
        if answer.get("error"):
            raise self._error(answer["error"], method, params)
        return answer["result"]

    def _post(self, body: bytes, timeout: float) -> bytes:
        """Return the answer's octets. `timeout` is for all of them: the library's own is for each piece."""
        ends = time.monotonic() + timeout
        headers = {"Content-Type": "application/json"}
        waits = (min(timeout, _CONNECT_TIMEOUT), timeout)
        with self._session.post(
            self._endpoint.url, body, headers=headers, timeout=waits, stream=True
        ) as response:
            answer = bytearray()
            # An octet at a time: for a longer piece the library would wait up to `timeout` at each of its reads.
            for octet in response.iter_content(1):
                answer += octet
                if len(answer) > MAX_ANSWER:
                    raise ValueError("too long")
                if time.monotonic() > ends:
                    raise requests.ReadTimeout
        return bytes(answer)

    def _away(self, what: str) -> WalletAway:
        return WalletAway(f"the wallet at {self.place} {what}: start it, or give another with --wallet")

    def _error(self, error: object, method: str, params: list[object]) -> WalletError:
        details = error if isinstance(error, dict) else {}
        code, text = details.get("code"), str(details.get("message") or error)[:200]
        if code == _USER_REFUSED:
            return WalletDeclined(f"the wallet at {self.place} was told not to sign: nothing was done")
        if code == _UNAUTHORISED:
            return WalletUnknown(
                f"the wallet at {self.place} does not let this program use {params[0] if params else 'it'}: "
                "unlock it, and connect that account there"
            )
        if code == _NO_SUCH_METHOD:
            return WalletError(f"the wallet at {self.place} has no {method}: use one that signs typed data")
        return WalletError(f"the wallet at {self.place} gave no answer to {method}: {text}")
