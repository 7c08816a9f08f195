"""``inkasso inbox``, ``message``, ``document`` and the pauses of cases, by the command line alone."""

import csv
from pathlib import Path

import pytest
from merchant import SETTINGS, Desk

from inkasso_adapters.dummy import Ledger
from inkasso_core import Inkasso
from inkasso_core.change import Changes
from inkasso_core.consequences import expect_answer
from inkasso_core.store import claims

REF = "web:A-1"


@pytest.fixture
def told(desk: Desk) -> Desk:
    """An agency with a ledger on the disk has a case."""
    ledger = desk.folder / "ledger.jsonl"
    (desk.folder / "inkasso.toml").write_text(f'{SETTINGS}\n[accounts.wire.settings]\nledger = "{ledger}"\n', "utf-8")
    desk.live("wire")
    desk.running("A-1", shop="web")
    desk.run("transmit", "--account", "wire", code=0)
    return desk


def _verbs(desk: Desk) -> list[str]:
    return [one.verb for one in Ledger(desk.folder / "ledger.jsonl").told()]


def _ask(desk: Desk) -> str:
    """Let the agency wait for an answer, as its status would say; return the question's id."""
    with Inkasso.from_config(desk.folder / "inkasso.toml") as ink:
        with ink._context.database.write() as connection:
            changes = Changes(ink._context)
            (stored,) = claims.by_ids(connection, [ink.find(REF).id], lock=True)
            assert expect_answer(connection, changes, stored)
            changes.flush(connection)
        return ink.inbox()[0].id


def test_a_message_and_a_document_wait_are_shown_and_sent(told: Desk) -> None:
    (told.folder / "r.pdf").write_bytes(b"%PDF")
    assert "wartet" in told.run("message", REF, "--text", "Bitte prüfen.", code=0).out
    made = told.run("document", REF, str(told.folder / "r.pdf"), "--kind", "invoice", "--json", code=0).json["instruction"]
    assert (made["verb"], made["state"]) == ("send_document", "pending")
    listed = told.run("instructions", code=0).out
    assert "Nachricht" in listed
    assert "Unterlage invoice" in listed
    assert "Bitte" not in listed
    message = told.run("instructions", "--json", code=0).json["instructions"][0]["id"]
    assert "Bitte prüfen." in told.run("instructions", "show", message, code=0).out
    assert told.run("instructions", "show", message, "--json", code=0).json["said"] == {"text": "Bitte prüfen."}
    told.run("transmit", "--account", "wire", code=0)
    assert _verbs(told) == ["send_message", "send_document"]
    told.run("instructions", "show", "nothing", code=4)


def test_a_text_comes_from_a_file_or_from_the_input_and_from_one_place_only(told: Desk, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("Aus der Datei.", "utf-8-sig")
    (tmp_path / "latin.txt").write_bytes("Grüße".encode("latin-1"))
    told.run("message", REF, "--file", str(tmp_path / "t.txt"), code=0)
    told.run("message", REF, "--file", "-", keys="Aus der Eingabe.", code=0)
    texts = [told.run("instructions", "show", one["id"]).out for one in told.run("instructions", "--json").json["instructions"]]
    assert [said in text for said, text in zip(("Aus der Datei.", "Aus der Eingabe."), texts, strict=True)] == [True, True]
    told.run("message", REF, code=2)
    told.run("message", REF, "--text", "x", "--file", "y", code=2)
    assert told.run("message", REF, "--file", str(tmp_path / "latin.txt")).code not in (0, 2)
    assert told.run("message", REF, "--file", str(tmp_path / "missing.txt")).code not in (0, 2)
    assert told.run("message", REF, "--text", "   ").code not in (0, 2)
    told.run("document", REF, str(tmp_path / "t.txt"), "--kind", "love letter", code=2)
    assert told.run("document", REF, str(tmp_path / "missing.pdf")).code not in (0, 2)


def test_the_trial_agency_asks_and_goes_on_once_it_is_answered(desk: Desk) -> None:
    ledger = desk.folder / "ledger.jsonl"
    asking = f'{SETTINGS}\n[accounts.wire.settings]\nledger = "{ledger}"\nbehaviour = "asks"\n'
    (desk.folder / "inkasso.toml").write_text(asking, "utf-8")
    desk.live("wire")
    desk.running("A-1", shop="web")
    desk.run("transmit", "--account", "wire", code=0)
    desk.run("follow", code=0)
    (item,) = desk.run("inbox", "--json", code=0).json["inbox"]
    assert (item["kind"], item["ref"]) == ("question", REF)
    desk.run("inbox", "answer", item["id"], "--text", "Ja, geliefert am 3. Mai.", code=0)
    desk.run("transmit", "--account", "wire", code=0)
    desk.run("follow", code=0)
    assert _verbs(desk) == ["send_message"]
    assert desk.run("inbox", "--json", code=0).json["inbox"] == []


def test_a_question_is_listed_shown_and_answered(told: Desk) -> None:
    item = _ask(told)
    listed = told.run("inbox", code=0).out
    assert "Frage" in listed
    assert item in listed
    assert item in told.run("tasks", code=0).out
    told.run("inbox", "show", item, code=0)
    told.run("inbox", "answer", item, code=2)
    told.run("inbox", "answer", item, "--text", "Ja.", code=0)
    assert "Nichts wartet" in told.run("inbox", code=0).out
    assert item not in told.run("tasks", code=0).out
    assert told.run("inbox", "answer", item, "--text", "Ja.").code not in (0, 2)
    assert "beantwortet" in told.run("inbox", "--all", code=0).out
    told.run("transmit", "--account", "wire", code=0)
    (found,) = told.run("inbox", "--all", "--claim", REF, "--json", code=0).json["inbox"]
    assert (found["id"], found["answer_state"], found["kind"]) == (item, "done", "question")
    assert _verbs(told) == ["send_message"]


def test_the_inbox_is_settled_and_written_as_csv(told: Desk) -> None:
    item = _ask(told)
    assert told.run("inbox", "done", item).code != 0, "a question needs a reason"
    told.run("inbox", "done", item, "--reason", "am Telefon", code=0)
    path = told.folder / "inbox.csv"
    told.run("inbox", "--all", "--csv", str(path), code=0)
    rows = list(csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert len(rows) == 2
    assert item in rows[1]
    assert "am Telefon" in rows[1]
    told.run("inbox", "--csv", str(path), "--json", code=2)
    told.run("inbox", "--kind", "gossip", code=2)
    told.run("inbox", "show", "nothing", code=4)


def test_a_case_rests_once_the_agency_says_so(told: Desk) -> None:
    told.run("pause", REF, "--reason", "Stundung", "--until", "2030-01-31", code=0)
    assert told.state(REF) == "handed_over"
    assert "Ruhen 2030-01-31" in told.run("instructions", code=0).out
    told.run("transmit", "--account", "wire", code=0)
    assert told.state(REF) == "paused"
    told.run("resume", REF, code=0)
    assert told.state(REF) == "paused"
    told.run("transmit", "--account", "wire", code=0)
    assert told.state(REF) == "handed_over"
    assert _verbs(told) == ["pause", "resume"]
