"""An invoice with its notices, credits and customer becomes one claim (``reference: shop-actindo.md`` section 8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from inkasso_core import AppliesTo, ChargeKind, Claim, InvalidInput, OrderEnd, ShopEvent, Text
from inkasso_shop_plugins.actindo.debtor import debtor
from inkasso_shop_plugins.actindo.reading import UNLINKED
from inkasso_shop_plugins.actindo.record import Values
from inkasso_shop_plugins.actindo.settings import ActindoSettings, Assertion

NAME = "actindo"
UNREAD = "credit_unread"
LOCKS = ("reminder_lock", "reminder_automatic_lock")
ZERO = Decimal(0)
LONGEST_SUBJECT = 500
NOTHING = Assertion()

NO_LINK = Text(
    "Die Mahnung nennt keine Rechnung: [{section}.fields] invoice mit „Dev Tools > API“ vergleichen; die nächste Abfrage liest sie neu.",
    'The notice names no invoice: compare [{section}.fields] invoice with "Dev Tools > API"; the next poll reads it anew.',
)
NO_AMOUNT = Text(
    "Die Rechnung zu dieser Mahnung ist nicht bekannt, und die Mahnung nennt keinen Betrag. Sobald actindo die Rechnung herausgibt, wird "
    "sie gelesen: die Rechte des Benutzers prüfen.",
    "The invoice of this notice is not known, and the notice names no amount. As soon as actindo gives the invoice out it is read: check "
    "the user's rights.",
)


class Known(NamedTuple):
    """What has been reported of one invoice."""

    order: str
    invoice: Values | None
    customer: Values | None
    positions: Sequence[Mapping[str, Any]]
    notices: Sequence[Values]
    credits: Sequence[Values]
    is_reversed: bool
    at: dt.datetime | None
    """When it last changed: a notice that belongs to another invoice now changes both."""


def claim_of(event: ShopEvent, settings: ActindoSettings) -> Claim | None:
    """Return the claim of a whole; None where nobody was ever reminded.

    Raises ``InvalidInput`` for what cannot be read, naming the property, and pydantic's ``ValidationError`` for values no claim may have.
    """
    section = f"shops.{event.shop}.settings"
    known = _known(event.payload, settings, section)
    if known.order.startswith(UNLINKED):
        _check_unlinked(known, settings, section)
        return None
    if not known.notices and known.invoice is None:
        return None
    levels = {level for notice in known.notices if (level := notice.level("level")) is not None}
    if known.invoice is None and not settings.reaches(levels) and known.notices[-1].number("gross") is None:
        return None  # the invoice is read once a notice counts
    code = known.invoice.text("payment_type") if known.invoice else None
    is_assigned = code in settings.factoring
    filled = _Filled(settings.assertion or NOTHING)
    paper = _paper(known, settings, filled)
    fields = {
        "source": {
            "order": known.order,
            "status": str(max(levels)) if levels else None,
            "triggered": settings.reaches(levels) and not is_assigned,
            "reported_at": known.at,
        },
        **_money(known, settings),
        "debtor": debtor(known.invoice, known.customer, settings, fallback=_customer_number(known)),
        "subject": _subject(known.positions),
        **paper,
        "reminders": _reminders(known.notices, settings, filled),
        "ended": _end(known, settings),
        "payment_method": (known.invoice.text("payment_label") if known.invoice else None) or code,
        "assigned_to": code if is_assigned else None,
        "extra": _marks(known, settings),
    }
    return Claim.model_validate({**fields, "asserted": filled.paths})


def _known(payload: Mapping[str, Any], settings: ActindoSettings, section: str) -> Known:
    whole = _Whole.model_validate(payload)
    customer_paths = (settings.customer_fields.model_dump(), f"{section}.customer_fields")
    paths = (settings.fields.model_dump(), f"{section}.fields")

    def of(kind: str) -> list[Values]:
        named, where = customer_paths if kind == "customer" else paths
        return [Values(part.payload.values, named, where) for part in whole.parts if part.payload.kind == kind]

    invoices, customers = of("invoice"), of("customer")
    positions = [part.payload.positions for part in whole.parts if part.payload.kind == "invoice"]
    return Known(
        order=whole.whole,
        invoice=invoices[-1] if invoices else None,
        customer=customers[-1] if customers else None,
        positions=positions[-1] if positions else (),
        notices=of("notice"),
        credits=of("credit"),
        is_reversed=bool(of("reversal")),
        at=whole.changed_at or max((part.received_at for part in whole.parts), default=None),
    )


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class _Content(_Stored):
    """What :mod:`reading` stored of one record."""

    kind: Literal["invoice", "notice", "credit", "reversal", "customer"] = Field(alias="is")
    values: Mapping[str, Any]
    positions: tuple[Mapping[str, Any], ...] = ()


class _OnePart(_Stored):
    received_at: AwareDatetime
    payload: _Content


class _Whole(_Stored):
    """All that is known of an invoice, as the core hands it on."""

    whole: str = Field(min_length=1, max_length=200)
    changed_at: AwareDatetime | None = None
    parts: tuple[_OnePart, ...]


def _check_unlinked(known: Known, settings: ActindoSettings, section: str) -> None:
    """A document that names no invoice is nobody's; only a notice that would be handed over calls for somebody."""
    levels = {level for notice in known.notices if (level := notice.level("level")) is not None}
    if settings.reaches(levels):
        raise InvalidInput(NO_LINK.fill(section=section), field="invoice", reason="INVOICE_LINK_MISSING")


class _Filled:
    """Remembers the path of every field that the merchant's assertion filled."""

    def __init__(self, assertion: Assertion) -> None:
        self.assertion = assertion
        self.paths: list[str] = []

    def fill(self, path: str, found: Any, declared: Any) -> Any:
        """Return what was found, else what was declared."""
        if found is not None or declared is None:
            return found
        self.paths.append(path)
        return declared


def _after(day: dt.date | None, days: int | None) -> dt.date | None:
    return None if day is None or days is None else day + dt.timedelta(days)


def _paper(known: Known, settings: ActindoSettings, filled: _Filled) -> dict[str, Any]:
    """Return invoice, contract, due date and performance."""
    invoice, said = known.invoice, filled.assertion
    if invoice is None:
        return {"invoice": None}
    issued = invoice.day("date", settings.timezone)
    due = filled.fill("due_date", invoice.day("due_date", settings.timezone), _after(issued, said.due_days))
    ordered = filled.fill("contract.concluded_on", None, issued if said.ordered_on_invoice_date else None)
    return {
        "invoice": {"number": invoice.needed("number"), "issued_on": issued},
        "contract": {"concluded_on": ordered} if ordered else None,
        "due_date": due,
        "due_date_origin": filled.fill("due_date_origin", None, said.due_date_origin) if due else None,
        "performed": filled.fill("performed", None, said.performed),
    }


def _money(known: Known, settings: ActindoSettings) -> dict[str, Any]:
    """Return principal, credits, payments and fees. What is open of an invoice says how much was paid, if more than the credits."""
    invoice = known.invoice
    source = invoice or known.notices[-1]
    gross = source.number("gross")
    if gross is None and invoice is None:
        raise InvalidInput(NO_AMOUNT, field="gross", reason="INVOICE_UNKNOWN")
    principal = Decimal(source.needed("gross") if gross is None else gross)
    credited, _ = _credits(known, settings)
    still_open = invoice.number("open_amount") if invoice is not None else None
    paid = ZERO if still_open is None else principal - sum((one["amount"] for one in credited), ZERO) - still_open
    return {
        "currency": source.needed("currency"),
        "principal": principal,
        "credits": credited,
        "payments": [{"amount": paid, "applies_to": AppliesTo.PRINCIPAL}] if paid > ZERO else [],
        "charges": _fees(known.notices, settings),
    }


def _credits(known: Known, settings: ActindoSettings) -> tuple[list[dict[str, Any]], bool]:
    """Return the credits, and whether one of them cannot be read: then nobody knows what is owed, and the review keeps the claim back."""
    found, unread = [], False
    for one in known.credits:
        try:
            found.append(_credit(one, settings))
        except InvalidInput:
            unread = True
    return found, unread


def _credit(one: Values, settings: ActindoSettings) -> dict[str, Any]:
    """A correction may be written with either sign: it reduces the claim."""
    amount = one.number("gross")
    if amount is None:
        one.needed("gross")
    return {"amount": abs(amount or ZERO), "on": one.day("date", settings.timezone), "reference": one.text("number")}


def _fees(notices: Sequence[Values], settings: ActindoSettings) -> list[dict[str, Any]]:
    counted = notices if settings.fees == "sum" else _in_order(notices, settings)[-1:]
    found = [(fee, notice) for notice in counted if (fee := notice.number("fee"))]
    return [
        {"kind": ChargeKind.DUNNING_FEE, "amount": fee, "on": notice.day("date", settings.timezone), "reason": notice.text("number")}
        for fee, notice in found
    ]


def _in_order(notices: Iterable[Values], settings: ActindoSettings) -> list[Values]:
    return sorted(notices, key=lambda one: (one.day("date", settings.timezone) or dt.date.min, one.level("level") or 0))


def _reminders(notices: Sequence[Values], settings: ActindoSettings, filled: _Filled) -> list[dict[str, Any]]:
    said, found = filled.assertion, []
    for number, notice in enumerate(_in_order(notices, settings)):
        sent = notice.day("date", settings.timezone)
        deadline = notice.day("deadline", settings.timezone)
        found.append(
            {
                "level": notice.level("level"),
                "sent_on": sent,
                "deadline": filled.fill(f"reminders.{number}.deadline", deadline, _after(sent, said.reminder_deadline_days)),
                "channel": filled.fill(f"reminders.{number}.channel", None, said.reminder_channel),
                "number": notice.text("number"),
            }
        )
    return found


def _end(known: Known, settings: ActindoSettings) -> OrderEnd | None:
    """A reversal ends the claim; a credit of all that was invoiced does so, too."""
    if known.is_reversed:
        return OrderEnd.CANCELLED
    gross = known.invoice.number("gross") if known.invoice is not None else None
    credited = sum((one["amount"] for one in _credits(known, settings)[0]), ZERO)
    return OrderEnd.REFUNDED if gross is not None and credited and credited >= gross else None


def _marks(known: Known, settings: ActindoSettings) -> dict[str, Any]:
    """Return what the review asks: which locks are set, and whether a credit cannot be read."""
    customer = known.customer
    locks = [name for name in LOCKS if customer is not None and customer.truth(name)]
    marks = {"locks": locks, UNREAD: _credits(known, settings)[1]}
    return {NAME: marks} if any(marks.values()) else {}


def _customer_number(known: Known) -> str | None:
    return next((number for notice in reversed(known.notices) if (number := notice.text("customer"))), None)


def _subject(positions: Sequence[Mapping[str, Any]]) -> str | None:
    """Return what was sold, such as ``Stuhl, 2 × Kissen``; of many positions as many as fit, and how many more."""
    names = [name for position in positions if (name := _position(position))]
    text = ""
    for number, name in enumerate(names):
        longer = f"{text}, {name}" if text else name
        if len(longer) > LONGEST_SUBJECT:
            return f"{text}, … (+{len(names) - number})" if text else f"{name[:LONGEST_SUBJECT]}…"
        text = longer
    return text or None


def _position(position: Mapping[str, Any]) -> str | None:
    name, quantity = position.get("name"), str(position.get("quantity") or "1")
    if not isinstance(name, str):
        return None
    plain = quantity.rstrip("0").rstrip(".") if "." in quantity else quantity
    return " ".join(name.split()) if plain == "1" else f"{plain} × {' '.join(name.split())}"
