"""What is known of the contracts without asking a chain: their ABIs and code, where they are, what they say."""

from telsdk.chain.interface import abi, deployments, manifest
from telsdk.chain.interface.abi import NOBODY
from telsdk.chain.interface.deployments import Deployment
from telsdk.chain.interface.events import ChainEvent, EventDecoder, event_topics
from telsdk.chain.interface.explanations import explain
from telsdk.chain.interface.function import Function, functions
from telsdk.chain.interface.header import EventFilter, Header, bloom_bits
from telsdk.chain.interface.manifest import CONTRACTS, ENS_OWNERS, Artifact

__all__ = [
    "CONTRACTS",
    "ENS_OWNERS",
    "NOBODY",
    "Artifact",
    "ChainEvent",
    "Deployment",
    "EventDecoder",
    "EventFilter",
    "Function",
    "Header",
    "abi",
    "bloom_bits",
    "deployments",
    "event_topics",
    "explain",
    "functions",
    "manifest",
]
