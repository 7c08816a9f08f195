"""What the conditions are asked about: one claim on one day, with what several of them need computed once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from inkasso_core.model.claim import Claim, Reminder
from inkasso_core.rules.facts import Facts
from inkasso_core.rules.places import unserviceable

if TYPE_CHECKING:
    from inkasso_core.rules.policy import Policy

_first = itemgetter(0)


class Context:
    """One claim, the facts about it, the account's policy, and the day that is asked about."""

    __slots__ = (
        "address",
        "as_of",
        "claim",
        "creditor",
        "debtor",
        "dunned",
        "facts",
        "open",
        "place",
        "policy",
        "reminders",
    )

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
        self.dunned = self._counting()
        """The reminders that count: sent by ``as_of``, and by a channel that the policy accepts."""

    def _counting(self) -> Sequence[tuple[dt.date, Reminder]]:
        reminders, channels = self.reminders, self.policy.accepted_channels
        if reminders and reminders[-1][0] > self.as_of:
            reminders = [entry for entry in reminders if entry[0] <= self.as_of]
        if channels:
            reminders = [entry for entry in reminders if (entry[1].channel or "").casefold() in channels]
        return reminders


def _dated(reminders: Sequence[Reminder]) -> Sequence[tuple[dt.date, Reminder]]:
    dated = [(reminder.sent_on, reminder) for reminder in reminders if reminder.sent_on is not None]
    if len(dated) > 1:
        dated.sort(key=_first)
    return dated
