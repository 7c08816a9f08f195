"""Where a case stands: an order first, then the case (mandate) that the agency makes of it, with three axes of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from inkasso_adapters.paywise import codes
from inkasso_adapters.paywise.http import PaywiseHttp, segment
from inkasso_adapters.paywise.reading import obj, ref, rows, text
from inkasso_core import AgencyStatus, NotFound, StatusReport, Text

_MOST_MERGES = 5
is_uuid = re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


class Case(NamedTuple):
    """What the agency has: an order, and once it was accepted the case; or a case alone, where a person noted its file number."""

    reference: str
    order: dict[str, Any]
    mandate: dict[str, Any]

    @property
    def path(self) -> str:
        """Where it is written to: at the case, if there is one, else at the order."""
        return self.paths[0]

    @property
    def paths(self) -> list[str]:
        """Where its messages and questions lie: at the case, and at the order, as far as there are both."""
        return [f"v2/{kind}/{segment(ref(found.get('id')) or self.reference)}/" for kind, found in self._parts if found]

    @property
    def _parts(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        return ("mandates", self.mandate), ("orders", self.order)

    @property
    def is_accepted(self) -> bool:
        """Whether there is a case."""
        return bool(self.mandate)

    @property
    def file_number(self) -> str | None:
        """The agency's file number (Aktenzeichen), as people know it."""
        return ref(self.mandate.get("reference_number"))


def case_of(http: PaywiseHttp, reference: str, *, whole: bool = True) -> Case:
    """Look a case up by the id of its order, by its own id, or by its file number. Raises ``NotFound``.

    Without ``whole``, of the case that was made of an order nothing but the id is there: enough to write to it.
    """
    if is_uuid(reference) is None:
        return Case(reference, {}, _numbered(http, reference))
    order = obj(http.get(f"v2/orders/{reference}/", absent=(404,)))
    if not order:
        return Case(reference, {}, mandate_of(http, reference) or _unknown())
    accepted = ref(order.get("mandate")) if order.get("status") == "accepted" else None
    if accepted is None:
        return Case(reference, order, {})
    return Case(reference, order, mandate_of(http, accepted) if whole else {"id": accepted})


def followed(http: PaywiseHttp, reference: str, *, whole: bool = False) -> Case:
    """The same; an order that the agency joined with another one is followed there. Raises ``NotFound``."""
    case = case_of(http, reference, whole=whole)
    for _ in range(_MOST_MERGES):
        further = ref(case.order.get("merged_into")) if case.order.get("status") == "merged" else None
        if further is None:
            break
        case = case_of(http, further, whole=whole)
    return case


def mandate_of(http: PaywiseHttp, mandate_id: str, *, absent: Collection[int] = (404,), **params: str) -> dict[str, Any]:
    """Return a case by its id; nothing where there is none."""
    return obj(http.get(f"v2/mandates/{segment(mandate_id)}/", params=params or None, absent=absent))


def _numbered(http: PaywiseHttp, number: str) -> dict[str, Any]:
    """The filter finds parts of file numbers, too: only a whole one counts, the present or a former."""
    for row in http.pages("v2/mandates/", {"reference_number": number}):
        former = row.get("previous_reference_numbers")
        if row.get("reference_number") == number or (isinstance(former, list) and number in former):
            return mandate_of(http, ref(row.get("id")) or "") or _unknown()
    return _unknown()


def _unknown() -> dict[str, Any]:
    raise NotFound(Text("Dieses Aktenzeichen kennt paywise nicht.", "paywise does not know this case reference."))


# Status


def report(http: PaywiseHttp, case: Case) -> StatusReport:
    """Say where a case stands. A case that ended is looked up in the statements for its closing code."""
    raw = {"order": case.order, "mandate": case.mandate}
    if not case.is_accepted:
        return _of_order(case, raw)
    code = deciding(case.mandate)
    if code in _ASKED_FURTHER and _is_waiting(http, case):
        code = codes.QUESTION_OPEN
    status = codes.CASE_STATUSES.get(code, AgencyStatus.UNKNOWN)
    reason, closing = codes.ENDED_BY.get(status), None
    if status in codes.CLOSED and case.file_number:
        closing = next(closings(http, case.file_number), None)
    if closing is not None:
        raw["closing"] = closing
        reason = codes.outcome(text(closing.get("closing_code")) or "")
    return StatusReport(
        agency_reference=case.reference,
        status=status,
        reason=reason,
        agency_status=code,
        agency_text=_words(case, closing),
        raw=raw,
    )


def _of_order(case: Case, raw: dict[str, Any]) -> StatusReport:
    code = text(case.order.get("status")) or ""
    status = codes.ORDER_STATUSES.get(code, AgencyStatus.UNKNOWN)
    merged_into = ref(case.order.get("merged_into")) if status is AgencyStatus.MERGED else None
    return StatusReport(
        agency_reference=merged_into or case.reference,
        status=status,
        reason=codes.ENDED_BY.get(status),
        agency_status=code or None,
        agency_text=text(obj(case.order.get("rejection")).get("reason"), 4000),
        raw=raw,
    )


_ASKED_FURTHER = frozenset({"extrajudicial", "in_progress"})
"""Codes beside which a question to the creditor counts for more."""


def deciding(mandate: dict[str, Any]) -> str:
    """Return the code that decides, out of a case's three axes: a recall, how it ended, what halts it, then how far it went.

    A code that no table knows decides as well: its status is UNKNOWN.
    """
    state = obj(mandate.get("state"))
    stage, processing, payment = (text(obj(state.get(axis)).get("code")) or "" for axis in ("legal_stage", "processing", "payment"))
    if processing not in codes.SETTLED_LATER:
        return processing
    end = next((code for code in (processing, stage) if code in codes.ENDS), None)
    if end is not None:
        return f"{end}/{payment}"
    if processing not in codes.RUNNING:
        return processing
    is_disputed = any(claim.get("is_disputed") is True for claim in rows(mandate.get("claims")))
    return codes.DISPUTED if is_disputed and stage in ("", "extrajudicial") else stage or "in_progress"


def _is_waiting(http: PaywiseHttp, case: Case) -> bool:
    """Whether the agency waits for an answer of the creditor."""
    found = http.get(f"{case.path}requests-to-client/", params={"answered": "false", "limit": "1"})
    return bool(rows(obj(found).get("results")))


def _words(case: Case, closing: dict[str, Any] | None) -> str | None:
    state = obj(case.mandate.get("state"))
    labels = [text(obj(state.get(axis)).get("label")) for axis in ("legal_stage", "processing", "payment")]
    said = text(obj(closing).get("closing_description"), 1000)
    return ", ".join(word for word in (case.file_number, *labels, said) if word) or None


def closings(http: PaywiseHttp, file_number: str) -> Iterator[dict[str, Any]]:
    """Yield how a case was closed, out of the collective statements that name it, newest first."""
    for row in statement_rows(http, file_number):
        closing = obj(row.get("closing"))
        if text(closing.get("closing_code")):
            yield closing


def statement_rows(http: PaywiseHttp, file_number: str) -> Iterator[dict[str, Any]]:
    """Yield what the published collective statements say of a case, newest first."""
    params = {"mandate_reference_number": file_number, "status": "published", "ordering": "-booking_date"}
    for statement in http.pages("v2/statements/", params):
        path = f"v2/statements/{segment(ref(statement.get('id')))}/mandates/"
        for row in http.pages(path, {"reference_number": file_number}):
            if row.get("reference_number") == file_number:
                yield row


def best(reports: list[StatusReport]) -> StatusReport | None:
    """Return, of several orders with one reference, the one that went furthest: a draft never hides an order that was sent."""
    return min(reports, key=lambda one: _RANKS.get(one.status, 0), default=None)


_RANKS = {AgencyStatus.DRAFT: 1, AgencyStatus.RECALLED: 2, AgencyStatus.REJECTED: 3, AgencyStatus.EXPIRED: 4}
"""The later, the less it says about the placement."""
