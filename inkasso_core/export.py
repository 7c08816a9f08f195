"""Export: placements of one account leave together in a file, so that no crash exports a claim twice or loses one.

The steps, each a stored state: *preparing* (placements join the file and are in flight) – the part file is written and synced – *sealed*
(its digest is stored) – the file gets its final name, in one atomic step – *published* – the claims become ``exported`` – *finished*.
A file that was abandoned is continued where it stood; so is one whose agency's server could not be reached. A sealed file that is neither
there in part nor published was taken away by somebody: nobody can say whether it was uploaded, so its claims become ``unclear`` and a
person decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from inkasso_core import gate, owner, points
from inkasso_core.agencies import drop
from inkasso_core.agencies.file import FileAgency, Rendered
from inkasso_core.change import Changes
from inkasso_core.consequences import catch_up
from inkasso_core.context import Context
from inkasso_core.discretion import AGENCY_QUOTES, of_debtors, of_secrets, unsaid
from inkasso_core.errors import (
    AgencyError,
    AuthenticationFailed,
    ClaimInvalid,
    ConfigurationError,
    InkassoError,
    PluginError,
    TemporarilyUnavailable,
)
from inkasso_core.lifecycle import Need, State
from inkasso_core.model.agency import Placement
from inkasso_core.model.words import Text
from inkasso_core.placing import CHUNK, Ready, build, due, load, rehearsed
from inkasso_core.report import AccountReport, Item, Run
from inkasso_core.store import batches, claims, placements, queue, records, vault
from inkasso_core.store.batches import Batch
from inkasso_core.store.engine import Connection

REHEARSAL = "rehearsal"
_LEFT = {Need.MANDATE, Need.LIVE, Need.LEFT}


class _TakenOver(Exception):
    """This file is somebody else's by now: our lease ran out, and another machine goes on with it."""


def export(run: Run, adapter: FileAgency[Any], report: AccountReport) -> AccountReport:
    """Finish abandoned files of the account, then export what is due in a new one."""
    with run.context.database.read() as connection:
        left = batches.unfinished(connection, run.account)
    try:
        for found in left:
            mine = _take_over(run, found)
            if mine is not None:
                report = _finish(run, adapter, mine, report)
        with run.context.database.read() as connection:
            if not queue.any_pending(connection, run.account, run.context.now()):
                return report
        begun, report = _fill(run, adapter, report)
        if begun is None:
            return report
        points.reach("batch.prepared")
        return _finish(run, adapter, begun, report)
    except _TakenOver:
        return report._replace(reason=_TAKEN.fill(account=run.account))
    except TemporarilyUnavailable as exc:
        return report._replace(reason=exc.text)  # the file stays sealed: the next transmission goes on with it
    except AuthenticationFailed as exc:
        raise ConfigurationError(exc.text) from None


# Preparing


def _take_over(run: Run, found: Batch) -> Batch | None:
    now = run.context.now()
    if not owner.is_gone(found.owner, found.lease_until, now):
        return None
    lease = now + owner.LEASE
    with run.context.database.write() as connection:
        if not batches.take_over(connection, found, owner=run.owner, lease_until=lease):
            return None
    return found._replace(owner=run.owner, lease_until=lease)


def _begin(connection: Connection, run: Run, adapter: FileAgency[Any]) -> Batch:
    def name(number: int) -> str:
        return str(adapter.settings.name_of(account=run.account, day=run.day, run=number))

    now = run.context.now()
    return batches.begin(connection, run.account, name=name, owner=run.owner, lease_until=now + owner.LEASE, placed_on=run.day, at=now)


def _fill(run: Run, adapter: FileAgency[Any], report: AccountReport) -> tuple[Batch | None, AccountReport]:
    """Let what is due join a file, some hundred to a commit. Each asks what the account still lets through: others transmit, too.

    The file begins with the first that joins it: where nothing may or can go there is none, and no number is used up.
    """
    context = run.context
    begun: Batch | None = None
    after, joined = "", 0
    while True:
        with context.database.read() as connection:
            jobs = queue.pending(connection, run.account, context.now(), limit=CHUNK, after=after)
            loaded = load(context, connection, jobs)
        if not jobs:
            break
        after = jobs[-1].instruction_id
        with context.database.write() as connection:
            if begun is not None:
                _keep(connection, begun, lease_until=context.now() + owner.LEASE)
            opened = gate.look(context, connection, run.account)
            room = _Room(opened, None if run.limit is None else run.limit - joined)
            if room.is_full:
                break
            changes = Changes(context)
            going = []
            for ready in due(context, connection, changes, loaded, run.day):
                item = _checked(connection, changes, adapter, ready, room)
                if item is None and ready.placement is not None:
                    going.append(ready.job)
                elif item is not None:
                    report = report.with_item(item)
                    run.on_item(item)
            if going:
                begun = begun or _begin(connection, run, adapter)
                batches.join(connection, begun, going, max(changes.at, opened.since or changes.at))
            changes.flush(connection)
        joined += len(going)
    return begun, report


class _Room:
    """How much still fits: the account's limits, and the caller's."""

    def __init__(self, opened: gate.Gate, limit: int | None) -> None:
        self.claims = opened.claims_left if opened.mode == "live" else 0
        self.places = limit
        self.amount = opened.amount_left

    @property
    def is_full(self) -> bool:
        return 0 in (self.claims, self.places)

    def take(self, placement: Placement) -> bool:
        """Take the place of a placement; False when it does not fit."""
        number, total = len(placement.claims), placement.total_open
        if self.is_full or (self.claims is not None and self.claims < number) or (self.amount is not None and self.amount < total):
            return False
        if self.claims is not None:
            self.claims -= number
        if self.places is not None:
            self.places -= 1
        if self.amount is not None:
            self.amount -= total
        return True


def _checked(connection: Connection, changes: Changes, adapter: FileAgency[Any], ready: Ready, room: _Room) -> Item | None:
    """None for what goes into the file; else what becomes of it instead."""
    if ready.placement is None:
        return Item(ready.ref, "red", text=ready.why) if ready.why else None
    refusal = _refusal(adapter, ready.placement)
    if refusal is not None:
        unsaid(refusal, [*of_debtors(ready.placement.claims), *of_secrets(adapter.settings)], AGENCY_QUOTES)
        details = {"fields": list(refusal.fields), **refusal.text._asdict()}
        for stored in ready.stored:
            changes.move(stored, State.FAILED, {Need.REFUSAL}, reason=refusal.text.en, details=details)
        queue.set_instruction(connection, ready.job.instruction_id, queue.REFUSED, changes.at)
        placements.leave(connection, ready.job.placement_id, [stored.id for stored in ready.stored], changes.at)
        return Item(ready.ref, State.FAILED.value, text=refusal.text)
    if not room.take(ready.placement):
        return Item(ready.ref, "postponed", text=_LIMIT)
    return None


def _refusal(adapter: FileAgency[Any], placement: Placement) -> ClaimInvalid | None:
    """Return why the adapter does not take a placement; a check that breaks counts as one that refuses, since nothing has left yet."""
    try:
        adapter.check(placement)
    except ClaimInvalid as exc:
        return exc
    except InkassoError:
        raise
    except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
        return ClaimInvalid(_CHECK_BROKE.fill(error=type(exc).__name__), agency=adapter.name)
    return None


# Writing, sealing, publishing


def _finish(run: Run, adapter: FileAgency[Any], found: Batch, report: AccountReport) -> AccountReport:
    """Bring a file to its end from wherever it stands."""
    context = run.context
    directory = context.settings.folder / adapter.settings.directory
    if found.state == batches.PREPARING:
        if _is_empty(context, found):
            _advance(context, found, state=batches.FINISHED, ended_at=context.now())
            return report
        found = _seal(context, adapter, found, directory)
    with adapter.drop(directory) as place:
        if found.state == batches.SEALED:
            sealed = (found.name, found.sha256 or "", found.size or 0)
            if place.look(*sealed) is drop.Found.GONE:
                report = _lost(run, found, report)
                place.settled(found.name)
                return report
            place.publish(*sealed)
            points.reach("batch.published")
            found = _advance(context, found, state=batches.PUBLISHED)
        place.settled(found.name)
    if adapter.settings.manifest:
        _publish_manifest(directory, found)
    report = _leave(run, found, "exported", report)
    _advance(context, found, state=batches.FINISHED, ended_at=context.now())
    return report._replace(file=place.where(found.name), rows=found.rows, totals=_decimals(found.totals), sha256=found.sha256)


def _is_empty(context: Context, found: Batch) -> bool:
    """Nothing could go, or the crash came before anything had joined: no file without a row leaves."""
    with context.database.read() as connection:
        return batches.is_empty(connection, found.id)


def _seal(context: Context, adapter: FileAgency[Any], found: Batch, directory: Path) -> Batch:
    try:
        part = drop.write_part(directory, found.name, lambda out: adapter.render(_placements(context, found), out))
    except AgencyError:
        raise PluginError(_NOT_AS_CHECKED.fill(account=found.account), field=found.account) from None
    points.reach("batch.written")
    rendered: Rendered = part.result
    totals = {currency: format(total, "f") for currency, total in sorted(rendered.totals.items())}
    sealed = _advance(context, found, state=batches.SEALED, sha256=part.sha256, size=part.size, rows=rendered.rows, totals=totals)
    points.reach("batch.sealed")
    return sealed


def _advance(context: Context, found: Batch, **values: Any) -> Batch:
    with context.database.write() as connection:
        _keep(connection, found, **values)
    return found._replace(**values)


def _keep(connection: Connection, found: Batch, **values: Any) -> None:
    """Store how far the file got, as long as it is ours: whoever was too slow must not publish it a second time."""
    if not batches.update(connection, found, **values):
        raise _TakenOver


def _publish_manifest(directory: Path, found: Batch) -> None:
    manifest = drop.Manifest(
        account=found.account,
        run=found.run,
        rows=found.rows,
        totals=_decimals(found.totals),
        size=found.size or 0,
        sha256=found.sha256 or "",
    )
    drop.publish_manifest(directory, found.name, manifest)


def _decimals(totals: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(total) for currency, total in totals.items()}


def _placements(context: Context, found: Batch) -> Iterator[Placement]:
    """Stream the file's placements in its order, each with the revisions that were frozen when it joined."""
    with context.database.read() as order, context.database.read() as reading:
        rows = batches.rows(order, found.id)
        while chunk := list(islice(rows, CHUNK)):
            bodies = vault.take_stored(reading, [body_id for row in chunk for body_id in row.body_ids])
            for row in chunk:
                taken = [vault.read_claim(bodies[body_id]) for body_id in row.body_ids]
                placement = build(context, row.job, taken, row.shop, found.placed_on)
                if placement is None:
                    raise ConfigurationError(_NO_CREDITOR.fill(account=found.account), field=f"accounts.{found.account}.creditor")
                yield placement


def _leave(run: Run, found: Batch, outcome: str, report: AccountReport) -> AccountReport:
    """Move the claims of a file to where they are now, some hundred placements to a commit; those of one placement together."""
    target, facts = (State.EXPORTED, _LEFT) if outcome == "exported" else (State.UNCLEAR, {Need.ANSWER_LOST})
    while True:
        with run.context.database.write() as connection:
            pairs = batches.open_pairs(connection, found.id, CHUNK)
            changes = Changes(run.context)
            inside = placements.claims_of(connection, [pair.placement_id for pair in pairs])
            stored = {s.id: s for s in claims.by_ids(connection, [i for mine in inside.values() for i, _ in mine], lock=True)}
            for pair in pairs:
                mine = inside[pair.placement_id]
                for claim_id, revision_no in mine:
                    moved = changes.move(stored[claim_id], target, facts, details={"account": found.account, "file": found.name})
                    catch_up(connection, changes, moved, revision_no, arrived=True)
                item = Item(stored[mine[0][0]].ref, target.value)
                report = report.with_item(item)
                run.on_item(item)
            batches.end(connection, pairs, outcome=outcome, at=changes.at, placed_on=found.placed_on)
            changes.flush(connection)
        if not pairs:
            return report
        points.reach("batch.exported")


def _lost(run: Run, found: Batch, report: AccountReport) -> AccountReport:
    """The sealed file is gone: only a person can say whether it reached the agency."""
    report = _leave(run, found, "unknown", report)
    text, now = _GONE.fill(file=found.name, account=found.account), run.context.now()
    with run.context.database.write() as connection:
        _keep(connection, found, state=batches.LOST, ended_at=now)
        records.add_task(connection, tenant="", kind="file_lost", message=text, at=now, account=found.account)
    return report._replace(reason=text)


# Rehearsal


def rehearse(run: Run, adapter: FileAgency[Any], report: AccountReport) -> AccountReport:
    """Write the very file that a live transmission would, into a folder of its own; no state changes."""
    tally = report

    def going() -> Iterator[Placement]:
        nonlocal tally
        for ready in rehearsed(run.context, run.account, run.day, run.limit):
            item = _rehearsed(adapter, ready)
            tally = tally.with_item(item)
            run.on_item(item)
            if item.result == "rehearsed" and ready.placement is not None:
                yield ready.placement

    directory = run.context.settings.folder / adapter.settings.directory / REHEARSAL
    name = adapter.settings.name_of(account=run.account, day=run.day, run=0)
    part = drop.write_part(directory, name, lambda out: adapter.render(going(), out))
    rendered: Rendered = part.result
    if rendered.rows == 0:
        drop.discard_part(directory, name)
        return tally
    (directory / name).unlink(missing_ok=True)  # the last rehearsal's: it proves nothing and is kept for nobody
    path = drop.publish(directory, name, part.sha256)
    return tally._replace(file=str(path), rows=rendered.rows, totals=dict(rendered.totals), sha256=part.sha256)


def _rehearsed(adapter: FileAgency[Any], ready: Ready) -> Item:
    if ready.placement is None:
        return Item(ready.ref, "red", text=ready.why)
    refusal = _refusal(adapter, ready.placement)
    return Item(ready.ref, "refused", text=refusal.text) if refusal is not None else Item(ready.ref, "rehearsed")


_TAKEN = Text(
    "Eine andere Maschine führt die Ausgabe des Kontos {account} fort: hier dauerte sie zu lange.",
    "Another machine goes on with the export of the account {account}: here it took too long.",
)
_LIMIT = Text("Das Limit des Kontos ist erreicht.", "The account's limit is reached.")
_NO_CREDITOR = Text("Für das Konto {account} ist kein Gläubiger eingerichtet.", "No creditor is configured for the account {account}.")
_CHECK_BROKE = Text(
    "Die Anbindung ist bei der Prüfung gescheitert ({error}): ihr Paket aktualisieren oder den Fehler melden.",
    "The adapter broke while checking ({error}): update its distribution or report the error.",
)
_NOT_AS_CHECKED = Text(
    "Die Anbindung des Kontos {account} lehnt eine Zeile ab, die sie eben noch annahm: ihr Paket aktualisieren oder den Fehler melden.",
    "The adapter of the account {account} refuses a row that it took a moment before: update its distribution or report the error.",
)
_GONE = Text(
    "Die Datei {file} (Konto {account}) wurde geschrieben, ist aber nicht mehr da: wurde sie hochgeladen? Dann "
    "`inkasso resolve --there AKTENZEICHEN`, sonst "
    "`inkasso resolve --not-there`.",
    "The file {file} (account {account}) was written but is gone: was it uploaded? Then `inkasso resolve --there CASE`, else "
    "`inkasso resolve --not-there`.",
)
