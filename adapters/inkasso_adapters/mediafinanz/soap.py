"""mediaFinanz over SOAP, versions 2.0.4 and 2.0.1 (section 3): every claim operation that a public client calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from lxml import etree

from inkasso_adapters.mediafinanz import soap_values as values
from inkasso_adapters.mediafinanz.case import CHECKS, Case, case_of, insist, reason_fits
from inkasso_adapters.mediafinanz.common import Mediafinanz
from inkasso_adapters.mediafinanz.feeds import feed_of, status_code, status_text, transactions
from inkasso_adapters.mediafinanz.reading import CURRENCY, members, moment, reference, text, yes_or_no
from inkasso_adapters.mediafinanz.settings import MediafinanzSoapSettings, wsdl_of
from inkasso_core import (
    NOT_PUBLISHED,
    Acknowledgement,
    AgencyError,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    Fault,
    Feed,
    Ledger,
    Message,
    Payout,
    Placement,
    Recall,
    ReportPayment,
    SendMessage,
    SoapAgency,
    SoapAnswer,
    StatusReport,
    Submission,
    TemporarilyUnavailable,
    Text,
    as_list,
)

WSDLS: Mapping[str, str] = MappingProxyType({"2.0.4": "encashment204", "2.0.1": "encashment201"})
LOGIN_PROOF: Mapping[str, str] = MappingProxyType({"2.0.4": "getPayoutList", "2.0.1": "getClaimStatusChanges"})
"""Version -> an operation that names no case and changes nothing; public clients prove credentials by the first one."""
SINCE_204: Mapping[str, str] = MappingProxyType(
    {
        "getClaimHistory": "fetch_history",
        "getClaimOptions": "fetch_options",
        "getMessageHistory": "fetch_messages",
        "sendMessage": "send_message",
        "getPayoutList": "fetch_payouts",
    }
)
"""Operation that was seen in version 2.0.4 only -> the method that needs it."""
MASK = "***"


@dataclass(frozen=True)
class HistoryEntry:
    """One line of a case's history."""

    at: dt.datetime | None
    subject: str | None = field(repr=False)
    details: str | None = field(repr=False)
    raw: Any = field(repr=False)


class MediafinanzSoap(Mediafinanz[MediafinanzSoapSettings], SoapAgency[MediafinanzSoapSettings]):
    """mediaFinanz GmbH by SOAP: one claim a case, in EUR."""

    Settings = MediafinanzSoapSettings

    def __init__(self, settings: MediafinanzSoapSettings) -> None:
        super().__init__(settings.model_copy(update={"wsdl": wsdl_of(WSDLS[settings.version], settings.wsdl)}))
        self._checks = (*CHECKS, reason_fits(settings.reason_length))
        self._login_proved = not settings.prove_login
        if settings.version != "2.0.4":
            for method in SINCE_204.values():
                self.withhold(method, NOT_PUBLISHED)

    # Handing over

    def submit(self, placement: Placement) -> Submission:
        """Call ``newClaim``, once. Whether the agency notices a claim that it has is not published: an unclear answer is never repeated."""
        case = self._case(placement)
        self.prove_login()
        return self._taken(self._call("newClaim", values.claim_of(case), values.debtor_of(case), commits=True))

    def check(self, placement: Placement) -> None:
        """Raise ``ClaimInvalid`` for what the agency would not take. The interface has no check of its own: nothing is asked."""
        self._case(placement)

    def rehearse(self, placement: Placement) -> str:
        """Return the request, but for the licence key."""
        case = self._case(placement)
        auth = {**self._auth(), "licenceKey": MASK}
        envelope = self.envelope("newClaim", auth, values.claim_of(case), values.debtor_of(case))
        body = etree.tostring(etree.fromstring(envelope.body), pretty_print=True, encoding="unicode")
        return f"POST {envelope.address}\n\n{body}"

    def prove_login(self) -> None:
        """Prove the credentials, once a process: a wrong licence must stop the account, not fail or blur one claim after another."""
        if not self._login_proved:
            self._nameless.call(LOGIN_PROOF[self.settings.version], self._auth())
            self._login_proved = True

    def _case(self, placement: Placement) -> Case:
        case = case_of(placement)
        insist(case, self._checks, agency=self.name)
        return case

    def _taken(self, answer: SoapAnswer) -> Submission:
        said = members(answer.value)
        number, errors = reference(said.get("fileNumber")), as_list(said.get("errorList"))
        if number is not None:
            return Submission(agency_reference=number, raw=answer.raw)
        if not errors:
            raise self.wire.lost(True, raw=answer.raw)
        raise ClaimRejected(_REFUSED.fill(label=self.label, count=len(errors)), agency=self.name, raw=answer.raw)

    # What comes back

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Call ``getClaimStatus``; its text and details are shown as the agency wrote them."""
        answer = self._call("getClaimStatus", values.identifier(agency_reference))
        said = members(answer.value)
        return self.report(agency_reference, status_code(said), answer.raw, text=status_text(said))

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Return status changes and new messages since the last acknowledgement, those of cases unknown to us among them."""
        changes = self._nameless.call("getClaimStatusChanges", self._auth()).value
        messages = self._nameless.call("getNewMessages", self._auth()).value if self.settings.version == "2.0.4" else None
        return feed_of(changes, messages, lambda case, code, raw, text, at: self.report(case, code, raw, text=text, at=at))

    def acknowledge(self, token: str) -> None:
        """Commit both feeds. What could not be committed comes again, under the same ids; so a lost answer loses nothing."""
        answers = [self._call("commitTransaction", transaction) for transaction in transactions(token)]
        if not all(yes_or_no(answer.value) for answer in answers):
            raise TemporarilyUnavailable(_NOT_COMMITTED.fill(label=self.label), agency=self.name, raw=[answer.raw for answer in answers])

    def fetch_messages(self, agency_reference: str) -> tuple[Message, ...]:
        """Call ``getMessageHistory``."""
        return values.messages_of(self._call("getMessageHistory", values.identifier(agency_reference)).value)

    def fetch_ledger(self, agency_reference: str) -> Ledger:
        """Call ``getClaimAccountingSummary``; amounts in EUR."""
        answer = self._call("getClaimAccountingSummary", values.identifier(agency_reference))
        return values.ledger_of(answer.value, answer.raw)

    def fetch_payouts(self) -> tuple[Payout, ...]:
        """Call ``getPayoutList``. Its members are not published: they are read as those of a case's payouts, or not at all."""
        self._offered("getPayoutList")
        answer = self._nameless.call("getPayoutList", self._auth())
        payouts, unread = values.payouts_of(answer.value)
        if unread:
            raise TemporarilyUnavailable(_UNREADABLE.fill(label=self.label), agency=self.name, raw=answer.raw)
        return payouts

    def fetch_history(self, agency_reference: str) -> tuple[HistoryEntry, ...]:
        """Call ``getClaimHistory``: what happened to the case, in the agency's order."""
        entries = as_list(self._call("getClaimHistory", values.identifier(agency_reference)).value)
        return tuple(
            HistoryEntry(moment(members(e).get("time")), text(members(e).get("subject")), text(members(e).get("details")), e)
            for e in entries
        )

    def fetch_options(self, agency_reference: str) -> tuple[str, ...]:
        """Call ``getClaimOptions``: what can be ordered for the case now, by the agency's names (``close``, ``lawyer``, …)."""
        entries = as_list(self._call("getClaimOptions", values.identifier(agency_reference)).value)
        return tuple(name for entry in entries if (name := text(entry)) is not None)

    # Telling the agency

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Call ``bookDirectPayment``. Raises ``ClaimInvalid`` for a payment in another currency than EUR."""
        if instruction.currency != CURRENCY:
            raise ClaimInvalid(_EUR_ONLY.fill(label=self.label), agency=self.name, fields=("currency",))
        payment = values.direct_payment_of(instruction.amount, instruction.received_on)
        return self._done(self._call("bookDirectPayment", values.identifier(instruction.agency_reference), payment, commits=True))

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Call ``closeClaim``: a request. The case is back once the agency reports it as cancelled."""
        answer = self._call("closeClaim", values.identifier(instruction.agency_reference), commits=True)
        return self._done(answer).model_copy(update={"done": False})

    def send_message(self, instruction: SendMessage) -> Acknowledgement:
        """Call ``sendMessage``."""
        return self._done(self._call("sendMessage", values.identifier(instruction.agency_reference), instruction.text, commits=True))

    def _done(self, answer: SoapAnswer) -> Acknowledgement:
        """Read yes or no. The agency gives no reason for a no."""
        said = yes_or_no(answer.value)
        if said is None:
            raise self.wire.lost(True, raw=answer.raw)
        if not said:
            raise ClaimRejected(_NO.fill(label=self.label), agency=self.name, raw=answer.raw)
        return Acknowledgement(raw=answer.raw)

    # Calls

    def _auth(self) -> dict[str, Any]:
        """The first argument of every operation (section 3.2)."""
        key = values.licence_key(self.settings)
        return {"clientId": self.settings.client_id, "licenceKey": key, "sandbox": self.settings.sandbox}

    def _call(self, operation: str, *args: Any, commits: bool = False) -> SoapAnswer:
        self._offered(operation)
        return self.call(operation, self._auth(), *args, commits=commits)

    def _offered(self, operation: str) -> None:
        method = SINCE_204.get(operation)
        if method is not None and method in self.withheld:
            self._unsupported(method)

    @cached_property
    def _nameless(self) -> _Nameless:
        return _Nameless(self)


class _Nameless(MediafinanzSoap):
    """The same account, for calls that name no case: the only thing of the caller's that can be wrong there is the credentials."""

    def __init__(self, account: MediafinanzSoap) -> None:
        super().__init__(account.settings)
        self._account = account

    @property
    def service(self) -> Any:
        """The operations that the account has read already."""
        return self._account.service

    def read_fault(self, fault: Fault) -> type[AgencyError] | None:
        """Codes and texts of faults are not published."""
        return AuthenticationFailed if fault.is_callers else None


_REFUSED = Text(
    "{label} nimmt die Forderung nicht an (Gründe: {count}): `inkasso show` zeigt sie.",
    "{label} does not take the claim (reasons: {count}): `inkasso show` shows them.",
)
_NO = Text(
    "{label} lehnt ab, ohne einen Grund zu nennen: bitte im Portal nachsehen.",
    "{label} refuses without giving a reason: please look into the portal.",
)
_NOT_COMMITTED = Text(
    "{label} hat den Empfang der Neuigkeiten nicht bestätigt: sie kommen wieder.",
    "{label} did not confirm that the news were received: they come again.",
)
_UNREADABLE = Text(
    "{label} beschreibt Auszahlungen anders als erwartet: die Antwort liegt beim Fehler.",
    "{label} describes payouts in another way than expected: the answer is kept with the error.",
)
_EUR_ONLY = Text("{label} bucht nur EUR: bitte dort melden.", "{label} books EUR only: please tell it there.")
