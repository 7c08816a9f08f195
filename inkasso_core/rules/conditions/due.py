"""Due date and the other dates of the claim: is it due, do the dates fit together?"""

from __future__ import annotations

import datetime as dt

from inkasso_core.model.claim import ClaimKind, DueDateOrigin
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.days import later
from inkasso_core.rules.wording import day, listing


def _missing(context: Context) -> Result | None:
    return NOT_MET if context.claim.due_date is None else None


def _not_due(context: Context) -> Result | None:
    last = context.pay_by
    if last is None or last < context.as_of:
        return None
    first = later(last, 1)  # who pays on the last day itself pays in time
    deferred = context.due is not None and context.due < last
    values = {"what": _DEFERRED if deferred else _DUE, "last": day(last), "first": day(first)}
    return Result(values, expected_on=first, field="deferral.until" if deferred else None)


_DUE = Text("Zahlungsziel", "the term of payment")
_DEFERRED = Text("Stundung", "the deferral")


def _inconsistent(context: Context) -> Result | None:
    claim = context.claim
    due, invoice = claim.due_date, claim.invoice
    # A contract or a payment in advance may well be due before the invoice is written.
    is_free = claim.due_date_origin is DueDateOrigin.CONTRACT or claim.kind is ClaimKind.PREPAID_GOODS
    if due and invoice and invoice.issued_on and due < invoice.issued_on and not is_free:
        return _wrong_order(_DUE_TOO_EARLY, due, invoice.issued_on, "due_date")
    for sent_on, reminder in context.reminders:
        if reminder.deadline is not None and reminder.deadline < sent_on:
            return _wrong_order(_DEADLINE_TOO_EARLY, reminder.deadline, sent_on, "reminders")
    return None


def _wrong_order(what: Text, earlier: dt.date, later: dt.date, field: str) -> Result:
    return Result({"what": what, "earlier": day(earlier), "later": day(later)}, field=field)


_DUE_TOO_EARLY = Text(
    "Die Fälligkeit liegt vor dem Rechnungsdatum",
    "the due date lies before the invoice date",
)
_DEADLINE_TOO_EARLY = Text(
    "Die Frist einer Mahnung liegt vor ihrem Versand",
    "the deadline of a reminder lies before its sending",
)


_CONTRACT_DATE = Text("Vertragsdatum", "contract date")
_INVOICE_DATE = Text("Rechnungsdatum", "invoice date")


def _in_future(context: Context) -> Result | None:
    contract, invoice, today = context.claim.contract, context.claim.invoice, context.as_of
    late: list[tuple[dt.date, Text]] = []
    if contract is not None and contract.concluded_on is not None and contract.concluded_on > today:
        late.append((contract.concluded_on, _CONTRACT_DATE))
    if invoice is not None and invoice.issued_on is not None and invoice.issued_on > today:
        late.append((invoice.issued_on, _INVOICE_DATE))
    if not late:
        return None
    last = max(date for date, _ in late)
    return Result({"names": listing(name for _, name in late), "last": day(last)}, expected_on=last)


CONDITIONS = (
    Condition(
        code="DUE_DATE_MISSING",
        level=Level.BLOCK,
        fixed=True,
        field="due_date",
        message=Text("Fälligkeit: Das Datum fehlt.", "Due date: it is missing."),
        remedy=Text(
            "Das Zahlungsziel im Shop eintragen oder in den Einstellungen des Shops festlegen.",
            "Enter the term of payment in the shop, or set it in the shop's settings.",
        ),
        source="BGB §§ 199, 271, 286: whether it is due, in default or time-barred hangs on it",
        check=_missing,
    ),
    Condition(
        code="NOT_DUE",
        level=Level.BLOCK,
        fixed=True,
        field="due_date",
        message=Text(
            "Fälligkeit: {what} bis {last}; bis zum Ende dieses Tages wird rechtzeitig gezahlt.",
            "Due date: {what} ends on {last}; a payment until the end of that day is in time.",
        ),
        remedy=Text("Abwarten: Ab {first} steht dieser Punkt nicht mehr im Weg.", "Wait: from {first} this point is no longer in the way."),
        source="BGB §§ 188(1), 193, 271, 286",
        check=_not_due,
    ),
    Condition(
        code="DATES_INCONSISTENT",
        level=Level.BLOCK,
        field="due_date",
        message=Text("Daten: {what} ({earlier}, {later}).", "Dates: {what} ({earlier}, {later})."),
        remedy=Text("Das falsche Datum im Shop berichtigen.", "Correct the wrong date in the shop."),
        source="practice: agencies refuse it",
        check=_inconsistent,
    ),
    Condition(
        code="DATE_IN_FUTURE",
        level=Level.BLOCK,
        field="invoice.issued_on",
        message=Text("Daten: In der Zukunft liegt: {names} ({last}).", "Dates: in the future: {names} ({last})."),
        remedy=Text(
            "Das Datum im Shop prüfen; stimmt es, bis zum {last} warten.", "Check the date in the shop; if it is right, wait until {last}."
        ),
        source="practice: agencies refuse it",
        check=_in_future,
    ),
)
