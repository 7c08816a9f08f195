"""Webhook signatures: HMAC with one or two secrets, with or without a time, compared in constant time.

Two secrets at once let a merchant change his without losing a delivery. Facts on the schemes: ``reference: agency-apis.md`` section 5.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable

from inkasso_core.errors import DeliveryRefused
from inkasso_core.model.feed import Delivery
from inkasso_core.model.words import Text

TOLERANCE = dt.timedelta(seconds=300)


def check_signature(delivery: Delivery, *, signed: bytes, given: Iterable[str], keys: Iterable[bytes], agency: str) -> None:
    """Check that one of the signatures ``given`` (hex) is the HMAC-SHA256 of ``signed`` under one of ``keys``.

    Raises ``DeliveryRefused`` otherwise, and where there is no signature or no key.
    """
    wanted = [hmac.new(key, signed, hashlib.sha256).hexdigest() for key in keys]
    found = [text.strip().casefold().encode("utf-8", "replace") for text in given]
    matches = [hmac.compare_digest(one.encode(), other) for one in wanted for other in found]
    if not any(matches):
        raise DeliveryRefused(_WRONG, agency=agency)


def check_time(delivery: Delivery, seconds: str | None, *, agency: str, tolerance: dt.timedelta = TOLERANCE) -> None:
    """Check that a delivery was signed at about the time it arrived (Unix time, seconds). Raises ``DeliveryRefused``."""
    if seconds is None or not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 11:
        raise DeliveryRefused(_WRONG, agency=agency)
    signed_at = dt.datetime.fromtimestamp(int(seconds), dt.UTC)
    if abs(delivery.received_at - signed_at) > tolerance:
        raise DeliveryRefused(_OLD, agency=agency)


_WRONG = Text(
    "Die Unterschrift der Nachricht fehlt oder stimmt nicht: das Geheimnis des Webhooks in den Einstellungen prüfen.",
    "The signature of the delivery is missing or wrong: check the webhook's secret in the settings.",
)
_OLD = Text(
    "Die Nachricht wurde zu einer anderen Zeit unterschrieben: die Uhr prüfen; sonst ist sie wiederholt worden.",
    "The delivery was signed at another time: check the clock; otherwise it was repeated.",
)
