"""``manage.py inkasso_reconcile``: events for orders whose change told nobody."""

from __future__ import annotations

from typing import Any

from inkasso_shop_plugins.django.management.base import InkassoCommand
from inkasso_shop_plugins.django.reconcile import Reconciled, reconcile


class Command(InkassoCommand):
    """Compare and report."""

    help = "Finds orders in the trigger status, and known ones that changed, of which no event told, and writes events for them."

    def handle(self, **_given: Any) -> None:
        """Compare; the relay takes the new events over."""
        with self.opened() as ink:
            self.stdout.write(said(reconcile(ink)))


def said(found: Reconciled) -> str:
    """Return in words what was found."""
    return f"compared {found.looked}, reported {found.reported}, broken {found.broken}"
