"""All notifications of one rate become one claim, whatever the order of their arrival."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from inkasso_core import Claim, InvalidInput, OrderEnd, Text
from inkasso_shop_plugins.copecart import statuses
from inkasso_shop_plugins.copecart.asserted import Filled, course
from inkasso_shop_plugins.copecart.codes import PRODUCT_KINDS, Kind, Plan, return_kind
from inkasso_shop_plugins.copecart.debtor import debtor
from inkasso_shop_plugins.copecart.ledger import ZERO, Entry, Ledger, fill, ordered
from inkasso_shop_plugins.copecart.notification import Notification
from inkasso_shop_plugins.copecart.receiving import told
from inkasso_shop_plugins.copecart.routing import CLAIMS, Case, Number, route
from inkasso_shop_plugins.copecart.settings import CopeCartSettings, Terms


class Rate(NamedTuple):
    """One rate of an order: its entries in their order, and the ledger that they fill."""

    entries: Sequence[Entry]
    ledger: Ledger

    def latest(self, name: str) -> str | None:
        """Return a field as the latest notification has it that has it at all."""
        texts = (entry.notification.text(name) for entry in reversed(self.entries))
        return next((text for text in texts if text is not None), None)

    @property
    def method(self) -> str:
        """The method of payment, in the platform's word."""
        return (self.latest("payment_method") or "").casefold()

    @property
    def plan(self) -> str:
        """The plan of payment, in the platform's word."""
        return (self.latest("payment_plan") or "").casefold()

    @property
    def total(self) -> int | None:
        """How many payments the plan has."""
        counts = (entry.notification.whole("total_number_of_payments") for entry in reversed(self.entries))
        return next((count for count in counts if count is not None), None)

    @property
    def ordered_on(self) -> dt.date | None:
        """The day of the order."""
        days = (entry.notification.moment("order_date") for entry in reversed(self.entries))
        return next((day.day for day in days if day is not None), None)


def claim_of(payload: Mapping[str, Any], settings: CopeCartSettings) -> Claim | None:
    """Return the claim of all notifications that belong together; None where no money was ever expected.

    Raises ``InvalidInput`` where they come from two vendors, mix currencies, or leave open which rate or which amount they are about; and
    for a record that the core has not made.
    """
    parts = _parts(payload)
    read = [told(part["payload"], settings.timezone) for part in parts]
    notifications = [notification for _, notification in read]
    cancelled = [_cancelled_on(part, one, settings.timezone) for part, one in zip(parts, notifications, strict=True)]
    of_rate = [one for one in notifications if one.rate is not None and one.kind is not Kind.PLAN_CANCELLED]
    names = [unquote(name) or None for name in str(payload["whole"]).split("/")]
    if len(names) != _NAMES or not str(names[-1]).isdecimal() or not of_rate:
        if any(one.kind not in (None, Kind.PLAN_CANCELLED) for one in notifications):
            raise InvalidInput(_NO_RATE, field="rate_number", reason="RATE_UNKNOWN")
        return None
    entries = ordered(of_rate)
    rate = Rate(entries, fill(entries))
    if rate.ledger.expected is None and rate.ledger.cause is not None:
        raise InvalidInput(_NO_AMOUNT, field="transaction_amount", reason="AMOUNT_UNKNOWN")
    if rate.ledger.expected is None:
        return None
    vendor = _vendor(read, settings)
    order, product, number = names
    ended_on = min((day for day in cancelled if day is not None), default=None)
    return _claim(rate, settings, Known(str(order), product, int(str(number)), vendor, len(parts), ended_on))


class Known(NamedTuple):
    """What does not stand in the notifications of the rate themselves."""

    order: str
    product: str | None
    number: int
    vendor: str | None
    version: int
    plan_ended_on: dt.date | None


def _claim(rate: Rate, settings: CopeCartSettings, known: Known) -> Claim:
    ledger, terms, filled = rate.ledger, settings.terms or Terms(), Filled()
    status, is_claim, ended = _verdict(rate, settings, known)
    latest = rate.entries[-1].moment
    fields: dict[str, Any] = {
        "source": {
            "order": known.order,
            "product": known.product,
            "instalment": known.number,
            "vendor": known.vendor,
            "status": status,
            "triggered": is_claim,
            "version": known.version,
            "reported_at": latest.at if latest else None,
        },
        "currency": _currency(rate),
        "principal": ledger.expected,
        "payments": [{"amount": paid.amount, "on": paid.on, "reference": paid.reference} for paid in ledger.payments],
        "credits": [{"amount": refund.amount, "on": refund.on, "reference": refund.reference} for refund in ledger.refunds],
        "returns": [{"kind": return_kind(rate.method), "on": day} for day in ledger.returned_on],
        "debtor": debtor([entry.notification for entry in rate.entries]),
        "subject": _subject(rate, settings, known),
        "contract": {"number": known.order, "concluded_on": rate.ordered_on},
        "payment_method": rate.method or None,
        "payment_pending": True if ledger.retried else None,
        "ended": ended,
        **course(rate.method, ledger, rate.ordered_on if known.number <= 1 else None, known.order, terms, filled),
        "performed": filled.fill("performed", terms.performed),
    }
    kind = PRODUCT_KINDS.get((rate.latest("product_type") or "").casefold()) or filled.fill("kind", terms.digital_kind)
    if kind is not None:
        fields["kind"] = kind
    return Claim.model_validate({**fields, "asserted": filled.paths})


def _verdict(rate: Rate, settings: CopeCartSettings, known: Known) -> tuple[str, bool, OrderEnd | None]:
    """Say what becomes of the rate: the status that people read, whether it is a claim, and whether its order ended."""
    ledger = rate.ledger
    if ledger.open <= ZERO or ledger.cause is None:
        is_refunded = ledger.is_stated and ZERO < ledger.refunded == ledger.expected
        return (statuses.REFUNDED, False, OrderEnd.REFUNDED) if is_refunded else (statuses.PAID, False, None)
    if known.plan_ended_on and ledger.begun_on and not ledger.was_paid and ledger.begun_on > known.plan_ended_on:
        return statuses.PLAN_CANCELLED, False, OrderEnd.CANCELLED
    method = settings.called(rate.method)
    payment = Number.FIRST if known.number <= 1 else Number.FOLLOW_UP
    case = Case(rate.plan, payment, method, ledger.cause)
    total = _order_total(rate)
    if total is not None and total < settings.order_minimum:
        return statuses.below_minimum(case), False, None
    routed = route(case, settings.routing, settings.unstated)
    return statuses.routed(case, routed), routed.way in CLAIMS, None


def _order_total(rate: Rate) -> Decimal | None:
    """Return the total of the order where it can be told for certain; that of a subscription is not."""
    expected = rate.ledger.expected
    if rate.plan == Plan.INSTALMENTS and expected is not None and rate.total:
        return expected * rate.total
    if rate.plan != Plan.ONE_TIME or expected is None:
        return None
    amounts = (entry.notification.amount("transaction_amount") for entry in rate.entries)
    return max([expected, *(amount for amount in amounts if amount is not None)])


def _currency(rate: Rate) -> str:
    found = {text.upper() for entry in rate.entries if (text := entry.notification.text("transaction_currency"))}
    if len(found) != 1:
        raise InvalidInput(_NO_CURRENCY, field="transaction_currency", reason="CURRENCY_UNKNOWN")
    return found.pop()


def _subject(rate: Rate, settings: CopeCartSettings, known: Known) -> str | None:
    """Say what was bought, in words that the buyer knows: the product, which rate, and from whom."""
    product, total = rate.latest("product_name"), rate.total
    if product is None:
        return None
    several = rate.plan != Plan.ONE_TIME
    number = f", Rate {known.number} von {total}" if several and total and total > 1 else f", Zahlung {known.number}" if several else ""
    vendor = settings.vendors.get(known.vendor or "")
    return f"{product}{number}" + (f", Anbieter {vendor.name}" if vendor is not None and vendor.name else "")


def _parts(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the stored notifications of a record."""
    parts = payload.get("parts")
    if not isinstance(payload.get("whole"), str) or not isinstance(parts, list) or not all(map(_is_part, parts)):
        raise InvalidInput(_NO_RECORD, field="parts", reason="NO_NOTIFICATIONS")
    return parts


def _is_part(part: object) -> bool:
    if not isinstance(part, Mapping) or not isinstance(part.get("received_at"), str) or not isinstance(part.get("payload"), Mapping):
        return False
    return isinstance(part["payload"].get("notification"), Mapping) and isinstance(part["payload"].get("vendor"), str | None)


def _cancelled_on(part: Mapping[str, Any], notification: Notification, zone: ZoneInfo) -> dt.date | None:
    """Return from when on a cancelled plan asks for nothing more: the day that it names, else the day on which it was told."""
    if notification.kind is not Kind.PLAN_CANCELLED:
        return None
    named = notification.moment("is_cancelled_for")
    return named.day if named else _read(part["received_at"]).astimezone(zone).date()


def _read(received_at: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(received_at)
    except ValueError:
        raise InvalidInput(_NO_RECORD, field="received_at", reason="NO_NOTIFICATIONS") from None


def _vendor(read: Iterable[tuple[str | None, Notification]], settings: CopeCartSettings) -> str | None:
    """Return whose order it is: of each notification by the address that it came to, or, at the shop's own address, by what it says."""
    found = {name for vendor, one in read if (name := vendor or _named(one, settings))}
    if len(found) > 1:
        raise InvalidInput(_TWO_VENDORS, field="vendors", reason="VENDOR_CONFLICT")
    return found.pop() if found else None


def _named(notification: Notification, settings: CopeCartSettings) -> str | None:
    """Return the vendor that a notification to the shop's own address is about."""
    name = notification.text(settings.vendor_field) if settings.vendor_field else None
    return name if name in settings.vendors else settings.products.get(notification.text("product_id") or "")


_NAMES = 3
"""A rate is named by order, product and number; what has fewer names is of no rate."""
_NO_RATE = Text(
    "order_id oder rate_number fehlt: die Zahlung lässt sich keiner Rate zuordnen. Bitte den Auftrag auf der Plattform ansehen und die "
    "Rate von Hand nachtragen.",
    "order_id or rate_number is missing: the payment cannot be put to a rate. Please look at the order on the platform and enter the rate "
    "by hand.",
)
_NO_RECORD = Text(
    "Das ist keine Sammlung von Benachrichtigungen: sie gehören an die Adresse des Shops (`inkasso serve`).",
    "This is no collection of notifications: they belong to the shop's own address (`inkasso serve`).",
)
_NO_AMOUNT = Text(
    "transaction_amount fehlt, ist nicht zu lesen oder gilt für mehrere Produkte, ohne zu sagen, was auf dieses entfällt.",
    "transaction_amount is missing, cannot be read, or is for several products without saying what falls to this one.",
)
_NO_CURRENCY = Text(
    "transaction_currency fehlt, oder die Benachrichtigungen einer Rate nennen mehrere Währungen.",
    "transaction_currency is missing, or the notifications of one rate name several currencies.",
)
_TWO_VENDORS = Text(
    "Von dieser Rate melden zwei Verkäufer: Adresse und Geheimnis der Verkäufer prüfen (IPN-Einstellungen, [vendors], products).",
    "Two vendors tell of this rate: check the addresses and secrets of the vendors (IPN settings, [vendors], products).",
)
