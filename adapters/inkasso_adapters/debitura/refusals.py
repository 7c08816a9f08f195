"""What Debitura says when it says no: four shapes of an answer, or mere text (``reference: agency-apis.md`` section 6.6)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from inkasso_core import Refusal, Text, as_list

TOO_MANY = 429
_LONGEST_WAIT = Decimal(86_400)
"""Seconds: a day. Whoever names a longer wait is asked again then."""

KNOWN_ALREADY = frozenset({"DuplicateCreditorReference", "IdempotencyConflict"})
"""The agency has a case under our reference, or an answer under our key: this one was refused because an earlier one arrived."""

ACCOUNT: Mapping[str, Text] = MappingProxyType(
    {
        "CreditorBlocked": Text(
            "Debitura hat den Gläubiger gesperrt ({code}): mit der Agentur klären, dann das Konto wieder scharf schalten.",
            "Debitura has blocked the creditor ({code}): settle it with the agency, then go live again.",
        ),
        "MissingDebtCollectionContract": Text(
            "Der Inkassovertrag mit Debitura ist nicht unterschrieben ({code}): im Portal nachholen, dann wieder scharf schalten.",
            "The collection agreement with Debitura is not signed ({code}): sign it in the portal, then go live again.",
        ),
        "InvalidUserEmail": Text(
            "Debitura kennt die E-Mail-Adresse des Teammitglieds nicht ({code}): assigned_user und chat_user in den Einstellungen prüfen.",
            "Debitura does not know the team member's e-mail address ({code}): check assigned_user and chat_user in the settings.",
        ),
    }
)
"""Type of a business error that stands for the whole account, not for one claim -> what would help."""

_is_code = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,63}").fullmatch
_is_field = re.compile(r"\$?[A-Za-z][A-Za-z0-9_.\[\]]{0,99}").fullmatch


def read(data: Any) -> Refusal:
    """Return the agency's code and the fields that it names. Its messages are not read: they quote what was sent."""
    if not isinstance(data, Mapping):
        return Refusal()
    found = codes(data)
    return Refusal(found[0] if found else None, _fields(data))


def codes(data: Any) -> tuple[str, ...]:
    """Return the types of the business errors; where there are none, the short label of the error."""
    if not isinstance(data, Mapping):
        return ()
    types = [error.get("type") for error in as_list(data.get("businessErrors")) if isinstance(error, Mapping)]
    return tuple(code for code in types or [data.get("error")] if isinstance(code, str) and _is_code(code))


def _fields(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of ``{field: [message, …]}``, which stand alone or, in a problem document, under ``errors``."""
    named = data.get("errors") if isinstance(data.get("errors"), Mapping) else data
    return tuple(field for field, said in (named or {}).items() if _is_field(field) and _is_messages(said))


def _is_messages(said: object) -> bool:
    return isinstance(said, list) and bool(said) and all(isinstance(line, str) for line in said)


def wait(data: Any) -> float | None:
    """Return the seconds after which the agency may be asked again: they stand in the body, not in a header."""
    seconds = data.get("retryAfter") if isinstance(data, Mapping) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | Decimal) or not Decimal(seconds).is_finite():
        return None
    return float(min(max(Decimal(0), Decimal(seconds)), _LONGEST_WAIT))


def first(found: Collection[str], table: Collection[str]) -> str | None:
    """Return the first code that a table knows."""
    return next((code for code in found if code in table), None)
