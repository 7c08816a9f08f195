"""The shop plugin ``django``: its hooks are answered by the Django project that the process runs in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from inkasso_core import (
    Claim,
    ClaimEvent,
    ConfigurationError,
    Finding,
    Level,
    ShopContext,
    ShopEvent,
    ShopPlugin,
    ShopSettings,
    Text,
    hookimpl,
)
from inkasso_shop_plugins.django.building import claim_of, need_django

LATE = dt.timedelta(minutes=15)
"""How long a row may wait for the relay before somebody should look."""


class DjangoSettings(ShopSettings):
    """There is nothing to set here: the project's own settings (``INKASSO``) say everything."""


class DjangoShop(ShopPlugin[DjangoSettings]):
    """A shop in Django, django-oscar among them."""

    name = "django"
    label = "Django, django-oscar"
    Settings = DjangoSettings
    verified = "sandbox"
    documentation = "docs/shops/django.md"

    @hookimpl
    def inkasso_order_status_changed(self, event: ShopEvent) -> Claim | None:
        """Return the claim that the project builds of the order."""
        return claim_of(event)

    @hookimpl
    def inkasso_dunning_level_reached(self, event: ShopEvent) -> Claim | None:
        """Return the claim that the project builds of the order."""
        return claim_of(event)

    @hookimpl
    def inkasso_export_requested(self, event: ShopEvent) -> Claim | None:
        """Return the claim that the project builds of the order."""
        return claim_of(event)

    @hookimpl
    def inkasso_payment_received(self, event: ShopEvent) -> Claim | None:
        """Return the claim that the project builds of the order, all its payments in it."""
        return claim_of(event)

    @hookimpl
    def inkasso_order_cancelled(self, event: ShopEvent) -> Claim | None:
        """Return the claim that the project builds of the order; the builder says how it ended."""
        return claim_of(event)

    @hookimpl
    def inkasso_dispute_raised(self, event: ShopEvent) -> Claim | None:
        """Return the claim that the project builds of the order; the builder says what is disputed."""
        return claim_of(event)

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent, context: ShopContext[Any]) -> None:
        """Let the project write down what became of a claim, once per event. Raises ``ConfigurationError`` outside of Django."""
        need_django(event.shop)
        from inkasso_shop_plugins.django.writeback import tell

        tell(event, context)

    def examine(self, context: ShopContext[DjangoSettings]) -> Iterator[Finding]:
        """Look whether this process can ask the project, and whether its rows are relayed."""
        try:
            need_django(context.shop)
        except ConfigurationError as exc:
            yield Finding("DJANGO_NOT_SET_UP", Level.WARN, True, None, exc.text, _RUN_INSIDE)
            return
        from inkasso_shop_plugins.django.writeback import oldest_pending

        oldest = oldest_pending()
        if oldest is not None and context.now() - oldest > LATE:
            yield Finding("RELAY_LATE", Level.WARN, True, None, _RELAY_LATE.fill(since=oldest.strftime("%Y-%m-%d %H:%M UTC")), _START_RELAY)


_RUN_INSIDE = Text("Im Projekt ausführen: python manage.py inkasso_run.", "Run it in the project: python manage.py inkasso_run.")
_RELAY_LATE = Text(
    "Meldungen des Shops warten seit {since} darauf, übernommen zu werden.",
    "Events of the shop have been waiting to be relayed since {since}.",
)
_START_RELAY = Text(
    "python manage.py inkasso_run regelmäßig (cron) oder inkasso_relay --loop dauernd laufen lassen.",
    "Run python manage.py inkasso_run regularly (cron), or inkasso_relay --loop all the time.",
)
