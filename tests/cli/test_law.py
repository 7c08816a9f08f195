"""The law on the command line: what is owed, what lapses, and for how long the tables last."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import world
from builders import green_address, green_debtor
from merchant import COVERED, TODAY, Desk, claim

from inkasso_core import Capacity, Charge, ChargeKind, Claim, Credit, Deferral, DueDateOrigin, NotFound, Payment, Reminder
from inkasso_core.app import Inkasso
from inkasso_core.rules.law.laws import LAWS

NEXT = COVERED + dt.timedelta(days=1)
Set = Callable[[dt.date], None]


def rates(desk: Desk, *rows: str, country: str = "DE") -> None:
    """Let the settings have these base rates and no others."""
    path = desk.folder / "inkasso.toml"
    settings = path.read_text("utf-8").partition("\n[law.")[0]
    path.write_text("\n".join([settings, f"[law.base_rates.{country}]", *rows, ""]), "utf-8")


# inkasso data


def test_every_table_is_listed_with_source_and_how_long_it_lasts(desk: Desk) -> None:
    ran = desk.run("data", code=0)
    assert "Basiszinssatz" in ran.out
    assert "Deutsche Bundesbank" in ran.out
    assert "§ 288(1) BGB" in ran.out
    assert "zur nächsten Änderung" in ran.out
    assert "Base rate" in desk.run("--lang", "en", "data", code=0).out
    body = desk.run("data", "--json", code=0).json["tables"]
    assert {"base_rates", "limitation", "holidays"} <= {table["name"] for table in body}
    assert all(set(table["message"]) == {"de", "en"} for table in body)
    assert all(table["source"] and table["rows"] and table["first"] <= table["last"] for table in body)


def test_before_it_runs_out_it_warns_and_says_what_to_do(desk: Desk, on: Set) -> None:
    rates(desk)
    on(COVERED - dt.timedelta(days=61))
    assert desk.run("data", "--json", code=0).json["tables"][0]["health"] == "ok"
    on(COVERED - dt.timedelta(days=60))
    ran = desk.run("data", code=0)
    assert f"reicht nur noch 60 Tage, bis {COVERED:%d.%m.%Y}" in ran.out
    assert f'[law.base_rates.DE] eintragen: "{NEXT}"' in ran.out
    checks = desk.run("doctor", "--json", code=0).json["checks"]
    assert [check["health"] for check in checks if check["subject"] == "data"] == ["warn"]


def test_once_it_has_run_out_scripts_hear_of_it_and_the_merchants_row_mends_it(desk: Desk, on: Set) -> None:
    rates(desk)
    on(COVERED)
    assert desk.run("data", "--json", code=0).json["tables"][0]["days_left"] == 0
    on(NEXT)
    assert "abgelaufen" in desk.run("data", code=1).out
    assert "ran out" in desk.run("--lang", "en", "data", code=1).out
    table = desk.run("data", "--json", code=1).json["tables"][0]
    assert (table["name"], table["health"], table["days_left"]) == ("base_rates", "error", -1)
    assert f"am {COVERED:%d.%m.%Y} abgelaufen" in desk.run("doctor", code=1).out
    rates(desk, f'"{NEXT}" = "1.77"')
    table = desk.run("data", "--json", code=0).json["tables"][0]
    assert table["last"] == str(NEXT)
    assert "inkasso.toml" in table["source"]
    assert not [check for check in desk.run("doctor", "--json", code=0).json["checks"] if check["subject"] == "data"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('"2031-02-01" = "1.77"', ["law.base_rates.DE", "2031-02-01", "1. Januar oder 1. Juli"]),
        ('"2031-01" = "1.77"', ["law.base_rates.DE", "kein Datum"]),
        ('"2031-01-01" = "viel"', ["law.base_rates.DE", "keine Dezimalzahl"]),
        ('"2031-01-01" = "101"', ["law.base_rates.DE", "zu groß"]),
        ('"2025-01-01" = "2.28"', ["law.base_rates.DE", "2025-01-01", "2.27"]),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_name(desk: Desk, row: str, told: list[str]) -> None:
    rates(desk, row)
    ran = desk.run("data", code=2)
    assert [text for text in ["inkasso.toml", *told] if text not in ran.err] == []
    assert "viel" not in ran.err


def test_a_country_whose_law_is_not_known_is_refused(desk: Desk) -> None:
    rates(desk, '"2031-01-01" = "1.77"', country="AT")
    assert "law.base_rates.AT" in desk.run("data", code=2).err


def test_a_row_like_the_shipped_one_and_a_negative_one_are_taken(desk: Desk) -> None:
    rates(desk, '"2025-01-01" = 2.27', f'"{NEXT}" = -0.88')
    assert desk.run("data", "--json", code=0).json["tables"][0]["last"] == str(NEXT)


# What is owed


def overdue(order: str = "A-1", **changes: Any) -> Claim:
    """A claim of 1000 EUR with a reminder that arrived on 14 June 2025: in default since 15 June (``domain.md`` section 1, case 10)."""
    due, sent = dt.date(2025, 5, 30), dt.date(2025, 6, 12)
    reminder = Reminder(level=1, sent_on=sent, received_on=dt.date(2025, 6, 14), channel="letter")
    return claim(order, **{"principal": Decimal(1000), "due_date": due, "reminders": (reminder,), **changes})


def test_show_says_since_when_and_how_much_line_by_line(desk: Desk) -> None:
    desk.run("ingest", desk.orders(overdue()), "--shop", "erp", code=0)
    ran = desk.run("show", "erp:A-1", "--as-of", "10.08.2026", code=0)
    assert "Forderungsaufstellung zum 10.08.2026" in ran.out
    assert "seit 15.06.2025 (Mahnung, § 286 Abs. 1 BGB)" in ran.out
    assert re.search(r"^15\.06\.2025  30\.06\.2025 +16  1\.000,00 EUR  2,27 \+ 5 = 7,27 % +3,19 EUR$", ran.out, re.MULTILINE)
    assert re.search(r"1,52 \+ 5 = 6,52 % +7,32 EUR$", ran.out, re.MULTILINE)
    assert "1.073,21 EUR" in ran.out
    assert "mit Ablauf des 31.12.2028" in ran.out
    english = desk.run("--lang", "en", "show", "erp:A-1", "--as-of", "2026-08-10", code=0).out
    assert "since 2025-06-15 (reminder, § 286(1) BGB)" in english
    assert "1.52 + 5 = 6.52 %" in english
    assert "1,073.21 EUR" in english


def test_show_gives_programs_all_of_it(desk: Desk) -> None:
    desk.run("ingest", desk.orders(overdue()), "--shop", "erp", code=0)
    found = desk.run("show", "erp:A-1", "--as-of", "2026-08-10", "--json", code=0).json["statement"]
    assert found["default"] == {"since": "2025-06-15", "cause": "reminder"}
    assert [line["amount"] for line in found["segments"]] == ["3.19", "31.61", "31.09", "7.32"]
    assert [line["percent"] for line in found["segments"]] == ["7.27", "6.27", "6.27", "6.52"]
    assert (found["interest"], found["total_open"], found["missing"]) == ("73.21", "1073.21", None)
    assert found["limitation"] == {"last_day": "2028-12-31", "unsure": []}


def test_a_part_payment_goes_to_charges_then_interest_then_principal(desk: Desk) -> None:
    fee = Charge(kind=ChargeKind.DUNNING_FEE, amount=Decimal(5))
    paid = Payment(amount=Decimal(100), on=dt.date(2025, 8, 1))
    desk.run("ingest", desk.orders(overdue(charges=(fee,), payments=(paid,))), "--shop", "erp", code=0)
    ran = desk.run("show", "erp:A-1", "--as-of", "2025-12-31", code=0)
    booking = desk.run("show", "erp:A-1", "--as-of", "2025-12-31", "--json").json["statement"]["bookings"][0]
    assert booking["charges"] == "5.00"
    assert Decimal(booking["interest"]) > 0
    assert sum(Decimal(booking[name]) for name in ("charges", "interest", "principal")) == 100
    assert "auf Hauptforderung" in ran.out
    assert "nach § 367 BGB verrechnet" in ran.out


def test_the_flat_fee_stands_apart(desk: Desk) -> None:
    business = green_debtor(capacity=Capacity.BUSINESS)
    desk.run("ingest", desk.orders(overdue(debtor=business)), "--shop", "erp", code=0)
    ran = desk.run("show", "erp:A-1", "--as-of", "2025-06-20", code=0)
    assert "40,00 EUR" in ran.out
    assert "§ 288 Abs. 5 BGB" in ran.out
    found = desk.run("show", "erp:A-1", "--as-of", "2025-06-20", "--json").json["statement"]
    assert found["flat_fee"] == "40"
    assert Decimal(found["total_open"]) == 1000 + Decimal(found["interest"])


def test_where_the_law_is_not_known_it_says_so_and_computes_nothing(desk: Desk) -> None:
    abroad = green_debtor(addresses=(green_address(country="AT", postal_code="1010", city="Wien"),))
    desk.run("ingest", desk.orders(overdue(debtor=abroad)), "--shop", "erp", code=0)
    assert "Welches Recht gilt, ist nicht bekannt" in desk.run("show", "erp:A-1", code=0).out
    assert desk.run("show", "erp:A-1", "--json", code=0).json["statement"] is None
    with Inkasso.from_config() as ink:
        assert ink.statement("erp:A-1") is None


def test_a_missing_half_year_is_said_in_words(desk: Desk, on: Set) -> None:
    rates(desk)
    on(NEXT)
    desk.run("ingest", desk.orders(overdue()), "--shop", "erp", code=0)
    ran = desk.run("show", "erp:A-1", code=0)
    assert f"{1 if NEXT.month == 1 else 2}. Halbjahr {NEXT.year} fehlt" in ran.out
    assert "1.000,00 EUR (ohne Zinsen)" in ran.out
    found = desk.run("show", "erp:A-1", "--json", code=0).json["statement"]
    assert found["segments"] == []
    assert found["missing"]["en"]


def test_no_statement_where_nothing_is_owed_any_more(desk: Desk) -> None:
    (ref,) = desk.ready("A-1")
    desk.run("mark-paid", ref, code=0)
    assert "Forderungsaufstellung" not in desk.run("show", ref, code=0).out


# What lapses


def due(order: str, day: dt.date, **changes: Any) -> Claim:
    return claim(order, due_date=day, due_date_origin=DueDateOrigin.CONTRACT, **changes)


def lapsing(desk: Desk, *options: str) -> list[tuple[str, str]]:
    found = desk.run("limitation", *options, "--json", code=0).json["claims"]
    return [(row["ref"], row["last_day"]) for row in found]


def test_these_lapse_at_the_end_of_the_year(desk: Desk, on: Set) -> None:
    on(dt.date(2026, 11, 20))
    orders = [
        due("A-1", dt.date(2023, 1, 1)),
        due("A-2", dt.date(2023, 12, 31), principal=Decimal("2000.00")),
        due("A-3", dt.date(2024, 1, 1)),
        due("A-4", dt.date(2022, 6, 1)),
        due("A-5", dt.date(2023, 6, 1), judged_on=dt.date(2024, 6, 1)),
        due("A-6", dt.date(2023, 6, 1), deferral=Deferral(until=dt.date(2023, 12, 1))),
        due("A-7", dt.date(2023, 6, 1), payments=(Payment(amount=Decimal("153.99"), on=dt.date(2024, 1, 1)),)),
    ]
    desk.run("ingest", desk.orders(*orders), "--shop", "erp", code=0)
    year = "2026-12-31"
    assert lapsing(desk) == [("erp:A-4", "2025-12-31"), ("erp:A-2", year), ("erp:A-1", year), ("erp:A-6", year)]
    ran = desk.run("limitation", code=0)
    assert "Verjährt seit Ablauf des 31.12.2025: 1 Forderung, 153,99 EUR" in ran.out
    assert "Verjährung mit Ablauf des 31.12.2026 (in 41 Tagen): 3 Forderungen, 2.307,98 EUR" in ran.out
    assert "erp:A-6 *" in ran.out
    assert "inkasso show" in ran.err
    english = desk.run("--lang", "en", "limitation", "--before", "2025-12-31", code=0).out
    assert "Lapsed since the end of 2025-12-31: 1 claim, 153.99 EUR" in english
    assert "2026-12-31" not in english


def test_limitation_looks_as_far_ahead_as_the_account_warns(desk: Desk, on: Set) -> None:
    settings = desk.folder / "inkasso.toml"
    settings.write_text(settings.read_text("utf-8") + "\n[accounts.wire.policy]\nlimitation_warning_days = 500\n", "utf-8")
    on(dt.date(2026, 11, 20))
    day = dt.date(2024, 3, 1)
    desk.run("ingest", desk.orders(due("A-1", day)), "--shop", "erp", code=0)
    desk.run("ingest", desk.orders(due("W-1", day)), "--shop", "web", code=0)
    assert lapsing(desk) == [("web:W-1", "2027-12-31")]
    assert lapsing(desk, "--before", "2027-12-30") == []
    assert lapsing(desk, "--before", "31.12.2027", "--shop", "erp") == [("erp:A-1", "2027-12-31")]
    assert lapsing(desk, "--before", "31.12.2027", "--account", "wire") == [("web:W-1", "2027-12-31")]
    assert "verjährt nichts" in desk.run("limitation", "--shop", "erp", code=0).out


def test_what_is_handed_over_is_listed_what_is_ended_is_not(desk: Desk) -> None:
    year = dt.date(TODAY.year - 3, 6, 1)
    desk.run("ingest", desk.orders(due("A-1", year), due("A-2", year), due("A-3", year)), "--shop", "erp", code=0)
    outside = ("--channel", "Portal", "--case", "AZ-7", "--date", "05.01.2026", "--reason", "von Hand")
    desk.run("record-handover", "erp:A-1", *outside, code=0)
    desk.run("cancel", "erp:A-2", "--reason", "Kulanz", code=0)
    rows = desk.run("limitation", "--json", code=0).json["claims"]
    assert [(row["ref"], row["state"]) for row in rows] == [("erp:A-1", "handed_over"), ("erp:A-3", "ready")]
    assert "Ans Inkasso übergeben" in desk.run("limitation", code=0).out


def test_claims_of_another_law_are_counted_not_guessed(desk: Desk) -> None:
    abroad = green_debtor(addresses=(green_address(country="CH", postal_code="8001", city="Zürich"),))
    old = due("A-1", dt.date(TODAY.year - 5, 6, 1), debtor=abroad, credits=(Credit(amount=Decimal(1)),))
    desk.run("ingest", desk.orders(old), "--shop", "erp", code=0)
    body = desk.run("limitation", "--json", code=0).json
    assert (body["claims"], body["law_not_known"]) == ([], 1)
    assert "nicht bekannt, welches Recht gilt" in desk.run("limitation", code=0).err


def test_the_store_leaves_out_none_that_the_law_would_name(tmp_path: Path) -> None:
    days = [dt.date(year, month, day) for year in range(2017, 2027) for month, day in ((1, 1), (6, 15), (12, 31))]
    claims = {f"A-{number}": world.claim(f"A-{number}", due_date=day) for number, day in enumerate(days)}
    with world.world(tmp_path) as town:
        town.report(*claims.values())
        for before in (dt.date(2019, 12, 31), dt.date(2020, 12, 31), dt.date(2026, 12, 30), dt.date(2026, 12, 31), dt.date(2040, 1, 1)):
            last_days = {order: LAWS["DE"].limitation(one) for order, one in claims.items()}
            wanted = {order for order, found in last_days.items() if found is not None and found.last_day <= before}
            assert {one.stored.record for one in town.ink.limitation(before=before).claims} == wanted


def test_a_vendor_sees_what_lapses_of_his_own(tmp_path: Path) -> None:
    old = dt.date(2022, 6, 1)
    with world.world(tmp_path) as town:
        town.report(world.claim("A-1", vendor="viktor", due_date=old), world.claim("A-2", vendor="vera", due_date=old))
        assert [one.stored.record for one in town.ink.limitation(actor=world.VENDOR).claims] == ["A-1"]
        assert town.ink.statement("A-1", shop="shop", actor=world.VENDOR) is not None
        with pytest.raises(NotFound):
            town.ink.statement("A-2", shop="shop", actor=world.VENDOR)
