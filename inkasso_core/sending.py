"""Sending: what was leased goes to the agency, each try marked as sent just before its request, each answer stored before anybody hears.

An agency that takes several placements at once (``batch_size``) gives one answer each; what is missing in its answer is not known. Where
it takes several requests at a time (``at_once``), threads send, each with an adapter of its own, and one leases and stores meanwhile. So it
is where one request after the other goes to an agency that is slow.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import compress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, NamedTuple

from inkasso_core import owner, points, resting
from inkasso_core.agencies.base import Agency
from inkasso_core.answers import NOT_SENT, Answered, patiently, store_answers
from inkasso_core.discretion import AGENCY_QUOTES, of_debtors, of_secrets, uncoded, unsaid
from inkasso_core.errors import AuthenticationFailed, ConfigurationError, InkassoError, NotSent, OutcomeUnknown, StoreError
from inkasso_core.fresh import Mark
from inkasso_core.leasing import Leased, Supply, give_back
from inkasso_core.logs import say
from inkasso_core.model.agency import Placement, Submission
from inkasso_core.model.words import Text
from inkasso_core.report import Item, Run
from inkasso_core.store.leases import Marker

TOGETHER, AT_LATEST = 32, 0.1
"""How many answers to one sender are stored in one commit, and how many seconds the first of them waits for others, at most."""
SLOW, IN_A_ROW = 0.02, 5
"""After so many requests in a row that took longer than these seconds, leasing and storing is done while the next one is under way."""
ENOUGH = 0.15
"""Where a request takes so many seconds, another process would have time to do what is kept ready here: one for each sender will do."""
Tell = Callable[[Item], None]
_ENDINGS = (Exception, KeyboardInterrupt, SystemExit)
"""How a run ends that can still tidy up; whatever else is raised ends it as a kill would."""


class _Habit(NamedTuple):
    """How whoever leases and stores for others does it."""

    ready: int
    """So many requests for each sender lie ready, so that none waits for a lease or for what is stored."""
    gathered: float
    """Seconds for which answers are gathered: a commit for each would keep those who send from marking what they send next."""


_FOR_ONE, _FOR_SEVERAL, _SLOWLY = _Habit(6, AT_LATEST), _Habit(3, 0.012), _Habit(1, 0.012)
"""One sender is often one of many processes: each commit fewer is one that none of the others waits for."""


def at_once(adapter: Agency[Any]) -> int:
    """Return how many placements go in one request."""
    return adapter.batch_size if type(adapter).submit_batch is not Agency.submit_batch else 1


def send(run: Run, adapter: Agency[Any], tell: Tell) -> None:
    """Submit all that is due in an account, and tell of each what became of it, once that is stored. It ends where the account stops."""
    senders = run.context.account(run.account).at_once
    supply = Supply(run, adapter, size=at_once(adapter), senders=senders)
    marker = Marker(run.context.database)
    try:
        left = _Alone(run, adapter, supply, marker, tell).run() if senders == 1 else ()
        if left is not None:
            _Several(run, adapter, supply, marker, tell, left).run(senders)
    finally:
        marker.close()


class _Sending:
    """What one sender and several have in common: groups to be sent, answers to be stored, and what is left at the end."""

    def __init__(
        self, run: Run, adapter: Agency[Any], supply: Supply, marker: Marker, tell: Tell, groups: Sequence[Sequence[Leased]] = ()
    ) -> None:
        self.run_, self.context, self.adapter, self.supply, self.marker, self.tell = run, run.context, adapter, supply, marker, tell
        self.groups = deque(groups)
        self.answered: list[Answered] = []
        self.is_stopped = self.is_resting = False

    def refill(self) -> bool:
        """Lease more; False where there is nothing left."""
        groups, items = self.supply.refill()
        self.groups += groups
        for item in items:
            self.tell(item)
        return bool(groups or items)

    def store(self) -> None:
        """Store the answers that are there, then tell of them."""
        if not self.answered:
            return
        points.reach("transmit.before_answer")
        answered, self.answered = self.answered, []
        items = patiently(self.context, self.run_.account, len(answered), partial(store_answers, self.context, answered))
        points.reach("transmit.after_answer")
        for item in items:
            self.is_stopped = self.is_stopped or item.result == "stopped"
            self.tell(item)
        if any(resting.is_failure(one.answer) for one in answered):
            self.is_resting = _rests(self.run_)

    @contextmanager
    def tidying(self) -> Iterator[None]:
        """However it ends: what was answered is stored, what was not sent is given back."""
        try:
            yield
        except _ENDINGS:
            # where the database is away, too, whoever comes next finds out what became of it
            with suppress(StoreError):
                self.store()
            with suppress(StoreError):
                give_back(self.context, self._unsent())
            raise
        give_back(self.context, self._unsent())

    def _unsent(self) -> list[Leased]:
        return [one for group in self.groups for one in group]

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be sent: the account has stopped or rests, or the process is to end."""
        return self.is_stopped or self.is_resting or self.context.ending.is_set()


class _Alone(_Sending):
    """One request at a time, and everything else between two of them: quickest where the agency is quick."""

    slow_ones = 0

    def run(self) -> Sequence[Sequence[Leased]] | None:
        """Send until nothing is left, or the agency turns out to be slow: then return what is leased and to be sent by others."""
        first = 0.0
        with self.tidying():
            while not self.is_over and not self.is_slow:
                if not self.groups:
                    self.store()
                    if self.is_over or not self.refill():
                        break
                    continue
                began = time.perf_counter()
                found = request(self.run_, self.adapter, self.marker, self.groups.popleft())
                ended = time.perf_counter()
                self._took(ended - began)
                first = first if self.answered else ended
                self.answered += found
                if self._is_due(ended - first):
                    self.store()
            self.store()
            left = None
            if self.is_slow and not self.is_over:
                left, self.groups = list(self.groups), deque()
        return left

    @property
    def is_slow(self) -> bool:
        """Whether the last requests took long."""
        return self.slow_ones >= IN_A_ROW

    def _took(self, seconds: float) -> None:
        self.supply.took(seconds)
        self.slow_ones = self.slow_ones + 1 if seconds > SLOW else 0

    def _is_due(self, waited: float) -> bool:
        """Whether answers are stored now: the first would wait too long for the next one, or enough are there."""
        return waited + self.supply.seconds > AT_LATEST or len(self.answered) >= TOGETHER or _stops(self.answered)


class _Several(_Sending):
    """Threads mark and send, this one leases and stores."""

    def run(self, senders: int) -> None:
        """Send until nothing is left."""
        self.senders = senders
        self.orders, self.results = SimpleQueue[Sequence[Leased] | None](), SimpleQueue[list[Answered] | BaseException]()
        self.quitting, self.may_go, self.under_way = Event(), Event(), 0
        self.may_go.set()
        others = (self.context.another_adapter(self.run_.account) for _ in range(senders - 1))
        threads = [Thread(target=self._sender, args=(adapter,), daemon=True) for adapter in (self.adapter, *others)]
        for thread in threads:
            thread.start()
        with self.tidying():
            try:
                self._lead()
            except _ENDINGS:
                self._settle()
                raise
            finally:
                self.quitting.set()
                self.may_go.set()
                for _ in threads:
                    self.orders.put(None)
            for thread in threads:
                thread.join()

    def _lead(self) -> None:
        is_more = True
        while True:
            if is_more and not self.is_over and self._are_few():
                is_more = self.refill()
            if not self.is_over:
                self._order()
            if not self.under_way:
                if is_more and not self.is_over:
                    continue
                return
            self._collect()
            self.store()
            if self.is_over:
                self._take_orders_back()
            if self.results.empty():
                self.may_go.set()

    def _are_few(self) -> bool:
        return len(self.groups) + self.orders.qsize() < self._habit.ready * self.senders

    @property
    def _habit(self) -> _Habit:
        if self.supply.seconds >= ENOUGH:
            return _SLOWLY
        return _FOR_ONE if self.senders == 1 else _FOR_SEVERAL

    def _order(self) -> None:
        while self.groups:
            self.orders.put(self.groups.popleft())
            self.under_way += 1

    def _take_orders_back(self) -> None:
        with suppress(Empty):
            while True:
                group = self.orders.get_nowait()
                if group is not None:
                    self.groups.append(group)
                    self.under_way -= 1

    def _collect(self) -> None:
        """Wait for what the senders bring; what else comes within a moment is stored with it."""
        found, until = [self.results.get()], time.perf_counter() + self._habit.gathered
        with suppress(Empty):
            while len(found) < self.under_way and not _is_urgent(found[-1]):
                found.append(self.results.get(timeout=max(0.0, until - time.perf_counter())))
        self.under_way -= len(found)
        for one in found:
            if not isinstance(one, BaseException):
                self.answered += one
        for one in found:
            if isinstance(one, BaseException):
                raise one

    def _settle(self) -> None:
        """Before it ends: nothing more is sent, and what is under way is waited for."""
        self._take_orders_back()
        while self.under_way:
            self.may_go.set()
            with suppress(Exception):  # the first error is the one that is raised
                self._collect()

    def _sender(self, adapter: Agency[Any]) -> None:
        while (group := self.orders.get()) is not None and not self.quitting.is_set():
            self.may_go.wait()
            began = time.perf_counter()
            try:
                answers: list[Answered] | BaseException = request(self.run_, adapter, self.marker, group)
            except BaseException as exc:  # noqa: BLE001  (it is raised where the run is led)
                answers = exc
            self.supply.took(time.perf_counter() - began)
            if not isinstance(answers, BaseException) and _is_urgent(answers):
                self.may_go.clear()  # nobody begins another request until that is stored
            self.results.put(answers)


def _is_urgent(found: list[Answered] | BaseException) -> bool:
    """Whether what a sender brings is to be dealt with at once."""
    return isinstance(found, BaseException) or any(map(_is_the_account_s, found))


def _is_the_account_s(one: Answered) -> bool:
    """Whether an answer counts for the whole account."""
    return resting.is_failure(one.answer) or isinstance(one.answer, AuthenticationFailed | ConfigurationError)


def _rests(run: Run) -> bool:
    with run.context.database.read() as connection:
        return resting.until(run.context, connection, run.account) is not None


def _stops(answered: Sequence[Answered]) -> bool:
    """Whether the last answer is none that a next request should be sent after, before it is stored."""
    return bool(answered) and isinstance(answered[-1].answer, InkassoError)


def request(run: Run, adapter: Agency[Any], marker: Marker, group: Sequence[Leased]) -> list[Answered]:
    """Mark tries as sent, send them in one request, and return the answers. Nothing is sent of what was taken back meanwhile.

    Nor is it where the database cannot say whether it kept the mark, or where this process was frozen since: others may think it gone by
    now. That nothing was sent is certain, and is stored.
    """
    points.reach("transmit.before_mark")
    mark, now = Mark(), run.context.now()
    try:
        marked = marker.mark([one.attempt_id for one in group], at=now, lease_until=now + owner.LEASE)
    except StoreError:
        return _unsent(run, group)
    going = list(compress(group, marked))
    if not going:
        return []
    points.reach("transmit.marked")
    if not mark.is_fresh:
        return _unsent(run, going)
    began = time.perf_counter()
    answers = ask(adapter, [one.placement for one in going])
    seconds = round(time.perf_counter() - began, 3)
    for one, answer in zip(going, answers, strict=True):
        code = answer.code if isinstance(answer, InkassoError) else answer.status.value
        say("transmit.sent", account=run.account, placement=one.job.placement_id, attempt=one.attempt_id, code=code, seconds=seconds)
    counts = resting.counted(answers)
    return [Answered(one.job, one.attempt_id, answer, count) for one, answer, count in zip(going, answers, counts, strict=True)]


def _unsent(run: Run, group: Sequence[Leased]) -> list[Answered]:
    say("transmit.not_sent", level=logging.WARNING, account=run.account, placements=len(group))
    return [Answered(one.job, one.attempt_id, NotSent(NOT_SENT)) for one in group]


# The request


def ask(adapter: Agency[Any], sent: Sequence[Placement]) -> list[Submission | InkassoError]:
    """Send the request and return one answer for each placement, in their order. Never raises."""

    def known() -> list[str]:
        return [*(value for one in sent for value in of_debtors(one.claims)), *of_secrets(adapter.settings)]

    try:
        said = _ask(adapter, sent)
    except InkassoError as exc:
        return [unsaid(exc, known(), AGENCY_QUOTES)] * len(sent)
    except Exception as exc:  # noqa: BLE001  (a stranger's code: what it did before it broke is not known)
        return [_broke(adapter, exc)] * len(sent)
    return [_checked(adapter, answer, known) for answer in said]


def _ask(adapter: Agency[Any], sent: Sequence[Placement]) -> list[object]:
    if at_once(adapter) == 1:
        return [adapter.submit(one) for one in sent]  # there is only one
    said: object = adapter.submit_batch(sent)
    if not isinstance(said, Mapping):
        return [said] * len(sent)
    return [said.get(one.our_reference, OutcomeUnknown(_NOT_ANSWERED, agency=adapter.name)) for one in sent]


def _checked(adapter: Agency[Any], answer: object, known: Callable[[], Sequence[str]]) -> Submission | InkassoError:
    if isinstance(answer, InkassoError):
        return unsaid(answer, known(), AGENCY_QUOTES)
    if not isinstance(answer, Submission):
        return _broke(adapter, answer)
    says_something = answer.agency_status or answer.portal_url or answer.notices
    return uncoded(answer, known()) if says_something else answer


def _broke(adapter: Agency[Any], instead: object) -> OutcomeUnknown:
    raw = None if isinstance(instead, Exception) else instead
    return OutcomeUnknown(_ADAPTER_BROKE.fill(error=type(instead).__name__), agency=adapter.name, raw=raw)


_ADAPTER_BROKE = Text(
    "Die Anbindung ist beim Senden gescheitert ({error}): ob die Agentur den Fall hat, ist nicht bekannt.",
    "The adapter broke while sending ({error}): whether the agency has the case is not known.",
)
_NOT_ANSWERED = Text(
    "Die Antwort der Agentur auf die gemeinsame Übermittlung nennt diesen Fall nicht: ob sie ihn hat, ist nicht bekannt.",
    "The agency's answer to the joint submission does not name this case: whether the agency has it is not known.",
)
