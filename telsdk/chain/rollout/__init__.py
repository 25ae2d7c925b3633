"""Put the contracts on a chain, go on where that was cut off, and compare what is there."""

from telsdk.chain.rollout.deploying import deploy, standing
from telsdk.chain.rollout.ens import EnsAddresses
from telsdk.chain.rollout.verifying import Comparison, verify

__all__ = ["Comparison", "EnsAddresses", "deploy", "standing", "verify"]
