"""The columns of an exported order file: our names, and the headings under which they are found.

Eighteen columns and their order are documented, for the shop's export format "Inkasso MediaFinanz"; neither the spelling of the headings
nor a heading line at all is (``reference: shop-cpshop.md`` sections 2.1, 2.2). So headings are settings, and these are only their defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from inkasso_core import ColumnSpec

DOCUMENTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "first_name": ("Vorname",),
        "last_name": ("Nachname", "Familienname"),
        "salutation": ("Geschlecht", "Anrede"),
        "company": ("Firma", "Firmenname"),
        "street": ("Strasse", "Straße und Hausnummer", "Anschrift"),
        "postal_code": ("PLZ", "Postleitzahl"),
        "city": ("Ort", "Stadt"),
        "country": ("Land",),
        "phone": ("Telefon 1", "Telefon"),
        "phone2": ("Telefon 2",),
        "fax": ("Fax", "Telefax"),
        "email": ("Email", "E-Mail-Adresse"),
        "invoice_number": ("Rechnungsnr", "Rechnungsnummer"),
        "amount": ("Forderungsbetrag", "Offener Betrag"),
        "reason": ("Forderungsgrund",),
        "service_date": ("Leistungsdatum", "Lieferdatum"),
        "reminder_date": ("Mahndatum", "Letzte Mahnung"),
        "claim_type": ("Forderungstyp",),
    }
)
"""The columns of the export format, in its order: a file without headings has exactly these."""

FURTHER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "order_id": ("Bestell-ID", "Auftrags-ID"),
        "order_number": ("Bestellnummer", "Bestellnr", "Auftragsnummer", "Auftragsnr"),
        "status": ("Bestellstatus", "Auftragsstatus"),
        "changed_at": ("Geändert am", "Letzte Änderung", "Statusdatum"),
        "customer_number": ("Kundennummer", "Kundennr"),
        "title": ("Titel",),
        "birth_date": ("Geburtsdatum",),
        "house_number": ("Hausnummer", "Hausnr"),
        "address_extra": ("Adresszusatz",),
        "mobile": ("Mobil", "Mobiltelefon", "Handy"),
        "order_date": ("Bestelldatum", "Auftragsdatum"),
        "invoice_date": ("Rechnungsdatum",),
        "due_date": ("Fälligkeitsdatum", "Fällig am", "Fälligkeit"),
        "currency": ("Währung",),
        "paid_amount": ("Gezahlter Betrag", "Bereits gezahlt"),
        "dunning_fee": ("Mahngebühr", "Mahngebühren", "Mahnkosten"),
        "reminder_1_date": ("1. Mahnung", "Mahnung 1"),
        "reminder_2_date": ("2. Mahnung", "Mahnung 2"),
        "reminder_3_date": ("3. Mahnung", "Mahnung 3"),
        "payment_method": ("Zahlungsart", "Zahlungsweise"),
    }
)
"""What another order export may hold besides. Found by heading only."""

NAMES = (*DOCUMENTED, *FURTHER)

REMINDERS = ("reminder_1_date", "reminder_2_date", "reminder_3_date")
"""The columns of the reminders whose level is known, level 1 first."""

KEYS = ("order_id", "order_number", "invoice_number")
"""The columns that can name an order for good, the best first. The amount is never one of them."""


def column_specs(headings: Mapping[str, tuple[str, ...]]) -> tuple[ColumnSpec, ...]:
    """Return the columns for the reader; ``headings`` replace the default headings of the columns they name."""
    known = {**DOCUMENTED, **FURTHER, **headings}
    return tuple(ColumnSpec(name, tuple(known[name]), required=name == "amount", by_name_only=name in FURTHER) for name in NAMES)
