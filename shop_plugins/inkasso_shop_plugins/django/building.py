"""From an event of the shop to its claim: the project's own builder is asked, inside Django."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from typing import Any

from inkasso_core import Claim, ConfigurationError, InvalidInput, ShopEvent, Text


def need_django(shop: str) -> None:
    """See to it that Django is set up in this process; raises ``ConfigurationError`` where nothing says which project it is.

    A process of our own, such as ``inkasso run``, sets it up itself where ``DJANGO_SETTINGS_MODULE`` names the project.
    """
    try:
        import django
        from django.apps import apps
        from django.conf import settings
    except ImportError:
        raise ConfigurationError(_NO_DJANGO.fill(shop=shop), field=f"shops.{shop}.plugin") from None
    if apps.ready:
        return
    if not settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
        raise ConfigurationError(_NOT_SET_UP.fill(shop=shop), field=f"shops.{shop}.plugin")
    django.setup()


def claim_of(event: ShopEvent) -> Claim | None:
    """Return the claim of a reported order, or None where it is none of ours; raises ``InvalidInput`` and what the builder raises."""
    order, given = event.payload.get("order"), event.payload.get("claim")
    if not isinstance(order, str) or not order:
        raise InvalidInput(_NO_ORDER, field="order", reason="ORDER_MISSING")
    if given is not None:
        return _sound(Claim.model_validate(given), order, _moment(event.payload))
    need_django(event.shop)
    from inkasso_shop_plugins.django.conf import options

    try:
        claim = options().claim_builder(order)
    except SystemExit:
        raise InvalidInput(_EXITED, reason="BUILDER_EXITED") from None  # it would take the relay with it, again and again
    # the order was read after this event was received: a claim that was built later counts more
    return _sound(claim, order, event.received_at) if isinstance(claim, Claim) else claim


def _sound(claim: Claim, order: str, reported_at: dt.datetime | None) -> Claim:
    """Return the claim with the time of its report; its key must be that of the order, by which it is found again."""
    if claim.source.key != order:
        raise InvalidInput(_OTHER_KEY, field="source", reason="KEY_MISMATCH")
    if claim.source.version is not None or claim.source.reported_at is not None or reported_at is None:
        return claim
    return claim.model_copy(update={"source": claim.source.model_copy(update={"reported_at": reported_at})})


def _moment(payload: Mapping[str, Any]) -> dt.datetime | None:
    said = payload.get("reported_at")
    return dt.datetime.fromisoformat(said).astimezone(dt.UTC) if isinstance(said, str) else None


_NO_DJANGO = Text(
    "Der Shop „{shop}“ läuft in Django, das hier nicht installiert ist: in der Umgebung des Shops ausführen "
    "(python manage.py inkasso_run).",
    'The shop "{shop}" runs in Django, which is not installed here: run it in the shop\'s environment (python manage.py inkasso_run).',
)
_NOT_SET_UP = Text(
    "Der Shop „{shop}“ läuft in Django, das in diesem Prozess nicht eingerichtet ist: python manage.py inkasso_run verwenden, oder "
    "DJANGO_SETTINGS_MODULE setzen. Bis dahin wird es wieder versucht.",
    'The shop "{shop}" runs in Django, which is not set up in this process: use python manage.py inkasso_run, or set '
    "DJANGO_SETTINGS_MODULE. Until then it is tried again.",
)
_NO_ORDER = Text(
    "order fehlt: die Meldung nennt den Schlüssel der Bestellung, wie ihn report() bekam.",
    "order is missing: the report names the key of the order, as report() was given it.",
)
_EXITED = Text(
    "CLAIM_BUILDER wollte den Prozess beenden (sys.exit), statt eine Forderung zu liefern oder InvalidInput zu melden.",
    "CLAIM_BUILDER wanted to end the process (sys.exit) instead of returning a claim or raising InvalidInput.",
)
_OTHER_KEY = Text(
    "source passt nicht: CLAIM_BUILDER muss eine Forderung liefern, deren Schlüssel (source.key) der gefragte ist.",
    "source does not fit: CLAIM_BUILDER must return a claim whose key (source.key) is the one that was asked for.",
)
