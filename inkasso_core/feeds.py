"""Feeds and webhooks: what agencies bring is stored whole, in one commit with the place where the next fetch begins; only then it is
acknowledged; only then it is applied, entry by entry.

Killed between any two of these, nothing is lost and nothing is done twice: what was not stored comes again, what comes again is known by
its id, and what was not applied still waits. Acknowledging changes something at the agency, so only an account that is live reads its feed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from inkasso_core import entries, gate, points
from inkasso_core.agencies.base import Agency
from inkasso_core.cases import Followed, ask, asks, coded, may_ask, question, stopped
from inkasso_core.change import Changes
from inkasso_core.context import Context
from inkasso_core.discretion import AGENCY_QUOTES, unsaid
from inkasso_core.errors import InkassoError, InvalidInput, NotFound, PluginError
from inkasso_core.lifecycle import Actor
from inkasso_core.model.agency import StatusReport
from inkasso_core.model.feed import Delivery, Feed
from inkasso_core.model.words import Text
from inkasso_core.statuses import is_overtaken, take_status
from inkasso_core.store import feeds, placements, queue
from inkasso_core.store.claims import Stored
from inkasso_core.store.feeds import Place, Received
from inkasso_core.store.placements import Open

MOST_PAGES = 100
"""Pages of one feed that one run reads; what is left then comes with the next."""
PAGE = 200


def are_read(context: Context, account: str, adapter: Agency[Any]) -> bool:
    """Return whether an account's feed brings the statuses, so that nobody need ask for each. In a rehearsal it is not read."""
    if "fetch_feed" not in adapter.operations:
        return False
    with context.database.read() as connection:
        return gate.look(context, connection, account).mode != "rehearsal"


def follow(context: Context, account: str, adapter: Agency[Any]) -> Followed:
    """Read an account's feed to its end, and apply what was brought, now or before."""
    result = Followed()
    with context.database.read() as connection:
        is_live = gate.look(context, connection, account).mode == "live"
    if is_live and "fetch_feed" in adapter.operations:
        result = _read(context, account, adapter)
    return result.plus(_apply(context, account)).plus(_ask(context, account, adapter))


def receive(context: Context, account: str, headers: Mapping[str, str], body: bytes) -> int:
    """Store what a webhook brings and apply what needs no further question; returns how many entries are new.

    Raises what :meth:`Agency.receive` raises, ``DeliveryRefused`` above all; :class:`PluginError` where the adapter breaks: then nothing
    is stored, and the agency must bring it again.
    """
    adapter = context.adapter(account)
    try:
        feed = _checked(adapter.receive(Delivery(headers=dict(headers), body=body, received_at=context.now())))
    except InkassoError as exc:
        unsaid(exc, context.secrets_of(account), AGENCY_QUOTES)
        raise exc from None
    except Exception as exc:  # noqa: BLE001  (a stranger's code; its text, which may quote the delivery, goes no further)
        raise PluginError(_BROKE.fill(account=account, error=type(exc).__name__), field=account) from None
    with context.database.write() as connection:
        new = feeds.add(connection, account, feed.entries, context.now())
    points.reach("feed.stored")
    _apply(context, account)
    return new


# Reading


def _read(context: Context, account: str, adapter: Agency[Any]) -> Followed:
    result = Followed()
    for _ in range(MOST_PAGES):
        with context.database.read() as connection:
            place = feeds.place_of(connection, account)
        if not may_ask(context, account):
            break
        try:
            feed = question(context, account, partial(_fetched, adapter, place))
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            return result.plus(failed(context, account, exc))
        points.reach("feed.fetched")
        result = result.plus(Followed(received=_store(context, account, feed, place)))
        points.reach("feed.stored")
        try:
            if feed.token is not None and "acknowledge" in adapter.operations:
                if not may_ask(context, account):
                    break  # what is not acknowledged comes again, and is known by its ids
                question(context, account, partial(adapter.acknowledge, feed.token))
        except Exception as exc:  # noqa: BLE001  (what is not acknowledged comes again, and is known by its ids)
            return result.plus(failed(context, account, exc))
        points.reach("feed.acknowledged")
        if not feed.more:
            break
    return result


def _fetched(adapter: Agency[Any], place: Place) -> Feed:
    return _checked(adapter.fetch_feed(place.cursor))


def _checked(answer: object) -> Feed:
    if not isinstance(answer, Feed):
        raise TypeError(f"a Feed was expected, not {type(answer).__name__}")
    return answer


def _store(context: Context, account: str, feed: Feed, place: Place) -> int:
    with context.database.write() as connection:
        now = context.now()
        new = feeds.add(connection, account, feed.entries, now)
        feeds.move(connection, account, place, feed.cursor, now)
    return new


def failed(context: Context, account: str, error: Exception, stored: Sequence[Stored] = ()) -> Followed:
    """Stop the account where the error is one of the account itself."""
    stopped(context, account, error, stored)
    return Followed(failed=1)


# Applying


def _apply(context: Context, account: str) -> Followed:
    result, after = Followed(), ""
    while True:
        with context.database.read() as connection:
            ids = feeds.todo(connection, account, after=after, limit=PAGE)
        if not ids:
            return result
        after = ids[-1]
        for row_id in ids:
            result = result.plus(_one(context, row_id))


def _one(context: Context, row_id: str) -> Followed:
    """Apply an entry by itself; one that breaks stays with its error and is tried again, and the others go on."""
    try:
        with context.database.write() as connection:
            changes = Changes(context)
            result = entries.apply(connection, changes, row_id)
            changes.flush(connection)
    except Exception as exc:  # noqa: BLE001  (whatever is wrong with this entry must not keep the others back)
        return _broken(context, [row_id], exc)
    points.reach("feed.applied")
    return result


def _broken(context: Context, ids: Collection[str], error: Exception) -> Followed:
    with context.database.write() as connection:
        feeds.broke(connection, ids, type(error).__name__)
    return Followed(failed=1)


def _ask(context: Context, account: str, adapter: Agency[Any]) -> Followed:
    """Ask where the cases stand of which an entry only says that something happened: once each, however many entries say so."""
    result = Followed()
    with context.database.read() as connection:
        hinted = sorted(feeds.asked_about(connection, account), key=lambda row: (row.placement_id or "", row.id))
    for _, rows in groupby(hinted, key=lambda row: row.placement_id):
        mine = list(rows)
        with context.database.read() as connection:
            cases = entries.meant(connection, mine[0])
        if not cases or cases[0].placed.instruction_state == queue.IN_FLIGHT:
            continue
        if cases[0].placed.instruction_state == queue.UNCLEAR:
            _looked_up(context, mine)
            continue
        operation = asks(adapter, cases[0].placed)
        if operation is not None and not may_ask(context, account):
            break
        try:
            report = question(context, account, partial(ask, adapter, operation, cases[0].placed)) if operation is not None else None
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            result = result.plus(_broken(context, [row.id for row in mine], exc))
            if stopped(context, account, exc, cases[0].stored):
                break
            continue
        asked = {case.placed.placement_id: case.placed for case in cases if case.is_open}
        result = result.plus(_answered(context, mine, report, asked, feeds.NOT_ASKABLE if operation is None else feeds.NOT_FOUND))
        points.reach("feed.applied")
    return result


def _looked_up(context: Context, rows: Sequence[Received]) -> None:
    """What is unclear is looked up in any case, and by more than its status."""
    with context.database.write() as connection:
        feeds.put(connection, [row.id for row in rows], status=feeds.APPLIED, reason=feeds.LOOK_UP)


def _answered(
    context: Context, rows: Sequence[Received], report: StatusReport | None, asked: Mapping[str, Open], otherwise: str
) -> Followed:
    """Take the answer to the cases of these entries; without one they are left for a person.

    ``asked`` are the cases that were open when the agency was asked. Where one was closed meanwhile, it is asked again by the next run.
    """
    ids, result = [row.id for row in rows], Followed()
    with context.database.write() as connection:
        if report is None:
            feeds.put(connection, ids, status=feeds.REVIEW, reason=otherwise)
            return result
        changes = Changes(context)
        cases = entries.meant(connection, rows[0])
        if any(is_overtaken(one.placed, report, asked.get(one.placed.placement_id), is_open=one.is_open) for one in cases):
            return result
        for case in cases:
            said = coded(connection, report, case.stored)
            changed, tasks = take_status(connection, changes, case.placed, said, is_open=case.is_open)
            placements.update_placement(connection, case.placed.placement_id, heard_at=changes.at)
            result = result.plus(Followed(changed=changed, tasks=tasks))
        feeds.put(connection, ids, status=feeds.APPLIED, reason=None)
        changes.flush(connection)
    return result


# What a person says of entries that nobody could apply


def settle(context: Context, ids: Sequence[str], actor: Actor, reason: str) -> list[str]:
    """Note that entries in review need nobody's care any more; raises :class:`NotFound` naming the first that is not, and settles none."""
    with context.database.write() as connection:
        for row_id in ids:
            _waiting(feeds.take(connection, row_id, lock=True), row_id)
        values = {"settled_by": actor.id, "settled_at": context.now(), "settled_why": reason}
        feeds.put(connection, ids, status=feeds.SETTLED, **values)
    return list(ids)


def assign(context: Context, row_id: str, stored: Stored, actor: Actor) -> Received:
    """Say which claim an entry in review is about, and apply it there; returns the entry as it then is.

    Raises :class:`NotFound` for an entry that is not in review, :class:`InvalidInput` for a claim that was never with that account.
    """
    with context.database.write() as connection:
        row = _waiting(feeds.take(connection, row_id, lock=True), row_id)
        placement_id = placements.newest(connection, stored.id)
        if placement_id is None or placements.of_id(connection, placement_id).account != row.account:
            raise InvalidInput(_NOT_THERE.fill(ref=stored.ref, account=row.account), field="ref")
        values = {"settled_by": actor.id, "settled_at": context.now()}
        feeds.put(connection, [row_id], status=feeds.NEW, placement_id=placement_id, reason=None, **values)
    _one(context, row_id)
    with context.database.read() as connection:
        return feeds.take(connection, row_id) or row


def _waiting(row: Received | None, row_id: str) -> Received:
    if row is None or row.status not in (feeds.NEW, feeds.REVIEW):
        raise NotFound(_NO_ENTRY.fill(id=row_id), field="id")
    return row


_BROKE = Text(
    "Die Anbindung des Kontos {account} ist an der Nachricht der Agentur gescheitert ({error}): ihr Paket aktualisieren oder den Fehler "
    "melden. Nichts ist gespeichert; die Agentur muss sie noch einmal senden.",
    "The adapter of the account {account} broke on what the agency sent ({error}): update its distribution or report the error. Nothing is "
    "stored; the agency must send it again.",
)
_NO_ENTRY = Text(
    "Es gibt keinen offenen Eintrag {id}: `inkasso feed` listet sie mit ihren Nummern. Nichts wurde geändert.",
    "There is no open entry {id}: `inkasso feed` lists them with their ids. Nothing was changed.",
)
_NOT_THERE = Text(
    "{ref} war nie bei der Agentur des Kontos {account}: eine Übergabe auf anderem Weg mit `inkasso record-handover` eintragen.",
    "{ref} was never with the agency of the account {account}: record a hand-over made outside with `inkasso record-handover`.",
)
