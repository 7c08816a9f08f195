"""Field mapping of the SOAP interface: what is sent (sections 3.5 to 3.7), and how lists and amounts are read."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from inkasso_adapters.mediafinanz.case import Case, written
from inkasso_adapters.mediafinanz.reading import CURRENCY, LONGEST_NAME, amount, day, members, moment, text
from inkasso_adapters.mediafinanz.settings import SoapAccess
from inkasso_core import ClaimKind, Ledger, Message, Payout, Salutation, Sender, as_list

TYPES: Mapping[ClaimKind, int] = MappingProxyType({ClaimKind.GOODS: 1, ClaimKind.PREPAID_GOODS: 2, ClaimKind.SERVICE: 3})
SALUTATIONS: Mapping[Salutation, str] = MappingProxyType(
    {Salutation.MR: "m", Salutation.MS: "f", Salutation.DIVERSE: "@", Salutation.UNKNOWN: "@"}
)
COMPANY = "c"


def licence_key(access: SoapAccess) -> str:
    """Return the key of every call: MD5 in hex of both licences, one after the other. The agency's choice, not ours (section 3.2)."""
    both = access.application_licence.get_secret_value() + access.client_licence.get_secret_value()
    return hashlib.md5(both.encode(), usedforsecurity=False).hexdigest()


def claim_of(case: Case) -> dict[str, Any]:
    """Return ``claim``: amounts in EUR."""
    return written(
        {
            "invoice": case.invoice,
            "type": TYPES[case.claim.kind],
            "reason": case.reason,
            "originalValue": case.principal,
            "overdueFees": case.charges,
            "dateOfOrigin": _iso(case.originated_on),
            "dateOfLastReminder": _iso(case.reminded_on),
            "note": case.note,
        }
    )


def debtor_of(case: Case) -> dict[str, Any]:
    """Return ``debtor``."""
    phones = [*case.phones, *case.mobiles]
    return written(
        {
            "id": case.debtor.number,
            "address": COMPANY if case.debtor.is_company else SALUTATIONS[case.person.salutation],
            "firstname": case.person.first_name,
            "lastname": case.person.last_name,
            "company": case.company,
            "co": case.address.care_of,
            "street": case.address.street_line,
            "postcode": case.address.postal_code,
            "city": case.address.city,
            "country": case.address.country,
            "telephone1": phones[0] if phones else None,
            "telephone2": phones[1] if len(phones) > 1 else None,
            "fax": case.faxes[0] if case.faxes else None,
            "email": case.emails[0] if case.emails else None,
            "dateOfBirth": _iso(case.person.birth_date),
        }
    )


def direct_payment_of(paid: Decimal, received_on: dt.date) -> dict[str, Any]:
    """Return ``directPayment``: the amount in EUR."""
    return {"dateOfPayment": received_on.isoformat(), "paidAmount": paid}


def identifier(agency_reference: str) -> dict[str, Any]:
    """Return ``claimIdentifier``."""
    return {"fileNumber": agency_reference}


def ledger_of(answer: Any, raw: str) -> Ledger:
    """Read ``getClaimAccountingSummary``; ``payoutHistory`` may be absent, one, or many."""
    known = members(answer)
    return Ledger(
        currency=CURRENCY,
        claimed=amount(known.get("totalDebts")),
        collected=amount(known.get("paid")),
        outstanding=amount(known.get("outstanding")),
        paid_out=amount(known.get("sumPayout")),
        payouts=payouts_of(known.get("payoutHistory"))[0],
        raw=raw,
    )


def payouts_of(entries: Any) -> tuple[tuple[Payout, ...], int]:
    """Read a list of payouts, and count those whose amount cannot be read."""
    read = [_payout(entry) for entry in as_list(entries)]
    known = tuple(payout for payout in read if payout is not None)
    return known, len(read) - len(known)


def _payout(entry: Any) -> Payout | None:
    known = members(entry)
    total = amount(known.get("total"))
    if total is None:
        return None
    return Payout(
        amount=total, currency=CURRENCY, on=day(known.get("date")), number=text(known.get("payoutNumber"), LONGEST_NAME), raw=entry
    )


def messages_of(answer: Any) -> tuple[Message, ...]:
    """Read ``getMessageHistory``, oldest first where every message has its time. What stands in ``sender`` is not published."""
    found = [
        Message(sender=Sender.UNKNOWN, at=moment(members(entry).get("time")), text=text(members(entry).get("text") or entry), raw=entry)
        for entry in as_list(answer)
    ]
    dated = [message for message in found if message.at is not None]
    return tuple(sorted(dated, key=lambda message: str(message.at))) if len(dated) == len(found) else tuple(found)


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day is not None else None
