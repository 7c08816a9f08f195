"""Why a claim is not ready, and why an order never became one."""

import datetime as dt

from merchant import TODAY, Desk, claim

from inkasso_core import Invoice


def test_red_points_name_field_remedy_and_group(desk: Desk) -> None:
    desk.run("ingest", desk.orders(claim("A-1", invoice=None, asserted=("principal",))), "--shop", "erp", code=0)
    ran = desk.run("diagnose", "erp:A-1", code=0)
    assert "Gruppe „Gemahnte Rechnung“: 2 rote Punkte" in ran.out
    assert "● INVOICE_NUMBER_MISSING  invoice.number" in ran.out
    assert "→ Die Rechnung im Shop erstellen" in ran.out
    assert "principal" in ran.out
    english = desk.run("--lang", "en", "diagnose", "A-1", "--shop", "erp", code=0)
    assert 'Group "reminded invoice": 2 red points' in english.out
    assert "→ Write the invoice in the shop" in english.out


def test_a_ready_claim_is_green_and_shows_all_conditions_on_demand(desk: Desk) -> None:
    desk.ready("A-1")
    ran = desk.run("diagnose", "erp:A-1", "--all-conditions", code=0)
    assert "Alle Bedingungen sind erfüllt." in ran.out
    assert "● DUE_DATE_MISSING  Fälligkeit" in ran.out
    body = desk.run("diagnose", "erp:A-1", "--all-conditions", "--json", code=0).json
    assert body["ready"] is True
    assert {"code": "DISPUTED", "field": "dispute", "fixed": True, "asked": True} in body["met"]


def test_a_date_changes_the_answer_and_nothing_else(desk: Desk) -> None:
    desk.ready("A-1")
    early = (TODAY - dt.timedelta(days=40)).isoformat()
    ran = desk.run("diagnose", "erp:A-1", "--as-of", early, code=0)
    assert "Voraussichtlich bereit ab" in ran.out
    body = desk.run("diagnose", "erp:A-1", "--as-of", early, "--json").json
    assert body["as_of"] == early
    assert body["expected_on"] > early
    assert {finding["level"] for finding in body["findings"]} >= {"block"}
    assert all(set(finding["message"]) == {"de", "en"} for finding in body["findings"])
    assert desk.state("erp:A-1") == "ready"


def test_a_switched_off_condition_is_shown_as_such(desk: Desk) -> None:
    settings = desk.folder / "inkasso.toml"
    settings.write_text(settings.read_text("utf-8") + '\n[accounts.file.policy.levels]\nSUBJECT_MISSING = "off"\n', "utf-8")
    desk.ready("A-1")
    ran = desk.run("diagnose", "erp:A-1", "--all-conditions", code=0)
    assert "● SUBJECT_MISSING  Forderungsgrund  (abgeschaltet)" in ran.out


def test_an_order_that_never_became_a_claim(desk: Desk) -> None:
    broken = '{"source": {"order": "X-9"}, "currency": "EUR", "principal": -5, "debtor": {"person": {"last_name": "Geheim"}}}'
    desk.run("ingest", desk.lines([broken]), "--shop", "erp", code=1)
    ran = desk.run("diagnose", "erp:X-9", code=4)
    assert "„erp:X-9“ ist keine Forderung geworden." in ran.out
    assert "orders.ndjson:1" in ran.out
    assert "principal" in ran.out
    assert "Geheim" not in ran.out + ran.err
    body = desk.run("diagnose", "X-9", "--shop", "erp", "--json", code=4).json
    assert body["failed_reports"][0]["field"] == "principal"
    assert "keine Forderung „erp:X-10“" in desk.run("diagnose", "erp:X-10", code=4).err


def test_a_plugin_s_markup_and_control_characters_reach_nobody(desk: Desk) -> None:
    nasty = claim("A-1", subject="[bold]x[/bold] \x1b[31m \u202e", invoice=Invoice(number="[red]1", issued_on=TODAY))
    desk.run("ingest", desk.orders(nasty), "--shop", "erp")
    ran = desk.run("show", "erp:A-1", code=0)
    assert "[bold]x[/bold]" in ran.out
    assert "[red]1" in ran.out
    assert not {"\x1b", "\u202e"} & set(ran.out)
