"""Whether a notification is the platform's: checked on the bytes as they came, before anything of them is read.

Two schemes (``reference: shop-copecart.md`` sections 2.1 and 3): ``X-Copecart-Signature`` is the Base64 of the HMAC-SHA256 of the body;
``X-Cope-Signature: t=<unix>,v1=<hex>`` is that of ``<t>.<body>``, and holds for five minutes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from inkasso_core import ShopRequest, check_signature, check_time

OLD, NEW, EVENT_ID = "X-Copecart-Signature", "X-Cope-Signature", "X-Cope-Event-Id"
_LONGEST, _MOST = 1000, 5
"""Characters of a header; signatures in it: while a secret is being changed there may be two."""
_PLATFORM = "copecart"


def check(request: ShopRequest, keys: Sequence[bytes]) -> None:
    """Raise ``DeliveryRefused`` unless the body is signed with one of the keys, by one of the two schemes."""
    header = request.header(NEW)
    if header is None:
        check_signature(request, signed=request.body, given=_old(request.header(OLD) or ""), keys=keys, agency=_PLATFORM)
        return
    at, given = _new(header)
    signed = f"{at}.".encode() + request.body
    check_signature(request, signed=signed, given=given, keys=keys, agency=_PLATFORM)
    check_time(request, at, agency=_PLATFORM)


def _old(header: str) -> list[str]:
    """Return the signature in hexadecimal; none where it is no Base64."""
    try:
        return [base64.b64decode(header.strip(), validate=True).hex()] if len(header) <= _LONGEST else []
    except (binascii.Error, ValueError):
        return []


def _new(header: str) -> tuple[str, list[str]]:
    """Return the time as it was signed, and the signatures."""
    pairs = [pair.strip().partition("=") for pair in header.split(",")] if len(header) <= _LONGEST else []
    times = [value for name, _, value in pairs if name == "t"]
    at = times[0] if len(times) == 1 and times[0].isascii() else ""
    return at, [value for name, _, value in pairs if name == "v1"][:_MOST]
