"""What no ordinary agency does: encryption that breaks after the request, headers and addresses that are none, waits without end."""

import contextlib
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from raw import answer, reset, serving

from inkasso_core import ClaimRejected, ConfigurationError, InkassoError, OutcomeUnknown, TemporarilyUnavailable
from inkasso_core.agencies.http import from_json
from inkasso_core.agencies.wire import LONGEST_WAIT, Answer, Times, Wire, retry_after

WIRE_TIMES = Times(1, 1)
GARBLED = b"\x17\x03\x03\x00\x20" + b"x" * 32
"""A record that no key opens."""
ALERT = b"\x15\x03\x03\x00\x02\x02\x50"
"""An alert in the clear: internal error."""


def wire() -> Wire:
    return Wire("acme", "Acme", WIRE_TIMES)


@contextlib.contextmanager
def encrypted(after: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[bytes]]]:
    """Take one request over TLS, and then say these bytes beneath the encryption."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            plain, _ = listener.accept()
            shaken = context.wrap_socket(plain, server_side=True)
            requests.append(shaken.recv(65536))
            with socket.socket(fileno=shaken.detach()) as beneath:
                beneath.sendall(after)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/cases", requests
        thread.join(5)


@contextlib.contextmanager
def beginning(said: bytes) -> Iterator[str]:
    """Say this to whoever connects, and hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            sock, _ = listener.accept()
            with sock:
                sock.recv(65536)
                sock.sendall(said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(5)


@pytest.mark.parametrize("after", [GARBLED, ALERT, b""], ids=["garbled", "alert", "cut"])
def test_encryption_that_breaks_after_the_request_leaves_the_outcome_open(
    after: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with encrypted(after, tmp_path, monkeypatch) as (url, requests), pytest.raises(OutcomeUnknown):
        wire().send("POST", url, body=b"{}")
    assert len(requests) == 1


def test_a_server_that_speaks_no_encryption_is_a_setting_to_mend() -> None:
    with beginning(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url, pytest.raises(ConfigurationError):
        wire().send("POST", url, body=b"{}")


def test_a_handshake_that_is_cut_or_never_ends_has_sent_nothing() -> None:
    with beginning(b"") as url, pytest.raises(TemporarilyUnavailable):
        wire().send("POST", url, body=b"{}")
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TemporarilyUnavailable):
        wire().send("POST", f"https://127.0.0.1:{silent.getsockname()[1]}/", body=b"{}")


@pytest.mark.parametrize(("status", "kind"), [("303 See Other", OutcomeUnknown), ("308 Permanent Redirect", ConfigurationError)])
def test_a_result_that_lies_elsewhere_is_no_address_to_mend(status: str, kind: type[InkassoError]) -> None:
    with serving([answer(status, b"", "text/plain", "Location: http://elsewhere.example/")]) as raw:
        found = wire().send("POST", raw.url, body=b"{}")
    with pytest.raises(kind):
        wire().refuse(found, True, raw=None)
    with pytest.raises(ConfigurationError):
        wire().refuse(Answer(303, {}, b""), False, raw=None)


def test_a_proxy_that_cannot_be_reached_has_sent_nothing_and_one_that_cuts_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed.getsockname()[1]}")
    with pytest.raises(TemporarilyUnavailable):
        wire().send("POST", "http://agency.example/cases", body=b"{}")
    with serving([reset]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with pytest.raises(OutcomeUnknown):
            wire().send("POST", "http://agency.example/cases", body=b"{}")
        assert len(proxy.requests) == 1


@pytest.mark.parametrize("value", ["€-key", "key\r\nX-Other: 1", "key\n", " key", "ke\0y"])
def test_a_header_that_is_none_is_a_setting_to_mend_and_is_not_shown(value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        wire().send("POST", "http://127.0.0.1:9/", headers={"X-Key": value})
    assert "key" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://[::1/cases", "http://a..b/cases", f"http://{'a' * 70}.example/", "http://agency.example/cases/../x"]
)
def test_more_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ConfigurationError):
        wire().send("POST", url, body=b"{}")


def test_certificates_that_are_not_there_are_a_setting_to_mend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(ConfigurationError) as caught:
        wire().send("POST", "https://127.0.0.1:9/", body=b"{}")
    assert "REQUESTS_CA_BUNDLE" in str(caught.value)


@pytest.mark.parametrize("value", ["9" * 400, "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_waits_for_ever(value: str) -> None:
    assert retry_after({"Retry-After": value}) == LONGEST_WAIT


@pytest.mark.parametrize("value", ["Fri, 31 Dec 99999999999999999999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 +9999", "Mon, x"])
def test_a_wait_that_no_calendar_has_is_none(value: str) -> None:
    assert retry_after({"Retry-After": value}, now=lambda: dt.datetime(2026, 9, 1, tzinfo=dt.UTC)) is None


@pytest.mark.parametrize("charset", ["idna", "undefined", "base64", "no-such", "utf\0-8"])
def test_an_encoding_that_is_none_reads_as_utf_8(charset: str) -> None:
    assert Answer(200, {"Content-Type": f"text/plain; charset={charset}"}, "Köln".encode()).text == "Köln"


def test_json_nested_without_end_is_none() -> None:
    with pytest.raises(ValueError, match="nested"):
        from_json(b"[" * 200_000)


def test_a_refusal_still_is_one() -> None:
    with pytest.raises(ClaimRejected):
        wire().refuse(Answer(422, {}, b""), True, raw=None)
