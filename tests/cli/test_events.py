"""Reports that became no claim, as a clerk meets them: listed with id, day and place, settled with a reason."""

import re

import pytest
from merchant import TODAY, Desk, claim, line

SHOP = """
[shops.cp]
plugin = "cpshop"
creditor = "main"
account = "file"
[shops.cp.settings.assertion]
currency = "EUR"
"""


@pytest.fixture
def exporting(desk: Desk) -> Desk:
    """The folder with a shop whose orders come with their status."""
    settings = desk.folder / "inkasso.toml"
    settings.write_text(settings.read_text("utf-8") + SHOP, "utf-8")
    rows = ["20001;Inkasso ist in Arbeit", "20002;Versendet", "20003;Inkasso in Arbeit", "20004;Versendet"]
    lines = ["Bestellnr;Bestellstatus;Nachname;Forderungsbetrag", *(f"{row};Muster;12,00" for row in rows), ""]
    (desk.folder / "o.csv").write_text("\n".join(lines), "utf-8")
    return desk


# No trigger


def test_ingest_says_which_statuses_were_no_trigger(exporting: Desk) -> None:
    ran = exporting.run("ingest", "o.csv", "--shop", "cp", code=0)
    assert "1 neu, 3 ohne Auslöser" in ran.out
    assert "ohne Auslöser: Versendet 2, Inkasso in Arbeit 1" in ran.out
    assert "„Inkasso in Arbeit“ gleicht dem Auslöser „Inkasso ist in Arbeit“" in ran.out
    (file,) = exporting.run("ingest", "o.csv", "--shop", "cp", "--json", code=0).json["files"]
    assert file["no_trigger"] == [
        {"status": "Versendet", "count": 2, "near": None},
        {"status": "Inkasso in Arbeit", "count": 1, "near": "Inkasso ist in Arbeit"},
    ]
    assert file["no_trigger_others"] == 0


def test_a_claim_file_without_statuses_says_so(desk: Desk) -> None:
    idle = claim("A-1", triggered=False, status="")
    ran = desk.run("ingest", desk.orders(idle), "--shop", "erp", code=0)
    assert "ohne Auslöser: ohne Status 1" in ran.out


def test_why_an_order_with_another_status_is_not_here(exporting: Desk) -> None:
    exporting.run("ingest", "o.csv", "--shop", "cp", code=0)
    ran = exporting.run("diagnose", "cp:20003", code=4)
    day = f"{TODAY:%d.%m.%Y}"
    assert f"am {day} mit dem Status „Inkasso in Arbeit“ gemeldet; das ist kein Auslöser dieses Shops" in ran.out
    assert "(Auslöser: Inkasso ist in Arbeit). Gemeint ist wohl „Inkasso ist in Arbeit“." in ran.out
    english = exporting.run("--lang", "en", "diagnose", "cp:20002", code=4).out
    assert f"last reported the order on {TODAY} with another status or none; that is no trigger of this shop" in english
    assert "probably meant" not in english
    body = exporting.run("diagnose", "cp:20003", "--json", code=4).json
    assert (body["reason"], body["seen"]["status"], body["seen"]["near"]) == (
        "no_trigger",
        "Inkasso in Arbeit",
        "Inkasso ist in Arbeit",
    )
    assert body["triggers"] == ["Inkasso ist in Arbeit"]


def test_diagnose_takes_the_invoice_s_number_and_release_does_not(desk: Desk) -> None:
    desk.ready("A-1")
    assert desk.run("diagnose", "RE-A-1", code=0).out.startswith("erp:A-1 ")
    assert "erp:A-1" in desk.run("show", "erp:RE-A-1", code=0).out
    for command in (["release"], ["hold", "--reason", "x"], ["cancel", "--reason", "x"]):
        desk.run(command[0], "erp:RE-A-1", *command[1:], code=4)


# Failed reports


def failed(desk: Desk) -> list[str]:
    """Bring in two broken lines; return the ids of their reports."""
    good = line(claim("A-1"))
    desk.run("ingest", desk.lines(["{broken", good, good.replace('"153.99"', '"-1"').replace('"A-1"', '"A-2"')]), "--shop", "erp", code=1)
    return [event["id"] for event in desk.run("events", "--json", code=0).json["events"]]


def test_failed_reports_are_listed_with_place_day_and_id(desk: Desk) -> None:
    ids = failed(desk)
    out = desk.run("events", code=0).out
    for place, one in zip(("orders.ndjson:1", "orders.ndjson:3"), ids, strict=True):
        assert place in out
        assert re.search(rf"{one}  gemeldet am {TODAY:%d.%m.%Y} \d\d:\d\d", out)


def test_failed_reports_are_settled_for_good_and_kept(desk: Desk) -> None:
    one, two = failed(desk)
    assert "Erledigt: 1." in desk.run("events", "done", one, "--reason", "Testzeile", code=0).out
    assert [event["id"] for event in desk.run("events", "--json").json["events"]] == [two]
    everything = desk.run("events", "--all", "--json").json["events"]
    assert [(event["id"], event["status"], event["settled_why"]) for event in everything] == [
        (one, "settled", "Testzeile"),
        (two, "failed", None),
    ]
    assert everything[0]["settled_by"]
    assert re.search(r"erledigt am \S+ \d\d:\d\d \(.+\): Testzeile", desk.run("events", "--all", code=0).out)
    assert desk.run("events", "done", two, "--reason", "weg", "--json", code=0).json == {"settled": [two]}
    assert desk.run("events", code=0).out.startswith("Alles, was gemeldet wurde")
    assert "Erledigte Meldungen, in denen diese Nummer steht" in desk.run("diagnose", "erp:A-2", code=4).out
    assert desk.run("diagnose", "erp:A-2", "--json", code=4).json["reason"] == "settled"


def test_settling_wants_a_reason_and_the_right_id(desk: Desk) -> None:
    one, two = failed(desk)
    desk.run("events", "done", one, code=2)
    assert "Grund" in desk.run("events", "done", one, "--reason", " ").err
    assert "nix" in desk.run("events", "done", one, "nix", "--reason", "weg", code=4).err
    assert [event["id"] for event in desk.run("events", "--json").json["events"]] == [one, two]


def test_the_mended_row_settles_its_report(desk: Desk) -> None:
    failed(desk)
    desk.run("ingest", desk.orders(claim("A-2")), "--shop", "erp", code=0)
    (left,) = desk.run("events", "--json", code=0).json["events"]
    assert left["place"] == "orders.ndjson:1", "what could not be read waits for a person"
