"""Read from a chain and write to it: the RPC, sessions, batches of reads, permits, and the accounts that sign."""

from telsdk.chain.access import erc1271
from telsdk.chain.access.apeaccount import ApeAccount
from telsdk.chain.access.batch import ANSWER, Answer, Batch, Read
from telsdk.chain.access.endpoint import Endpoint, EndpointError, without_secrets
from telsdk.chain.access.httprpc import RpcSettings
from telsdk.chain.access.limits import may_be_too_wide, too_wide
from telsdk.chain.access.logs import Logs
from telsdk.chain.access.permits import PERMIT_LIFETIME, Permit, PermitData, PermitError, SignsElsewhere
from telsdk.chain.access.rpc import mapped, open_rpc, request, whole
from telsdk.chain.access.sending import SendSettings, Signed
from telsdk.chain.access.session import Account, Block, Receipt, Session
from telsdk.chain.access.wallet import CONFIRM_TIMEOUT, RemoteWallet

__all__ = [
    "ANSWER",
    "CONFIRM_TIMEOUT",
    "PERMIT_LIFETIME",
    "Account",
    "Answer",
    "ApeAccount",
    "Batch",
    "Block",
    "Endpoint",
    "EndpointError",
    "Logs",
    "Permit",
    "PermitData",
    "PermitError",
    "Read",
    "Receipt",
    "RemoteWallet",
    "RpcSettings",
    "SendSettings",
    "Session",
    "Signed",
    "SignsElsewhere",
    "erc1271",
    "mapped",
    "may_be_too_wide",
    "open_rpc",
    "request",
    "too_wide",
    "whole",
    "without_secrets",
]
