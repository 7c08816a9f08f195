"""The stand-in itself: what each fault is on the wire, seen by a bare client, and that it counts right."""

import socket
import time
from collections.abc import Iterator

import pytest
import requests

from inkasso_core.agencies.wire import is_unsent
from inkasso_core.testing import Fault, FaultServer, Received, Reply, SilentPort, closed_port
from inkasso_core.testing.faults import ACCEPTED, STATUSES

CASE = Reply("POST", "/cases", {"case": "A-77", "text": "Größe"})
FORM = "application/x-www-form-urlencoded"
LIMITS = (0.3, 0.4)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(CASE) as found:
        yield found


def post(server: FaultServer, path: str = "/cases", **more: object) -> requests.Response:
    return requests.post(server.url + path, timeout=LIMITS, **{"json": {"ref": "T-1"}, **more})  # type: ignore[arg-type]


def test_it_answers_by_its_script_and_writes_everything_down(server: FaultServer) -> None:
    assert post(server, headers={"X-Key": "k"}).json() == {"case": "A-77", "text": "Größe"}
    (request,) = server.received
    assert (request.method, request.path, request.header("x-key"), request.accepted) == ("POST", "/cases", "k", True)
    assert request.values() == ["T-1"]
    assert post(server, "/elsewhere").status_code == 404
    assert [str(one) for one in server.unannounced] == [f"POST {server.address}/elsewhere"]


def test_a_request_that_comes_again_is_answered_again_and_counted(server: FaultServer) -> None:
    assert [post(server).status_code for _ in range(3)] == [200, 200, 200]
    assert len(server.asked(CASE)) == 3


@pytest.mark.parametrize("fault", STATUSES)
def test_a_fault_with_a_status(server: FaultServer, fault: Fault) -> None:
    server.fail(fault)
    answer = post(server, allow_redirects=False)
    assert answer.status_code == STATUSES[fault]
    assert (answer.headers.get("Retry-After") == "7") == (fault is Fault.TOO_MANY)
    assert bool(answer.content) == (
        fault in {Fault.HTML, Fault.GARBLED, Fault.SERVER_ERROR, Fault.UNAVAILABLE, Fault.SOAP_FAULT_200, Fault.SOAP_FAULT_500}
    )
    assert [request.accepted for request in server.asked(CASE)] == [fault in ACCEPTED]


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.HALF_ANSWER, Fault.ANSWER_LOST, Fault.READ_TIMEOUT])
def test_a_fault_without_one(server: FaultServer, fault: Fault) -> None:
    server.fail(fault)
    with pytest.raises(requests.RequestException) as caught:
        post(server)
    assert not is_unsent(caught.value)
    assert [request.accepted for request in server.asked(CASE)] == [fault in ACCEPTED]
    assert (server.received[0].body == b"") == (fault is Fault.CUT_BEFORE)


def test_an_answer_that_drips_never_ends(server: FaultServer) -> None:
    server.fail(Fault.DRIP)
    with requests.post(f"{server.url}/cases", json={}, timeout=LIMITS, stream=True) as answer:
        parts = [answer.raw.read1(100) for _ in range(3)]
    assert parts == [b" "] * 3


def test_a_closed_port_refuses_and_a_silent_one_does_not_answer() -> None:
    with pytest.raises(requests.ConnectionError) as refused:
        requests.post(f"http://{closed_port()}", timeout=LIMITS)
    silent = SilentPort()
    began = time.monotonic()
    with pytest.raises(requests.ConnectTimeout) as timed_out:
        requests.post(f"http://{silent.address}", timeout=LIMITS)
    silent.close()
    assert time.monotonic() - began < 2
    assert is_unsent(refused.value)
    assert is_unsent(timed_out.value)


def test_only_the_target_meets_the_fault(server: FaultServer) -> None:
    draft = Reply("POST", "/drafts", {"id": 1})
    server.play(draft, CASE, fault=Fault.SERVER_ERROR)
    assert [post(server, path).status_code for path in ("/drafts", "/cases")] == [200, 500]
    server.fail(None)
    assert post(server).status_code == 200


def test_what_breaks_in_the_server_itself_is_raised() -> None:
    odd = Reply("POST", "/x", {"amount": object()})
    with pytest.raises(TypeError), FaultServer(odd) as server, pytest.raises(requests.ConnectionError):
        post(server, "/x")


def test_an_unfinished_request_leaves_nothing_hanging() -> None:
    with FaultServer(CASE) as server:
        link = socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2])))
        link.sendall(b"POST /cases HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
    link.close()


# What a request says


def received(body: bytes, kind: str = "application/json", **headers: str) -> Received:
    return Received("POST", "h", "/p?ref=T-1&n%C3%A4me=H%C3%B6%C3%9F", {"Content-Type": kind, **headers}, body)


VALUES = [
    (b'{"a": {"b": [1.10, "Gr\\u00f6\\u00dfe", true, null]}}', "application/json", ["1.10", "Größe", "True"]),
    ("<a b='2'><c>Größe</c><d> 1.10 </d></a>".encode(), "text/xml", ["2", "Größe", "1.10"]),
    (b"<?xml version='1.0' encoding='iso-8859-1'?><a>Gr\xf6\xdfe</a>", "text/xml", ["Größe"]),
    (b"name=Gr%C3%B6%C3%9Fe&sum=1.10", FORM, ["Größe", "1.10"]),
    ("Größe".encode(), "text/plain; charset=utf-8", ["Größe"]),
    ("Größe".encode("latin-1"), "text/plain; charset=iso-8859-1", ["Größe"]),
    ("Größe".encode("cp1252"), "text/plain", ["Größe"]),
    (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n{"b": "1.10"}\r\n--x--\r\n', "multipart/form-data; boundary=x", ["1.10"]),
]


@pytest.mark.parametrize(("body", "kind", "values"), VALUES)
def test_values_are_read_whatever_a_request_is_written_in(body: bytes, kind: str, values: list[str]) -> None:
    assert received(body, kind).values() == ["T-1", "Höß", *values]


ENVELOPE = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body><x:newCase xmlns:x="u"/></s:Body></s:Envelope>'
)


@pytest.mark.parametrize(
    ("request_", "operation"),
    [(received(ENVELOPE, "text/xml"), "newCase"), (received(b"", SOAPAction='"urn:acme#newCase"'), "newCase"), (received(b"{}"), "")],
)
def test_the_operation_of_a_soap_request(request_: Received, operation: str) -> None:
    assert request_.operation == operation


@pytest.mark.parametrize(
    ("url", "asks"),
    [
        (None, True),
        ("/p", True),
        ("https://h/p/", True),
        ("https://h/p?ref=T-1", True),
        ("https://h/p?ref=T-2", False),
        ("https://other/p", False),
        ("/q", False),
    ],
)
def test_which_reply_a_request_is_for(url: str | None, asks: bool) -> None:
    assert received(b"{}").is_asked_by(Reply("post", url)) is asks
    assert not received(b"{}").is_asked_by(Reply("GET", url))
