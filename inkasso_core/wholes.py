"""Reports in parts: a shop that tells of single transactions. The parts are stored as they come; then the plugin is told them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inkasso_core import intake, points
from inkasso_core.context import Context
from inkasso_core.errors import ConfigurationError, InvalidInput, PluginError
from inkasso_core.model.shop import Reported
from inkasso_core.model.words import Text
from inkasso_core.register import Inbound, Taken
from inkasso_core.store import shops, vault
from inkasso_core.store.engine import Connection
from inkasso_core.store.shops import NewPart, Whole

PAGE = 200
DEEPEST = 100
"""How deep objects and lists may stand in each other in a part."""


def inbound(context: Context, shop: str, reported: Reported) -> Inbound:
    """Return a report that is whole as the intake takes it."""
    kind = reported.kind or context.plugins.shop_plugin(context.shop(shop).plugin).event
    return Inbound(kind, reported.payload, reported_at=reported.reported_at)


def written(reports: Sequence[Reported]) -> list[NewPart]:
    """Write parts down; raises :class:`InvalidInput` for one that holds what JSON cannot."""
    found = []
    for reported in reports:
        if reported.part is not None:
            try:
                part = reported.part
                _not_too_deep(reported.payload)
                found.append(NewPart(part.whole, part.once, vault.dump(dict(reported.payload)), part.latest, part.above))
            except (TypeError, ValueError, RecursionError):
                raise InvalidInput(_NOT_JSON, field="payload", reason="NOT_JSON") from None
    return found


def _not_too_deep(value: object, depth: int = DEEPEST) -> None:
    """What is read again with many others must be readable for certain: one record that is not would stop all of them."""
    if depth == 0:
        raise ValueError("nested too deep")
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for one in inner:
        _not_too_deep(one, depth - 1)


def add(connection: Connection, context: Context, shop: str, reports: Sequence[Reported]) -> int:
    """Store parts in the transaction of the caller; return how many are new."""
    return shops.add_parts(connection, shop, written(reports), context.now()) if reports else 0


def are_known(context: Context, shop: str, reports: Sequence[Reported]) -> bool:
    """Whether all of these parts are stored already: who sends one again waits for nobody who writes."""
    parts = written(reports)
    with context.database.read() as connection:
        return shops.has_parts(connection, shop, parts)


def tell(context: Context, shop: str, *, limit: int | None = None) -> list[Taken]:
    """Tell the shop's plugin of everything that has new parts: all parts of each together. Returns what became of each.

    A process that dies between the two leaves it to the next one; what is told twice is the same report twice. What was told before is
    told again where there is something new above it.
    """
    result: list[Taken] = []
    after, below = "", 0
    kind = context.plugins.shop_plugin(context.shop(shop).plugin).event
    while limit is None or len(result) < limit:
        with context.database.read() as connection:
            found = shops.untold(connection, shop, after=after, limit=PAGE)
            parts = shops.parts_of(connection, shop, found)
        if not found:
            if not below:
                break
            after, below = "", 0
            continue
        after = found[-1].id
        reports = [Inbound(kind, _payload(whole, parts.get(whole.id, [])), place=None) for whole in found]

        def within(connection: Connection, _taken: list[Taken], found: list[Whole] = found) -> None:
            nonlocal below
            below += shops.told(connection, shop, found, context.now())

        result += intake.take(context, shop, reports, within=within)
        points.reach("wholes.told")
    return result


def _payload(whole: Whole, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """What the hook is given. ``changed_at`` is when anything of it last changed: also when a part went to another whole."""
    return {"whole": whole.name, "changed_at": whole.changed_at.isoformat(), "parts": parts}


def tell_all(context: Context) -> list[Taken]:
    """Do so for every shop that is configured; one that cannot be served now keeps its parts, and stops none of the others."""
    with context.database.read() as connection:
        waiting = shops.shops_with_untold(connection)
    result: list[Taken] = []
    for shop in waiting:
        try:
            result += tell(context, shop) if shop in context.settings.shops else []
        except (ConfigurationError, PluginError):
            continue  # `doctor` names it
    return result


_NOT_JSON = Text(
    "Die Meldung enthält, was JSON nicht fassen kann: nur Texte, Zahlen, Wahrheitswerte, Listen und Objekte übergeben.",
    "The report holds what JSON cannot: pass texts, numbers, truth values, lists and objects only.",
)
