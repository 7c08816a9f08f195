"""The inbox: what agencies wrote, asked and collected is there once, each vendor sees his own, and answering finishes the task."""

import datetime as dt
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from feeding import News, feeding, paid, reference
from tellers import Ears, teller
from world import OPERATOR, VENDOR, Script, World, case_of, world

from inkasso_core import (
    Actor,
    Agency,
    AgencyStatus,
    ClaimRejected,
    FeedKind,
    InvalidInput,
    Message,
    NotFound,
    NotPermitted,
    Role,
    SendDocument,
    Sender,
    SendMessage,
    Submission,
    TemporarilyUnavailable,
    Text,
    TransitionRefused,
)
from inkasso_core import letters as step
from inkasso_core.store import inbox as kept

NO = Text("Nein.", "No.")
OTHERS = Actor("vera", Role.VENDOR, vendors=frozenset({"vera"}))
WRITE = ("send_message", "send_document", "recall")


class Desk:
    """An agency with a feed, or with messages that are asked for, that can be written to."""

    def __init__(self) -> None:
        self.news, self.ears, self.script = News(), Ears(), Script()
        self.messages: dict[str, list[Message]] = {}
        self.asked: list[str] = []
        self.troubles: deque[Exception] = deque()

    def fetch(self, reference: str) -> tuple[Message, ...]:
        self.asked.append(reference)
        if self.troubles:
            raise self.troubles.popleft()
        return tuple(self.messages.get(reference, ()))

    def adapter(self, *, feed: bool, letters: bool, writes: bool = True) -> type[Agency[Any]]:
        base: Any = feeding(self.script, self.news) if feed else teller(self.script, self.ears, ())
        methods: dict[str, Any] = {"name": "desk", "label": "Desk"}
        if writes:
            methods |= dict.fromkeys(WRITE, lambda _self, told: self.ears.hear(told))
        if letters:
            methods["fetch_messages"] = lambda _self, reference: self.fetch(reference)
        return type("Desked", (base,), methods)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def opened(tmp_path: Path, desk: Desk, *, feed: bool = True, letters: bool = False, writes: bool = True, **options: Any) -> Any:
    accounts = {"agency": {"agency": "desk", **options.pop("account", {})}}
    adapter = desk.adapter(feed=feed, letters=letters, writes=writes)
    return world(tmp_path, script=desk.script, agencies={"desk": adapter}, accounts=accounts, **options)


@pytest.fixture
def town(tmp_path: Path, desk: Desk) -> Iterator[World]:
    with opened(tmp_path, desk) as made:
        yield made


def asked(town: World, desk: Desk, order: str = "A-1", text: str = "Liegt ein Lieferschein vor?", **more: Any) -> str:
    """Have the agency ask something, and return the item's id."""
    (ref,) = town.handed_over(order, **more)
    desk.news.add(FeedKind.QUESTION, reference(town, ref), text=text)
    town.ink.follow()
    return town.ink.inbox(ref)[-1].id


def kinds(town: World, **options: Any) -> list[str]:
    return [item.kind for item in town.ink.inbox(**options)]


# What comes in


def test_questions_messages_and_payments_are_one_list(town: World, desk: Desk) -> None:
    (ref,) = town.handed_over("A-1")
    ours = reference(town, ref)
    desk.news.add(FeedKind.QUESTION, ours, text="Liegt ein Lieferschein vor?")
    desk.news.add(FeedKind.MESSAGE, ours, text="Der Schuldner zahlt in Raten.")
    paid(desk.news, ours)
    desk.news.add(FeedKind.LEDGER, ours)
    for _ in range(2):
        town.ink.follow()
    question, message, payment = town.ink.inbox()
    assert [question.kind, message.kind, payment.kind] == ["question", "message", "payment"]
    assert {one.ref for one in (question, message, payment)} == {ref}
    assert {one.case_reference for one in (question, message, payment)} == {case_of(ours)}
    assert (payment.amount, payment.currency, payment.happened_on) == (Decimal("25.00"), "EUR", dt.date(2026, 6, 1))
    assert kinds(town, kinds=["payment"]) == ["payment"]


def test_the_same_entry_twice_is_one(town: World, desk: Desk) -> None:
    (ref,) = town.handed_over("A-1")
    for _ in range(2):
        desk.news.add(FeedKind.MESSAGE, reference(town, ref), entry_id="E-1", text="Hallo.")
        town.ink.follow()
    assert kinds(town) == ["message"]


def test_a_status_that_waits_for_an_answer_is_a_question_without_a_text(town: World, desk: Desk) -> None:
    (ref,) = town.handed_over("A-1")
    desk.news.status(reference(town, ref), AgencyStatus.NEEDS_INPUT)
    town.ink.follow()
    (item,) = town.ink.inbox()
    assert (item.kind, item.has_text) == ("question", False)
    assert town.ink.inbox_item(item.id, actor=OPERATOR)[1] is None
    (task,) = town.tasks("answer_agency")
    assert item.id in task.message.en
    town.ink.answer(item.id, "Ja, er liegt vor.", actor=OPERATOR)
    assert town.tasks() == []


def test_a_question_with_the_submission_itself_is_in_the_inbox(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk, feed=False) as town:
        town.running("A-1")
        desk.script.answers(
            lambda placement: Submission(agency_reference=case_of(placement.our_reference), status=AgencyStatus.NEEDS_INPUT)
        )
        town.transmit()
        assert kinds(town) == ["question"]
        assert [task.kind for task in town.tasks()] == ["answer_agency"]


def test_texts_are_in_the_vault_alone(town: World, desk: Desk) -> None:
    item_id = asked(town, desk, text="Wohnt Frau Zzz in Kassel?")
    town.ink.answer(item_id, "Ja, Frau Zzz wohnt in Kassel.", actor=OPERATOR)
    town.transmit()
    told = [town.ink.inbox(everything=True), town.ink.history("shop:A-1"), town.ink.tasks(done=True), town.shop.told]
    assert "Kassel" not in repr(told)
    assert "Kassel" in str(town.ink.inbox_item(item_id, actor=OPERATOR)[1])


# Reading


def test_who_reads_a_message_first_is_kept_and_what_asks_nothing_is_done_with_that(town: World, desk: Desk) -> None:
    (ref,) = town.handed_over("A-1")
    desk.news.add(FeedKind.MESSAGE, reference(town, ref), text="Hallo.")
    desk.news.add(FeedKind.QUESTION, reference(town, ref), text="Wann?")
    town.ink.follow()
    message, question = (item.id for item in town.ink.inbox())
    assert town.ink.inbox_item(message, actor=OPERATOR)[1] == "Hallo."
    town.clock.forward(hours=1)
    for one in (message, question):
        town.ink.inbox_item(one, actor=Actor("otto", Role.OPERATOR))
    read = {item.id: item for item in town.ink.inbox(everything=True)}
    assert (read[message].read_by, read[message].done_by, read[question].read_by) == ("olga", "olga", "otto")
    assert read[question].done_at is None, "a question is done when it is answered"
    assert [item.id for item in town.ink.inbox()] == [question]


def test_in_a_marketplace_a_vendor_looks_at_his_own_and_changes_nothing(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk, shops={"shop": {"profile": "marketplace"}}) as town:
        mine = asked(town, desk, "A-1", vendor="viktor")
        hers = asked(town, desk, "A-2", vendor="vera")
        assert [item.id for item in town.ink.inbox(actor=VENDOR)] == [mine]
        item, text = town.ink.inbox_item(mine, actor=VENDOR)
        assert (text, item.read_at) == ("Liegt ein Lieferschein vor?", None), "the operator has not read it"
        with pytest.raises(NotPermitted):
            town.ink.answer(mine, "Ja.", actor=VENDOR)
        with pytest.raises(NotPermitted):
            town.ink.inbox_done([mine], reason="x", actor=VENDOR)
        for ask in (
            lambda: town.ink.inbox_item(hers, actor=VENDOR),
            lambda: town.ink.answer(hers, "Ja.", actor=VENDOR),
            lambda: town.ink.inbox_done([mine, hers], reason="x", actor=VENDOR),
        ):
            with pytest.raises(NotFound):
                ask()
        assert {item.done_at for item in town.ink.inbox()} == {None}
        assert town.ink.instructions(everything=True) == []


def test_nothing_is_visible_across_tenants(tmp_path: Path, desk: Desk) -> None:
    shops = {"shop": {"tenant": "one"}, "other": {"tenant": "two"}}
    with opened(tmp_path, desk, shops=shops) as town:
        item_id = asked(town, desk)
        stranger = Actor("otto", Role.OPERATOR, tenants=frozenset({"two"}))
        assert town.ink.inbox(actor=stranger) == []
        assert (len(town.ink.inbox(shop="shop")), town.ink.inbox(shop="other")) == (1, [])
        with pytest.raises(NotFound):
            town.ink.inbox_item(item_id, actor=stranger)


# Answering


def test_an_answer_reaches_the_agency_and_finishes_the_task(town: World, desk: Desk) -> None:
    item_id = asked(town, desk)
    assert [task.kind for task in town.tasks()] == ["answer_agency"]
    assert f"inkasso inbox answer {item_id}" in town.tasks()[0].message.en
    made = town.ink.answer(item_id, "Ja.", actor=OPERATOR)
    (item,) = town.ink.inbox(everything=True)
    assert (item.answered_by, item.answer_id, item.answer_state, item.done_why) == ("olga", made.id, "pending", "answered")
    assert (town.tasks(), town.ink.inbox()) == ([], [])
    town.transmit()
    (told,) = desk.ears.of(SendMessage)
    assert (told.text, told.agency_reference) == ("Ja.", item.case_reference)
    assert town.ink.inbox(everything=True)[0].answer_state == "done"


def test_a_question_may_be_answered_with_a_document(town: World, desk: Desk) -> None:
    item_id = asked(town, desk)
    town.ink.answer(item_id, document=b"%PDF", kind="delivery", file_name="Lieferschein.pdf", actor=OPERATOR)
    town.transmit()
    (told,) = desk.ears.of(SendDocument)
    assert (told.kind, told.file_name, told.content) == ("delivery", "Lieferschein.pdf", b"%PDF")


def test_answered_twice_it_is_answered_once_unless_somebody_says_again(town: World, desk: Desk) -> None:
    item_id = asked(town, desk)
    town.ink.answer(item_id, "Ja.", actor=OPERATOR)
    with pytest.raises(TransitionRefused):
        town.ink.answer(item_id, "Doch nicht.", actor=OPERATOR)
    town.transmit()
    town.ink.answer(item_id, "Doch nicht.", again=True, actor=OPERATOR)
    town.transmit()
    assert [told.text for told in desk.ears.of(SendMessage)] == ["Ja.", "Doch nicht."]


def test_of_two_questions_the_task_waits_for_both(town: World, desk: Desk) -> None:
    first = asked(town, desk)
    desk.news.add(FeedKind.QUESTION, reference(town, "shop:A-1"), text="Und wann?")
    town.ink.follow()
    _, second = (item.id for item in town.ink.inbox())
    town.ink.answer(first, "Ja.", actor=OPERATOR)
    assert [task.kind for task in town.tasks()] == ["answer_agency"]
    town.ink.answer(second, "Gestern.", actor=OPERATOR)
    assert town.tasks() == []


def test_two_questions_with_one_answer_are_both_told(town: World, desk: Desk) -> None:
    first, second = asked(town, desk), _also_asked(town, desk, "Liegt ein Vertrag vor?")
    answers = [town.ink.answer(one, "Ja.", actor=OPERATOR).id for one in (first, second)]
    assert len(set(answers)) == 2
    town.transmit()
    assert [one.text for one in desk.ears.of(SendMessage)] == ["Ja.", "Ja."]


def _also_asked(town: World, desk: Desk, text: str) -> str:
    desk.news.add(FeedKind.QUESTION, town.agency.sent[0].our_reference, text=text)
    town.ink.follow()
    return town.ink.inbox()[-1].id


def test_an_answer_that_the_agency_refuses_calls_a_person(town: World, desk: Desk) -> None:
    item_id = asked(town, desk)
    desk.ears.answers(ClaimRejected(NO))
    town.ink.answer(item_id, "Ja.", actor=OPERATOR)
    town.transmit()
    assert [task.kind for task in town.tasks()] == ["tell_agency"]
    assert town.ink.inbox(everything=True)[0].answer_state == "refused"


def test_where_nothing_can_be_sent_the_answer_is_told_by_hand(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk, writes=False) as town:
        item_id = asked(town, desk)
        assert "portal" in town.tasks()[0].message.en
        made = town.ink.answer(item_id, "Ja.", actor=OPERATOR)
        assert [task.kind for task in town.tasks()] == ["tell_agency"]
        assert town.ink.instruction(made.id)[1]["text"] == "Ja."
        town.finish("tell_agency")
        assert town.ink.inbox(everything=True)[0].answer_state == "by_hand"


def test_what_needs_no_answer_is_settled_with_a_reason(town: World, desk: Desk) -> None:
    item_id = asked(town, desk)
    for reason in (None, "  "):
        with pytest.raises(InvalidInput):
            town.ink.inbox_done([item_id], reason=reason, actor=OPERATOR)
    with pytest.raises(NotFound):
        town.ink.inbox_done([item_id, "nothing"], reason="x", actor=OPERATOR)
    assert town.ink.inbox_done([item_id], reason="am Telefon", actor=OPERATOR) == [item_id]
    assert town.ink.inbox_done([item_id], reason="noch einmal", actor=OPERATOR) == []
    (item,) = town.ink.inbox(everything=True)
    assert (item.done_by, item.done_why, item.answered_at, town.tasks()) == ("olga", "am Telefon", None, [])


def test_who_finishes_the_task_has_answered_elsewhere(town: World, desk: Desk) -> None:
    asked(town, desk)
    town.finish("answer_agency")
    (item,) = town.ink.inbox(everything=True)
    assert (item.done_by, item.done_why) == ("olga", "done")


def test_a_vendor_who_finishes_the_task_has_answered_nothing(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk, shops={"shop": {"profile": "marketplace"}}) as town:
        item_id = asked(town, desk, vendor="viktor")
        (task,) = town.tasks()
        assert town.ink.finish_task(task.id, actor=VENDOR)
        assert [item.id for item in town.ink.inbox()] == [item_id], "the operator still sees the question"


def test_one_text_or_one_document_and_nothing_else(town: World, desk: Desk) -> None:
    item_id = asked(town, desk)
    for wrong in ({}, {"text": "x", "document": b"x"}, {"text": " "}, {"document": b""}):
        with pytest.raises(InvalidInput):
            town.ink.answer(item_id, actor=OPERATOR, **wrong)  # type: ignore[arg-type]
    assert town.ink.instructions(everything=True) == []


def test_a_message_of_a_case_that_has_ended_can_be_answered(town: World, desk: Desk) -> None:
    item_id = asked(town, desk)
    desk.news.status(reference(town, "shop:A-1"), AgencyStatus.CLOSED_UNPAID)
    town.ink.follow()
    town.ink.answer(item_id, "Ja.", actor=OPERATOR)
    town.transmit()
    assert len(desk.ears.of(SendMessage)) == 1


# Messages that are asked for


def said(text: str | None, **more: Any) -> Message:
    return Message(**{"sender": Sender.AGENCY, "text": text, **more})


@pytest.fixture
def quiet(tmp_path: Path, desk: Desk) -> Iterator[World]:
    with opened(tmp_path, desk, feed=False, letters=True) as made:
        yield made


def test_messages_are_asked_for_case_by_case_and_each_comes_once(quiet: World, desk: Desk) -> None:
    first, second = quiet.handed_over("A-1", "A-2")
    case = case_of(reference(quiet, first))
    desk.messages[case] = [said("Hallo.", reference="M-1"), said("Wir schrieben.", sender=Sender.CREDITOR), said(None, reference="M-0")]
    quiet.ink.follow()
    assert len(desk.asked) == 2
    desk.messages[case].append(said("Noch etwas.", reference="M-2"))
    quiet.ink.follow()
    assert len(desk.asked) == 2, "each case is asked about in its turn"
    quiet.clock.forward(hours=13)
    quiet.ink.follow()
    assert len(desk.asked) == 4
    assert [quiet.ink.inbox_item(item.id)[1] for item in quiet.ink.inbox()] == ["Hallo.", "Noch etwas."]
    assert quiet.ink.inbox(second) == []


def test_without_an_id_what_stands_there_counts_and_two_alike_are_two(quiet: World, desk: Desk) -> None:
    (ref,) = quiet.handed_over("A-1")
    case = case_of(reference(quiet, ref))
    desk.messages[case] = [said("Hallo."), said("Hallo."), said("Hallo.", sender=Sender.DEBTOR)]
    for _ in range(2):
        quiet.ink.follow()
        quiet.clock.forward(hours=13)
    assert [item.sender for item in quiet.ink.inbox()] == ["agency", "agency", "debtor"]


def test_where_a_feed_says_that_there_is_a_message_that_one_is_asked_for(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk, letters=True) as town:
        first, _ = town.handed_over("A-1", "A-2")
        town.ink.follow()
        assert desk.asked == [], "the feed says what there is"
        ours = reference(town, first)
        desk.messages[case_of(ours)] = [said("Hallo.", reference="M-1"), said("Und noch etwas.", reference="M-2")]
        desk.news.add(FeedKind.MESSAGE, ours, text="Hallo.")
        desk.news.add(FeedKind.MESSAGE, ours)
        town.ink.follow()
        assert desk.asked == [case_of(ours)]
        texts = [town.ink.inbox_item(item.id)[1] for item in town.ink.inbox()]
        assert [text for text in texts if text] == ["Hallo.", "Und noch etwas."], "the same by two ways is one"


def test_the_agencys_limits_hold_and_what_is_left_comes_later(tmp_path: Path, desk: Desk) -> None:
    with opened(tmp_path, desk, feed=False, letters=True, account={"per_minute": 100}) as town:
        town.handed_over("A-1", "A-2", "A-3")
        town.clock.forward(minutes=1)
        with town.ink._context.database.write() as connection:
            from inkasso_core.pacing import spend

            spend(town.ink._context, connection, "agency", 98)
        adapter = town.ink._context.adapter("agency")
        step.follow(town.ink._context, "agency", adapter)
        assert len(desk.asked) == 2
        town.clock.forward(minutes=1)
        step.follow(town.ink._context, "agency", adapter)
        assert len(set(desk.asked)) == 3


def test_an_agency_that_is_not_there_is_asked_again_when_it_wants(quiet: World, desk: Desk) -> None:
    (ref,) = quiet.handed_over("A-1")
    desk.messages[case_of(reference(quiet, ref))] = [said("Hallo.")]
    desk.troubles.append(TemporarilyUnavailable(NO, retry_after=600))
    quiet.ink.follow()
    quiet.ink.follow()
    assert len(desk.asked) == 1
    quiet.clock.forward(seconds=601)
    quiet.ink.follow()
    assert kinds(quiet) == ["message"]


@pytest.mark.parametrize("nonsense", [None, 7, "text", [1], {"a": 1}])
def test_an_adapter_that_brings_nonsense_breaks_itself_only(tmp_path: Path, desk: Desk, nonsense: Any) -> None:
    desk.fetch = lambda _reference: nonsense  # type: ignore[assignment,method-assign]
    with opened(tmp_path, desk, feed=False, letters=True) as town:
        (ref,) = town.handed_over("A-1")
        assert town.ink.follow().failed == 1
        assert (town.ink.inbox(), town.tasks()) == ([], [])
        assert town.state(ref).value == "handed_over"


def test_what_json_cannot_hold_is_kept_all_the_same(quiet: World, desk: Desk) -> None:
    (ref,) = quiet.handed_over("A-1")
    desk.messages[case_of(reference(quiet, ref))] = [said("Hallo.", raw=object())]
    quiet.ink.follow()
    (item,) = quiet.ink.inbox()
    assert quiet.ink.inbox_item(item.id)[1] == "Hallo."


# As a table


def test_as_csv_it_holds_no_text_and_no_formula(town: World, desk: Desk, tmp_path: Path) -> None:
    item_id = asked(town, desk, text="Frau Zzz?")
    town.ink.inbox_done([item_id], reason="=1+1", actor=OPERATOR)
    path = tmp_path / "inbox.csv"
    assert town.ink.export_inbox(path, town.ink.inbox(everything=True)) == 1
    content = path.read_text("utf-8-sig")
    assert "Zzz" not in content
    assert ";=1+1" not in content
    assert item_id in content


def test_what_is_open_is_counted(town: World, desk: Desk) -> None:
    asked(town, desk)
    with town.ink._context.database.read() as connection:
        assert kept.count_open(connection) == {"question": 1}
