"""E-mail where servers, files and settings are odd: replies out of step, seven bits, names and types that no message can hold."""

import contextlib
import datetime as dt
import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trustme
from placements import placement
from pydantic import ValidationError

from inkasso_adapters.email import Email, EmailSettings
from inkasso_core import (
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    InkassoError,
    OutcomeUnknown,
    SendDocument,
    SendMessage,
    TemporarilyUnavailable,
    read_documents,
)
from inkasso_core.agencies.mail import MailAgency

CASE: dict[str, Any] = {"agency_reference": "LAW-7", "our_reference": "T-1", "idempotency_key": "K-1", "asked_on": dt.date(2026, 9, 1)}
STEPS = {
    "greeting": "220 hello",
    "ehlo": "250-mail.example\r\n250 SIZE 9999999",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "text": "250 ok",
    "quit": "221 bye",
}


class Server:
    """A mail server that says at each step what it is told to, and keeps the text of messages."""

    def __init__(self, said: dict[str, str]) -> None:
        self.said, self.texts = {**STEPS, **said}, list[bytes]()

    def serve(self, listener: socket.socket) -> None:
        sock, _ = listener.accept()
        with sock, contextlib.suppress(OSError), sock.makefile("rb") as lines:
            self._say(sock, "greeting")
            for line in lines:
                step = line[:4].strip().lower().decode()
                self._say(sock, {"helo": "ehlo"}.get(step, step))
                if step == "data" and self.said["data"].startswith("354"):
                    self.texts.append(b"".join(iter(lines.readline, b".\r\n")))
                    self._say(sock, "text")

    def _say(self, sock: socket.socket, step: str) -> None:
        sock.sendall(self.said.get(step, "500 what?").encode() + b"\r\n")


@contextlib.contextmanager
def talking(**said: str) -> Iterator[tuple[Email, Server]]:
    server = Server(said)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield adapter(port=listener.getsockname()[1]), server
        listener.close()
        thread.join(5)


def adapter(**settings: Any) -> Email:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "security": "none",
        "sender": "inkasso@shop.example",
        "recipient": "akten@kanzlei.example",
        "unencrypted": True,
        "connect_timeout": 2,
        "read_timeout": 2,
    }
    return Email(EmailSettings(**{**values, **settings}))


SAID: dict[str, tuple[dict[str, str], type[InkassoError], int]] = {
    "yes before the text": ({"data": "250 ok"}, OutcomeUnknown, 0),
    "odd before the text": ({"data": "220 hello"}, OutcomeUnknown, 0),
    "later before the text": ({"data": "451 later"}, TemporarilyUnavailable, 0),
    "never before the text": ({"data": "554 no"}, ClaimRejected, 0),
    "odd after the text": ({"text": "220 hello"}, OutcomeUnknown, 1),
    "garbage after the text": ({"text": "ok"}, OutcomeUnknown, 1),
    "several lines": ({"text": "554-no\r\n554-really\r\n554 no"}, ClaimRejected, 1),
    "closing at the greeting": ({"greeting": "421 closing"}, TemporarilyUnavailable, 0),
    "closing at ehlo": ({"ehlo": "421 closing"}, TemporarilyUnavailable, 0),
    "closing at mail": ({"mail": "421 closing"}, TemporarilyUnavailable, 0),
    "closing at rcpt": ({"rcpt": "421-closing\r\n421 closing"}, TemporarilyUnavailable, 0),
    "closing at data": ({"data": "421 closing"}, TemporarilyUnavailable, 0),
}


@pytest.mark.parametrize("step", SAID)
def test_only_a_yes_to_the_text_is_a_yes(step: str) -> None:
    said, kind, texts = SAID[step]
    with talking(**said) as (mail, server):
        with pytest.raises(kind) as caught:
            mail.submit(placement())
        assert type(caught.value) is kind
    assert len(server.texts) == texts


def test_a_message_needs_no_more_than_seven_bits_and_short_lines() -> None:
    long = "Größe " * 400 + "\n.\n..Punkte\nEnde"
    with talking() as (mail, server):
        mail.send_message(SendMessage(**CASE, text=long))
    (raw,) = server.texts
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    undone = b"\r\n".join(line.removeprefix(b".") if line.startswith(b".") else line for line in raw.split(b"\r\n"))
    body = email.message_from_bytes(undone, policy=email.policy.default).get_body(("plain",))
    assert body is not None
    assert long in body.get_content().replace("\r\n", "\n")


NAMES = {
    "../../etc/passwd": "passwd",
    "C:\\Akten\\Müller.pdf": "Müller.pdf",
    "a\r\nBcc: x@y.example": "a__Bcc: x@y.example",
    "/": "document",
    'a"b;c.pdf': 'a"b;c.pdf',
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("media_type", ["application/pdf", "pdf", "a/b/c", "text/plain\r\nX: y", "message/rfc822", "multipart/mixed"])
def test_a_document_travels_whatever_its_name_and_type(name: str, media_type: str) -> None:
    content = bytes(range(256)) + b"\r\n.\r\n"
    with talking() as (mail, server):
        mail.send_document(SendDocument(**CASE, kind="other", file_name=name, media_type=media_type, content=content))
    message = email.message_from_bytes(server.texts[0], policy=email.policy.default)
    (part,) = message.iter_attachments()  # type: ignore[attr-defined]
    assert (part.get_filename(), part.get_payload(decode=True)) == (NAMES[name], content)
    assert part.get_content_type() == ("application/pdf" if media_type == "application/pdf" else "application/octet-stream")
    assert message["Bcc"] is None


@pytest.mark.parametrize("name", ["ä" * 200 + ".pdf", "folder", "a\nb.pdf", "secret.pdf", "../up.pdf", ".hidden"])
def test_a_document_that_cannot_be_read_stops_the_claim_before_anything_is_sent(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "secret.pdf").symlink_to(tmp_path / "none")
    claims = placement(documents=[{"kind": "invoice", "name": name}]).claims
    with pytest.raises(ClaimInvalid) as caught:
        read_documents(claims, tmp_path, agency="email")
    assert caught.value.fields == ("claims.0.documents.0",)


def test_documents_are_as_large_together_as_is_allowed_and_no_larger(tmp_path: Path) -> None:
    documents = [{"kind": "invoice", "name": name} for name in ("a.pdf", "b.eml")]
    for name in ("a.pdf", "b.eml"):
        (tmp_path / name).write_bytes(b"x" * 10)
    claims = placement(documents=documents).claims
    found = read_documents(claims, tmp_path, agency="email", largest=20)
    assert [(len(one.content), one.media_type) for one in found] == [(10, "application/pdf"), (10, "application/octet-stream")]
    with pytest.raises(ClaimInvalid):
        read_documents(claims, tmp_path, agency="email", largest=19)


@pytest.mark.parametrize("address", ["müller@kanzlei.example", "akten@müller.example", "a\x7fb@c.example", "a@b\x00.example", ""])
def test_an_address_that_no_server_takes_is_a_setting_to_mend(address: str) -> None:
    with pytest.raises(ValidationError):
        adapter(recipient=address)


@pytest.mark.parametrize("host", ["mail..example", "ä" * 80])
def test_a_host_that_no_network_can_name_is_a_setting_to_mend(host: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        adapter(host=host).submit(placement())
    assert caught.value.field == "host"
    with pytest.raises(ValidationError):
        adapter(host="")


def test_own_certificates_are_trusted_besides_those_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, own = trustme.CA(), trustme.CA()
    machine.cert_pem.write_to_path(str(tmp_path / "machine.pem"))
    own.cert_pem.write_to_path(str(tmp_path / "own.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "machine.pem"))
    context: ssl.SSLContext = MailAgency._trust(adapter(ca_file=tmp_path / "own.pem"))
    assert len(context.get_ca_certs()) == 2


def test_a_key_of_another_certificate_is_a_setting_to_mend(tmp_path: Path) -> None:
    authority = trustme.CA()
    for who in ("a@shop.example", "b@shop.example"):
        pair = authority.issue_cert(who)
        pair.cert_chain_pems[0].write_to_path(str(tmp_path / f"{who}.pem"))
        pair.private_key_pem.write_to_path(str(tmp_path / f"{who}.key"))
    with pytest.raises(ConfigurationError) as caught:
        adapter(sign_certificate=tmp_path / "a@shop.example.pem", sign_key=tmp_path / "b@shop.example.key").submit(placement())
    assert caught.value.field == "sign_key"


def test_an_amount_with_more_decimals_is_said_as_it_is() -> None:
    shown = adapter().rehearse(placement(principal=Decimal("1234.567"), currency="TND"))
    assert "1.234,567 TND" in shown
