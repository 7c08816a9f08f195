"""What people read for the groups of conditions and for the levels of findings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text

REMINDED_INVOICE = "reminded_invoice"
CHARGEBACK = "chargeback_or_returned_debit"

GROUPS: Mapping[str, Text] = MappingProxyType(
    {
        REMINDED_INVOICE: Text("Gemahnte Rechnung", "reminded invoice"),
        CHARGEBACK: Text("Rückbuchung oder Rücklastschrift", "chargeback or returned debit"),
    }
)
"""The shipped groups. All conditions of one group met is enough."""

SHOP, MARKETPLACE = "shop", "marketplace"
"""The profiles of the life cycle, by their values."""

GROUPS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType({SHOP: (REMINDED_INVOICE,), MARKETPLACE: (REMINDED_INVOICE, CHARGEBACK)})
"""Profile of a shop -> the groups in force where an account's policy names none."""

LEVELS: Mapping[Level, Text] = MappingProxyType(
    {
        Level.BLOCK: Text("Sperrt", "blocks"),
        Level.WARN: Text("Warnt", "warns"),
        Level.INFO: Text("Hinweis", "note"),
    }
)


def group_label(name: str) -> Text:
    """Return what people read for the group; a merchant's own group is called as he named it."""
    return GROUPS.get(name) or Text(name, name)
