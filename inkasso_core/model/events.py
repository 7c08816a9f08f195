"""Events: what a shop reports, and what observers are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from inkasso_core.model._base import Instant, Model, Name, Reference


class ShopEventKind(StrEnum):
    """The events of a shop; each fires the hook ``inkasso_<kind>``."""

    ORDER_STATUS_CHANGED = "order_status_changed"
    DUNNING_LEVEL_REACHED = "dunning_level_reached"
    EXPORT_REQUESTED = "export_requested"
    PAYMENT_RECEIVED = "payment_received"
    ORDER_CANCELLED = "order_cancelled"
    DISPUTE_RAISED = "dispute_raised"


class ShopEvent(Model):
    """Something happened in a shop. Plugins answer with a claim, or with None when it is none of theirs."""

    shown: ClassVar[frozenset[str]] = frozenset({"id", "kind", "shop"})

    id: Reference
    kind: ShopEventKind
    shop: Reference
    plugin: Name = None
    received_at: Instant
    reported_at: Instant | None = None
    """When the report was made, where the payload itself does not say: for a file, its own time."""
    payload: Mapping[str, Any] = Field(repr=False)
    settings: Any = Field(default=None, repr=False)
    """The shop's settings, read by the plugin's own settings model."""


class ClaimEventKind(StrEnum):
    """What happened to a claim."""

    REGISTERED = "registered"
    REVISED = "revised"
    QUEUED = "queued"
    WAITING = "waiting"
    RELEASED = "released"
    EXPORTED = "exported"
    HANDED_OVER = "handed_over"
    FAILED = "failed"
    UNCLEAR = "unclear"
    PAUSED = "paused"
    REMOVED = "removed"
    CANCELLED = "cancelled"
    PAID = "paid"
    CLOSED = "closed"
    STATUS = "status"
    PAYMENT = "payment"
    MESSAGE = "message"
    LEDGER = "ledger"
    """The agency's account of the case changed: fees, a payout."""
    TOLD = "told"
    """The agency was told something of the case, or is not told any more: ``details`` say what (``verb``) and what became of it."""
    TASK = "task"
    HOLD = "hold"


class ClaimEvent(NamedTuple):
    """One entry of a claim's history, as observers are told it: at least once, idempotent by ``id``."""

    id: str
    kind: ClaimEventKind
    at: dt.datetime
    shop: str
    claim_id: str
    order: str
    """The claim's key inside its shop."""
    state: str
    account: str | None
    reason: str | None
    actor: str = ""
    """Who did it: ``system`` for what came by itself."""
    details: Mapping[str, Any] | None = None
    """What else the history says of it; nothing of the debtor."""
    tries: int = 0
    """How often this observer was told of it before, and broke: above zero, something of it may be done already."""
