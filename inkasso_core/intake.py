"""Intake: reports from shops become claims. One report twice is one claim; a newer one is a revision; none is lost.

Building a claim runs a stranger's code and happens outside the transaction; storing it, diagnosing it and remembering how far a file was
read are one commit. What cannot become a claim is stored with the reason and can be replayed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

from inkasso_core import collector, points, superseded
from inkasso_core.assess import route_and_review
from inkasso_core.context import Context
from inkasso_core.describe import problems, summary
from inkasso_core.discretion import of_record, unsaid
from inkasso_core.errors import InkassoError, InvalidInput
from inkasso_core.lifecycle import SYSTEM
from inkasso_core.model.claim import Claim
from inkasso_core.model.events import ShopEvent, ShopEventKind
from inkasso_core.model.words import Text
from inkasso_core.register import Built, Inbound, Taken, store_all
from inkasso_core.store import arrivals, vault
from inkasso_core.store.arrivals import Settlement
from inkasso_core.store.engine import Connection
from inkasso_core.store.ids import new_id


@collector.held_back()
def take(
    context: Context,
    shop: str,
    inbound: Sequence[Inbound],
    *,
    as_of: dt.date | None = None,
    within: Callable[[Connection, list[Taken]], None] | None = None,
) -> list[Taken]:
    """Take in reports of one shop and return what became of each, in their order.

    ``within`` runs in the same transaction, so that a position in a file is committed together with the claims. Raises
    :class:`PluginError` or :class:`ConfigurationError` when the shop itself cannot be served; a bad report raises nothing.
    """
    context.shop_settings(shop)
    _ = context.secret
    built = _build(context, shop, inbound)
    before = new_id()
    with context.database.write() as connection:
        taken = store_all(context, connection, shop, built, as_of or context.today())
        if within is not None:
            within(connection, taken)
        superseded.settle(connection, shop, built, taken, before=before, at=context.now())
        points.reach("intake.before_commit")
    points.reach("intake.after_commit")
    return taken


def replay(context: Context, shop: str | None = None, *, page: int = 200) -> list[Taken]:
    """Try failed events again, for example after a plugin was mended; return what became of each.

    Those that fail again stay where they are and keep none of the later ones from their turn.
    """
    result: list[Taken] = []
    after, newest = "", new_id()  # what fails anew while this runs is for the next replay
    while True:
        with context.database.read() as connection:
            rows = [row for row in arrivals.failed_events(connection, shop, after=after, limit=page) if row.id < newest]
            payloads = {row.id: vault.take(connection, row.body_id) for row in rows if row.body_id is not None}
        if not rows:
            return result
        after = rows[-1].id
        result += [_again(context, row, payloads[row.id]) for row in rows if row.id in payloads]


def _again(context: Context, row: Any, payload: Any) -> Taken:
    def settle(connection: Connection, taken: list[Taken]) -> None:
        if taken[0].outcome != "failed":
            claim_id = taken[0].stored.id if taken[0].stored else None
            end = Settlement(arrivals.REPLAYED, SYSTEM.id, context.now(), claim_id=claim_id, forgotten=True)
            arrivals.settle(connection, [row.id], end)

    inbound = Inbound(ShopEventKind(row.kind), payload, reported_at=row.reported_at, place=row.place)
    try:
        return take(context, row.shop, [inbound], within=settle)[0]
    except InkassoError as exc:  # this shop cannot be served at all; the events of the others can
        return Taken("failed", problem=exc, place=row.place)


def _build(context: Context, shop: str, inbound: Sequence[Inbound]) -> list[Built]:
    """Make claims of reports. Each step is done for all of them before the next: that takes a fifth less time than report by report."""
    noted = [_noted(item) for item in inbound]
    asked = [_asked(context, shop, item) if item.problem is None else item for item in noted]
    sound = [_sound(item, item.claim) if item.claim is not None else item for item in asked]
    return [_routed(context, shop, item, item.claim) if item.claim is not None else item for item in sound]


def _noted(inbound: Inbound) -> Built:
    """Write the record down, before a plugin has it in its hands."""
    if inbound.refusal is not None:
        return Built(inbound, problem=inbound.refusal)
    try:
        return Built(inbound, body=None if inbound.payload is None else vault.dump(inbound.payload))
    except (TypeError, ValueError, RecursionError):
        return Built(inbound, problem=InvalidInput(_NOT_JSON, field="payload", where=inbound.place, reason="NOT_JSON"))


def _asked(context: Context, shop: str, item: Built) -> Built:
    """Ask the shop's plugin for the claim."""
    try:
        claim = item.inbound.claim or context.plugins.answer(_event(context, shop, item.inbound))
    except Exception as exc:  # noqa: BLE001  (a stranger's code; the report stays stored and can be replayed)
        return item._replace(problem=_problem(exc, item.inbound))
    return item._replace(claim=claim)


def _sound(item: Built, claim: Claim) -> Built:
    """Write the claim down and read it again: a copy with changes was never checked, and one that is not sound would break later runs."""
    try:
        written = claim.written()
        return item._replace(claim=vault.parse_claim(written.body), written=written)
    except Exception as exc:  # noqa: BLE001  (what a stranger's code put into the claim)
        return item._replace(claim=None, problem=_problem(exc, item.inbound))


def _routed(context: Context, shop: str, item: Built, claim: Claim) -> Built:
    return item._replace(routing=route_and_review(context, claim, shop))


def _problem(exc: Exception, inbound: Inbound) -> InkassoError:
    """Say what a plugin, or what it answered, broke on; nothing of the record is in it."""
    if isinstance(exc, ValidationError):
        found = problems(exc)
        reason = exc.errors(include_input=False)[0]["type"].upper()
        return InvalidInput(summary(found), field=found[0].field, where=inbound.place, reason=reason)
    if isinstance(exc, InkassoError):
        return _placed(unsaid(exc, of_record(inbound.payload or {}), _PLUGIN_QUOTES), inbound.place)
    return InvalidInput(_PLUGIN_BROKE.fill(error=type(exc).__name__), where=inbound.place, reason="PLUGIN_BROKE")


def _placed(problem: InkassoError, place: str | None) -> InkassoError:
    if isinstance(problem, InvalidInput) and problem.where is None:
        problem.where = place
    return problem


def _event(context: Context, shop: str, inbound: Inbound) -> ShopEvent:
    return ShopEvent.model_construct(
        id=new_id(),
        kind=inbound.kind,
        shop=shop,
        plugin=context.shop(shop).plugin,
        received_at=context.now(),
        reported_at=inbound.reported_at,
        payload=inbound.payload or {},
        settings=context.shop_settings(shop),
    )


_NOT_JSON = Text(
    "Der Datensatz enthält, was JSON nicht fassen kann: nur Texte, Zahlen, Wahrheitswerte, Listen und Objekte übergeben.",
    "The record holds what JSON cannot: pass texts, numbers, truth values, lists and objects only.",
)
_PLUGIN_QUOTES = Text(
    "Das Shop-Plugin lehnt den Datensatz ab ({error}); sein Text wiederholt Daten daraus und wird nicht gezeigt. Der Datensatz bleibt "
    "gespeichert: Plugin reparieren, dann `inkasso replay`.",
    "The shop plugin refuses the record ({error}); its text repeats data of it and is not shown. The record stays stored: mend the plugin, "
    "then `inkasso replay`.",
)
_PLUGIN_BROKE = Text(
    "Das Shop-Plugin ist an diesem Datensatz gescheitert ({error}). Er bleibt gespeichert: Plugin reparieren, dann `inkasso replay`.",
    "The shop plugin broke on this record ({error}). It stays stored: mend the plugin, then `inkasso replay`.",
)
