"""Invented claims for the kit: umlauts in every part of the debtor, odd cents that no float survives, several claims where asked for.

Every amount here loses a cent where it is multiplied as a float and cut off: ``int(1111.37 * 100)`` is 111136.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from inkasso_core.model.agency import Placement
from inkasso_core.model.claim import Charge, ChargeKind, Claim, ClaimKind, Contract, DueDateOrigin, Invoice, Reminder, Source
from inkasso_core.model.feed import Delivery
from inkasso_core.model.instructions import Amend, Pause, Recall, ReportPayment, Resume, SendDocument, SendMessage
from inkasso_core.model.party import Address, Capacity, Contact, ContactKind, Creditor, Debtor, Person, Salutation

DAY = dt.date(2026, 6, 1)
OUR_REFERENCE = "KIT-2026-7F3K"
KEY = "5f0c6d9e-93a4-4c6e-8a51-0f4d1f1f7a10"
PRINCIPALS = tuple(Decimal(text) for text in ("1111.37", "128.14", "137.23", "136.39", "1112.36", "138.45"))
CHARGE = Decimal("3.25")
PAID = Decimal("137.48")


def sample_debtor(**changes: Any) -> Debtor:
    """Return an invented consumer."""
    values: dict[str, Any] = {
        "number": "K-90417",
        "capacity": Capacity.CONSUMER,
        "person": Person(
            salutation=Salutation.MS, first_name="Jördis Xaveria", last_name="Quittenbaum-Höß", birth_date=dt.date(1984, 2, 29)
        ),
        "addresses": (Address(street="Grüne-Pimpernell-Straße", house_number="7 a", postal_code="04849", city="Bad Düben", country="DE"),),
        "contacts": (
            Contact(kind=ContactKind.EMAIL, value="quittenbaum@example.org"),
            Contact(kind=ContactKind.PHONE, value="+49 351 4567890"),
        ),
    }
    return Debtor(**{**values, **changes})


def sample_creditor(**changes: Any) -> Creditor:
    """Return an invented creditor."""
    values: dict[str, Any] = {
        "name": "Möbel Beispiel GmbH",
        "legal_form": "GmbH",
        "street": "Marktplatz",
        "house_number": "1",
        "postal_code": "34117",
        "city": "Kassel",
        "input_vat_deductible": True,
    }
    return Creditor(**{**values, **changes})


def sample_claim(number: int = 1, **changes: Any) -> Claim:
    """Return an invented claim in EUR; each number has an order, an invoice and an amount of its own."""
    values: dict[str, Any] = {
        "source": Source(order=f"90{number:03d}", status="inkasso"),
        "currency": "EUR",
        "principal": PRINCIPALS[(number - 1) % len(PRINCIPALS)],
        "charges": (Charge(kind=ChargeKind.DUNNING_FEE, amount=CHARGE, on=dt.date(2026, 4, 20), reason="2. Mahnung"),),
        "debtor": sample_debtor(),
        "creditor": sample_creditor(),
        "kind": ClaimKind.GOODS,
        "subject": f"Sessel „Größe {number}“, 2 × Kissen",
        "contract": Contract(number=f"90{number:03d}", concluded_on=dt.date(2026, 2, 26)),
        "invoice": Invoice(number=f"RE-2026-{number:04d}", issued_on=dt.date(2026, 3, 2)),
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


def sample_placement(*claims: Claim, count: int = 1, number: int = 1, **changes: Any) -> Placement:
    """Return a placement of these claims, or of ``count`` invented ones; ``changes`` replaces fields of the placement."""
    values: dict[str, Any] = {
        "our_reference": OUR_REFERENCE if number == 1 else f"{OUR_REFERENCE}-{number}",
        "idempotency_key": KEY if number == 1 else f"{KEY[:-4]}{number:04x}",
        "account": "acme",
        "creditor": sample_creditor(),
        "claims": claims or tuple(sample_claim(number + n) for n in range(count)),
        "placed_on": DAY,
    }
    return Placement(**{**values, **changes})


def amounts_of(placement: Placement) -> list[Decimal]:
    """Return the amounts by which an agency may be told what is owed."""
    found = [placement.total_open, placement.principal_open]
    for claim in placement.claims:
        found += [claim.total_open, claim.principal_open, claim.principal]
    return list(dict.fromkeys(found))


def forms(amount: Decimal) -> list[str]:
    """Return every exact way to write an amount: point, comma, thousands apart, cents."""
    plain = f"{amount:.2f}"
    grouped = f"{amount:,.2f}"
    german = grouped.translate(str.maketrans(",.", ".,"))
    return [plain, plain.replace(".", ","), grouped, german, plain.replace(".", ""), format(amount.normalize(), "f")]


class Traced(Decimal):
    """An amount that tells when somebody makes a float of it, and so does whatever is reckoned from it."""

    floated: list[str]

    def __float__(self) -> float:
        self.floated.append(str(self))
        return super().__float__()


def _traced(name: str) -> Callable[..., Any]:
    original = getattr(Decimal, name)

    def reckoned(self: Traced, *args: Any, **more: Any) -> Any:
        result = original(self, *args, **more)
        return _trace(result, self.floated) if isinstance(result, Decimal) else result

    return reckoned


for _name in ["add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "mod", "neg", "pos", "abs", "round"]:
    setattr(Traced, f"__{_name}__", _traced(f"__{_name}__"))
for _name in ("quantize", "normalize", "copy_abs", "copy_negate", "max", "min"):
    setattr(Traced, _name, _traced(_name))


def _trace(amount: Decimal, floated: list[str]) -> Traced:
    traced = Traced(amount)
    traced.floated = floated
    return traced


def traced(placement: Placement, floated: list[str]) -> Placement:
    """Return the placement with amounts that write into ``floated`` when a float is made of one."""
    claims = [
        claim.model_copy(
            update={
                "principal": _trace(claim.principal, floated),
                "charges": tuple(part.model_copy(update={"amount": _trace(part.amount, floated)}) for part in claim.charges),
                "payments": tuple(part.model_copy(update={"amount": _trace(part.amount, floated)}) for part in claim.payments),
            }
        )
        for claim in placement.claims
    ]
    return placement.model_copy(update={"claims": tuple(claims)})


def _told(reference: str, placement: Placement) -> dict[str, Any]:
    return {
        "agency_reference": reference,
        "our_reference": placement.our_reference,
        "idempotency_key": KEY,
        "asked_on": DAY,
    }


Given = Callable[[str, Placement], Sequence[Any]]

GIVEN: MappingProxyType[str, Given] = MappingProxyType(
    {
        "check": lambda _reference, placement: (placement,),
        "rehearse": lambda _reference, placement: (placement,),
        "find": lambda _reference, placement: (placement.our_reference,),
        "fetch_status": lambda reference, _placement: (reference,),
        "fetch_feed": lambda _reference, _placement: (None,),
        "acknowledge": lambda _reference, _placement: ("1",),
        "receive": lambda _reference, _placement: (
            Delivery(headers={}, body=b"{}", received_at=dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)),
        ),
        "amend": lambda reference, placement: (Amend(**_told(reference, placement), placement=placement, changed=("amount",)),),
        "report_payment": lambda reference, placement: (
            ReportPayment(
                **_told(reference, placement),
                amount=PAID,
                currency=placement.currency,
                received_on=DAY,
                claim_reference=placement.claim.invoice.number if placement.claim.invoice else None,
            ),
        ),
        "recall": lambda reference, placement: (Recall(**_told(reference, placement), reason="Irrtümlich übergeben", costs_accepted=True),),
        "pause": lambda reference, placement: (
            Pause(**_told(reference, placement), until=dt.date(2026, 7, 31), reason="Stundung gewährt"),
        ),
        "resume": lambda reference, placement: (Resume(**_told(reference, placement)),),
        "send_document": lambda reference, placement: (
            SendDocument(
                **_told(reference, placement),
                kind="invoice",
                file_name="rechnung.pdf",
                media_type="application/pdf",
                content=b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
            ),
        ),
        "send_message": lambda reference, placement: (SendMessage(**_told(reference, placement), text="Bitte prüfen: der Käufer zahlte."),),
        "fetch_messages": lambda reference, _placement: (reference,),
        "fetch_ledger": lambda reference, _placement: (reference,),
        "fetch_payouts": lambda _reference, _placement: (),
        "portal_url": lambda reference, _placement: (reference,),
    }
)
"""Optional operation -> what the kit calls it with, where an example does not say; from the case reference and the placement."""

CHANGING = frozenset({"acknowledge", "amend", "report_payment", "recall", "pause", "resume", "send_document", "send_message"})
"""The operations that change something at the agency."""
