"""Debtors whom the law protects from collection, or about whom somebody must decide first."""

from __future__ import annotations

from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.conditions.returns import DIED, code_of
from inkasso_core.rules.context import Context


def _insolvent(context: Context) -> Result | None:
    return NOT_MET if context.debtor.insolvent else None


def _deceased(context: Context) -> Result | None:
    if context.debtor.deceased:
        return NOT_MET
    for entry in context.claim.returns:
        if code_of(entry) == DIED:
            return Result(field="returns")
    return None


def _restricted(context: Context) -> Result | None:
    return NOT_MET if context.debtor.restricted else None


def _sanctioned(context: Context) -> Result | None:
    return NOT_MET if context.debtor.sanctioned else None


CONDITIONS = (
    Condition(
        code="INSOLVENCY",
        level=Level.BLOCK,
        fixed=True,
        field="debtor.insolvent",
        message=Text(
            "Insolvenz: Über das Vermögen des Schuldners läuft ein Verfahren.",
            "Insolvency: proceedings are open about the debtor's estate.",
        ),
        remedy=Text(
            "Nicht übergeben, sondern die Forderung beim Insolvenzverwalter zur Tabelle anmelden.",
            "Do not hand over; file the claim with the insolvency administrator.",
        ),
        source="InsO §§ 87, 89",
        check=_insolvent,
    ),
    Condition(
        code="DECEASED",
        level=Level.BLOCK,
        fixed=True,
        field="debtor.deceased",
        message=Text("Schuldner: Er ist nach der Meldung von Shop oder Bank verstorben.", "Debtor: shop or bank reports that he has died."),
        remedy=Text(
            "Nicht übergeben. Die Erben ermitteln (Nachlassgericht) und sie als Schuldner eintragen.",
            "Do not hand over. Find the heirs (probate court) and enter them as debtors.",
        ),
        source="BGB §§ 1922, 1967",
        check=_deceased,
    ),
    Condition(
        code="DSR_OPEN",
        level=Level.BLOCK,
        fixed=True,
        field="debtor.restricted",
        message=Text(
            "Datenschutz: Über einen Antrag des Schuldners zu seinen Daten ist noch nicht entschieden.",
            "Data protection: a request of the debtor about his data is not yet decided.",
        ),
        remedy=Text(
            "Den Antrag beantworten und die Sperre im Shop aufheben.",
            "Answer the request and lift the restriction in the shop.",
        ),
        source="GDPR art. 16–18, 21",
        check=_restricted,
    ),
    Condition(
        code="SANCTIONED_PARTY",
        level=Level.WARN,
        field="debtor.sanctioned",
        message=Text(
            "Sanktionen: Der Shop fand den Schuldner auf einer Sanktionsliste.", "Sanctions: the shop found the debtor on a list."
        ),
        remedy=Text(
            "Den Treffer prüfen, notfalls mit einem Anwalt; ist er falsch, bewusst von Hand freigeben.",
            "Check the match, with a lawyer if need be; if it is wrong, release it by hand on purpose.",
        ),
        source="the shop's own check; no list comes with this library",
        check=_sanctioned,
    ),
)
