"""HTTP agencies: what is sent, what comes back, and what each failure means for the claim. Real sockets; one request for one call."""

import datetime as dt
import gzip
import socket
from collections.abc import Collection
from decimal import Decimal
from typing import Any, ClassVar

import pytest
import trustme
from placements import placement
from pydantic import SecretStr
from raw import Say, answer, drip, half, reset, serving, silence

from inkasso_core import (
    AgencyError,
    AuthenticationFailed,
    ClaimRejected,
    ConfigurationError,
    HttpAgency,
    HttpSettings,
    InkassoError,
    OutcomeUnknown,
    Placement,
    Refusal,
    Submission,
    TemporarilyUnavailable,
)
from inkasso_core.agencies.http import from_json, to_json
from inkasso_core.agencies.wire import retry_after

TAKEN = b'{"caseNo": "A-77", "open": 119.10}'


class AcmeSettings(HttpSettings):
    api_key: SecretStr = SecretStr("s3cr3t-value")


class Acme(HttpAgency[AcmeSettings]):
    name = "acme"
    label = "Acme Inkasso"
    Settings = AcmeSettings
    unprocessed: ClassVar[Collection[int]] = (429, 503)

    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.settings.api_key.get_secret_value()}

    def read_refusal(self, status: int, data: Any) -> Refusal:
        return Refusal(data["code"], tuple(data["fields"])) if isinstance(data, dict) and "code" in data else Refusal()

    def submit(self, placement: Placement) -> Submission:
        data = self.call("POST", "cases", json={"ref": placement.our_reference, "open": placement.total_open, "city": "Köln"})
        return Submission(agency_reference=data["caseNo"], raw=data)


def acme(url: str, **settings: Any) -> Acme:
    agency = Acme(AcmeSettings(**{"connect_timeout": 1, "read_timeout": 0.5, **settings}))
    agency.base_url = url
    return agency


def submitted(say: Say) -> tuple[Submission | InkassoError, list[bytes]]:
    with serving([say, say]) as raw:
        try:
            return acme(raw.url).submit(placement()), raw.requests
        except InkassoError as exc:
            return exc, raw.requests


def test_amounts_and_umlauts_arrive_to_the_byte_and_come_back_exact() -> None:
    said, requests = submitted(answer("201 Created", TAKEN))
    assert isinstance(said, Submission)
    assert said.raw == {"caseNo": "A-77", "open": Decimal("119.10")}
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /cases HTTP/1.1\r\n")
    assert b"X-Api-Key: s3cr3t-value" in head
    assert body == to_json({"ref": "T-1", "open": placement().total_open, "city": "Köln"})
    assert "Köln".encode() in body


AFTER_SENDING = {
    "read time-out": silence,
    "dripping": drip,
    "cut": reset,
    "half": half,
    "500": answer("500 Oops", b"{}"),
    "502": answer("502 Bad Gateway", b"<html>", "text/html"),
    "html": answer("200 OK", b"<html>Wartung</html>", "text/html"),
    "broken json": answer("200 OK", b'{"caseNo": '),
    "408": answer("408 Request Timeout"),
}


@pytest.mark.parametrize("fault", AFTER_SENDING)
def test_what_goes_wrong_after_sending_leaves_the_outcome_open_and_is_never_repeated(fault: str) -> None:
    said, requests = submitted(AFTER_SENDING[fault])
    assert isinstance(said, OutcomeUnknown)
    assert len(requests) == 1


@pytest.mark.parametrize("fault", AFTER_SENDING)
def test_the_same_while_reading_is_worth_another_try(fault: str) -> None:
    with serving([AFTER_SENDING[fault]]) as raw, pytest.raises(TemporarilyUnavailable):
        acme(raw.url).call("GET", "cases/A-77")


ANSWERED: dict[str, tuple[Say, type[InkassoError]]] = {
    "401": (answer("401 Unauthorized"), AuthenticationFailed),
    "403": (answer("403 Forbidden"), AuthenticationFailed),
    "400": (answer("400 Bad Request", b'{"code": "E1", "fields": ["city"]}'), ClaimRejected),
    "409": (answer("409 Conflict", b"<html>", "text/html"), ClaimRejected),
    "422": (answer("422 Unprocessable"), ClaimRejected),
    "429": (answer("429 Too Many Requests", b"", "text/plain", "Retry-After: 30"), TemporarilyUnavailable),
    "503": (answer("503 Away", b"", "text/plain", "Retry-After: 30"), TemporarilyUnavailable),
    "307": (answer("307 Temporary Redirect", b"", "text/plain", "Location: http://elsewhere.example/"), ConfigurationError),
    "308": (answer("308 Permanent Redirect", b"", "text/plain", "Location: /elsewhere"), ConfigurationError),
    "301": (answer("301 Moved", b"", "text/plain", "Location: https://elsewhere.example/cases"), ConfigurationError),
    "302": (answer("302 Found", b"", "text/plain", "Location: /cases/"), ConfigurationError),
}


@pytest.mark.parametrize("status", ANSWERED)
def test_what_an_error_status_means(status: str) -> None:
    say, kind = ANSWERED[status]
    said, requests = submitted(say)
    assert type(said) is kind
    assert len(requests) == 1
    if isinstance(said, TemporarilyUnavailable):
        assert said.retry_after == 30
    if isinstance(said, AgencyError):
        assert (said.agency, said.http_status) == ("acme", int(status))


def test_answers_in_chunks_and_packed_are_read_whole() -> None:
    body = b'{"caseNo": "A-77", "list": [' + b"1," * 50_000 + b"1]}"
    packed = gzip.compress(body)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(packed[i : i + 999]), packed[i : i + 999]) for i in range(0, len(packed), 999)) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving([lambda sock: sock.sendall(head + chunks), lambda sock: sock.sendall(head + chunks[:-200])]) as raw:
        agency = acme(raw.url)
        assert len(agency.call("GET", "cases")["list"]) == 50_001
        with pytest.raises(OutcomeUnknown):
            agency.call("POST", "cases")


def test_an_answer_without_end_is_none() -> None:
    def endless(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        for _ in range(40):
            sock.sendall(b"x" * 1_000_000)

    with serving([endless]) as raw, pytest.raises(OutcomeUnknown):
        acme(raw.url, read_timeout=20).call("POST", "cases")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other"])
@pytest.mark.parametrize("place", ["/cases/A-77", "http://elsewhere.example/login", "", "http://[broken"])
def test_a_redirect_to_another_place_may_be_a_yes(status: str, place: str) -> None:
    said, requests = submitted(answer(status, b"", "text/plain", f"Location: {place}"))
    assert isinstance(said, OutcomeUnknown)
    assert len(requests) == 1
    for_reading = pytest.raises((ConfigurationError, TemporarilyUnavailable))
    with serving([answer(status, b"", "text/plain", f"Location: {place}")]) as raw, for_reading:
        acme(raw.url).call("GET", "cases")


def test_a_refusal_names_code_and_fields_and_keeps_the_answer_apart() -> None:
    said, _ = submitted(answer("400 Bad Request", '{"code": "E1", "fields": ["city"], "text": "Grünwald unbekannt"}'.encode()))
    assert isinstance(said, ClaimRejected)
    assert (said.agency_code, said.fields) == ("E1", ("city",))
    assert said.raw == {"code": "E1", "fields": ["city"], "text": "Grünwald unbekannt"}
    assert "Grünwald" not in str(said)


def test_a_refused_connection_has_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    with pytest.raises(TemporarilyUnavailable):
        acme(url).submit(placement())


def test_a_connection_that_is_never_taken_has_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        held = []
        for _ in range(4):  # fill the queue of connections, so that the next one waits for ever
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
            held.append(sock)
        with pytest.raises(TemporarilyUnavailable):
            acme(f"http://127.0.0.1:{full.getsockname()[1]}/", connect_timeout=0.3).submit(placement())
        for sock in held:
            sock.close()


def test_a_host_that_nobody_knows_has_been_sent_nothing() -> None:
    with pytest.raises(TemporarilyUnavailable):
        acme("http://nobody.invalid/").submit(placement())


@pytest.mark.parametrize("url", ["", "nothing", "ftp://acme.example/", "http://:99999999/"])
def test_an_address_that_is_none_is_a_setting_to_mend(url: str) -> None:
    with pytest.raises(ConfigurationError):
        acme(url).submit(placement())


def test_a_certificate_that_nobody_vouches_for_is_a_setting_to_mend() -> None:
    import ssl
    import threading

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake() -> None:
            sock, _ = listener.accept()
            try:
                context.wrap_socket(sock, server_side=True)
            except OSError:
                sock.close()

        threading.Thread(target=shake, daemon=True).start()
        with pytest.raises(ConfigurationError) as caught:
            acme(f"https://127.0.0.1:{listener.getsockname()[1]}/").submit(placement())
    assert "certificate" in str(caught.value)


def test_credentials_of_the_machine_do_not_replace_the_accounts(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    _, requests = submitted(answer("200 OK", TAKEN))
    assert b"authorization" not in requests[0].lower()


def test_basic_credentials_are_sent_in_utf_8() -> None:
    request = type("Request", (), {"headers": {}})()
    assert HttpAgency.basic("müller", "geheim")(request).headers["Authorization"] == "Basic bcO8bGxlcjpnZWhlaW0="


def test_absent_and_empty_answers_are_none() -> None:
    with serving([answer("404 Not Found"), answer("204 No Content")]) as raw:
        agency = acme(raw.url)
        assert agency.call("GET", "cases/A-1", absent=(404,)) is None
        assert agency.call("DELETE", "cases/A-1") is None


@pytest.mark.parametrize("value", [1.5, {"a": [0.1]}, [{"a": 2.0}]])
def test_a_float_is_never_sent(value: Any) -> None:
    with pytest.raises(TypeError):
        to_json(value)


def test_numbers_keep_all_their_digits() -> None:
    exact = {"a": Decimal("79.90"), "b": 12345678901, "c": [Decimal("0.00")]}
    assert to_json(exact) == b'{"a": 79.90, "b": 12345678901, "c": [0.00]}'
    assert from_json(to_json(exact)) == exact


def test_when_to_try_again() -> None:
    now = dt.datetime(2026, 9, 1, 12, 0, tzinfo=dt.UTC)
    told = {
        "30": 30.0,
        "Tue, 01 Sep 2026 12:01:00 GMT": 60.0,
        "Tue, 01 Sep 2026 11:00:00 GMT": 0.0,
        "soon": None,
        "": None,
        "-5": None,
    }
    assert {text: retry_after({"Retry-After": text}, now=lambda: now) for text in told} == told
