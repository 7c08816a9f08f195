"""The part of the facade that shops call: here is a claim, here is an event, here is a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from inkasso_core import intake
from inkasso_core.app.base import Part, Result, listed, result_of
from inkasso_core.errors import InvalidInput, NotFound
from inkasso_core.ingest import Ingested, Progress, ingest
from inkasso_core.lifecycle import Actor
from inkasso_core.model.claim import Claim
from inkasso_core.model.events import ShopEventKind
from inkasso_core.model.words import Text
from inkasso_core.register import Inbound, Taken
from inkasso_core.store import arrivals
from inkasso_core.store.arrivals import Settlement


class Reports(Part):
    """What shops report."""

    def register(self, claim: Claim, *, shop: str, as_of: dt.date | None = None) -> Result:
        """Take a claim that is built already: here is what my shop's order owes. The same report twice is the same claim.

        Raises :class:`InvalidInput` for anything but a claim.
        """
        if not isinstance(claim, Claim):
            raise InvalidInput(_NO_CLAIM.fill(kind=type(claim).__name__), field="claim", reason="NO_CLAIM")
        return self._take(shop, Inbound(ShopEventKind.EXPORT_REQUESTED, claim=claim), as_of)

    def order_status_changed(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report that an order got another status."""
        return self._event(ShopEventKind.ORDER_STATUS_CHANGED, shop, payload)

    def dunning_level_reached(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report that a dunning notice was made."""
        return self._event(ShopEventKind.DUNNING_LEVEL_REACHED, shop, payload)

    def export_requested(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report a record that was exported for collection."""
        return self._event(ShopEventKind.EXPORT_REQUESTED, shop, payload)

    def payment_received(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report that money came in."""
        return self._event(ShopEventKind.PAYMENT_RECEIVED, shop, payload)

    def order_cancelled(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report that an order was cancelled, refunded or revoked."""
        return self._event(ShopEventKind.ORDER_CANCELLED, shop, payload)

    def dispute_raised(self, *, shop: str, payload: Mapping[str, Any]) -> Result:
        """Report that the debtor disputes the claim."""
        return self._event(ShopEventKind.DISPUTE_RAISED, shop, payload)

    def ingest(
        self,
        path: str | Path,
        *,
        shop: str,
        beside: str | Path | Iterable[str | Path] = (),
        as_of: dt.date | None = None,
        reported_at: dt.datetime | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_result: Callable[[Result, str | None], None] | None = None,
    ) -> Ingested:
        """Take in an exported file; ``on_result`` gets each result with its place in the file. A killed ingest continues when repeated.

        Raises :class:`FileRefused` when the file as a whole cannot be read. A bad row stops nobody.
        """

        def tell(taken: Taken) -> None:
            if on_result is not None:
                on_result(result_of(taken), taken.place)

        return ingest(
            self._context,
            shop,
            str(path),
            beside=[str(one) for one in ([beside] if isinstance(beside, str | Path) else beside)],
            as_of=as_of,
            reported_at=reported_at,
            on_progress=on_progress,
            on_taken=tell,
        )

    def replay(self, shop: str | None = None) -> list[Result]:
        """Try failed events again, for example after a plugin was mended."""
        return [result_of(taken) for taken in intake.replay(self._context, shop)]

    def settle_events(self, ids: str | Iterable[str], *, reason: str, actor: Actor | None = None) -> list[str]:
        """Note that failed reports need nobody's care any more: who, when and why is kept with them; returns their ids.

        One that comes again just as it was stays settled. Raises :class:`InvalidInput` without a reason, and :class:`NotFound` naming the
        first that is no failed report which the actor may see; then none of them is settled.
        """
        who, wanted = self._actor(actor), listed(ids)
        if not reason.strip():
            raise InvalidInput(_NO_REASON, field="reason")
        with self._context.database.write() as connection:
            shops = {row.id: row.shop for row in arrivals.failed_by_id(connection, wanted)}
            for one in wanted:
                if one not in shops or who.vendors is not None or not self._is_of(shops[one], who):
                    raise NotFound(_NO_EVENT.fill(id=one), field="id")
            return arrivals.settle(connection, wanted, Settlement(arrivals.SETTLED, who.id, self._context.now(), reason.strip()))

    def _event(self, kind: ShopEventKind, shop: str, payload: Mapping[str, Any]) -> Result:
        if not isinstance(payload, Mapping):
            raise InvalidInput(_NO_RECORD.fill(kind=type(payload).__name__), field="payload", reason="NO_RECORD")
        return self._take(shop, Inbound(kind, payload), None)

    def _take(self, shop: str, inbound: Inbound, as_of: dt.date | None) -> Result:
        return result_of(intake.take(self._context, shop, [inbound], as_of=as_of)[0])


_NO_CLAIM = Text(
    "register nimmt eine Forderung (inkasso_core.Claim), nicht {kind}: ein dict mit Claim.model_validate(…) umwandeln, oder den Datensatz "
    "des Shops mit export_requested(shop=…, payload=…) seinem Plugin geben.",
    "register takes a claim (inkasso_core.Claim), no {kind}: turn a dict into one with Claim.model_validate(…), or give the shop's own "
    "record to its plugin with export_requested(shop=…, payload=…).",
)
_NO_RECORD = Text(
    "payload ist der Datensatz des Shops als dict, nicht {kind}: JSON vorher einlesen (json.loads).",
    "payload is the shop's record as a dict, no {kind}: read JSON before (json.loads).",
)
_NO_REASON = Text("Bitte einen Grund angeben: er bleibt bei der Meldung stehen.", "Please give a reason: it stays with the report.")
_NO_EVENT = Text(
    "Es gibt keine gescheiterte Meldung {id}: `inkasso events` listet sie mit ihren Nummern. Nichts wurde geändert.",
    "There is no failed report {id}: `inkasso events` lists them with their ids. Nothing was changed.",
)
