"""What several processes do to one claim: nobody acts on what he read before another one moved it, and its history stays a chain."""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from sending.town import at
from world import OPERATOR, World, done, lost, world

from inkasso_core import State, cases, owner, transmit
from inkasso_core.store import batches

FILE = {"agency": {"agency": "plain-file", "confirm_after_days": 3}}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as opened:
        yield opened


def is_chain(town: World, ref: str) -> bool:
    entries = town.ink.history(ref)
    return entries[0].from_state is None and all(after.from_state == before.to_state for before, after in pairwise(entries))


# Acting on what was read before


def test_a_person_who_was_quicker_is_not_asked_to_look_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path, finds=False) as town:
        ref = town.unclear()
        read = cases.open_cases

        def resolved_meanwhile(*args: object) -> object:
            found = read(*args)  # type: ignore[arg-type]
            if State.UNCLEAR in args[2] and found:  # type: ignore[operator]
                done(town.ink.resolve([ref], found="AZ-1", reason="seen", actor=OPERATOR))
            return found

        monkeypatch.setattr("inkasso_core.follow.open_cases", resolved_meanwhile)
        town.ink.follow()
        assert town.state(ref) is State.HANDED_OVER
        assert town.tasks("look_up") == []
        assert is_chain(town, ref)


def test_a_person_who_was_quicker_is_not_asked_to_confirm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path, accounts=FILE) as town:
        (ref,) = town.running("A-1")
        town.transmit()
        town.clock.forward(days=4)
        read = cases.open_cases

        def confirmed_meanwhile(*args: object) -> object:
            found = read(*args)  # type: ignore[arg-type]
            if args[2] == {State.EXPORTED} and found:  # type: ignore[operator]
                town.ink.confirm([ref], actor=OPERATOR)
            return found

        monkeypatch.setattr("inkasso_core.follow.open_cases", confirmed_meanwhile)
        town.ink.follow()
        assert (town.state(ref), town.tasks("confirm_export")) == (State.HANDED_OVER, [])
        assert is_chain(town, ref)


def test_a_file_that_its_owner_brought_further_is_not_taken_over_as_it_was(tmp_path: Path) -> None:
    """Another one read it as sealed; meanwhile it was published, finished and collected: it is not lost."""
    with world(tmp_path, accounts=FILE) as town:
        town.running("A-1")
        found: list[batches.Batch] = []

        def read() -> None:
            with town.ink._context.database.read() as connection:
                found.extend(batches.unfinished(connection, "agency"))

        with at("batch.sealed", read):
            town.transmit()
        (sealed,) = found
        assert sealed.state == batches.SEALED
        with town.ink._context.database.write() as connection:
            assert not batches.take_over(connection, sealed, owner="another", lease_until=town.clock())
        assert town.tasks() == []


# The time that an agency takes to show a case


def test_it_begins_when_a_try_may_have_gone_out_at_the_latest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A try was marked long after its lease, and its process was found dead much later."""
    hour = dt.timedelta(hours=1)
    with world(tmp_path, settles_after=hour) as town:
        (ref,) = town.running("A-1")

        class Killed(BaseException):
            pass

        def killed() -> None:
            raise Killed

        with at("transmit.leased", lambda: town.clock.forward(minutes=50)), at("transmit.marked", killed), pytest.raises(Killed):
            town.transmit()
        town.clock.forward(minutes=20)
        monkeypatch.setattr(owner, "is_gone", lambda *_: True)
        assert transmit.recover(town.ink._context) == 1
        for minutes in (0, 59):
            town.clock.forward(minutes=minutes)
            town.ink.follow()
            assert town.state(ref) is State.UNCLEAR, "whoever was found dead may have sent until then"
        town.clock.forward(minutes=1)
        town.ink.follow()
        assert town.state(ref) is State.RUNNING


def test_an_answer_that_was_asked_for_before_the_last_try_proves_nothing(tmp_path: Path) -> None:
    """While one looks up, and its answer takes its time, another one finds nothing, sends again, and loses the answer."""
    with world(tmp_path) as town, world(tmp_path, clock=town.clock, script=town.agency) as other:
        ref = town.unclear(arrived=False)
        ask = town.agency.ask

        def slow(operation: str, reference: str) -> None:
            town.agency.ask = ask  # type: ignore[method-assign]
            other.ink.follow()
            assert other.state(ref) is State.RUNNING
            other.clock.forward(seconds=5)
            other.agency.answers(lost())
            other.transmit()
            other.agency.forgets()
            assert other.state(ref) is State.UNCLEAR

        town.agency.ask = slow  # type: ignore[method-assign]
        town.ink.follow()
        assert (town.state(ref), len(town.agency.sent)) == (State.UNCLEAR, 2)
        town.ink.follow()
        assert town.state(ref) is State.RUNNING, "now it was asked after the last try"
