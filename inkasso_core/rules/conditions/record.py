"""What our own record says: already handed over, reported twice, held, without mandate."""

from __future__ import annotations

from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.days import later
from inkasso_core.rules.wording import day, listing, same

_SCOPES = {
    "debtor": Text("den Schuldner", "the debtor"),
    "order": Text("den Auftrag", "the order"),
    "invoice": Text("die Rechnung", "the invoice"),
    "claim": Text("die Forderung", "the claim"),
}
_ENDLESS = Text("ohne Enddatum", "without an end date")
_SHOWN_KEYS = 3
_SOMEWHERE = Text("einer Agentur", "an agency")


def _handed_over(context: Context) -> Result | None:
    account = context.facts.placed_at
    return None if account is None else Result({"account": same(account) if account else _SOMEWHERE})


def _duplicate(context: Context) -> Result | None:
    keys = context.facts.same_invoice
    if not keys:
        return None
    shown = [same(key) for key in keys[:_SHOWN_KEYS]]
    if len(keys) > _SHOWN_KEYS:
        shown.append(same("…"))
    return Result({"keys": listing(shown)})


def _held(context: Context) -> Result | None:
    if not context.facts.holds:
        return None
    in_force = [hold for hold in context.facts.holds if hold.until is None or hold.until >= context.as_of]
    if not in_force:
        return None
    ends = [hold.until for hold in in_force if hold.until is not None]
    last = max(ends) if len(ends) == len(in_force) else None
    scopes = listing(_SCOPES[scope] for scope in dict.fromkeys(hold.scope for hold in in_force))
    if last is None:
        return Result({"scopes": scopes, "until": _ENDLESS})
    shown = day(last)
    until = Text(f"bis einschließlich {shown.de}", f"until and including {shown.en}")
    return Result({"scopes": scopes, "until": until}, expected_on=later(last, 1))


def _no_mandate(context: Context) -> Result | None:
    return None if context.facts.mandate else NOT_MET


CONDITIONS = (
    Condition(
        code="ALREADY_HANDED_OVER",
        level=Level.BLOCK,
        fixed=True,
        field=None,
        message=Text("Übergabe: Die Forderung liegt schon bei {account}.", "Hand-over: the claim already lies with {account}."),
        remedy=Text(
            "Nichts zu tun. Soll sie zu einer anderen Agentur, sie dort erst zurückrufen.",
            "Nothing to do. If it shall go to another agency, recall it there first.",
        ),
        source="never twice: the debtor would pay the costs of two agencies",
        check=_handed_over,
    ),
    Condition(
        code="DUPLICATE_INVOICE",
        level=Level.BLOCK,
        field="invoice.number",
        message=Text(
            "Rechnungsnummer: Sie steht auch auf anderen offenen Forderungen: {keys}.",
            "Invoice number: other open claims bear it, too: {keys}.",
        ),
        remedy=Text(
            "Prüfen, welche gilt; die andere entfernen oder ihre Rechnungsnummer im Shop berichtigen.",
            "Check which one stands; remove the other or correct its invoice number in the shop.",
        ),
        source="the same invoice is claimed once",
        check=_duplicate,
    ),
    Condition(
        code="HELD",
        level=Level.BLOCK,
        fixed=True,
        field=None,
        message=Text("Mahnstopp: Er gilt für {scopes}, {until}.", "Hold: it is in force for {scopes}, {until}."),
        remedy=Text(
            "Das Ende abwarten, oder den Mahnstopp aufheben, sobald sein Grund erledigt ist.",
            "Wait for its end, or lift the hold as soon as its reason is settled.",
        ),
        source="a person's decision; GDPR art. 18 where the debtor asked for it",
        check=_held,
    ),
    Condition(
        code="MANDATE_MISSING",
        level=Level.WARN,
        field=None,
        message=Text("Auftrag an die Agentur: Für das Konto ist keiner bestätigt.", "Mandate: none is confirmed for the account."),
        remedy=Text(
            "Den Vertrag mit der Agentur bestätigen: `inkasso mandate`. Ohne ihn wird nichts übergeben.",
            "Confirm the contract with the agency: `inkasso mandate`. Nothing is handed over without it.",
        ),
        source="the agency acts only for its clients",
        check=_no_mandate,
    ),
)
