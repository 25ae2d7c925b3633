"""One typed class for each contract."""

from telsdk.chain.contracts.alias import NameAlias
from telsdk.chain.contracts.hubs import HubEntry, HubList, InsecureListing
from telsdk.chain.contracts.market import NumberMarket, Offer
from telsdk.chain.contracts.records import NumberRecords
from telsdk.chain.contracts.registrar import NumberRegistrar
from telsdk.chain.contracts.registry import Custody, NumberRegistry

__all__ = [
    "Custody",
    "HubEntry",
    "HubList",
    "InsecureListing",
    "NameAlias",
    "NumberMarket",
    "NumberRecords",
    "NumberRegistrar",
    "NumberRegistry",
    "Offer",
]
