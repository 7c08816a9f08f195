"""Pauses that the agency is asked for: claims follow its word, each request goes out once; where no program can ask, a person does."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from tellers import NO, lost_answer, telling_world, where
from world import OPERATOR, VENDOR, World, claim, done, refusal

from inkasso_core import (
    Acknowledgement,
    AgencyStatus,
    ClaimRejected,
    InvalidInput,
    NotFound,
    OrderEnd,
    Pause,
    Resume,
    State,
    TemporarilyUnavailable,
)

BOTH = ("pause", "resume", "recall", "report_payment", "amend")
LAST_DAY = dt.date(2026, 7, 31)


def states(town: World) -> list[tuple[str, str]]:
    return [(one.verb, one.state) for one in town.ink.instructions(everything=True)]


def pause(town: World, *refs: str, **more: Any) -> Any:
    return town.ink.pause(refs, reason="Stundung", **{"actor": OPERATOR, **more})


def test_a_claim_is_paused_once_the_agency_says_so(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")
        done(pause(town, ref, until=LAST_DAY))
        assert (town.state(ref), states(town)) == (State.HANDED_OVER, [("pause", "pending")])
        town.transmit()
        (told,) = ears.of(Pause)
        assert (told.until, told.reason) == (LAST_DAY, "Stundung")
        assert (town.state(ref), town.last(ref).actor) == (State.PAUSED, OPERATOR.id)
        done(town.ink.resume([ref], actor=OPERATOR))
        assert town.state(ref) is State.PAUSED, "it has not gone on yet"
        town.transmit()
        assert (town.state(ref), len(ears.of(Resume))) == (State.HANDED_OVER, 1)
        assert town.tasks() == []


def test_asked_twice_it_is_asked_for_once(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")
        done(pause(town, ref))
        assert refusal(pause(town, ref)) == "ASKED_ALREADY"
        town.transmit()
        assert refusal(pause(town, ref)) == "NO_SUCH_CHANGE"
        done(town.ink.resume([ref], actor=OPERATOR))
        assert refusal(town.ink.resume([ref], actor=OPERATOR)) == "ASKED_ALREADY"
        town.transmit()
        done(pause(town, ref))
        town.transmit()
        assert [type(one).__name__ for one in ears.heard] == ["Pause", "Resume", "Pause"]


def test_a_pause_that_nobody_wants_any_more_is_not_asked_for(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")
        done(pause(town, ref))
        done(town.ink.resume([ref], actor=OPERATOR))
        town.transmit()
        assert (ears.asked, states(town), town.state(ref)) == ([], [("pause", "withdrawn")], State.HANDED_OVER)


def test_what_the_agency_has_heard_of_and_not_granted_cannot_be_taken_back(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.default = Acknowledgement(done=False)
        done(pause(town, ref))
        town.transmit()
        assert (town.state(ref), states(town)) == (State.HANDED_OVER, [("pause", "told")])
        assert refusal(town.ink.resume([ref], actor=OPERATOR)) == "ASKED_ALREADY"
        town.agency.says(AgencyStatus.PAUSED)
        town.ink.follow()
        assert (town.state(ref), states(town)) == (State.PAUSED, [("pause", "done")])
        town.ink.follow()
        assert town.trail(ref)[-2:] == ["handed_over", "paused"]
        done(town.ink.resume([ref], actor=OPERATOR))
        town.transmit()
        town.ink.follow()
        assert (town.state(ref), states(town)[-1]) == (State.PAUSED, ("resume", "told")), "it is said to rest still"
        town.agency.says(AgencyStatus.ACTIVE)
        town.ink.follow()
        assert (town.state(ref), states(town)[-1]) == (State.HANDED_OVER, ("resume", "done"))


def test_a_pause_granted_with_the_answer_itself(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.default = where(AgencyStatus.PAUSED)
        done(pause(town, ref))
        town.transmit()
        assert town.state(ref) is State.PAUSED


@pytest.mark.parametrize(("first", "then"), [("pause", "portal"), ("portal", "pause")])
def test_a_person_confirms_it_for_the_agency(tmp_path: Path, first: str, then: str) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")
        if first == "pause":
            ears.default = Acknowledgement(done=False)
            done(pause(town, ref))
            town.transmit()
        done(pause(town, ref, confirmed=True))
        assert town.state(ref) is State.PAUSED
        assert "told" not in dict(states(town)).values()
        done(town.ink.resume([ref], actor=OPERATOR, confirmed=True))
        town.transmit()
        assert (town.state(ref), ears.of(Resume)) == (State.HANDED_OVER, [])


def test_where_the_adapter_cannot_pause_a_person_is_called(tmp_path: Path) -> None:
    with telling_world(tmp_path, ("recall",)) as (town, ears):
        (ref,) = town.handed_over("A-1")
        assert refusal(pause(town, ref)) == "BY_HAND"
        (task,) = town.tasks()
        assert (task.kind, town.state(ref)) == ("pause_agency", State.HANDED_OVER)
        assert f"inkasso pause {ref} --confirmed" in task.message.en
        done(pause(town, ref, confirmed=True))
        assert (town.tasks(), town.state(ref)) == ([], State.PAUSED)
        done(town.ink.resume([ref], actor=OPERATOR))
        assert ([task.kind for task in town.tasks()], town.state(ref)) == (["resume_agency"], State.HANDED_OVER)
        assert ears.asked == []


def test_a_refused_pause_is_a_task_and_may_be_asked_for_again(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(ClaimRejected(NO))
        done(pause(town, ref))
        town.transmit()
        assert ([task.kind for task in town.tasks()], town.state(ref)) == (["pause_agency"], State.HANDED_OVER)
        done(pause(town, ref))
        town.transmit()
        assert (town.tasks(), town.state(ref)) == ([], State.PAUSED)


def test_a_lost_answer_is_looked_up_by_a_person_whose_word_counts(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH, repeats=True) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(lost_answer())
        done(pause(town, ref))
        for _ in range(3):
            town.transmit()
            town.clock.forward(hours=1)
        assert len(ears.asked) == 1, "no agency says that a pause may be repeated under its key"
        (unclear,) = town.ink.instructions()
        town.ink.resolve_instruction(unclear.id, done=True, reason="seen", actor=OPERATOR)
        assert (town.state(ref), town.tasks()) == (State.PAUSED, [])


def test_a_case_of_several_claims_rests_whole_or_not_at_all(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH, several=3) as (town, ears):
        refs = [str(r.ref) for r in town.report(*(claim(f"A-{n}", customer="K") for n in (1, 2)))]
        done(town.ink.release(refs, actor=OPERATOR))
        town.transmit()
        assert refusal(pause(town, refs[0])) == "WHOLE_CASE"
        done(pause(town, *refs))
        town.transmit()
        assert (len(ears.of(Pause)), {town.state(ref) for ref in refs}) == (1, {State.PAUSED})
        done(town.ink.resume(refs, actor=OPERATOR))
        town.transmit()
        assert (len(ears.of(Resume)), {town.state(ref) for ref in refs}) == (1, {State.HANDED_OVER})


def test_claims_before_and_at_the_agency_in_one_go_in_their_order(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, _):
        (there,) = town.handed_over("A-2")
        here, later = town.ready("A-1", "A-3")
        handled = done(pause(town, here, there, later))
        assert [one.ref for one in handled] == [here, there, later]
        assert [town.state(ref) for ref in (here, there, later)] == [State.PAUSED, State.HANDED_OVER, State.PAUSED]
        town.transmit()
        assert town.state(there) is State.PAUSED
        done(town.ink.resume([here, there, later], actor=OPERATOR))
        assert [town.state(ref) for ref in (here, there, later)] == [State.READY, State.PAUSED, State.READY]


def test_a_paused_case_is_told_of_payments_and_can_be_recalled(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")
        done(pause(town, ref))
        town.transmit()
        town.report(claim("A-1", paid="10.00"))
        town.transmit()
        assert ears.amounts == ["10.00"]
        done(town.ink.recall([ref], reason="x", actor=OPERATOR))
        town.transmit()
        assert town.state(ref) is State.CANCELLED


def test_a_case_that_ends_first_is_not_asked_to_rest(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(TemporarilyUnavailable(NO))
        done(pause(town, ref))
        town.transmit()
        town.agency.says(AgencyStatus.CLOSED_PAID)
        town.ink.follow()
        town.clock.forward(days=1)
        town.transmit()
        assert (len(ears.asked), town.state(ref), states(town)) == (1, State.PAID, [("pause", "withdrawn")])


def test_a_case_that_ends_while_the_agency_is_asked_stays_ended(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")

        def slow(_told: Any) -> Acknowledgement:
            town.agency.says(AgencyStatus.CLOSED_UNPAID)
            town.ink.follow()
            raise TemporarilyUnavailable(NO)

        ears.answers(slow)
        done(pause(town, ref))
        town.transmit()
        town.clock.forward(days=1)
        town.transmit()
        assert (len(ears.asked), town.state(ref), states(town)) == (1, State.CLOSED, [("pause", "withdrawn")])


def test_in_a_marketplace_the_operator_alone_pauses_and_a_vendor_learns_nothing(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH, shops={"shop": {"profile": "marketplace"}}) as (town, ears):
        (ref,) = town.handed_over("A-1", vendor="viktor")
        refusal(pause(town, ref, actor=VENDOR))
        assert (ears.asked, states(town)) == ([], [])
        done(pause(town, ref))
        town.transmit()
        assert town.state(ref) is State.PAUSED
        refusal(town.ink.resume([ref], actor=VENDOR))
        assert len(states(town)) == 1


def test_an_order_that_ends_while_its_case_rests_is_told(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH, account={"recall": "automatic"}) as (town, ears):
        (ref,) = town.handed_over("A-1")
        done(pause(town, ref))
        town.transmit()
        town.report(claim("A-1", ended=OrderEnd.CANCELLED))
        town.transmit()
        assert (ears.recalls, town.state(ref)) == (1, State.CANCELLED)


def test_an_account_that_is_not_live_shows_the_pause_and_asks_for_nothing(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (ref,) = town.handed_over("A-1")
        from inkasso_core.store import records

        with town.ink._context.database.write() as connection:
            records.decide(connection, "agency", "live", {"live": False}, by="olga", at=town.clock())
        done(pause(town, ref))
        items: list[Any] = []
        (report,) = town.transmit(on_item=items.append)
        assert (report.mode, ears.asked, town.state(ref)) == ("rehearsal", [], State.HANDED_OVER)
        assert "pause" in str(items[0].shown)
        assert "Stundung" in str(items[0].shown)


def test_a_pause_ends_after_its_last_day_by_itself(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH) as (town, ears):
        (there,) = town.handed_over("A-1")
        here, ended, endless = town.ready("A-2", "A-3", "A-4")
        last = town.clock.day + dt.timedelta(days=2)
        done(pause(town, there, here, ended, until=last))
        town.transmit()
        done(town.ink.resume([ended], actor=OPERATOR))
        done(pause(town, ended, endless))
        paused = {there, here, ended, endless}
        assert {ref for ref in paused if town.state(ref) is State.PAUSED} == paused
        town.clock.forward(days=2)
        town.ink.run_due()
        assert {ref for ref in paused if town.state(ref) is State.PAUSED} == paused, "the last day counts"
        town.clock.forward(days=1)
        for _ in range(2):
            town.ink.run_due()
        assert {ref for ref in paused if town.state(ref) is State.PAUSED} == {ended, endless}
        assert (town.state(there), town.state(here)) == (State.HANDED_OVER, State.READY)
        assert [entry.actor for entry in town.ink.history(there) if entry.from_state == "paused"] == ["system"]
        assert ears.of(Resume) == [], "the agency was told the day"
        with pytest.raises(InvalidInput):
            pause(town, here, until=town.clock.day - dt.timedelta(days=1))


def test_a_vendor_of_a_marketplace_learns_nothing_of_a_pause(tmp_path: Path) -> None:
    with telling_world(tmp_path, BOTH, shops={"shop": {"profile": "marketplace"}}) as (town, _):
        (ref,) = town.handed_over("A-1", vendor="viktor")
        town.ink.publish_vendor_view()
        done(pause(town, ref))
        (asked,) = town.ink.instructions(actor=OPERATOR)
        assert town.ink.instructions(actor=VENDOR) == town.ink.instructions(ref, everything=True, actor=VENDOR) == []
        with pytest.raises(NotFound):
            town.ink.instruction(asked.id, actor=VENDOR)


def test_nor_of_the_task_that_asks_for_one(tmp_path: Path) -> None:
    with telling_world(tmp_path, ("recall",), shops={"shop": {"profile": "marketplace"}, "own": {}}) as (town, _):
        for shop, order in (("shop", "A-1"), ("own", "B-1")):
            (ref,) = town.handed_over(order, vendor="viktor", shop=shop)
            town.ink.publish_vendor_view()
            assert refusal(pause(town, ref)) == "BY_HAND"
        veiled, open_to_him = town.ink.tasks(actor=OPERATOR)
        assert [task.kind for task in (veiled, open_to_him)] == ["pause_agency", "pause_agency"]
        assert town.ink.tasks(actor=VENDOR) == [open_to_him]
        assert not town.ink.finish_task(veiled.id, actor=VENDOR)
