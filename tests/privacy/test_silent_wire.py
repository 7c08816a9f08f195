"""What goes over the wire stays there: no log of ours or of a library, at DEBUG, holds a debtor's name or a secret; nor does an error."""

from pathlib import Path
from typing import Any

import pytest
from markers import NAME, SECRET, Ear, listening, marked
from placements import placement
from pydantic import SecretStr
from raw import Say, answer, half, reset, serving, silence

from inkasso_core import HttpAgency, HttpSettings, InkassoError, Placement, SoapAgency, SoapSettings, Submission

WSDL = Path(__file__).parents[1] / "peers" / "php" / "flavours" / "document-literal.wsdl"
QUOTED = f"{NAME} und {SECRET}".encode()
SAYS: dict[str, Say] = {
    "taken": answer("200 OK", b'{"caseNo": "A-1", "of": "' + QUOTED + b'"}'),
    "refused": answer("400 Bad Request", b'{"error": "' + QUOTED + b'"}'),
    "failed": answer("500 " + NAME, QUOTED, "text/html"),
    "credentials": answer("401 Unauthorized", QUOTED, "text/plain"),
    "half": half,
    "cut": reset,
    "silent": silence,
}


class HttpKeys(HttpSettings):
    key: SecretStr = SecretStr(SECRET)


class OverHttp(HttpAgency[HttpKeys]):
    name, label, Settings = "over-http", "Acme", HttpKeys

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.settings.key.get_secret_value()}"}

    def submit(self, placement: Placement) -> Submission:
        data = self.call("POST", "cases", json=placement.claim.model_dump(mode="json")["debtor"])
        return Submission(agency_reference=data["caseNo"], raw=data)


class SoapKeys(SoapSettings):
    key: SecretStr = SecretStr(SECRET)


class OverSoap(SoapAgency[SoapKeys]):
    name, label, Settings = "over-soap", "Acme", SoapKeys

    def submit(self, placement: Placement) -> Submission:
        claim = {"invoice": "R-1", "reason": NAME, "amount": placement.total_open}
        said = self.call("newClaim", self.settings.key.get_secret_value(), claim, commits=True)
        return Submission(agency_reference="A-1", raw=said.raw)


def over_http(url: str) -> OverHttp:
    agency = OverHttp(HttpKeys(read_timeout=0.4))
    agency.base_url = url
    return agency


def over_soap(url: str) -> OverSoap:
    return OverSoap(SoapKeys(wsdl=str(WSDL), address=url, read_timeout=0.4))


@pytest.mark.parametrize("built", [over_http, over_soap])
@pytest.mark.parametrize("said", SAYS)
def test_nothing_of_a_request_or_its_answer_is_said(said: str, built: Any) -> None:
    with serving([SAYS[said]]) as raw, listening() as ear:
        agency = built(raw.url)
        ear.listen("the adapter", agency)
        ear.listen("its settings", agency.settings)
        _submitted(agency, ear)
        assert SECRET.encode() in raw.requests[0], "it was sent"
        assert len(raw.requests) == 1


def test_what_the_wsdl_does_not_take_is_not_said() -> None:
    with listening() as ear:
        agency = over_soap("http://127.0.0.1:9/")
        for value in ({NAME: SECRET}, {"invoice": {"of": NAME}, "amount": NAME}, NAME):
            with ear.refusals("values that do not fit", InkassoError):
                agency.call("newClaim", SECRET, value, commits=True)


def test_envelopes_and_answers_do_not_show_what_they_hold() -> None:
    with listening() as ear, serving([answer("200 OK", _envelope(NAME), "text/xml")]) as raw:
        agency = over_soap(raw.url)
        ear.listen("request", agency.envelope("newClaim", SECRET, {"invoice": "R", "reason": NAME, "amount": 1}))
        ear.listen("answer", agency.call("newClaim", SECRET, {"invoice": "R", "reason": NAME, "amount": 1}))


def _envelope(text: str) -> bytes:
    space = "http://schemas.xmlsoap.org/soap/envelope/"
    return f"<e:Envelope xmlns:e='{space}'><e:Body><r><return>{text}</return></r></e:Body></e:Envelope>".encode()


def _submitted(agency: Any, ear: Ear) -> None:
    try:
        said: Any = agency.submit(placement(marked()))
    except InkassoError as exc:
        said = exc
    ear.listen("the answer", said)
    if isinstance(said, InkassoError):
        assert said.__cause__ is None
        assert said.__suppress_context__ or said.__context__ is None
