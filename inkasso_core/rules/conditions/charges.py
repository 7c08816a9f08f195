"""Dunning fees (Mahngebühren): what a reminder really cost, and from the second one on."""

from __future__ import annotations

import datetime as dt

from inkasso_core.model.claim import Charge, ChargeKind
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.statement import DefaultCause
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.conditions.amounts import ZERO
from inkasso_core.rules.context import Context
from inkasso_core.rules.wording import money


def _fees(context: Context) -> list[Charge]:
    return [charge for charge in context.claim.charges if charge.kind is ChargeKind.DUNNING_FEE and charge.amount > ZERO]


def _too_high(context: Context) -> Result | None:
    """One fee above the limit, or all together above what the reminders allow: shops report them one by one or as a sum."""
    fees = _fees(context) if context.claim.charges else None
    if not fees:
        return None
    limit, total = context.policy.dunning_fee_limit, sum((fee.amount for fee in fees), ZERO)
    if total <= limit * max(1, len(context.claim.reminders)) and max(fee.amount for fee in fees) <= limit:
        return None
    currency = context.claim.currency
    return Result({"total": money(total, currency), "limit": money(limit, currency)})


def _on_the_first(context: Context) -> Result | None:
    """The reminder that itself brought default is no damage by default: what is booked before the next one was for it."""
    fees = _fees(context) if context.claim.charges else None
    if not fees or context.pay_by is None or not context.defaults or context.defaults[0].cause is not DefaultCause.REMINDER:
        return None
    sent = [sent_on for sent_on, _ in context.reminders if sent_on > context.pay_by]
    second = sent[1] if len(sent) > 1 else dt.date.max
    dated = [fee.on for fee in fees if fee.on is not None]
    too_many = len(dated) < len(fees) >= len(sent)
    return NOT_MET if too_many or any(on < second for on in dated) else None


CONDITIONS = (
    Condition(
        code="DUNNING_FEE_HIGH",
        level=Level.WARN,
        field="charges",
        message=Text("Mahngebühren: {total}, mehr als {limit} je Mahnung.", "Dunning fees: {total}, more than {limit} per reminder."),
        remedy=Text(
            "Auf die wirklichen Kosten (Druck, Porto) senken, oder belegen können und bewusst von Hand freigeben.",
            "Lower them to the real cost (print, postage), or have it proved and release it by hand on purpose.",
        ),
        source="BGH VIII ZR 95/18: only the real outlay; the limit is practice",
        check=_too_high,
    ),
    Condition(
        code="FEE_ON_FIRST_REMINDER",
        level=Level.WARN,
        field="charges",
        message=Text(
            "Mahngebühren: Auch die Mahnung, die erst zum Verzug führte, ist berechnet.",
            "Dunning fees: the reminder that only brought default is charged, too.",
        ),
        remedy=Text(
            "Die Gebühr der ersten Mahnung im Shop streichen; erst die folgenden sind zu ersetzen.",
            "Remove the first reminder's fee in the shop; only those that follow are to be made good.",
        ),
        source="BGB §§ 280(2), 286",
        check=_on_the_first,
    ),
)
