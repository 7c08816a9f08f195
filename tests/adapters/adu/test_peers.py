"""The bridge before PHP's SoapClient, and its WSDL in PHP's SoapServer before zeep: in both ways of writing lists."""

import base64
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
from builders import green_address, green_debtor, green_person
from exchange import shown_on
from lxml import etree
from peers.servers import php
from placements import placement

from inkasso_core import (
    AddressKind,
    AgencyStatus,
    Charge,
    ChargeKind,
    ClaimRejected,
    Document,
    FeedKind,
    Payment,
    Placement,
    ReportPayment,
    SendDocument,
    SoapAgency,
    SoapSettings,
    Submission,
    as_list,
)

from .conftest import Serve
from .served import PASSWORD, PEERS, USER

ALL = {
    "OrderStatus": 3.6,
    "GetOrderCustomerAddress": True,
    "GetOrderDeliveryAddress": True,
    "GetOrderDocumentNumbers": True,
    "GetIncomingPayments": True,
    "Page": 0,
}
MOMENT = int(dt.datetime(2026, 6, 2, 15, 13, tzinfo=dt.UTC).timestamp())


def listed(value: Any) -> list[Any]:
    """A list as PHP gives it: an object with ``item``, or the list itself."""
    return list(value.get("item", []) if isinstance(value, dict) else value)


def note(customer: int, text: str, inserted: int = MOMENT) -> tuple[str, dict[str, Any]]:
    return ("AddCustomerNote", {"CustomerNote": {"CustomerID": customer, "Note": text, "Inserted": inserted, "UserID": 1}})


@pytest.mark.parametrize("arrays", ["item", "soapenc"])
def test_php_fetches_orders_with_every_letter_and_cent(serve: Serve, arrays: str) -> None:
    served = serve(arrays=arrays)
    debtor = green_debtor(addresses=(green_address(), green_address(kind=AddressKind.DELIVERY, city="Görlitz/Zgorzelec „Süd“")))
    served.agency.submit(
        placement(
            reference="T-1",
            debtor=debtor,
            principal=Decimal("1153.99"),
            payments=(Payment(amount=Decimal("0.10"), on=dt.date(2026, 5, 4), reference="Überweisung & <Rest>"),),
            charges=(Charge(kind=ChargeKind.DUNNING_FEE, amount=Decimal("2.50")),),
        )
    )
    served.agency.submit(placement(reference="T-2", debtor=green_debtor(person=green_person(last_name="Łęcka-Ößwald"))))
    _, statuses, orders = served.php(("GetOrderStatusList", {"Lang": "de"}), ("SearchOrders", ALL))
    assert [(one["OrderStatus"], one["OrderStatusName"]) for one in listed(statuses["OrderStatus"])] == [(3.6, "Übergabe an Inkasso")]
    first, second = listed(orders["Orders"])
    assert orders["Success"] is True
    assert orders["Pages"] == 1
    head, address = first["OrderHead"], first["OrderCustomerAddress"]
    assert (head["OrderID"], head["ExternalOrderID"], head["Invoice"]) == (4711, "4711", "RE-2026-0815")
    assert (head["TotalInvoice"], head["Currency"], head["DunningLevel"]) == (1156.49, "EUR", 2)
    assert (address["FirstName"], address["Surname"], address["Street"], address["ZIP"]) == (
        "Jördis",
        "Groß-Möller",
        "Lange Straße",
        "01067",
    )
    assert address["FormOfAddress"] == 1
    assert first["OrderDeliveryAddress"]["City"] == "Görlitz/Zgorzelec „Süd“"
    assert [(row["ItemText"], row["Price"]) for row in listed(first["OrderItems"])] == [
        ("Stuhl Modell Elbe, 2 × Kissen", 1153.99),
        ("Mahngebühr", 2.5),
    ]
    assert second["OrderCustomerAddress"]["Surname"] == "Łęcka-Ößwald"
    assert second["OrderHead"]["OrderID"] == 1_000_000_002  # the shop's number was taken by the first
    written = served.recording.said[-1].answer.body.decode()
    assert ">1156.49</TotalInvoice>" in written
    assert ">Łęcka-Ößwald</Surname>" in written


def test_php_without_switches_sees_no_address(serve: Serve) -> None:
    served = serve()
    served.agency.submit(placement())
    (order,) = listed(served.php(("SearchOrders", {"OrderStatus": 3.6}))[1]["Orders"])
    assert set(order) == {"OrderHead", "OrderItems"}
    assert "Jördis" not in served.recording.said[-1].answer.body.decode()


@pytest.mark.parametrize("arrays", ["item", "soapenc"])
def test_php_fetches_invoices_and_payments(serve: Serve, arrays: str) -> None:
    served = serve(arrays=arrays, fetches_again=["payments", "invoices"])
    agency = served.agency
    agency.submit(placement(documents=(Document(kind="invoice", url="https://shop.example/re/0815.pdf"),)))
    asked = ("GetOrdersInvoiceDocumentURLs", {"OrderIDs": [{"intValue": 4711}, {"intValue": 4712}], "GetDocumentAsBinaryData": True})
    if arrays == "item":
        asked[1]["OrderIDs"] = {"item": asked[1]["OrderIDs"]}
    _, early, _, late = served.php(asked, ("SearchOrders", ALL), asked)
    assert listed(early.get("OrderInvoiceDocumentURL", [])) == []  # nobody guesses the number of an order that was not offered yet
    (found,) = listed(late["OrderInvoiceDocumentURL"])
    assert found == {"OrderID": 4711, "InvoiceDocumentURL": "https://shop.example/re/0815.pdf"}
    told = {"agency_reference": "T-1", "our_reference": "T-1", "asked_on": dt.date(2026, 6, 3)}
    document = SendDocument(
        **told, idempotency_key="d", kind="invoice", file_name="re.pdf", media_type="application/pdf", content=b"%PDF-\xff\x00"
    )
    agency.send_document(document)
    agency.send_document(document)
    payment = ReportPayment(**told, idempotency_key="p", amount=Decimal("50.05"), currency="EUR", received_on=dt.date(2026, 6, 2))
    agency.report_payment(payment)
    agency.report_payment(payment)
    _, invoices, payments = served.php(asked, ("GetIncomingPayments", {"OrderID": 4711}))
    assert listed(invoices["OrderInvoiceDocumentURL"])[0]["FileData"] == base64.b64encode(b"%PDF-\xff\x00").decode()
    (paid,) = listed(payments["IncomingPayments"])
    assert (paid["OrderID"], paid["Amount"], paid["Currency"], paid["InvoiceNumber"]) == (4711, 50.05, "EUR", "RE-2026-0815")
    assert dt.datetime.fromtimestamp(paid["Date"], dt.UTC).date() == dt.date(2026, 6, 2)


def test_a_whole_exchange_with_php(serve: Serve) -> None:
    served = serve()
    agency = served.agency
    sent = agency.submit(placement())
    assert (sent.status, sent.agency_reference) == (AgencyStatus.SUBMITTED, None)
    served.php(
        ("GetOrderStatusList", {"Lang": "de"}),
        ("SearchOrders", ALL),
        note(1, "Auftrag 4711 an ADU übergeben. <a href='https://adu.example/4711'>zu ADU</a>"),
        note(1, "Zahlungseingang. Betrag: 20,50 EUR. Vorgangsdatum: 12.05.2026 <a href='https://adu.example/4711'>zu ADU Inkasso</a>"),
        note(1, "Mahnansprache Vorgangsdatum: 05.05.2026 <a href='https://adu.example/4711'>zu ADU Inkasso</a>"),
    )
    feed = agency.fetch_feed(None)
    assert [(entry.kind, entry.on, entry.our_reference) for entry in feed.entries] == [
        (FeedKind.STATUS, None, "T-1"),
        (FeedKind.PAYMENT, dt.date(2026, 5, 12), "T-1"),  # before the hand-over was noted
        (FeedKind.MESSAGE, dt.date(2026, 5, 5), "T-1"),
    ]
    assert feed.entries[1].collected is not None
    assert feed.entries[1].collected.amount == Decimal("20.50")
    found = agency.find("T-1")
    assert found is not None
    assert found.status is AgencyStatus.ACTIVE
    assert served.php(("SearchOrders", ALL))[1]["Pages"] == 0  # never offered a second time
    del served.recording.said[-2:]
    shown_on("adu-bridge", served.recording, secrets=[PASSWORD], varying=[r"(?<=>)[0-9a-f]{32}(?=</Token>)"])


def test_php_with_a_wrong_password_or_token_is_kept_out(serve: Serve) -> None:
    served = serve()
    served.agency.submit(placement())
    assert served.php(("SearchOrders", ALL), password="ganz-geheimes-Wort") == [{"fault": "Unauthorized Request"}]
    assert b"OrderID" not in served.recording.said[-1].answer.body


class Client(SoapAgency[SoapSettings]):
    """A client on zeep."""

    name: ClassVar[str] = "client"
    label: ClassVar[str] = "Client"
    Settings = SoapSettings

    def submit(self, placement: Placement) -> Submission:
        raise AssertionError("nothing is handed over here")


@pytest.mark.parametrize("arrays", ["item", "soapenc"])
def test_zeep_calls_what_php_serves_by_our_wsdl(serve: Serve, tmp_path: Path, arrays: str) -> None:
    """Neither knows the bridge: both read its WSDL."""
    served = serve(arrays=arrays)
    text = requests.get(f"{served.address}?wsdl", timeout=10).text
    assert "reconstruction" in text.splitlines()[1]
    file = tmp_path / "bridge.wsdl"
    with php(PEERS, env={"BRIDGE_WSDL": str(file)}) as address:
        file.write_text(text.replace(f'location="{served.address}"', f'location="{address}/server.php"'), "utf-8")
        client = Client(SoapSettings(wsdl=f"{address}/server.php"))
        statuses = client.call("GetOrderStatusList", {"Lang": "dé"}, _soapheaders=[token("geheim")]).value
        assert [one["OrderStatusName"] for one in as_list(statuses["OrderStatus"])] == ["Übergabe (dé)", "Warenausgang gebucht"]
        with pytest.raises(ClaimRejected) as refused:
            client.call("GetOrderStatusList", {"Lang": "de"}, _soapheaders=[token("falsch")])
        assert "Invalid Token" in str(refused.value.raw)


def token(word: str) -> etree._Element:
    """The header, as a client of the interface writes it."""
    header = etree.Element("{urn:any}verifyingToken")
    etree.SubElement(header, "UserID").text = "1"
    etree.SubElement(header, "Token").text = word
    return header


@pytest.mark.parametrize("arrays", ["item", "soapenc"])
def test_zeep_calls_the_bridge_itself(serve: Serve, arrays: str) -> None:
    served = serve(arrays=arrays)
    served.agency.submit(placement())
    client = Client(SoapSettings(wsdl=f"{served.address}?wsdl"))
    login = client.call("GetAuthentificationToken", {"Username": USER, "Userpass": PASSWORD}).value
    orders = client.call("SearchOrders", ALL, _soapheaders=[token(login["Token"])]).value
    (order,) = as_list(orders["Orders"])
    assert order["OrderCustomerAddress"]["Surname"] == "Groß-Möller"
    assert order["OrderHead"]["TotalInvoice"] == "153.99"
