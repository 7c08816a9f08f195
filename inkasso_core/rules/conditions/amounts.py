"""Amounts and currency: is anything owed, does it add up, is it worth it?"""

from __future__ import annotations

from decimal import Decimal

from inkasso_core.model.claim import ChargeKind
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.wording import listing, money, same

ZERO = Decimal(0)


def _fully_paid(context: Context) -> Result | None:
    return NOT_MET if context.open.principal == ZERO else None


def _inconsistent(context: Context) -> Result | None:
    principal = context.open.principal
    return Result({"excess": money(-principal, context.claim.currency)}) if principal < ZERO else None


def _currency(context: Context) -> Result | None:
    currency, taken = context.claim.currency, context.policy.currencies
    if currency in taken:
        return None
    return Result({"currency": same(currency), "taken": listing(map(same, taken))})


def _mixed(context: Context) -> Result | None:
    currency, others = context.claim.currency, context.facts.currency_of_others
    foreign = sorted({other for other in others if other != currency}) if others else None
    return Result({"currency": same(currency), "others": listing(map(same, foreign))}) if foreign else None


def _flat_fee(context: Context) -> Result | None:
    for charge in context.claim.charges:
        if charge.kind is ChargeKind.FLAT_FEE and charge.amount > ZERO and context.debtor.is_consumer:
            return NOT_MET
    return None


def _below_minimum(context: Context) -> Result | None:
    principal = context.open.principal
    if principal >= context.policy.minimum or principal <= ZERO:
        return None
    currency = context.claim.currency
    return Result({"open": money(principal, currency), "minimum": money(context.policy.minimum, currency)})


def _above_maximum(context: Context) -> Result | None:
    maximum = context.policy.maximum
    if maximum is None or context.open.principal <= maximum:
        return None
    currency = context.claim.currency
    return Result({"open": money(context.open.principal, currency), "maximum": money(maximum, currency)})


def _unallocated(context: Context) -> Result | None:
    if not context.claim.credits:
        return None
    total = sum((credit.amount for credit in context.claim.credits if not credit.allocated), ZERO)
    return Result({"total": money(total, context.claim.currency)}) if total > ZERO else None


CONDITIONS = (
    Condition(
        code="FULLY_PAID",
        level=Level.BLOCK,
        fixed=True,
        field="payments",
        message=Text("Zahlungen: Die Hauptforderung ist ganz bezahlt.", "Payments: the principal is paid in full."),
        remedy=Text("Nichts zu tun. Nebenkosten allein werden nicht übergeben.", "Nothing to do. Charges alone are not handed over."),
        source="BGB § 362",
        check=_fully_paid,
    ),
    Condition(
        code="AMOUNT_INCONSISTENT",
        level=Level.BLOCK,
        fixed=True,
        field="principal",
        message=Text(
            "Beträge: Zahlungen und Gutschriften übersteigen die Hauptforderung um {excess}.",
            "Amounts: payments and credits exceed the principal by {excess}.",
        ),
        remedy=Text(
            "Rechnungsbetrag, Zahlungen und Gutschriften im Shop abgleichen; ein Guthaben erstatten.",
            "Compare invoice amount, payments and credits in the shop; refund what is too much.",
        ),
        source="what is claimed must add up",
        check=_inconsistent,
    ),
    Condition(
        code="CURRENCY_UNSUPPORTED",
        level=Level.BLOCK,
        fixed=True,
        field="currency",
        message=Text(
            "Währung: Dieses Konto nimmt {currency} nicht, nur {taken}.", "Currency: this account does not take {currency}, only {taken}."
        ),
        remedy=Text(
            "Eine Agentur bestimmen, die sie nimmt (routes); nimmt diese sie doch, currencies ergänzen.",
            "Choose an agency that takes it (routes); if this one does after all, add it to currencies.",
        ),
        source="the agency's contract; amounts are never converted",
        check=_currency,
    ),
    Condition(
        code="CURRENCY_MIXED",
        level=Level.BLOCK,
        fixed=True,
        field="currency",
        message=Text(
            "Währung: {currency}, andere Forderungen desselben Auftrags lauten auf {others}.",
            "Currency: {currency}, other claims of the same order are in {others}.",
        ),
        remedy=Text(
            "Prüfen, welche Währung die Rechnung nennt, und im Shop berichtigen.",
            "Check which currency the invoice names and correct it in the shop.",
        ),
        source="what is claimed must add up",
        check=_mixed,
    ),
    Condition(
        code="FLAT_FEE_CONSUMER",
        level=Level.BLOCK,
        fixed=True,
        field="charges",
        message=Text(
            "Nebenkosten: Die Verzugspauschale darf von einem Verbraucher nicht verlangt werden.",
            "Charges: the late-payment flat fee must not be claimed from a consumer.",
        ),
        remedy=Text(
            "Die Pauschale im Shop streichen; ist der Schuldner ein Unternehmer, ihn im Shop so führen.",
            "Remove the flat fee in the shop; if the debtor is a business, mark him as one in the shop.",
        ),
        source="BGB § 288(5); an unknown role counts as consumer",
        check=_flat_fee,
    ),
    Condition(
        code="BELOW_MINIMUM",
        level=Level.WARN,
        field="principal",
        message=Text("Betrag: Offen sind {open}, das Minimum ist {minimum}.", "Amount: {open} is open, the minimum is {minimum}."),
        remedy=Text("Weiter selbst mahnen, oder bewusst von Hand freigeben.", "Go on dunning yourself, or release it by hand on purpose."),
        source="practice; agencies differ",
        check=_below_minimum,
    ),
    Condition(
        code="ABOVE_MAXIMUM",
        level=Level.WARN,
        field="principal",
        message=Text("Betrag: Offen sind {open}, das Maximum ist {maximum}.", "Amount: {open} is open, the maximum is {maximum}."),
        remedy=Text(
            "Prüfen, ob die Sache zum Anwalt gehört; sonst bewusst von Hand freigeben.",
            "Check whether it is a matter for a lawyer; else release it by hand on purpose.",
        ),
        source="practice; agencies differ",
        check=_above_maximum,
    ),
    Condition(
        code="CREDIT_UNALLOCATED",
        level=Level.WARN,
        field="credits",
        message=Text(
            "Gutschriften: {total} sind dieser Forderung nicht zugeordnet und nicht abgezogen.",
            "Credits: {total} is not allocated to this claim and not deducted.",
        ),
        remedy=Text("Die Gutschrift im Shop zuordnen oder auszahlen.", "Allocate the credit in the shop, or pay it out."),
        source="practice: nobody with a credit is sent to an agency unseen",
        check=_unallocated,
    ),
)
