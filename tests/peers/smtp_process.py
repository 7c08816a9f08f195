"""aiosmtpd, as a process: every message into a file of the folder; ``answers.json`` there says what the server answers at a step."""

import json
import ssl
import sys
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

FOLDER, PORT, USER, PASSWORD, KIND = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]


class Handler:
    """Keeps messages, and says what it is told to say."""

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        envelope.mail_from = address
        return said("mail", server)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return said("rcpt", server)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.original_content, bytes)
        number = len(list(FOLDER.glob("*.eml")))
        (FOLDER / f"{number:04d}.part").write_bytes(envelope.original_content)
        (FOLDER / f"{number:04d}.part").rename(FOLDER / f"{number:04d}.eml")
        return said("data", server)


def said(step: str, server: SMTP) -> str:
    answers = FOLDER / "answers.json"
    told = json.loads(answers.read_text()).get(step) if answers.exists() else None
    if told == "cut":
        assert server.transport is not None
        server.transport.abort()
    return told or "250 OK"


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(FOLDER / "server.pem", FOLDER / "server.key")
implicit = KIND == "tls"
Controller(
    Handler(),
    hostname="127.0.0.1",
    port=PORT,
    ssl_context=context if implicit else None,
    tls_context=None if implicit else context,
    require_starttls=not implicit,
    auth_required=True,
    auth_require_tls=not implicit,
    authenticator=authenticate,
    data_size_limit=3 * 1024 * 1024,
).start()
while True:
    time.sleep(60)
