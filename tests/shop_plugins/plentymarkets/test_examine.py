"""What ``inkasso doctor --online`` finds out about the shop."""

from inkasso_core import Level

from .invented import order


def _found(ink):
    return {finding.code: finding for finding in ink.examine("plenty")}


def _warned(ink):
    return [(finding.code, finding.level) for finding in ink.examine("plenty") if finding.level is not Level.INFO]


def test_it_lists_clients_statuses_and_orders(install, shop):
    shop.orders = {101: order(101), 102: order(102, statusId=7)}
    shop.webstores.append({"id": 2, "storeIdentifier": "2000", "name": "Outlet"})
    found = _found(install(plenty_ids=[2000]))
    assert found["PLENTY_CLIENTS"].message.de == "Mandanten: 2000 Outlet"
    assert found["PLENTY_STATUSES"].message.de == "Auftragsstatus, die Inkasso bedeuten: 3.6 Inkasso (von 5 sichtbaren)"
    assert found["PLENTY_ORDERS"].message.en == "Orders that ask for collection: 0"
    assert _found(install())["PLENTY_ORDERS"].message.en == "Orders that ask for collection: 1"


def test_all_is_well(install, shop):
    shop.orders = {101: order(101)}
    assert _warned(install(status_after={"handed_over": "7.9"}, book_payments=True)) == []
    assert shop.counted("write") == []


def test_what_is_not_released_or_not_there_is_warned_of(install, shop):
    shop.released = frozenset({"3", "7"})
    ink = install(plenty_ids=[1000, 4711], status=["3.6", "7-7.5"], status_after={"paid": "7.95"}, book_payments=True, booking_method=9)
    assert _warned(ink) == [
        ("PLENTY_CLIENT", Level.WARN),
        ("PLENTY_STATUS", Level.WARN),
        ("PLENTY_STATUS", Level.WARN),
        ("PLENTY_METHOD", Level.WARN),
    ]


def test_missing_rights_are_named_one_by_one(install, shop, tmp_path):
    shop.orders = {101: order(101)}
    shop.forbidden = {"GET /orders/statuses", "GET /comments/order/#", "GET /orders/#/documents", "GET /payments/methods"}
    ink = install(documents=["invoice"], documents_folder=str(tmp_path), book_payments=True)
    found = [finding for finding in ink.examine("plenty") if finding.code == "PLENTY_RIGHT"]
    assert [finding.level for finding in found] == [Level.BLOCK] * 4
    for words, finding in zip(("statuses", "documents", "notes", "payments"), found, strict=True):
        assert words in finding.message.en


def test_rights_to_write_are_listed_and_not_tried(install, shop):
    message = _found(install(block_contact=True, book_payments=True, status_after={"paid": "7.9"}))["PLENTY_UNTESTED"].message.en
    for right in ("create notes", "change orders", "create and assign payments", "change contacts"):
        assert right in message
    assert "PLENTY_UNTESTED" not in _found(install(notes="off"))


def test_a_refused_login_is_the_only_finding_and_is_tried_every_time(install, shop):
    ink = install(password="wrong")
    for _ in range(2):
        assert _warned(ink) == [("PLENTY_LOGIN", Level.BLOCK)]
    assert shop.routes() == {"POST /login": 2}


def test_without_an_address_nothing_is_asked(install, shop):
    assert list(_found(install(base_url=None, username=None, password=None))) == ["PLENTY_NOT_CONNECTED"]
    assert shop.log == []


def test_a_shop_that_breaks_breaks_no_examination(install, shop):
    answer = shop.answer

    def broken(method, path, *more):
        status, headers, data = answer(method, path, *more)
        return (status, headers, data) if path == "/login" else (500, headers, {})

    shop.answer = broken
    assert {code for code, _ in _warned(install())} == {"PLENTY_ANSWER"}
