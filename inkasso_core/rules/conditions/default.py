"""Default (Verzug): before it begins, the debtor owes neither interest nor the costs of an agency."""

from __future__ import annotations

from collections.abc import Mapping

from inkasso_core.model.claim import DueDateOrigin
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.statement import DefaultCause
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.wording import day, filled, listing

_CAUSES: Mapping[DefaultCause, Text] = {
    DefaultCause.REMINDER: Text("durch die Mahnung", "by the reminder"),
    DefaultCause.CALENDAR_DATE: Text("durch den vereinbarten Zahlungstag", "by the agreed day of payment"),
    DefaultCause.CALENDAR_AFTER_EVENT: Text("durch die vereinbarte Zahlungsfrist", "by the agreed time for payment"),
    DefaultCause.THIRTY_DAYS: Text("30 Tage nach Fälligkeit und Rechnung", "30 days after due date and invoice"),
    DefaultCause.REFUSAL: Text("durch die Verweigerung der Zahlung", "by the refusal to pay"),
    DefaultCause.SPECIAL_REASON: Text("aus dem angegebenen besonderen Grund", "for the special reason that was given"),
}

_AHEAD = Text("er kommt erst am {first} in Verzug, {cause}", "default begins only on {first}, {cause}")
_NEVER_REMINDED = Text("seit der Fälligkeit ({due}) ging keine Mahnung hinaus", "no reminder was sent after the due date ({due})")
_UNPROVED = Text("keine Mahnung nach der Fälligkeit ({due}) belegt ihn", "no reminder after the due date ({due}) proves it")
_WAIT = Text("Abwarten: Ab {first} steht dieser Punkt nicht mehr im Weg.", "Wait: from {first} this point is no longer in the way.")
_REMIND = Text("Jetzt mahnen und die Mahnung im Shop mit Datum buchen.", "Send a reminder now and book it in the shop with its date.")

_AGREED_DAY = Text("ein im Vertrag vereinbarter Zahlungstag", "a day of payment agreed in the contract")
_NOTICE = Text("der Hinweis auf die 30-Tage-Frist in der Rechnung", "the invoice's notice of the 30-day rule")
_INVOICE = Text("das Datum der Rechnung", "the date of the invoice")
_REFUSAL = Text("eine endgültige Verweigerung der Zahlung", "a final refusal to pay")


def _law_unknown(context: Context) -> Result | None:
    return NOT_MET if context.law is None else None


def _not_in_default(context: Context) -> Result | None:
    if context.law is None or context.default is not None:
        return None
    due = context.pay_by
    if due is None or due >= context.as_of:
        return None  # DUE_DATE_MISSING or NOT_DUE says so, each of them fixed, too
    ahead = next((default for default in context.defaults if default.since > context.as_of), None)
    if ahead is None:
        why = filled(_UNPROVED if context.claim.reminders else _NEVER_REMINDED, {"due": day(due)})
        return Result({"why": why, "act": _REMIND, "causes": _causes(context)})
    first = day(ahead.since)
    why = filled(_AHEAD, {"first": first, "cause": _CAUSES[ahead.cause]})
    return Result({"why": why, "act": filled(_WAIT, {"first": first}), "causes": _causes(context)}, expected_on=ahead.since)


def _causes(context: Context) -> Text:
    """What would prove default besides a reminder, and is not reported."""
    claim, invoice, causes = context.claim, context.claim.invoice, []
    if claim.due_date_origin in (None, DueDateOrigin.INVOICE):
        causes.append(_AGREED_DAY)
    if context.debtor.is_consumer and not (invoice and invoice.thirty_day_notice):
        causes.append(_NOTICE)
    if invoice is None or (invoice.issued_on or invoice.received_on) is None:
        causes.append(_INVOICE)
    if claim.refused_on is None:
        causes.append(_REFUSAL)
    return listing(causes)


CONDITIONS = (
    Condition(
        code="NOT_IN_DEFAULT",
        level=Level.BLOCK,
        fixed=True,
        field="reminders",
        message=Text("Verzug: Der Schuldner ist nicht in Verzug; {why}.", "Default: the debtor is not in default; {why}."),
        remedy=Text(
            "{act} Trifft hiervon etwas zu, im Shop nachtragen, denn auch das begründet Verzug: {causes}.",
            "{act} Where one of these is true, enter it in the shop, for it brings default, too: {causes}.",
        ),
        source="BGB §§ 280(2), 286",
        check=_not_in_default,
    ),
    Condition(
        code="LAW_NOT_KNOWN",
        level=Level.WARN,
        field="debtor.addresses",
        message=Text(
            "Anwendbares Recht: Für diese Länder ist keines hinterlegt; Verzug, Zinsen und Verjährung sind nicht geprüft.",
            "Applicable law: none is known for these countries; default, interest and limitation are not checked.",
        ),
        remedy=Text(
            "Verzug und Verjährung selbst prüfen, dann bewusst von Hand freigeben.",
            "Check default and limitation yourself, then release it by hand on purpose.",
        ),
        source="nothing is guessed: the law of one country says nothing about another",
        check=_law_unknown,
    ),
)
