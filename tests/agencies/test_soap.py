"""SOAP agencies against PHP's SoapServer, in every flavour that a WSDL may have: what arrives, what is read, what a fault means."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from lxml import etree
from peers.servers import php
from placements import placement
from raw import answer, reset, serving, silence

from inkasso_core import (
    AgencyError,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    InkassoError,
    OutcomeUnknown,
    Placement,
    SoapAgency,
    SoapSettings,
    Submission,
    TemporarilyUnavailable,
    as_list,
)

HERE = Path(__file__).parents[1] / "peers" / "php" / "flavours"
FLAVOURS = ("document-literal", "rpc-literal", "rpc-encoded-items", "rpc-encoded-array", "soap12")


class Acme(SoapAgency[SoapSettings]):
    name = "acme"
    label = "Acme Inkasso"
    Settings = SoapSettings
    fault_map: ClassVar[Mapping[str, type[AgencyError]]] = {"Client.Licence": AuthenticationFailed}

    def submit(self, placement: Placement) -> Submission:
        claim = placement.claim
        number = claim.invoice.number if claim.invoice else ""
        said = self.call("newClaim", "licence", {"invoice": number, "reason": claim.subject, "amount": placement.total_open}, commits=True)
        return Submission(agency_reference=said.value["fileNumber"], raw=said.raw)


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inbox")


@pytest.fixture(scope="module")
def server(inbox: Path) -> Iterator[str]:
    with php(HERE, env={"INBOX": str(inbox)}) as url:
        yield url


def acme(server: str, flavour: str, **settings: Any) -> Acme:
    return Acme(SoapSettings(wsdl=f"{server}/agency.php?flavour={flavour}", connect_timeout=1, read_timeout=5, **settings))


def claim_for(number: str) -> Placement:
    return placement(invoice={"number": number}, subject="Zwölf Gläser Öl & Essig <500 ml>")


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_claim_arrives_to_the_byte_and_its_answer_is_read(server: str, inbox: Path, flavour: str) -> None:
    before = set(inbox.iterdir())
    placed = claim_for(f"RE-{flavour}")
    said = acme(server, flavour).submit(placed)
    assert said.agency_reference == "12345678901"
    arrived = [path.read_bytes() for path in set(inbox.iterdir()) - before]
    assert len(arrived) == 1
    found = {etree.QName(node).localname: node.text for node in etree.fromstring(arrived[0]).iter() if isinstance(node.tag, str)}
    assert found["reason"] == placed.claim.subject
    assert found["amount"] == str(placed.total_open)
    assert isinstance(said.raw, str)
    assert "Zwölf Gläser Öl &amp; Essig" in said.raw, "the whole answer, as it came"


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_list_is_a_list_whether_it_holds_nothing_one_or_many(server: str, flavour: str, number: int) -> None:
    said = acme(server, flavour).call("changes", number)
    assert said.value["transactionId"] == "T-1"
    assert [one["fileNumber"] for one in as_list(said.value.get("changes"))] == [f"A-{i + 1}" for i in range(number)]
    assert [one["statusCode"] for one in as_list(said.value.get("changes"))] == [str(10201 + i) for i in range(number)]


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(("trigger", "kind"), [("CLIENT", ClaimRejected), ("SERVER", OutcomeUnknown), ("HTML", OutcomeUnknown)])
def test_what_a_fault_means(server: str, inbox: Path, flavour: str, trigger: str, kind: type[InkassoError]) -> None:
    before = len(list(inbox.iterdir()))
    with pytest.raises(kind) as caught:
        acme(server, flavour).submit(claim_for(trigger))
    assert type(caught.value) is kind
    assert "Grünwald" not in str(caught.value), "the agency's own words stay in raw"
    assert len(list(inbox.iterdir())) == before + 1


@pytest.mark.parametrize("flavour", ["document-literal", "soap12"])
@pytest.mark.parametrize(("trigger", "kind"), [("CLIENT", ClaimRejected), ("SERVER", OutcomeUnknown)])
def test_a_fault_is_one_with_http_200_too(server: str, flavour: str, trigger: str, kind: type[InkassoError]) -> None:
    agency = acme(server, flavour, address=f"{server}/agency.php?flavour={flavour}&ok=1")
    with pytest.raises(kind):
        agency.submit(claim_for(trigger))


def test_a_fault_code_that_the_adapter_knows_decides() -> None:
    fault = b"""<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Client.Licence</faultcode>
        <faultstring>no</faultstring></e:Fault></e:Body></e:Envelope>"""
    with serving([answer("500 Fault", fault, "text/xml")]) as raw:
        agency = Acme(SoapSettings(wsdl=str(HERE / "document-literal.wsdl"), address=raw.url))
        with pytest.raises(AuthenticationFailed) as caught:
            agency.submit(claim_for("RE-1"))
    assert (caught.value.agency_code, caught.value.http_status) == ("Client.Licence", 500)


LOST = {
    "read time-out": (silence, OutcomeUnknown),
    "cut": (reset, OutcomeUnknown),
    "html": (answer("200 OK", b"<html></html>", "text/html"), OutcomeUnknown),
    "half": (answer("200 OK", b"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Bo", "text/xml"), OutcomeUnknown),
    "notice before the answer": (answer("200 OK", b"Notice: x <e:Envelope/>", "text/xml"), OutcomeUnknown),
    "500": (answer("500 Oops", b"", "text/plain"), OutcomeUnknown),
    "503": (answer("503 Away", b"", "text/plain"), OutcomeUnknown),
    "401": (answer("401 Unauthorized", b"", "text/plain"), AuthenticationFailed),
    "429": (answer("429 Slow down", b"", "text/plain", "Retry-After: 30"), TemporarilyUnavailable),
}


@pytest.mark.parametrize("fault", LOST)
def test_a_transport_that_fails_means_the_same_as_with_http(fault: str) -> None:
    say, kind = LOST[fault]
    with serving([say, say]) as raw:
        agency = Acme(SoapSettings(wsdl=str(HERE / "rpc-literal.wsdl"), address=raw.url, read_timeout=0.5))
        with pytest.raises(kind):
            agency.submit(claim_for("RE-1"))
        assert len(raw.requests) == 1


def test_values_that_the_wsdl_does_not_take_are_refused_before_anything_is_sent() -> None:
    with serving([answer("200 OK")]) as raw:
        agency = Acme(SoapSettings(wsdl=str(HERE / "document-literal.wsdl"), address=raw.url))
        with pytest.raises(ClaimInvalid) as caught:
            agency.call("newClaim", "licence", {"nobody": "Zoë Grünwald"}, commits=True)
        assert "Grünwald" not in str(caught.value)
        with pytest.raises(ConfigurationError):
            agency.call("noSuchOperation")
        assert raw.requests == []


def test_a_wsdl_that_is_missing_broken_or_away_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.wsdl").write_text("<html/>")
    for wsdl in (None, str(tmp_path / "a.wsdl"), str(tmp_path / "none.wsdl")):
        with pytest.raises(ConfigurationError) as caught:
            Acme(SoapSettings(wsdl=wsdl)).submit(claim_for("RE-1"))
        assert caught.value.field == "wsdl"
    with pytest.raises(TemporarilyUnavailable):
        Acme(SoapSettings(wsdl="http://127.0.0.1:9/agency.wsdl")).submit(claim_for("RE-1"))


@pytest.mark.parametrize("amount", ["1E+2", "100000.00", "0.10", "119.105"])
def test_amounts_are_written_plainly(amount: str) -> None:
    agency = Acme(SoapSettings(wsdl=str(HERE / "document-literal.wsdl")))
    body = agency.envelope("newClaim", "licence", {"invoice": "R", "reason": "r", "amount": Decimal(amount)}).body
    assert f">{Decimal(amount):f}<".encode() in body
