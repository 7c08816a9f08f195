"""django-oscar with a browser: a clerk works in the shop's own dashboard, and the agency stands behind a real SOAP server."""

import time
from collections.abc import Callable

from peers.mediafinanz import SoapPeer
from peers.oscar import OscarShop, connect

CLERK = ("login", "clerk@example.org", "kasse-7")
QUEUE, ORDER = "/dashboard/inkasso/", "/dashboard/orders/100001/"
PORTAL = "https://portal.example/akte/"


def test_a_clerk_hands_an_order_over_and_sees_what_became_of_it(shop: OscarShop, soap: SoapPeer) -> None:
    connect(shop, soap, PORTAL)
    shop.do("order", number="100001")
    with shop.serving() as url:
        found = shop.browse(url, CLERK, ("status", ORDER, "Inkasso"), ("text", ".alert"), ("goto", QUEUE), ("text", "#inkasso_queue"))
        assert found[1] == 200
        assert found[4] == []  # on its way: the relay has not run yet
        shop.manage("inkasso_relay")
        found = shop.browse(
            url,
            CLERK,
            ("goto", QUEUE),
            ("text", "#inkasso_queue tbody tr"),
            ("tick", "#inkasso_queue tbody [name=ref]"),
            ("double_click", "#inkasso_queue [value=release]"),
            ("text", ".alert"),
            ("goto", QUEUE + "?state=running"),
            ("text", "#inkasso_queue tbody tr"),
        )
        assert "100001" in found[2][0]
        assert "153,99 EUR" in found[2][0]
        assert "Freigegeben: 1" in "".join(found[5])
        assert "Laufend" in found[7][0]
        shop.manage("inkasso_run")
        ((case, arrived),) = soap.claims().items()
        assert (arrived["claim"]["invoice"], arrived["claim"]["originalValue"]) == ("100001", "153.99")
        assert arrived["debtor"]["lastname"] == "Groß-Möller"
        found = shop.browse(url, CLERK, ("goto", ORDER), ("press", "[href='#notes']", "#notes table"), ("text", "#notes td:nth-child(4)"))
        notes = found[3]
        assert f"Inkasso: Ans Inkasso übergeben\nmediaFinanz GmbH, Aktenzeichen {case}\n{PORTAL}{case}" in notes
        assert len(notes) == len(set(notes))
        soap.tell("changes", {"fileNumber": case, "statusCode": 10900, "statusName": "Bezahlt", "time": "2026-06-01T11:00:00"})
        shop.manage("inkasso_run")
        found = shop.browse(
            url,
            CLERK,
            ("goto", ORDER),
            ("source",),
            ("goto", QUEUE + "transmitted/"),
            ("text", "#inkasso_transmitted tbody tr"),
            ("links", "#inkasso_transmitted [target=_blank]"),
        )
        assert "<td>Paid</td>" in found[2]  # Oscar's own list of status changes
        assert "closed_paid · 10900" in found[4][0]
        assert found[5] == [PORTAL + case]
    shop.manage("inkasso_run")
    assert soap.called("bookDirectPayment") == 0  # it was the agency that told us
    known = shop.do("shop", number="100001")
    assert known["status"] == "Paid"
    assert known["changes"][-2:] == ["Inkasso", "Paid"]
    assert known["note_types"] == ["System"]


def test_a_broken_builder_breaks_no_page_and_is_seen(shop: OscarShop) -> None:
    shop.do("order", number="100001")
    broken = '{"CLAIM_BUILDER": "oscar_shop.seams.broken_builder", "RELAY_ON_COMMIT": true}'
    with shop.serving(SHOP_INKASSO=broken) as url:
        found = shop.browse(url, CLERK, ("status", ORDER, "Inkasso"), ("goto", QUEUE))
        assert found[1:] == [200, 200]
        wait_until(lambda: [event[1] for event in shop.do("shop", number="100001")["events"]] == ["failed"])
        (page,) = shop.browse(url, CLERK, ("goto", f"{QUEUE}find/?number=100001"), ("text", ".inkasso_failed"))[2:]
        assert "RuntimeError" in page[0]
    known = shop.do("shop", number="100001")
    assert (known["status"], known["changes"][-1]) == ("Inkasso", "Inkasso")  # with Oscar's own history row
    assert "Jördis" not in shop.log + shop.inkasso("events", "--json")
    assert "RuntimeError" in shop.inkasso("events", "--json")


def test_pages_stand_while_our_database_is_away(shop: OscarShop) -> None:
    shop.do("order", number="100001")
    for database in shop.folder.glob("inkasso.db*"):
        database.unlink()
    (shop.folder / "inkasso.db").mkdir()
    with shop.serving(SHOP_INKASSO='{"RELAY_ON_COMMIT": true}') as url:
        steps = (("goto", QUEUE), ("text", "#inkasso_away"), ("goto", f"{QUEUE}transmitted/"), ("status", ORDER, "Inkasso"))
        found = shop.browse(url, CLERK, *steps, ("goto", f"{QUEUE}order/1/"), ("goto", "/dashboard/"))
        assert [found[1], *found[3:]] == [503, 503, 200, 503, 200]
        assert "keine Meldung geht verloren" in found[2][0]
        assert "cannot be used" in shop.manage("inkasso_relay", "--now", code=1)
        (shop.folder / "inkasso.db").rmdir()
        assert "relayed 1, of these failed 0" in shop.manage("inkasso_relay", "--now")
        assert shop.browse(url, CLERK, ("goto", QUEUE))[1] == 200
    assert shop.do("claims")["claims"]["100001"][0] == "ready"


def test_pages_are_for_staff_and_their_forms_need_a_token(shop: OscarShop) -> None:
    shop.play(("order", {"number": "100001"}), ("set_status", {"number": "100001", "status": "Inkasso"}), ("run_relay", {}))
    form = {"ref": "oscar:1", "action": "release"}
    with shop.serving() as url:
        guest = shop.browse(url, ("goto", QUEUE), ("source",), ("post", f"{QUEUE}act/", form))
        assert "dashboard_login_form" in guest[1]
        assert guest[2] == 403
        customer = shop.browse(url, ("login", "kunde@example.org", "kasse-8"), ("goto", QUEUE), ("post", f"{QUEUE}act/", form))
        assert customer[1:] == [403, 403]
        staff = shop.browse(
            url,
            CLERK,
            ("post", f"{QUEUE}act/", form),  # from another site: without a token
            ("get", f"{QUEUE}act/"),
            ("goto", QUEUE),
            ("click", "#inkasso_queue [value=release]"),
            ("text", ".alert"),
            ("tick", "[name=ref]"),
            ("click", "#inkasso_queue [value=remove]"),
            ("text", ".alert"),
            ("tick", "[name=ref]"),
            ("fill", "[name=reason]", "paid in cash"),
            ("click", "#inkasso_queue [value=remove]"),
            ("text", ".alert"),
            locale="en-GB",
        )
        assert staff[1:4] == [403, 405, 200]
        assert "No claim is selected." in staff[5][0]
        assert "gives a reason" in staff[8][0]
        assert "Removed from the queue: 1" in staff[12][0]
    assert shop.do("claims")["claims"]["100001"][0] == "removed"


def wait_until(holds: Callable[[], bool], patience: float = 60) -> None:
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.5)
