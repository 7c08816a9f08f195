"""From an instruction to the placement that an adapter gets: its claims, read, diagnosed once more, and frozen in their revision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from inkasso_core.assess import Prepared, assess_prepared, columns, prepare
from inkasso_core.bundling import bundles, key_of
from inkasso_core.change import Changes
from inkasso_core.context import Context
from inkasso_core.lifecycle import Need, State
from inkasso_core.model.agency import Placement
from inkasso_core.model.claim import Claim
from inkasso_core.model.diagnosis import Diagnosis
from inkasso_core.model.party import Creditor
from inkasso_core.model.statement import Statement
from inkasso_core.model.words import Text
from inkasso_core.rules.law.frame import law_of
from inkasso_core.rules.law.statement import reckon
from inkasso_core.store import claims, placements, progress, queue
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.queue import Job

CHUNK = 200


class Ready(NamedTuple):
    """A placement that may go, or a claim that may not any more, and why."""

    job: Job
    stored: tuple[Stored, ...]
    placement: Placement | None = None
    why: Text | None = None

    @property
    def ref(self) -> str:
        """How people name it: by its first claim."""
        return self.stored[0].ref if self.stored else self.job.our_reference


class _Cut(NamedTuple):
    """What becomes of a job's claims. All empty: they are left for the next run, or somebody else dealt with them."""

    job: Job
    going: Sequence[Stored] = ()
    """These go, together."""
    red: Sequence[Stored] = ()
    """These turned red since they were released."""
    apart: Sequence[Sequence[Stored]] = ()
    """These get placements of their own: what is paused holds nobody up, and what no longer fits is never mixed."""


class Loaded(NamedTuple):
    """Some jobs with their claims, as they stood before the transaction that is to act on them."""

    jobs: list[Job]
    pairs: dict[str, list[tuple[str, int]]]
    stored: dict[str, Stored]
    prepared: dict[str, Prepared]
    reached: dict[str, dict[str, str]]
    """Instruction -> what earlier tries of it reached."""


def load(context: Context, connection: Connection, jobs: Sequence[Job]) -> Loaded:
    """Read the claims of jobs and ask plugins about them; to be called outside of a transaction that writes."""
    pairs = placements.claims_of(connection, [job.placement_id for job in jobs])
    stored = claims.by_ids(connection, sorted({claim_id for found in pairs.values() for claim_id, _ in found}))
    reached = progress.of(connection, [job.instruction_id for job in jobs if job.attempts])
    return Loaded(list(jobs), pairs, {s.id: s for s in stored}, prepare(context, stored), reached)


def rehearsed(context: Context, account: str, day: dt.date, limit: int | None) -> Iterator[Ready]:
    """Yield what would go as of ``day``, in the order of a file, and what would not. Reads only."""
    with context.database.read() as order, context.database.read() as reading:
        jobs = islice(queue.stream_pending(order, account, context.now()), limit)
        while chunk := list(islice(jobs, CHUNK)):
            loaded = load(context, reading, chunk)
            diagnoses = _diagnoses(context, reading, loaded, day)
            for cut in _cuts(context, loaded, diagnoses):
                yield from (_red(cut.job, one, diagnoses[one.id]) for one in cut.red)
                for going in (cut.going, *cut.apart):
                    if going and going[0].state is State.RUNNING:
                        yield _ready(context, cut.job, going, loaded, day)


def due(context: Context, connection: Connection, changes: Changes, loaded: Loaded, day: dt.date) -> list[Ready]:
    """Diagnose jobs once more in the transaction that is to send them: what turned red goes back to waiting, the rest is frozen.

    The claims are read again and locked: whatever changed since they were prepared is left for the next run, and so is what gets a
    placement of its own, or what another worker has in its hands.
    """
    fresh = {s.id: s for s in claims.by_ids(connection, sorted(loaded.stored), lock=True, free=True)}
    pairs = placements.claims_of(connection, [job.placement_id for job in loaded.jobs])
    mine = [job for job in loaded.jobs if all(claim_id in fresh for claim_id, _ in pairs.get(job.placement_id, ()))]
    pending = queue.still_pending(connection, mine)
    jobs = [job for job in mine if job.instruction_id in pending]
    loaded = loaded._replace(stored=fresh, jobs=jobs, pairs=pairs)
    diagnoses = _diagnoses(context, connection, loaded, day)
    result = []
    for cut in _cuts(context, loaded, diagnoses):
        for one in cut.red:
            result.append(_red(cut.job, one, diagnoses[one.id]))
            _take_back(connection, changes, cut.job, one, diagnoses[one.id])
        for apart in cut.apart:
            placements.split(connection, cut.job.placement_id, [s.id for s in apart], changes.at)
        if cut.going:
            result.append(_ready(context, cut.job, cut.going, loaded, day))
    going = (ready for ready in result if ready.placement is not None)
    placements.freeze_revisions(connection, [(ready.job.placement_id, s.id, s.revision_no) for ready in going for s in ready.stored])
    return result


def build(
    context: Context, job: Job, bodies: Sequence[Claim], shop: str, day: dt.date, reached: Mapping[str, str] | None = None
) -> Placement | None:
    """Return the placement of a job, or None when its creditor is not known; ``reached`` is what earlier tries of it reached."""
    creditor = context.creditor_of(bodies[0], shop, job.account)
    if creditor is None:
        return None
    # everything in it was checked when it was stored: building it anew for each of many thousands would only cost time
    return Placement.model_construct(
        our_reference=job.our_reference,
        idempotency_key=job.key,
        account=job.account,
        creditor=creditor,
        claims=tuple(bodies),
        placed_on=day,
        statements=tuple(_statement(context, claim, creditor, job.account, day) for claim in bodies),
        progress=dict(reached or {}),
    )


def _statement(context: Context, claim: Claim, creditor: Creditor, account: str, day: dt.date) -> Statement | None:
    law = law_of(creditor, claim.debtor, context.laws)
    if law is None:
        return None
    policy = context.account(account).policy
    return reckon(claim, law, day, day_count=policy.day_count, delivery_days=policy.delivery_days)


def _diagnoses(context: Context, connection: Connection, loaded: Loaded, day: dt.date) -> Mapping[str, Diagnosis]:
    running = [s for s in loaded.stored.values() if s.state is State.RUNNING]
    return assess_prepared(connection, context, running, loaded.prepared, day)


def _cuts(context: Context, loaded: Loaded, diagnoses: Mapping[str, Diagnosis]) -> Iterator[_Cut]:
    for job in loaded.jobs:
        pairs = loaded.pairs.get(job.placement_id, ())
        yield _cut(context, job, [loaded.stored[claim_id] for claim_id, _ in pairs if claim_id in loaded.stored], loaded, diagnoses)


def _cut(context: Context, job: Job, mine: Sequence[Stored], loaded: Loaded, diagnoses: Mapping[str, Diagnosis]) -> _Cut:
    running = [s for s in mine if s.state is State.RUNNING]
    if any(s.id not in diagnoses for s in running):
        return _Cut(job)
    keys = {s.id: key_of(context, s, loaded.prepared[s.id].claim, job.account) for s in running}
    green = [s for s in running if diagnoses[s.id].is_ready and keys[s.id].creditor is not None]
    red = [s for s in running if s not in green]
    if not green:
        return _Cut(job, red=red)
    going, *apart = [green]
    if len(green) > 1:
        takes = context.claims_per_placement(job.account)
        going, *apart = bundles(green, lambda s: keys[s.id], lambda _: takes)
    paused = [s for s in mine if s.state is not State.RUNNING]
    return _Cut(job, going, red, [*apart, paused] if paused else apart)


def _ready(context: Context, job: Job, going: Sequence[Stored], loaded: Loaded, day: dt.date) -> Ready:
    bodies = [loaded.prepared[s.id].claim for s in going]
    return Ready(job, tuple(going), build(context, job, bodies, going[0].shop, day, loaded.reached.get(job.instruction_id)))


def _red(job: Job, stored: Stored, diagnosis: Diagnosis) -> Ready:
    return Ready(job, (stored,), why=_why(diagnosis))


def _take_back(connection: Connection, changes: Changes, job: Job, stored: Stored, diagnosis: Diagnosis) -> None:
    """Let a claim wait again: it leaves its placement, and the others in it go on."""
    placements.leave(connection, job.placement_id, [stored.id], changes.at)
    fresh = changes.refresh(stored, **columns(diagnosis))
    changes.move(fresh, State.WAITING, {Need.NOT_IN_FLIGHT}, reason=" ".join(diagnosis.red) or None)


def _why(diagnosis: Diagnosis) -> Text:
    red = [f for f in diagnosis.findings if f.code in set(diagnosis.red)]
    return Text(" ".join(f.message.de for f in red), " ".join(f.message.en for f in red))
