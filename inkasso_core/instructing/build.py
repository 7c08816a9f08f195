"""From an instruction in the queue to the model that an adapter gets: the same for every try of it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from inkasso_core.context import Context
from inkasso_core.errors import NotFound
from inkasso_core.model.claim import AppliesTo, Payment
from inkasso_core.model.instructions import Amend, Instruction, Pause, Recall, ReportPayment, Resume, SendDocument, SendMessage
from inkasso_core.model.words import Text
from inkasso_core.placing import build as build_placement
from inkasso_core.store import claims, placements, vault
from inkasso_core.store.engine import Connection
from inkasso_core.store.instructions import AMEND, PAUSE, RECALL, REPORT_PAYMENT, RESUME, SEND_DOCUMENT, SEND_MESSAGE, Queued
from inkasso_core.store.placements import Open
from inkasso_core.store.queue import Job


def build(context: Context, connection: Connection, queued: Queued, placed: Open) -> Instruction:
    """Return what is told; raises :class:`NotFound` where that cannot be made any more, naming why."""
    if placed.case_reference is None:
        raise NotFound(_NO_CASE)
    body = vault.take(connection, queued.body_id)
    said = _SAID.get(queued.verb, _as_it_is)(context, connection, queued, placed, body)
    about = {
        "agency_reference": placed.case_reference,
        "our_reference": placed.our_reference,
        "idempotency_key": queued.key,
        "asked_on": queued.created_at.astimezone(context.settings.zone).date(),
    }
    try:
        return MODELS[queued.verb].model_validate({**about, **said})
    except ValidationError:
        raise NotFound(_BROKEN) from None


def kept(instruction: Instruction) -> object:
    """Return what is stored of a request: all of it, but of a document its digest alone; its content is stored once, with the queue."""
    if not isinstance(instruction, SendDocument):
        return instruction
    about = instruction.model_dump(mode="json", exclude={"content"}, exclude_defaults=True)
    return {**about, "size": len(instruction.content), "sha256": hashlib.sha256(instruction.content).hexdigest()}


def shown(instruction: Instruction) -> str:
    """Return a request for people to read before it is sent: personal data included."""
    if not isinstance(instruction, SendDocument):
        return instruction.model_dump_json(indent=2, exclude_defaults=True)
    return json.dumps(kept(instruction), indent=2, ensure_ascii=False)


_Said = Mapping[str, Any]


def _as_it_is(_context: Context, _connection: Connection, _queued: Queued, _placed: Open, body: _Said) -> _Said:
    return body


def _payment(_context: Context, connection: Connection, queued: Queued, placed: Open, body: _Said) -> _Said:
    payment = Payment.model_validate(body["payment"])
    return {
        "amount": body["amount"],
        "currency": body["currency"],
        "received_on": body["received_on"],
        "payment_reference": payment.reference,
        "applies_to": None if payment.applies_to is AppliesTo.AUTO else payment.applies_to,
        "claim_reference": _invoice_number(connection, queued, placed),
    }


def _invoice_number(connection: Connection, queued: Queued, placed: Open) -> str | None:
    """The invoice, where the case holds several: by the number under which the agency has it, else by the one that came later."""
    if queued.claim_id is None or len(placements.in_case(connection, placed.placement_id)) < 2:
        return None
    number = placements.revisions_of(connection, placed.placement_id).get(queued.claim_id)
    given = claims.body_of_revision(connection, queued.claim_id, number) if number is not None else None
    invoice = vault.take_claim(connection, given).invoice if given is not None else None
    return invoice.number if invoice is not None and invoice.number else claims.by_ids(connection, [queued.claim_id])[0].invoice_number


def _amendment(context: Context, connection: Connection, queued: Queued, placed: Open, body: _Said) -> _Said:
    """The case as it stood when the amendment was queued: what came later is told after it."""
    found = [claims.body_of_revision(connection, claim_id, number) for claim_id, number in sorted(body["claims"].items())]
    bodies = [vault.take_claim(connection, body_id) for body_id in found if body_id is not None]
    shop = claims.by_ids(connection, sorted(body["claims"]))[0].shop
    job = Job(queued.id, queued.placement_id, queued.account, placed.our_reference, queued.key, queued.attempts, queued.actor)
    placement = build_placement(context, job, bodies, shop, queued.created_at.astimezone(context.settings.zone).date())
    if placement is None:
        raise NotFound(_NO_CREDITOR)
    return {"placement": placement, "changed": tuple(_CHANGED.get(aspect, aspect) for aspect in body["changed"])}


def _document(_context: Context, _connection: Connection, _queued: Queued, _placed: Open, body: _Said) -> _Said:
    said = {name: value for name, value in body.items() if name in SendDocument.model_fields}
    return {**said, "content": base64.b64decode(body["content"])}


MODELS: Mapping[str, type[Instruction]] = {
    REPORT_PAYMENT: ReportPayment,
    AMEND: Amend,
    RECALL: Recall,
    PAUSE: Pause,
    RESUME: Resume,
    SEND_MESSAGE: SendMessage,
    SEND_DOCUMENT: SendDocument,
}
"""Verb -> what its adapter's operation of that name takes."""
_SAID: Mapping[str, Callable[[Context, Connection, Queued, Open, _Said], _Said]] = {
    REPORT_PAYMENT: _payment,
    AMEND: _amendment,
    SEND_DOCUMENT: _document,
}
_CHANGED = {"retracted": "paid"}
"""What adapters are told in a word of the claim's aspects."""
_NO_CASE = Text("Das Aktenzeichen der Agentur ist nicht bekannt.", "The agency's case reference is not known.")
_NO_CREDITOR = Text("Der Gläubiger ist nicht mehr eingerichtet.", "The creditor is not configured any more.")
_BROKEN = Text("Die Meldung lässt sich nicht mehr lesen.", "The instruction cannot be read any more.")
