"""What an account at paywise is told."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from inkasso_adapters._calls import Address
from inkasso_core import HttpSettings

MOST_CLAIMS = 50
"""How many claims one order holds, at most (``reference: agency-apis.md`` 7.4)."""
HOSTS = {"production": "https://api.paywise.de/", "sandbox": "https://api-sandbox.paywise.de/"}


class PaywiseSettings(HttpSettings):
    """Settings of an account at paywise."""

    token: SecretStr
    """The API key."""
    environment: Literal["production", "sandbox"] = "production"
    """Which of the agency's two hosts is talked to; each has keys of its own."""
    base_url: Address | None = None
    """Another address instead of those two: a proxy, a stand-in. Encrypted, unless it is on this machine."""
    on_behalf_of_company: str | None = None
    """For a partner's key: the id of the company that the claims belong to. A company's own key must not send it."""
    starting_approach: Literal["extrajudicial", "judicial"] = "extrajudicial"
    """How the agency begins: out of court, or with the order for payment (Mahnbescheid)."""
    confirmation_email: str | None = None
    """Who gets the agency's confirmation of each order (Eingangsbestätigung)."""
    claims_per_placement: int = Field(default=MOST_CLAIMS, ge=1, le=MOST_CLAIMS)
    """How many claims of one debtor go into one order, at most."""
    other_charges: Literal["reminder_fee", "bank_charge", "research_costs"] | None = None
    """As what charges go out that are neither reminder fee, bank charge nor cost of research; left out, such a claim is not sent."""
    documents: Path | None = None
    """The folder in which the documents lie that claims name (invoices, reminders): all of them go along, or the claim does not. Left out,
    none goes along."""
    send_default_date: bool = False
    """Whether our own first day of default (Verzugsbeginn) is sent; otherwise the agency computes it from the other dates."""
    payouts_days: int = Field(default=92, ge=1, le=3660)
    """How many days back payouts are asked for."""
