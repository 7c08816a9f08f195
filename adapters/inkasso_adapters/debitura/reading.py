"""What Debitura's answers say, in our words. Nothing here raises: what cannot be read is None, or unknown, and stays in ``raw``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from inkasso_adapters._reading import name, shortened
from inkasso_adapters.debitura import mapping
from inkasso_core import (
    AgencyStatus,
    Collected,
    FeedEntry,
    FeedKind,
    Ledger,
    Message,
    Outcome,
    Sender,
    StatusReport,
    as_list,
    entry_digest,
)

_PROSE, _NAME = 4000, 300
_UNSET_BEFORE = 1900
"""The year of a time that the agency's programs write where none is set is 1."""
_is_link = re.compile(r"https?://[!-~]+").fullmatch
_CENT, _BINARY_NOISE, _LARGEST = Decimal("0.01"), Decimal("0.000001"), Decimal(10) ** 11


# Values


def words(value: object, longest: int = _PROSE) -> str | None:
    """Return a text that can be stored, cut to ``longest`` characters (the whole of it stays in ``raw``); None for what is no text."""
    return shortened(value, longest) if isinstance(value, str) else None


def instant(value: object) -> dt.datetime | None:
    """Read a time. One without a zone is UTC (section 6.1)."""
    if not isinstance(value, str):
        return None
    with suppress(ValueError, OverflowError):
        at = dt.datetime.fromisoformat(value.strip())
        return None if at.year < _UNSET_BEFORE else at.replace(tzinfo=at.tzinfo or dt.UTC).astimezone(dt.UTC)
    return None


def amount(value: object) -> Decimal | None:
    """Read an amount: a JSON number in major units, zero or more.

    The agency keeps amounts as binary numbers: what such a number adds behind the cents (0.30000000000000004) is taken away; any other
    third decimal makes the amount unreadable, since it would be a rounding.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    exact = Decimal(value)
    if not exact.is_finite() or not -_BINARY_NOISE < exact < _LARGEST:
        return None
    cents = exact.quantize(_CENT)
    return abs(cents) if abs(cents - exact) < _BINARY_NOISE else None


def members(value: object) -> Mapping[str, Any]:
    """Return an object's members; none for what is no object."""
    return value if isinstance(value, Mapping) else {}


def case_id(case: object) -> str | None:
    """Return the agency's id of a case: what all its calls, events, payments and tasks name."""
    return name(members(case).get("id"))


# A case


def status_of(case: Mapping[str, Any], phase: object = None) -> tuple[AgencyStatus, Outcome | None]:
    """Return where a case stands, and why it was closed. ``phase`` is that of its timeline."""
    lifecycle = mapping.folded(case.get("lifecycle"))
    if lifecycle == mapping.folded(mapping.CLOSED):
        closing = mapping.CLOSE_CODES_FOLDED.get(mapping.folded(case.get("closeCode")))
        return (closing.status, closing.outcome) if closing else (AgencyStatus.UNKNOWN, None)
    status = mapping.LIFECYCLE_FOLDED.get(lifecycle, AgencyStatus.UNKNOWN)
    if status is AgencyStatus.ACTIVE and phase is not None:
        status = mapping.PHASES_FOLDED.get(mapping.folded(phase), AgencyStatus.UNKNOWN)
    if status in (AgencyStatus.ACTIVE, AgencyStatus.PAUSED) and mapping.folded(case.get("disputeStatus")) in mapping.DISPUTED_FOLDED:
        status = AgencyStatus.DISPUTED
    if status is AgencyStatus.SUBMITTED and members(case.get("validation")).get("needsInfo") is True:
        status = AgencyStatus.NEEDS_INPUT
    return status, None


def is_active(case: Mapping[str, Any]) -> bool:
    """Return whether the timeline must tell how far a case is: out of court, in court, enforced."""
    return mapping.LIFECYCLE_FOLDED.get(mapping.folded(case.get("lifecycle"))) is AgencyStatus.ACTIVE


def report(reference: str, case: Mapping[str, Any], timeline: Mapping[str, Any] | None = None) -> StatusReport:
    """Return where a case stands."""
    phase = members(timeline).get("currentEngagementPhase")
    status, outcome = status_of(case, phase)
    said = [words(part, _NAME) for part in (case.get("closeCode"), phase, case.get("disputeStatus"))]
    return StatusReport(
        agency_reference=reference,
        status=status,
        reason=outcome,
        agency_status=words(case.get("lifecycle"), _NAME),
        agency_text="; ".join(part for part in said if part) or None,
        at=changed_at(case),
        raw={"case": case, "timeline": timeline},
    )


def changed_at(thing: Mapping[str, Any]) -> dt.datetime | None:
    """Return when something last changed, or else began."""
    return instant(thing.get("dateUpdated")) or instant(thing.get("dateCreated"))


def signing_link(case: Mapping[str, Any]) -> str | None:
    """Return where the contracts of a case are signed, as long as one is not."""
    combined = members(case.get("signingHandoff")).get("combinedSigningUrl")
    link = combined or case.get("solutionUrl")
    return link if isinstance(link, str) and len(link) <= _NAME and _is_link(link) else None


# Entries


def case_entry(case: Mapping[str, Any]) -> FeedEntry:
    """Return what a changed case says: its status, or, where only the timeline knows that, a hint to ask for it."""
    reference, ours = case_id(case), name(case.get("creditorReference"))
    digest = entry_digest("case", reference, *map(case.get, ("dateUpdated", "lifecycle", "closeCode", "disputeStatus")))
    if reference is None:
        return odd_entry(case)
    if is_active(case):
        return FeedEntry(entry_id=digest, kind=FeedKind.HINT, agency_reference=reference, our_reference=ours, at=changed_at(case), raw=case)
    found = report(reference, case)
    return FeedEntry(
        entry_id=digest, kind=FeedKind.STATUS, agency_reference=reference, our_reference=ours, at=found.at, report=found, raw=case
    )


def payment_entries(payment: Mapping[str, Any]) -> tuple[FeedEntry, ...]:
    """Return a payment; one that was changed later says besides that the money of its case is to be looked at."""
    number, case = name(payment.get("id")), name(members(payment.get("invoice")).get("invoiceId"))
    if number is None:
        return (odd_entry(payment),)
    first = FeedEntry(
        entry_id=number,
        kind=FeedKind.PAYMENT,
        agency_reference=case,
        at=instant(payment.get("dateCreated")),
        collected=collected(payment),
        raw=payment,
    )
    updated = instant(payment.get("dateUpdated"))
    if updated is None or first.at is None or updated <= first.at:
        return (first,)
    digest = entry_digest("payment", number, payment.get("dateUpdated"))
    return first, FeedEntry(entry_id=digest, kind=FeedKind.LEDGER, agency_reference=case, at=updated, raw=payment)


def collected(payment: Mapping[str, Any]) -> Collected | None:
    """Return what was paid; None where amount, currency or day cannot be read."""
    paid, at = amount(payment.get("grossAmount")), instant(payment.get("date"))
    if paid is None or at is None:
        return None
    with suppress(ValueError):  # a currency that there is none of
        return Collected(
            amount=paid, currency=str(payment.get("currency")), received_on=at.date(), reference=words(payment.get("id"), _NAME)
        )
    return None


def task_entry(task: Mapping[str, Any]) -> FeedEntry:
    """Return a task: what the agency waits for, and where it is done."""
    number = name(task.get("id"))
    if number is None:
        return odd_entry(task)
    said = [words(task.get(part)) for part in ("title", "description", "deadline", "solutionUrl")]
    return FeedEntry(
        entry_id=number,
        kind=FeedKind.QUESTION,
        agency_reference=name(task.get("caseId")),
        our_reference=name(task.get("caseReference")),
        at=instant(task.get("dateCreated")),
        text=words("\n".join(part for part in said if part)) or words(task.get("type")),
        raw=task,
    )


def event_entry(envelope: object, *, raw: object, is_test: bool) -> FeedEntry:
    """Return what a webhook says. ``is_test`` marks a test delivery to an account that is none: it is kept, and changes nothing."""
    event, data = members(envelope), members(members(envelope).get("data"))
    kind = mapping.EVENTS.get(str(event.get("event")))
    if is_test or kind is None:
        return odd_entry(raw, entry_id=name(event.get("id")), text=words(event.get("event")), at=instant(event.get("timestamp")))
    return FeedEntry(
        entry_id=name(event.get("id")) or entry_digest("event", raw),
        kind=kind,
        agency_reference=name(data.get("caseId")),
        our_reference=name(data.get("creditorReference")),
        at=instant(event.get("timestamp")),
        raw=raw,
    )


def odd_entry(raw: object, *, entry_id: str | None = None, text: str | None = None, at: dt.datetime | None = None) -> FeedEntry:
    """Return what cannot be understood, whole."""
    return FeedEntry(entry_id=entry_id or entry_digest("odd", raw), kind=FeedKind.OTHER, text=text, at=at, raw=raw)


# Messages and money


def message(chat: Mapping[str, Any]) -> Message:
    """Return a message of the chat."""
    return Message(
        sender=mapping.ROLES_FOLDED.get(mapping.folded(chat.get("roleLabel")), Sender.UNKNOWN),
        at=instant(chat.get("dateCreated")),
        text=words(chat.get("message")),
        reference=words(chat.get("id"), _NAME),
        raw=chat,
    )


def ledger(case: Mapping[str, Any], payments: object) -> Ledger | None:
    """Return the money of a case; None where the agency names no currency that there is.

    Collected is the sum of its payments, where each one can be read and is in the currency of the case.
    """
    paid = [collected(members(payment)) for payment in as_list(payments)]
    is_complete = all(one is not None and one.currency == case.get("currency") for one in paid)
    changed = changed_at(case)
    with suppress(ValueError):
        return Ledger(
            currency=str(case.get("currency")),
            collected=sum((one.amount for one in paid if one is not None), Decimal(0)) if is_complete else None,
            outstanding=amount(case.get("remainder")),
            fees=amount(case.get("collectionFees")),
            interest=amount(case.get("interestFees")),
            as_of=changed.date() if changed else None,
            raw={"case": case, "payments": payments},
        )
    return None
