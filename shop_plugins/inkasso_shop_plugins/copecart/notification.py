"""One notification, read leniently: numbers may be texts, texts numbers; what cannot be read is unknown, and never an error by itself."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from inkasso_core import ValueRefused, parse_instant
from inkasso_shop_plugins.copecart.codes import BY_STATUS, KINDS, TEST_METHOD, TEST_STATUS, Kind, Plan

Json = Mapping[str, Any]
_LONGEST = 300
_NUMBER = re.compile(r"-?([0-9]{1,11})(?:[.,]([0-9]{1,4}))?")
_WHOLE = re.compile(r"([0-9]{1,6})(?:[.,]0{1,4})?")
_HAS_TIME = re.compile(r"\d[T ]+\d{1,2}:\d")
_UTC = re.compile(r"(?<=\d)\s*(?:UTC|GMT)$")
_YES = frozenset({"true", "1", "yes"})
_DATE_PIVOT = 70
_TIMES = ("transaction_processed_at", "transaction_date")
"""When a transaction happened: the more precise field first."""

READ = frozenset(
    {
        *("event_type", "order_id", "order_date", "product_id", "product_name", "product_type", "metadata"),
        *("buyer_id", "buyer_firstname", "buyer_lastname", "buyer_email", "buyer_phone_number", "buyer_company_name", "buyer_vat_number"),
        *("buyer_address", "buyer_street", "buyer_house_number", "buyer_address_details", "buyer_zipcode", "buyer_city", "buyer_state"),
        *("buyer_country", "buyer_country_code", "payment_method", "payment_plan", "payment_status", "total_number_of_payments"),
        *("is_cancelled_for", "transaction_id", "transaction_date", "transaction_processed_at", "transaction_amount"),
        *("transaction_currency", "rate_number", "transaction_amount_per_product"),
    }
)
"""The fields that count. Two notifications that differ in others only are the same one, sent again."""


class Moment(NamedTuple):
    """When something happened, as far as the notification says."""

    at: dt.datetime
    has_time: bool
    """Whether it says the time of day, too."""
    day: dt.date
    """The day in the operator's zone."""


class Notification:
    """The fields of one notification. Every reader returns None for what is missing, empty, or of no form that it knows."""

    __slots__ = ("_zone", "data")

    def __init__(self, data: Json, zone: ZoneInfo) -> None:
        self.data, self._zone = data, zone

    def __repr__(self) -> str:
        return f"Notification({len(self.data)} fields)"

    def text(self, name: str, longest: int = _LONGEST) -> str | None:
        """Return a field as text, without blanks around it; what is too long is cut off, and half a character is left out."""
        value = self.data.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            return None
        text = str(value).replace("\0", "").strip()[:longest].strip()
        return text.encode("utf-8", "ignore").decode() or None

    def word(self, name: str) -> str:
        """Return a code in small letters; nothing where there is none."""
        return (self.text(name) or "").casefold()

    def flag(self, name: str) -> bool:
        """Return whether a field says yes."""
        value = self.data.get(name)
        return value is True or (self.text(name) or "").casefold() in _YES

    def amount(self, name: str) -> Decimal | None:
        """Return an amount without its sign: refunds and chargebacks may bear one."""
        return read_amount(self.data.get(name))

    def whole(self, name: str) -> int | None:
        """Return a number of something, such as that of a rate."""
        value = self.data.get(name)
        found = None if isinstance(value, bool) or value is None else _WHOLE.fullmatch(str(value).strip())
        return int(found[1]) if found else None

    def moment(self, *names: str) -> Moment | None:
        """Return the first of these fields that holds a date or a time."""
        for name in names:
            text = self.text(name)
            at = self._instant(text) if text else None
            if text and at:
                return Moment(at.astimezone(dt.UTC), _HAS_TIME.search(text) is not None, at.astimezone(self._zone).date())
        return None

    def _instant(self, text: str) -> dt.datetime | None:
        try:
            return parse_instant(_UTC.sub("+00:00", text), _DATE_PIVOT, self._zone)
        except ValueRefused:
            return None

    # What it is about

    @property
    def kind(self) -> Kind | None:
        """What it does to the ledger; None for what it knows nothing of, and for a refund that failed."""
        kind = KINDS.get(self.word("event_type"))
        return kind if kind is None else BY_STATUS.get((kind, self.word("payment_status")), kind)

    @property
    def is_test(self) -> bool:
        """Whether it tells of a test order, from which no claim ever comes."""
        is_marked = self.flag("test_payment") or self.word("payment_method") == TEST_METHOD
        return is_marked or self.word("payment_status").startswith(TEST_STATUS)

    @property
    def rate(self) -> int | None:
        """Which payment of the plan it tells of; a one-time payment has one."""
        number = self.whole("rate_number")
        return 1 if not number and self.word("payment_plan") == Plan.ONE_TIME else number

    @property
    def happened(self) -> Moment | None:
        """When the transaction happened."""
        return self.moment(*_TIMES)

    @property
    def amount_of_rate(self) -> Decimal | None:
        """What the transaction is about, as far as it is this product's; None where it covers several and does not say which is which."""
        parts = list(self._parts())
        if len(parts) > 1:
            product, name = self.text("product_id"), self.text("product_name")
            of_product = [amount for slug, title, amount in parts if product is not None and slug == product]
            named = of_product or [amount for _, title, amount in parts if name is not None and title == name]
            return named[0] if len(named) == 1 else None
        return self.amount("transaction_amount")

    def _parts(self) -> Iterator[tuple[str | None, str | None, Decimal | None]]:
        given = self.data.get("transaction_amount_per_product")
        for entry in given if isinstance(given, list) else ():
            if isinstance(entry, Mapping):
                part = Notification(entry, self._zone)
                yield part.text("slug"), part.text("name"), part.amount("amount")

    @property
    def content(self) -> str:
        """All that counts of it, as a text that is the same for the same content."""
        return json.dumps({name: self.data[name] for name in sorted(READ & self.data.keys())}, sort_keys=True, default=str)

    @property
    def canonical(self) -> str:
        """All of it, likewise."""
        return json.dumps(self.data, sort_keys=True, default=str)


def read_amount(value: object) -> Decimal | None:
    """Read an amount, as a number or as a text with decimal point or comma; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    text = format(value, "f") if isinstance(value, Decimal) and value.is_finite() else str(value)
    found = _NUMBER.fullmatch(text.strip()[:_LONGEST])
    return Decimal(f"{found[1]}.{found[2] or 0}") if found else None
