"""Returns and credit notes: orders of their own that refer to the order that they take something off.

From ``reference: shop-plentymarkets.md`` sections 4.1 and 9. A credit note may refer to the order itself, or to a return of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from inkasso_core import Text
from inkasso_shop_plugins.plentymarkets.codes import CREDIT_NOTE, PARENT, DateType, OrderType
from inkasso_shop_plugins.plentymarkets.money import debtor_amount
from inkasso_shop_plugins.plentymarkets.order_settings import OrderSettings
from inkasso_shop_plugins.plentymarkets.papers import valid_documents
from inkasso_shop_plugins.plentymarkets.record import Node, by_type, identifier, readable, wrong
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings
from inkasso_shop_plugins.plentymarkets.status import covered

OTHER_CURRENCY = Text(
    'ist eine Gutschrift in einer anderen Währung als der Auftrag. Im Shop berichtigen, oder credit_notes = "ignore" setzen.',
    'is a credit note in another currency than the order. Correct it in the shop, or set credit_notes = "ignore".',
)


def parents_of(child: Node) -> set[str]:
    """Return the orders that a return or a credit note came of: those that it refers to, else the first of the chain; none for garbage."""
    return readable(lambda: _references(child)) or set()


def _references(child: Node) -> set[str]:
    references = [reference for reference in child.nodes("orderReferences") if reference.text("referenceType") == PARENT]
    found = {identifier(reference, "referenceOrderId") or identifier(reference, "originOrderId") for reference in references}
    return {number for number in found if number} - {identifier(child, "id")}


def number_of(node: Node) -> str | None:
    """Return the id of an order, whatever else it holds."""
    return readable(lambda: identifier(node, "id"))


def kind_of(node: Node) -> int | None:
    """Return the type of an order, whatever else it holds."""
    return readable(lambda: node.integer("typeId"))


def related(order: str, found: Iterable[Node]) -> list[Node]:
    """Return the returns and credit notes of one order, also those that refer to a return of it."""
    left, mine, known = list(found), list[Node](), {order}
    while new := [child for child in left if parents_of(child) & known]:
        mine += new
        known |= {number for child in new if (number := number_of(child))}
        left = [child for child in left if child not in new]
    return sorted(mine, key=lambda child: number_of(child) or "")


def credit_notes(children: Collection[Node], currency: str, settings: PlentySettings) -> list[dict[str, Any]]:
    """Return the credit notes in the fields of a claim; only where they are to be deducted do they reduce it."""
    if settings.credit_notes == "ignore":
        return []
    found = []
    for child in children:
        if child.integer("typeId") != OrderType.CREDIT_NOTE or _is_void(child, settings):
            continue
        amount = debtor_amount(child)
        if (amount.text("currency") or "").upper() != currency.upper():
            raise wrong(amount.at("currency"), OTHER_CURRENCY)
        total = amount.needed("invoiceTotal", amount.number("invoiceTotal"))
        if total:
            found.append(
                {
                    "amount": abs(total),
                    "on": _issued(child, settings),
                    "allocated": settings.credit_notes == "deduct",
                    "reference": _number(child, settings),
                }
            )
    return found


def has_open_return(children: Collection[Node], settings: PlentySettings) -> bool:
    """True where goods are on their way back and nobody has decided what that is worth."""
    credited = set()
    for child in children:
        if child.integer("typeId") == OrderType.CREDIT_NOTE and not _is_void(child, settings):
            credited |= parents_of(child)
    return any(
        child.integer("typeId") == OrderType.RETURN
        and not _is_void(child, settings)
        and not covered(_status(child), settings.settled_returns)
        and identifier(child, "id") not in credited
        for child in children
    )


def _status(child: Node) -> Decimal:
    return child.needed("statusId", child.number("statusId"))


def _is_void(child: Node, settings: OrderSettings) -> bool:
    """True for one that was cancelled or deleted; a date of deletion that was never set is none."""
    deleted = by_type(child.nodes("dates"), "date").get(DateType.DELETED)
    return covered(_status(child), settings.cancelled) or (deleted is not None and deleted.day("date", settings.timezone) is not None)


def _papers(child: Node, settings: OrderSettings) -> list[Node]:
    return valid_documents(child, settings.timezone).get(CREDIT_NOTE, [])


def _issued(child: Node, settings: OrderSettings) -> Any:
    papers = _papers(child, settings)
    day = papers[-1].day("displayDate", settings.timezone) if papers else None
    return day or child.day("createdAt", settings.timezone)


def _number(child: Node, settings: OrderSettings) -> str | None:
    papers = _papers(child, settings)
    return (papers[-1].text("numberWithPrefix", "number") if papers else None) or identifier(child, "id")
