"""An agency that counts for itself, from several threads at once, and installations on one database that hand over to it."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import builders
from world import OPERATOR, Clock, World, claim

from inkasso_core import Agency, AgencySettings, Inkasso, Placement, Submission, points
from inkasso_core.report import AccountReport
from inkasso_core.settings import build

Answer = Callable[[Placement], Submission]


@dataclass
class Books:
    """The agency's own count: what reached it, how many at the same time, and through how many adapters."""

    came: Counter[str] = field(default_factory=Counter)
    """Order -> how often it came."""
    order: list[str] = field(default_factory=list)
    adapters: set[int] = field(default_factory=set)
    most: int = 0
    seconds: float = 0.0
    answer: Answer | None = None
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, placement: Placement, adapter: object) -> Submission:
        """Note it, take its time, and say yes, or what ``answer`` says."""
        with self._lock:
            self.came.update(one.source.order for one in placement.claims)
            self.order += [one.source.order for one in placement.claims]
            self.adapters.add(id(adapter))
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            time.sleep(self.seconds)
            return self.answer(placement) if self.answer is not None else yes(placement)
        finally:
            with self._lock:
                self._now -= 1


def yes(placement: Placement) -> Submission:
    """The agency's yes."""
    return Submission(agency_reference=f"AZ-{placement.our_reference}", raw={"taken": True})


def agency(books: Books) -> type[Agency[Any]]:
    """An adapter that writes into these books."""

    class Counting(Agency[AgencySettings]):
        name: ClassVar[str] = "counting"
        label: ClassVar[str] = "Counting agency"

        def submit(self, placement: Placement) -> Submission:
            return books.take(placement, self)

    return Counting


def opened(folder: Path, database: str, books: Books, clock: Clock, **account: Any) -> Inkasso:
    """Open an installation with one shop and one account, as one process of several would."""
    settings = build(
        {
            "inkasso": {"database": database},
            "creditors": {"firm": builders.green_creditor().model_dump(mode="json", exclude_none=True)},
            "accounts": {"agency": {"agency": "counting", "creditor": "firm", **account}},
            "shops": {"shop": {"plugin": "canonical", "creditor": "firm", "account": "agency"}},
        },
        folder,
    )
    return Inkasso(settings, agencies={"counting": agency(books)}, clock=clock)


@contextmanager
def workers(count: int, folder: Path, database: str, books: Books, clock: Clock | None = None, **account: Any) -> Iterator[list[Inkasso]]:
    """Open as many installations on one database; the account is live."""
    clock = clock or Clock()
    with ExitStack() as stack:
        inks = [stack.enter_context(opened(folder, database, books, clock, **account)) for _ in range(count)]
        if inks[0].gate("agency").mode == "rehearsal":
            inks[0].mandate("agency", dated=clock.day, actor=OPERATOR)
            inks[0].go_live("agency", nothing_to_adopt=True, actor=OPERATOR)
        yield inks


def release(ink: Inkasso, count: int, **changes: Any) -> list[str]:
    """Report so many claims, and release them; return their orders."""
    orders = [f"A-{number:04d}" for number in range(count)]
    refs = [str(ink.register(claim(order, **changes), shop="shop").ref) for order in orders]
    handled = ink.release(refs, actor=OPERATOR)
    assert all(one.ok for one in handled), [str(one.problem) for one in handled if not one.ok]
    return orders


def together(inks: list[Inkasso], **options: Any) -> list[AccountReport]:
    """Let all transmit at the same moment, each in a thread of its own."""
    start = threading.Barrier(len(inks))

    def one(ink: Inkasso) -> list[AccountReport]:
        start.wait()
        return ink.transmit("agency", **options)

    with ThreadPoolExecutor(len(inks)) as pool:
        return [report for reports in pool.map(one, inks) for report in reports]


@contextmanager
def at(point: str, act: Callable[[], object], nth: int = 1) -> Iterator[None]:
    """Do something when a point is reached for the ``nth`` time."""
    passed = 0

    def reached(name: str) -> None:
        nonlocal passed
        passed += name == point
        if name == point and passed == nth:
            act()

    points.listener, before = reached, points.listener
    try:
        yield
    finally:
        points.listener = before


def keys(town: World) -> dict[str, list[tuple[str, str | None, bool]]]:
    """Order -> the tries of its submission: key, outcome, whether it was marked as sent."""
    with town.ink._context.database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT claim.record, attempt.key, attempt.outcome, attempt.sent_at FROM attempt "
            "JOIN instruction ON instruction.id = attempt.instruction_id JOIN placement_claim USING (placement_id) "
            "JOIN claim ON claim.id = placement_claim.claim_id ORDER BY attempt.id"
        ).all()
    found: dict[str, list[tuple[str, str | None, bool]]] = {}
    for record, key, outcome, sent_at in rows:
        found.setdefault(record, []).append((key, outcome, sent_at is not None))
    return found
