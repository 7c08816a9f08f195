"""A shop that is polled, that sends requests, and that tells in parts: as a test writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from pydantic import SecretStr

from inkasso_core import (
    Asked,
    Claim,
    ClaimEvent,
    DeliveryRefused,
    InvalidInput,
    Page,
    Part,
    Received,
    Reported,
    ShopContext,
    ShopEvent,
    ShopEventKind,
    ShopPlugin,
    ShopRequest,
    ShopSettings,
    Text,
    from_json,
    hookimpl,
)


class LiveSettings(ShopSettings):
    """The settings of the shop."""

    secret: SecretStr = SecretStr("s3cr3t-of-the-shop")


class LiveShop(ShopPlugin[LiveSettings]):
    """Its pages are what a test puts there; its requests are JSON; what has a ``whole`` is a part."""

    name = "live"
    label = "A live shop"
    Settings = LiveSettings
    event: ClassVar[ShopEventKind] = ShopEventKind.DUNNING_LEVEL_REACHED

    def __init__(self) -> None:
        self.pages: Callable[[ShopContext[Any], Asked], Iterator[Page]] = lambda _context, _asked: iter(())
        self.asked: list[Asked] = []
        self.told: list[tuple[ClaimEvent, ShopContext[Any] | None]] = []
        self.wholes: list[Any] = []
        self.on_told: Callable[[ClaimEvent], None] = lambda _event: None

    def poll(self, context: ShopContext[LiveSettings], asked: Asked) -> Iterator[Page]:
        """Yield what the test says."""
        self.asked.append(asked)
        yield from self.pages(context, asked)

    def receive(self, context: ShopContext[LiveSettings], request: ShopRequest) -> Received:
        """Read a request whose path is the secret."""
        if request.path != context.settings.secret.get_secret_value():
            raise DeliveryRefused(Text("Nicht vom Shop.", "Not of the shop."))
        try:
            body = from_json(request.body)
        except ValueError:
            raise InvalidInput(Text("Kein JSON.", "No JSON."), field="body", reason="NO_JSON") from None
        if "order" in body:
            return Received(wanted=(body["order"],))
        parts = tuple(Reported(payload=one, part=Part(whole=one["whole"], once=one["once"])) for one in body.get("parts", ()))
        return Received(reports=parts + tuple(Reported(payload=one) for one in body.get("claims", ())))

    @hookimpl
    def inkasso_dunning_level_reached(self, event: ShopEvent) -> Claim:
        """Return the claim: of the payload, or of the last part of a whole."""
        if "whole" not in event.payload:
            return Claim.model_validate(event.payload)
        self.wholes.append(event.payload)
        body = event.payload["parts"][-1]["payload"]["claim"]
        claim = Claim.model_validate(body)
        return claim.model_copy(update={"source": claim.source.model_copy(update={"version": len(event.payload["parts"])})})

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent, context: ShopContext[Any] | None) -> None:
        """Remember it."""
        self.told.append((event, context))
        self.on_told(event)
