"""Subscriptions, and the documents that they bring (RFC 6665, RFC 3856, RFC 3680)."""

from telsdk.sip.subscription.notifier import (
    Notifier,
    Package,
    StateWanted,
    SubscribeAsked,
    Subscription,
    SubscriptionGone,
)
from telsdk.sip.subscription.pidf import Presence, Service
from telsdk.sip.subscription.reginfo import RegistrationInfo

__all__ = [
    "Notifier",
    "Package",
    "Presence",
    "RegistrationInfo",
    "Service",
    "StateWanted",
    "SubscribeAsked",
    "Subscription",
    "SubscriptionGone",
]
