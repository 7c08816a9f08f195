"""What the operator's terms add where the notifications are silent, and the list of what they added."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

from inkasso_shop_plugins.copecart.codes import INVOICE
from inkasso_shop_plugins.copecart.ledger import Ledger
from inkasso_shop_plugins.copecart.routing import Event
from inkasso_shop_plugins.copecart.settings import Terms

V = TypeVar("V")


class Filled:
    """Remembers the path of every field that was filled from the terms."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def fill(self, path: str, declared: V | None) -> V | None:
        """Return what was declared, and remember it."""
        if declared is not None:
            self.paths.append(path)
        return declared


def course(method: str, ledger: Ledger, ordered_on: dt.date | None, order: str, terms: Terms, filled: Filled) -> dict[str, Any]:
    """Return the claim's fields about what happened when: invoice, due date, reminders. ``ordered_on`` is given for a first payment."""
    is_invoice = method == INVOICE
    asked_on = ledger.begun_on or ordered_on or min((day for day in ledger.returned_on if day), default=None)
    due = _after(asked_on, terms.invoice_due_days if is_invoice else terms.debit_due_days)
    number = filled.fill("invoice.number", order) if terms.invoice_number_is_order_id else None
    issued_on = ledger.begun_on if is_invoice else None
    if issued_on is None and terms.invoiced:
        issued_on = filled.fill("invoice.issued_on", asked_on)
    is_reminded = is_invoice and ledger.cause is Event.UNPAID and issued_on is not None
    return {
        "invoice": {"number": number, "issued_on": issued_on} if number or issued_on else None,
        "due_date": filled.fill("due_date", due),
        "due_date_origin": filled.fill("due_date_origin", terms.due_date_origin) if due else None,
        "reminders": _reminders(issued_on, terms, filled) if is_reminded else (),
    }


def _reminders(issued_on: dt.date | None, terms: Terms, filled: Filled) -> list[dict[str, Any]]:
    if terms.reminder_days:
        filled.paths.append("reminders")
    sent = [_after(issued_on, days) for days in terms.reminder_days]
    return [
        {"level": level, "sent_on": day, "deadline": _after(day, terms.reminder_deadline_days), "channel": terms.reminder_channel}
        for level, day in enumerate(sent, 1)
    ]


def _after(day: dt.date | None, days: int | None) -> dt.date | None:
    if day is None or days is None or (dt.date.max - day).days < days:
        return None
    return day + dt.timedelta(days)
