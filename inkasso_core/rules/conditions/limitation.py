"""Limitation (Verjährung): is it over, is it near, and is its day sure?"""

from __future__ import annotations

from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.wording import day, listing, same


def _time_barred(context: Context) -> Result | None:
    limitation = context.limitation
    if limitation is None or limitation.last_day >= context.as_of:
        return None
    return Result({"last": day(limitation.last_day)})


def _near(context: Context) -> Result | None:
    limitation = context.limitation
    if limitation is None or limitation.unsure:
        return None
    left = (limitation.last_day - context.as_of).days
    if not 0 <= left < context.policy.limitation_warning_days:
        return None
    return Result({"last": day(limitation.last_day), "left": same(left)})


def _unsure(context: Context) -> Result | None:
    """An acknowledgement or a part payment moves the day later only: it matters where the computed one is near. Negotiations go on."""
    limitation = context.limitation
    if limitation is None or not limitation.unsure:
        return None
    left = (limitation.last_day - context.as_of).days
    if left >= context.policy.limitation_warning_days and not context.claim.negotiating:
        return None
    return Result({"last": day(limitation.last_day), "why": listing(limitation.unsure)})


CONDITIONS = (
    Condition(
        code="TIME_BARRED",
        level=Level.BLOCK,
        fixed=True,
        field="due_date",
        message=Text(
            "Verjährung: Die Forderung ist seit Ablauf des {last} verjährt.",
            "Limitation: the claim is time-barred since the end of {last}.",
        ),
        remedy=Text(
            "Nicht übergeben. Ist die Verjährung gehemmt oder neu begonnen (BGB §§ 203–213), den Fall einem Anwalt geben.",
            "Do not hand over. If limitation was suspended or began anew (BGB §§ 203–213), give the case to a lawyer.",
        ),
        source="BGB §§ 195, 199, 214; computed without what only moves it later",
        check=_time_barred,
    ),
    Condition(
        code="LIMITATION_NEAR",
        level=Level.WARN,
        field="due_date",
        message=Text(
            "Verjährung: Sie tritt mit Ablauf des {last} ein; Tage bis dahin: {left}.",
            "Limitation: it takes effect when {last} ends; days until then: {left}.",
        ),
        remedy=Text(
            "Jetzt freigeben, oder selbst einen Mahnbescheid beantragen; eine Mahnung hält die Verjährung nicht auf.",
            "Release it now, or apply for a court order for payment yourself; a reminder does not stop limitation.",
        ),
        source="BGB §§ 195, 199, 204; how early to warn is practice",
        check=_near,
    ),
    Condition(
        code="LIMITATION_UNSURE",
        level=Level.WARN,
        field="due_date",
        message=Text(
            "Verjährung: gerechnet bis {last}; gemeldet ist, was sie hinausschieben kann: {why}.",
            "Limitation: reckoned until {last}; reported is what may put it off: {why}.",
        ),
        remedy=Text(
            "Den Tag von einem Anwalt bestimmen lassen, oder vor dem gerechneten Tag von Hand freigeben.",
            "Have a lawyer determine the day, or release it by hand before the reckoned one.",
        ),
        source="BGB §§ 203, 212",
        check=_unsure,
    ),
)
