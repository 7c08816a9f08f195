"""The inkasso plugin of Tryton: what the Tryton module reports becomes a claim, and what becomes of it a note in Tryton."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from inkasso_core import Claim, ClaimEvent, Finding, ShopContext, ShopEvent, ShopEventKind, ShopPlugin, ShopSettings, Text, hookimpl
from inkasso_shop_plugins.tryton.mapping import account_of, claim_of
from inkasso_shop_plugins.tryton.settings import TrytonSettings


class TrytonShop(ShopPlugin[TrytonSettings]):
    """Tryton with ``account_dunning``, by the reports of the Tryton module in this package.

    A report is the receivable as it stands, so every hook builds the claim from it. All of them raise ``InvalidInput`` for what is no
    such report, and pydantic's ``ValidationError`` for values no claim may have.
    """

    name: ClassVar[str] = "tryton"
    label: ClassVar[str] = "Tryton"
    Settings: ClassVar[type[ShopSettings]] = TrytonSettings
    event: ClassVar[ShopEventKind] = ShopEventKind.DUNNING_LEVEL_REACHED
    verified: ClassVar[str] = "sandbox"
    documentation: ClassVar[str] = "docs/shops/tryton.md"
    assertion: ClassVar[str | None] = "assertion"
    assertable: ClassVar[Sequence[str]] = ("due_date_origin", "contract.concluded_on", "performed", "subject", "kind")

    def doubts(self, settings: TrytonSettings, section: str) -> Sequence[Text]:
        """Names that nobody can divide, and a way back that leads nowhere."""
        found = []
        if settings.names is None and (settings.unmarked == "person" or set(settings.categories.values()) - {"organization"}):
            found.append(_NAMES.fill(section=section))
        if not (settings.categories or settings.unmarked):
            found.append(_KINDS.fill(section=section))
        if (settings.config is None) or (settings.database is None):
            found.append(_NO_WAY_BACK.fill(section=section))
        return found

    def examine(self, context: ShopContext[TrytonSettings]) -> Iterator[Finding]:
        """Look into the Tryton database: is the module active, does a level hand over, does anything wait for the relay."""
        from inkasso_shop_plugins.tryton.back import examine

        yield from examine(context.settings)

    @hookimpl
    def inkasso_dunning_level_reached(self, event: ShopEvent) -> Claim:
        """Return the claim of a receivable that reached a level."""
        return claim_of(event, self.settings(event))

    @hookimpl
    def inkasso_order_status_changed(self, event: ShopEvent) -> Claim:
        """Return the claim of a receivable whose dunning was blocked, freed or deleted."""
        return claim_of(event, self.settings(event))

    @hookimpl
    def inkasso_export_requested(self, event: ShopEvent) -> Claim:
        """Return the claim of a reported receivable."""
        return claim_of(event, self.settings(event))

    @hookimpl
    def inkasso_payment_received(self, event: ShopEvent) -> Claim:
        """Return the claim with what was booked against it, also where a payment was taken back."""
        return claim_of(event, self.settings(event))

    @hookimpl
    def inkasso_order_cancelled(self, event: ShopEvent) -> Claim:
        """Return the claim of an invoice that was cancelled or credited."""
        return claim_of(event, self.settings(event))

    @hookimpl
    def inkasso_choose_account(self, claim: Claim) -> str | None:
        """Return the account that the dunning level names."""
        return account_of(claim)

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent, context: ShopContext[TrytonSettings] | None) -> None:
        """Write a note into Tryton, once per ``event.id``; nothing where the settings name no database."""
        if context is None or context.settings.config is None or context.settings.database is None:
            return
        from inkasso_shop_plugins.tryton.back import write_note

        write_note(event, context)


_NAMES = Text(
    "[{section}] names fehlt: ohne diese Angabe wird der Name einer Person nicht in Vor- und Nachname geteilt, und die Forderung wartet "
    '(NAME_INCOMPLETE). Zum Beispiel names = "first last".',
    "[{section}] names is missing: without it a person's name is not divided into first and last name, and the claim waits "
    '(NAME_INCOMPLETE). For example names = "first last".',
)
_KINDS = Text(
    "[{section}] Tryton sagt von einer Partei nicht, ob sie eine Person ist: categories (was eine Parteikategorie bedeutet) oder "
    "unmarked angeben, sonst wartet jede Forderung gegen eine Partei ohne Steuernummer (NAME_INCOMPLETE).",
    "[{section}] Tryton does not say whether a party is a person: name categories (what a party category means), or unmarked; else "
    "every claim against a party without a tax identifier waits (NAME_INCOMPLETE).",
)
_NO_WAY_BACK = Text(
    "[{section}] config und database fehlen: in Tryton steht dann nicht, was aus einer Forderung wurde.",
    "[{section}] config and database are missing: Tryton will not show what became of a claim.",
)
