"""paywise GmbH: the Case Management API v2. A debtor and an order with its claims are made as a draft; finalizing it hands it over.

Source: ``reference: agency-apis.md`` sections 2 to 5 and 7, taken from the agency's own published client. Webhooks are not read: how
they are signed is not published; the event feed says the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import simplejson

from inkasso_adapters.paywise import codes, letters
from inkasso_adapters.paywise.body import debtor_body, euros, given, order_body
from inkasso_adapters.paywise.events import read_feed
from inkasso_adapters.paywise.http import PaywiseHttp, segment
from inkasso_adapters.paywise.money import ledger, payouts
from inkasso_adapters.paywise.preflight import gaps, sentence
from inkasso_adapters.paywise.reading import CURRENCY, instant, obj, prose, ref, rows, text
from inkasso_adapters.paywise.settings import MOST_CLAIMS, PaywiseSettings
from inkasso_adapters.paywise.status import Case, best, case_of, followed, report
from inkasso_core import (
    AGENCY_HAS_NONE,
    NOT_PUBLISHED,
    Acknowledgement,
    AgencyError,
    AgencyStatus,
    Amend,
    Attachment,
    ClaimInvalid,
    ConfigurationError,
    Feed,
    Instruction,
    Ledger,
    Message,
    Payout,
    Placement,
    Recall,
    ReportPayment,
    SendDocument,
    Sender,
    SendMessage,
    StatusReport,
    Submission,
    Text,
    entry_digest,
    read_documents,
)


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


class Paywise(PaywiseHttp):
    """paywise v2. ``today`` says the day that payouts are counted back from."""

    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = "docs/agencies/paywise.md"
    claims_per_placement = MOST_CLAIMS
    settles_after: ClassVar[dt.timedelta | None] = dt.timedelta(minutes=5)
    """The service holds changes back for a minute where it holds them back at all (section 7.3)."""
    idempotent: ClassVar[bool] = True
    status_map: ClassVar[Mapping[str, AgencyStatus]] = MappingProxyType({**codes.ORDER_STATUSES, **codes.CASE_STATUSES})
    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType(
        {
            "acknowledge": AGENCY_HAS_NONE,
            "receive": NOT_PUBLISHED,
            "pause": AGENCY_HAS_NONE,
            "resume": AGENCY_HAS_NONE,
            "portal_url": NOT_PUBLISHED,
        }
    )

    def __init__(self, settings: PaywiseSettings, *, today: Callable[[], dt.date] = _today) -> None:
        super().__init__(settings)
        self.claims_per_placement = settings.claims_per_placement
        self._today = today

    # Hand over

    def check(self, placement: Placement) -> None:
        """Raise ``ClaimInvalid`` with every gap that the agency is known to refuse. Asks nobody."""
        self._checked(placement)

    def rehearse(self, placement: Placement) -> str:
        """Return the three requests, without their headers and the content of documents."""
        files = [file._replace(content=b"") for file in self._checked(placement)]
        order = order_body(placement, "{debtor}", self.settings, files)
        parts = [("v2/debtors/", debtor_body(placement.debtor)), ("v2/orders/", order), ("v2/orders/{order}/finalize/", None)]
        return "\n\n".join(f"POST {self.base_url}{path}" + (f"\n{_shown(body)}" if body else "") for path, body in parts)

    def submit(self, placement: Placement) -> Submission:
        """Make the debtor and the draft, then finalize it: the last request alone commits.

        A try that stopped half-way goes on where it stopped. Has the placement changed since, its draft is deleted, and a new one made
        only when the old one is certainly gone.
        """
        files = self._checked(placement)
        debtor = debtor_body(placement.debtor)
        debtor_id = _still(placement, "debtor", debtor) or self._make(placement, "debtor", debtor)
        order = order_body(placement, debtor_id, self.settings, files)
        order_id = _still(placement, "order", order)
        if order_id is None and (old := _last(placement, "order")) is not None and (kept := self._discard(old.id)) is not None:
            return _submission(kept)
        return self._finalize(placement, order_id or self._make(placement, "order", order))

    def _checked(self, placement: Placement) -> list[Attachment]:
        """Return the documents that go along, once nothing is missing. Raises ``ClaimInvalid``."""
        folder = self.settings.documents
        files = read_documents(placement.claims, folder, agency=self.name, largest=codes.LARGEST_FILES) if folder else []
        if found := gaps(placement, self.settings, files):
            raise ClaimInvalid(sentence(found), agency=self.name, fields=tuple(gap.path for gap in found))
        return files

    def _make(self, placement: Placement, what: str, body: dict[str, Any]) -> str:
        """Make a debtor or a draft, which commits to nothing, and keep its id."""
        last, digest = _last(placement, what), entry_digest(body)
        number = last.number + 1 if last else 1
        made = self.post(f"v2/{what}s/", placement.idempotency_key, what, str(number), digest, json=body, commits=False)
        if (found := ref(made.get("id"))) is None or not found.isprintable() or " " in found:
            raise self.wire.lost(changing=False, raw=made)
        placement.reached(f"{what}.{number}", f"{found} {digest}")
        return found

    def _discard(self, order_id: str) -> dict[str, Any] | None:
        """Delete a draft that is out of date; return the order if it is none any more.

        Whatever the deletion is answered with, the order itself tells: only where it is certainly not there, or lapsed, another is made.
        """
        path = f"v2/orders/{segment(order_id)}/"
        self.call("DELETE", path, commits=False, absent=_NOT_DELETED)
        said = self.call("GET", path, absent=codes.NOT_THERE, answers=(200, 204))  # an empty answer is no "not there"
        if said is None:
            return None
        order = obj(said)
        if _submitted(order) is None:
            raise self.wire.lost(changing=False, raw=said)
        return None if order.get("status") == "expired" else order

    def _finalize(self, placement: Placement, order_id: str) -> Submission:
        """Release the order. Says the agency that it cannot be released any more, or nothing of use, the order itself tells why.

        Whatever goes wrong with that second question says nothing of the release: it may have been made, so the outcome is unknown.
        """
        path = f"v2/orders/{segment(order_id)}/"
        order = self.post(f"{path}finalize/", placement.idempotency_key, "finalize", order_id, absent=(409,))
        if ref(order.get("id")) is None:
            with suppress(AgencyError, ConfigurationError):
                order = obj(self.get(path))
        if _submitted(order) is None:
            raise self.wire.lost(changing=True, raw=order)
        return _submission(order)

    # Follow

    def find(self, our_reference: str) -> StatusReport | None:
        """Look up a placement by the reference that all its claims carry; of several orders the one that went furthest."""
        claims = self._claims(our_reference)
        found = dict.fromkeys(order_id for claim in claims if (order_id := ref(claim.get("order_id"))) is not None)
        if claims and not found:  # it is there, wherever
            raise self.wire.lost(changing=False, raw=claims)
        return best([self.fetch_status(order_id) for order_id in found])

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Return where a case stands; its reference is the id of the order, the id of the case, or the file number."""
        return report(self, case_of(self, agency_reference))

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Return the next events, oldest first. The agency keeps them for 30 days and shows them about a minute late."""
        return read_feed(self, cursor)

    def fetch_messages(self, agency_reference: str) -> tuple[Message, ...]:
        """Return what was written about the order and about the case, oldest first. No event announces what the agency writes."""
        case = followed(self, agency_reference)
        found = {
            ref(row.get("id")) or entry_digest(row): _message(row) for path in case.paths for row in self.pages(f"{path}messages/", {})
        }
        return tuple(sorted(found.values(), key=lambda message: message.at or _LONG_AGO))

    def fetch_ledger(self, agency_reference: str) -> Ledger:
        """Return the money of a case. What the agency has not accepted yet has none."""
        return ledger(self, followed(self, agency_reference, whole=True))

    def fetch_payouts(self) -> tuple[Payout, ...]:
        """Return the payouts of published statements, collective ones and those of single cases, ``payouts_days`` back."""
        return payouts(self, self._today() - dt.timedelta(days=self.settings.payouts_days))

    # Tell

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Report a payment for its claim, before and after acceptance; where the case holds several and none is named, for the case."""
        if instruction.currency != CURRENCY:
            raise self._refused("currency", _NO_EUROS)
        if instruction.amount != round(instruction.amount, 2):
            raise self._refused("amount", _FRACTIONS)
        claims = self._claims(instruction.our_reference)
        meant = [claim for claim in claims if instruction.claim_reference in (None, ref(claim.get("document_reference"), _NUMBER))]
        if len(meant) == 1:
            if (claim_id := ref(meant[0].get("id"))) is None:
                raise self.wire.lost(changing=False, raw=meant)
            path = f"v2/claims/{segment(claim_id)}/"
        else:
            case = followed(self, instruction.agency_reference)
            if not case.is_accepted or (claims and not meant):
                raise self._refused("claim_reference", _WHICH_CLAIM)
            path = case.path
        comment = codes.APPLIES_TO.get(instruction.applies_to) if instruction.applies_to else None
        json = given(
            amount=euros(instruction.amount),
            value_date=instruction.received_on.isoformat(),
            your_reference=instruction.payment_reference,
            metadata=[{"type": "comment", "value": comment}] if comment else None,
        )
        made = self.post(f"{path}payments/", instruction.idempotency_key, "payment", json=json)
        return Acknowledgement(reference=ref(made.get("id")), raw=made)

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Withdraw the order as long as the agency has not begun to work on it; later ask for the case back by message.

        An order that also holds other placements' claims, since the agency joined two, is not withdrawn: that would take them back, too.
        """
        case = followed(self, instruction.agency_reference)
        if text(case.order.get("status")) in _OPEN and _is_alone(case, instruction.our_reference):
            path = f"v2/orders/{segment(ref(case.order.get('id')) or case.reference)}/withdraw/"
            self.post(path, instruction.idempotency_key, "withdraw", json=given(reason=instruction.reason), absent=(409,))
            case = followed(self, instruction.agency_reference)
        if text(case.order.get("status")) in _OVER:
            return Acknowledgement(report=report(self, case), raw=case.order)
        sent = self._write(case, instruction, letters.RECALL, letters.recall(instruction))
        return sent.model_copy(update={"done": False})

    def amend(self, instruction: Amend) -> Acknowledgement:
        """Tell the clerk what changed: an order that was finalized cannot be changed by itself."""
        case = followed(self, instruction.agency_reference)
        sent = self._write(case, instruction, letters.AMEND, letters.amendment(instruction))
        return sent.model_copy(update={"done": False})

    def send_message(self, instruction: SendMessage) -> Acknowledgement:
        """Send a message; one that begins with ``Antwort ID:`` answers the agency's question of that id."""
        case = followed(self, instruction.agency_reference)
        found = letters.is_answer(instruction.text)
        if found is None:
            return self._write(case, instruction, letters.MESSAGE, instruction.text)
        path, question = self._question(case, found.group(1).casefold())
        kind = text(question.get("allowed_answer_types")) or ""
        return self._answer(path, instruction, letters.answer(kind, found.group(2)))

    def answer_request(
        self,
        instruction: Instruction,
        request_id: str,
        *,
        answer: str | None = None,
        comment: str | None = None,
        booking_date: dt.date | None = None,
        documents: Sequence[SendDocument] = (),
    ) -> Acknowledgement:
        """Answer a question of the agency in its own terms: ``answer`` is the text, or ``yes``, ``no``, ``dontknow``.

        A question is answered once. ``instruction`` names the case and carries the idempotency key.
        """
        json = given(
            text=answer,
            additional_comment=comment,
            booking_date=booking_date.isoformat() if booking_date else None,
            documents=[letters.attachment(document) for document in documents],
        )
        path, _ = self._question(followed(self, instruction.agency_reference), request_id)
        return self._answer(path, instruction, json)

    def send_document(self, instruction: SendDocument) -> Acknowledgement:
        """Send a document with a message: PDF, JPEG or PNG, up to 10 MiB. Raises ``ClaimInvalid`` for anything else."""
        attached = letters.attachment(instruction)
        case = followed(self, instruction.agency_reference)
        return self._write(case, instruction, letters.DOCUMENT, letters.DOCUMENT, documents=[attached])

    # How that is done

    def _claims(self, our_reference: str) -> list[dict[str, Any]]:
        """The claims of a placement: their ids stay, also where the agency moves them into another order."""
        found = list(self.pages("v2/claims/", {"your_reference": our_reference}))
        ours = [claim for claim in found if (ref(claim.get("your_reference")) or "").casefold() == our_reference.casefold()]
        if found and not ours:  # the agency answered something else than was asked: that proves nothing
            raise self.wire.lost(changing=False, raw=found)
        return ours

    def _write(self, case: Case, instruction: Instruction, title: str, said: str, **more: Any) -> Acknowledgement:
        json = {"title": f"{title} ({instruction.our_reference})", "body": letters.escaped(said), **more}
        made = self.post(f"{case.path}messages/", instruction.idempotency_key, "message", json=json)
        return Acknowledgement(reference=ref(made.get("id")), raw=made)

    def _question(self, case: Case, request_id: str) -> tuple[str, dict[str, Any]]:
        """Return where a question lies, and the question: one that was asked about the order stays there."""
        for parent in case.paths if ref(request_id) else ():
            path = f"{parent}requests-to-client/{segment(request_id)}/"
            if question := obj(self.get(path, absent=(404,))):
                return path, question
        raise self._refused("text", _NO_QUESTION)

    def _answer(self, path: str, instruction: Instruction, json: dict[str, Any]) -> Acknowledgement:
        made = self.post(f"{path}answer/", instruction.idempotency_key, "answer", json=json)
        return Acknowledgement(reference=ref(made.get("id")), raw=made)

    def _refused(self, field: str, why: Text) -> ClaimInvalid:
        return ClaimInvalid(why, agency=self.name, fields=(field,))


class _Made(NamedTuple):
    """What an earlier try made: the how-manieth, its id, and the digest of what was sent."""

    number: int
    id: str
    digest: str


def _last(placement: Placement, what: str) -> _Made | None:
    """Return the last debtor or draft that earlier tries made."""
    made = [
        _Made(int(number), *value.split(" ", 1))
        for name, value in placement.progress.items()
        for kind, _, number in (name.partition("."),)
        if kind == what and number.isdecimal() and " " in value
    ]
    return max(made, default=None)


def _still(placement: Placement, what: str, body: dict[str, Any]) -> str | None:
    """Return the id of what an earlier try made, if the same would be sent today."""
    last = _last(placement, what)
    return last.id if last is not None and last.digest == entry_digest(body) else None


def _submitted(order: dict[str, Any]) -> str | None:
    """Return the status of an order that is no draft; None where it is one, or where the answer is none of an order."""
    code = text(order.get("status"))
    return None if ref(order.get("id")) is None or code == "draft" else code


def _submission(order: dict[str, Any]) -> Submission:
    code = text(order.get("status"))
    return Submission(
        agency_reference=ref(order.get("id")),
        # it was released: whatever the word for it, it is decided later
        status=codes.ORDER_STATUSES.get(code or "", AgencyStatus.SUBMITTED),
        agency_status=code,
        raw=order,
    )


def _message(row: dict[str, Any]) -> Message:
    return Message(
        sender=codes.SENDERS.get(text(row.get("sender")) or "", Sender.UNKNOWN),
        at=instant(row.get("created_at")),
        text=prose(row.get("title"), row.get("body")),
        reference=ref(row.get("id")),
        raw=row,
    )


def _shown(body: dict[str, Any]) -> str:
    return str(simplejson.dumps(body, indent=2, ensure_ascii=False))


def _is_alone(case: Case, our_reference: str) -> bool:
    """Whether all claims of an order are those of one placement."""
    claims = rows(case.order.get("claims"))
    return bool(claims) and all((ref(claim.get("your_reference")) or "").casefold() == our_reference.casefold() for claim in claims)


_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
_OPEN = frozenset({"submitted", "awaiting_client_response"})
_OVER = frozenset({"withdrawn", "rejected", "expired"})
_NOT_DELETED = (*codes.NOT_THERE, 400, 405, 409, 412, 422)
_NUMBER = 300
"""Characters of an invoice number, at most."""
_NO_EUROS = Text("paywise nimmt nur EUR.", "paywise takes EUR only.")
_FRACTIONS = Text("paywise nimmt ganze Cent.", "paywise takes whole cents.")
_WHICH_CLAIM = Text(
    "Der Fall hat mehrere Forderungen: die Rechnungsnummer der bezahlten angeben (claim_reference).",
    "The case holds several claims: name the invoice number of the one that was paid (claim_reference).",
)
_NO_QUESTION = Text(
    "paywise hat zu diesem Fall keine Frage mit dieser Nummer: die Nummer aus der Frage übernehmen.",
    "paywise has asked no question with that id in this case: take the id from the question.",
)
