"""Reconciliation (Abgleich): what shop, agency and we ourselves say of every claim, where they differ, and what would help."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from inkasso_core import spreadsheet
from inkasso_core.agencies.table import Cell, Column, Kind
from inkasso_core.casebooks import FAILED, LATER, UNKNOWN, Book, books_of
from inkasso_core.context import Context
from inkasso_core.lifecycle import AT_AGENCY, Actor, State, state_label
from inkasso_core.model.agency import AgencyStatus
from inkasso_core.model.claim import Claim, PaymentOrigin
from inkasso_core.model.words import Language, Text
from inkasso_core.statuses import STATE_OF
from inkasso_core.store import adopted, feeds
from inkasso_core.store.claims import Filter

_AGREE: Mapping[State, frozenset[State]] = {
    State.PAUSED: frozenset({State.HANDED_OVER, State.RUNNING}),
    State.EXPORTED: frozenset({State.RUNNING}),
}
"""Our state -> what an agency's status may mean besides, without contradicting it."""
_GOES_ON = frozenset({State.HANDED_OVER, State.RUNNING})
ZERO = Decimal(0)


class Difference(NamedTuple):
    """Where two sides differ."""

    code: str
    text: Text
    """What differs, and what would help."""


class Reconciled(NamedTuple):
    """One claim, or what only one side knows, as shop, agency and we ourselves have it. Amounts in ``currency``; None: nobody says."""

    ref: str | None
    """How people and programs name the claim; None for what is no claim of ours."""
    account: str
    invoice_number: str | None = None
    case_reference: str | None = None
    our_reference: str | None = None
    currency: str | None = None
    state: State | None = None
    shop_open: Decimal | None = None
    """What is open by the shop's books, charges included."""
    shop_paid: Decimal | None = None
    """What was paid to the shop."""
    shop_booked: Decimal | None = None
    """What the shop booked as paid to the agency."""
    shop_ended: str | None = None
    told: Decimal | None = None
    """What the agency was told of payments to the shop."""
    untold: Decimal | None = None
    collected: Decimal | None = None
    """What the agency told us that it received, in the claim's currency; of a case of several claims, with the first of them."""
    agency_status: str | None = None
    agency_code: str | None = None
    agency_open: Decimal | None = None
    """What is open by the agency's own account of the case, its interest and fees included."""
    agency_collected: Decimal | None = None
    heard_at: dt.datetime | None = None
    answer: str = "not_asked"
    """``asked``, ``not_asked``, ``later`` (no more requests for now), ``failed``, or ``unknown``: the agency knows no such case."""
    differences: tuple[Difference, ...] = ()


def reconcile(context: Context, chosen: Filter, actor: Actor, *, online: bool = False) -> Iterator[Reconciled]:
    """Yield every claim that an agency has or had, then what only one side knows. ``online`` asks the agencies, within their limits."""
    for book in books_of(context, chosen, actor, online=online):
        yield _line(book)
    yield from _one_sided(context, chosen, actor)


def _line(book: Book) -> Reconciled:
    case, claim, ledger = book.case, book.claim, book.ledger
    stored, status = case.stored, book.report.status.value if book.report is not None else case.agency_status
    line = Reconciled(
        ref=stored.ref,
        account=case.account,
        invoice_number=stored.invoice_number,
        case_reference=case.case_reference,
        our_reference=None if case.is_outside else case.our_reference,
        currency=claim.currency,
        state=stored.state,
        shop_open=max(claim.total_open, ZERO),
        shop_paid=paid(claim, PaymentOrigin.SHOP),
        shop_booked=paid(claim, PaymentOrigin.AGENCY) + paid(claim, PaymentOrigin.US),
        shop_ended=claim.ended.value if claim.ended is not None else None,
        told=book.told,
        untold=book.untold,
        collected=sum((one.amount for one in book.collected if one.currency == claim.currency), ZERO),
        agency_status=status,
        agency_code=book.report.agency_status if book.report is not None else case.agency_code,
        agency_open=ledger.outstanding if ledger is not None else None,
        agency_collected=ledger.collected if ledger is not None else None,
        heard_at=case.heard_at,
        answer=book.answer,
    )
    found = (check(book, line) for check in _CHECKS)
    return line._replace(differences=tuple(one for one in found if one is not None))


def paid(claim: Claim, origin: PaymentOrigin) -> Decimal:
    """Return what was paid, as far as it came that way."""
    return sum((payment.amount for payment in claim.payments if payment.origin is origin), ZERO)


# What may differ


def _state(book: Book, line: Reconciled) -> Difference | None:
    said = _said(line)
    if not book.case.is_open or said is None or line.state is None:
        return None
    if said is line.state or said in _AGREE.get(line.state, ()):
        return None
    theirs, ours = state_label(said), state_label(line.state)
    return Difference("STATE", _STATE.fill(ref=line.ref, de=theirs.de, en=theirs.en, our_de=ours.de, our_en=ours.en))


def _unknown(book: Book, line: Reconciled) -> Difference | None:
    return Difference("UNKNOWN_THERE", _UNKNOWN.fill(ref=line.ref)) if book.answer == UNKNOWN else None


def _unclear(_book: Book, line: Reconciled) -> Difference | None:
    return Difference("UNCLEAR", _UNCLEAR.fill(ref=line.ref)) if line.state is State.UNCLEAR else None


def _unconfirmed(_book: Book, line: Reconciled) -> Difference | None:
    return Difference("NOT_CONFIRMED", _UNCONFIRMED.fill(ref=line.ref)) if line.state is State.EXPORTED else None


def _untold(_book: Book, line: Reconciled) -> Difference | None:
    return Difference("NOT_TOLD", _UNTOLD.fill(ref=line.ref, amount=line.untold, currency=line.currency)) if line.untold else None


def _unbooked(book: Book, line: Reconciled) -> Difference | None:
    """What the agency received in a case may be booked on any of its claims: the case counts as a whole."""
    more = book.whole.told - book.whole.booked if book.is_first else ZERO
    return Difference("NOT_BOOKED", _UNBOOKED.fill(ref=line.ref, amount=more, currency=line.currency)) if more > 0 else None


def _paid_there(_book: Book, line: Reconciled) -> Difference | None:
    is_paid = line.agency_status == AgencyStatus.CLOSED_PAID or (line.agency_open is not None and line.agency_open <= 0)
    return Difference("PAID_THERE", _PAID_THERE.fill(ref=line.ref)) if is_paid and line.shop_open and not line.shop_ended else None


def _open_there(book: Book, line: Reconciled) -> Difference | None:
    is_over = book.claim.principal_open <= 0 and not line.shop_ended
    goes_on = book.case.is_open and line.state in AT_AGENCY | {State.PAUSED} and _said(line) in _GOES_ON | {None}
    return Difference("OPEN_THERE", _OPEN_THERE.fill(ref=line.ref)) if is_over and goes_on else None


def _ended(book: Book, line: Reconciled) -> Difference | None:
    goes_on = book.case.is_open and line.state in AT_AGENCY | {State.PAUSED, State.UNCLEAR}
    return Difference("ENDED_IN_SHOP", _ENDED.fill(ref=line.ref)) if line.shop_ended and goes_on else None


def _currency(book: Book, line: Reconciled) -> Difference | None:
    other = {one.currency for one in book.collected} | ({book.ledger.currency} if book.ledger is not None else set())
    return Difference("CURRENCY", _CURRENCY.fill(ref=line.ref)) if other - {line.currency} else None


def _no_answer(book: Book, line: Reconciled) -> Difference | None:
    if book.answer == LATER:
        return Difference("LATER", _LATER.fill(ref=line.ref))
    return Difference("NO_ANSWER", _NO_ANSWER.fill(ref=line.ref, error=book.error)) if book.answer == FAILED else None


def _said(line: Reconciled) -> State | None:
    return STATE_OF[AgencyStatus(line.agency_status)] if line.agency_status is not None else None


_CHECKS: tuple[Callable[[Book, Reconciled], Difference | None], ...] = (
    *(_unknown, _state, _unclear, _unconfirmed, _ended, _untold, _open_there, _paid_there, _unbooked, _currency, _no_answer),
)


# What only one side knows


def _one_sided(context: Context, chosen: Filter, actor: Actor) -> Iterable[Reconciled]:
    """Entries about cases that are none of ours, and earlier hand-overs that no shop has reported. Whose they are, no vendor is told."""
    if actor.vendors is not None or chosen.vendor is not None or chosen.states:
        return
    with context.database.read() as connection:
        entries = [] if chosen.shop is not None or actor.tenants is not None else feeds.listed(connection, chosen.account)
        mine = {name for name, shop in context.settings.shops.items() if actor.tenants is None or shop.tenant in actor.tenants}
        lines = list(adopted.listed(connection, chosen.account, mine if chosen.shop is None else mine & {chosen.shop}, waiting=True))
    for entry in entries:
        if entry.reason == feeds.UNKNOWN_CASE:
            difference = Difference("ONLY_AGENCY", _ONLY_AGENCY.fill(id=entry.id))
            yield Reconciled(None, entry.account, case_reference=entry.agency_reference, differences=(difference,))
    for one in lines:
        number = one.line.order_key or one.line.invoice_key
        difference = Difference("ONLY_LIST", _ONLY_LIST.fill(shop=one.line.shop, number=number))
        yield Reconciled(
            None,
            one.line.account,
            invoice_number=one.line.invoice_key,
            case_reference=one.line.case_reference,
            differences=(difference,),
        )


# As a file


def write_csv(path: Path, rows: Iterable[Reconciled], language: Language) -> int:
    """Write the reconciliation for a spreadsheet; return the number of rows."""
    return spreadsheet.write_csv(path, _columns(language), rows)


def _texts(line: Reconciled, language: Language) -> str:
    return " ".join(one.text.read(language) for one in line.differences)


def _columns(language: Language) -> list[Column[Reconciled]]:
    def currency(line: Reconciled) -> str:
        return line.currency or "EUR"

    def state(line: Reconciled) -> Cell:
        return state_label(line.state).read(language) if line.state is not None else None

    looks: tuple[tuple[Text, Kind, Callable[[Reconciled], Cell]], ...] = (
        (Text("Forderung", "Claim"), Kind.REFERENCE, lambda one: one.ref),
        (Text("Rechnung", "Invoice"), Kind.REFERENCE, lambda one: one.invoice_number),
        (Text("Konto", "Account"), Kind.TEXT, lambda one: one.account),
        (Text("Aktenzeichen", "Case"), Kind.REFERENCE, lambda one: one.case_reference),
        (Text("Status", "State"), Kind.TEXT, state),
        (Text("Bei der Agentur", "At the agency"), Kind.TEXT, lambda one: one.agency_status),
        (Text("Währung", "Currency"), Kind.CODE, lambda one: one.currency),
        (Text("Shop: offen", "Shop: open"), Kind.AMOUNT, lambda one: one.shop_open),
        (Text("Shop: an den Shop gezahlt", "Shop: paid to the shop"), Kind.AMOUNT, lambda one: one.shop_paid),
        (Text("Shop: als Agenturzahlung gebucht", "Shop: booked as paid to the agency"), Kind.AMOUNT, lambda one: one.shop_booked),
        (Text("Der Agentur gemeldet", "Told to the agency"), Kind.AMOUNT, lambda one: one.told),
        (Text("Noch zu melden", "Still to be told"), Kind.AMOUNT, lambda one: one.untold),
        (Text("Agentur: eingenommen", "Agency: collected"), Kind.AMOUNT, lambda one: one.collected),
        (Text("Agentur: offen", "Agency: open"), Kind.AMOUNT, lambda one: one.agency_open),
        (Text("Zuletzt gehört", "Last heard"), Kind.DATE, lambda one: one.heard_at.date() if one.heard_at else None),
        (Text("Abweichung", "Difference"), Kind.TEXT, lambda one: " ".join(found.code for found in one.differences)),
        (Text("Abhilfe", "Remedy"), Kind.TEXT, lambda one: _texts(one, language)),
    )
    return [Column(text.read(language), kind, look, currency=currency) for text, kind, look in looks]


_STATE = Text(
    "Die Agentur meldet „{de}“, hier steht „{our_de}“: `inkasso run` holt ihren Stand; bleibt es so, dort nachfragen.",
    'The agency says "{en}", here it is "{our_en}": `inkasso run` fetches where it stands; if it stays so, ask there.',
)
_UNKNOWN = Text(
    "Die Agentur kennt den Fall nicht: Aktenzeichen im Portal prüfen (`inkasso show {ref}`).",
    "The agency does not know the case: check its reference in the portal (`inkasso show {ref}`).",
)
_UNCLEAR = Text(
    "Ob die Agentur den Fall hat, ist ungeklärt: `inkasso run` sieht nach, sonst `inkasso resolve {ref}`.",
    "Whether the agency has the case is not known: `inkasso run` looks it up, else `inkasso resolve {ref}`.",
)
_UNCONFIRMED = Text(
    "Die Agentur hat die Übermittlung noch nicht bestätigt: `inkasso confirm {ref}`, sobald sie es tut.",
    "The agency has not confirmed what was exported: `inkasso confirm {ref}` once it does.",
)
_UNTOLD = Text(
    "Zahlungen an den Shop, von denen die Agentur nichts weiß: {amount} {currency}. `inkasso instructions` und `inkasso tasks`.",
    "Payments to the shop that the agency has not heard of: {amount} {currency}. `inkasso instructions` and `inkasso tasks`.",
)
_UNBOOKED = Text(
    "Von der Agentur eingenommen und im Shop nicht gebucht: {amount} {currency}. Im Shop als Zahlung an die Agentur buchen.",
    "Collected by the agency and not booked in the shop: {amount} {currency}. Book it in the shop as paid to the agency.",
)
_PAID_THERE = Text(
    "Bei der Agentur ist nichts mehr offen, im Shop schon: Zahlung im Shop buchen, oder bei der Agentur nachfragen.",
    "At the agency nothing is open any more, in the shop there is: book the payment in the shop, or ask the agency.",
)
_OPEN_THERE = Text(
    "Im Shop ist nichts mehr offen, die Agentur macht weiter: `inkasso instructions` und `inkasso tasks` zeigen, ob sie es weiß.",
    "In the shop nothing is open any more, the agency goes on: `inkasso instructions` and `inkasso tasks` show whether it knows.",
)
_ENDED = Text(
    "Der Auftrag ist im Shop beendet, der Fall liegt noch bei der Agentur: `inkasso undo {ref} --reason GRUND`.",
    "The order has ended in the shop, the case is still at the agency: `inkasso undo {ref} --reason REASON`.",
)
_CURRENCY = Text(
    "Die Agentur rechnet in anderer Währung ab: von Hand vergleichen.", "The agency accounts in another currency: compare by hand."
)
_LATER = Text(
    "Die Agentur nimmt zurzeit keine Anfragen mehr an: verglichen ist, was sie zuletzt meldete.",
    "The agency takes no more requests for now: compared is what it said last.",
)
_NO_ANSWER = Text(
    "Die Agentur hat nicht geantwortet ({error}): verglichen ist, was sie zuletzt meldete.",
    "The agency did not answer ({error}): compared is what it said last.",
)
_ONLY_AGENCY = Text(
    "Die Agentur meldet einen Fall, den es hier nicht gibt: `inkasso feed show {id}`, dann `inkasso feed assign` oder `settle`.",
    "The agency speaks of a case that is not known here: `inkasso feed show {id}`, then `inkasso feed assign` or `settle`.",
)
_ONLY_LIST = Text(
    "Früher von Hand übergeben, vom Shop {shop} nicht gemeldet: {number}. Nummer prüfen (`inkasso adopted`).",
    "Handed over by hand before, not reported by the shop {shop}: {number}. Check the number (`inkasso adopted`).",
)
