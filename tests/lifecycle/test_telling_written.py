"""What people write to the agency goes the way of everything else: stored, sent once, and a person is called where no program can."""

from pathlib import Path
from typing import Any

import pytest
from tellers import NO, lost_answer, telling_world
from world import OPERATOR, VENDOR, World

from inkasso_core import (
    Actor,
    AgencyStatus,
    ClaimRejected,
    InvalidInput,
    NotFound,
    NotPermitted,
    Role,
    SendDocument,
    SendMessage,
    State,
    TemporarilyUnavailable,
    TransitionRefused,
)
from inkasso_core.instructing import writing

WRITE = ("send_message", "send_document", "recall", "report_payment")
PDF = b"%PDF-1.7 \xff\xfe\x00 invented"
OTHERS = Actor("vera", Role.VENDOR, vendors=frozenset({"vera"}))


def states(town: World) -> list[tuple[str, str]]:
    return [(one.verb, one.state) for one in town.ink.instructions(everything=True)]


def test_a_message_and_a_document_reach_the_agency_once_each(tmp_path: Path) -> None:
    file = tmp_path / "Lieferschein.pdf"
    file.write_bytes(PDF)
    with telling_world(tmp_path, WRITE) as (town, ears):
        (ref,) = town.handed_over("A-1")
        town.ink.send_message(ref, "  Bitte prüfen.  ", actor=OPERATOR)
        told = town.ink.send_document(ref, file, kind="delivery", actor=OPERATOR)
        assert (told.verb, told.state, told.what, told.ref) == ("send_document", "pending", "delivery, 1 kB", ref)
        for _ in range(2):
            town.transmit()
        (message,), (document,) = ears.of(SendMessage), ears.of(SendDocument)
        assert message.text == "Bitte prüfen."
        assert (document.content, document.file_name, document.media_type) == (PDF, "Lieferschein.pdf", "application/pdf")
        assert document.kind == "delivery"
        assert states(town) == [("send_message", "done"), ("send_document", "done")]
        assert (town.last(ref).details or {})["verb"] == "send_document"


def test_its_text_is_shown_to_whoever_may_see_it_and_stands_nowhere_else(tmp_path: Path) -> None:
    with telling_world(tmp_path, WRITE) as (town, _):
        (ref,) = town.handed_over("A-1", vendor="viktor")
        made = town.ink.send_message(ref, "Frau Zzz wohnt jetzt in Kassel", actor=OPERATOR)
        sent = town.ink.send_document(ref, PDF, kind="invoice", file_name="Zzz.pdf", actor=OPERATOR)
        assert town.ink.instruction(made.id, actor=OPERATOR)[1] == {"text": "Frau Zzz wohnt jetzt in Kassel"}
        assert "content" not in town.ink.instruction(sent.id, actor=OPERATOR)[1]
        assert town.ink.instruction(made.id, actor=VENDOR)[0] == made
        with pytest.raises(NotFound):
            town.ink.instruction(made.id, actor=OTHERS)
        town.transmit()
        told = [repr(town.ink.instructions(everything=True)), repr(town.ink.history(ref)), repr(town.tasks()), repr(town.shop.told)]
        assert not any("Kassel" in text or "Zzz" in text for text in told)


def test_who_sends_the_same_twice_before_it_was_told_means_it_once(tmp_path: Path) -> None:
    with telling_world(tmp_path, WRITE) as (town, ears):
        (ref,) = town.handed_over("A-1")
        first = [town.ink.send_message(ref, "Bitte prüfen.", actor=OPERATOR).id for _ in range(2)]
        papers = [town.ink.send_document(ref, PDF, kind="invoice", actor=OPERATOR).id for _ in range(2)]
        town.ink.send_message(ref, "Und noch etwas.", actor=OPERATOR)
        town.transmit()
        town.ink.send_message(ref, "Bitte prüfen.", actor=OPERATOR)
        town.transmit()
        assert (len(set(first)), len(set(papers))) == (1, 1)
        assert [one.text for one in ears.of(SendMessage)] == ["Bitte prüfen.", "Und noch etwas.", "Bitte prüfen."]
        assert len(ears.of(SendDocument)) == 1


def test_a_lost_answer_is_not_repeated_also_where_payments_may_be(tmp_path: Path) -> None:
    with telling_world(tmp_path, WRITE, repeats=True) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(lost_answer())
        town.ink.send_message(ref, "Bitte prüfen.", actor=OPERATOR)
        for _ in range(3):
            town.transmit()
            town.clock.forward(hours=2)
        assert len(ears.asked) == 1
        assert [task.kind for task in town.tasks()] == ["look_up_telling"]


def test_where_the_adapter_sends_none_a_person_tells_it(tmp_path: Path) -> None:
    with telling_world(tmp_path, ("recall",)) as (town, ears):
        (ref,) = town.handed_over("A-1")
        made = town.ink.send_message(ref, "Bitte prüfen.", actor=OPERATOR)
        town.ink.send_document(ref, PDF, kind="invoice", actor=OPERATOR)
        assert [task.kind for task in town.tasks()] == ["tell_agency"]
        assert f"--claim {ref}" in town.tasks()[0].message.en
        assert {one.state for one in town.ink.instructions(ref)} == {"refused"}
        assert town.ink.instruction(made.id)[1]["text"] == "Bitte prüfen."
        town.transmit()
        town.finish("tell_agency")
        assert {state for _, state in states(town)} == {"by_hand"}
        assert ears.asked == []


def test_what_the_agency_refuses_is_a_task(tmp_path: Path) -> None:
    with telling_world(tmp_path, WRITE) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(ClaimRejected(NO))
        made = town.ink.send_message(ref, "Bitte prüfen.", actor=OPERATOR)
        town.transmit()
        (task,) = town.tasks()
        assert task.kind == "tell_agency"
        assert made.id in task.message.en


def test_what_was_written_is_sent_also_where_the_case_ends_first(tmp_path: Path) -> None:
    with telling_world(tmp_path, WRITE) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(TemporarilyUnavailable(NO))
        town.ink.send_message(ref, "Der Beleg folgt.", actor=OPERATOR)
        town.transmit()
        town.agency.says(AgencyStatus.CLOSED_UNPAID)
        town.ink.follow()
        assert town.state(ref) is State.CLOSED
        town.clock.forward(days=1)
        town.transmit()
        assert len(ears.of(SendMessage)) == 1
        town.ink.send_document(ref, PDF, kind="invoice", actor=OPERATOR)
        town.transmit()
        assert len(ears.of(SendDocument)) == 1, "the newest case is written to, although it has ended"


@pytest.mark.parametrize("stage", ["ready", "running", "unclear"])
def test_no_agency_that_certainly_has_it_no_letter(tmp_path: Path, stage: str) -> None:
    with telling_world(tmp_path, WRITE) as (town, ears):
        ref = town.unclear("A-1") if stage == "unclear" else getattr(town, stage)("A-1")[0]
        with pytest.raises(TransitionRefused):
            town.ink.send_message(ref, "Bitte prüfen.", actor=OPERATOR)
        assert (states(town), ears.asked) == ([], [])


def test_in_a_marketplace_a_vendor_writes_nothing_and_learns_of_nobody_elses(tmp_path: Path) -> None:
    with telling_world(tmp_path, WRITE, shops={"shop": {"profile": "marketplace"}}) as (town, _):
        (ref,) = town.handed_over("A-1", vendor="viktor")
        for write in (lambda who: town.ink.send_message(ref, "x", actor=who), lambda who: town.ink.send_document(ref, PDF, actor=who)):
            with pytest.raises(NotPermitted):
                write(VENDOR)
            with pytest.raises(NotFound):
                write(OTHERS)
        assert states(town) == []


TOO_LONG = "x" * (writing.LONGEST + 1)
BAD_TEXTS = ["", "   ", "...", "\u200b\u200b", "a\0b", "a\ud800b", TOO_LONG]


@pytest.mark.parametrize("text", BAD_TEXTS, ids=range(len(BAD_TEXTS)))
def test_a_text_that_says_nothing_or_cannot_be_sent_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        writing.message(text)
    assert not text.strip("\u200b .") or text not in str(caught.value)


def test_documents_that_are_missing_empty_too_large_or_of_no_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "large.pdf").write_bytes(b"x" * (writing.LARGEST + 1))
    for path in ("missing.pdf", "empty.pdf", "large.pdf", "."):
        with pytest.raises(InvalidInput):
            writing.document(tmp_path / path, kind="invoice", file_name=None, media_type=None)
    with pytest.raises(InvalidInput, match="invoice"):
        writing.document(PDF, kind="love letter", file_name=None, media_type=None)


@pytest.mark.parametrize(
    ("given", "name", "media_type"),
    [
        ({"file_name": "../../etc/passwd"}, "passwd", "application/octet-stream"),
        ({"file_name": "r\r\nX: 1.pdf"}, "r__X: 1.pdf", "application/pdf"),
        ({"media_type": "application/pdf"}, "invoice.pdf", "application/pdf"),
        ({"file_name": "a" * 500 + ".pdf"}, "a" * 96 + ".pdf", "application/pdf"),
        ({"file_name": "m.eml"}, "m.eml", "application/octet-stream"),
    ],
)
def test_names_and_types_are_fit_to_be_sent(given: dict[str, Any], name: str, media_type: str) -> None:
    letter = writing.document(PDF, kind="invoice", **{"file_name": None, "media_type": None, **given})
    assert (letter.body["file_name"], letter.body["media_type"]) == (name, media_type)
    assert name not in repr(letter)


def test_a_vendor_who_finishes_the_task_has_told_the_agency_nothing(tmp_path: Path) -> None:
    with telling_world(tmp_path, ("recall",), shops={"shop": {"profile": "marketplace"}}) as (town, _):
        (ref,) = town.handed_over("A-1", vendor="viktor")
        town.ink.publish_vendor_view()
        for who, state in ((VENDOR, "refused"), (OPERATOR, "by_hand")):
            town.ink.send_message(ref, f"Bitte prüfen, {who.id}.", actor=OPERATOR)
            (task,) = town.ink.tasks(actor=who)
            assert town.ink.finish_task(task.id, actor=who)
            assert {one.state for one in town.ink.instructions(everything=True, actor=OPERATOR)} == {state}
