"""The service itself: who is let in, what it answers to nonsense, and that it tells nobody what it should not."""

import datetime as dt
import io
import logging
from typing import Any

import pytest
from lxml import etree
from placements import placement

from inkasso_adapters.adu.envelope import items, read_request
from inkasso_adapters.adu.service import INVALID_TOKEN, LARGEST_REQUEST, Bridge
from inkasso_core import TemporarilyUnavailable, Text

from .conftest import Made
from .served import NOON, PASSWORD, USER

SPACE = 'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:v="urn:v"'


def ask(app: Bridge, body: str | bytes, **environ: Any) -> tuple[int, str]:
    """Post something; returns the status and the text."""
    data = body.encode() if isinstance(body, str) else body
    seen: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> Any:
        seen.update(status=int(status[:3]), headers=dict(headers))

    base = {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.input": io.BytesIO(data),
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "bridge.example",
        "SCRIPT_NAME": "/adu",
        "PATH_INFO": "/soap",
    }
    text = b"".join(app({**base, **environ}, start))  # type: ignore[arg-type]
    assert int(seen["headers"]["Content-Length"]) == len(text)
    return seen["status"], text.decode()


def envelope(call: str, inside: str = "", token: str | None = None, user: str = "1") -> str:
    header = f"<v:verifyingToken><UserID>{user}</UserID><Token>{token}</Token></v:verifyingToken>" if token else ""
    return f"<e:Envelope {SPACE}><e:Header>{header}</e:Header><e:Body><v:{call}><in>{inside}</in></v:{call}></e:Body></e:Envelope>"


def login(app: Bridge, user: str = USER, password: str = PASSWORD) -> tuple[int, str]:
    return ask(app, envelope("GetAuthentificationToken", f"<Username>{user}</Username><Userpass>{password}</Userpass>"))


def token_of(app: Bridge) -> str:
    found = etree.fromstring(login(app)[1].encode()).findtext(".//Token")
    assert found
    return found


@pytest.mark.parametrize(("user", "password"), [("", ""), (USER, ""), (USER, "ganz-geheimes-worT"), ("Adu-import", PASSWORD), ("ä", "ö")])
def test_a_wrong_login_is_refused_without_saying_what_was_wrong(bridge: Made, user: str, password: str) -> None:
    status, text = login(bridge().application(), user, password)
    assert status == 500
    assert "<faultstring>Unauthorized Request</faultstring>" in text
    assert PASSWORD not in text


@pytest.mark.parametrize(
    "call", ["GetOrderStatusList", "SearchOrders", "GetOrdersInvoiceDocumentURLs", "GetIncomingPayments", "AddCustomerNote"]
)
def test_without_a_good_token_nothing_is_answered(bridge: Made, call: str) -> None:
    agency = bridge()
    agency.submit(placement())
    app = agency.application()
    good = token_of(app)
    note = "<CustomerNote><CustomerID>1</CustomerID><Note>Auftrag 4711 an ADU übergeben.</Note></CustomerNote>"
    for body in (
        envelope(call, note),
        envelope(call, note, "falsch"),
        envelope(call, note, good, user="2"),
        envelope(call, note, good[:-1]),
    ):
        status, text = ask(app, body)
        assert status == 500
        assert f"<faultstring>{INVALID_TOKEN}</faultstring>" in text
    assert agency.find("T-1").agency_status == "spooled"  # type: ignore[union-attr]
    assert not agency.fetch_feed(None).entries
    assert ask(app, envelope(call, note, good))[0] == 200


def test_a_token_runs_out(bridge: Made) -> None:
    now = [NOON]
    app = bridge(now=lambda: now[0], token_hours=24).application()
    token = token_of(app)
    now[0] += dt.timedelta(hours=23, minutes=59)
    assert ask(app, envelope("GetOrderStatusList", token=token))[0] == 200
    now[0] += dt.timedelta(minutes=1)
    assert ask(app, envelope("GetOrderStatusList", token=token))[0] == 500


def test_a_token_is_not_in_the_spool(bridge: Made, tmp_path: Any) -> None:
    token = token_of(bridge().application())
    assert token.encode() not in (tmp_path / "spool.db").read_bytes()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nonsense",
        "<html/>",
        f"<e:Envelope {SPACE}/>",
        f"<e:Envelope {SPACE}><e:Body/></e:Envelope>",
        envelope("SetOrderStatus"),
        envelope("DeleteOrders"),
        f'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>{envelope("GetOrderStatusList", "<Lang>&y;</Lang>")}',
        "<!DOCTYPE x>" + envelope("GetOrderStatusList"),
    ],
)
def test_what_is_no_request_is_a_fault(bridge: Made, body: str) -> None:
    status, text = ask(bridge().application(), body)
    assert status == 500
    assert "<faultstring>Unknown request</faultstring>" in text


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"REQUEST_METHOD": "DELETE"}, 405),
        ({"CONTENT_LENGTH": ""}, 411),
        ({"CONTENT_LENGTH": "-1"}, 411),
        ({"CONTENT_LENGTH": str(LARGEST_REQUEST + 1)}, 413),
        ({"REQUEST_METHOD": "GET"}, 404),
        ({"REQUEST_METHOD": "GET", "QUERY_STRING": "xml"}, 200),
        ({"REQUEST_METHOD": "GET", "QUERY_STRING": "wsdl"}, 200),
    ],
)
def test_what_is_no_call_at_all(bridge: Made, environ: dict[str, str], status: int) -> None:
    assert ask(bridge().application(), "", **environ)[0] == status


def test_the_wsdl_names_the_address_of_the_request_or_the_one_that_is_set(bridge: Made) -> None:
    get = {"REQUEST_METHOD": "GET", "QUERY_STRING": "wsdl"}
    seen = ask(bridge().application(), "", **get)[1]
    assert 'location="http://bridge.example/adu/soap"' in seen
    assert 'targetNamespace="http://bridge.example/adu/soap/"' in seen
    assert "reconstruction" in seen.splitlines()[1]
    assert 'location="https://shop.example/b"' in ask(bridge(address="https://shop.example/b").application(), "", **get)[1]


def test_values_that_are_none_ask_for_nothing(bridge: Made) -> None:
    agency = bridge()
    agency.submit(placement())
    app = agency.application()
    token = token_of(app)
    odd = "<Page>viele</Page><CallItemsLimit>-3</CallItemsLimit><OrderStatus>3.59999990463257</OrderStatus><Unknown><x/></Unknown>"
    status, text = ask(app, envelope("SearchOrders", odd, token))
    assert status == 200
    assert ">4711</OrderID>" in text
    assert "<OrderID" not in ask(app, envelope("SearchOrders", "<OrderType>offer</OrderType>", token))[1]
    assert ask(app, envelope("GetOrdersInvoiceDocumentURLs", "<OrderIDs><item><intValue>x</intValue></item></OrderIDs>", token))[0] == 200
    assert ask(app, envelope("AddCustomerNote", "<CustomerNote>nur Text</CustomerNote>", token))[0] == 200


def test_a_note_keeps_its_letters_and_what_xml_cannot_hold_is_left_out(bridge: Made) -> None:
    agency = bridge()
    agency.submit(placement(subject="Stuhl\x0b & <Kissen> für „Größe“"))
    app = agency.application()
    token = token_of(app)
    text = ask(app, envelope("SearchOrders", token=token))[1]
    assert "Stuhl &amp; &lt;Kissen&gt; für „Größe“</ItemText>" in text
    note = "<item><CustomerID>1</CustomerID><Note> Größe &amp; &lt;b&gt;Gewicht&lt;/b&gt; </Note><Inserted>x</Inserted></item>"
    ask(app, envelope("AddCustomerNote", f"<CustomerNote>{note}{note}</CustomerNote>", token))
    found = agency.fetch_feed(None).entries
    assert [entry.text for entry in found] == ["Größe & Gewicht"] * 2
    assert found[0].raw["note"] == " Größe & <b>Gewicht</b> "


def test_references_in_a_circle_end() -> None:
    body = f'<e:Envelope {SPACE}><e:Body><v:SearchOrders><in href="#a"/></v:SearchOrders><x id="a"><y href="#a"/></x></e:Body></e:Envelope>'
    request = read_request(body.encode())
    assert request is not None
    assert set(request.value) == {"y"}


def test_a_spool_that_fails_is_told_without_its_words(
    bridge: Made, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = bridge().application()
    token = token_of(app)

    def broken(*_: Any) -> Any:
        raise TemporarilyUnavailable(Text("Jördis", "Jördis"))

    monkeypatch.setattr(app._shop, "statuses", broken)
    with caplog.at_level(logging.DEBUG):
        status, text = ask(app, envelope("GetOrderStatusList", token=token))
    assert status == 500
    assert "Not available" in text
    assert "Jördis" not in text + caplog.text


def test_nothing_of_debtor_or_secret_is_shown_or_logged(bridge: Made, caplog: pytest.LogCaptureFixture) -> None:
    agency = bridge()
    app = agency.application()
    with caplog.at_level(logging.DEBUG):
        agency.submit(placement())
        text = ask(app, envelope("SearchOrders", "<GetOrderCustomerAddress>true</GetOrderCustomerAddress>", token_of(app)))[1]
        ask(app, envelope("AddCustomerNote", "<CustomerNote><Note>Groß-Möller</Note></CustomerNote>", token_of(app)))
    assert "Groß-Möller" in text
    shown = [repr(agency.settings), repr(app._access), repr(read_request(envelope("SearchOrders", "<x>Groß-Möller</x>").encode()))]
    shown += [repr(note) for note in agency.spool.notes(9)] + [repr(agency.spool.find(our_reference="T-1")), caplog.text]
    for text in shown:
        assert "Möller" not in text
        assert PASSWORD not in text


def test_references_to_references_do_not_unfold_without_end() -> None:
    levels = "".join(f'<m id="r{n}">' + f'<a href="#r{n + 1}"/>' * 50 + "</m>" for n in range(9))
    body = f'<e:Envelope {SPACE}><e:Body><v:SearchOrders><in href="#r0"/></v:SearchOrders>{levels}</e:Body></e:Envelope>'
    assert read_request(body.encode()) is None


def test_a_request_of_many_members_is_read_at_once_and_all_of_them() -> None:
    many = "<OrderIDs>" + "<item>1</item>" * 40_000 + "</OrderIDs>"
    request = read_request(envelope("GetOrdersInvoiceDocumentURLs", many).encode())
    assert request is not None
    assert len(items(request.value["OrderIDs"])) == 40_000


def test_a_note_with_a_number_that_no_spool_can_hold_is_kept(bridge: Made) -> None:
    agency = bridge()
    app = agency.application()
    token = token_of(app)
    note = f"<CustomerNote><CustomerID>1</CustomerID><Note>Auftrag {'9' * 20} an ADU übergeben.</Note></CustomerNote>"
    assert ask(app, envelope("AddCustomerNote", note, token=token))[0] == 200
    assert [entry.text for entry in agency.fetch_feed(None).entries] == [f"Auftrag {'9' * 20} an ADU übergeben."]


@pytest.mark.parametrize("length", ["-5", "²", "9" * 5000, " 5", "+5"])
def test_a_length_that_is_none_is_refused(bridge: Made, length: str) -> None:
    assert ask(bridge().application(), "x" * 9, CONTENT_LENGTH=length)[0] in (411, 413)
