"""The way back: the shop has no interface, so a person enters the new order status; each one is a task and a line of a table."""

from __future__ import annotations

from inkasso_core import ClaimEvent, ClaimEventKind, ShopContext, State, Text
from inkasso_shop_plugins.cpshop.settings import CPShopSettings

MOVES = frozenset(
    {
        ClaimEventKind.QUEUED,
        ClaimEventKind.WAITING,
        ClaimEventKind.RELEASED,
        ClaimEventKind.EXPORTED,
        ClaimEventKind.HANDED_OVER,
        ClaimEventKind.FAILED,
        ClaimEventKind.UNCLEAR,
        ClaimEventKind.PAUSED,
        ClaimEventKind.REMOVED,
        ClaimEventKind.CANCELLED,
        ClaimEventKind.PAID,
        ClaimEventKind.CLOSED,
    }
)
"""What happens to a claim when its state changes; everything else leaves the order status as it is."""


def ask_for_status(event: ClaimEvent, context: ShopContext[CPShopSettings]) -> None:
    """Ask for the order status that belongs to the claim's new state, once per event; a newer one takes the place of an older."""
    status = context.settings.shop_status.get(State(event.state))
    if event.kind not in MOVES or status is None:
        return
    source = context.book.claim(event.order).source
    order = source.order_number or source.order
    case = context.book.case(event.order)
    portal = f" {case.portal_url}" if case is not None and case.portal_url else ""
    known = _CASE.fill(agency=case.agency, case=case.case_reference) if case is not None and case.case_reference else _NO_CASE
    text = _ENTER.fill(order=order, status=status, case_de=known.de, case_en=known.en, portal=portal)
    context.desk.ask(event.order, event.id, text, status=status)


_ENTER = Text(
    "Auftrag {order}: im Shop den Status „{status}“ eintragen.{case_de}{portal}",
    'Order {order}: enter the status "{status}" in the shop.{case_en}{portal}',
)
_CASE = Text(" {agency}, Aktenzeichen {case}.", " {agency}, case {case}.")
_NO_CASE = Text("", "")
