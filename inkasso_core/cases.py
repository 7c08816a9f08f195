"""Cases: the open placements of an account, and asking its agency about them. What a stranger's code says or raises goes no further."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from inkasso_core import gate, pacing, resting
from inkasso_core.agencies.base import Agency
from inkasso_core.context import Context
from inkasso_core.discretion import AGENCY_QUOTES, of_debtors, uncoded, unsaid
from inkasso_core.errors import AuthenticationFailed, ConfigurationError
from inkasso_core.lifecycle import SYSTEM, State
from inkasso_core.model.agency import StatusReport
from inkasso_core.store import asked, claims, placements, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.placements import Open

T = TypeVar("T")
PAGE = 200
AT_ONCE = 20
"""So many cases are noted as asked about before the first of them is: whoever is killed has them asked about later, at the next turn."""


class Case(NamedTuple):
    """An open placement with those of its claims that are asked about."""

    placed: Open
    stored: tuple[Stored, ...]


class Followed(NamedTuple):
    """What following brought."""

    changed: int = 0
    looked_up: int = 0
    tasks: int = 0
    told: int = 0
    failed: int = 0
    received: int = 0
    """New entries of the agencies' feeds."""

    def plus(self, other: Followed) -> Followed:
        """Add two."""
        return Followed(*(a + b for a, b in zip(self, other, strict=True)))


def open_cases(context: Context, account: str, states: Collection[State]) -> list[Case]:
    """Open placements of an account with their claims in these states; the list holds ids and references only."""
    found: list[Case] = []
    after = ""
    with context.database.read() as connection:
        while page := placements.followed(connection, account, {s.value for s in states}, after=after, limit=PAGE):
            after = page[-1]
            found += _cases(connection, page, states)
    return found


def due_cases(context: Context, account: str, states: Collection[State], every: dt.timedelta) -> Iterator[Case]:
    """Yield open placements about which nobody asked for so long, that which waits longest first.

    Some at a time are noted as asked before they are yielded, so that others who follow at the same time ask for others.
    """
    while True:
        with context.database.write() as connection:
            now = context.now()
            some = asked.due(connection, account, {s.value for s in states}, before=now - every, limit=AT_ONCE)
            asked.note(connection, some, now)
            found = _cases(connection, some, states)
        if not some:
            return
        for number, case in enumerate(found):
            try:
                yield case
            except GeneratorExit:  # whoever asked stopped here: the others are as due as before
                _not_asked(context, [one.placed.placement_id for one in found[number:]])
                raise


def _not_asked(context: Context, ids: Collection[str]) -> None:
    with context.database.write() as connection:
        asked.note(connection, ids, None)


def _cases(connection: Connection, ids: Sequence[str], states: Collection[State]) -> list[Case]:
    inside = placements.claims_of(connection, ids)
    claim_ids = [claim_id for mine in inside.values() for claim_id, _ in mine]
    placed = placements.open_placements(connection, claim_ids)
    stored = {s.id: s for s in claims.by_ids(connection, claim_ids) if s.state in states}
    found = []
    for placement_id in ids:
        mine = [stored[claim_id] for claim_id, _ in inside.get(placement_id, ()) if claim_id in stored]
        if mine:
            found.append(Case(placed[mine[0].id], tuple(mine)))
    return found


def may_ask(context: Context, account: str) -> bool:
    """Spend one request of an account; False where its agency takes no more for now, rests, or where this process is to end."""
    if context.ending.is_set():
        return False
    with context.database.read() as connection:
        if resting.until(context, connection, account) is not None:
            return False
    limits = context.account(account)
    if limits.per_minute is None and limits.per_day is None:
        return True
    with context.database.write() as connection:
        return pacing.spend(context, connection, account, 1).granted > 0


def question(context: Context, account: str, put: Callable[[], T]) -> T:
    """Put a question to an agency, and note whether it could be reached: that counts for all that its account does. Raises what it raises.

    To be called after :func:`may_ask`.
    """
    try:
        answer = put()
    except Exception as exc:
        resting.note(context, account, exc)
        raise
    resting.note(context, account, answer)
    return answer


def asks(adapter: Agency[Any], placed: Open) -> str | None:
    """Return the operation that asks where a case stands; None where the adapter offers none, or nobody knows the agency's reference."""
    if placed.is_outside and placed.case_reference is None:
        return None
    operation = "find" if placed.case_reference is None else "fetch_status"
    return operation if operation in adapter.operations else None


def ask(adapter: Agency[Any], operation: str, placed: Open) -> StatusReport | None:
    """Ask where a case stands; None when the agency does not know it. Raises what the adapter raises."""
    reference = placed.our_reference if operation == "find" else placed.case_reference
    answer: object = getattr(adapter, operation)(reference)
    if answer is None or isinstance(answer, StatusReport):
        return answer
    raise TypeError(f"a StatusReport was expected, not {type(answer).__name__}")


def coded(connection: Connection, report: StatusReport, stored: Collection[Stored]) -> StatusReport:
    """Return an agency's word without a code that is none, since it repeats the debtor's data."""
    return report if (report.agency_status or "").isalnum() else uncoded(report, of_debtor(connection, stored))


def of_debtor(connection: Connection, stored: Collection[Stored]) -> list[str]:
    """Return what these claims say about their debtors."""
    return of_debtors([vault.take_claim(connection, one.body_id) for one in stored])


def stopped(context: Context, account: str, error: Exception, stored: Collection[Stored] = ()) -> bool:
    """Stop the account where the error is one of the account itself: asking for the next case would fail alike."""
    if not isinstance(error, AuthenticationFailed | ConfigurationError):
        return False
    with context.database.write() as connection:
        unsaid(error, [*of_debtor(connection, stored), *context.secrets_of(account)], AGENCY_QUOTES)
        gate.stop(context, connection, account, by=SYSTEM.id, reason=error.text)
    return True
