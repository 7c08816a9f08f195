"""The part of the facade for marketplaces: what vendors let go without a check, and what they see."""

from __future__ import annotations

from pathlib import Path

from inkasso_core import listing, vendors, vendorview
from inkasso_core.app.base import Part
from inkasso_core.errors import NotPermitted
from inkasso_core.lifecycle import Actor, Role
from inkasso_core.model.words import Text
from inkasso_core.store.claims import Filter
from inkasso_core.vendors import Options, Seller
from inkasso_core.vendorview import Published, View


class Vendors(Part):
    """The vendors of a marketplace."""

    def vendors(self, shop: str | None = None, *, actor: Actor | None = None) -> list[Seller]:
        """Return the vendors of a marketplace, or of all, with their options and their claims in each state.

        Raises :class:`NotFound` for a shop that is not configured, :class:`InvalidInput` for one without vendors.
        """
        who = self._actor(actor)
        with self._context.database.read() as connection:
            names = vendors.markets(self._context, who, shop)
            return [seller for name in names for seller in vendors.sellers(self._context, connection, name, who)]

    def vendor_options(self, shop: str, vendor: str, *, actor: Actor | None = None) -> Options:
        """Return what goes without a check for a vendor, whose decision that is, and when he may change it himself.

        Raises :class:`NotFound` for a vendor who has neither a claim nor decided anything, or whom the actor may not see.
        """
        with self._context.database.read() as connection:
            return vendors.options(self._context, connection, shop, vendor, self._actor(actor))

    def set_vendor_options(
        self,
        shop: str,
        vendor: str,
        *,
        automatic: bool | None = None,
        chargebacks: bool | None = None,
        reason: str | None = None,
        actor: Actor | None = None,
    ) -> Options:
        """Decide what goes without a check for a vendor: new overdue claims, chargebacks; what is left out stays. Returns what counts now.

        A vendor is bound by his own answer for a time (``change_after_days``): raises :class:`NotPermitted`, saying until when. The
        operator may decide for him at any time: raises :class:`InvalidInput` unless he gives a ``reason``.
        """
        who = self._actor(actor)
        with self._context.database.write() as connection:
            return vendors.decide(self._context, connection, shop, vendor, who, automatic=automatic, chargebacks=chargebacks, reason=reason)

    def publish_vendor_view(self, shop: str | None = None, *, actor: Actor | None = None) -> list[Published]:
        """Show the vendors of a marketplace, or of all, their claims as they are now; :meth:`run_due` does so once a day.

        Raises :class:`NotPermitted` for a vendor.
        """
        who = self._actor(actor)
        if who.role is Role.VENDOR or who.vendors is not None:
            raise NotPermitted(_NOT_A_VENDOR)
        return [vendorview.publish(self._context, name) for name in vendors.markets(self._context, who, shop)]

    def vendor_view(self, shop: str, vendor: str, chosen: Filter = Filter(), *, actor: Actor | None = None) -> View:  # noqa: B008
        """Return a vendor's claims with what he may do to each: to himself as last published, to the operator as they are now.

        ``chosen`` narrows by state, order and period; shop and vendor in it are not asked. Raises :class:`NotFound` for a vendor who is
        not known, or whom the actor may not see.
        """
        with self._context.database.read() as connection:
            return vendorview.view(self._context, connection, shop, vendor, chosen, self._actor(actor))

    def export_vendor_view(self, path: str | Path, view: View) -> int:
        """Write the claims of a view as CSV for a spreadsheet, without personal data; return the number of rows."""
        rows = (line.stored for line in view.lines)
        return listing.write_csv(Path(path), rows, self.settings.inkasso.language, self._context.profile)


_NOT_A_VENDOR = Text("Was Verkäufer sehen, gibt der Betreiber frei, kein Verkäufer.", "The operator publishes what vendors see, no vendor.")
