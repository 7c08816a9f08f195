"""The setting ``INKASSO_OSCAR``: what the shop's own order statuses mean, and what is written back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, ValidationError

from inkasso_core import Capacity, ClaimEventKind, ClaimKind, DueDateOrigin, Language, Salutation, ShopSettings

_NOTED = (
    ClaimEventKind.REGISTERED,
    ClaimEventKind.QUEUED,
    ClaimEventKind.RELEASED,
    ClaimEventKind.EXPORTED,
    ClaimEventKind.HANDED_OVER,
    ClaimEventKind.FAILED,
    ClaimEventKind.UNCLEAR,
    ClaimEventKind.PAUSED,
    ClaimEventKind.REMOVED,
    ClaimEventKind.CANCELLED,
    ClaimEventKind.PAID,
    ClaimEventKind.CLOSED,
    ClaimEventKind.STATUS,
    ClaimEventKind.PAYMENT,
    ClaimEventKind.MESSAGE,
    ClaimEventKind.TASK,
)


class OscarOptions(ShopSettings):
    """``INKASSO_OSCAR``; its keys are written in capitals."""

    trigger: tuple[str, ...] = Field(min_length=1)
    """The order statuses that mean collection."""
    dunning: dict[str, int] = Field(default_factory=dict)
    """Order status → level of the reminder that was sent with it; its date is that of the change."""
    dunning_channel: str | None = None
    """How reminders are sent: `email` or `letter`."""
    deadline_days: int | None = Field(default=None, ge=0)
    """Days that a reminder gives to pay, where all of yours do."""
    paid: tuple[str, ...] = ()
    """The order statuses that mean: paid in full, whatever the payments say."""
    cancelled: tuple[str, ...] = ()
    """The order statuses that mean: cancelled, nothing is owed."""
    shipped: tuple[str, ...] = ()
    """The order statuses that mean: sent. An order that was ever in one of them, or has a shipping event, counts as performed."""
    due_days: int | None = Field(default=None, ge=0)
    """Days until payment is due, as your terms say; Oscar has no due date."""
    due_from: Literal["placed", "shipped"] = "placed"
    """What those days run from."""
    due_date_origin: DueDateOrigin | None = None
    """Who fixed the due date: `contract`, `contract_event` (so many days after sending), or `invoice` alone."""
    invoice_number: str = "number"
    """`number`: the order's number is the invoice's; else the dotted path of a function that is given the order."""
    invoice_from: Literal["placed", "shipped"] = "placed"
    """What day the invoice bears."""
    capacity: Capacity = Capacity.UNKNOWN
    """In which role your customers buy: `consumer` or `business`, where all do."""
    kind: ClaimKind = ClaimKind.GOODS
    """What you sell: `goods` or `service`."""
    salutations: dict[str, Salutation] = Field(
        default_factory=lambda: {"Mr": Salutation.MR, "Mrs": Salutation.MS, "Ms": Salutation.MS, "Miss": Salutation.MS}
    )
    """Oscar's title → salutation; every other title is passed on as one."""
    payment_events: dict[str, Literal["in", "out"]] = Field(default_factory=dict)
    """Type of payment event → `in` or `out`, for a shop that books payments so; left out, payment sources count."""
    notes: tuple[ClaimEventKind, ...] = _NOTED
    """Of which events the order gets a note."""
    statuses: dict[ClaimEventKind, str] = Field(default_factory=dict)
    """Event of a claim → order status that is set then, where the pipeline allows it: `{"paid": "Paid", "closed": "Written off"}`."""
    language: Language = "de"
    """Of the notes: `de` or `en`."""


def options() -> OscarOptions:
    """Return the options; raises ``ImproperlyConfigured`` naming the one that is wrong."""
    given: Mapping[str, Any] = getattr(settings, "INKASSO_OSCAR", None) or {}
    if wrong := sorted(name for name in given if not name.isupper()):
        raise ImproperlyConfigured(f"INKASSO_OSCAR: write {wrong[0].upper()!r}, not {wrong[0]!r}.")
    try:
        return OscarOptions.model_validate({name.lower(): value for name, value in given.items()})
    except ValidationError as exc:
        problem = exc.errors(include_input=False)[0]
        where = ".".join(map(str, problem["loc"])).upper()
        raise ImproperlyConfigured(f"INKASSO_OSCAR: {where}: {problem['msg']}") from None


def settings_fit(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Say which option is wrong, and which status the pipeline does not know: a misspelt one would never come."""
    try:
        found = options()
    except ImproperlyConfigured as exc:
        return [checks.Error(str(exc), id="inkasso_oscar.E001")]
    pipeline = getattr(settings, "OSCAR_ORDER_STATUS_PIPELINE", {})
    known = {*pipeline, *(status for after in pipeline.values() for status in after)}
    named = {*found.trigger, *found.dunning, *found.paid, *found.cancelled, *found.shipped, *found.statuses.values()}
    return [
        checks.Warning(
            f"INKASSO_OSCAR names the order status {status!r}, which OSCAR_ORDER_STATUS_PIPELINE does not have.", id="inkasso_oscar.W001"
        )
        for status in sorted(named - known)
    ]
