"""Invoice and dunning letters from the documents in the order (``reference: shop-plentymarkets.md`` section 7.1)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from inkasso_shop_plugins.plentymarkets.codes import DUNNING_LETTER, INVOICES
from inkasso_shop_plugins.plentymarkets.record import Node, snake

HIGHEST_LEVEL = 9
"""The highest level that a claim knows."""


def valid_documents(order: Node, zone: ZoneInfo) -> dict[str, list[Node]]:
    """Return the finished documents that no reversal cancelled, by type in snake_case, the oldest first."""
    found: dict[str, list[Node]] = {}
    for document in order.nodes("documents"):
        kind = document.text("type")
        if kind and document.text("status") in (None, "done") and not _is_reversed(document):
            found.setdefault(snake(kind), []).append(document)
    for documents in found.values():
        documents.sort(key=lambda document: _age(document, zone))
    return found


def _is_reversed(document: Node) -> bool:
    reversal = document.get("cancelledBy")
    return bool(reversal) and reversal != "0"


def _age(document: Node, zone: ZoneInfo) -> tuple[dt.date, int]:
    """By the date on the document; one without a date counts as the newest."""
    return document.day("displayDate", zone) or dt.date.max, document.integer("id") or 0


def _number(document: Node) -> str | None:
    return document.text("numberWithPrefix", "number")


def invoice(documents: dict[str, list[Node]], main_number: str | None, zone: ZoneInfo) -> dict[str, Any] | None:
    """Return the newest valid invoice; without one, the order's main document number alone, or None."""
    for kind in INVOICES:
        if kind in documents:
            newest = documents[kind][-1]
            return {"number": _number(newest) or main_number, "issued_on": newest.day("displayDate", zone)}
    return {"number": main_number} if main_number else None


def reminders(documents: dict[str, list[Node]], level: int | None, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return one reminder per valid dunning letter, levels counted from 1.

    ``level`` is the order's dunning level: a marker that the shop keeps apart from the letters. It raises the level of
    the last letter and never makes one up.
    """
    letters = documents.get(DUNNING_LETTER, [])
    levels = list(range(1, len(letters) + 1))
    if letters and level is not None:
        levels[-1] = max(levels[-1], level)
    return [
        {
            "level": counted if counted <= HIGHEST_LEVEL else None,
            "sent_on": letter.day("displayDate", zone),
            "number": _number(letter),
        }
        for counted, letter in zip(levels, letters, strict=True)
    ]
