"""Guards of the core that can be taken away, to see whether the tests would notice."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from inkasso_core import entries, export, feeds, ingest, observing, points, sending, transmit
from inkasso_core.agencies import drop
from inkasso_core.answers import Answered
from inkasso_core.cases import Followed
from inkasso_core.change import Changes
from inkasso_core.instructing import sending as telling
from inkasso_core.register import Taken
from inkasso_core.store import feeds as kept
from inkasso_core.store import instructions, leases, notices, queue


def remove(name: str | None) -> None:
    """Take one guard away in this process; None takes none."""
    if name is not None:
        GUARDS[name]()


def _attempt_after_sending() -> None:
    """That a try is sent is stored only after its request was sent."""

    def request(run: Any, adapter: Any, marker: Any, group: Any) -> list[Answered]:
        answers = sending.ask(adapter, [one.placement for one in group])
        points.reach("transmit.before_mark")
        now = run.context.now()
        marker.mark([one.attempt_id for one in group], at=now, lease_until=now)
        points.reach("transmit.marked")
        return [Answered(one.job, one.attempt_id, answer) for one, answer in zip(group, answers, strict=True)]

    sending.request = request


def _sent_again_without_look_up() -> None:
    """What was interrupted is sent again, as if it had certainly not arrived."""

    def recover(context: Any) -> int:
        with context.database.write() as connection:
            lost = leases.in_flight(connection)
            for one in lost:
                queue.set_instruction(connection, one.job.instruction_id, queue.PENDING, context.now())
        return len(lost)

    transmit.recover = recover


def _published_before_sealed() -> None:
    """The file gets its final name before its digest is stored."""

    def write_part(directory: Any, name: str, fill: Any) -> Any:
        part = drop.write_part(directory, name, fill)
        drop.publish(directory, name, part.sha256)
        return part

    export.drop = SimpleNamespace(**{**vars(drop), "write_part": write_part})  # type: ignore[assignment]


def _position_before_claims() -> None:
    """How far a file was read is committed before what was read."""
    take = ingest.take

    def hasty(context: Any, shop: str, inbound: Any, *, as_of: Any = None, within: Any = None) -> list[Taken]:
        with context.database.write() as connection:
            within(connection, [Taken("ignored") for _ in inbound])
        return take(context, shop, inbound, as_of=as_of)

    ingest.take = hasty


def _marked_before_told() -> None:
    """That an observer was told is noted before it is told."""
    tell = observing._tell

    def hasty(context: Any, plugin: str, event: Any) -> str | None:
        with context.database.write() as connection:
            done = SimpleNamespace(id=event.id, plugin=plugin)
            notices.told(connection, done, context.now())  # type: ignore[arg-type]
        points.reach("notices.before_mark")
        return tell(context, plugin, event)

    observing._tell = hasty


def _acknowledged_before_stored() -> None:
    """What a feed brings is acknowledged before it is stored."""

    def read(context: Any, account: str, adapter: Any) -> Followed:
        more = True
        while more:
            feed = adapter.fetch_feed(None)
            adapter.acknowledge(feed.token)
            points.reach("feed.fetched")
            feeds._store(context, account, feed, kept.Place())
            more = feed.more
        return Followed()

    feeds._read = read


def _noted_after_it_was_applied() -> None:
    """That an entry was applied is committed after what it brought."""

    def one(context: Any, row_id: str) -> Followed:
        with context.database.write() as connection:
            changes = Changes(context)
            result = entries.apply(connection, changes, row_id)
            row = kept.take(connection, row_id)
            kept.put(connection, [row_id], status=kept.NEW)
            changes.flush(connection)
        points.reach("feed.applied")
        with context.database.write() as connection:
            kept.put(connection, [row_id], status=row.status if row else kept.NEW)
        return result

    feeds._one = one


def _told_again_without_a_look() -> None:
    """What was told when the process ended is told again, as if the agency had certainly not heard of it."""

    def recover(context: Any) -> int:
        with context.database.write() as connection:
            lost = instructions.in_flight(connection)
            for one in lost:
                queue.set_instruction(connection, one.queued.id, queue.PENDING, context.now())
        return len(lost)

    telling.recover = recover


GUARDS: dict[str, Callable[[], None]] = {
    "attempt before sending": _attempt_after_sending,
    "look-up before sending again": _sent_again_without_look_up,
    "digest before publishing": _published_before_sealed,
    "position with the claims": _position_before_claims,
    "told before it is noted": _marked_before_told,
    "stored before acknowledged": _acknowledged_before_stored,
    "applied together with its note": _noted_after_it_was_applied,
    "look before telling again": _told_again_without_a_look,
}
"""What the core promises -> what breaks that promise."""
