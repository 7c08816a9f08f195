"""The setting ``INKASSO`` of a Django project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from inkasso_core import Claim, ClaimEvent, Inkasso, ShopContext


class ClaimBuilder(Protocol):
    """What ``CLAIM_BUILDER`` names: it makes a claim of the shop's own order.

    It is asked outside of any transaction, for the order as it stands then, and again whenever something happened to it. The claim is whole
    (all payments, reminders and charges so far), and its ``source.key`` is ``order``. An order that is no (or no longer a) case for
    collection has ``source.triggered=False``; None means that it is none of yours. Raise ``InvalidInput`` for an order that cannot be
    read: the text says what helps. Whatever else is raised is a failed event, too.
    """

    def __call__(self, order: str) -> Claim | None:
        """Return the claim of the order with this key."""


class WriteBack(Protocol):
    """What ``WRITE_BACK`` names: it writes into the shop what became of a claim.

    It is called once per event, in a transaction that also notes that it was; what it raises undoes both, and it is called again later.
    """

    def __call__(self, event: ClaimEvent, context: ShopContext[Any]) -> str | None:
        """Write; return the order status that was set, or None."""


Candidates = Callable[[], Iterable[str]]
"""What ``CANDIDATES`` names: it returns the keys of the orders that are in the trigger status now."""


@dataclass(frozen=True)
class Options:
    """``INKASSO``, with the names in it imported."""

    shop: str
    """The shop's name in ``inkasso.toml``: ``[shops.NAME]``."""
    claim_builder: ClaimBuilder
    config: str = "inkasso.toml"
    open: Callable[[], Inkasso] | None = None
    """Opens the installation itself, instead of ``config``: for plugins and adapters of the project's own."""
    candidates: Candidates | None = None
    write_back: WriteBack | None = None
    relay_on_commit: bool = False
    """Whether a web process relays its own events at once, in a thread, besides the command."""
    keep_days: int = 30
    """How long a relayed event stays in the shop's table."""


_NAMED = ("claim_builder", "open", "candidates", "write_back")
"""Options that are a callable, or the dotted path of one."""
_NEEDED = ("shop", "claim_builder")


def options() -> Options:
    """Return the options; raises ``ImproperlyConfigured`` naming the one that is wrong."""
    given: Mapping[str, Any] = getattr(settings, "INKASSO", None) or {}
    known = {name.upper(): name for name in Options.__dataclass_fields__}
    if unknown := sorted(set(given) - set(known)):
        raise ImproperlyConfigured(f"INKASSO has no option {unknown[0]!r}. There are: {', '.join(sorted(known))}.")
    values: dict[str, Any] = {known[name]: value for name, value in given.items()}
    if missing := [name.upper() for name in _NEEDED if not values.get(name)]:
        raise ImproperlyConfigured(f"INKASSO lacks {missing[0]!r}: docs/shops/django.md says what it is.")
    return Options(**{name: _imported(name, value) if name in _NAMED else value for name, value in values.items()})


def relays_on_commit() -> bool:
    """Return whether ``RELAY_ON_COMMIT`` is set; asks nothing else, so that an event is written whatever is wrong with the rest."""
    return bool((getattr(settings, "INKASSO", None) or {}).get("RELAY_ON_COMMIT"))


def _imported(name: str, value: Any) -> Any:
    """The callable that a dotted path names; a class is made an instance of."""
    if not isinstance(value, str):
        return value
    try:
        found = import_string(value)
    except ImportError:
        raise ImproperlyConfigured(f"INKASSO[{name.upper()!r}]: {value!r} cannot be imported.") from None
    return found() if isinstance(found, type) else found
