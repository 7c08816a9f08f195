"""The frame into which a country's law is put: its rules as functions, its values as tables.

``law_of`` answers None where the law is not known: then nothing is computed and nothing is guessed, and the diagnosis says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import NamedTuple

from inkasso_core.model.claim import Claim
from inkasso_core.model.party import Address, Creditor, Debtor
from inkasso_core.model.statement import Default, Limitation
from inkasso_core.rules.law.tables import BaseRates, RateRule


class Law(NamedTuple):
    """One country's law of default."""

    country: str
    """ISO 3166-1, two letters."""
    defaults: Callable[[Claim, int], tuple[Default, ...]]
    """Every cause of default that the claim proves, the earliest first. The number: days that a reminder or an invoice counts as under
    way, where its receipt is not reported."""
    limitation: Callable[[Claim], Limitation | None]
    """The last day of the claim; None where no due date is known."""
    rate: Callable[[Claim], RateRule]
    """The statutory rate of default interest for this claim: points above the base rate, flat fee."""
    base_rates: BaseRates
    next_working_day: Callable[[dt.date, Address | None], dt.date]
    """The day itself, or the next working day at the place of performance where it is a Saturday, Sunday or holiday there."""


def law_of(creditor: Creditor | None, debtor: Debtor, laws: Mapping[str, Law]) -> Law | None:
    """Return the law that governs: that of the creditor's country where the debtor lives there, too; None where it is not known.

    A debtor whose country is missing counts as living there: that his address is incomplete is a finding of its own.
    """
    home = creditor.country if creditor is not None else "DE"
    address = debtor.address
    lives_in = address.country if address is not None and address.country is not None else home
    return laws.get(home) if lives_in == home else None
