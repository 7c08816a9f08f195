"""What may surround a claim: a deferral, an instalment plan, a returned payment, an agreed rate of interest."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from inkasso_core.model._base import Day, Model, Name, Prose, read_amount

Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=9, decimal_places=6, allow_inf_nan=False), BeforeValidator(read_amount)]
"""A rate in percent a year, 0 to 100."""


class ReturnKind(StrEnum):
    """How a payment went back."""

    CHARGEBACK = "chargeback"
    """Card or wallet: Rückbuchung."""
    RETURNED_DEBIT = "returned_debit"
    """Direct debit: Rücklastschrift."""


class PaymentReturn(Model):
    """A payment that went back."""

    shown: ClassVar[frozenset[str]] = frozenset({"kind", "on", "code", "decided"})

    kind: ReturnKind
    on: Day | None = None
    code: Name = None
    """The reason as the bank or scheme names it: for SEPA AM04, MD06, MD07, …"""
    decided: bool = True
    """False while the scheme has not decided about a chargeback."""


class Deferral(Model):
    """The creditor agreed to wait (Stundung)."""

    shown: ClassVar[frozenset[str]] = frozenset({"until", "against_fee"})

    until: Day
    """The last day of the deferral."""
    against_fee: bool | None = None
    """Whether the debtor pays for it: then it may be consumer credit (§§ 491 ff., 506 BGB)."""


class PaymentPlan(Model):
    """An instalment plan agreed after the due date (Ratenzahlungsvereinbarung)."""

    shown: ClassVar[frozenset[str]] = frozenset({"agreed_on", "kept"})

    agreed_on: Day | None = None
    kept: bool = True
    """Whether the debtor pays as agreed."""


class DeclaredDefault(Model):
    """Default that the merchant asserts after weighing the interests of both sides (§ 286(2) no. 4 BGB): never computed."""

    shown: ClassVar[frozenset[str]] = frozenset({"since"})

    since: Day
    """The first day of default."""
    reason: Annotated[str, Field(min_length=1, max_length=4000)]
    """Why default came at once, in the words that a court would read."""


class AgreedInterest(Model):
    """A rate of default interest that the contract names, above or below the law's (§ 288(3) BGB)."""

    shown: ClassVar[frozenset[str]] = frozenset({"percent"})

    percent: Percent
    """Percent a year."""
    reason: Prose = None
    """What it rests on: the agency must tell the debtor (RDG § 13a(1) no. 4)."""
