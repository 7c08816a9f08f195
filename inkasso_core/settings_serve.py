"""``[serve]``: the intake as a server, and the programs that may post to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, IPvAnyAddress, SecretStr, model_validator
from pydantic_core import PydanticCustomError

SHORTEST_SECRET = 24


@dataclass(frozen=True)
class Unset:
    """Stands where ``{ env = "NAME" }`` names a variable that is not set."""

    variable: str


class Part(BaseModel):
    """Base of every part of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


def _strong(value: object) -> object:
    """A secret is compared with what strangers send: one that can be guessed is none."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, str) and not (len(text) >= SHORTEST_SECRET and text.isascii() and text.isprintable() and " " not in text):
        raise PydanticCustomError(
            "secret_weak",
            "needs at least {least} characters without blanks or umlauts: make one with `openssl rand -hex 32`",
            {
                "least": SHORTEST_SECRET,
                "de": f"braucht mindestens {SHORTEST_SECRET} Zeichen ohne Leerzeichen und Umlaute: mit `openssl rand -hex 32` erzeugen",
            },
        )
    return value


_Secret = Annotated[SecretStr | InstanceOf[Unset] | None, Field(repr=False), BeforeValidator(_strong)]


class ClientSettings(Part):
    """``[serve.clients.NAME]``: a program that may post events. It signs them with ``secret``, or shows ``token``."""

    shops: tuple[str, ...] = Field(min_length=1)
    """The shops for which it may report."""
    secret: _Secret = None
    """With it the client signs what it posts: HMAC-SHA256."""
    secret_before: _Secret = None
    """The secret that was used before; it still counts, so that a change loses nothing."""
    token: _Secret = None
    """What the client shows instead of a signature: `Authorization: Bearer …`. For encrypted connections only."""

    @model_validator(mode="after")
    def _has_one(self) -> ClientSettings:
        if self.secret is None and self.token is None:
            raise PydanticCustomError(
                "secret_missing",
                "needs a secret (it signs) or a token (it shows it)",
                {"de": "braucht secret (er unterschreibt) oder token (er weist ihn vor)"},
            )
        return self


class ServeSettings(Part):
    """``[serve]``: the intake, for ``inkasso serve`` and where it is mounted."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """The address on which `inkasso serve` listens; encryption is the matter of a reverse proxy before it."""
    port: int = Field(default=8470, ge=0, le=65535)
    """Its port; 0 takes one that is free."""
    threads: int = Field(default=4, ge=1, le=64)
    """How many requests are worked on at once."""
    prefix: str = Field(default="", pattern=r"^(/[A-Za-z0-9._~-]+)*$")
    """The path under which the reverse proxy shows the intake, such as `/inkasso`."""
    trusted_proxy: IPvAnyAddress | None = None
    """The address of a reverse proxy whose `X-Forwarded-For`, `-Proto` and `-Host` are believed; left out, nobody's are."""
    max_body: int = Field(default=2_000_000, ge=1_000, le=100_000_000)
    """The longest body of a request, in bytes."""
    max_events: int = Field(default=500, ge=1, le=10_000)
    """How many events one request may bring."""
    clients: Mapping[str, ClientSettings] = Field(default_factory=dict)
    """The programs that may post events, `[serve.clients.NAME]`."""
