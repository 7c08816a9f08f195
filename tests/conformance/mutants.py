"""Adapters that are wrong in one way each, and the checks of the kit that have to notice it."""

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import requests
from conformance import acme_cases as cases
from conformance.acmes.file import AcmeFile
from conformance.acmes.http import Acme
from conformance.acmes.small import AcmeAgency
from conformance.acmes.soap import AcmeSoap
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from inkasso_core import (
    AgencyError,
    AgencySettings,
    AgencyStatus,
    ClaimRejected,
    Column,
    Delivery,
    Feed,
    Kind,
    OutcomeUnknown,
    Placement,
    StatusReport,
    Submission,
    TableDialect,
    TableWriter,
    Text,
)
from inkasso_core.testing.common import Conformance

ODD = Text("Unbekannt.", "Unknown.")
log = logging.getLogger("acme")


class Mutant(NamedTuple):
    """What is checked, and the checks that fail; no others do."""

    case: type[Conformance]
    caught_by: frozenset[str]


class ShowsItsSecret(AcmeAgency):
    def __repr__(self) -> str:
        return f"AcmeAgency({self.settings.api_key.get_secret_value()})"


class PlainSettings(AgencySettings):
    client_id: str
    api_key: str


class PlainKey(AcmeAgency):
    Settings = PlainSettings

    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": str(self.settings.api_key)}


class DropsRaw(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        return super().submit(placement).model_copy(update={"raw": None})


class ReadsFloats(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        submission = super().submit(placement)
        return submission.model_copy(update={"raw": {key: _floats(value) for key, value in submission.raw.items()}})


def _floats(value: Any) -> Any:
    return {key: float(inner) for key, inner in value.items()} if isinstance(value, dict) else value


class TriesAgain(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        try:
            return super().submit(placement)
        except OutcomeUnknown:
            return super().submit(placement)


class TriesARefusedConnectionAgain(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        try:
            return super().submit(placement)
        except AgencyError as exc:
            if exc.http_status is not None:
                raise
            return super().submit(placement)


class TriesAgainBelow(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        retries = Retry(total=2, status_forcelist=[500], allowed_methods=None, backoff_factor=0)
        self.wire.session.mount("https://", HTTPAdapter(max_retries=retries))
        return super().submit(placement)


class SubmitsTwice(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        super().submit(placement)
        return super().submit(placement)


class AsksOnceMore(Acme):
    def submit(self, placement: Placement) -> Submission:
        submission = super().submit(placement)
        self.call("POST", "confirmations", json={"case": submission.agency_reference})
        return submission


class RaisesUnknownStatus(AcmeAgency):
    def fetch_status(self, reference: str) -> StatusReport:
        report = super().fetch_status(reference)
        if report.status is AgencyStatus.UNKNOWN:
            raise ClaimRejected(ODD, agency=self.name)
        return report


class GuessesUnknownStatus(AcmeAgency):
    def report(self, agency_reference: str, agency_status: str, raw: object, **more: Any) -> StatusReport:
        report = super().report(agency_reference, agency_status, raw, **more)
        known = report.status is not AgencyStatus.UNKNOWN
        return report if known else report.model_copy(update={"status": AgencyStatus.ACTIVE})


class ReckonsInFloats(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        cents = round(float(placement.total_open) * 100)
        data = self.call("POST", "cases", json={"ref": placement.our_reference, "cents": cents})
        return Submission(agency_reference=data["caseNo"], raw=data)


class LosesACent(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        cents = int(placement.total_open * 100) - 1
        data = self.call("POST", "cases", json={"ref": placement.our_reference, "cents": cents})
        return Submission(agency_reference=data["caseNo"], raw=data)


class LogsTheDebtor(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        log.debug("hands over the claim against %s", placement.debtor.person and placement.debtor.person.last_name)
        return super().submit(placement)


class LogsTheKey(AcmeAgency):
    def headers(self) -> dict[str, str]:
        headers = super().headers()
        log.debug("sends %s", headers)
        return headers


class KeyInTheAddress(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        key = self.settings.api_key.get_secret_value()
        json = {"ref": placement.our_reference, "cents": int(placement.total_open * 100)}
        data = self.call("POST", "cases", params={"key": key}, json=json)
        return Submission(agency_reference=data["caseNo"], raw=data)


class QuotesTheBody(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        try:
            return super().submit(placement)
        except OutcomeUnknown as exc:
            name = placement.debtor.person.last_name if placement.debtor.person else ""
            raise OutcomeUnknown(Text(f"{name}?", f"{name}?"), agency=self.name) from exc


class HasNoTimeout(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        json = {"ref": placement.our_reference, "cents": int(placement.total_open * 100)}
        data = requests.post(f"{self.base_url}cases", json=json, headers=self.headers()).json()  # noqa: S113  (that is the mutant)
        return Submission(agency_reference=data["caseNo"], raw=data)


class TakesAnythingForAYes(AcmeAgency):
    def submit(self, placement: Placement) -> Submission:
        try:
            return super().submit(placement)
        except OutcomeUnknown:
            return Submission(agency_reference="A-77", raw={"caseNo": "A-77"})


class TransliteratesNames(Acme):
    def debtor(self, placement: Placement) -> str:
        person = placement.debtor.person
        name = person.last_name.replace("ö", "oe").replace("ß", "ss") if person and person.last_name else None
        return str(self.call("POST", "debtors", json={"name": name}, commits=False)["id"])


class LosesAZero(Acme):
    def case(self, placement: Placement) -> dict[str, Any]:
        address = placement.debtor.address
        return {**super().case(placement), "postal_code": int((address.postal_code if address else None) or "0")}


class SendsTheFirstClaimOnly(Acme):
    def case(self, placement: Placement) -> dict[str, Any]:
        return super().case(placement.model_copy(update={"claims": placement.claims[:1]}))


class ForgetsWhatItReached(Acme):
    def submit(self, placement: Placement) -> Submission:
        return super().submit(placement.model_copy(update={"progress": {}}))


class ForgetsOurReference(Acme):
    def case(self, placement: Placement) -> dict[str, Any]:
        return {**super().case(placement), "reference": "4711"}


class ForgetsTheKey(Acme):
    def key(self, placement: Placement) -> dict[str, str]:
        return {}


class FetchesAndAcknowledges(Acme):
    def fetch_feed(self, cursor: str | None) -> Feed:
        feed = super().fetch_feed(cursor)
        self.acknowledge(feed.token or "")
        return feed


class CountsItsEntries(Acme):
    _fetched = 0

    def fetch_feed(self, cursor: str | None) -> Feed:
        CountsItsEntries._fetched += 1
        feed = super().fetch_feed(cursor)
        entries = [entry.model_copy(update={"entry_id": f"{self._fetched}-{n}"}) for n, entry in enumerate(feed.entries)]
        return feed.model_copy(update={"entries": tuple(entries)})


class SkipsUnknownCodes(Acme):
    def fetch_feed(self, cursor: str | None) -> Feed:
        feed = super().fetch_feed(cursor)
        known = tuple(entry for entry in feed.entries if entry.report and entry.report.status is not AgencyStatus.UNKNOWN)
        return feed.model_copy(update={"entries": known})


class WantsAList(Acme):
    def fetch_feed(self, cursor: str | None) -> Feed:
        data = self.call("GET", "events")
        return Feed(entries=tuple(self.entry(event) for event in data["events"]), token=data["token"])


class ReadsWhatNobodySigned(Acme):
    def insist_on_signature(self, delivery: Delivery) -> None:
        """Trusts everybody."""


class KnowsOneSpelling(Acme):
    def insist_on_signature(self, delivery: Delivery) -> None:
        super().insist_on_signature(delivery)
        delivery.headers["Acme-Time"]


class ForgetsTheTime(Acme):
    def insist_on_signature(self, delivery: Delivery) -> None:
        at = delivery.header("Acme-Time") or "0"
        now = delivery.received_at.fromtimestamp(int(at) if at.isdigit() else 0, tz=delivery.received_at.tzinfo)
        super().insist_on_signature(delivery.model_copy(update={"received_at": now}))


class TakesSilenceForAYes(Acme):
    def submit_batch(self, placements: Sequence[Placement]) -> Mapping[str, Submission | AgencyError]:
        silent: dict[str, Submission | AgencyError] = {p.our_reference: Submission(raw={"silent": True}) for p in placements}
        return {**silent, **super().submit_batch(placements)}


class SendsABatchOneByOne(Acme):
    def submit_batch(self, placements: Sequence[Placement]) -> Mapping[str, Submission | AgencyError]:
        found: dict[str, Submission | AgencyError] = {}
        for placement in placements:
            answers = super().submit_batch([placement])
            found |= {reference: answer for reference, answer in answers.items() if reference == placement.our_reference}
        return found


class SoapWithoutCommit(AcmeSoap):
    def ask(self, operation: str, *, commits: bool = False, **values: Any) -> Any:
        return super().ask(operation, **values)


class WritesNamesAway(AcmeFile):
    def writer(self) -> TableWriter[Placement]:
        columns = [
            Column[Placement]("Referenz", Kind.REFERENCE, lambda p: p.our_reference),
            Column[Placement]("Nachname", Kind.NAME, lambda p: re.sub(r"[^\x00-\x7f]", "?", _last_name(p))),
            Column[Placement]("Betrag", Kind.AMOUNT, lambda p: p.principal_open, currency=lambda p: p.currency),
        ]
        return TableWriter(columns, TableDialect(), agency=self.name)


def _last_name(placement: Placement) -> str:
    person = placement.debtor.person
    return (person.last_name if person else None) or ""


class WrongTotal(AcmeFile):
    def render(self, placements: Any, out: Any, **more: Any) -> Any:
        rendered = super().render(placements, out, **more)
        return rendered._replace(totals={currency: total + 1 for currency, total in rendered.totals.items()})


class DropsWhatIsRefused(AcmeFile):
    def render(self, placements: Any, out: Any, *, refused: Any = None) -> Any:
        return super().render(placements, out, refused=lambda placement, error: None)


def _of(case: type[Conformance], agency_class: type[Any], *caught_by: str, **more: Any) -> Mutant:
    return Mutant(type(agency_class.__name__, (case,), {"agency_class": agency_class, **more}), frozenset(caught_by))


_MEANS = "test_a_fault_means"
_ALL_THAT_SUBMIT = (
    "test_a_yes_is_a_submission_with_the_whole_answer",
    "test_every_request_has_a_timeout",
    "test_amounts_and_umlauts_arrive_intact",
    "test_every_claim_of_a_placement_arrives",
    "test_our_reference_arrives",
    "test_the_idempotency_key_arrives",
    "test_a_hand_over_says_nothing_aloud",
    "test_no_amount_becomes_a_float",
    "test_an_unknown_member_of_the_answer_is_kept",
    "test_what_was_reached_is_not_repeated",
    "test_a_duplicate",
)
"""A request that nobody announced is answered with 404."""
MUTANTS = {
    mutant.case.__name__: mutant
    for mutant in [
        _of(cases.Small, ShowsItsSecret, "test_secrets_are_not_shown"),
        _of(cases.Small, PlainKey, "test_settings_that_sound_secret_are_secret", "test_secrets_are_not_shown"),
        _of(cases.Small, DropsRaw, "test_a_yes_is_a_submission_with_the_whole_answer", "test_an_unknown_member_of_the_answer_is_kept"),
        _of(cases.Small, ReadsFloats, "test_an_unknown_member_of_the_answer_is_kept"),
        _of(cases.Small, TriesAgain, _MEANS),
        _of(cases.Small, TriesARefusedConnectionAgain, _MEANS),
        _of(cases.Small, TriesAgainBelow, _MEANS),
        _of(cases.Small, SubmitsTwice, "test_a_hand_over_is_one_committing_request"),
        _of(cases.Http, AsksOnceMore, "test_a_hand_over_is_one_committing_request", *_ALL_THAT_SUBMIT),
        _of(cases.SmallAndStatus, RaisesUnknownStatus, "test_an_undocumented_status_survives"),
        _of(cases.SmallAndStatus, GuessesUnknownStatus, "test_an_undocumented_status_survives", "test_an_undocumented_status_is_unknown"),
        _of(cases.Small, ReckonsInFloats, "test_no_amount_becomes_a_float"),
        _of(cases.Small, LosesACent, "test_amounts_and_umlauts_arrive_intact"),
        _of(cases.Small, LogsTheDebtor, "test_a_hand_over_says_nothing_aloud", _MEANS),
        _of(cases.Small, LogsTheKey, "test_a_hand_over_says_nothing_aloud", _MEANS),
        _of(cases.Small, KeyInTheAddress, "test_a_hand_over_says_nothing_aloud", _MEANS),
        _of(cases.Small, QuotesTheBody, _MEANS),
        _of(cases.Small, HasNoTimeout, "test_every_request_has_a_timeout", "test_an_unknown_member_of_the_answer_is_kept", _MEANS),
        _of(cases.Small, TakesAnythingForAYes, _MEANS),
        _of(cases.Http, TransliteratesNames, "test_amounts_and_umlauts_arrive_intact"),
        _of(cases.Http, LosesAZero, "test_amounts_and_umlauts_arrive_intact"),
        _of(cases.Http, SendsTheFirstClaimOnly, "test_every_claim_of_a_placement_arrives"),
        _of(cases.Http, ForgetsWhatItReached, "test_what_was_reached_is_not_repeated"),
        _of(cases.Http, ForgetsOurReference, "test_our_reference_arrives"),
        _of(cases.Http, ForgetsTheKey, "test_the_idempotency_key_arrives"),
        _of(cases.HttpFeed, FetchesAndAcknowledges, "test_a_fetch_changes_nothing"),
        _of(
            cases.HttpFeed,
            CountsItsEntries,
            "test_what_is_fetched_again_is_the_same",
            "test_one_element_where_a_list_was_expected_survives",
        ),
        _of(cases.HttpFeed, SkipsUnknownCodes, "test_an_unknown_code_survives"),
        _of(cases.HttpFeed, WantsAList, "test_one_element_where_a_list_was_expected_survives"),
        _of(
            cases.HttpWebhook,
            ReadsWhatNobodySigned,
            "test_another_secret_is_refused",
            "test_an_unsigned_delivery_is_refused",
            "test_an_old_delivery_is_refused",
            "test_old_and_new_secret_count_together",
            "test_a_changed_byte_is_noticed",
        ),
        _of(cases.HttpWebhook, KnowsOneSpelling, "test_headers_are_found_in_any_spelling"),
        _of(cases.HttpWebhook, ForgetsTheTime, "test_an_old_delivery_is_refused"),
        _of(cases.HttpBatch, TakesSilenceForAYes, "test_a_missing_answer_is_no_yes"),
        _of(
            cases.HttpBatch,
            SendsABatchOneByOne,
            "test_each_placement_has_its_answer",
        ),
        _of(cases.Soap, SoapWithoutCommit, _MEANS),
        _of(cases.File, WritesNamesAway, "test_amounts_and_umlauts_are_intact"),
        _of(cases.File, WrongTotal, "test_the_control_total_is_the_sum"),
        _of(cases.File, DropsWhatIsRefused, "test_a_refused_placement_is_named_and_left_out"),
        Mutant(type("WrongEntryPoint", (cases.Small,), {}), frozenset({"test_the_entry_point_bears_the_name"})),
        Mutant(type("RightEntryPoint", (cases.Soap,), {}), frozenset()),
    ]
}
"""Name -> mutant. The last two are told apart by entry points that the run installs."""
