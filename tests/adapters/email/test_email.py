"""Claims by e-mail, to a real SMTP server, read by openssl: what arrives, what each failure means, what is sealed and for whom."""

import csv
import datetime as dt
import email
import email.policy
import hashlib
import io
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from builders import green_claim
from exchange import compare
from peers.smtp import PASSWORD, USER, Inbox, smtp_server
from placements import placement
from pydantic import ValidationError

from inkasso_adapters.email import Email, EmailSettings
from inkasso_core import (
    Amend,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    InkassoError,
    OutcomeUnknown,
    Pause,
    Placement,
    Recall,
    ReportPayment,
    Resume,
    SendDocument,
    SendMessage,
    TemporarilyUnavailable,
)

DAY = dt.date(2026, 9, 1)
CASE: dict[str, Any] = {"agency_reference": "LAW-7", "our_reference": "T-1", "idempotency_key": "K-1", "asked_on": DAY}
SUBJECT = "Zwölf Gläser „Öl & Essig“ <500 ml>"


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    with smtp_server(tmp_path_factory.mktemp("smtp")) as found:
        yield found


@pytest.fixture(autouse=True)
def _emptied(inbox: Inbox) -> None:
    inbox.clear()


def adapter(inbox: Inbox, **settings: Any) -> Email:
    values: dict[str, Any] = {
        "host": inbox.host,
        "port": inbox.port,
        "user": USER,
        "password": PASSWORD,
        "ca_file": inbox.ca_file,
        "sender": "inkasso@shop.example",
        "recipient": "akten@kanzlei.example",
        "unencrypted": True,
        "connect_timeout": 2,
        "read_timeout": 2,
    }
    return Email(EmailSettings(**{**values, **settings}))


def with_invoice(folder: Path, **changes: Any) -> Placement:
    content = b"%PDF-1.4 Rechnung"
    (folder / "RE-4711.pdf").write_bytes(content)
    document = {"kind": "invoice", "name": "RE-4711.pdf", "media_type": "application/pdf", "sha256": hashlib.sha256(content).hexdigest()}
    return placement(subject=SUBJECT, documents=[{**document, **changes}])


def read(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def files(message: EmailMessage) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_payload(decode=True) for part in message.iter_attachments()}  # type: ignore[misc]


# What arrives


def test_a_claim_arrives_with_its_data_and_documents(inbox: Inbox, tmp_path: Path) -> None:
    placed = with_invoice(tmp_path)
    said = adapter(inbox, documents=tmp_path).submit(placed)
    assert (said.confirmed, said.agency_reference) == (False, None)
    message = read(inbox.messages[0])
    assert len(inbox.messages) == 1
    assert said.raw["message_id"] == message["Message-ID"] == "<T-1.key-T-1@shop.example>"
    assert message["Subject"] == "Neue Forderung T-1"
    found = files(message)
    assert list(found) == ["forderung.json", "forderung.csv", "RE-4711.pdf"]
    assert found["RE-4711.pdf"] == b"%PDF-1.4 Rechnung"
    data = json.loads(found["forderung.json"], parse_float=Decimal)
    assert data["claims"][0]["subject"] == SUBJECT
    assert Decimal(str(data["claims"][0]["principal_open"])) == placed.principal_open
    rows = list(csv.DictReader(io.StringIO(found["forderung.csv"].decode("utf-8-sig")), delimiter=";"))
    assert rows[0]["claims.0.subject"] == SUBJECT
    assert rows[0]["claims.0.principal_open"] == str(placed.principal_open)
    assert said.raw["files"]["forderung.json"] == hashlib.sha256(found["forderung.json"]).hexdigest()


def test_heads_and_subject_name_no_person(inbox: Inbox) -> None:
    placed = placement()
    adapter(inbox).submit(placed)
    message = read(inbox.messages[0])
    heads = " ".join(f"{name}: {value}" for name, value in message.items())
    person = placed.debtor.person
    assert person is not None
    assert person.last_name
    assert person.last_name not in heads


def test_the_same_try_has_the_same_id_and_all_of_a_case_form_one_thread(inbox: Inbox) -> None:
    mail = adapter(inbox)
    mail.submit(placement())
    mail.submit(placement())
    mail.recall(Recall(**CASE, reason="Irrtum"))
    first, second, third = map(read, inbox.messages)
    assert first["Message-ID"] == second["Message-ID"] != third["Message-ID"]
    assert first["References"] == third["References"]


def test_a_cell_that_a_spreadsheet_would_compute_is_text(inbox: Inbox) -> None:
    adapter(inbox).submit(placement(subject="=HYPERLINK(1)"))
    rows = list(csv.DictReader(io.StringIO(files(read(inbox.messages[0]))["forderung.csv"].decode("utf-8-sig")), delimiter=";"))
    assert rows[0]["claims.0.subject"] == "'=HYPERLINK(1)"


def test_several_claims_of_a_debtor_go_together(inbox: Inbox) -> None:
    mail = adapter(inbox, claims_per_message=5)
    assert mail.claims_per_placement == 5
    mail.submit(placement(green_claim(), green_claim()))
    assert len(json.loads(files(read(inbox.messages[0]))["forderung.json"])["claims"]) == 2


INSTRUCTIONS = {
    "amend": (Amend(**CASE, placement=placement(), changed=("credited",), note="Gutschrift über 5,00 €"), "credited"),
    "report_payment": (ReportPayment(**CASE, amount=Decimal("19.05"), currency="EUR", received_on=DAY), "19.05"),
    "recall": (Recall(**CASE, reason="Kunde hat sich gemeldet", costs_accepted=True), "Kunde hat sich gemeldet"),
    "pause": (Pause(**CASE, until=dt.date(2026, 10, 1)), "01.10.2026"),
    "resume": (Resume(**CASE), "Fortsetzung"),
    "send_message": (SendMessage(**CASE, text="Grüße aus Köln"), "Grüße aus Köln"),
    "send_document": (
        SendDocument(**CASE, kind="delivery", file_name="Beleg.pdf", media_type="application/pdf", content=b"%PDF"),
        "delivery",
    ),
}


@pytest.mark.parametrize("operation", INSTRUCTIONS)
def test_whatever_is_to_be_told_is_a_message_that_a_person_answers(inbox: Inbox, operation: str) -> None:
    instruction, words = INSTRUCTIONS[operation]
    said = getattr(adapter(inbox), operation)(instruction)
    assert said.done is False
    message = read(inbox.messages[0])
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert words in text
    assert "LAW-7" in text
    assert said.reference == message["Message-ID"] == "<T-1.K-1@shop.example>"
    assert set(files(message)) == {"amend": {"forderung.json", "forderung.csv"}, "send_document": {"Beleg.pdf"}}.get(operation, set())


def test_a_rehearsal_shows_the_message_and_sends_none(inbox: Inbox, tmp_path: Path) -> None:
    shown = adapter(inbox, documents=tmp_path).rehearse(with_invoice(tmp_path))
    assert "To: akten@kanzlei.example" in shown
    assert "RE-4711.pdf (17 bytes)" in shown
    assert inbox.messages == []


# Documents


@pytest.mark.parametrize(
    "changes", [{"sha256": "0" * 64}, {"name": "none.pdf"}, {"name": "../RE-4711.pdf"}, {"name": None}, {"name": ".RE-4711.pdf"}]
)
def test_a_document_that_is_missing_or_another_stops_the_claim(inbox: Inbox, tmp_path: Path, changes: dict[str, Any]) -> None:
    placed = with_invoice(tmp_path, **changes)
    for act in (adapter(inbox, documents=tmp_path).check, adapter(inbox, documents=tmp_path).submit):
        with pytest.raises(ClaimInvalid) as caught:
            act(placed)
        assert caught.value.fields == ("claims.0.documents.0",)
    assert inbox.messages == []


def test_documents_that_are_too_large_stop_the_claim(inbox: Inbox, tmp_path: Path) -> None:
    placed = with_invoice(tmp_path, sha256=None)
    (tmp_path / "RE-4711.pdf").write_bytes(b"x" * 1_100_000)
    with pytest.raises(ClaimInvalid):
        adapter(inbox, documents=tmp_path, largest_message=1).submit(placed)
    document = SendDocument(**CASE, kind="other", file_name="a", media_type="text/plain", content=b"x" * 1_100_000)
    with pytest.raises(ClaimInvalid):
        adapter(inbox, largest_message=1).send_document(document)


# The page


def test_the_page_shows_what_really_arrived(inbox: Inbox, tmp_path: Path) -> None:
    mail = adapter(inbox, documents=tmp_path, signature="Musterhandel GmbH, Telefon 0351 123456")
    mail.submit(with_invoice(tmp_path))
    mail.report_payment(ReportPayment(**CASE, amount=Decimal("19.05"), currency="EUR", received_on=DAY))
    operations = ("submit", "report_payment")
    compare("email", "\n".join(_shown(operation, read(raw)) for operation, raw in zip(operations, inbox.messages, strict=True)))


def _shown(operation: str, message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    heads = [f"{name}: {message[name]}" for name in ("From", "To", "Subject", "Message-ID", "References")]
    parts = [f"### `{operation}`\n", "```text", *heads, "", body.get_content().replace("\r\n", "\n").strip(), "```\n"]
    for name, content in files(message).items():
        shown = json.dumps(json.loads(content), ensure_ascii=False, indent=2) if name.endswith(".json") else None
        parts += [f"`{name}`:\n", "```json", shown, "```\n"] if shown else [f"`{name}`: {len(content)} bytes\n"]
    return "\n".join(parts)


# What each failure means


FAULTS: dict[str, tuple[dict[str, str], type[InkassoError], int]] = {
    "sender refused": ({"mail": "550 no"}, ConfigurationError, 0),
    "recipient refused": ({"rcpt": "550 nobody here"}, ConfigurationError, 0),
    "greylisted": ({"rcpt": "451 later"}, TemporarilyUnavailable, 0),
    "cut before the text": ({"rcpt": "cut"}, TemporarilyUnavailable, 0),
    "busy after the text": ({"data": "452 full"}, TemporarilyUnavailable, 1),
    "refused after the text": ({"data": "554 policy"}, ClaimRejected, 1),
    "cut after the text": ({"data": "cut"}, OutcomeUnknown, 1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_server_says_decides(inbox: Inbox, fault: str) -> None:
    said, kind, arrived = FAULTS[fault]
    inbox.answer(**said)
    with pytest.raises(kind) as caught:
        adapter(inbox).submit(placement())
    assert type(caught.value) is kind
    assert len(inbox.messages) == arrived, "never a second time"


def test_a_message_that_the_server_finds_too_large_is_refused(inbox: Inbox, tmp_path: Path) -> None:
    placed = with_invoice(tmp_path, sha256=None)
    (tmp_path / "RE-4711.pdf").write_bytes(b"x" * 3_000_000)
    with pytest.raises((ClaimRejected, ConfigurationError)):
        adapter(inbox, documents=tmp_path).submit(placed)
    assert inbox.messages == []


def test_a_wrong_password_stops_the_account(inbox: Inbox) -> None:
    with pytest.raises(AuthenticationFailed):
        adapter(inbox, password="falsch").submit(placement())
    with pytest.raises((AuthenticationFailed, ConfigurationError)):
        adapter(inbox, user=None, password=None).submit(placement())


def test_a_server_that_nobody_vouches_for_stops_the_account(inbox: Inbox) -> None:
    with pytest.raises(ConfigurationError):
        adapter(inbox, ca_file=None).submit(placement())


def test_a_server_without_encryption_gets_no_password(tmp_path: Path, inbox: Inbox) -> None:
    with smtp_server(tmp_path, "tls") as other:
        adapter(other, security="tls").submit(placement())
        assert len(other.messages) == 1
        with pytest.raises((TemporarilyUnavailable, ConfigurationError)):
            adapter(other, security="starttls", read_timeout=0.5, connect_timeout=0.5).submit(placement())
        assert len(other.messages) == 1


def test_a_server_that_is_away_is_tried_again(inbox: Inbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(TemporarilyUnavailable):
        adapter(inbox, port=port).submit(placement())
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TemporarilyUnavailable):
        adapter(inbox, port=silent.getsockname()[1], connect_timeout=0.3, read_timeout=0.3).submit(placement())


# Sealing


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    authority = trustme.CA(key_type=trustme.KeyType.RSA)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    for who in ("shop@shop.example", "akten@kanzlei.example"):
        pair = authority.issue_cert(who, key_type=trustme.KeyType.RSA)
        pair.cert_chain_pems[0].write_to_path(str(folder / f"{who}.pem"))
        pair.private_key_pem.write_to_path(str(folder / f"{who}.key"))
    return folder


def openssl(*args: str, given: bytes) -> bytes:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    done = subprocess.run([program, "cms", *args], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_a_sealed_message_is_opened_by_its_recipient_alone_and_bears_our_signature(inbox: Inbox, keys: Path) -> None:
    recipient, shop = keys / "akten@kanzlei.example", keys / "shop@shop.example"
    mail = adapter(inbox, unencrypted=False, encrypt_for=f"{recipient}.pem", sign_certificate=f"{shop}.pem", sign_key=f"{shop}.key")
    placed = placement(subject=SUBJECT)
    mail.submit(placed)
    raw = inbox.messages[0]
    person = placed.debtor.person
    assert person is not None
    for secret in (person.last_name or "", SUBJECT):
        assert secret.encode() not in raw
    assert read(raw)["Subject"] == "Neue Forderung T-1"
    opened = openssl("-decrypt", "-recip", f"{recipient}.pem", "-inkey", f"{recipient}.key", given=raw)
    signed = openssl("-verify", "-CAfile", str(keys / "ca.pem"), "-purpose", "any", given=opened)
    found = files(read(signed))
    assert json.loads(found["forderung.json"])["claims"][0]["subject"] == SUBJECT


@pytest.mark.parametrize("how", ["signed", "encrypted"])
def test_either_seal_alone(inbox: Inbox, keys: Path, how: str) -> None:
    recipient, shop = keys / "akten@kanzlei.example", keys / "shop@shop.example"
    if how == "signed":
        adapter(inbox, sign_certificate=f"{shop}.pem", sign_key=f"{shop}.key").submit(placement(subject=SUBJECT))
        opened = openssl("-verify", "-CAfile", str(keys / "ca.pem"), "-purpose", "any", given=inbox.messages[0])
    else:
        adapter(inbox, unencrypted=False, encrypt_for=f"{recipient}.pem").submit(placement(subject=SUBJECT))
        opened = openssl("-decrypt", "-recip", f"{recipient}.pem", "-inkey", f"{recipient}.key", given=inbox.messages[0])
    assert json.loads(files(read(opened))["forderung.json"])["claims"][0]["subject"] == SUBJECT


def test_certificates_and_keys_that_cannot_be_used_say_so(inbox: Inbox, keys: Path, tmp_path: Path) -> None:
    shop = keys / "shop@shop.example"
    ec = trustme.CA().issue_cert("a@b.example", key_type=trustme.KeyType.ECDSA)
    ec.cert_chain_pems[0].write_to_path(str(tmp_path / "ec.pem"))
    wrong: list[dict[str, Any]] = [
        {"encrypt_for": tmp_path / "none.pem"},
        {"encrypt_for": f"{shop}.key"},
        {"encrypt_for": tmp_path / "ec.pem"},
        {"sign_certificate": f"{shop}.pem", "sign_key": f"{shop}.pem"},
        {"ca_file": tmp_path / "none.pem"},
    ]
    for settings in wrong:
        with pytest.raises(ConfigurationError) as caught:
            adapter(inbox, **settings).submit(placement())
        assert caught.value.field in ("encrypt_for", "sign_key", "ca_file")
    assert inbox.messages == []


@pytest.mark.parametrize(
    "settings", [{"unencrypted": False}, {"sign_key": "a.pem"}, {"user": None}, {"recipient": "a b@c"}, {"recipient": "a@b\r\nBcc: x@y"}]
)
def test_settings_that_do_not_fit_together_are_refused(inbox: Inbox, settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        adapter(inbox, **settings)
