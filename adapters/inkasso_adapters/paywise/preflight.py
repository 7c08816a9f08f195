"""What the agency is known to refuse, found before anything is sent: every gap of a placement at once.

The rules are those of ``reference: agency-apis.md`` 3.5 and 7.4 that concern this agency; its own check is :meth:`submit`'s last request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inkasso_adapters.paywise import body, codes
from inkasso_adapters.paywise.reading import CURRENCY
from inkasso_adapters.paywise.settings import PaywiseSettings
from inkasso_core import Attachment, Capacity, Claim, Debtor, Placement, Text

MOST_ROWS = 50
"""Reminders, charges or payments of one claim, at most."""
LONGEST_TEXT = 2000
"""Characters of a subject, or of a charge's reason."""


class Gap(NamedTuple):
    """What is missing or wrong: the path in the placement, and the words for it."""

    path: str
    text: Text


def gaps(placement: Placement, settings: PaywiseSettings, files: Sequence[Attachment] = ()) -> list[Gap]:
    """Return everything that the agency would refuse; ``files`` are the documents that go along."""
    found = [*_order(placement, settings), *_debtor(placement.debtor), *_files(placement, files)]
    for number, claim in enumerate(placement.claims):
        rules = (
            _amounts(claim),
            _dates(claim, placement.placed_on),
            _reminders(claim),
            _parts(claim, placement.placed_on, settings),
            _subject(claim, has_documents=bool(files and claim.documents)),
            _rest(claim),
        )
        found += [gap._replace(path=f"claims.{number}.{gap.path}") for rule in rules for gap in rule]
    return found


def _order(placement: Placement, settings: PaywiseSettings) -> Iterator[Gap]:
    if len(placement.claims) > settings.claims_per_placement:
        yield Gap("claims", _TOO_MANY.fill(most=settings.claims_per_placement))


def _files(placement: Placement, files: Sequence[Attachment]) -> Iterator[Gap]:
    paths = [f"claims.{number}.documents.{place}" for number, claim in enumerate(placement.claims) for place in range(len(claim.documents))]
    for path, file in zip(paths, files, strict=False):
        if file.media_type not in codes.FILE_TYPES:
            yield Gap(path, _FILE_TYPE)
        if not 0 < len(file.content) <= codes.LARGEST_FILE:
            yield Gap(path, _FILE_SIZE)
    if len(files) > codes.MOST_FILES or sum(len(file.content) for file in files) > codes.LARGEST_FILES:
        yield Gap("claims.documents", _FILES)


def _debtor(debtor: Debtor) -> Iterator[Gap]:
    if debtor.organization is not None:
        if body.capacity(debtor) is Capacity.CONSUMER:
            yield Gap("debtor.capacity", _COMPANY_CONSUMER)
        if not debtor.organization.name:
            yield Gap("debtor.organization.name", _MISSING)
    else:
        for part in ("first_name", "last_name"):
            if not getattr(debtor.person, part, None):
                yield Gap(f"debtor.person.{part}", _MISSING)
    for part in ("street", "postal_code", "city", "country"):
        if not getattr(debtor.address, part, None):
            yield Gap(f"debtor.address.{part}", _MISSING)


def _amounts(claim: Claim) -> Iterator[Gap]:
    if claim.currency != CURRENCY:
        yield Gap("currency", _NO_EUROS)
    if body.principal(claim) <= 0:
        yield Gap("principal", _NOTHING)


def _dates(claim: Claim, today: dt.date) -> Iterator[Gap]:
    written = body.document_of(claim)["date"]
    if written is None:
        yield Gap("invoice.issued_on", _MISSING)
        return
    document = dt.date.fromisoformat(written)
    if document > today:
        yield Gap("invoice.issued_on", _FUTURE)
    if claim.due_date is not None and claim.due_date < document:
        yield Gap("due_date", _DUE_FIRST)
    if claim.contract is not None and claim.contract.concluded_on is not None and claim.contract.concluded_on > document:
        yield Gap("contract.concluded_on", _CONTRACT_LAST)


def _reminders(claim: Claim) -> Iterator[Gap]:
    """The first not before the due date; each later one not before the deadline of the one before it; no deadline before its reminder."""
    written = body.document_of(claim)["date"]
    earliest = claim.due_date or (dt.date.fromisoformat(written) if written else None)
    for reminder in body.reminders(claim):
        path = f"reminders.{claim.reminders.index(reminder)}"
        if reminder.sent_on is None:
            continue
        if earliest is not None and reminder.sent_on < earliest:
            yield Gap(f"{path}.sent_on", _REMINDED_EARLY)
        if reminder.deadline is not None and reminder.deadline < reminder.sent_on:
            yield Gap(f"{path}.deadline", _DEADLINE_FIRST)
        earliest = max(reminder.sent_on, reminder.deadline or reminder.sent_on)


def _parts(claim: Claim, today: dt.date, settings: PaywiseSettings) -> Iterator[Gap]:
    for name in ("reminders", "charges", "payments"):
        if len(getattr(claim, name)) > MOST_ROWS:
            yield Gap(name, _TOO_MANY.fill(most=MOST_ROWS))
    for number, charge in enumerate(claim.charges):
        if charge.amount:
            yield from _dated(f"charges.{number}.on", charge.on, today)
            if body.charge_type(charge, settings) is None:
                yield Gap(f"charges.{number}.kind", _CHARGE_UNKNOWN)
            if len(charge.reason or "") > LONGEST_TEXT:
                yield Gap(f"charges.{number}.reason", _TOO_LONG.fill(most=LONGEST_TEXT))
    for number, payment in enumerate(claim.payments):
        if payment.amount:
            yield from _dated(f"payments.{number}.on", payment.on, today)


def _dated(path: str, on: dt.date | None, today: dt.date) -> Iterator[Gap]:
    if on is None:
        yield Gap(path, _MISSING)
    elif on > today:
        yield Gap(path, _FUTURE)


def _subject(claim: Claim, *, has_documents: bool) -> Iterator[Gap]:
    if not claim.subject and not has_documents:
        yield Gap("subject", _MISSING)
    if len(claim.subject or "") > LONGEST_TEXT:
        yield Gap("subject", _TOO_LONG.fill(most=LONGEST_TEXT))


def _rest(claim: Claim) -> Iterator[Gap]:
    if claim.performed is None:
        yield Gap("performed", _MISSING)
    if claim.dispute is not None and claim.dispute.is_open and not claim.dispute.reason:
        yield Gap("dispute.reason", _MISSING)
    if body.legal_basis(claim) not in codes.LEGAL_BASES:
        yield Gap("extra.paywise.claim_type_code", _NO_BASIS)


def sentence(found: list[Gap]) -> Text:
    """Say all gaps in one text: paths and reasons, never a value."""
    de, en = ("; ".join(f"{gap.path} {gap.text.read(language)}" for gap in found) for language in ("de", "en"))
    return Text(f"paywise nähme die Forderung so nicht an: {de}.", f"paywise would not take the claim as it is: {en}.")


_MISSING = Text("fehlt", "is missing")
_FUTURE = Text("liegt in der Zukunft", "lies in the future")
_TOO_MANY = Text("hat mehr als {most} Einträge", "has more than {most} entries")
_TOO_LONG = Text("ist länger als {most} Zeichen", "is longer than {most} characters")
_COMPANY_CONSUMER = Text("ist Verbraucher, und der Schuldner eine Firma", "is consumer, and the debtor a company")
_NO_EUROS = Text("ist nicht EUR", "is not EUR")
_NOTHING = Text("ist nach den Gutschriften null", "is zero after the credit notes")
_DUE_FIRST = Text("liegt vor dem Rechnungsdatum", "lies before the date of the invoice")
_CONTRACT_LAST = Text("liegt nach dem Rechnungsdatum", "lies after the date of the invoice")
_REMINDED_EARLY = Text(
    "liegt vor der Fälligkeit oder vor der Frist der vorigen Mahnung",
    "lies before the due date, or before the deadline of the reminder before",
)
_DEADLINE_FIRST = Text("liegt vor der Mahnung selbst", "lies before the reminder itself")
_CHARGE_UNKNOWN = Text(
    "hat bei paywise keine Entsprechung (Einstellung other_charges)", "has no counterpart at paywise (setting other_charges)"
)
_FILE_TYPE = Text("ist weder PDF noch JPEG noch PNG", "is neither PDF nor JPEG nor PNG")
_FILE_SIZE = Text("ist leer oder größer als 10 MiB", "is empty or larger than 10 MiB")
_FILES = Text("sind mehr als 20 oder zusammen größer als 50 MiB", "are more than 20, or larger than 50 MiB together")
_NO_BASIS = Text("ist kein Code einer Hauptforderung (H01 bis H95)", "is no code of a main claim (H01 to H95)")
