"""Default interest: can it be computed, and is an agreed rate explained?"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from inkasso_core.errors import LegalDataMissing
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.law.frame import Law
from inkasso_core.rules.wording import percent

_UNKNOWN = Text("unbekannt", "unknown")


def _not_computed(context: Context) -> Result | None:
    if context.law is None or context.default is None or context.claim.agreed_interest is not None:
        return None
    _, missing = _base_rates(context.law, context.default.since, context.as_of)
    return None if missing is None else Result({"why": missing.text})


def _above_statutory(context: Context) -> Result | None:
    agreed, law = context.claim.agreed_interest, context.law
    if agreed is None or agreed.reason is not None or law is None:
        return None
    since = context.default.since if context.default is not None else context.as_of
    known, _ = _base_rates(law, since, context.as_of)
    lowest = min(known) + law.rate(context.claim).points if known else None
    if lowest is not None and agreed.percent <= lowest:
        return None
    return Result({"agreed": percent(agreed.percent), "statutory": _UNKNOWN if lowest is None else percent(lowest)})


def _base_rates(law: Law, first: dt.date, last: dt.date) -> tuple[list[Decimal], LegalDataMissing | None]:
    """The base rates from ``first`` to ``last``, as far as they are known, and why no further."""
    known = []
    try:
        for _, _, rate in law.base_rates.changes(first, last):
            known.append(rate)
    except LegalDataMissing as exc:
        return known, exc
    return known, None


CONDITIONS = (
    Condition(
        code="INTEREST_NOT_COMPUTED",
        level=Level.WARN,
        field=None,
        message=Text("Verzugszinsen: nicht berechnet; {why}.", "Default interest: not computed; {why}."),
        remedy=Text(
            "Den fehlenden Wert nachtragen, oder bewusst ohne Zinsen von Hand freigeben.",
            "Supply the missing value, or release it by hand on purpose without interest.",
        ),
        source="BGB §§ 247, 288: a missing half-year is never guessed",
        check=_not_computed,
    ),
    Condition(
        code="RATE_ABOVE_STATUTORY",
        level=Level.WARN,
        field="agreed_interest",
        message=Text(
            "Vereinbarter Zins: {agreed}, mehr als der gesetzliche ({statutory}), und ohne Begründung.",
            "Agreed interest: {agreed}, more than the statutory rate ({statutory}), and without a reason.",
        ),
        remedy=Text(
            "Angeben, worauf der Zinssatz beruht (agreed_interest.reason), oder ihn weglassen: Dann gilt der gesetzliche.",
            "Say what the rate rests on (agreed_interest.reason), or leave it out: then the statutory one counts.",
        ),
        source="BGB § 288(3), RDG § 13a(1) no. 4",
        check=_above_statutory,
    ),
)
