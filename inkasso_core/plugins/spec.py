"""The hooks of inkasso: what a shop plugin or a policy plugin may implement.

An implementation may take fewer arguments than its specification. Events are answered by the plugin that serves the shop, then by policy
plugins; ``inkasso_review_claim`` fails closed, ``inkasso_claim_changed`` fails open (``design: section 5``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from typing import Any

    from inkasso_core.model.claim import Claim
    from inkasso_core.model.diagnosis import Finding
    from inkasso_core.model.events import ClaimEvent, ShopEvent
    from inkasso_core.plugins.context import ShopContext

PROJECT = "inkasso"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def inkasso_order_status_changed(event: ShopEvent) -> Claim | None:
    """An order got another status (Auftragsstatus). Return its claim, or None when the record is none of yours."""


@hookspec(firstresult=True)
def inkasso_dunning_level_reached(event: ShopEvent) -> Claim | None:
    """A dunning notice of some level (Mahnstufe) was made. Return the claim that it reminds of, or None."""


@hookspec(firstresult=True)
def inkasso_export_requested(event: ShopEvent) -> Claim | None:
    """A record was exported for collection. Return its claim, or None."""


@hookspec(firstresult=True)
def inkasso_payment_received(event: ShopEvent) -> Claim | None:
    """Money came in. Return the claim with this payment in it, or None."""


@hookspec(firstresult=True)
def inkasso_order_cancelled(event: ShopEvent) -> Claim | None:
    """An order was cancelled, refunded or revoked. Return the claim with ``ended`` set, or None."""


@hookspec(firstresult=True)
def inkasso_dispute_raised(event: ShopEvent) -> Claim | None:
    """The debtor disputes the claim. Return the claim with ``dispute`` set, or None."""


@hookspec(firstresult=True)
def inkasso_choose_account(claim: Claim, shop: str) -> str | None:
    """Return the name of the account that takes this claim, or None to leave it to the next one; the configured routes come last."""


@hookspec
def inkasso_review_claim(claim: Claim, shop: str) -> Finding | None:
    """Return a red finding to keep the claim waiting, or None. Called one by one; an error here keeps the claim waiting, too."""


@hookspec
def inkasso_claim_changed(event: ClaimEvent, context: ShopContext[Any] | None) -> None:
    """Something happened to a claim of your shop. Told at least once per ``event.id``; an error here stops nobody and is told again.

    ``context`` is for the plugin that serves the shop: its settings, what it keeps, and where the claim stands; policy plugins get None.
    """
