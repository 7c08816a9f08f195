"""Claims for tests: green by default, so that a test changes only what it is about. All persons are invented."""

import datetime as dt
from decimal import Decimal
from typing import Any

from inkasso_core.model.claim import Claim, Contract, DueDateOrigin, Invoice, Reminder, Source
from inkasso_core.model.party import Address, Capacity, Contact, ContactKind, Creditor, Debtor, Person, Salutation
from inkasso_core.rules.facts import Facts

AS_OF = dt.date(2026, 6, 1)
"""The day on which :func:`green_claim` is green: a Monday, eleven weeks after its due date."""


def green_address(**changes: Any) -> Address:
    """A complete address in Germany."""
    values = {"street": "Lange Straße", "house_number": "7 a", "postal_code": "01067", "city": "Dresden", "country": "DE"}
    return Address(**{**values, **changes})


def green_person(**changes: Any) -> Person:
    """A natural person of full age."""
    values = {"salutation": Salutation.MS, "first_name": "Jördis", "last_name": "Groß-Möller", "birth_date": dt.date(1984, 2, 29)}
    return Person(**{**values, **changes})


def green_debtor(**changes: Any) -> Debtor:
    """A consumer who can be written to."""
    values: dict[str, Any] = {
        "number": "K-1041",
        "capacity": Capacity.CONSUMER,
        "person": green_person(),
        "addresses": (green_address(),),
        "contacts": (
            Contact(kind=ContactKind.EMAIL, value="joerdis@example.org"),
            Contact(kind=ContactKind.PHONE, value="+49 351 4567890"),
        ),
    }
    return Debtor(**{**values, **changes})


def green_creditor(**changes: Any) -> Creditor:
    """A creditor with all that the debtor must be told."""
    values = {
        "name": "Beispiel Handel GmbH",
        "legal_form": "GmbH",
        "street": "Marktplatz",
        "house_number": "1",
        "postal_code": "34117",
        "city": "Kassel",
        "country": "DE",
        "input_vat_deductible": True,
    }
    return Creditor(**{**values, **changes})


def green_claim(**changes: Any) -> Claim:
    """A claim that no condition stops or warns of on ``AS_OF``; ``changes`` replaces fields of the claim."""
    values: dict[str, Any] = {
        "source": Source(order="4711", status="inkasso"),
        "currency": "EUR",
        "principal": Decimal("153.99"),
        "debtor": green_debtor(),
        "creditor": green_creditor(),
        "subject": "Stuhl Modell Elbe, 2 × Kissen",
        "contract": Contract(number="4711", concluded_on=dt.date(2026, 2, 26)),
        "invoice": Invoice(number="RE-2026-0815", issued_on=dt.date(2026, 3, 2)),
        "service_date": dt.date(2026, 3, 3),
        "performed": True,
        "due_date": dt.date(2026, 3, 16),
        "due_date_origin": DueDateOrigin.INVOICE,
        "reminders": (
            Reminder(level=1, sent_on=dt.date(2026, 4, 1), deadline=dt.date(2026, 4, 15), channel="email"),
            Reminder(level=2, sent_on=dt.date(2026, 4, 20), deadline=dt.date(2026, 5, 4), channel="letter"),
        ),
    }
    return Claim(**{**values, **changes})


def green_facts(**changes: Any) -> Facts:
    """What the store knows of a claim that nothing stops."""
    return Facts(mandate=True)._replace(**changes)
