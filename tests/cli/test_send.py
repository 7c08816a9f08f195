"""Sending: what is live and what is a rehearsal is plain to see, trouble has an exit code, and cron hears nothing of nothing."""

import datetime as dt

from merchant import TODAY, Desk

from inkasso_core.app import Followed
from inkasso_core.cli import following

BEHAVIOURS = ("accept", "refuse", "invalid", "lose-before")


def wire(desk: Desk, *behaviours: str) -> None:
    for behaviour in behaviours:
        desk.running(f"W-{behaviour}", shop="web", extra={"dummy": {"behaviour": behaviour}})


def test_each_account_says_live_or_rehearsal(desk: Desk) -> None:
    desk.running("A-1")
    desk.running("W-1", shop="web")
    desk.live("file")
    ran = desk.run("--lang", "en", "transmit", code=0)
    assert "file  LIVE" in ran.out
    assert "wire  REHEARSAL: nothing is handed over" in ran.out
    assert "1 exported" in ran.out
    assert "1 rehearsed" in ran.out
    assert "control total 153.99 EUR" in ran.out
    assert [desk.state(ref) for ref in ("erp:A-1", "web:W-1")] == ["exported", "running"]


def test_results_are_counted_and_trouble_is_explained(desk: Desk) -> None:
    wire(desk, *BEHAVIOURS)
    desk.live("wire")
    ran = desk.run("transmit", "--account", "wire", code=1)
    for part in ("1 Ans Inkasso übergeben", "2 Fehlgeschlagen", "1 Ungeklärt", "Wie verlangt: die Agentur lehnt ab."):
        assert part in ran.out
    assert "`inkasso run` sieht bei der Agentur nach" in ran.out
    assert "`inkasso tasks`" in ran.out
    assert desk.run("show", "web:W-refuse", code=0).out.count("Wie verlangt: die Agentur lehnt ab.") >= 1


def test_for_programs_every_item_is_there(desk: Desk) -> None:
    wire(desk, *BEHAVIOURS)
    desk.live("wire")
    body = desk.run("transmit", "--json", code=1).json
    assert body["accounts"][0]["mode"] == "live"
    assert {item["ref"]: item["result"] for item in body["items"]} == {
        "web:W-accept": "handed_over",
        "web:W-refuse": "failed",
        "web:W-invalid": "failed",
        "web:W-lose-before": "unclear",
    }
    assert all("shown" not in item for item in body["items"])


def test_a_rehearsal_shows_the_very_request_and_the_very_file(desk: Desk) -> None:
    desk.running("A-1")
    desk.running("W-1", shop="web")
    assert "Groß-Möller" not in desk.run("transmit", code=0).out
    ran = desk.run("transmit", "--show", code=0)
    assert '"behaviour": "accept"' in ran.out
    assert "Jördis;Groß-Möller" in ran.out
    items = desk.run("transmit", "--show", "--json", "--account", "wire", code=0).json["items"]
    assert "behaviour" in items[0]["shown"]


def test_to_show_is_never_to_send_on_a_live_account_either(desk: Desk) -> None:
    (filed,), (wired,) = desk.running("A-1"), desk.running("W-1", shop="web")
    desk.live("file")
    desk.live("wire")
    ran = desk.run("transmit", "--show", code=0)
    assert '"behaviour": "accept"' in ran.out
    assert "Jördis;Groß-Möller" in ran.out
    assert "Probe: nichts wird gesendet" in ran.out
    accounts = desk.run("transmit", "--show", "--json", code=0).json["accounts"]
    assert {one["mode"] for one in accounts} == {"rehearsal"}
    assert desk.run("transmit", "--show", "--as-of", "2020-01-01").code != 2, "a rehearsal may have another date"
    assert (desk.state(filed), desk.state(wired)) == ("running", "running")
    desk.run("transmit", code=0)
    assert (desk.state(filed), desk.state(wired)) == ("exported", "handed_over")


def test_a_date_is_for_rehearsals_only(desk: Desk) -> None:
    (ref,) = desk.running("A-1")
    assert "Probe" in desk.run("transmit", "--as-of", "2020-01-01").out.title()
    desk.live("file")
    ran = desk.run("transmit", "--as-of", "2020-01-01", code=2)
    assert "(--as-of) gilt nur für Proben" in ran.err
    assert desk.state(ref) == "running"


def test_a_limit_is_shown_and_kept(desk: Desk) -> None:
    desk.running("A-1", "A-2", "A-3")
    desk.run("mandate", "file", "--date", "2026-01-05", "--note", "V-1", code=0)
    ran = desk.run("go-live", "file", "--nothing-to-adopt", "--first", "2", "--per-day", "5000,00", code=0)
    assert "noch 2 Forderungen" in ran.out
    ran = desk.run("transmit", code=0)
    assert "2 Übermittelt" in ran.out
    assert "noch 0 Forderungen" in ran.out
    desk.run("stop", "file", "--reason", "a look", code=0)
    assert "aufgehoben" not in desk.run("go-live", "file", code=0).out, "one that was stopped keeps its limit"
    assert "Das Limit, das es hatte, ist aufgehoben." in desk.run("go-live", "file", code=0).out
    gate = desk.run("go-live", "file", "--nothing-to-adopt", "--json", code=0).json
    assert gate["mode"] == "live"
    assert gate["claims_left"] is None


def test_going_live_needs_a_mandate_and_a_word_about_the_past(desk: Desk) -> None:
    assert "inkasso mandate" in desk.run("go-live", "file", "--nothing-to-adopt", code=2).err
    desk.run("mandate", "file", "--date", "2026-01-05", code=0)
    assert "--nothing-to-adopt" in desk.run("go-live", "file", code=2).err
    desk.run("go-live", "nix", "--nothing-to-adopt", code=4)
    desk.run("go-live", "file", "--nothing-to-adopt", "--per-day", "1.000", code=2)
    desk.run("go-live", "file", "--nothing-to-adopt", "--first", "0", code=2)


def test_run_is_silent_where_nothing_happened(desk: Desk) -> None:
    desk.running("A-1")
    ran = desk.run("run", code=0)
    assert ran.out == ran.err == ""
    assert "PROBE" in desk.run("--verbose", "run", code=0).out
    desk.live("file")
    ran = desk.run("run", code=0)
    assert "1 Übermittelt" in ran.out
    ran = desk.run("run", code=0)
    assert ran.out == ran.err == ""
    body = desk.run("run", "--json", code=0).json
    assert body["moved"] == body["released"] == 0
    assert body["followed"]["tasks"] == 0


def test_run_ends_with_one_while_an_account_stands_still(desk: Desk) -> None:
    wire(desk, "auth", "accept")
    desk.live("wire")
    assert "ANGEHALTEN" in desk.run("run", code=1).out
    assert desk.run("run", code=1).out == ""


def test_nothing_to_do(desk: Desk) -> None:
    assert desk.run("transmit", code=0).out == "Nichts zu tun.\n"
    assert desk.run("transmit", "--json", code=0).json == {"accounts": [], "items": []}
    assert desk.run("transmit", "--account", "nix", code=4).err.startswith("Fehler: ")


def test_an_exhausted_limit_is_told_by_every_run_until_it_is_lifted(desk: Desk) -> None:
    desk.live("file", "--first", "1")
    desk.running("A-1", "A-2", "A-3")
    desk.run("transmit", code=0)
    for command in ("run", "transmit"):
        out = desk.run(command, code=0).out
        assert "Das Limit des Kontos file ist erschöpft: freigegebene Forderungen, die warten: 2." in " ".join(out.split())
        assert "inkasso go-live file" in out
        assert "Nichts zu tun" not in out
    assert desk.run("transmit", "--json", code=0).json["accounts"][0]["waiting"] == 2
    assert "erschöpft" in desk.run("doctor").out
    assert "erschöpft" not in desk.run("go-live", "file", "--nothing-to-adopt", code=0).out
    desk.run("transmit", code=0)
    assert [path.name[-8:] for path in sorted((desk.folder / "out").glob("*.csv"))] == ["0001.csv", "0002.csv"]


def test_a_mandate_says_what_was_confirmed_and_what_it_replaced(desk: Desk) -> None:
    first = desk.run("mandate", "file", "--date", "2026-01-05", "--note", "V-1", code=0).out
    assert "Bestätigt ist der Vertrag vom 05.01.2026, V-1 (" in first
    assert "ersetzt" not in first
    second = desk.run("mandate", "file", "--date", "2026-01-06", code=0).out
    assert "Bestätigt ist der Vertrag vom 06.01.2026 (" in second
    assert "Er ersetzt den vom 05.01.2026, V-1 (" in second
    body = desk.run("mandate", "file", "--date", "2026-01-07", "--json", code=0).json["mandate"]
    assert (body["dated"], body["replaced"]["dated"]) == ("2026-01-07", "2026-01-06")
    ran = desk.run("mandate", "file", "--date", str(TODAY + dt.timedelta(days=2)), code=1)
    assert "künftigen Tag" in ran.err


def test_one_is_counted_as_one(desk: Desk) -> None:
    desk.running("A-1")
    desk.live("file", "--first", "2")
    ran = desk.run("transmit", code=0)
    assert "1 Zeile, Kontrollsumme" in ran.out
    assert "Limit: noch 1 Forderung." in ran.out
    assert "Limit: 1 claim more." in desk.run("--lang", "en", "go-live", "file", "--nothing-to-adopt", "--first", "1", code=0).out
    desk.running("W-1", shop="web", extra={"dummy": {"behaviour": "disputes"}})
    desk.live("wire")
    desk.run("transmit", "--account", "wire", code=0)
    assert desk.run("run", code=0).out == "1 Nachfrage gescheitert\n"
    assert following.said_of(Followed(tasks=1)) == ["1 neue Aufgabe"]
    assert following.said_of(Followed(tasks=1000)) == ["1.000 neue Aufgaben"]
