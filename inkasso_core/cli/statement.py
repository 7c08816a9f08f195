"""What is owed, line by line (Forderungsaufstellung): default, interest, payments, and the last day of limitation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from inkasso_core.cli import output, words
from inkasso_core.cli.language import say
from inkasso_core.cli.output import Cell, Head
from inkasso_core.model.statement import DefaultCause, Limitation, Segment, Statement
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Reckoned
    from inkasso_core.model.claim import Claim


def document(found: Reckoned | None) -> dict[str, Any] | None:
    """Return a statement for programs, its sums included; None where the law is not known."""
    if found is None:
        return None
    statement, limitation = found
    return {
        **statement._asdict(),
        "segments": [{**segment._asdict(), "percent": segment.percent} for segment in statement.segments],
        "interest": statement.interest,
        "total_open": statement.total_open,
        "limitation": limitation,
    }


def print_statement(found: Reckoned | None, claim: Claim, day: dt.date) -> None:
    """Print what is owed on a day."""
    currency = claim.currency
    output.heading(_STATEMENT, day=output.day(day))
    if found is None:
        output.tell(_NOT_KNOWN)
        return
    statement, limitation = found
    output.pairs(_default(statement))
    if statement.missing is not None:
        output.line(Cell(f"{words.POINT} ", words.YELLOW), f"{say(_NO_INTEREST)}: {say(statement.missing)}")
    if statement.segments:
        output.line("")
        output.table(_INTEREST_HEADS, [_segment(segment, currency) for segment in statement.segments])
    if statement.bookings:
        output.line("")
        output.table(
            _BOOKING_HEADS, [[output.day(b.on), *(output.money(amount, currency) for amount in b[1:])] for b in statement.bookings]
        )
    output.line("")
    output.pairs([*_sums(statement, currency), *_limitation(limitation, day)])
    if statement.principal_open != claim.principal_open:
        output.line(Cell(say(_OTHER_THAN_BOOKS), words.PALE))


def _default(statement: Statement) -> Iterator[tuple[Text, str]]:
    yield _LAW, statement.country
    if statement.default is None:
        yield _DEFAULT, say(_NONE_YET)
    else:
        yield _DEFAULT, say(_SINCE.fill(day=output.day(statement.default.since), cause=say(CAUSES[statement.default.cause])))


def _segment(segment: Segment, currency: str) -> list[str | Cell]:
    return [
        output.day(segment.first),
        output.day(segment.last),
        output.number(segment.days),
        output.money(segment.principal, currency),
        _rate(segment),
        output.money(segment.amount, currency),
    ]


def _rate(segment: Segment) -> str:
    """5 points above a base rate of 1.27 percent: 1.27 + 5 = 6.27 %; a rate without base rate: 7.5 %."""
    whole = f"{output.decimal(segment.percent)} %"
    return whole if segment.base is None else f"{output.decimal(segment.base)} + {output.decimal(segment.points)} = {whole}"


def _sums(statement: Statement, currency: str) -> Iterator[tuple[Text, str | Cell]]:
    def money(amount: Decimal) -> str:
        return output.money(amount, currency)

    yield _PRINCIPAL, money(statement.principal_open)
    yield _CHARGES, money(statement.charges_open)
    yield _INTEREST, money(statement.interest_open) if statement.missing is None else "–"
    total = money(statement.total_open)
    yield _TOTAL, Cell(total if statement.missing is None else f"{total} {say(_WITHOUT)}", "bold")
    if statement.flat_fee:
        yield _FLAT_FEE, money(statement.flat_fee)


def _limitation(limitation: Limitation | None, day: dt.date) -> Iterator[tuple[Text, str | Cell]]:
    if limitation is None:
        return
    lapsed = limitation.last_day < day
    text = _LAPSED_SINCE if lapsed else _LAPSES
    yield _LIMITATION, Cell(say(text.fill(day=output.day(limitation.last_day))), words.RED if lapsed else "")
    for reason in limitation.unsure:
        yield _MAYBE_LATER, say(reason)


CAUSES = {
    DefaultCause.REMINDER: Text("Mahnung, § 286 Abs. 1 BGB", "reminder, § 286(1) BGB"),
    DefaultCause.CALENDAR_DATE: Text("Kalendertag im Vertrag, § 286 Abs. 2 Nr. 1 BGB", "calendar date in the contract, § 286(2) no. 1 BGB"),
    DefaultCause.CALENDAR_AFTER_EVENT: Text(
        "Frist nach einem Ereignis im Vertrag, § 286 Abs. 2 Nr. 2 BGB", "term after an event in the contract, § 286(2) no. 2 BGB"
    ),
    DefaultCause.THIRTY_DAYS: Text(
        "30 Tage nach Fälligkeit und Rechnung, § 286 Abs. 3 BGB", "30 days after due date and invoice, § 286(3) BGB"
    ),
    DefaultCause.REFUSAL: Text("ernste Weigerung, § 286 Abs. 2 Nr. 3 BGB", "serious refusal, § 286(2) no. 3 BGB"),
    DefaultCause.SPECIAL_REASON: Text(
        "besonderer Grund, vom Händler erklärt, § 286 Abs. 2 Nr. 4 BGB", "special reason, asserted by the merchant, § 286(2) no. 4 BGB"
    ),
}
_STATEMENT = Text("Forderungsaufstellung zum {day}", "Statement as of {day}")
_NOT_KNOWN = Text(
    "Welches Recht gilt, ist nicht bekannt: Verzug, Zinsen und Verjährung werden nicht berechnet. Bekannt ist das deutsche, wenn Gläubiger "
    "und Schuldner in Deutschland sitzen.",
    "The law that governs is not known: default, interest and limitation are not computed. Known is Germany's, where creditor and debtor "
    "are both there.",
)
_LAW, _DEFAULT = Text("Recht", "Law"), Text("Verzug", "Default")
_NONE_YET = Text("nicht nachgewiesen, keine Zinsen", "not proved, no interest")
_SINCE = Text("seit {day} ({cause})", "since {day} ({cause})")
_NO_INTEREST = Text("Zinsen nicht berechnet", "Interest not computed")
_FROM, _TO, _DAYS = Text("Zinsen von", "Interest from"), Text("bis", "to"), Text("Tage", "Days")
_ON, _RATE, _AMOUNT = Text("auf", "on"), Text("Zinssatz", "Rate"), Text("Betrag", "Amount")
_INTEREST_HEADS = (
    Head(_FROM, "short"),
    Head(_TO, "short"),
    Head(_DAYS, "number"),
    Head(_ON, "number"),
    Head(_RATE, "number"),
    Head(_AMOUNT, "number"),
)
_BOOKING_HEADS = (
    Head(Text("Zahlung am", "Payment of"), "short"),
    Head(_AMOUNT, "number"),
    Head(Text("auf Kosten", "on charges"), "number"),
    Head(Text("auf Zinsen", "on interest"), "number"),
    Head(Text("auf Hauptforderung", "on principal"), "number"),
)
_PRINCIPAL, _CHARGES = Text("Hauptforderung offen", "Principal open"), Text("Kosten offen", "Charges open")
_INTEREST, _TOTAL = Text("Zinsen offen", "Interest open"), Text("Zusammen", "Together")
_WITHOUT = Text("(ohne Zinsen)", "(without interest)")
_FLAT_FEE = Text("Dazu Pauschale, § 288 Abs. 5 BGB", "Besides, flat fee, § 288(5) BGB")
_OTHER_THAN_BOOKS = Text(
    "Teilzahlungen sind hier nach § 367 BGB verrechnet, auch auf Zinsen; die Beträge darüber sind die Bücher des Shops.",
    "Here, part payments are divided by § 367 BGB, interest included; the amounts above are the shop's books.",
)
_LIMITATION, _MAYBE_LATER = Text("Verjährung", "Limitation"), Text("Vielleicht später", "Maybe later")
_LAPSES = Text("mit Ablauf des {day}", "at the end of {day}")
_LAPSED_SINCE = Text("eingetreten mit Ablauf des {day}", "came at the end of {day}")
