"""Blocks kept by a Kubo daemon, through its RPC interface. The daemon is not trusted."""

from __future__ import annotations

import io
import warnings
from typing import Any, Final

import ipfshttpclient
from ipfshttpclient.exceptions import Error, ErrorResponse

from telsdk.backup.blocks import MAX_BLOCK, check_block, check_size
from telsdk.backup.cid import cid_of
from telsdk.backup.errors import BlockCorrupt, BlockMissing, StoreUnreachable

# ipfshttpclient 0.7 passes urllib3 a parameter that urllib3 2 no longer needs. Users can do nothing about the warning.
warnings.filterwarnings("ignore", "The 'strict' parameter", FutureWarning, r"urllib3\.poolmanager")

TIMEOUT: Final = 30.0  # seconds without a byte
# Every option is given, because Kubo's defaults change. `pin` keeps the block from garbage collection.
_RAW: Final = {"cid-codec": "raw", "mhtype": "sha2-256", "pin": "true"}


class KuboStore:
    """A store at an IPFS daemon, which is named by a multiaddress.

    Args:
        address: for example ``/ip4/127.0.0.1/tcp/5001``.
        timeout: seconds to wait for the daemon's next bytes. To ask for a block that no reachable peer has takes
            that long.

    Raises:
        StoreUnreachable: `address` is no multiaddress of an HTTP interface.
    """

    def __init__(self, address: str, timeout: float = TIMEOUT) -> None:
        self._address = address
        try:
            # Not `ipfshttpclient.connect`: it refuses every current daemon because of its version.
            self._client: Any = ipfshttpclient.Client(address, timeout=timeout)
        except (Error, ValueError) as error:
            raise StoreUnreachable(f"{address!r} is no address of an IPFS daemon: {error}") from error

    def put(self, data: bytes) -> bytes:
        digest = check_size(data)
        try:
            answer = self._client.block.put(io.BytesIO(data), opts=_RAW)
            key = str(answer["Key"])
        except (Error, OSError, KeyError, TypeError) as error:
            raise self._unreachable(error) from error
        if key != cid_of(digest):
            raise BlockCorrupt(f"the daemon keeps {cid_of(digest)} as {key[:80]}: do not trust it", digest)
        return digest

    def get(self, digest: bytes) -> bytes:
        try:
            return check_block(digest, self._read(digest))
        except ErrorResponse as error:
            raise BlockMissing(f"the daemon does not have block {cid_of(digest)}: {error}", digest) from error
        except (Error, OSError) as error:
            raise self._unreachable(error) from error

    def _read(self, digest: bytes) -> bytes:
        """Read the answer, but no more than one octet above what a block may have."""
        data = bytearray()
        with self._client.block.get(cid_of(digest), stream=True) as chunks:
            for chunk in chunks:
                data += chunk
                if len(data) > MAX_BLOCK:
                    break
        return bytes(data[: MAX_BLOCK + 1])

    def _unreachable(self, error: Exception) -> StoreUnreachable:
        return StoreUnreachable(f"the IPFS daemon at {self._address} does not serve: {str(error)[:200]}")
