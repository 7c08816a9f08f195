"""mediaFinanz over REST, version 2.2 (section 4); what it lacks goes over SOAP where the account has access to that as well."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import simplejson

from inkasso_adapters.mediafinanz import rest_values as values
from inkasso_adapters.mediafinanz.case import CHECKS, Case, case_of, insist, reason_fits
from inkasso_adapters.mediafinanz.common import Mediafinanz
from inkasso_adapters.mediafinanz.settings import MediafinanzRestSettings
from inkasso_adapters.mediafinanz.soap import MASK, MediafinanzSoap
from inkasso_core import (
    Acknowledgement,
    AgencyError,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    Feed,
    HttpAgency,
    Ledger,
    Message,
    Payout,
    Placement,
    Recall,
    ReportPayment,
    SendMessage,
    StatusReport,
    Submission,
    Text,
)

NEW, STATUS, CLOSE = "collect/claim/new/", "collect/claim/{az}/status/", "collect/claim/{az}/close/"
ACCESS_DENIED = frozenset({"BQW124"})
"""Codes by which an answer with status 400 refuses the credentials."""
OVER_SOAP = ("fetch_feed", "acknowledge", "report_payment", "send_message", "fetch_messages", "fetch_ledger", "fetch_payouts")
"""What no path of REST was seen for."""


class MediafinanzRest(Mediafinanz[MediafinanzRestSettings], HttpAgency[MediafinanzRestSettings]):
    """mediaFinanz GmbH by REST: one claim a case, in EUR."""

    Settings = MediafinanzRestSettings
    asks_to_check = True
    refusal: ClassVar[type[ClaimInvalid] | type[ClaimRejected]] = ClaimRejected
    """What the agency's no means."""

    def __init__(self, settings: MediafinanzRestSettings) -> None:
        super().__init__(settings)
        self.base_url = settings.address
        self._checks = (*CHECKS, *values.CHECKS, reason_fits(settings.reason_length))
        soap = settings.soap_settings()
        self.soap = MediafinanzSoap(soap) if soap is not None else None
        """The SOAP interface of the same account, where it is configured: also for its history and options of a case."""
        for operation in OVER_SOAP:
            if self.soap is None:
                self.withhold(operation)
            elif operation in self.soap.withheld:
                self.withhold(operation, self.soap.withheld[operation])

    def headers(self) -> dict[str, str]:
        """The credentials (section 4.2)."""
        settings = self.settings
        return {"uuid": settings.uuid.get_secret_value(), "user": settings.user, "password": settings.password.get_secret_value()}

    # Over REST

    def submit(self, placement: Placement) -> Submission:
        """Hand the claim over by ``PUT``, once.

        A yes without a case number that can be read is a yes: it has no case reference then. An answer that is neither a case number nor
        a yes nor a no leaves open what happened (``OutcomeUnknown``); neither is ever sent again.
        """
        body = self._body(placement)
        if self.settings.validate_first:
            self._validation.validate(body)
        answer = self.call("PUT", NEW, json=body)
        said = self._unless_refused(answer)
        number = values.case_number_in(answer)
        if number is None and not said.taken:
            raise self.wire.lost(True, raw=answer)
        return Submission(agency_reference=number, raw=answer)

    def check(self, placement: Placement) -> None:
        """Have the agency compare the request with its specification (``validate: 1``): it neither processes nor stores it."""
        self._validation.validate(self._body(placement))

    def rehearse(self, placement: Placement) -> str:
        """Return the request, but for the credentials."""
        masked = "\n".join(f"{name}: {MASK}" for name in self.headers())
        body = simplejson.dumps(self._body(placement), use_decimal=True, ensure_ascii=False, indent=2)
        return f"PUT {self.base_url}{NEW}\n{masked}\n\n{body}"

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Ask for the status. The answer's form is not published: a code is looked for under likely names."""
        answer = self.call("GET", self._path(STATUS, agency_reference))
        self._unless_refused(answer)
        code, text = values.status_in(answer)
        return self.report(agency_reference, code, answer, text=text)

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Ask for the cancellation (Stornierungsanfrage). The case is back once the agency reports it as cancelled."""
        answer = self.call("POST", self._path(CLOSE, instruction.agency_reference))
        self._unless_refused(answer)
        if answer is None:
            raise self.wire.lost(True)
        return Acknowledgement(done=False, raw=answer)

    def refused(self, status: int, data: Any) -> AgencyError | None:
        """Return what an error answer in the agency's own form means."""
        said = values.said_by(data)
        return self._refusal(said, data, status) if said.taken is False else None

    def _unless_refused(self, answer: Any) -> values.Said:
        said = values.said_by(answer)
        if said.taken is False:
            raise self._refusal(said, answer)
        return said

    def _refusal(self, said: values.Said, raw: Any, status: int | None = None) -> AgencyError:
        denied = said.code in ACCESS_DENIED
        kind, text = (AuthenticationFailed, _DENIED) if denied else (self.refusal, _REFUSED)
        return kind(text.fill(label=self.label), agency=self.name, agency_code=said.code, http_status=status, fields=said.fields, raw=raw)

    def _body(self, placement: Placement) -> dict[str, Any]:
        return values.body_of(self._case(placement), self.settings)

    def _case(self, placement: Placement) -> Case:
        case = case_of(placement)
        insist(case, self._checks, agency=self.name)
        return case

    def _path(self, path: str, agency_reference: str) -> str:
        if not values.is_case_number(agency_reference):
            raise ClaimInvalid(_NO_CASE_NUMBER.fill(label=self.label), agency=self.name, fields=("agency_reference",))
        return path.format(az=agency_reference)

    @cached_property
    def _validation(self) -> _Validation:
        return _Validation(self.settings)

    # Over SOAP

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Over SOAP: status changes and messages since the last acknowledgement."""
        return self._over_soap("fetch_feed").fetch_feed(cursor)

    def acknowledge(self, token: str) -> None:
        """Over SOAP."""
        self._over_soap("acknowledge").acknowledge(token)

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Over SOAP."""
        return self._over_soap("report_payment").report_payment(instruction)

    def send_message(self, instruction: SendMessage) -> Acknowledgement:
        """Over SOAP."""
        return self._over_soap("send_message").send_message(instruction)

    def fetch_messages(self, agency_reference: str) -> tuple[Message, ...]:
        """Over SOAP."""
        return self._over_soap("fetch_messages").fetch_messages(agency_reference)

    def fetch_ledger(self, agency_reference: str) -> Ledger:
        """Over SOAP."""
        return self._over_soap("fetch_ledger").fetch_ledger(agency_reference)

    def fetch_payouts(self) -> tuple[Payout, ...]:
        """Over SOAP."""
        return self._over_soap("fetch_payouts").fetch_payouts()

    def _over_soap(self, operation: str) -> MediafinanzSoap:
        if self.soap is None:
            self._unsupported(operation)
        return self.soap


class _Validation(MediafinanzRest):
    """The same account, for the agency's own check: nothing is stored, and a no is found before anything was sent."""

    refusal = ClaimInvalid

    def headers(self) -> dict[str, str]:
        """The credentials, and that nothing is to be stored."""
        return {**super().headers(), "validate": "1"}

    def validate(self, body: Mapping[str, Any]) -> None:
        """Raise ``ClaimInvalid`` with the fields that do not fit; ``TemporarilyUnavailable`` for an answer that is neither yes nor no."""
        answer = self.call("PUT", NEW, json=body, commits=False)
        if not self._unless_refused(answer).taken:
            raise self.wire.lost(False, raw=answer)


_REFUSED = Text(
    "{label} nimmt das nicht an: `inkasso show` zeigt die Gründe.", "{label} does not take this: `inkasso show` shows the reasons."
)
_DENIED = Text(
    "{label} lehnt die Zugangsdaten ab: die Einstellungen des Kontos prüfen.",
    "{label} refuses the credentials: check the settings of the account.",
)
_NO_CASE_NUMBER = Text(
    "{label} kennt über diese Schnittstelle nur Aktenzeichen aus elf Ziffern.",
    "{label} knows case numbers of eleven digits only over this interface.",
)
