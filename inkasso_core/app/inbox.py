"""The part of the facade for what agencies bring by themselves: webhooks, the inbox, and entries of feeds that wait for a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from inkasso_core import feeds, letterbook
from inkasso_core.app.base import Part, Refs, listed
from inkasso_core.errors import InvalidInput, NotFound
from inkasso_core.instructing import writing
from inkasso_core.lifecycle import Actor
from inkasso_core.model.feed import FeedEntry
from inkasso_core.model.words import Text
from inkasso_core.store import feeds as kept
from inkasso_core.store import inbox as letters
from inkasso_core.store import vault
from inkasso_core.store.engine import Connection
from inkasso_core.store.feeds import Received
from inkasso_core.store.inbox import InboxItem
from inkasso_core.store.instructed import Instructed, instructed


class Inbox(Part):
    """What agencies bring."""

    def agency_webhook(self, account: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook of an agency: its signature is checked, its entries are stored, and applied where nothing need be asked.

        Returns how many entries are new; the same delivery twice is one. Raises :class:`DeliveryRefused` for one that is not the agency's:
        answer it with 401; :class:`UnsupportedOperation` where the adapter takes none; anything else with 500, so that it comes again.
        """
        return feeds.receive(self._context, account, headers, body)

    def inbox(
        self,
        ref: str | None = None,
        *,
        everything: bool = False,
        kinds: Collection[str] = letters.KINDS,
        account: str | None = None,
        shop: str | None = None,
        actor: Actor | None = None,
    ) -> list[InboxItem]:
        """Return what agencies wrote, asked and collected, oldest first, of the claims that the actor may see.

        Left out, that is what is open: questions that nobody answered, messages and payments that nobody read; with ``everything`` all of
        it. Texts are in :meth:`inbox_item`.
        """
        who = self._actor(actor)
        with self._context.database.read() as connection:
            claim_id = self._find(connection, ref, shop, who, exact=False).id if ref is not None else None
            return letters.listed(
                connection,
                who,
                everything=everything,
                kinds=kinds,
                account=account,
                shop=shop if ref is None else None,
                claim_id=claim_id,
            )

    def inbox_item(self, item_id: str, *, actor: Actor | None = None) -> tuple[InboxItem, str | None]:
        """Return an item with what the agency wrote: personal data. Raises :class:`NotFound`.

        Who may answer it has read it with that; in a marketplace a vendor only looks.
        """
        who = self._actor(actor)
        with self._context.database.read() as connection:
            item, body_id = self._item(connection, item_id, who), letters.inside(connection, item_id).body_id
            text = letters.text_of(connection, body_id)
        if item.read_at is None and writing.may_write(self._context, item.ref.partition(":")[0], who):
            with self._context.database.write() as connection:
                letters.note_read(connection, item_id, by=who.id, at=self._context.now())
                item = self._item(connection, item_id, who)
        return item, text

    def answer(
        self,
        item_id: str,
        text: str | None = None,
        *,
        document: str | Path | bytes | None = None,
        kind: str = "other",
        file_name: str | None = None,
        again: bool = False,
        actor: Actor | None = None,
    ) -> Instructed:
        """Answer what an agency asked or wrote, with a text or a document; returns the instruction, which the next transmission tells.

        The task that an answer is needed is finished with the last open question of that claim. Raises :class:`InvalidInput` unless it is
        exactly one of the two, :class:`TransitionRefused` for what was answered before (``again`` answers once more), and what
        :meth:`send_message` and :meth:`send_document` raise.
        """
        who = self._actor(actor)
        if (text is None) is (document is None):
            raise InvalidInput(_TEXT_OR_DOCUMENT, field="text")
        with self._context.database.read() as connection:
            item = self._item(connection, item_id, who)
        if document is not None:
            letter = writing.document(document, kind=kind, file_name=file_name, media_type=None)
        else:
            letter = writing.message(text or "")
        answered = writing.answer(self._context, item, who, letter, again=again)
        with self._context.database.read() as connection:
            return instructed(connection, who, states=None, instruction_id=answered)[0]

    def inbox_done(self, ids: Refs, *, reason: str | None = None, actor: Actor | None = None) -> list[str]:
        """Note that items need nobody's care any more: who, when and why is kept; returns the ids of those that did until now.

        Raises :class:`InvalidInput` for a question without a reason, :class:`NotFound` naming the first that is not there: then none is.
        """
        who, why = self._actor(actor), (reason or "").strip() or None
        with self._context.database.read() as connection:
            items = [self._item(connection, one, who) for one in listed(ids)]
        return writing.settle(self._context, items, who, why)

    def export_inbox(self, path: str | Path, found: Iterable[InboxItem]) -> int:
        """Write items as CSV for a spreadsheet, without their texts; return the number of rows."""
        return letterbook.write_csv(Path(path), found, self.settings.inkasso.language)

    def _item(self, connection: Connection, item_id: str, who: Actor) -> InboxItem:
        found = letters.listed(connection, who, everything=True, item_id=item_id)
        if not found:
            raise NotFound(_NO_ITEM.fill(id=item_id), field="id")
        return found[0]

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
        return who.vendors is None and self._is_alone(account, who)


_NO_ITEM = Text(
    "Es gibt keinen Eintrag {id}: `inkasso inbox --all` listet sie mit ihren Nummern.",
    "There is no item {id}: `inkasso inbox --all` lists them with their ids.",
)
_TEXT_OR_DOCUMENT = Text(
    "Mit einem Text oder mit einer Unterlage antworten: genau eines.", "Answer with a text or a document: exactly one."
)
_NO_ENTRY = Text(
    "Es gibt keinen Eintrag {id}: `inkasso feed` listet sie mit ihren Nummern.",
    "There is no entry {id}: `inkasso feed` lists them with their ids.",
)
_NO_REASON = Text("Bitte einen Grund angeben: er bleibt beim Eintrag stehen.", "Please give a reason: it stays with the entry.")
