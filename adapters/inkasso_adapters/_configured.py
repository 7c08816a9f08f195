"""Agencies whose interface nobody publishes: what is sent where, and what an answer means, is set. JSON over HTTP, or SOAP.

:class:`ConfiguredHttp` and :class:`ConfiguredSoap` differ in how a request travels, and in nothing else; an adapter gives them a name and
what is known of its agency.
"""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, TypeVar

from inkasso_adapters import _reading as reading
from inkasso_adapters._answers import in_turn, listed, ours_of, word
from inkasso_adapters._calls import ASKED, WITHOUT, AnswerPaths, Call, ConfiguredSettings, filled, sources, told
from inkasso_adapters._checks import check_calls
from inkasso_adapters._record import lacking, mapped, put, record
from inkasso_core import (
    NOT_CONFIGURED,
    NOT_PUBLISHED,
    Acknowledgement,
    Agency,
    AgencyError,
    AgencyStatus,
    Amend,
    ClaimInvalid,
    ClaimRejected,
    Feed,
    FeedEntry,
    FeedKind,
    Instruction,
    Ledger,
    NotFound,
    Outcome,
    Pause,
    Placement,
    Recall,
    ReportPayment,
    Resume,
    SendMessage,
    StatusReport,
    Submission,
    Text,
    as_list,
    entry_digest,
)

MASK = "***"
_REFUSALS = frozenset({AgencyStatus.REJECTED, AgencyStatus.EXPIRED})
_LONGEST_LINK = 300
_ALWAYS = frozenset({"submit", "check", "rehearse"})
CS = TypeVar("CS", bound=ConfiguredSettings)


class Said(NamedTuple):
    """An answer: as plain values, and unchanged."""

    data: Any
    raw: Any

    def __repr__(self) -> str:
        return "Said()"


class Configured(Agency[CS]):
    """What is the same whichever way a request travels."""

    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType(
        dict.fromkeys(("receive", "acknowledge", "send_document", "fetch_messages", "fetch_payouts"), NOT_PUBLISHED)
    )

    omits_lists: ClassVar[bool] = False
    """Whether an answer may leave an empty list out: by its form it is one all the same."""

    def __init__(self, settings: CS) -> None:
        super().__init__(settings)
        self.batch_size, self.claims_per_placement = settings.batch_size, settings.claims_per_placement
        check_calls(settings, self.calls, frozenset(self.known_of_us()), credentials=self.credentials(MASK))
        left_out = WITHOUT.get(settings.status_mode or "", ())
        for operation in self.operations - _ALWAYS - {"portal_url"}:
            if operation not in self.calls or operation in left_out:
                self.withhold(operation, NOT_CONFIGURED)
        if settings.portal is None:
            self.withhold("portal_url", NOT_CONFIGURED)

    @property
    @abstractmethod
    def calls(self) -> Mapping[str, Call]:
        """The requests that are set, by operation."""

    @abstractmethod
    def send(
        self, operation: str, body: Mapping[str, Any], places: Mapping[str, str | None], *, commits: bool, key: str | None = None
    ) -> Said | None:
        """Send one request; None where the agency says that there is no such thing, and only then."""

    @abstractmethod
    def show(self, operation: str, body: Mapping[str, Any], places: Mapping[str, str | None]) -> str:
        """Return, for people, the request that :meth:`send` would send; the password is masked in ``body`` already."""

    @abstractmethod
    def lost(self, commits: bool, raw: Any) -> AgencyError:
        """Return the error for an answer that cannot be understood."""

    def known_of_us(self) -> dict[str, Any]:
        """Return what our record holds besides the placement: who we are to the agency."""
        return {"client_id": self.settings.client_id}

    def own(self, placement: Placement) -> dict[str, Any]:
        """Return what our record holds besides, for this placement."""
        return self.known_of_us()

    def needed(self) -> tuple[str, ...]:
        """Return the paths in our record without which nothing is sent."""
        return self.settings.required

    # A claim

    def check(self, placement: Placement) -> None:
        """Raise ``ClaimInvalid`` where something is missing that the settings require, or where nothing is open."""
        self._record(placement)

    def rehearse(self, placement: Placement) -> str:
        """Return the request, with the credentials masked."""
        return self.show("submit", self._body([self._record(placement)], MASK), {"our_reference": placement.our_reference})

    def submit(self, placement: Placement) -> Submission:
        """Hand the placement over in one request."""
        body = self._body([self._record(placement)], self._password)
        said = self.send("submit", body, {"our_reference": placement.our_reference}, commits=True, key=placement.idempotency_key)
        answer = self._taken(self._one("submit", said, placement.our_reference, commits=True), said.raw if said else None)
        if isinstance(answer, AgencyError):
            raise answer
        return answer

    def submit_batch(self, placements: Sequence[Placement]) -> Mapping[str, Submission | AgencyError]:
        """Hand several over in one request. One that cannot be expressed is left out, and answered with its ``ClaimInvalid``.

        What the answer says of a claim is kept with that claim alone. One of which it says two things is left open.
        """
        records = {placement.our_reference: self._record_or_fault(placement) for placement in placements}
        faults: dict[str, Submission | AgencyError] = {ours: one for ours, one in records.items() if isinstance(one, AgencyError)}
        good = {ours: one for ours, one in records.items() if isinstance(one, dict)}
        if not good:
            return faults
        said = self.send("submit", self._body(list(good.values()), self._password), {}, commits=True)
        paths = self.calls["submit"].answer
        found: dict[str, list[Any]] = {}
        for one in listed(paths, said and said.data):
            found.setdefault(self._name(one, paths.our_reference) or "", []).append(one)
        return faults | {ours: self._taken(found[ours][0], found[ours][0]) for ours in good if len(found.get(ours, ())) == 1}

    def _record_or_fault(self, placement: Placement) -> dict[str, Any] | ClaimInvalid:
        missing = self._missing(found := {**record(placement), **self.own(placement)})
        return ClaimInvalid(_MISSING.fill(fields=", ".join(missing)), agency=self.name, fields=missing) if missing else found

    def _record(self, placement: Placement) -> dict[str, Any]:
        found = self._record_or_fault(placement)
        if isinstance(found, ClaimInvalid):
            raise found
        return found

    def _missing(self, found: Mapping[str, Any]) -> tuple[str, ...]:
        missing = [*lacking(found, self.needed())]
        if found["total_open"] <= 0:
            missing.append("total_open")
        if len(found["claims"]) > self.claims_per_placement:
            missing.append("claims")
        return tuple(missing)

    def _body(self, records: Sequence[Mapping[str, Any]], password: str) -> dict[str, Any]:
        call = self.calls["submit"]
        written = [mapped(one, call.fields, codes=self.settings.codes, known=self._sources("submit")) for one in records]
        body: dict[str, Any] = {}
        if call.list_at is None:
            body = written[0]
        else:
            put(body, call.list_at.split("."), written)
        return self._signed(call, body, password)

    def _signed(self, call: Call, body: dict[str, Any], password: str) -> dict[str, Any]:
        """Add what always stands in a request, and the credentials where they stand in its body."""
        for path, value in {**call.constants, **self.credentials(password)}.items():
            put(body, path.split("."), value)
        return body

    def credentials(self, password: str) -> dict[str, str]:
        """Return the credentials that stand in the body of a request: path -> value."""
        return {self.settings.client_id_at: self.settings.client_id, self.settings.password_at: password}

    @property
    def _password(self) -> str:
        return self.settings.password.get_secret_value()

    def _taken(self, one: Any, raw: Any) -> Submission | AgencyError:
        paths = self.calls["submit"].answer
        number, code = self._name(one, paths.agency_reference), self._name(one, paths.status)
        status = AgencyStatus.ACTIVE if code is None else self._status(code)
        refusal = self._refusal(paths, one, raw)
        if refusal is not None:
            return refusal
        if status in _REFUSALS:
            return ClaimRejected(_REFUSED.fill(label=self.label), agency=self.name, agency_code=code, raw=raw)
        if paths.agency_reference is not None and number is None:
            return self.lost(True, raw)
        if word(one, paths.result) in paths.undecided:
            status = AgencyStatus.SUBMITTED
        link = self.portal_url(number) if number and self.settings.portal else None
        shown = link if link is not None and len(link) <= _LONGEST_LINK else None
        return Submission(agency_reference=number, status=status, agency_status=code, portal_url=shown, raw=raw)

    def _refusal(self, paths: AnswerPaths, one: Any, raw: Any) -> AgencyError | None:
        """Return the error that a result means; None where it is a yes."""
        if paths.result is None:
            return None
        result = word(one, paths.result)
        if result in paths.accepted or result in paths.undecided:
            return None
        if result not in paths.rejected:
            return self.lost(True, raw)
        code, fields = self.read_error(paths, one)
        return ClaimRejected(_REFUSED.fill(label=self.label), agency=self.name, agency_code=code, fields=fields, raw=raw)

    def read_error(self, paths: AnswerPaths, one: Any) -> tuple[str | None, tuple[str, ...]]:
        """Return code and fields of a refusal."""
        names = (reading.name(each) for each in as_list(reading.dig(one, paths.error_fields)))
        return self._name(one, paths.error_code), tuple(name for name in names if name)

    # Where it stands

    def find(self, our_reference: str) -> StatusReport | None:
        """Look the case up by our reference. An answer that cannot be understood is no "not found"."""
        said = self._ask("find", our_reference=our_reference)
        if said is None:
            return None
        found = ours_of(self.calls["find"].answer, said.data, our_reference, omits_lists=self.omits_lists)
        if found is None or len(found) > 1:
            raise self.lost(False, said.raw)
        return self._report("find", found[0], said, None) if found else None

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Ask where the case stands. Raises ``NotFound`` where the agency does not know it."""
        said = self._ask("fetch_status", agency_reference=agency_reference)
        one = None if said is None else self._one("fetch_status", said, None, commits=False)
        if one is None or said is None:
            raise NotFound(_NO_CASE.fill(label=self.label))
        return self._report("fetch_status", one, said, agency_reference)

    def fetch_ledger(self, agency_reference: str) -> Ledger:
        """Ask for the money of the case, in EUR. Raises ``NotFound`` where the agency does not know it."""
        said = self._ask("fetch_ledger", agency_reference=agency_reference)
        one = None if said is None else self._one("fetch_ledger", said, None, commits=False)
        if one is None or said is None:
            raise NotFound(_NO_CASE.fill(label=self.label))
        paths = self.calls["fetch_ledger"].answer.model_dump(include=set(_MONEY))
        return Ledger(currency="EUR", **{name: reading.amount(reading.dig(one, path)) for name, path in paths.items()}, raw=said.raw)

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Ask for what changed since ``cursor``.

        Where the agency names no place, the last time but one is it: more may come that has the latest, and what comes twice is known.
        """
        said, paths = self._ask("fetch_feed", cursor=cursor), self.calls["fetch_feed"].answer
        items = [] if said is None or said.data is None else listed(paths, said.data)
        times = in_turn(reading.dig(item, paths.at) for item in items)
        next_one = self._name(said.data, paths.cursor) if said and paths.cursor else (times[-2] if len(times) > 1 else None)
        return Feed(entries=tuple(self.entry(item, paths) for item in items), cursor=next_one)

    def entry(self, item: Any, paths: AnswerPaths) -> FeedEntry:
        """Read one entry of a feed; what has no case or no status is kept as OTHER."""
        number, ours, code = (self._name(item, path) for path in (paths.agency_reference, paths.our_reference, paths.status))
        at, said = reading.instant(reading.dig(item, paths.at)), reading.prose(reading.dig(item, paths.text))
        known = number is not None and code is not None
        return FeedEntry(
            entry_id=self._name(item, paths.id) or entry_digest(self.name, item),
            kind=FeedKind.STATUS if known else FeedKind.OTHER,
            agency_reference=number,
            our_reference=ours,
            at=at,
            on=None if at else reading.day(reading.dig(item, paths.at)),
            report=self.report(number, code, item, text=said, at=at) if number is not None and code is not None else None,
            text=said,
            raw=item,
        )

    def portal_url(self, agency_reference: str) -> str:
        """Return the link to the case."""
        return filled(self.settings.portal or self._unsupported("portal_url"), {"agency_reference": agency_reference})

    def report(
        self,
        agency_reference: str,
        agency_status: str,
        raw: object,
        *,
        reason: Outcome | None = None,
        text: str | None = None,
        at: dt.datetime | None = None,
    ) -> StatusReport:
        """Translate the agency's status code by the settings."""
        found = super().report(agency_reference, agency_status, raw, reason=reason, text=text, at=at)
        outcome = reason or self.settings.outcome_map.get(agency_status)
        return found.model_copy(update={"status": self._status(agency_status), "reason": outcome})

    def _ask(self, operation: str, **asked: str | None) -> Said | None:
        call = self._call(operation)
        body = mapped(asked, call.fields or {name: name for name in asked}, known=ASKED[operation])
        return self.send(operation, self._signed(call, body, self._password), asked, commits=False)

    def _report(self, operation: str, one: Any, said: Said, asked: str | None) -> StatusReport:
        paths = self.calls[operation].answer
        number, code = self._name(one, paths.agency_reference) or asked, self._name(one, paths.status)
        if number is None:
            raise self.lost(False, said.raw)
        text, at = reading.prose(reading.dig(one, paths.text)), reading.instant(reading.dig(one, paths.at))
        found = self.report(number, code or "", said.raw, text=text, at=at)
        return found if code else found.model_copy(update={"agency_status": None})

    def _status(self, code: str) -> AgencyStatus:
        return self.settings.status_map.get(code, AgencyStatus.UNKNOWN)

    def _one(self, operation: str, said: Said | None, ours: str | None, *, commits: bool) -> Any:
        """Return the result that is about one case: by our reference where the answer has it, else the only one."""
        paths = self.calls[operation].answer
        items = listed(paths, said and said.data)
        if ours is not None and paths.our_reference is not None:
            named = [(self._name(item, paths.our_reference), item) for item in items]
            items = [item for name, item in named if name == ours or (name is None and paths.items is None)]
        if len(items) > 1 or (not items and commits):
            raise self.lost(commits, said.raw if said else None)
        return items[0] if items else None

    @staticmethod
    def _name(one: Any, path: str | None) -> str | None:
        return reading.name(reading.dig(one, path))

    # Instructions

    def amend(self, instruction: Amend) -> Acknowledgement:
        """Send our record as it is now, with what changed."""
        return self._tell("amend", instruction, {**record(instruction.placement), **self.own(instruction.placement), **told(instruction)})

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Tell that the debtor paid the creditor."""
        return self._tell("report_payment", instruction)

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Ask for the case back; done where the agency's answer says so, else its status tells."""
        return self._tell("recall", instruction)

    def pause(self, instruction: Pause) -> Acknowledgement:
        """Ask to halt the case."""
        return self._tell("pause", instruction)

    def resume(self, instruction: Resume) -> Acknowledgement:
        """Ask to go on."""
        return self._tell("resume", instruction)

    def send_message(self, instruction: SendMessage) -> Acknowledgement:
        """Send a message."""
        return self._tell("send_message", instruction)

    def _tell(self, operation: str, instruction: Instruction, said: Mapping[str, Any] | None = None) -> Acknowledgement:
        call, values = self._call(operation), said or told(instruction)
        fields = call.fields or {name: name for name, value in values.items() if value is not None}
        body = self._signed(call, mapped(values, fields, codes=self.settings.codes, known=self._sources(operation)), self._password)
        places = {"agency_reference": instruction.agency_reference, "our_reference": instruction.our_reference}
        answer = self.send(operation, body, places, commits=True, key=instruction.idempotency_key)
        paths, data = call.answer, answer.data if answer else None
        one = next(iter(listed(paths, data)), None)
        refusal = self._refusal(paths, one, answer.raw if answer else None)
        if refusal is not None:
            raise refusal
        asked_only = word(one, paths.result) in paths.undecided if paths.result else operation == "recall"
        code, number = self._name(one, paths.status), self._name(one, paths.agency_reference) or instruction.agency_reference
        return Acknowledgement(
            done=not asked_only,
            report=self.report(number, code, data) if code else None,
            agency_text=reading.prose(reading.dig(one, paths.text)),
            raw=answer.raw if answer else None,
        )

    def _call(self, operation: str) -> Call:
        found = self.calls.get(operation)
        return found if found is not None else self._unsupported(operation)

    def _sources(self, operation: str) -> frozenset[str]:
        return sources(operation, frozenset(self.known_of_us()))


_MONEY = ("collected", "outstanding", "fees", "claimed", "paid_out")
_REFUSED = Text("{label} lehnt ab.", "{label} refuses.")
_NO_CASE = Text("Diesen Fall kennt {label} nicht.", "{label} does not know this case.")
_MISSING = Text(
    "Es fehlt oder passt nicht: {fields}. Im Shop oder in den Einstellungen ergänzen.",
    "Missing, or it does not fit: {fields}. Add it in the shop, or in the settings.",
)
