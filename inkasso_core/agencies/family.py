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
        found = self.by_transport.get(str(transport if transport is not None else self.default))
        if found is None:
            known = ", ".join(self.by_transport)
            raise ConfigurationError(_UNKNOWN.fill(label=self.label, known=known), field="transport")
        return found


_UNKNOWN = Text("{label}: die Einstellung transport ist eines von {known}.", "{label}: the setting transport is one of {known}.")
