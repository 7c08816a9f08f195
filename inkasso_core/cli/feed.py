"""What agencies brought and nobody could assign: which entries, what stands in one, settling and assigning them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, ByAccount, NeededReason, Shop
from inkasso_core.cli.output import Cell
from inkasso_core.cli.session import opened
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso, Received
    from inkasso_core.model.feed import FeedEntry

app = typer.Typer()
feed_app = typer.Typer(invoke_without_command=True)
app.add_typer(
    feed_app,
    name="feed",
    rich_help_panel=both("Bearbeiten", "Working"),
    help=both(
        "Listet, was Agenturen zu unbekannten Akten meldeten; `feed show ID`, `feed assign ID`, `feed settle ID`.",
        "Lists what agencies said of unknown cases; `feed show ID`, `feed assign ID`, `feed settle ID`.",
    ),
)
Id = Annotated[str, typer.Argument(metavar="ID", help=both("Nummer aus `inkasso feed`.", "Id of `inkasso feed`."))]


@feed_app.callback()
def feed(
    ctx: typer.Context,
    account: ByAccount = None,
    everything: Annotated[bool, typer.Option("--all", help=both("Auch die erledigten.", "Those that are settled, too."))] = False,
    as_json: AsJson = False,
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx) as ink:
        ink.require(account=account)
        found = ink.feed_entries(account)
        if everything:
            found = sorted([*found, *ink.feed_entries(account, settled=True)])
        if as_json:
            output.document({"entries": found})
            return
        for row in found:
            _print(ink, row)
        if not found:
            output.tell(_NONE)


@feed_app.command(
    "show",
    help=both(
        "Zeigt einen Eintrag mit allem, was die Agentur schrieb: auch Personenbezogenes.",
        "Shows an entry with all that the agency wrote: personal data included.",
    ),
)
def show(ctx: typer.Context, row_id: Id, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        row, entry = ink.feed_entry(row_id)
        if as_json:
            output.document({**row._asdict(), "entry": entry})
            return
        _print(ink, row)
        output.pairs(_facts(entry))
        if entry.raw is not None:
            output.heading(_WHOLE)
            output.verbatim(entry.raw if isinstance(entry.raw, str) else json.dumps(entry.raw, ensure_ascii=False, indent=2, default=str))


@feed_app.command(
    "assign",
    help=both(
        "Sagt, welche Forderung ein Eintrag meint, und trägt ihn dort ein.", "Says which claim an entry means, and applies it there."
    ),
)
def assign(
    ctx: typer.Context,
    row_id: Id,
    claim: Annotated[str, typer.Option("--claim", metavar="REF", help=both("Die Forderung: SHOP:AUFTRAG.", "The claim: SHOP:ORDER."))],
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        row = ink.assign_feed(row_id, claim, shop=shop)
        if as_json:
            output.document(row)
        else:
            output.tell(_ASSIGNED, id=row.id, ref=claim)


@feed_app.command(
    "settle",
    help=both(
        "Erledigt Einträge, die niemanden angehen: wer, wann und warum bleibt bei ihnen stehen.",
        "Settles entries that are nobody's business: who, when and why stays with them.",
    ),
)
def settle(
    ctx: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help=both("Nummern aus `inkasso feed`.", "Ids of `inkasso feed`."))],
    reason: NeededReason,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        settled = ink.settle_feed(ids, reason=reason)
    if as_json:
        output.document({"settled": settled})
    else:
        output.tell(_SETTLED, count=output.number(len(settled)))


def _print(ink: Inkasso, row: Received) -> None:
    """Print an entry: what kind, of which case, why it waits, and how it was settled."""
    zone = ink.settings.zone
    style = words.PALE if row.settled_at is not None else words.YELLOW
    case = row.agency_reference or row.our_reference or "–"
    output.line(Cell(f"{words.POINT} ", style), Cell(say(_KINDS[row.kind]), style), f"  {row.account}  {say(_CASE)} {case}")
    if row.reason is not None and row.settled_why is None:
        output.indented(say(_REASONS.get(row.reason) or _BROKE.fill(error=row.reason, times=row.tries)))
    output.indented(f"{row.id}  {say(_CAME)} {output.moment(row.received_at, zone)}", words.PALE)
    if row.settled_why is not None:
        by = _BY.fill(at=output.moment(row.settled_at, zone), by=row.settled_by, why=row.settled_why)
        output.indented(say(by), words.PALE)


def _facts(entry: FeedEntry) -> Iterator[tuple[Text, str]]:
    happened = entry.at.isoformat() if entry.at is not None else output.day(entry.on)
    report, paid = entry.report, entry.collected
    values = {
        _HAPPENED: happened,
        _OUR_REFERENCE: entry.our_reference,
        _STATUS: " ".join(filter(None, (report.status, report.agency_status, report.agency_text))) if report else "",
        _AMOUNT: output.money(paid.amount, paid.currency) if paid else "",
        _RECEIVED: output.day(paid.received_on) if paid else "",
        _TEXT: entry.text,
    }
    return ((label, value) for label, value in values.items() if value)


_KINDS = {
    "status": Text("Status", "status"),
    "payment": Text("Zahlung", "payment"),
    "message": Text("Nachricht", "message"),
    "question": Text("Rückfrage", "question"),
    "ledger": Text("Abrechnung", "account"),
    "hint": Text("Hinweis auf eine Änderung", "hint of a change"),
    "other": Text("Sonstiges", "other"),
}
_REASONS = {
    "unknown_case": Text(
        "Zu diesem Aktenzeichen gibt es hier keine Übergabe: mit `inkasso feed assign ID --claim REF` zuordnen, die Übergabe mit "
        "`inkasso record-handover` eintragen, oder mit `inkasso feed settle ID --reason …` erledigen.",
        "There is no placement of this case reference here: assign it with `inkasso feed assign ID --claim REF`, record the hand-over with "
        "`inkasso record-handover`, or settle it with `inkasso feed settle ID --reason …`.",
    ),
    "not_askable": Text(
        "Die Anbindung kann den Stand dieses Falls nicht erfragen: bitte im Portal nachsehen, dann `inkasso feed settle ID --reason …`.",
        "The adapter cannot ask where this case stands: please look it up in the portal, then `inkasso feed settle ID --reason …`.",
    ),
    "not_found": Text(
        "Die Agentur kennt den Fall auf Nachfrage nicht: bitte dort klären, dann `inkasso feed settle ID --reason …`.",
        "Asked about it, the agency does not know the case: please ask there, then `inkasso feed settle ID --reason …`.",
    ),
    "ask": Text("Die Agentur wird beim nächsten Lauf gefragt.", "The agency is asked with the next run."),
    "older": Text("Neueres war schon bekannt.", "Newer was known already."),
    "look_up": Text("Darüber entscheidet das Nachsehen bei der Agentur.", "The look-up at the agency decides about it."),
}
_BROKE = Text(
    "Das Eintragen ist gescheitert ({error}, {times}-mal) und wird mit jedem Lauf wieder versucht.",
    "Applying it broke ({error}, {times} times) and is tried again with every run.",
)
_WHOLE = Text("Alles, was die Agentur schickte", "All that the agency sent")
_NONE = Text("Alles, was die Agenturen meldeten, ist zugeordnet.", "All that agencies said was assigned.")
_SETTLED = Text("Erledigt: {count}.", "Settled: {count}.")
_ASSIGNED = Text("Eintrag {id} gehört zu {ref}.", "Entry {id} belongs to {ref}.")
_CAME, _CASE = Text("gekommen am", "came on"), Text("Aktenzeichen", "case")
_BY = Text("erledigt am {at} ({by}): {why}", "settled on {at} ({by}): {why}")
_HAPPENED, _OUR_REFERENCE = Text("Geschehen", "Happened"), Text("Unser Zeichen", "Our reference")
_STATUS, _AMOUNT, _RECEIVED, _TEXT = Text("Status", "Status"), Text("Betrag", "Amount"), Text("Eingang", "Received"), Text("Text", "Text")
