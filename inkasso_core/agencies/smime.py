"""S/MIME (RFC 8551) with ``cryptography``: sign a message, then encrypt it for its recipient. Certificates and keys are PEM files."""

from __future__ import annotations

from copy import deepcopy
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7

from inkasso_core.agencies.mail import SEVEN_BIT
from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Text


class Envelope:
    """How the messages of one account are sealed: with whose key they are signed, for whom they are encrypted; either may be missing."""

    def __init__(
        self, *, certificate: Path | None = None, key: Path | None = None, password: str | None = None, recipient: Path | None = None
    ) -> None:
        self._signer = _signer(certificate, key, password) if certificate and key else None
        self._recipient = _for_recipient(recipient) if recipient else None

    def seal(self, message: EmailMessage) -> EmailMessage:
        """Return the message signed and encrypted, under the same headers of address and subject."""
        body = deepcopy(message)
        for name in {name for name in body if not _of_content(name)}:
            del body[name]
        content = body.as_bytes(policy=SEVEN_BIT)
        kind = None
        if self._signer is not None:
            content, kind = self._signed(content), "signed-data"
        if self._recipient is not None:
            inner = _part(content, kind).as_bytes() if kind else content
            content, kind = self._encrypted(inner), "enveloped-data"
        if kind is None:
            return message
        sealed = _part(content, kind)
        for name, value in message.items():
            if not _of_content(name) and name.casefold() != "mime-version":
                sealed[name] = value
        return sealed

    def _signed(self, content: bytes) -> bytes:
        assert self._signer is not None  # noqa: S101  (the caller asked)
        certificate, key = self._signer
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
        return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])

    def _encrypted(self, content: bytes) -> bytes:
        assert self._recipient is not None  # noqa: S101
        builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).add_recipient(self._recipient)
        builder = builder.set_content_encryption_algorithm(algorithms.AES256)
        return builder.encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])


def _of_content(name: str) -> bool:
    return name.casefold().startswith("content-")


def _part(content: bytes, kind: str | None) -> EmailMessage:
    part = EmailMessage(policy=SMTP)
    part.set_content(content, maintype="application", subtype="pkcs7-mime", disposition="attachment", filename="smime.p7m")
    if kind:
        part.set_param("smime-type", kind)
    part.set_param("name", "smime.p7m")
    return part


def _certificate(path: Path, field: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        raise ConfigurationError(_NO_CERTIFICATE.fill(field=field), field=field) from None


def _key(path: Path, password: str | None) -> Any:
    try:
        key = load_pem_private_key(path.read_bytes(), password.encode() if password else None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigurationError(_NO_KEY, field="sign_key") from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ConfigurationError(_NO_KEY, field="sign_key")
    return key


def _signer(certificate: Path, key: Path, password: str | None) -> tuple[x509.Certificate, Any]:
    found, private = _certificate(certificate, "sign_certificate"), _key(key, password)
    if found.public_key() != private.public_key():
        raise ConfigurationError(_STRANGERS, field="sign_key")
    return found, private


def _for_recipient(path: Path) -> x509.Certificate:
    certificate = _certificate(path, "encrypt_for")
    if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
        raise ConfigurationError(_NOT_RSA, field="encrypt_for")
    return certificate


_NO_CERTIFICATE = Text(
    "Die Einstellung {field} nennt keine lesbare Zertifikatsdatei (PEM).", "The setting {field} names no readable certificate file (PEM)."
)
_NO_KEY = Text(
    "Die Einstellung sign_key nennt keine lesbare Schlüsseldatei (PEM, RSA oder EC), oder ihr Kennwort fehlt oder stimmt nicht.",
    "The setting sign_key names no readable key file (PEM, RSA or EC), or its password is missing or wrong.",
)
_STRANGERS = Text(
    "Der Schlüssel der Einstellung sign_key gehört nicht zum Zertifikat der Einstellung sign_certificate.",
    "The key of the setting sign_key does not belong to the certificate of the setting sign_certificate.",
)
_NOT_RSA = Text(
    "Das Zertifikat der Einstellung encrypt_for hat keinen RSA-Schlüssel: eines mit RSA-Schlüssel verlangen.",
    "The certificate of the setting encrypt_for has no RSA key: ask for one that has.",
)
