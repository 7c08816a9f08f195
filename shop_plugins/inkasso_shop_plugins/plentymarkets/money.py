"""What the order amounts to, what was paid, and which dunning fees are in it.

From ``reference: shop-plentymarkets.md`` sections 4, 8 and 9. Principal and dunning fees together always are the
order's ``invoiceTotal``.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from inkasso_core import AppliesTo, ChargeKind, PaymentOrigin, Text
from inkasso_shop_plugins.plentymarkets.codes import BOOKED, MONEY_IN, MONEY_OUT, NOTHING_OPEN, ItemType, PaymentProperty
from inkasso_shop_plugins.plentymarkets.own import own
from inkasso_shop_plugins.plentymarkets.record import MISSING, Node, identifier, wrong
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

ZERO = Decimal(0)
OURS = "inkasso-"
"""How the transaction ids of payments begin that we booked."""

SEVERAL_AMOUNTS = Text(
    "enthält mehrere Beträge, die der des Kunden sein können (isSystemCurrency). Im Shop berichtigen und neu einlesen.",
    "holds several amounts that may be the customer's (isSystemCurrency). Correct it in the shop and ingest it again.",
)
FEES_TOO_HIGH = Text(
    "enthält mehr Mahngebühren als der Auftrag insgesamt beträgt. Die Auftragspositionen im Shop berichtigen.",
    "holds more dunning charges than the whole order amounts to. Correct the order items in the shop.",
)
NO_SUCH_PRICE = Text(
    "enthält keinen Preis in der Währung des Auftrags. Die Auftragsposition im Shop berichtigen.",
    "holds no price in the currency of the order. Correct the order item in the shop.",
)


def money(order: Node, payment_status: str | None, settings: PlentySettings) -> dict[str, Any]:
    """Return the claim's ``currency``, ``principal``, ``charges`` and ``payments``, in the debtor's currency."""
    amount = debtor_amount(order)
    currency = amount.needed("currency", amount.text("currency"))
    total = amount.needed("invoiceTotal", amount.number("invoiceTotal"))
    charges = dunning_fees(order, amount, currency, settings)
    principal = total - sum((charge["amount"] for charge in charges), ZERO)
    if charges and principal < ZERO:
        raise wrong(order.at("orderItems"), FEES_TOO_HIGH)
    payments = shop_payments(order, amount, currency, settings.timezone) + deductions(amount, settings)
    rest = total - sum((payment["amount"] for payment in payments), ZERO)
    if rest > ZERO and payment_status and payment_status.casefold() in NOTHING_OPEN:
        payments.append({"amount": rest, "reference": "payment status"})
    return {"currency": currency, "principal": principal, "charges": charges, "payments": payments}


def debtor_amount(order: Node) -> Node:
    """Return the entry of ``amounts`` in the customer's currency: that of the system only where there is no other."""
    amounts = order.nodes("amounts")
    if not amounts:
        raise wrong(order.at("amounts"), MISSING)
    possible = [amount for amount in amounts if amount.truth("isSystemCurrency") is False] or list(amounts)
    if len(possible) > 1:
        raise wrong(order.at("amounts"), SEVERAL_AMOUNTS)
    return possible[0]


def dunning_fees(order: Node, amount: Node, currency: str, settings: PlentySettings) -> list[dict[str, Any]]:
    """Return the dunning charges among the items: price times quantity, rounded half up as on the invoice."""
    price_key = "priceNet" if amount.truth("isNet") else "priceGross"
    cent = Decimal(1).scaleb(-get_currency_precision(currency.upper()))
    fees = []
    for item in order.nodes("orderItems"):
        if not is_dunning_charge(item, settings):
            continue
        price = _price(item, price_key, currency)
        quantity = item.number("quantity")
        fee = (price * (1 if quantity is None else quantity)).quantize(cent, ROUND_HALF_UP)
        if fee:
            fees.append(
                {
                    "kind": ChargeKind.DUNNING_FEE,
                    "amount": fee,
                    "on": item.day("createdAt", settings.timezone),
                    "reason": item.text("orderItemName"),
                }
            )
    return fees


def is_dunning_charge(item: Node, settings: PlentySettings) -> bool:
    """True for an item of type 12, and for an ordinary item that the merchant configured as his dunning charge."""
    is_typed = item.integer("typeId") == ItemType.DUNNING_CHARGE
    return is_typed or item.integer("itemVariationId") in settings.dunning_variations


def _price(item: Node, key: str, currency: str) -> Decimal:
    for amount in item.nodes("amounts"):
        if (amount.text("currency") or "").upper() == currency.upper():
            return amount.needed(key, amount.number(key))
    raise wrong(item.at("amounts"), NO_SUCH_PRICE)


def shop_payments(order: Node, amount: Node, currency: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the payments one by one where they add up to ``paidAmount``, else ``paidAmount`` as one without date.

    Payments that the agency reported and we booked are listed in any case: they must be told from those that the shop received.
    """
    paid = amount.number("paidAmount")
    booked = [payment for payment in order.nodes("payments") if _is_booked(payment, currency)]
    came_in = [payment for payment in booked if payment.text("type") == MONEY_IN and payment.number("amount")]
    listed = _sum(came_in)
    went_out = _sum(payment for payment in booked if payment.text("type") == MONEY_OUT)
    if paid is None:
        paid = max(listed - went_out, ZERO)
    if came_in and listed == paid and not went_out:
        return [_payment(payment, order, zone) for payment in came_in]
    from_agency = [payment for payment in came_in if is_from_agency(payment, order)]
    rest = paid - _sum(from_agency)
    if rest < ZERO:  # some of what the agency collected went out again
        return [{"amount": paid, "origin": PaymentOrigin.AGENCY}] if paid else []
    return [_payment(payment, order, zone) for payment in from_agency] + ([{"amount": rest}] if rest > ZERO else [])


def _sum(payments: Iterable[Node]) -> Decimal:
    return sum((payment.number("amount") or ZERO for payment in payments), ZERO)


def is_from_agency(payment: Node, order: Node) -> bool:
    """True for a payment that the agency reported and that we booked in the shop."""
    if identifier(payment, "id") in own(order).booked:
        return True
    return any(
        entry.integer("typeId") == PaymentProperty.TRANSACTION_ID and (entry.text("value") or "").startswith(OURS)
        for entry in payment.nodes("properties")
    )


def _is_booked(payment: Node, currency: str) -> bool:
    return (
        payment.integer("status") in BOOKED
        and not payment.truth("deleted")
        and not payment.truth("unaccountable")
        and (payment.text("currency") or "").upper() == currency.upper()
    )


def _payment(payment: Node, order: Node, zone: ZoneInfo) -> dict[str, Any]:
    received = payment.day("receivedAt", zone) or payment.day("importedAt", zone)
    origin = PaymentOrigin.AGENCY if is_from_agency(payment, order) else PaymentOrigin.SHOP
    return {"amount": payment.number("amount"), "on": received, "reference": payment.text("id"), "origin": origin}


def deductions(amount: Node, settings: PlentySettings) -> list[dict[str, Any]]:
    """Return gift cards and advances as payments on the principal: they were given for the price of the goods."""
    return [
        {"amount": deducted, "applies_to": AppliesTo.PRINCIPAL, "reference": name}
        for name in settings.deduct
        if (deducted := amount.number(name))
    ]
