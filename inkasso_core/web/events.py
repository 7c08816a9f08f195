"""The events that clients post: one document, one report of a shop. What can be taken is taken, and each is answered by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from werkzeug.wrappers import Response

from inkasso_core.app import Inkasso, Result
from inkasso_core.describe import problems, summary
from inkasso_core.model._base import Instant, Model, Reference
from inkasso_core.model.events import ShopEventKind
from inkasso_core.model.shop import Reported
from inkasso_core.model.words import Language, Text
from inkasso_core.web.body import Document
from inkasso_core.web.clients import Known
from inkasso_core.web.refused import Refused, answered

REFUSED = "refused"
"""The outcome of an event that is not even stored: who sent it is told why."""


class Event(Model):
    """Something happened to an order of a shop. It carries the whole order as it now is: a claim, or the shop's own record."""

    shown: ClassVar[frozenset[str]] = frozenset({"event"})

    shop: Reference
    """The shop's name in the settings, `[shops.NAME]`."""
    event: ShopEventKind | None = None
    """What happened; left out, what one record of an exported file of this shop stands for."""
    claim: Mapping[str, Any] | None = Field(default=None, repr=False)
    """The order as a canonical claim, for a shop whose plugin reads these."""
    payload: Mapping[str, Any] | None = Field(default=None, repr=False)
    """The shop's own record, as its plugin reads it."""
    reported_at: Instant | None = None
    """When this was so, where the record itself does not say: it tells which of two reports is newer."""

    @model_validator(mode="after")
    def _has_one_record(self) -> Event:
        if len({"claim", "payload"} & self.model_fields_set) != 1 or self._record is None:
            raise PydanticCustomError(
                "one_record", "needs either claim or payload", {"path": "claim", "de": "braucht entweder claim oder payload"}
            )
        return self

    @property
    def _record(self) -> Mapping[str, Any] | None:
        return self.payload if self.claim is None else self.claim

    def reported(self) -> Reported:
        """Return the report that it is: its record is the plugin's."""
        return Reported(kind=self.event, payload=self._record or {}, reported_at=self.reported_at)


Outcome = Event | Refused


def take(ink: Inkasso, client: Known, documents: Sequence[Document], language: Language) -> Response:
    """Take events and say what became of each, in their order. Those of one shop are one commit; nothing is answered before it.

    What only :class:`Inkasso` raises goes on: then all of them are to come again, and those that were stored are repeated ones.
    """
    read = [_read(document, client) for document in documents]
    results: list[dict[str, Any]] = [_refused(index, one, language) if isinstance(one, Refused) else {} for index, one in enumerate(read)]
    for shop in dict.fromkeys(one.shop for one in read if isinstance(one, Event)):
        mine = [(index, one) for index, one in enumerate(read) if isinstance(one, Event) and one.shop == shop]
        results_of_shop = ink.report(shop, [one.reported() for _, one in mine])
        for (index, _), result in zip(mine, results_of_shop, strict=True):
            results[index] = _result(index, result, language)
    return _answer(results)


def _read(document: Document, client: Known) -> Outcome:
    if document.refused is not None:
        return document.refused
    try:
        event = Event.model_validate(document.value)
    except ValidationError as exc:
        found = problems(exc)
        return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "INVALID_INPUT", summary(found), field=found[0].field or None)
    if event.shop not in client.shops:
        return Refused(HTTPStatus.FORBIDDEN, "NOT_PERMITTED", _NOT_PERMITTED, field="shop")
    return event


def _refused(index: int, refused: Refused, language: Language) -> dict[str, Any]:
    problem = {"code": refused.code, "field": refused.field, "message": refused.text.read(language)}
    return {"index": index, "outcome": REFUSED, **_NOTHING, "problem": problem}


def _result(index: int, result: Result, language: Language) -> dict[str, Any]:
    body: dict[str, Any] = {
        "index": index,
        "outcome": result.outcome,
        **_NOTHING,
        "ref": result.ref,
        "state": result.state,
        "problem": None,
    }
    if result.diagnosis is not None:
        expected = result.diagnosis.expected_on
        body |= {"red": result.diagnosis.red, "warnings": result.diagnosis.warnings, "expected_on": expected and expected.isoformat()}
    if result.problem is not None:
        code = getattr(result.problem, "reason", result.problem.code)
        body["problem"] = {"code": code, "field": result.problem.field, "message": result.problem.read(language)}
    return body


_NOTHING: Mapping[str, Any] = {"ref": None, "state": None, "red": [], "warnings": [], "expected_on": None}


def _answer(results: Sequence[Mapping[str, Any]]) -> Response:
    """All taken: 200. Some: 207. None: 403 where the client may not, else 422, with the first problem as the answer's own."""
    wrong = [result["problem"] for result in results if result["problem"] is not None]
    body = {"taken": len(results) - len(wrong), "refused": len(wrong), "results": results}
    if len(wrong) < len(results):
        return answered(body, HTTPStatus.MULTI_STATUS if wrong else HTTPStatus.OK)
    forbidden = {problem["code"] for problem in wrong} == {"NOT_PERMITTED"}
    status = HTTPStatus.FORBIDDEN if forbidden else HTTPStatus.UNPROCESSABLE_ENTITY
    raise Refused(status, wrong[0]["code"], Text(wrong[0]["message"], wrong[0]["message"]), field=wrong[0]["field"], more=body)


_NOT_PERMITTED = Text("Für diesen Shop darf dieser Client nichts melden.", "This client may not report for this shop.")
