"""The chain as a program uses it."""

from telsdk.chain.client.backup_pointer import ChainPointer
from telsdk.chain.client.client import Client, connect
from telsdk.chain.client.facts import facts_of
from telsdk.chain.client.lookup import Lookup

__all__ = ["ChainPointer", "Client", "Lookup", "connect", "facts_of"]
