"""The facade: what shops, the command line, pages and workers call. Thread-safe; one per process.

Every method that changes something takes an :class:`~inkasso_core.lifecycle.Actor`; left out, it is the system itself for what shops and
clocks bring, and the operator running this process for what people do.
"""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from inkasso_core import desk, doctor, follow, gate, listing, release, schedule
from inkasso_core import intake as intake_step
from inkasso_core.agencies.base import Agency
from inkasso_core.agencies.registry import Agencies
from inkasso_core.assess import Subject, assess, route_and_review
from inkasso_core.context import Clock, Context, utc_now
from inkasso_core.desk import Word
from inkasso_core.errors import InkassoError, NotFound, NotPermitted
from inkasso_core.follow import Followed
from inkasso_core.gate import Gate
from inkasso_core.ingest import Ingested, Progress, ingest
from inkasso_core.lifecycle import Actor, Role, State
from inkasso_core.listing import Details, as_json
from inkasso_core.model.claim import Claim
from inkasso_core.model.diagnosis import Diagnosis
from inkasso_core.model.events import ShopEventKind
from inkasso_core.model.words import Text
from inkasso_core.plugins.manager import Plugins
from inkasso_core.register import Inbound, Outcome, Taken
from inkasso_core.release import Handled
from inkasso_core.report import AccountReport, Item
from inkasso_core.rules.condition import Condition
from inkasso_core.rules.labels import group_label
from inkasso_core.rules.table import conditions_of
from inkasso_core.schedule import Ran
from inkasso_core.settings import Settings, load
from inkasso_core.store import batches, claims, records, vault, versions
from inkasso_core.store.claims import Filter, Stored
from inkasso_core.store.engine import Database
from inkasso_core.store.records import Entry, Hold, Task
from inkasso_core.transmit import transmit

__all__ = [
    "AccountReport",
    "Condition",
    "DatabaseStatus",
    "Details",
    "Entry",
    "Filter",
    "Followed",
    "Gate",
    "Handled",
    "Hold",
    "Ingested",
    "Inkasso",
    "Item",
    "Progress",
    "Ran",
    "Result",
    "Stored",
    "Task",
    "as_json",
    "group_label",
]
"""The facade, and what its methods take and give: a face needs no other module."""

_ID_LENGTH = 26


class Result(NamedTuple):
    """What became of one report from a shop."""

    outcome: Outcome
    """registered, revised, repeated, older, ignored, or failed."""
    ref: str | None
    """``shop:key``: how people and programs name the claim; None where there is none."""
    state: State | None
    diagnosis: Diagnosis | None
    """None where nothing new was said; ask :meth:`Inkasso.diagnose`."""
    problem: InkassoError | None
    """Why it failed; the report stays stored and can be replayed."""


class DatabaseStatus(NamedTuple):
    """Which database is used, and whether it is at this version's level."""

    address: str
    """Without its password."""
    kind: str
    found: str | None
    """Its level; None for an empty one."""
    newest: str
    """The level of this version of inkasso."""


class Inkasso:
    """Hands overdue orders over to collection agencies: once, with a diagnosis, and with the way back."""

    def __init__(
        self,
        settings: Settings,
        *,
        agencies: Mapping[str, type[Agency[Any]]] | None = None,
        plugins: Mapping[str, object] | None = None,
        clock: Clock = utc_now,
        upgrade: bool = True,
    ) -> None:
        """Open the installation. ``agencies`` and ``plugins`` add objects of your own that no distribution registers.

        Raises :class:`StoreError` for a database of a newer version, :class:`ConfigurationError` for settings that do not fit.
        """
        serving = {name: shop.plugin for name, shop in settings.shops.items()}
        self._context = Context(
            settings,
            Database(settings.database_url),
            Plugins(serving=serving, disabled=settings.inkasso.disabled_plugins, extra=plugins),
            Agencies(agencies),
            clock,
        )
        if upgrade:
            self._open()

    @classmethod
    def from_config(cls, path: str | Path | None = None, **options: Any) -> Inkasso:
        """Open the installation that ``path`` describes (else ``INKASSO_CONFIG``, else ``inkasso.toml``)."""
        return cls(load(path), **options)

    def __enter__(self) -> Inkasso:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the database's connections back."""
        self._context.database.close()

    def _open(self) -> None:
        self._context.database.open()
        shops = {name: (shop.tenant, shop.plugin) for name, shop in self._context.settings.shops.items()}
        with self._context.database.write() as connection:
            records.ensure_shops(connection, shops, self._context.now())

    @property
    def settings(self) -> Settings:
        """The configuration."""
        return self._context.settings

    @property
    def plugins(self) -> Plugins:
        """The plugins, with those that are broken."""
        return self._context.plugins

    @property
    def agencies(self) -> Agencies:
        """The installed agency adapters."""
        return self._context.agencies

    def today(self) -> dt.date:
        """The date in the creditor's zone."""
        return self._context.today()

    # What shops report

    def register(self, claim: Claim, *, shop: str, as_of: dt.date | None = None) -> Result:
        """Take a claim that is built already: here is what my shop's order owes. The same report twice is the same claim."""
        return self._take(shop, Inbound(ShopEventKind.EXPORT_REQUESTED, claim=claim), as_of)

    def order_status_changed(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report that an order got another status."""
        return self._event(ShopEventKind.ORDER_STATUS_CHANGED, shop, payload)

    def dunning_level_reached(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report that a dunning notice was made."""
        return self._event(ShopEventKind.DUNNING_LEVEL_REACHED, shop, payload)

    def export_requested(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report a record that was exported for collection."""
        return self._event(ShopEventKind.EXPORT_REQUESTED, shop, payload)

    def payment_received(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report that money came in."""
        return self._event(ShopEventKind.PAYMENT_RECEIVED, shop, payload)

    def order_cancelled(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report that an order was cancelled, refunded or revoked."""
        return self._event(ShopEventKind.ORDER_CANCELLED, shop, payload)

    def dispute_raised(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report that the debtor disputes the claim."""
        return self._event(ShopEventKind.DISPUTE_RAISED, shop, payload)

    def ingest(
        self,
        path: str | Path,
        *,
        shop: str,
        beside: Sequence[str | Path] = (),
        as_of: dt.date | None = None,
        reported_at: dt.datetime | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_result: Callable[[Result, str | None], None] | None = None,
    ) -> Ingested:
        """Take in an exported file; ``on_result`` gets each result with its place in the file. A killed ingest continues when repeated.

        Raises :class:`FileRefused` when the file as a whole cannot be read. A bad row stops nobody.
        """

        def tell(taken: Taken) -> None:
            if on_result is not None:
                on_result(_result(taken), taken.place)

        return ingest(
            self._context,
            shop,
            str(path),
            beside=[str(b) for b in beside],
            as_of=as_of,
            reported_at=reported_at,
            on_progress=on_progress,
            on_taken=tell,
        )

    def replay(self, shop: str | None = None) -> list[Result]:
        """Try failed events again, for example after a plugin was mended."""
        return [_result(taken) for taken in intake_step.replay(self._context, shop)]

    # Looking

    def claims(self, chosen: Filter = Filter(), *, actor: Actor | None = None, limit: int | None = None) -> Iterator[Stored]:  # noqa: B008
        """Stream claims, by shop and key, without personal data."""
        with self._context.database.read() as connection:
            yield from claims.listed(connection, chosen, self._actor(actor), limit=limit)

    def queue(self, chosen: Filter = Filter(), *, actor: Actor | None = None) -> Iterator[Stored]:  # noqa: B008
        """Stream what waits for a release."""
        return self.claims(chosen._replace(states=(State.READY,)), actor=actor)

    def count(self, chosen: Filter = Filter(), *, actor: Actor | None = None) -> dict[State, int]:  # noqa: B008
        """Return how many claims there are per state."""
        with self._context.database.read() as connection:
            return claims.count(connection, chosen, self._actor(actor))

    def find(self, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> Stored:
        """Return the claim that ``ref`` names: ``shop:key``, the claim's id, or the key inside ``shop``; raises :class:`NotFound`."""
        with self._context.database.read() as connection:
            return self._find(connection, ref, shop, self._actor(actor))

    def show(self, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> Details:
        """Return all that is known of a claim, personal data included."""
        who = self._actor(actor)
        with self._context.database.read() as connection:
            stored = self._find(connection, ref, shop, who)
            return listing.details(connection, stored)

    def history(self, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> list[Entry]:
        """Return what happened to a claim, oldest first."""
        with self._context.database.read() as connection:
            return records.read_history(connection, self._find(connection, ref, shop, self._actor(actor)).id)

    def diagnose(self, ref: str, *, shop: str | None = None, as_of: dt.date | None = None, actor: Actor | None = None) -> Diagnosis:
        """Say why a claim may or may not go, today or as of a date. Changes nothing."""
        with self._context.database.read() as connection:
            stored = self._find(connection, ref, shop, self._actor(actor))
            body = vault.take_claim(connection, stored.body_id)
        routing = route_and_review(self._context, body, stored.shop)
        with self._context.database.read() as connection:
            return assess(connection, self._context, [Subject(body, stored, routing)], as_of or self.today())[0]

    def rediagnose(self, *, as_of: dt.date | None = None) -> int:
        """Diagnose all claims in the queue again, for example after a policy was changed; return how many moved."""
        return schedule.rediagnose_all(self._context, as_of)

    def failed_events(self, shop: str | None = None, *, actor: Actor | None = None) -> list[Any]:
        """Return reports that could not become claims, with the reason. Whose they are is not known: a vendor sees none."""
        who = self._actor(actor)
        if who.vendors is not None:
            return []
        with self._context.database.read() as connection:
            rows = claims.failed_events(connection, shop)
        shops = {name for name, config in self.settings.shops.items() if who.tenants is None or config.tenant in who.tenants}
        return [row for row in rows if who.tenants is None or row.shop in shops]

    def failed_about(self, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> list[Any]:
        """Return failed reports in which the order's number stands: why an order never became a claim."""
        name, colon, key = ref.partition(":")
        shop, key = (name, key) if colon and name in self.settings.shops else (shop, ref)
        number = key.split("/", 1)[0]
        rows = [row for row in self.failed_events(shop, actor=actor) if row.body_id is not None]
        with self._context.database.read() as connection:
            return [row for row in rows if _mentions(vault.take(connection, row.body_id), number)]

    def conditions(self, group: str) -> tuple[Condition, ...]:
        """Return all conditions that a group asks, in the order in which people read them."""
        return conditions_of(group)

    # The desk

    def release(
        self, refs: Collection[str], *, shop: str | None = None, actor: Actor | None = None, as_of: dt.date | None = None
    ) -> list[Handled]:
        """Release claims for hand-over; returns what became of each."""
        who = self._actor(actor)
        return list(release.release(self._context, self._ids(refs, shop, who), who, as_of=as_of))

    def withdraw(
        self, refs: Collection[str], *, shop: str | None = None, actor: Actor | None = None, reason: str | None = None
    ) -> list[Handled]:
        """Take a release back, as long as nothing was sent."""
        who = self._actor(actor)
        return desk.withdraw(self._context, self._ids(refs, shop, who), who, reason)

    def remove(
        self, refs: Collection[str], *, shop: str | None = None, actor: Actor | None = None, reason: str | None = None
    ) -> list[Handled]:
        """Take claims out of the queue for good: new reports leave them removed."""
        return self._move(refs, shop, State.REMOVED, actor, Word(reason=reason))

    def reinstate(self, refs: Collection[str], *, reason: str, shop: str | None = None, actor: Actor | None = None) -> list[Handled]:
        """Bring removed, cancelled or closed claims back into the queue."""
        who = self._actor(actor)
        return desk.reinstate(self._context, self._ids(refs, shop, who), who, reason)

    def pause(
        self,
        refs: Collection[str],
        *,
        reason: str,
        shop: str | None = None,
        actor: Actor | None = None,
        confirmed: bool = False,
    ) -> list[Handled]:
        """Block claims; at the agency only when it confirmed the pause."""
        return self._move(refs, shop, State.PAUSED, actor, Word(reason=reason, confirmed=confirmed))

    def resume(self, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> list[Handled]:
        """End a pause: the claim is again what it was."""
        who = self._actor(actor)
        stored = self.find(ref, shop=shop, actor=who)
        return desk.change(self._context, [stored.id], stored.former_state or stored.state, who, Word(resumed=True), sources={State.PAUSED})

    def cancel(
        self,
        refs: Collection[str],
        *,
        reason: str,
        shop: str | None = None,
        actor: Actor | None = None,
        consent: bool = False,
        recalled: bool = False,
    ) -> list[Handled]:
        """Stop claims before the hand-over; at the agency only with the vendor's consent and a recall that it confirmed."""
        return self._move(refs, shop, State.CANCELLED, actor, Word(reason=reason, consent=consent, confirmed=recalled))

    def mark_paid(
        self, refs: Collection[str], *, reason: str | None = None, shop: str | None = None, actor: Actor | None = None
    ) -> list[Handled]:
        """Note that claims are paid in full; at the agency only after it was told."""
        return self._move(refs, shop, State.PAID, actor, Word(reason=reason))

    def record_handover(
        self,
        refs: Collection[str],
        *,
        channel: str,
        case_reference: str,
        on: dt.date,
        reason: str,
        shop: str | None = None,
        actor: Actor | None = None,
    ) -> list[Handled]:
        """Record a hand-over that was made outside: by hand, in a portal, by letter."""
        return self._move(refs, shop, State.HANDED_OVER, actor, Word(reason=reason, outside=(channel, case_reference, on)))

    def resolve(
        self,
        refs: Collection[str],
        *,
        found: str | None,
        reason: str,
        shop: str | None = None,
        actor: Actor | None = None,
        send_again: bool = False,
    ) -> list[Handled]:
        """Say what a look-up at the agency found for unclear claims: its case reference, or None for not there.

        What is not there becomes ``failed``, or ``running`` again with ``send_again``.
        """
        target = State.HANDED_OVER if found else State.RUNNING if send_again else State.FAILED
        return self._move(refs, shop, target, actor, Word(reason=reason, looked_up=True, case_reference=found))

    def hold(
        self,
        ref: str,
        *,
        reason: str,
        scope: str = "claim",
        until: dt.date | None = None,
        shop: str | None = None,
        actor: Actor | None = None,
    ) -> str:
        """Put a hold (Mahnstopp) on a claim, its ``order``, or its ``debtor``, with or without a last day; returns the hold's id."""
        who = self._actor(actor)
        return desk.hold(self._context, self.find(ref, shop=shop, actor=who), scope, who, reason=reason, until=until)

    def lift_hold(self, hold_id: str, *, actor: Actor | None = None) -> bool:
        """End a hold; False when there was none."""
        return desk.lift_hold(self._context, hold_id, self._actor(actor))

    def holds(self, shop: str | None = None, *, actor: Actor | None = None) -> list[records.Hold]:
        """Return the holds that nobody lifted; for a vendor those that concern his claims and nobody else's."""
        with self._context.database.read() as connection:
            return desk.holds(connection, self._actor(actor), shop)

    def confirm(
        self,
        refs: Collection[str] = (),
        *,
        file: str | None = None,
        case_reference: str | None = None,
        shop: str | None = None,
        actor: Actor | None = None,
    ) -> list[tuple[Stored, InkassoError | None]]:
        """Confirm that the agency has what was exported: single claims, or all claims of an export ``file``."""
        who = self._actor(actor)
        ids = list(self._ids(refs, shop, who)) + (self._ids_of_file(file, who) if file else [])
        result: list[tuple[Stored, InkassoError | None]] = []
        for start in range(0, len(ids), release.CHUNK):
            result += follow.confirm(self._context, ids[start : start + release.CHUNK], who, case_reference=case_reference)
        return result

    # Accounts

    def mandate(self, account: str, *, dated: dt.date, note: str | None = None, actor: Actor | None = None) -> None:
        """Confirm the contract with the agency: who, and of which date. Raises :class:`NotPermitted` for a vendor."""
        who = self._decider(actor)
        with self._context.database.write() as connection:
            gate.confirm_mandate(self._context, connection, account, dated=dated, by=who.id, note=note)
        self.rediagnose()

    def go_live(
        self,
        account: str,
        *,
        nothing_to_adopt: bool = False,
        first: int | None = None,
        per_day: Decimal | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Let an account transmit for real, with a limit if wanted, else without; one that has stopped goes on within the limit it had.

        Raises :class:`ConfigurationError` without a mandate, :class:`NotPermitted` for a vendor.
        """
        who = self._decider(actor)
        with self._context.database.write() as connection:
            gate.go_live(
                self._context,
                connection,
                account,
                by=who.id,
                nothing_to_adopt=nothing_to_adopt,
                first=first,
                per_day=per_day,
            )

    def gate(self, account: str) -> gate.Gate:
        """Say whether an account transmits live, rehearses, or has stopped, and why."""
        self._context.account(account)
        with self._context.database.read() as connection:
            return gate.look(self._context, connection, account)

    # Time

    def transmit(
        self,
        account: str | None = None,
        *,
        as_of: dt.date | None = None,
        limit: int | None = None,
        on_item: Callable[[Item], None] | None = None,
    ) -> list[AccountReport]:
        """Transmit what is released: live where the account is, else as a rehearsal. ``as_of`` is for rehearsals only."""
        return transmit(self._context, account=account, as_of=as_of, limit=limit, on_item=on_item)

    def follow(self, account: str | None = None) -> follow.Followed:
        """Look up what is unclear, ask agencies for statuses, raise tasks for silent exports, tell observers."""
        return follow.follow(self._context, account).plus(follow.tell_observers(self._context))

    def run_due(self, *, on_item: Callable[[Item], None] | None = None) -> Ran:
        """Do all that time brings: diagnose again, release automatically, transmit, follow, tell shops. For cron or a worker."""
        return schedule.run_due(self._context, on_item=on_item)

    # Tasks, export, health

    def tasks(self, *, done: bool = False, actor: Actor | None = None) -> list[Task]:
        """Return what only a person can do."""
        with self._context.database.read() as connection:
            return records.tasks(connection, self._actor(actor), done=done)

    def finish_task(self, task_id: str, *, resolution: str | None = None, actor: Actor | None = None) -> bool:
        """Mark a task as done; False when there is none open that the actor may see."""
        who = self._actor(actor)
        with self._context.database.write() as connection:
            mine = [task.id for task in records.tasks(connection, who) if task.id == task_id]
            return records.finish_tasks(connection, mine, by=who.id, at=self._context.now(), resolution=resolution) == 1

    def export(self, path: str | Path, chosen: Filter = Filter(), *, actor: Actor | None = None) -> int:  # noqa: B008
        """Write claims as CSV for a spreadsheet, by state and period, without personal data; return the number of rows."""
        with self._context.database.read() as connection:
            rows = claims.listed(connection, chosen, self._actor(actor))
            return listing.write_csv(Path(path), rows, self.settings.inkasso.language)

    def doctor(self) -> list[doctor.Check]:
        """Check the installation: configuration, database, plugins, accounts, and what waits for a person."""
        return doctor.examine(self._context)

    def database_status(self) -> DatabaseStatus:
        """Say which database is used and which level it has; changes nothing."""
        database = self._context.database
        return DatabaseStatus(database.address, database.engine.dialect.name, versions.found(database.engine), versions.HEAD)

    def upgrade_database(self) -> None:
        """Bring the database to this version's level."""
        self._context.database.upgrade()
        self._open()

    # Private

    def _event(self, kind: ShopEventKind, shop: str, payload: Mapping[str, Any]) -> Result:
        return self._take(shop, Inbound(kind, payload), None)

    def _take(self, shop: str, inbound: Inbound, as_of: dt.date | None) -> Result:
        return _result(intake_step.take(self._context, shop, [inbound], as_of=as_of)[0])

    def _actor(self, actor: Actor | None) -> Actor:
        """The user of the operating system, with the role that the settings give him."""
        if actor is not None:
            return actor
        name = "unknown"
        with suppress(OSError, KeyError):
            name = getpass.getuser()
        rights = self._context.settings.actors.get(name)
        if rights is None:
            return Actor(name, Role.OPERATOR)
        return Actor(
            name,
            rights.role,
            None if rights.tenants is None else frozenset(rights.tenants),
            None if rights.vendors is None else frozenset(rights.vendors),
        )

    def _decider(self, actor: Actor | None) -> Actor:
        """Who decides about an account: an account may serve many vendors, so that is no vendor's business."""
        who = self._actor(actor)
        if who.role is Role.VENDOR or who.vendors is not None:
            raise NotPermitted(_NOT_A_VENDOR)
        return who

    def _find(self, connection: Any, ref: str, shop: str | None, actor: Actor) -> Stored:
        found = None
        if shop is not None:
            found = claims.by_key(connection, shop, ref, actor)
        if found is None and ":" in ref:
            name, _, key = ref.partition(":")
            found = claims.by_key(connection, name, key, actor)
        if found is None and len(ref) == _ID_LENGTH:
            found = claims.by_id(connection, ref, actor)
        if found is None:
            raise NotFound(_NO_CLAIM.fill(ref=ref, shops=", ".join(sorted(self._context.settings.shops)) or "-"), field="ref")
        return found

    def _ids(self, refs: Collection[str], shop: str | None, actor: Actor) -> list[str]:
        with self._context.database.read() as connection:
            return [self._find(connection, ref, shop, actor).id for ref in refs]

    def _ids_of_file(self, file: str, actor: Actor) -> list[str]:
        name = Path(file).name
        with self._context.database.read() as connection:
            found = batches.by_name(connection, name)
            if found is None:
                raise NotFound(_NO_FILE.fill(file=name), field="file")
            return batches.claim_ids(connection, found.id, State.EXPORTED.value, actor, after="", limit=10_000_000)

    def _move(self, refs: Collection[str], shop: str | None, target: State, actor: Actor | None, word: Word) -> list[Handled]:
        who = self._actor(actor)
        return desk.change(self._context, self._ids(refs, shop, who), target, who, word)


def _mentions(payload: Any, number: str) -> bool:
    """True when some value in a shop's record is exactly this number, as text or as a number."""
    if isinstance(payload, Mapping):
        return any(_mentions(value, number) for value in payload.values())
    if isinstance(payload, list | tuple):
        return any(_mentions(value, number) for value in payload)
    return str(payload).strip() == number


def _result(taken: Taken) -> Result:
    stored = taken.stored
    return Result(taken.outcome, stored.ref if stored else None, stored.state if stored else None, taken.diagnosis, taken.problem)


_NO_CLAIM = Text(
    "Es gibt keine Forderung „{ref}“. Nummern stehen so: SHOP:AUFTRAG; Shops: {shops}. `inkasso claims` listet alle.",
    'There is no claim "{ref}". Write SHOP:ORDER; shops: {shops}. `inkasso claims` lists all.',
)
_NOT_A_VENDOR = Text(
    "Über ein Konto entscheidet der Betreiber (Rolle operator), kein Verkäufer.",
    "The operator (role operator) decides about an account, no vendor.",
)
_NO_FILE = Text("Es wurde keine Datei „{file}“ exportiert.", 'No file "{file}" was exported.')
