"""What Debitura's words mean: lifecycle, close code, dispute, phase, roles, kinds (``reference: agency-apis.md`` 4.2, 4.3 and 6).

The agency answers with labels and takes names in filters; where both are published, both are here. Upper and lower case, blanks and
punctuation make no difference, so that ``Partially paid`` and ``PartiallyPaid`` are one; a word that is in no table stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from inkasso_core import AgencyStatus, FeedKind, Outcome, Sender


def folded(word: object) -> str:
    """Return a word without what may be written in several ways."""
    return "".join(char for char in word.casefold() if char.isalnum()) if isinstance(word, str) else ""


LIFECYCLE: Mapping[str, AgencyStatus] = MappingProxyType(
    {
        "PendingContractSigning": AgencyStatus.NEEDS_INPUT,
        "Pending contract signing": AgencyStatus.NEEDS_INPUT,
        "PendingVerificationInternal": AgencyStatus.SUBMITTED,
        "Pending Verification Internal": AgencyStatus.SUBMITTED,
        "PendingVerification": AgencyStatus.SUBMITTED,
        "Pending Verification": AgencyStatus.SUBMITTED,
        "NeedsAdditionalDetails": AgencyStatus.NEEDS_INPUT,
        "More Info Required": AgencyStatus.NEEDS_INPUT,
        "Leads": AgencyStatus.SUBMITTED,
        "Collecting Quotes": AgencyStatus.SUBMITTED,
        "LeadsQuoteGiven": AgencyStatus.NEEDS_INPUT,
        "Pending Quote Selection": AgencyStatus.NEEDS_INPUT,
        "Active": AgencyStatus.ACTIVE,
        "Paused": AgencyStatus.PAUSED,
        "Merged": AgencyStatus.MERGED,
    }
)
"""Name or label of ``lifecycle`` -> status. ``Closed`` alone says nothing: its close code decides."""

CLOSED = "Closed"


class Closing(NamedTuple):
    """What a close code means."""

    status: AgencyStatus
    outcome: Outcome


CLOSE_CODES: Mapping[str, Closing] = MappingProxyType(
    {
        "Paid": Closing(AgencyStatus.CLOSED_PAID, Outcome.PAID_FULL),
        "Partially paid": Closing(AgencyStatus.CLOSED_PARTIAL, Outcome.PAID_PARTIAL),
        "Debtor Insolvent/Bankrupt": Closing(AgencyStatus.CLOSED_UNPAID, Outcome.INSOLVENT),
        "Debtor Untraceable": Closing(AgencyStatus.CLOSED_UNPAID, Outcome.UNTRACEABLE),
        "Disputed – Legal Action Declined by Client": Closing(AgencyStatus.CLOSED_UNPAID, Outcome.DISPUTED),
        "Pre-Legal Exhausted – No Payment": Closing(AgencyStatus.CLOSED_UNPAID, Outcome.EXHAUSTED),
        "Statute of Limitations Expired": Closing(AgencyStatus.CLOSED_UNPAID, Outcome.STATUTE_BARRED),
        "Uneconomical to Pursue": Closing(AgencyStatus.CLOSED_UNPAID, Outcome.UNECONOMIC),
        "Withdrawn by Client": Closing(AgencyStatus.RECALLED, Outcome.RECALLED_BY_CREDITOR),
        "Settlement Rejected by Client": Closing(AgencyStatus.CLOSED_UNPAID, Outcome.SETTLEMENT_REFUSED),
        "Unresponsive Client": Closing(AgencyStatus.CLOSED_UNPAID, Outcome.CREDITOR_SILENT),
        "Case never started": Closing(AgencyStatus.REJECTED, Outcome.NEVER_STARTED),
        "Case never started - Internal": Closing(AgencyStatus.REJECTED, Outcome.NEVER_STARTED),
        "Invalid Case Data": Closing(AgencyStatus.REJECTED, Outcome.NEVER_STARTED),
        "No Quotes Received": Closing(AgencyStatus.EXPIRED, Outcome.NEVER_STARTED),
        "Quotes Expired – Not Accepted": Closing(AgencyStatus.EXPIRED, Outcome.NEVER_STARTED),
        "Other": Closing(AgencyStatus.CLOSED_UNPAID, Outcome.OTHER),
    }
)
"""Label of ``closeCode`` -> what it means. The names differ from the labels in blanks and punctuation only, where they are published."""

PHASES: Mapping[str, AgencyStatus] = MappingProxyType(
    {"Pre-legal": AgencyStatus.ACTIVE, "Legal": AgencyStatus.JUDICIAL, "Enforcement": AgencyStatus.ENFORCEMENT}
)
"""``currentEngagementPhase`` of the timeline of an active case -> status."""

DISPUTES: Mapping[str, bool] = MappingProxyType(
    {"Yes, the claim is disputed": True, "No, the claim is not disputed": False, "Don't Know": False}
)
"""Sentence of ``disputeStatus`` -> whether the debtor contests."""

STATUS_MAP: Mapping[str, AgencyStatus] = MappingProxyType(
    {
        **LIFECYCLE,
        **{f"{CLOSED}: {label}": closing.status for label, closing in CLOSE_CODES.items()},
        **{f"Active: {phase}": status for phase, status in PHASES.items()},
    }
)
"""Everything above in one table: lifecycle, with close code or phase where that decides."""

ROLES: Mapping[str, Sender] = MappingProxyType(
    {"Partner": Sender.AGENCY, "Managed by partner": Sender.AGENCY, "System": Sender.AGENCY, "Creditor": Sender.CREDITOR}
)
"""``roleLabel`` of a chat -> who wrote it. The number beside it is not read: two publications number the roles differently."""

EVENTS: Mapping[str, FeedKind] = MappingProxyType(
    {
        "case.created": FeedKind.HINT,
        "case.updated": FeedKind.HINT,
        "case.closed": FeedKind.HINT,
        "payment.created": FeedKind.PAYMENT,
        "payment.deleted": FeedKind.LEDGER,
        "chat.created": FeedKind.MESSAGE,
    }
)
"""Event of a webhook -> kind of entry. The order of deliveries is not promised: each one is a reason to ask, not the answer."""

DOCUMENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "invoice": "OriginalInvoice",
        "reminder": "DemandLetter",
        "contract": "CreditorDocuments",
        "delivery": "CreditorDocuments",
        "title": "CreditorDocuments",
        "other": "Miscellaneous",
    }
)
"""Kind of a document -> ``DocumentType``."""

FILE_ENDINGS = frozenset({"pdf", "xls", "xlsx", "csv", "txt", "jpg", "jpeg", "png", "gif"})
LARGEST_FILE = 25 * 1024 * 1024
"""Bytes."""

LIFECYCLE_FOLDED = {folded(word): status for word, status in LIFECYCLE.items()}
CLOSE_CODES_FOLDED = {folded(word): closing for word, closing in CLOSE_CODES.items()}
PHASES_FOLDED = {folded(word): status for word, status in PHASES.items()}
DISPUTED_FOLDED = frozenset(folded(sentence) for sentence, contested in DISPUTES.items() if contested)
ROLES_FOLDED = {folded(word): sender for word, sender in ROLES.items()}
