"""Whom a user has had to do with: who held each number then, and whether it has answered with proof.

It is read from the store at the start, and noted there as events of their own kind (`EventKind.PEER`), one for each
number and epoch: so it outlives the history, and reaches the user's other devices with it. Without a store it lasts as
long as the process.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from telsdk.directory import NOBODY, Directory, locate
from telsdk.uc.holder import Holder, OwnerChange, change_of
from telsdk.uc.settings import UnverifiedAnswer
from telsdk.uc.store import Contact, LoggedCall, LoggedMessage, Store, StoreUnusable
from telsdk.uc.trust import Party

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    holder: Holder
    answered: int = 0  # the newest epoch in which the number has answered us with proof; 0 for none


class KnownPeers:
    """The memory of one user client, or of one store."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._known: dict[int, _Known] = {}
        self._named: dict[str, int] = {}
        if store is not None:
            for contact in store.contacts():
                if contact.holder is not None:
                    self._learn(contact.holder, _name_in(contact.address), answered=False)
            for peer in store.peers():
                self._learn(peer.holder, peer.name, answered=peer.answered)

    def change(self, address: str, held: Holder) -> OwnerChange | None:
        """Return what has changed since the last contact with `address`, a number or name which `held` holds."""
        named = self._known.get(self._named.get(address, held.number))
        if named is not None and named.holder.number != held.number:
            return change_of(address, named.holder, held)
        known = self._known.get(held.number)
        return None if known is None else change_of(address, known.holder, held)

    def met(self, address: str, held: Holder, *, answered: bool = False) -> OwnerChange | None:
        """Note a contact. Return what has changed since the last one: it is told once.

        Args:
            address: the number or name that a person sees.
            answered: whether they answered a call of ours with proof.
        """
        change, name = self.change(address, held), _name_in(address)
        before = (self._known.get(held.number), self._named.get(name or ""))
        self._learn(held, name, answered=answered)
        if self._store is not None and before != (self._known.get(held.number), self._named.get(name or "")):
            try:
                self._store.add_peer(held, name, answered=answered)
            except StoreUnusable as error:  # a call must not fail for it
                log.warning("whom we have met is not kept: %s", error)
        return change

    def met_party(self, party: Party) -> Party:
        """Note a contact that a party began. Return the party with what has changed since the last one."""
        if not party.trust.proven or party.holder is None:
            return party
        return replace(party, change=self.met(str(party.name or party.number), party.holder))

    def has_answered(self, holder: Holder) -> bool:
        """Return whether the number has answered a call of ours with proof in this epoch."""
        known = self._known.get(holder.number)
        return known is not None and known.answered >= holder.epoch

    def word_on(self, address: str, holder: Holder) -> UnverifiedAnswer | None:
        """Return what the user has said of this contact; None for nothing, or if it has changed hands since."""
        for contact in self._store.contacts() if self._store is not None else ():
            if contact.holder is None or contact.unverified is None:
                continue
            same = (contact.holder.number, contact.holder.epoch) == (holder.number, holder.epoch)
            if same and contact.address in (address, str(holder.number)):
                return contact.unverified
        return None

    def add_contact(self, address: str, label: str, unverified: UnverifiedAnswer | None = None) -> Contact:
        """Remember somebody as whoever holds the address now, as far as that is known here, and return the contact.

        Args:
            unverified: what happens to answers that prove nothing; None leaves it as it was said, unless the contact
                has changed hands since.
        """
        assert self._store is not None
        before = next((one for one in self._store.contacts() if one.address == address), None)
        if unverified is None and before is not None and self.change_of_contact(before) is None:
            unverified = before.unverified
        event = self._store.add_contact(address, label, self.pinned(address), unverified)
        return Contact(address, label, event.at, self.pinned(address), unverified)

    def pin_contacts(self, directory: Directory) -> None:
        """Pin who holds the contacts that were added while no chain was at hand."""
        if self._store is None:
            return
        for contact in self._store.contacts():
            if contact.holder is not None:
                continue
            try:
                holder = Holder.of(locate(directory, contact.address))
            except NOBODY:
                continue  # there is nobody to pin
            try:
                self._store.add_contact(contact.address, contact.label, holder, contact.unverified)
            except StoreUnusable as error:
                log.warning("contacts are not pinned: %s", error)
                return
            self._learn(holder, _name_in(contact.address), answered=False)

    def pinned(self, address: str) -> Holder | None:
        """Return who held `address` at the last contact, as far as that is known."""
        number = self._named.get(address, int(address) if address.isdecimal() else 0)
        known = self._known.get(number)
        return None if known is None else known.holder

    def change_of_contact(self, contact: Contact) -> OwnerChange | None:
        """Return what has changed, by all contacts since, from when this one was added."""
        now = self.pinned(contact.address)
        return None if now is None else change_of(contact.address, contact.holder, now)

    def _learn(self, holder: Holder, name: str | None, *, answered: bool) -> None:
        known = self._known.get(holder.number)
        if known is None or holder.epoch >= known.holder.epoch:
            known = _Known(holder, 0 if known is None else known.answered)
        if answered and holder.epoch > known.answered:
            known = replace(known, answered=holder.epoch)
        self._known[holder.number] = known
        if name is not None:
            self._named[name] = holder.number


def changes_in(
    history: Iterable[LoggedCall | LoggedMessage],
) -> Iterator[tuple[LoggedCall | LoggedMessage, OwnerChange | None]]:
    """Yield the entries of a history, in the order of time, each with what had changed since the last one."""
    known = KnownPeers(None)
    for entry in history:
        yield entry, None if entry.holder is None else known.met(entry.peer, entry.holder)


def _name_in(address: str) -> str | None:
    return None if address.isdecimal() else address
