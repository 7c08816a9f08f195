"""Reports in parts: a shop that tells of single transactions. The parts are stored as they come; then the plugin is told them together."""

from __future__ import annotations

from collections.abc import Sequence

from inkasso_core import intake, points
from inkasso_core.context import Context
from inkasso_core.errors import InvalidInput
from inkasso_core.model.shop import Reported
from inkasso_core.model.words import Text
from inkasso_core.register import Inbound, Taken
from inkasso_core.store import shops, vault
from inkasso_core.store.engine import Connection
from inkasso_core.store.shops import NewPart, Whole

PAGE = 200


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
                found.append(NewPart(reported.part.whole, reported.part.once, vault.dump(dict(reported.payload))))
            except (TypeError, ValueError, RecursionError):
                raise InvalidInput(_NOT_JSON, field="payload", reason="NOT_JSON") from None
    return found


def add(connection: Connection, context: Context, shop: str, reports: Sequence[Reported]) -> int:
    """Store parts in the transaction of the caller; return how many are new."""
    return shops.add_parts(connection, shop, written(reports), context.now()) if reports else 0


def tell(context: Context, shop: str, *, limit: int | None = None) -> list[Taken]:
    """Tell the shop's plugin of everything that has new parts: all parts of each together. Returns what became of each.

    A process that dies between the two leaves it to the next one; what is told twice is the same report twice.
    """
    result: list[Taken] = []
    after = ""
    kind = context.plugins.shop_plugin(context.shop(shop).plugin).event
    while limit is None or len(result) < limit:
        with context.database.read() as connection:
            found = shops.untold(connection, shop, after=after, limit=PAGE)
            parts = shops.parts_of(connection, [whole.id for whole in found])
        if not found:
            break
        after = found[-1].id
        reports = [Inbound(kind, {"whole": whole.name, "parts": parts.get(whole.id, [])}, place=None) for whole in found]

        def within(connection: Connection, _taken: list[Taken], found: list[Whole] = found) -> None:
            shops.told(connection, found)

        result += intake.take(context, shop, reports, within=within)
        points.reach("wholes.told")
    return result


def tell_all(context: Context) -> list[Taken]:
    """Do so for every shop that is configured."""
    with context.database.read() as connection:
        waiting = shops.shops_with_untold(connection)
    return [taken for shop in waiting if shop in context.settings.shops for taken in tell(context, shop)]


_NOT_JSON = Text(
    "Die Meldung enthält, was JSON nicht fassen kann: nur Texte, Zahlen, Wahrheitswerte, Listen und Objekte übergeben.",
    "The report holds what JSON cannot: pass texts, numbers, truth values, lists and objects only.",
)
