"""Writing back: nothing unless it is configured; then one call for each event, also where a process dies or an answer is lost."""

from typing import Any

import pytest

from inkasso_core import points

from .conftest import OPERATOR, Opened, Town
from .stand_in import BUSY, CUT, SAVE, StandIn

BODY = {
    "businessDocument": {
        "id": "{order_id}",
        "note": "{agency}: {case_reference} {state} {day} {unknown} {{x}}",
        "list": ["{account}", 1, None],
    }
}


def told(repeatable: bool = False) -> Any:
    return [{"on": ["handed_over", "paid"], "method": SAVE, "body": BODY, "repeatable": repeatable}]


def hand_over(town: Town, actindo: StandIn) -> None:
    actindo.overdue(100)
    town.poll()
    town.ink.release(["shop:100"], actor=OPERATOR)
    town.world.transmit()


def tell(town: Town) -> None:
    """Tell observers, now and once what failed is due again."""
    for _ in range(3):
        town.ink.follow()
        town.world.clock.forward(minutes=30)


def test_nothing_is_written_unless_it_is_configured(town: Town, actindo: StandIn) -> None:
    hand_over(town, actindo)
    tell(town)
    assert actindo.saved == []


def test_one_call_when_a_claim_came_to_the_state(opened: Opened, actindo: StandIn) -> None:
    with opened(tell=told()) as town:
        hand_over(town, actindo)
        tell(town)
        (body,) = actindo.saved
        note = body["businessDocument"]["note"]
        assert body["businessDocument"]["id"] == 100
        assert body["businessDocument"]["list"] == ["agency", 1, None]
        assert note.startswith("Scripted agency: AZ-")
        assert note.endswith("handed_over 2026-06-01 {unknown} {{x}}")


def test_what_was_not_taken_is_told_again(opened: Opened, actindo: StandIn) -> None:
    with opened(tell=told()) as town:
        hand_over(town, actindo)
        actindo.next[SAVE] = [BUSY] * 3
        tell(town)
        assert len(actindo.saved) == 1


@pytest.mark.parametrize(("repeatable", "calls"), [(False, 1), (True, 2)])
def test_a_lost_answer_is_repeated_only_where_that_changes_nothing_more(
    opened: Opened, actindo: StandIn, repeatable: bool, calls: int
) -> None:
    with opened(tell=told(repeatable)) as town:
        hand_over(town, actindo)
        actindo.next[SAVE] = [CUT]
        tell(town)
        assert len(actindo.saved) == calls


class Killed(BaseException):
    """Nothing catches it."""


def test_a_process_killed_after_the_call_does_not_call_again(opened: Opened, actindo: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(name: str) -> None:
        if name == "notices.before_mark" and actindo.saved:
            raise Killed

    with opened(tell=told()) as town:
        hand_over(town, actindo)
        monkeypatch.setattr(points, "listener", kill)
        with pytest.raises(Killed):
            town.ink.follow()
    monkeypatch.setattr(points, "listener", None)
    with opened(tell=told()) as town:
        tell(town)
        assert len(actindo.saved) == 1
