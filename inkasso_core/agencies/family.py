"""One agency, several transports: which class serves an account is its setting ``transport``.

An entry point may name a :class:`Transports` in place of a class. Every class in it has the family's name, and a field ``transport`` in its
settings that holds its own key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inkasso_core.agencies.base import Agency
from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Text


@dataclass(frozen=True)
class Transports:
    """The transports of one agency."""

    name: str
    """Equals the name of the entry point."""
    label: str
    by_transport: Mapping[str, type[Agency[Any]]]
    """Value of the setting ``transport`` -> the class that speaks it."""
    default: str | None = None
    """What counts where the setting is left out; None where it must be there."""

    def chosen(self, transport: object) -> type[Agency[Any]]:
        """Return the class for a value of the setting. Raises ``ConfigurationError`` naming the transports that there are."""
        wanted = transport if transport is not None else self.default
        found = self.by_transport.get(str(wanted))
        if found is None:
            text = _MISSING if wanted is None else _UNKNOWN
            raise ConfigurationError(text.fill(label=self.label, known=", ".join(self.by_transport)), field="transport")
        return found


_UNKNOWN = Text(
    "{label} kennt diesen Transport nicht: die Einstellung transport ist eines von {known}.",
    "{label} knows no such transport: the setting transport is one of {known}.",
)
_MISSING = Text(
    "{label}: die Einstellung transport fehlt (oder ist falsch geschrieben): eines von {known}.",
    "{label}: the setting transport is missing (or misspelt): one of {known}.",
)
