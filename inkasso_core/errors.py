"""Every exception of inkasso, split by what the caller may do next.

Each one carries a ``code`` for programs and a :class:`~inkasso_core.model.words.Text` for people, in German and English. No message
ever holds personal data, a secret, or the body of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from inkasso_core.model.words import Language, Text


class InkassoError(Exception):
    """Base of all errors that inkasso raises.

    ``text`` says in both languages what is wrong and what would help; ``field`` names the field or setting, where there is one.
    """

    code: ClassVar[str] = "INKASSO"

    def __init__(self, text: Text, *, field: str | None = None) -> None:
        super().__init__(text.en)
        self.text = text
        self.field = field

    def read(self, language: Language = "en") -> str:
        """Return the message in ``language``."""
        return self.text.read(language)


class ConfigurationError(InkassoError):
    """A setting is missing or wrong. Not an :class:`AgencyError`, so that a broad handler for those cannot hide it."""

    code = "CONFIGURATION"


class VariableMissing(ConfigurationError):
    """A setting stands in an environment variable that is not set in this process. What needs it fails; nothing is stopped for good."""


class PluginError(InkassoError):
    """An adapter or plugin is unknown, broken, or claimed by two distributions."""

    code = "PLUGIN"


class InvalidInput(InkassoError):
    """Data from outside cannot be taken. ``where`` names the file, row or path; nothing that was good is lost."""

    code = "INVALID_INPUT"

    def __init__(self, text: Text, *, field: str | None = None, where: str | None = None, reason: str | None = None) -> None:
        super().__init__(text, field=field)
        self.where = where
        self.reason = reason or self.code


class LegalDataMissing(InkassoError):
    """A legal value (a base rate, for example) is not known for the date asked about: the text names table and period. Never guessed."""

    code = "LEGAL_DATA_MISSING"


class NotFound(InkassoError):
    """Nothing is known under that name or reference."""

    code = "NOT_FOUND"


class NotPermitted(InkassoError):
    """The actor's role, tenant or vendor does not allow this."""

    code = "NOT_PERMITTED"


class TransitionRefused(InkassoError):
    """The life cycle does not allow this change of state; the text says why and what would help."""

    code = "TRANSITION_REFUSED"

    def __init__(self, text: Text, *, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


class StoreError(InkassoError):
    """The database cannot be used: newer than this version, not upgraded yet, or not reachable."""

    code = "STORE"


class AgencyError(InkassoError):
    """Base of what an adapter may raise. ``agency`` names the adapter, ``agency_code`` is the agency's own code."""

    code = "AGENCY"

    def __init__(
        self,
        text: Text,
        *,
        agency: str = "",
        agency_code: str | None = None,
        http_status: int | None = None,
        fields: Sequence[str] = (),
        raw: object = None,
    ) -> None:
        super().__init__(text)
        self.agency = agency
        self.agency_code = agency_code
        self.http_status = http_status
        self.fields = tuple(fields)
        self.raw = raw
        """The agency's answer, unchanged: it belongs into the vault, never into a log."""


class ClaimInvalid(AgencyError):
    """Found before anything was sent: the agency cannot take this claim as it is. The claim becomes ``failed``."""

    code = "CLAIM_INVALID"


class UnsupportedOperation(AgencyError):
    """The adapter does not offer this operation; ``reason`` says whether the agency has none or it is not built yet."""

    code = "UNSUPPORTED"


class AuthenticationFailed(AgencyError):
    """Credentials refused: the account stops with one alarm, its claims stay ``running``."""

    code = "AUTHENTICATION_FAILED"


class ClaimRejected(AgencyError):
    """The agency answered no, with its code and fields. The claim becomes ``failed``."""

    code = "CLAIM_REJECTED"


LONGEST_WAIT = 24 * 60 * 60.0
"""Seconds: who asks for a longer wait, or for none that is a number, is asked again after a day, or when the core thinks best."""


class TemporarilyUnavailable(AgencyError):
    """Certainly not processed: the claim stays ``running`` and is tried again after ``retry_after`` seconds."""

    code = "TEMPORARILY_UNAVAILABLE"

    def __init__(
        self, text: Text, *, agency: str = "", retry_after: float | None = None, http_status: int | None = None, raw: object = None
    ) -> None:
        super().__init__(text, agency=agency, http_status=http_status, raw=raw)
        self.retry_after = min(retry_after, LONGEST_WAIT) if retry_after is not None and retry_after >= 0 else None


class NotSent(TemporarilyUnavailable):
    """Our own word, not the agency's: the request was prepared, and certainly did not go out."""


class OutcomeUnknown(AgencyError):
    """Sent, and the answer was lost: the claim becomes ``unclear`` and is looked up before anything else happens."""

    code = "OUTCOME_UNKNOWN"


class Interrupted(OutcomeUnknown):
    """Our own word, not the agency's: who sent it has ended before an answer came, so nobody waits for one any more."""


class DeliveryRefused(AgencyError):
    """A webhook whose signature is missing, wrong or too old: it is answered with a refusal, and nothing of it is read."""

    code = "DELIVERY_REFUSED"
