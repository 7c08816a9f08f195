"""The ledger of one rate: what was expected, paid, refunded and charged back, from all notifications of it in the order of their own times.

The order in which they arrived counts for nothing, nor does how often they came (``reference: shop-copecart.md`` section 2.5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from inkasso_shop_plugins.copecart.codes import Kind
from inkasso_shop_plugins.copecart.notification import Moment, Notification
from inkasso_shop_plugins.copecart.routing import Event

ZERO = Decimal(0)
_BEGINNINGS = frozenset({Kind.TRIAL, Kind.PENDING, Kind.FAILED})
"""What comes first where no time is told: so a payment closes a rate whenever it was."""
_BEFORE, _AT, _AFTER = 0, 1, 2
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


class Entry(NamedTuple):
    """One transaction of a rate."""

    kind: Kind
    moment: Moment | None
    amount: Decimal | None
    reference: str | None
    notification: Notification

    @property
    def day(self) -> dt.date | None:
        """The day on which it happened, in the operator's zone."""
        return self.moment.day if self.moment else None


class Sum(NamedTuple):
    """Money that came in or went out."""

    amount: Decimal
    on: dt.date | None
    reference: str | None


@dataclass
class Ledger:
    """What is known of one rate. It is changed only while it is being filled, by :func:`fill`."""

    expected: Decimal | None = None
    payments: list[Sum] = field(default_factory=list)
    refunds: list[Sum] = field(default_factory=list)
    returned_on: list[dt.date | None] = field(default_factory=list)
    """The days of the chargebacks that succeeded."""
    cause: Event | None = None
    """Why it is open; None while it is not."""
    retried: bool = False
    """Whether the platform is trying once more to get the money."""
    was_paid: bool = False
    """Whether it was ever paid: a chargeback proves that, too."""
    begun_on: dt.date | None = None
    """The day on which the platform first asked for the money, or got it."""
    is_stated: bool = False
    """Whether a sale says what was expected: a chargeback may be of a part only."""
    _taken: list[list[Sum]] = field(default_factory=list, repr=False)
    """What each chargeback took away, so that it can come back."""

    @property
    def paid(self) -> Decimal:
        """What the platform has of it now."""
        return sum((payment.amount for payment in self.payments), ZERO)

    @property
    def refunded(self) -> Decimal:
        """What the buyer was let off."""
        return sum((refund.amount for refund in self.refunds), ZERO)

    @property
    def open(self) -> Decimal:
        """What is still owed."""
        return (self.expected or ZERO) - self.refunded - self.paid

    def ask(self, entry: Entry, cause: Event) -> None:
        """Money is expected, and is not there."""
        if self.cause is None and self.was_paid:
            if cause is Event.UNPAID:
                return  # an invoice takes no payment back
            self._take_back(self.payments[-1].amount if self.payments else ZERO)
        if entry.amount is not None and (self.expected is None or not self.was_paid):
            self.expected, self.is_stated = entry.amount, True
        self.begun_on = self.begun_on or entry.day
        self.retried = cause is Event.UNPAID and self.cause is not None
        if self.cause is not Event.CHARGEBACK and not self.retried:
            self.cause = cause

    def pay(self, entry: Entry) -> None:
        """The platform says that the rate is paid: nothing is open any more, whatever the amount."""
        if not self.is_stated and entry.amount:
            self.expected, self.is_stated = max(entry.amount, self.expected or ZERO), True
        due = max(self.open, ZERO)
        got = min(entry.amount, due) if entry.amount else due
        if self.expected is not None:
            self.expected -= due - got
        if got:
            self.payments.append(Sum(got, entry.day, entry.reference))
        self.begun_on = self.begun_on or entry.day
        self.cause, self.retried, self.was_paid = None, False, True

    def refund(self, entry: Entry) -> None:
        """The buyer is let off what is open, and gets back what is more. What was expected may become known later."""
        amount = (self.expected or ZERO) - self.refunded if entry.amount is None else entry.amount
        if amount > ZERO:
            beyond = amount - max(self.open, ZERO)
            self.refunds.append(Sum(amount, entry.day, entry.reference))
            self._take_back(beyond)

    def charge_back(self, entry: Entry) -> None:
        """A payment went back. Where it was never told of, it was of this amount at least."""
        if self.expected is None:
            self.expected = entry.amount
        elif not self.was_paid and entry.amount is not None:
            self.expected = min(self.expected, entry.amount)
        self._taken.append(self._take_back(self.paid if entry.amount is None else entry.amount))
        self.returned_on.append(entry.day)
        self.cause, self.retried, self.was_paid = Event.CHARGEBACK, False, True

    def lose_chargeback(self, entry: Entry) -> None:
        """The last chargeback came to nothing: the money is there again, all of it."""
        if self._taken:
            self.payments += self._taken.pop()
            self.returned_on.pop()
        self.pay(entry._replace(amount=None))

    def limit_refunds(self) -> None:
        """Leave out what was refunded beyond what was expected: that is no matter of the rate."""
        left, kept = max((self.expected or ZERO) - self.paid, ZERO), list[Sum]()
        for refund in self.refunds:
            amount = min(refund.amount, left)
            left -= amount
            if amount:
                kept.append(refund._replace(amount=amount))
        self.refunds = kept

    def _take_back(self, amount: Decimal) -> list[Sum]:
        """Take so much out of the newest payments; return what was taken."""
        taken: list[Sum] = []
        while amount > ZERO and self.payments:
            last = self.payments.pop()
            part = min(last.amount, amount)
            amount -= part
            taken.insert(0, last._replace(amount=part))
            if part < last.amount:
                self.payments.append(last._replace(amount=last.amount - part))
        return taken


def fill(entries: Sequence[Entry]) -> Ledger:
    """Return the ledger of a rate from its entries, which are in their order already."""
    ledger = Ledger()
    for entry in entries:
        match entry.kind:
            case Kind.PENDING:
                ledger.ask(entry, Event.UNPAID)
            case Kind.FAILED:
                ledger.ask(entry, Event.FAILED)
            case Kind.MADE:
                ledger.pay(entry)
            case Kind.REFUNDED:
                ledger.refund(entry)
            case Kind.CHARGED_BACK:
                ledger.charge_back(entry)
            case Kind.CHARGEBACK_LOST:
                ledger.lose_chargeback(entry)
            case Kind.TRIAL | Kind.PLAN_CANCELLED:
                pass
    ledger.limit_refunds()
    return ledger


def ordered(notifications: Iterable[Notification]) -> list[Entry]:
    """Return what happened to a rate, each transaction once, in the order of the platform's times."""
    found: dict[tuple[Kind, str], Entry] = {}
    for notification in notifications:
        entry = _entry(notification)
        if entry is not None:
            name = (entry.kind, entry.reference or f"\0{notification.content}")
            found[name] = max(entry, found.get(name, entry), key=_newest)
    untimed = {entry.day for entry in found.values() if entry.moment and not entry.moment.has_time}
    return sorted(found.values(), key=lambda entry: _place(entry, untimed))


def _entry(notification: Notification) -> Entry | None:
    kind = notification.kind
    if kind is None:
        return None
    return Entry(kind, notification.happened, notification.amount_of_rate, notification.text("transaction_id"), notification)


def _newest(entry: Entry) -> tuple[dt.datetime, str]:
    """Of one transaction that was told with two contents, the one with the later time counts."""
    return (entry.moment.at if entry.moment else _NEVER, entry.notification.content)


def _place(entry: Entry, untimed: set[dt.date | None]) -> tuple[int, dt.date, int, dt.datetime, int, str]:
    """Where an entry stands. On a day of which one entry tells no time, all of them stand in the order in which such things happen."""
    kind, content = entry.kind, entry.notification.content
    if entry.moment is None:
        return (_BEFORE if kind in _BEGINNINGS else _AFTER, dt.date.min, kind, _NEVER, kind, content)
    at, has_time, day = entry.moment
    return (_AT, day, 0 if has_time and day not in untimed else kind, at, kind, content)
