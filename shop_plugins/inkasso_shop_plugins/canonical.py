"""Canonical claims: for every system that can write a claim itself, as JSON or NDJSON.

A record is a :class:`~inkasso_core.Claim` in its JSON form, whose schema is published as ``claim.schema.json``. The sender decides what
the claim holds; this plugin adds only what the event itself says.
"""

from __future__ import annotations

from typing import Any

from inkasso_core import Claim, Dispute, OrderEnd, ShopEvent, ShopEventKind, ShopPlugin, ShopSettings, hookimpl


class CanonicalSettings(ShopSettings):
    """There is nothing to set: the sender writes claims in our own form."""


class Canonical(ShopPlugin[CanonicalSettings]):
    """Claims in their canonical JSON form, from any system."""

    name = "canonical"
    label = "Canonical claim JSON / NDJSON"
    verified = "specification read"
    documentation = "docs/shops/canonical.md"
    Settings = CanonicalSettings
    event = ShopEventKind.EXPORT_REQUESTED

    @hookimpl
    def inkasso_order_status_changed(self, event: ShopEvent) -> Claim:
        """Return the claim of the payload. Raises ``pydantic.ValidationError`` naming each wrong field."""
        return _claim(event)

    @hookimpl
    def inkasso_dunning_level_reached(self, event: ShopEvent) -> Claim:
        """Return the claim of the payload. Raises ``pydantic.ValidationError`` naming each wrong field."""
        return _claim(event)

    @hookimpl
    def inkasso_export_requested(self, event: ShopEvent) -> Claim:
        """Return the claim of the payload. Raises ``pydantic.ValidationError`` naming each wrong field."""
        return _claim(event)

    @hookimpl
    def inkasso_payment_received(self, event: ShopEvent) -> Claim:
        """Return the claim of the payload, all its payments in it. Raises ``pydantic.ValidationError`` naming each wrong field."""
        return _claim(event)

    @hookimpl
    def inkasso_order_cancelled(self, event: ShopEvent) -> Claim:
        """Return the claim of the payload; one that does not say how it ended was cancelled."""
        claim = _claim(event)
        return claim if claim.ended else claim.model_copy(update={"ended": OrderEnd.CANCELLED})

    @hookimpl
    def inkasso_dispute_raised(self, event: ShopEvent) -> Claim:
        """Return the claim of the payload; one that does not describe the dispute is disputed all the same."""
        claim = _claim(event)
        return claim if claim.dispute else claim.model_copy(update={"dispute": Dispute()})


def _claim(event: ShopEvent) -> Claim:
    """Return the payload's claim; where it does not say when it was reported, the event does."""
    claim = Claim.model_validate(event.payload)
    if claim.source.reported_at or not event.reported_at:
        return claim
    dated: dict[str, Any] = {"reported_at": event.reported_at}
    return claim.model_copy(update={"source": claim.source.model_copy(update=dated)})
