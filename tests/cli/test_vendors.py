"""The marketplace on the command line: vendors, what goes without a check, what they see, and their list as a file."""

import csv
import datetime as dt
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from merchant import TODAY, Desk, claim
from peers.proc import need

MARKET = """
[shops.market]
plugin = "canonical"
creditor = "main"
account = "wire"
profile = "marketplace"

[actors.viktor]
role = "vendor"
vendors = ["viktor"]

[actors.tom]
role = "operator"
tenants = ["another"]
"""
VIKTOR = {"LOGNAME": "viktor"}


@pytest.fixture
def market(desk: Desk) -> Desk:
    """The merchant's folder with a marketplace; ``VIKTOR`` is the environment of one of its vendors."""
    with (desk.folder / "inkasso.toml").open("a", encoding="utf-8") as settings:
        settings.write(MARKET)
    return desk


def sold(desk: Desk, *numbers: str, vendor: str = "viktor", **changes: Any) -> list[str]:
    return desk.ready(*numbers, shop="market", vendor=vendor, **changes)


# What goes without a check


def test_vendors_are_listed_with_what_they_want_and_have(market: Desk) -> None:
    sold(market, "M-1", "M-2")
    sold(market, "N-1", vendor="wanda")
    market.run("vendors", "set", "market", "wanda", "--automatic", "--no-chargebacks", "--reason", "Vertrag", code=0)
    ran = market.run("vendors", code=0)
    lines = {row.split()[1]: row for row in ran.out.splitlines()[1:]}
    assert "noch niemand" in lines["viktor"]
    assert "2 Gesperrt" in lines["viktor"]
    assert "ja" in lines["wanda"].split()
    assert "Betreiber" in lines["wanda"]
    found = {row["vendor"]: row for row in market.run("vendors", "--shop", "market", "--json", code=0).json["vendors"]}
    assert found["viktor"]["claims"] == {"ready": 2}
    assert (found["wanda"]["automatic"], found["wanda"]["chargebacks"], found["wanda"]["by"]) == (True, False, "operator")
    assert [row["vendor"] for row in market.run("vendors", "--json", env=VIKTOR, code=0).json["vendors"]] == ["viktor"]
    assert market.run("vendors", "--json", env={"LOGNAME": "tom"}, code=0).json["vendors"] == []


def test_a_vendor_decides_is_shown_it_and_is_bound(market: Desk, on: Callable[[dt.date], None]) -> None:
    on(TODAY)
    sold(market, "M-1")
    shown = market.run("vendors", "show", "market", "viktor", env=VIKTOR, code=0).out
    week = TODAY + dt.timedelta(days=7)
    assert f"{week:%d.%m.%Y}" in shown
    told = market.run("vendors", "set", "market", "viktor", "--automatic", "--chargebacks", env=VIKTOR, code=0).out
    assert "Verkäufer" in told
    ran = market.run("vendors", "set", "market", "viktor", "--manual", env=VIKTOR)
    free = TODAY + dt.timedelta(days=30)
    assert ran.code != 0
    assert f"{free:%d.%m.%Y}" in ran.err
    assert f"{free}" in market.run("--lang", "en", "vendors", "set", "market", "viktor", "--manual", env=VIKTOR).err
    assert "Grund" in market.run("vendors", "set", "market", "viktor", "--manual").err
    document = market.run("vendors", "set", "market", "viktor", "--manual", "--reason", "telefonisch", "--json", code=0).json
    assert (document["automatic"], document["chargebacks"], document["by"], document["change_from"]) == (False, True, "operator", str(free))
    assert "telefonisch" in market.run("vendors", "show", "market", "viktor", code=0).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "market", "nobody"), 4),
        (("show", "nowhere", "viktor"), 4),
        (("show", "erp", "viktor"), None),
        (("set", "market", "viktor"), None),
        (("set", "market", "viktor", "--automatic"), None),
    ],
)
def test_what_cannot_be_is_refused_with_a_word(market: Desk, arguments: tuple[str, ...], code: int | None) -> None:
    sold(market, "M-1")
    ran = market.run("vendors", *arguments, code=code)
    assert ran.code != 0
    assert len(ran.err) > 20


def test_run_releases_what_a_vendor_wants(market: Desk) -> None:
    (ref,) = sold(market, "M-1")
    (other,) = sold(market, "N-1", vendor="wanda")
    market.live("wire")
    market.run("vendors", "set", "market", "viktor", "--automatic", env=VIKTOR, code=0)
    market.run("run", code=0)
    assert (market.state(ref), market.state(other)) == ("handed_over", "ready")
    market.run("run", code=0)
    assert market.state(other) == "ready"


# What vendors see


def test_a_vendor_sees_his_claims_as_published_with_what_he_can_do(market: Desk) -> None:
    refs = sold(market, "M-1", "M-2")
    sold(market, "N-1", vendor="wanda")
    assert "noch keine" in market.run("vendor-view", "market", "viktor", env=VIKTOR, code=0).out
    market.run("run", code=0)
    market.run("mark-paid", refs[0], "--reason", "alles gebucht", code=0)
    ran = market.run("vendor-view", "market", "viktor", env=VIKTOR, code=0)
    assert ran.out.startswith("market:viktor  Letzte Aktualisierung: ")
    assert [row.split()[:2] for row in ran.out.splitlines()[2:]] == [["M-1", "Gesperrt"], ["M-2", "Gesperrt"]]
    assert "starten, kündigen" in ran.out
    live = market.run("vendor-view", "market", "viktor", "--json", code=0).json
    assert (live["live"], [(row["order"], row["state"]) for row in live["claims"]]) == (True, [("M-1", "paid"), ("M-2", "ready")])
    told = market.run("vendors", "publish", code=0).out
    assert "market" in told
    seen = market.run("vendor-view", "market", "viktor", "--state", "Bezahlt", "--json", env=VIKTOR, code=0).json
    assert [row["order"] for row in seen["claims"]] == ["M-1"]
    assert seen["claims"][0]["actions"] == []
    assert market.run("vendor-view", "market", "wanda", env=VIKTOR).code == 4
    assert market.run("vendors", "publish", env=VIKTOR).code != 0


def test_a_claim_is_found_by_order_vendor_and_the_states_own_name(market: Desk) -> None:
    market.run("ingest", market.orders(*(claim("M-1", vendor="viktor", instalment=n) for n in (1, 2))), "--shop", "market", code=0)
    sold(market, "M-2")
    sold(market, "M-10", vendor="wanda")
    ready = [row["order"] for row in market.run("claims", "--state", "Gesperrt", "--json", code=0).records]
    assert ready == ["M-1//1", "M-1//2", "M-10", "M-2"]
    assert [row["order"] for row in market.run("claims", "--order", "M-1", "--json", code=0).records] == ["M-1//1", "M-1//2"]
    assert [row["order"] for row in market.run("claims", "--vendor", "wanda", "--json", code=0).records] == ["M-10"]
    ran = market.run("vendor-view", "market", "viktor", "--order", "M-1", "--json", code=0).json
    assert [row["order"] for row in ran["claims"]] == ["M-1//1", "M-1//2"]
    tomorrow = str(TODAY + dt.timedelta(days=2))
    assert market.run("vendor-view", "market", "viktor", "--since", tomorrow, "--json", code=0).json["claims"] == []
    assert len(market.run("vendor-view", "market", "viktor", "--limit", "1", code=0).out.splitlines()) == 3


def test_a_vendor_reads_nothing_of_others_where_an_order_is_missing(market: Desk) -> None:
    sold(market, "M-1")
    sold(market, "N-1", vendor="wanda")
    market.run("run", code=0)
    assert market.run("diagnose", "market:M-1", env=VIKTOR, code=0).out.startswith("market:M-1")
    ran = market.run("diagnose", "market:N-1", env=VIKTOR)
    assert ran.code == 4
    assert "wanda" not in ran.out + ran.err
    document = market.run("diagnose", "market:N-1", "--json", env=VIKTOR).json
    assert (document["claims"], document["failed_reports"], document["seen"]) == ([], [], None)


# As a file


NASTY = ['=HYPERLINK("http://x.example";"y")', 'Müller; Söhne "KG"', "a\tb", "+49 351", "'x", "ÄÖÜß€"]


def listed(market: Desk) -> Path:
    for number, name in enumerate(NASTY):
        sold(market, f"M-{number}", vendor=name)
    sold(market, "007")
    market.run("mark-paid", "market:007", "--reason", "x", code=0)
    path = market.folder / "all.csv"
    market.run("export", path, "--shop", "market", code=0)
    return path


def test_the_file_opens_in_python(market: Desk) -> None:
    with listed(market).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert {row["Status"] for row in rows} == {"Gesperrt", "Bezahlt"}
    assert len(rows) == len(NASTY) + 1
    assert {row["Verkäufer"].lstrip("'") for row in rows} >= {name.lstrip("'").replace("\t", " ") for name in NASTY[3:]}
    assert not [row for row in rows if row["Verkäufer"].startswith(("=", "+", "\t"))]


def test_the_file_opens_in_another_program(market: Desk) -> None:
    """As a spreadsheet's user would get it: read by PHP, with the same rows that Python reads."""
    php = need("php", "php-cli")
    path = listed(market)
    script = """
    $file = fopen($argv[1], "r"); fread($file, 3); $rows = [];
    while (($row = fgetcsv($file, 0, ";", '"', "")) !== false) { $rows[] = $row; }
    echo json_encode($rows, JSON_UNESCAPED_UNICODE);
    """
    ran = subprocess.run([php, "-r", script, "--", str(path)], capture_output=True, text=True, encoding="utf-8", check=True)
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert json.loads(ran.stdout) == list(csv.reader(file, delimiter=";"))


def test_a_vendors_list_by_status_and_period_is_a_file_too(market: Desk) -> None:
    refs = sold(market, "M-1", "M-2", "M-3")
    sold(market, "N-1", vendor="wanda")
    market.live("wire")
    market.run("release", *refs[:2], code=0)
    market.run("transmit", code=0)
    market.run("vendors", "publish", code=0)
    one, two = market.folder / "operator.csv", market.folder / "vendor.csv"
    chosen = ("--state", "Ans Inkasso übergeben", "--since", str(TODAY - dt.timedelta(days=1)))
    market.run("export", one, "--vendor", "viktor", *chosen, code=0)
    market.run("vendor-view", "market", "viktor", *chosen, "--csv", two, env=VIKTOR, code=0)
    for path in (one, two):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        assert [(row["Auftrag"], row["Status"]) for row in rows] == [("M-1", "Ans Inkasso übergeben"), ("M-2", "Ans Inkasso übergeben")]
    assert one.read_bytes() == two.read_bytes()
    assert market.run("vendor-view", "market", "viktor", "--csv", two, keys="n\n").code == 1  # it is there already
    market.run("vendor-view", "market", "viktor", "--csv", two, "--yes", code=0)
    assert len(two.read_text("utf-8-sig").splitlines()) == 4
    everything = market.folder / "everything.csv"
    market.run("export", everything, "--vendor", "viktor", "--until", str(TODAY + dt.timedelta(days=1)), code=0)
    assert len(everything.read_text("utf-8-sig").splitlines()) == 4


# Taking a case back


def test_a_case_is_taken_back_with_consent_and_confirmation(market: Desk) -> None:
    (ref,) = sold(market, "M-1")
    market.live("wire")
    market.run("release", ref, code=0)
    market.run("transmit", code=0)
    assert "Zustimmung" in market.run("cancel", ref, "--reason", "Kulanz", code=1).out
    assert "Rückruf" in market.run("cancel", ref, "--reason", "Kulanz", "--consent", code=1).out
    market.run("cancel", ref, "--reason", "Kulanz", "--consent", "--recalled", env=VIKTOR, code=1)
    assert market.state(ref) == "handed_over"
    market.run("cancel", ref, "--reason", "Kulanz", "--consent", "--recalled", code=0)
    assert market.state(ref) == "cancelled"
