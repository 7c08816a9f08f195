"""The agency's codes and what they mean here: tables only. Source: ``reference: agency-apis.md`` 3.2, 4.2, 4.3 and 7."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from inkasso_core import AgencyStatus, AppliesTo, Capacity, ChargeKind, ClaimKind, ContactKind, FeedKind, Outcome, Salutation, Sender

# What is sent

CAPACITIES: Mapping[Capacity, str] = MappingProxyType({Capacity.CONSUMER: "consumer", Capacity.BUSINESS: "business"})
SALUTATIONS: Mapping[Salutation, str] = MappingProxyType({Salutation.MR: "mr", Salutation.MS: "ms", Salutation.DIVERSE: "mx"})
CHANNELS: Mapping[ContactKind, str] = MappingProxyType(
    {ContactKind.EMAIL: "email", ContactKind.PHONE: "phone", ContactKind.MOBILE: "mobile_phone"}
)
CHARGES: Mapping[ChargeKind, str] = MappingProxyType(
    {
        ChargeKind.DUNNING_FEE: "reminder_fee",
        ChargeKind.BANK_RETURN_FEE: "bank_charge",
        ChargeKind.BANK_FEE: "bank_charge",
        ChargeKind.ADDRESS_RESEARCH: "research_costs",
        ChargeKind.INFORMATION_COST: "research_costs",
    }
)
"""Kinds that are missing go out as the setting ``other_charges`` says."""
LEGAL_BASIS: Mapping[ClaimKind, str] = MappingProxyType({ClaimKind.GOODS: "H43", ClaimKind.PREPAID_GOODS: "H11", ClaimKind.SERVICE: "H05"})
"""The code of the main claim (Katalog der Hauptforderungen), unless the claim names one of its own."""
LEGAL_BASES = frozenset(f"H{number:02}" for number in (*range(1, 47), 61, 70, *range(75, 81), 90, 95)) - {"H17", "H19"}
"""What an order for invoices takes: the two codes of rent belong to another kind of order."""
CLAIM_DOCUMENTS: Mapping[str, str] = MappingProxyType({"invoice": "invoice", "reminder": "reminder"})
"""Kind of a document that goes along with its claim -> theirs; every other kind is ``other``."""
DOCUMENTS: Mapping[str, str] = MappingProxyType({**CLAIM_DOCUMENTS, "title": "enforceable_title"})
"""Kind of a document that follows later -> theirs."""
FILE_TYPES = frozenset({"application/pdf", "image/jpeg", "image/png"})
LARGEST_FILE = 10 * 1024 * 1024
"""Bytes of one document."""
MOST_FILES, LARGEST_FILES = 20, 50 * 1024 * 1024
"""How many documents one request holds, and how many bytes they have together."""
APPLIES_TO: Mapping[AppliesTo, str] = MappingProxyType(
    {
        AppliesTo.PRINCIPAL: "Vom Gläubiger auf die Hauptforderung gebucht.",
        AppliesTo.CHARGES: "Vom Gläubiger auf die Nebenforderungen gebucht.",
    }
)

# Where a case stands

ORDER_STATUSES: Mapping[str, AgencyStatus] = MappingProxyType(
    {
        "draft": AgencyStatus.DRAFT,
        "submitted": AgencyStatus.SUBMITTED,
        "awaiting_client_response": AgencyStatus.NEEDS_INPUT,
        "accepted": AgencyStatus.ACTIVE,
        "rejected": AgencyStatus.REJECTED,
        "withdrawn": AgencyStatus.RECALLED,
        "expired": AgencyStatus.EXPIRED,
        "merged": AgencyStatus.MERGED,
    }
)
"""Status of an order, as long as no case has been made of it."""

_PAYMENTS = {
    "fully_paid": AgencyStatus.CLOSED_PAID,
    "partially_paid": AgencyStatus.CLOSED_PARTIAL,
    "unpaid": AgencyStatus.CLOSED_UNPAID,
}
ENDS = ("ended", "canceled_by_service_provider")
"""Codes of the axes ``processing`` and ``legal_stage`` that end a case: how it ended says the axis ``payment``."""
RUNNING = frozenset({"", "in_progress"})
"""Codes of ``processing`` that leave the word to the axis ``legal_stage``."""
SETTLED_LATER = RUNNING | {*ENDS, "paused"}
"""Codes of ``processing`` beside which another axis may count for more; every other one decides alone."""
QUESTION_OPEN, DISPUTED = "request_to_client", "is_disputed"
CASE_STATUSES: Mapping[str, AgencyStatus] = MappingProxyType(
    {
        "canceled_by_client": AgencyStatus.RECALLED,
        **{f"{end}/{payment}": status for end in ENDS for payment, status in _PAYMENTS.items()},
        "paused": AgencyStatus.PAUSED,
        "judicial_dunning": AgencyStatus.JUDICIAL,
        "foreclosure": AgencyStatus.ENFORCEMENT,
        "long_term_monitoring": AgencyStatus.MONITORING,
        DISPUTED: AgencyStatus.DISPUTED,
        QUESTION_OPEN: AgencyStatus.NEEDS_INPUT,
        "extrajudicial": AgencyStatus.ACTIVE,
        "in_progress": AgencyStatus.ACTIVE,
    }
)
"""The code that decides among a case's three axes, see :func:`~inkasso_adapters.paywise.status.deciding`."""
CLOSED = frozenset(_PAYMENTS.values())

ENDED_BY: Mapping[AgencyStatus, Outcome] = MappingProxyType(
    {
        AgencyStatus.CLOSED_PAID: Outcome.PAID_FULL,
        AgencyStatus.CLOSED_PARTIAL: Outcome.PAID_PARTIAL,
        AgencyStatus.RECALLED: Outcome.RECALLED_BY_CREDITOR,
        AgencyStatus.REJECTED: Outcome.NEVER_STARTED,
        AgencyStatus.EXPIRED: Outcome.NEVER_STARTED,
    }
)
"""Why a case ended, where no statement names a closing code yet."""

_OUTCOMES: Mapping[str, Outcome] = MappingProxyType(
    {
        "IP01": Outcome.PAID_FULL,
        "IP02": Outcome.PAID_PARTIAL,
        "IP03": Outcome.PAID_BEFORE_START,
        "IP04": Outcome.SETTLED,
        "IN011": Outcome.UNECONOMIC,
        "IN014": Outcome.CREDITOR_SILENT,
        "IN015": Outcome.UNTRACEABLE,
        "IN016": Outcome.DECEASED,
        "IN017": Outcome.DISPUTED,
        "IN018": Outcome.PAID_BEFORE_START,
        "IN02": Outcome.RECALLED_BY_CREDITOR,
        "IN020": Outcome.RECALLED_BY_CREDITOR,
        "IN03": Outcome.UNECONOMIC,
        "IN04": Outcome.INSOLVENT,
        "IN05": Outcome.DECEASED,
        "IN06": Outcome.EXHAUSTED,
        "IÜ01": Outcome.TO_MONITORING,
        "IÜ02": Outcome.TO_MONITORING,
        "IÜ03": Outcome.TO_MONITORING,
    }
)


def outcome(closing_code: str) -> Outcome:
    """Return why a case ended; a code that is not in the table is OTHER. ``IÜ01`` counts however its Ü is composed."""
    return _OUTCOMES.get(unicodedata.normalize("NFC", closing_code), Outcome.OTHER)


# What comes back

NOT_THERE = (404, 410)
"""Statuses by which the agency says that there is no such thing."""
NOT_TOLD = (*NOT_THERE, 400, 403, 405, 406, 409, 412, 422)
"""Those by which it does not tell more about an event: a key without the scope for it, for example. The event counts all the same."""
SENDERS: Mapping[str, Sender] = MappingProxyType({"client": Sender.CREDITOR, "paywise": Sender.AGENCY})
EVENTS: Mapping[str, FeedKind] = MappingProxyType(
    {
        "order.submitted": FeedKind.HINT,
        "order.withdrawn": FeedKind.HINT,
        "order.rejected": FeedKind.HINT,
        "order.accepted": FeedKind.HINT,
        "order.expired": FeedKind.HINT,
        "mandate.created": FeedKind.HINT,
        "mandate.state.changed": FeedKind.HINT,
        "mandate.status_update.published": FeedKind.MESSAGE,
        "mandate.balance_updated": FeedKind.LEDGER,
        "request_to_client.created": FeedKind.QUESTION,
        "request_to_client.answered": FeedKind.HINT,
        "single_mandate_statement.published": FeedKind.LEDGER,
        "single_mandate_statement.cancelled": FeedKind.LEDGER,
    }
)
"""What an event is about; every other one is OTHER: echoes of what the creditor did, statements on many cases, and what is not known."""

WORDS: Mapping[str, str] = MappingProxyType(
    {"ja": "yes", "yes": "yes", "nein": "no", "no": "no", "weiss nicht": "dontknow", "unbekannt": "dontknow", "dontknow": "dontknow"}
)
"""What people say, case-folded (ß is ss) -> the word of an answer."""
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "yes-no": ("yes", "no"),
        "yes-no-dontknow": ("yes", "no", "dontknow"),
        "yes-no-freetext-on-no": ("yes", "no"),
        "yes-with-date-no-freetext-on-no": ("yes", "no"),
    }
)
"""Kind of a question -> the words that answer it; every other kind takes free text."""
COMMENT_ON_NO = frozenset({"yes-no-freetext-on-no", "yes-with-date-no-freetext-on-no"})
DATE_ON_YES = frozenset({"yes-with-date-no-freetext-on-no"})
