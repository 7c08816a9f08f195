"""Payments that went back: a chargeback or returned debit that lets the claim go without reminders, and what its reason code tells."""

from __future__ import annotations

from inkasso_core.model.circumstances import PaymentReturn
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.labels import CHARGEBACK
from inkasso_core.rules.wording import listing, same

DIED = "MD07"
_CONTESTED = frozenset({"MD01", "MD06", "MS02"})
"""No mandate, refund asked for by the customer, refused without a reason."""
_OURS = frozenset({"AM05"})
"""The same debit twice."""


def code_of(entry: PaymentReturn) -> str:
    """Return the reason code in the bank's spelling, or nothing."""
    return (entry.code or "").upper()


def _no_return(context: Context) -> Result | None:
    ahead = []
    for entry in context.claim.returns:
        if entry.decided:
            if entry.on is None or entry.on <= context.as_of:
                return None
            ahead.append(entry.on)
    return Result(expected_on=min(ahead)) if ahead else NOT_MET


def _contested(context: Context) -> Result | None:
    return _with_code(context, _CONTESTED) if context.claim.returns else None


def _our_error(context: Context) -> Result | None:
    return _with_code(context, _OURS) if context.claim.returns else None


def _with_code(context: Context, codes: frozenset[str]) -> Result | None:
    found = dict.fromkeys(code for entry in context.claim.returns if (code := code_of(entry)) in codes)
    return Result({"codes": listing(map(same, found))}) if found else None


CONDITIONS = (
    Condition(
        code="CHARGEBACK_MISSING",
        level=Level.BLOCK,
        field="returns",
        message=Text("Rückgabe: Keine Zahlung ist endgültig zurückgegangen.", "Return: no payment has gone back for good."),
        remedy=Text(
            "Weiter mahnen; eine Rückbuchung oder Rücklastschrift im Shop buchen.",
            "Go on dunning; book a chargeback or returned debit in the shop.",
        ),
        source="practice: what went back needs no further reminder",
        check=_no_return,
        only_in=frozenset({CHARGEBACK}),
    ),
    Condition(
        code="RETURN_CONTESTED",
        level=Level.WARN,
        field="returns",
        message=Text(
            "Rücklastschrift: Der Grund ({codes}) klingt nach einem Einwand des Schuldners.",
            "Returned debit: its reason ({codes}) sounds like an objection of the debtor.",
        ),
        remedy=Text(
            "Beim Schuldner nachfragen: Bestreitet er, das im Shop eintragen; sonst bewusst von Hand freigeben.",
            "Ask the debtor: if he contests it, enter that in the shop; else release it by hand on purpose.",
        ),
        source="ISO 20022 return reasons MD01, MD06, MS02; what they suggest is practice",
        check=_contested,
    ),
    Condition(
        code="RETURN_OWN_ERROR",
        level=Level.WARN,
        field="returns",
        message=Text(
            "Rücklastschrift: Nach dem Grund ({codes}) wurde doppelt eingezogen.",
            "Returned debit: by its reason ({codes}) the debit was made twice.",
        ),
        remedy=Text(
            "Prüfen, ob der andere Einzug ankam, und die Zahlung buchen; sonst bewusst von Hand freigeben.",
            "Check whether the other debit succeeded, and book the payment; else release it by hand on purpose.",
        ),
        source="ISO 20022 return reason AM05; what it suggests is practice",
        check=_our_error,
    ),
)
