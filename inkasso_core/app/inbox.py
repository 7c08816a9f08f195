"""The part of the facade for what agencies bring by themselves: webhooks, and entries of feeds that wait for a person."""

from __future__ import annotations

from collections.abc import Mapping

from inkasso_core import feeds
from inkasso_core.app.base import Part, Refs, listed
from inkasso_core.errors import InvalidInput, NotFound
from inkasso_core.lifecycle import Actor
from inkasso_core.model.feed import FeedEntry
from inkasso_core.model.words import Text
from inkasso_core.store import feeds as kept
from inkasso_core.store import vault
from inkasso_core.store.feeds import Received


class Inbox(Part):
    """What agencies bring."""

    def agency_webhook(self, account: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook of an agency: its signature is checked, its entries are stored, and applied where nothing need be asked.

        Returns how many entries are new; the same delivery twice is one. Raises :class:`DeliveryRefused` for one that is not the agency's:
        answer it with 401; :class:`UnsupportedOperation` where the adapter takes none; anything else with 500, so that it comes again.
        """
        return feeds.receive(self._context, account, headers, body)

    def feed_entries(self, account: str | None = None, *, settled: bool = False, actor: Actor | None = None) -> list[Received]:
        """Return entries of feeds that a person should look at: of unknown cases, and those on which applying breaks; or the settled ones.

        Whose they are is not known: a vendor sees none, and others those of accounts that serve none but their tenants.
        """
        who = self._actor(actor)
        with self._context.database.read() as connection:
            rows = kept.listed(connection, account, settled=settled)
        return [row for row in rows if self._may_see(row.account, who)]

    def feed_entry(self, row_id: str, *, actor: Actor | None = None) -> tuple[Received, FeedEntry]:
        """Return an entry, applied or not, with all that the agency said in it: personal data included. Raises :class:`NotFound`."""
        who = self._actor(actor)
        with self._context.database.read() as connection:
            row = kept.take(connection, row_id)
            if row is None or not self._may_see(row.account, who):
                raise NotFound(_NO_ENTRY.fill(id=row_id), field="id")
            return row, vault.take_entry(connection, row.body_id)

    def settle_feed(self, ids: Refs, *, reason: str, actor: Actor | None = None) -> list[str]:
        """Note that entries need nobody's care any more: who, when and why is kept with them; returns their ids.

        Raises :class:`InvalidInput` without a reason, and :class:`NotFound` naming the first that does not wait; then none is settled.
        """
        who, wanted = self._actor(actor), listed(ids)
        if not reason.strip():
            raise InvalidInput(_NO_REASON, field="reason")
        for one in wanted:
            self.feed_entry(one, actor=who)
        return feeds.settle(self._context, wanted, who, reason.strip())

    def assign_feed(self, row_id: str, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> Received:
        """Say which claim an entry of an unknown case is about; it is applied at once. Returns the entry as it then is.

        Raises :class:`NotFound` for an entry that does not wait, :class:`InvalidInput` for a claim that was never with that account.
        """
        who = self._actor(actor)
        self.feed_entry(row_id, actor=who)
        return feeds.assign(self._context, row_id, self.find(ref, shop=shop, actor=who, exact=True), who)

    def _may_see(self, account: str, who: Actor) -> bool:
        """An account may serve several tenants, and of an entry nobody knows whose it is."""
        if who.vendors is not None:
            return False
        to_all = any(route.account == account for route in self.settings.routes)
        tenants = {shop.tenant for shop in self.settings.shops.values() if to_all or shop.account == account}
        return who.tenants is None or tenants <= who.tenants


_NO_ENTRY = Text(
    "Es gibt keinen Eintrag {id}: `inkasso feed` listet sie mit ihren Nummern.",
    "There is no entry {id}: `inkasso feed` lists them with their ids.",
)
_NO_REASON = Text("Bitte einen Grund angeben: er bleibt beim Eintrag stehen.", "Please give a reason: it stays with the entry.")
