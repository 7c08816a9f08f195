"""What people read for the groups of conditions and for the levels of findings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text

REMINDED_INVOICE = "reminded_invoice"

GROUPS: Mapping[str, Text] = MappingProxyType({REMINDED_INVOICE: Text("Gemahnte Rechnung", "reminded invoice")})
"""The shipped groups. All conditions of one group met is enough."""

LEVELS: Mapping[Level, Text] = MappingProxyType(
    {
        Level.BLOCK: Text("Sperrt", "blocks"),
        Level.WARN: Text("Warnt", "warns"),
        Level.INFO: Text("Hinweis", "note"),
    }
)


def group_label(name: str) -> Text:
    """Return what people read for the group, or its bare name where it has no label."""
    return GROUPS.get(name) or Text(name, name)
