"""Placements for tests of adapters, on invented claims."""

import datetime as dt
from typing import Any

from builders import AS_OF, green_claim, green_creditor

from inkasso_core import Claim, Placement


def placement(*claims: Claim, reference: str = "T-1", placed_on: dt.date = AS_OF, **changes: Any) -> Placement:
    """Place the claims, or a green one with ``changes``."""
    return Placement(
        our_reference=reference,
        idempotency_key=f"key-{reference}",
        account="acme",
        creditor=green_creditor(),
        claims=claims or (green_claim(**changes),),
        placed_on=placed_on,
    )
