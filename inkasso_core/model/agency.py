"""What travels between the core and an agency adapter: placements, answers, statuses.

The canonical values are those of ``reference: agency-apis.md`` sections 4.1 and 4.3; an agency's own code, text and raw answer are kept
unchanged beside them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from inkasso_core.model._base import Instant, Model, Name, Prose, Reference
from inkasso_core.model.claim import Claim
from inkasso_core.model.party import Creditor, Debtor
from inkasso_core.model.statement import Statement
from inkasso_core.model.words import Text


class AgencyStatus(StrEnum):
    """The agency's status in one canonical value. A code that is not known is UNKNOWN, never a guess and never an error."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    NEEDS_INPUT = "needs_input"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ACTIVE = "active"
    PAUSED = "paused"
    DISPUTED = "disputed"
    JUDICIAL = "judicial"
    ENFORCEMENT = "enforcement"
    MONITORING = "monitoring"
    RECALLED = "recalled"
    CLOSED_PAID = "closed_paid"
    CLOSED_PARTIAL = "closed_partial"
    CLOSED_UNPAID = "closed_unpaid"
    MERGED = "merged"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """Why the agency ended a case."""

    PAID_FULL = "paid_full"
    PAID_PARTIAL = "paid_partial"
    PAID_BEFORE_START = "paid_before_start"
    SETTLED = "settled"
    INSOLVENT = "insolvent"
    UNTRACEABLE = "untraceable"
    DECEASED = "deceased"
    DISPUTED = "disputed"
    EXHAUSTED = "exhausted"
    STATUTE_BARRED = "statute_barred"
    UNECONOMIC = "uneconomic"
    RECALLED_BY_CREDITOR = "recalled_by_creditor"
    SETTLEMENT_REFUSED = "settlement_refused"
    CREDITOR_SILENT = "creditor_silent"
    NEVER_STARTED = "never_started"
    TO_MONITORING = "to_monitoring"
    OTHER = "other"


class Placement(Model):
    """One or more claims of one debtor, to be handed over to one account of an agency."""

    shown: ClassVar[frozenset[str]] = frozenset({"our_reference", "account"})

    our_reference: Reference = Field(max_length=30)
    """Ours, unique, at most 30 characters: what the agency is asked for when its answer was lost."""
    idempotency_key: Reference
    """Random per instruction, stored before the request; never re-used after a certain refusal."""
    account: Reference
    creditor: Creditor
    claims: tuple[Claim, ...] = Field(min_length=1)
    placed_on: dt.date
    statements: tuple[Statement | None, ...] = ()
    """What the law makes of each claim on ``placed_on``: default, interest line by line, totals; None where its law is not known."""
    progress: Mapping[str, str] = Field(default_factory=dict)
    """What earlier tries of this hand-over reached at the agency before its committing request: a name of the adapter's own -> an id that
    the agency gave. Empty on the first try."""
    _keep: Callable[[str, str], None] | None = PrivateAttr(default=None)

    def reached(self, name: str, value: str) -> str:
        """Store, before the next request, what this try reached; the next try finds it in ``progress``. Returns ``value``.

        For agencies that take a case in several requests (debtor, draft, release), of which only the last one commits. ``name`` has at
        most 100 characters, ``value`` at most 1000, all of them printable; ``ValueError`` otherwise. Where this try was given up
        meanwhile, ``TemporarilyUnavailable`` ends it here, before anything is committed.
        """
        if not (0 < len(name) <= 100 and 0 < len(value) <= 1000 and (name + value).isprintable()):
            raise ValueError("a name of 1 to 100 and a value of 1 to 1000 printable characters can be kept, and nothing else")
        if self._keep is not None:
            self._keep(name, value)
        return value

    def kept_by(self, keep: Callable[[str, str], None]) -> Placement:
        """Return the placement, whose :meth:`reached` calls ``keep`` from now on."""
        self._keep = keep
        return self

    @property
    def claim(self) -> Claim:
        """The only claim, or the first of several."""
        return self.claims[0]

    @property
    def debtor(self) -> Debtor:
        """The debtor of all the claims."""
        return self.claims[0].debtor

    @property
    def currency(self) -> str:
        """The currency of all the claims."""
        return self.claims[0].currency

    @property
    def principal_open(self) -> Decimal:
        """Open principal of all claims."""
        return sum((c.principal_open for c in self.claims), Decimal(0))

    @property
    def total_open(self) -> Decimal:
        """Open principal and charges of all claims."""
        return sum((c.total_open for c in self.claims), Decimal(0))


class Submission(Model):
    """The agency's yes: its case reference (Aktenzeichen) where it gave one, and its whole answer."""

    shown: ClassVar[frozenset[str]] = frozenset({"agency_reference", "status"})

    agency_reference: Name = None
    status: AgencyStatus = AgencyStatus.ACTIVE
    """ACTIVE where the agency took the case; SUBMITTED or DRAFT where it has yet to decide: the claim stays ``running`` until then."""
    confirmed: bool = True
    """False where a message has left that the agency has yet to confirm (e-mail): the claim is ``exported`` until somebody does."""
    agency_status: Name = None
    portal_url: Name = None
    """The link to the case in the agency's portal, where the answer holds one; else :meth:`Agency.portal_url` is asked."""
    notices: tuple[Text, ...] = ()
    """What people should know beside the yes, such as that the portal was opened to a vendor: for the history, and for observers."""
    raw: Any = Field(default=None, repr=False)


class StatusReport(Model):
    """Where a case stands: our value, the reason, the agency's own code, and its whole answer."""

    shown: ClassVar[frozenset[str]] = frozenset({"agency_reference", "status", "reason", "agency_status"})

    agency_reference: Reference
    status: AgencyStatus
    reason: Outcome | None = None
    agency_status: Name = None
    agency_text: Prose = None
    at: Instant | None = None
    raw: Any = Field(default=None, repr=False)
