"""Writing back: the project's own handler is called once per event, in one transaction with the note that it was."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import router, transaction
from django.utils import timezone

from inkasso_core import ClaimEvent, ShopContext
from inkasso_shop_plugins.django.conf import options
from inkasso_shop_plugins.django.models import Told
from inkasso_shop_plugins.django.relay import pending


def tell(event: ClaimEvent, context: ShopContext[Any]) -> None:
    """Tell the project's handler (``WRITE_BACK``) of an event, once; what it raises undoes all of it, and comes through."""
    write = options().write_back
    if write is None:
        return
    with transaction.atomic(using=router.db_for_write(Told)):
        told, is_new = Told.objects.get_or_create(event=event.id, defaults={"kind": event.kind.value, "order": event.order})
        if is_new:
            told.status = write(event, context) or ""
            told.save(update_fields=["status"])


def status_set(order: str) -> str | None:
    """Return the order status that we set last, for whatever event; None where we set none."""
    found = Told.objects.filter(order=order).exclude(status="").order_by("-pk").first()
    return str(found.status) if found is not None else None


def oldest_pending() -> dt.datetime | None:
    """Return, in UTC, since when the oldest row has been waiting for the relay."""
    found = pending().order_by("pk").first()
    if found is None:
        return None
    at: dt.datetime = timezone.make_aware(found.created_at) if timezone.is_naive(found.created_at) else found.created_at
    return at.astimezone(dt.UTC)
