"""Buy a number, give it a name, and look it up: python -m examples.own_a_number"""

from __future__ import annotations

import telsdk
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.rollout import deploy

# On a chain that has the contracts already: alice = telsdk.connect(rpc=..., account=...)
chain = EmbeddedChain()
deployment = deploy(chain.w3, chain.accounts[0], name="example")
alice = telsdk.Client(chain.w3, deployment, chain.accounts[1])

number, name = telsdk.Number(5551234), telsdk.Name("alice.tel")
print(f"{number} costs {alice.registrar.price(number)} ether")
# Without `wait` this sleeps for the minute that has to pass between commit and reveal.
alice.buy_number(number, wait=chain.advance_time)
alice.alias.claim(name, number)

found = alice.lookup("alice.tel")
print(f"{found.name} is {found.number}; it is Alice's: {found.owner == chain.accounts[1].address}")
