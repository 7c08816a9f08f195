"""Comparing two reports of one record: which is newer, whether it says anything new, and what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Literal, NamedTuple

from inkasso_core.model.claim import Claim, PaymentOrigin
from inkasso_core.store.columns import stamp

Order = Literal["repeated", "confirmed", "older", "newer"]
UNDATED = ""


class Report(NamedTuple):
    """A report: when it was made, as text that sorts, and what it says, as a digest."""

    reported: str
    digest: str
    dated: bool = True
    """False for the one that counts now where it bore no date: ``reported`` is then that of the last dated one before it."""


def order_of(claim: Claim, reported_at: dt.datetime | None = None) -> str:
    """Return when the shop made this report, as text that sorts: its own version, its own time, or the time of the file."""
    source = claim.source
    if source.version is not None:
        return f"v{source.version:020d}"
    at = source.reported_at or reported_at
    return f"t{stamp(at)}" if at else UNDATED


def compare(new: Report, current: Report, seen: Collection[str]) -> Order:
    """Say what a report is worth. ``seen`` holds the digests known for the very same version.

    ``repeated``: nothing at all is new. ``confirmed``: the content is the same, but known for a later time. ``older``: made before the
    current one; it is stored and never compared. Reports that cannot be ordered (no version on either side, or of two kinds) count in
    the order in which they arrive.
    """
    comparable = bool(new.reported and current.reported) and new.reported[0] == current.reported[0]
    if comparable and new.reported < current.reported:
        return "repeated" if new.digest in seen else "older"
    if new.digest == current.digest:
        is_later = comparable and new.reported > current.reported
        return "confirmed" if is_later or (new.reported and not current.reported) else "repeated"
    if comparable and new.reported == current.reported:
        if new.digest in seen:
            return "repeated"
        return "newer" if current.dated else "older"
    return "newer"


def _paid(claim: Claim) -> Decimal:
    """What the shop received. What the agency told us, or we booked, is an aspect of its own: nobody reports it back to the agency."""
    return sum((p.amount for p in claim.payments if p.origin is PaymentOrigin.SHOP), Decimal(0))


def _paid_to_agency(claim: Claim) -> Decimal:
    return sum((p.amount for p in claim.payments if p.origin is not PaymentOrigin.SHOP), Decimal(0))


def _credited(claim: Claim) -> Decimal:
    return sum((c.amount for c in claim.credits if c.allocated), Decimal(0))


_CIRCUMSTANCES = (
    *("deferral", "refused_on", "declared_default", "agreed_interest", "acknowledged_on", "negotiating", "judged_on"),
    *("payment_pending", "payment_plan", "returns", "assigned_to", "delivered_on", "revocation_ends_on", "sensitive_subject"),
)
_ASPECTS: dict[str, Callable[[Claim], object]] = {
    "paid": _paid,
    "paid_to_agency": _paid_to_agency,
    "credited": _credited,
    "amount": lambda c: (c.currency, c.principal, c.charges),
    "ended": lambda c: c.ended,
    "dispute": lambda c: c.dispute,
    "due_date": lambda c: (c.due_date, c.due_date_origin),
    "invoice": lambda c: c.invoice,
    "reminders": lambda c: c.reminders,
    "debtor": lambda c: c.debtor,
    "circumstances": lambda c: tuple(getattr(c, name) for name in _CIRCUMSTANCES),
    "status": lambda c: (c.source.status, c.source.triggered),
    "subject": lambda c: (c.subject, c.contract, c.kind, c.service_date, c.performed),
}


def difference(old: Claim, new: Claim) -> tuple[str, ...]:
    """Return what a newer report changed, as names of aspects; ``other`` when it is none of them."""
    changed = tuple(name for name, look in _ASPECTS.items() if look(old) != look(new))
    return changed or ("other",)
