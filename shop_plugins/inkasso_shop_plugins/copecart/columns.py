"""The columns of a vendor's list: no layout is published, so each is found under our own name, or under the configured headings."""

from __future__ import annotations

from collections.abc import Mapping

from inkasso_core import ColumnSpec

NAMES = (
    *("order_id", "product_id", "rate_number", "vendor_id", "event", "amount", "paid_amount", "currency"),
    *("payment_plan", "payment_method", "total_number_of_payments", "order_date", "invoice_date", "due_date", "returned_on"),
    *("reminder_1_date", "reminder_2_date", "reminder_3_date", "invoice_number", "changed_at", "product_name", "product_type"),
    *("buyer_id", "buyer_firstname", "buyer_lastname", "buyer_company_name", "buyer_vat_number", "buyer_street"),
    *("buyer_house_number", "buyer_address_details", "buyer_zipcode", "buyer_city", "buyer_state", "buyer_country_code"),
    *("buyer_email", "buyer_phone_number"),
)
"""Our names: those of the notifications, as far as these have one."""
NEEDED = frozenset({"order_id", "amount"})
REMINDERS = ("reminder_1_date", "reminder_2_date", "reminder_3_date")


def column_specs(headings: Mapping[str, tuple[str, ...]]) -> tuple[ColumnSpec, ...]:
    """Return the columns for the reader."""
    return tuple(ColumnSpec(name, tuple(headings.get(name, ())), required=name in NEEDED, by_name_only=True) for name in NAMES)
