"""What the merchant's assertion adds where the file is silent, and the list of what it added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from inkasso_shop_plugins.cpshop.columns import REMINDERS
from inkasso_shop_plugins.cpshop.row import Row
from inkasso_shop_plugins.cpshop.settings import Assertion

V = TypeVar("V")


class Filled:
    """Remembers the path of every field that was filled from the assertion."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def fill(self, path: str, found: V | None, declared: V | None) -> V | None:
        """Return what was found, else what was declared."""
        if found is not None or declared is None:
            return found
        self.paths.append(path)
        return declared


def course(row: Row, assertion: Assertion, filled: Filled) -> dict[str, Any]:
    """Return the claim's fields about what happened when: contract, invoice, due date, reminders.

    ``assertion`` asserts nothing where the order has no selected status. A reminder that it dates ahead counts once its day has come.
    """
    found = {name: row.day(name) for name in ("order_date", "invoice_date", "service_date")}
    ordered = filled.fill("contract.concluded_on", found["order_date"], found.get(assertion.ordered_on or ""))
    issued = found["invoice_date"]
    if assertion.invoiced:
        issued = filled.fill("invoice.issued_on", issued, found[assertion.invoiced_on])
    number = row.text("invoice_number")
    base = {"order_date": ordered, "invoice_date": issued, "service_date": found["service_date"]}[assertion.due_from]
    due = filled.fill("due_date", row.day("due_date"), _after(base, assertion.due_days_after))
    return {
        "contract": {"concluded_on": ordered} if ordered else None,
        "invoice": {"number": number, "issued_on": issued} if number or issued else None,
        "service_date": found["service_date"],
        "performed": filled.fill("performed", None, assertion.performed),
        "due_date": due,
        "due_date_origin": filled.fill("due_date_origin", None, assertion.due_date_origin) if due else None,
        "reminders": _reminders(row, due, assertion, filled),
    }


def _after(day: dt.date | None, days: int | None) -> dt.date | None:
    return None if day is None or days is None else day + dt.timedelta(days)


def _reminders(row: Row, due: dt.date | None, assertion: Assertion, filled: Filled) -> list[dict[str, Any]]:
    """Return the reminders, first one first: those in the file, and the asserted ones that it does not hold."""
    found = _found_reminders(row, assertion)
    levels = sorted({*found, *range(1, assertion.reminders + 1)})
    is_numbered = assertion.reminders > 0 or any(row.day(column) for column in REMINDERS)
    if levels and not found:
        filled.paths.append("reminders")
    reminders = []
    for index, level in enumerate(levels):
        path, parts, sent_on = f"reminders.{index}", filled, found.get(level)
        if sent_on is None:
            if found:
                filled.paths.append(path)
            parts = Filled()  # its parts need no mention: the whole reminder is asserted
            sent_on = _asserted_day(level, found, due, assertion)
        reminders.append(
            {
                "level": level if is_numbered else None,
                "sent_on": sent_on,
                "deadline": parts.fill(f"{path}.deadline", None, _after(sent_on, assertion.reminder_deadline_days)),
                "channel": parts.fill(f"{path}.channel", None, assertion.reminder_channel),
            }
        )
    return reminders


def _found_reminders(row: Row, assertion: Assertion) -> dict[int, dt.date]:
    """Return the dates in the file by the reminder's level. The last reminder has the last asserted level, else the next free one."""
    found = {level: day for level, column in enumerate(REMINDERS, start=1) if (day := row.day(column))}
    last = row.day("reminder_date")
    if last and last not in found.values():
        found[max(assertion.reminders, max(found, default=0) + 1)] = last
    return found


def _asserted_day(level: int, found: Mapping[int, dt.date], due: dt.date | None, assertion: Assertion) -> dt.date | None:
    """Return when a reminder is sent by the assertion, maybe on a day to come; None where that would contradict the file."""
    days = assertion.reminder_days_after_due
    day = _after(due, days[level - 1]) if days else None
    if day is None:
        return None
    fits = all((day - other) * (level - number) > dt.timedelta(0) for number, other in found.items())
    return day if fits else None
