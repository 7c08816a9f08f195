"""The merchant's ledger: what came of every claim that an agency has or had, to the cent.

Principal, charges and the interest that the agency was given stand against what came in, whoever received it, each payment divided as
§ 367(1) BGB orders, the shop's own allocation first. What the agency took for itself and what it paid out is its own account of the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from inkasso_core import legal, spreadsheet
from inkasso_core.agencies.table import Cell, Column, Kind
from inkasso_core.casebooks import Book, books_of
from inkasso_core.context import Context
from inkasso_core.lifecycle import Actor, Profile, State, state_label
from inkasso_core.model.allocation import ZERO, Share, apportion
from inkasso_core.model.claim import AppliesTo, Claim, PaymentOrigin
from inkasso_core.model.words import Language, Text
from inkasso_core.store import claims, vault
from inkasso_core.store.claims import Filter


class Entry(NamedTuple):
    """One claim in the ledger. Amounts in ``currency``; those of the agency's own account are None where it gave none."""

    ref: str
    shop: str
    vendor: str | None
    invoice_number: str | None
    account: str
    case_reference: str | None
    placed_on: dt.date | None
    state: State
    outcome: str | None
    currency: str
    principal: Decimal
    """As invoiced, less credit notes."""
    charges: Decimal
    interest: Decimal
    """The default interest that the agency was given with the claim; zero for what was handed over outside."""
    paid_to_shop: Decimal
    collected: Decimal
    """What the agency received of the debtor: as it told us, else as the shop booked it."""
    on_charges: Decimal
    on_interest: Decimal
    on_principal: Decimal
    """What all of that went to: the three add up to ``paid_to_shop`` and ``collected``."""
    open: Decimal
    """What is open of the three; below zero where more came in than was owed."""
    agency_fees: Decimal | None
    paid_out: Decimal | None
    agency_open: Decimal | None
    """What the debtor still owes by the agency's account, its interest and fees included."""
    agency_as_of: dt.date | None


class _Payment(NamedTuple):
    on: dt.date
    applies_to: str
    amount: Decimal
    to_agency: bool


def ledger(context: Context, chosen: Filter, actor: Actor, *, online: bool = False) -> Iterator[Entry]:
    """Yield every claim that an agency has or had, by id. ``online`` asks the agencies for their accounts, within their limits.

    What an agency says of a case of several claims stands with the first of them alone, so that sums count it once.
    """
    for book in books_of(context, chosen, actor, online=online):
        yield _entry(context, book)


def _entry(context: Context, book: Book) -> Entry:
    case, claim, account = book.case, book.claim, book.ledger
    principal = sum((-credit.amount for credit in claim.credits if credit.allocated), claim.principal)
    charges, interest = sum((charge.amount for charge in claim.charges), ZERO), _interest(context, book)
    payments = _payments(context, book)
    shares = apportion(principal=principal, charges=charges, interest=interest, payments=[(one.applies_to, one.amount) for one in payments])
    went = Share(*(sum(parts, ZERO) for parts in zip(*shares, strict=True))) if shares else Share(ZERO, ZERO, ZERO)
    return Entry(
        ref=case.stored.ref,
        shop=case.stored.shop,
        vendor=case.stored.vendor,
        invoice_number=case.stored.invoice_number,
        account=case.account,
        case_reference=case.case_reference,
        placed_on=case.placed_on,
        state=case.stored.state,
        outcome=case.outcome,
        currency=claim.currency,
        principal=principal,
        charges=charges,
        interest=interest,
        paid_to_shop=sum((one.amount for one in payments if not one.to_agency), ZERO),
        collected=sum((one.amount for one in payments if one.to_agency), ZERO),
        on_charges=went.charges,
        on_interest=went.interest,
        on_principal=went.principal,
        open=principal + charges + interest - sum(went, ZERO),
        agency_fees=account.fees if account is not None else None,
        paid_out=account.paid_out if account is not None else None,
        agency_open=account.outstanding if account is not None else None,
        agency_as_of=(account.as_of or account.fetched_at.date()) if account is not None else None,
    )


def _interest(context: Context, book: Book) -> Decimal:
    """The interest of the day of the hand-over, on the revision that was handed over."""
    case = book.case
    if case.is_outside or case.placed_on is None:
        return ZERO
    given = _given(context, book)
    found = legal.reckoned(context, given, case.stored, case.placed_on)
    return found.statement.interest_open if found is not None else ZERO


def _given(context: Context, book: Book) -> Claim:
    if book.case.revision_no == book.case.stored.revision_no:
        return book.claim
    with context.database.read() as connection:
        body_id = claims.body_of_revision(connection, book.case.stored.id, book.case.revision_no)
        found = vault.take_claims(connection, [body_id]) if body_id is not None else {}
    return next(iter(found.values()), book.claim)


def _payments(context: Context, book: Book) -> list[_Payment]:
    """All that came in, by day. What the agency told us counts in the place of what the shop booked of it.

    Where a case holds several claims, and the shop has booked all of that on them, its bookings say which claim was paid.
    """
    is_told = book.whole.told > 0 and not (book.whole.is_shared and book.whole.booked >= book.whole.told)
    said = (one for one in book.collected if is_told and one.currency == book.claim.currency)
    told, last = [_Payment(one.on, AppliesTo.AUTO, one.amount, True) for one in said], context.today()
    shop = [
        _Payment(one.on or last, one.applies_to, one.amount, one.origin is not PaymentOrigin.SHOP)
        for one in book.claim.payments
        if one.origin is PaymentOrigin.SHOP or not is_told
    ]
    return sorted([*shop, *told], key=lambda one: one.on)


# As a file


def write_csv(path: Path, rows: Iterable[Entry], language: Language, profile: Callable[[str], Profile]) -> int:
    """Write the ledger for a spreadsheet, amounts to the cent; return the number of rows."""
    return spreadsheet.write_csv(path, _columns(language, profile), rows)


def _columns(language: Language, profile: Callable[[str], Profile]) -> list[Column[Entry]]:
    looks: tuple[tuple[Text, Kind, Callable[[Entry], Cell]], ...] = (
        (Text("Forderung", "Claim"), Kind.REFERENCE, lambda one: one.ref),
        (Text("Verkäufer", "Vendor"), Kind.TEXT, lambda one: one.vendor),
        (Text("Rechnung", "Invoice"), Kind.REFERENCE, lambda one: one.invoice_number),
        (Text("Konto", "Account"), Kind.TEXT, lambda one: one.account),
        (Text("Aktenzeichen", "Case"), Kind.REFERENCE, lambda one: one.case_reference),
        (Text("Übergeben am", "Handed over on"), Kind.DATE, lambda one: one.placed_on),
        (Text("Status", "State"), Kind.TEXT, lambda one: state_label(one.state, profile(one.shop)).read(language)),
        (Text("Ausgang", "Outcome"), Kind.TEXT, lambda one: one.outcome),
        (Text("Währung", "Currency"), Kind.CODE, lambda one: one.currency),
        (Text("Hauptforderung", "Principal"), Kind.AMOUNT, lambda one: one.principal),
        (Text("Kosten", "Charges"), Kind.AMOUNT, lambda one: one.charges),
        (Text("Zinsen bei Übergabe", "Interest as given"), Kind.AMOUNT, lambda one: one.interest),
        (Text("An den Shop gezahlt", "Paid to the shop"), Kind.AMOUNT, lambda one: one.paid_to_shop),
        (Text("Von der Agentur eingenommen", "Collected by the agency"), Kind.AMOUNT, lambda one: one.collected),
        (Text("Davon auf Kosten", "Of that on charges"), Kind.AMOUNT, lambda one: one.on_charges),
        (Text("Davon auf Zinsen", "Of that on interest"), Kind.AMOUNT, lambda one: one.on_interest),
        (Text("Davon auf Hauptforderung", "Of that on principal"), Kind.AMOUNT, lambda one: one.on_principal),
        (Text("Offen", "Open"), Kind.AMOUNT, lambda one: one.open),
        (Text("Gebühren der Agentur", "Agency's fees"), Kind.AMOUNT, lambda one: one.agency_fees),
        (Text("Ausgezahlt", "Paid out"), Kind.AMOUNT, lambda one: one.paid_out),
        (Text("Offen laut Agentur", "Open by the agency"), Kind.AMOUNT, lambda one: one.agency_open),
        (Text("Stand der Agentur", "Agency's account of"), Kind.DATE, lambda one: one.agency_as_of),
    )
    return [Column(text.read(language), kind, look, currency=lambda one: one.currency) for text, kind, look in looks]
