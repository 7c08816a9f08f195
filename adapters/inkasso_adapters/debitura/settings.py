"""What an account at Debitura is configured with."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from inkasso_core import HttpSettings, Language

_Id = Annotated[str, Field(pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
_Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)]
_is_base64 = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?").fullmatch


class DebituraSettings(HttpSettings):
    """The key, what is said of every case, and what a webhook is checked with."""

    url: str = "https://customer-api.debitura.com"
    """The address of the Customer API; the agency's test system has one of its own."""
    api_key: SecretStr
    """The key of the creditor's account."""
    test: bool = False
    """Whether cases are made as test cases (``isTest``), which nobody collects."""
    tag: str | None = Field(default=None, max_length=100)
    """What test cases are grouped by."""
    division: _Id | None = None
    """The division of the creditor that the cases belong to."""
    collection_partner: _Id | None = None
    """The partner who shall have the cases; left out, the agency chooses."""
    assigned_user: _Email | None = None
    """The e-mail address of the member of the creditor's team who owns the cases."""
    chat_user: _Email | None = None
    """The e-mail address of the member of the team in whose name messages are sent. Left out, nothing is said by chat."""
    allow_pending_contracts: bool = False
    """Whether a case is taken although a contract is unsigned: it then waits for the signature."""
    skip_verification: bool = False
    """Whether cases go to the partner without the agency's own verification."""
    claim_lines: bool = False
    """Whether each claim of a case is sent as a line of its own (``claimLines``): newer than the published description."""
    claims_per_placement: int = Field(default=1, ge=1, le=1000)
    """How many claims of one debtor are handed over in one case."""
    charges: Literal["text", "amount"] = "text"
    """Whether open charges stand in the comments, beside the amount, or are part of it."""
    language: Language = "en"
    """The language of what the agency's people read in a case or a message."""
    webhook_secret: SecretStr | None = None
    """The secret of the webhook, as the agency shows it once: Base64."""
    webhook_secret_before: SecretStr | None = None
    """The secret that was valid before it, while the two are changed."""

    @field_validator("webhook_secret", "webhook_secret_before")
    @classmethod
    def _base64(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not (secret.get_secret_value() and _is_base64(secret.get_secret_value())):
            raise PydanticCustomError("secret_base64", "is not Base64: copy the whole secret that the agency showed")
        return secret

    @property
    def webhook_keys(self) -> tuple[bytes, ...]:
        """The keys that a delivery may be signed with: the decoded secrets."""
        secrets = (self.webhook_secret, self.webhook_secret_before)
        return tuple(base64.b64decode(secret.get_secret_value()) for secret in secrets if secret is not None)
