"""Bundling: which claims of one debtor go to the agency together, in one placement, each with its own amount."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple, TypeVar

from inkasso_core.context import Context
from inkasso_core.model.claim import Claim
from inkasso_core.model.party import Creditor
from inkasso_core.store.claims import Stored

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Key(NamedTuple):
    """What claims must share to go together. Vendors are kept apart: what one of them stops is no matter of another."""

    account: str
    tenant: str
    vendor: str | None
    debtor_id: str
    creditor: Creditor | None
    currency: str


def key_of(context: Context, stored: Stored, claim: Claim, account: str) -> Key:
    """Return what a claim shares with those that may go to the account together with it."""
    creditor = context.creditor_of(claim, stored.shop, account)
    return Key(account, stored.tenant, stored.vendor, stored.debtor_id, creditor, stored.currency)


def bundles(items: Iterable[T], key: Callable[[T], K], limit: Callable[[K], int]) -> list[list[T]]:
    """Put together what has the same key, at most ``limit`` of it; bundles and what is in them keep the order of ``items``."""
    found: list[list[T]] = []
    begun: dict[K, list[T]] = {}
    for item in items:
        mine = key(item)
        bundle = begun.get(mine)
        if bundle is None or len(bundle) >= limit(mine):
            bundle = begun[mine] = []
            found.append(bundle)
        bundle.append(item)
    return found
