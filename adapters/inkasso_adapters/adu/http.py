"""ADU over HTTP: JSON to an address, and in a shape, that the merchant's settings name.

ADU publishes no interface for claims. That it runs HTTP interfaces with JSON and HTTP Basic authentication is a fact (``reference:
agency-adu.md`` section 3.1, its credit check); everything else here is a setting, and what is not set is not offered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from requests.auth import AuthBase

from inkasso_adapters import _reading as reading
from inkasso_adapters._record import check_map, flat, mapped, record
from inkasso_adapters.adu.calls import CALLS, INSTRUCTIONS, ADUHttpSettings, Call, check_sources, told
from inkasso_adapters.adu.portal import filled
from inkasso_core import (
    NOT_PUBLISHED,
    Acknowledgement,
    AgencyError,
    AgencyStatus,
    Amend,
    Answer,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    Feed,
    FeedEntry,
    FeedKind,
    HttpAgency,
    Instruction,
    Pause,
    Placement,
    Recall,
    Refusal,
    ReportPayment,
    Resume,
    SendDocument,
    SendMessage,
    StatusReport,
    Submission,
    Text,
    as_list,
    entry_digest,
    from_json,
    to_json,
)

_NOT_THERE = (404,)
_REFUSALS = frozenset({AgencyStatus.REJECTED, AgencyStatus.EXPIRED})


class _AlreadyThere(NamedTuple):
    """An answer by which the agency says that it has the case."""

    answer: str


class ADUHttp(HttpAgency[ADUHttpSettings]):
    """ADU-Inkasso over HTTP: one claim or several of one debtor in a JSON object, in a shape that is set."""

    name: ClassVar[str] = "adu"
    label: ClassVar[str] = "ADU-Inkasso"
    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = "docs/agencies/adu.md"
    Settings = ADUHttpSettings
    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType(
        dict.fromkeys(("receive", "fetch_messages", "fetch_ledger", "fetch_payouts"), NOT_PUBLISHED)
    )

    def __init__(self, settings: ADUHttpSettings) -> None:
        super().__init__(settings)
        check_map(settings.fields, setting="fields")
        check_map(dict(enumerate_paths(settings.required)), setting="required")
        for operation in CALLS:
            call: Call | None = getattr(settings, operation)
            if call is None:
                self.withhold(operation)
            elif operation in INSTRUCTIONS:
                check_sources(operation, call)
            else:
                check_map(call.fields, setting=f"{operation}.fields")
        if settings.acknowledge is not None and settings.events.token is None:
            raise ConfigurationError(_NO_TOKEN, field="events.token")

    def auth(self) -> AuthBase:
        """HTTP Basic."""
        return self.basic(self.settings.user, self.settings.password.get_secret_value())

    def read_refusal(self, status: int, data: Any) -> Refusal:
        """Read code and fields where the settings say that they stand."""
        answer = self.settings.answer
        code = reading.name(reading.dig(data, answer.error_code))
        fields = tuple(field for each in as_list(reading.dig(data, answer.error_fields)) if (field := reading.name(each)))
        return Refusal(code, fields)

    def refused(self, status: int, data: Any) -> AgencyError | None:
        """Return a refusal for the statuses that are set as such."""
        if status not in self.settings.refused:
            return None
        code, fields = self.read_refusal(status, data)
        return ClaimRejected(_REFUSED, agency=self.name, agency_code=code, http_status=status, fields=fields, raw=data)

    # A claim

    def check(self, placement: Placement) -> None:
        """Raise ``ClaimInvalid`` where something is missing that the settings require."""
        known = flat(record(placement))
        missing = tuple(path for path in self.settings.required if known.get(path) in (None, ""))
        if missing:
            raise ClaimInvalid(_MISSING.fill(fields=", ".join(missing)), agency=self.name, fields=missing)

    def rehearse(self, placement: Placement) -> str:
        """Return the request, without the credentials."""
        self.check(placement)
        return f"{self.settings.method} {self.settings.url}\n\n{to_json(self._body(placement)).decode()}"

    def submit(self, placement: Placement) -> Submission:
        """Send the claim in one request."""
        self.check(placement)
        settings = self.settings
        header = {settings.idempotency_key: placement.idempotency_key} if settings.idempotency_key else {}
        there = settings.already_there
        data = self.call(
            settings.method, settings.url, json=self._body(placement), headers=header, answers=there, read=self._read, commits=True
        )
        if isinstance(data, _AlreadyThere):
            return Submission(raw={"already_there": data.answer}, portal_url=settings.portal)
        return self._taken(placement, data)

    def _read(self, answer: Answer) -> Any:
        return _AlreadyThere(answer.text) if answer.status in self.settings.already_there else from_json(answer.body)

    def _body(self, placement: Placement) -> dict[str, Any]:
        return mapped(record(placement), self.settings.fields, codes=self.settings.codes)

    def _taken(self, placement: Placement, data: Any) -> Submission:
        answer = self.settings.answer
        number, code = reading.name(reading.dig(data, answer.case_reference)), reading.name(reading.dig(data, answer.status))
        status = AgencyStatus.ACTIVE if code is None else self._status(code)
        if status in _REFUSALS:
            raise ClaimRejected(_REFUSED, agency=self.name, agency_code=code, raw=data)
        if answer.case_reference is not None and number is None:
            raise self.wire.lost(True, raw=data)
        link = self.settings.link(
            case_reference=number,
            our_reference=placement.our_reference,
            order=placement.claim.source.order_number or placement.claim.source.order,
        )
        return Submission(agency_reference=number, status=status, agency_status=code, portal_url=link, raw=data)

    # Where it stands

    def find(self, our_reference: str) -> StatusReport | None:
        """Look the case up; None where the agency answers with 404 or an empty list."""
        data = self._ask("find", {"our_reference": our_reference})
        found = reading.dig(data, self.settings.answer.case)
        case = found[0] if isinstance(found, list) and found else found
        return self._report(case, data, None) if case else None

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Ask where the case stands."""
        data = self._ask("fetch_status", {"case_reference": agency_reference})
        return self._report(reading.dig(data, self.settings.answer.case), data, agency_reference)

    def _ask(self, operation: str, values: dict[str, str | None]) -> Any:
        call = self._call_of(operation)
        absent = _NOT_THERE if operation == "find" else ()
        return self.call(call.method or "GET", filled(call.url, values), commits=False, absent=absent)

    def _report(self, case: Any, raw: Any, asked: str | None) -> StatusReport:
        answer = self.settings.answer
        number = reading.name(reading.dig(case, answer.case_reference)) or asked
        if number is None:
            raise self.wire.lost(False, raw=raw)
        code = reading.name(reading.dig(case, answer.status))
        return StatusReport(
            agency_reference=number,
            status=AgencyStatus.UNKNOWN if code is None else self._status(code),
            reason=None if code is None else self.settings.outcomes.get(code),
            agency_status=code,
            agency_text=reading.prose(reading.dig(case, answer.text)),
            raw=raw,
        )

    def _status(self, code: str) -> AgencyStatus:
        return self.settings.statuses.get(code, AgencyStatus.UNKNOWN)

    def portal_url(self, agency_reference: str) -> str:
        """Return the link to the case; the portal's start page where the template needs more than its number."""
        return self.settings.link(case_reference=agency_reference)

    # Events

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Ask for events; each is dated with its Vorgangsdatum. Whatever cannot be understood is kept as OTHER."""
        data, events = self._ask("fetch_feed", {"cursor": cursor}), self.settings.events
        return Feed(
            entries=tuple(self._entry(event) for event in as_list(reading.dig(data, events.items))),
            cursor=reading.name(reading.dig(data, events.cursor)),
            token=reading.name(reading.dig(data, events.token)) if self.settings.acknowledge else None,
        )

    def acknowledge(self, token: str) -> None:
        """Say that these events are stored."""
        call = self._call_of("acknowledge")
        self.call(call.method or "POST", filled(call.url, {"token": token}), commits=False)

    def _entry(self, event: Any) -> FeedEntry:
        events = self.settings.events
        said = {place: reading.dig(event, path) for place, path in events.model_dump(include=_IN_EVENT).items()}
        number, ours, code = (reading.name(said[place]) for place in ("case_reference", "our_reference", "type"))
        on, at, paid = reading.day(said["on"]), reading.instant(said["at"]), reading.amount(said["amount"])
        kind = events.kinds.get(code or "", FeedKind.OTHER)
        status = reading.name(said["status"])
        if kind is FeedKind.STATUS and (number is None or status is None):
            kind = FeedKind.OTHER
        return FeedEntry(
            entry_id=reading.name(said["id"]) or entry_digest("adu", event),
            kind=kind,
            agency_reference=number,
            our_reference=ours,
            at=at,
            on=on,
            report=self._reported(number, status, said, at) if kind is FeedKind.STATUS else None,
            collected=reading.collected(paid, "EUR" if events.currency is None else reading.name(said["currency"]), on or _day_of(at))
            if kind is FeedKind.PAYMENT
            else None,
            text=reading.prose(said["text"]),
            raw=event,
        )

    def _reported(self, number: str | None, status: str | None, said: Mapping[str, Any], at: dt.datetime | None) -> StatusReport:
        return StatusReport(
            agency_reference=number or "",
            status=self._status(status or ""),
            reason=self.settings.outcomes.get(status or ""),
            agency_status=status,
            agency_text=reading.prose(said["text"]),
            at=at,
            raw=dict(said),
        )

    # Instructions

    def amend(self, instruction: Amend) -> Acknowledgement:
        """Send our record as it is now."""
        call = self._call_of("amend")
        body = mapped(record(instruction.placement), call.fields or self.settings.fields, codes=self.settings.codes)
        return self._tell(call, instruction, body)

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Tell that the debtor paid the creditor."""
        return self._instruct("report_payment", instruction)

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Ask for the case back: that the agency gave it back is seen in its status."""
        return self._instruct("recall", instruction).model_copy(update={"done": False})

    def pause(self, instruction: Pause) -> Acknowledgement:
        """Ask to halt the case."""
        return self._instruct("pause", instruction)

    def resume(self, instruction: Resume) -> Acknowledgement:
        """Ask to go on."""
        return self._instruct("resume", instruction)

    def send_message(self, instruction: SendMessage) -> Acknowledgement:
        """Send a message."""
        return self._instruct("send_message", instruction)

    def send_document(self, instruction: SendDocument) -> Acknowledgement:
        """Send a document."""
        return self._instruct("send_document", instruction)

    def _instruct(self, operation: str, instruction: Instruction) -> Acknowledgement:
        call = self._call_of(operation)
        return self._tell(call, instruction, told(instruction, call.fields))

    def _tell(self, call: Call, instruction: Instruction, body: dict[str, Any]) -> Acknowledgement:
        url = filled(call.url, {"case_reference": instruction.agency_reference, "our_reference": instruction.our_reference})
        header = {self.settings.idempotency_key: instruction.idempotency_key} if self.settings.idempotency_key else {}
        data = self.call(call.method or "POST", url, json=body, headers=header, commits=True)
        return Acknowledgement(agency_text=reading.prose(reading.dig(data, self.settings.answer.text)), raw=data)

    def _call_of(self, operation: str) -> Call:
        call: Call | None = getattr(self.settings, operation)
        return call or self._unsupported(operation)


_IN_EVENT = {"id", "case_reference", "our_reference", "type", "on", "at", "amount", "currency", "status", "text"}


def enumerate_paths(paths: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return paths of our record as a map that can be checked."""
    return [(f"required_{number}", path) for number, path in enumerate(paths)]


def _day_of(at: dt.datetime | None) -> dt.date | None:
    return None if at is None else at.date()


_REFUSED = Text("ADU-Inkasso lehnt ab.", "ADU-Inkasso refuses.")
_MISSING = Text("Es fehlt: {fields}. Im Shop ergänzen.", "Missing: {fields}. Add it in the shop.")
_NO_TOKEN = Text(
    "Zu acknowledge gehört events.token: wo in der Antwort steht, was quittiert wird.",
    "With acknowledge goes events.token: where in the answer stands what is acknowledged.",
)
