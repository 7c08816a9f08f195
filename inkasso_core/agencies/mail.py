"""Agencies that take claims by e-mail. SMTP, signed and encrypted; the message's id is kept.

What left by mail counts as exported until somebody confirms that it arrived. Until the text of a message has begun to leave, a failure has
sent nothing; after that, only the server's own answer says what became of it.
"""

from __future__ import annotations

import smtplib
import ssl
from base64 import b64encode
from contextlib import closing, suppress
from email.message import EmailMessage
from email.policy import SMTP
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, NoReturn, TypeVar

from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from inkasso_core.agencies.base import Agency, AgencySettings
from inkasso_core.agencies.wire import CONNECT_SECONDS, READ_SECONDS
from inkasso_core.errors import AuthenticationFailed, ClaimRejected, ConfigurationError, OutcomeUnknown, TemporarilyUnavailable
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.agencies.smime import Envelope

SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""Every server takes seven bits; a signed text that one on the way writes anew is no longer signed (RFC 8551, 3.1.3)."""
MailAddress = Annotated[str, StringConstraints(pattern=r"^[!-+\-./0-9:=?A-Z\[-~]+@[A-Za-z0-9.-]+$", max_length=254)]
"""ASCII only: a domain with umlauts is written ``xn--…``."""
_OK = (250, 251)
_LATER_FROM, _NEVER_FROM = 400, 500
_LET_IN = (235, 503)
_NO_ANSWER = -1
_NOT_LET_IN = frozenset({530, 534, 535, 538})


class MailSettings(AgencySettings):
    """The mail server, who writes to whom, and how messages are sealed."""

    host: str = Field(min_length=1)
    """The server that takes our mail (SMTP)."""
    port: int = Field(default=587, gt=0, lt=65536)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """``none`` sends the password in the clear: for a server on this machine only."""
    user: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    """Certificates to trust besides those of the machine (PEM)."""
    sender: MailAddress
    recipient: MailAddress
    """The agency's or lawyer's address, agreed with them."""
    encrypt_for: Path | None = None
    """The recipient's certificate (PEM, RSA)."""
    unencrypted: bool = False
    """Set to send without encryption: debtors' data then lie open on every mail server on the way."""
    sign_certificate: Path | None = None
    """Our certificate (PEM)."""
    sign_key: Path | None = None
    """Its key (PEM)."""
    sign_key_password: SecretStr | None = None
    connect_timeout: float = Field(default=CONNECT_SECONDS, gt=0)
    """Seconds to connect."""
    read_timeout: float = Field(default=READ_SECONDS, gt=0)
    """Seconds for each answer of the server."""

    @model_validator(mode="after")
    def _sealed(self) -> MailSettings:
        if self.encrypt_for is None and not self.unencrypted:
            raise PydanticCustomError("encrypt_for", "name the recipient's certificate in encrypt_for, or set unencrypted = true knowingly")
        if (self.sign_certificate is None) != (self.sign_key is None):
            raise PydanticCustomError("sign_key", "sign_certificate and sign_key belong together")
        if (self.user is None) != (self.password is None):
            raise PydanticCustomError("password", "user and password belong together")
        return self


MS = TypeVar("MS", bound=MailSettings)


class Sent(NamedTuple):
    """A message that the server took."""

    message_id: str
    size: int


class MailAgency(Agency[MS]):
    """Base of adapters that send mail. Authors write the message and call :meth:`send`."""

    @cached_property
    def envelope(self) -> Envelope:
        """How messages are sealed. Raises ``ConfigurationError`` for a certificate or key that cannot be read, and without the library."""
        try:
            from inkasso_core.agencies.smime import Envelope
        except ImportError:  # only who seals needs it
            raise ConfigurationError(_NO_EXTRA.fill(label=self.label)) from None
        settings = self.settings
        return Envelope(
            certificate=settings.sign_certificate,
            key=settings.sign_key,
            password=settings.sign_key_password.get_secret_value() if settings.sign_key_password else None,
            recipient=settings.encrypt_for,
        )

    def sealed(self, message: EmailMessage) -> bytes:
        """Return the message as it leaves, in bytes."""
        settings = self.settings
        is_open = settings.sign_certificate is None and settings.encrypt_for is None
        return (message if is_open else self.envelope.seal(message)).as_bytes(policy=SEVEN_BIT)

    def send(self, message: EmailMessage) -> Sent:
        """Seal a message, which must have a ``Message-ID``, and send it, once.

        Raises ``TemporarilyUnavailable`` where it has certainly not left, ``OutcomeUnknown`` where the server's answer to it was lost,
        ``ClaimRejected`` where the server refused this message, ``AuthenticationFailed`` and ``ConfigurationError``.
        """
        data = self.sealed(message)
        with closing(self._connected()) as server:
            try:
                self._expect(server.mail(self.settings.sender, [f"size={len(data)}"] if server.has_extn("size") else []))
                self._expect(server.rcpt(self.settings.recipient), address=True)
            except (OSError, smtplib.SMTPException):
                self._away()
            try:
                code, _ = server.data(data)
            except smtplib.SMTPDataError as exc:  # the server does not want to hear it at all; a yes to what it has not heard is none
                code = exc.smtp_code if exc.smtp_code >= _LATER_FROM else _NO_ANSWER
            except (OSError, smtplib.SMTPException):
                raise OutcomeUnknown(_LOST.fill(label=self.label), agency=self.name) from None
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
        if code not in _OK:
            self._refused(code)
        return Sent(str(message["Message-ID"]), len(data))

    def _connected(self) -> smtplib.SMTP:
        """Connect and log in. Nothing has been sent when this fails."""
        settings = self.settings
        context = self._trust()
        try:
            server = (
                smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.connect_timeout, context=context)
                if settings.security == "tls"
                else smtplib.SMTP(settings.host, settings.port, timeout=settings.connect_timeout)
            )
        except (ssl.SSLError, UnicodeError):  # a name that is none cannot be written for the network
            raise ConfigurationError(_NOT_TRUSTED.fill(label=self.label), field="host") from None
        except (OSError, smtplib.SMTPException):
            self._away()
        try:
            if server.sock is not None:
                server.sock.settimeout(settings.read_timeout)
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.user is not None and settings.password is not None:
                _log_in(server, settings.user, settings.password.get_secret_value())
            server.ehlo_or_helo_if_needed()
        except smtplib.SMTPAuthenticationError as exc:
            server.close()
            if exc.smtp_code < _NEVER_FROM:
                self._away()
            raise AuthenticationFailed(_LOGIN.fill(label=self.label), agency=self.name) from None
        except (ssl.SSLError, smtplib.SMTPNotSupportedError):
            server.close()
            raise ConfigurationError(_NOT_TRUSTED.fill(label=self.label), field="security") from None
        except (OSError, smtplib.SMTPException):
            server.close()
            self._away()
        return server

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.settings.ca_file is not None:
            try:
                context.load_verify_locations(self.settings.ca_file)
            except OSError:
                raise ConfigurationError(_NO_CA, field="ca_file") from None
        return context

    def _expect(self, answer: tuple[int, bytes], *, address: bool = False) -> None:
        code, _ = answer
        if code in _OK:
            return
        if code in _NOT_LET_IN:
            raise AuthenticationFailed(_LOGIN.fill(label=self.label), agency=self.name, agency_code=str(code))
        if code < _NEVER_FROM:
            self._away()
        field = "recipient" if address else "sender"
        raise ConfigurationError(_ADDRESS.fill(label=self.label, field=field, code=code), field=field)

    def _refused(self, code: int) -> NoReturn:
        """The server's own word on the message: it did not take it."""
        if _LATER_FROM <= code < _NEVER_FROM:
            self._away()
        if code < _LATER_FROM:
            raise OutcomeUnknown(_LOST.fill(label=self.label), agency=self.name, agency_code=str(code))
        raise ClaimRejected(_REFUSED.fill(label=self.label, code=code), agency=self.name, agency_code=str(code))

    def _away(self) -> NoReturn:
        raise TemporarilyUnavailable(_AWAY.fill(label=self.label), agency=self.name) from None


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    """Log in by what the server offers; ``smtplib`` itself knows no umlauts (RFC 4616: PLAIN is UTF-8)."""
    if user.isascii() and password.isascii():
        server.login(user, password)
        return
    server.ehlo_or_helo_if_needed()
    code, said = server.docmd("AUTH", "PLAIN " + b64encode(f"\0{user}\0{password}".encode()).decode())
    if code not in _LET_IN:
        raise smtplib.SMTPAuthenticationError(code, said)


_NO_EXTRA = Text(
    "{label}: signieren und verschlüsseln braucht ein weiteres Paket: `pip install 'inkasso[mail]'`.",
    "{label}: signing and encrypting need another package: `pip install 'inkasso[mail]'`.",
)
_NO_CA = Text(
    "Die Einstellung ca_file nennt keine lesbare Datei mit Zertifikaten (PEM).",
    "The setting ca_file names no readable file of certificates (PEM).",
)
_AWAY = Text(
    "{label}: der Mailserver nimmt gerade nichts an: es wird wieder versucht.",
    "{label}: the mail server takes nothing at the moment: it is tried again.",
)
_LOST = Text(
    "{label}: die Antwort des Mailservers ging verloren: ob die Nachricht abging, ist nicht bekannt.",
    "{label}: the mail server's answer was lost: whether the message left is not known.",
)
_LOGIN = Text(
    "{label}: der Mailserver lehnt die Anmeldung ab: user und password prüfen.",
    "{label}: the mail server refuses the login: check user and password.",
)
_NOT_TRUSTED = Text(
    "{label}: mit dem Mailserver kommt keine verschlüsselte Verbindung zustande: host, port, security und ca_file prüfen.",
    "{label}: no encrypted connection to the mail server can be made: check host, port, security and ca_file.",
)
_ADDRESS = Text(
    "{label}: der Mailserver lehnt die Adresse in der Einstellung {field} ab (SMTP {code}).",
    "{label}: the mail server refuses the address in the setting {field} (SMTP {code}).",
)
_REFUSED = Text(
    "{label}: der Mailserver lehnt die Nachricht ab (SMTP {code}).", "{label}: the mail server refuses the message (SMTP {code})."
)
