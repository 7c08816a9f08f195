"""django-oscar without a browser: what is reported, relayed, reconciled and written back, whatever happens on the way."""

import json
import signal
import subprocess

import pytest
from peers.mediafinanz import SoapPeer
from peers.oscar import OscarShop, connect

ONE = "100001"
TRIGGER = ("set_status", {"number": ONE, "status": "Inkasso"})
KILLED = -signal.SIGKILL


def ordered(shop: OscarShop, *numbers: str) -> None:
    shop.play(*(("order", {"number": number}) for number in numbers or (ONE,)))


def events(shop: OscarShop, number: str = ONE) -> list[str]:
    return [outcome for _, outcome, _, _ in shop.do("shop", number=number)["events"]]


# In the shop's own transaction


@pytest.mark.parametrize("ends", ["rollback", "killed"])
def test_a_transaction_that_is_not_committed_leaves_no_claim(shop: OscarShop, ends: str) -> None:
    ordered(shop)
    shop.do("set_status", code=KILLED if ends == "killed" else 0, number=ONE, status="Inkasso", ends=ends)
    known, _, _, claims = shop.play(("shop", {"number": ONE}), ("run_relay", {}), ("run_due", {}), ("claims", {}))
    assert (known["status"], known["events"]) == ("Dunning 2", [])
    assert claims == {"claims": {}, "failed": []}


def test_a_process_killed_after_the_commit_loses_no_claim(shop: OscarShop) -> None:
    ordered(shop)
    shop.do("set_status", code=KILLED, number=ONE, status="Inkasso", ends="after")
    assert events(shop) == [""]
    _, claims = shop.play(("run_relay", {}), ("claims", {}))
    assert claims["claims"] == {ONE: ["ready", "153.99", 1]}


@pytest.mark.parametrize("point", ["intake.before_commit", "intake.after_commit"])
def test_a_killed_relay_loses_none_and_doubles_none(shop: OscarShop, point: str) -> None:
    ordered(shop, ONE, "100002")
    shop.play(TRIGGER, ("set_status", {"number": "100002", "status": "Inkasso"}))
    shop.play(("run_relay", {}), code=KILLED, SHOP_DIES_AT=point)
    assert events(shop) == [""]
    assert "relayed 1, of these failed 0" in shop.manage("inkasso_relay")  # the other one; the first is still the dead relay's
    assert "relayed 1, of these failed 0" in shop.manage("inkasso_relay", "--now")
    assert "relayed 0, of these failed 0" in shop.manage("inkasso_relay", "--now")
    assert shop.do("claims")["claims"] == {ONE: ["ready", "153.99", 1], "100002": ["ready", "153.99", 1]}
    assert events(shop) == ["repeated" if point == "intake.after_commit" else "registered"]


def test_relays_at_once_make_one_claim_of_each_order(shop: OscarShop) -> None:
    numbers = [str(100001 + n) for n in range(12)]
    ordered(shop, *numbers)
    shop.play(*(("set_status", {"number": number, "status": "Inkasso"}) for number in numbers))
    command = [str(shop.python), "-m", "oscar_shop.manage", "inkasso_relay", "--now"]
    relays = [subprocess.Popen(command, cwd=shop.folder, env=shop.environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [relay.communicate(timeout=120)[0] for relay in relays]
    assert [relay.returncode for relay in relays] == [0, 0], said
    assert shop.do("claims")["claims"] == {number: ["ready", "153.99", 1] for number in numbers}


def test_the_loop_relays_what_comes_and_ends_when_told(shop: OscarShop) -> None:
    ordered(shop)
    command = [str(shop.python), "-m", "oscar_shop.manage", "inkasso_relay", "--loop", "--every", "0.1"]
    with subprocess.Popen(command, cwd=shop.folder, env=shop.environment, stdout=subprocess.PIPE, text=True) as relay:
        try:
            shop.play(TRIGGER)
            assert relay.stdout is not None
            assert relay.stdout.readline() == "relayed 1, of these failed 0\n"
            relay.send_signal(signal.SIGTERM)
            assert relay.wait(60) == 0
        finally:
            relay.kill()


# What no signal told


def test_reconcile_finds_what_no_signal_told(shop: OscarShop) -> None:
    ordered(shop, ONE, "100002", "100003")
    shop.play(("update", {"number": ONE, "status": "Inkasso"}), ("save", {"number": "100002", "status": "Inkasso"}))
    assert "compared 2, reported 2, broken 0" in shop.manage("inkasso_reconcile")  # 100003 is in no trigger status
    assert "compared 0, reported 0, broken 0" in shop.manage("inkasso_reconcile")  # their events are on their way
    assert "relayed 2" in shop.manage("inkasso_relay")
    assert shop.do("claims")["claims"] == {ONE: ["ready", "153.99", 1], "100002": ["ready", "153.99", 1]}
    assert "compared 2, reported 0, broken 0" in shop.manage("inkasso_reconcile")
    shop.play(("update", {"number": ONE, "status": "Paid"}), ("update", {"number": "100002", "status": "Cancelled"}), ("run_due", {}))
    states = {number: state for number, (state, *_) in shop.do("claims")["claims"].items()}
    assert states == {ONE: "paid", "100002": "cancelled"}
    assert "reported 0, broken 0" in shop.manage("inkasso_reconcile")


def test_a_missing_table_breaks_neither_the_page_nor_its_transaction(shop: OscarShop) -> None:
    ordered(shop)
    found = shop.do("set_status_without_table", number=ONE, status="Inkasso")
    assert found == {"status": "Inkasso", "changes": 5, "notes": 1}
    assert "inkasso_reconcile finds" in shop.log
    assert "Jördis" not in shop.log
    shop.do("run_due")
    assert shop.do("claims")["claims"] == {ONE: ["ready", "153.99", 1]}


# Builders


def test_what_a_builder_breaks_on_is_a_failed_event_until_it_is_mended(shop: OscarShop) -> None:
    ordered(shop)
    broken = '{"CLAIM_BUILDER": "oscar_shop.seams.broken_builder"}'
    shop.play(TRIGGER, ("run_relay", {}), SHOP_INKASSO=broken)
    said = shop.inkasso("events")
    assert "RuntimeError" in said
    assert "Jördis" not in said + shop.log
    again = shop.manage("inkasso_run", SHOP_INKASSO=broken)
    assert "broken 1" in again
    assert events(shop) == ["failed"]  # it stands there already
    assert "replayed 1" in shop.manage("inkasso_run", "--replay", "--no-reconcile")
    assert shop.do("claims") == {"claims": {ONE: ["ready", "153.99", 1]}, "failed": []}


@pytest.mark.parametrize("builder", ["oscar_shop.seams.exiting_builder", "oscar_shop.seams.no_such_builder"])
def test_a_builder_that_is_no_builder_breaks_no_relay_for_good(shop: OscarShop, builder: str) -> None:
    ordered(shop)
    shop.play(TRIGGER, SHOP_INKASSO=json.dumps({"CLAIM_BUILDER": builder}))
    shop.run(str(shop.python), "-m", "oscar_shop.manage", "inkasso_relay", code=None, SHOP_INKASSO=json.dumps({"CLAIM_BUILDER": builder}))
    assert "Jördis" not in shop.log
    shop.manage("inkasso_relay", "--now")
    shop.manage("inkasso_run", "--replay")
    assert shop.do("claims") == {"claims": {ONE: ["ready", "153.99", 1]}, "failed": []}


def test_a_deleted_order_goes_on_as_it_was_reported(shop: OscarShop) -> None:
    ordered(shop)
    shop.play(TRIGGER, ("run_relay", {}), ("report_and_delete", {"number": ONE}), ("run_relay", {}))
    assert shop.do("claims") == {"claims": {"1": ["cancelled", "153.99", 2]}, "failed": []}
    assert shop.do("kept_claims") == {"rows": 0}  # what the row held of the debtor is gone


def test_an_order_that_is_gone_when_the_relay_comes_is_a_failed_event(shop: OscarShop) -> None:
    ordered(shop)
    shop.play(TRIGGER, ("delete", {"number": ONE}), ("run_relay", {}))
    assert shop.do("claims") == {"claims": {}, "failed": [["ORDER_GONE", GONE]]}


GONE = "The shop does not have this order any more: cancel its claim, or go on with it by hand."


def test_what_is_missing_is_said(shop: OscarShop) -> None:
    shop.do("order", number=ONE, until="Overdue", line1="Lange Straße", postcode="0106")
    shop.play(("update", {"number": ONE, "status": "Inkasso"}), ("run_due", {}))
    found = shop.do("claim", number=ONE)
    assert {"ADDRESS_INCOMPLETE", "POSTAL_CODE_INVALID"} <= set(found["red"])
    assert "reminders" not in found["claim"]


def test_a_guest_is_known_by_his_address_alone(shop: OscarShop) -> None:
    shop.do("order", number=ONE, guest=True, title="Dr")
    shop.play(("update", {"number": ONE, "status": "Inkasso"}), ("run_due", {}))
    debtor = shop.do("claim", number=ONE)["claim"]["debtor"]
    assert "number" not in debtor
    assert debtor["person"] == {"title": "Dr", "first_name": "Jördis", "last_name": "Groß-Möller"}
    assert debtor["contacts"][0] == {"kind": "email", "value": "gast@example.org", "valid": True}


# Money


def test_payments_and_refunds_count_for_what_is_open(shop: OscarShop) -> None:
    ordered(shop)
    shop.play(TRIGGER, ("run_relay", {}), ("pay", {"number": ONE, "amount": "50.00", "refund": "10.00"}), ("run_relay", {}))
    assert shop.do("claims")["claims"][ONE][:2] == ["ready", "113.99"]
    assert shop.do("claim", number=ONE)["claim"]["payments"][0]["amount"] == "40.00"
    shop.play(("pay", {"number": ONE, "amount": "113.99"}), ("run_relay", {}))
    assert shop.do("claims")["claims"][ONE][:2] == ["paid", "0.00"]


def test_money_that_comes_later_is_told_to_the_agency_once(shop: OscarShop, soap: SoapPeer) -> None:
    connect(shop, soap, "https://portal.example/")
    ordered(shop)
    shop.play(TRIGGER, ("run_due", {}), ("release", {"number": ONE}), ("run_due", {}))
    assert shop.do("claims")["claims"][ONE][0] == "handed_over"
    shop.play(("pay", {"number": ONE, "amount": "50.00"}), ("run_due", {}), ("run_due", {}))
    assert soap.called("bookDirectPayment") == 1
    shop.play(("set_status", {"number": ONE, "status": "Paid"}), ("run_due", {}), ("run_due", {}))
    assert soap.called("bookDirectPayment") == 2
    assert next(iter(soap.claims().values()))["claim"]["originalValue"] == "153.99"


# Writing back


def test_each_event_is_written_back_once(shop: OscarShop) -> None:
    ordered(shop)
    _, _, _, _, released, *_ = shop.play(
        TRIGGER, ("run_relay", {}), ("open_account", {}), ("run_due", {}), ("release", {"number": ONE}), ("run_due", {})
    )
    assert released == {"ok": True, "problem": ""}
    before = shop.do("shop", number=ONE)
    assert len(before["notes"]) == len(set(before["notes"])) > 2
    assert any("Ans Inkasso übergeben" in note for note in before["notes"])
    assert shop.do("tell_again", number=ONE) == before


def test_plain_inkasso_run_tells_the_shop_later(shop: OscarShop) -> None:
    ordered(shop)
    broken = '{"CLAIM_BUILDER": "oscar_shop.seams.broken_builder"}'
    shop.play(TRIGGER, ("run_relay", {}), SHOP_INKASSO=broken)
    shop.play(("order", {"number": "100002"}), ("set_status", {"number": "100002", "status": "Inkasso"}), ("run_relay", {}))
    shop.inkasso("run", django=False)
    assert shop.do("shop", number="100002")["notes"] == []
    assert "manage.py inkasso_run" in shop.inkasso("replay", django=False, code=None)
    assert "manage.py inkasso_run" in shop.inkasso("doctor", "--online", django=False, code=None)
    shop.inkasso("replay")  # where DJANGO_SETTINGS_MODULE names the project, it is set up
    shop.manage("inkasso_run", SHOP_OFFSET="7200")  # our own command goes by the real time; two hours later it is told again
    assert [len(shop.do("shop", number=number)["notes"]) for number in (ONE, "100002")] == [1, 1]


def test_the_settings_are_checked(shop: OscarShop) -> None:
    assert "no issues" in shop.manage("check")
    assert "INKASSO has no option 'SHOPP'" in shop.manage("check", code=1, SHOP_INKASSO='{"SHOPP": "x"}')
    assert "cannot be imported" in shop.manage("check", code=1, SHOP_INKASSO='{"CLAIM_BUILDER": "a.b"}')
    assert "INKASSO_OSCAR: DUE_DAYS" in shop.manage("check", code=1, SHOP_OSCAR='{"DUE_DAYS": -1}')
    assert "'Inkaso'" in shop.manage("check", SHOP_OSCAR='{"TRIGGER": ["Inkaso"]}')


def test_the_migration_is_that_of_the_models(shop: OscarShop) -> None:
    assert "No changes detected" in shop.manage("makemigrations", "inkasso", "--check", "--dry-run")
