"""Instants of the shop as days of the law."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone


def day_of(moment: dt.datetime | None) -> dt.date | None:
    """Return the day of an instant in the project's time zone, which is the creditor's."""
    if moment is None:
        return None
    return (timezone.localtime(moment) if timezone.is_aware(moment) else moment).date()
