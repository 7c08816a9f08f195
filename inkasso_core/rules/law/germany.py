"""The German law of default, limitation and statutory interest (BGB). Where a fact is missing, what spares the debtor counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from inkasso_core.model.claim import Claim, DueDateOrigin
from inkasso_core.model.party import Address
from inkasso_core.model.statement import Default, DefaultCause, Limitation
from inkasso_core.model.words import Text
from inkasso_core.rules.days import later
from inkasso_core.rules.law import calendar
from inkasso_core.rules.law.calendar import next_working_day
from inkasso_core.rules.law.frame import Law
from inkasso_core.rules.law.tables import BaseRates, RateRule, Statute, TableInfo, statutes
from inkasso_core.rules.wording import day as shown
from inkasso_core.rules.wording import filled

_BY_CONTRACT: Mapping[DueDateOrigin | None, DefaultCause] = {
    DueDateOrigin.CONTRACT: DefaultCause.CALENDAR_DATE,
    DueDateOrigin.CONTRACT_EVENT: DefaultCause.CALENDAR_AFTER_EVENT,
}
"""Who fixed the due date so that its passing alone puts the debtor in default (§ 286(2) no. 1 and 2)."""

_ACKNOWLEDGED = Text(
    "Anerkenntnis vom {day}: damit kann die Verjährung neu begonnen haben (§ 212 BGB)",
    "acknowledged on {day}: limitation may have begun anew (§ 212 BGB)",
)
_PAID_IN_PART = Text(
    "Zahlung vom {day}: eine Teilzahlung kann ein Anerkenntnis sein, mit dem die Verjährung neu beginnt (§ 212 BGB)",
    "paid on {day}: a part payment may be an acknowledgement, with which limitation begins anew (§ 212 BGB)",
)
_PAID_SOME_DAY = Text(
    "Zahlung ohne Datum: eine Teilzahlung kann ein Anerkenntnis sein, mit dem die Verjährung neu beginnt (§ 212 BGB); Datum nachtragen",
    "payment without a date: a part payment may be an acknowledgement, with which limitation begins anew (§ 212 BGB); add its date",
)
_NEGOTIATING = Text(
    "Verhandlungen: solange sie dauern, ist die Verjährung gehemmt (§ 203 BGB)",
    "negotiations: while they last, limitation is suspended (§ 203 BGB)",
)
_DEFERRED = Text(
    "Stundung bis {day}: sie kann die Verjährung aufgeschoben oder gehemmt haben (§§ 199, 205 BGB)",
    "deferred until {day}: that may have put off or suspended limitation (§§ 199, 205 BGB)",
)


_BY_DAY = itemgetter(0)
"""The order of :class:`Default`: by its first day; on the same day as found, so that what merely is asserted comes last."""


@cache
def _statutes() -> dict[str, Statute]:
    return statutes("de_statute.toml")


def defaults(claim: Claim, delivery_days: int) -> tuple[Default, ...]:
    """Return every cause of default (Verzug, § 286 BGB) that the claim proves, each once, the earliest first.

    ``delivery_days``: how long a reminder or an invoice counts as under way where its receipt is not reported. Default presupposes that
    the claim is due: without a due date there is none, and none begins on the due date or before. A deferral moves the due date; a due
    date on a Saturday, Sunday or holiday at the debtor's place moves to the next working day (§ 193). A due date of unknown origin is
    taken as one that only the invoice names. A reminder counts if it was sent after the due date; without its sending date it proves
    nothing.
    """
    if claim.due_date is None:
        return ()
    address = claim.debtor.address
    due = next_working_day(_agreed(claim, claim.due_date), address)
    found = [Default(since, cause) for since, cause in _causes(claim, due, address, delivery_days) if since > due]
    return tuple(sorted(found, key=_BY_DAY))


def _agreed(claim: Claim, due: dt.date) -> dt.date:
    """The last day for payment: the due date, or the end of a later deferral."""
    return due if claim.deferral is None else max(due, claim.deferral.until)


def _causes(claim: Claim, due: dt.date, address: Address | None, delivery_days: int) -> Iterator[tuple[dt.date, DefaultCause]]:
    """Yield first day and cause. A day beyond the calendar's end is its last one: the caller leaves out what is not after ``due``."""
    if by_contract := _BY_CONTRACT.get(claim.due_date_origin):
        yield later(due, 1), by_contract
    if reminded := _reminded(claim, due, delivery_days):
        yield later(reminded, 1), DefaultCause.REMINDER
    if period_end := _payment_period_end(claim, due, delivery_days):
        yield later(next_working_day(period_end, address), 1), DefaultCause.THIRTY_DAYS
    if claim.refused_on is not None:
        yield later(max(claim.refused_on, due), 1), DefaultCause.REFUSAL
    if claim.declared_default is not None:
        yield max(claim.declared_default.since, later(due, 1)), DefaultCause.SPECIAL_REASON


def _reminded(claim: Claim, due: dt.date, delivery_days: int) -> dt.date | None:
    """When the first reminder that was sent after ``due`` arrived (§ 286(1))."""
    arrived = (_arrival(r.sent_on, r.received_on, delivery_days) for r in claim.reminders if r.sent_on is not None and r.sent_on > due)
    return min((day for day in arrived if day is not None), default=None)


def _payment_period_end(claim: Claim, due: dt.date, delivery_days: int) -> dt.date | None:
    """The last of the 30 days after due date and receipt of the invoice; against a consumer only if it told him so (§ 286(3))."""
    invoice = claim.invoice
    if invoice is None or (not invoice.thirty_day_notice and claim.debtor.is_consumer):
        return None
    received = _arrival(invoice.issued_on, invoice.received_on, delivery_days)
    if received is None:
        return None
    begin = max(due, received)
    return later(begin, _statutes()["payment_period"].on(begin)["days"])


def _arrival(sent: dt.date | None, received: dt.date | None, delivery_days: int) -> dt.date | None:
    """When something arrived: as reported, but never before it was sent; else ``delivery_days`` after sending."""
    if received is None:
        return None if sent is None else later(sent, delivery_days)
    return received if sent is None else max(sent, received)


def limitation(claim: Claim) -> Limitation | None:
    """Return the last day on which the claim can be enforced (Verjährung), and what was reported that may have moved it later.

    31 December of the third year after the one in which the claim became due (§§ 195, 199(1) BGB); with a judgment or another title 30
    years from its day (§§ 197(1), 201). Suspension, restart, deferral and § 193 are left out: they only ever move it later. None where
    neither due date nor judgment is reported.
    """
    due, judged = claim.due_date, claim.judged_on
    begin = judged or due
    if begin is None:
        return None
    years = _statutes()["limitation"].on(begin)
    if judged is not None:
        begins, last = judged, _years_later(judged, years["judged"])
    else:
        begins, last = dt.date(begin.year, 12, 31), dt.date(min(begin.year + years["regular"], dt.MAXYEAR), 12, 31)
    return Limitation(last, tuple(_unsure(claim, begins, last)))


def _unsure(claim: Claim, begins: dt.date, last: dt.date) -> Iterator[Text]:
    """Yield what may have moved the last day: a restart counts between the beginning of limitation and its end, no other day does."""
    if (day := claim.acknowledged_on) is not None and begins < day <= last:
        yield filled(_ACKNOWLEDGED, {"day": shown(day)})
    if claim.payments:
        days = {payment.on for payment in claim.payments}
        if newest := max((day for day in days if day is not None and begins < day <= last), default=None):
            yield filled(_PAID_IN_PART, {"day": shown(newest)})
        elif None in days:
            yield _PAID_SOME_DAY
    if claim.negotiating:
        yield _NEGOTIATING
    if claim.deferral is not None and (claim.due_date is None or claim.deferral.until > claim.due_date):
        yield filled(_DEFERRED, {"day": shown(claim.deferral.until)})


def _years_later(day: dt.date, years: int) -> dt.date:
    """The same day so many years on; 28 February for a 29th that does not exist (§ 188(2), (3) BGB)."""
    if day.year + years > dt.MAXYEAR:
        return dt.date.max
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return dt.date(day.year + years, 2, 28)


def rate(claim: Claim) -> RateRule:
    """Return the statutory rate of default interest, in points above the base rate, and the flat fee in EUR (§ 288 BGB).

    The date of the contract decides. Where it is not reported, the lower rate counts, and ``source`` says so. A debtor whose role is
    not known is a consumer.
    """
    contract = claim.contract
    return _rate("interest_consumer" if claim.debtor.is_consumer else "interest_business", contract.concluded_on if contract else None)


def _lowest(table: str) -> RateRule:
    statute = _statutes()[table]
    row = min(statute.rows, key=lambda row: (row["points"], row["flat_fee"]))
    note = "" if len(statute.rows) == 1 else "; date of the contract not reported: the lower rate"
    return _rule(row)._replace(source=row["source"] + note)


@lru_cache(maxsize=1024)
def _rate(table: str, contract: dt.date | None) -> RateRule:
    return _lowest(table) if contract is None else _rule(_statutes()[table].on(contract))


def _rule(row: Mapping[str, Any]) -> RateRule:
    return RateRule(Decimal(row["points"]), Decimal(row["flat_fee"]), row["source"])


def tables() -> tuple[TableInfo, ...]:
    """Return what the tables of the statute and the holidays say of themselves."""
    return (*(statute.info for statute in _statutes().values()), calendar.info())


GERMANY = Law(
    country="DE",
    defaults=defaults,
    limitation=limitation,
    rate=rate,
    base_rates=BaseRates.shipped("de_base_rates.toml"),
    next_working_day=next_working_day,
)
