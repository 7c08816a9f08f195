"""One row of an exported order file becomes one claim (``reference: shop-cpshop.md`` sections 2.1 and 3)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from string import Formatter
from typing import Any

from inkasso_core import ChargeKind, Claim, InvalidInput, ShopEvent, Text
from inkasso_shop_plugins.cpshop.asserted import Filled, course
from inkasso_shop_plugins.cpshop.columns import KEYS
from inkasso_shop_plugins.cpshop.debtor import debtor
from inkasso_shop_plugins.cpshop.row import EMPTY, Fault, Row
from inkasso_shop_plugins.cpshop.settings import Assertion, CPShopSettings, fold

ZERO = Decimal(0)

NOTHING = Assertion()
"""Asserts nothing."""

CURRENCY_SIGNS = {"€": "EUR", "EURO": "EUR"}

NO_KEY = Text(
    "keine Spalte nennt den Auftrag. Abhilfe: Bestell-ID, Bestellnummer oder Rechnungsnummer exportieren, oder die Überschrift der Spalte "
    "in inkasso.toml unter [{section}] columns eintragen ({columns}).",
    "no column names the order. Remedy: export the order's id, its number or the invoice number, or enter the column's heading in "
    "inkasso.toml under [{section}] columns ({columns}).",
)
NO_CURRENCY = Fault(
    "CURRENCY_UNKNOWN",
    Text(
        'Währung unbekannt. Abhilfe: die Spalte exportieren, oder in inkasso.toml unter [{section}.assertion] currency = "EUR" eintragen, '
        "dann `inkasso replay`.",
        'currency unknown. Remedy: export the column, or enter currency = "EUR" in inkasso.toml under [{section}.assertion], then '
        "`inkasso replay`.",
    ),
)


def claim_of(event: ShopEvent, settings: CPShopSettings) -> Claim:
    """Return the claim of the event's row; of an order without a selected status one that triggers nothing.

    Raises ``InvalidInput`` naming the column and what helps.
    """
    row = Row(event.payload, settings, f"shops.{event.shop}.settings")
    status = row.text("status")
    is_selected = not row.has("status") or fold(status or "") in settings.selected
    asserted = settings.assertion or NOTHING
    filled = Filled()
    fields = {
        "source": _source(row, status, settings, event.reported_at) | {"triggered": is_selected},
        "currency": _currency(row, asserted, filled),
        **_money(row, status, settings, filled),
        "debtor": debtor(row, settings, asserted, filled),
        **course(row, asserted if is_selected else NOTHING, filled),
        "subject": filled.fill("subject", row.text("reason"), _subject(row, asserted.subject)),
        "ended": settings.ended.get(fold(status or "")),
        "payment_method": row.text("payment_method"),
    }
    kind = filled.fill("kind", row.code("claim_type", settings.claim_types, "claim_types"), asserted.kind)
    if kind is not None:
        fields["kind"] = kind
    return Claim.model_validate({**fields, "asserted": filled.paths})


def _source(row: Row, status: str | None, settings: CPShopSettings, reported_at: dt.datetime | None) -> dict[str, Any]:
    """Return where the claim comes from. One column names all orders of a file, so that two rows never share a key by accident."""
    columns = (settings.key,) if settings.key else tuple(column for column in KEYS if row.has(column))
    if not columns:
        raise InvalidInput(NO_KEY.fill(section=row.section, columns=", ".join(KEYS)), field="order_number", reason="NO_KEY")
    order, number = row.needed(columns[0]), row.text("order_number")
    return {
        "order": order,
        "order_number": number if number != order else None,
        "status": status,
        "reported_at": row.instant("changed_at") or reported_at,
    }


def _currency(row: Row, asserted: Assertion, filled: Filled) -> str:
    found = row.text("currency")
    found = CURRENCY_SIGNS.get(found.upper(), found) if found else None
    return filled.fill("currency", found, asserted.currency) or row.refuse("currency", NO_CURRENCY)


def _money(row: Row, status: str | None, settings: CPShopSettings, filled: Filled) -> dict[str, Any]:
    """Return principal, charges and payments. A status that means paid is a payment of all that is open."""
    amount = row.amount("amount")
    if amount is None:
        row.refuse("amount", EMPTY)
    paid, fee = row.amount("paid_amount") or ZERO, row.amount("dunning_fee") or ZERO
    principal = amount + paid if settings.amount_is == "open" else amount
    payments = [{"amount": paid}] if paid else []
    rest = principal + fee - paid
    if rest > ZERO and fold(status or "") in settings.paid_status:
        filled.paths.append(f"payments.{len(payments)}")
        payments.append({"amount": rest})
    charges = [{"kind": ChargeKind.DUNNING_FEE, "amount": fee}] if fee else []
    return {"principal": principal, "charges": charges, "payments": payments}


def _subject(row: Row, template: str | None) -> str | None:
    """Return the template filled in; None where a field that it names is unknown."""
    if template is None:
        return None
    values: dict[str, str] = {}
    for _, name, _, _ in Formatter().parse(template):
        if name:
            value = row.text(name) if name.endswith("_number") else _written(row.day(name))
            if value is None:
                return None
            values[name] = value
    return template.format(**values)


def _written(day: dt.date | None) -> str | None:
    return day.strftime("%d.%m.%Y") if day else None
