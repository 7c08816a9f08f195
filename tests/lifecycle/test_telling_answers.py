"""The agency's word on what it was told: a yes, a refusal, a wait, or an answer that was lost, of which nobody guesses."""

from pathlib import Path
from typing import Any

import pytest
from tellers import DAY, NO, Ears, lost_answer, lost_on_the_way, paid, states, telling_world
from world import OPERATOR, VENDOR, World, claim

from inkasso_core import (
    Acknowledgement,
    AgencyStatus,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    InvalidInput,
    NotFound,
    NotPermitted,
    ReportPayment,
    State,
    TemporarilyUnavailable,
    Text,
    UnsupportedOperation,
)
from inkasso_core import waits as waits_module
from inkasso_core.instructing import answers, sending
from inkasso_core.store import instructions

# The agency's word


@pytest.mark.parametrize("error", [ClaimInvalid, ClaimRejected, UnsupportedOperation, NotFound])
def test_a_refusal_is_a_task_with_the_reason(tmp_path: Path, error: Any) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(error(Text("Nur in Euro.", "In euros only.")))
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
        (report,) = town.transmit()
        assert report.counts == {"told_refused": 1, "told": 1}
        assert dict(ears.payments) == {"B": 1}, "a refusal holds nothing up"
        (task,) = town.tasks()
        assert task.kind == "report_payment"
        assert "In euros only." in task.message.en
        (left,) = town.ink.instructions()
        assert (left.state, left.ref, left.what) == ("refused", ref, f"1.00 EUR, {DAY}")
        assert any(check.subject == "instructions" for check in town.ink.doctor())
        town.finish("report_payment")
        assert town.ink.instructions() == []
        assert not any(check.subject == "instructions" for check in town.ink.doctor())
        town.transmit()
        assert len(ears.asked) == 2


@pytest.mark.parametrize("error", [AuthenticationFailed, ConfigurationError])
def test_a_broken_account_stops_and_nothing_is_lost(tmp_path: Path, error: Any) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        ears.answers(error(NO))
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
        (report,) = town.transmit()
        assert report.mode == "stopped"
        assert states(town) == [("report_payment", "pending")] * 2
        assert len(ears.asked) == 1
        town.ink.go_live("agency", actor=OPERATOR)
        town.transmit()
        assert dict(ears.payments) == {"A": 1, "B": 1}


def test_what_the_agency_decides_later_is_told(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        ears.default = Acknowledgement(done=False, raw={"ok": True})
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        town.transmit()
        assert len(ears.asked) == 1
        assert states(town) == [("report_payment", "told")]


def test_waits_grow_where_the_agency_says_none(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        ears.default = TemporarilyUnavailable(NO)
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        waits = []
        for _ in range(12):
            town.transmit()
            (one,) = town.ink.instructions()
            assert one.next_at is not None
            waits.append(one.next_at - town.clock())
            town.clock.at = one.next_at
        least = 1 - waits_module.JITTER
        whole = [min(answers.RETRY * 2**number, answers.RETRY_MOST) for number in range(12)]
        assert all(least * most <= wait <= most for wait, most in zip(waits, whole, strict=True)), waits
        assert len(set(waits)) == 12, "chance takes something off each"


@pytest.mark.parametrize("answer", [lost_answer, lost_on_the_way, lambda: RuntimeError("x"), lambda: Text("x", "y")])
def test_a_lost_answer_is_never_repeated_a_person_looks(tmp_path: Path, answer: Any) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(answer() if isinstance(answer(), Exception) else lambda _: answer())
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
        (report,) = town.transmit()
        assert report.counts == {"told_unclear": 1}
        town.clock.forward(days=30)
        town.transmit()
        assert len(ears.asked) == 1, "and the later one waits"
        assert [task.kind for task in town.tasks()] == ["look_up_telling"]
        (unclear, _) = town.ink.instructions(ref)
        assert unclear.state == "unclear"
        assert unclear.id in town.tasks()[0].message.en
        assert any("instructions" in check.text.en for check in town.ink.doctor())
        assert town.ink.show(ref).instructions == town.ink.instructions(ref, everything=True)


def unclear(town: World, ears: Ears, *, arrived: bool) -> str:
    (ref,) = town.handed_over("A-1")
    ears.answers(lost_answer() if arrived else lost_on_the_way())
    town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
    town.transmit()
    return ref


def test_a_person_says_that_the_agency_knows(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        ref = unclear(town, ears, arrived=True)
        waiting = town.ink.instructions()[0].id
        found = town.ink.resolve_instruction(waiting, done=True, reason="seen in the portal", actor=OPERATOR)
        assert found.state == "done"
        entry = town.last(ref)
        assert (entry.what, entry.actor, entry.reason) == ("told", OPERATOR.id, "seen in the portal")
        assert town.tasks() == []
        town.transmit()
        assert dict(ears.payments) == {"A": 1, "B": 1}


def test_a_person_says_that_the_agency_does_not_know_and_it_is_sent_again(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        ref = unclear(town, ears, arrived=False)
        waiting = town.ink.instructions()[0].id
        found = town.ink.resolve_instruction(waiting, done=False, send_again=True, reason="not there", actor=OPERATOR)
        assert found.state == "pending"
        assert (town.last(ref).actor, town.last(ref).reason) == (OPERATOR.id, "not there")
        town.transmit()
        assert dict(ears.payments) == {"A": 1, "B": 1}
        assert ears.asked[0].idempotency_key != ears.asked[1].idempotency_key, "a new key after a proved absence"
        assert town.tasks() == []


def test_a_person_says_that_the_agency_does_not_know_and_tells_it_himself(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        unclear(town, ears, arrived=False)
        waiting = town.ink.instructions()[0].id
        town.ink.resolve_instruction(waiting, done=False, reason="not there", actor=OPERATOR)
        assert [task.kind for task in town.tasks()] == ["report_payment"]
        town.transmit()
        assert dict(ears.payments) == {"B": 1}
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B")), note="again"))
        town.transmit()
        assert dict(ears.payments) == {"B": 1}, "a person does it"
        town.finish("report_payment")
        assert states(town) == [("report_payment", "by_hand"), ("report_payment", "done")]


def test_only_what_is_open_can_be_resolved_and_no_vendor_may(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        unclear(town, ears, arrived=True)
        first, second = (one.id for one in town.ink.instructions())
        for wrong in (second, "nothing", town.agency.sent[0].our_reference):
            with pytest.raises(NotFound):
                town.ink.resolve_instruction(wrong, done=True, reason="x", actor=OPERATOR)
        with pytest.raises(NotPermitted):
            town.ink.resolve_instruction(first, done=True, reason="x", actor=VENDOR)
        town.agency.says(AgencyStatus.CLOSED_UNPAID)
        town.ink.follow()
        with pytest.raises(InvalidInput):
            town.ink.resolve_instruction(first, done=False, send_again=True, reason="x", actor=OPERATOR)


# Repeating, where the agency documents that a key has no second effect


def test_a_lost_answer_is_repeated_with_the_same_key_where_that_is_documented(tmp_path: Path) -> None:
    with telling_world(tmp_path, repeats=True) as (town, ears):
        town.handed_over("A-1")
        ears.answers(lost_answer(), TemporarilyUnavailable(NO))
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
        town.transmit()
        assert town.tasks() == []
        town.report(claim("A-1", payments=(paid("2.00", "B"),)))
        assert ("report_payment", "unclear") in states(town), "it may have been heard, so it is not withdrawn"
        for _ in range(3):
            town.clock.forward(hours=2)
            town.transmit()
        assert len({one.idempotency_key for one in ears.of(ReportPayment) if one.payment_reference == "A"}) == 1
        assert [one.payment_reference for one in ears.asked if isinstance(one, ReportPayment)] == ["A", "A", "A", "B"]
        assert ears.amended == [("paid",)]


@pytest.mark.parametrize(
    "error", [ClaimRejected(NO), ClaimInvalid(NO), UnsupportedOperation(NO), NotFound(NO)], ids=lambda one: type(one).__name__
)
def test_who_refuses_a_repetition_may_have_heard_the_first_time(tmp_path: Path, error: Any) -> None:
    """A payment that closes its case, say: nobody is asked to tell it by hand before somebody has looked."""
    with telling_world(tmp_path, repeats=True) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(lost_answer(), error)
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        town.clock.forward(hours=1)
        results = []
        town.transmit(on_item=lambda item: results.append(item.result))
        assert results == ["told_unclear"]
        assert [task.kind for task in town.tasks()] == ["look_up_telling"]
        (one,) = town.ink.instructions(ref)
        assert (one.state, one.next_at) == ("unclear", None)
        town.clock.forward(days=1)
        town.transmit()
        assert len(ears.asked) == 2
        town.ink.resolve_instruction(one.id, done=True, reason="seen", actor=OPERATOR)
        assert ears.payments == {"A": 1}
        assert (states(town), town.tasks()) == ([("report_payment", "done")], [])


def test_what_may_have_been_heard_is_looked_up_where_it_cannot_be_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with telling_world(tmp_path, repeats=True) as (town, ears):
        town.handed_over("A-1")
        ears.answers(lost_answer())
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()

        def broken(*_told: Any) -> Any:
            raise NotFound(NO)

        monkeypatch.setattr(sending, "build", broken)
        town.clock.forward(hours=1)
        town.transmit()
        assert states(town) == [("report_payment", "unclear")]
        assert [task.kind for task in town.tasks()] == ["look_up_telling"]


def test_it_is_not_repeated_for_ever(tmp_path: Path) -> None:
    with telling_world(tmp_path, repeats=True) as (town, ears):
        town.handed_over("A-1")
        ears.default = lost_answer()
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        for _ in range(30):
            town.transmit()
            town.clock.forward(hours=1)
        assert 1 < len(ears.asked) < 10
        assert [task.kind for task in town.tasks()] == ["look_up_telling"]
        asked = len(ears.asked)
        town.clock.forward(days=10)
        town.transmit()
        assert len(ears.asked) == asked


def test_it_is_not_repeated_once_the_key_may_be_forgotten(tmp_path: Path) -> None:
    with telling_world(tmp_path, repeats=True) as (town, ears):
        town.handed_over("A-1")
        ears.answers(lost_answer())
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        town.clock.forward(days=1)  # nobody ran it meanwhile
        town.transmit()
        assert len(ears.asked) == 1
        assert [task.kind for task in town.tasks()] == ["look_up_telling"]
        town.transmit()
        assert len(ears.asked) == 1


# What ends while it is told


def test_the_true_answer_counts_although_the_try_was_given_up(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")

        def slow(_told: Any) -> Acknowledgement:
            with town.ink._context.database.read() as connection:
                (mine,) = instructions.in_flight(connection)
            sending.store_answer(town.ink._context, answers.Heard(mine.queued, mine.attempt_id, lost_answer()), repeats=False)
            assert [task.kind for task in town.tasks()] == ["look_up_telling"]
            return Acknowledgement(raw={"ok": True})

        ears.answers(slow)
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        assert states(town) == [("report_payment", "done")]
        assert town.tasks() == []
        assert town.state(ref) is State.HANDED_OVER


def test_a_late_yes_after_a_person_decided_calls_a_person(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")

        def slow(_told: Any) -> Acknowledgement:
            with town.ink._context.database.read() as connection:
                (mine,) = instructions.in_flight(connection)
            sending.store_answer(town.ink._context, answers.Heard(mine.queued, mine.attempt_id, lost_answer()), repeats=False)
            town.ink.resolve_instruction(mine.queued.id, done=False, reason="not there", actor=OPERATOR)
            return Acknowledgement(raw={"ok": True})

        ears.answers(slow)
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        assert sorted(task.kind for task in town.tasks()) == ["report_payment", "status_contradicts"]
