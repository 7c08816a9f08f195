"""What the store and the plugins know about a claim beyond what its shop reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal, NamedTuple

from inkasso_core.model.diagnosis import Finding
from inkasso_core.model.party import Creditor
from inkasso_core.rules.labels import SHOP
from inkasso_core.rules.law.frame import Law
from inkasso_core.rules.law.laws import LAWS


class HoldFact(NamedTuple):
    """A hold (Mahnstopp) that touches the claim. The reason is a person's text: it is never repeated in a finding."""

    scope: Literal["debtor", "order", "invoice", "claim"]
    reason: str
    until: dt.date | None
    """The last day on which it holds; None without an end."""


class Facts(NamedTuple):
    """What is known about one claim. Left out, each fact has the value that lets the least through or says nothing."""

    creditor: Creditor | None = None
    """The shop's configured creditor; the one that the claim itself names wins."""
    holds: tuple[HoldFact, ...] = ()
    same_invoice: tuple[str, ...] = ()
    """The same creditor's other claims with the same invoice number that are not ended, by what people call them.

    Instalments of one order may share its invoice: they are no duplicates and not listed.
    """
    placed_at: str | None = None
    """The account of an open placement or of a hand-over made elsewhere; empty where no account is known; None for none."""
    mandate: bool = False
    """Whether the account's mandate (the contract with the agency) is confirmed."""
    currency_of_others: tuple[str, ...] = ()
    """The currencies of the same order's other claims that are not ended."""
    reviews: tuple[Finding, ...] = ()
    """What policy plugins found, and a red point for each that broke; they stand in every group."""
    profile: str = SHOP
    """The profile of the claim's shop: it names the groups of conditions where the account's policy does not."""
    laws: Mapping[str, Law] = LAWS
    """Country -> its law of default, with the merchant's own base rates where he has some."""
