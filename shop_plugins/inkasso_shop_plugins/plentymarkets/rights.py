"""What the user account must be allowed to do, in words: how the roles of the shop name these rights is not published."""

from __future__ import annotations

from inkasso_core import Text

Right = Text

READ_ORDERS = Text("Aufträge lesen", "read orders")
WRITE_ORDERS = Text("Aufträge ändern", "change orders")
READ_STATUSES = Text("Auftragsstatus lesen", "read order statuses")
READ_DOCUMENTS = Text("Auftragsdokumente lesen", "read order documents")
READ_NOTES = Text("Notizen (comments) lesen", "read notes (comments)")
WRITE_NOTES = Text("Notizen (comments) anlegen", "create notes (comments)")
READ_PAYMENTS = Text("Zahlungen lesen", "read payments")
WRITE_PAYMENTS = Text("Zahlungen anlegen und zuordnen", "create and assign payments")
WRITE_CONTACTS = Text("Kontakte ändern", "change contacts")
READ_CLIENTS = Text("Mandanten (webstores) lesen", "read clients (webstores)")
