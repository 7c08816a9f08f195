"""What surrounds the claim: a right to revoke, an instalment plan, a payment on its way, an assignment, credit, a delicate subject."""

from __future__ import annotations

import datetime as dt

from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.days import later
from inkasso_core.rules.wording import day

_REVOCATION_DAYS = 14

_ON_ITS_WAY = Text("Eine Zahlung ist unterwegs", "one is on its way")
_UNDECIDED = Text("Über eine Rückbuchung ist noch nicht entschieden", "a chargeback is not yet decided")


def _revocable(context: Context) -> Result | None:
    if not context.debtor.is_consumer:
        return None
    reported = context.claim.revocation_ends_on
    last = reported or _fourteen_days(context)
    if last is None or last < context.as_of:
        return None
    first = later(last, 1)
    return Result({"last": day(last), "first": day(first)}, expected_on=first, field=None if reported else "delivered_on")


def _fourteen_days(context: Context) -> dt.date | None:
    """The last day of the right to revoke, reckoned from the delivery, where the law is known."""
    delivered, law = context.claim.delivered_on, context.law
    if delivered is None or law is None:
        return None
    return law.next_working_day(later(delivered, _REVOCATION_DAYS), context.address)


def _plan_kept(context: Context) -> Result | None:
    plan = context.claim.payment_plan
    return NOT_MET if plan is not None and plan.kept else None


def _plan_broken(context: Context) -> Result | None:
    plan = context.claim.payment_plan
    return NOT_MET if plan is not None and not plan.kept else None


def _pending(context: Context) -> Result | None:
    if context.claim.payment_pending:
        return Result({"what": _ON_ITS_WAY})
    for entry in context.claim.returns:
        if not entry.decided:
            return Result({"what": _UNDECIDED}, field="returns")
    return None


def _assigned(context: Context) -> Result | None:
    return None if context.claim.assigned_to is None else NOT_MET


def _credit(context: Context) -> Result | None:
    deferral = context.claim.deferral
    return NOT_MET if deferral is not None and deferral.against_fee and context.debtor.is_consumer else None


def _sensitive(context: Context) -> Result | None:
    return NOT_MET if context.claim.sensitive_subject else None


CONDITIONS = (
    Condition(
        code="REVOCATION_PERIOD_OPEN",
        # Adjustable: by law it is no bar to collection, and for many goods (made to measure, perishable, unsealed) there is no such right.
        level=Level.BLOCK,
        field="revocation_ends_on",
        message=Text(
            "Widerrufsfrist: Der Verbraucher kann den Vertrag noch bis zum {last} widerrufen.",
            "Right to revoke: the consumer may still revoke the contract until {last}.",
        ),
        remedy=Text(
            "Abwarten: Ab {first} steht dieser Punkt nicht mehr im Weg. Ein falsches Datum im Shop berichtigen.",
            "Wait: from {first} this point is no longer in the way. Correct a wrong date in the shop.",
        ),
        source="BGB §§ 193, 355(2), 356; that collection waits for it is practice, since not every contract can be revoked (§ 312g(2))",
        check=_revocable,
    ),
    Condition(
        code="PAYMENT_PLAN_ACTIVE",
        level=Level.BLOCK,
        fixed=True,
        field="payment_plan",
        message=Text("Ratenzahlung: Der Schuldner hält sie ein.", "Payment plan: the debtor keeps to it."),
        remedy=Text(
            "Die Raten abwarten. Bleiben sie aus, das im Shop eintragen.",
            "Wait for the instalments. If they stop, enter that in the shop.",
        ),
        source="BGB § 271: who agreed to wait cannot demand the whole",
        check=_plan_kept,
    ),
    Condition(
        code="PAYMENT_PLAN_BROKEN",
        level=Level.WARN,
        field="payment_plan",
        message=Text(
            "Ratenzahlung: Der Schuldner hält sie nicht ein; fällig sind vielleicht nur einzelne Raten.",
            "Payment plan: the debtor does not keep to it; perhaps only some instalments are due.",
        ),
        remedy=Text(
            "Prüfen, ob nach der Vereinbarung jetzt alles fällig ist, dann bewusst von Hand freigeben.",
            "Check whether by the agreement all of it is due now, then release it by hand on purpose.",
        ),
        source="BGB § 271; what a broken plan makes due stands in the agreement",
        check=_plan_broken,
    ),
    Condition(
        code="PAYMENT_PENDING",
        level=Level.BLOCK,
        field="payment_pending",
        message=Text("Zahlung: {what}.", "Payment: {what}."),
        remedy=Text(
            "Abwarten, bis der Shop sie als eingegangen oder gescheitert bucht.",
            "Wait until the shop books it as received or failed.",
        ),
        source="practice: nobody who is paying is sent to an agency",
        check=_pending,
    ),
    Condition(
        code="PSP_OWNS_CLAIM",
        # Adjustable: an assignee may authorise the shop to collect in its own name.
        level=Level.BLOCK,
        field="assigned_to",
        message=Text(
            "Abtretung: Die Forderung gehört einem Zahlungsdienst oder Factor, nicht mehr dem Shop.",
            "Assignment: the claim belongs to a payment service or factor, no longer to the shop.",
        ),
        remedy=Text(
            "Nicht übergeben: Der neue Gläubiger zieht sie ein. Nach einer Rückabtretung die Angabe im Shop löschen.",
            "Do not hand over: the new creditor collects it. After it was assigned back, remove the entry in the shop.",
        ),
        source="BGB § 398",
        check=_assigned,
    ),
    Condition(
        code="CONSUMER_CREDIT",
        level=Level.WARN,
        field="deferral.against_fee",
        message=Text(
            "Stundung: Der Verbraucher zahlt für sie; das kann ein Verbraucherkredit sein.",
            "Deferral: the consumer pays for it; that may be consumer credit.",
        ),
        remedy=Text(
            "Form, Zinsen und Kündigung rechtlich prüfen lassen, dann bewusst von Hand freigeben.",
            "Have form, interest and termination checked by a lawyer, then release it by hand on purpose.",
        ),
        source="BGB §§ 491 ff., 497 f., 506",
        check=_credit,
    ),
    Condition(
        code="SUBJECT_SENSITIVE",
        level=Level.WARN,
        field="sensitive_subject",
        message=Text(
            "Forderungsgrund: Er verrät etwas über Gesundheit, Sexualleben, Glauben oder Ähnliches.",
            "Subject: it reveals something about health, sex life, belief or the like.",
        ),
        remedy=Text(
            "Den Grund so allgemein fassen, wie die Forderung es erlaubt, dann bewusst von Hand freigeben.",
            "Word the subject as generally as the claim allows, then release it by hand on purpose.",
        ),
        source="GDPR art. 5(1)(c), 9",
        check=_sensitive,
    ),
)
