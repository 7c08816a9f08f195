"""One claim as people see it: debtor, amounts, diagnosis, placements, tasks, history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from inkasso_core.cli import output, words
from inkasso_core.cli.language import say
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.said import why, word_of
from inkasso_core.cli.session import profile_of
from inkasso_core.cli.statement import print_statement
from inkasso_core.lifecycle import BEFORE_AGENCY, OPEN_STATES, Profile, State
from inkasso_core.model.diagnosis import Diagnosis, Level
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Details, Entry, Inkasso, Instructed, Reckoned, Task
    from inkasso_core.model.claim import Claim
    from inkasso_core.model.party import Debtor

_DIAGNOSED = BEFORE_AGENCY | {State.PAUSED, State.REMOVED}
"""States in which it matters whether the claim may go."""
_OWED = OPEN_STATES | {State.CLOSED}
"""States in which something is owed; of other claims a statement would only mislead."""


def picture(ink: Inkasso, details: Details, diagnosis: Diagnosis, reckoned: Reckoned | None) -> None:
    """Print all that is known of a claim, and what is owed on the day of the diagnosis."""
    stored, claim = details.stored, details.claim
    profile = profile_of(ink, stored.shop)
    output.line(Cell(stored.ref, "bold"), "  ", words.state(stored.state, profile))
    if details.error is not None:
        output.line(Cell(say(details.error), words.RED))
    for title, lines in ((_DEBTOR, _debtor(claim)), (_CLAIM, _facts(claim)), (_AMOUNTS, _amounts(claim))):
        output.heading(title)
        output.pairs(lines)
    if stored.state in _OWED:
        print_statement(reckoned, claim, diagnosis.as_of)
    if stored.state in _DIAGNOSED:
        output.heading(_DIAGNOSIS, day=output.day(diagnosis.as_of))
        _summary(diagnosis)
    if claim.asserted:
        output.line(f"{say(ASSERTED)}: {', '.join(claim.asserted)}")
    if details.placements:
        output.heading(_PLACEMENTS)
        _placements(ink, details.placements)
    if details.instructions:
        output.heading(_INSTRUCTIONS)
        instructions(ink, details.instructions)
    if details.tasks:
        output.heading(_TASKS)
        tasks(ink, details.tasks)
    output.heading(_HISTORY)
    entries(ink, details.history, profile)


def entries(ink: Inkasso, found: Iterable[Entry], profile: Profile) -> None:
    """Print a history, oldest first."""
    zone = ink.settings.zone
    output.table(
        (Head(_AT, "short"), Head(_WHO), Head(_WHAT), Head(_STATE), Head(_WHY)),
        [
            [
                output.moment(e.at, zone),
                e.actor,
                words.event(e.what),
                _changed(e, profile),
                why(e),
            ]
            for e in found
        ],
    )


def instructions(ink: Inkasso, found: Sequence[Instructed], *, with_ref: bool = False) -> None:
    """Print what an agency was told, or is to be told."""
    zone = ink.settings.zone
    heads = [Head(_ID, "short"), Head(_AT, "short"), Head(_WHAT), Head(_TOLD), Head(_WHY)]
    rows: list[list[str | Cell]] = [
        [
            one.id,
            output.moment(one.created_at, zone),
            " ".join(filter(None, (word_of("verb", one.verb), one.what))),
            Cell(word_of("state", one.state), _TOLD_STYLES.get(one.state, "")),
            say(one.message) if one.message else "",
        ]
        for one in found
    ]
    if with_ref:
        heads = [Head(_CLAIM, "ref"), *heads]
        rows = [[one.ref, *row] for one, row in zip(found, rows, strict=True)]
    output.table(heads, rows)


def tasks(ink: Inkasso, found: Iterable[Task]) -> None:
    """Print tasks with what is to be done."""
    zone = ink.settings.zone
    for task in found:
        mark = Cell("✔ ", words.GREEN) if task.done_at else Cell(f"{words.POINT} ", words.YELLOW)
        output.line(mark, Cell(task.id, "bold"), f"  {output.local(task.created_at, zone)}", f"  {task.account}" if task.account else "")
        output.indented(say(task.message))
        if task.case_reference or task.portal_url:
            case = f"{say(_CASE)} {task.case_reference}" if task.case_reference else ""
            output.indented("  ".join(filter(None, (case, task.portal_url))), words.PALE)
        if task.done_at:
            output.indented(" ".join(filter(None, (output.local(task.done_at, zone), task.done_by, task.resolution))), words.PALE)


def _changed(entry: Entry, profile: Profile) -> Cell:
    if entry.to_state is None or entry.to_state == entry.from_state:
        return Cell("")
    return words.state(State(entry.to_state), profile)


def _debtor(claim: Claim) -> Iterator[tuple[Text, str]]:
    debtor = claim.debtor
    yield _NAME, _name(debtor)
    for address in debtor.addresses:
        town = " ".join(filter(None, (address.postal_code, address.city)))
        parts = (address.street_line, address.extra, town, address.country)
        yield _ADDRESS, _marked(claim, ", ".join(filter(None, parts)), "debtor.addresses")
    for contact in debtor.contacts:
        yield _CONTACT, contact.value
    yield _CAPACITY, say(_CAPACITIES[debtor.capacity.value])
    if debtor.number:
        yield _NUMBER, debtor.number


def _name(debtor: Debtor) -> str:
    person = debtor.person
    people = " ".join(filter(None, (person.title, person.first_name, person.last_name))) if person else ""
    company = debtor.organization.name if debtor.organization else None
    return ", ".join(filter(None, (company, people))) or "–"


def _facts(claim: Claim) -> Iterator[tuple[Text, str]]:
    invoice, contract = claim.invoice, claim.contract
    rows: tuple[tuple[Text, str, str | None], ...] = (
        (_SUBJECT, "subject", claim.subject),
        (_CONTRACT, "contract.concluded_on", output.day(contract.concluded_on) if contract else None),
        (_INVOICE, "invoice.number", invoice.number if invoice else None),
        (_INVOICED, "invoice.issued_on", output.day(invoice.issued_on) if invoice else None),
        (_SERVICE, "service_date", output.day(claim.service_date)),
        (_DUE, "due_date", output.day(claim.due_date)),
        (_VENDOR, "source.vendor", claim.source.vendor),
    )
    for label, path, value in rows:
        if value:
            yield label, _marked(claim, value, path)
    for reminder in claim.reminders:
        deadline = f", {say(_DEADLINE)} {output.day(reminder.deadline)}" if reminder.deadline else ""
        sent = " ".join(filter(None, (str(reminder.level or ""), output.day(reminder.sent_on), reminder.channel)))
        yield _REMINDER, _marked(claim, f"{sent}{deadline}", "reminders")
    if claim.dispute is not None:
        ends = output.day(claim.dispute.resolved_on)
        yield _DISPUTE, " – ".join(filter(None, (output.day(claim.dispute.since), ends))) or "✔"


def _amounts(claim: Claim) -> Iterator[tuple[Text, str | Cell]]:
    def money(amount: Decimal) -> str:
        return output.money(amount, claim.currency)

    yield _PRINCIPAL, _marked(claim, money(claim.principal), "principal", "currency")
    for charge in claim.charges:
        yield _CHARGE, " ".join(filter(None, (money(charge.amount), output.day(charge.on), charge.reason or charge.kind.value)))
    for payment in claim.payments:
        yield _PAYMENT, f"{money(-payment.amount)} {output.day(payment.on)}".strip()
    for credit in claim.credits:
        unused = "" if credit.allocated else say(_UNALLOCATED)
        yield _CREDIT, " ".join(filter(None, (money(-credit.amount), output.day(credit.on), unused)))
    yield _PRINCIPAL_OPEN, money(claim.principal_open)
    yield _TOTAL_OPEN, Cell(money(claim.total_open), "bold")


def _marked(claim: Claim, value: str, *paths: str) -> str:
    """Mark what no record of the shop holds."""
    asserted = any(is_asserted(claim.asserted, path) for path in paths)
    return f"{value} ({say(ASSERTED)})" if asserted else value


def is_asserted(asserted: Iterable[str], path: str | None) -> bool:
    """True where the merchant's configuration declares this field, a part of it, or what it is a part of."""
    return path is not None and any(mine == path or mine.startswith(f"{path}.") or path.startswith(f"{mine}.") for mine in asserted)


def _summary(diagnosis: Diagnosis) -> None:
    if diagnosis.is_ready:
        output.line(Cell(f"{words.POINT} ", words.GREEN), say(READY))
    shown = {Level.WARN} if diagnosis.is_ready else {Level.WARN, Level.BLOCK}  # red is then only what a group not needed lacks
    for finding in diagnosis.findings:
        if finding.level in shown:
            output.line(Cell(f"{words.POINT} ", words.LEVEL_STYLES[finding.level]), f"{finding.code}: {say(finding.message)}")
    if diagnosis.expected_on is not None and not diagnosis.is_ready:
        output.line(say(EXPECTED.fill(day=output.day(diagnosis.expected_on))))


def _placements(ink: Inkasso, found: Iterable[Any]) -> None:
    heads = (Head(_OUR_REFERENCE, "ref"), Head(_ACCOUNT), Head(_CASE), Head(_AGENCY_STATUS), Head(_PLACED, "short"), Head(_CLOSED, "short"))
    output.table(
        heads,
        [
            [
                p.our_reference,
                f"{p.account} ({p.channel})" if p.channel else p.account,
                p.case_reference or "",
                " ".join(filter(None, (p.agency_status, p.agency_code, p.outcome))),
                output.day(p.placed_on),
                output.local(p.closed_at, ink.settings.zone) if p.closed_at else "",
            ]
            for p in found
        ],
    )
    for address in dict.fromkeys(p.portal_url for p in found if p.portal_url):
        output.line(f"{say(_PORTAL)} {address}")


_CAPACITIES = {
    "consumer": Text("Verbraucher", "consumer"),
    "business": Text("Unternehmer", "business"),
    "unknown": Text("unbekannt, also wie ein Verbraucher", "unknown, so treated as a consumer"),
}
ASSERTED = Text("vom Händler erklärt", "asserted by the merchant")
READY = Text("Alle Bedingungen sind erfüllt.", "All conditions are met.")
EXPECTED = Text("Voraussichtlich bereit ab {day}.", "Expected to be ready from {day}.")
_DEBTOR = Text("Schuldner", "Debtor")
_CLAIM = Text("Forderung", "Claim")
_AMOUNTS = Text("Beträge", "Amounts")
_DIAGNOSIS = Text("Diagnose zum {day}", "Diagnosis as of {day}")
_PLACEMENTS = Text("Übergaben", "Placements")
_INSTRUCTIONS, _TOLD = Text("Meldungen an die Agentur", "Told to the agency"), Text("Stand", "State")
_ID = Text("Nummer", "Id")
_TOLD_STYLES = {"unclear": words.RED, "refused": words.RED, "pending": words.YELLOW}
_TASKS = Text("Aufgaben", "Tasks")
_HISTORY = Text("Historie", "History")
_AT, _WHO, _WHAT = Text("Wann", "When"), Text("Wer", "Who"), Text("Was", "What")
_STATE, _WHY = Text("Status", "State"), Text("Warum, womit", "Why, with what")
_NAME, _ADDRESS, _CONTACT = Text("Name", "Name"), Text("Anschrift", "Address"), Text("Kontakt", "Contact")
_CAPACITY, _NUMBER = Text("Rolle", "Capacity"), Text("Kundennummer", "Customer number")
_SUBJECT, _CONTRACT = Text("Forderungsgrund", "Subject"), Text("Vertrag vom", "Contract of")
_INVOICE, _INVOICED = Text("Rechnung", "Invoice"), Text("Rechnung vom", "Invoiced on")
_SERVICE, _DUE, _VENDOR = Text("Leistung am", "Service on"), Text("Fällig am", "Due on"), Text("Verkäufer", "Vendor")
_REMINDER, _DEADLINE, _DISPUTE = Text("Mahnung", "Reminder"), Text("Frist bis", "deadline"), Text("Bestritten", "Disputed")
_PRINCIPAL, _CHARGE, _PAYMENT = Text("Hauptforderung", "Principal"), Text("Nebenforderung", "Charge"), Text("Zahlung", "Payment")
_CREDIT, _UNALLOCATED = Text("Gutschrift", "Credit"), Text("(nicht zugeordnet)", "(not allocated)")
_PRINCIPAL_OPEN, _TOTAL_OPEN = Text("Hauptforderung offen", "Principal open"), Text("Gesamt offen", "Total open")
_OUR_REFERENCE, _ACCOUNT, _CASE = Text("Unser Zeichen", "Our reference"), Text("Konto", "Account"), Text("Aktenzeichen", "Case")
_PORTAL = Text("Im Portal:", "In the portal:")
_AGENCY_STATUS = Text("Status der Agentur", "Agency status")
_PLACED, _CLOSED = Text("Übergeben", "Placed"), Text("Beendet", "Closed")
