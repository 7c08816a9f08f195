"""What the pull bridge offers to the importer: the placements in an account's spool, and what becomes of its notes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from inkasso_adapters import _reading as reading
from inkasso_adapters.adu.notes import Meaning, NotePattern, Said, read_note
from inkasso_adapters.adu.service import Invoiced, Query
from inkasso_adapters.adu.spool import Entry, Spool
from inkasso_core import AgencyStatus

UNDECIDED = frozenset({AgencyStatus.DRAFT, AgencyStatus.SUBMITTED, AgencyStatus.NEEDS_INPUT, AgencyStatus.UNKNOWN})
"""Statuses that say nothing of whether the agency takes the case."""


class Released:
    """The spool as the service needs it (:class:`~inkasso_adapters.adu.service.Shop`)."""

    def __init__(
        self,
        spool: Spool,
        status: tuple[Decimal, str],
        patterns: Sequence[NotePattern],
        case_number: str | None,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._spool, self._status, self._patterns, self._now = spool, status, patterns, now
        self._case_number = re.compile(case_number) if case_number else None

    @property
    def _at(self) -> int:
        return int(self._now().timestamp())

    def statuses(self) -> Sequence[tuple[Decimal, str]]:
        """Return the one status that orders are in."""
        return [self._status]

    def orders(self, query: Query, page: int, size: int) -> tuple[Sequence[Mapping[str, Any]], int]:
        """Return a page of what is offered, and note that it was fetched, before it leaves."""
        found = [entry for entry in self._spool.offered(query.order_id) if self._matches(entry, query)]
        chosen = [entry.number for entry in found[page * size : (page + 1) * size]]
        return [self._order(entry) for entry in self._spool.pulled(chosen, self._at)], -(-len(found) // size)

    def invoices(self, order_ids: Sequence[int]) -> Sequence[Invoiced]:
        """Return address and content of invoices, as far as they are known."""
        found = [
            Invoiced(entry.order_id, (entry.body or {}).get("InvoiceURL"), self._spool.invoice(entry.number))
            for entry in self._spool.seen()
            if entry.order_id in order_ids
        ]
        return [one for one in found if one.url or one.content]

    def payments(self, order_id: int | None, customer_id: int | None) -> Sequence[Mapping[str, Any]]:
        """Return what the creditor received."""
        return [
            {"IncomingPaymentID": number, "OrderID": entry.order_id, "InvoiceNumber": _head(entry).get("Invoice"), **payment}
            for entry in self._spool.seen()
            if order_id in (None, entry.order_id) and customer_id in (None, entry.number)
            for number, payment in self._spool.payments(entry.number)
        ]

    def note(self, customer_id: int | None, text: str, inserted: int | None) -> None:
        """Keep a note with the placement that it is about; one that contradicts itself, or names none, belongs to none."""
        said = read_note(text, self._patterns)
        entry = self._meant(customer_id, said)
        facts = {} if entry is None else self._facts(text, said)
        self._spool.note(entry.number if entry else None, customer_id, text, inserted, self._at, facts)

    def open_session(self, token: str, until: dt.datetime) -> None:
        """Keep a token."""
        self._spool.open_session(token, int(until.timestamp()), self._at)

    def is_open(self, token: str) -> bool:
        """Return whether a token is one that was kept."""
        return self._spool.is_open(token, self._at)

    def _meant(self, customer_id: int | None, said: Said) -> Entry | None:
        of_customer = None if customer_id is None else self._spool.find(number=customer_id)
        if said.order is None:
            return of_customer
        of_order = self._spool.find(order_id=said.order)
        if of_customer is None or of_order is None:
            return of_order
        return of_order if of_order.number == of_customer.number else None

    def _facts(self, text: str, said: Said) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        if said.meaning is not Meaning.UNKNOWN and said.status not in UNDECIDED:
            facts["handed_over_at"] = self._at
        if said.status is not None:
            facts["said"] = said.status.value
        found = self._case_number.search(text) if self._case_number else None
        number = reading.name(found.group(1)) if found else None
        return {**facts, "case_reference": number} if number else facts

    def _matches(self, entry: Entry, query: Query) -> bool:
        head, status = _head(entry), self._status[0]
        return all(
            (
                query.external_id in (None, head.get("ExternalOrderID")),
                query.invoice in (None, head.get("Invoice")),
                query.status in (None, status),
                _within(status, query.status_from, query.status_to),
                _within(entry.updated_at, query.updated_from, query.updated_till),
                _within(head.get("OrderTimestamp", entry.created_at), query.created_from, query.created_till),
            )
        )

    def _order(self, entry: Entry) -> dict[str, Any]:
        """Return an order with the numbers that the spool gave it."""
        body, head = entry.body or {}, _head(entry)
        letters = [{"Value": number} for number in head.get("DunningLetterNumber", ())]
        customer = {"CustomerID": entry.number}
        return {
            **body,
            "OrderCustomerAddress": {**body["OrderCustomerAddress"], **customer},
            "OrderHead": {
                **head,
                **customer,
                "OrderID": entry.order_id,
                "OrderStatus": self._status[0],
                "LastUpdate": entry.updated_at,
                "OrderDocumentNumbers": {"InvoiceNumber": head.get("Invoice"), "DunningLetterNumber": letters},
                "IncomingPayments": [
                    {"ID": number, "ReferenceID": payment.get("ReasonForPayment")} for number, payment in self._spool.payments(entry.number)
                ],
            },
        }


def _head(entry: Entry) -> Mapping[str, Any]:
    head: Mapping[str, Any] = (entry.body or {}).get("OrderHead", {})
    return head


def _within(value: Any, least: Any, most: Any) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)
