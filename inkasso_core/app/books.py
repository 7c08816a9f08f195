"""The part of the facade that compares and accounts: what was handed over before, what each side says, what came in; and the way back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from inkasso_core import adoption, merchant_ledger, reconcile, undo
from inkasso_core.adoption import Adoption, OnProgress
from inkasso_core.app.base import Part, Refs
from inkasso_core.errors import InvalidInput, NotFound, NotPermitted
from inkasso_core.lifecycle import Actor, Role
from inkasso_core.merchant_ledger import Entry
from inkasso_core.model.words import Text
from inkasso_core.reconcile import Reconciled
from inkasso_core.release import Handled
from inkasso_core.store import adopted
from inkasso_core.store.adopted import Listed
from inkasso_core.store.claims import Filter

_LONGEST_CHANNEL = 100


def _quietly(_what: str, _done: int, _total: int | None) -> None:
    return


class Compared(NamedTuple):
    """What was written of a reconciliation."""

    rows: int
    differing: int
    """In how many of them shop, agency and ours differ."""


class Books(Part):
    """Books."""

    def adopt(
        self,
        account: str,
        path: str | Path | None = None,
        *,
        before: dt.date | None = None,
        shop: str | None = None,
        channel: str | None = None,
        actor: Actor | None = None,
        on_progress: OnProgress = _quietly,
    ) -> Adoption:
        """Record what was handed over to an account's agency by hand before, so that nothing of it is ever handed over again.

        Either a list (``path``: CSV or JSON with the number of the order or the invoice, the agency's case reference, and the day), or all
        that was due ``before`` a day. It counts also for what no shop has reported yet: such a claim is taken as handed over in the commit
        that first stores it, and is never ready. Returns what became of every row; a row that makes no sense is refused by row and column.
        Repeated, it changes nothing more.

        Raises :class:`FileRefused` for a list that cannot be read at all, :class:`InvalidInput` for a day to come, or neither list nor day;
        :class:`NotFound` for an account or a shop that is not configured, :class:`NotPermitted` for a vendor.
        """
        who = self._decider(actor, account)
        if (path is None) is (before is None):
            raise InvalidInput(_LIST_OR_DAY, field="path/before", reason="LIST_OR_DAY")
        if channel is not None and not (0 < len(channel) <= _LONGEST_CHANNEL and channel.isprintable()):
            raise InvalidInput(_NO_CHANNEL, field="channel")
        if before is not None:
            return adoption.adopt_before(self._context, account, before, who, shop=shop, channel=channel, on_progress=on_progress)
        return adoption.adopt_list(self._context, account, str(path), who, shop=shop, channel=channel, on_progress=on_progress)

    def adopted(self, account: str | None = None, *, waiting: bool = False, actor: Actor | None = None) -> list[Listed]:
        """Return the lines of the record of earlier hand-overs, each with how many claims were taken by it; no vendor sees any.

        ``waiting``: only those that name a number of which no shop has reported a claim.
        """
        who = self._decider(actor)
        with self._context.database.read() as connection:
            found = adopted.listed(connection, account, waiting=waiting)
            return [one for one in found if self._is_of(one.line.shop, who)]

    def drop_adopted(self, line_id: str, *, reason: str, actor: Actor | None = None) -> None:
        """Take a line of that record back, as one that was wrong: it counts no more for claims to come; who, when and why is kept.

        Claims that were taken by it stay as they are: bring one back with :meth:`cancel` and :meth:`reinstate`. Raises :class:`NotFound`
        for a line that does not count, :class:`InvalidInput` without a reason.
        """
        who = self._decider(actor)
        if not reason.strip():
            raise InvalidInput(_NO_REASON, field="reason")
        if line_id not in {one.line.id for one in self.adopted(actor=who)}:
            raise NotFound(_NO_LINE.fill(id=line_id), field="id")
        with self._context.database.write() as connection:
            if adopted.drop(connection, line_id, by=who.id, at=self._context.now(), why=reason.strip()) is None:
                raise NotFound(_NO_LINE.fill(id=line_id), field="id")

    def undo(
        self,
        refs: Refs,
        *,
        reason: str,
        costs_accepted: bool = False,
        consent: bool = False,
        shop: str | None = None,
        actor: Actor | None = None,
    ) -> list[Handled]:
        """Take back what was handed over, or released, by mistake: whatever is right where the claim is now.

        A release is taken back; a case is recalled from its agency, with the notice of its costs before (:meth:`recall`); where the agency
        has no call for that, a task asks a person. Returns what became of each claim, with the reason of a refusal.
        """
        who = self._actor(actor)
        ids = self._ids(refs, shop, who)
        return undo.undo(self._context, ids, who, reason=reason, costs_accepted=costs_accepted, consent=consent)

    def reconcile(self, chosen: Filter = Filter(), *, online: bool = False, actor: Actor | None = None) -> Iterator[Reconciled]:  # noqa: B008
        """Yield what shop, agency and inkasso say of every claim that an agency has or had, and where they differ, with the remedy.

        Then what only one side knows: cases that are none of ours, earlier hand-overs that no shop has reported. ``online`` asks the
        agencies for their own accounts and where cases stand, within their limits; that changes nothing there, and nothing here but what
        is known of their accounts. Left out, what they said last counts. Raises :class:`NotPermitted` for a vendor.
        """
        yield from reconcile.reconcile(self._context, chosen, self._bookkeeper(actor), online=online)

    def ledger(self, chosen: Filter = Filter(), *, online: bool = False, actor: Actor | None = None) -> Iterator[Entry]:  # noqa: B008
        """Yield the merchant's ledger: what came of every claim that an agency has or had, part payments divided by § 367 BGB.

        ``online`` asks the agencies for their accounts first, within their limits. Raises :class:`NotPermitted` for a vendor.
        """
        yield from merchant_ledger.ledger(self._context, chosen, self._bookkeeper(actor), online=online)

    def export_reconciliation(
        self,
        path: str | Path,
        chosen: Filter = Filter(),  # noqa: B008
        *,
        online: bool = False,
        actor: Actor | None = None,
    ) -> Compared:
        """Write the reconciliation as CSV for a spreadsheet; return the number of rows, and in how many of them something differs."""
        differing = 0

        def watched() -> Iterator[Reconciled]:
            nonlocal differing
            for row in self.reconcile(chosen, online=online, actor=actor):
                differing += bool(row.differences)
                yield row

        rows = reconcile.write_csv(Path(path), watched(), self.settings.inkasso.language)
        return Compared(rows, differing)

    def export_ledger(
        self,
        path: str | Path,
        chosen: Filter = Filter(),  # noqa: B008
        *,
        online: bool = False,
        actor: Actor | None = None,
    ) -> int:
        """Write the merchant's ledger as CSV for a spreadsheet, to the cent; return the number of rows."""
        rows = self.ledger(chosen, online=online, actor=actor)
        return merchant_ledger.write_csv(Path(path), rows, self.settings.inkasso.language, self._context.profile)

    def _bookkeeper(self, actor: Actor | None) -> Actor:
        who = self._actor(actor)
        if who.role is Role.VENDOR:
            raise NotPermitted(_NOT_A_VENDORS_BOOKS)
        return who


_NOT_A_VENDORS_BOOKS = Text(
    "Was bei den Agenturen liegt, sieht der Betreiber, kein Verkäufer.", "What lies with the agencies is for the operator, no vendor."
)
_LIST_OR_DAY = Text(
    "Bitte eine Liste oder --before angeben, nicht beides: nur so ist klar, was früher von Hand übergeben wurde.",
    "Give a list or --before, not both: only then it is clear what was handed over by hand before.",
)
_NO_CHANNEL = Text("Der Weg ist ein kurzes Wort, höchstens 100 Zeichen.", "The way is a short word of at most 100 characters.")
_NO_REASON = Text("Bitte einen Grund angeben: er bleibt beim Eintrag stehen.", "Please give a reason: it stays with the line.")
_NO_LINE = Text(
    "Es gibt keinen Eintrag {id}: `inkasso adopted` listet sie mit ihren Nummern.",
    "There is no line {id}: `inkasso adopted` lists them with their ids.",
)
