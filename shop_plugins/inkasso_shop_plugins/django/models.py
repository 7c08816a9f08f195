"""Two small tables in the shop's own database: events on their way to our store, and what was written back already."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Event(models.Model):
    """Something happened to an order. Written in the shop's own transaction, so it is there exactly if what happened is."""

    kind = models.CharField(max_length=40)
    """The event of a shop that it stands for: ``order_status_changed``, ``payment_received``, …"""
    order = models.CharField(max_length=200)
    """The claim's key inside the shop."""
    claim = models.JSONField(null=True)
    """The claim itself, where it cannot be built later; taken out as soon as it was relayed."""
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    """When it is to be relayed next. Whoever relays it moves this on first: so two do not do the same work, and one that is killed leaves
    it to the next."""
    tries = models.PositiveIntegerField(default=0)
    relayed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    """What became of it: registered, revised, repeated, older, ignored, failed."""
    error = models.CharField(max_length=100, blank=True)
    """The code of what it broke on; nothing of the order."""

    class Meta:
        """Two questions are asked of it: what is due, and what happened to this order."""

        indexes = (
            models.Index(fields=["relayed_at", "due_at"], name="inkasso_event_due"),
            models.Index(fields=["order"], name="inkasso_event_order"),
        )

    def __str__(self) -> str:
        """Nothing of the order but its key."""
        return f"{self.kind} {self.order}"


class Told(models.Model):
    """An event of a claim that was written into the shop, in the same transaction as what was written."""

    event = models.CharField(max_length=40, unique=True)
    """The event's id in our store."""
    kind = models.CharField(max_length=40)
    order = models.CharField(max_length=200)
    status = models.CharField(max_length=200, blank=True)
    """The order status that was set then: what we set ourselves is no news for the agency."""
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Asked by the event, and for the last status of an order."""

        indexes = (models.Index(fields=["order"], name="inkasso_told_order"),)

    def __str__(self) -> str:
        """Nothing of the order but its key."""
        return f"{self.kind} {self.order}"
