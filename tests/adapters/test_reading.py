"""Whatever an agency answers, a reader returns: no entry of a feed is lost because another one could not be read."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from placements import placement

from inkasso_adapters import _reading as reading
from inkasso_adapters.adu.calls import ADUHttpSettings
from inkasso_adapters.adu.http import ADUHttp
from inkasso_adapters.adu.notes import Meaning, read_note
from inkasso_adapters.debitura import polling, refusals
from inkasso_adapters.debitura import reading as debitura
from inkasso_adapters.mediafinanz import feeds, rest_values
from inkasso_adapters.mediafinanz.settings import MediafinanzSoapSettings
from inkasso_adapters.mediafinanz.soap import MediafinanzSoap
from inkasso_core import FeedEntry, InkassoError, SoapAnswer

GROWS = "\u0958"
"""A letter that is two when it is composed."""
COMPOSED = "\u0915\u093c"
ODD = (
    *("\u200b", "\ud800", "a\0b", "", "  ", "\u202eabc", "e\u0301", "\u00b2", "x" * 9000, GROWS * 4000, GROWS * 200),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-30", "2024-03-01T10:00:00Z", "12,50", "EUR"),
    *("Closed", "Active", "Paid", "10210", "12345678901", "true", "p", "s"),
)
NUMBERS = (Decimal("1E+999999"), Decimal("1E-999999"), Decimal("-5"), Decimal("0.30000000000000004"), 10**300, -1, True)
LEAVES = st.one_of(
    st.none(), st.sampled_from(ODD), st.sampled_from(NUMBERS), st.text(max_size=9), st.integers(), st.decimals(allow_nan=False)
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def answers(names: str) -> st.SearchStrategy[Any]:
    """Objects with these members, of whatever kind, and things that are no objects."""
    known = names.split()
    tree = st.recursive(
        LEAVES,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(known), inner, max_size=6)),
        max_leaves=10,
    )
    return st.one_of(st.fixed_dictionaries({}, optional={name: st.one_of(LEAVES, tree) for name in known}), tree)


DEBITURA = answers(
    "id lifecycle closeCode dateUpdated dateCreated disputeStatus validation creditorReference invoice invoiceId grossAmount currency date "
    "title description deadline solutionUrl caseId caseReference type event data timestamp roleLabel message remainder collectionFees "
    "signingHandoff combinedSigningUrl currentEngagementPhase businessErrors error errors retryAfter result isEligible requiredActions"
)


@QUICK
@given(DEBITURA)
def test_debitura(said: Any) -> None:
    page = {"cases": [said], "payments": [said], "tasks": [said], "page": {"totalPages": 1}}
    found = polling.fetch(lambda _path, _query: page, polling.Marks(), division=None, test=False)
    assert len(found.entries) >= (2 if debitura.members(said).get("isTestCase") is True else 3)
    known = debitura.members(said)
    assert debitura.event_entry(said, raw="x", is_test=False)
    assert debitura.report("A-1", known, known)
    assert debitura.message(known)
    debitura.ledger(known, [said])
    debitura.signing_link(known)
    refusals.read(said)
    wait = refusals.wait(said)
    assert wait is None or 0 <= wait <= 86_400


MEDIAFINANZ = answers(
    "bSuccess aMessage sKey sValue aValidationResult code name az data status statusCode statusText statusName text fileNumber errorList "
    "changes messages transactionId time sender totalDebts paid outstanding payoutHistory total date payoutNumber subject details item"
)
SOAP = MediafinanzSoapSettings(
    wsdl="reconstruction", address="http://127.0.0.1:9/", client_id=1, application_licence="a", client_licence="b", prove_login=False
)


class Answering(MediafinanzSoap):
    """An account whose agency answers everything with the same."""

    said: Any = None

    def call(self, operation: str, *args: Any, commits: bool = False, **kwargs: Any) -> SoapAnswer:
        return SoapAnswer(self.said, "raw")


@QUICK
@given(MEDIAFINANZ)
def test_mediafinanz(said: Any) -> None:
    agency = Answering(SOAP)
    agency.said = said
    agency.__dict__["_nameless"] = agency
    acts = (agency.fetch_status, agency.fetch_messages, agency.fetch_ledger, agency.fetch_history, agency.fetch_options)
    for act in (*(lambda one=one: one("A-1") for one in acts), lambda: agency.submit(placement()), agency.fetch_payouts):
        try:
            act()
        except InkassoError as exc:
            assert exc.text  # noqa: PT017  (an answer may mean an error; it may never be another one)
    feed = feeds.feed_of(
        {"changes": said, "transactionId": said}, {"messages": [said], "transactionId": said}, lambda *known: agency.report(*known[:3])
    )
    assert feed.token is None or feeds.transactions(feed.token)
    assert len(feed.entries) >= 1
    rest_values.said_by(said)
    rest_values.case_number_in(said)
    rest_values.status_in(said)


EVENTS = dict(
    zip(("id", "case_reference", "our_reference", "type", "on", "at", "amount", "currency", "status", "text"), "abcdefghij", strict=True)
)
ADU = {
    "transport": "http",
    "url": "https://adu.example/claims",
    "user": "u",
    "password": "p",
    "events": {**EVENTS, "items": "items", "cursor": "k", "token": "l", "kinds": {"p": "payment", "s": "status"}},
    "fetch_feed": {"url": "https://adu.example/events"},
    "acknowledge": {"url": "https://adu.example/events/{token}"},
}


def adu(said: Any, **events: Any) -> ADUHttp:
    class Asked(ADUHttp):
        def call(self, *args: Any, **kwargs: Any) -> Any:
            return said

    return Asked(ADUHttpSettings.model_validate({**ADU, "events": {**ADU["events"], **events}}))  # type: ignore[dict-item]


@QUICK
@given(answers("a b c d e f g h i j"))
def test_adu(event: Any) -> None:
    feed = adu({"items": [event, {"d": "x"}], "k": event, "l": event}).fetch_feed(None)
    assert len(feed.entries) == 2


def test_two_events_that_differ_in_their_time_alone_are_two() -> None:
    told = {"b": "A-1", "d": "s", "i": "open"}
    events = [{**told, "f": f"2026-09-0{day}T10:00:00+02:00"} for day in (1, 2)]
    found = adu({"items": events}, id=None).fetch_feed(None).entries
    assert len({entry.entry_id for entry in found}) == 2
    again = adu({"items": events}, id=None).fetch_feed(None).entries
    assert [entry.entry_id for entry in again] == [entry.entry_id for entry in found]


def test_a_currency_that_should_be_there_is_never_guessed() -> None:
    paid = {"b": "A-1", "d": "p", "e": "2026-09-01", "g": "12,50"}
    assert _collected(adu({"items": [paid]}).fetch_feed(None).entries[0]) is None
    assert _collected(adu({"items": [{**paid, "h": "CHF"}]}).fetch_feed(None).entries[0]) == "CHF"
    assert _collected(adu({"items": [paid]}, currency=None).fetch_feed(None).entries[0]) == "EUR"


def _collected(entry: FeedEntry) -> str | None:
    return entry.collected.currency if entry.collected else None


@pytest.mark.parametrize("digits", [19, 30, 5000])
def test_a_number_in_a_note_that_no_spool_can_hold_is_no_number(digits: int) -> None:
    assert read_note(f"Auftrag {'9' * digits} an ADU übergeben").meaning is Meaning.UNKNOWN


def test_references_are_never_changed_and_texts_are_cut_as_they_are_stored() -> None:
    assert (reading.name(f"A{GROWS * 99}"), reading.name(f"A{GROWS * 100}")) == ("A" + COMPOSED * 99, None)
    assert [reading.name(one) for one in ("\ud800A", "A\0", "\u200b", " A-1 ", 7)] == [None, None, None, "A-1", "7"]
    assert len(reading.prose(GROWS * 4000) or "") == 4000
    assert reading.prose("half \ud800 a sign\0") == "half ? a sign"


def test_times_and_amounts_that_nothing_can_hold_are_none() -> None:
    assert [reading.instant(one) for one in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")] == [None, None]
    assert reading.instant("2026-09-01T10:00:00+02:00") == dt.datetime(2026, 9, 1, 8, tzinfo=dt.UTC)
    found = [reading.amount(one) for one in (Decimal("1E+99"), Decimal("-1"), Decimal("1.00005"), 10**11, Decimal("1.0005"), 0)]
    assert found == [None, None, None, None, Decimal("1.0005"), 0]
