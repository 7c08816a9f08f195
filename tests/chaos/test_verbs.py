"""Everything that an agency is told, whatever the moment of a crash: its own count says each once, on both databases.

A process tells, and is killed at each named point between two stored states, again and again; then somebody looks into the agency's books
and says what he found, and another process goes on. What certainly was not sent calls nobody.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import builders
import pytest
from world import OPERATOR, Clock, Reports, claim, done

from inkasso_adapters.dummy import Ledger
from inkasso_core import Inkasso, State, points
from inkasso_core.settings import Settings, build
from inkasso_core.store import instructions, queue

POINTS = [name for name in points.POINTS if name.startswith("telling.")]
SENT = ("telling.marked", "telling.before_answer")
"""Where nobody can know whether the agency heard of it."""
ORDERS = ("A-1", "A-2", "A-3")


@dataclass
class Town:
    """An installation that processes of its own work in, and the agency's books."""

    settings: Settings
    ledger: Path

    @contextmanager
    def opened(self) -> Iterator[Inkasso]:
        with Inkasso(self.settings, plugins={"reports": Reports()}, clock=Clock()) as ink:
            yield ink

    def told(self) -> Counter[tuple[str, str]]:
        """How often the agency heard of what, by the order: its own count."""
        order = {case.our_reference: key for case in self.books.cases() for key in case.claims}
        return Counter((order[one.our_reference], one.verb) for one in self.books.told())

    @property
    def books(self) -> Ledger:
        return Ledger(self.ledger)

    def run(self, point: str | None = None, nth: int = 1) -> bool:
        """Tell what is due in a process of its own, killed when it passes a point for the nth time. Returns whether it was killed."""
        child = os.fork()
        if child == 0:
            try:
                passed = Counter[str]()

                def reached(name: str) -> None:
                    passed[name] += 1
                    if name == point and passed[name] == nth:
                        os.kill(os.getpid(), signal.SIGKILL)

                points.listener = reached
                with self.opened() as ink:
                    ink.transmit()
            except BaseException:  # noqa: BLE001  (the parent sees that it did not end well)
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
        return os.WIFSIGNALED(status)

    def look(self) -> int:
        """Look into the agency's books for what is unclear, and say what stands there. Returns how much was unclear."""
        keys = {one.idempotency_key for one in self.books.told()}
        with self.opened() as ink:
            unclear = [one.id for one in ink.instructions() if one.state == queue.UNCLEAR]
            for one in unclear:
                with ink._context.database.read() as connection:
                    queued = instructions.by_id(connection, one)
                assert queued is not None
                knows = queued.key in keys
                ink.resolve_instruction(one, done=knows, send_again=not knows, reason="looked it up", actor=OPERATOR)
        return len(unclear)


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest) -> Callable[[Path], Town]:
    """Make an installation whose agency has a case of each order."""

    def made(folder: Path) -> Town:
        url = "sqlite:///inkasso.db" if request.param == "sqlite" else request.getfixturevalue("postgres")()
        account = {"agency": "dummy", "creditor": "firm", "settings": {"ledger": str(folder / "ledger.jsonl")}}
        settings = build(
            {
                "inkasso": {"database": url},
                "creditors": {"firm": builders.green_creditor().model_dump(mode="json", exclude_none=True)},
                "accounts": {"agency": account},
                "shops": {"shop": {"plugin": "reports", "creditor": "firm", "account": "agency"}},
            },
            folder,
        )
        town = Town(settings, folder / "ledger.jsonl")
        with Inkasso(settings, plugins={"reports": Reports()}, clock=Clock(), upgrade=False) as ink:
            ink.upgrade_database()
        with town.opened() as ink:
            ink.mandate("agency", dated=Clock().day, actor=OPERATOR)
            ink.go_live("agency", nothing_to_adopt=True, actor=OPERATOR)
            refs = [str(ink.register(claim(order), shop="shop").ref) for order in ORDERS]
            done(ink.release(refs, actor=OPERATOR))
            ink.transmit()
            assert {ink.find(ref).state for ref in refs} == {State.HANDED_OVER}
        return town

    return made


def _say(ink: Inkasso) -> None:
    for order in ORDERS:
        ref = f"shop:{order}"
        ink.send_message(ref, f"Zu {order}: bitte prüfen.", actor=OPERATOR)
        ink.send_document(ref, b"%PDF" + order.encode(), kind="invoice", actor=OPERATOR)
        ink.register(claim(order, paid="10.00"), shop="shop")
        done(ink.pause([ref], reason="Stundung", actor=OPERATOR))


def _go_on(ink: Inkasso) -> None:
    done(ink.resume([f"shop:{order}" for order in ORDERS], actor=OPERATOR))


def _take_back(ink: Inkasso) -> None:
    done(ink.recall([f"shop:{order}" for order in ORDERS], reason="x", actor=OPERATOR))


PARTS: tuple[tuple[Callable[[Inkasso], None], tuple[str, ...], State], ...] = (
    (_say, ("send_message", "send_document", "report_payment", "pause"), State.PAUSED),
    (_go_on, ("resume",), State.HANDED_OVER),
    (_take_back, ("recall",), State.CANCELLED),
)
"""What people say -> what the agency then has heard of each case, and where the claims stand."""


@pytest.mark.parametrize(
    ("make", "point"),
    [*(("sqlite", name) for name in POINTS), *(("postgresql", name) for name in ("telling.after_attempt", *SENT))],
    indirect=["make"],
)
def test_each_verb_is_told_once_although_who_tells_is_killed_again_and_again(
    point: str, make: Callable[[Path], Town], tmp_path: Path
) -> None:
    town, expected, unclear = make(tmp_path), Counter[tuple[str, str]](), 0
    for say, verbs, state in PARTS:
        with town.opened() as ink:
            say(ink)
        for nth in (1, 3):
            town.run(point, nth)
            unclear += town.look()
        while town.run() or town.look():
            pass
        expected.update({(order, verb): 1 for order in ORDERS for verb in verbs})
        assert town.told() == expected
        with town.opened() as ink:
            ink.follow()
            assert {ink.find(f"shop:{order}").state for order in ORDERS} == {state}
    with town.opened() as ink:
        assert ink.instructions() == []
        assert ink.tasks() == []
        assert {one.state for one in ink.instructions(everything=True)} <= {"done", "told"}
    assert (unclear > 0) is (point in SENT), "what certainly was not sent calls nobody"


def test_many_tell_at_once(make: Callable[[Path], Town], tmp_path: Path) -> None:
    town = make(tmp_path)
    with town.opened() as ink:
        _say(ink)
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            try:
                with town.opened() as ink:
                    for _ in range(6):
                        ink.transmit()
            except BaseException:  # noqa: BLE001  (the parent sees that it did not end well)
                os._exit(1)
            os._exit(0)
        children.append(child)
    assert {os.WEXITSTATUS(os.waitpid(child, 0)[1]) for child in children} == {0}
    assert town.look() == 0
    town.run()
    assert set(town.told().values()) == {1}
    assert len(town.told()) == len(ORDERS) * len(PARTS[0][1])


def test_a_guard_that_is_missing_is_noticed(make: Callable[[Path], Town], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the mark before the request, what was sent would count as not sent, and be told twice."""
    town = make(tmp_path)
    with town.opened() as ink:
        _say(ink)
    marked = instructions.mark_sent
    monkeypatch.setattr(instructions, "mark_sent", lambda connection, attempt_id, at: True)
    assert town.run("telling.before_answer")
    monkeypatch.setattr(instructions, "mark_sent", marked)
    town.run()
    assert max(town.told().values()) == 2
