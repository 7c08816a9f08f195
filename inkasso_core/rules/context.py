"""What the conditions are asked about: one claim on one day, with what several of them need computed once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

from inkasso_core.model.claim import Claim, Reminder
from inkasso_core.model.statement import Default, Limitation
from inkasso_core.rules.facts import Facts
from inkasso_core.rules.law.frame import Law, law_of
from inkasso_core.rules.places import unserviceable

if TYPE_CHECKING:
    from inkasso_core.rules.policy import Policy

_first = itemgetter(0)


class Context:
    """One claim, the facts about it, the account's policy, and the day that is asked about."""

    def __init__(self, claim: Claim, facts: Facts, policy: Policy, as_of: dt.date) -> None:
        self.claim = claim
        self.facts = facts
        self.policy = policy
        self.as_of = as_of
        self.debtor = claim.debtor
        self.creditor = claim.creditor or facts.creditor
        self.open = claim.open
        """What is still owed: principal and charges."""
        self.address = self.debtor.address
        self.place = unserviceable(self.address) if self.address else None
        """In words why nobody can be served at the address, or None."""
        self.reminders = _dated(claim.reminders)
        """Reminders with a sending date, also those dated after ``as_of``, oldest first, each with its date."""
        self.dunned, self.ahead = self._counting()
        """The reminders that count: sent by ``as_of``, and by a channel that the policy accepts; and those that will when their day has
        come."""

    def _counting(self) -> tuple[Sequence[tuple[dt.date, Reminder]], Sequence[tuple[dt.date, Reminder]]]:
        reminders, channels = self.reminders, self.policy.accepted_channels
        if channels:
            reminders = [entry for entry in reminders if (entry[1].channel or "").casefold() in channels]
        if not reminders or reminders[-1][0] <= self.as_of:
            return reminders, ()
        sent = sum(entry[0] <= self.as_of for entry in reminders)
        return reminders[:sent], reminders[sent:]

    @cached_property
    def law(self) -> Law | None:
        """The law that governs; None where it is not known."""
        return law_of(self.creditor, self.debtor, self.facts.laws)

    @cached_property
    def due(self) -> dt.date | None:
        """The last day of the term of payment: the due date, or the working day that the law puts in its place."""
        return self._working(self.claim.due_date)

    @cached_property
    def pay_by(self) -> dt.date | None:
        """The last day on which a payment is in time, with what was deferred; None where no due date is known."""
        deferral = self.claim.deferral
        return self.due if self.due is None or deferral is None else max(self.due, self._working(deferral.until) or deferral.until)

    def _working(self, day: dt.date | None) -> dt.date | None:
        return day if day is None or self.law is None else self.law.next_working_day(day, self.address)

    @cached_property
    def defaults(self) -> Sequence[Default]:
        """Every cause of default that the claim proves, also those ahead, the earliest first; none where the law is not known."""
        return () if self.law is None else self.law.defaults(self.claim, self.policy.delivery_days)

    @cached_property
    def default(self) -> Default | None:
        """The earliest default that has begun by ``as_of``."""
        return self.defaults[0] if self.defaults and self.defaults[0].since <= self.as_of else None

    @cached_property
    def limitation(self) -> Limitation | None:
        """Until when the claim can be enforced; None where law or due date is not known."""
        return None if self.law is None else self.law.limitation(self.claim)


def _dated(reminders: Sequence[Reminder]) -> Sequence[tuple[dt.date, Reminder]]:
    dated = [(reminder.sent_on, reminder) for reminder in reminders if reminder.sent_on is not None]
    if len(dated) > 1:
        dated.sort(key=_first)
    return dated
