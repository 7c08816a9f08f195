"""From an instruction to the placement that an adapter gets: its claims, read, diagnosed once more, and frozen in their revision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from inkasso_core.assess import Prepared, assess_prepared, columns, prepare
from inkasso_core.change import Changes
from inkasso_core.consequences import withdraw
from inkasso_core.context import Context
from inkasso_core.lifecycle import Need, State
from inkasso_core.model.agency import Placement
from inkasso_core.model.claim import Claim
from inkasso_core.model.diagnosis import Diagnosis
from inkasso_core.model.words import Text
from inkasso_core.store import claims, queue
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.queue import Job

CHUNK = 200


class Ready(NamedTuple):
    """A placement that may go; or None and why not (None as well when somebody else dealt with it)."""

    job: Job
    stored: tuple[Stored, ...]
    placement: Placement | None = None
    why: Text | None = None

    @property
    def ref(self) -> str:
        """How people name it: by its first claim."""
        return self.stored[0].ref if self.stored else self.job.our_reference


class Loaded(NamedTuple):
    """Some jobs with their claims, as they stood before the transaction that is to act on them."""

    jobs: list[Job]
    pairs: dict[str, list[tuple[str, int]]]
    stored: dict[str, Stored]
    prepared: dict[str, Prepared]


def load(context: Context, connection: Connection, jobs: Sequence[Job]) -> Loaded:
    """Read the claims of jobs and ask plugins about them; to be called outside of a transaction that writes."""
    pairs = queue.claims_of(connection, [job.placement_id for job in jobs])
    stored = claims.by_ids(connection, sorted({claim_id for found in pairs.values() for claim_id, _ in found}))
    return Loaded(list(jobs), pairs, {s.id: s for s in stored}, prepare(context, stored))


def rehearsed(context: Context, account: str, day: dt.date, limit: int | None) -> Iterator[Ready]:
    """Yield what would go as of ``day``, in the order of a file. Reads only."""
    with context.database.read() as order, context.database.read() as reading:
        jobs = islice(queue.stream_pending(order, account, context.now()), limit)
        while chunk := list(islice(jobs, CHUNK)):
            loaded = load(context, reading, chunk)
            ready = _judge(context, reading, loaded, day)
            yield from (r for r, _ in ready if r.placement is not None or r.why is not None)


def due(context: Context, connection: Connection, changes: Changes, loaded: Loaded, day: dt.date) -> list[Ready]:
    """Diagnose jobs once more in the transaction that is to send them: what turned red goes back to waiting, the rest is frozen.

    The claims are read again under the lock: whatever changed since they were prepared is left for the next run.
    """
    fresh = {s.id: s for s in claims.by_ids(connection, sorted(loaded.stored), lock=True)}
    mine = queue.still_pending(connection, loaded.jobs)
    jobs = [job for job in loaded.jobs if job.instruction_id in mine]
    result = []
    for ready, diagnosis in _judge(context, connection, loaded._replace(stored=fresh, jobs=jobs), day):
        if ready.placement is None and diagnosis is not None:
            _take_back(connection, changes, ready, diagnosis)
        result.append(ready)
    going = (ready for ready in result if ready.placement is not None)
    queue.freeze_revisions(connection, [(ready.job.placement_id, s.id, s.revision_no) for ready in going for s in ready.stored])
    return result


def build(context: Context, job: Job, bodies: Sequence[Claim], shop: str, day: dt.date) -> Placement | None:
    """Return the placement of a job, or None when its creditor is not known."""
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
    )


def _judge(context: Context, connection: Connection, loaded: Loaded, day: dt.date) -> list[tuple[Ready, Diagnosis | None]]:
    running = [s for s in loaded.stored.values() if s.state is State.RUNNING]
    diagnoses = assess_prepared(connection, context, running, loaded.prepared, day)
    return [_one(context, job, loaded, diagnoses, day) for job in loaded.jobs]


def _one(context: Context, job: Job, loaded: Loaded, diagnoses: Mapping[str, Diagnosis], day: dt.date) -> tuple[Ready, Diagnosis | None]:
    mine = tuple(loaded.stored[claim_id] for claim_id, _ in loaded.pairs.get(job.placement_id, ()) if claim_id in loaded.stored)
    if not mine or any(s.id not in diagnoses for s in mine):
        return Ready(job, mine), None
    red = next((diagnoses[s.id] for s in mine if not diagnoses[s.id].is_ready), None)
    if red is not None:
        return Ready(job, mine, why=_why(red)), red
    bodies = [loaded.prepared[s.id].claim for s in mine]
    placement = build(context, job, bodies, mine[0].shop, day)
    return Ready(job, mine, placement), diagnoses[mine[0].id]


def _take_back(connection: Connection, changes: Changes, ready: Ready, diagnosis: Diagnosis) -> None:
    placed = queue.open_placements(connection, [s.id for s in ready.stored])
    for stored in ready.stored:
        withdraw(connection, changes, placed.get(stored.id))
        fresh = changes.refresh(stored, **columns(diagnosis))
        changes.move(fresh, State.WAITING, {Need.NOT_IN_FLIGHT}, reason=" ".join(diagnosis.red) or None)


def _why(diagnosis: Diagnosis) -> Text:
    red = [f for f in diagnosis.findings if f.code in set(diagnosis.red)]
    return Text(" ".join(f.message.de for f in red), " ".join(f.message.en for f in red))
