"""From what the Tryton module reports of a receivable to a claim. Knows no trytond: a stored report can be read again without it.

What the module reports is written down in :mod:`record`; amounts are text, in the claim's currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from inkasso_core import Claim, InvalidInput, ShopEvent, Text
from inkasso_shop_plugins.tryton.party import debtor_of
from inkasso_shop_plugins.tryton.settings import Assertion, TrytonSettings

FORM = 1
"""The version of the report's form: one that is newer than the plugin is refused, never guessed at."""
EXTRA = "tryton"
_LONGEST_SUBJECT = 500
_HIGHEST_LEVEL = 9


def claim_of(event: ShopEvent, settings: TrytonSettings) -> Claim:
    """Return the claim of a reported receivable.

    Raises ``InvalidInput`` for what is no report of the module, and pydantic's ``ValidationError`` for values no claim may have.
    """
    report = event.payload
    if report.get("form") != FORM:
        raise InvalidInput(_NO_REPORT, field="form", reason="NO_REPORT")
    asserted: list[str] = []
    assertion = settings.assertion or Assertion()
    values = {
        "source": _source(report),
        "currency": report["currency"],
        "principal": report["amount"],
        "debtor": debtor_of(report["party"], settings, asserted),
        "subject": _filled(_subject(report), assertion.subject, "subject", asserted),
        "contract": _contract(report, assertion, asserted),
        "invoice": _invoice(report),
        "performed": _filled(None, assertion.performed, "performed", asserted),
        "due_date": report["maturity_date"],
        "due_date_origin": _filled(None, assertion.due_date_origin, "due_date_origin", asserted) if report["maturity_date"] else None,
        "charges": [_charge(fee) for fee in report["fees"]],
        "payments": list(_payments(report, settings)),
        "credits": list(_credits(report, settings)),
        "reminders": [_reminder(notice) for notice in report["notices"] if notice["sent"]],
        "ended": "cancelled" if report["cancelled"] else None,
        "deferral": _deferral(report),
        "payment_plan": _plan(report),
        "note": _note(report),
        "extra": {EXTRA: {"account": report["dunning"]["account"]}} if report["dunning"] and report["dunning"]["account"] else {},
    }
    if assertion.kind:
        values["kind"] = _filled(None, assertion.kind, "kind", asserted)
    return Claim.model_validate({**values, "asserted": asserted})


def account_of(claim: Claim) -> str | None:
    """Return the account that the dunning level named; None leaves the choice to the routes."""
    found = claim.extra.get(EXTRA, {}).get("account")
    return found if isinstance(found, str) else None


def _source(report: Mapping[str, Any]) -> dict[str, Any]:
    dunning = report["dunning"]
    return {
        "order": report["key"],
        "order_number": _number(report),
        "status": dunning["level_name"] if dunning else None,
        "triggered": bool(dunning and dunning["hands_over"]),
        "reported_at": report["reported_at"],
    }


def _number(report: Mapping[str, Any]) -> str | None:
    """What people call the receivable: the order's number, else the invoice's, else the booking's."""
    orders = report["orders"]
    return (orders[0]["number"] if len(orders) == 1 else None) or (report["invoice"] or {}).get("number") or report["move"]


def _filled(found: Any, declared: Any, path: str, asserted: list[str]) -> Any:
    if found is not None or declared is None:
        return found
    asserted.append(path)
    return declared


def _subject(report: Mapping[str, Any]) -> str | None:
    parts = list(dict.fromkeys(line for line in report["descriptions"] if line))
    text = ", ".join(parts)
    return (text if len(text) <= _LONGEST_SUBJECT else f"{text[: _LONGEST_SUBJECT - 1]}…") or None


def _contract(report: Mapping[str, Any], assertion: Assertion, asserted: list[str]) -> dict[str, Any] | None:
    """The contract of the first of several orders: an older date is the one that both sides remember longer."""
    orders = sorted(report["orders"], key=lambda order: order["date"] or "9999")
    concluded = orders[0]["date"] if orders else None
    issued = (report["invoice"] or {}).get("date")
    declared = issued if assertion.concluded_on == "invoice_date" else None
    concluded = _filled(concluded, declared, "contract.concluded_on", asserted)
    number = orders[0]["number"] if orders else None
    return {"number": number, "concluded_on": concluded} if number or concluded else None


def _invoice(report: Mapping[str, Any]) -> dict[str, Any] | None:
    invoice = report["invoice"]
    return {"number": invoice["number"], "issued_on": invoice["date"]} if invoice else None


def _charge(fee: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "dunning_fee", "amount": fee["amount"], "on": fee["date"], "reason": fee["name"]}


def _payments(report: Mapping[str, Any], settings: TrytonSettings) -> Iterator[dict[str, Any]]:
    """What was booked against the receivable pays the principal, what was booked against a fee pays the charges: as Tryton divided it."""
    for applies_to, parts in (("principal", report["settled"]), ("charges", report["fees_settled"])):
        for part in parts:
            if part["kind"] == "payment":
                yield {
                    "amount": part["amount"],
                    "on": part["date"],
                    "origin": "agency" if part["journal"] in settings.agency_journals else "shop",
                    "applies_to": applies_to,
                    "reference": part["number"],
                }


def _credits(report: Mapping[str, Any], settings: TrytonSettings) -> Iterator[dict[str, Any]]:
    """Credit notes and write-offs; and what the debtor has to his credit beside, which reduces nothing before somebody allocates it."""
    kinds = {"credit", "write_off"} if settings.write_offs == "credit" else {"credit"}
    for part in report["settled"]:
        if part["kind"] in kinds:
            yield {"amount": part["amount"], "on": part["date"], "reference": part["number"]}
    for part in report["unallocated"]:
        yield {"amount": part["amount"], "on": part["date"], "reference": part["number"], "allocated": False}


def _reminder(notice: Mapping[str, Any]) -> dict[str, Any]:
    return {"level": min(notice["level"], _HIGHEST_LEVEL), "sent_on": notice["date"], "deadline": notice["deadline"]}


def _deferral(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """A receivable that was rescheduled to one later day is deferred; to several days, it is a plan."""
    terms = report["rescheduled"]["terms"] if report["rescheduled"] else []
    return {"until": terms[0]} if len(terms) == 1 else None


def _plan(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Kept as long as none of its terms was dunned up to a level that hands over."""
    plan = report["rescheduled"]
    if not plan or len(plan["terms"]) < 2:
        return None
    return {"agreed_on": plan["agreed_on"], "kept": not plan["broken"]}


def _note(report: Mapping[str, Any]) -> str | None:
    """Fees in another currency cannot be part of the claim: the agency's clerk may know of them."""
    left_out: Sequence[Mapping[str, Any]] = report["other_fees"]
    sums = ", ".join(f"{Decimal(fee['amount'])} {fee['currency']}" for fee in left_out)
    return f"Nicht enthaltene Mahngebühren in anderer Währung: {sums}" if sums else None


def day(value: dt.date | None) -> str | None:
    """Return a date as the report writes it."""
    return value.isoformat() if value else None


_NO_REPORT = Text(
    "Das ist keine Meldung des Tryton-Moduls inkasso in dieser Fassung: Modul und Bibliothek in derselben Version installieren.",
    "This is no report of the Tryton module inkasso in this form: install module and library in the same version.",
)
