"""The desk on the command line: gewählte oder alle, with reasons, and every refusal said in words."""

import pytest
from merchant import Desk

ENOUGH = "Erledigt: 1. Abgelehnt: 0."


def test_all_asks_before_and_counts(desk: Desk) -> None:
    desk.ready("A-1", "A-2", "A-3")
    ran = desk.run("release", "--all", keys="n\n", code=1)
    assert "3 Forderungen zur Übergabe freigeben?" in ran.err
    assert "Nichts wurde geändert." in ran.err
    assert {row["state"] for row in desk.claims().values()} == {"ready"}
    assert "Erledigt: 3" in desk.run("release", "--all", keys="y\n", code=0).out
    assert {row["state"] for row in desk.claims().values()} == {"running"}


@pytest.mark.parametrize(("language", "choice"), [("de", "[j/N]"), ("en", "[y/N]")])
@pytest.mark.parametrize("answer", ["j", "ja", " JA ", "y", "Yes"])
def test_a_yes_is_understood_in_both_languages(desk: Desk, language: str, choice: str, answer: str) -> None:
    desk.ready("A-1")
    ran = desk.run("--lang", language, "release", "--all", keys=f"{answer}\n", code=0)
    assert choice in ran.err
    assert desk.state("erp:A-1") == "running"


@pytest.mark.parametrize("answer", ["", "n", "nein", "NO"])
def test_anything_but_a_yes_changes_nothing(desk: Desk, answer: str) -> None:
    desk.ready("A-1")
    assert "Nichts wurde geändert." in desk.run("release", "--all", keys=f"{answer}\n", code=1).err
    assert "Nothing was changed." in desk.run("--lang", "en", "release", "--all", keys=f"{answer}\n", code=1).err
    assert desk.state("erp:A-1") == "ready"


def test_what_is_neither_yes_nor_no_is_asked_again(desk: Desk) -> None:
    desk.ready("A-1")
    ran = desk.run("release", "--all", keys="vielleicht\nja\n", code=0)
    assert "Bitte mit j (ja) oder n (nein) antworten." in ran.err
    assert ran.err.count("1 Forderung zur Übergabe freigeben? [j/N]") == 2
    desk.run("export", "list.csv", code=0)
    ran = desk.run("--lang", "en", "export", "list.csv", keys="perhaps\nno\n", code=1)
    assert "Please answer y (yes) or n (no)." in ran.err


def test_a_claim_that_is_released_already_is_told_the_next_step(desk: Desk) -> None:
    (ref,) = desk.running("A-1")
    assert "ist schon freigegeben („Laufend“); weiter mit `inkasso transmit`." in desk.run("release", ref, code=1).out
    assert 'is released already ("running"); next: `inkasso transmit`.' in desk.run("--lang", "en", "release", ref, code=1).out
    (other,) = desk.ready("A-2")
    desk.run("mark-paid", other, code=0)
    assert "ist schon „Bezahlt“." in desk.run("mark-paid", other, code=1).out


def test_a_removed_claim_is_not_said_to_be_gone_for_ever(desk: Desk) -> None:
    desk.ready("A-1")
    ran = desk.run("remove", "--all", keys="ja\n", code=0)
    assert "1 Forderung aus der Warteschlange nehmen?" in ran.err
    for language in ("de", "en"):
        shown = " ".join(desk.run("--lang", language, "remove", "--help", code=0).out.split())
        assert "`reinstate`" in shown
        assert "für immer" not in shown
        assert "for good" not in shown


def test_a_file_is_confirmed_once(desk: Desk) -> None:
    desk.running("A-1")
    desk.live("file")
    desk.run("transmit", code=0)
    (file,) = desk.folder.glob("out/*.csv")
    desk.run("confirm", "--file", file.name, code=0)
    assert f"Schon bestätigt: Aus {file.name} wartet keine" in desk.run("confirm", "--file", file.name, code=0).out
    assert "Confirmed already" in desk.run("--lang", "en", "confirm", "--file", file.name, code=0).out
    assert desk.run("confirm", "--file", file.name, "--json", code=0).json == {"done": 0, "refused": 0, "claims": []}


def test_where_nobody_can_answer_all_needs_a_yes(desk: Desk) -> None:
    desk.ready("A-1")
    ran = desk.run("release", "--all", code=2)
    assert "--yes" in ran.err
    assert desk.state("erp:A-1") == "ready"


def test_all_means_what_the_filters_leave(desk: Desk) -> None:
    desk.ready("A-1")
    desk.ready("W-1", "W-2", shop="web")
    assert desk.run("release", "--all", "--yes", "--shop", "web", "--json", code=0).json["done"] == 2
    assert desk.run("remove", "--all", "--yes", "--account", "file", "--reason", "alt", "--json", code=0).json["done"] == 1
    assert {ref: row["state"] for ref, row in desk.claims().items()} == {"erp:A-1": "removed", "web:W-1": "running", "web:W-2": "running"}
    assert desk.run("release", "--all", code=0).out == "Erledigt: 0. Abgelehnt: 0.\n"


@pytest.mark.parametrize("arguments", [("release",), ("release", "erp:A-1", "--all"), ("remove", "erp:A-1", "--state", "ready")])
def test_either_some_are_named_or_all_are_meant(desk: Desk, arguments: tuple[str, ...]) -> None:
    desk.ready("A-1")
    desk.run(*arguments, code=2)
    assert desk.state("erp:A-1") == "ready"


def test_one_unknown_reference_and_nothing_happens(desk: Desk) -> None:
    desk.ready("A-1")
    ran = desk.run("release", "erp:A-1", "erp:A-9", code=4)
    assert "erp:A-9" in ran.err
    assert desk.state("erp:A-1") == "ready"


def test_what_is_refused_is_said_beside_what_is_done(desk: Desk) -> None:
    desk.ready("A-1", "A-2")
    desk.run("hold", "erp:A-2", "--reason", "Ratenplan", code=0)
    ran = desk.run("release", "A-1", "A-2", "--shop", "erp", code=1)
    assert "Erledigt: 1. Abgelehnt: 1." in ran.out
    assert "Mahnstopp" in ran.out
    body = desk.run("release", "erp:A-2", "--json", code=1).json
    assert body["claims"][0]["done"] is False
    assert body["claims"][0]["message"]["en"]


def test_a_release_is_taken_back_and_a_claim_comes_back(desk: Desk) -> None:
    (ref,) = desk.running("A-1")
    assert ENOUGH in desk.run("withdraw", ref, "--reason", "doch nicht", code=0).out
    assert desk.state(ref) == "ready"
    desk.run("remove", ref, code=0)
    assert desk.state(ref) == "removed"
    desk.run("reinstate", ref, code=2)
    desk.run("reinstate", ref, "--reason", "Irrtum", code=0)
    assert desk.state(ref) == "ready"
    assert "Irrtum" in desk.run("history", ref).out


def test_pause_resume_cancel_and_paid(desk: Desk) -> None:
    one, two = desk.ready("A-1", "A-2")
    desk.run("pause", one, "--reason", "Rückfrage", code=0)
    assert desk.state(one) == "paused"
    desk.run("resume", one, code=0)
    assert desk.state(one) == "ready"
    desk.run("cancel", one, "--reason", "Kulanz", code=0)
    assert desk.state(one) == "cancelled"
    desk.run("mark-paid", two, "--json", code=0)
    assert desk.state(two) == "paid"
    ran = desk.run("--lang", "en", "pause", two, "--reason", "x", code=1)
    assert "There is no way from" in ran.out


def test_a_hold_on_a_debtor_and_its_end(desk: Desk) -> None:
    (ref,) = desk.ready("A-1")
    hold = desk.run("hold", ref, "--scope", "debtor", "--reason", "Ratenplan", "--until", "31.12.2999", "--json", code=0).json
    assert hold["state"] == "waiting"
    ran = desk.run("holds", code=0)
    assert "Ratenplan" in ran.out
    assert "31.12.2999" in ran.out
    assert desk.run("holds", "--json").json["holds"][0]["id"] == hold["id"]
    desk.run("holds", "lift", hold["id"], code=0)
    assert desk.state(ref) == "ready"
    desk.run("holds", "lift", hold["id"], code=4)
    assert "Kein Mahnstopp." in desk.run("holds", code=0).out
    ran = desk.run("hold", ref, "--scope", "shop", "--reason", "x", code=2)
    assert "claim, order, invoice, debtor" in ran.err


def test_a_hand_over_made_outside_is_recorded(desk: Desk) -> None:
    (ref,) = desk.ready("A-1")
    desk.run("record-handover", ref, "--channel", "Portal", "--case", "AZ-7", "--date", "05.01.2026", "--reason", "von Hand", code=0)
    assert desk.state(ref) == "handed_over"
    shown = desk.run("show", ref, code=0).out
    assert "AZ-7" in shown
    assert "05.01.2026" in shown


def test_confirm_one_with_its_case_reference(desk: Desk) -> None:
    one, two = desk.running("A-1", "A-2")
    desk.live("file")
    desk.run("transmit", code=0)
    desk.run("confirm", one, two, "--case", "AZ-1", code=2)
    desk.run("confirm", one, "--case", "AZ-1", code=0)
    assert "AZ-1" in desk.run("show", one).out
    assert desk.run("confirm", one, code=1).out.count("Abgelehnt: 1.") == 1
    desk.run("confirm", "--file", "nix.csv", code=4)
    desk.run("confirm", "--file", "nix.csv", "--all", code=2)
    assert "1 Forderungen bestätigen" not in desk.run("confirm", "--all", "--yes", code=0).out
    assert desk.state(two) == "handed_over"


def test_what_a_look_up_found(desk: Desk) -> None:
    refs = desk.running("W-1", "W-2", "W-3", shop="web", extra={"dummy": {"behaviour": "lose"}})
    desk.live("wire")
    desk.run("transmit", code=1)
    assert {desk.state(ref) for ref in refs} == {"unclear"}
    desk.run("resolve", refs[0], "--reason", "Portal", code=2)
    desk.run("resolve", refs[0], "--there", "AZ", "--not-there", "--reason", "Portal", code=2)
    desk.run("resolve", refs[0], "--there", "AZ-1", "--reason", "Portal", code=0)
    desk.run("resolve", refs[1], "--not-there", "--reason", "Portal", code=0)
    desk.run("resolve", refs[2], "--not-there", "--send-again", "--reason", "Portal", code=0)
    assert [desk.state(ref) for ref in refs] == ["handed_over", "failed", "running"]


def test_tasks_are_listed_and_ticked_off(desk: Desk) -> None:
    assert "Keine Aufgabe." in desk.run("tasks", code=0).out
    desk.running("W-1", shop="web", extra={"dummy": {"behaviour": "auth"}})
    desk.live("wire")
    desk.run("transmit", code=1)
    assert "inkasso go-live wire" in desk.run("tasks", code=0).out
    (task,) = desk.run("tasks", "--json").json["tasks"]
    assert task["kind"] == "account_stopped"
    desk.run("tasks", "done", task["id"], "--note", "neues Passwort", code=0)
    desk.run("tasks", "done", task["id"], code=4)
    assert "neues Passwort" in desk.run("tasks", "--all", code=0).out
    assert desk.run("tasks", "--json").json["tasks"] == []
