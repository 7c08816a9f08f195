"""The books of cases: every claim that an agency has or had, with what shop, agency and we ourselves know of its money.

``fetch`` asks the agency for its own account of a case, and where the case stands. That changes nothing there; every request is spent
before it is sent, as all others are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from inkasso_core import feeds, gate
from inkasso_core.agencies.base import Agency
from inkasso_core.cases import coded, may_ask, question
from inkasso_core.context import Context
from inkasso_core.errors import AuthenticationFailed, ConfigurationError, InkassoError, NotFound
from inkasso_core.lifecycle import OPEN_STATES, Actor
from inkasso_core.model.agency import StatusReport
from inkasso_core.model.claim import Claim, PaymentOrigin
from inkasso_core.model.feed import Ledger
from inkasso_core.store import books, claims, vault
from inkasso_core.store.books import CaseLedger, InCase, Told
from inkasso_core.store.claims import Filter
from inkasso_core.store.engine import Connection
from inkasso_core.store.instructions import BY_HAND, DONE, REPORT_PAYMENT, TOLD
from inkasso_core.telling.texts import PAID, TELL_AGENCY

PAGE = 200
NOT_ASKED, ASKED, LATER, FAILED, UNKNOWN = "not_asked", "asked", "later", "failed", "unknown"
"""What became of asking the agency: it was not, it answered, it takes no more requests for now, it failed, it knows no such case."""


class Whole(NamedTuple):
    """What an agency received in a case, of all its claims together, in their currency."""

    told: Decimal
    """As it told us."""
    booked: Decimal
    """As the shop booked it."""
    is_shared: bool
    """Whether the case holds more than one claim."""


class Book(NamedTuple):
    """A claim in its case, with its money."""

    case: InCase
    claim: Claim
    collected: tuple[Told, ...]
    """What the agency told us that it received; for a case of several claims, with the first of them."""
    told: Decimal
    """Payments to the shop that the agency was told of."""
    untold: Decimal
    """Payments to the shop that it is still to be told of, by a program or a person."""
    ledger: CaseLedger | None
    """Its own account of the case, with the first claim of the case alone."""
    is_first: bool
    whole: Whole
    answer: str = NOT_ASKED
    error: str | None = None
    """Why asking failed: a code."""
    report: StatusReport | None = None
    """Where the case stands, where the agency was asked."""


def books_of(context: Context, chosen: Filter, actor: Actor, *, online: bool = False) -> Iterator[Book]:
    """Yield every claim that an agency has or had, by id."""
    asking = _Asking(context) if online else None
    after = ""
    while True:
        with context.database.read() as connection:
            cases = books.page(connection, chosen, actor, after=after, size=PAGE)
        if not cases:
            return
        after = cases[-1].stored.id
        answers = {case.stored.id: asking.ask(case) for case in cases} if asking is not None else {}
        yield from _page(context, cases, answers)


def _page(context: Context, cases: list[InCase], answers: dict[str, _Answer]) -> list[Book]:
    ids, placement_ids = [case.stored.id for case in cases], {case.placement_id for case in cases}
    with context.database.read() as connection:
        inside, ledgers = books.inside(connection, placement_ids), books.ledgers(connection, placement_ids)
        body_of = _bodies(connection, cases, inside)
        bodies, collected = vault.take_claims(connection, [*body_of.values()]), books.collected(connection, body_of)
        reported = books.reported(connection, placement_ids, REPORT_PAYMENT)
        waiting = books.by_hand(connection, ids, TELL_AGENCY[PAID].kind)
        amounts = {
            one.body_id: Decimal(str((vault.take_if_kept(connection, one.body_id) or {}).get("amount", 0)))
            for some in reported.values()
            for one in some
        }
    claim_of = {claim_id: bodies[body_id] for claim_id, body_id in body_of.items() if body_id in bodies}
    found = []
    for case in cases:
        if case.stored.id not in claim_of:
            continue  # erased
        mates = inside[case.placement_id]
        is_first = mates[0] == case.stored.id
        told = reported.get((case.placement_id, case.stored.id), [])
        known = _TOLD if case.stored.id in waiting else _TOLD | {BY_HAND}
        done = sum((amounts[one.body_id] for one in told if one.state in known), Decimal(0))
        every = sum((amounts[one.body_id] for one in told), Decimal(0))
        found.append(
            Book(
                case,
                claim_of[case.stored.id],
                tuple(collected.get(case.stored.id, ())),
                done,
                every - done,
                ledgers.get(case.placement_id) if is_first else None,
                is_first,
                _whole(case, mates, claim_of, collected),
                *answers.get(case.stored.id, _Answer()),
            )
        )
    return found


def _bodies(connection: Connection, cases: list[InCase], inside: Mapping[str, list[str]]) -> dict[str, str]:
    """Claim -> its body: of these claims, and of those that share a case with one of them."""
    found = {case.stored.id: case.stored.body_id for case in cases}
    mates = {claim_id for some in inside.values() for claim_id in some} - set(found)
    return found | ({one.id: one.body_id for one in claims.by_ids(connection, sorted(mates))} if mates else {})


def _whole(case: InCase, mates: list[str], claim_of: Mapping[str, Claim], collected: Mapping[str, list[Told]]) -> Whole:
    said = (one for claim_id in mates for one in collected.get(claim_id, ()))
    paid = (one for claim_id in mates if claim_id in claim_of for one in claim_of[claim_id].payments)
    return Whole(
        sum((one.amount for one in said if one.currency == case.stored.currency), Decimal(0)),
        sum((one.amount for one in paid if one.origin is not PaymentOrigin.SHOP), Decimal(0)),
        len(mates) > 1,
    )


_TOLD = frozenset({DONE, TOLD})


class _Answer(NamedTuple):
    answer: str = NOT_ASKED
    error: str | None = None
    report: StatusReport | None = None


class _Asking:
    """Asks agencies about cases, each once; an account whose credentials are refused, or that takes no more, is left alone."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._answers: dict[str, _Answer] = {}
        self._closed: dict[str, _Answer] = {}

    def ask(self, case: InCase) -> _Answer:
        if not case.is_open or case.stored.state not in OPEN_STATES:
            return _Answer()
        if case.placement_id not in self._answers:
            self._answers[case.placement_id] = self._closed.get(case.account) or self._asked(case)
        return self._answers[case.placement_id]

    def _asked(self, case: InCase) -> _Answer:
        try:
            adapter = self.context.adapter(case.account)
        except InkassoError as exc:
            return self._close(case, _Answer(FAILED, exc.code))
        with self.context.database.read() as connection:
            opened = gate.look(self.context, connection, case.account)
        if opened.mode == "stopped" or not opened.is_mandated:
            return self._close(case, _Answer())
        report, answered = None, False
        for operation, reference in _questions(adapter, case):
            if answered and operation == "find":
                break
            answer = self._one(adapter, case, operation, reference)
            if isinstance(answer, _Answer):
                return answer
            answered = True
            report = self._keep(case, answer) or report
        return _Answer(ASKED if answered else NOT_ASKED, None, report)

    def _one(self, adapter: Agency[Any], case: InCase, operation: str, reference: str) -> object:
        """Return what the agency says to one question, or what became of asking."""
        if not may_ask(self.context, case.account):
            return self._close(case, _Answer(LATER))
        try:
            answer: object = question(self.context, case.account, partial(getattr(adapter, operation), reference))
        except NotFound:
            return _Answer(UNKNOWN)
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            feeds.failed(self.context, case.account, exc, [case.stored])  # an error of the account stops it
            failed = _Answer(FAILED, exc.code if isinstance(exc, InkassoError) else type(exc).__name__)
            return self._close(case, failed) if isinstance(exc, AuthenticationFailed | ConfigurationError) else failed
        return _Answer(UNKNOWN) if answer is None else answer

    def _keep(self, case: InCase, answer: object) -> StatusReport | None:
        if isinstance(answer, Ledger):
            with self.context.database.write() as connection:
                books.put(connection, case.placement_id, answer, self.context.now())
        if not isinstance(answer, StatusReport):
            return None
        with self.context.database.read() as connection:
            return coded(connection, answer, [case.stored])

    def _close(self, case: InCase, answer: _Answer) -> _Answer:
        self._closed[case.account] = answer
        return answer


def _questions(adapter: Agency[Any], case: InCase) -> Iterator[tuple[str, str]]:
    """What is asked of a case, and with which reference. Of what was handed over outside the agency has never heard our reference."""
    ours = None if case.is_outside else case.our_reference
    for operation, reference in (("fetch_ledger", case.case_reference), ("fetch_status", case.case_reference), ("find", ours)):
        if operation in adapter.operations and reference is not None:
            yield operation, reference
