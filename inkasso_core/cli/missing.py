"""Why an order never became a claim: its reports failed, nothing triggered, or nothing was ever reported; and what to check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.events import event_document, print_event
from inkasso_core.cli.exits import Exit
from inkasso_core.cli.language import say
from inkasso_core.cli.output import Cell
from inkasso_core.cli.session import profile_of
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso, Sighting, Trace


def no_claim(ink: Inkasso, ref: str, shop: str | None, as_json: bool) -> None:
    """Say what is known of an order that is no claim, and what to check. Ends the command where the reason is known."""
    trace = ink.trace(ref, shop=shop)
    reason = _reason(trace)
    if as_json:
        output.document(_trace_document(ink, ref, trace, reason))
        raise typer.Exit(Exit.NOT_FOUND)
    if trace.failed:
        output.tell(_NO_CLAIM, ref=ref)
        for row in trace.failed:
            print_event(row, ink.settings.zone)
        output.note(_TRY_AGAIN)
        raise typer.Exit(Exit.NOT_FOUND)
    if trace.claims:
        output.tell(_PARTS if len(trace.claims) > 1 else _MEANT, ref=ref)
        for stored in trace.claims:
            output.line("  ", Cell(stored.ref, "bold"), "  ", words.state(stored.state, profile_of(ink, stored.shop)))
        raise typer.Exit(Exit.NOT_FOUND)
    if trace.settled and trace.idle is None:
        output.tell(_SETTLED, ref=ref)
        for row in trace.settled:
            print_event(row, ink.settings.zone)
        raise typer.Exit(Exit.NOT_FOUND)
    output.tell(_NOTHING, ref=ref)
    for number, check in enumerate(_checks(ink, trace, reason), 1):
        output.line(f"{number}. ", say(check))


def _reason(trace: Trace) -> str:
    """Why there is no claim, as far as it is known."""
    known = (
        ("failed", trace.failed),
        ("parts", trace.claims),
        ("no_trigger", trace.idle),
        ("settled", trace.settled),
        ("no_shop", trace.shop is None),
    )
    return next((name for name, holds in known if holds), "not_reported")


def _trace_document(ink: Inkasso, ref: str, trace: Trace, reason: str) -> dict[str, Any]:
    return {
        "ref": ref,
        "state": None,
        "shop": trace.shop,
        "reason": reason,
        "claims": [stored.ref for stored in trace.claims],
        "failed_reports": [event_document(row) for row in trace.failed],
        "settled_reports": [event_document(row) for row in trace.settled],
        "seen": {"status": trace.idle.status, "at": trace.idle.seen_at, "near": trace.near} if trace.idle else None,
        "triggers": trace.triggers,
        "last_report": trace.last_report,
        "checks": [] if trace.failed or trace.claims else list(_checks(ink, trace, reason)),
    }


def _checks(ink: Inkasso, trace: Trace, reason: str) -> Iterator[Text]:
    """Yield what to look at, the likeliest first."""
    shops = ", ".join(sorted(ink.settings.shops)) or "–"
    if trace.shop is None:
        yield _WHICH_SHOP.fill(shops=shops)
        return
    plugin = ink.settings.shops[trace.shop].plugin
    if trace.idle is not None:
        yield _idle(ink, trace, trace.idle, plugin)
        return
    if trace.last_report is None:
        yield _NEVER_REPORTED.fill(shop=trace.shop, plugin=plugin)
    else:
        last = trace.last_report.astimezone(ink.settings.zone)
        yield _REPORTED_LAST.fill(shop=trace.shop, plugin=plugin, at=Text(f"{last:%d.%m.%Y %H:%M}", f"{last:%Y-%m-%d %H:%M}"))
    yield _NUMBER.fill(shop=trace.shop)
    yield _TRIGGER.fill(shop=trace.shop, plugin=plugin)
    yield _BROUGHT_IN.fill(shop=trace.shop)


def _idle(ink: Inkasso, trace: Trace, seen: Sighting, plugin: str) -> Text:
    """Say when the order was reported, with which status, and which one would have made it a claim."""
    at, nothing = seen.seen_at.astimezone(ink.settings.zone), Text("", "")
    return _IDLE.fill(
        shop=trace.shop,
        plugin=plugin,
        day=Text(f"{at:%d.%m.%Y}", f"{at:%Y-%m-%d}"),
        status=_WITH_STATUS.fill(status=seen.status) if seen.status else _WITHOUT_STATUS,
        wanted=_WANTED.fill(triggers=", ".join(trace.triggers)) if trace.triggers else nothing,
        near=_NEAR.fill(near=trace.near) if trace.near else nothing,
    )


_NO_CLAIM = Text(
    "„{ref}“ ist keine Forderung geworden. Gescheiterte Meldungen, in denen diese Nummer steht:",
    '"{ref}" has become no claim. Failed reports in which this number stands:',
)
_TRY_AGAIN = Text("Nach der Abhilfe: `inkasso replay`.", "After the remedy: `inkasso replay`.")
_MEANT = Text(
    "„{ref}“ ist nicht der ganze Name einer Forderung; gemeint ist wohl:",
    '"{ref}" is not the whole name of a claim; probably meant:',
)
_PARTS = Text(
    "„{ref}“ ist keine einzelne Forderung: Auftrag oder Rechnung haben mehrere, je Produkt oder Rate eine.",
    '"{ref}" is no single claim: the order or the invoice has several, one for each product or instalment.',
)
_SETTLED = Text(
    "„{ref}“ ist keine Forderung geworden. Erledigte Meldungen, in denen diese Nummer steht:",
    '"{ref}" has become no claim. Settled reports in which this number stands:',
)
_NOTHING = Text(
    "Von „{ref}“ ist keine Forderung da. Bitte der Reihe nach prüfen:", 'There is no claim "{ref}". Please check, one after the other:'
)
_WHICH_SHOP = Text(
    "Welcher Shop? SHOP:AUFTRAG schreiben oder --shop angeben. Eingerichtet: {shops}.",
    "Which shop? Write SHOP:ORDER or give --shop. Configured: {shops}.",
)
_IDLE = Text(
    "Auslöser: {shop} hat den Auftrag zuletzt am {day.de} {status.de} gemeldet; das ist kein Auslöser dieses Shops{wanted.de}.{near.de} "
    "Den Status im Shop ändern oder die Einstellung unter [shops.{shop}.settings] (`inkasso shops {plugin}`), dann noch einmal melden.",
    "Trigger: {shop} last reported the order on {day.en} {status.en}; that is no trigger of this shop{wanted.en}.{near.en} "
    "Change the status in the shop, or the setting in [shops.{shop}.settings] (`inkasso shops {plugin}`), then have it reported again.",
)
_WITH_STATUS = Text("mit dem Status „{status}“", 'with the status "{status}"')
_WITHOUT_STATUS = Text("mit einem anderen Status oder ohne", "with another status or none")
_WANTED = Text(" (Auslöser: {triggers})", " (triggers: {triggers})")
_NEAR = Text(" Gemeint ist wohl „{near}“.", ' It was probably meant to be "{near}".')
_REPORTED_LAST = Text(
    "Meldung: {shop} (Plugin {plugin}) hat zuletzt am {at.de} etwas gemeldet; von diesem Auftrag ist nichts gespeichert.",
    "Report: {shop} (plugin {plugin}) last reported something on {at.en}; of this order nothing is stored.",
)
_NEVER_REPORTED = Text(
    "Meldung: {shop} (Plugin {plugin}) hat noch nie etwas gemeldet.", "Report: {shop} (plugin {plugin}) has never reported anything."
)
_NUMBER = Text(
    "Nummer: die des Auftrags, wie {shop} sie führt, nicht die der Rechnung oder des Kunden.",
    "Number: the order's, as {shop} has it, not the invoice's or the customer's.",
)
_TRIGGER = Text(
    "Auslöser: hat der Auftrag im Shop den Status, bei dem er gemeldet wird? `inkasso shops {plugin}` zeigt die Einstellungen.",
    "Trigger: has the order in the shop the status at which it is reported? `inkasso shops {plugin}` shows the settings.",
)
_BROUGHT_IN = Text(
    "Einlesen oder Abruf: einen Export mit `inkasso ingest FILE --shop {shop}` einlesen; meldet der Shop selbst, sein Protokoll ansehen.",
    "Ingest or poll: take an export in with `inkasso ingest FILE --shop {shop}`; where the shop reports by itself, look into its log.",
)
