"""Receiving: a request that a shop sends. Its plugin checks and reads it; all of it is stored in one commit, and only then answered."""

from __future__ import annotations

from collections.abc import Sequence

from inkasso_core import intake, points, shopside, wholes
from inkasso_core.context import Context
from inkasso_core.discretion import unsaid
from inkasso_core.errors import InkassoError, NotFound, PluginError
from inkasso_core.model.shop import Received, ShopRequest
from inkasso_core.model.words import Text
from inkasso_core.register import Taken
from inkasso_core.store import shops
from inkasso_core.store.engine import Connection


def receive(context: Context, shop: str, request: ShopRequest) -> tuple[Received, list[Taken]]:
    """Take a request of a shop; return how it is to be answered, and what became of the reports in it that are whole.

    Parts are stored and told to the plugin later, by :func:`inkasso_core.wholes.tell`. Raises ``DeliveryRefused`` for a request that is
    not the shop's (401), ``InvalidInput`` for one that cannot be read (400), :class:`NotFound` where there is no such shop, or its plugin
    takes none (404); anything else (500) says that it is to come again.
    """
    plugin = context.plugins.shop_plugin(context.shop(shop).plugin)
    if "receive" not in plugin.operations:
        raise NotFound(_NO_RECEIVE.fill(shop=shop, plugin=plugin.name), field="shop")
    surroundings = shopside.shop_context(context, shop)
    try:
        received = plugin.receive(surroundings, request)
    except InkassoError as exc:
        raise unsaid(exc, context.secrets_of_shop(shop), _QUOTES) from None
    except Exception as exc:  # noqa: BLE001  (a stranger's code, with the debtor's data and secrets in its hands)
        raise PluginError(_BROKE.fill(plugin=plugin.name, error=type(exc).__name__), field=shop) from None
    return received, store(context, shop, received)


def store(context: Context, shop: str, received: Received) -> list[Taken]:
    """Store all of it in one commit; return what became of the reports that are whole, in their order."""

    def within(connection: Connection, _taken: Sequence[Taken] = ()) -> None:
        shops.want(connection, shop, received.wanted, context.now())
        wholes.add(connection, context, shop, parts)

    def commit(connection: Connection) -> None:
        within(connection)
        points.reach("receive.before_commit")

    parts = [reported for reported in received.reports if reported.part is not None]
    alone = [wholes.inbound(context, shop, reported) for reported in received.reports if reported.part is None]
    taken: list[Taken] = []
    if alone:
        taken = intake.take(context, shop, alone, within=within)
    elif received.wanted or (parts and not wholes.are_known(context, shop, parts)):
        context.together.write(commit)
    points.reach("receive.after_commit")
    return taken


_NO_RECEIVE = Text(
    "Der Shop „{shop}“ nimmt keine Anfragen an: sein Plugin {plugin} fragt ab oder liest Dateien.",
    'The shop "{shop}" takes no requests: its plugin {plugin} polls, or reads files.',
)
_BROKE = Text(
    "Das Plugin {plugin} ist an einer Anfrage des Shops gescheitert ({error}): sein Paket aktualisieren oder den Fehler melden.",
    "The plugin {plugin} broke on a request of the shop ({error}): update its distribution or report the error.",
)
_QUOTES = Text(
    "Das Shop-Plugin lehnt die Anfrage ab ({error}); sein Text wiederholt ein Geheimnis und wird nicht gezeigt.",
    "The shop plugin refuses the request ({error}); its text repeats a secret and is not shown.",
)
