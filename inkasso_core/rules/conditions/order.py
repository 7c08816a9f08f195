"""The order behind the claim: ended, disputed, performed, still a case for collection?"""

from __future__ import annotations

from inkasso_core.model.claim import ClaimKind, OrderEnd
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.context import Context


def _cancelled(context: Context) -> Result | None:
    return NOT_MET if context.claim.ended is OrderEnd.CANCELLED else None


def _refunded(context: Context) -> Result | None:
    return NOT_MET if context.claim.ended is OrderEnd.REFUNDED else None


def _revoked(context: Context) -> Result | None:
    return NOT_MET if context.claim.ended is OrderEnd.REVOKED else None


def _disputed(context: Context) -> Result | None:
    dispute = context.claim.dispute
    if dispute is None:
        return None
    if dispute.resolved_on is None:
        return NOT_MET
    return Result(expected_on=dispute.resolved_on) if dispute.resolved_on > context.as_of else None


def _not_performed(context: Context) -> Result | None:
    claim = context.claim
    return NOT_MET if claim.performed is False and claim.kind is not ClaimKind.PREPAID_GOODS else None


def _performance_unknown(context: Context) -> Result | None:
    claim = context.claim
    return NOT_MET if claim.performed is None and claim.kind is not ClaimKind.PREPAID_GOODS else None


def _prepayment(context: Context) -> Result | None:
    claim = context.claim
    return NOT_MET if claim.kind is ClaimKind.PREPAID_GOODS and not claim.performed else None


def _not_triggered(context: Context) -> Result | None:
    return None if context.claim.source.triggered else NOT_MET


CONDITIONS = (
    Condition(
        code="ORDER_CANCELLED",
        level=Level.BLOCK,
        fixed=True,
        field="ended",
        message=Text("Auftrag: Er ist storniert.", "Order: it is cancelled."),
        remedy=Text(
            "Nichts zu tun. Gilt der Auftrag doch, die Stornierung im Shop zurücknehmen.",
            "Nothing to do. If the order stands after all, undo the cancellation in the shop.",
        ),
        source="without an order nothing is owed",
        check=_cancelled,
    ),
    Condition(
        code="ORDER_REFUNDED",
        level=Level.BLOCK,
        fixed=True,
        field="ended",
        message=Text("Auftrag: Er ist erstattet oder ganz gutgeschrieben.", "Order: it is refunded or credited in full."),
        remedy=Text(
            "Nichts zu tun. War die Erstattung ein Irrtum, sie im Shop berichtigen.",
            "Nothing to do. If the refund was a mistake, correct it in the shop.",
        ),
        source="after a refund nothing is owed",
        check=_refunded,
    ),
    Condition(
        code="REVOKED",
        level=Level.BLOCK,
        fixed=True,
        field="ended",
        message=Text("Auftrag: Der Verbraucher hat den Vertrag widerrufen.", "Order: the consumer revoked the contract."),
        remedy=Text(
            "Nicht übergeben. Ist der Widerruf unwirksam, das rechtlich prüfen und im Shop berichtigen.",
            "Do not hand over. If the revocation is void, have that checked by a lawyer and correct it in the shop.",
        ),
        source="BGB § 355",
        check=_revoked,
    ),
    Condition(
        code="DISPUTED",
        level=Level.BLOCK,
        fixed=True,
        field="dispute",
        message=Text("Einwand: Der Schuldner bestreitet die Forderung.", "Dispute: the debtor contests the claim."),
        remedy=Text(
            "Den Einwand mit dem Schuldner klären und im Shop als erledigt eintragen.",
            "Settle the dispute with the debtor and enter it in the shop as resolved.",
        ),
        source="practice: agencies and the rules on their costs (RVG VV 2300) expect uncontested claims",
        check=_disputed,
    ),
    Condition(
        code="NOT_PERFORMED",
        level=Level.BLOCK,
        field="performed",
        message=Text("Leistung: Sie ist nicht erbracht, oder die Ware kam zurück.", "Performance: not rendered, or the goods came back."),
        remedy=Text(
            "Erst liefern und den Versand im Shop buchen, oder den Auftrag stornieren.",
            "Deliver first and book the dispatch in the shop, or cancel the order.",
        ),
        source="BGB §§ 320, 433",
        check=_not_performed,
    ),
    Condition(
        code="PERFORMANCE_UNKNOWN",
        level=Level.WARN,
        field="performed",
        message=Text("Leistung: Es ist nicht gemeldet, ob sie erbracht ist.", "Performance: it is not reported whether it was rendered."),
        remedy=Text(
            "Prüfen und im Shop buchen. Wer ohne das freigibt, bestätigt die Leistung.",
            "Check it and book it in the shop. Whoever releases without that confirms the performance.",
        ),
        source="BGB § 320",
        check=_performance_unknown,
    ),
    Condition(
        code="PREPAYMENT_UNDELIVERED",
        level=Level.WARN,
        field="kind",
        message=Text("Vorkasse: Die Ware ist nicht geliefert.", "Payment in advance: the goods are not delivered."),
        remedy=Text(
            "Entscheiden: den Auftrag stornieren, oder bewusst von Hand freigeben.",
            "Decide: cancel the order, or release it by hand on purpose.",
        ),
        source="practice; going on is the merchant's decision",
        check=_prepayment,
    ),
    Condition(
        code="NOT_TRIGGERED",
        level=Level.BLOCK,
        field="source.triggered",
        message=Text(
            "Auftragsstatus: Der Shop verlangt für diesen Auftrag kein Inkasso (mehr).",
            "Order status: the shop does not (or no longer) ask for the collection of this order.",
        ),
        remedy=Text(
            "Soll der Fall zum Inkasso, im Shop den Auftragsstatus oder die Mahnstufe wieder setzen.",
            "If it shall be collected, set the order status or dunning level in the shop again.",
        ),
        source="the merchant's decision, made in the shop",
        check=_not_triggered,
    ),
)
