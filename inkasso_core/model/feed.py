"""What comes back from an agency: entries of a feed or a webhook, messages, and the money of a case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from inkasso_core.model._base import Amount, Day, Instant, Model, Name, Prose, Reference
from inkasso_core.model.agency import StatusReport
from inkasso_core.model.codes import Currency


class FeedKind(StrEnum):
    """What an entry is about."""

    STATUS = "status"
    PAYMENT = "payment"
    MESSAGE = "message"
    QUESTION = "question"
    """The agency waits for the creditor's answer."""
    LEDGER = "ledger"
    """Fees, a payout: the amounts stand in the case's ledger."""
    HINT = "hint"
    """Something happened to the case: its status is to be asked for."""
    OTHER = "other"


class Collected(Model):
    """A payment of the debtor that the agency received or booked."""

    shown: ClassVar[frozenset[str]] = frozenset({"received_on"})

    amount: Amount
    currency: Currency
    received_on: Day
    reference: Name = None
    """The agency's id of the payment."""


class FeedEntry(Model):
    """One thing that an agency says happened. The same entry twice has the same ``entry_id``."""

    shown: ClassVar[frozenset[str]] = frozenset({"entry_id", "kind", "agency_reference", "our_reference", "at", "on"})

    entry_id: Reference
    """The agency's id of the entry; where it gives none, :func:`entry_digest` of what it sent."""
    kind: FeedKind
    agency_reference: Name = None
    our_reference: Name = None
    at: Instant | None = None
    """When it happened, where the agency says the time."""
    on: Day | None = None
    """When it happened (Vorgangsdatum), where the agency says only the day."""
    report: StatusReport | None = None
    """For STATUS: where the case stands."""
    collected: Collected | None = None
    """For PAYMENT: what was paid; None where the agency does not say how much."""
    text: Prose = None
    """For MESSAGE, QUESTION and OTHER: what the agency says."""
    raw: Any = Field(default=None, repr=False)


class Feed(Model):
    """One answer of a feed. It is stored whole before it is acknowledged."""

    shown: ClassVar[frozenset[str]] = frozenset({"token", "cursor", "more"})

    entries: tuple[FeedEntry, ...] = ()
    token: Name = None
    """What :meth:`Agency.acknowledge` gets once the entries are stored; None where nothing is to be acknowledged."""
    cursor: Name = None
    """Where the next fetch begins; None leaves the place as it was."""
    more: bool = False
    """Whether more entries wait: the next fetch follows at once."""


class Delivery(Model):
    """A webhook's request as it arrived."""

    headers: Mapping[str, str] = Field(repr=False)
    body: bytes = Field(repr=False)
    received_at: Instant

    def header(self, name: str) -> str | None:
        """Return a header, whatever its spelling; None where it is not there."""
        folded = name.casefold()
        return next((value for key, value in self.headers.items() if key.casefold() == folded), None)


class Sender(StrEnum):
    """Who wrote a message."""

    AGENCY = "agency"
    CREDITOR = "creditor"
    DEBTOR = "debtor"
    UNKNOWN = "unknown"


class Message(Model):
    """A message about a case."""

    shown: ClassVar[frozenset[str]] = frozenset({"sender", "at"})

    sender: Sender
    at: Instant | None = None
    text: Prose = None
    reference: Name = None
    raw: Any = Field(default=None, repr=False)


class Payout(Model):
    """Money that the agency paid out to the creditor."""

    shown: ClassVar[frozenset[str]] = frozenset({"on", "number"})

    amount: Amount
    currency: Currency
    on: Day | None = None
    number: Name = None
    raw: Any = Field(default=None, repr=False)


class Ledger(Model):
    """The money of a case as the agency keeps it; None where it does not say. Amounts in ``currency``."""

    currency: Currency
    claimed: Amount | None = None
    """All that the debtor owes, with interest and the agency's fees."""
    collected: Amount | None = None
    """What the debtor has paid to the agency or, as far as it knows, to the creditor."""
    outstanding: Amount | None = None
    fees: Amount | None = None
    """The agency's fees and expenses."""
    interest: Amount | None = None
    paid_out: Amount | None = None
    """What the creditor has received so far."""
    as_of: dt.date | None = None
    payouts: tuple[Payout, ...] = ()
    raw: Any = Field(default=None, repr=False)
