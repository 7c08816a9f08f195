"""What paywise v2 wants of an order before it takes it: all gaps at once (``reference: agency-apis.md`` 3.5, 7.4, 7.5)."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from peers.paywise.shapes import Problem


def gaps(order: dict[str, Any], debtor: dict[str, Any], today: dt.date) -> Iterator[Problem]:
    """Yield every gap of a draft."""
    if order.get("starting_approach") is None:
        yield Problem("starting_approach", "required")
    if order.get("creditor_obligation_fulfilled") is None:
        yield Problem("creditor_obligation_fulfilled", "required")
    if not order.get("claims"):
        yield Problem("claims", "required")
    yield from _debtor(debtor)
    for number, claim in enumerate(order.get("claims") or []):
        for problem in _claim(claim, today):
            yield problem._replace(field=f"claims[{number}].{problem.field}")


def _debtor(debtor: dict[str, Any]) -> Iterator[Problem]:
    addresses = debtor.get("addresses") or []
    if not addresses:
        yield Problem("debtor.addresses", "required")
    elif len(addresses) > 1 and sum(address.get("primary") is True for address in addresses) != 1:
        yield Problem("debtor.addresses", "one_primary")


def _claim(claim: dict[str, Any], today: dt.date) -> Iterator[Problem]:
    if Decimal(claim["principal_amount"]["value"]) <= 0:
        yield Problem("principal_amount.value", "min_value")
    if not (claim.get("subject_matter") or "").strip() and not claim.get("documents"):
        yield Problem("subject_matter", "required")
    if claim["is_disputed"] != bool((claim.get("dispute_reason") or "").strip()):
        yield Problem("dispute_reason", "required")
    yield from _dates(claim, today)
    yield from _reminders(claim.get("reminders") or [], _day(claim.get("due_date")) or _day(claim.get("document_date")))
    for number, charge in enumerate(claim.get("additional_charges") or []):
        if Decimal(charge["amount"]["value"]) <= 0:
            yield Problem(f"additional_charges[{number}].amount.value", "min_value")
        if charge.get("occurrence_date") is None:
            yield Problem(f"additional_charges[{number}].occurrence_date", "required")
    for number, payment in enumerate(claim.get("payments") or []):
        if (_day(payment["value_date"]) or today) > today:
            yield Problem(f"payments[{number}].value_date", "future")


def _dates(claim: dict[str, Any], today: dt.date) -> Iterator[Problem]:
    document, due, delay = (_day(claim.get(name)) for name in ("document_date", "due_date", "delay_date"))
    if document is None:
        yield Problem("document_date", "required")
    elif document > today:
        yield Problem("document_date", "future")
    if due and document and due < document:
        yield Problem("due_date", "before_document_date")
    if delay and (due or document) and delay <= (due or document or today):
        yield Problem("delay_date", "not_after_due_date")
    contract = _day((claim.get("legal_basis") or {}).get("contract_date"))
    if contract and document and contract > document:
        yield Problem("legal_basis.contract_date", "after_document_date")


def _reminders(reminders: list[dict[str, Any]], earliest: dt.date | None) -> Iterator[Problem]:
    for number, reminder in enumerate(reminders):
        sent, deadline = _day(reminder["date"]), _day(reminder.get("due_date"))
        if sent is None:
            continue
        if earliest and sent < earliest:
            yield Problem(f"reminders[{number}].date", "too_early")
        if deadline and deadline < sent:
            yield Problem(f"reminders[{number}].due_date", "before_reminder")
        earliest = max(sent, deadline or sent)


def _day(value: str | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None
