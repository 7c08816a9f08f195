"""The event feed: ids only, so what an event means is read where it lies.

An event about a case (mandate) concerns every order whose claims are in it: there is one entry for each, under its own reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from inkasso_adapters.paywise import codes
from inkasso_adapters.paywise.http import PAGE, PaywiseHttp, segment
from inkasso_adapters.paywise.reading import instant, obj, prose, ref, rows, text
from inkasso_adapters.paywise.status import mandate_of
from inkasso_core import Feed, FeedEntry, FeedKind, as_list, entry_digest

_TOO_OLD = (400, 404, 409, 410, 412, 422)
"""What is said of a cursor whose events are not kept any more is not published: any refusal of it begins anew, with the oldest event."""

_LONGEST_CURSOR = 300


class Placed(NamedTuple):
    """A placement of ours: the id of its order, and the reference of its claims."""

    agency_reference: str | None = None
    our_reference: str | None = None
    mark: str = ""
    """What tells the entries of one event apart."""


def read_feed(http: PaywiseHttp, cursor: str | None) -> Feed:
    """Read one page of the feed. Nothing is acknowledged: the agency keeps no place of ours."""
    params = {"limit": str(PAGE)}
    page = http.get("v2/events/", params={**params, "since": cursor}, absent=_TOO_OLD) if cursor else None
    page = obj(http.get("v2/events/", params=params) if page is None else page)
    reader = _Reader(http)
    entries = [entry for event in as_list(page.get("results")) for entry in reader.entries(event)]
    cursor = ref(page.get("cursor"), _LONGEST_CURSOR)
    if cursor is None and page.get("cursor"):  # without its place the feed would stand still, and nobody would know
        raise http.wire.lost(changing=False, raw=page)
    return Feed(entries=tuple(entries), cursor=cursor, more=cursor is not None and text(page.get("next")) is not None)


class _Reader:
    """Reads events; each case is asked for once a page."""

    def __init__(self, http: PaywiseHttp) -> None:
        self.http = http
        self._mandates: dict[str, dict[str, Any]] = {}

    def entries(self, event: Any) -> Iterator[FeedEntry]:
        """Yield the entries of one event: at least one, whatever it is."""
        found = obj(event)
        data, kind_of_event = obj(found.get("data")), text(found.get("type"))
        kind = codes.EVENTS.get(kind_of_event or "", FeedKind.OTHER)
        read = _READ.get(kind_of_event or "")
        about = read(self, data) if read else _About()
        placed = self._placed(data, about)
        for one in placed if kind in _FOR_ALL else placed[:1]:
            yield FeedEntry(
                entry_id=(ref(found.get("id"), 100) or entry_digest(event)) + (one.mark if kind in _FOR_ALL else ""),
                kind=kind,
                agency_reference=one.agency_reference,
                our_reference=one.our_reference,
                at=instant(found.get("created_at")),
                text=about.text or (kind_of_event if kind is FeedKind.OTHER else None),
                raw={"event": event, "about": about.raw} if about.raw else event,
            )

    def _placed(self, data: dict[str, Any], about: _About) -> list[Placed]:
        """Return the placements that an event concerns; what is not known is named as the agency names it."""
        order_id = ref(data.get("order_id"))
        if order_id is not None:
            return [Placed(order_id)]
        mandate_id = ref(data.get("mandate_id")) or about.mandate_id
        if mandate_id is None or about.our_reference is not None:
            return [Placed(our_reference=about.our_reference)]
        claims = rows(self.mandate(mandate_id).get("claims"))
        found = {ref(claim.get("order_id"), 99): ref(claim.get("your_reference")) for claim in claims}
        return [Placed(order, ours, f"/{order}") for order, ours in found.items() if order is not None] or [Placed(mandate_id)]

    def mandate(self, mandate_id: str) -> dict[str, Any]:
        """Return a case."""
        if mandate_id not in self._mandates:
            self._mandates[mandate_id] = mandate_of(self.http, mandate_id, absent=codes.NOT_TOLD)
        return self._mandates[mandate_id]

    def question(self, data: dict[str, Any]) -> _About:
        """Read what the agency asks, and say how it is answered."""
        request_id, parent = ref(data.get("request_to_client_id")), _parent(data)
        if request_id is None or parent is None:
            return _About()
        found = obj(self.http.get(f"{parent}requests-to-client/{segment(request_id)}/", absent=codes.NOT_TOLD))
        how = f"→ `Antwort {request_id}: …` ({text(found.get('allowed_answer_types')) or '?'})"
        return _About(prose(found.get("title"), found.get("description"), how), found)

    def update(self, data: dict[str, Any]) -> _About:
        """Read a published status update out of the case's history."""
        mandate_id, update_id = ref(data.get("mandate_id")), ref(data.get("status_update_id"))
        if mandate_id is None or update_id is None:
            return _About()
        history = rows(mandate_of(self.http, mandate_id, absent=codes.NOT_TOLD, history="true").get("history"))
        found = next((entry for entry in history if entry.get("id") == update_id), {})
        return _About(prose(found.get("title"), found.get("description")), found)

    def payment(self, data: dict[str, Any]) -> _About:
        """Find out which case a payment was reported for: an echo of what the creditor said."""
        payment_id = ref(data.get("payment_id"))
        found = obj(self.http.get(f"v2/payments/{segment(payment_id)}/", absent=codes.NOT_TOLD)) if payment_id else {}
        return _About(raw=found, our_reference=ref(obj(found.get("claim")).get("your_reference")))

    def statement(self, data: dict[str, Any]) -> _About:
        """Find out which case a statement is about."""
        statement_id = ref(data.get("single_mandate_statement_id"))
        if statement_id is None:
            return _About()
        found = obj(self.http.get(f"v2/single-mandate-statements/{segment(statement_id)}/", absent=codes.NOT_TOLD))
        return _About(raw=found, mandate_id=ref(obj(found.get("mandate")).get("id")))


class _About(NamedTuple):
    """What was read about an event."""

    text: str | None = None
    raw: dict[str, Any] | None = None
    mandate_id: str | None = None
    our_reference: str | None = None


def _parent(data: dict[str, Any]) -> str | None:
    for kind in ("mandate", "order"):
        if (found := ref(data.get(f"{kind}_id"))) is not None:
            return f"v2/{kind}s/{segment(found)}/"
    return None


_FOR_ALL = frozenset({FeedKind.HINT, FeedKind.LEDGER})
"""Kinds that concern each placement in a case; a question or a message goes to the first alone."""
_READ: Mapping[str, Callable[[_Reader, dict[str, Any]], _About]] = MappingProxyType(
    {
        "request_to_client.created": _Reader.question,
        "mandate.status_update.published": _Reader.update,
        "single_mandate_statement.published": _Reader.statement,
        "single_mandate_statement.cancelled": _Reader.statement,
        "payment.reported": _Reader.payment,
    }
)
"""Event -> how to find out more about it."""
