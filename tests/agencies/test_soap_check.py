"""SOAP requests hold what was given for them, and answers that unfold without end are none."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from placements import placement
from raw import answer, serving

from inkasso_core import (
    AuthenticationFailed,
    ClaimInvalid,
    InkassoError,
    Placement,
    SoapAgency,
    SoapAnswer,
    SoapSettings,
    Submission,
    TemporarilyUnavailable,
)
from inkasso_core.agencies import soap_answer
from inkasso_core.agencies.soap_answer import read_answer

WSDL = Path(__file__).parents[1] / "peers" / "php" / "flavours" / "document-literal.wsdl"
FIRST: dict[str, Any] = {"invoice": "RE-1", "reason": "Öl & <Essig>\n zwei Zeilen", "amount": Decimal("1.50")}
SECOND = {**FIRST, "invoice": "RE-2"}
ENV = "http://schemas.xmlsoap.org/soap/envelope/"


class Acme(SoapAgency[SoapSettings]):
    name = "acme"
    label = "Acme Inkasso"
    Settings = SoapSettings

    def submit(self, placement: Placement) -> Submission:
        said = self.call("newClaim", "licence", {**FIRST, "amount": placement.total_open}, commits=True)
        return Submission(raw=said.raw)


def acme(**settings: Any) -> Acme:
    return Acme(SoapSettings(wsdl=str(settings.pop("wsdl", WSDL)), **settings))


def test_what_was_given_is_written() -> None:
    assert b"RE-1" in acme().envelope("newClaim", "licence", FIRST).body
    assert acme().envelope("newClaim", "licence", {**FIRST, "reason": ""}).body


def test_a_second_claim_that_has_no_place_is_never_dropped_in_silence() -> None:
    with serving([answer("200 OK")]) as raw, pytest.raises(ClaimInvalid) as caught:
        acme(address=raw.url).call("newClaim", "licence", [FIRST, SECOND], commits=True)
    assert raw.requests == []
    assert "RE-2" not in str(caught.value)


def test_a_structure_for_an_element_of_any_type_is_never_written_as_python_shows_it(tmp_path: Path) -> None:
    text = WSDL.read_text().replace('name="reason" type="xs:string"', 'name="reason" type="xs:anyType"')
    (tmp_path / "any.wsdl").write_text(text)
    assert acme(wsdl=tmp_path / "any.wsdl").envelope("newClaim", "licence", FIRST)
    with pytest.raises(ClaimInvalid):
        acme(wsdl=tmp_path / "any.wsdl").envelope("newClaim", "licence", {**FIRST, "reason": {"a": "Zoë"}})


def fault(code: str) -> bytes:
    said = f"<e:Fault><faultcode>e:{code}</faultcode><faultstring>x</faultstring></e:Fault>"
    return f'<e:Envelope xmlns:e="{ENV}"><e:Body>{said}</e:Body></e:Envelope>'.encode()


@pytest.mark.parametrize("code", ["Client", "Server"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [("401 Unauthorized", AuthenticationFailed), ("403 Forbidden", AuthenticationFailed), ("429 Slow down", TemporarilyUnavailable)],
)
def test_a_status_of_the_account_counts_before_a_fault_that_nobody_knows(code: str, status: str, kind: type[InkassoError]) -> None:
    with serving([answer(status, fault(code), "text/xml")]) as raw, pytest.raises(kind) as caught:
        acme(address=raw.url).submit(placement())
    assert type(caught.value) is kind


def test_references_to_references_do_not_unfold_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soap_answer, "MOST_VALUES", 10_000)
    levels = "".join(f'<m id="r{n}"><a href="#r{n + 1}"/><b href="#r{n + 1}"/></m>' for n in range(58))
    body = f'<e:Envelope xmlns:e="{ENV}"><e:Body><r><return href="#r0"/></r>{levels}<m id="r58">x</m></e:Body></e:Envelope>'
    assert read_answer(body.encode()) is None


def test_an_encoding_that_only_the_parser_knows_is_read() -> None:
    body = f'<?xml version="1.0" encoding="UCS-2"?><e:Envelope xmlns:e="{ENV}"><e:Body><r><a>Köln</a></r></e:Body></e:Envelope>'
    read = read_answer(body.encode("utf-16-be"))
    assert read is None or isinstance(read, SoapAnswer)
    if isinstance(read, SoapAnswer):
        assert read.value == "Köln"


def test_eight_threads_share_one_adapter() -> None:
    agency, start = acme(), threading.Barrier(8)

    def write(number: int) -> set[bytes]:
        start.wait()
        return {agency.envelope("newClaim", "licence", {**FIRST, "invoice": f"RE-{number}-{turn}"}).body for turn in range(20)}

    with ThreadPoolExecutor(8) as pool:
        bodies = [body for found in pool.map(write, range(8)) for body in found]
    assert sum(f"RE-{n}-{t}<".encode() in body for n in range(8) for t in range(20) for body in bodies) == 160
