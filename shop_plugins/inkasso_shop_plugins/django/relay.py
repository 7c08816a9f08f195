"""The relay: rows of the shop's table become events of our store, at least once each; taken twice, a report is still one claim.

A row is marked as relayed only after our store has it. Whoever is killed in between leaves a row that is relayed again: the same report of
the same order changes nothing there.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from inkasso_core import Inkasso, Result
from inkasso_shop_plugins.django.conf import options
from inkasso_shop_plugins.django.models import Event

logger = logging.getLogger("inkasso.django")

LEASE = dt.timedelta(minutes=1)
"""How long a row is left to whoever took it."""
RETRY_MOST = dt.timedelta(hours=1)
_PAGE = 100
_ENOUGH = 3
"""So many rows in a row that our store did not take: then it is the store, and not the rows."""


class Relayed(NamedTuple):
    """What a pass did."""

    taken: int = 0
    """Rows that our store has now, the failed events among them included."""
    failed: int = 0
    """Those of them that became no claim: ``inkasso events`` lists them."""
    problem: str | None = None
    """The kind of the last error, where a row was not taken: it waits, and is relayed by a later pass."""


def relay(ink: Inkasso, *, everything: bool = False) -> Relayed:
    """Relay every row that is due, oldest first, and return what was done; ``everything`` waits for no row's time."""
    done, in_vain, after = Relayed(), 0, 0
    while rows := _due(after, everything=everything):
        for row in rows:
            after = row.pk
            if not _take(row):
                continue
            one = _relay(ink, row)
            done = Relayed(done.taken + one.taken, done.failed + one.failed, one.problem or done.problem)
            in_vain = in_vain + 1 if one.problem else 0
            if in_vain >= _ENOUGH:
                return done
    return done


def forget(*, days: int) -> int:
    """Delete rows that were relayed so many days ago; return how many. The last of each order stays: it says what was reported of it."""
    newer = Event.objects.filter(order=OuterRef("order"), pk__gt=OuterRef("pk"))
    gone, _ = Event.objects.filter(Exists(newer), relayed_at__lt=timezone.now() - dt.timedelta(days=days)).delete()
    return int(gone)


def pending() -> QuerySet[Any]:
    """Return the rows that our store does not have yet."""
    return Event.objects.filter(relayed_at=None)


def _due(after: int, *, everything: bool) -> list[Event]:
    rows = pending().filter(pk__gt=after)
    return list((rows if everything else rows.filter(due_at__lte=timezone.now())).order_by("pk")[:_PAGE])


def _take(row: Event) -> bool:
    """Take a row for a while, unless somebody else has taken or relayed it since it was read."""
    mine = pending().filter(pk=row.pk, due_at=row.due_at)
    return bool(mine.update(due_at=timezone.now() + LEASE, tries=F("tries") + 1) == 1)


def _relay(ink: Inkasso, row: Event) -> Relayed:
    """Give a row to our store, and note what became of it."""
    try:
        result = _fire(ink, row)
    except Exception as exc:  # noqa: BLE001  (our store is away, or its settings are wrong: the row stays, and the shop goes on)
        error = type(exc).__name__
        wait = min(RETRY_MOST, dt.timedelta(seconds=2 ** min(row.tries, 12)))
        pending().filter(pk=row.pk).update(due_at=timezone.now() + wait, error=error)
        logger.warning("inkasso: the event %s stays in the shop's table (%s) and is relayed again", row.pk, error)
        return Relayed(problem=error)
    code = _code(result)
    pending().filter(pk=row.pk).update(relayed_at=timezone.now(), outcome=result.outcome, error=code, claim=None)
    if result.outcome == "failed":
        logger.error("inkasso: no claim could be made of order %s (%s): `inkasso events` says what helps", row.order, code)
    return Relayed(taken=1, failed=int(result.outcome == "failed"))


def _fire(ink: Inkasso, row: Event) -> Result:
    """Fire the hook that the row stands for. What it says is the same each time: so the same failure is one failed event."""
    payload = {"order": row.order}
    if row.claim is not None:
        payload |= {"claim": row.claim, "reported_at": _instant(row.created_at)}
    fire = getattr(ink, row.kind)
    result: Result = fire(shop=options().shop, payload=payload)
    return result


def _instant(value: dt.datetime) -> str:
    """A time with its zone, also where the project keeps times without."""
    return (timezone.make_aware(value) if timezone.is_naive(value) else value).isoformat()


def _code(result: Result) -> str:
    problem = result.problem
    return str(getattr(problem, "reason", problem.code))[:100] if problem is not None else ""
