"""The platform's own words, as tables (``reference: shop-copecart.md`` sections 2.2, 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType

from inkasso_core import ClaimKind, ReturnKind


class Kind(IntEnum):
    """What a notification does to the ledger. Of two at the same time the higher number happened later."""

    TRIAL = 0
    PENDING = 1
    FAILED = 2
    MADE = 3
    REFUNDED = 4
    CHARGED_BACK = 5
    CHARGEBACK_LOST = 6
    """The buyer's bank did not get its way: the money stays."""
    PLAN_CANCELLED = 7


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "payment.trial": Kind.TRIAL,
        "payment.pending": Kind.PENDING,
        "payment.failed": Kind.FAILED,
        "payment.made": Kind.MADE,
        "payment.refunded": Kind.REFUNDED,
        "payment.charged_back": Kind.CHARGED_BACK,
        "payment.charge_back": Kind.CHARGED_BACK,
        "payment.recurring.cancelled": Kind.PLAN_CANCELLED,
    }
)
"""``event_type`` -> what it does. What is not here is stored and does nothing, ``payment.recurring.upcoming`` included."""

BY_STATUS: Mapping[tuple[Kind, str], Kind | None] = MappingProxyType(
    {
        (Kind.REFUNDED, "failed_refunded"): None,
        (Kind.CHARGED_BACK, "chargeback_failed"): Kind.CHARGEBACK_LOST,
    }
)
"""Where ``payment_status`` says that it did not come to what the event says."""

TEST_METHOD = "test"
TEST_STATUS = "test_"
"""What a test's ``payment_method`` is, and how its ``payment_status`` begins."""


class Plan(StrEnum):
    """``payment_plan``."""

    ONE_TIME = "one_time_payment"
    INSTALMENTS = "breakdown_payment"
    SUBSCRIPTION = "abonnement"


INVOICE, SEPA = "invoice", "sepa"


def return_kind(method: str) -> ReturnKind:
    """Return how a payment went back: by direct debit, or any other way."""
    return ReturnKind.RETURNED_DEBIT if method == SEPA else ReturnKind.CHARGEBACK


PRODUCT_KINDS: Mapping[str, ClaimKind] = MappingProxyType(
    {
        "physical": ClaimKind.GOODS,
        "printed_book": ClaimKind.GOODS,
        "services": ClaimKind.SERVICE,
        "event": ClaimKind.SERVICE,
    }
)
"""``product_type`` -> what was owed for, where that leaves no choice. What is owed for a download is the operator's to say."""
